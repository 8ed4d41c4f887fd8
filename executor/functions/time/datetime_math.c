/* Arithmetic of moments and intervals. */
#include "executor/functions/time/datetime_math.h"

#include <math.h>

static bool add_months(Civil *civil, int64_t months) {
    int64_t total = (int64_t)civil->year * 12 + civil->month - 1 + months;
    int64_t year = floor_divide(total, 12);
    if (year < -5000 || year > 6000000)
        return false;
    civil->year = (int)year;
    civil->month = (int)floor_modulo(total, 12) + 1;
    int length = month_length(civil->year, civil->month);
    if (civil->day > length)
        civil->day = length;
    return true;
}

bool timestamp_add_interval(
    int64_t timestamp, const Interval *interval, int sign, const Timezone *zone, int64_t *out) {
    *out = timestamp;
    if (!timestamp_is_finite(timestamp))
        return true;
    int64_t months = (int64_t)sign * interval->months, days = (int64_t)sign * interval->days;
    if (months != 0) {
        Civil civil;
        if (zone != NULL && !timestamp_to_local(zone, timestamp, &timestamp))
            return false;
        civil_from_timestamp(timestamp, &civil);
        if (!add_months(&civil, months) || !civil_to_timestamp(&civil, &timestamp))
            return false;
        if (zone != NULL && !timestamp_from_local(zone, timestamp, &timestamp))
            return false;
    }
    if (days != 0) {
        if (zone != NULL && !timestamp_to_local(zone, timestamp, &timestamp))
            return false;
        int64_t shift;
        if (__builtin_mul_overflow(days, USECS_PER_DAY, &shift) ||
            __builtin_add_overflow(timestamp, shift, &timestamp) || !timestamp_in_range(timestamp))
            return false;
        if (zone != NULL && !timestamp_from_local(zone, timestamp, &timestamp))
            return false;
    }
    if (sign > 0 ? __builtin_add_overflow(timestamp, interval->microseconds, &timestamp)
                 : __builtin_sub_overflow(timestamp, interval->microseconds, &timestamp))
        return false;
    *out = timestamp;
    return timestamp_in_range(timestamp);
}

bool timestamp_subtract(int64_t a, int64_t b, Interval *out) {
    Interval difference = {0};
    return !__builtin_sub_overflow(a, b, &difference.microseconds) &&
           interval_justify_hours(&difference, out);
}

void timestamp_age(int64_t a, int64_t b, Interval *out) {
    Civil x, y;
    civil_from_timestamp(a, &x);
    civil_from_timestamp(b, &y);
    int sign = a < b ? -1 : 1;
    int64_t time = sign * (civil_time_of_day(&x) - civil_time_of_day(&y));
    int days = sign * (x.day - y.day), months = sign * ((x.year - y.year) * 12 + x.month - y.month);
    if (time < 0) {
        time += USECS_PER_DAY;
        days--;
    }
    const Civil *earlier = sign < 0 ? &x : &y;
    while (days < 0) {
        days += month_length(earlier->year, earlier->month);
        months--;
    }
    *out = (Interval){sign * time, sign * days, sign * months};
}

bool interval_add(const Interval *a, const Interval *b, Interval *out) {
    return !(__builtin_add_overflow(a->months, b->months, &out->months) |
             __builtin_add_overflow(a->days, b->days, &out->days) |
             __builtin_add_overflow(a->microseconds, b->microseconds, &out->microseconds));
}

bool interval_subtract(const Interval *a, const Interval *b, Interval *out) {
    return !(__builtin_sub_overflow(a->months, b->months, &out->months) |
             __builtin_sub_overflow(a->days, b->days, &out->days) |
             __builtin_sub_overflow(a->microseconds, b->microseconds, &out->microseconds));
}

bool interval_negate(const Interval *a, Interval *out) {
    Interval zero = {0};
    return interval_subtract(&zero, a, out);
}

static bool fits_int32(double value) {
    return value >= (double)INT32_MIN && value < -(double)INT32_MIN;
}
static bool fits_int64(double value) {
    return value >= (double)INT64_MIN && value < -(double)INT64_MIN;
}
/* Drops the digits that floating point made up. */
static double round_to_microsecond(double seconds) {
    return rint(seconds * 1000000) / 1000000;
}

/* months, days and time are the scaled fields. */
static bool interval_from_scaled(double months, double days, double microseconds, Interval *out) {
    if (isnan(months) || isnan(days) || !fits_int32(months) || !fits_int32(days))
        return false;
    out->months = (int32_t)months;
    out->days = (int32_t)days;
    double month_days = round_to_microsecond((months - out->months) * DAYS_PER_MONTH);
    double seconds =
        round_to_microsecond((days - out->days + month_days - (int)month_days) * (double)SECONDS_PER_DAY);
    if (fabs(seconds) >= (double)SECONDS_PER_DAY) {
        if (__builtin_add_overflow(out->days, (int)(seconds / (double)SECONDS_PER_DAY), &out->days))
            return false;
        seconds -= (int)(seconds / (double)SECONDS_PER_DAY) * (double)SECONDS_PER_DAY;
    }
    if (__builtin_add_overflow(out->days, (int32_t)month_days, &out->days))
        return false;
    double time = rint(microseconds + seconds * (double)USECS_PER_SECOND);
    if (isnan(time) || !fits_int64(time))
        return false;
    out->microseconds = (int64_t)time;
    return true;
}

