/* smallint, integer, bigint: text and binary form. */
#include "executor/types/number/integer.h"

#include <string.h>

#include "executor/types/key.h"
#include "executor/types/operations.h"

IntegerParse integer_parse(const char *text, size_t length, int64_t min, int64_t max, int64_t *out) {
    const char *cursor = text, *end = text + length;
    while (cursor < end && is_space(*cursor))
        cursor++;
    bool is_negative = cursor < end && *cursor == '-';
    if (cursor < end && (*cursor == '-' || *cursor == '+'))
        cursor++;
    if (cursor == end || *cursor < '0' || *cursor > '9')
        return INTEGER_SYNTAX;
    int64_t value = 0; /* kept negative: its range is one larger */
    bool is_over = false;
    for (; cursor < end && *cursor >= '0' && *cursor <= '9'; cursor++)
        is_over |=
            __builtin_mul_overflow(value, 10, &value) | __builtin_sub_overflow(value, *cursor - '0', &value);
    while (cursor < end && is_space(*cursor))
        cursor++;
    if (cursor != end)
        return INTEGER_SYNTAX;
    if (!is_negative && __builtin_sub_overflow(0, value, &value))
        is_over = true;
    if (is_over || value < min || value > max)
        return INTEGER_RANGE;
    *out = value;
    return INTEGER_OK;
}

size_t integer_write(int64_t value, char *out) {
    char digits[INTEGER_TEXT_MAX];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        digits[--at] = '-';
    memcpy(out, digits + at, sizeof digits - at);
    return sizeof digits - at;
}

static int64_t load(Type type, const void *element) {
    switch (type.id) {
    case TYPE_INT2:
        return *(const int16_t *)element;
    case TYPE_INT4:
        return *(const int32_t *)element;
    default:
        return *(const int64_t *)element;
    }
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    int64_t max = type.id == TYPE_INT2 ? INT16_MAX : type.id == TYPE_INT4 ? INT32_MAX : INT64_MAX, value;
    switch (integer_parse(text, length, -max - 1, max, &value)) {
    case INTEGER_SYNTAX:
        return type_syntax_error(type, text, length, error);
    case INTEGER_RANGE:
        return type_range_error(type, text, length, error);
    case INTEGER_OK:
        memcpy(out, &value, layout_width(type_layout(type))); /* little endian */
    }
    return OK;
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    out->length += integer_write(load(type, element), text_reserve(out, INTEGER_TEXT_MAX));
    out->bytes[out->length] = 0;
}

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (length != layout_width(type_layout(type)))
        return type_binary_error(error);
    if (type.id == TYPE_INT2)
        out->int2 = (int16_t)wire_u16(bytes);
    else if (type.id == TYPE_INT4)
        out->int4 = (int32_t)wire_u32(bytes);
    else
        out->int8 = (int64_t)wire_u64(bytes);
    return OK;
}

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    if (type.id == TYPE_INT2)
        wire_add_u16(out, *(const uint16_t *)element);
    else if (type.id == TYPE_INT4)
        wire_add_u32(out, *(const uint32_t *)element);
    else
        wire_add_u64(out, *(const uint64_t *)element);
}

static int compare(Type type, const void *a, const void *b) {
    int64_t x = load(type, a), y = load(type, b);
    return (x > y) - (x < y);
}

static void add_key(Type type, const void *element, Text *out) {
    key_add_integer(out, load(type, element));
}

const TypeOperations int2_operations = {parse, format, receive, send, compare, add_key};
const TypeOperations int4_operations = {parse, format, receive, send, compare, add_key};
const TypeOperations int8_operations = {parse, format, receive, send, compare, add_key};
