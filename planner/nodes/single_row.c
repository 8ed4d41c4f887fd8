/* SingleRow: scalar subqueries: one row, or one of each key; more are an error. */
#include "executor/operators/single_row.h"
#include "planner/nodes/node.h"

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs *input = logical_proofs_as(plan, mode, node->inputs[0]);
    int count = node->single_row.key_count;
    proofs_pass_on(plan, proofs, input);
    proofs->is_append_only = mode == PLAN_ONE_SHOT;
    proofs->is_stream = input->is_stream && count > 0;
    if (count == 0)
        proofs->not_null = (ColumnSet){0};
    proofs_keep_watermarks(plan, proofs, node->single_row.keys, count);
    proofs_add_key(plan, proofs, node->single_row.keys, count);
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    double rows = node->single_row.key_count == 0 ? 1 : logical_rows(plan, node->inputs[0]);
    estimates_of_rows(plan, node, rows, estimates);
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    int count = node->single_row.key_count;
    TRY(node_build_partitioned(physical, node->inputs[0], node->single_row.keys, count, &input));
    physical_create(physical, node, &single_row_operator, 1, &input, out);
    SingleRowParameters *parameters = out->spec->parameters;
    parameters->key_count = count;
    parameters->keys = physical_positions(physical, &input, node->single_row.keys, count);
    return OK;
}

static const LogicalField fields[] = {
    NODE_LIST(COLUMNS, single_row.keys, single_row.key_count),
    {NODE_END},
};

const LogicalType single_row_node = {
    .fields = fields,
    .partition = NODE_LIST(COLUMNS, single_row.keys, single_row.key_count),
    .output = node_output_through,
    .prove = prove,
    .estimate = estimate,
    .narrow = node_narrow_state,
    .push = node_push_by_partition,
    .build = build,
};
