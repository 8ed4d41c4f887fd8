/* Filter; comparisons with the clock of a continuous query become a TemporalFilter, over a projection of the
   times at which they begin and cease to hold. */
#include <string.h>

#include "executor/operators/filter.h"
#include "executor/operators/project.h"
#include "executor/operators/window/temporal_filter.h"
#include "planner/cost/cardinality.h"
#include "planner/logical/temporal.h"
#include "planner/nodes/node.h"

/* column = constant fixes the column (an outer query's column is constant here); a strict comparison excludes
   NULL. */
static void learn_from_predicate(
    Planning *plan, const LogicalNode *input, Expression *predicate, Proofs *proofs) {
    Conjuncts conjuncts = predicate_split(plan->arena, predicate);
    ColumnSet own = logical_columns(plan, input);
    for (int i = 0; i < conjuncts.count; i++) {
        const Expression *conjunct = conjuncts.items[i];
        if (expression_means(conjunct, MEANING_EQUAL))
            for (int side = 0; side < 2; side++) {
                ColumnSet used = {0};
                expression_add_columns(plan, conjunct->arguments[1 - side], &used);
                if (conjunct->arguments[side]->kind == EXPRESSION_COLUMN && !set_intersects(&used, &own) &&
                    !(expression_flags(conjunct->arguments[1 - side]) & FUNCTION_VOLATILE))
                    set_add(plan->arena, &proofs->constants, conjunct->arguments[side]->column);
            }
        for (int c = 0; c < input->column_count; c++) {
            ColumnSet one = {0};
            set_add(plan->arena, &one, input->columns[c]);
            if (predicate_rejects_null(plan, conjunct, &one))
                set_add(plan->arena, &proofs->not_null, input->columns[c]);
        }
    }
}

/* Rows that come and go with the clock, each at its own time: no watermark holds for them. What goes leaves
   no state behind it. */
static void prove_temporal(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    Conjuncts conjuncts = predicate_split(plan->arena, node->filter.predicate);
    TemporalBound bound;
    for (int i = 0; i < conjuncts.count; i++)
        if (is_temporal(mode, conjuncts.items[i]) &&
            (!temporal_solve(plan, conjuncts.items[i], &bound) || bound.is_until))
            proofs->is_append_only = proofs->is_stream = false;
    proofs_keep_watermarks(plan, proofs, NULL, 0);
}

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs *input = logical_proofs_as(plan, mode, node->inputs[0]);
    proofs_pass_on(plan, proofs, input);
    if (is_temporal(mode, node->filter.predicate))
        prove_temporal(plan, mode, node, proofs);
    learn_from_predicate(plan, node->inputs[0], node->filter.predicate, proofs);
    proofs_add_keys(plan, proofs, input);
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    const LogicalNode *input = node->inputs[0];
    const Expression *predicate = node->filter.predicate;
    double rows = logical_rows(plan, input) * selectivity_of(plan, input, predicate);
    estimates_of_rows(plan, node, rows, estimates);
    for (int i = 0; i < node->column_count; i++) {
        double most = cardinality_after_filter(plan, input, predicate, node->columns[i]);
        estimates->distinct[i] = most < estimates->distinct[i] ? most : estimates->distinct[i];
    }
}

/* A filter's own conditions go on down with the others. */
static LogicalNode *push(Planning *plan, LogicalNode *node, Conjuncts conjuncts) {
    Conjuncts all = {0}, own = predicate_split(plan->arena, node->filter.predicate);
    for (int i = 0; i < conjuncts.count; i++)
        node_add_conjunct(plan, &all, conjuncts.items[i]);
    for (int i = 0; i < own.count; i++)
        node_add_conjunct(plan, &all, own.items[i]);
    return logical_push(plan, node->inputs[0], all);
}

typedef struct Bounds {
    Expression **times; /* those from which on rows are shown, then those until which they are */
    int from_count, count;
} Bounds;

