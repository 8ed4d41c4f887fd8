/* json functions: steps into values, containment, editing, building. Results that are a part of their argument point into its buffers. */
#include "executor/types/json.h"

#include <errno.h>
#include <stdlib.h>

#include "executor/functions/json_build.h"
#include "executor/functions/string_kernel.h"
#include "executor/types/array.h"

/* A value inside some text. */
typedef struct Slice {
    const char *at;
    const char *end;
} Slice;

static inline Slice slice_of(const View *view) {
    const char *at = view_bytes(view), *end = at + view->length;
    return (Slice){json_skip_space(at, end), end};
}
static inline bool is_jsonb(const Column *column) {
    return column->type.id == TYPE_JSONB;
}

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
        if (json_kind(value.at) == JSON_OBJECT && json_find(value.at, value.end, jsonb, view_bytes(key), key->length, &found.at, &found.end))
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
        if (jsonb && json_kind(value.at) < JSON_ARRAY && (index == 0 || index == -1)) /* a scalar counts as an array of one */
            set_value(result, i, value, as_text, &buffer);
        else if (json_kind(value.at) == JSON_ARRAY && json_element(value.at, value.end, index, &found.at, &found.end))
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
                found = array_get(&path, k, &key) && step(&value, jsonb, view_bytes(&key.view), key.view.length);
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
        if (is_container ? contains((Slice){it.value, it.value_end}, what) : json_compare(it.value, it.value_end, what.at, what.end) == 0)
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
        if (json_kind(found.at) >= JSON_ARRAY ? !contains(found, wanted) : json_compare(found.at, found.end, wanted.at, wanted.end) != 0)
            return false;
    }
    return true;
}

/* A scalar at the top is contained in an array that has it. */
static bool top_contains(Slice a, Slice b) {
    JsonKind kind = json_kind(a.at), other = json_kind(b.at);
    if (other < JSON_ARRAY)
        return kind == JSON_ARRAY ? array_has(a, b) : kind == other && json_compare(a.at, a.end, b.at, b.end) == 0;
    return kind == other && contains(a, b);
}

