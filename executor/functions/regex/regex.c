/* regex functions. A call site keeps its last pattern compiled. */
#include "executor/base/memory.h"
#include "executor/functions/regex/regex_engine.h"
#include "executor/functions/text/string_kernel.h"
#include "executor/types/array.h"

/* What a call site keeps. */
typedef struct Site {
    Regex *regex;
    RegexOptions options;
    Text pattern;
    Text flags;
} Site;

static void site_free(void *cache) {
    Site *site = cache;
    regex_free(site->regex);
    text_free(&site->pattern);
    text_free(&site->flags);
    memory_free(site);
}

static bool text_is(const Text *text, const char *bytes, size_t length) {
    return text->length == length && memcmp(text_string(text), bytes, length) == 0;
}

/* The compiled pattern of a row; NULL after a failure, which is reported. extra_flags are those that the
   operator stands for; function is named when it has no use for "g". */
static Site *compile(KernelContext *context, int row, const View *pattern, const View *flags,
    const char *extra_flags, const char *function) {
    const char *bytes = view_bytes(pattern);
    const char *letters = flags != NULL ? view_bytes(flags) : extra_flags;
    size_t letter_count = flags != NULL ? flags->length : strlen(extra_flags);
    Site *site = *context->cache;
    if (site != NULL && site->regex != NULL && text_is(&site->pattern, bytes, pattern->length) &&
        text_is(&site->flags, letters, letter_count))
        return site;
    if (site == NULL) {
        site = *context->cache = NEW(Site);
        *context->cache_free = site_free;
    }
    regex_free(site->regex);
    site->regex = NULL;
    text_reset(&site->pattern);
    text_add(&site->pattern, bytes, pattern->length);
    text_reset(&site->flags);
    text_add(&site->flags, letters, letter_count);
    Error error = {0};
    Status status = regex_options(letters, letter_count, &site->options, &error);
    if (status == OK && site->options.is_global && function != NULL)
        status = error_set(
            &error, STATUS_INVALID_PARAMETER_VALUE, "%s() does not support the \"global\" option", function);
    if (status == OK)
        status = regex_compile(bytes, pattern->length, &site->options, &site->regex, &error);
    if (status != OK)
        KERNEL_FAIL(context, row, status, "%s", error.message);
    error_clear(&error);
    return status == OK ? site : NULL;
}

/* The flags argument at `at`, when the call has one. */
static const View *flags_of(const Column *const *arguments, int argument_count, int at, int row) {
    return argument_count > at ? argument_view(arguments, at, row) : NULL;
}

/* ---- ~ and its kin ---- */

static void test_rows(KERNEL_PARAMETERS, const char *flags, bool is_negated) {
    uint8_t *results = result->values;
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i);
        Site *site = compile(context, i, argument_view(arguments, 1, i),
            flags_of(arguments, argument_count, 2, i), flags, "regexp_like");
        if (site != NULL)
            results[i] = regex_test(site->regex, view_bytes(view), view->length) != is_negated;
    }
}
#define TEST_KERNEL(name, flags, is_negated)                                                 \
    static void name(KERNEL_PARAMETERS) {                                                    \
        test_rows(context, row_count, arguments, argument_count, result, flags, is_negated); \
    }
TEST_KERNEL(matches, "", false)
TEST_KERNEL(matches_not, "", true)
TEST_KERNEL(matches_nocase, "i", false)
TEST_KERNEL(matches_nocase_not, "i", true)

/* ---- parts ---- */

/* substring(text from pattern): the first group, or all. */
static void substring(KERNEL_PARAMETERS) {
    RegexMatch match;
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i);
        Site *site = compile(context, i, argument_view(arguments, 1, i), NULL, "", NULL);
        if (site == NULL)
            continue;
        int group = regex_group_count(site->regex) > 0;
        if (regex_find(site->regex, view_bytes(view), view->length, 0, &match) && match.from[group] >= 0)
            result_set_view(result, i, view_bytes(view) + match.from[group],
                (size_t)(match.to[group] - match.from[group]));
        else
            column_set_null(result, i);
    }
}

