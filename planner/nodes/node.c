/* What several kinds of logical nodes share. */
#include "planner/nodes/node.h"

#include <string.h>

#include "planner/logical/temporal.h"

void node_set_output(Planning *plan, LogicalNode *node, const int *first, int first_count, const int *second,
    int second_count) {
    int *all = ARENA_ARRAY(plan->arena, int, first_count + second_count + 1);
    if (first_count > 0)
        memcpy(all, first, sizeof *all * (size_t)first_count);
    if (second_count > 0)
        memcpy(all + first_count, second, sizeof *all * (size_t)second_count);
    node->columns = all;
    node->column_count = first_count + second_count;
}

void node_output_through(Planning *plan, LogicalNode *node) {
    const LogicalNode *input = node->input_count > 0 ? node->inputs[0] : NULL;
    node_set_output(plan, node, input == NULL ? NULL : input->columns,
        input == NULL ? 0 : input->column_count, logical_own(node), node->own_count);
}

void node_output_both(Planning *plan, LogicalNode *node) {
    const LogicalNode *left = node->inputs[0], *right = node->inputs[1];
    node_set_output(plan, node, left->columns, left->column_count, right->columns, right->column_count);
}

/* Narrowing */

LogicalNode *logical_narrow(Planning *plan, LogicalNode *node, const ColumnSet *wanted) {
    return node->type->narrow(plan, node, wanted);
}

typedef struct Reader {
    Planning *plan;
    ColumnSet *set;
} Reader;

static void read_expression(Expression **expression, void *argument) {
    Reader *reader = argument;
    expression_add_columns(reader->plan, *expression, reader->set);
}

static void read_column(int *column, void *argument) {
    Reader *reader = argument;
    set_add(reader->plan->arena, reader->set, *column);
}

void node_add_reads(Planning *plan, const LogicalNode *node, ColumnSet *set) {
    Reader reader = {plan, set};
    logical_visit((LogicalNode *)(uintptr_t)node, &(LogicalVisitor){read_expression, read_column, &reader});
}

LogicalNode *node_narrow_exactly(Planning *plan, LogicalNode *input, const ColumnSet *needed) {
    LogicalNode *node = logical_narrow(plan, input, needed);
    int *columns = ARENA_ARRAY(plan->arena, int, node->column_count + 1), count = 0;
    for (int i = 0; i < node->column_count; i++)
        if (set_has(needed, node->columns[i]))
            columns[count++] = node->columns[i];
    return count == 0 ? node : logical_pick(plan, node, columns, count);
}

LogicalNode *node_narrow_through(Planning *plan, LogicalNode *node, const ColumnSet *wanted) {
    ColumnSet needed = set_copy(plan->arena, wanted);
    node_add_reads(plan, node, &needed);
    for (int i = 0; i < node->input_count; i++)
        node->inputs[i] = logical_narrow(plan, node->inputs[i], &needed);
    logical_refresh(plan, node);
    return node;
}

LogicalNode *node_narrow_state(Planning *plan, LogicalNode *node, const ColumnSet *wanted) {
    ColumnSet needed = set_copy(plan->arena, wanted);
    node_add_reads(plan, node, &needed);
    for (int i = 0; i < node->input_count; i++)
        node->inputs[i] = node_narrow_exactly(plan, node->inputs[i], &needed);
    logical_refresh(plan, node);
    return node;
}

LogicalNode *node_narrow_all(Planning *plan, LogicalNode *node, const ColumnSet *wanted) {
    for (int i = 0; i < node->input_count; i++) {
        ColumnSet all = {0};
        set_add_list(plan->arena, &all, node->set.input_columns[i], node->column_count);
        node->inputs[i] = logical_narrow(plan, node->inputs[i], &all);
    }
    logical_refresh(plan, node);
    return node;
}

/* Filters */

LogicalNode *logical_push(Planning *plan, LogicalNode *node, Conjuncts conjuncts) {
    return node->type->push(plan, node, conjuncts);
}

