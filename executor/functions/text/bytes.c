/* bytea functions: single bytes and bits, and the encodings UTF8 and LATIN1. */
#include <strings.h>

#include "executor/functions/text/string_kernel.h"

/* Whether there is such a byte or bit. */
static bool check_place(KernelContext *context, int row, int64_t place, int64_t count) {
    bool is_inside = place >= 0 && place < count;
    if (!is_inside)
        KERNEL_FAIL(context, row, STATUS_ARRAY_SUBSCRIPT_ERROR, "index %lld out of valid range, 0..%lld",
            (long long)place, (long long)count - 1);
    return is_inside;
}

static void get_byte(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        int32_t place = argument_int4(arguments, 1, i);
        if (!row_is_null(context, i) && check_place(context, i, place, view->length))
            ((int32_t *)result->values)[i] = (uint8_t)view_bytes(view)[place];
    }
}

static void get_bit(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        int64_t place = column_int8(arguments[1], i);
        if (!row_is_null(context, i) && check_place(context, i, place, (int64_t)view->length * 8))
            ((int32_t *)result->values)[i] = (uint8_t)view_bytes(view)[place / 8] >> (place % 8) & 1;
    }
}

static void set_byte(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        int32_t place = argument_int4(arguments, 1, i);
        if (row_is_null(context, i) || !check_place(context, i, place, view->length))
            continue;
        char *copy = arena_copy(context->scratch, view_bytes(view), view->length);
        copy[place] = (char)argument_int4(arguments, 2, i);
        column_set_bytes(result, i, copy, view->length);
    }
}

static void set_bit(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        int64_t place = column_int8(arguments[1], i);
        int32_t bit = argument_int4(arguments, 2, i);
        if (row_is_null(context, i) || !check_place(context, i, place, (int64_t)view->length * 8))
            continue;
        if (bit != 0 && bit != 1) {
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "new bit must be 0 or 1");
            continue;
        }
        char *copy = arena_copy(context->scratch, view_bytes(view), view->length);
        int mask = 1 << (place % 8);
        copy[place / 8] = (char)(bit ? copy[place / 8] | mask : copy[place / 8] & ~mask);
        column_set_bytes(result, i, copy, view->length);
    }
}

static void bit_count(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        int64_t count = 0;
        for (uint32_t k = 0; k < view->length && !row_is_null(context, i); k++)
            count += __builtin_popcount((uint8_t)view_bytes(view)[k]);
        ((int64_t *)result->values)[i] = count;
    }
}

/* ---- encodings ---- */

typedef enum Charset { CHARSET_UTF8, CHARSET_LATIN1, CHARSET_UNKNOWN } Charset;

