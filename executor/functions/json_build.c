/* Values of any type as JSON. */
#include "executor/functions/json_build.h"

#include <string.h>

#include "executor/types/array.h"

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

static Status add_array(Text *out, const Array *array, int level, int *index, bool is_jsonb, const TypeSettings *settings) {
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

static Status add_number(Text *out, Type type, const void *element, bool is_jsonb, const TypeSettings *settings) {
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

Status json_add_value(Text *out, Type type, const void *element, bool is_jsonb, const TypeSettings *settings) {
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
        if (((const View *)element)->length > 0 && *view_bytes(element) == '{') /* JSON already: see record_json */
            return json_add_value(out, type_of(TYPE_JSON), element, is_jsonb, settings);
        break;
    default:
        break;
    }
    Text text = {0};
    datum_format(type, element, settings, &text);
    json_add_quoted(out, text_string(&text), text.length);
    text_free(&text);
    return OK;
}