static void contains_rows(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        if (!row_is_null(context, i))
            ((uint8_t *)result->values)[i] = top_contains(slice_of(argument_view(arguments, 0, i)), slice_of(argument_view(arguments, 1, i)));
}
static void contained_rows(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        if (!row_is_null(context, i))
            ((uint8_t *)result->values)[i] = top_contains(slice_of(argument_view(arguments, 1, i)), slice_of(argument_view(arguments, 0, i)));
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
            ((uint8_t *)result->values)[i] = has_key(slice_of(argument_view(arguments, 0, i)), view_bytes(key), key->length);
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

/* ---- editing ---- */

static void add_slice(Text *out, Slice value) {
    text_add(out, value.at, (size_t)(value.end - value.at));
}
static void add_separator(Text *out, char open) {
    if (out->bytes[out->length - 1] != open)
        text_add(out, ", ", 2);
}

/* Two ordered objects into one; the second's value wins. */
static void merge_objects(Text *out, Slice a, Slice b) {
    JsonIterator p = json_iterate(a.at, a.end), q = json_iterate(b.at, b.end);
    bool has_p = json_next(&p), has_q = json_next(&q), is_first = true;
    text_add_char(out, '{');
    while (has_p || has_q) {
        int order = !has_p ? 1 : !has_q ? -1 : json_compare_keys(p.key, p.key_end, q.key, q.key_end);
        const JsonIterator *take = order < 0 ? &p : &q;
        if (!is_first)
            text_add(out, ", ", 2);
        is_first = false;
        text_add(out, take->key, (size_t)(take->value_end - take->key));
        if (order <= 0)
            has_p = json_next(&p);
        if (order >= 0)
            has_q = json_next(&q);
    }
    text_add_char(out, '}');
}

static void add_elements(Text *out, Slice value) {
    if (json_kind(value.at) == JSON_ARRAY) {
        if (json_count(value.at, value.end) == 0)
            return;
        value = (Slice){value.at + 1, value.end - 1};
    }
    if (out->length > 1)
        text_add(out, ", ", 2);
    add_slice(out, value);
}

static void concatenate(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Slice a = slice_of(argument_view(arguments, 0, i)), b = slice_of(argument_view(arguments, 1, i));
        if (json_kind(a.at) == JSON_OBJECT && json_kind(b.at) == JSON_OBJECT) {
            merge_objects(&out, a, b);
        } else {
            text_add_char(&out, '[');
            add_elements(&out, a);
            add_elements(&out, b);
            text_add_char(&out, ']');
        }
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

static bool keys_have(const Column *keys, int row, const char *string, const char *string_end) {
    const View *view = column_view(keys, row);
    if (!keys->type.is_array)
        return json_string_is(string, string_end, view_bytes(view), view->length);
    Array array;
    array_open(keys->type, view, &array);
    for (int k = 0; k < array.count; k++) {
        Datum key;
        if (array_get(&array, k, &key) && json_string_is(string, string_end, view_bytes(&key.view), key.view.length))
            return true;
    }
    return false;
}

static void delete_keys(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Slice value = slice_of(argument_view(arguments, 0, i));
        char open = *value.at;
        if (json_kind(value.at) < JSON_ARRAY) {
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "cannot delete from scalar");
            continue;
        }
        text_add_char(&out, open);
        for (JsonIterator it = json_iterate(value.at, value.end); json_next(&it);) {
            const char *start = it.is_object ? it.key : it.value, *stop = it.is_object ? it.key_end : it.value_end;
            if (*start == '"' && keys_have(arguments[1], i, start, stop))
                continue;
            add_separator(&out, open);
            text_add(&out, start, (size_t)(it.value_end - start));
        }
        text_add_char(&out, open == '{' ? '}' : ']');
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

static void delete_index(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Slice value = slice_of(argument_view(arguments, 0, i));
        int64_t index = argument_int4(arguments, 1, i);
        if (json_kind(value.at) < JSON_ARRAY) {
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "cannot delete from scalar");
            continue;
        }
        if (*value.at == '{') {
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "cannot delete from object using integer index");
            continue;
        }
        if (index < 0)
            index += json_count(value.at, value.end);
        text_add_char(&out, '[');
        for (JsonIterator it = json_iterate(value.at, value.end); json_next(&it); index--) {
            if (index == 0)
                continue;
            add_separator(&out, '[');
            text_add(&out, it.value, (size_t)(it.value_end - it.value));
        }
        text_add_char(&out, ']');
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

/* jsonb_set, jsonb_insert and #-: what happens at the path's end. */
typedef enum Edit { EDIT_SET, EDIT_SET_EXISTING, EDIT_DELETE } Edit;
typedef struct Editor {
    KernelContext *context;
    int row;
    Array path;
    Edit edit;
    Slice value; /* the new one */
    Text *out;
} Editor;

static bool edit_value(Editor *e, int level, Slice value);

static void add_pair(Editor *e, const char *key, size_t length) {
    json_add_quoted(e->out, key, length);
    text_add(e->out, ": ", 2);
    add_slice(e->out, e->value);
}

static bool edit_object(Editor *e, int level, Slice object, const View *key) {
    bool is_last = level + 1 == e->path.count, is_done = false;
    Text quoted = {0};
    json_add_quoted(&quoted, view_bytes(key), key->length);
    const char *name = quoted.bytes, *name_end = name + quoted.length;
    text_add_char(e->out, '{');
    size_t start = e->out->length;
    bool is_fine = true;
    for (JsonIterator it = json_iterate(object.at, object.end); is_fine && json_next(&it);) {
        int order = json_compare_keys(it.key, it.key_end, name, name_end);
        if (order > 0 && !is_done && is_last && e->edit == EDIT_SET) {
            if (e->out->length > start)
                text_add(e->out, ", ", 2);
            add_pair(e, view_bytes(key), key->length);
        }
        is_done = is_done || order >= 0;
        if (order == 0 && is_last && e->edit == EDIT_DELETE)
            continue;
        if (e->out->length > start)
            text_add(e->out, ", ", 2);
        if (order != 0) {
            text_add(e->out, it.key, (size_t)(it.value_end - it.key));
        } else if (is_last) {
            add_pair(e, view_bytes(key), key->length);
        } else {
            text_add(e->out, it.key, (size_t)(it.value - it.key));
            is_fine = edit_value(e, level + 1, (Slice){it.value, it.value_end});
        }
    }
    if (!is_done && is_last && e->edit == EDIT_SET) {
        if (e->out->length > start)
            text_add(e->out, ", ", 2);
        add_pair(e, view_bytes(key), key->length);
    }
    text_add_char(e->out, '}');
    text_free(&quoted);
    return is_fine;
}

static bool edit_array(Editor *e, int level, Slice array, const View *key) {
    char digits[32] = {0}, *end = digits;
    errno = 0;
    long index = 0;
    if (key->length > 0 && key->length < sizeof digits) {
        memcpy(digits, view_bytes(key), key->length);
        index = strtol(digits, &end, 10);
    }
    if (end == digits || *end != 0 || errno != 0 || index > INT32_MAX || index < INT32_MIN) {
        row_errors_add(e->context->errors, e->row, STATUS_INVALID_TEXT_REPRESENTATION, "path element at position %d is not an integer: \"%.*s\"",
            level + 1, (int)key->length, view_bytes(key));
        return false;
    }
    int count = json_count(array.at, array.end), at = 0;
    bool is_last = level + 1 == e->path.count, is_fine = true;
    int64_t target = index < 0 ? (int64_t)index + count : index;
    bool is_before = target < 0;
    text_add_char(e->out, '[');
    size_t start = e->out->length;
    if (is_last && is_before && e->edit == EDIT_SET)
        add_slice(e->out, e->value);
    for (JsonIterator it = json_iterate(array.at, array.end); is_fine && json_next(&it); at++) {
        if (at == target && is_last && e->edit == EDIT_DELETE)
            continue;
        if (e->out->length > start)
            text_add(e->out, ", ", 2);
        if (at != target)
            text_add(e->out, it.value, (size_t)(it.value_end - it.value));
        else if (is_last)
            add_slice(e->out, e->value);
        else
            is_fine = edit_value(e, level + 1, (Slice){it.value, it.value_end});
    }
    if (is_last && target >= count && e->edit == EDIT_SET) {
        if (e->out->length > start)
            text_add(e->out, ", ", 2);
        add_slice(e->out, e->value);
    }
    text_add_char(e->out, ']');
    return is_fine;
}

static bool edit_value(Editor *e, int level, Slice value) {
    Datum key;
    if (!array_get(&e->path, level, &key)) {
        row_errors_add(e->context->errors, e->row, STATUS_NULL_VALUE_NOT_ALLOWED, "path element at position %d is null", level + 1);
        return false;
    }
    switch (json_kind(value.at)) {
    case JSON_OBJECT:
        return edit_object(e, level, value, &key.view);
    case JSON_ARRAY:
        return edit_array(e, level, value, &key.view);
    case JSON_NULL:
    case JSON_STRING:
    case JSON_NUMBER:
    case JSON_BOOL:
        break;
    }
    add_slice(e->out, value);
    return true;
}

static void edit_rows(KERNEL_PARAMETERS, bool is_delete) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Slice value = slice_of(argument_view(arguments, 0, i));
        Editor e = {.context = context, .row = i, .out = &out, .edit = EDIT_DELETE};
        array_open(arguments[1]->type, argument_view(arguments, 1, i), &e.path);
        if (!is_delete) {
            e.value = slice_of(argument_view(arguments, 2, i));
            e.edit = argument_count < 4 || KERNEL_AT(uint8_t, arguments[3], i) ? EDIT_SET : EDIT_SET_EXISTING;
        }
        if (e.path.dimensions > 1)
            KERNEL_FAIL(context, i, STATUS_ARRAY_SUBSCRIPT_ERROR, "wrong number of array subscripts");
        else if (json_kind(value.at) < JSON_ARRAY)
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, is_delete ? "cannot delete path in scalar" : "cannot set path in scalar");
        else if (e.path.count == 0 || (e.edit != EDIT_SET && json_count(value.at, value.end) == 0))
            text_add(&out, value.at, (size_t)(value.end - value.at));
        else
            edit_value(&e, 0, value);
        result_take_text(result, i, &out);
    }
    text_free(&out);
}
static void set_path(KERNEL_PARAMETERS) {
    edit_rows(context, row_count, arguments, argument_count, result, false);
}
static void delete_path(KERNEL_PARAMETERS) {
    edit_rows(context, row_count, arguments, argument_count, result, true);
}