/* As PostgreSQL compares names of encodings: letters and digits only. */
static Charset charset_named(const View *name) {
    static const struct {
        const char *name;
        Charset charset;
    } charsets[] = {{"utf8", CHARSET_UTF8}, {"unicode", CHARSET_UTF8}, {"latin1", CHARSET_LATIN1},
        {"iso88591", CHARSET_LATIN1}};
    char plain[32] = {0};
    size_t length = 0;
    for (uint32_t i = 0; i < name->length && length + 1 < sizeof plain; i++) {
        char c = view_bytes(name)[i];
        if ((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'))
            plain[length++] = c;
    }
    for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++)
        if (strcasecmp(charsets[i].name, plain) == 0)
            return charsets[i].charset;
    return CHARSET_UNKNOWN;
}

static bool check_utf8(KernelContext *context, int row, const View *view) {
    size_t bad;
    bool is_valid = utf8_is_valid(view_bytes(view), view->length, &bad);
    if (!is_valid)
        KERNEL_FAIL(context, row, STATUS_CHARACTER_NOT_IN_REPERTOIRE,
            "invalid byte sequence for encoding \"UTF8\": 0x%02x", (unsigned char)view_bytes(view)[bad]);
    return is_valid;
}

/* UTF8 bytes as LATIN1. */
static bool add_latin1(KernelContext *context, int row, const View *view, Text *out) {
    const unsigned char *at = (const unsigned char *)view_bytes(view), *end = at + view->length;
    for (; at < end; at++) {
        if (*at < 0x80) {
            text_add_char(out, (char)*at);
        } else if (*at <= 0xc3 && at + 1 < end) {
            text_add_char(out, (char)((*at & 3) << 6 | (at[1] & 0x3f)));
            at++;
        } else {
            Text bytes = {0};
            for (int i = 0, step = utf8_step((char)*at); i < step && at + i < end; i++)
                text_printf(&bytes, "%s0x%02x", i > 0 ? " " : "", at[i]);
            KERNEL_FAIL(context, row, STATUS_UNTRANSLATABLE_CHARACTER,
                "character with byte sequence %s in encoding \"UTF8\" has no equivalent in encoding "
                "\"LATIN1\"",
                text_string(&bytes));
            text_free(&bytes);
            return false;
        }
    }
    return true;
}

static void add_utf8(const View *view, Text *out) {
    for (uint32_t i = 0; i < view->length; i++) {
        unsigned char c = (unsigned char)view_bytes(view)[i];
        if (c >= 0x80)
            text_add_char(out, (char)(0xc0 | c >> 6));
        text_add_char(out, (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c));
    }
}

static bool check_charset(
    KernelContext *context, int row, Charset charset, const View *name, const char *what) {
    if (charset == CHARSET_UNKNOWN)
        KERNEL_FAIL(context, row, STATUS_INVALID_PARAMETER_VALUE, "invalid %s encoding name \"%.*s\"", what,
            (int)name->length, view_bytes(name));
    return charset != CHARSET_UNKNOWN;
}

/* The names of the encodings are arguments, or NULL for the database's. */
static void convert_rows(KernelContext *context, int row_count, const Column *text, const Column *source,
    const Column *target, Column *result) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = column_view(text, i);
        Charset from = source == NULL ? CHARSET_UTF8 : charset_named(column_view(source, i));
        Charset to = target == NULL ? CHARSET_UTF8 : charset_named(column_view(target, i));
        text_reset(&out);
        if (source != NULL && !check_charset(context, i, from, column_view(source, i), "source"))
            continue;
        if (target != NULL && !check_charset(context, i, to, column_view(target, i), "destination"))
            continue;
        if (from == CHARSET_UTF8 && !check_utf8(context, i, view))
            continue;
        if (from == to)
            text_add(&out, view_bytes(view), view->length);
        else if (from == CHARSET_LATIN1)
            add_utf8(view, &out);
        else if (!add_latin1(context, i, view, &out))
            continue;
        result_take_text(result, i, &out);
    }
    text_free(&out);
}
static void convert_from(KERNEL_PARAMETERS) {
    convert_rows(context, row_count, arguments[0], arguments[1], NULL, result);
}
static void convert_to(KERNEL_PARAMETERS) {
    convert_rows(context, row_count, arguments[0], NULL, arguments[1], result);
}
static void convert(KERNEL_PARAMETERS) {
    convert_rows(context, row_count, arguments[0], arguments[1], arguments[2], result);
}

static void character_length(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i), *name = argument_view(arguments, 1, i);
        Charset charset = charset_named(name);
        if (charset == CHARSET_UNKNOWN)
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "invalid encoding name \"%.*s\"",
                (int)name->length, view_bytes(name));
        int32_t count = (int32_t)view->length;
        if (charset == CHARSET_UTF8 && check_utf8(context, i, view))
            for (uint32_t k = 0; k < view->length; k++)
                count -= utf8_is_continuation(view_bytes(view)[k]);
        ((int32_t *)result->values)[i] = count;
    }
}

const FunctionRow bytes_functions[] = {
    {"get_byte(bytea, int4) -> int4", get_byte},
    {"set_byte(bytea, int4, int4) -> bytea", set_byte},
    {"get_bit(bytea, int8) -> int4", get_bit},
    {"set_bit(bytea, int8, int4) -> bytea", set_bit},
    {"bit_count(bytea) -> int8", bit_count},
    {"convert_from(bytea, name) -> text", convert_from},
    {"convert_to(text, name) -> bytea", convert_to},
    {"convert(bytea, name, name) -> bytea", convert},
    {"length(bytea, name) -> int4", character_length},
    {0},
};
