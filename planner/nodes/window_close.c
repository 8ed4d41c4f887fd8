/* WindowClose: rows are held until their window has ended. */
#include "executor/operators/window/window_close.h"
#include "planner/nodes/node.h"

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs *input = logical_proofs_as(plan, mode, node->inputs[0]);
    proofs_pass_on(plan, proofs, input);
    proofs_add_keys(plan, proofs, input);
    proofs->is_append_only = true;
    proofs_keep_watermarks(plan, proofs, &node->window_close.end_column, 1);
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    physical_hash_rows(physical, &input, input.column_count);
    physical_create(physical, node, &window_close_operator, 1, &input, out);
    WindowCloseParameters *parameters = out->spec->parameters;
    parameters->key_count = input.distribution.count;
    parameters->keys =
        physical_positions(physical, &input, input.distribution.columns, input.distribution.count);
    parameters->end_column = physical_position(&input, node->window_close.end_column);
    return OK;
}

static const LogicalField fields[] = {
    NODE_FIELD(COLUMN, window_close.end_column),
    {NODE_END},
};

const LogicalType window_close_node = {
    .fields = fields,
    .output = node_output_through,
    .prove = prove,
    .estimate = estimates_of_input,
    .narrow = node_narrow_state,
    .push = node_push_above,
    .build = build,
};
