/* datetime functions: operators between moments and intervals, construction, AT TIME ZONE, the clock. */
#include <math.h>

#include "executor/base/clock.h"
#include "executor/functions/time/datetime_math.h"
#include "executor/functions/text/string_kernel.h"

#define OUT_OF_RANGE(row, what) \
    KERNEL_FAIL(context, row, STATUS_DATETIME_FIELD_OVERFLOW, what " out of range")

/* Stamps a kernel whose rows are `r[i] = body(a, b)`; body is a statement that sets *r and yields true, or
   fails the row. */
#define BINARY(name, R, A, B, body)                                            \
    static void name(KERNEL_PARAMETERS) {                                      \
        R *results = result->values;                                           \
        const Timezone *zone = timezone_session(context->settings->time_zone); \
        (void)zone;                                                            \
        for (int i = 0; i < row_count; i++) {                                  \
            const A a = KERNEL_AT(A, arguments[0], i);                         \
            const B b = KERNEL_AT(B, arguments[1], i);                         \
            R *r = &results[i];                                                \
            body                                                               \
        }                                                                      \
    }
#define UNARY(name, R, A, body)                                                \
    static void name(KERNEL_PARAMETERS) {                                      \
        R *results = result->values;                                           \
        const Timezone *zone = timezone_session(context->settings->time_zone); \
        (void)zone;                                                            \
        for (int i = 0; i < row_count; i++) {                                  \
            const A a = KERNEL_AT(A, arguments[0], i);                         \
            R *r = &results[i];                                                \
            body                                                               \
        }                                                                      \
    }

/* ---- timestamp and interval ---- */

/* Without months the sum is that of two numbers: the common case of a constant interval. */
static void add_span(KERNEL_PARAMETERS, int at, int span_at, int sign, bool is_zoned) {
    int64_t *results = result->values;
    const Timezone *zone = is_zoned ? timezone_session(context->settings->time_zone) : NULL;
    int32_t offset;
    bool is_fixed = zone == NULL || timezone_is_fixed(zone, &offset);
    const Column *times = arguments[at], *spans = arguments[span_at];
    const Interval *constant = spans->is_constant ? spans->values : NULL;
    if (constant != NULL && constant->months == 0 && (constant->days == 0 || is_fixed)) {
        __int128 span = sign * interval_span(constant);
        if (span > -TIMESTAMP_END && span < TIMESTAMP_END) {
            const int64_t shift = (int64_t)span;
            for (int i = 0; i < row_count; i++) {
                int64_t time = KERNEL_AT(int64_t, times, i);
                results[i] = timestamp_is_finite(time) ? time + shift : time;
                if (timestamp_is_finite(time) && !timestamp_in_range(results[i]))
                    OUT_OF_RANGE(i, "timestamp");
            }
            return;
        }
    }
    for (int i = 0; i < row_count; i++)
        if (!timestamp_add_interval(
                KERNEL_AT(int64_t, times, i), &KERNEL_AT(Interval, spans, i), sign, zone, &results[i]))
            OUT_OF_RANGE(i, "timestamp");
}

#define ADD_KERNEL(name, at, span_at, sign, is_zoned)                                                 \
    static void name(KERNEL_PARAMETERS) {                                                             \
        add_span(context, row_count, arguments, argument_count, result, at, span_at, sign, is_zoned); \
    }
ADD_KERNEL(timestamp_plus_interval, 0, 1, 1, false)
ADD_KERNEL(interval_plus_timestamp, 1, 0, 1, false)
ADD_KERNEL(timestamp_minus_interval, 0, 1, -1, false)
ADD_KERNEL(timestamptz_plus_interval, 0, 1, 1, true)
ADD_KERNEL(interval_plus_timestamptz, 1, 0, 1, true)
ADD_KERNEL(timestamptz_minus_interval, 0, 1, -1, true)

BINARY(timestamp_minus_timestamp, Interval, int64_t, int64_t, {
    if (!timestamp_is_finite(a) || !timestamp_is_finite(b))
        KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "cannot subtract infinite timestamps");
    else if (!timestamp_subtract(a, b, r))
        OUT_OF_RANGE(i, "interval");
})

static bool date_add_span(int32_t date, const Interval *span, int sign, int64_t *out) {
    return timestamp_from_date(date, out) && timestamp_add_interval(*out, span, sign, NULL, out);
}

