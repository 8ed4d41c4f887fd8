/* time: microseconds of the day, up to and including 24:00; text, wire form, order. */
#include "executor/types/operations.h"
#include "executor/types/time/timestamp.h"

Status time_read(const char *text, size_t length, int32_t modifier, const TypeSettings *settings,
    int64_t *out, Error *error) {
    DatetimeText decoded;
    DatetimeFault fault = datetime_decode(text, length, true, settings, &decoded, error);
    if (fault == DATETIME_FINE &&
        (decoded.kind == DATETIME_INFINITY || decoded.kind == DATETIME_MINUS_INFINITY ||
            decoded.kind == DATETIME_EPOCH))
        fault = DATETIME_BAD_FORMAT;
    if (fault != DATETIME_FINE)
        return datetime_fail(fault, text, length, "time", error);
    *out = timestamp_round(civil_time_of_day(&decoded.civil), modifier);
    return OK;
}

size_t time_write(int64_t time, char *out) {
    Civil civil;
    civil_set_time(&civil, time);
    return (size_t)(datetime_add_time(out, &civil) - out);
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    return time_read(text, length, type.modifier, settings, &out->int8, error);
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    char *to = text_reserve(out, TIMESTAMP_TEXT_MAX);
    size_t length = time_write(*(const int64_t *)element, to);
    to[length] = 0;
    out->length += length;
}

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (length != 8)
        return type_binary_error(error);
    int64_t time = (int64_t)wire_u64(bytes);
    if (time < 0 || time > USECS_PER_DAY)
        return error_set(error, STATUS_DATETIME_FIELD_OVERFLOW, "time out of range");
    out->int8 = timestamp_round(time, type.modifier);
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

const TypeOperations time_operations = {parse, format, receive, send, compare, add_key};
