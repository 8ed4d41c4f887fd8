/* json functions: steps into values, containment, casts. Results that are a part of their argument point into
   its buffers. */
#include <errno.h>
#include <stdlib.h>

#include "executor/functions/json/json_slice.h"
#include "executor/types/array.h"

/* ---- -> and ->> ---- */

static void set_value(Column *result, int row, Slice value, bool as_text, Text *buffer) {
    if (!as_text) {
        result_set_view(result, row, value.at, (size_t)(value.end - value.at));
        return;
    }
    switch (json_kind(value.at)) {
    case JSON_NULL:
        column_set_null(result, row);
        return;
    case JSON_STRING:
        if (memchr(value.at, '\\', (size_t)(value.end - value.at)) == NULL) {
            result_set_view(result, row, value.at + 1, (size_t)(value.end - value.at) - 2);
        } else {
            json_add_unquoted(buffer, value.at, value.end);
            result_take_text(result, row, buffer);
        }
        return;
    case JSON_NUMBER:
    case JSON_BOOL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        result_set_view(result, row, value.at, (size_t)(value.end - value.at));
    }
}

static void field_rows(KERNEL_PARAMETERS, bool as_text) {
    Text buffer = {0};
    bool jsonb = is_jsonb(arguments[0]);
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Slice value = slice_of(argument_view(arguments, 0, i)), found;
        const View *key = argument_view(arguments, 1, i);
        if (json_kind(value.at) == JSON_OBJECT &&
            json_find(value.at, value.end, jsonb, view_bytes(key), key->length, &found.at, &found.end))
            set_value(result, i, found, as_text, &buffer);
        else
            column_set_null(result, i);
    }
    text_free(&buffer);
}

static void element_rows(KERNEL_PARAMETERS, bool as_text) {
    Text buffer = {0};
    bool jsonb = is_jsonb(arguments[0]);
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Slice value = slice_of(argument_view(arguments, 0, i)), found;
        int64_t index = argument_int4(arguments, 1, i);
        if (jsonb && json_kind(value.at) < JSON_ARRAY &&
            (index == 0 || index == -1)) /* a scalar counts as an array of one */
            set_value(result, i, value, as_text, &buffer);
        else if (json_kind(value.at) == JSON_ARRAY &&
                 json_element(value.at, value.end, index, &found.at, &found.end))
            set_value(result, i, found, as_text, &buffer);
        else
            column_set_null(result, i);
    }
    text_free(&buffer);
}

/* ---- paths ---- */

static bool step(Slice *value, bool jsonb, const char *key, size_t length) {
    if (json_kind(value->at) == JSON_OBJECT)
        return json_find(value->at, value->end, jsonb, key, length, &value->at, &value->end);
    if (json_kind(value->at) != JSON_ARRAY)
        return false;
    char digits[32], *end;
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, key, length);
    digits[length] = 0;
    errno = 0;
    long index = strtol(digits, &end, 10);
    if (*end != 0 || end == digits || errno != 0 || index > INT32_MAX || index < INT32_MIN)
        return false;
    return json_element(value->at, value->end, index, &value->at, &value->end);
}

static void path_rows(KERNEL_PARAMETERS, bool as_text) {
    Text buffer = {0};
    bool jsonb = is_jsonb(arguments[0]);
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Slice value = slice_of(argument_view(arguments, 0, i));
        bool found = true;
        if (argument_count == 2 && arguments[1]->type.is_array) {
            Array path;
            array_open(arguments[1]->type, argument_view(arguments, 1, i), &path);
            for (int k = 0; k < path.count && found; k++) {
                Datum key;
                found =
                    array_get(&path, k, &key) && step(&value, jsonb, view_bytes(&key.view), key.view.length);
            }
        } else {
            for (int a = 1; a < argument_count && found; a++) {
                const View *key = argument_view(arguments, a, i);
                found = step(&value, jsonb, view_bytes(key), key->length);
            }
        }
        if (found) {
            const char *end = json_skip(value.at, value.end);
            set_value(result, i, (Slice){value.at, end}, as_text, &buffer);
        } else {
            column_set_null(result, i);
        }
    }
    text_free(&buffer);
}

#define TEXT_PAIR(name, rows)                                               \
    static void name(KERNEL_PARAMETERS) {                                   \
        rows(context, row_count, arguments, argument_count, result, false); \
    }                                                                       \
    static void name##_text(KERNEL_PARAMETERS) {                            \
        rows(context, row_count, arguments, argument_count, result, true);  \
    }
TEXT_PAIR(field, field_rows)
TEXT_PAIR(element, element_rows)
TEXT_PAIR(path, path_rows)

/* ---- facts ---- */

static void json_typeof(KERNEL_PARAMETERS) {
    static const char *const names[] = {"null", "string", "number", "boolean", "array", "object"};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const char *name = names[json_kind(slice_of(argument_view(arguments, 0, i)).at)];
        result_set_view(result, i, name, strlen(name));
    }
}

