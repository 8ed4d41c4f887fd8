/* text functions: cutting, joining, padding, case. Positions count characters; collation is "C", so case is
   ASCII only. Results that are a part of their argument point into its buffers. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/functions/text/string_kernel.h"

enum { TEXT_MAX = 0x3fffffff };

/* ---- lengths ---- */

#define LENGTH_KERNEL(name, expression)                        \
    static void name(KERNEL_PARAMETERS) {                      \
        int32_t *lengths = result->values;                     \
        for (int i = 0; i < row_count; i++) {                  \
            const View *view = argument_view(arguments, 0, i); \
            lengths[i] = (int32_t)(expression);                \
        }                                                      \
    }

LENGTH_KERNEL(char_length, utf8_count(view_bytes(view), view->length))
LENGTH_KERNEL(bpchar_length, utf8_count(view_bytes(view), bpchar_true_length(view)))
LENGTH_KERNEL(octet_length, view->length)
LENGTH_KERNEL(bit_length, view->length * 8)

/* ---- case ---- */

static inline char ascii_lower(char c) {
    return (char)(c + (((unsigned char)(c - 'A') < 26) << 5));
}
static inline char ascii_upper(char c) {
    return (char)(c - (((unsigned char)(c - 'a') < 26) << 5));
}

#define CASE_KERNEL(name, map)                                                \
    static void name(KERNEL_PARAMETERS) {                                     \
        for (int i = 0; i < row_count; i++) {                                 \
            const View *view = argument_view(arguments, 0, i);                \
            char inline_bytes[VIEW_INLINE_MAX];                               \
            const uint32_t length = view->length;                             \
            const char *restrict from = view_bytes(view);                     \
            char *restrict to = result_reserve(result, length, inline_bytes); \
            for (uint32_t k = 0; k < length; k++)                             \
                to[k] = map(from[k]);                                         \
            result_set_view(result, i, to, length);                           \
        }                                                                     \
    }

CASE_KERNEL(lower, ascii_lower)
CASE_KERNEL(upper, ascii_upper)

static inline bool is_ascii_alnum(char c) {
    return (unsigned char)(c - '0') < 10 || (unsigned char)((c | 32) - 'a') < 26;
}

static void initcap(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        char inline_bytes[VIEW_INLINE_MAX];
        const char *from = view_bytes(view);
        char *to = result_reserve(result, view->length, inline_bytes);
        bool is_inside = false;
        for (uint32_t k = 0; k < view->length; k++) {
            to[k] = is_inside ? ascii_lower(from[k]) : ascii_upper(from[k]);
            is_inside = is_ascii_alnum(to[k]);
        }
        result_set_view(result, i, to, view->length);
    }
}

/* ---- parts ---- */

/* Byte range of the characters [start, end), both from 0. */
static inline void cut(
    const char *bytes, uint32_t length, int64_t start, int64_t end, uint32_t *from, uint32_t *to) {
    if (start >= end) {
        *from = *to = 0;
    } else if (bytes_are_ascii(bytes, length)) {
        *from = start < length ? (uint32_t)start : length;
        *to = end < length ? (uint32_t)end : length;
    } else {
        *from = (uint32_t)utf8_prefix(bytes, length, (size_t)start);
        *to = *from + (uint32_t)utf8_prefix(bytes + *from, length - *from, (size_t)(end - start));
    }
}

static void substring(KERNEL_PARAMETERS) {
    bool is_bytea = arguments[0]->type.id == TYPE_BYTEA;
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        int64_t start = (int64_t)argument_int4(arguments, 1, i) - 1, end = INT32_MAX;
        if (argument_count == 3) {
            int32_t count = argument_int4(arguments, 2, i);
            if (count < 0) {
                KERNEL_FAIL(context, i, STATUS_SUBSTRING_ERROR, "negative substring length not allowed");
                continue;
            }
            end = start + count;
        }
        if (start < 0)
            start = 0;
        uint32_t from, to;
        const char *bytes = view_bytes(view);
        if (is_bytea) {
            from = start < view->length ? (uint32_t)start : view->length;
            to = end < from ? from : end < view->length ? (uint32_t)end : view->length;
        } else {
            cut(bytes, view->length, start, end, &from, &to);
        }
        result_set_view(result, i, bytes + from, to - from);
    }
}

