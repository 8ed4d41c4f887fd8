/* TemporalJoin: rows and versions of a key meet on one worker. */
#include "executor/operators/join/temporal_join.h"

#include "planner/physical/physical.h"

Status physical_temporal_join(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode inputs[2];
    int times[] = {node->temporal_join.left_time, node->temporal_join.versions[0].column};
    const int *keys[] = {node->temporal_join.left_keys, node->temporal_join.right_keys};
    int count = node->temporal_join.key_count;
    for (int i = 0; i < 2; i++) {
        if (!properties_is_complete_below(logical_properties(physical->plan, node->inputs[i]), times[i]))
            return error_set(physical->error, STATUS_FEATURE_NOT_SUPPORTED,
                "FOR SYSTEM_TIME AS OF an event time needs to tell which rows on the %s came too late",
                i == 0 ? "left" : "right");
        TRY(physical_build(physical, node->inputs[i], &inputs[i]));
        if (!distribution_is_hash(&inputs[i].distribution, keys[i], count))
            TRY(physical_hash(physical, &inputs[i], keys[i], count));
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
