/* Over: window functions, one operator a partition, order and frame. Output: the input's columns, then the
   calls' results. */
#include "executor/operators/over/over.h"
#include "planner/nodes/node.h"

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs *input = logical_proofs_as(plan, mode, node->inputs[0]);
    proofs_pass_on(plan, proofs, input);
    proofs_add_keys(plan, proofs, input);
    const int *partition = node->over.partition;
    int count = node->over.partition_count;
    proofs->is_append_only = mode == PLAN_ONE_SHOT;
    proofs_keep_watermarks(plan, proofs, partition, count);
    for (int i = 0; i < node->over.call_count; i++) {
        const OverFunction *function = node->over.calls[i].function;
        if (function != NULL && function->numbers == NUMBERS_ROWS)
            proofs_add_key(
                plan, proofs, columns_with(plan, partition, count, logical_own(node)[i]), count + 1);
    }
}

static LogicalNode *narrow(Planning *plan, LogicalNode *node, const ColumnSet *wanted) {
    int kept = 0, first = node->column_count - node->own_count;
    int *results = ARENA_ARRAY(plan->arena, int, node->own_count + 1);
    for (int i = 0; i < node->own_count; i++)
        if (set_has(wanted, node->columns[first + i])) {
            results[kept] = node->columns[first + i];
            node->over.calls[kept++] = node->over.calls[i];
        }
    if (kept == 0)
        return logical_narrow(plan, node->inputs[0], wanted);
    node->over.call_count = node->own_count = node->column_count = kept;
    node->columns = results;
    ColumnSet needed = set_copy(plan->arena, wanted);
    node_add_reads(plan, node, &needed);
    node->inputs[0] = node_narrow_exactly(plan, node->inputs[0], &needed);
    logical_refresh(plan, node);
    return node;
}

static void fill_calls(
    Physical *physical, const LogicalNode *node, const PhysicalNode *input, OverParameters *parameters) {
    int count = node->over.call_count, total = 0;
    for (int i = 0; i < count; i++)
        total += node->over.calls[i].argument_count;
    parameters->call_count = parameters->argument_count_count = parameters->filter_count = count;
    parameters->functions = ARENA_ARRAY(physical->arena, const char *, count + 1);
    parameters->argument_counts = ARENA_ARRAY(physical->arena, int, count + 1);
    parameters->filters = ARENA_ARRAY(physical->arena, int, count + 1);
    parameters->arguments = ARENA_ARRAY(physical->arena, int, total + 1);
    for (int i = 0; i < count; i++) {
        const OverCall *call = &node->over.calls[i];
        parameters->functions[i] = over_call_name(call->function, call->aggregate);
        parameters->argument_counts[i] = call->argument_count;
        parameters->filters[i] = call->filter < 0 ? -1 : physical_position(input, call->filter);
        for (int a = 0; a < call->argument_count; a++)
            parameters->arguments[parameters->argument_total++] =
                physical_position(input, call->arguments[a]);
    }
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    int count = node->over.partition_count;
    TRY(node_build_partitioned(physical, node->inputs[0], node->over.partition, count, &input));
    physical_create(physical, node, &over_operator, 1, &input, out);
    OverParameters *parameters = out->spec->parameters;
    parameters->partition_count = count;
    parameters->partition = physical_positions(physical, &input, node->over.partition, count);
    parameters->key_count = node->over.key_count;
    parameters->keys = physical_sort_keys(physical, &input, node->over.keys, node->over.key_count);
    parameters->frame_mode = node->over.frame_mode;
    parameters->start = node->over.start;
    parameters->end = node->over.end;
    parameters->start_offset = node->over.start_offset;
    parameters->end_offset = node->over.end_offset;
    parameters->bound_count = node->over.bound_count;
    parameters->bounds = physical_positions(physical, &input, node->over.bounds, node->over.bound_count);
    parameters->exclude = node->over.exclude;
    fill_calls(physical, node, &input, parameters);
    physical_add_cost(out, 30);
    if (logical_proofs(physical->plan, node->inputs[0])->is_stream)
        physical_note_unbounded(physical, "Over",
            "A condition ROW_NUMBER() <= n on its result makes it a TopN, which keeps n rows a partition of "
            "append-only input.");
    return OK;
}

static const LogicalField fields[] = {
    NODE_LIST(COLUMNS, over.partition, over.partition_count),
    NODE_LIST(SORT_KEYS, over.keys, over.key_count),
    NODE_LIST(COLUMNS, over.bounds, over.bound_count),
    NODE_LIST(OVER_CALLS, over.calls, over.call_count),
    {NODE_END},
};

const LogicalType over_node = {
    .fields = fields,
    .partition = NODE_LIST(COLUMNS, over.partition, over.partition_count),
    .output = node_output_through,
    .prove = prove,
    .estimate = estimates_of_input,
    .narrow = narrow,
    .push = node_push_by_partition,
    .build = build,
};
