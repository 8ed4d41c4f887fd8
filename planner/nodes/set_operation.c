/* SetOperation: INTERSECT and EXCEPT. */
#include "executor/operators/set_operation.h"

#include "planner/cost/cardinality.h"
#include "planner/nodes/node.h"

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    *proofs = (Proofs){.is_append_only = mode == PLAN_ONE_SHOT,
        .is_stream = logical_proofs_as(plan, mode, node->inputs[0])->is_stream ||
                     logical_proofs_as(plan, mode, node->inputs[1])->is_stream};
    if (!node->set.is_all)
        proofs_add_key(plan, proofs, node->columns, node->column_count);
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    estimates_of_rows(plan, node, cardinality_of_set_operation(plan, node), estimates);
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode inputs[2];
    for (int i = 0; i < 2; i++) {
        TRY(node_build_input(physical, node, i, &inputs[i]));
        if (node->column_count == 0)
            physical_single(physical, &inputs[i]);
        else
            physical_hash(physical, &inputs[i], inputs[i].columns, inputs[i].column_count);
    }
    physical_create(physical, node, &set_operation_operator, 2, inputs, out);
    SetOperationParameters *parameters = out->spec->parameters;
    parameters->kind = node->set.kind;
    parameters->is_all = node->set.is_all;
    if (out->distribution.kind == DISTRIBUTION_HASH)
        out->distribution =
            (Distribution){.kind = DISTRIBUTION_HASH, .count = node->column_count, .columns = node->columns};
    physical_add_cost(out, 15);
    if (logical_proofs(physical->plan, node)->is_stream)
        physical_note_unbounded(physical, "SetOperation", NULL);
    return OK;
}

static const LogicalField fields[] = {
    NODE_FIELD(INPUT_COLUMNS, set.input_columns),
    {NODE_END},
};

const LogicalType set_operation_node = {
    .fields = fields,
    .prove = prove,
    .estimate = estimate,
    .narrow = node_narrow_all,
    .push = node_push_into_inputs,
    .build = build,
};
