/* text, varchar, char(n), name and "char": UTF-8 bytes in views, collation "C". */
#include "executor/types/character.h"

#include <string.h>

#include "executor/types/key.h"
#include "executor/types/operations.h"

/* Length of the UTF-8 sequence at bytes, 0 when it is none (overlong, surrogate, beyond U+10FFFF, NUL). */
static size_t sequence_length(const unsigned char *b, size_t left) {
    if (b[0] < 0x80)
        return b[0] != 0;
    size_t length = b[0] >= 0xc2 && b[0] < 0xe0   ? 2
                    : b[0] >= 0xe0 && b[0] < 0xf0 ? 3
                    : b[0] >= 0xf0 && b[0] < 0xf5 ? 4
                                                  : 0;
    if (length == 0 || left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f) || (b[0] == 0xf0 && b[1] < 0x90) ||
        (b[0] == 0xf4 && b[1] > 0x8f))
        return 0;
    return length;
}

/* All eight bytes ASCII and none of them NUL. */
static bool is_plain_word(const char *bytes) {
    const uint64_t high = 0x8080808080808080u;
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return ((word | (word - 0x0101010101010101u)) & high) == 0;
}

bool utf8_is_valid(const char *bytes, size_t length, size_t *bad) {
    for (size_t at = 0; at < length;) {
        if (length - at >= 8 && is_plain_word(bytes + at)) {
            at += 8;
            continue;
        }
        size_t step = sequence_length((const unsigned char *)bytes + at, length - at);
        if (step == 0) {
            *bad = at;
            return false;
        }
        at += step;
    }
    return true;
}

size_t utf8_prefix(const char *bytes, size_t length, size_t characters) {
    size_t at = 0;
    for (; at < length; at++)
        if (((unsigned char)bytes[at] & 0xc0) != 0x80 && characters-- == 0)
            break;
    return at;
}

size_t utf8_count(const char *bytes, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)bytes[i] & 0xc0) != 0x80;
    return count;
}

Status character_apply_modifier(Type type, bool is_explicit, View in, Arena *arena, View *out, Error *error) {
    *out = in;
    if (type.modifier < 4 || (type.id != TYPE_VARCHAR && type.id != TYPE_BPCHAR))
        return OK;
    size_t limit = (size_t)type.modifier - 4;
    const char *bytes = view_bytes(&in);
    size_t kept = utf8_prefix(bytes, in.length, limit);
    if (kept < in.length) {
        for (size_t i = kept; !is_explicit && i < in.length; i++)
            if (bytes[i] != ' ')
                return error_set(error, STATUS_STRING_DATA_RIGHT_TRUNCATION,
                    "value too long for type %s(%zu)", type_sql_name((TypeId)type.id), limit);
        *out = view_of(bytes, (uint32_t)kept);
        if (kept <= VIEW_INLINE_MAX)
            *out = view_of(view_bytes(&in), (uint32_t)kept);
        return OK;
    }
    if (type.id == TYPE_VARCHAR)
        return OK;
    size_t missing = limit - utf8_count(bytes, in.length);
    if (missing == 0)
        return OK;
    char *padded = arena_allocate(arena, in.length + missing);
    memcpy(padded, bytes, in.length);
    memset(padded + in.length, ' ', missing);
    *out = view_of(padded, (uint32_t)(in.length + missing));
    return OK;
}

uint32_t bpchar_true_length(const View *view) {
    const char *bytes = view_bytes(view);
    uint32_t length = view->length;
    while (length > 0 && bytes[length - 1] == ' ')
        length--;
    return length;
}

static Status encoding_error(const char *text, size_t length, size_t bad, Error *error) {
    Text bytes = {0};
    for (size_t i = bad; i < length && i < bad + 4 && (i == bad || ((unsigned char)text[i] & 0xc0) == 0x80);
         i++)
        text_printf(&bytes, "%s0x%02x", i == bad ? "" : " ", (unsigned char)text[i]);
    Status status = error_set(error, STATUS_CHARACTER_NOT_IN_REPERTOIRE,
        "invalid byte sequence for encoding \"UTF8\": %s", text_string(&bytes));
    text_free(&bytes);
    return status;
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    enum { NAME_MAX_BYTES = 63 };
    size_t bad;
    if (!utf8_is_valid(text, length, &bad))
        return encoding_error(text, length, bad, error);
    if (type.id == TYPE_NAME && length > NAME_MAX_BYTES)
        for (length = NAME_MAX_BYTES; ((unsigned char)text[length] & 0xc0) == 0x80;)
            length--;
    if (type.id == TYPE_CHAR && length > 1)
        length = 1;
    View view = view_of(text, (uint32_t)length);
    TRY(character_apply_modifier(type, false, view, arena, &view, error));
    if (view.length > VIEW_INLINE_MAX && view.pointer == text)
        view.pointer = arena_copy(arena, text, view.length);
    out->view = view;
    return OK;
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    const View *view = element;
    text_add(out, view_bytes(view), view->length);
}

static int compare(Type type, const void *a, const void *b) {
    return view_compare(a, b);
}

static int bpchar_compare(Type type, const void *a, const void *b) {
    View x = view_of(view_bytes(a), bpchar_true_length(a)), y = view_of(view_bytes(b), bpchar_true_length(b));
    return view_compare(&x, &y);
}

static void add_key(Type type, const void *element, Text *out) {
    const View *view = element;
    key_add_bytes(out, view_bytes(view), view->length);
}

static void bpchar_add_key(Type type, const void *element, Text *out) {
    key_add_bytes(out, view_bytes(element), bpchar_true_length(element));
}

const TypeOperations text_operations = {parse, format, parse, format, compare, add_key};
const TypeOperations varchar_operations = {parse, format, parse, format, compare, add_key};
const TypeOperations name_operations = {parse, format, parse, format, compare, add_key};
const TypeOperations char1_operations = {parse, format, parse, format, compare, add_key};
const TypeOperations bpchar_operations = {parse, format, parse, format, bpchar_compare, bpchar_add_key};
