/* bit and bit varying: kept as the characters 0 and 1, so that order, equality and most functions are those
   of bytes. */
#include <string.h>

#include "executor/types/key.h"
#include "executor/types/operations.h"

static Status check_length(Type type, size_t length, Error *error) {
    if (type.modifier < 0 ||
        (type.id == TYPE_BIT ? length == (size_t)type.modifier : length <= (size_t)type.modifier))
        return OK;
    if (type.id == TYPE_BIT)
        return error_set(error, STATUS_STRING_DATA_LENGTH_MISMATCH,
            "bit string length %zu does not match type bit(%d)", length, type.modifier);
    return error_set(error, STATUS_STRING_DATA_RIGHT_TRUNCATION,
        "bit string too long for type bit varying(%d)", type.modifier);
}

static Status parse_hex(const char *text, size_t length, char *to, Error *error) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        const char *digit =
            text[i] == 0 ? NULL : strchr(digits, text[i] >= 'A' && text[i] <= 'F' ? text[i] + 32 : text[i]);
        if (digit == NULL)
            return error_set(error, STATUS_INVALID_TEXT_REPRESENTATION,
                "\"%c\" is not a valid hexadecimal digit", text[i]);
        for (int bit = 3; bit >= 0; bit--)
            *to++ = (char)('0' + ((digit - digits) >> bit & 1));
    }
    return OK;
}

/* "101", "b101", "x1f" */
static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    bool is_hex = length > 0 && (*text == 'x' || *text == 'X'),
         has_letter = is_hex || (length > 0 && (*text == 'b' || *text == 'B'));
    text += has_letter;
    length -= has_letter;
    size_t count = is_hex ? 4 * length : length;
    char *bits = arena_allocate(arena, count + 1);
    if (is_hex)
        TRY(parse_hex(text, length, bits, error));
    for (size_t i = 0; !is_hex && i < length; i++) {
        if (text[i] != '0' && text[i] != '1')
            return error_set(
                error, STATUS_INVALID_TEXT_REPRESENTATION, "\"%c\" is not a valid binary digit", text[i]);
        bits[i] = text[i];
    }
    TRY(check_length(type, count, error));
    out->view = view_of(bits, (uint32_t)count);
    return OK;
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    text_add(out, view_bytes(element), ((const View *)element)->length);
}

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    uint32_t count = length < 4 ? 0 : wire_u32(bytes);
    if (length < 4 || length - 4 < ((size_t)count + 7) / 8)
        return type_binary_short(error);
    if (length - 4 > ((size_t)count + 7) / 8)
        return type_binary_error(error);
    char *bits = arena_allocate(arena, (size_t)count + 1);
    for (uint32_t i = 0; i < count; i++)
        bits[i] = (char)('0' + ((uint8_t)bytes[4 + i / 8] >> (7 - i % 8) & 1));
    TRY(check_length(type, count, error));
    out->view = view_of(bits, count);
    return OK;
}

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    const char *bits = view_bytes(element);
    uint32_t count = ((const View *)element)->length;
    wire_add_u32(out, count);
    for (uint32_t i = 0; i < count; i += 8) {
        uint8_t byte = 0;
        for (uint32_t k = i; k < count && k < i + 8; k++)
            byte |= (uint8_t)((bits[k] - '0') << (7 - k % 8));
        text_add_u8(out, byte);
    }
}

static int compare(Type type, const void *a, const void *b) {
    return view_compare(a, b);
}

static void add_key(Type type, const void *element, Text *out) {
    key_add_bytes(out, view_bytes(element), ((const View *)element)->length);
}

const TypeOperations bit_operations = {parse, format, receive, send, compare, add_key};