static void strip_nulls(Text *out, Slice value) {
    if (json_kind(value.at) < JSON_ARRAY) {
        add_slice(out, value);
        return;
    }
    char open = *value.at;
    bool is_first = true;
    text_add_char(out, open);
    for (JsonIterator it = json_iterate(value.at, value.end); json_next(&it);) {
        if (it.is_object && *it.value == 'n')
            continue;
        if (!is_first)
            text_add(out, ", ", 2);
        is_first = false;
        if (it.is_object) {
            text_add(out, it.key, (size_t)(it.key_end - it.key));
            text_add(out, ": ", 2);
        }
        strip_nulls(out, (Slice){it.value, it.value_end});
    }
    text_add_char(out, open == '{' ? '}' : ']');
}

static void add_line(Text *out, int level) {
    text_add_char(out, '\n');
    for (int i = 0; i < 4 * level; i++)
        text_add_char(out, ' ');
}

static void add_pretty(Text *out, Slice value, int level) {
    if (json_kind(value.at) < JSON_ARRAY) {
        add_slice(out, value);
        return;
    }
    char open = *value.at;
    bool is_first = true;
    text_add_char(out, open);
    for (JsonIterator it = json_iterate(value.at, value.end); json_next(&it);) {
        if (!is_first)
            text_add_char(out, ',');
        is_first = false;
        add_line(out, level + 1);
        if (it.is_object) {
            text_add(out, it.key, (size_t)(it.key_end - it.key));
            text_add(out, ": ", 2);
        }
        add_pretty(out, (Slice){it.value, it.value_end}, level + 1);
    }
    add_line(out, level);
    text_add_char(out, open == '{' ? '}' : ']');
}