static void left(KERNEL_PARAMETERS) {
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        int64_t count = argument_int4(arguments, 1, i);
        const char *bytes = view_bytes(view);
        if (count < 0) {
            count += (int64_t)utf8_count(bytes, view->length);
            count = count < 0 ? 0 : count;
        }
        result_set_view(result, i, bytes, utf8_prefix(bytes, view->length, (size_t)count));
    }
}

static void right(KERNEL_PARAMETERS) {
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        int64_t count = argument_int4(arguments, 1, i);
        const char *bytes = view_bytes(view);
        int64_t skip = count < 0 ? -count : (int64_t)utf8_count(bytes, view->length) - count;
        size_t at = utf8_prefix(bytes, view->length, (size_t)(skip < 0 ? 0 : skip));
        result_set_view(result, i, bytes + at, view->length - at);
    }
}

/* ---- trimming ---- */

enum { TRIM_LEFT = 1, TRIM_RIGHT = 2 };

static bool set_has(const char *set, uint32_t set_length, const char *at, int step) {
    for (uint32_t k = 0; k < set_length; k += (uint32_t)utf8_step(set[k]))
        if (utf8_step(set[k]) == step && memcmp(set + k, at, (size_t)step) == 0)
            return true;
    return false;
}

static void trim(
    const char **from, const char **to, const char *set, uint32_t set_length, int sides, bool is_bytea) {
    const char *start = *from, *end = *to;
    while ((sides & TRIM_LEFT) && start < end) {
        int step = is_bytea ? 1 : utf8_step(*start);
        if (is_bytea ? memchr(set, *start, set_length) == NULL : !set_has(set, set_length, start, step))
            break;
        start += step;
    }
    while ((sides & TRIM_RIGHT) && start < end) {
        int step = 1;
        while (!is_bytea && end - step > start && utf8_is_continuation(end[-step]))
            step++;
        if (is_bytea ? memchr(set, end[-1], set_length) == NULL : !set_has(set, set_length, end - step, step))
            break;
        end -= step;
    }
    *from = start;
    *to = end;
}

static void trim_rows(KERNEL_PARAMETERS, int sides) {
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i),
                   *set = argument_count == 2 ? argument_view(arguments, 1, i) : NULL;
        const char *from = view_bytes(view), *to = from + view->length;
        trim(&from, &to, set == NULL ? " " : view_bytes(set), set == NULL ? 1 : set->length, sides,
            arguments[0]->type.id == TYPE_BYTEA);
        result_set_view(result, i, from, (size_t)(to - from));
    }
}

#define TRIM_KERNEL(name, sides)                                                 \
    static void name(KERNEL_PARAMETERS) {                                        \
        trim_rows(context, row_count, arguments, argument_count, result, sides); \
    }
TRIM_KERNEL(trim_both, TRIM_LEFT | TRIM_RIGHT)
TRIM_KERNEL(trim_left, TRIM_LEFT)
TRIM_KERNEL(trim_right, TRIM_RIGHT)

/* ---- padding and repeating ---- */

static void pad_rows(KERNEL_PARAMETERS, bool is_left) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i),
                   *fill = argument_count == 3 ? argument_view(arguments, 2, i) : NULL;
        int64_t wanted = argument_int4(arguments, 1, i);
        const char *bytes = view_bytes(view), *fill_bytes = fill == NULL ? " " : view_bytes(fill);
        uint32_t fill_length = fill == NULL ? 1 : fill->length;
        wanted = wanted < 0 ? 0 : wanted;
        if (wanted > TEXT_MAX / 4) {
            KERNEL_FAIL(context, i, STATUS_PROGRAM_LIMIT_EXCEEDED, "requested length too large");
            continue;
        }
        int64_t have = (int64_t)utf8_count(bytes, view->length);
        if (have > wanted)
            have = wanted;
        if (fill_length == 0)
            wanted = have;
        size_t kept = utf8_prefix(bytes, view->length, (size_t)have);
        if (!is_left)
            text_add(&out, bytes, kept);
        uint32_t at = 0;
        for (int64_t k = have; k < wanted; k++) {
            uint32_t step = (uint32_t)utf8_step(fill_bytes[at]);
            text_add(&out, fill_bytes + at, step);
            at = at + step >= fill_length ? 0 : at + step;
        }
        if (is_left)
            text_add(&out, bytes, kept);
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

