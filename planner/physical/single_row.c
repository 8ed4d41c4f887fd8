/* SingleRow: scalar subqueries. */
#include "executor/operators/single_row.h"

#include "planner/physical/physical.h"

Status physical_single_row(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    int count = node->single_row.key_count;
    if (count == 0)
        TRY(physical_single(physical, &input));
    else if (!distribution_is_hash(&input.distribution, node->single_row.keys, count))
        TRY(physical_hash(physical, &input, node->single_row.keys, count));
    physical_create(physical, node, &single_row_operator, 1, &input, out);
    SingleRowParameters *parameters = out->spec->parameters;
    parameters->key_count = count;
    parameters->keys = physical_positions(physical, &input, node->single_row.keys, count);
    return OK;
}