/* A date beyond the timestamps fails in the conversion, with that conversion's words. */
static void fail_date(KernelContext *context, int row, int32_t date) {
    int64_t timestamp;
    if (timestamp_from_date(date, &timestamp))
        OUT_OF_RANGE(row, "timestamp");
    else
        KERNEL_FAIL(context, row, STATUS_DATETIME_FIELD_OVERFLOW, "date out of range for timestamp");
}

BINARY(date_plus_interval, int64_t, int32_t, Interval, {
    if (!date_add_span(a, &b, 1, r))
        fail_date(context, i, a);
})
BINARY(interval_plus_date, int64_t, Interval, int32_t, {
    if (!date_add_span(b, &a, 1, r))
        fail_date(context, i, b);
})
BINARY(date_minus_interval, int64_t, int32_t, Interval, {
    if (!date_add_span(a, &b, -1, r))
        fail_date(context, i, a);
})

static bool date_add_days(int32_t date, int64_t days, int32_t *out) {
    *out = date;
    if (!date_is_finite(date))
        return true;
    int64_t sum = date + days;
    *out = (int32_t)sum;
    return sum >= DATE_FIRST && sum < DATE_END;
}

BINARY(date_plus_int4, int32_t, int32_t, int32_t, {
    if (!date_add_days(a, b, r))
        OUT_OF_RANGE(i, "date");
})
BINARY(int4_plus_date, int32_t, int32_t, int32_t, {
    if (!date_add_days(b, a, r))
        OUT_OF_RANGE(i, "date");
})
BINARY(date_minus_int4, int32_t, int32_t, int32_t, {
    if (!date_add_days(a, -(int64_t)b, r))
        OUT_OF_RANGE(i, "date");
})
BINARY(date_minus_date, int32_t, int32_t, int32_t, {
    if (!date_is_finite(a) || !date_is_finite(b))
        KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "cannot subtract infinite dates");
    *r = (int32_t)((int64_t)a - b);
})

static bool date_add_time(int32_t date, int64_t time, int64_t *out) {
    if (!timestamp_from_date(date, out))
        return false;
    if (timestamp_is_finite(*out))
        *out += time;
    return true;
}
BINARY(date_plus_time, int64_t, int32_t, int64_t, {
    if (!date_add_time(a, b, r))
        fail_date(context, i, a);
    else if (timestamp_is_finite(*r) && !timestamp_in_range(*r))
        OUT_OF_RANGE(i, "timestamp");
})
BINARY(time_plus_date, int64_t, int64_t, int32_t, {
    if (!date_add_time(b, a, r))
        fail_date(context, i, b);
    else if (timestamp_is_finite(*r) && !timestamp_in_range(*r))
        OUT_OF_RANGE(i, "timestamp");
})

BINARY(time_plus_interval, int64_t, int64_t, Interval,
    { *r = floor_modulo(a + b.microseconds % USECS_PER_DAY, USECS_PER_DAY); })
BINARY(interval_plus_time, int64_t, Interval, int64_t,
    { *r = floor_modulo(b + a.microseconds % USECS_PER_DAY, USECS_PER_DAY); })
BINARY(time_minus_interval, int64_t, int64_t, Interval,
    { *r = floor_modulo(a - b.microseconds % USECS_PER_DAY, USECS_PER_DAY); })
BINARY(time_minus_time, Interval, int64_t, int64_t, { *r = (Interval){.microseconds = a - b}; })

BINARY(interval_plus, Interval, Interval, Interval, {
    if (!interval_add(&a, &b, r))
        OUT_OF_RANGE(i, "interval");
})
BINARY(interval_minus, Interval, Interval, Interval, {
    if (!interval_subtract(&a, &b, r))
        OUT_OF_RANGE(i, "interval");
})
UNARY(interval_minus_unary, Interval, Interval, {
    if (!interval_negate(&a, r))
        OUT_OF_RANGE(i, "interval");
})
BINARY(interval_times_float8, Interval, Interval, double, {
    if (!interval_multiply(&a, b, r))
        OUT_OF_RANGE(i, "interval");
})
BINARY(float8_times_interval, Interval, double, Interval, {
    if (!interval_multiply(&b, a, r))
        OUT_OF_RANGE(i, "interval");
})
BINARY(interval_divided_by_float8, Interval, Interval, double, {
    if (b == 0)
        KERNEL_FAIL(context, i, STATUS_DIVISION_BY_ZERO, "division by zero");
    else if (!interval_divide(&a, b, r))
        OUT_OF_RANGE(i, "interval");
})
UNARY(justify_hours, Interval, Interval, {
    if (!interval_justify_hours(&a, r))
        OUT_OF_RANGE(i, "interval");
})
UNARY(justify_days, Interval, Interval, {
    if (!interval_justify_days(&a, r))
        OUT_OF_RANGE(i, "interval");
})
UNARY(justify_interval, Interval, Interval, {
    if (!interval_justify(&a, r))
        OUT_OF_RANGE(i, "interval");
})