static void pad_left(KERNEL_PARAMETERS) {
    pad_rows(context, row_count, arguments, argument_count, result, true);
}
static void pad_right(KERNEL_PARAMETERS) {
    pad_rows(context, row_count, arguments, argument_count, result, false);
}

static void repeat(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        int64_t count = argument_int4(arguments, 1, i);
        int64_t length = count < 0 ? 0 : count * view->length;
        if (length > TEXT_MAX) {
            KERNEL_FAIL(context, i, STATUS_PROGRAM_LIMIT_EXCEEDED, "requested length too large");
            continue;
        }
        char inline_bytes[VIEW_INLINE_MAX], *to = result_reserve(result, (size_t)length, inline_bytes);
        if (length > 0)
            memcpy(to, view_bytes(view), view->length);
        for (int64_t done = view->length; done < length; done *= 2) /* doubled, not copied one by one */
            memcpy(to + done, to, (size_t)(done < length - done ? done : length - done));
        result_set_view(result, i, to, (size_t)length);
    }
}

static void reverse(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        char inline_bytes[VIEW_INLINE_MAX], *to = result_reserve(result, view->length, inline_bytes),
                                            *end = to + view->length;
        const char *bytes = view_bytes(view);
        for (uint32_t k = 0; k < view->length;) {
            uint32_t step = (uint32_t)utf8_step(bytes[k]);
            end -= step;
            memcpy(end, bytes + k, step);
            k += step;
        }
        result_set_view(result, i, to, view->length);
    }
}

/* ---- searching and replacing ---- */

static inline const char *find(const char *bytes, size_t length, const View *what) {
    return memmem(bytes, length, view_bytes(what), what->length);
}

static void position(KERNEL_PARAMETERS) {
    int32_t *positions = result->values;
    bool is_bytea = arguments[0]->type.id == TYPE_BYTEA;
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        const char *bytes = view_bytes(view), *at = find(bytes, view->length, argument_view(arguments, 1, i));
        positions[i] = at == NULL ? 0
                                  : 1 + (int32_t)(is_bytea ? (size_t)(at - bytes)
                                                           : utf8_count(bytes, (size_t)(at - bytes)));
    }
}

static void starts_with(KERNEL_PARAMETERS) {
    uint8_t *results = result->values;
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i), *prefix = argument_view(arguments, 1, i);
        results[i] = view->length >= prefix->length &&
                     memcmp(view_bytes(view), view_bytes(prefix), prefix->length) == 0;
    }
}

static void replace(KERNEL_PARAMETERS) {
    Text out = {0};
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i), *what = argument_view(arguments, 1, i),
                   *by = argument_view(arguments, 2, i);
        const char *at = view_bytes(view), *end = at + view->length;
        const char *next = what->length == 0 ? NULL : find(at, view->length, what);
        if (next == NULL) {
            result_set_view(result, i, at, view->length);
            continue;
        }
        for (; next != NULL; next = find(at, (size_t)(end - at), what)) {
            text_add(&out, at, (size_t)(next - at));
            text_add(&out, view_bytes(by), by->length);
            at = next + what->length;
        }
        text_add(&out, at, (size_t)(end - at));
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

static void translate(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i), *from = argument_view(arguments, 1, i),
                   *to = argument_view(arguments, 2, i);
        const char *bytes = view_bytes(view), *source = view_bytes(from), *target = view_bytes(to);
        for (uint32_t k = 0; k < view->length;) {
            int step = utf8_step(bytes[k]);
            uint32_t s = 0, t = 0;
            while (s < from->length &&
                   (utf8_step(source[s]) != step || memcmp(source + s, bytes + k, (size_t)step) != 0)) {
                s += (uint32_t)utf8_step(source[s]);
                if (t < to->length)
                    t += (uint32_t)utf8_step(target[t]);
            }
            if (s >= from->length)
                text_add(&out, bytes + k, (size_t)step);
            else if (t < to->length)
                text_add(&out, target + t, (size_t)utf8_step(target[t]));
            k += (uint32_t)step;
        }
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