static void match_groups(KERNEL_PARAMETERS) {
    RegexMatch match;
    ArrayBuilder builder = {.element = type_of(TYPE_TEXT)};
    Text bytes = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i);
        Site *site = compile(context, i, argument_view(arguments, 1, i),
            flags_of(arguments, argument_count, 2, i), "", "regexp_match");
        if (site == NULL)
            continue;
        if (!regex_find(site->regex, view_bytes(view), view->length, 0, &match)) {
            column_set_null(result, i);
            continue;
        }
        int groups = regex_group_count(site->regex);
        for (int g = groups > 0; g <= groups; g++) {
            if (match.from[g] < 0)
                array_builder_add(&builder, NULL);
            else
                array_builder_add_string(
                    &builder, view_bytes(view) + match.from[g], (size_t)(match.to[g] - match.from[g]));
        }
        array_builder_finish(&builder, &bytes);
        result_take_text(result, i, &bytes);
    }
    array_builder_free(&builder);
    text_free(&bytes);
}

/* Where to look on after a match: past it, and past one more character when it was empty. */
static size_t after_match(const char *text, size_t length, const RegexMatch *match) {
    size_t at = (size_t)match->to[0];
    if (match->from[0] == match->to[0])
        at += at < length ? (size_t)utf8_step(text[at]) : 1;
    return at;
}

static void split(KERNEL_PARAMETERS) {
    RegexMatch match;
    ArrayBuilder builder = {.element = type_of(TYPE_TEXT)};
    Text bytes = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i);
        const char *text = view_bytes(view);
        Site *site = compile(context, i, argument_view(arguments, 1, i),
            flags_of(arguments, argument_count, 2, i), "", "regexp_split_to_array");
        if (site == NULL)
            continue;
        int end = 0;
        for (size_t at = 0; at <= view->length && regex_find(site->regex, text, view->length, at, &match);
             at = after_match(text, view->length, &match)) {
            if ((uint32_t)match.from[0] >= view->length || match.to[0] <= end)
                continue; /* empty beside an end or another match */
            array_builder_add_string(&builder, text + end, (size_t)(match.from[0] - end));
            end = match.to[0];
        }
        array_builder_add_string(&builder, text + end, view->length - (size_t)end);
        array_builder_finish(&builder, &bytes);
        result_take_text(result, i, &bytes);
    }
    array_builder_free(&builder);
    text_free(&bytes);
}

/* ---- regexp_replace ---- */

