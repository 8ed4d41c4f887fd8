/* JsonValue: tokens of the scan, and nested values that it left as text. */
#include "connectors/formats/json_value.h"

#include <string.h>

#include "connectors/formats/format_value.h"
#include "executor/types/array.h"
#include "executor/types/number/integer.h"
#include "executor/types/json.h"
#include "executor/types/record.h"

bool json_scan_is_valid(const char *bytes, size_t length) {
    return json_check(bytes, length, false, NULL, NULL) == OK;
}

static const char *token_name(const JsonToken *token) {
    switch (token->kind) {
    case JSON_TOKEN_MISSING:
    case JSON_TOKEN_NULL:
        return "null";
    case JSON_TOKEN_TRUE:
    case JSON_TOKEN_FALSE:
        return "boolean";
    case JSON_TOKEN_INTEGER:
    case JSON_TOKEN_NUMBER:
        return "number";
    case JSON_TOKEN_STRING:
        return "string";
    case JSON_TOKEN_RAW:
        return *token->bytes == '{' ? "object" : "array";
    }
    return "value";
}

static Status refuse_kind(Type type, const JsonToken *token, Error *error) {
    Text name = {0};
    type_add_name(type, &name);
    error_set(error, STATUS_INVALID_TEXT_REPRESENTATION, "a JSON %s cannot be read as %s", token_name(token),
        text_string(&name));
    text_free(&name);
    return STATUS_INVALID_TEXT_REPRESENTATION;
}

Status json_name_failure(const char *field, Status status, Error *error) {
    Error cause = {0};
    error_move(&cause, error);
    error_set(error, status, "field \"%s\": %s", field, cause.message);
    if (cause.detail != NULL)
        error_detail(error, "%s", cause.detail);
    error_clear(&cause);
    return status;
}

static Status read_string(Type type, const JsonToken *token, Arena *arena, Datum *out, Error *error) {
    if (memchr(token->bytes, 0, token->length) != NULL) {
        error_set(error, STATUS_UNTRANSLATABLE_CHARACTER, "unsupported Unicode escape sequence");
        return error_detail(error, "\\u0000 cannot be converted to text.");
    }
    return format_read_text(type, token->bytes, token->length, arena, out, error);
}

static Status read_number(Type type, const JsonToken *token, Arena *arena, Datum *out, Error *error) {
    switch (type.is_array ? TYPE_COUNT : type.id) {
    case TYPE_INT8:
        if (token->kind == JSON_TOKEN_INTEGER) {
            out->int8 = token->integer;
            return OK;
        }
        break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return token->kind == JSON_TOKEN_INTEGER ? format_read_epoch(type, token->integer, out, error)
                                                 : refuse_kind(type, token, error);
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
    case TYPE_NUMERIC:
    case TYPE_OID:
        break;
    default:
        if (!type_is_character(type))
            return refuse_kind(type, token, error);
    }
    return format_read_text(type, token->bytes, token->length, arena, out, error);
}

/* ---- nested values as text, checked already ---- */

static Status read_nested(
    Type type, const char *at, const char *end, Arena *arena, Datum *out, bool *is_null, Error *error);

static Status read_array(
    Type type, const char *at, const char *end, Arena *arena, Text *bytes, Error *error) {
    Type element = type;
    element.is_array = false;
    ArrayBuilder builder = {.element = element};
    JsonIterator iterator = json_iterate(at, end);
    Status status = OK;
    while (status == OK && json_next(&iterator)) {
        Datum datum;
        bool is_null;
        status = read_nested(element, iterator.value, iterator.value_end, arena, &datum, &is_null, error);
        if (status == OK)
            array_builder_add(&builder, is_null ? NULL : &datum);
    }
    if (status == OK)
        array_builder_finish(&builder, bytes);
    array_builder_free(&builder);
    return status;
}

/* The value of each field; of equal keys the last counts. Keys mostly come in the fields' order. */
static void find_values(const TypeDefinition *row, const char *at, const char *end, JsonIterator *values) {
    JsonIterator iterator = json_iterate(at, end);
    int expected = 0;
    while (json_next(&iterator)) {
        for (int i = 0, field = expected; i < row->count; i++, field++) {
            field = field >= row->count ? 0 : field;
            if (!json_string_is(iterator.key, iterator.key_end, row->names[field], strlen(row->names[field])))
                continue;
            values[field] = iterator;
            expected = field + 1;
            break;
        }
    }
}

