/* bytea: hex and escape text forms. */
#include <string.h>

#include "executor/types/character.h"
#include "executor/types/key.h"
#include "executor/types/operations.h"

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static Status parse_hex(const char *text, size_t length, char *to, size_t *written, Error *error) {
    for (size_t i = 0; i < length;) {
        if (text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r') {
            i++;
            continue;
        }
        if (hex_digit(text[i]) < 0)
            return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "invalid hexadecimal digit: \"%.*s\"",
                (int)utf8_prefix(text + i, length - i, 1), text + i);
        if (i + 1 == length)
            return error_set(
                error, STATUS_INVALID_PARAMETER_VALUE, "invalid hexadecimal data: odd number of digits");
        if (hex_digit(text[i + 1]) < 0)
            return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "invalid hexadecimal digit: \"%.*s\"",
                (int)utf8_prefix(text + i + 1, length - i - 1, 1), text + i + 1);
        to[(*written)++] = (char)(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));
        i += 2;
    }
    return OK;
}

static bool is_octal(const char *text) {
    return text[0] >= '0' && text[0] <= '3' && text[1] >= '0' && text[1] <= '7' && text[2] >= '0' &&
           text[2] <= '7';
}

static Status parse_escape(const char *text, size_t length, char *to, size_t *written, Error *error) {
    for (size_t i = 0; i < length;) {
        if (text[i] != '\\') {
            to[(*written)++] = text[i++];
        } else if (i + 1 < length && text[i + 1] == '\\') {
            to[(*written)++] = '\\';
            i += 2;
        } else if (i + 3 < length && is_octal(text + i + 1)) {
            to[(*written)++] =
                (char)((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0'));
            i += 4;
        } else {
            return error_set(
                error, STATUS_INVALID_TEXT_REPRESENTATION, "invalid input syntax for type bytea");
        }
    }
    return OK;
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    char *bytes = arena_allocate(arena, length + 1);
    size_t written = 0;
    if (length >= 2 && text[0] == '\\' && text[1] == 'x')
        TRY(parse_hex(text + 2, length - 2, bytes, &written, error));
    else
        TRY(parse_escape(text, length, bytes, &written, error));
    out->view = view_of(bytes, (uint32_t)written);
    return OK;
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    const unsigned char *bytes = (const unsigned char *)view_bytes(element);
    uint32_t length = ((const View *)element)->length;
    if (settings->bytea_output != NULL && strcmp(settings->bytea_output, "escape") == 0) {
        for (uint32_t i = 0; i < length; i++) {
            if (bytes[i] == '\\')
                text_add(out, "\\\\", 2);
            else if (bytes[i] < 0x20 || bytes[i] > 0x7e)
                text_printf(out, "\\%03o", bytes[i]);
            else
                text_add_char(out, (char)bytes[i]);
        }
        return;
    }
    char *to = text_reserve(out, 2 + 2 * (size_t)length);
    *to++ = '\\';
    *to++ = 'x';
    for (uint32_t i = 0; i < length; i++) {
        *to++ = "0123456789abcdef"[bytes[i] >> 4];
        *to++ = "0123456789abcdef"[bytes[i] & 15];
    }
    *to = 0;
    out->length += 2 + 2 * (size_t)length;
}

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    out->view =
        view_of(length > VIEW_INLINE_MAX ? arena_copy(arena, bytes, length) : bytes, (uint32_t)length);
    return OK;
}

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    text_add(out, view_bytes(element), ((const View *)element)->length);
}

static int compare(Type type, const void *a, const void *b) {
    return view_compare(a, b);
}

static void add_key(Type type, const void *element, Text *out) {
    key_add_bytes(out, view_bytes(element), ((const View *)element)->length);
}

const TypeOperations bytea_operations = {parse, format, receive, send, compare, add_key};
