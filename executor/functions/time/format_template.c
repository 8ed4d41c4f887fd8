/* Format template: a constant template is cut into its fields once a call site. */
#include "executor/functions/time/format_template.h"

#include <ctype.h>

#include "executor/base/memory.h"

const char *const month_names[12] = {"January", "February", "March", "April", "May", "June", "July", "August",
    "September", "October", "November", "December"};
const char *const day_names[7] = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

enum { EXACT, ANY };
static const struct {
    const char *text;
    int letters;
    Subject subject;
} keywords[KEY_COUNT] = {
    {"", EXACT, SUBJECT_NOTHING},
#define KEYWORD(name, text, letters, subject) {text, letters, SUBJECT_##subject},
#include "executor/functions/time/format_keywords.def"
#undef KEYWORD
};

const char *template_keyword_text(Keyword keyword) {
    return keywords[keyword].text;
}

Subject template_subject(Keyword keyword) {
    return keywords[keyword].subject;
}

static void template_free(void *cache) {
    Template *template = cache;
    text_free(&template->source);
    memory_free(template->nodes);
    memory_free(template);
}

static Keyword keyword_at(const char *at, const char *end) {
    for (int k = 1; k < KEY_COUNT; k++) {
        size_t length = strlen(keywords[k].text);
        if ((size_t)(end - at) < length)
            continue;
        bool is_same = memcmp(at, keywords[k].text, length) == 0;
        if (!is_same && keywords[k].letters == ANY) {
            is_same = true;
            for (size_t i = 0; i < length && is_same; i++)
                is_same = at[i] == tolower((unsigned char)keywords[k].text[i]);
        }
        if (is_same)
            return (Keyword)k;
    }
    return KEY_NONE;
}

static void add_character(Template *t, const char *at, int length) {
    Node node = {.kind = NODE_CHARACTER, .length = (uint8_t)length};
    memcpy(node.bytes, at, (size_t)length);
    if (length == 1 && isspace((unsigned char)*at))
        node.kind = NODE_SPACE;
    else if (length == 1 && *at > 32 && *at < 127 && !isalnum((unsigned char)*at))
        node.kind = NODE_SEPARATOR;
    GROW(t->nodes, t->capacity, t->count + 1);
    t->nodes[t->count++] = node;
}

/* Text in quotes stands for itself. */
static const char *add_quoted(Template *t, const char *at, const char *end) {
    while (at < end && *at != '"') {
        if (*at == '\\' && at + 1 < end)
            at++;
        int step = utf8_step(*at);
        add_character(t, at, step);
        t->nodes[t->count - 1].kind = NODE_CHARACTER;
        at += step;
    }
    return at < end ? at + 1 : at;
}

static void template_parse(Template *t) {
    const char *at = text_string(&t->source), *end = at + t->source.length;
    t->count = 0;
    t->is_fixed = false;
    while (at < end) {
        bool is_off = false;
        const char *start = at;
        for (; end - at >= 2; at += 2) {
            if (memcmp(at, "FM", 2) == 0 || memcmp(at, "fm", 2) == 0)
                is_off = true;
            else if (memcmp(at, "TM", 2) != 0 && memcmp(at, "tm", 2) != 0)
                break;
        }
        Keyword keyword = keyword_at(at, end);
        if (keyword != KEY_NONE) {
            Node node = {.kind = NODE_FIELD, .keyword = keyword, .is_filled_off = is_off};
            at += strlen(keywords[keyword].text);
            if (keyword == KEY_FX)
                t->is_fixed = true;
            if (end - at >= 2 && (memcmp(at, "TH", 2) == 0 || memcmp(at, "th", 2) == 0)) {
                node.suffix = *at;
                at += 2;
            } else if (end - at >= 2 && memcmp(at, "SP", 2) == 0) {
                at += 2;
            }
            GROW(t->nodes, t->capacity, t->count + 1);
            t->nodes[t->count++] = node;
            continue;
        }
        if (at > start)
            continue; /* the prefix alone: nothing to show */
        if (*at == '"') {
            at = add_quoted(t, at + 1, end);
        } else {
            if (*at == '\\' && at + 1 < end && at[1] == '"')
                at++;
            int step = utf8_step(*at);
            add_character(t, at, step);
            at += step;
        }
    }
}

const Template *template_of(KernelContext *context, const View *source) {
    Template *template = *context->cache;
    if (template == NULL) {
        template = *context->cache = NEW(Template);
        *context->cache_free = template_free;
    } else if (template->source.length == source->length &&
               memcmp(text_string(&template->source), view_bytes(source), source->length) == 0) {
        return template;
    }
    text_reset(&template->source);
    text_add(&template->source, view_bytes(source), source->length);
    template_parse(template);
    return template;
}

