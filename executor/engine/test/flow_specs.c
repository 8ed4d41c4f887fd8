/* FlowSpecs: operator trees by hand, as the planner would make them. */
#include "executor/engine/test/flow_specs.h"

#include <stdlib.h>
#include <string.h>

#include "executor/operators/aggregate/aggregate.h"
#include "executor/operators/exchange.h"
#include "executor/operators/filter.h"
#include "executor/operators/join/join.h"
#include "executor/operators/materialize.h"
#include "executor/operators/leaf/scan.h"
#include "executor/operators/leaf/table.h"
#include "executor/operators/sort/top_n.h"
#include "executor/operators/window/window.h"
#include "executor/operators/leaf/stream_source.h"

#define SECOND 1000000LL

static void set_output(Arena *arena, OperatorSpec *spec, int count, const TypeId *types) {
    spec->output =
        (Schema){count, ARENA_ARRAY(arena, const char *, count + 1), ARENA_ARRAY(arena, Type, count + 1)};
    spec->has_watermark = ARENA_ARRAY(arena, bool, count + 1);
    spec->key_count = -1;
    spec->is_updating = true;
    for (int i = 0; i < count; i++) {
        spec->output.names[i] = arena_printf(arena, "c%d", i);
        spec->output.types[i] = type_of(types[i]);
    }
}

static const TypeId three_int8[] = {TYPE_INT8, TYPE_INT8, TYPE_INT8, TYPE_INT8, TYPE_INT8, TYPE_INT8};

static int *columns_of(Arena *arena, int count, const int *columns) {
    int *copy = ARENA_ARRAY(arena, int, count + 1);
    memcpy(copy, columns, sizeof(int) * (size_t)count);
    return copy;
}
#define COLUMNS(...) \
    columns_of(arena, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (int[]){__VA_ARGS__})

static OperatorSpec *scan_of(Arena *arena, uint32_t object_id, int count, const TypeId *types) {
    OperatorSpec *spec = spec_create(arena, &scan_operator, 0);
    ScanParameters *parameters = spec->parameters;
    *parameters = (ScanParameters){.name = "input",
        .object_id = (int)object_id,
        .is_source = object_id == SOURCE_S,
        .column_count = count};
    parameters->columns = ARENA_ARRAY(arena, int, count + 1);
    for (int i = 0; i < count; i++)
        parameters->columns[i] = i;
    set_output(arena, spec, count, types);
    return spec;
}

static OperatorSpec *over(Arena *arena, const OperatorType *type, OperatorSpec *input) {
    OperatorSpec *spec = spec_create(arena, type, 1);
    spec->inputs[0] = input;
    spec->output = input->output;
    spec->has_watermark = input->has_watermark;
    spec->is_updating = input->is_updating;
    spec->key_count = -1;
    return spec;
}

static OperatorSpec *exchange(Arena *arena, OperatorSpec *input, int count, int *keys) {
    OperatorSpec *spec = over(arena, &exchange_operator, input);
    *(ExchangeParameters *)spec->parameters =
        (ExchangeParameters){.mode = EXCHANGE_HASH, .key_count = count, .keys = keys};
    return spec;
}

static OperatorSpec *store(Arena *arena, OperatorSpec *input, uint32_t id, int count, int *keys) {
    OperatorSpec *spec = over(arena, &materialize_operator, exchange(arena, input, count, keys));
    ((MaterializeParameters *)spec->parameters)->object_id = (int)id;
    spec->key_count = count;
    spec->key = keys;
    spec_number(spec);
    return spec;
}

static OperatorSpec *materialize(Arena *arena, OperatorSpec *input, BedView view, int count, int *keys) {
    return store(arena, input, bed_view_id(view), count, keys);
}

static OperatorSpec *scan_table(Arena *arena, uint32_t id) {
    return scan_of(arena, id, 3, three_int8);
}

static OperatorSpec *filter_v(Arena *arena, OperatorSpec *input) {
    OperatorSpec *spec = over(arena, &filter_operator, input);
    Value two = {.type = type_of(TYPE_INT8), .datum.int8 = 2};
    Expression *arguments[2] = {
        expression_column(arena, 1, type_of(TYPE_INT8)), expression_constant(arena, &two)};
    arguments[0]->column = 2;
    ((FilterParameters *)spec->parameters)->predicate = expression_call(
        arena, function_by_signature(">(int8, int8) -> bool"), type_of(TYPE_BOOL), 2, arguments);
    return spec;
}

