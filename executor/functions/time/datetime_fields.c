/* extract(), date_part(), date_trunc(), date_bin(): fields of moments. The unit is nearly always constant, so
   it is looked up once a batch and the loops run under it. */
#include <math.h>
#include <stdio.h>

#include "executor/functions/time/datetime_math.h"
#include "executor/functions/text/string_kernel.h"

/* The unit of a row; *length and *text as written, for errors. */
static Unit unit_of(const Column *units, int row) {
    const View *view = column_view(units, row);
    return unit_by_name(view_bytes(view), view->length);
}

static void fail_unit(
    KernelContext *context, int row, const Column *units, Unit unit, Type type, bool is_known) {
    const View *view = column_view(units, row);
    char lower[64];
    int length = 0;
    for (; length < (int)sizeof lower - 1 && length < (int)view->length; length++) {
        char c = view_bytes(view)[length];
        lower[length] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    if (unit != UNIT_NONE && is_known)
        KERNEL_FAIL(context, row, STATUS_FEATURE_NOT_SUPPORTED, "unit \"%.*s\" not supported for type %s",
            length, lower, type_sql_name((TypeId)type.id));
    else
        KERNEL_FAIL(context, row, STATUS_INVALID_PARAMETER_VALUE, "unit \"%.*s\" not recognized for type %s",
            length, lower, type_sql_name((TypeId)type.id));
}

/* ---- fields ---- */

/* A field as mantissa / 10^scale. */
typedef struct Field {
    int64_t mantissa;
    int scale;
} Field;

typedef enum Extracted {
    EXTRACTED,
    EXTRACTED_NULL,
    EXTRACTED_PLUS_INFINITY,
    EXTRACTED_MINUS_INFINITY,
    EXTRACTED_JULIAN,
    EXTRACTED_UNSUPPORTED,
    EXTRACTED_WIDE
} Extracted;

static int shown_year(int year) {
    return year > 0 ? year : year - 1;
}
static int decade_of(int year) {
    return year >= 0 ? year / 10 : -((8 - (year - 1)) / 10);
}
static int century_of(int year) {
    return year > 0 ? (year + 99) / 100 : -((99 - (year - 1)) / 100);
}
static int millennium_of(int year) {
    return year > 0 ? (year + 999) / 1000 : -((999 - (year - 1)) / 1000);
}

/* Fields of the calendar date alone. */
static bool date_field(int64_t days, Unit unit, int64_t *field) {
    int year, month, day, iso_year;
    if (unit == UNIT_DOW || unit == UNIT_ISODOW) {
        int weekday = day_of_week(days);
        *field = weekday == 0 && unit == UNIT_ISODOW ? 7 : weekday;
        return true;
    }
    civil_from_days(days, &year, &month, &day);
    switch (unit) {
    case UNIT_DAY:
        *field = day;
        return true;
    case UNIT_MONTH:
        *field = month;
        return true;
    case UNIT_QUARTER:
        *field = (month - 1) / 3 + 1;
        return true;
    case UNIT_WEEK:
        *field = iso_week(days, &iso_year);
        return true;
    case UNIT_YEAR:
        *field = shown_year(year);
        return true;
    case UNIT_DECADE:
        *field = decade_of(year);
        return true;
    case UNIT_CENTURY:
        *field = century_of(year);
        return true;
    case UNIT_MILLENNIUM:
        *field = millennium_of(year);
        return true;
    case UNIT_ISOYEAR:
        iso_week(days, &iso_year);
        *field = iso_year <= 0 ? iso_year - 1 : iso_year;
        return true;
    case UNIT_DOY:
        *field = days - civil_to_days(year, 1, 1) + 1;
        return true;
    default:
        return false;
    }
}

/* Fields of the time of day. */
static bool time_field(int64_t time, Unit unit, Field *field) {
    switch (unit) {
    case UNIT_MICROSECOND:
        *field = (Field){time % USECS_PER_MINUTE, 0};
        return true;
    case UNIT_MILLISECOND:
        *field = (Field){time % USECS_PER_MINUTE, 3};
        return true;
    case UNIT_SECOND:
        *field = (Field){time % USECS_PER_MINUTE, 6};
        return true;
    case UNIT_MINUTE:
        *field = (Field){time / USECS_PER_MINUTE % 60, 0};
        return true;
    case UNIT_HOUR:
        *field = (Field){time / USECS_PER_HOUR, 0};
        return true;
    default:
        return false;
    }
}

/* Infinite moments have only the fields that never fall. */
static Extracted infinite_field(bool is_negative, Unit unit) {
    switch (unit) {
    case UNIT_YEAR:
    case UNIT_DECADE:
    case UNIT_CENTURY:
    case UNIT_MILLENNIUM:
    case UNIT_JULIAN:
    case UNIT_ISOYEAR:
    case UNIT_EPOCH:
        return is_negative ? EXTRACTED_MINUS_INFINITY : EXTRACTED_PLUS_INFINITY;
    default:
        return EXTRACTED_NULL;
    }
}

/* zone NULL: timestamp without zone. */
static Extracted timestamp_field(int64_t timestamp, Unit unit, const Timezone *zone, Field *field) {
    if (!timestamp_is_finite(timestamp))
        return infinite_field(timestamp < 0, unit);
    int64_t local = timestamp;
    int32_t offset = 0;
    field->scale = 0;
    if (unit == UNIT_EPOCH) {
        *field = (Field){timestamp, 6};
        return __builtin_add_overflow(timestamp, EPOCH_SECONDS * USECS_PER_SECOND, &field->mantissa)
                   ? EXTRACTED_WIDE
                   : EXTRACTED;
    }
    if (zone != NULL) {
        offset = timezone_offset_at(zone, timestamp, NULL, NULL);
        local += offset * USECS_PER_SECOND;
    }
    if (unit >= UNIT_TIMEZONE) {
        if (zone == NULL)
            return EXTRACTED_UNSUPPORTED;
        field->mantissa = unit == UNIT_TIMEZONE        ? offset
                          : unit == UNIT_TIMEZONE_HOUR ? offset / 3600
                                                       : offset / 60 % 60;
        return EXTRACTED;
    }
    int64_t days = floor_divide(local, USECS_PER_DAY);
    if (unit == UNIT_JULIAN) {
        *field = (Field){local - days * USECS_PER_DAY, 0};
        return EXTRACTED_JULIAN;
    }
    if (time_field(local - days * USECS_PER_DAY, unit, field) || date_field(days, unit, &field->mantissa))
        return EXTRACTED;
    return EXTRACTED_UNSUPPORTED;
}

static Extracted date_only_field(int32_t date, Unit unit, Field *field) {
    field->scale = 0;
    switch (unit) {
    case UNIT_NONE:
    case UNIT_MICROSECOND:
    case UNIT_MILLISECOND:
    case UNIT_SECOND:
    case UNIT_MINUTE:
    case UNIT_HOUR:
    case UNIT_TIMEZONE:
    case UNIT_TIMEZONE_HOUR:
    case UNIT_TIMEZONE_MINUTE:
        return EXTRACTED_UNSUPPORTED;
    default:
        break;
    }
    if (!date_is_finite(date))
        return infinite_field(date < 0, unit);
    if (unit == UNIT_EPOCH) {
        field->mantissa = (date + (int64_t)EPOCH_DAYS) * SECONDS_PER_DAY;
        return EXTRACTED;
    }
    if (unit == UNIT_JULIAN) {
        field->mantissa = date + (int64_t)EPOCH_JULIAN_DAY;
        return EXTRACTED;
    }
    return date_field(date, unit, &field->mantissa) ? EXTRACTED : EXTRACTED_UNSUPPORTED;
}

static Extracted time_only_field(int64_t time, Unit unit, Field *field) {
    if (unit == UNIT_EPOCH) {
        *field = (Field){time, 6};
        return EXTRACTED;
    }
    return time_field(time, unit, field) ? EXTRACTED : EXTRACTED_UNSUPPORTED;
}

static Extracted interval_field(const Interval *interval, Unit unit, Field *field) {
    int years = interval->months / 12;
    field->scale = 0;
    switch (unit) {
    case UNIT_DAY:
        field->mantissa = interval->days;
        return EXTRACTED;
    case UNIT_MONTH:
        field->mantissa = interval->months % 12;
        return EXTRACTED;
    case UNIT_QUARTER:
        field->mantissa = interval->months % 12 / 3 + 1;
        return EXTRACTED;
    case UNIT_YEAR:
        field->mantissa = years;
        return EXTRACTED;
    case UNIT_DECADE:
        field->mantissa = years / 10;
        return EXTRACTED;
    case UNIT_CENTURY:
        field->mantissa = years / 100;
        return EXTRACTED;
    case UNIT_MILLENNIUM:
        field->mantissa = years / 1000;
        return EXTRACTED;
    case UNIT_EPOCH: {
        /* A year counts 365.25 days. */
        int64_t quarter_days =
            (int64_t)years * 1461 + (interval->months % 12 * (int64_t)DAYS_PER_MONTH + interval->days) * 4;
        field->scale = 6;
        int64_t whole;
        if (__builtin_mul_overflow(quarter_days, USECS_PER_DAY / 4, &whole) ||
            __builtin_add_overflow(whole, interval->microseconds, &field->mantissa))
            return EXTRACTED_WIDE;
        return EXTRACTED;
    }
    default:
        return time_field(interval->microseconds, unit, field) ? EXTRACTED : EXTRACTED_UNSUPPORTED;
    }
}

static Extracted field_of(const Column *column, int row, Unit unit, const Timezone *zone, Field *field) {
    const void *element = column_at(column, row);
    if (unit == UNIT_NONE)
        return EXTRACTED_UNSUPPORTED;
    switch (column->type.id) {
    case TYPE_DATE:
        return date_only_field(*(const int32_t *)element, unit, field);
    case TYPE_TIME:
        return time_only_field(*(const int64_t *)element, unit, field);
    case TYPE_INTERVAL:
        return interval_field(element, unit, field);
    default:
        return timestamp_field(*(const int64_t *)element, unit, zone, field);
    }
}

static const Timezone *zone_of(const KernelContext *context, const Column *column) {
    return column->type.id == TYPE_TIMESTAMPTZ ? timezone_session(context->settings->time_zone) : NULL;
}

/* Microseconds since 1970 of a moment or in an interval beyond int64. */
static __int128 wide_epoch(const Column *column, int row) {
    if (column->type.id == TYPE_INTERVAL) {
        const Interval *interval = column_at(column, row);
        int64_t quarter_days = (int64_t)(interval->months / 12) * 1461 +
                               (interval->months % 12 * (int64_t)DAYS_PER_MONTH + interval->days) * 4;
        return (__int128)quarter_days * (USECS_PER_DAY / 4) + interval->microseconds;
    }
    return (__int128)column_int8(column, row) + EPOCH_SECONDS * USECS_PER_SECOND;
}

/* The Julian day with the time of day as its fraction. */
static Status julian_numeric(int64_t julian_day, int64_t time, Arena *arena, Numeric *out, Error *error) {
    Numeric day = numeric_from_int8(julian_day), part = numeric_from_int8(time),
            whole = numeric_from_int8(USECS_PER_DAY), fraction;
    TRY(numeric_divide(&part, &whole, arena, &fraction, error));
    return numeric_add(&day, &fraction, arena, out, error);
}

static int64_t julian_day_of(const Column *column, int row, const Timezone *zone) {
    int64_t local = column_int8(column, row);
    if (zone != NULL)
        local += timezone_offset_at(zone, local, NULL, NULL) * USECS_PER_SECOND;
    return floor_divide(local, USECS_PER_DAY) + EPOCH_JULIAN_DAY;
}

static void extract(KERNEL_PARAMETERS) {
    Numeric *results = result->values;
    const Timezone *zone = zone_of(context, arguments[1]);
    bool is_constant = arguments[0]->is_constant;
    Unit unit = is_constant && row_count > 0 ? unit_of(arguments[0], 0) : UNIT_NONE;
    for (int i = 0; i < row_count; i++) {
        Field field;
        if (!is_constant)
            unit = unit_of(arguments[0], i);
        switch (field_of(arguments[1], i, unit, zone, &field)) {
        case EXTRACTED:
            numeric_make_small(field.mantissa, field.scale, &results[i]);
            break;
        case EXTRACTED_NULL:
            column_set_null(result, i);
            break;
        case EXTRACTED_PLUS_INFINITY:
            results[i] = (Numeric){.high = (uint64_t)NUMERIC_PLUS_INFINITY << 56};
            break;
        case EXTRACTED_MINUS_INFINITY:
            results[i] = (Numeric){.high = (uint64_t)NUMERIC_MINUS_INFINITY << 56};
            break;
        case EXTRACTED_JULIAN:
            if (julian_numeric(julian_day_of(arguments[1], i, zone), field.mantissa, context->scratch,
                    &results[i], NULL) != OK)
                KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
            break;
        case EXTRACTED_WIDE:
            numeric_make_small(wide_epoch(arguments[1], i), 6, &results[i]);
            break;
        case EXTRACTED_UNSUPPORTED:
            fail_unit(context, i, arguments[0], unit, arguments[1]->type, true);
            break;
        }
    }
}

static void date_part(KERNEL_PARAMETERS) {
    static const double powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    double *results = result->values;
    const Timezone *zone = zone_of(context, arguments[1]);
    bool is_constant = arguments[0]->is_constant;
    Unit unit = is_constant && row_count > 0 ? unit_of(arguments[0], 0) : UNIT_NONE;
    for (int i = 0; i < row_count; i++) {
        Field field;
        if (!is_constant)
            unit = unit_of(arguments[0], i);
        switch (field_of(arguments[1], i, unit, zone, &field)) {
        case EXTRACTED:
            results[i] = (double)field.mantissa / powers[field.scale];
            if (field.scale == 3) /* as PostgreSQL sums it */
                results[i] = (double)(field.mantissa / USECS_PER_SECOND) * 1000 +
                             (double)(field.mantissa % USECS_PER_SECOND) / 1000;
            break;
        case EXTRACTED_NULL:
            column_set_null(result, i);
            break;
        case EXTRACTED_PLUS_INFINITY:
            results[i] = INFINITY;
            break;
        case EXTRACTED_MINUS_INFINITY:
            results[i] = -INFINITY;
            break;
        case EXTRACTED_JULIAN:
            results[i] = (double)julian_day_of(arguments[1], i, zone) +
                         (double)field.mantissa / 1000000 / (double)SECONDS_PER_DAY;
            break;
        case EXTRACTED_WIDE:
            results[i] = (double)wide_epoch(arguments[1], i) / 1000000;
            break;
        case EXTRACTED_UNSUPPORTED:
            fail_unit(context, i, arguments[0], unit, arguments[1]->type, true);
            break;
        }
    }
}

/* ---- date_trunc ---- */

static int64_t span_of(Unit unit) {
    switch (unit) {
    case UNIT_MICROSECOND:
        return 1;
    case UNIT_MILLISECOND:
        return 1000;
    case UNIT_SECOND:
        return USECS_PER_SECOND;
    case UNIT_MINUTE:
        return USECS_PER_MINUTE;
    case UNIT_HOUR:
        return USECS_PER_HOUR;
    case UNIT_DAY:
        return USECS_PER_DAY;
    default:
        return 0;
    }
}

static bool unit_can_cut(Unit unit) {
    return unit >= UNIT_MICROSECOND && unit <= UNIT_MILLENNIUM;
}
/* date_trunc knows a unit as such only when it is one of a length of time; what else extract knows is "not
   recognized" to it. */
static bool unit_is_span(Unit unit) {
    return unit_can_cut(unit) || unit >= UNIT_TIMEZONE;
}

static inline int64_t truncate_local(int64_t local, Unit unit, int64_t span) {
    if (span != 0)
        return local - floor_modulo(local, span);
    if (unit == UNIT_WEEK) {
        int64_t days = floor_divide(local, USECS_PER_DAY);
        return (days - floor_modulo(days + 5, 7)) * USECS_PER_DAY;
    }
    Civil civil;
    civil_from_timestamp(local, &civil);
    civil_truncate(&civil, unit);
    return civil_to_days(civil.year, civil.month, civil.day) * USECS_PER_DAY;
}

/* Cuts local time. Parts of a day keep the offset of the moment itself; days and more look theirs up anew. */
static int64_t truncate_zoned(int64_t timestamp, Unit unit, int64_t span, const Timezone *zone) {
    int64_t offset = timezone_offset_at(zone, timestamp, NULL, NULL) * USECS_PER_SECOND;
    int64_t cut = truncate_local(timestamp + offset, unit, span);
    if (span == 0 || span == USECS_PER_DAY)
        offset = timezone_offset_of_local(zone, cut) * USECS_PER_SECOND;
    return cut - offset;
}

static void truncate_rows(KERNEL_PARAMETERS, const Timezone *zone, bool has_zone) {
    int64_t *results = result->values;
    Type type = arguments[1]->type;
    int32_t offset = 0;
    bool is_fixed = zone == NULL || timezone_is_fixed(zone, &offset);
    Unit unit = UNIT_NONE;
    int64_t span = 0;
    for (int i = 0; i < row_count; i++) {
        int64_t timestamp = column_int8(arguments[1], i);
        if (!timestamp_is_finite(timestamp)) {
            results[i] = timestamp;
            continue;
        }
        if (unit == UNIT_NONE || !arguments[0]->is_constant) {
            unit = unit_of(arguments[0], i);
            span = span_of(unit);
        }
        if (has_zone && (zone == NULL || !arguments[2]->is_constant)) {
            const View *name = argument_view(arguments, 2, i);
            zone = timezone_find(view_bytes(name), name->length);
            is_fixed = zone == NULL || timezone_is_fixed(zone, &offset);
        }
        if (has_zone && zone == NULL) {
            const View *name = argument_view(arguments, 2, i);
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "time zone \"%.*s\" not recognized",
                (int)name->length, view_bytes(name));
            continue;
        }
        if (!unit_can_cut(unit)) {
            fail_unit(context, i, arguments[0], unit, type, unit_is_span(unit));
            continue;
        }
        int64_t shift = offset * USECS_PER_SECOND;
        results[i] = is_fixed ? truncate_local(timestamp + shift, unit, span) - shift
                              : truncate_zoned(timestamp, unit, span, zone);
        if (!timestamp_in_range(results[i]))
            KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
    }
}

