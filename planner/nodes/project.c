/* Project: computed columns; a plain column is passed on under its number. The distribution survives where
   its columns are passed on. */
#include <string.h>

#include "executor/operators/project.h"
#include "planner/cost/cardinality.h"
#include "planner/logical/temporal.h"
#include "planner/nodes/node.h"

static bool is_short(const Expression *call) {
    for (int i = 0; i < call->argument_count; i++) {
        const Expression *argument = call->arguments[i];
        if (argument->type.id != TYPE_INTERVAL)
            continue;
        bool is_zoned = false;
        for (int j = 0; j < call->argument_count; j++)
            is_zoned |= call->arguments[j]->type.id == TYPE_TIMESTAMPTZ;
        if (argument->kind != EXPRESSION_CONSTANT || argument->value.is_null ||
            argument->value.datum.interval.months != 0 ||
            (is_zoned && argument->value.datum.interval.days != 0))
            return false;
    }
    return true;
}

/* Whether the expression never decreases while its one column, which has a watermark, does not; the clock
   never does. */
static bool is_monotone(const Expression *expression, const ColumnSet *watermarks) {
    if (expression->kind == EXPRESSION_COLUMN)
        return set_has(watermarks, expression->column);
    if (expression_is_clock(expression))
        return true;
    if (expression->kind != EXPRESSION_CALL)
        return false;
    int flags = expression->function->flags;
    int place = flags & FUNCTION_MONOTONE ? 0 : flags & FUNCTION_MONOTONE_SECOND ? 1 : -1;
    if (place < 0 || place >= expression->argument_count ||
        ((flags & FUNCTION_MONOTONE_SHORT) && !is_short(expression)))
        return false;
    for (int i = 0; i < expression->argument_count; i++)
        if (i != place && (!expression_is_constant(expression->arguments[i]) ||
                              expression_flags(expression->arguments[i]) & FUNCTION_CLOCK))
            return false;
    return is_monotone(expression->arguments[place], watermarks);
}

static void prove_column(
    Planning *plan, const Proofs *input, const Expression *expression, int column, Proofs *proofs) {
    if (expression->kind == EXPRESSION_CONSTANT) {
        set_add(plan->arena, &proofs->constants, column);
        if (!expression->value.is_null)
            set_add(plan->arena, &proofs->not_null, column);
    }
    if (is_monotone(expression, &input->watermarks))
        set_add(plan->arena, &proofs->watermarks, column);
    if (is_monotone(expression, &input->clocks))
        set_add(plan->arena, &proofs->clocks, column);
    if (is_monotone(expression, &input->window_bounds) && !(expression_flags(expression) & FUNCTION_CLOCK))
        set_add(plan->arena, &proofs->window_bounds, column);
    if (expression->kind != EXPRESSION_COLUMN)
        return;
    if (set_has(&input->not_null, expression->column))
        set_add(plan->arena, &proofs->not_null, column);
    if (set_has(&input->constants, expression->column))
        set_add(plan->arena, &proofs->constants, column);
}

/* The output's column that passes the input's on; −1: none. */
static int passed_as(const void *argument, int column) {
    const LogicalNode *node = argument;
    for (int i = 0; i < node->column_count; i++)
        if (node->project.expressions[i]->kind == EXPRESSION_COLUMN &&
            node->project.expressions[i]->column == column)
            return node->columns[i];
    return -1;
}

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs *input = logical_proofs_as(plan, mode, node->inputs[0]);
    *proofs = (Proofs){.is_append_only = input->is_append_only, .is_stream = input->is_stream};
    for (int i = 0; i < node->column_count; i++)
        prove_column(plan, input, node->project.expressions[i], node->columns[i], proofs);
    for (int k = 0; k < input->key_count; k++) {
        int *key = ARENA_ARRAY(plan->arena, int, input->keys[k].count + 1), found = 0;
        for (int c = 0; c < input->keys[k].count; c++) {
            key[found] = passed_as(node, input->keys[k].columns[c]);
            found += key[found] >= 0;
        }
        if (found == input->keys[k].count)
            proofs_add_key(plan, proofs, key, found);
    }
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    const LogicalNode *input = node->inputs[0];
    const Estimates *below = logical_estimates(plan, input);
    *estimates = (Estimates){below->rows, ARENA_ARRAY(plan->arena, double, node->column_count + 1)};
    for (int i = 0; i < node->column_count; i++) {
        const Expression *expression = node->project.expressions[i];
        estimates->distinct[i] = expression->kind == EXPRESSION_CONSTANT ? 1
                                 : expression->kind == EXPRESSION_COLUMN
                                     ? estimates_distinct(input, below, expression->column)
                                     : cardinality_of_expression(plan, input, expression);
    }
}