static void jsonb_strip_nulls(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        strip_nulls(&out, slice_of(argument_view(arguments, 0, i)));
        result_take_text(result, i, &out);
    }
    text_free(&out);
}
static void jsonb_pretty(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        add_pretty(&out, slice_of(argument_view(arguments, 0, i)), 0);
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

/* ---- casts ---- */

static void jsonb_to_scalar(KERNEL_PARAMETERS) {
    static const char *const names[] = {"null", "string", "numeric", "boolean", "array", "object"};
    Type type = context->result_type;
    JsonKind wanted = type.id == TYPE_BOOL ? JSON_BOOL : JSON_NUMBER;
    const Function *from_numeric = wanted == JSON_BOOL || type.id == TYPE_NUMERIC ? NULL : function_cast(type_of(TYPE_NUMERIC), type);
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
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "cannot cast jsonb %s to type %s", names[kind], type_sql_name((TypeId)type.id));
        } else if (wanted == JSON_BOOL) {
            ((uint8_t *)result->values)[i] = *value.at == 't';
        } else {
            Datum number;
            Type parsed = type_of(TYPE_NUMERIC);
            parsed.modifier = type.id == TYPE_NUMERIC ? type.modifier : -1;
            Status status = datum_parse(parsed, value.at, (size_t)(value.end - value.at), context->settings, context->scratch, &number, &error);
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

/* ---- building ---- */

static void to_json(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Status status = json_add_value(&out, arguments[0]->type, column_at(arguments[0], i), is_jsonb(result), context->settings);
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
                status = json_add_value(&out, arguments[a]->type, column_at(arguments[a], i), is_jsonb(result), context->settings);
        }
        text_add_char(&out, ']');
        if (status != OK)
            KERNEL_FAIL(context, i, status, "unsupported Unicode escape sequence");
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

static bool add_argument_key(KernelContext *context, int row, const Column *key, int position, bool jsonb, Text *out) {
    if (column_is_null(key, row)) {
        if (jsonb)
            KERNEL_FAIL(context, row, STATUS_INVALID_PARAMETER_VALUE, "argument %d: key must not be null", position);
        else
            KERNEL_FAIL(context, row, STATUS_INVALID_PARAMETER_VALUE, "argument %d cannot be null", position);
        return false;
    }
    if (key->type.is_array || key->type.id == TYPE_JSON || key->type.id == TYPE_JSONB) {
        KERNEL_FAIL(context, row, STATUS_INVALID_PARAMETER_VALUE, "key value must be scalar, not array, composite, or json");
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
            KERNEL_FAIL(context, i, STATUS_INVALID_PARAMETER_VALUE, "argument list must have even number of elements");
        text_reset(&out);
        text_add_char(&out, '{');
        for (int a = 0; a + 1 < argument_count && is_fine; a += 2) {
            if (a > 0)
                text_add(&out, ", ", 2);
            is_fine = add_argument_key(context, i, arguments[a], a + 1, jsonb, &out);
            text_add_string(&out, jsonb ? ": " : " : ");
            if (column_is_null(arguments[a + 1], i))
                text_add_string(&out, "null");
            else if (is_fine && json_add_value(&out, arguments[a + 1]->type, column_at(arguments[a + 1], i), jsonb, context->settings) != OK)
                KERNEL_FAIL(context, i, STATUS_UNTRANSLATABLE_CHARACTER, "unsupported Unicode escape sequence");
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
    {"||(jsonb, jsonb) -> jsonb", concatenate},
    {"-(jsonb, text) -> jsonb", delete_keys},
    {"-(jsonb, text[]) -> jsonb", delete_keys},
    {"-(jsonb, int4) -> jsonb", delete_index},
    {"#-(jsonb, text[]) -> jsonb", delete_path},
    {"jsonb_set(jsonb, text[], jsonb) -> jsonb", set_path},
    {"jsonb_set(jsonb, text[], jsonb, bool) -> jsonb", set_path},
    {"jsonb_strip_nulls(jsonb) -> jsonb", jsonb_strip_nulls},
    {"jsonb_pretty(jsonb) -> text", jsonb_pretty},
    {"to_jsonb(anyelement) -> jsonb", to_json, FUNCTION_STABLE},
    {"to_json(anyelement) -> json", to_json, FUNCTION_STABLE},
    {"jsonb_build_array(any...) -> jsonb", build_array, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"json_build_array(any...) -> json", build_array, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"jsonb_build_object(any...) -> jsonb", build_object, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"json_build_object() -> json", build_object, FUNCTION_NOT_STRICT},
    {"jsonb_build_object() -> jsonb", build_object, FUNCTION_NOT_STRICT},
    {"json_build_array() -> json", build_array, FUNCTION_NOT_STRICT},
    {"jsonb_build_array() -> jsonb", build_array, FUNCTION_NOT_STRICT},
    {"json_build_object(any...) -> json", build_object, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
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