void node_add_conjunct(Planning *plan, Conjuncts *to, Expression *conjunct) {
    for (int i = 0; i < to->count; i++)
        if (expression_is_equal(to->items[i], conjunct))
            return;
    ARENA_APPEND(plan->arena, to->items, to->count, conjunct);
}

LogicalNode *node_keep(Planning *plan, LogicalNode *node, Conjuncts conjuncts) {
    return logical_filter(plan, node, predicate_join(plan->arena, &conjuncts));
}

LogicalNode *node_push_by(
    Planning *plan, LogicalNode *node, Conjuncts conjuncts, const int *columns, int count) {
    ColumnSet allowed = {0};
    Conjuncts below = {0}, above = {0};
    set_add_list(plan->arena, &allowed, columns, count);
    /* Fewer rows come out of an aggregate, a window, … than go in: their times are kept above it. */
    for (int i = 0; i < conjuncts.count; i++) {
        bool is_allowed = count > 0 && expression_uses_only(plan, conjuncts.items[i], &allowed) &&
                          !is_temporal(plan->mode, conjuncts.items[i]);
        node_add_conjunct(plan, is_allowed ? &below : &above, conjuncts.items[i]);
    }
    node->inputs[0] = logical_push(plan, node->inputs[0], below);
    for (int i = 1; i < node->input_count; i++)
        node->inputs[i] = logical_push(plan, node->inputs[i], (Conjuncts){0});
    logical_refresh(plan, node);
    return node_keep(plan, node, above);
}

LogicalNode *node_push_through(Planning *plan, LogicalNode *node, Conjuncts conjuncts) {
    if (node->input_count == 0)
        return node_keep(plan, node, conjuncts);
    return node_push_by(plan, node, conjuncts, node->inputs[0]->columns, node->inputs[0]->column_count);
}

int **node_columns(LogicalNode *node, const LogicalField *field) {
    return (int **)(void *)((char *)node + field->offset);
}

int *node_count(LogicalNode *node, const LogicalField *field) {
    return (int *)(void *)((char *)node + field->count_offset);
}

LogicalNode *node_push_by_partition(Planning *plan, LogicalNode *node, Conjuncts conjuncts) {
    const LogicalField *partition = &node->type->partition;
    return node_push_by(plan, node, conjuncts, *node_columns(node, partition), *node_count(node, partition));
}

LogicalNode *node_push_above(Planning *plan, LogicalNode *node, Conjuncts conjuncts) {
    return node_push_by(plan, node, conjuncts, NULL, 0);
}

LogicalNode *node_push_into_inputs(Planning *plan, LogicalNode *node, Conjuncts conjuncts) {
    for (int in = 0; in < node->input_count; in++) {
        Conjuncts own = {0};
        Expression **columns = ARENA_ARRAY(plan->arena, Expression *, node->column_count + 1);
        for (int i = 0; i < node->column_count; i++)
            columns[i] = plan_column(plan, node->set.input_columns[in][i]);
        for (int i = 0; i < conjuncts.count; i++)
            node_add_conjunct(plan, &own,
                expression_replace_columns(
                    plan->arena, conjuncts.items[i], node->columns, columns, node->column_count));
        node->inputs[in] = logical_push(plan, node->inputs[in], own);
    }
    logical_refresh(plan, node);
    return node;
}

/* Arrival and operators */

int node_carry_through(Planning *plan, PlanMode mode, LogicalNode *node, int time) {
    int below = logical_carry_arrival(plan, mode, node->inputs[0], time);
    logical_refresh(plan, node);
    return below;
}

Status node_build_partitioned(
    Physical *physical, LogicalNode *input, const int *columns, int count, PhysicalNode *out) {
    TRY(physical_build(physical, input, out));
    if (count == 0)
        physical_single(physical, out);
    else if (!distribution_is_hash(&out->distribution, columns, count))
        physical_hash(physical, out, columns, count);
    return OK;
}

Status node_build_input(Physical *physical, LogicalNode *node, int index, PhysicalNode *out) {
    LogicalNode *picked =
        logical_pick(physical->plan, node->inputs[index], node->set.input_columns[index], node->column_count);
    return physical_build(physical, picked, out);
}
