/* What the types' records share: the wire protocol, its complaints and its big-endian
   integers. */
#include "executor/types/operations.h"

#include <string.h>

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
