/* Values of any type as JSON, and arrays and objects made of them. */
#include "executor/functions/json/json_build.h"

#include <string.h>

#include "executor/functions/json/json_slice.h"
#include "executor/types/array.h"
#include "executor/types/record.h"

/* The blank between date and time becomes a T; offsets get minutes. */
static void add_moment(Text *out, Type type, const void *element, const TypeSettings *settings) {
    TypeSettings iso = *settings;
    iso.date_style = "ISO, MDY";
    Text text = {0};
    datum_format(type, element, &iso, &text);
    char *blank = strchr(text.bytes, ' ');
    if (type.id != TYPE_DATE && blank != NULL)
        *blank = 'T';
    if (type.id == TYPE_TIMESTAMPTZ && blank != NULL) {
        /* "…+02" is written "…+02:00"; the era stands last. */
        char *sign = strpbrk(blank, "+-");
        if (sign != NULL && strcspn(sign, " ") == 3) {
            Text whole = {0};
            text_add(&whole, text.bytes, (size_t)(sign + 3 - text.bytes));
            text_add_string(&whole, ":00");
            text_add_string(&whole, sign + 3);
            text_free(&text);
            text = whole;
        }
    }
    json_add_quoted(out, text.bytes, text.length);
    text_free(&text);
}

static Status add_array(
    Text *out, const Array *array, int level, int *index, bool is_jsonb, const TypeSettings *settings) {
    text_add_char(out, '[');
    for (int i = 0; i < array->lengths[level]; i++) {
        if (i > 0)
            text_add_string(out, is_jsonb ? ", " : ",");
        Datum datum;
        if (level + 1 < array->dimensions)
            TRY(add_array(out, array, level + 1, index, is_jsonb, settings));
        else if (array_get(array, (*index)++, &datum))
            TRY(json_add_value(out, array->element, &datum, is_jsonb, settings));
        else
            text_add_string(out, "null");
    }
    text_add_char(out, ']');
    return OK;
}

static Status add_fields(Text *out, Type type, const void *element, const TypeSettings *settings) {
    RecordReader reader;
    Datum datum;
    record_open(type, element, &reader);
    text_add_char(out, '{');
    for (int i = 0; i < type.definition->count; i++) {
        text_add_string(out, i > 0 ? "," : "");
        json_add_quoted(out, type.definition->names[i], strlen(type.definition->names[i]));
        text_add_char(out, ':');
        if (record_next(&reader, &datum))
            TRY(json_add_value(out, type.definition->types[i], &datum, false, settings));
        else
            text_add_string(out, "null");
    }
    text_add_char(out, '}');
    return OK;
}

/* An object of its fields; jsonb's order of keys needs them all. */
static Status add_record(
    Text *out, Type type, const void *element, bool is_jsonb, const TypeSettings *settings) {
    if (!is_jsonb)
        return add_fields(out, type, element, settings);
    Text object = {0};
    Status status = add_fields(&object, type, element, settings);
    if (status == OK)
        status = json_check(text_string(&object), object.length, true, out, NULL);
    text_free(&object);
    return status;
}

static Status add_number(
    Text *out, Type type, const void *element, bool is_jsonb, const TypeSettings *settings) {
    Text text = {0};
    Status status = OK;
    datum_format(type, element, settings, &text);
    if (strpbrk(text.bytes, "NI") != NULL) /* NaN, Infinity */
        json_add_quoted(out, text.bytes, text.length);
    else if (is_jsonb)
        status = json_check(text.bytes, text.length, true, out, NULL);
    else
        text_add(out, text.bytes, text.length);
    text_free(&text);
    return status;
}

Status json_add_value(
    Text *out, Type type, const void *element, bool is_jsonb, const TypeSettings *settings) {
    if (type.is_array) {
        Array array;
        int index = 0;
        array_open(type, element, &array);
        return add_array(out, &array, 0, &index, is_jsonb, settings);
    }
    switch (type.id) {
    case TYPE_BOOL:
        text_add_string(out, *(const uint8_t *)element ? "true" : "false");
        return OK;
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
        datum_format(type, element, settings, out);
        return OK;
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
    case TYPE_NUMERIC:
        return add_number(out, type, element, is_jsonb, settings);
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        add_moment(out, type, element, settings);
        return OK;
    case TYPE_JSON:
    case TYPE_JSONB: {
        const View *view = element;
        if (type.id == TYPE_JSON && is_jsonb)
            return json_check(view_bytes(view), view->length, true, out, NULL);
        text_add(out, view_bytes(view), view->length);
        return OK;
    }
    case TYPE_RECORD:
        return add_record(out, type, element, is_jsonb, settings);
    default:
        break;
    }
    Text text = {0};
    datum_format(type, element, settings, &text);
    json_add_quoted(out, text_string(&text), text.length);
    text_free(&text);
    return OK;
}

