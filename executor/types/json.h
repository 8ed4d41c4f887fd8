/* JSON: text that is checked (json) or canonical (jsonb), and steps through it.

   A jsonb view holds exactly the text that PostgreSQL prints: keys by length, then bytes, the last of equal
   keys, one blank after ':' and ',', numbers without exponent and with their scale. So output is a copy, a
   part of a value is a slice of it, and identical values are identical bytes. Values that are only equal (1
   and 1.0) meet in the order and in the key encoding. */
#ifndef LEAT_TYPES_JSON_H
#define LEAT_TYPES_JSON_H

#include "executor/types/type.h"

/* In jsonb's order. */
typedef enum JsonKind { JSON_NULL, JSON_STRING, JSON_NUMBER, JSON_BOOL, JSON_ARRAY, JSON_OBJECT } JsonKind;

static inline JsonKind json_kind(const char *at) {
    switch (*at) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
    case 'f':
        return JSON_BOOL;
    case 'n':
        return JSON_NULL;
    }
    return JSON_NUMBER;
}

/* Checks text and, when out is not NULL, adds its jsonb form. is_jsonb: also refuses what cannot be text
   (\u0000, lone surrogates). */
Status json_check(const char *text, size_t length, bool is_jsonb, Text *out, Error *error);

/* Below, values are valid JSON of either type with bytes up to end. */
const char *json_skip_space(const char *at, const char *end);
/* After the value that begins at `at`. */
const char *json_skip(const char *at, const char *end);

/* Steps through an array or an object: value (and key, quotes included) of each element. */
typedef struct JsonIterator {
    const char *at, *end;
    bool is_object;
    const char *key, *key_end; /* the quoted string */
    const char *value, *value_end;
} JsonIterator;
/* container points to '[' or '{'. */
JsonIterator json_iterate(const char *container, const char *end);
bool json_next(JsonIterator *iterator);
int json_count(const char *container, const char *end);

/* Adds a quoted string's text, escapes resolved. */
void json_add_unquoted(Text *out, const char *string, const char *string_end);
/* Adds text as a JSON string. */
void json_add_quoted(Text *out, const char *bytes, size_t length);
/* Whether the quoted string's text is the bytes. */
bool json_string_is(const char *string, const char *string_end, const char *bytes, size_t length);

/* The field's value; false when there is none. In jsonb the search ends where the order says so; in json the
   last of equal keys counts. */
bool json_find(const char *object, const char *end, bool is_jsonb, const char *key, size_t length,
    const char **value, const char **value_end);
/* The element, from 0, or from the end when negative. */
bool json_element(
    const char *array, const char *end, int64_t index, const char **value, const char **value_end);

/* jsonb's order of two values; scalars of one kind equal iff 0. */
int json_compare(const char *a, const char *a_end, const char *b, const char *b_end);
/* jsonb's order of keys: length, then bytes. */
int json_compare_keys(const char *a, const char *a_end, const char *b, const char *b_end);

#endif