static OperatorSpec *aggregate(Arena *arena, OperatorSpec *input, int key_count, int *keys, int value,
    const TypeId *types, int type_count) {
    OperatorSpec *spec = over(arena, &aggregate_operator, input);
    AggregateParameters *parameters = spec->parameters;
    AggregateSpec *calls = ARENA_ARRAY(arena, AggregateSpec, 2);
    calls[0] = (AggregateSpec){.aggregate = aggregate_by_signature("count() -> int8"),
        .filter = -1,
        .result_type = type_of(TYPE_INT8)};
    calls[1] = (AggregateSpec){.aggregate = aggregate_by_signature("sum(int8) -> numeric"),
        .argument_count = 1,
        .arguments = COLUMNS(value),
        .filter = -1,
        .result_type = type_of(TYPE_NUMERIC)};
    *parameters = (AggregateParameters){.phase = AGGREGATE_COMPLETE,
        .key_count = key_count,
        .keys = keys,
        .aggregate_count = 2,
        .aggregates = calls,
        .is_input_updating = true,
        .expiry_key = -1};
    set_output(arena, spec, type_count, types);
    return spec;
}

static OperatorSpec *join(Arena *arena, JoinType type, OperatorSpec *left, OperatorSpec *right, int right_key,
    const TypeId *types, int count) {
    OperatorSpec *spec = spec_create(arena, &join_operator, 2);
    spec->inputs[0] = exchange(arena, left, 1, COLUMNS(1));
    spec->inputs[1] = exchange(arena, right, 1, COLUMNS(right_key));
    *(JoinParameters *)spec->parameters = (JoinParameters){.type = (int)type,
        .key_count = 1,
        .left_keys = COLUMNS(1),
        .right_key_count = 1,
        .right_keys = COLUMNS(right_key),
        .left_expiry_column = -1,
        .left_expiry_watermark = -1,
        .right_expiry_column = -1,
        .right_expiry_watermark = -1};
    set_output(arena, spec, count, types);
    return spec;
}

static const TypeId sum_types[] = {TYPE_INT8, TYPE_INT8, TYPE_NUMERIC};
static const TypeId left_types[] = {TYPE_INT8, TYPE_INT8, TYPE_INT8, TYPE_INT8, TYPE_INT8, TYPE_NUMERIC};
static const TypeId source_types[] = {TYPE_INT8, TYPE_INT8, TYPE_TIMESTAMP, TYPE_INT8};
static const TypeId tumble_types[] = {TYPE_INT8, TYPE_TIMESTAMP, TYPE_INT8, TYPE_NUMERIC};
static const TypeId window_types[] = {
    TYPE_INT8, TYPE_INT8, TYPE_TIMESTAMP, TYPE_INT8, TYPE_TIMESTAMP, TYPE_TIMESTAMP};

static OperatorSpec *scan_source(Arena *arena) {
    OperatorSpec *spec = scan_of(arena, SOURCE_S, 4, source_types);
    spec->has_watermark[2] = true;
    spec->is_updating = false;
    return spec;
}

static OperatorSpec *top_spec(Arena *arena) {
    OperatorSpec *spec =
        over(arena, &top_n_operator, exchange(arena, scan_table(arena, TABLE_T), 1, COLUMNS(1)));
    SortKey *keys = ARENA_ARRAY(arena, SortKey, 2);
    keys[0] = (SortKey){.column = 2, .is_descending = true};
    keys[1] = (SortKey){.column = 0};
    *(TopNParameters *)spec->parameters = (TopNParameters){
        .partition_count = 1, .partition = COLUMNS(1), .key_count = 2, .keys = keys, .limit = 2};
    return spec;
}

static OperatorSpec *tumble_spec(Arena *arena, bool is_final) {
    OperatorSpec *window = over(arena, &window_operator, scan_source(arena));
    *(WindowParameters *)window->parameters = (WindowParameters){.kind = WINDOW_TUMBLE,
        .time_column = 2,
        .size = 10 * SECOND,
        .slide = 10 * SECOND,
        .arrival_column = 3};
    set_output(arena, window, 6, window_types);
    window->has_watermark[4] = window->has_watermark[5] = true;
    window->is_updating = false;
    OperatorSpec *spec =
        aggregate(arena, exchange(arena, window, 2, COLUMNS(0, 4)), 2, COLUMNS(0, 4), 1, tumble_types, 4);
    ((AggregateParameters *)spec->parameters)->expiry_key = 1;
    ((AggregateParameters *)spec->parameters)->emit_on_close = is_final;
    spec->has_watermark[1] = true;
    return spec;
}