UNARY(timestamp_isfinite, uint8_t, int64_t, { *r = timestamp_is_finite(a); })
UNARY(date_isfinite, uint8_t, int32_t, { *r = date_is_finite(a); })
UNARY(interval_isfinite, uint8_t, Interval, {
    *r = 1;
    (void)a;
})

/* ---- age ---- */

BINARY(age_timestamps, Interval, int64_t, int64_t, {
    if (!timestamp_is_finite(a) || !timestamp_is_finite(b))
        OUT_OF_RANGE(i, "timestamp");
    else
        timestamp_age(a, b, r);
})
BINARY(age_timestamptzs, Interval, int64_t, int64_t, {
    int64_t x;
    int64_t y;
    if (!timestamp_is_finite(a) || !timestamp_is_finite(b) || !timestamp_to_local(zone, a, &x) ||
        !timestamp_to_local(zone, b, &y))
        OUT_OF_RANGE(i, "timestamp");
    else
        timestamp_age(x, y, r);
})

static int64_t local_midnight(const KernelContext *context) {
    const Timezone *zone = timezone_session(context->settings->time_zone);
    int64_t local = context->settings->now +
                    timezone_offset_at(zone, context->settings->now, NULL, NULL) * USECS_PER_SECOND;
    return local - floor_modulo(local, USECS_PER_DAY);
}
UNARY(age_timestamp, Interval, int64_t, {
    if (!timestamp_is_finite(a))
        OUT_OF_RANGE(i, "timestamp");
    else
        timestamp_age(local_midnight(context), a, r);
})
UNARY(age_timestamptz, Interval, int64_t, {
    int64_t local;
    if (!timestamp_is_finite(a) || !timestamp_to_local(zone, a, &local))
        OUT_OF_RANGE(i, "timestamp");
    else
        timestamp_age(local_midnight(context), local, r);
})

/* ---- construction ---- */

static bool make_days(int year, int month, int day, int64_t *days) {
    if (year == 0 || year < -4800 || year > 5874897 || month < 1 || month > 12 || day < 1)
        return false;
    int calendar_year = year < 0 ? year + 1 : year;
    if (day > month_length(calendar_year, month))
        return false;
    *days = civil_to_days(calendar_year, month, day);
    return *days >= DATE_FIRST;
}

static void fail_date_fields(KernelContext *context, int row, int year, int month, int day) {
    KERNEL_FAIL(context, row, STATUS_DATETIME_FIELD_OVERFLOW, "date field value out of range: %d-%02d-%02d",
        year, month, day);
}

static void make_date(KERNEL_PARAMETERS) {
    int32_t *results = result->values;
    for (int i = 0; i < row_count; i++) {
        int year = argument_int4(arguments, 0, i), month = argument_int4(arguments, 1, i),
            day = argument_int4(arguments, 2, i);
        int64_t days;
        if (make_days(year, month, day, &days))
            results[i] = (int32_t)days;
        else
            fail_date_fields(context, i, year, month, day);
    }
}

