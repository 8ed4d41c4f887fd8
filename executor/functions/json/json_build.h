/* Values of any type as JSON: for to_json(), the builders and the JSON aggregates. */
#ifndef LEAT_FUNCTIONS_JSON_BUILD_H
#define LEAT_FUNCTIONS_JSON_BUILD_H

#include "executor/types/json.h"

/* Adds the element as PostgreSQL's to_json, or to_jsonb, shows it: numbers, booleans and json as such, arrays
   as arrays, moments in ISO 8601, all else as strings. 22P05 when a json value cannot be jsonb. */
Status json_add_value(Text *out, Type type, const void *element, bool is_jsonb, const TypeSettings *settings);

#endif
