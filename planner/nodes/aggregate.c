/* Aggregate: rows of a group meet on one worker; a group is freed when its window's end has passed. Output:
   keys under their own numbers, then the calls' results. */
#include <string.h>

#include "executor/base/fault.h"
#include "executor/operators/aggregate/aggregate.h"
#include "executor/types/image.h"
#include "planner/cost/cardinality.h"
#include "planner/nodes/node.h"

static void output(Planning *plan, LogicalNode *node) {
    node_set_output(
        plan, node, node->aggregate.keys, node->aggregate.key_count, logical_own(node), node->own_count);
}

static void prove_keys(Planning *plan, const Proofs *input, const int *keys, int count, Proofs *proofs) {
    if (count == 0) {
        proofs_add_key(plan, proofs, NULL, 0);
        return;
    }
    /* What determines the row determines the group. */
    ColumnSet grouped = {0};
    set_add_list(plan->arena, &grouped, keys, count);
    for (int k = 0; k < input->key_count; k++)
        if (set_has_list(&grouped, input->keys[k].columns, input->keys[k].count))
            proofs_add_key(plan, proofs, input->keys[k].columns, input->keys[k].count);
    ColumnSet saved = proofs->constants;
    proofs->constants = (ColumnSet){0};
    proofs_add_key(plan, proofs, keys, count);
    proofs->constants = saved;
}

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs *input = logical_proofs_as(plan, mode, node->inputs[0]);
    proofs_pass_on(plan, proofs, input);
    const int *keys = node->aggregate.keys;
    int count = node->aggregate.key_count;
    proofs->is_append_only = mode == PLAN_ONE_SHOT || node->aggregate.emit_on_close ||
                             (node->aggregate.call_count == 0 && count > 0 && input->is_append_only);
    proofs->is_stream = input->is_stream && count > 0;
    proofs_keep_columns(plan, &proofs->not_null, keys, count);
    proofs_keep_watermarks(plan, proofs, keys, count);
    proofs_keep_columns(plan, &proofs->constants, keys, count);
    prove_keys(plan, input, keys, count, proofs);
    for (int i = 0; i < node->aggregate.call_count; i++)
        if (node->aggregate.calls[i].aggregate->is_count)
            set_add(plan->arena, &proofs->not_null, node->columns[count + i]);
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    const LogicalNode *input = node->inputs[0];
    const int *keys = node->aggregate.keys;
    int count = node->aggregate.key_count;
    double rows = count == 0 ? 1 : cardinality_of_groups(plan, input, keys, count);
    estimates_of_rows(plan, node, rows, estimates);
    for (int i = 0; i < count; i++) {
        double among_input = estimates_distinct(input, logical_estimates(plan, input), keys[i]);
        estimates->distinct[i] = count == 1 || among_input > rows ? rows : among_input;
    }
}

static LogicalNode *narrow(Planning *plan, LogicalNode *node, const ColumnSet *wanted) {
    int kept = 0, keys = node->aggregate.key_count;
    int *results = ARENA_ARRAY(plan->arena, int, node->aggregate.call_count + 1);
    for (int i = 0; i < node->aggregate.call_count; i++)
        if (set_has(wanted, node->columns[keys + i])) {
            results[kept] = node->columns[keys + i];
            node->aggregate.calls[kept++] = node->aggregate.calls[i];
        }
    /* A global aggregate without results is still one row. */
    if (kept == 0 && keys == 0 && node->aggregate.call_count > 0) {
        results[0] = node->columns[0];
        kept = 1;
    }
    node->aggregate.call_count = node->own_count = node->column_count = kept;
    node->columns = results;
    ColumnSet needed = {0};
    node_add_reads(plan, node, &needed);
    node->inputs[0] = node_narrow_exactly(plan, node->inputs[0], &needed);
    logical_refresh(plan, node);
    return node;
}

