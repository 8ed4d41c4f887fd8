/* Aggregate: rows of a group meet on one worker; a group is freed when its window's end has passed. */
#include "executor/operators/aggregate.h"

#include "planner/physical/physical.h"

static AggregateSpec *make_calls(Physical *physical, const LogicalNode *node, const PhysicalNode *input) {
    AggregateSpec *calls = ARENA_ARRAY(physical->arena, AggregateSpec, node->aggregate.call_count + 1);
    for (int i = 0; i < node->aggregate.call_count; i++) {
        const LogicalCall *call = &node->aggregate.calls[i];
        calls[i] = (AggregateSpec){.aggregate = call->aggregate, .argument_count = call->argument_count, .is_distinct = call->is_distinct, .order_count = call->order_count,
                                   .result_type = call->result_type};
        calls[i].arguments = physical_positions(physical, input, call->arguments, call->argument_count);
        calls[i].filter = call->filter < 0 ? -1 : physical_position(input, call->filter);
        calls[i].order = physical_sort_keys(physical, input, call->order, call->order_count);
    }
    return calls;
}

/* The key whose watermark says that a group is complete: a window's end. */
static int find_expiry(const Physical *physical, LogicalNode *node) {
    if (physical->plan->mode == PLAN_ONE_SHOT && !node->aggregate.emit_on_close)
        return -1;
    const Properties *input = logical_properties(physical->plan, node->inputs[0]);
    for (int i = 0; i < node->aggregate.key_count; i++)
        if (set_has(&input->window_ends, node->aggregate.keys[i]))
            return i;
    return -1;
}

Status physical_aggregate(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    int count = node->aggregate.key_count;
    if (count == 0)
        TRY(physical_single(physical, &input));
    else if (!distribution_fits_groups(&input.distribution, node->aggregate.keys, count))
        TRY(physical_hash(physical, &input, node->aggregate.keys, count));
    TRY(physical_create(physical, node, "Aggregate", 1, &input, out));
    AggregateParameters *parameters = out->spec->parameters;
    parameters->phase = AGGREGATE_COMPLETE;
    parameters->key_count = count;
    parameters->keys = physical_positions(physical, &input, node->aggregate.keys, count);
    parameters->aggregate_count = node->aggregate.call_count;
    parameters->aggregates = make_calls(physical, node, &input);
    parameters->is_input_updating = input.spec->is_updating;
    parameters->expiry_key = find_expiry(physical, node);
    parameters->emit_on_close = node->aggregate.emit_on_close;
    physical_add_cost(out, 10);
    if (count > 0 && parameters->expiry_key < 0 && logical_properties(physical->plan, node->inputs[0])->is_stream)
        physical_note_unbounded(physical, node->aggregate.call_count == 0 ? "Distinct" : "Aggregate",
                                "Grouping by the window_end of a window function over a column with a watermark bounds it.");
    return OK;
}
