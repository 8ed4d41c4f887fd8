/* oid, xid and the reg* types: unsigned 32-bit numbers kept as int8; reg* print and read names through the
   catalog. */
#include <stdlib.h>
#include <string.h>

#include "executor/types/number/integer.h"
#include "executor/types/key.h"
#include "executor/types/operations.h"

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    int64_t value;
    switch (integer_parse(text, length, INT32_MIN, UINT32_MAX, &value)) {
    case INTEGER_SYNTAX:
        return type_syntax_error(type, text, length, error);
    case INTEGER_RANGE:
        return type_range_error(type, text, length, error);
    case INTEGER_OK:
        out->int8 = (uint32_t)value;
    }
    return OK;
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    out->length += integer_write(*(const int64_t *)element, text_reserve(out, INTEGER_TEXT_MAX));
    out->bytes[out->length] = 0;
}

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (length != 4)
        return type_binary_error(error);
    out->int8 = wire_u32(bytes);
    return OK;
}

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    wire_add_u32(out, (uint32_t) * (const int64_t *)element);
}

static int compare(Type type, const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void add_key(Type type, const void *element, Text *out) {
    key_add_integer(out, *(const int64_t *)element);
}

static Status reg_parse(Type type, const char *text, size_t length, const TypeSettings *settings,
    Arena *arena, Datum *out, Error *error) {
    bool is_number = length > 0;
    for (size_t i = 0; i < length; i++)
        is_number &= text[i] >= '0' && text[i] <= '9';
    if (is_number)
        return parse(type, text, length, settings, arena, out, error);
    if (length == 1 && text[0] == '-')
        return OK;
    if (settings->names == NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "names of type %s are not supported here",
            type_sql_name((TypeId)type.id));
    return settings->names->oid_of(
        settings->names->catalog, (TypeId)type.id, text, length, &out->int8, error);
}

static void reg_format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    int64_t oid = *(const int64_t *)element;
    if (oid == 0) {
        text_add_char(out, '-');
        return;
    }
    Arena *arena = settings->names == NULL ? NULL : arena_create();
    const char *name = arena == NULL
                           ? NULL
                           : settings->names->name_of(settings->names->catalog, (TypeId)type.id, oid, arena);
    if (name != NULL)
        text_add_string(out, name);
    else
        format(type, element, settings, out);
    arena_destroy(arena);
}

const TypeOperations oid_operations = {parse, format, receive, send, compare, add_key};
const TypeOperations reg_operations = {reg_parse, reg_format, receive, send, compare, add_key};