/* Microseconds of the day, or -1. */
static int64_t make_time_of_day(int hour, int minute, double second) {
    if (isnan(second) || hour < 0 || hour > 24 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return -1;
    int64_t time = (hour * INT64_C(60) + minute) * USECS_PER_MINUTE + (int64_t)rint(second * 1000000);
    return time > USECS_PER_DAY ? -1 : time;
}

static void fail_time_fields(KernelContext *context, int row, int hour, int minute, double second) {
    KERNEL_FAIL(context, row, STATUS_DATETIME_FIELD_OVERFLOW, "time field value out of range: %d:%02d:%02g",
        hour, minute, second);
}

static void make_time(KERNEL_PARAMETERS) {
    int64_t *results = result->values;
    for (int i = 0; i < row_count; i++) {
        int hour = argument_int4(arguments, 0, i), minute = argument_int4(arguments, 1, i);
        double second = KERNEL_AT(double, arguments[2], i);
        results[i] = make_time_of_day(hour, minute, second);
        if (results[i] < 0)
            fail_time_fields(context, i, hour, minute, second);
    }
}

static bool make_local(KernelContext *context, int row, const Column *const *arguments, int64_t *out) {
    int year = argument_int4(arguments, 0, row), month = argument_int4(arguments, 1, row),
        day = argument_int4(arguments, 2, row);
    int hour = argument_int4(arguments, 3, row), minute = argument_int4(arguments, 4, row);
    double second = KERNEL_AT(double, arguments[5], row);
    int64_t days;
    if (!make_days(year, month, day, &days)) {
        fail_date_fields(context, row, year, month, day);
        return false;
    }
    int64_t time = make_time_of_day(hour, minute, second);
    if (time < 0) {
        fail_time_fields(context, row, hour, minute, second);
        return false;
    }
    if (days > TIMESTAMP_END_DAY || (*out = days * USECS_PER_DAY + time, !timestamp_in_range(*out))) {
        KERNEL_FAIL(context, row, STATUS_DATETIME_FIELD_OVERFLOW,
            "timestamp out of range: %d-%02d-%02d %d:%02d:%02g", year, month, day, hour, minute, second);
        return false;
    }
    return true;
}

static void make_timestamp(KERNEL_PARAMETERS) {
    int64_t *results = result->values;
    for (int i = 0; i < row_count; i++)
        make_local(context, i, arguments, &results[i]);
}

/* A zone by name as AT TIME ZONE knows it: abbreviations first. */
typedef struct NamedZone {
    const Timezone *zone; /* NULL: the fixed offset */
    int32_t offset;
    const Timezone *abbreviation_zone; /* the abbreviation's meaning depends on the time */
    char word[32];
} NamedZone;

static bool find_zone(KernelContext *context, int row, const View *name, NamedZone *out) {
    const char *bytes = view_bytes(name);
    bool is_dst;
    *out = (NamedZone){0};
    if (name->length < sizeof out->word) {
        for (uint32_t i = 0; i < name->length; i++)
            out->word[i] = (char)(bytes[i] >= 'A' && bytes[i] <= 'Z' ? bytes[i] + 32 : bytes[i]);
        if (timezone_abbreviation(out->word, name->length, &out->offset, &is_dst, &out->abbreviation_zone))
            return true;
    }
    out->zone = timezone_find(bytes, name->length);
    if (out->zone == NULL)
        KERNEL_FAIL(context, row, STATUS_INVALID_PARAMETER_VALUE, "time zone \"%.*s\" not recognized",
            (int)name->length, bytes);
    return out->zone != NULL;
}

static int32_t zone_offset_of_local(const NamedZone *zone, int64_t local) {
    bool is_dst;
    if (zone->zone != NULL)
        return timezone_offset_of_local(zone->zone, local);
    if (zone->abbreviation_zone != NULL)
        return timezone_offset_of_abbreviation(
            zone->abbreviation_zone, zone->word, strlen(zone->word), local, &is_dst);
    return zone->offset;
}

static int32_t zone_offset_at(const NamedZone *zone, int64_t timestamp) {
    if (zone->zone != NULL)
        return timezone_offset_at(zone->zone, timestamp, NULL, NULL);
    if (zone->abbreviation_zone != NULL)
        return zone_offset_of_local(
            zone, timestamp +
                      timezone_offset_at(zone->abbreviation_zone, timestamp, NULL, NULL) * USECS_PER_SECOND);
    return zone->offset;
}

/* Finds each row's zone, once for a constant name. False when the row has none. */
static bool zone_of_row(
    KernelContext *context, int row, const Column *names, NamedZone *zone, bool *is_known) {
    if (names->is_constant && *is_known)
        return true;
    return *is_known = find_zone(context, row, column_view(names, row), zone);
}

static void make_timestamptz(KERNEL_PARAMETERS) {
    int64_t *results = result->values;
    NamedZone zone = {.zone = timezone_session(context->settings->time_zone)};
    bool is_known = false;
    for (int i = 0; i < row_count; i++) {
        if (!make_local(context, i, arguments, &results[i]))
            continue;
        if (argument_count == 7 && !zone_of_row(context, i, arguments[6], &zone, &is_known))
            continue;
        results[i] -= zone_offset_of_local(&zone, results[i]) * USECS_PER_SECOND;
        if (!timestamp_in_range(results[i]))
            OUT_OF_RANGE(i, "timestamp");
    }
}

static void make_interval(KERNEL_PARAMETERS) {
    Interval *results = result->values;
    for (int i = 0; i < row_count; i++) {
        int64_t fields[6] = {0};
        for (int a = 0; a < 6 && a < argument_count; a++)
            fields[a] = argument_int4(arguments, a, i);
        double seconds = argument_count == 7 ? KERNEL_AT(double, arguments[6], i) : 0;
        int64_t months = fields[0] * 12 + fields[1], days = fields[2] * 7 + fields[3];
        if (isnan(seconds) || isinf(seconds) || months != (int32_t)months || days != (int32_t)days) {
            OUT_OF_RANGE(i, "interval");
            continue;
        }
        results[i] = (Interval){
            fields[4] * USECS_PER_HOUR + fields[5] * USECS_PER_MINUTE + (int64_t)rint(seconds * 1000000),
            (int32_t)days, (int32_t)months};
    }
}

UNARY(to_timestamp_float8, int64_t, double, {
    double seconds = a - (double)EPOCH_SECONDS;
    if (isnan(a))
        KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp cannot be NaN");
    else if (isinf(a))
        *r = a < 0 ? TIMESTAMP_MINUS_INFINITY : TIMESTAMP_PLUS_INFINITY;
    else if (a < (double)(TIMESTAMP_FIRST / USECS_PER_SECOND + EPOCH_SECONDS) ||
             a >= (double)(TIMESTAMP_END / USECS_PER_SECOND + EPOCH_SECONDS))
        KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp out of range: \"%g\"", a);
    else
        *r = (int64_t)rint(seconds * 1000000);
})

