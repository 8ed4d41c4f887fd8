/* min and max of every ordered type. */
#include "executor/functions/aggregates/fold.h"
#include "executor/types/image.h"

/* Cells: whether there is a value, the value. */
enum { VALUE_CELL = 8 };

static void set(AggregateContext *context, Layout layout, char *state, const void *element) {
    *cell_int8(state, 0) = 1;
    if (layout == LAYOUT_VIEW)
        context->store(context->owner, layout, state + VALUE_CELL, element);
    else if (layout == LAYOUT_NUMERIC)
        cell_set_numeric(context, cell_numeric(state, VALUE_CELL), element);
    else
        memcpy(state + VALUE_CELL, element, layout_width(layout));
}

/* Of equal values the least image is shown, whichever came first. */
static void offer(AggregateContext *context, Type type, char *state, const void *element, int sign) {
    int order = *cell_int8(state, 0) == 0 ? 1 : datum_compare(type, element, state + VALUE_CELL) * sign;
    if (order > 0 || (order == 0 && image_compare(type_layout(type), element, state + VALUE_CELL) < 0))
        set(context, type_layout(type), state, element);
}

static void update(
    AggregateContext *context, int count, char *const *states, const Column *const *arguments, int sign) {
    for (int i = 0; i < count; i++)
        if (!column_is_null(arguments[0], i))
            offer(context, arguments[0]->type, states[i], column_at(arguments[0], i), sign);
}

/* The same without a call for each row, for the layouts that C orders. */
#define UPDATE_PLAIN(T, operation)                                                              \
    for (int i = 0; i < count; i++) {                                                           \
        if (column_is_null(arguments[0], i))                                                    \
            continue;                                                                           \
        T value = KERNEL_AT(T, arguments[0], i), *cell = (T *)(void *)(states[i] + VALUE_CELL); \
        if (*cell_int8(states[i], 0) == 0 || value operation * cell)                            \
            *cell = value;                                                                      \
        *cell_int8(states[i], 0) = 1;                                                           \
    }                                                                                           \
    break

static void min_update(AggregateContext *context, int count, char *const *states,
    const Column *const *arguments, const int64_t *diffs) {
    switch (arguments[0]->layout) {
    case LAYOUT_INT4:
        UPDATE_PLAIN(int32_t, <);
    case LAYOUT_INT8:
        UPDATE_PLAIN(int64_t, <);
    default:
        update(context, count, states, arguments, -1);
    }
}

static void max_update(AggregateContext *context, int count, char *const *states,
    const Column *const *arguments, const int64_t *diffs) {
    switch (arguments[0]->layout) {
    case LAYOUT_INT4:
        UPDATE_PLAIN(int32_t, >);
    case LAYOUT_INT8:
        UPDATE_PLAIN(int64_t, >);
    default:
        update(context, count, states, arguments, 1);
    }
}

static void merge(
    AggregateContext *context, int count, char *const *into, const char *const *from, int sign) {
    for (int i = 0; i < count; i++)
        if (*(const int64_t *)(const void *)from[i] != 0)
            offer(context, context->result_type, into[i], from[i] + VALUE_CELL, sign);
}

static void min_merge(AggregateContext *context, int count, char *const *into, const char *const *from) {
    merge(context, count, into, from, -1);
}

static void max_merge(AggregateContext *context, int count, char *const *into, const char *const *from) {
    merge(context, count, into, from, 1);
}

static void result(AggregateContext *context, int count, char *const *states, Column *out) {
    for (int i = 0; i < count; i++) {
        if (*cell_int8(states[i], 0) == 0)
            column_set_null(out, i);
        else
            column_set_datum(out, i, states[i] + VALUE_CELL);
    }
}

static void first_of_values(AggregateContext *context, AggregateValues *values,
    const Column *const *arguments, Column *out, int row) {
    const void *element;
    int64_t count;
    if (values->next(values, &element, &count))
        column_set_datum(out, row, element);
    else
        column_set_null(out, row);
}

static void last_of_values(AggregateContext *context, AggregateValues *values, const Column *const *arguments,
    Column *out, int row) {
    const void *element;
    int64_t count;
    bool has_value = false;
    for (; values->next(values, &element, &count); has_value = true)
        column_set_datum(out, row, element);
    if (!has_value)
        column_set_null(out, row);
}

#define EXTREMES(type)                                                                                      \
    {"min(" type ") -> " type, AGGREGATE_FIRST, "int8 $1", min_update, min_merge, result, first_of_values}, \
    {                                                                                                       \
        "max(" type ") -> " type, AGGREGATE_LAST, "int8 $1", max_update, max_merge, result, last_of_values  \
    }

const Aggregate extreme_aggregates[] = {
    EXTREMES("int2"),
    EXTREMES("int4"),
    EXTREMES("int8"),
    EXTREMES("float4"),
    EXTREMES("float8"),
    EXTREMES("numeric"),
    EXTREMES("text"),
    EXTREMES("bpchar"),
    EXTREMES("date"),
    EXTREMES("time"),
    EXTREMES("timestamp"),
    EXTREMES("timestamptz"),
    EXTREMES("interval"),
    EXTREMES("oid"),
    EXTREMES("anyarray"),
    EXTREMES("anyenum"),
    {0},
};
