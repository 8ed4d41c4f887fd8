/* generate_series over integers, numeric and moments. */
#include "executor/functions/time/datetime_math.h"
#include "executor/functions/set.h"

/* generate_series over integers. */
typedef struct IntegerSeries {
    int64_t next, stop, step;
    bool is_over;
} IntegerSeries;

static int64_t integer_argument(const Value *value) {
    return type_layout(value->type) == LAYOUT_INT4 ? value->datum.int4 : value->datum.int8;
}

static Status zero_step(Error *error) {
    return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "step size cannot equal zero");
}

static Status integer_series_start(SetContext *context, Error *error) {
    IntegerSeries *series = context->state = ARENA_NEW(context->arena, IntegerSeries);
    series->next = integer_argument(&context->arguments[0]);
    series->stop = integer_argument(&context->arguments[1]);
    series->step = context->argument_count == 3 ? integer_argument(&context->arguments[2]) : 1;
    return series->step == 0 ? zero_step(error) : OK;
}

static Status integer_series_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    IntegerSeries *series = context->state;
    int count = 0;
    for (; count < room && !series->is_over; count++) {
        if (series->step > 0 ? series->next > series->stop : series->next < series->stop)
            break;
        if (columns[0]->layout == LAYOUT_INT4)
            ((int32_t *)columns[0]->values)[at + count] = (int32_t)series->next;
        else
            ((int64_t *)columns[0]->values)[at + count] = series->next;
        series->is_over = __builtin_add_overflow(series->next, series->step, &series->next);
    }
    *added = count;
    return OK;
}

/* generate_series over numeric. */
typedef struct NumericSeries {
    Numeric next, stop, step;
} NumericSeries;

static Status check_number(const Numeric *number, const char *name, Error *error) {
    int tag = numeric_tag(number);
    if (tag == NUMERIC_NAN)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "%s cannot be NaN", name);
    if (tag == NUMERIC_PLUS_INFINITY || tag == NUMERIC_MINUS_INFINITY)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "%s cannot be infinity", name);
    return OK;
}

static Status numeric_series_start(SetContext *context, Error *error) {
    NumericSeries *series = context->state = ARENA_NEW(context->arena, NumericSeries);
    series->next = context->arguments[0].datum.numeric;
    series->stop = context->arguments[1].datum.numeric;
    series->step = context->argument_count == 3 ? context->arguments[2].datum.numeric : numeric_from_int8(1);
    TRY(check_number(&series->next, "start value", error));
    TRY(check_number(&series->stop, "stop value", error));
    TRY(check_number(&series->step, "step size", error));
    return numeric_sign(&series->step) == 0 ? zero_step(error) : OK;
}

static Status numeric_series_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    NumericSeries *series = context->state;
    bool is_rising = numeric_sign(&series->step) > 0;
    for (*added = 0; *added < room; ++*added) {
        int order = numeric_compare(&series->next, &series->stop);
        if (is_rising ? order > 0 : order < 0)
            break;
        column_set_datum(columns[0], at + *added, &series->next);
        TRY(numeric_add(&series->next, &series->step, context->arena, &series->next, error));
    }
    return OK;
}

/* generate_series over timestamp and timestamptz. */
typedef struct TimeSeries {
    int64_t next, stop;
    Interval step;
    bool is_rising;
    const Timezone *zone; /* timestamptz: days and months are those of local time */
} TimeSeries;

static Status time_series_start(SetContext *context, Error *error) {
    TimeSeries *series = context->state = ARENA_NEW(context->arena, TimeSeries);
    series->next = context->arguments[0].datum.int8;
    series->stop = context->arguments[1].datum.int8;
    series->step = context->arguments[2].datum.interval;
    series->zone = context->arguments[0].type.id == TYPE_TIMESTAMPTZ
                       ? timezone_session(context->settings->time_zone)
                       : NULL;
    __int128 span = interval_span(&series->step);
    series->is_rising = span > 0;
    return span == 0 ? zero_step(error) : OK;
}

static Status time_series_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    TimeSeries *series = context->state;
    int64_t *values = (int64_t *)columns[0]->values + at;
    for (*added = 0; *added < room; ++*added) {
        if (series->is_rising ? series->next > series->stop : series->next < series->stop)
            break;
        values[*added] = series->next;
        if (!timestamp_add_interval(series->next, &series->step, 1, series->zone, &series->next))
            return error_set(error, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
    }
    return OK;
}

const SetFunction series_sets[] = {
    {"generate_series(int4, int4) -> setof int4", NULL, true, integer_series_start, integer_series_next,
        MEANING_SERIES},
    {"generate_series(int4, int4, int4) -> setof int4", NULL, true, integer_series_start, integer_series_next,
        MEANING_SERIES},
    {"generate_series(int8, int8) -> setof int8", NULL, true, integer_series_start, integer_series_next,
        MEANING_SERIES},
    {"generate_series(int8, int8, int8) -> setof int8", NULL, true, integer_series_start, integer_series_next,
        MEANING_SERIES},
    {"generate_series(numeric, numeric) -> setof numeric", NULL, true, numeric_series_start,
        numeric_series_next, MEANING_SERIES},
    {"generate_series(numeric, numeric, numeric) -> setof numeric", NULL, true, numeric_series_start,
        numeric_series_next, MEANING_SERIES},
    {"generate_series(timestamp, timestamp, interval) -> setof timestamp", NULL, true, time_series_start,
        time_series_next, MEANING_SERIES},
    {"generate_series(timestamptz, timestamptz, interval) -> setof timestamptz", NULL, true,
        time_series_start, time_series_next, MEANING_SERIES},
    {0},
};
