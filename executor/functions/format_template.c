/* Format template: a constant template is cut into its fields once a call site. */
#include "executor/functions/format_template.h"

#include <ctype.h>

#include "executor/base/memory.h"

const char *const month_names[12] = {
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
const char *const day_names[7] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

enum { EXACT, ANY };
static const struct {
    const char *text;
    int letters;
} keywords[] = {{"", EXACT},
#define KEYWORD(name, text, letters) {text, letters},
    KEYWORDS(KEYWORD)
#undef KEYWORD
};

const char *template_keyword_text(Keyword keyword) {
    return keywords[keyword].text;
}

static void template_free(void *cache) {
    Template *template = cache;
    text_free(&template->source);
    memory_free(template->nodes);
    memory_free(template);
}

static Keyword keyword_at(const char *at, const char *end) {
    for (size_t k = 1; k < sizeof keywords / sizeof *keywords; k++) {
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
    } else if (template->source.length == source->length && memcmp(text_string(&template->source), view_bytes(source), source->length) == 0) {
        return template;
    }
    text_reset(&template->source);
    text_add(&template->source, view_bytes(source), source->length);
    template_parse(template);
    return template;
}
