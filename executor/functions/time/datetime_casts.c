/* Casts among dates, times, moments and intervals, and to fewer digits of the same type. */
#include "executor/functions/text/string_kernel.h"
#include "executor/types/time/interval.h"
#include "executor/types/time/timestamp.h"

#define CAST(name, R, A, body)                                                 \
    static void name(KERNEL_PARAMETERS) {                                      \
        R *results = result->values;                                           \
        const int32_t modifier = context->result_type.modifier;                \
        const Timezone *zone = timezone_session(context->settings->time_zone); \
        (void)zone, (void)modifier;                                            \
        for (int i = 0; i < row_count; i++) {                                  \
            const A a = KERNEL_AT(A, arguments[0], i);                         \
            R *r = &results[i];                                                \
            body                                                               \
        }                                                                      \
    }
#define FAIL(what) KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, what)

CAST(date_to_timestamp, int64_t, int32_t, {
    if (!timestamp_from_date(a, r))
        FAIL("date out of range for timestamp");
})
CAST(date_to_timestamptz, int64_t, int32_t, {
    if (!timestamp_from_date(a, r) || !timestamp_from_local(zone, *r, r))
        FAIL("date out of range for timestamp");
})
CAST(timestamp_to_date_cast, int32_t, int64_t, { *r = timestamp_to_date(a); })
CAST(timestamptz_to_date, int32_t, int64_t, {
    int64_t local;
    if (!timestamp_to_local(zone, a, &local))
        FAIL("timestamp out of range");
    else
        *r = timestamp_to_date(local);
})
CAST(timestamp_to_timestamptz, int64_t, int64_t, {
    if (!timestamp_from_local(zone, a, r))
        FAIL("timestamp out of range");
    *r = timestamp_round(*r, modifier);
})
CAST(timestamptz_to_timestamp, int64_t, int64_t, {
    if (!timestamp_to_local(zone, a, r))
        FAIL("timestamp out of range");
    *r = timestamp_round(*r, modifier);
})
static void timestamp_to_time(KERNEL_PARAMETERS) {
    const Timezone *zone =
        arguments[0]->type.id == TYPE_TIMESTAMPTZ ? timezone_session(context->settings->time_zone) : NULL;
    for (int i = 0; i < row_count; i++) {
        int64_t local = column_int8(arguments[0], i);
        if (!timestamp_is_finite(local)) {
            column_set_null(result, i);
        } else if (zone != NULL && !timestamp_to_local(zone, local, &local)) {
            FAIL("timestamp out of range");
        } else {
            ((int64_t *)result->values)[i] =
                timestamp_round(floor_modulo(local, USECS_PER_DAY), context->result_type.modifier);
        }
    }
}
CAST(time_to_interval, Interval, int64_t, { *r = (Interval){.microseconds = a}; })
CAST(interval_to_time, int64_t, Interval,
    { *r = timestamp_round(floor_modulo(a.microseconds, USECS_PER_DAY), modifier); })
CAST(round_moment, int64_t, int64_t, { *r = timestamp_round(a, modifier); })
CAST(round_interval, Interval, Interval, {
    *r = a;
    if (interval_apply_modifier(r, modifier, NULL) != OK)
        FAIL("interval out of range");
})

const FunctionRow datetime_casts_functions[] = {
    {"cast(date) -> timestamp", date_to_timestamp, FUNCTION_CAST_IMPLICIT | FUNCTION_MONOTONE},
    {"cast(date) -> timestamptz", date_to_timestamptz, FUNCTION_CAST_IMPLICIT | FUNCTION_STABLE},
    {"cast(timestamp) -> date", timestamp_to_date_cast, FUNCTION_CAST_ASSIGNMENT | FUNCTION_MONOTONE},
    {"cast(timestamptz) -> date", timestamptz_to_date, FUNCTION_CAST_ASSIGNMENT | FUNCTION_STABLE},
    {"cast(timestamp) -> timestamptz", timestamp_to_timestamptz, FUNCTION_CAST_IMPLICIT | FUNCTION_STABLE},
    {"cast(timestamptz) -> timestamp", timestamptz_to_timestamp, FUNCTION_CAST_ASSIGNMENT | FUNCTION_STABLE},
    {"cast(timestamp) -> time", timestamp_to_time, FUNCTION_CAST_ASSIGNMENT},
    {"cast(timestamptz) -> time", timestamp_to_time, FUNCTION_CAST_ASSIGNMENT | FUNCTION_STABLE},
    {"cast(time) -> interval", time_to_interval, FUNCTION_CAST_IMPLICIT | FUNCTION_MONOTONE},
    {"cast(interval) -> time", interval_to_time, FUNCTION_CAST_ASSIGNMENT},
    {"cast(timestamp) -> timestamp", round_moment, FUNCTION_CAST_IMPLICIT | FUNCTION_MONOTONE},
    {"cast(timestamptz) -> timestamptz", round_moment, FUNCTION_CAST_IMPLICIT | FUNCTION_MONOTONE},
    {"cast(time) -> time", round_moment, FUNCTION_CAST_IMPLICIT},
    {"cast(interval) -> interval", round_interval, FUNCTION_CAST_IMPLICIT},
    /* As functions, the way date(t) is written. */
    {"date(timestamp) -> date", timestamp_to_date_cast, FUNCTION_MONOTONE},
    {"date(timestamptz) -> date", timestamptz_to_date, FUNCTION_STABLE},
    {0},
};
