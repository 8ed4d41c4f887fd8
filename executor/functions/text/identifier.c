/* parse_ident() and unistr(): names in parts, texts with Unicode escapes. */
#include <ctype.h>

#include "executor/functions/text/string_kernel.h"
#include "executor/types/array.h"

/* ---- parse_ident ---- */

static bool begins_name(char c) {
    return c == '_' || isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}
static bool continues_name(char c) {
    return begins_name(c) || c == '$' || isdigit((unsigned char)c);
}
static const char *skip_blanks(const char *at, const char *end) {
    while (at < end && (isspace((unsigned char)*at)))
        at++;
    return at;
}

/* One part of a name; NULL when there is none at the cursor. */
static const char *read_part(const char *at, const char *end, Text *part) {
    text_reset(part);
    if (at < end && *at == '"') {
        for (at++; at < end && (*at != '"' || (at + 1 < end && at[1] == '"')); at++) {
            text_add_char(part, *at);
            at += *at == '"';
        }
        return at < end && part->length > 0 ? at + 1 : NULL;
    }
    if (at >= end || !begins_name(*at))
        return NULL;
    for (; at < end && continues_name(*at); at++)
        text_add_char(part, *at >= 'A' && *at <= 'Z' ? (char)(*at | 32) : *at);
    return at;
}

static bool read_parts(const View *view, bool is_strict, ArrayBuilder *builder, Text *part) {
    const char *at = view_bytes(view), *end = at + view->length;
    for (at = skip_blanks(at, end);; at = skip_blanks(at + 1, end)) {
        at = read_part(at, end, part);
        if (at == NULL)
            return false;
        array_builder_add_string(builder, text_string(part), part->length);
        at = skip_blanks(at, end);
        if (at >= end || *at != '.')
            return at >= end || !is_strict;
    }
}

static void parse_ident(KERNEL_PARAMETERS) {
    Text part = {0}, bytes = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i);
        ArrayBuilder builder = {.element = type_of(TYPE_TEXT)};
        if (!read_parts(view, argument_count < 2 || KERNEL_AT(uint8_t, arguments[1], i), &builder, &part))
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE,
                "string is not a valid identifier: \"%.*s\"", (int)view->length, view_bytes(view));
        array_builder_finish(&builder, &bytes);
        result_take_text(result, i, &bytes);
        array_builder_free(&builder);
    }
    text_free(&part);
    text_free(&bytes);
}

/* ---- unistr ---- */

static int64_t read_hex(const char *at, const char *end, int digits) {
    int64_t code = 0;
    if (end - at < digits)
        return -1;
    for (int i = 0; i < digits; i++) {
        if (!isxdigit((unsigned char)at[i]))
            return -1;
        code = code * 16 + (isdigit((unsigned char)at[i]) ? at[i] - '0' : (at[i] | 32) - 'a' + 10);
    }
    return code;
}

static void add_code(Text *out, uint32_t code) {
    int length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    char bytes[4];
    for (int i = length - 1; i > 0; i--, code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3f));
    bytes[0] = (char)(length == 1 ? code : (0xf00u >> length & 0xf0) | code);
    text_add(out, bytes, (size_t)length);
}

/* The code of an escape after its backslash: 4 digits, +6, u4, U8; -1 for none. */
static int64_t read_escape(const char **at, const char *end) {
    static const struct {
        char mark;
        int digits;
    } forms[] = {{'+', 6}, {'u', 4}, {'U', 8}};
    int digits = 4;
    for (int i = 0; i < 3; i++)
        if (*at < end && **at == forms[i].mark) {
            digits = forms[i].digits;
            ++*at;
            break;
        }
    int64_t code = read_hex(*at, end, digits);
    *at += digits;
    return code;
}

static Status unescape(const View *view, Text *out, Error *error) {
    const char *at = view_bytes(view), *end = at + view->length;
    uint32_t high = 0;
    while (at < end) {
        if (*at != '\\' || (at + 1 < end && at[1] == '\\')) {
            if (high != 0)
                return error_set(error, STATUS_SYNTAX_ERROR, "invalid Unicode surrogate pair");
            text_add_char(out, *at);
            at += *at == '\\' ? 2 : 1;
            continue;
        }
        at++;
        int64_t code = read_escape(&at, end);
        if (code < 0) {
            error_set(error, STATUS_SYNTAX_ERROR, "invalid Unicode escape");
            return error_hint(error, "Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.");
        }
        if (code == 0 || code > 0x10ffff)
            return error_set(
                error, STATUS_INVALID_PARAMETER_VALUE, "invalid Unicode code point: %04llX", (long long)code);
        bool is_low = code >= 0xdc00 && code <= 0xdfff;
        if (is_low != (high != 0))
            return error_set(error, STATUS_SYNTAX_ERROR, "invalid Unicode surrogate pair");
        if (code >= 0xd800 && code <= 0xdbff) {
            high = (uint32_t)code;
            continue;
        }
        add_code(
            out, is_low ? 0x10000 + ((high - 0xd800) << 10) + ((uint32_t)code - 0xdc00) : (uint32_t)code);
        high = 0;
    }
    return high == 0 ? OK : error_set(error, STATUS_SYNTAX_ERROR, "invalid Unicode surrogate pair");
}

static void unistr(KERNEL_PARAMETERS) {
    Text out = {0};
    Error error = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Status status = unescape(argument_view(arguments, 0, i), &out, &error);
        if (status != OK)
            KERNEL_FAIL(context, i, status, "%s", error.message);
        result_take_text(result, i, &out);
    }
    error_clear(&error);
    text_free(&out);
}

const FunctionRow identifier_functions[] = {
    {"parse_ident(text) -> text[]", parse_ident},
    {"parse_ident(text, bool) -> text[]", parse_ident},
    {"unistr(text) -> text", unistr},
    {0},
};