static void add_replacement(
    Text *out, const View *replacement, const char *text, const RegexMatch *match, int groups) {
    const char *at = view_bytes(replacement), *end = at + replacement->length;
    while (at < end) {
        const char *stop = memchr(at, '\\', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        text_add(out, at, (size_t)(stop - at));
        if (stop == end)
            return;
        at = stop + 1;
        if (at == end) {
            text_add_char(out, '\\');
            return;
        }
        int group = *at == '&' ? 0 : *at >= '1' && *at <= '9' ? *at - '0' : -1;
        if (group >= 0) {
            if (group <= groups && match->from[group] >= 0)
                text_add(out, text + match->from[group], (size_t)(match->to[group] - match->from[group]));
            at++;
        } else if (*at == '\\') {
            text_add_char(out, '\\');
            at++;
        } else {
            text_add_char(out, '\\');
        }
    }
}

/* Replaces the nth match from byte `start` on, or all of them for nth 0. */
static void replace_in(
    Text *out, Regex *regex, const View *view, const View *replacement, size_t start, int64_t nth) {
    RegexMatch match;
    const char *text = view_bytes(view);
    size_t copied = 0;
    int64_t count = 0;
    for (size_t at = start; at <= view->length && regex_find(regex, text, view->length, at, &match);
         at = after_match(text, view->length, &match)) {
        if (nth > 0 && ++count < nth)
            continue;
        text_add(out, text + copied, (size_t)match.from[0] - copied);
        add_replacement(out, replacement, text, &match, regex_group_count(regex));
        copied = (size_t)match.to[0];
        if (nth > 0)
            break;
    }
    text_add(out, text + copied, view->length - copied);
}

static bool check_positive(KernelContext *context, int row, const char *name, int32_t value, int min) {
    if (value < min)
        KERNEL_FAIL(context, row, STATUS_INVALID_PARAMETER_VALUE, "invalid value for parameter \"%s\": %d",
            name, value);
    return value >= min;
}

static void replace(KERNEL_PARAMETERS) {
    Text out = {0};
    bool has_start = argument_count > 3 && arguments[3]->type.id == TYPE_INT4;
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i), *flags = NULL;
        int32_t start = has_start ? argument_int4(arguments, 3, i) : 1,
                nth = has_start && argument_count > 4 ? argument_int4(arguments, 4, i) : -1;
        if (!check_positive(context, i, "start", start, 1) ||
            (nth != -1 && !check_positive(context, i, "n", nth, 0)) ||
            (has_start && argument_count > 4 && nth == -1 && !check_positive(context, i, "n", nth, 0)))
            continue;
        if (has_start ? argument_count > 5 : argument_count > 3)
            flags = argument_view(arguments, has_start ? 5 : 3, i);
        if (!has_start && flags != NULL && flags->length > 0 && *view_bytes(flags) >= '0' &&
            *view_bytes(flags) <= '9') {
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE,
                "invalid regular expression option: \"%.*s\"", utf8_step(*view_bytes(flags)),
                view_bytes(flags));
            continue;
        }
        Site *site = compile(context, i, argument_view(arguments, 1, i), flags, "", NULL);
        if (site == NULL)
            continue;
        if (nth == -1)
            nth = site->options.is_global ? 0 : 1;
        size_t from = utf8_prefix(view_bytes(view), view->length, (size_t)(start - 1));
        if (start > 1 && (size_t)start - 1 > utf8_count(view_bytes(view), view->length))
            text_add(&out, view_bytes(view), view->length);
        else
            replace_in(&out, site->regex, view, argument_view(arguments, 2, i), from, nth);
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

/* ---- regexp_count, regexp_substr, regexp_instr ---- */

/* The nth match that begins at character `start` or later; false when there are fewer. *count is how many
   were seen. */
static bool find_nth(
    Regex *regex, const View *view, int32_t start, int32_t nth, RegexMatch *match, int *count) {
    const char *text = view_bytes(view);
    *count = 0;
    if (start > 1 && (size_t)start - 1 > utf8_count(text, view->length))
        return false;
    size_t at = utf8_prefix(text, view->length, (size_t)(start - 1));
    for (; at <= view->length && regex_find(regex, text, view->length, at, match);
         at = after_match(text, view->length, match))
        if (++*count == nth)
            return true;
    return false;
}

static void count_matches(KERNEL_PARAMETERS) {
    RegexMatch match;
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        int32_t start = argument_count > 2 ? argument_int4(arguments, 2, i) : 1;
        if (!check_positive(context, i, "start", start, 1))
            continue;
        Site *site = compile(context, i, argument_view(arguments, 1, i),
            flags_of(arguments, argument_count, 3, i), "", "regexp_count");
        if (site != NULL)
            find_nth(site->regex, argument_view(arguments, 0, i), start, INT32_MAX, &match,
                &((int32_t *)result->values)[i]);
    }
}