static void array_length(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Slice value = slice_of(argument_view(arguments, 0, i));
        JsonKind kind = json_kind(value.at);
        if (kind == JSON_ARRAY)
            ((int32_t *)result->values)[i] = json_count(value.at, value.end);
        else if (kind == JSON_OBJECT)
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "cannot get array length of a non-array");
        else
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "cannot get array length of a scalar");
    }
}

/* ---- containment, existence ---- */

static bool contains(Slice a, Slice b);

static bool array_has(Slice array, Slice what) {
    bool is_container = json_kind(what.at) >= JSON_ARRAY;
    for (JsonIterator it = json_iterate(array.at, array.end); json_next(&it);) {
        if (json_kind(it.value) != json_kind(what.at))
            continue;
        if (is_container ? contains((Slice){it.value, it.value_end}, what)
                         : json_compare(it.value, it.value_end, what.at, what.end) == 0)
            return true;
    }
    return false;
}

/* Both containers of one kind. */
static bool contains(Slice a, Slice b) {
    for (JsonIterator it = json_iterate(b.at, b.end); json_next(&it);) {
        Slice wanted = {it.value, it.value_end}, found;
        if (!it.is_object) {
            if (!array_has(a, wanted))
                return false;
            continue;
        }
        Text key = {0};
        json_add_unquoted(&key, it.key, it.key_end);
        bool has = json_find(a.at, a.end, true, text_string(&key), key.length, &found.at, &found.end);
        text_free(&key);
        if (!has || json_kind(found.at) != json_kind(wanted.at))
            return false;
        if (json_kind(found.at) >= JSON_ARRAY ? !contains(found, wanted)
                                              : json_compare(found.at, found.end, wanted.at, wanted.end) != 0)
            return false;
    }
    return true;
}

/* A scalar at the top is contained in an array that has it. */
static bool top_contains(Slice a, Slice b) {
    JsonKind kind = json_kind(a.at), other = json_kind(b.at);
    if (other < JSON_ARRAY)
        return kind == JSON_ARRAY ? array_has(a, b)
                                  : kind == other && json_compare(a.at, a.end, b.at, b.end) == 0;
    return kind == other && contains(a, b);
}

static void contains_rows(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        if (!row_is_null(context, i))
            ((uint8_t *)result->values)[i] = top_contains(
                slice_of(argument_view(arguments, 0, i)), slice_of(argument_view(arguments, 1, i)));
}
static void contained_rows(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        if (!row_is_null(context, i))
            ((uint8_t *)result->values)[i] = top_contains(
                slice_of(argument_view(arguments, 1, i)), slice_of(argument_view(arguments, 0, i)));
}

static bool has_key(Slice value, const char *key, size_t length) {
    Slice found;
    switch (json_kind(value.at)) {
    case JSON_OBJECT:
        return json_find(value.at, value.end, true, key, length, &found.at, &found.end);
    case JSON_ARRAY:
        for (JsonIterator it = json_iterate(value.at, value.end); json_next(&it);)
            if (*it.value == '"' && json_string_is(it.value, it.value_end, key, length))
                return true;
        return false;
    case JSON_STRING:
        return json_string_is(value.at, value.end, key, length);
    case JSON_NULL:
    case JSON_NUMBER:
    case JSON_BOOL:
        break;
    }
    return false;
}

static void exists(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        const View *key = argument_view(arguments, 1, i);
        if (!row_is_null(context, i))
            ((uint8_t *)result->values)[i] =
                has_key(slice_of(argument_view(arguments, 0, i)), view_bytes(key), key->length);
    }
}

static void exists_many(KERNEL_PARAMETERS, bool all) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Slice value = slice_of(argument_view(arguments, 0, i));
        Array keys;
        array_open(arguments[1]->type, argument_view(arguments, 1, i), &keys);
        bool holds = all;
        for (int k = 0; k < keys.count && holds == all; k++) {
            Datum key;
            if (array_get(&keys, k, &key))
                holds = has_key(value, view_bytes(&key.view), key.view.length);
        }
        ((uint8_t *)result->values)[i] = holds;
    }
}
static void exists_any(KERNEL_PARAMETERS) {
    exists_many(context, row_count, arguments, argument_count, result, false);
}
static void exists_all(KERNEL_PARAMETERS) {
    exists_many(context, row_count, arguments, argument_count, result, true);
}
/* ---- casts ---- */