static void timestamp_trunc(KERNEL_PARAMETERS) {
    int64_t *restrict results = result->values;
    int64_t span = arguments[0]->is_constant && row_count > 0 ? span_of(unit_of(arguments[0], 0)) : 0;
    if (span == 0 || arguments[1]->is_constant) {
        truncate_rows(context, row_count, arguments, argument_count, result, NULL, false);
        return;
    }
    const int64_t *restrict times = arguments[1]->values;
    for (int i = 0; i < row_count; i++) {
        int64_t rest = times[i] % span;
        rest += rest < 0 ? span : 0;
        results[i] = timestamp_is_finite(times[i]) ? times[i] - rest : times[i];
    }
}

static void timestamptz_trunc(KERNEL_PARAMETERS) {
    truncate_rows(context, row_count, arguments, argument_count, result,
        timezone_session(context->settings->time_zone), false);
}
static void timestamptz_trunc_zone(KERNEL_PARAMETERS) {
    truncate_rows(context, row_count, arguments, argument_count, result, NULL, true);
}

static bool truncate_interval(Interval *interval, Unit unit) {
    static const int years[] = {
        [UNIT_YEAR] = 1, [UNIT_DECADE] = 10, [UNIT_CENTURY] = 100, [UNIT_MILLENNIUM] = 1000};
    int64_t span = span_of(unit);
    switch (unit) {
    case UNIT_MILLENNIUM:
    case UNIT_CENTURY:
    case UNIT_DECADE:
    case UNIT_YEAR:
        interval->months = interval->months / 12 / years[unit] * years[unit] * 12;
        break;
    case UNIT_QUARTER:
        interval->months = interval->months / 3 * 3;
        break;
    case UNIT_MONTH:
        break;
    default:
        if (span == 0)
            return false;
        interval->microseconds = unit == UNIT_DAY ? 0 : interval->microseconds / span * span;
        return true;
    }
    interval->days = 0;
    interval->microseconds = 0;
    return true;
}

