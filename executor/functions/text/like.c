/* LIKE and ILIKE. A constant pattern is cut once into literal pieces between its % signs; patterns with _ or
   a varying pattern are matched directly. */
#include "executor/base/memory.h"
#include "executor/functions/text/string_kernel.h"

typedef enum Match { MATCH_NO, MATCH_YES, MATCH_ABORT } Match;

static inline char fold(char c, bool is_folding) {
    return is_folding && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* MATCH_ABORT: the text is exhausted, so that no shift of an earlier % helps. *is_bad is set when the pattern
   ends in its escape. */
static Match match(const char *t, size_t tlen, const char *p, size_t plen, bool is_folding, bool *is_bad) {
    if (plen == 1 && *p == '%')
        return MATCH_YES;
    while (tlen > 0 && plen > 0) {
        if (*p == '\\') {
            if (plen == 1) {
                *is_bad = true;
                return MATCH_ABORT;
            }
            p++, plen--;
            if (fold(*p, is_folding) != fold(*t, is_folding))
                return MATCH_NO;
        } else if (*p == '%') {
            p++, plen--;
            while (plen > 0 && (*p == '%' || *p == '_')) {
                if (*p == '_') {
                    if (tlen == 0)
                        return MATCH_ABORT;
                    size_t step = (size_t)utf8_step(*t);
                    step = step > tlen ? tlen : step;
                    t += step, tlen -= step;
                }
                p++, plen--;
            }
            if (plen == 0)
                return MATCH_YES;
            if (*p == '\\' && plen < 2) {
                *is_bad = true;
                return MATCH_ABORT;
            }
            char first = fold(*p == '\\' ? p[1] : *p, is_folding);
            while (tlen > 0) {
                if (fold(*t, is_folding) == first) {
                    Match matched = match(t, tlen, p, plen, is_folding, is_bad);
                    if (matched != MATCH_NO)
                        return matched;
                }
                t++, tlen--;
            }
            return MATCH_ABORT;
        } else if (*p == '_') {
            size_t step = (size_t)utf8_step(*t);
            step = step > tlen ? tlen : step;
            t += step, tlen -= step;
            p++, plen--;
            continue;
        } else if (fold(*p, is_folding) != fold(*t, is_folding)) {
            return MATCH_NO;
        }
        t++, tlen--;
        p++, plen--;
    }
    if (tlen > 0)
        return MATCH_NO;
    while (plen > 0 && *p == '%')
        p++, plen--;
    return plen == 0 ? MATCH_YES : MATCH_ABORT;
}

/* A constant pattern without _: its literal pieces in order. */
typedef struct Pattern {
    bool is_simple;
    bool starts_open; /* begins with % */
    bool ends_open;
    int count;
    View source; /* what it was made from */
    View pieces[16];
    char bytes[];
} Pattern;

static void pattern_free(void *pattern) {
    memory_free(pattern);
}

static Pattern *pattern_create(const View *source) {
    enum { PIECES_MAX = 16 };
    Pattern *pattern = memory_allocate_zero(sizeof *pattern + 2 * (size_t)source->length + 1);
    const char *p = view_bytes(source), *end = p + source->length;
    char *to = pattern->bytes + source->length;
    memcpy(pattern->bytes, p, source->length);
    pattern->source = view_of(pattern->bytes, source->length);
    pattern->starts_open = source->length > 0 && *p == '%';
    char *start = to;
    bool is_simple = true;
    for (; p < end && is_simple; p++) {
        if (*p == '_' || (*p == '\\' && p + 1 == end) || pattern->count == PIECES_MAX) {
            is_simple = false;
        } else if (*p == '%') {
            if (to > start)
                pattern->pieces[pattern->count++] = view_of(start, (uint32_t)(to - start));
            start = to;
            pattern->ends_open = p + 1 == end;
        } else {
            if (*p == '\\')
                p++;
            *to++ = *p;
        }
    }
    if (to > start && pattern->count < PIECES_MAX)
        pattern->pieces[pattern->count++] = view_of(start, (uint32_t)(to - start));
    else if (to > start)
        is_simple = false;
    pattern->is_simple = is_simple;
    return pattern;
}

static bool match_simple(const Pattern *p, const char *text, size_t length) {
    const char *at = text, *end = text + length;
    int first = 0, last = p->count;
    if (p->count == 0)
        return p->starts_open || length == 0;
    if (!p->starts_open) {
        const View *piece = &p->pieces[first++];
        if (piece->length > length || memcmp(at, view_bytes(piece), piece->length) != 0)
            return false;
        at += piece->length;
        if (p->count == 1 && !p->ends_open)
            return at == end;
    }
    if (!p->ends_open && last > first) {
        const View *piece = &p->pieces[--last];
        if (piece->length > (size_t)(end - at) ||
            memcmp(end - piece->length, view_bytes(piece), piece->length) != 0)
            return false;
        end -= piece->length;
    }
    for (int i = first; i < last; i++) {
        at = memmem(at, (size_t)(end - at), view_bytes(&p->pieces[i]), p->pieces[i].length);
        if (at == NULL)
            return false;
        at += p->pieces[i].length;
    }
    return true;
}

static void like_rows(KERNEL_PARAMETERS, bool is_folding, bool is_negated) {
    uint8_t *results = result->values;
    const Pattern *pattern = NULL;
    if (arguments[1]->is_constant && !is_folding && row_count > 0) {
        const View *source = argument_view(arguments, 1, 0);
        pattern = *context->cache;
        if (pattern == NULL || !view_is_identical(&pattern->source, source)) {
            if (pattern != NULL)
                pattern_free(*context->cache);
            *context->cache = pattern_create(source);
            *context->cache_free = pattern_free;
            pattern = *context->cache;
        }
    }
    if (pattern != NULL && pattern->is_simple) {
        for (int i = 0; i < row_count; i++) {
            const View *view = argument_view(arguments, 0, i);
            results[i] = match_simple(pattern, view_bytes(view), view->length) != is_negated;
        }
        return;
    }
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i), *source = argument_view(arguments, 1, i);
        bool is_bad = false;
        Match matched =
            match(view_bytes(view), view->length, view_bytes(source), source->length, is_folding, &is_bad);
        if (is_bad)
            KERNEL_FAIL(context, i, STATUS_INVALID_ESCAPE_SEQUENCE,
                "LIKE pattern must not end with escape character");
        results[i] = (matched == MATCH_YES) != is_negated;
    }
}

