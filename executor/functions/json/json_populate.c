/* Rows out of JSON: each field as PostgreSQL's populate_record_field reads it: rows out of objects, arrays
   out of arrays, all else by its text. */
#include "executor/functions/json/json_populate.h"

#include "executor/functions/text/string_kernel.h"
#include "executor/types/array.h"

/* A JSON value, and where it stands, for messages. */
typedef struct Place {
    const char *at, *end;
    bool is_jsonb;
    const char *key; /* NULL: none */
    size_t key_length;
    const int *indexes; /* of the array elements that lead to it */
    int index_count;
} Place;

static Status read_value(
    const JsonReading *reading, Type type, const Place *place, Datum *out, bool *is_null);

static Status not_array(const JsonReading *reading, const Place *place) {
    error_set(reading->error, STATUS_INVALID_TEXT_REPRESENTATION, "expected JSON array");
    if (place->key == NULL)
        return STATUS_INVALID_TEXT_REPRESENTATION;
    Text indexes = {0};
    for (int i = 0; i < place->index_count; i++)
        text_printf(&indexes, "[%d]", place->indexes[i]);
    if (place->index_count > 0)
        error_hint(reading->error, "See the array element %s of key \"%.*s\".", text_string(&indexes),
            (int)place->key_length, place->key);
    else
        error_hint(reading->error, "See the value of key \"%.*s\".", (int)place->key_length, place->key);
    text_free(&indexes);
    return STATUS_INVALID_TEXT_REPRESENTATION;
}

/* The first elements say how deep it is. */
static int dimension_count(const Place *place) {
    const char *at = place->at;
    int count = 0;
    while (count < ARRAY_DIMENSIONS_MAX && json_kind(at) == JSON_ARRAY) {
        JsonIterator iterator = json_iterate(at, place->end);
        count++;
        if (!json_next(&iterator))
            break;
        at = iterator.value;
    }
    return count;
}

typedef struct ArrayReading {
    const JsonReading *reading;
    Type element;
    ArrayBuilder builder;
    int dimensions;
    int32_t lengths[ARRAY_DIMENSIONS_MAX]; /* −1: not known yet */
    int indexes[ARRAY_DIMENSIONS_MAX];
} ArrayReading;

static Status read_level(ArrayReading *array, const Place *place, int level) {
    if (json_kind(place->at) != JSON_ARRAY)
        return not_array(array->reading, place);
    JsonIterator iterator = json_iterate(place->at, place->end);
    int32_t count = 0;
    for (; json_next(&iterator); count++) {
        Place item = *place;
        item.at = iterator.value;
        item.end = iterator.value_end;
        array->indexes[level] = count;
        item.indexes = array->indexes;
        item.index_count = level + 1;
        if (level + 1 < array->dimensions) {
            TRY(read_level(array, &item, level + 1));
            continue;
        }
        Datum datum;
        bool is_null;
        TRY(read_value(array->reading, array->element, &item, &datum, &is_null));
        array_builder_add(&array->builder, is_null ? NULL : &datum);
    }
    if (array->lengths[level] >= 0 && array->lengths[level] != count) {
        error_set(array->reading->error, STATUS_INVALID_TEXT_REPRESENTATION, "malformed JSON array");
        return error_detail(
            array->reading->error, "Multidimensional arrays must have sub-arrays with matching dimensions.");
    }
    array->lengths[level] = count;
    return OK;
}

static Status read_array(const JsonReading *reading, Type type, const Place *place, Datum *out) {
    if (json_kind(place->at) != JSON_ARRAY)
        return not_array(reading, place);
    static const int32_t lowers[ARRAY_DIMENSIONS_MAX] = {1, 1, 1, 1, 1, 1};
    Type element = type;
    element.is_array = false;
    ArrayReading array = {.reading = reading,
        .element = element,
        .builder = {.element = element},
        .dimensions = dimension_count(place),
        .lengths = {-1, -1, -1, -1, -1, -1}};
    Text bytes = {0};
    Status status = read_level(&array, place, 0);
    if (status == OK) {
        array_builder_finish_shaped(&array.builder, array.dimensions, array.lengths, lowers, &bytes);
        out->view =
            view_of(arena_copy(reading->arena, text_string(&bytes), bytes.length), (uint32_t)bytes.length);
    }
    array_builder_free(&array.builder);
    text_free(&bytes);
    return status;
}

