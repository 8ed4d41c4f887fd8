/* Sets of rows out of JSON arrays of objects: one column, whose type says which fields to read. */
#include "executor/functions/json/json_populate.h"
#include "executor/functions/set.h"

typedef struct Records {
    JsonIterator iterator;
    bool is_null;
} Records;

static const Value *json_argument(const SetContext *context) {
    return &context->arguments[context->argument_count - 1];
}

static Status json_records_start(SetContext *context, Error *error) {
    Records *records = context->state = ARENA_NEW(context->arena, Records);
    const Value *json = json_argument(context);
    records->is_null = json->is_null;
    if (json->is_null)
        return OK;
    const char *bytes = view_bytes(&json->datum.view), *end = bytes + json->datum.view.length,
               *at = json_skip_space(bytes, end);
    JsonKind kind = json_kind(at);
    bool is_jsonb = json->type.id == TYPE_JSONB;
    if (kind != JSON_ARRAY)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "cannot call %s on %s", context->name,
            is_jsonb              ? "a non-array"
            : kind == JSON_OBJECT ? "an object"
                                  : "a scalar");
    records->iterator = json_iterate(at, end);
    return OK;
}

static Status json_records_next(
    SetContext *context, Column *const *columns, int at, int room, int *added, Error *error) {
    Records *records = context->state;
    const Value *base =
        context->argument_count == 2 && !context->arguments[0].is_null ? &context->arguments[0] : NULL;
    JsonReading reading = {context->settings, context->arena, error};
    Text bytes = {0};
    Status status = OK;
    for (*added = 0; status == OK && *added < room && !records->is_null && json_next(&records->iterator);
         ++*added) {
        const JsonIterator *item = &records->iterator;
        if (json_kind(item->value) != JSON_OBJECT) {
            status = error_set(error, STATUS_INVALID_PARAMETER_VALUE,
                "argument of %s must be an array of objects", context->name);
            break;
        }
        status = json_read_record(&reading, columns[0]->type, base == NULL ? NULL : &base->datum.view,
            item->value, item->value_end, json_argument(context)->type.id == TYPE_JSONB, &bytes);
        column_set_bytes(columns[0], at + *added, text_string(&bytes), (uint32_t)bytes.length);
        text_reset(&bytes);
    }
    text_free(&bytes);
    return status;
}

const SetFunction json_record_sets[] = {
    {"json_to_recordset(json) -> setof record", NULL, true, json_records_start, json_records_next},
    {"jsonb_to_recordset(jsonb) -> setof record", NULL, true, json_records_start, json_records_next},
    {"json_populate_recordset(anyelement, json) -> setof anyelement", NULL, false, json_records_start,
        json_records_next, MEANING_POPULATE_RECORD},
    {"jsonb_populate_recordset(anyelement, jsonb) -> setof anyelement", NULL, false, json_records_start,
        json_records_next, MEANING_POPULATE_RECORD},
    {0},
};
