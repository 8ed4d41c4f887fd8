/* interval: text in all forms PostgreSQL reads, the four output styles, wire form, order. */
#include "executor/types/time/interval.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/types/time/datetime_text.h"
#include "executor/types/operations.h"

typedef enum IntervalStyle { STYLE_POSTGRES, STYLE_VERBOSE, STYLE_SQL, STYLE_ISO } IntervalStyle;

static IntervalStyle style_of(const TypeSettings *settings) {
    const char *name = settings->interval_style;
    if (strcmp(name, "postgres_verbose") == 0)
        return STYLE_VERBOSE;
    if (strcmp(name, "sql_standard") == 0)
        return STYLE_SQL;
    return strcmp(name, "iso_8601") == 0 ? STYLE_ISO : STYLE_POSTGRES;
}

/* ---- sums that must not overflow ---- */

/* Years apart from months, because each has the range of an int32. */
typedef struct Sum {
    int64_t microseconds;
    int32_t days;
    int32_t months;
    int32_t years;
} Sum;

static bool add_microseconds(Sum *to, int64_t value, int64_t scale) {
    int64_t product;
    return !__builtin_mul_overflow(value, scale, &product) &&
           !__builtin_add_overflow(to->microseconds, product, &to->microseconds);
}

static bool add_days(Sum *to, int64_t value, int scale) {
    int32_t product;
    return !__builtin_mul_overflow(value, scale, &product) &&
           !__builtin_add_overflow(to->days, product, &to->days);
}

static bool add_months(Sum *to, int64_t value) {
    return value == (int32_t)value && !__builtin_add_overflow(to->months, (int32_t)value, &to->months);
}

static bool add_years(Sum *to, int64_t value, int scale) {
    int32_t product;
    return !__builtin_mul_overflow(value, scale, &product) &&
           !__builtin_add_overflow(to->years, product, &to->years);
}

static bool add_fraction(Sum *to, double fraction, int64_t scale) {
    fraction *= (double)scale;
    int64_t whole = (int64_t)fraction;
    fraction -= (double)whole;
    whole += (fraction > 0.5) - (fraction < -0.5);
    return !__builtin_add_overflow(to->microseconds, whole, &to->microseconds);
}

static bool add_fraction_days(Sum *to, double fraction, int scale) {
    fraction *= scale;
    int whole = (int)fraction;
    return !__builtin_add_overflow(to->days, whole, &to->days) &&
           add_fraction(to, fraction - whole, USECS_PER_DAY);
}

static bool add_fraction_years(Sum *to, double fraction, int scale) {
    return !__builtin_add_overflow(to->months, (int)rint(fraction * scale * MONTHS_PER_YEAR), &to->months);
}

/* Adds value + fraction of a unit. */
static DatetimeFault add_unit(Sum *to, Unit unit, int64_t value, double fraction) {
    bool is_fine;
    switch (unit) {
    case UNIT_MICROSECOND:
        is_fine = add_microseconds(to, value, 1) && add_fraction(to, fraction, 1);
        break;
    case UNIT_MILLISECOND:
        is_fine = add_microseconds(to, value, 1000) && add_fraction(to, fraction, 1000);
        break;
    case UNIT_SECOND:
        is_fine =
            add_microseconds(to, value, USECS_PER_SECOND) && add_fraction(to, fraction, USECS_PER_SECOND);
        break;
    case UNIT_MINUTE:
        is_fine =
            add_microseconds(to, value, USECS_PER_MINUTE) && add_fraction(to, fraction, USECS_PER_MINUTE);
        break;
    case UNIT_HOUR:
        is_fine = add_microseconds(to, value, USECS_PER_HOUR) && add_fraction(to, fraction, USECS_PER_HOUR);
        break;
    case UNIT_DAY:
        is_fine = add_days(to, value, 1) && add_fraction(to, fraction, USECS_PER_DAY);
        break;
    case UNIT_WEEK:
        is_fine = add_days(to, value, 7) && add_fraction_days(to, fraction, 7);
        break;
    case UNIT_MONTH:
        is_fine = add_months(to, value) && add_fraction_days(to, fraction, DAYS_PER_MONTH);
        break;
    case UNIT_YEAR:
        is_fine = add_years(to, value, 1) && add_fraction_years(to, fraction, 1);
        break;
    case UNIT_DECADE:
        is_fine = add_years(to, value, 10) && add_fraction_years(to, fraction, 10);
        break;
    case UNIT_CENTURY:
        is_fine = add_years(to, value, 100) && add_fraction_years(to, fraction, 100);
        break;
    case UNIT_MILLENNIUM:
        is_fine = add_years(to, value, 1000) && add_fraction_years(to, fraction, 1000);
        break;
    default:
        return DATETIME_BAD_FORMAT;
    }
    return is_fine ? DATETIME_FINE : DATETIME_FIELD_OVERFLOW;
}

