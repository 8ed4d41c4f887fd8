/* Types without values of their own (any, anyelement, void): input is refused as PostgreSQL does, output is
   empty. */
#include <string.h>

#include "executor/types/operations.h"

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "cannot accept a value of type %s",
        type_pg_name((TypeId)type.id));
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
}

static int compare(Type type, const void *a, const void *b) {
    return memcmp(a, b, layout_width(type_layout(type)));
}

static void add_key(Type type, const void *element, Text *out) {
    text_add(out, element, layout_width(type_layout(type)));
}

const TypeOperations pseudo_operations = {parse, format, parse, format, compare, add_key};
