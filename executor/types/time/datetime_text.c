/* Datetime text: cuts a text into fields by their look, then gives each field its meaning by what came before
   it. The rules are PostgreSQL's, which accept almost every way people write a moment. */
#include "executor/types/time/datetime_text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

DateStyle date_style_of(const TypeSettings *settings) {
    switch (settings->date_style[0] | 32) {
    case 's':
        return DATE_STYLE_SQL;
    case 'p':
        return DATE_STYLE_POSTGRES;
    case 'g':
        return DATE_STYLE_GERMAN;
    }
    return DATE_STYLE_ISO;
}

DateOrder date_order_of(const TypeSettings *settings) {
    for (const char *at = settings->date_style; *at != 0; at++) {
        if (strncasecmp(at, "dmy", 3) == 0 || strncasecmp(at, "euro", 4) == 0)
            return DATE_ORDER_DMY;
        if (strncasecmp(at, "ymd", 3) == 0)
            return DATE_ORDER_YMD;
        if (strncasecmp(at, "mdy", 3) == 0)
            return DATE_ORDER_MDY;
    }
    return date_style_of(settings) == DATE_STYLE_GERMAN ? DATE_ORDER_DMY : DATE_ORDER_MDY;
}

Status datetime_fail(
    DatetimeFault fault, const char *text, size_t length, const char *type_name, Error *error) {
    int size = (int)length;
    switch (fault) {
    case DATETIME_FINE:
    case DATETIME_BAD_FORMAT:
        break;
    case DATETIME_FIELD_OVERFLOW:
        return error_set(error, STATUS_DATETIME_FIELD_OVERFLOW,
            "date/time field value out of range: \"%.*s\"", size, text);
    case DATETIME_ORDER_OVERFLOW:
        error_set(error, STATUS_DATETIME_FIELD_OVERFLOW, "date/time field value out of range: \"%.*s\"", size,
            text);
        return error == NULL ? STATUS_DATETIME_FIELD_OVERFLOW
                             : error_hint(error, "Perhaps you need a different \"datestyle\" setting.");
    case DATETIME_INTERVAL_OVERFLOW:
        return error_set(
            error, STATUS_INTERVAL_FIELD_OVERFLOW, "interval field value out of range: \"%.*s\"", size, text);
    case DATETIME_ZONE_OVERFLOW:
        return error_set(error, STATUS_INVALID_TIME_ZONE_DISPLACEMENT_VALUE,
            "time zone displacement out of range: \"%.*s\"", size, text);
    case DATETIME_UNKNOWN_ZONE:
        return error == NULL ? STATUS_INVALID_PARAMETER_VALUE : error->status;
    }
    return error_set(error, STATUS_INVALID_DATETIME_FORMAT, "invalid input syntax for type %s: \"%.*s\"",
        type_name, size, text);
}

/* ---- cutting ---- */

/* What a character may be part of; a table, because every moment of a stream is cut. */
enum {
    DIGIT = 1,
    ALPHA = 2,
    SPACE = 4,
    PUNCT = 8, /* the marks among them, too */
    DOT = 16,
    DASH = 32,
    SLASH = 64,
    COLON = 128,
    PLUS = 256,
    LOW_LINE = 512
};
static const uint16_t characters[256] = {
    ['\t' ... '\r'] = SPACE,
    [' '] = SPACE,
    ['!' ... '/'] = PUNCT,
    ['0' ... '9'] = DIGIT,
    [':' ... '@'] = PUNCT,
    ['A' ... 'Z'] = ALPHA,
    ['[' ... '`'] = PUNCT,
    ['a' ... 'z'] = ALPHA,
    ['{' ... '~'] = PUNCT,
    ['.'] = PUNCT | DOT,
    ['-'] = PUNCT | DASH,
    ['/'] = PUNCT | SLASH,
    [':'] = PUNCT | COLON,
    ['+'] = PUNCT | PLUS,
    ['_'] = PUNCT | LOW_LINE,
};

/* From the text to the fields' bytes, in lower case. */
typedef struct Cutter {
    const char *at; /* ends with a NUL, which is nothing of the above */
    char *to;
} Cutter;

static inline int is_at(const Cutter *cutter, int kinds) {
    return characters[(unsigned char)*cutter->at] & kinds;
}

/* In ASCII a lower case letter is the upper case one with 0x20, which is ALPHA << 4. */
static inline char lower_of(char letter) {
    return (char)(letter | (characters[(unsigned char)letter] & ALPHA) << 4);
}

