/* Ordered-set aggregates: the value at a place of a group's order. The first argument is the value that
   WITHIN GROUP orders by, the fraction follows it. */
#include <math.h>

#include "executor/functions/time/datetime_math.h"
#include "executor/functions/aggregates/fold.h"
#include "executor/types/array.h"

/* The most frequent value, the first of equally frequent ones. */
static void mode(AggregateContext *context, AggregateValues *values, const Column *const *arguments,
    Column *result, int row) {
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

static void first(AggregateContext *context, AggregateValues *values, const Column *const *arguments,
    Column *result, int row) {
    const void *element;
    int64_t count;
    if (values->next(values, &element, &count) && element != NULL)
        column_set_datum(result, row, element);
    else
        column_set_null(result, row);
}

static void last(AggregateContext *context, AggregateValues *values, const Column *const *arguments,
    Column *result, int row) {
    const void *element;
    int64_t count;
    Datum found = {0};
    bool has_value = false;
    while (values->next(values, &element, &count)) {
        has_value = element != NULL;
        if (has_value)
            memcpy(&found, element, layout_width(type_layout(context->argument_types[0])));
    }
    if (has_value)
        column_set_datum(result, row, &found);
    else
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

typedef void (*Percentile)(
    AggregateContext *context, const Ranked *ranked, int count, double fraction, Column *result, int row);

static void at_fraction(
    AggregateContext *context, const Ranked *ranked, int count, double fraction, Column *result, int row) {
    int64_t place = (int64_t)ceil(fraction * (double)ranked[count - 1].end);
    column_set_datum(result, row, at_rank(ranked, place == 0 ? 0 : place - 1));
}

/* Between the two values around the place, when it lies between two. */
static void between_fraction(
    AggregateContext *context, const Ranked *ranked, int count, double fraction, Column *result, int row) {
    double place = fraction * (double)(ranked[count - 1].end - 1), share = place - floor(place);
    const Datum *low = at_rank(ranked, (int64_t)floor(place)), *high = at_rank(ranked, (int64_t)ceil(place));
    if (context->argument_types[0].id == TYPE_FLOAT8) {
        ((double *)result->values)[row] =
            share == 0 ? low->float8 : low->float8 + share * (high->float8 - low->float8);
        return;
    }
    Interval difference, part, *out = &((Interval *)result->values)[row];
    bool is_good = interval_subtract(&high->interval, &low->interval, &difference) &&
                   interval_multiply(&difference, share, &part) && interval_add(&low->interval, &part, out);
    if (!is_good)
        row_errors_add(context->errors, row, STATUS_DATETIME_FIELD_OVERFLOW, "interval out of range");
}

static bool check_fraction(AggregateContext *context, double fraction, int row) {
    bool is_good = fraction >= 0 && fraction <= 1;
    if (!is_good)
        row_errors_add(context->errors, row, STATUS_NUMERIC_VALUE_OUT_OF_RANGE,
            "percentile value %g is not between 0 and 1", fraction);
    return is_good;
}

/* One result a fraction, in the shape of their array. */
static void percentiles(AggregateContext *context, const Ranked *ranked, int count, const Column *fractions,
    Percentile percentile, Column *result, int row) {
    Array array;
    array_open(fractions->type, column_view(fractions, 0), &array);
    ArrayBuilder builder = {.element = type_element(result->type)};
    bool is_good = true;
    for (int i = 0; i < array.count && is_good; i++) {
        Datum fraction;
        if (!array_get(&array, i, &fraction)) {
            array_builder_add(&builder, NULL);
            continue;
        }
        is_good = check_fraction(context, fraction.float8, row);
        Column *one = column_create(builder.element, 1);
        if (is_good)
            percentile(context, ranked, count, fraction.float8, one, 0);
        array_builder_add(&builder, column_at(one, 0));
        column_release(one);
    }
    Text bytes = {0};
    if (array.count > 0)
        array_builder_finish_shaped(&builder, array.dimensions, array.lengths, array.lowers, &bytes);
    column_set_bytes(result, row, text_string(&bytes), (uint32_t)bytes.length);
    text_free(&bytes);
    array_builder_free(&builder);
}

/* NULL for a NULL fraction or no values. */
static void percentile_rows(AggregateContext *context, AggregateValues *values, const Column *fraction,
    Percentile percentile, Column *result, int row) {
    int count;
    const Ranked *ranked = rank_values(context, values, &count);
    if (count == 0 || column_is_null(fraction, 0))
        column_set_null(result, row);
    else if (fraction->type.is_array)
        percentiles(context, ranked, count, fraction, percentile, result, row);
    else if (check_fraction(context, KERNEL_AT(double, fraction, 0), row))
        percentile(context, ranked, count, KERNEL_AT(double, fraction, 0), result, row);
}

static void percentile_disc(AggregateContext *context, AggregateValues *values,
    const Column *const *arguments, Column *result, int row) {
    percentile_rows(context, values, arguments[1], at_fraction, result, row);
}

static void percentile_cont(AggregateContext *context, AggregateValues *values,
    const Column *const *arguments, Column *result, int row) {
    percentile_rows(context, values, arguments[1], between_fraction, result, row);
}

#define VALUES(signature, function, ...) \
    { signature, AGGREGATE_VALUES, "", .result_of_values = function, __VA_ARGS__ }

/* Calls of these are bound with the order that makes the wanted value the first; NULLs count. */
#define PLACED(signature, function, ...) \
    VALUES(signature, function, .flags = FUNCTION_NOT_STRICT, __VA_ARGS__)

const Aggregate ordered_set_aggregates[] = {
    PLACED("first_value(anyelement) -> anyelement", first),
    PLACED("last_value(anyelement) -> anyelement", last),
    PLACED("max_by(anyelement, any) -> anyelement", first, .order = AGGREGATE_BY_GREATEST_SECOND),
    PLACED("min_by(anyelement, any) -> anyelement", first, .order = AGGREGATE_BY_LEAST_SECOND),
    PLACED("arg_max(anyelement, any) -> anyelement", first, .order = AGGREGATE_BY_GREATEST_SECOND),
    PLACED("arg_min(anyelement, any) -> anyelement", first, .order = AGGREGATE_BY_LEAST_SECOND),
    VALUES("percentile_disc(anyelement, float8[]) -> anyarray", percentile_disc,
        .order = AGGREGATE_WITHIN_GROUP),
    VALUES("percentile_cont(float8, float8[]) -> float8[]", percentile_cont, .order = AGGREGATE_WITHIN_GROUP),
    VALUES("percentile_cont(interval, float8[]) -> interval[]", percentile_cont,
        .order = AGGREGATE_WITHIN_GROUP),
    /* Exact, which is within any error that is asked for. */
    VALUES("approx_percentile(float8, float8) -> float8", percentile_disc,
        .order = AGGREGATE_MAYBE_WITHIN_GROUP),
    VALUES("approx_percentile(float8, float8, float8) -> float8", percentile_disc,
        .order = AGGREGATE_MAYBE_WITHIN_GROUP),
    VALUES("mode(anyelement) -> anyelement", mode, .order = AGGREGATE_WITHIN_GROUP),
    VALUES("first(anyelement) -> anyelement", first),
    VALUES("last(anyelement) -> anyelement", last),
    VALUES("percentile_disc(anyelement, float8) -> anyelement", percentile_disc,
        .order = AGGREGATE_WITHIN_GROUP),
    VALUES("percentile_cont(float8, float8) -> float8", percentile_cont, .order = AGGREGATE_WITHIN_GROUP),
    VALUES("percentile_cont(interval, float8) -> interval", percentile_cont, .order = AGGREGATE_WITHIN_GROUP),
    {0},
};
