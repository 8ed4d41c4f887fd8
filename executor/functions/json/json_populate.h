/* Rows out of JSON: json_populate_record and its like. */
#ifndef LEAT_FUNCTIONS_JSON_POPULATE_H
#define LEAT_FUNCTIONS_JSON_POPULATE_H

#include "executor/types/json.h"
#include "executor/types/record.h"

typedef struct JsonReading {
    const TypeSettings *settings;
    Arena *arena; /* of heap bytes and scratch */
    Error *error;
} JsonReading;

/* The fields of a row type by name, out of the JSON value [at, end), which must be an object; those that it
   lacks are those of base (NULL: none). The record's bytes are added to out. */
Status json_read_record(const JsonReading *reading, Type type, const View *base, const char *at,
    const char *end, bool is_jsonb, Text *out);

#endif
