/* uuid: sixteen bytes in a view. */
#include <ctype.h>
#include <string.h>

#include "executor/types/operations.h"

enum { UUID_BYTES = 16 };

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static void set(const char *bytes, Arena *arena, Datum *out) {
    out->view = view_of(arena_copy(arena, bytes, UUID_BYTES), UUID_BYTES);
}

/* Hex digits in braces or not, a hyphen allowed after every four. */
static bool read_uuid(const char *text, size_t length, char *bytes) {
    const char *cursor = text, *end = text + length;
    bool has_brace = cursor < end && *cursor == '{';
    cursor += has_brace;
    for (int i = 0; i < UUID_BYTES; i++) {
        if (end - cursor < 2 || hex_digit(cursor[0]) < 0 || hex_digit(cursor[1]) < 0)
            return false;
        bytes[i] = (char)(hex_digit(cursor[0]) << 4 | hex_digit(cursor[1]));
        cursor += 2;
        if (cursor < end && *cursor == '-' && i % 2 == 1 && i < UUID_BYTES - 1)
            cursor++;
    }
    if (has_brace && (cursor == end || *cursor++ != '}'))
        return false;
    return cursor == end;
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    char bytes[UUID_BYTES];
    if (!read_uuid(text, length, bytes))
        return type_syntax_error(type, text, length, error);
    set(bytes, arena, out);
    return OK;
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    const unsigned char *bytes = (const unsigned char *)view_bytes(element);
    for (uint32_t i = 0; i < ((const View *)element)->length; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text_add_char(out, '-');
        text_add_char(out, "0123456789abcdef"[bytes[i] >> 4]);
        text_add_char(out, "0123456789abcdef"[bytes[i] & 15]);
    }
}

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (length != UUID_BYTES)
        return type_binary_error(error);
    set(bytes, arena, out);
    return OK;
}

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    text_add(out, view_bytes(element), ((const View *)element)->length);
}

static int compare(Type type, const void *a, const void *b) {
    return view_compare(a, b);
}

static void add_key(Type type, const void *element, Text *out) {
    text_add(out, view_bytes(element), UUID_BYTES);
}

const TypeOperations uuid_operations = {parse, format, receive, send, compare, add_key};