static void interval_trunc(KERNEL_PARAMETERS) {
    Interval *results = result->values;
    for (int i = 0; i < row_count; i++) {
        Unit unit = unit_of(arguments[0], i);
        results[i] = KERNEL_AT(Interval, arguments[1], i);
        if (!truncate_interval(&results[i], unit))
            fail_unit(context, i, arguments[0], unit, arguments[1]->type, unit_is_span(unit));
    }
}

/* ---- date_bin ---- */

static void date_bin(KERNEL_PARAMETERS) {
    int64_t *results = result->values;
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const Interval *stride = &KERNEL_AT(Interval, arguments[0], i);
        int64_t timestamp = column_int8(arguments[1], i), origin = column_int8(arguments[2], i);
        int64_t step = 0, difference = 0;
        if (!timestamp_is_finite(timestamp)) {
            results[i] = timestamp;
        } else if (!timestamp_is_finite(origin)) {
            KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "origin out of range");
        } else if (stride->months != 0) {
            KERNEL_FAIL(context, i, STATUS_FEATURE_NOT_SUPPORTED,
                "timestamps cannot be binned into intervals containing months or years");
        } else if (__builtin_mul_overflow((int64_t)stride->days, USECS_PER_DAY, &step) ||
                   __builtin_add_overflow(step, stride->microseconds, &step) ||
                   __builtin_sub_overflow(timestamp, origin, &difference)) {
            KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "interval out of range");
        } else if (step <= 0) {
            KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "stride must be greater than zero");
        } else {
            results[i] = timestamp - floor_modulo(difference, step);
            if (!timestamp_in_range(results[i]))
                KERNEL_FAIL(context, i, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
        }
    }
}

