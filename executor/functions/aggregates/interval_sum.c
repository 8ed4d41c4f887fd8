/* sum and avg of interval: its three fields are summed apart, in cells wide enough never to be checked while
   adding. */
#include "executor/functions/time/datetime_math.h"
#include "executor/functions/aggregates/fold.h"

/* Cells: count, months, days, microseconds. */
static void update(AggregateContext *context, int count, char *const *states, const Column *const *arguments,
    const int64_t *diffs) {
    for (int i = 0; i < count; i++) {
        if (column_is_null(arguments[0], i))
            continue;
        const Interval *interval = &KERNEL_AT(Interval, arguments[0], i);
        int64_t diff = fold_diff(diffs, i), *cells = cell_int8(states[i], 0);
        cells[0] += diff;
        cells[1] += diff * interval->months;
        cells[2] += diff * interval->days;
        cells[3] = (int64_t)((uint64_t)cells[3] + (uint64_t)diff * (uint64_t)interval->microseconds);
    }
}

static void merge(AggregateContext *context, int count, char *const *into, const char *const *from) {
    for (int i = 0; i < count; i++) {
        int64_t *cells = cell_int8(into[i], 0);
        const int64_t *others = (const int64_t *)(const void *)from[i];
        for (int c = 0; c < 4; c++)
            cells[c] = (int64_t)((uint64_t)cells[c] + (uint64_t)others[c]);
    }
}

static void emit(AggregateContext *context, int count, char *const *states, Column *result, bool is_average) {
    for (int i = 0; i < count; i++) {
        const int64_t *cells = cell_int8(states[i], 0);
        if (cells[0] == 0) {
            column_set_null(result, i);
            continue;
        }
        Interval sum = {.months = (int32_t)cells[1], .days = (int32_t)cells[2], .microseconds = cells[3]},
                 *out = &((Interval *)result->values)[i];
        bool is_good = sum.months == cells[1] && sum.days == cells[2];
        *out = sum;
        if (is_good && is_average)
            is_good = interval_divide(&sum, (double)cells[0], out);
        if (!is_good)
            row_errors_add(context->errors, i, STATUS_DATETIME_FIELD_OVERFLOW, "interval out of range");
    }
}

static void sum(AggregateContext *context, int count, char *const *states, Column *result) {
    emit(context, count, states, result, false);
}

static void average(AggregateContext *context, int count, char *const *states, Column *result) {
    emit(context, count, states, result, true);
}

const Aggregate interval_sum_aggregates[] = {
    {"sum(interval) -> interval", AGGREGATE_FOLD, "int8 int8 int8 int8", update, merge, sum},
    {"avg(interval) -> interval", AGGREGATE_FOLD, "int8 int8 int8 int8", update, merge, average},
    {0},
};
