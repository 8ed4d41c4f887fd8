/* The gate between the engines.

   A backtracking engine takes the first match in order of preference, PostgreSQL's the longest. Whether there
   is a match is the same for both in the common syntax (no look-around, back references or own escapes).
   Which match is the same when the pattern is deterministic: after each character at most one position of the
   pattern can go on with any given next one (Glushkov's automaton), all quantifiers prefer more, and only the
   last of alternatives may be empty. Then the path is decided by the text alone, and both follow it as far as
   it goes. */
#include "executor/functions/regex/regex_gate.h"

#include <stdint.h>
#include <string.h>

enum { POSITIONS_MAX = 64 };

/* Characters a position takes: a bit for each of ASCII, and one for all others. */
typedef struct Set {
    uint64_t ascii[2];
    bool others;
} Set;

typedef struct Gate {
    const char *at, *end;
    Set sets[POSITIONS_MAX];
    uint64_t follow[POSITIONS_MAX];
    int count;
    bool is_known;   /* syntax that both read alike */
    bool is_decided; /* nothing seen that makes the match itself differ */
    int depth;
} Gate;

/* A part of the pattern. */
typedef struct Part {
    uint64_t first, last;
    bool is_empty; /* can match nothing */
    bool has_group;
} Part;

static bool sets_meet(const Set *a, const Set *b) {
    return (a->ascii[0] & b->ascii[0]) || (a->ascii[1] & b->ascii[1]) || (a->others && b->others);
}
static void set_add(Set *set, unsigned char c) {
    if (c < 128)
        set->ascii[c >> 6] |= UINT64_C(1) << (c & 63);
    else
        set->others = true;
}
static void set_add_range(Set *set, unsigned char from, unsigned char to) {
    for (int c = from; c <= to; c++)
        set_add(set, (unsigned char)c);
}
static void set_invert(Set *set) {
    set->ascii[0] = ~set->ascii[0];
    set->ascii[1] = ~set->ascii[1];
    set->others = true;
}
static bool set_add_class(Set *set, char letter) {
    switch (letter) {
    case 'd':
        set_add_range(set, '0', '9');
        return true;
    case 'w':
        set_add_range(set, '0', '9');
        set_add_range(set, 'a', 'z');
        set_add_range(set, 'A', 'Z');
        set_add(set, '_');
        return true;
    case 's':
        set_add_range(set, '\t', '\r');
        set_add(set, ' ');
        return true;
    }
    return false;
}

static Part part_of_set(Gate *g, const Set *set) {
    if (g->count == POSITIONS_MAX) {
        g->is_decided = false;
        return (Part){0};
    }
    g->sets[g->count] = *set;
    uint64_t bit = UINT64_C(1) << g->count++;
    return (Part){.first = bit, .last = bit};
}

static void link_parts(Gate *g, uint64_t last, uint64_t first) {
    for (int i = 0; i < g->count; i++)
        if (last >> i & 1)
            g->follow[i] |= first;
}

static Set read_bracket(Gate *g) {
    Set set = {{0, 0}, false};
    bool is_inverted = false, is_first = true;
    if (g->at < g->end && *g->at == '^') {
        is_inverted = true;
        g->at++;
    }
    while (g->at < g->end && (*g->at != ']' || is_first)) {
        unsigned char c = (unsigned char)*g->at++;
        is_first = false;
        if (c >= 128 || (c == '[' && g->at < g->end && (*g->at == ':' || *g->at == '.' || *g->at == '='))) {
            g->is_known = false;
            return set;
        }
        if (c == '\\') {
            if (g->at >= g->end)
                break;
            c = (unsigned char)*g->at++;
            if (set_add_class(&set, (char)c))
                continue;
            if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 128) {
                g->is_known = false;
                return set;
            }
        }
        if (g->end - g->at >= 2 && g->at[0] == '-' && g->at[1] != ']') {
            unsigned char to = (unsigned char)g->at[1];
            if (to >= 128 || to == '\\' || to == '[' || to < c) {
                g->is_known = false;
                return set;
            }
            g->at += 2;
            set_add_range(&set, c, to);
        } else {
            set_add(&set, c);
        }
    }
    if (g->at >= g->end)
        g->is_known = false;
    g->at++;
    if (is_inverted)
        set_invert(&set);
    return set;
}