static AggregateSpec *make_calls(Physical *physical, const LogicalNode *node, const PhysicalNode *input) {
    AggregateSpec *calls = ARENA_ARRAY(physical->arena, AggregateSpec, node->aggregate.call_count + 1);
    for (int i = 0; i < node->aggregate.call_count; i++) {
        const AggregateSpec *call = &node->aggregate.calls[i];
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

/* The key whose watermark says that a group is complete: a window's end or start. A plain time column
   doesn't: late rows still come. */
static int find_expiry(const Physical *physical, LogicalNode *node) {
    if (physical->plan->mode == PLAN_ONE_SHOT && !node->aggregate.emit_on_close)
        return -1;
    const Proofs *input = logical_proofs(physical->plan, node->inputs[0]);
    int found = -1; /* the end, which stands behind the start, is passed first */
    for (int i = 0; i < node->aggregate.key_count; i++)
        if (set_has(&input->window_bounds, node->aggregate.keys[i]))
            found = i;
    return found;
}

/* Whether partial results can be put together: of linear aggregates always, of the others over append-only
   input. */
static bool can_split(const LogicalNode *node, const Proofs *input) {
    for (int i = 0; i < node->aggregate.call_count; i++) {
        const AggregateSpec *call = &node->aggregate.calls[i];
        if (call->is_distinct || call->aggregate->kind == AGGREGATE_VALUES ||
            (call->aggregate->kind != AGGREGATE_FOLD && !input->is_append_only &&
                !MUTANT("two-phase-max-over-updates")))
            return false;
    }
    return true;
}

static CostRows size_of(const Physical *physical, LogicalNode *node) {
    CostRows size = {.rows = logical_rows(physical->plan, node)};
    for (int i = 0; i < node->column_count; i++)
        size.width += cardinality_width(physical->plan, node, node->columns[i]);
    return size;
}

/* Two phases where the first folds rows before they are sent. */
static bool prefers_two_phases(const Physical *physical, LogicalNode *node) {
    CostRows input = size_of(physical, node->inputs[0]),
             groups = {logical_rows(physical->plan, node), input.width};
    return physical->plan->mode == PLAN_CONTINUOUS && node->aggregate.call_count > 0 &&
           (node->aggregate.key_count == 0 ||
               cost_prefers_two_phases(PLAN_CONTINUOUS, input, groups, groups, 1));
}

/* Two phases where the first folds rows before they are copied into windows. */
static bool prefers_slices(Physical *physical, LogicalNode *node, Slices *slices) {
    if (!slices_find(physical, node, slices))
        return false;
    CostRows input = size_of(physical, slices->input),
             groups = {logical_rows(physical->plan, node), input.width}, partial = groups;
    /* Ends go with starts. */
    int keys[slices->key_count], count = 0;
    for (int i = 0; i < slices->key_count; i++)
        if (slices->keys[i] != slices->end)
            keys[count++] = slices->keys[i];
    partial.rows = cardinality_of_groups(physical->plan, slices->input, keys, count);
    return cost_prefers_two_phases(physical->plan->mode, input, partial, groups, slices->copies);
}

/* Keys, the count of rows, and each call's cells. The cells are columns of the plan only for what lies
   between the phases. */
static LogicalNode *make_partial(
    Physical *physical, const LogicalNode *node, LogicalNode *below, int *keys, int key_count) {
    Planning *plan = physical->plan;
    LogicalNode *partial = logical_create(plan, &aggregate_node, 1, &below);
    partial->aggregate.keys = keys;
    partial->aggregate.key_count = key_count;
    for (int i = 0; i < key_count; i++)
        ARENA_APPEND(physical->arena, partial->columns, partial->column_count, keys[i]);
    ARENA_APPEND(physical->arena, partial->columns, partial->column_count,
        plan_column_add(plan, "rows", type_of(TYPE_INT8)));
    for (int i = 0; i < node->aggregate.call_count; i++) {
        const AggregateSpec *call = &node->aggregate.calls[i];
        Type arguments[8], cells[AGGREGATE_CELLS_MAX];
        for (int a = 0; a < call->argument_count && a < 8; a++)
            arguments[a] = plan->columns[call->arguments[a]].type;
        int cell_count = aggregate_cell_types(call->aggregate, arguments, cells);
        for (int c = 0; c < cell_count; c++)
            ARENA_APPEND(physical->arena, partial->columns, partial->column_count,
                plan_column_add(plan, aggregate_function(call->aggregate)->name, cells[c]));
    }
    Proofs *proofs = ARENA_NEW(physical->arena, Proofs);
    *proofs = *logical_proofs(plan, partial);
    proofs->is_append_only = logical_proofs(plan, below)->is_append_only;
    proofs->key_count = 0;
    partial->proofs[plan->mode] = proofs;
    return partial;
}

static void build_partial(Physical *physical, LogicalNode *node, LogicalNode *partial, PhysicalNode *input) {
    PhysicalNode below = *input;
    int count = partial->aggregate.key_count;
    physical_create(physical, partial, &aggregate_operator, 1, &below, input);
    AggregateParameters *parameters = input->spec->parameters;
    *parameters = (AggregateParameters){.phase = AGGREGATE_PARTIAL,
        .key_count = count,
        .keys = physical_positions(physical, &below, partial->aggregate.keys, count),
        .shard_key_count = count,
        .aggregate_count = node->aggregate.call_count,
        .aggregates = make_calls(physical, node, &below),
        .is_input_updating = below.spec->is_updating,
        .expiry_key = -1};
    input->spec->cost_estimate += cost_of_aggregate(physical_size(&below), physical_size(input));
}

/* The second phase's calls read cells; EXPLAIN names them by the first. */
static void read_cells(Physical *physical, const LogicalNode *node, AggregateSpec *calls) {
    int position = node->aggregate.key_count + 1;
    for (int i = 0; i < node->aggregate.call_count; i++) {
        const AggregateSpec *call = &node->aggregate.calls[i];
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
    if (node->aggregate.key_count > 0 && parameters->expiry_key < 0 &&
        logical_proofs(physical->plan, node->inputs[0])->is_stream)
        physical_note_unbounded(physical, node->aggregate.call_count == 0 ? "Distinct" : "Aggregate",
            "Grouping by the window_end of a window function over a column with a watermark bounds it.");
}

/* Groups can lie by some of their keys where nothing but the groups is kept. */
static bool can_lie_by_some(Physical *physical, const LogicalNode *node) {
    for (int i = 0; i < node->aggregate.key_count; i++)
        if (type_has_images(physical->plan->columns[node->aggregate.keys[i]].type))
            return false;
    for (int i = 0; i < node->aggregate.call_count; i++)
        if (node->aggregate.calls[i].order_count > 0)
            return false;
    return physical->plan->mode == PLAN_CONTINUOUS &&
           can_split(node, logical_proofs(physical->plan, node->inputs[0]));
}

/* The aggregate with the given keys first; NULL when not all are its keys. */
static LogicalNode *lead_with(Physical *physical, LogicalNode *node, const int *wanted, int wanted_count) {
    int count = node->aggregate.key_count, at = 0;
    int *keys = ARENA_ARRAY(physical->arena, int, count + wanted_count + 1);
    ColumnSet all = {0}, leading = {0};
    for (int i = 0; i < count; i++)
        set_add(physical->arena, &all, node->aggregate.keys[i]);
    for (int i = 0; i < wanted_count; i++) {
        if (!set_has(&all, wanted[i]) || set_has(&leading, wanted[i]))
            return NULL;
        set_add(physical->arena, &leading, wanted[i]);
        keys[at++] = wanted[i];
    }
    for (int i = 0; i < count; i++)
        if (!set_has(&leading, node->aggregate.keys[i]))
            keys[at++] = node->aggregate.keys[i];
    LogicalNode *copy = ARENA_NEW(physical->arena, LogicalNode);
    *copy = *node;
    copy->aggregate.keys = keys;
    copy->columns = ARENA_ARRAY(physical->arena, int, node->column_count + 1);
    memcpy(copy->columns, node->columns, sizeof *copy->columns * (size_t)node->column_count);
    memcpy(copy->columns, keys, sizeof *keys * (size_t)count);
    return copy;
}

/* Whether the keys have values enough to spread the work; of windows only a few are open at a time. */
static bool spreads_work(Physical *physical, LogicalNode *input, const int *keys, int count) {
    enum { GROUPS_MIN = 1000 };
    const Proofs *proofs = logical_proofs(physical->plan, input);
    int spreading[count + 1], found = 0;
    for (int i = 0; i < count; i++)
        if (!set_has(&proofs->window_bounds, keys[i]))
            spreading[found++] = keys[i];
    return found > 0 && cardinality_of_groups(physical->plan, input, spreading, found) >= GROUPS_MIN;
}

/* Puts those keys first by which the input lies already, or by which the groups will be joined: then the
   groups lie by these. */
static void lie_by_some(Physical *physical, LogicalNode **node, const Distribution *there, const int *wanted,
    int wanted_count, int *shard_count) {
    LogicalNode *led = NULL;
    int count = there->count;
    if (there->kind == DISTRIBUTION_HASH && count > 0) {
        led = lead_with(physical, *node, there->columns, count);
        for (int i = 0; i < there->same_count && led == NULL; i++)
            led = lead_with(physical, *node, there->same[i], count);
    }
    if (led == NULL && spreads_work(physical, (*node)->inputs[0], wanted, wanted_count)) {
        led = lead_with(physical, *node, wanted, wanted_count);
        count = wanted_count;
    }
    if (led == NULL)
        return;
    *node = led;
    *shard_count = count;
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    Slices slices;
    const LogicalNode *given = node;
    const int *wanted = physical->wanted;
    int wanted_count = physical->wanted_count;
    physical->wanted_count = 0;
    bool is_splittable = can_split(node, logical_proofs(physical->plan, node->inputs[0]));
    bool is_sliced = is_splittable && prefers_slices(physical, node, &slices);
    LogicalNode *below = is_sliced ? slices.input : node->inputs[0];
    TRY(physical_build(physical, below, &input));
    int count = node->aggregate.key_count;
    bool is_there = count == 0 ? input.distribution.kind == DISTRIBUTION_SINGLE
                               : distribution_is_hash(&input.distribution, node->aggregate.keys, count);
    int shard_count = count;
    if (!is_there && !is_sliced && can_lie_by_some(physical, node)) {
        lie_by_some(physical, &node, &input.distribution, wanted, wanted_count, &shard_count);
        is_there = distribution_is_hash(&input.distribution, node->aggregate.keys, shard_count);
    }
    int *keys = node->aggregate.keys;
    bool is_updating = input.spec->is_updating;
    AggregateSpec *calls = make_calls(physical, node, &input);
    bool is_split = is_sliced || (!is_there && is_splittable && prefers_two_phases(physical, node));
    if (is_split) {
        LogicalNode *partial = make_partial(
            physical, node, below, is_sliced ? slices.keys : keys, is_sliced ? slices.key_count : count);
        build_partial(physical, node, partial, &input);
        if (is_sliced)
            slices_expand(physical, node, partial, &slices, &input);
        read_cells(physical, node, calls);
    }
    if (!is_there && count == 0)
        physical_single(physical, &input);
    else if (!is_there)
        physical_hash(physical, &input, keys, shard_count);
    physical_create(physical, node, &aggregate_operator, 1, &input, out);
    AggregateParameters *parameters = out->spec->parameters;
    *parameters = (AggregateParameters){.phase = is_split ? AGGREGATE_FINAL : AGGREGATE_COMPLETE,
        .key_count = count,
        .keys = physical_positions(physical, &input, keys, count),
        .shard_key_count = shard_count,
        .aggregate_count = node->aggregate.call_count,
        .aggregates = calls,
        .is_input_updating = is_updating,
        .expiry_key = find_expiry(physical, node),
        .emit_on_close = node->aggregate.emit_on_close};
    out->spec->cost_estimate += cost_of_aggregate(physical_size(&input), physical_size(out));
    note_state(physical, node, parameters);
    if (memcmp(node->columns, given->columns, sizeof *node->columns * (size_t)count) == 0)
        return OK;
    /* What stands above relies on the order of the columns. */
    PhysicalNode led = *out;
    physical_project_over(
        physical, logical_pick(physical->plan, node, given->columns, given->column_count), &led, out);
    return OK;
}

static const LogicalField fields[] = {
    NODE_LIST(COLUMNS, aggregate.keys, aggregate.key_count),
    NODE_LIST(AGGREGATES, aggregate.calls, aggregate.call_count),
    {NODE_END},
};

const LogicalType aggregate_node = {
    .fields = fields,
    .partition = NODE_LIST(COLUMNS, aggregate.keys, aggregate.key_count),
    .output = output,
    .prove = prove,
    .estimate = estimate,
    .narrow = narrow,
    .push = node_push_by_partition,
    .build = build,
    .passes_wanted = true,
};
