/* TemporalJoin: rows and versions of a key meet on one worker: FOR SYSTEM_TIME AS OF event time. Output:
   left's columns, then right's. */
#include "executor/operators/join/temporal_join.h"
#include "planner/nodes/node.h"

/* Each left row once, when both watermarks have passed its time: below that none comes any more. */
static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs *left = logical_proofs_as(plan, mode, node->inputs[0]),
                 *right = logical_proofs_as(plan, mode, node->inputs[1]);
    proofs_pass_on(plan, proofs, left);
    proofs_add_keys(plan, proofs, left);
    proofs_keep_watermarks(plan, proofs, NULL, 0);
    proofs->is_append_only = true;
    proofs->is_stream = left->is_stream || right->is_stream;
    set_add(plan->arena, &proofs->watermarks, node->temporal_join.left_time);
    set_add(plan->arena, &proofs->window_bounds, node->temporal_join.left_time);
    if (node->temporal_join.type == JOIN_INNER)
        set_add_all(plan->arena, &proofs->not_null, &right->not_null);
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode inputs[2];
    int times[] = {node->temporal_join.left_time, node->temporal_join.versions[0].column};
    const int *keys[] = {node->temporal_join.left_keys, node->temporal_join.right_keys};
    int count = node->temporal_join.key_count;
    for (int i = 0; i < 2; i++) {
        if (!proofs_are_complete_below(logical_proofs(physical->plan, node->inputs[i]), times[i]))
            return error_set(physical->error, STATUS_FEATURE_NOT_SUPPORTED,
                "FOR SYSTEM_TIME AS OF an event time needs to tell which rows on the %s came too late",
                i == 0 ? "left" : "right");
        TRY(physical_build(physical, node->inputs[i], &inputs[i]));
        if (!distribution_is_hash(&inputs[i].distribution, keys[i], count))
            physical_hash(physical, &inputs[i], keys[i], count);
    }
    physical_create(physical, node, &temporal_join_operator, 2, inputs, out);
    TemporalJoinParameters *parameters = out->spec->parameters;
    parameters->type = node->temporal_join.type;
    parameters->key_count = parameters->right_key_count = count;
    parameters->left_keys = physical_positions(physical, &inputs[0], keys[0], count);
    parameters->right_keys = physical_positions(physical, &inputs[1], keys[1], count);
    parameters->left_time = physical_position(&inputs[0], times[0]);
    parameters->version_count = node->temporal_join.version_count;
    parameters->versions = physical_sort_keys(
        physical, &inputs[1], node->temporal_join.versions, node->temporal_join.version_count);
    parameters->are_changes = node->temporal_join.are_changes;
    parameters->residual = physical_expression(physical, node->temporal_join.condition, inputs, 2);
    physical_add_cost(out, 60);
    return OK;
}

static const LogicalField fields[] = {
    NODE_FIELD(EXPRESSION, temporal_join.condition),
    NODE_FIELD(COLUMN, temporal_join.left_time),
    NODE_LIST(COLUMNS, temporal_join.left_keys, temporal_join.key_count),
    NODE_LIST(COLUMNS, temporal_join.right_keys, temporal_join.key_count),
    NODE_LIST(SORT_KEYS, temporal_join.versions, temporal_join.version_count),
    {NODE_END},
};

/* Conditions go to the left only: a version that is not wanted is valid all the same. */
const LogicalType temporal_join_node = {
    .fields = fields,
    .output = node_output_both,
    .prove = prove,
    .estimate = estimates_of_input,
    .narrow = node_narrow_state,
    .push = node_push_through,
    .build = build,
};