static inline void take(Cutter *cutter) {
    *cutter->to++ = lower_of(*cutter->at++);
}

static inline void take_run(Cutter *cutter, int kinds) {
    const char *at = cutter->at;
    char *to = cutter->to;
    for (; characters[(unsigned char)*at] & kinds; at++)
        *to++ = kinds & ALPHA ? lower_of(*at) : *at;
    cutter->at = at;
    cutter->to = to;
}

/* What begins with a digit. */
static FieldKind cut_number(Cutter *cutter) {
    take_run(cutter, DIGIT);
    if (is_at(cutter, COLON)) {
        take_run(cutter, DIGIT | COLON | DOT);
        return FIELD_TIME;
    }
    int mark = is_at(cutter, DASH | SLASH | DOT);
    if (mark == 0)
        return FIELD_NUMBER;
    take(cutter);
    if (!is_at(cutter, DIGIT)) {
        take_run(cutter, DIGIT | ALPHA | mark);
        return FIELD_DATE;
    }
    take_run(cutter, DIGIT);
    if (!is_at(cutter, mark))
        return mark == DOT ? FIELD_NUMBER : FIELD_DATE;
    take_run(cutter, DIGIT | mark);
    return FIELD_DATE;
}

/* What begins with a letter: a word, or a date or a zone that goes on. */
static FieldKind cut_word(Cutter *cutter) {
    char *start = cutter->to;
    take_run(cutter, ALPHA);
    bool is_compound = is_at(cutter, DASH | SLASH | DOT);
    if (!is_compound && is_at(cutter, PLUS | DIGIT)) {
        int value;
        *cutter->to = 0;
        is_compound = datetime_word(start, &value) == WORD_UNKNOWN;
    }
    if (is_compound)
        take_run(cutter, ALPHA | DIGIT | PLUS | DASH | SLASH | LOW_LINE | DOT | COLON);
    return is_compound ? FIELD_DATE : FIELD_STRING;
}

/* What begins with a sign; false when nothing that has one follows. */
static bool cut_signed(Cutter *cutter, FieldKind *kind) {
    take(cutter);
    while (is_at(cutter, SPACE))
        cutter->at++;
    if (!is_at(cutter, DIGIT | ALPHA))
        return false;
    *kind = is_at(cutter, DIGIT) ? FIELD_ZONE : FIELD_SPECIAL;
    take_run(cutter, *kind == FIELD_ZONE ? DIGIT | COLON | DOT | DASH : ALPHA);
    return true;
}

static bool cut_field(Cutter *cutter, FieldKind *kind) {
    if (is_at(cutter, DIGIT)) {
        *kind = cut_number(cutter);
    } else if (is_at(cutter, DOT)) {
        *kind = FIELD_NUMBER;
        take(cutter);
        take_run(cutter, DIGIT);
    } else if (is_at(cutter, ALPHA)) {
        *kind = cut_word(cutter);
    } else {
        return is_at(cutter, PLUS | DASH) && cut_signed(cutter, kind);
    }
    return true;
}

DatetimeFault datetime_split(const char *text, size_t length, DatetimeFields *fields) {
    fields->count = 0;
    if (length > DATETIME_TEXT_MAX || memchr(text, 0, length) != NULL)
        return DATETIME_BAD_FORMAT;
    char source[DATETIME_TEXT_MAX + 1];
    memcpy(source, text, length);
    source[length] = 0;
    Cutter cutter = {source, fields->bytes};
    while (*cutter.at != 0) {
        if (is_at(&cutter, SPACE)) {
            cutter.at++;
            continue;
        }
        if (fields->count >= DATETIME_FIELDS_MAX)
            return DATETIME_BAD_FORMAT;
        if (is_at(&cutter, PUNCT) && !is_at(&cutter, PLUS | DASH | DOT)) { /* between fields */
            cutter.at++;
            continue;
        }
        fields->texts[fields->count] = cutter.to;
        if (!cut_field(&cutter, &fields->kinds[fields->count]))
            return DATETIME_BAD_FORMAT;
        *cutter.to++ = 0;
        fields->count++;
    }
    return fields->count == 0 ? DATETIME_BAD_FORMAT : DATETIME_FINE;
}

/* ---- meaning ---- */