static Status read_text(const JsonReading *reading, Type type, const Place *place, Datum *out) {
    bool is_json = !type.is_array && (type.id == TYPE_JSON || type.id == TYPE_JSONB);
    Text text = {0};
    if (json_kind(place->at) == JSON_STRING && !is_json)
        json_add_unquoted(&text, place->at, place->end);
    else
        text_add(&text, place->at, (size_t)(place->end - place->at));
    Status status = datum_parse(
        type, text_string(&text), text.length, reading->settings, reading->arena, out, reading->error);
    if (status == OK) /* what a parser leaves in place is the text's */
        *out = datum_copy(type, out, reading->arena);
    text_free(&text);
    return status;
}

static Status read_value(
    const JsonReading *reading, Type type, const Place *place, Datum *out, bool *is_null) {
    JsonKind kind = json_kind(place->at);
    memset(out, 0, sizeof *out);
    *is_null = kind == JSON_NULL;
    if (*is_null)
        return OK;
    if (kind != JSON_STRING && type.is_array)
        return read_array(reading, type, place, out);
    if (kind == JSON_STRING || type.id != TYPE_RECORD || type.definition == NULL)
        return read_text(reading, type, place, out);
    Text bytes = {0};
    Status status = json_read_record(reading, type, NULL, place->at, place->end, place->is_jsonb, &bytes);
    if (status == OK)
        out->view =
            view_of(arena_copy(reading->arena, text_string(&bytes), bytes.length), (uint32_t)bytes.length);
    text_free(&bytes);
    return status;
}

Status json_read_record(const JsonReading *reading, Type type, const View *base, const char *at,
    const char *end, bool is_jsonb, Text *out) {
    JsonKind kind = json_kind(at);
    if (kind != JSON_OBJECT)
        return error_set(reading->error, STATUS_INVALID_PARAMETER_VALUE,
            "cannot call populate_composite on %s", kind == JSON_ARRAY ? "an array" : "a scalar");
    RecordReader defaults = {0};
    if (base != NULL)
        record_open(type, base, &defaults);
    RecordBuilder builder = record_begin(type.definition->count, out);
    for (int i = 0; i < type.definition->count; i++) {
        const char *name = type.definition->names[i];
        Place place = {.is_jsonb = is_jsonb, .key = name, .key_length = strlen(name)};
        Datum datum;
        bool is_null = base == NULL || !record_next(&defaults, &datum);
        if (json_find(at, end, is_jsonb, name, place.key_length, &place.at, &place.end))
            TRY(read_value(reading, type.definition->types[i], &place, &datum, &is_null));
        record_add(&builder, type.definition->types[i], is_null ? NULL : &datum);
    }
    return OK;
}

/* json_populate_record(base, json); json_to_record(json), whose type the caller knows. */
static void populate_record(KERNEL_PARAMETERS) {
    const Column *json = arguments[argument_count - 1], *base = argument_count == 2 ? arguments[0] : NULL;
    Type type = context->result_type;
    Text bytes = {0};
    if (type.definition == NULL && row_count > 0) {
        KERNEL_FAIL(context, 0, STATUS_FEATURE_NOT_SUPPORTED,
            "could not determine row type for result of the function");
        return;
    }
    for (int i = 0; i < row_count; i++) {
        const View *defaults = base == NULL || column_is_null(base, i) ? NULL : column_view(base, i);
        if (column_is_null(json, i)) {
            if (defaults == NULL)
                column_set_null(result, i);
            else
                column_set_bytes(result, i, view_bytes(defaults), defaults->length);
            continue;
        }
        Error error = {0};
        JsonReading reading = {context->settings, context->scratch, &error};
        const View *view = column_view(json, i);
        const char *end = view_bytes(view) + view->length;
        Status status = json_read_record(&reading, type, defaults, json_skip_space(view_bytes(view), end),
            end, json->type.id == TYPE_JSONB, &bytes);
        if (status == OK)
            result_take_text(result, i, &bytes);
        else
            KERNEL_FAIL(context, i, status, "%s", error.message);
        text_reset(&bytes);
        error_clear(&error);
    }
    text_free(&bytes);
}

const FunctionRow json_populate_functions[] = {
    {"json_populate_record(anyelement, json) -> anyelement", populate_record,
        FUNCTION_NOT_STRICT | FUNCTION_STABLE, MEANING_POPULATE_RECORD},
    {"jsonb_populate_record(anyelement, jsonb) -> anyelement", populate_record,
        FUNCTION_NOT_STRICT | FUNCTION_STABLE, MEANING_POPULATE_RECORD},
    {"json_to_record(json) -> record", populate_record, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"jsonb_to_record(jsonb) -> record", populate_record, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {0},
};
