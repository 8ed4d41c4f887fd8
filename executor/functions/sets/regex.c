/* regexp_split_to_table and regexp_matches. All matches are found at the start, as byte ranges, so that the
   regex need not outlive it. */
#include "executor/functions/regex/regex_engine.h"
#include "executor/functions/set.h"
#include "executor/functions/text/string_kernel.h"
#include "executor/types/array.h"

typedef struct Range {
    int from, to; /* from -1: a group that took no part */
} Range;

typedef struct RegexSet {
    const char *text;
    Range *ranges; /* row by row, `width` a row */
    int count, width;
    int next;
} RegexSet;

static Status compile(SetContext *context, RegexOptions *options, Regex **regex, Error *error) {
    const View *pattern = &context->arguments[1].datum.view,
               *flags = context->argument_count == 3 ? &context->arguments[2].datum.view : NULL;
    TRY(regex_options(
        flags == NULL ? "" : view_bytes(flags), flags == NULL ? 0 : flags->length, options, error));
    return regex_compile(view_bytes(pattern), pattern->length, options, regex, error);
}

static RegexSet *open_set(SetContext *context, int width) {
    RegexSet *set = context->state = ARENA_NEW(context->arena, RegexSet);
    set->text = view_bytes(&context->arguments[0].datum.view);
    set->width = width;
    return set;
}

/* Where to look on after a match: past it, and past one more character when it was empty. */
static size_t after_match(const char *text, size_t length, const RegexMatch *match) {
    size_t at = (size_t)match->to[0];
    if (match->from[0] == match->to[0])
        at += at < length ? (size_t)utf8_step(text[at]) : 1;
    return at;
}

static Status regex_parts_start(SetContext *context, Error *error) {
    RegexOptions options = {0};
    Regex *regex;
    TRY(compile(context, &options, &regex, error));
    if (options.is_global) {
        regex_free(regex);
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "%s() does not support the \"global\" option",
            context->name);
    }
    RegexSet *set = open_set(context, 1);
    RegexMatch match;
    size_t length = context->arguments[0].datum.view.length;
    int end = 0;
    for (size_t at = 0; at <= length && regex_find(regex, set->text, length, at, &match);
         at = after_match(set->text, length, &match)) {
        if ((size_t)match.from[0] >= length || match.to[0] <= end)
            continue; /* empty beside an end or another match */
        ARENA_APPEND(context->arena, set->ranges, set->count, ((Range){end, match.from[0]}));
        end = match.to[0];
    }
    ARENA_APPEND(context->arena, set->ranges, set->count, ((Range){end, (int)length}));
    regex_free(regex);
    return OK;
}

static Status regex_parts_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    RegexSet *set = context->state;
    for (*added = 0; *added < room && set->next < set->count; ++*added) {
        Range range = set->ranges[set->next++];
        column_set_bytes(columns[0], at + *added, set->text + range.from, (uint32_t)(range.to - range.from));
    }
    return OK;
}

static Status regex_matches_start(SetContext *context, Error *error) {
    RegexOptions options = {0};
    Regex *regex;
    TRY(compile(context, &options, &regex, error));
    int groups = regex_group_count(regex), first = groups > 0;
    RegexSet *set = open_set(context, groups + 1 - first);
    RegexMatch match;
    size_t length = context->arguments[0].datum.view.length;
    for (size_t at = 0; at <= length && regex_find(regex, set->text, length, at, &match);
         at = after_match(set->text, length, &match)) {
        for (int g = first; g <= groups; g++)
            ARENA_APPEND(context->arena, set->ranges, set->count, ((Range){match.from[g], match.to[g]}));
        if (!options.is_global)
            break;
    }
    regex_free(regex);
    return OK;
}

static Status regex_matches_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    RegexSet *set = context->state;
    ArrayBuilder builder = {.element = type_of(TYPE_TEXT)};
    Text bytes = {0};
    for (*added = 0; *added < room && set->next < set->count; ++*added) {
        for (int i = 0; i < set->width; i++) {
            Range range = set->ranges[set->next++];
            if (range.from < 0)
                array_builder_add(&builder, NULL);
            else
                array_builder_add_string(&builder, set->text + range.from, (size_t)(range.to - range.from));
        }
        text_reset(&bytes);
        array_builder_finish(&builder, &bytes);
        column_set_bytes(columns[0], at + *added, bytes.bytes, (uint32_t)bytes.length);
    }
    array_builder_free(&builder);
    text_free(&bytes);
    return OK;
}

const SetFunction regex_sets[] = {
    {"regexp_split_to_table(text, text) -> setof text", NULL, true, regex_parts_start, regex_parts_next},
    {"regexp_split_to_table(text, text, text) -> setof text", NULL, true, regex_parts_start,
        regex_parts_next},
    {"regexp_matches(text, text) -> setof text[]", NULL, true, regex_matches_start, regex_matches_next},
    {"regexp_matches(text, text, text) -> setof text[]", NULL, true, regex_matches_start, regex_matches_next},
    {0},
};