static Part read_alternatives(Gate *g);

static Part read_atom(Gate *g) {
    Set set = {{0, 0}, false};
    unsigned char c = (unsigned char)*g->at++;
    switch (c) {
    case '(': {
        bool is_plain = g->end - g->at >= 2 && g->at[0] == '?' && g->at[1] == ':';
        if (g->at < g->end && *g->at == '?' && !is_plain) {
            g->is_known = false;
            return (Part){0};
        }
        g->at += is_plain ? 2 : 0;
        if (++g->depth > 50)
            g->is_known = false;
        Part part = g->is_known ? read_alternatives(g) : (Part){0};
        g->depth--;
        part.has_group = part.has_group || !is_plain;
        if (g->at >= g->end || *g->at != ')')
            g->is_known = false;
        g->at++;
        return part;
    }
    case '[':
        set = read_bracket(g);
        return part_of_set(g, &set);
    case '.':
        set_invert(&set);
        return part_of_set(g, &set);
    case '^':
    case '$':
        return (Part){.is_empty = true};
    case '\\':
        if (g->at >= g->end) {
            g->is_known = false;
            return (Part){0};
        }
        c = (unsigned char)*g->at++;
        if (!set_add_class(&set, (char)c)) {
            if (set_add_class(&set, (char)(c | 32)) && c >= 'A' && c <= 'Z')
                set_invert(&set);
            else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 128)
                g->is_known = false;
            else
                set_add(&set, c);
        }
        return part_of_set(g, &set);
    case '*':
    case '+':
    case '?':
    case '{':
        g->is_known = false;
        return (Part){0};
    }
    if (c >= 128)
        while (g->at < g->end && ((unsigned char)*g->at & 0xc0) == 0x80)
            g->at++;
    set_add(&set, c);
    return part_of_set(g, &set);
}

/* "{m}", "{m,}", "{m,n}": true when it was one. */
static bool read_bounds(Gate *g, int *min, int *max) {
    int values[2] = {0, -1}, which = 0, digits = 0;
    const char *at = g->at + 1;
    for (; at < g->end && *at != '}'; at++) {
        if (*at == ',' && which == 0 && digits > 0) {
            which = 1;
            digits = 0;
        } else if (*at >= '0' && *at <= '9' && digits < 3) {
            values[which] = (values[which] < 0 ? 0 : values[which]) * 10 + (*at - '0');
            digits++;
        } else {
            return false;
        }
    }
    if (at >= g->end || (which == 0 && digits == 0))
        return false;
    *min = values[0];
    *max = which == 0 ? values[0] : values[1];
    g->at = at + 1;
    return *max < 0 || *max >= *min;
}

static Part read_quantified(Gate *g) {
    bool is_anchor = *g->at == '^' || *g->at == '$';
    Part part = read_atom(g);
    if (!g->is_known || g->at >= g->end || strchr("*+?{", *g->at) == NULL)
        return part;
    int min = *g->at == '+', max = *g->at == '?' ? 1 : -1;
    if (is_anchor) {
        g->is_known = false;
        return part;
    }
    if (*g->at == '{') {
        if (!read_bounds(g, &min, &max)) {
            g->is_known = false;
            return part;
        }
        /* Counting is not part of the automaton: only a loop that is left by another character decides. */
        if (max == 0 || max > 200 || min > 200)
            g->is_known = false;
    } else {
        g->at++;
    }
    if (g->at < g->end && (*g->at == '?' || *g->at == '+')) {
        if (*g->at == '+')
            g->is_known = false;
        g->is_decided = false;
        g->at++;
    }
    if (g->at < g->end && (*g->at == '*' || *g->at == '{' || *g->at == '?' || *g->at == '+'))
        g->is_known = false;
    if (part.has_group || part.is_empty)
        g->is_decided = false;
    if (max != 1)
        link_parts(g, part.last, part.first);
    part.is_empty = part.is_empty || min == 0;
    return part;
}

static Part read_sequence(Gate *g) {
    Part whole = {.is_empty = true};
    while (g->is_known && g->at < g->end && *g->at != '|' && *g->at != ')') {
        Part part = read_quantified(g);
        link_parts(g, whole.last, part.first);
        if (whole.is_empty)
            whole.first |= part.first;
        whole.last = part.is_empty ? whole.last | part.last : part.last;
        whole.is_empty = whole.is_empty && part.is_empty;
        whole.has_group = whole.has_group || part.has_group;
    }
    return whole;
}