/* ---- AT TIME ZONE ---- */

static void timestamp_at_zone(KERNEL_PARAMETERS) {
    int64_t *results = result->values;
    NamedZone zone;
    bool is_known = false;
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i) && !arguments[0]->is_constant)
            continue;
        int64_t local = column_int8(arguments[1], i);
        results[i] = local;
        if (!timestamp_is_finite(local) || !zone_of_row(context, i, arguments[0], &zone, &is_known))
            continue;
        results[i] = local - zone_offset_of_local(&zone, local) * USECS_PER_SECOND;
        if (!timestamp_in_range(results[i]))
            OUT_OF_RANGE(i, "timestamp");
    }
}

static void timestamptz_at_zone(KERNEL_PARAMETERS) {
    int64_t *results = result->values;
    NamedZone zone;
    bool is_known = false;
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i) && !arguments[0]->is_constant)
            continue;
        int64_t timestamp = column_int8(arguments[1], i);
        results[i] = timestamp;
        if (!timestamp_is_finite(timestamp) || !zone_of_row(context, i, arguments[0], &zone, &is_known))
            continue;
        results[i] = timestamp + zone_offset_at(&zone, timestamp) * USECS_PER_SECOND;
        if (!timestamp_in_range(results[i]))
            OUT_OF_RANGE(i, "timestamp");
    }
}

static void shift_by_interval(KERNEL_PARAMETERS, int sign) {
    int64_t *results = result->values;
    for (int i = 0; i < row_count; i++) {
        const Interval *offset = &KERNEL_AT(Interval, arguments[0], i);
        int64_t time = column_int8(arguments[1], i);
        if (timestamp_is_finite(time) && (offset->months != 0 || offset->days != 0)) {
            Text text = {0};
            datum_format(type_of(TYPE_INTERVAL), offset, context->settings, &text);
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE,
                "interval time zone \"%s\" must not include months or days", text_string(&text));
            text_free(&text);
            continue;
        }
        results[i] = time;
        if (timestamp_is_finite(time) &&
            (__builtin_add_overflow(
                 time, sign * (offset->microseconds / USECS_PER_SECOND * USECS_PER_SECOND), &results[i]) ||
                !timestamp_in_range(results[i])))
            OUT_OF_RANGE(i, "timestamp");
    }
}
static void timestamp_at_interval(KERNEL_PARAMETERS) {
    shift_by_interval(context, row_count, arguments, argument_count, result, -1);
}
static void timestamptz_at_interval(KERNEL_PARAMETERS) {
    shift_by_interval(context, row_count, arguments, argument_count, result, 1);
}

