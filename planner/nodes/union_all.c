/* UnionAll: inputs are brought into the output's column order first. */
#include "planner/nodes/node.h"

/* What holds of a column in every input. */
static void prove_column(
    Planning *plan, const Proofs *const *inputs, const LogicalNode *node, int place, Proofs *proofs) {
    bool has_watermark = true, is_not_null = true, is_end = true, is_clock = true;
    for (int in = 0; in < node->input_count; in++) {
        int column = node->set.input_columns[in][place];
        has_watermark &= set_has(&inputs[in]->watermarks, column);
        is_end &= set_has(&inputs[in]->window_bounds, column);
        is_clock &= set_has(&inputs[in]->clocks, column);
        is_not_null &= set_has(&inputs[in]->not_null, column);
    }
    int column = node->columns[place];
    if (has_watermark)
        set_add(plan->arena, &proofs->watermarks, column);
    if (is_end)
        set_add(plan->arena, &proofs->window_bounds, column);
    if (is_clock)
        set_add(plan->arena, &proofs->clocks, column);
    if (is_not_null)
        set_add(plan->arena, &proofs->not_null, column);
}

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs **inputs = ARENA_ARRAY(plan->arena, const Proofs *, node->input_count + 1);
    proofs->is_append_only = true;
    for (int in = 0; in < node->input_count; in++) {
        inputs[in] = logical_proofs_as(plan, mode, node->inputs[in]);
        proofs->is_append_only &= inputs[in]->is_append_only;
        proofs->is_stream |= inputs[in]->is_stream;
    }
    for (int i = 0; i < node->column_count; i++)
        prove_column(plan, inputs, node, i, proofs);
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    double rows = 0;
    for (int in = 0; in < node->input_count; in++)
        rows += logical_rows(plan, node->inputs[in]);
    estimates_of_rows(plan, node, rows, estimates);
    for (int i = 0; i < node->column_count; i++) {
        double together = 0;
        for (int in = 0; in < node->input_count; in++) {
            double own = estimates_distinct(
                node->inputs[in], logical_estimates(plan, node->inputs[in]), node->set.input_columns[in][i]);
            together = own > together ? own : together;
        }
        estimates->distinct[i] = together;
    }
}

static LogicalNode *narrow(Planning *plan, LogicalNode *node, const ColumnSet *wanted) {
    int kept = 0, count = node->column_count;
    int *columns = ARENA_ARRAY(plan->arena, int, count + 1),
        **maps = ARENA_ARRAY(plan->arena, int *, node->input_count);
    for (int in = 0; in < node->input_count; in++)
        maps[in] = ARENA_ARRAY(plan->arena, int, count + 1);
    for (int i = 0; i < count; i++) {
        bool is_last = i == count - 1 && kept == 0;
        if (!is_last && !set_has(wanted, node->columns[i]))
            continue;
        for (int in = 0; in < node->input_count; in++)
            maps[in][kept] = node->set.input_columns[in][i];
        columns[kept++] = node->columns[i];
    }
    node->columns = columns;
    node->column_count = kept;
    node->set.input_columns = maps;
    for (int in = 0; in < node->input_count; in++) {
        ColumnSet needed = {0};
        set_add_list(plan->arena, &needed, maps[in], kept);
        node->inputs[in] = logical_narrow(plan, node->inputs[in], &needed);
    }
    logical_forget_own(node);
    return node;
}

/* A branch whose times never come too late. */
static int add_none(Planning *plan, LogicalNode **branch, Type type) {
    Value none = value_null(type);
    Expression *null = expression_constant(plan->arena, &none);
    int column;
    *branch = logical_extend(plan, *branch, 1, &null, &column);
    return column;
}

static int carry_arrival(Planning *plan, PlanMode mode, LogicalNode *node, int time) {
    int place = 0;
    while (node->columns[place] != time)
        place++;
    int *below = ARENA_ARRAY(plan->arena, int, node->input_count);
    for (int i = 0; i < node->input_count; i++)
        below[i] = logical_carry_arrival(plan, mode, node->inputs[i], node->set.input_columns[i][place]);
    Type type = type_of((TypeId)plan->columns[time].type.id);
    for (int i = 0; i < node->input_count; i++) {
        if (below[i] < 0)
            below[i] = add_none(plan, &node->inputs[i], type);
        node->set.input_columns[i] =
            columns_with(plan, node->set.input_columns[i], node->column_count, below[i]);
    }
    return logical_append_column(plan, node, plan_column_add(plan, "$arrival", type));
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode *inputs = ARENA_ARRAY(physical->arena, PhysicalNode, node->input_count);
    for (int i = 0; i < node->input_count; i++)
        TRY(node_build_input(physical, node, i, &inputs[i]));
    physical_create(physical, node, &union_all_operator, node->input_count, inputs, out);
    out->distribution = (Distribution){0};
    return OK;
}

static const LogicalField fields[] = {
    NODE_FIELD(INPUT_COLUMNS, set.input_columns),
    {NODE_END},
};

const LogicalType union_all_node = {
    .fields = fields,
    .prove = prove,
    .estimate = estimate,
    .narrow = narrow,
    .push = node_push_into_inputs,
    .carry_arrival = carry_arrival,
    .build = build,
};
