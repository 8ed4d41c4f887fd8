/* Wire: integers turned, strings by their NUL. */
#include "server/network/wire.h"

#include <endian.h>
#include <string.h>

void wire_add_int16(Text *out, int value) {
    uint16_t network = htobe16((uint16_t)value);
    text_add(out, (const char *)&network, sizeof network);
}

void wire_add_int32(Text *out, int32_t value) {
    uint32_t network = htobe32((uint32_t)value);
    text_add(out, (const char *)&network, sizeof network);
}

void wire_add_string(Text *out, const char *string) {
    text_add(out, string, strlen(string) + 1);
}

void wire_set_length(Text *out, size_t start) {
    uint32_t length = htobe32((uint32_t)(out->length - start - sizeof length));
    memcpy(out->bytes + start, &length, sizeof length);
}

const char *wire_read_bytes(WireReader *reader, size_t length) {
    if (reader->is_bad || (size_t)(reader->end - reader->cursor) < length) {
        reader->is_bad = true;
        return NULL;
    }
    const char *bytes = reader->cursor;
    reader->cursor += length;
    return bytes;
}

int wire_read_byte(WireReader *reader) {
    const char *byte = wire_read_bytes(reader, 1);
    return byte == NULL ? 0 : (unsigned char)*byte;
}

int wire_read_int16(WireReader *reader) {
    uint16_t network = 0;
    const char *bytes = wire_read_bytes(reader, sizeof network);
    if (bytes != NULL)
        memcpy(&network, bytes, sizeof network);
    return (int16_t)be16toh(network);
}

int32_t wire_read_int32(WireReader *reader) {
    uint32_t network = 0;
    const char *bytes = wire_read_bytes(reader, sizeof network);
    if (bytes != NULL)
        memcpy(&network, bytes, sizeof network);
    return (int32_t)be32toh(network);
}

const char *wire_read_string(WireReader *reader) {
    const char *end =
        reader->is_bad ? NULL : memchr(reader->cursor, 0, (size_t)(reader->end - reader->cursor));
    if (end == NULL) {
        reader->is_bad_string = !reader->is_bad;
        reader->is_bad = true;
        return "";
    }
    const char *string = reader->cursor;
    reader->cursor = end + 1;
    return string;
}

Status wire_read_end(const WireReader *reader, Error *error) {
    if (reader->is_bad_string)
        return error_set(error, STATUS_PROTOCOL_VIOLATION, "invalid string in message");
    if (reader->is_bad || reader->cursor != reader->end)
        return error_set(error, STATUS_PROTOCOL_VIOLATION,
            reader->is_bad ? "insufficient data left in message" : "invalid message format");
    return OK;
}