static void substr(KERNEL_PARAMETERS) {
    RegexMatch match;
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        int32_t start = argument_count > 2 ? argument_int4(arguments, 2, i) : 1,
                nth = argument_count > 3 ? argument_int4(arguments, 3, i) : 1;
        int32_t group = argument_count > 5 ? argument_int4(arguments, 5, i) : 0;
        int count;
        const View *view = argument_view(arguments, 0, i);
        if (!check_positive(context, i, "start", start, 1) || !check_positive(context, i, "n", nth, 1) ||
            !check_positive(context, i, "subexpr", group, 0))
            continue;
        Site *site = compile(context, i, argument_view(arguments, 1, i),
            flags_of(arguments, argument_count, 4, i), "", "regexp_substr");
        if (site == NULL)
            continue;
        if (group == 1 && regex_group_count(site->regex) == 0)
            group = 0; /* without groups the whole pattern is the first */
        if (group <= regex_group_count(site->regex) &&
            find_nth(site->regex, view, start, nth, &match, &count) && match.from[group] >= 0)
            result_set_view(result, i, view_bytes(view) + match.from[group],
                (size_t)(match.to[group] - match.from[group]));
        else
            column_set_null(result, i);
    }
}

static void instr(KERNEL_PARAMETERS) {
    RegexMatch match;
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        int32_t start = argument_count > 2 ? argument_int4(arguments, 2, i) : 1,
                nth = argument_count > 3 ? argument_int4(arguments, 3, i) : 1;
        int32_t end_option = argument_count > 4 ? argument_int4(arguments, 4, i) : 0,
                group = argument_count > 6 ? argument_int4(arguments, 6, i) : 0;
        int count;
        const View *view = argument_view(arguments, 0, i);
        if (!check_positive(context, i, "start", start, 1) || !check_positive(context, i, "n", nth, 1) ||
            !check_positive(context, i, "endoption", end_option, end_option > 1 ? INT32_MAX : 0) ||
            !check_positive(context, i, "subexpr", group, 0))
            continue;
        Site *site = compile(context, i, argument_view(arguments, 1, i),
            flags_of(arguments, argument_count, 5, i), "", "regexp_instr");
        if (site == NULL)
            continue;
        if (group == 1 && regex_group_count(site->regex) == 0)
            group = 0; /* without groups the whole pattern is the first */
        if (group <= regex_group_count(site->regex) &&
            find_nth(site->regex, view, start, nth, &match, &count) && match.from[group] >= 0)
            ((int32_t *)result->values)[i] =
                1 + (int32_t)utf8_count(
                        view_bytes(view), (size_t)(end_option ? match.to[group] : match.from[group]));
    }
}

/* ---- SIMILAR TO ---- */

/* The pattern as a regular expression anchored at both ends; false when it has more than two separators. */
static bool add_similar(Text *out, const View *pattern, const char *escape, size_t escape_length) {
    const char *at = view_bytes(pattern), *end = at + pattern->length;
    bool is_escaped = false, is_bracket = false;
    int separators = 0;
    text_add_string(out, "^(?:");
    while (at < end) {
        size_t step = (size_t)utf8_step(*at);
        if (is_escaped && *at == '"' && !is_bracket) {
            /* The part between two of these is what substring() gives; what stands before it matches as
               little as it can. */
            static const char *const separated[] = {"){1,1}?(", "){1,1}(?:"};
            if (separators == 2)
                return false;
            text_add_string(out, separated[separators++]);
            is_escaped = false;
        } else if (is_escaped) {
            if (step == 1)
                text_add_char(out, '\\');
            text_add(out, at, step);
            is_escaped = false;
        } else if (step == escape_length && memcmp(at, escape, step) == 0) {
            is_escaped = true;
        } else if (is_bracket) {
            if (*at == '\\')
                text_add_char(out, '\\');
            text_add(out, at, step);
            is_bracket = *at != ']';
        } else if (*at == '%') {
            text_add_string(out, ".*");
        } else if (*at == '_') {
            text_add_char(out, '.');
        } else if (*at == '(') {
            text_add_string(out, "(?:");
        } else if (*at == '\\' || *at == '.' || *at == '^' || *at == '$') {
            text_add_char(out, '\\');
            text_add_char(out, *at);
        } else {
            text_add(out, at, step);
            is_bracket = *at == '[';
        }
        at += step;
    }
    text_add_string(out, ")$");
    return true;
}