/* Takes the comparisons with the clock out; the rest of the predicate comes back. */
static Expression *take_bounds(Physical *physical, Expression *predicate, Bounds *bounds) {
    Conjuncts conjuncts = predicate_split(physical->arena, predicate), kept = {0};
    for (int is_until = 0; is_until < 2; is_until++)
        for (int i = 0; i < conjuncts.count; i++) {
            TemporalBound bound;
            if (!is_temporal(physical->plan->mode, conjuncts.items[i])) {
                if (is_until)
                    ARENA_APPEND(physical->arena, kept.items, kept.count, conjuncts.items[i]);
            } else if (temporal_solve(physical->plan, conjuncts.items[i], &bound) &&
                       bound.is_until == is_until) {
                ARENA_APPEND(physical->arena, bounds->times, bounds->count, bound.time);
                bounds->from_count += !is_until;
            }
        }
    return predicate_join(physical->arena, &kept);
}

/* The input with the times behind its columns. */
static void project_times(Physical *physical, const Bounds *bounds, PhysicalNode *node) {
    PhysicalNode input = *node;
    int count = input.column_count, all = count + bounds->count;
    physical_wrap(physical, &input, &project_operator, node);
    int *columns = ARENA_ARRAY(physical->arena, int, all);
    Schema output = {
        all, ARENA_ARRAY(physical->arena, const char *, all), ARENA_ARRAY(physical->arena, Type, all)};
    ProjectParameters *parameters = node->spec->parameters;
    parameters->expression_count = all;
    parameters->expressions = ARENA_ARRAY(physical->arena, Expression *, all);
    for (int i = 0; i < all; i++) {
        bool is_own = i < count;
        columns[i] = is_own ? input.columns[i]
                            : plan_column_add(physical->plan, "time", bounds->times[i - count]->type);
        output.names[i] = is_own ? input.spec->output.names[i] : "time";
        output.types[i] = is_own ? input.spec->output.types[i] : bounds->times[i - count]->type;
        parameters->expressions[i] = physical_expression(
            physical, is_own ? plan_column(physical->plan, columns[i]) : bounds->times[i - count], &input, 1);
    }
    node->spec->output = output;
    node->spec->has_watermark = NULL;
    node->columns = columns;
    node->column_count = all;
}

static void put_temporal_filter(
    Physical *physical, LogicalNode *node, const Bounds *bounds, PhysicalNode *input, PhysicalNode *out) {
    int count = input->column_count;
    project_times(physical, bounds, input);
    physical_hash_rows(physical, input, count);
    physical_create(physical, node, &temporal_filter_operator, 1, input, out);
    TemporalFilterParameters *parameters = out->spec->parameters;
    parameters->from_count = bounds->from_count;
    parameters->until_count = bounds->count - bounds->from_count;
    parameters->key_count = input->distribution.count;
    parameters->keys =
        physical_positions(physical, input, input->distribution.columns, input->distribution.count);
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    Bounds bounds = {0};
    Expression *predicate = is_temporal(physical->plan->mode, node->filter.predicate)
                                ? take_bounds(physical, node->filter.predicate, &bounds)
                                : node->filter.predicate;
    if (bounds.count == 0)
        physical_create(physical, node, &filter_operator, 1, &input, out);
    else if (predicate != NULL)
        physical_wrap(physical, &input, &filter_operator, out);
    else
        *out = input;
    if (predicate != NULL)
        ((FilterParameters *)out->spec->parameters)->predicate =
            physical_expression(physical, predicate, &input, 1);
    PhysicalNode filtered = *out;
    if (bounds.count > 0)
        put_temporal_filter(physical, node, &bounds, &filtered, out);
    return OK;
}

static const LogicalField fields[] = {
    NODE_FIELD(EXPRESSION, filter.predicate),
    {NODE_END},
};

const LogicalType filter_node = {
    .fields = fields,
    .output = node_output_through,
    .prove = prove,
    .estimate = estimate,
    .narrow = node_narrow_through,
    .push = push,
    .carry_arrival = node_carry_through,
    .build = build,
    .passes_wanted = true,
};