/* ---- the clock ---- */

static int64_t local_now(const KernelContext *context) {
    const Timezone *zone = timezone_session(context->settings->time_zone);
    return context->settings->now +
           timezone_offset_at(zone, context->settings->now, NULL, NULL) * USECS_PER_SECOND;
}
/* The precision argument, when there is one, else all digits. */
static int32_t precision_of(const Column *const *arguments, int argument_count, int row) {
    return argument_count == 1 ? argument_int4(arguments, 0, row) : -1;
}

static void now(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        ((int64_t *)result->values)[i] =
            timestamp_round(context->settings->now, precision_of(arguments, argument_count, i));
}
static void localtimestamp(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        ((int64_t *)result->values)[i] =
            timestamp_round(local_now(context), precision_of(arguments, argument_count, i));
}
static void localtime_now(KERNEL_PARAMETERS) {
    int64_t time = floor_modulo(local_now(context), USECS_PER_DAY);
    for (int i = 0; i < row_count; i++)
        ((int64_t *)result->values)[i] = timestamp_round(time, precision_of(arguments, argument_count, i));
}
static void current_date(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        ((int32_t *)result->values)[i] = timestamp_to_date(local_now(context));
}
static void clock_now(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        ((int64_t *)result->values)[i] = clock_wall();
}

enum { CLOCK = FUNCTION_CLOCK | FUNCTION_STABLE };