/* The field-th part, from 1; false when there are fewer. */
static bool split_forward(
    const View *view, const View *mark, int64_t field, const char **from, size_t *length) {
    const char *at = view_bytes(view), *end = at + view->length;
    const char *mark_bytes = view_bytes(mark);
    for (;; field--) {
        const char *next = mark->length == 1 ? memchr(at, mark_bytes[0], (size_t)(end - at))
                                             : find(at, (size_t)(end - at), mark);
        if (field == 1) {
            *from = at;
            *length = (size_t)((next == NULL ? end : next) - at);
            return true;
        }
        if (next == NULL)
            return false;
        at = next + mark->length;
    }
}

static int64_t split_count(const View *view, const View *mark) {
    const char *at = view_bytes(view), *end = at + view->length;
    int64_t count = 1;
    while ((at = find(at, (size_t)(end - at), mark)) != NULL) {
        at += mark->length;
        count++;
    }
    return count;
}

static void split_part(KERNEL_PARAMETERS) {
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i), *mark = argument_view(arguments, 1, i);
        int64_t field = argument_int4(arguments, 2, i);
        const char *from = "";
        size_t length = 0;
        if (field == 0) {
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "field position must not be zero");
            continue;
        }
        if (view->length == 0 || mark->length == 0) {
            if (field == 1 || field == -1)
                from = view_bytes(view), length = view->length;
        } else {
            if (field < 0)
                field += split_count(view, mark) + 1;
            if (field > 0 && !split_forward(view, mark, field, &from, &length))
                length = 0;
        }
        result_set_view(result, i, from, length);
    }
}

static void overlay(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i), *by = argument_view(arguments, 1, i);
        int64_t start = argument_int4(arguments, 2, i);
        bool is_bytea = arguments[0]->type.id == TYPE_BYTEA;
        int64_t count = argument_count == 4
                            ? argument_int4(arguments, 3, i)
                            : (int64_t)(is_bytea ? by->length : utf8_count(view_bytes(by), by->length));
        if (start <= 0) {
            KERNEL_FAIL(context, i, STATUS_SUBSTRING_ERROR, "negative substring length not allowed");
            continue;
        }
        if (start + count > INT32_MAX) {
            KERNEL_FAIL(context, i, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range");
            continue;
        }
        int64_t after = start + count - 1;
        const char *bytes = view_bytes(view);
        size_t head = is_bytea ? (size_t)(start - 1) : utf8_prefix(bytes, view->length, (size_t)(start - 1));
        size_t tail = after <= 0 ? 0
                      : is_bytea ? (size_t)after
                                 : utf8_prefix(bytes, view->length, (size_t)after);
        head = head > view->length ? view->length : head;
        tail = tail > view->length ? view->length : tail;
        text_add(&out, bytes, head);
        text_add(&out, view_bytes(by), by->length);
        text_add(&out, bytes + tail, view->length - tail);
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

/* ---- joining ---- */

static void join(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const View *a = argument_view(arguments, 0, i), *b = argument_view(arguments, 1, i);
        size_t length = (size_t)a->length + b->length;
        char inline_bytes[VIEW_INLINE_MAX], *to = result_reserve(result, length, inline_bytes);
        memcpy(to, view_bytes(a), a->length);
        memcpy(to + a->length, view_bytes(b), b->length);
        result_set_view(result, i, to, length);
    }
}

