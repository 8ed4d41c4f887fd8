/* TopN: the first rows of each partition. */
#include "executor/operators/sort/top_n.h"

#include "planner/physical/physical.h"

Status physical_top_n(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    int count = node->top_n.partition_count;
    if (count == 0)
        TRY(physical_single(physical, &input));
    else if (!distribution_is_hash(&input.distribution, node->top_n.partition, count))
        TRY(physical_hash(physical, &input, node->top_n.partition, count));
    physical_create(physical, node, &top_n_operator, 1, &input, out);
    TopNParameters *parameters = out->spec->parameters;
    parameters->partition_count = count;
    parameters->partition = physical_positions(physical, &input, node->top_n.partition, count);
    parameters->key_count = node->top_n.key_count;
    parameters->keys = physical_sort_keys(physical, &input, node->top_n.keys, node->top_n.key_count);
    parameters->limit = node->top_n.limit;
    parameters->offset = node->top_n.offset;
    parameters->with_rank = node->top_n.with_rank;
    parameters->with_ties_rank = node->top_n.with_ties_rank;
    physical_add_cost(out, 15);
    return OK;
}
