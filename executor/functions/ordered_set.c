/* Ordered-set aggregates: the value at a place of a group's order. The first argument is the value that WITHIN GROUP orders by, the fraction
   follows it. */
#include <math.h>

#include "executor/functions/datetime_math.h"
#include "executor/functions/fold.h"

/* The most frequent value, the first of equally frequent ones. */
static void mode(AggregateContext *context, AggregateValues *values, const Column *const *arguments, Column *result, int row) {
    const void *element;
    int64_t count, best = 0;
    while (values->next(values, &element, &count))
        if (count > best) {
            best = count;
            column_set_datum(result, row, element);
        }
    if (best == 0)
        column_set_null(result, row);
}

static void first(AggregateContext *context, AggregateValues *values, const Column *const *arguments, Column *result, int row) {
    const void *element;
    int64_t count;
    if (values->next(values, &element, &count))
        column_set_datum(result, row, element);
    else
        column_set_null(result, row);
}

static void last(AggregateContext *context, AggregateValues *values, const Column *const *arguments, Column *result, int row) {
    const void *element;
    int64_t count;
    bool has_value = false;
    for (; values->next(values, &element, &count); has_value = true)
        column_set_datum(result, row, element);
    if (!has_value)
        column_set_null(result, row);
}

typedef struct Ranked {
    Datum datum;
    int64_t end; /* values up to and with this one */
} Ranked;

/* All values with their ranks, in the arena. */
static Ranked *rank_values(AggregateContext *context, AggregateValues *values, int *count) {
    Ranked *ranked = NULL;
    const void *element;
    int64_t copies, total = 0;
    *count = 0;
    while (values->next(values, &element, &copies)) {
        Ranked next = {.end = total += copies};
        memcpy(&next.datum, element, layout_width(type_layout(context->argument_types[0])));
        ARENA_APPEND(context->scratch, ranked, *count, next);
    }
    return ranked;
}

/* The value at a rank from 0. */
static const Datum *at_rank(const Ranked *ranked, int64_t rank) {
    while (ranked->end <= rank)
        ranked++;
    return &ranked->datum;
}

/* The fraction in [0, 1]; false when the result is set already: NULL for a NULL fraction or no values, or an error. */
static bool read_fraction(AggregateContext *context, const Column *fraction, int count, Column *result, int row, double *out) {
    if (count == 0 || column_is_null(fraction, 0)) {
        column_set_null(result, row);
        return false;
    }
    *out = KERNEL_AT(double, fraction, 0);
    if (*out >= 0 && *out <= 1)
        return true;
    row_errors_add(context->errors, row, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "percentile value %g is not between 0 and 1", *out);
    return false;
}

static void percentile_disc(AggregateContext *context, AggregateValues *values, const Column *const *arguments, Column *result, int row) {
    int count;
    double fraction;
    Ranked *ranked = rank_values(context, values, &count);
    if (!read_fraction(context, arguments[1], count, result, row, &fraction))
        return;
    int64_t place = (int64_t)ceil(fraction * (double)ranked[count - 1].end);
    column_set_datum(result, row, at_rank(ranked, place == 0 ? 0 : place - 1));
}

/* Between the two values around the place, when it lies between two. */
static void percentile_cont(AggregateContext *context, AggregateValues *values, const Column *const *arguments, Column *result, int row) {
    int count;
    double fraction;
    Ranked *ranked = rank_values(context, values, &count);
    if (!read_fraction(context, arguments[1], count, result, row, &fraction))
        return;
    double place = fraction * (double)(ranked[count - 1].end - 1), share = place - floor(place);
    const Datum *low = at_rank(ranked, (int64_t)floor(place)), *high = at_rank(ranked, (int64_t)ceil(place));
    if (context->argument_types[0].id == TYPE_FLOAT8) {
        ((double *)result->values)[row] = share == 0 ? low->float8 : low->float8 + share * (high->float8 - low->float8);
        return;
    }
    Interval difference, part, *out = &((Interval *)result->values)[row];
    bool is_good = interval_subtract(&high->interval, &low->interval, &difference) && interval_multiply(&difference, share, &part) &&
                   interval_add(&low->interval, &part, out);
    if (!is_good)
        row_errors_add(context->errors, row, STATUS_DATETIME_FIELD_OVERFLOW, "interval out of range");
}

#define VALUES(signature, function) \
    { signature, AGGREGATE_VALUES, "", NULL, NULL, NULL, function }

const Aggregate ordered_set_aggregates[] = {
    VALUES("mode(anyelement) -> anyelement", mode),
    VALUES("first(anyelement) -> anyelement", first),
    VALUES("last(anyelement) -> anyelement", last),
    VALUES("percentile_disc(anyelement, float8) -> anyelement", percentile_disc),
    VALUES("percentile_cont(float8, float8) -> float8", percentile_cont),
    VALUES("percentile_cont(interval, float8) -> interval", percentile_cont),
    {0},
};