static void join_any(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        text_add_cast(&out, arguments[0], i, context->settings);
        text_add_cast(&out, arguments[1], i, context->settings);
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

static void concat(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        for (int a = 0; a < argument_count; a++)
            if (!column_is_null(arguments[a], i))
                datum_format(arguments[a]->type, column_at(arguments[a], i), context->settings, &out);
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

static void concat_ws(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (column_is_null(arguments[0], i)) {
            column_set_null(result, i);
            continue;
        }
        bool is_first = true;
        for (int a = 1; a < argument_count; a++) {
            if (column_is_null(arguments[a], i))
                continue;
            if (!is_first)
                text_add(
                    &out, view_bytes(argument_view(arguments, 0, i)), argument_view(arguments, 0, i)->length);
            datum_format(arguments[a]->type, column_at(arguments[a], i), context->settings, &out);
            is_first = false;
        }
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

/* ---- characters, numbers ---- */

static void chr(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        int32_t code = argument_int4(arguments, 0, i);
        char bytes[4];
        size_t length;
        if (code < 0) {
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "character number must be positive");
            continue;
        }
        if (code == 0) {
            KERNEL_FAIL(context, i, STATUS_PROGRAM_LIMIT_EXCEEDED, "null character not permitted");
            continue;
        }
        if (code > 0x10ffff) {
            KERNEL_FAIL(context, i, STATUS_PROGRAM_LIMIT_EXCEEDED,
                "requested character too large for encoding: %u", (unsigned)code);
            continue;
        }
        if (code >= 0xd800 && code <= 0xdfff) {
            KERNEL_FAIL(context, i, STATUS_PROGRAM_LIMIT_EXCEEDED,
                "requested character not valid for encoding: %u", (unsigned)code);
            continue;
        }
        if (code < 0x80) {
            bytes[0] = (char)code;
            length = 1;
        } else {
            length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
            uint32_t rest = (uint32_t)code;
            for (size_t k = length - 1; k > 0; k--, rest >>= 6)
                bytes[k] = (char)(0x80 | (rest & 0x3f));
            bytes[0] = (char)((0xf00u >> length & 0xf0) | rest);
        }
        result_set_view(result, i, bytes, length);
    }
}

static void ascii(KERNEL_PARAMETERS) {
    int32_t *codes = result->values;
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        const unsigned char *bytes = (const unsigned char *)view_bytes(view);
        int step = view->length == 0 ? 0 : utf8_step((char)bytes[0]);
        int32_t code = step == 0 ? 0 : step == 1 ? bytes[0] : bytes[0] & (0x7f >> step);
        for (int k = 1; k < step; k++)
            code = code << 6 | (bytes[k] & 0x3f);
        codes[i] = code;
    }
}

static void int4_to_hex(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        char text[16];
        result_set_view(
            result, i, text, (size_t)sprintf(text, "%x", (unsigned)argument_int4(arguments, 0, i)));
    }
}

static void int8_to_hex(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        char text[24];
        column_set_bytes(result, i, text,
            (uint32_t)sprintf(text, "%llx", (unsigned long long)column_int8(arguments[0], i)));
    }
}

/* ---- digests ---- */

static void digest_rows(KERNEL_PARAMETERS, const EVP_MD *method, bool is_hex) {
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i);
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned length = 0;
        if (EVP_Digest(view_bytes(view), view->length, digest, &length, method, NULL) != 1) {
            KERNEL_FAIL(context, i, STATUS_INTERNAL_ERROR, "could not compute digest");
            continue;
        }
        char hex[2 * EVP_MAX_MD_SIZE];
        for (unsigned k = 0; is_hex && k < length; k++) {
            hex[2 * k] = "0123456789abcdef"[digest[k] >> 4];
            hex[2 * k + 1] = "0123456789abcdef"[digest[k] & 15];
        }
        column_set_bytes(result, i, is_hex ? hex : (const char *)digest, is_hex ? 2 * length : length);
    }
}

#define DIGEST_KERNEL(name, method, is_hex)                                                 \
    static void name(KERNEL_PARAMETERS) {                                                   \
        digest_rows(context, row_count, arguments, argument_count, result, method, is_hex); \
    }
DIGEST_KERNEL(md5, EVP_md5(), true)
DIGEST_KERNEL(sha1, EVP_sha1(), false)
DIGEST_KERNEL(sha224, EVP_sha224(), false)
DIGEST_KERNEL(sha256, EVP_sha256(), false)
DIGEST_KERNEL(sha384, EVP_sha384(), false)
DIGEST_KERNEL(sha512, EVP_sha512(), false)