/* ---- words and clock times ---- */

/* "[h:]m[:s[.f]]"; what two fields mean depends on the modifier's fields. */
static DatetimeFault read_clock(const char *text, int fields, Sum *to) {
    char *end;
    int fraction = 0;
    errno = 0;
    int64_t hour = strtoll(text, &end, 10);
    if (errno == ERANGE)
        return DATETIME_FIELD_OVERFLOW;
    if (*end != ':')
        return DATETIME_BAD_FORMAT;
    int64_t minute = strtoll(end + 1, &end, 10), second = 0;
    if (errno == ERANGE || minute > INT32_MAX)
        return DATETIME_FIELD_OVERFLOW;
    if (*end == 0 && fields == (INTERVAL_MINUTE | INTERVAL_SECOND)) {
        second = minute;
        minute = hour;
        hour = 0;
    } else if (*end == '.') {
        if (!datetime_fraction(end, &fraction))
            return DATETIME_BAD_FORMAT;
        if (hour > INT32_MAX || hour < INT32_MIN)
            return DATETIME_FIELD_OVERFLOW;
        second = minute;
        minute = hour;
        hour = 0;
    } else if (*end == ':') {
        second = strtoll(end + 1, &end, 10);
        if (errno == ERANGE || second > INT32_MAX)
            return DATETIME_FIELD_OVERFLOW;
        if (*end != 0 && !datetime_fraction(end, &fraction))
            return DATETIME_BAD_FORMAT;
    } else if (*end != 0) {
        return DATETIME_BAD_FORMAT;
    }
    if (hour < 0 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return DATETIME_FIELD_OVERFLOW;
    int64_t whole;
    if (__builtin_mul_overflow(hour, USECS_PER_HOUR, &whole) ||
        __builtin_add_overflow(
            whole, (minute * 60 + second) * USECS_PER_SECOND + fraction, &to->microseconds))
        return DATETIME_FIELD_OVERFLOW;
    return DATETIME_FINE;
}

/* The unit that a last number without one has. */
static Unit last_unit(int fields) {
    if (fields == INTERVAL_YEAR)
        return UNIT_YEAR;
    if (fields == INTERVAL_MONTH || fields == (INTERVAL_YEAR | INTERVAL_MONTH))
        return UNIT_MONTH;
    if (fields == INTERVAL_DAY)
        return UNIT_DAY;
    if (fields == INTERVAL_HOUR || fields == (INTERVAL_DAY | INTERVAL_HOUR))
        return UNIT_HOUR;
    if (fields != INTERVAL_ALL_FIELDS && (fields & INTERVAL_MINUTE) && !(fields & INTERVAL_SECOND))
        return UNIT_MINUTE;
    return UNIT_SECOND;
}

typedef struct Reader {
    Sum *out;
    int fields;
    uint32_t seen;    /* a bit a Unit */
    Unit unit;        /* of the number to the left */
    bool is_negative; /* the SQL style's one sign for all */
    bool is_ago;
    bool is_reserved;
} Reader;

static const uint32_t clock_units =
    1u << UNIT_HOUR | 1u << UNIT_MINUTE | 1u << UNIT_SECOND | 1u << UNIT_MILLISECOND | 1u << UNIT_MICROSECOND;

static DatetimeFault read_number(Reader *r, const char *text, uint32_t *mask) {
    if (r->unit == UNIT_NONE)
        r->unit = last_unit(r->fields);
    char *end;
    errno = 0;
    int64_t value = strtoll(text, &end, 10);
    double fraction = 0;
    if (errno == ERANGE)
        return DATETIME_FIELD_OVERFLOW;
    if (*end == '-') {
        /* SQL's "years-months" */
        const char *start = end + 1;
        int64_t months = strtoll(start, &end, 10);
        if (errno == ERANGE || months < 0 || months >= MONTHS_PER_YEAR)
            return DATETIME_FIELD_OVERFLOW;
        if (*end != 0)
            return DATETIME_BAD_FORMAT;
        if (*text == '-')
            months = -months;
        r->unit = UNIT_MONTH;
        if (__builtin_mul_overflow(value, MONTHS_PER_YEAR, &value) ||
            __builtin_add_overflow(value, months, &value))
            return DATETIME_FIELD_OVERFLOW;
    } else if (*end == '.') {
        if (strspn(end + 1, "0123456789") != strlen(end + 1))
            return DATETIME_BAD_FORMAT;
        fraction = end[1] == 0 ? 0 : strtod(end, NULL);
        if (*text == '-')
            fraction = -fraction;
    } else if (*end != 0) {
        return DATETIME_BAD_FORMAT;
    }
    if (r->is_negative) {
        value = value > 0 ? -value : value;
        fraction = fraction > 0 ? -fraction : fraction;
    }
    DatetimeFault fault = add_unit(r->out, r->unit, value, fraction);
    *mask = 1u << r->unit;
    if (r->unit == UNIT_SECOND && fraction != 0)
        *mask |= 1u << UNIT_MILLISECOND | 1u << UNIT_MICROSECOND;
    if (r->unit == UNIT_HOUR)
        r->unit = UNIT_DAY;
    return fault;
}

static DatetimeFault read_field(Reader *r, FieldKind kind, const char *text, uint32_t *mask) {
    *mask = 0;
    if (kind == FIELD_TIME || (kind == FIELD_ZONE && strchr(text + 1, ':') != NULL)) {
        DatetimeFault fault = read_clock(text + (kind == FIELD_ZONE), r->fields, r->out);
        if (fault != DATETIME_FINE && kind == FIELD_TIME)
            return fault;
        if (fault == DATETIME_FINE) {
            if (kind == FIELD_ZONE ? *text == '-' : r->is_negative)
                r->out->microseconds = -r->out->microseconds;
            r->unit = UNIT_DAY;
            *mask = clock_units;
            return DATETIME_FINE;
        }
    }
    if (kind != FIELD_STRING && kind != FIELD_SPECIAL)
        return read_number(r, text, mask);
    if (strcmp(text, "ago") == 0) {
        r->is_ago = true;
        r->unit = UNIT_NONE;
        return DATETIME_FINE;
    }
    int value;
    r->unit = unit_by_name(text, strlen(text));
    if (r->unit != UNIT_NONE)
        return DATETIME_FINE;
    WordKind word = datetime_word(text, &value);
    if (word == WORD_IGNORE)
        return DATETIME_FINE;
    return DATETIME_BAD_FORMAT;
}

/* "1 year 2-3 4 05:06:07 ago", read from the right, because the unit stands right of its number. */
static DatetimeFault read_words(const char *text, size_t length, int fields, bool is_sql_style, Sum *out) {
    DatetimeFields parts;
    DatetimeFault fault = datetime_split(text, length, &parts);
    if (fault != DATETIME_FINE)
        return fault;
    Reader r = {.out = out, .fields = fields};
    if (is_sql_style && parts.texts[0][0] == '-') {
        r.is_negative = true;
        for (int i = 1; i < parts.count; i++)
            if (parts.texts[i][0] == '-' || parts.texts[i][0] == '+')
                r.is_negative = false;
    }
    for (int i = parts.count - 1; i >= 0; i--) {
        uint32_t mask;
        fault = read_field(&r, parts.kinds[i], parts.texts[i], &mask);
        if (fault != DATETIME_FINE)
            return fault;
        if (mask & r.seen)
            return DATETIME_BAD_FORMAT;
        r.seen |= mask;
    }
    if (r.seen == 0)
        return DATETIME_BAD_FORMAT;
    if (r.is_ago) {
        if (out->microseconds == INT64_MIN || out->days == INT32_MIN || out->months == INT32_MIN ||
            out->years == INT32_MIN)
            return DATETIME_FIELD_OVERFLOW;
        *out = (Sum){-out->microseconds, -out->days, -out->months, -out->years};
    }
    return DATETIME_FINE;
}

/* ---- ISO 8601: "P1Y2M3DT4H5M6S", "P0001-02-03T04:05:06" ---- */

static DatetimeFault read_iso_number(const char **at, int64_t *whole, double *fraction) {
    if (!isdigit((unsigned char)**at) && **at != '-' && **at != '.')
        return DATETIME_BAD_FORMAT;
    char *end;
    errno = 0;
    double value = strtod(*at, &end);
    if (end == *at || errno != 0)
        return DATETIME_BAD_FORMAT;
    *at = end;
    if (isnan(value) || value < -1e15 || value > 1e15)
        return DATETIME_FIELD_OVERFLOW;
    *whole = value >= 0 ? (int64_t)floor(value) : (int64_t)-floor(-value);
    *fraction = value - (double)*whole;
    return DATETIME_FINE;
}

static Unit iso_unit(char letter, bool is_date) {
    switch (letter) {
    case 'Y':
        return is_date ? UNIT_YEAR : UNIT_NONE;
    case 'M':
        return is_date ? UNIT_MONTH : UNIT_MINUTE;
    case 'W':
        return is_date ? UNIT_WEEK : UNIT_NONE;
    case 'D':
        return is_date ? UNIT_DAY : UNIT_NONE;
    case 'H':
        return is_date ? UNIT_NONE : UNIT_HOUR;
    case 'S':
        return is_date ? UNIT_NONE : UNIT_SECOND;
    }
    return UNIT_NONE;
}

/* The alternative forms: fields in fixed order with separators, or run together in eight (six) digits. */
static DatetimeFault read_iso_fixed(
    const char **at, const char *start, bool is_date, int64_t whole, double fraction, Sum *out) {
    static const Unit dates[] = {UNIT_YEAR, UNIT_MONTH, UNIT_DAY},
                      times[] = {UNIT_HOUR, UNIT_MINUTE, UNIT_SECOND};
    const Unit *order = is_date ? dates : times;
    char mark = is_date ? '-' : ':';
    size_t digits = strspn(*start == '-' ? start + 1 : start, "0123456789");
    DatetimeFault fault = DATETIME_FINE;
    if (**at != mark && digits == (is_date ? 8 : 6)) {
        int64_t scale = 10000;
        for (int i = 0; i < 3 && fault == DATETIME_FINE; i++, scale /= 100)
            fault =
                add_unit(out, order[i], i == 0 ? whole / scale : whole / scale % 100, i == 2 ? fraction : 0);
        return fault;
    }
    for (int i = 0;; i++) {
        fault = add_unit(out, order[i], whole, fraction);
        if (fault != DATETIME_FINE || **at != mark || i == 2)
            return fault;
        ++*at;
        fault = read_iso_number(at, &whole, &fraction);
        if (fault != DATETIME_FINE)
            return fault;
    }
}

static DatetimeFault read_iso(const char *text, Sum *out) {
    bool is_date = true, has_field = false;
    if (text[0] != 'P' || text[1] == 0)
        return DATETIME_BAD_FORMAT;
    const char *at = text + 1;
    while (*at != 0) {
        if (*at == 'T') {
            is_date = false;
            has_field = false;
            at++;
            continue;
        }
        const char *start = at;
        int64_t whole;
        double fraction;
        DatetimeFault fault = read_iso_number(&at, &whole, &fraction);
        if (fault != DATETIME_FINE)
            return fault;
        Unit unit = iso_unit(*at, is_date);
        if (unit != UNIT_NONE) {
            at++;
            fault = add_unit(out, unit, whole, fraction);
        } else if (has_field || (*at != 0 && *at != (is_date ? '-' : ':') && !(is_date && *at == 'T'))) {
            return DATETIME_BAD_FORMAT;
        } else {
            fault = read_iso_fixed(&at, start, is_date, whole, fraction, out);
            if (fault == DATETIME_FINE && *at != 0 && !(is_date && *at == 'T'))
                return DATETIME_BAD_FORMAT;
        }
        if (fault != DATETIME_FINE)
            return fault;
        has_field = true;
    }
    return DATETIME_FINE;
}

Status interval_apply_modifier(Interval *interval, int32_t modifier, Error *error) {
    static const int64_t steps[] = {1000000, 100000, 10000, 1000, 100, 10};
    if (modifier < 0)
        return OK;
    int fields = modifier >> 16 & INTERVAL_ALL_FIELDS, precision = modifier & INTERVAL_ALL_DIGITS;
    if (fields != INTERVAL_ALL_FIELDS && !(fields & INTERVAL_SECOND)) {
        int64_t step = fields & INTERVAL_MINUTE ? USECS_PER_MINUTE
                       : fields & INTERVAL_HOUR ? USECS_PER_HOUR
                                                : 0;
        interval->microseconds = step == 0 ? 0 : interval->microseconds / step * step;
        if (step == 0 && !(fields & INTERVAL_DAY))
            interval->days = 0;
        if (fields == INTERVAL_YEAR)
            interval->months = interval->months / MONTHS_PER_YEAR * MONTHS_PER_YEAR;
    }
    if (precision < 6) {
        int64_t step = steps[precision], half = step / 2, value = interval->microseconds;
        if (__builtin_add_overflow(value, value >= 0 ? half : -half, &value))
            return error_set(error, STATUS_DATETIME_FIELD_OVERFLOW, "interval out of range");
        interval->microseconds = value - value % step;
    }
    return OK;
}

Status interval_read(const char *text, size_t length, int32_t modifier, const TypeSettings *settings,
    Interval *out, Error *error) {
    int fields = modifier < 0 ? INTERVAL_ALL_FIELDS : modifier >> 16 & INTERVAL_ALL_FIELDS;
    Sum sum = {0};
    DatetimeFault fault = read_words(text, length, fields, style_of(settings) == STYLE_SQL, &sum);
    if (fault == DATETIME_BAD_FORMAT && length < DATETIME_TEXT_MAX && length > 0 && text[0] == 'P') {
        char copy[DATETIME_TEXT_MAX + 1];
        memcpy(copy, text, length);
        copy[length] = 0;
        sum = (Sum){0};
        fault = read_iso(copy, &sum);
    }
    if (fault != DATETIME_FINE)
        return datetime_fail(fault == DATETIME_FIELD_OVERFLOW ? DATETIME_INTERVAL_OVERFLOW : fault, text,
            length, "interval", error);
    int64_t months = (int64_t)sum.years * MONTHS_PER_YEAR + sum.months;
    if (months != (int32_t)months)
        return error_set(error, STATUS_DATETIME_FIELD_OVERFLOW, "interval out of range");
    *out = (Interval){sum.microseconds, sum.days, (int32_t)months};
    return interval_apply_modifier(out, modifier, error);
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    return interval_read(text, length, type.modifier, settings, &out->interval, error);
}

/* ---- out ---- */

typedef struct Parts {
    int years, months, days;
    int64_t hours;
    int minutes, seconds, microseconds;
} Parts;

static Parts parts_of(const Interval *interval) {
    int64_t time = interval->microseconds;
    return (Parts){interval->months / 12, interval->months % 12, interval->days, time / USECS_PER_HOUR,
        (int)(time / USECS_PER_MINUTE % 60), (int)(time / USECS_PER_SECOND % 60),
        (int)(time % USECS_PER_SECOND)};
}

/* Seconds without sign; trailing zeros of the fraction cut. */
static char *add_seconds(char *to, const Parts *p, bool is_padded) {
    to += sprintf(to, is_padded ? "%02d" : "%d", abs(p->seconds));
    if (p->microseconds != 0) {
        to += sprintf(to, ".%06d", abs(p->microseconds));
        while (to[-1] == '0')
            to--;
    }
    return to;
}

static bool has_negative_seconds(const Parts *p) {
    return p->seconds < 0 || p->microseconds < 0;
}

static char *add_postgres(char *to, const Parts *p) {
    static const char *const units[] = {"year", "mon", "day"};
    int values[] = {p->years, p->months, p->days};
    bool is_first = true, was_negative = false;
    for (int i = 0; i < 3; i++) {
        if (values[i] == 0)
            continue;
        to += sprintf(to, "%s%s%d %s%s", is_first ? "" : " ", was_negative && values[i] > 0 ? "+" : "",
            values[i], units[i], values[i] == 1 ? "" : "s");
        was_negative = values[i] < 0;
        is_first = false;
    }
    if (is_first || p->hours != 0 || p->minutes != 0 || p->seconds != 0 || p->microseconds != 0) {
        bool is_negative = p->hours < 0 || p->minutes < 0 || has_negative_seconds(p);
        to += sprintf(to, "%s%s%02lld:%02d:", is_first ? "" : " ",
            is_negative    ? "-"
            : was_negative ? "+"
                           : "",
            llabs(p->hours), abs(p->minutes));
        to = add_seconds(to, p, true);
    }
    return to;
}

static char *add_verbose(char *to, const Parts *p) {
    static const char *const units[] = {"year", "mon", "day", "hour", "min"};
    int64_t values[] = {p->years, p->months, p->days, p->hours, p->minutes};
    bool is_before = false, is_zero = true;
    *to++ = '@';
    for (int i = 0; i < 5; i++) {
        int64_t value = values[i];
        if (value == 0)
            continue;
        if (is_zero) {
            is_before = value < 0;
            value = llabs(value);
        } else if (is_before) {
            value = -value;
        }
        to += sprintf(to, " %lld %s%s", (long long)value, units[i], value == 1 ? "" : "s");
        is_zero = false;
    }
    if (p->seconds != 0 || p->microseconds != 0) {
        *to++ = ' ';
        bool is_negative = has_negative_seconds(p);
        if (is_negative && is_zero)
            is_before = true;
        else if (is_negative != is_before)
            *to++ = '-';
        to = add_seconds(to, p, false);
        to += sprintf(to, " sec%s", abs(p->seconds) != 1 || p->microseconds != 0 ? "s" : "");
        is_zero = false;
    }
    if (is_zero)
        to += sprintf(to, " 0");
    if (is_before)
        to += sprintf(to, " ago");
    return to;
}

static char *add_iso(char *to, const Parts *p) {
    char *start = to;
    to += sprintf(to, "P");
    if (p->years != 0)
        to += sprintf(to, "%dY", p->years);
    if (p->months != 0)
        to += sprintf(to, "%dM", p->months);
    if (p->days != 0)
        to += sprintf(to, "%dD", p->days);
    if (p->hours != 0 || p->minutes != 0 || p->seconds != 0 || p->microseconds != 0)
        *to++ = 'T';
    if (p->hours != 0)
        to += sprintf(to, "%lldH", (long long)p->hours);
    if (p->minutes != 0)
        to += sprintf(to, "%dM", p->minutes);
    if (p->seconds != 0 || p->microseconds != 0) {
        if (has_negative_seconds(p))
            *to++ = '-';
        to = add_seconds(to, p, false);
        *to++ = 'S';
    }
    return to - start == 1 ? start + sprintf(start, "PT0S") : to;
}

static char *add_sql(char *to, const Parts *p) {
    bool has_negative = p->years < 0 || p->months < 0 || p->days < 0 || p->hours < 0 || p->minutes < 0 ||
                        has_negative_seconds(p);
    bool has_positive = p->years > 0 || p->months > 0 || p->days > 0 || p->hours > 0 || p->minutes > 0 ||
                        p->seconds > 0 || p->microseconds > 0;
    bool has_months = p->years != 0 || p->months != 0;
    bool has_clock = p->hours != 0 || p->minutes != 0 || p->seconds != 0 || p->microseconds != 0;
    bool has_day = p->days != 0;
    if (!has_negative && !has_positive)
        return to + sprintf(to, "0");
    if ((has_negative && has_positive) || (has_months && (has_day || has_clock))) {
        /* No single sign or class of fields says it: every field is written with its own. */
        bool is_negative = p->hours < 0 || p->minutes < 0 || has_negative_seconds(p);
        to += sprintf(to, "%c%d-%d %c%lld %c%lld:%02d:", p->years < 0 || p->months < 0 ? '-' : '+',
            abs(p->years), abs(p->months), p->days < 0 ? '-' : '+', llabs(p->days), is_negative ? '-' : '+',
            llabs(p->hours), abs(p->minutes));
        return add_seconds(to, p, true);
    }
    if (has_negative)
        *to++ = '-';
    if (has_months)
        return to + sprintf(to, "%d-%d", abs(p->years), abs(p->months));
    if (has_day)
        to += sprintf(to, "%d ", abs(p->days));
    to += sprintf(to, "%lld:%02d:", llabs(p->hours), abs(p->minutes));
    return add_seconds(to, p, true);
}

size_t interval_write(const Interval *interval, const TypeSettings *settings, char *out) {
    Parts parts = parts_of(interval);
    switch (style_of(settings)) {
    case STYLE_VERBOSE:
        return (size_t)(add_verbose(out, &parts) - out);
    case STYLE_SQL:
        return (size_t)(add_sql(out, &parts) - out);
    case STYLE_ISO:
        return (size_t)(add_iso(out, &parts) - out);
    case STYLE_POSTGRES:
        break;
    }
    return (size_t)(add_postgres(out, &parts) - out);
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    char *to = text_reserve(out, INTERVAL_TEXT_MAX);
    size_t length = interval_write(element, settings, to);
    to[length] = 0;
    out->length += length;
}

/* ---- wire, order, key ---- */

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (length != 16)
        return type_binary_error(error);
    out->interval =
        (Interval){(int64_t)wire_u64(bytes), (int32_t)wire_u32(bytes + 8), (int32_t)wire_u32(bytes + 12)};
    return interval_apply_modifier(&out->interval, type.modifier, error);
}

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    const Interval *interval = element;
    wire_add_u64(out, (uint64_t)interval->microseconds);
    wire_add_u32(out, (uint32_t)interval->days);
    wire_add_u32(out, (uint32_t)interval->months);
}

static int compare(Type type, const void *a, const void *b) {
    __int128 x = interval_span(a), y = interval_span(b);
    return (x > y) - (x < y);
}

static void add_key(Type type, const void *element, Text *out) {
    __int128 span = interval_span(element);
    text_add_u64(out, (uint64_t)span);
    text_add_u64(out, (uint64_t)(span >> 64));
}

const TypeOperations interval_operations = {parse, format, receive, send, compare, add_key};