OperatorSpec *flow_view_spec(Arena *arena, BedView view) {
    switch (view) {
    case VIEW_SUM:
        return materialize(arena,
            aggregate(arena, exchange(arena, filter_v(arena, scan_table(arena, TABLE_T)), 1, COLUMNS(1)), 1,
                COLUMNS(1), 2, sum_types, 3),
            view, 1, COLUMNS(0));
    case VIEW_SELF:
        return materialize(arena,
            join(arena, JOIN_INNER, scan_table(arena, TABLE_T), scan_table(arena, TABLE_T), 1, three_int8, 6),
            view, 2, COLUMNS(0, 3));
    case VIEW_LEFT:
        return materialize(arena,
            join(arena, JOIN_LEFT, scan_table(arena, TABLE_T),
                scan_of(arena, bed_view_id(VIEW_SUM), 3, sum_types), 0, left_types, 6),
            view, 1, COLUMNS(0));
    case VIEW_TOP:
        return materialize(arena, top_spec(arena), view, 1, COLUMNS(0));
    case VIEW_INNER:
        return materialize(arena,
            join(arena, JOIN_INNER, scan_table(arena, TABLE_T), scan_table(arena, TABLE_U), 1, three_int8, 6),
            view, 2, COLUMNS(0, 3));
    case VIEW_TUMBLE:
    case VIEW_FINAL:
        return materialize(arena, tumble_spec(arena, view == VIEW_FINAL), view, 2, COLUMNS(0, 1));
    case VIEW_COUNT:
        return materialize(arena,
            aggregate(
                arena, exchange(arena, scan_source(arena), 1, COLUMNS(0)), 1, COLUMNS(0), 1, sum_types, 3),
            view, 1, COLUMNS(0));
    }
    abort();
}

OperatorSpec *flow_table_spec(Arena *arena, uint32_t id) {
    OperatorSpec *spec = spec_create(arena, &table_operator, 0);
    ((TableParameters *)spec->parameters)->object_id = (int)id;
    set_output(arena, spec, 3, three_int8);
    spec->key_count = 1;
    spec->key = COLUMNS(0);
    spec_number(spec);
    return spec;
}

/* The reader's columns as they are. */
static OperatorSpec *stream_of(Arena *arena, uint32_t id, int count) {
    OperatorSpec *spec = spec_create(arena, &stream_source_operator, 0);
    StreamSourceParameters *parameters = spec->parameters;
    set_output(arena, spec, count, source_types);
    *parameters = (StreamSourceParameters){.object_id = (int)id,
        .physical = {3, spec->output.names, spec->output.types},
        .expression_count = 3,
        .watermark_column = -1};
    parameters->expressions = ARENA_ARRAY(arena, Expression *, 3);
    for (int i = 0; i < 3; i++)
        parameters->expressions[i] = expression_column(arena, i, spec->output.types[i]);
    spec->is_updating = false;
    return spec;
}

OperatorSpec *flow_stored_spec(Arena *arena) {
    OperatorSpec *spec = store(arena, stream_of(arena, STORED_S, 3), STORED_S, 1, COLUMNS(0));
    ((MaterializeParameters *)spec->parameters)->is_upsert = true;
    return spec;
}

OperatorSpec *flow_source_spec(Arena *arena) {
    OperatorSpec *spec = stream_of(arena, SOURCE_S, 4);
    StreamSourceParameters *parameters = spec->parameters;
    Value delay = {.type = type_of(TYPE_INTERVAL), .datum.interval = {.microseconds = 5 * SECOND}};
    Expression *arguments[2] = {
        expression_column(arena, 2, type_of(TYPE_TIMESTAMP)), expression_constant(arena, &delay)};
    const Function *minus = function_by_signature("-(timestamp, interval) -> timestamp");
    if (minus == NULL)
        abort();
    parameters->watermark = expression_call(arena, minus, type_of(TYPE_TIMESTAMP), 2, arguments);
    parameters->watermark_column = 2;
    spec->has_watermark[2] = true;
    spec_number(spec);
    return spec;
}