const FunctionRow datetime_functions[] = {
    {"+(timestamp, interval) -> timestamp", timestamp_plus_interval,
        FUNCTION_MONOTONE | FUNCTION_MONOTONE_SHORT, MEANING_PLUS},
    {"+(interval, timestamp) -> timestamp", interval_plus_timestamp,
        FUNCTION_MONOTONE_SECOND | FUNCTION_MONOTONE_SHORT, MEANING_PLUS},
    {"-(timestamp, interval) -> timestamp", timestamp_minus_interval,
        FUNCTION_MONOTONE | FUNCTION_MONOTONE_SHORT, MEANING_MINUS},
    {"+(timestamptz, interval) -> timestamptz", timestamptz_plus_interval,
        FUNCTION_STABLE | FUNCTION_MONOTONE | FUNCTION_MONOTONE_SHORT, MEANING_PLUS},
    {"+(interval, timestamptz) -> timestamptz", interval_plus_timestamptz,
        FUNCTION_STABLE | FUNCTION_MONOTONE_SECOND | FUNCTION_MONOTONE_SHORT, MEANING_PLUS},
    {"-(timestamptz, interval) -> timestamptz", timestamptz_minus_interval,
        FUNCTION_STABLE | FUNCTION_MONOTONE | FUNCTION_MONOTONE_SHORT, MEANING_MINUS},
    {"-(timestamp, timestamp) -> interval", timestamp_minus_timestamp, 0, MEANING_MINUS},
    {"-(timestamptz, timestamptz) -> interval", timestamp_minus_timestamp, 0, MEANING_MINUS},
    {"+(date, interval) -> timestamp", date_plus_interval, FUNCTION_MONOTONE | FUNCTION_MONOTONE_SHORT,
        MEANING_PLUS},
    {"+(interval, date) -> timestamp", interval_plus_date, FUNCTION_MONOTONE_SECOND | FUNCTION_MONOTONE_SHORT,
        MEANING_PLUS},
    {"-(date, interval) -> timestamp", date_minus_interval, FUNCTION_MONOTONE | FUNCTION_MONOTONE_SHORT,
        MEANING_MINUS},
    {"+(date, int4) -> date", date_plus_int4, FUNCTION_MONOTONE, MEANING_PLUS},
    {"+(int4, date) -> date", int4_plus_date, FUNCTION_MONOTONE_SECOND, MEANING_PLUS},
    {"-(date, int4) -> date", date_minus_int4, FUNCTION_MONOTONE, MEANING_MINUS},
    {"-(date, date) -> int4", date_minus_date, FUNCTION_MONOTONE, MEANING_MINUS},
    {"+(date, time) -> timestamp", date_plus_time, FUNCTION_MONOTONE, MEANING_PLUS},
    {"+(time, date) -> timestamp", time_plus_date, 0, MEANING_PLUS},
    {"+(time, interval) -> time", time_plus_interval, 0, MEANING_PLUS},
    {"+(interval, time) -> time", interval_plus_time, 0, MEANING_PLUS},
    {"-(time, interval) -> time", time_minus_interval, 0, MEANING_MINUS},
    {"-(time, time) -> interval", time_minus_time, 0, MEANING_MINUS},
    {"+(interval, interval) -> interval", interval_plus, 0, MEANING_PLUS},
    {"-(interval, interval) -> interval", interval_minus, 0, MEANING_MINUS},
    {"-(interval) -> interval", interval_minus_unary},
    {"*(interval, float8) -> interval", interval_times_float8},
    {"*(float8, interval) -> interval", float8_times_interval},
    {"/(interval, float8) -> interval", interval_divided_by_float8},
    {"justify_hours(interval) -> interval", justify_hours},
    {"justify_days(interval) -> interval", justify_days},
    {"justify_interval(interval) -> interval", justify_interval},
    {"isfinite(timestamp) -> bool", timestamp_isfinite},
    {"isfinite(timestamptz) -> bool", timestamp_isfinite},
    {"isfinite(date) -> bool", date_isfinite},
    {"isfinite(interval) -> bool", interval_isfinite},
    {"age(timestamp, timestamp) -> interval", age_timestamps},
    {"age(timestamptz, timestamptz) -> interval", age_timestamptzs, FUNCTION_STABLE},
    {"age(timestamp) -> interval", age_timestamp, CLOCK},
    {"age(timestamptz) -> interval", age_timestamptz, CLOCK},
    {"make_date(int4, int4, int4) -> date", make_date},
    {"make_time(int4, int4, float8) -> time", make_time},
    {"make_timestamp(int4, int4, int4, int4, int4, float8) -> timestamp", make_timestamp},
    {"make_timestamptz(int4, int4, int4, int4, int4, float8) -> timestamptz", make_timestamptz,
        FUNCTION_STABLE},
    {"make_timestamptz(int4, int4, int4, int4, int4, float8, text) -> timestamptz", make_timestamptz,
        FUNCTION_STABLE},
    {"make_interval() -> interval", make_interval},
    {"make_interval(int4) -> interval", make_interval},
    {"make_interval(int4, int4) -> interval", make_interval},
    {"make_interval(int4, int4, int4) -> interval", make_interval},
    {"make_interval(int4, int4, int4, int4) -> interval", make_interval},
    {"make_interval(int4, int4, int4, int4, int4) -> interval", make_interval},
    {"make_interval(int4, int4, int4, int4, int4, int4) -> interval", make_interval},
    {"make_interval(int4, int4, int4, int4, int4, int4, float8) -> interval", make_interval},
    {"to_timestamp(float8) -> timestamptz", to_timestamp_float8, FUNCTION_MONOTONE},
    {"timezone(text, timestamp) -> timestamptz", timestamp_at_zone, 0, MEANING_AT_ZONE},
    {"timezone(text, timestamptz) -> timestamp", timestamptz_at_zone, 0, MEANING_AT_ZONE},
    {"timezone(interval, timestamp) -> timestamptz", timestamp_at_interval, FUNCTION_MONOTONE_SECOND},
    {"timezone(interval, timestamptz) -> timestamp", timestamptz_at_interval, FUNCTION_MONOTONE_SECOND},
    {"now() -> timestamptz", now, CLOCK},
    {"current_timestamp() -> timestamptz", now, CLOCK},
    {"current_timestamp(int4) -> timestamptz", now, CLOCK},
    {"transaction_timestamp() -> timestamptz", now, CLOCK},
    {"proctime() -> timestamptz", now, CLOCK, MEANING_PROCESSING_TIME},
    {"statement_timestamp() -> timestamptz", now, CLOCK},
    {"localtimestamp() -> timestamp", localtimestamp, CLOCK},
    {"localtimestamp(int4) -> timestamp", localtimestamp, CLOCK},
    {"localtime() -> time", localtime_now, CLOCK},
    {"localtime(int4) -> time", localtime_now, CLOCK},
    {"current_date() -> date", current_date, CLOCK},
    {"clock_timestamp() -> timestamptz", clock_now, FUNCTION_VOLATILE},
    {0},
};
