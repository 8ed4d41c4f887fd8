/* Aggregate: rows of a group meet on one worker; a group is freed when its window's end has passed. */
#include "executor/base/fault.h"
#include "executor/operators/aggregate.h"

#include "planner/physical/physical.h"

static AggregateSpec *make_calls(Physical *physical, const LogicalNode *node, const PhysicalNode *input) {
    AggregateSpec *calls = ARENA_ARRAY(physical->arena, AggregateSpec, node->aggregate.call_count + 1);
    for (int i = 0; i < node->aggregate.call_count; i++) {
        const LogicalCall *call = &node->aggregate.calls[i];
        calls[i] = (AggregateSpec){.aggregate = call->aggregate,
            .argument_count = call->argument_count,
            .is_distinct = call->is_distinct,
            .order_count = call->order_count,
            .result_type = call->result_type};
        calls[i].arguments = physical_positions(physical, input, call->arguments, call->argument_count);
        calls[i].filter = call->filter < 0 ? -1 : physical_position(input, call->filter);
        calls[i].order = physical_sort_keys(physical, input, call->order, call->order_count);
    }
    return calls;
}

/* The key whose watermark says that a group is complete: a window's end or start. A plain time column doesn't: late rows still come. */
static int find_expiry(const Physical *physical, LogicalNode *node) {
    if (physical->plan->mode == PLAN_ONE_SHOT && !node->aggregate.emit_on_close)
        return -1;
    const Properties *input = logical_properties(physical->plan, node->inputs[0]);
    int found = -1; /* the end, which stands behind the start, is passed first */
    for (int i = 0; i < node->aggregate.key_count; i++)
        if (set_has(&input->window_bounds, node->aggregate.keys[i]))
            found = i;
    return found;
}

/* Whether the rows may be folded before they are sent: linear aggregates always, the others over append-only input. */
static bool can_split(Physical *physical, LogicalNode *node, const PhysicalNode *input) {
    CostRows rows = physical_size(input), groups = {logical_properties(physical->plan, node)->rows, rows.width};
    if (physical->plan->mode == PLAN_ONE_SHOT || node->aggregate.call_count == 0 ||
        (node->aggregate.key_count > 0 && !cost_prefers_two_phases(rows, groups)))
        return false;
    for (int i = 0; i < node->aggregate.call_count; i++) {
        const LogicalCall *call = &node->aggregate.calls[i];
        if (call->is_distinct || call->aggregate->kind == AGGREGATE_VALUES ||
            (call->aggregate->kind != AGGREGATE_FOLD && input->spec->is_updating && !MUTANT("two-phase-max-over-updates")))
            return false;
    }
    return true;
}

/* Keys, the count of rows, and each call's cells. The cells are columns of the plan only for the exchange between the phases. */
static Status build_partial(Physical *physical, LogicalNode *node, PhysicalNode *input) {
    LogicalPlan *plan = physical->plan;
    PhysicalNode below = *input;
    int count = node->aggregate.key_count;
    LogicalNode *partial = logical_create(plan, LOGICAL_AGGREGATE, 1, node->inputs);
    partial->aggregate.keys = node->aggregate.keys;
    partial->aggregate.key_count = count;
    partial->column_count = count;
    for (int i = 0; i < count; i++) {
        int at = i;
        ARENA_APPEND(physical->arena, partial->columns, at, node->aggregate.keys[i]);
    }
    ARENA_APPEND(physical->arena, partial->columns, partial->column_count, plan_column_add(plan, "rows", type_of(TYPE_INT8)));
    for (int i = 0; i < node->aggregate.call_count; i++) {
        const LogicalCall *call = &node->aggregate.calls[i];
        Type arguments[8], cells[AGGREGATE_CELLS_MAX];
        for (int a = 0; a < call->argument_count && a < 8; a++)
            arguments[a] = plan->columns[call->arguments[a]].type;
        int cell_count = aggregate_cell_types(call->aggregate, arguments, cells);
        for (int c = 0; c < cell_count; c++)
            ARENA_APPEND(
                physical->arena, partial->columns, partial->column_count, plan_column_add(plan, aggregate_function(call->aggregate)->name, cells[c]));
    }
    Properties *properties = ARENA_NEW(physical->arena, Properties);
    *properties = *logical_properties(plan, node);
    properties->is_append_only = !below.spec->is_updating;
    properties->key_count = 0;
    partial->properties = properties;
    TRY(physical_create(physical, partial, "Aggregate", 1, &below, input));
    AggregateParameters *parameters = input->spec->parameters;
    *parameters = (AggregateParameters){.phase = AGGREGATE_PARTIAL,
        .key_count = count,
        .keys = physical_positions(physical, &below, node->aggregate.keys, count),
        .aggregate_count = node->aggregate.call_count,
        .aggregates = make_calls(physical, node, &below),
        .is_input_updating = below.spec->is_updating,
        .expiry_key = -1};
    input->spec->cost_estimate += cost_of_aggregate(physical_size(&below), physical_size(input));
    return OK;
}

/* The second phase's calls read cells; EXPLAIN names them by the first. */
static void read_cells(Physical *physical, const LogicalNode *node, AggregateSpec *calls) {
    int position = node->aggregate.key_count + 1;
    for (int i = 0; i < node->aggregate.call_count; i++) {
        const LogicalCall *call = &node->aggregate.calls[i];
        Type arguments[8], cells[AGGREGATE_CELLS_MAX];
        for (int a = 0; a < call->argument_count; a++) {
            calls[i].arguments[a] = position;
            if (a < 8)
                arguments[a] = physical->plan->columns[call->arguments[a]].type;
        }
        calls[i].filter = -1;
        position += aggregate_cell_types(call->aggregate, arguments, cells);
    }
}

static void note_state(Physical *physical, LogicalNode *node, const AggregateParameters *parameters) {
    if (node->aggregate.key_count > 0 && parameters->expiry_key < 0 && logical_properties(physical->plan, node->inputs[0])->is_stream)
        physical_note_unbounded(physical, node->aggregate.call_count == 0 ? "Distinct" : "Aggregate",
            "Grouping by the window_end of a window function over a column with a watermark bounds it.");
}

Status physical_aggregate(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    int count = node->aggregate.key_count;
    bool is_there =
        count == 0 ? input.distribution.kind == DISTRIBUTION_SINGLE : distribution_is_hash(&input.distribution, node->aggregate.keys, count);
    bool is_updating = input.spec->is_updating;
    AggregateSpec *calls = make_calls(physical, node, &input);
    bool is_split = !is_there && can_split(physical, node, &input);
    if (is_split) {
        TRY(build_partial(physical, node, &input));
        read_cells(physical, node, calls);
    }
    if (!is_there)
        TRY(count == 0 ? physical_single(physical, &input) : physical_hash(physical, &input, node->aggregate.keys, count));
    TRY(physical_create(physical, node, "Aggregate", 1, &input, out));
    AggregateParameters *parameters = out->spec->parameters;
    *parameters = (AggregateParameters){.phase = is_split ? AGGREGATE_FINAL : AGGREGATE_COMPLETE,
        .key_count = count,
        .keys = physical_positions(physical, &input, node->aggregate.keys, count),
        .aggregate_count = node->aggregate.call_count,
        .aggregates = calls,
        .is_input_updating = is_updating,
        .expiry_key = find_expiry(physical, node),
        .emit_on_close = node->aggregate.emit_on_close};
    out->spec->cost_estimate += cost_of_aggregate(physical_size(&input), physical_size(out));
    note_state(physical, node, parameters);
    return OK;
}