static void to_json(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Status status = json_add_value(
            &out, arguments[0]->type, column_at(arguments[0], i), is_jsonb(result), context->settings);
        if (status != OK)
            KERNEL_FAIL(context, i, status, "unsupported Unicode escape sequence");
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

static void build_array(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        Status status = OK;
        text_add_char(&out, '[');
        for (int a = 0; a < argument_count && status == OK; a++) {
            if (a > 0)
                text_add(&out, ", ", 2);
            if (column_is_null(arguments[a], i))
                text_add_string(&out, "null");
            else
                status = json_add_value(&out, arguments[a]->type, column_at(arguments[a], i),
                    is_jsonb(result), context->settings);
        }
        text_add_char(&out, ']');
        if (status != OK)
            KERNEL_FAIL(context, i, status, "unsupported Unicode escape sequence");
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

static bool add_argument_key(
    KernelContext *context, int row, const Column *key, int position, bool jsonb, Text *out) {
    if (column_is_null(key, row)) {
        if (jsonb)
            KERNEL_FAIL(
                context, row, STATUS_INVALID_PARAMETER_VALUE, "argument %d: key must not be null", position);
        else
            KERNEL_FAIL(context, row, STATUS_INVALID_PARAMETER_VALUE, "argument %d cannot be null", position);
        return false;
    }
    if (key->type.is_array || key->type.id == TYPE_JSON || key->type.id == TYPE_JSONB ||
        key->type.id == TYPE_RECORD) {
        KERNEL_FAIL(context, row, STATUS_INVALID_PARAMETER_VALUE,
            "key value must be scalar, not array, composite, or json");
        return false;
    }
    Text text = {0};
    if (key->type.id == TYPE_BOOL)
        text_add_string(&text, *(const uint8_t *)column_at(key, row) ? "true" : "false");
    else
        datum_format(key->type, column_at(key, row), context->settings, &text);
    json_add_quoted(out, text_string(&text), text.length);
    text_free(&text);
    return true;
}

static void build_object(KERNEL_PARAMETERS) {
    Text out = {0}, canonical = {0};
    bool jsonb = is_jsonb(result);
    for (int i = 0; i < row_count; i++) {
        bool is_fine = argument_count % 2 == 0;
        if (!is_fine)
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE,
                "argument list must have even number of elements");
        text_reset(&out);
        text_add_char(&out, '{');
        for (int a = 0; a + 1 < argument_count && is_fine; a += 2) {
            if (a > 0)
                text_add(&out, ", ", 2);
            is_fine = add_argument_key(context, i, arguments[a], a + 1, jsonb, &out);
            text_add_string(&out, jsonb ? ": " : " : ");
            if (column_is_null(arguments[a + 1], i))
                text_add_string(&out, "null");
            else if (is_fine && json_add_value(&out, arguments[a + 1]->type, column_at(arguments[a + 1], i),
                                    jsonb, context->settings) != OK)
                KERNEL_FAIL(
                    context, i, STATUS_UNTRANSLATABLE_CHARACTER, "unsupported Unicode escape sequence");
        }
        text_add_char(&out, '}');
        if (!is_fine)
            continue;
        if (!jsonb) {
            result_take_text(result, i, &out);
        } else if (json_check(text_string(&out), out.length, true, &canonical, NULL) == OK) {
            result_take_text(result, i, &canonical);
        }
    }
    text_free(&out);
    text_free(&canonical);
}

/* "key": value, as json_object_agg and jsonb_object_agg collect them. */
static void member_rows(KERNEL_PARAMETERS, bool jsonb) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        Type type = arguments[0]->type;
        text_reset(&out);
        if (column_is_null(arguments[0], i)) {
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "field name must not be null");
            continue;
        }
        if (type.is_array || type.id == TYPE_JSON || type.id == TYPE_JSONB || type.id == TYPE_RECORD) {
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE,
                "key value must be scalar, not array, composite, or json");
            continue;
        }
        Text key = {0};
        text_add_cast(&key, arguments[0], i, context->settings);
        json_add_quoted(&out, text_string(&key), key.length);
        text_free(&key);
        text_add_string(&out, jsonb ? ": " : " : ");
        if (column_is_null(arguments[1], i))
            text_add_string(&out, "null");
        else if (json_add_value(
                     &out, arguments[1]->type, column_at(arguments[1], i), jsonb, context->settings) != OK)
            KERNEL_FAIL(context, i, STATUS_UNTRANSLATABLE_CHARACTER, "unsupported Unicode escape sequence");
        result_take_text(result, i, &out);
    }
    text_free(&out);
}
static void json_member(KERNEL_PARAMETERS) {
    member_rows(context, row_count, arguments, argument_count, result, false);
}
static void jsonb_member(KERNEL_PARAMETERS) {
    member_rows(context, row_count, arguments, argument_count, result, true);
}