/* A projection's expressions with those of the one below put in, when no work is doubled. */
static bool can_merge(Planning *plan, const LogicalNode *above, const LogicalNode *below) {
    for (int b = 0; b < below->column_count; b++) {
        const Expression *inner = below->project.expressions[b];
        if (inner->kind == EXPRESSION_COLUMN || inner->kind == EXPRESSION_CONSTANT)
            continue;
        if (expression_flags(inner) & FUNCTION_VOLATILE)
            return false;
        int uses = 0;
        for (int a = 0; a < above->column_count; a++) {
            ColumnSet used = {0};
            expression_add_columns(plan, above->project.expressions[a], &used);
            uses += set_has(&used, below->columns[b]);
            if (set_has(&used, below->columns[b]) && above->project.expressions[a]->kind != EXPRESSION_COLUMN)
                uses++;
        }
        if (uses > 1)
            return false;
    }
    return true;
}

static bool is_identity(const LogicalNode *node) {
    const LogicalNode *input = node->inputs[0];
    if (node->column_count != input->column_count)
        return false;
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] != input->columns[i] ||
            node->project.expressions[i]->kind != EXPRESSION_COLUMN ||
            node->project.expressions[i]->column != node->columns[i])
            return false;
    return true;
}

static LogicalNode *narrow(Planning *plan, LogicalNode *node, const ColumnSet *wanted) {
    int *columns = ARENA_ARRAY(plan->arena, int, node->column_count + 1), kept = 0;
    Expression **expressions = ARENA_ARRAY(plan->arena, Expression *, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++)
        if (set_has(wanted, node->columns[i])) {
            columns[kept] = node->columns[i];
            expressions[kept++] = node->project.expressions[i];
        }
    node->columns = columns;
    node->project.expressions = expressions;
    node->column_count = kept;
    while (node->inputs[0]->type == &project_node && can_merge(plan, node, node->inputs[0])) {
        const LogicalNode *below = node->inputs[0];
        for (int i = 0; i < kept; i++)
            expressions[i] = expression_replace_columns(
                plan->arena, expressions[i], below->columns, below->project.expressions, below->column_count);
        node->inputs[0] = below->inputs[0];
    }
    ColumnSet needed = {0};
    node_add_reads(plan, node, &needed);
    node->inputs[0] = logical_narrow(plan, node->inputs[0], &needed);
    logical_forget_own(node);
    return kept == 0 || is_identity(node) ? node->inputs[0] : node;
}

/* A projection keeps the time at which a row entered, a condition looks at the time as it passes: they don't
   mix. */
static bool has_clock(const LogicalNode *project) {
    bool is_found = false;
    for (int i = 0; i < project->column_count; i++)
        is_found |= (expression_flags(project->project.expressions[i]) & FUNCTION_CLOCK) != 0;
    return is_found;
}

