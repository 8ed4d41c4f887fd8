/* Over: window functions, one operator a partition, order and frame. */
#include "executor/operators/over/over.h"

#include "planner/physical/physical.h"

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

Status physical_over(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    int count = node->over.partition_count;
    if (count == 0)
        TRY(physical_single(physical, &input));
    else if (!distribution_is_hash(&input.distribution, node->over.partition, count))
        TRY(physical_hash(physical, &input, node->over.partition, count));
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
    if (logical_properties(physical->plan, node->inputs[0])->is_stream)
        physical_note_unbounded(physical, "Over",
            "A condition ROW_NUMBER() <= n on its result makes it a TopN, which keeps n rows a partition of "
            "append-only input.");
    return OK;
}
