/* Late: rows below their arrival watermark are left out. */
#include "executor/operators/window/late.h"
#include "planner/nodes/node.h"

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs *input = logical_proofs_as(plan, mode, node->inputs[0]);
    proofs_pass_on(plan, proofs, input);
    proofs_add_keys(plan, proofs, input);
    set_add(plan->arena, &proofs->window_bounds, node->late.time_column);
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    physical_create(physical, node, &late_operator, 1, &input, out);
    LateParameters *parameters = out->spec->parameters;
    parameters->time_column = physical_position(&input, node->late.time_column);
    parameters->arrival_column = physical_position(&input, node->late.arrival);
    return OK;
}

static const LogicalField fields[] = {
    NODE_FIELD(COLUMN, late.time_column),
    NODE_FIELD(COLUMN, late.arrival),
    {NODE_END},
};

const LogicalType late_node = {
    .fields = fields,
    .output = node_output_through,
    .prove = prove,
    .estimate = estimates_of_input,
    .narrow = node_narrow_through,
    .push = node_push_through,
    .carry_arrival = node_carry_through,
    .build = build,
};
