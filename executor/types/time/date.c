/* date: days since 2000-01-01; text, wire form, order. */
#include <string.h>

#include "executor/types/operations.h"
#include "executor/types/time/timestamp.h"

Status date_read(const char *text, size_t length, const TypeSettings *settings, int32_t *out, Error *error) {
    DatetimeText decoded;
    bool has_zone;
    int32_t offset;
    if (datetime_read_iso(text, length, &decoded.civil, &has_zone, &offset)) {
        *out = (int32_t)civil_to_days(decoded.civil.year, decoded.civil.month, decoded.civil.day);
        return OK;
    }
    DatetimeFault fault = datetime_decode(text, length, false, settings, &decoded, error);
    if (fault != DATETIME_FINE)
        return datetime_fail(fault, text, length, "date", error);
    switch (decoded.kind) {
    case DATETIME_INFINITY:
        *out = DATE_PLUS_INFINITY;
        return OK;
    case DATETIME_MINUS_INFINITY:
        *out = DATE_MINUS_INFINITY;
        return OK;
    case DATETIME_EPOCH:
        *out = -EPOCH_DAYS;
        return OK;
    case DATETIME_DATE:
    case DATETIME_TIME_ONLY:
        break;
    }
    int64_t days = civil_to_days(decoded.civil.year, decoded.civil.month, decoded.civil.day);
    if (days < DATE_FIRST || days >= DATE_END)
        return error_set(
            error, STATUS_DATETIME_FIELD_OVERFLOW, "date out of range: \"%.*s\"", (int)length, text);
    *out = (int32_t)days;
    return OK;
}

size_t date_write(int32_t date, const TypeSettings *settings, char *out) {
    if (!date_is_finite(date)) {
        const char *text = date < 0 ? "-infinity" : "infinity";
        memcpy(out, text, strlen(text));
        return strlen(text);
    }
    Civil civil;
    civil_from_days(date, &civil.year, &civil.month, &civil.day);
    DateStyle style = date_style_of(settings);
    DateOrder order = style == DATE_STYLE_ISO ? DATE_ORDER_MDY : date_order_of(settings);
    return (size_t)(datetime_add_date(out, &civil, style, order) - out);
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    return date_read(text, length, settings, &out->int4, error);
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    char *to = text_reserve(out, TIMESTAMP_TEXT_MAX);
    size_t length = date_write(*(const int32_t *)element, settings, to);
    to[length] = 0;
    out->length += length;
}

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (length != 4)
        return type_binary_error(error);
    out->int4 = (int32_t)wire_u32(bytes);
    if (date_is_finite(out->int4) && (out->int4 < DATE_FIRST || out->int4 >= DATE_END))
        return error_set(error, STATUS_DATETIME_FIELD_OVERFLOW, "date out of range");
    return OK;
}

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    wire_add_u32(out, *(const uint32_t *)element);
}

static int compare(Type type, const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void add_key(Type type, const void *element, Text *out) {
    text_add_u32(out, *(const uint32_t *)element);
}

const TypeOperations date_operations = {parse, format, receive, send, compare, add_key};
