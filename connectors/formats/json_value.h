/* JsonValue: what a JSON value means in a type: scalars by their text, arrays as arrays, objects as rows,
   anything as json or text. */
#ifndef LEAT_FORMATS_JSON_VALUE_H
#define LEAT_FORMATS_JSON_VALUE_H

#include "connectors/formats/json_scan.h"
#include "executor/types/type.h"

static inline bool type_is_json(Type type) {
    return !type.is_array && (type.id == TYPE_JSON || type.id == TYPE_JSONB);
}
static inline bool type_is_character(Type type) {
    return !type.is_array && (type.id == TYPE_TEXT || type.id == TYPE_VARCHAR || type.id == TYPE_BPCHAR);
}

/* Heap bytes are the token's or in the arena. MISSING and null are NULL. */
Status json_read_token(
    Type type, const JsonToken *token, Arena *arena, Datum *out, bool *is_null, Error *error);
/* Puts `field "a": ` before the message of a failure. */
Status json_name_failure(const char *field, Status status, Error *error);

#endif
