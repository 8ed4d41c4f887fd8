/* Regex: PostgreSQL's regular expressions. libtcl's engine, of the same lineage, defines the result; PCRE2's
   compiled code runs instead where the pattern proves that both agree. */
#ifndef LEAT_FUNCTIONS_REGEX_ENGINE_H
#define LEAT_FUNCTIONS_REGEX_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "executor/base/error.h"

typedef struct Regex Regex;

enum { REGEX_GROUPS_MAX = 32 };

/* The letters of PostgreSQL's flags argument. */
typedef struct RegexOptions {
    bool is_global;
    bool ignores_case;
    bool is_expanded;
    bool is_literal;
    bool stops_at_newline;   /* . and [^ don't match it */
    bool anchors_at_newline; /* ^ and $ match beside it */
} RegexOptions;

/* Byte ranges of the match (0) and of its groups; from -1: the group took no part. */
typedef struct RegexMatch {
    int from[REGEX_GROUPS_MAX];
    int to[REGEX_GROUPS_MAX];
} RegexMatch;

/* 22023 for an unknown letter. */
Status regex_options(const char *flags, size_t length, RegexOptions *options, Error *error);
/* 2201B "invalid regular expression: …". For use by one thread at a time. */
Status regex_compile(
    const char *pattern, size_t length, const RegexOptions *options, Regex **out, Error *error);
void regex_free(Regex *regex);
int regex_group_count(const Regex *regex);
/* Whether it matches anywhere. */
bool regex_test(Regex *regex, const char *text, size_t length);
/* The first match that begins at byte `start` or later. */
bool regex_find(Regex *regex, const char *text, size_t length, size_t start, RegexMatch *match);

#endif