enum {
    HAS_YEAR = 1,
    HAS_MONTH = 2,
    HAS_DAY = 4,
    HAS_HOUR = 8,
    HAS_MINUTE = 16,
    HAS_SECOND = 32,
    HAS_ZONE = 64,
    HAS_DST = 128,
    HAS_DOY = 256,
    HAS_AM_PM = 512,
    HAS_ERA = 1024,
    HAS_WEEKDAY = 2048,
    HAS_RESERVED = 4096,
    HAS_DST_ZONE = 8192,
    HAS_DATE = HAS_YEAR | HAS_MONTH | HAS_DAY,
    HAS_TIME = HAS_HOUR | HAS_MINUTE | HAS_SECOND
};

typedef struct Decoder {
    const TypeSettings *settings;
    Error *error;
    int seen; /* HAS_* of earlier fields */
    Civil civil;
    int day_of_year;
    bool has_text_month;
    bool is_two_digit_year;
    bool is_julian;
    bool is_bc;
    int half;       /* 0 = 24 hours, 1 = AM, 2 = PM */
    int32_t offset; /* east of UTC */
    bool is_dst;
    DateOrder order;
    bool is_time;
    const Timezone *zone;
    const char *zone_word; /* when zone is to be asked for its abbreviation */
} Decoder;

bool datetime_fraction(const char *text, int *microseconds) {
    *microseconds = 0;
    if (*text++ != '.')
        return false;
    int digits = 0, value = 0;
    for (; digits < 6 && text[digits] >= '0' && text[digits] <= '9'; digits++)
        value = value * 10 + (text[digits] - '0');
    if (text[digits] == 0) {
        for (int i = digits; i < 6; i++)
            value *= 10;
        *microseconds = value;
        return true;
    }
    char *end;
    *microseconds = (int)rint(strtod(text - 1, &end) * 1000000);
    return *end == 0 && strspn(text, "0123456789") == strlen(text);
}

/* strtol in the range of int; *end as there. */
static bool read_int(const char *text, int *value, const char **end) {
    char *after;
    long wide = strtol(text, &after, 10);
    *end = after;
    *value = (int)wide;
    return wide >= INT32_MIN && wide <= INT32_MAX;
}

static DatetimeFault decode_offset(const char *text, int32_t *offset) {
    if (*text != '+' && *text != '-')
        return DATETIME_BAD_FORMAT;
    int hour, minute = 0, second = 0;
    const char *end;
    if (!read_int(text + 1, &hour, &end))
        return DATETIME_ZONE_OVERFLOW;
    if (*end == ':') {
        if (!read_int(end + 1, &minute, &end))
            return DATETIME_ZONE_OVERFLOW;
        if (*end == ':' && !read_int(end + 1, &second, &end))
            return DATETIME_ZONE_OVERFLOW;
    } else if (*end == 0 && strlen(text) > 3) {
        minute = hour % 100;
        hour /= 100;
    }
    if (hour < 0 || hour > 15 || minute < 0 || minute >= 60 || second < 0 || second >= 60)
        return DATETIME_ZONE_OVERFLOW;
    *offset = (hour * 60 + minute) * 60 + second;
    if (*text == '-')
        *offset = -*offset;
    return *end == 0 ? DATETIME_FINE : DATETIME_BAD_FORMAT;
}

static DatetimeFault decode_time(const char *text, Civil *civil) {
    const char *end;
    if (!read_int(text, &civil->hour, &end))
        return DATETIME_FIELD_OVERFLOW;
    if (*end != ':')
        return DATETIME_BAD_FORMAT;
    if (!read_int(end + 1, &civil->minute, &end))
        return DATETIME_FIELD_OVERFLOW;
    civil->second = civil->microsecond = 0;
    if (*end == '.') {
        if (!datetime_fraction(end, &civil->microsecond))
            return DATETIME_BAD_FORMAT;
        civil->second = civil->minute;
        civil->minute = civil->hour;
        civil->hour = 0;
    } else if (*end == ':') {
        if (!read_int(end + 1, &civil->second, &end))
            return DATETIME_FIELD_OVERFLOW;
        if (*end == '.' && !datetime_fraction(end, &civil->microsecond))
            return DATETIME_BAD_FORMAT;
        if (*end != 0 && *end != '.')
            return DATETIME_BAD_FORMAT;
    } else if (*end != 0) {
        return DATETIME_BAD_FORMAT;
    }
    if (civil->hour < 0 || civil->minute < 0 || civil->minute > 59 || civil->second < 0 ||
        civil->second > 60 || civil->microsecond > 1000000)
        return DATETIME_FIELD_OVERFLOW;
    return DATETIME_FINE;
}

static bool time_overflows(const Civil *civil) {
    if (civil->hour < 0 || civil->hour > 24 || civil->minute < 0 || civil->minute > 59 || civil->second < 0 ||
        civil->second > 60)
        return true;
    return civil_time_of_day(civil) > USECS_PER_DAY;
}

