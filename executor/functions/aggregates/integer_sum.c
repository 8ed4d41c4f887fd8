/* sum and avg of integers, exactly. */
#include "executor/functions/aggregates/fold.h"

/* int2 and int4. Cells: count of values, sum in an int8 (which wraps no sooner than PostgreSQL's). */
#define NARROW_UPDATE(name, T)                                                  \
    static void name(AggregateContext *context, int count, char *const *states, \
        const Column *const *arguments, const int64_t *diffs) {                 \
        for (int i = 0; i < count; i++) {                                       \
            if (column_is_null(arguments[0], i))                                \
                continue;                                                       \
            int64_t diff = fold_diff(diffs, i);                                 \
            *cell_int8(states[i], 0) += diff;                                   \
            *cell_int8(states[i], 8) += diff * KERNEL_AT(T, arguments[0], i);   \
        }                                                                       \
    }
NARROW_UPDATE(int2_update, int16_t)
NARROW_UPDATE(int4_update, int32_t)

static void narrow_merge(AggregateContext *context, int count, char *const *into, const char *const *from) {
    for (int i = 0; i < count; i++) {
        *cell_int8(into[i], 0) += *(const int64_t *)(const void *)from[i];
        *cell_int8(into[i], 8) += *(const int64_t *)(const void *)(from[i] + 8);
    }
}

static void narrow_sum(AggregateContext *context, int count, char *const *states, Column *result) {
    for (int i = 0; i < count; i++) {
        if (*cell_int8(states[i], 0) == 0)
            column_set_null(result, i);
        else
            ((int64_t *)result->values)[i] = *cell_int8(states[i], 8);
    }
}

static void emit_average(
    AggregateContext *context, Column *result, int row, const Numeric *sum, int64_t count) {
    if (count == 0) {
        column_set_null(result, row);
        return;
    }
    Error error = {0};
    Numeric divisor = numeric_from_int8(count), average;
    Status status = numeric_divide(sum, &divisor, context->scratch, &average, &error);
    fold_emit(context, result, row, status, &average, &error);
}

static void narrow_average(AggregateContext *context, int count, char *const *states, Column *result) {
    for (int i = 0; i < count; i++) {
        Numeric sum = numeric_from_int8(*cell_int8(states[i], 8));
        emit_average(context, result, i, &sum, *cell_int8(states[i], 0));
    }
}

/* int8. Cells: count of values, sum as numeric. */
static void int8_update(AggregateContext *context, int count, char *const *states,
    const Column *const *arguments, const int64_t *diffs) {
    for (int i = 0; i < count; i++) {
        if (column_is_null(arguments[0], i))
            continue;
        int64_t diff = fold_diff(diffs, i);
        *cell_int8(states[i], 0) += diff;
        Numeric *cell = cell_numeric(states[i], 8);
        __int128 product = (__int128)column_int8(arguments[0], i) * diff;
        if (__builtin_expect(numeric_tag(cell) == NUMERIC_SMALL && product >> 110 == product >> 126 &&
                                 numeric_make_small(numeric_small_mantissa(cell) + product, 0, cell),
                1))
            continue;
        Numeric value = numeric_from_int8(column_int8(arguments[0], i));
        cell_add_numeric(context, i, cell, &value, diff);
    }
}

static void int8_merge(AggregateContext *context, int count, char *const *into, const char *const *from) {
    for (int i = 0; i < count; i++) {
        *cell_int8(into[i], 0) += *(const int64_t *)(const void *)from[i];
        cell_add_numeric(
            context, i, cell_numeric(into[i], 8), (const Numeric *)(const void *)(from[i] + 8), 1);
    }
}

static void int8_sum(AggregateContext *context, int count, char *const *states, Column *result) {
    for (int i = 0; i < count; i++) {
        if (*cell_int8(states[i], 0) == 0)
            column_set_null(result, i);
        else
            column_set_datum(result, i, cell_numeric(states[i], 8));
    }
}

static void int8_average(AggregateContext *context, int count, char *const *states, Column *result) {
    for (int i = 0; i < count; i++)
        emit_average(context, result, i, cell_numeric(states[i], 8), *cell_int8(states[i], 0));
}

const Aggregate integer_sum_aggregates[] = {
    {"sum(int2) -> int8", AGGREGATE_FOLD, "int8 int8", int2_update, narrow_merge, narrow_sum},
    {"sum(int4) -> int8", AGGREGATE_FOLD, "int8 int8", int4_update, narrow_merge, narrow_sum},
    {"sum(int8) -> numeric", AGGREGATE_FOLD, "int8 numeric", int8_update, int8_merge, int8_sum},
    {"avg(int2) -> numeric", AGGREGATE_FOLD, "int8 int8", int2_update, narrow_merge, narrow_average},
    {"avg(int4) -> numeric", AGGREGATE_FOLD, "int8 int8", int4_update, narrow_merge, narrow_average},
    {"avg(int8) -> numeric", AGGREGATE_FOLD, "int8 numeric", int8_update, int8_merge, int8_average},
    {0},
};