static Status read_object(
    Type type, const char *at, const char *end, Arena *arena, Text *bytes, Error *error) {
    const TypeDefinition *row = type.definition;
    JsonIterator *values = ARENA_ARRAY(arena, JsonIterator, row->count + 1);
    find_values(row, at, end, values);
    RecordBuilder builder = record_begin(row->count, bytes);
    for (int i = 0; i < row->count; i++) {
        Datum datum;
        bool is_null = true;
        Status status = values[i].value == NULL ? OK
                                                : read_nested(row->types[i], values[i].value,
                                                      values[i].value_end, arena, &datum, &is_null, error);
        if (status != OK)
            return json_name_failure(row->names[i], status, error);
        record_add(&builder, row->types[i], is_null ? NULL : &datum);
    }
    return OK;
}

/* An array or object, or anything as json. */
static Status read_structure(Type type, const JsonToken *token, Arena *arena, Datum *out, Error *error) {
    const char *at = token->bytes, *end = at + token->length;
    if (type_is_character(type))
        return format_read_text(type, at, token->length, arena, out, error);
    if (type_is_json(type) && type.id == TYPE_JSON) {
        out->view = view_of(at, (uint32_t)token->length);
        return OK;
    }
    Text bytes = {0};
    Status status = OK;
    if (type_is_json(type))
        status = json_check(at, token->length, true, &bytes, error);
    else if (type.is_array && *at == '[')
        status = read_array(type, at, end, arena, &bytes, error);
    else if (!type.is_array && type.id == TYPE_RECORD && type.definition != NULL && *at == '{')
        status = read_object(type, at, end, arena, &bytes, error);
    else
        status = refuse_kind(type, token, error);
    if (status == OK)
        out->view = view_of(arena_copy(arena, text_string(&bytes), bytes.length), (uint32_t)bytes.length);
    text_free(&bytes);
    return status;
}

static Status read_nested(
    Type type, const char *at, const char *end, Arena *arena, Datum *out, bool *is_null, Error *error) {
    JsonToken token = {.kind = JSON_TOKEN_RAW, .bytes = at, .length = (size_t)(end - at)};
    JsonKind kind = json_kind(at);
    *is_null = kind == JSON_NULL;
    if (*is_null)
        return OK;
    if (type_is_json(type) || kind == JSON_ARRAY || kind == JSON_OBJECT)
        return read_structure(type, &token, arena, out, error);
    Text unquoted = {0};
    if (kind == JSON_STRING) {
        json_add_unquoted(&unquoted, at, end);
        token = (JsonToken){.kind = JSON_TOKEN_STRING,
            .bytes = arena_copy(arena, text_string(&unquoted), unquoted.length),
            .length = unquoted.length};
        text_free(&unquoted);
    } else if (kind == JSON_NUMBER) {
        bool is_integer = integer_parse(at, token.length, INT64_MIN, INT64_MAX, &token.integer) == INTEGER_OK;
        token.kind = is_integer ? JSON_TOKEN_INTEGER : JSON_TOKEN_NUMBER;
    } else {
        token.kind = *at == 't' ? JSON_TOKEN_TRUE : JSON_TOKEN_FALSE;
    }
    return json_read_token(type, &token, arena, out, is_null, error);
}

/* ---- tokens ---- */

Status json_read_token(
    Type type, const JsonToken *token, Arena *arena, Datum *out, bool *is_null, Error *error) {
    *is_null = false;
    switch (token->kind) {
    case JSON_TOKEN_MISSING:
    case JSON_TOKEN_NULL:
        *is_null = true;
        return OK;
    case JSON_TOKEN_TRUE:
    case JSON_TOKEN_FALSE:
        if (type.is_array || (type.id != TYPE_BOOL && !type_is_character(type)))
            return refuse_kind(type, token, error);
        return format_read_text(type, token->bytes, token->length, arena, out, error);
    case JSON_TOKEN_INTEGER:
    case JSON_TOKEN_NUMBER:
        return read_number(type, token, arena, out, error);
    case JSON_TOKEN_STRING:
        return read_string(type, token, arena, out, error);
    case JSON_TOKEN_RAW:
        if (!type_is_json(type) || type.id != TYPE_JSONB)
            TRY(json_check(token->bytes, token->length, false, NULL, error));
        return read_structure(type, token, arena, out, error);
    }
    return OK;
}
