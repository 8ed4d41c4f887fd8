/* Enums: the number of a label, in the order of their declaration; text and binary form are the label. */
#include <string.h>

#include "executor/types/definition.h"
#include "executor/types/key.h"
#include "executor/types/operations.h"

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (type.definition == NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "cannot accept a value of type anyenum");
    out->int4 = definition_find(type.definition, text, length);
    if (out->int4 >= 0)
        return OK;
    return error_set(error, STATUS_INVALID_TEXT_REPRESENTATION, "invalid input value for enum %s: \"%.*s\"",
        type.definition->name, (int)length, text);
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    int32_t number = *(const int32_t *)element;
    if (type.definition != NULL && number >= 0 && number < type.definition->count)
        text_add_string(out, type.definition->names[number]);
}

static int compare(Type type, const void *a, const void *b) {
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void add_key(Type type, const void *element, Text *out) {
    key_add_integer(out, *(const int32_t *)element);
}

const TypeOperations enum_operations = {parse, format, parse, format, compare, add_key};