bool interval_multiply(const Interval *a, double factor, Interval *out) {
    return interval_from_scaled(a->months * factor, a->days * factor, (double)a->microseconds * factor, out);
}

bool interval_divide(const Interval *a, double divisor, Interval *out) {
    return interval_from_scaled(
        a->months / divisor, a->days / divisor, (double)a->microseconds / divisor, out);
}

bool interval_justify_hours(const Interval *a, Interval *out) {
    int64_t days = a->microseconds / USECS_PER_DAY;
    *out = (Interval){a->microseconds - days * USECS_PER_DAY, a->days, a->months};
    if (__builtin_add_overflow(out->days, days, &out->days))
        return false;
    if (out->days > 0 && out->microseconds < 0) {
        out->microseconds += USECS_PER_DAY;
        out->days--;
    } else if (out->days < 0 && out->microseconds > 0) {
        out->microseconds -= USECS_PER_DAY;
        out->days++;
    }
    return true;
}

bool interval_justify_days(const Interval *a, Interval *out) {
    int32_t months = a->days / DAYS_PER_MONTH;
    *out = (Interval){a->microseconds, a->days - months * DAYS_PER_MONTH, a->months};
    if (__builtin_add_overflow(out->months, months, &out->months))
        return false;
    if (out->months > 0 && out->days < 0) {
        out->days += DAYS_PER_MONTH;
        out->months--;
    } else if (out->months < 0 && out->days > 0) {
        out->days -= DAYS_PER_MONTH;
        out->months++;
    }
    return true;
}

bool interval_justify(const Interval *a, Interval *out) {
    *out = *a;
    int32_t months;
    if ((out->days > 0 && out->microseconds > 0) || (out->days < 0 && out->microseconds < 0)) {
        /* Whole months of days first, so that the days of the time cannot overflow. */
        months = out->days / DAYS_PER_MONTH;
        out->days -= months * DAYS_PER_MONTH;
        if (__builtin_add_overflow(out->months, months, &out->months))
            return false;
    }
    int64_t days = out->microseconds / USECS_PER_DAY;
    out->microseconds -= days * USECS_PER_DAY;
    if (__builtin_add_overflow(out->days, days, &out->days))
        return false;
    months = out->days / DAYS_PER_MONTH;
    out->days -= months * DAYS_PER_MONTH;
    if (__builtin_add_overflow(out->months, months, &out->months))
        return false;
    if (out->months > 0 && (out->days < 0 || (out->days == 0 && out->microseconds < 0))) {
        out->days += DAYS_PER_MONTH;
        out->months--;
    } else if (out->months < 0 && (out->days > 0 || (out->days == 0 && out->microseconds > 0))) {
        out->days -= DAYS_PER_MONTH;
        out->months++;
    }
    if (out->days > 0 && out->microseconds < 0) {
        out->microseconds += USECS_PER_DAY;
        out->days--;
    } else if (out->days < 0 && out->microseconds > 0) {
        out->microseconds -= USECS_PER_DAY;
        out->days++;
    }
    return true;
}

bool civil_truncate(Civil *c, Unit unit) {
    int y = c->year;
    switch (unit) {
    case UNIT_MICROSECOND:
        return true;
    case UNIT_MILLISECOND:
        c->microsecond = c->microsecond / 1000 * 1000;
        return true;
    case UNIT_WEEK: {
        int iso_year;
        int week = iso_week(civil_to_days(c->year, c->month, c->day), &iso_year);
        civil_from_days(iso_week_start(iso_year, week), &c->year, &c->month, &c->day);
        break;
    }
    case UNIT_MILLENNIUM:
        c->year = y > 0 ? (y + 999) / 1000 * 1000 - 999 : -((999 - (y - 1)) / 1000) * 1000 + 1;
        c->month = c->day = 1;
        break;
    case UNIT_CENTURY:
        c->year = y > 0 ? (y + 99) / 100 * 100 - 99 : -((99 - (y - 1)) / 100) * 100 + 1;
        c->month = c->day = 1;
        break;
    case UNIT_DECADE:
        c->year = y > 0 ? y / 10 * 10 : -((8 - (y - 1)) / 10) * 10;
        c->month = c->day = 1;
        break;
    case UNIT_YEAR:
        c->month = c->day = 1;
        break;
    case UNIT_QUARTER:
        c->month = 3 * ((c->month - 1) / 3) + 1;
        c->day = 1;
        break;
    case UNIT_MONTH:
        c->day = 1;
        break;
    case UNIT_DAY:
        break;
    case UNIT_HOUR:
        c->minute = c->second = c->microsecond = 0;
        return true;
    case UNIT_MINUTE:
        c->second = c->microsecond = 0;
        return true;
    case UNIT_SECOND:
        c->microsecond = 0;
        return true;
    default:
        return false;
    }
    c->hour = c->minute = c->second = c->microsecond = 0;
    return true;
}