const FunctionRow text_functions[] = {
    {"length(text) -> int4", char_length},
    {"length(bpchar) -> int4", bpchar_length},
    {"length(bytea) -> int4", octet_length},
    {"char_length(text) -> int4", char_length},
    {"char_length(bpchar) -> int4", bpchar_length},
    {"character_length(text) -> int4", char_length},
    {"character_length(bpchar) -> int4", bpchar_length},
    {"octet_length(text) -> int4", octet_length},
    {"octet_length(bpchar) -> int4", octet_length},
    {"octet_length(bytea) -> int4", octet_length},
    {"bit_length(text) -> int4", bit_length},
    {"bit_length(bytea) -> int4", bit_length},
    {"lower(text) -> text", lower},
    {"upper(text) -> text", upper},
    {"initcap(text) -> text", initcap},
    {"substring(text, int4) -> text", substring},
    {"substring(text, int4, int4) -> text", substring},
    {"substring(bytea, int4) -> bytea", substring},
    {"substring(bytea, int4, int4) -> bytea", substring},
    {"substring(bit, int4) -> bit", substring},
    {"substring(bit, int4, int4) -> bit", substring},
    {"substr(text, int4) -> text", substring},
    {"substr(text, int4, int4) -> text", substring},
    {"substr(bytea, int4) -> bytea", substring},
    {"substr(bytea, int4, int4) -> bytea", substring},
    {"left(text, int4) -> text", left},
    {"right(text, int4) -> text", right},
    {"btrim(text) -> text", trim_both},
    {"btrim(text, text) -> text", trim_both},
    {"btrim(bytea, bytea) -> bytea", trim_both},
    {"ltrim(text) -> text", trim_left},
    {"ltrim(text, text) -> text", trim_left},
    {"ltrim(bytea, bytea) -> bytea", trim_left},
    {"rtrim(text) -> text", trim_right},
    {"rtrim(text, text) -> text", trim_right},
    {"rtrim(bytea, bytea) -> bytea", trim_right},
    {"lpad(text, int4) -> text", pad_left},
    {"lpad(text, int4, text) -> text", pad_left},
    {"rpad(text, int4) -> text", pad_right},
    {"rpad(text, int4, text) -> text", pad_right},
    {"repeat(text, int4) -> text", repeat},
    {"reverse(text) -> text", reverse},
    {"position(text, text) -> int4", position},
    {"position(bytea, bytea) -> int4", position},
    {"position(bit, bit) -> int4", position},
    {"strpos(text, text) -> int4", position},
    {"starts_with(text, text) -> bool", starts_with},
    {"^@(text, text) -> bool", starts_with},
    {"replace(text, text, text) -> text", replace},
    {"translate(text, text, text) -> text", translate},
    {"split_part(text, text, int4) -> text", split_part},
    {"overlay(text, text, int4) -> text", overlay},
    {"overlay(text, text, int4, int4) -> text", overlay},
    {"overlay(bytea, bytea, int4) -> bytea", overlay},
    {"overlay(bytea, bytea, int4, int4) -> bytea", overlay},
    {"overlay(bit, bit, int4) -> bit", overlay},
    {"overlay(bit, bit, int4, int4) -> bit", overlay},
    {"||(varbit, varbit) -> varbit", join},
    {"||(text, text) -> text", join},
    {"||(bytea, bytea) -> bytea", join},
    {"||(text, any) -> text", join_any, FUNCTION_STABLE},
    {"||(any, text) -> text", join_any, FUNCTION_STABLE},
    {"concat(any...) -> text", concat, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"concat_ws(text, any...) -> text", concat_ws, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"chr(int4) -> text", chr},
    {"ascii(text) -> int4", ascii},
    {"to_hex(int4) -> text", int4_to_hex},
    {"to_hex(int8) -> text", int8_to_hex},
    {"md5(text) -> text", md5},
    {"md5(bytea) -> text", md5},
    {"sha1(bytea) -> bytea", sha1},
    {"sha224(bytea) -> bytea", sha224},
    {"sha256(bytea) -> bytea", sha256},
    {"sha384(bytea) -> bytea", sha384},
    {"sha512(bytea) -> bytea", sha512},
    {0},
};
