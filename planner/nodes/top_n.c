/* TopN: the first rows of each partition. Output: the input's columns, then the rank if it has one. */
#include "executor/operators/sort/top_n.h"
#include "planner/cost/cardinality.h"
#include "planner/nodes/node.h"

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs *input = logical_proofs_as(plan, mode, node->inputs[0]);
    proofs_pass_on(plan, proofs, input);
    proofs_add_keys(plan, proofs, input);
    const int *partition = node->top_n.partition;
    int count = node->top_n.partition_count;
    proofs->is_append_only = mode == PLAN_ONE_SHOT;
    proofs->is_stream = input->is_stream && count > 0;
    proofs_keep_watermarks(plan, proofs, partition, count);
    if (node->top_n.limit == 1 && !node->top_n.with_ties_rank)
        proofs_add_key(plan, proofs, partition, count);
    if (node->top_n.with_rank && !node->top_n.with_ties_rank)
        proofs_add_key(plan, proofs,
            columns_with(plan, partition, count, node->columns[node->column_count - 1]), count + 1);
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    int count = node->top_n.partition_count;
    double rows = logical_rows(plan, node->inputs[0]),
           partitions =
               count == 0 ? 1 : cardinality_of_groups(plan, node->inputs[0], node->top_n.partition, count);
    if (node->top_n.limit >= 0 && partitions * (double)node->top_n.limit < rows)
        rows = partitions * (double)node->top_n.limit;
    estimates_of_rows(plan, node, rows, estimates);
}

/* A number that nobody reads is not made. */
static LogicalNode *narrow(Planning *plan, LogicalNode *node, const ColumnSet *wanted) {
    if (node->top_n.with_rank && !node->top_n.with_ties_rank &&
        !set_has(wanted, node->columns[node->column_count - 1])) {
        node->top_n.with_rank = false;
        node->own_count = 0;
    }
    return node_narrow_state(plan, node, wanted);
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    int count = node->top_n.partition_count;
    TRY(node_build_partitioned(physical, node->inputs[0], node->top_n.partition, count, &input));
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

static const LogicalField fields[] = {
    NODE_LIST(COLUMNS, top_n.partition, top_n.partition_count),
    NODE_LIST(SORT_KEYS, top_n.keys, top_n.key_count),
    {NODE_END},
};

const LogicalType top_n_node = {
    .fields = fields,
    .partition = NODE_LIST(COLUMNS, top_n.partition, top_n.partition_count),
    .output = node_output_through,
    .prove = prove,
    .estimate = estimate,
    .narrow = narrow,
    .push = node_push_by_partition,
    .build = build,
};