/* Patterns of Java's dates as templates of to_char(): a run of one letter is one field. */

static const struct {
    const char *letters; /* each may be the pattern's */
    int length_min, length_max;
    const char *template;
} java_fields[] = {
    {"yu", 2, 2, "YY"},
    {"yu", 1, 9, "YYYY"},
    {"ML", 1, 1, "FMMM"},
    {"ML", 2, 2, "MM"},
    {"ML", 3, 3, "Mon"},
    {"ML", 4, 4, "FMMonth"},
    {"d", 1, 1, "FMDD"},
    {"d", 2, 2, "DD"},
    {"D", 1, 2, "FMDDD"},
    {"D", 3, 3, "DDD"},
    {"H", 1, 1, "FMHH24"},
    {"H", 2, 2, "HH24"},
    {"h", 1, 1, "FMHH12"},
    {"h", 2, 2, "HH12"},
    {"m", 1, 1, "FMMI"},
    {"m", 2, 2, "MI"},
    {"s", 1, 1, "FMSS"},
    {"s", 2, 2, "SS"},
    {"S", 1, 1, "FF1"},
    {"S", 2, 2, "FF2"},
    {"S", 3, 3, "FF3"},
    {"S", 4, 4, "FF4"},
    {"S", 5, 5, "FF5"},
    {"S", 6, 6, "FF6"},
    {"a", 1, 1, "AM"},
    {"E", 1, 3, "Dy"},
    {"E", 4, 4, "FMDay"},
    {"Q", 1, 1, "Q"},
    {"w", 1, 2, "IW"},
    {"e", 1, 1, "ID"},
    {"G", 1, 3, "AD"},
    {"X", 1, 3, "OF"},
    {"Z", 1, 5, "OF"},
    {"zV", 1, 4, "TZ"},
};

static const char *java_field(char letter, int length) {
    for (size_t i = 0; i < sizeof java_fields / sizeof *java_fields; i++)
        if (strchr(java_fields[i].letters, letter) != NULL && length >= java_fields[i].length_min &&
            length <= java_fields[i].length_max)
            return java_fields[i].template;
    return NULL;
}

/* 'T' in quotes, '' for a quote; returns the byte behind it. */
static uint32_t add_java_literal(const char *pattern, uint32_t length, uint32_t at, Text *out) {
    text_add_char(out, '"');
    if (at + 1 < length && pattern[at + 1] == '\'') {
        text_add_char(out, '\'');
        at++;
    } else {
        for (at++; at < length && pattern[at] != '\''; at++) {
            if (pattern[at] == '"' || pattern[at] == '\\')
                text_add_char(out, '\\');
            text_add_char(out, pattern[at]);
        }
    }
    text_add_char(out, '"');
    return at + 1;
}

bool template_add_java(const View *source, Text *out, int *bad, int *bad_length) {
    const char *pattern = view_bytes(source);
    for (uint32_t at = 0, end; at < source->length; at = end) {
        end = at + 1;
        if (pattern[at] == '\'') {
            end = add_java_literal(pattern, source->length, at, out);
        } else if (isalpha((unsigned char)pattern[at])) {
            while (end < source->length && pattern[end] == pattern[at])
                end++;
            const char *field = java_field(pattern[at], (int)(end - at));
            if (field == NULL) {
                *bad = (int)at;
                *bad_length = (int)(end - at);
                return false;
            }
            text_add_string(out, field);
        } else if (pattern[at] == '"' || pattern[at] == '\\') {
            text_printf(out, "\\%c", pattern[at]);
        } else {
            text_add_char(out, pattern[at]);
        }
    }
    return true;
}

const Template *template_of_input(KernelContext *context, const View *source) {
    const char *pattern = view_bytes(source);
    bool has_minutes = memmem(pattern, source->length, "mm", 2) != NULL;
    bool has_months = memmem(pattern, source->length, "MM", 2) != NULL ||
                      memmem(pattern, source->length, "HH:mm", 5) != NULL;
    if (!has_minutes || !has_months)
        return template_of(context, source);
    Text text = {0};
    int bad, bad_length;
    View java = *source;
    if (template_add_java(source, &text, &bad, &bad_length))
        java = view_of(arena_copy(context->scratch, text_string(&text), text.length), (uint32_t)text.length);
    text_free(&text);
    return template_of(context, &java);
}