static LogicalNode *push(Planning *plan, LogicalNode *node, Conjuncts conjuncts) {
    Conjuncts below = {0}, above = {0};
    bool is_clock = has_clock(node);
    for (int i = 0; i < conjuncts.count; i++) {
        Expression *moved = expression_replace_columns(
            plan->arena, conjuncts.items[i], node->columns, node->project.expressions, node->column_count);
        if (expression_flags(moved) & FUNCTION_VOLATILE || (is_clock && is_temporal(plan->mode, moved)))
            node_add_conjunct(plan, &above, conjuncts.items[i]);
        else
            node_add_conjunct(plan, &below, moved);
    }
    node->inputs[0] = logical_push(plan, node->inputs[0], below);
    logical_forget_own(node);
    return node_keep(plan, node, above);
}

/* What a projection computes a column with a watermark from: the one column at the end of its chain of
   monotone functions. */
static int source_column(const Expression *expression) {
    while (expression->kind == EXPRESSION_CALL) {
        const Expression *source = NULL;
        for (int i = 0; i < expression->argument_count; i++)
            source = expression_is_constant(expression->arguments[i]) ? source : expression->arguments[i];
        if (source == NULL)
            return -1;
        expression = source;
    }
    return expression->kind == EXPRESSION_COLUMN ? expression->column : -1;
}

static int carry_arrival(Planning *plan, PlanMode mode, LogicalNode *node, int time) {
    const Expression *expression = NULL;
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] == time)
            expression = node->project.expressions[i];
    int source = source_column(expression);
    int below = source < 0 ? -1 : logical_carry_arrival(plan, mode, node->inputs[0], source);
    if (below < 0)
        return -1;
    Expression *arrival = plan_column(plan, below);
    bool is_passed = expression->kind == EXPRESSION_COLUMN;
    if (is_passed && logical_has_column(node, below))
        return below;
    Expression **expressions = ARENA_ARRAY(plan->arena, Expression *, node->column_count + 1);
    memcpy(expressions, node->project.expressions, sizeof *expressions * (size_t)node->column_count);
    expressions[node->column_count] =
        is_passed ? arrival : expression_replace_columns(plan->arena, expression, &source, &arrival, 1);
    node->project.expressions = expressions;
    return logical_append_column(
        plan, node, is_passed ? below : plan_column_add(plan, "$arrival", expression->type));
}

/* What is wanted of the projection is wanted of its input, where that has it. */
static void want_of_input(Physical *physical, const LogicalNode *node) {
    int *columns = ARENA_ARRAY(physical->arena, int, physical->wanted_count + 1);
    for (int i = 0; i < physical->wanted_count; i++) {
        columns[i] = -1;
        for (int c = 0; c < node->column_count; c++)
            if (node->columns[c] == physical->wanted[i] &&
                node->project.expressions[c]->kind == EXPRESSION_COLUMN)
                columns[i] = node->project.expressions[c]->column;
        if (columns[i] < 0) {
            physical->wanted_count = 0;
            return;
        }
    }
    physical->wanted = columns;
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    want_of_input(physical, node);
    TRY(physical_build(physical, node->inputs[0], &input));
    physical_project_over(physical, node, &input, out);
    return OK;
}

void physical_project_over(
    Physical *physical, LogicalNode *node, const PhysicalNode *input, PhysicalNode *out) {
    physical_create(physical, node, &project_operator, 1, input, out);
    ProjectParameters *parameters = out->spec->parameters;
    parameters->expression_count = node->column_count;
    parameters->expressions = ARENA_ARRAY(physical->arena, Expression *, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++)
        parameters->expressions[i] = physical_expression(physical, node->project.expressions[i], input, 1);
    out->distribution = input->distribution;
    distribution_translate(physical, &out->distribution, passed_as, node);
}

static const LogicalField fields[] = {
    NODE_LIST(EXPRESSIONS, project.expressions, column_count),
    {NODE_END},
};

const LogicalType project_node = {
    .fields = fields,
    .prove = prove,
    .estimate = estimate,
    .narrow = narrow,
    .push = push,
    .carry_arrival = carry_arrival,
    .build = build,
    .passes_wanted = true,
};