/* Digits run together: [yy]yymmdd or hhmm[ss], perhaps with a fraction. */
static DatetimeFault decode_run(Decoder *d, char *text, int seen, int *mask, bool *is_time) {
    Civil *c = &d->civil;
    char *point = strchr(text, '.');
    *is_time = false;
    if (point != NULL) {
        c->microsecond = (int)rint(strtod(point, NULL) * 1000000);
        *point = 0;
    }
    int length = (int)strlen(text);
    if (point == NULL && (seen & HAS_DATE) != HAS_DATE && length >= 6) {
        *mask = HAS_DATE;
        c->day = atoi(text + length - 2);
        text[length - 2] = 0;
        c->month = atoi(text + length - 4);
        text[length - 4] = 0;
        c->year = atoi(text);
        if (length - 4 == 2)
            d->is_two_digit_year = true;
        return DATETIME_FINE;
    }
    if ((seen & HAS_TIME) != HAS_TIME && (length == 6 || length == 4)) {
        *mask = HAS_TIME;
        *is_time = true;
        c->second = length == 6 ? atoi(text + 4) : 0;
        text[4] = 0;
        c->minute = atoi(text + 2);
        text[2] = 0;
        c->hour = atoi(text);
        return DATETIME_FINE;
    }
    return DATETIME_BAD_FORMAT;
}

/* A number on its own: which of year, month and day it is follows from those already seen and the date order.
 */
static DatetimeFault decode_number(Decoder *d, char *text, bool has_text_month, int seen, int *mask) {
    Civil *c = &d->civil;
    int length = (int)strlen(text), value;
    const char *end;
    bool is_time;
    *mask = 0;
    if (!read_int(text, &value, &end))
        return DATETIME_FIELD_OVERFLOW;
    if (end == text)
        return DATETIME_BAD_FORMAT;
    if (*end == '.') {
        if (end - text > 2)
            return decode_run(d, text, seen | HAS_DATE, mask, &is_time);
        if (!datetime_fraction(end, &c->microsecond))
            return DATETIME_BAD_FORMAT;
    } else if (*end != 0) {
        return DATETIME_BAD_FORMAT;
    }
    if (length == 3 && (seen & HAS_DATE) == HAS_YEAR && value >= 1 && value <= 366) {
        *mask = HAS_DOY | HAS_MONTH | HAS_DAY;
        d->day_of_year = value;
        return DATETIME_FINE;
    }
    switch (seen & HAS_DATE) {
    case 0:
        *mask = length >= 3 || d->order == DATE_ORDER_YMD ? HAS_YEAR
                : d->order == DATE_ORDER_DMY              ? HAS_DAY
                                                          : HAS_MONTH;
        break;
    case HAS_YEAR:
        *mask = HAS_MONTH;
        break;
    case HAS_MONTH:
        *mask = has_text_month && (length >= 3 || d->order == DATE_ORDER_YMD) ? HAS_YEAR : HAS_DAY;
        break;
    case HAS_YEAR | HAS_MONTH:
        *mask = HAS_DAY;
        if (has_text_month && length >= 3 && d->is_two_digit_year) {
            c->day = c->year;
            c->year = value;
            d->is_two_digit_year = false;
            return DATETIME_FINE;
        }
        break;
    case HAS_DAY:
        *mask = HAS_MONTH;
        break;
    case HAS_MONTH | HAS_DAY:
        *mask = HAS_YEAR;
        break;
    case HAS_DATE:
        return decode_run(d, text, seen, mask, &is_time);
    default:
        return DATETIME_BAD_FORMAT;
    }
    if (*mask == HAS_YEAR) {
        c->year = value;
        d->is_two_digit_year = length <= 2;
    } else if (*mask == HAS_MONTH) {
        c->month = value;
    } else {
        c->day = value;
    }
    return DATETIME_FINE;
}