static void jsonb_to_scalar(KERNEL_PARAMETERS) {
    static const char *const names[] = {"null", "string", "numeric", "boolean", "array", "object"};
    Type type = context->result_type;
    JsonKind wanted = type.id == TYPE_BOOL ? JSON_BOOL : JSON_NUMBER;
    const Function *from_numeric =
        wanted == JSON_BOOL || type.id == TYPE_NUMERIC ? NULL : function_cast(type_of(TYPE_NUMERIC), type);
    Column *numbers = column_create(type_of(TYPE_NUMERIC), row_count);
    if (context->nulls != NULL) {
        column_need_nulls(numbers);
        memcpy(numbers->nulls, context->nulls, (size_t)(row_count + 63) / 64 * 8);
    }
    Error error = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Slice value = slice_of(argument_view(arguments, 0, i));
        JsonKind kind = json_kind(value.at);
        if (kind != wanted) {
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "cannot cast jsonb %s to type %s",
                names[kind], type_sql_name((TypeId)type.id));
        } else if (wanted == JSON_BOOL) {
            ((uint8_t *)result->values)[i] = *value.at == 't';
        } else {
            Datum number;
            Type parsed = type_of(TYPE_NUMERIC);
            parsed.modifier = type.id == TYPE_NUMERIC ? type.modifier : -1;
            Status status = datum_parse(parsed, value.at, (size_t)(value.end - value.at), context->settings,
                context->scratch, &number, &error);
            if (status != OK)
                KERNEL_FAIL(context, i, status, "%s", error.message);
            else
                column_set_datum(from_numeric == NULL ? result : numbers, i, &number);
        }
    }
    if (from_numeric != NULL) {
        const Column *argument = numbers;
        from_numeric->kernel(context, row_count, &argument, 1, result);
    }
    column_release(numbers);
    error_clear(&error);
}

static void json_to_jsonb(KERNEL_PARAMETERS) {
    Text out = {0};
    Error error = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        const View *view = argument_view(arguments, 0, i);
        Status status = json_check(view_bytes(view), view->length, true, &out, &error);
        if (status != OK)
            KERNEL_FAIL(context, i, status, "%s", error.message);
        result_take_text(result, i, &out);
    }
    error_clear(&error);
    text_free(&out);
}

static void jsonb_to_json(KERNEL_PARAMETERS) {
    column_keep_buffers_of(result, arguments[0]);
    for (int i = 0; i < row_count; i++)
        ((View *)result->values)[i] = *argument_view(arguments, 0, i);
}

const FunctionRow json_functions[] = {
    {"->(jsonb, text) -> jsonb", field},
    {"->(json, text) -> json", field},
    {"->>(jsonb, text) -> text", field_text},
    {"->>(json, text) -> text", field_text},
    {"->(jsonb, int4) -> jsonb", element},
    {"->(json, int4) -> json", element},
    {"->>(jsonb, int4) -> text", element_text},
    {"->>(json, int4) -> text", element_text},
    {"#>(jsonb, text[]) -> jsonb", path},
    {"#>(json, text[]) -> json", path},
    {"#>>(jsonb, text[]) -> text", path_text},
    {"#>>(json, text[]) -> text", path_text},
    {"jsonb_extract_path(jsonb, text...) -> jsonb", path},
    {"json_extract_path(json, text...) -> json", path},
    {"jsonb_extract_path_text(jsonb, text...) -> text", path_text},
    {"json_extract_path_text(json, text...) -> text", path_text},
    {"json_object_field(json, text) -> json", field},
    {"json_object_field_text(json, text) -> text", field_text},
    {"json_array_element(json, int4) -> json", element},
    {"json_array_element_text(json, int4) -> text", element_text},
    {"jsonb_contains(jsonb, jsonb) -> bool", contains_rows},
    {"jsonb_contained(jsonb, jsonb) -> bool", contained_rows},
    {"jsonb_exists_any(jsonb, text[]) -> bool", exists_any},
    {"jsonb_exists_all(jsonb, text[]) -> bool", exists_all},
    {"jsonb_object_field(jsonb, text) -> jsonb", field},
    {"jsonb_object_field_text(jsonb, text) -> text", field_text},
    {"jsonb_array_element(jsonb, int4) -> jsonb", element},
    {"jsonb_array_element_text(jsonb, int4) -> text", element_text},
    {"jsonb_typeof(jsonb) -> text", json_typeof},
    {"json_typeof(json) -> text", json_typeof},
    {"jsonb_array_length(jsonb) -> int4", array_length},
    {"json_array_length(json) -> int4", array_length},
    {"@>(jsonb, jsonb) -> bool", contains_rows},
    {"<@(jsonb, jsonb) -> bool", contained_rows},
    {"?(jsonb, text) -> bool", exists},
    {"?|(jsonb, text[]) -> bool", exists_any},
    {"?&(jsonb, text[]) -> bool", exists_all},
    {"jsonb_exists(jsonb, text) -> bool", exists},
    {"cast(jsonb) -> bool", jsonb_to_scalar},
    {"cast(jsonb) -> numeric", jsonb_to_scalar},
    {"cast(jsonb) -> int2", jsonb_to_scalar},
    {"cast(jsonb) -> int4", jsonb_to_scalar},
    {"cast(jsonb) -> int8", jsonb_to_scalar},
    {"cast(jsonb) -> float4", jsonb_to_scalar},
    {"cast(jsonb) -> float8", jsonb_to_scalar},
    {"cast(json) -> jsonb", json_to_jsonb, FUNCTION_CAST_ASSIGNMENT},
    {"cast(jsonb) -> json", jsonb_to_json, FUNCTION_CAST_ASSIGNMENT},
    {0},
};
