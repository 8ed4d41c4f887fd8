/* Sets made of json and jsonb: elements, fields, keys. */
#include "executor/functions/set.h"

#include "executor/types/json.h"

/* Begins to step through the argument when it is an array or an object. */
static JsonKind json_start(SetContext *context) {
    const View *view = &context->arguments[0].datum.view;
    const char *bytes = view_bytes(view), *end = bytes + view->length;
    const char *at = json_skip_space(bytes, end);
    JsonIterator *iterator = context->state = ARENA_NEW(context->arena, JsonIterator);
    JsonKind kind = json_kind(at);
    if (kind == JSON_ARRAY || kind == JSON_OBJECT)
        *iterator = json_iterate(at, end);
    return kind;
}

static bool is_jsonb(const SetContext *context) {
    return context->arguments[0].type.id == TYPE_JSONB;
}

static Status json_elements_start(SetContext *context, Error *error) {
    JsonKind kind = json_start(context);
    if (kind == JSON_ARRAY)
        return OK;
    const char *what = kind == JSON_OBJECT ? "an object" : "a scalar";
    if (is_jsonb(context))
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "cannot extract elements from %s", what);
    return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "cannot call %s on %s", context->name,
        kind == JSON_OBJECT ? "a non-array" : "a scalar");
}

static Status json_fields_start(SetContext *context, Error *error) {
    JsonKind kind = json_start(context);
    if (kind == JSON_OBJECT)
        return OK;
    if (is_jsonb(context))
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "cannot call %s on a non-object", context->name);
    return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "cannot deconstruct %s",
        kind == JSON_ARRAY ? "an array as an object" : "a scalar");
}

static Status json_keys_start(SetContext *context, Error *error) {
    JsonKind kind = json_start(context);
    if (kind == JSON_OBJECT)
        return OK;
    return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "cannot call %s on %s", context->name,
        kind == JSON_ARRAY ? "an array" : "a scalar");
}

static void set_string(Column *column, int row, const char *string, const char *end) {
    Text text = {0};
    json_add_unquoted(&text, string, end);
    column_set_bytes(column, row, text_string(&text), (uint32_t)text.length);
    text_free(&text);
}

/* A text column gets strings without quotes, and NULL for null. */
static void set_value(Column *column, int row, const char *value, const char *end) {
    JsonKind kind = json_kind(value);
    if (column->type.id == TYPE_TEXT && kind == JSON_NULL)
        column_set_null(column, row);
    else if (column->type.id == TYPE_TEXT && kind == JSON_STRING)
        set_string(column, row, value, end);
    else
        column_set_bytes(column, row, value, (uint32_t)(end - value));
}

static Status json_elements_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    JsonIterator *iterator = context->state;
    for (*added = 0; *added < room && json_next(iterator); ++*added)
        set_value(columns[0], at + *added, iterator->value, iterator->value_end);
    return OK;
}

static Status json_fields_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    JsonIterator *iterator = context->state;
    for (*added = 0; *added < room && json_next(iterator); ++*added) {
        set_string(columns[0], at + *added, iterator->key, iterator->key_end);
        set_value(columns[1], at + *added, iterator->value, iterator->value_end);
    }
    return OK;
}

static Status json_keys_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    JsonIterator *iterator = context->state;
    for (*added = 0; *added < room && json_next(iterator); ++*added)
        set_string(columns[0], at + *added, iterator->key, iterator->key_end);
    return OK;
}

const SetFunction json_sets[] = {
    {"jsonb_array_elements(jsonb) -> setof jsonb", "value", true, json_elements_start, json_elements_next},
    {"jsonb_array_elements_text(jsonb) -> setof text", "value", true, json_elements_start,
        json_elements_next},
    {"json_array_elements(json) -> setof json", "value", true, json_elements_start, json_elements_next},
    {"json_array_elements_text(json) -> setof text", "value", true, json_elements_start, json_elements_next},
    {"jsonb_each(jsonb) -> setof record", "key text, value jsonb", true, json_fields_start, json_fields_next},
    {"jsonb_each_text(jsonb) -> setof record", "key text, value text", true, json_fields_start,
        json_fields_next},
    {"json_each(json) -> setof record", "key text, value json", true, json_fields_start, json_fields_next},
    {"json_each_text(json) -> setof record", "key text, value text", true, json_fields_start,
        json_fields_next},
    {"jsonb_object_keys(jsonb) -> setof text", NULL, true, json_keys_start, json_keys_next},
    {"json_object_keys(json) -> setof text", NULL, true, json_keys_start, json_keys_next},
    {0},
};