/* A field with separators: "2020-01-02", "2-jan-2020". */
static DatetimeFault decode_date(Decoder *d, char *text, int seen, int *mask) {
    char *parts[25];
    int count = 0;
    *mask = 0;
    while (*text != 0 && count < 25) {
        while (*text != 0 && !isalnum((unsigned char)*text))
            text++;
        if (*text == 0)
            return DATETIME_BAD_FORMAT;
        parts[count++] = text;
        if (isdigit((unsigned char)*text))
            while (isdigit((unsigned char)*text))
                text++;
        else
            while (isalpha((unsigned char)*text))
                text++;
        if (*text != 0)
            *text++ = 0;
    }
    bool has_text_month = false;
    for (int i = 0; i < count; i++) {
        if (!isalpha((unsigned char)parts[i][0]))
            continue;
        int value;
        WordKind kind = datetime_word(parts[i], &value);
        if (kind == WORD_IGNORE)
            continue;
        if (kind != WORD_MONTH || (seen & HAS_MONTH))
            return DATETIME_BAD_FORMAT;
        d->civil.month = value;
        has_text_month = true;
        seen |= HAS_MONTH;
        *mask |= HAS_MONTH;
        parts[i] = NULL;
    }
    for (int i = 0; i < count; i++) {
        if (parts[i] == NULL)
            continue;
        if (parts[i][0] == 0)
            return DATETIME_BAD_FORMAT;
        int part;
        DatetimeFault fault = decode_number(d, parts[i], has_text_month, seen, &part);
        if (fault != DATETIME_FINE)
            return fault;
        if (seen & part)
            return DATETIME_BAD_FORMAT;
        seen |= part;
        *mask |= part;
    }
    return (seen & ~(HAS_DOY | HAS_ZONE)) == HAS_DATE ? DATETIME_FINE : DATETIME_BAD_FORMAT;
}

static DatetimeFault check_date(Decoder *d) {
    Civil *c = &d->civil;
    if (d->seen & HAS_YEAR) {
        if (d->is_julian) {
            /* the year is already right */
        } else if (d->is_bc) {
            if (c->year <= 0)
                return DATETIME_FIELD_OVERFLOW;
            c->year = -(c->year - 1);
        } else if (d->is_two_digit_year) {
            if (c->year < 0)
                return DATETIME_FIELD_OVERFLOW;
            c->year += c->year < 70 ? 2000 : c->year < 100 ? 1900 : 0;
        } else if (c->year <= 0) {
            return DATETIME_FIELD_OVERFLOW;
        }
    }
    if (d->seen & HAS_DOY)
        civil_from_days(civil_to_days(c->year, 1, 1) + d->day_of_year - 1, &c->year, &c->month, &c->day);
    if ((d->seen & HAS_MONTH) && (c->month < 1 || c->month > 12))
        return DATETIME_ORDER_OVERFLOW;
    if ((d->seen & HAS_DAY) && (c->day < 1 || c->day > 31))
        return DATETIME_ORDER_OVERFLOW;
    if ((d->seen & HAS_DATE) == HAS_DATE && c->day > month_length(c->year, c->month))
        return DATETIME_FIELD_OVERFLOW;
    return DATETIME_FINE;
}

static DatetimeFault unknown_zone(Decoder *d, const char *name) {
    error_set(d->error, STATUS_INVALID_PARAMETER_VALUE, "time zone \"%s\" not recognized", name);
    return DATETIME_UNKNOWN_ZONE;
}

/* The session's local time now. */
static void local_now(const Decoder *d, Civil *civil, int32_t *offset) {
    const Timezone *zone = timezone_session(d->settings->time_zone);
    *offset = timezone_offset_at(zone, d->settings->now, NULL, NULL);
    civil_from_timestamp(d->settings->now + *offset * USECS_PER_SECOND, civil);
}

static DatetimeFault decode_reserved(Decoder *d, int value, DatetimeText *out, int *mask) {
    Civil now;
    int32_t offset;
    switch (value) {
    case RESERVED_NOW:
        *mask = d->is_time ? HAS_TIME : HAS_DATE | HAS_TIME | HAS_ZONE;
        local_now(d, &d->civil, &d->offset);
        return DATETIME_FINE;
    case RESERVED_YESTERDAY:
    case RESERVED_TODAY:
    case RESERVED_TOMORROW:
        *mask = HAS_DATE;
        local_now(d, &now, &offset);
        int64_t days = civil_to_days(now.year, now.month, now.day) + (value == RESERVED_TOMORROW) -
                       (value == RESERVED_YESTERDAY);
        civil_from_days(days, &d->civil.year, &d->civil.month, &d->civil.day);
        return DATETIME_FINE;
    case RESERVED_ZULU:
        *mask = HAS_TIME | HAS_ZONE;
        d->civil.hour = d->civil.minute = d->civil.second = 0;
        d->offset = 0;
        return DATETIME_FINE;
    }
    *mask = HAS_RESERVED;
    out->kind = value == RESERVED_EPOCH      ? DATETIME_EPOCH
                : value == RESERVED_INFINITY ? DATETIME_INFINITY
                                             : DATETIME_MINUS_INFINITY;
    return DATETIME_FINE;
}