const FunctionRow datetime_fields_functions[] = {
    {"extract(text, timestamp) -> numeric", extract},
    {"extract(text, timestamptz) -> numeric", extract, FUNCTION_STABLE},
    {"extract(text, date) -> numeric", extract},
    {"extract(text, time) -> numeric", extract},
    {"extract(text, interval) -> numeric", extract},
    {"date_part(text, timestamp) -> float8", date_part},
    {"date_part(text, timestamptz) -> float8", date_part, FUNCTION_STABLE},
    {"date_part(text, time) -> float8", date_part},
    {"date_part(text, interval) -> float8", date_part},
    {"date_trunc(text, timestamp) -> timestamp", timestamp_trunc, FUNCTION_MONOTONE_SECOND},
    {"date_trunc(text, timestamptz) -> timestamptz", timestamptz_trunc,
        FUNCTION_STABLE | FUNCTION_MONOTONE_SECOND},
    {"date_trunc(text, timestamptz, text) -> timestamptz", timestamptz_trunc_zone, FUNCTION_MONOTONE_SECOND},
    {"date_trunc(text, interval) -> interval", interval_trunc},
    {"date_bin(interval, timestamp, timestamp) -> timestamp", date_bin, FUNCTION_MONOTONE_SECOND},
    {"date_bin(interval, timestamptz, timestamptz) -> timestamptz", date_bin, FUNCTION_MONOTONE_SECOND},
    {0},
};