static Part read_alternatives(Gate *g) {
    const char *start = g->at;
    Part whole = read_sequence(g);
    if (g->at == start)
        g->is_known = false;
    while (g->is_known && g->at < g->end && *g->at == '|') {
        if (whole.is_empty)
            g->is_decided = false;
        start = ++g->at;
        Part part = read_sequence(g);
        if (g->at == start)
            g->is_known = false;
        whole.first |= part.first;
        whole.last |= part.last;
        whole.is_empty = whole.is_empty || part.is_empty;
        whole.has_group = whole.has_group || part.has_group;
    }
    return whole;
}

static bool is_deterministic(const Gate *g, uint64_t positions) {
    for (int i = 0; i < g->count; i++)
        for (int k = i + 1; k < g->count; k++)
            if ((positions >> i & 1) && (positions >> k & 1) && sets_meet(&g->sets[i], &g->sets[k]))
                return false;
    return true;
}

RegexAgreement regex_gate(const char *pattern, size_t length) {
    Gate g = {.at = pattern, .end = pattern + length, .is_known = true, .is_decided = true};
    if (length == 0 || length > 1000 || (length >= 3 && memcmp(pattern, "***", 3) == 0))
        return REGEX_DIFFER;
    Part whole = read_alternatives(&g);
    if (!g.is_known || g.at != g.end)
        return REGEX_DIFFER;
    bool is_decided = g.is_decided && is_deterministic(&g, whole.first);
    for (int i = 0; i < g.count && is_decided; i++)
        is_decided = is_deterministic(&g, g.follow[i]);
    return is_decided ? REGEX_SAME_MATCH : REGEX_SAME_TRUTH;
}

/* ---- ASCII classes ---- */

static const char *class_ranges(char letter) {
    return letter == 'd' ? "0-9" : letter == 'w' ? "a-zA-Z0-9_" : letter == 's' ? " \\t\\n\\v\\f\\r" : NULL;
}

static const char *named_ranges(const char *at, const char *end, size_t *length) {
    static const char *const names[][2] = {
        {"[:digit:]", "0-9"},
        {"[:alpha:]", "a-zA-Z"},
        {"[:alnum:]", "a-zA-Z0-9"},
        {"[:upper:]", "A-Z"},
        {"[:lower:]", "a-z"},
        {"[:space:]", " \\t\\n\\v\\f\\r"},
        {"[:blank:]", " \\t"},
        {"[:xdigit:]", "0-9a-fA-F"},
        {"[:word:]", "a-zA-Z0-9_"},
        {"[:punct:]", "!-/:-@\\[-`{-~"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *length = strlen(names[i][0]);
        if ((size_t)(end - at) >= *length && memcmp(at, names[i][0], *length) == 0)
            return names[i][1];
    }
    return NULL;
}

void regex_add_ascii_classes(const char *pattern, size_t length, Text *out) {
    const char *end = pattern + length;
    bool is_inside = false;
    for (const char *at = pattern; at < end; at++) {
        size_t skip;
        const char *ranges;
        if (*at == '\\' && at + 1 < end) {
            at++;
            bool is_inverted = *at >= 'A' && *at <= 'Z';
            ranges = class_ranges((char)(*at | 32));
            if (ranges == NULL || ((*at | 32) == (*at ^ 32) && !is_inverted) || (is_inside && is_inverted)) {
                text_add_char(out, '\\');
                text_add_char(out, *at);
            } else if (is_inside) {
                text_add_string(out, ranges);
            } else {
                text_printf(out, "[%s%s]", is_inverted ? "^" : "", ranges);
            }
        } else if (is_inside && *at == '[' && (ranges = named_ranges(at, end, &skip)) != NULL) {
            text_add_string(out, ranges);
            at += skip - 1;
        } else {
            text_add_char(out, *at);
            if (!is_inside && *at == '[') {
                is_inside = true;
                if (at + 1 < end && at[1] == '^')
                    text_add_char(out, *++at);
                if (at + 1 < end && at[1] == ']')
                    text_add_char(out, *++at);
            } else if (is_inside && *at == ']') {
                is_inside = false;
            }
        }
    }
}