static void similar_to_escape(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *escape = argument_count > 1 ? argument_view(arguments, 1, i) : NULL;
        if (escape != NULL && escape->length > 0 &&
            (uint32_t)utf8_step(*view_bytes(escape)) != escape->length) {
            KERNEL_FAIL(context, i, STATUS_INVALID_ESCAPE_SEQUENCE, "invalid escape string");
            continue;
        }
        if (!add_similar(&out, argument_view(arguments, 0, i), escape == NULL ? "\\" : view_bytes(escape),
                escape == NULL ? 1 : escape->length))
            KERNEL_FAIL(context, i, STATUS_INVALID_USE_OF_ESCAPE_CHARACTER,
                "SQL regular expression may not contain more than two escape-double-quote separators");
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

/* substring(text similar pattern escape e): as substring() by the regular expression. */
static void substring_similar(KERNEL_PARAMETERS) {
    Column *patterns = column_create(type_of(TYPE_TEXT), row_count);
    similar_to_escape(context, row_count, arguments + 1, 2, patterns);
    const Column *translated[] = {arguments[0], patterns};
    substring(context, row_count, translated, 2, result);
    column_release(patterns);
}

const FunctionRow regex_functions[] = {
    {"~(text, text) -> bool", matches, 0, MEANING_LIKE},
    {"!~(text, text) -> bool", matches_not, 0, MEANING_UNLIKE},
    {"~*(text, text) -> bool", matches_nocase, 0, MEANING_LIKE},
    {"!~*(text, text) -> bool", matches_nocase_not, 0, MEANING_UNLIKE},
    {"regexp_like(text, text) -> bool", matches},
    {"regexp_like(text, text, text) -> bool", matches},
    {"substring(text, text) -> text", substring},
    {"regexp_match(text, text) -> text[]", match_groups},
    {"regexp_match(text, text, text) -> text[]", match_groups},
    {"regexp_split_to_array(text, text) -> text[]", split},
    {"regexp_split_to_array(text, text, text) -> text[]", split},
    {"regexp_replace(text, text, text) -> text", replace},
    {"regexp_replace(text, text, text, text) -> text", replace},
    {"regexp_replace(text, text, text, int4) -> text", replace},
    {"regexp_replace(text, text, text, int4, int4) -> text", replace},
    {"regexp_replace(text, text, text, int4, int4, text) -> text", replace},
    {"regexp_count(text, text) -> int4", count_matches},
    {"regexp_count(text, text, int4) -> int4", count_matches},
    {"regexp_count(text, text, int4, text) -> int4", count_matches},
    {"regexp_substr(text, text) -> text", substr},
    {"regexp_substr(text, text, int4) -> text", substr},
    {"regexp_substr(text, text, int4, int4) -> text", substr},
    {"regexp_substr(text, text, int4, int4, text) -> text", substr},
    {"regexp_substr(text, text, int4, int4, text, int4) -> text", substr},
    {"regexp_instr(text, text) -> int4", instr},
    {"regexp_instr(text, text, int4) -> int4", instr},
    {"regexp_instr(text, text, int4, int4) -> int4", instr},
    {"regexp_instr(text, text, int4, int4, int4) -> int4", instr},
    {"regexp_instr(text, text, int4, int4, int4, text) -> int4", instr},
    {"regexp_instr(text, text, int4, int4, int4, text, int4) -> int4", instr},
    {"substring(text, text, text) -> text", substring_similar},
    {"similar_to_escape(text) -> text", similar_to_escape},
    {"similar_to_escape(text, text) -> text", similar_to_escape},
    {0},
};