#define LIKE_KERNEL(name, is_folding, is_negated)                                                 \
    static void name(KERNEL_PARAMETERS) {                                                         \
        like_rows(context, row_count, arguments, argument_count, result, is_folding, is_negated); \
    }
LIKE_KERNEL(like, false, false)
LIKE_KERNEL(not_like, false, true)
LIKE_KERNEL(ilike, true, false)
LIKE_KERNEL(not_ilike, true, true)

/* LIKE … ESCAPE: the pattern with backslash as its escape. */
static void like_escape(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        const View *view = argument_view(arguments, 0, i), *escape = argument_view(arguments, 1, i);
        const char *p = view_bytes(view), *end = p + view->length, *e = view_bytes(escape);
        if (escape->length > 0 && (uint32_t)utf8_step(*e) != escape->length) {
            KERNEL_FAIL(context, i, STATUS_INVALID_ESCAPE_SEQUENCE, "invalid escape string");
            continue;
        }
        bool is_after_escape = false;
        while (p < end) {
            size_t step = (size_t)utf8_step(*p);
            if (escape->length > 0 && *e != '\\' && !is_after_escape && step == escape->length &&
                memcmp(p, e, step) == 0) {
                text_add_char(&out, '\\');
                is_after_escape = true;
            } else if (*p == '\\') {
                text_add_char(&out, '\\');
                if (*e != '\\' || escape->length == 0) {
                    if (!is_after_escape)
                        text_add_char(&out, '\\');
                } else if (p + 1 < end) {
                    step++;
                    text_add_char(&out, p[1]);
                }
                is_after_escape = false;
            } else {
                text_add(&out, p, step);
                is_after_escape = false;
            }
            p += step;
        }
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

const FunctionRow like_functions[] = {
    {"~~(text, text) -> bool", like, 0, MEANING_LIKE},
    {"!~~(text, text) -> bool", not_like, 0, MEANING_UNLIKE},
    {"~~*(text, text) -> bool", ilike, 0, MEANING_LIKE},
    {"!~~*(text, text) -> bool", not_ilike, 0, MEANING_UNLIKE},
    {"~~(bpchar, text) -> bool", like, 0, MEANING_LIKE},
    {"!~~(bpchar, text) -> bool", not_like, 0, MEANING_UNLIKE},
    {"~~*(bpchar, text) -> bool", ilike, 0, MEANING_LIKE},
    {"!~~*(bpchar, text) -> bool", not_ilike, 0, MEANING_UNLIKE},
    {"like(text, text) -> bool", like},
    {"notlike(text, text) -> bool", not_like},
    {"like_escape(text, text) -> text", like_escape},
    {0},
};