/* Adds key k of the first array with its value, which stands beside it or at the same place of the second. */
static bool add_text_pair(
    KernelContext *context, int row, const Array *keys, const Array *values, int k, bool jsonb, Text *out) {
    Datum key, value;
    int step = values == keys ? 2 : 1;
    if (!array_get(keys, step * k, &key)) {
        KERNEL_FAIL(context, row, STATUS_NULL_VALUE_NOT_ALLOWED, "null value not allowed for object key");
        return false;
    }
    text_add_string(out, k > 0 ? ", " : "");
    json_add_quoted(out, view_bytes(&key.view), key.view.length);
    text_add_string(out, jsonb ? ": " : " : ");
    if (array_get(values, step == 2 ? 2 * k + 1 : k, &value))
        json_add_quoted(out, view_bytes(&value.view), value.view.length);
    else
        text_add_string(out, "null");
    return true;
}

/* NULL: the arrays can be an object. */
static const char *object_fault(const Array *keys, const Array *values) {
    if (values != keys)
        return keys->dimensions > 1 || keys->dimensions != values->dimensions
                   ? "wrong number of array subscripts"
               : keys->count != values->count ? "mismatched array dimensions"
                                              : NULL;
    if (keys->dimensions == 1 && keys->count % 2 != 0)
        return "array must have even number of elements";
    if (keys->dimensions == 2 && keys->lengths[1] != 2)
        return "array must have two columns";
    return keys->dimensions > 2 ? "wrong number of array subscripts" : NULL;
}

static void object_of_texts(KERNEL_PARAMETERS) {
    Text out = {0}, canonical = {0};
    bool jsonb = is_jsonb(result);
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Array keys, second, *values = &keys;
        array_open(arguments[0]->type, argument_view(arguments, 0, i), &keys);
        if (argument_count == 2) {
            array_open(arguments[1]->type, argument_view(arguments, 1, i), &second);
            values = &second;
        }
        const char *fault = object_fault(&keys, values);
        if (fault != NULL)
            KERNEL_FAIL(context, i, STATUS_ARRAY_SUBSCRIPT_ERROR, "%s", fault);
        bool is_fine = fault == NULL;
        int count = values == &keys ? keys.count / 2 : keys.count;
        text_reset(&out);
        text_add_char(&out, '{');
        for (int k = 0; k < count && is_fine; k++)
            is_fine = add_text_pair(context, i, &keys, values, k, jsonb, &out);
        text_add_char(&out, '}');
        if (is_fine && !jsonb)
            result_take_text(result, i, &out);
        else if (is_fine && json_check(text_string(&out), out.length, true, &canonical, NULL) == OK)
            result_take_text(result, i, &canonical);
    }
    text_free(&out);
    text_free(&canonical);
}

/* Elements of the outermost dimension stand on lines of their own when pretty. */
static void array_to_json(KERNEL_PARAMETERS) {
    Text out = {0}, pretty = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Status status =
            json_add_value(&out, arguments[0]->type, column_at(arguments[0], i), false, context->settings);
        if (status != OK)
            KERNEL_FAIL(context, i, status, "unsupported Unicode escape sequence");
        if (argument_count == 2 && KERNEL_AT(uint8_t, arguments[1], i)) {
            const char *at = text_string(&out), *end = at + out.length;
            text_add_char(&pretty, '[');
            for (JsonIterator it = json_iterate(at, end); json_next(&it);) {
                text_add_string(&pretty, pretty.length == 1 ? "" : ",\n ");
                text_add(&pretty, it.value, (size_t)(it.value_end - it.value));
            }
            text_add_char(&pretty, ']');
            text_reset(&out);
            result_take_text(result, i, &pretty);
        } else {
            result_take_text(result, i, &out);
        }
    }
    text_free(&out);
    text_free(&pretty);
}

const FunctionRow json_build_functions[] = {
    {"$json_member(any, any) -> text", json_member, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"$jsonb_member(any, any) -> text", jsonb_member, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"json_object(text[]) -> json", object_of_texts},
    {"json_object(text[], text[]) -> json", object_of_texts},
    {"jsonb_object(text[]) -> jsonb", object_of_texts},
    {"jsonb_object(text[], text[]) -> jsonb", object_of_texts},
    {"array_to_json(anyarray) -> json", array_to_json, FUNCTION_STABLE},
    {"array_to_json(anyarray, bool) -> json", array_to_json, FUNCTION_STABLE},
    {"to_jsonb(anyelement) -> jsonb", to_json, FUNCTION_STABLE},
    {"to_json(anyelement) -> json", to_json, FUNCTION_STABLE},
    {"row_to_json(record) -> json", to_json, FUNCTION_STABLE},
    {"jsonb_build_array(any...) -> jsonb", build_array, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"json_build_array(any...) -> json", build_array, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"jsonb_build_object(any...) -> jsonb", build_object, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"json_build_object() -> json", build_object, FUNCTION_NOT_STRICT},
    {"jsonb_build_object() -> jsonb", build_object, FUNCTION_NOT_STRICT},
    {"json_build_array() -> json", build_array, FUNCTION_NOT_STRICT},
    {"jsonb_build_array() -> jsonb", build_array, FUNCTION_NOT_STRICT},
    {"json_build_object(any...) -> json", build_object, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {0},
};