typedef enum Pending { PENDING_NONE, PENDING_JULIAN, PENDING_TIME, PENDING_OTHER } Pending;

/* A word: month, weekday, now, am, bc, utc, europe. */
static DatetimeFault decode_word(
    Decoder *d, const DatetimeFields *fields, int i, DatetimeText *out, int *mask, Pending *pending) {
    const char *word = fields->texts[i];
    int value = 0;
    int32_t offset;
    bool is_dst;
    const Timezone *zone;
    *mask = 0;
    WordKind kind = datetime_word(word, &value);
    if (kind == WORD_UNKNOWN && timezone_abbreviation(word, strlen(word), &offset, &is_dst, &zone)) {
        *mask = HAS_ZONE | (is_dst || zone != NULL ? HAS_DST_ZONE : 0);
        d->offset = offset;
        d->is_dst = is_dst;
        d->zone = zone;
        d->zone_word = zone == NULL ? NULL : word;
        return DATETIME_FINE;
    }
    if (d->is_time && (kind == WORD_MONTH || kind == WORD_WEEKDAY ||
                          (kind == WORD_RESERVED && value != RESERVED_NOW && value != RESERVED_ZULU)))
        return DATETIME_BAD_FORMAT;
    switch (kind) {
    case WORD_IGNORE:
        return DATETIME_FINE;
    case WORD_RESERVED:
        return decode_reserved(d, value, out, mask);
    case WORD_MONTH:
        *mask = HAS_MONTH;
        if ((d->seen & HAS_MONTH) && !d->has_text_month && !(d->seen & HAS_DAY) && d->civil.month >= 1 &&
            d->civil.month <= 31) {
            d->civil.day = d->civil.month;
            *mask = HAS_DAY;
        }
        d->has_text_month = true;
        d->civil.month = value;
        return DATETIME_FINE;
    case WORD_DST:
        *mask = HAS_DST;
        d->is_dst = true;
        d->offset += 3600;
        return DATETIME_FINE;
    case WORD_AM_PM:
        *mask = HAS_AM_PM;
        d->half = value + 1;
        return DATETIME_FINE;
    case WORD_ERA:
        *mask = HAS_ERA;
        d->is_bc = value != 0;
        return DATETIME_FINE;
    case WORD_WEEKDAY:
        *mask = HAS_WEEKDAY;
        return DATETIME_FINE;
    case WORD_UNIT:
        *pending = value == UNIT_JULIAN ? PENDING_JULIAN : PENDING_OTHER;
        return DATETIME_FINE;
    case WORD_ISO_TIME:
        if (!d->is_time && (d->seen & HAS_DATE) != HAS_DATE)
            return DATETIME_BAD_FORMAT;
        if (i + 1 >= fields->count || fields->kinds[i + 1] == FIELD_STRING ||
            fields->kinds[i + 1] == FIELD_SPECIAL || fields->kinds[i + 1] == FIELD_ZONE)
            return DATETIME_BAD_FORMAT;
        *pending = PENDING_TIME;
        return DATETIME_FINE;
    case WORD_UNKNOWN:
        break;
    }
    zone = timezone_find(word, strlen(word));
    if (zone == NULL)
        return DATETIME_BAD_FORMAT;
    d->zone = zone;
    d->zone_word = NULL;
    *mask = HAS_ZONE;
    return DATETIME_FINE;
}

/* A field with punctuation where a date is already known, or a time follows a date: "europe/vienna",
   "040506-08". */
static DatetimeFault decode_later_date(Decoder *d, char *text, int *mask, Pending *pending) {
    if (isdigit((unsigned char)text[0]) || *pending != PENDING_NONE) {
        bool is_time;
        if (*pending != PENDING_NONE && *pending != PENDING_TIME)
            return DATETIME_BAD_FORMAT;
        *pending = PENDING_NONE;
        if ((d->seen & HAS_TIME) == HAS_TIME)
            return DATETIME_BAD_FORMAT;
        char *minus = strchr(text, '-');
        if (minus == NULL)
            return DATETIME_BAD_FORMAT;
        DatetimeFault fault = decode_offset(minus, &d->offset);
        if (fault != DATETIME_FINE)
            return fault;
        *minus = 0;
        fault = decode_run(d, text, d->seen | (d->is_time ? HAS_DATE : 0), mask, &is_time);
        *mask |= HAS_ZONE;
        return fault;
    }
    d->zone = timezone_find(text, strlen(text));
    if (d->zone == NULL)
        return unknown_zone(d, text);
    *mask = HAS_ZONE;
    return DATETIME_FINE;
}

