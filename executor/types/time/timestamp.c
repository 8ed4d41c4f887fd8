/* timestamp and timestamptz: text, rounding, wire form. */
#include "executor/types/time/timestamp.h"

#include <string.h>

#include "executor/types/operations.h"

int64_t timestamp_round(int64_t timestamp, int32_t modifier) {
    static const int64_t steps[] = {1000000, 100000, 10000, 1000, 100, 10};
    if (modifier < 0 || modifier >= 6 || !timestamp_is_finite(timestamp))
        return timestamp;
    int64_t step = steps[modifier], half = step / 2;
    return timestamp >= 0 ? (timestamp + half) / step * step : -((-timestamp + half) / step * step);
}

/* ---- in ---- */

static inline int two_digits(const char *at) {
    unsigned tens = (unsigned)(at[0] - '0'), ones = (unsigned)(at[1] - '0');
    return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

static const char *read_iso_time(const char *at, const char *end, Civil *civil) {
    if (end - at < 8 || at[2] != ':' || at[5] != ':')
        return NULL;
    civil->hour = two_digits(at);
    civil->minute = two_digits(at + 3);
    civil->second = two_digits(at + 6);
    if ((unsigned)civil->hour > 23 || (unsigned)civil->minute > 59 || (unsigned)civil->second > 59)
        return NULL;
    at += 8;
    civil->microsecond = 0;
    if (at < end && *at == '.') {
        static const int scales[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
        int digits = 0, value = 0;
        for (at++; at < end && (unsigned)(*at - '0') <= 9; at++, digits++)
            value = value * 10 + (*at - '0');
        if (digits == 0 || digits > 6)
            return NULL;
        civil->microsecond = value * scales[digits];
    }
    return at;
}

bool datetime_read_iso(const char *text, size_t length, Civil *civil, bool *has_zone, int32_t *offset) {
    const char *end = text + length;
    *has_zone = false;
    *offset = 0;
    if (length < 10 || text[4] != '-' || text[7] != '-')
        return false;
    int century = two_digits(text), year = two_digits(text + 2);
    civil->month = two_digits(text + 5);
    civil->day = two_digits(text + 8);
    if (century < 0 || year < 0 || civil->month < 1 || civil->month > 12 || civil->day < 1)
        return false;
    civil->year = century * 100 + year;
    if (civil->year == 0 || civil->day > month_length(civil->year, civil->month))
        return false;
    civil->hour = civil->minute = civil->second = civil->microsecond = 0;
    if (length == 10)
        return true;
    if (text[10] != ' ' && text[10] != 'T')
        return false;
    const char *at = read_iso_time(text + 11, end, civil);
    if (at == NULL)
        return false;
    if (at == end)
        return true;
    *has_zone = true;
    if (*at == 'Z')
        return at + 1 == end;
    if ((*at != '+' && *at != '-') || (end - at != 3 && end - at != 6))
        return false;
    int hour = two_digits(at + 1), minute = 0;
    if (end - at == 6)
        minute = at[3] == ':' ? two_digits(at + 4) : -1;
    if ((unsigned)hour > 15 || (unsigned)minute > 59)
        return false;
    *offset = (hour * 60 + minute) * (*at == '-' ? -60 : 60);
    return true;
}

static Status out_of_range(const char *text, size_t length, Error *error) {
    return error_set(
        error, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp out of range: \"%.*s\"", (int)length, text);
}

static Status read_general(const char *text, size_t length, bool is_zoned, int32_t modifier,
    const TypeSettings *settings, int64_t *out, Error *error) {
    DatetimeText decoded;
    DatetimeFault fault = datetime_decode(text, length, false, settings, &decoded, error);
    if (fault != DATETIME_FINE)
        return datetime_fail(fault, text, length, is_zoned ? "timestamp with time zone" : "timestamp", error);
    switch (decoded.kind) {
    case DATETIME_INFINITY:
        *out = TIMESTAMP_PLUS_INFINITY;
        return OK;
    case DATETIME_MINUS_INFINITY:
        *out = TIMESTAMP_MINUS_INFINITY;
        return OK;
    case DATETIME_EPOCH:
        *out = -EPOCH_DAYS * USECS_PER_DAY;
        return OK;
    case DATETIME_DATE:
    case DATETIME_TIME_ONLY:
        break;
    }
    Civil *civil = &decoded.civil;
    int64_t days = civil_to_days(civil->year, civil->month, civil->day);
    if (days < DATE_FIRST - 1 || days > TIMESTAMP_END_DAY + 1)
        return out_of_range(text, length, error);
    *out =
        days * USECS_PER_DAY + civil_time_of_day(civil) - (is_zoned ? decoded.offset * USECS_PER_SECOND : 0);
    if (!timestamp_in_range(*out))
        return out_of_range(text, length, error);
    *out = timestamp_round(*out, modifier);
    return OK;
}

Status timestamp_read(const char *text, size_t length, int32_t modifier, const TypeSettings *settings,
    int64_t *out, Error *error) {
    Civil civil;
    bool has_zone;
    int32_t offset;
    if (!datetime_read_iso(text, length, &civil, &has_zone, &offset))
        return read_general(text, length, false, modifier, settings, out, error);
    *out = timestamp_round(
        civil_to_days(civil.year, civil.month, civil.day) * USECS_PER_DAY + civil_time_of_day(&civil),
        modifier);
    return OK;
}

Status timestamptz_read(const char *text, size_t length, int32_t modifier, const TypeSettings *settings,
    int64_t *out, Error *error) {
    Civil civil;
    bool has_zone;
    int32_t offset;
    if (!datetime_read_iso(text, length, &civil, &has_zone, &offset))
        return read_general(text, length, true, modifier, settings, out, error);
    int64_t local =
        civil_to_days(civil.year, civil.month, civil.day) * USECS_PER_DAY + civil_time_of_day(&civil);
    if (!has_zone)
        offset = timezone_offset_of_local(timezone_session(settings->time_zone), local);
    *out = timestamp_round(local - offset * USECS_PER_SECOND, modifier);
    return OK;
}

static Status parse_timestamp(Type type, const char *text, size_t length, const TypeSettings *settings,
    Arena *arena, Datum *out, Error *error) {
    return timestamp_read(text, length, type.modifier, settings, &out->int8, error);
}

static Status parse_timestamptz(Type type, const char *text, size_t length, const TypeSettings *settings,
    Arena *arena, Datum *out, Error *error) {
    return timestamptz_read(text, length, type.modifier, settings, &out->int8, error);
}

/* ---- out ---- */

static size_t write_infinity(int64_t timestamp, char *out) {
    const char *text = timestamp < 0 ? "-infinity" : "infinity";
    size_t length = strlen(text);
    memcpy(out, text, length);
    return length;
}

size_t timestamp_write(int64_t timestamp, const TypeSettings *settings, char *out) {
    if (!timestamp_is_finite(timestamp))
        return write_infinity(timestamp, out);
    Civil civil;
    civil_from_timestamp(timestamp, &civil);
    DateStyle style = date_style_of(settings);
    DateOrder order = style == DATE_STYLE_ISO ? DATE_ORDER_MDY : date_order_of(settings);
    return (size_t)(datetime_add_timestamp(out, &civil, NULL, NULL, style, order) - out);
}

size_t timestamptz_write(int64_t timestamp, const Timezone *zone, const TypeSettings *settings, char *out) {
    if (!timestamp_is_finite(timestamp))
        return write_infinity(timestamp, out);
    Civil civil;
    const char *abbreviation;
    int32_t offset = timezone_offset_at(zone, timestamp, NULL, &abbreviation);
    civil_from_timestamp(timestamp + offset * USECS_PER_SECOND, &civil);
    DateStyle style = date_style_of(settings);
    DateOrder order = style == DATE_STYLE_ISO ? DATE_ORDER_MDY : date_order_of(settings);
    return (size_t)(datetime_add_timestamp(out, &civil, &offset, abbreviation, style, order) - out);
}

static void format_timestamp(Type type, const void *element, const TypeSettings *settings, Text *out) {
    char *to = text_reserve(out, TIMESTAMP_TEXT_MAX);
    size_t length = timestamp_write(*(const int64_t *)element, settings, to);
    to[length] = 0;
    out->length += length;
}

static void format_timestamptz(Type type, const void *element, const TypeSettings *settings, Text *out) {
    char *to = text_reserve(out, TIMESTAMP_TEXT_MAX);
    size_t length =
        timestamptz_write(*(const int64_t *)element, timezone_session(settings->time_zone), settings, to);
    to[length] = 0;
    out->length += length;
}

/* ---- wire, order, key ---- */

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (length != 8)
        return type_binary_error(error);
    int64_t timestamp = (int64_t)wire_u64(bytes);
    if (timestamp_is_finite(timestamp) && !timestamp_in_range(timestamp))
        return error_set(error, STATUS_DATETIME_FIELD_OVERFLOW, "timestamp out of range");
    out->int8 = timestamp_round(timestamp, type.modifier);
    return OK;
}

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    wire_add_u64(out, *(const uint64_t *)element);
}

static int compare(Type type, const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void add_key(Type type, const void *element, Text *out) {
    text_add_u64(out, *(const uint64_t *)element);
}

const TypeOperations timestamp_operations = {
    parse_timestamp, format_timestamp, receive, send, compare, add_key};
const TypeOperations timestamptz_operations = {
    parse_timestamptz, format_timestamptz, receive, send, compare, add_key};
