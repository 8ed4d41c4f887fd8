/* What the types' records share: PostgreSQL's wording for bad input, and the wire protocol's big-endian
   integers. */
#include "executor/types/operations.h"

#include <string.h>

Status type_syntax_error(Type type, const char *text, size_t length, Error *error) {
    return error_set(error, STATUS_INVALID_TEXT_REPRESENTATION, "invalid input syntax for type %s: \"%.*s\"",
        type_sql_name((TypeId)type.id), (int)length, text);
}

Status type_range_error(Type type, const char *text, size_t length, Error *error) {
    return error_set(error, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "value \"%.*s\" is out of range for type %s",
        (int)length, text, type_sql_name((TypeId)type.id));
}

Status type_binary_error(Error *error) {
    return error_set(error, STATUS_INVALID_BINARY_REPRESENTATION, "incorrect binary data format");
}

Status type_binary_short(Error *error) {
    return error_set(error, STATUS_PROTOCOL_VIOLATION, "insufficient data left in message");
}

void wire_add_u16(Text *out, uint16_t value) {
    text_add_u16(out, __builtin_bswap16(value));
}

void wire_add_u32(Text *out, uint32_t value) {
    text_add_u32(out, __builtin_bswap32(value));
}

void wire_add_u64(Text *out, uint64_t value) {
    text_add_u64(out, __builtin_bswap64(value));
}

uint16_t wire_u16(const char *bytes) {
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap16(value);
}

uint32_t wire_u32(const char *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap32(value);
}

uint64_t wire_u64(const char *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_bswap64(value);
}