/* A number after "j" or "t". */
static DatetimeFault decode_pending(Decoder *d, char *text, int *mask, Pending *pending) {
    Pending what = *pending;
    bool is_time;
    *pending = PENDING_NONE;
    if (what == PENDING_TIME) {
        DatetimeFault fault = decode_run(d, text, d->seen | HAS_DATE, mask, &is_time);
        return fault == DATETIME_FINE && *mask != HAS_TIME ? DATETIME_BAD_FORMAT : fault;
    }
    int value;
    const char *end;
    if (what != PENDING_JULIAN)
        return DATETIME_BAD_FORMAT;
    if (!read_int(text, &value, &end))
        return DATETIME_FIELD_OVERFLOW;
    if (value < 0)
        return DATETIME_FIELD_OVERFLOW;
    *mask = HAS_DATE;
    d->is_julian = true;
    civil_from_days((int64_t)value - EPOCH_JULIAN_DAY, &d->civil.year, &d->civil.month, &d->civil.day);
    if (*end == '.') {
        double fraction = strtod(end, NULL) * (double)USECS_PER_DAY;
        civil_set_time(&d->civil, (int64_t)fraction);
        *mask |= HAS_TIME;
    } else if (*end != 0) {
        return DATETIME_BAD_FORMAT;
    }
    return DATETIME_FINE;
}

static DatetimeFault decode_digits(Decoder *d, char *text, int *mask) {
    char *point = strchr(text, '.');
    int length = (int)strlen(text);
    bool is_time;
    int date = d->seen & HAS_DATE;
    if (point != NULL && date == 0)
        return decode_date(d, text, d->seen, mask);
    if ((point != NULL && length - (int)strlen(point) > 2) ||
        (length >= 6 && (date == 0 || !(d->seen & HAS_TIME))))
        return decode_run(d, text, d->seen, mask, &is_time);
    return decode_number(d, text, d->has_text_month, d->seen, mask);
}

/* Digits in a time of day; a date may only come first, before what can be nothing but a time. */
static DatetimeFault decode_time_digits(Decoder *d, const DatetimeFields *fields, int i, int *mask) {
    char *text = fields->texts[i], *point = strchr(text, '.');
    bool is_time;
    if (point == NULL)
        return strlen(text) >= 4 ? decode_run(d, text, d->seen | HAS_DATE, mask, &is_time)
                                 : DATETIME_BAD_FORMAT;
    if (i == 0 && fields->count >= 2 && fields->kinds[fields->count - 1] == FIELD_DATE)
        return decode_date(d, text, d->seen, mask);
    if (point - text > 2)
        return decode_run(d, text, d->seen | HAS_DATE, mask, &is_time);
    return DATETIME_BAD_FORMAT;
}

static DatetimeFault decode_field(
    Decoder *d, DatetimeFields *fields, int i, DatetimeText *out, int *mask, Pending *pending) {
    char *text = fields->texts[i];
    *mask = 0;
    switch (fields->kinds[i]) {
    case FIELD_DATE:
        if (*pending == PENDING_JULIAN) {
            /* Julian day with the offset run together: "j2451187-08". */
            int value;
            const char *end;
            *pending = PENDING_NONE;
            if (!read_int(text, &value, &end) || value < 0)
                return DATETIME_FIELD_OVERFLOW;
            civil_from_days(
                (int64_t)value - EPOCH_JULIAN_DAY, &d->civil.year, &d->civil.month, &d->civil.day);
            d->is_julian = true;
            *mask = HAS_DATE | HAS_TIME | HAS_ZONE;
            return decode_offset(end, &d->offset);
        }
        if (d->is_time) {
            if (i == 0 && fields->count >= 2 &&
                (fields->kinds[fields->count - 1] == FIELD_DATE || fields->kinds[1] == FIELD_TIME))
                return decode_date(d, text, d->seen, mask);
            return decode_later_date(d, text, mask, pending);
        }
        if ((d->seen & HAS_DATE) == HAS_DATE || *pending != PENDING_NONE)
            return decode_later_date(d, text, mask, pending);
        return decode_date(d, text, d->seen, mask);
    case FIELD_TIME:
        if (*pending != PENDING_NONE && *pending != PENDING_TIME)
            return DATETIME_BAD_FORMAT;
        *pending = PENDING_NONE;
        *mask = HAS_TIME;
        DatetimeFault fault = decode_time(text, &d->civil);
        return fault == DATETIME_FINE && !d->is_time && time_overflows(&d->civil) ? DATETIME_FIELD_OVERFLOW
                                                                                  : fault;
    case FIELD_ZONE:
        *mask = HAS_ZONE;
        return decode_offset(text, &d->offset);
    case FIELD_NUMBER:
        if (*pending != PENDING_NONE)
            return decode_pending(d, text, mask, pending);
        return d->is_time ? decode_time_digits(d, fields, i, mask) : decode_digits(d, text, mask);
    case FIELD_STRING:
    case FIELD_SPECIAL:
        break;
    }
    return decode_word(d, fields, i, out, mask, pending);
}

/* The offset of a named zone, or the session's, at the decoded local time. */
static void resolve_zone(Decoder *d, DatetimeText *out) {
    out->has_zone = (d->seen & HAS_ZONE) != 0;
    out->offset = d->offset;
    if (out->has_zone && d->zone == NULL)
        return;
    int64_t local;
    if (!(d->seen & HAS_DATE)) {
        /* A time of day is taken as today's. */
        Civil today;
        int32_t offset;
        local_now(d, &today, &offset);
        today.hour = d->civil.hour, today.minute = d->civil.minute, today.second = d->civil.second,
        today.microsecond = d->civil.microsecond;
        local = civil_to_days(today.year, today.month, today.day) * USECS_PER_DAY + civil_time_of_day(&today);
    } else {
        int64_t days = civil_to_days(d->civil.year, d->civil.month, d->civil.day);
        if (days < DATE_FIRST - 1 || days > TIMESTAMP_END_DAY + 1) {
            out->offset = 0; /* out of a timestamp's range whatever the zone */
            return;
        }
        local = days * USECS_PER_DAY + civil_time_of_day(&d->civil);
    }
    if (d->zone == NULL)
        out->offset = timezone_offset_of_local(timezone_session(d->settings->time_zone), local);
    else if (d->zone_word == NULL)
        out->offset = timezone_offset_of_local(d->zone, local);
    else
        out->offset =
            timezone_offset_of_abbreviation(d->zone, d->zone_word, strlen(d->zone_word), local, &d->is_dst);
}

DatetimeFault datetime_decode(const char *text, size_t length, bool is_time, const TypeSettings *settings,
    DatetimeText *out, Error *error) {
    DatetimeFields fields;
    DatetimeFault fault = datetime_split(text, length, &fields);
    if (fault != DATETIME_FINE)
        return fault;
    Decoder d = {.settings = settings, .error = error, .order = date_order_of(settings), .is_time = is_time};
    Pending pending = PENDING_NONE;
    *out = (DatetimeText){.kind = DATETIME_DATE};
    for (int i = 0; i < fields.count; i++) {
        int mask;
        fault = decode_field(&d, &fields, i, out, &mask, &pending);
        if (fault != DATETIME_FINE)
            return fault;
        if (mask & d.seen)
            return DATETIME_BAD_FORMAT;
        d.seen |= mask;
    }
    if (pending != PENDING_NONE)
        return DATETIME_BAD_FORMAT;
    if ((fault = check_date(&d)) != DATETIME_FINE)
        return fault;
    if (d.half != 0 && d.civil.hour > 12)
        return DATETIME_FIELD_OVERFLOW;
    if (d.half == 1 && d.civil.hour == 12)
        d.civil.hour = 0;
    else if (d.half == 2 && d.civil.hour != 12)
        d.civil.hour += 12;
    if (is_time && time_overflows(&d.civil))
        return DATETIME_FIELD_OVERFLOW;
    out->civil = d.civil;
    out->has_date = (d.seen & HAS_DATE) == HAS_DATE;
    if (out->kind != DATETIME_DATE)
        return DATETIME_FINE;
    if (is_time ? (d.seen & HAS_TIME) != HAS_TIME : !out->has_date)
        return DATETIME_BAD_FORMAT;
    /* A zone that is only known with a date is refused for a time of day. */
    int32_t offset;
    if (is_time && d.zone != NULL && d.zone_word == NULL && !out->has_date &&
        !timezone_is_fixed(d.zone, &offset))
        return DATETIME_BAD_FORMAT;
    if ((d.seen & HAS_DST) && (d.zone != NULL || !(d.seen & HAS_ZONE)))
        return DATETIME_BAD_FORMAT;
    if (!out->has_date)
        out->kind = DATETIME_TIME_ONLY;
    resolve_zone(&d, out);
    return DATETIME_FINE;
}
