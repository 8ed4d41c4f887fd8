/* Changed json: concatenation, what is set, inserted or deleted at a path, other layouts. */
#include <errno.h>
#include <stdlib.h>

#include "executor/functions/json/json_slice.h"
#include "executor/types/array.h"

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
        if (array_get(&array, k, &key) &&
            json_string_is(string, string_end, view_bytes(&key.view), key.view.length))
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
            const char *start = it.is_object ? it.key : it.value,
                       *stop = it.is_object ? it.key_end : it.value_end;
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
            KERNEL_FAIL(
                context, i, STATUS_INVALID_PARAMETER_VALUE, "cannot delete from object using integer index");
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
typedef enum Edit { EDIT_SET, EDIT_SET_EXISTING, EDIT_DELETE, EDIT_INSERT_BEFORE, EDIT_INSERT_AFTER } Edit;
static bool adds_missing(Edit edit) {
    return edit != EDIT_SET_EXISTING && edit != EDIT_DELETE;
}
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
        if (order > 0 && !is_done && is_last && adds_missing(e->edit)) {
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
        } else if (is_last && e->edit >= EDIT_INSERT_BEFORE) {
            row_errors_add(
                e->context->errors, e->row, STATUS_INVALID_PARAMETER_VALUE, "cannot replace existing key");
            is_fine = false;
        } else if (is_last) {
            add_pair(e, view_bytes(key), key->length);
        } else {
            text_add(e->out, it.key, (size_t)(it.value - it.key));
            is_fine = edit_value(e, level + 1, (Slice){it.value, it.value_end});
        }
    }
    if (!is_done && is_last && adds_missing(e->edit)) {
        if (e->out->length > start)
            text_add(e->out, ", ", 2);
        add_pair(e, view_bytes(key), key->length);
    }
    text_add_char(e->out, '}');
    text_free(&quoted);
    return is_fine;
}

/* The new value in place of the old one, or beside it. */
static void add_element(Editor *e, Slice old) {
    if (e->edit == EDIT_INSERT_AFTER) {
        add_slice(e->out, old);
        text_add(e->out, ", ", 2);
    }
    add_slice(e->out, e->value);
    if (e->edit == EDIT_INSERT_BEFORE) {
        text_add(e->out, ", ", 2);
        add_slice(e->out, old);
    }
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
        row_errors_add(e->context->errors, e->row, STATUS_INVALID_TEXT_REPRESENTATION,
            "path element at position %d is not an integer: \"%.*s\"", level + 1, (int)key->length,
            view_bytes(key));
        return false;
    }
    int count = json_count(array.at, array.end), at = 0;
    bool is_last = level + 1 == e->path.count, is_fine = true;
    int64_t target = index < 0 ? (int64_t)index + count : index;
    bool is_before = target < 0;
    text_add_char(e->out, '[');
    size_t start = e->out->length;
    if (is_last && is_before && adds_missing(e->edit))
        add_slice(e->out, e->value);
    for (JsonIterator it = json_iterate(array.at, array.end); is_fine && json_next(&it); at++) {
        if (at == target && is_last && e->edit == EDIT_DELETE)
            continue;
        if (e->out->length > start)
            text_add(e->out, ", ", 2);
        if (at != target)
            text_add(e->out, it.value, (size_t)(it.value_end - it.value));
        else if (is_last)
            add_element(e, (Slice){it.value, it.value_end});
        else
            is_fine = edit_value(e, level + 1, (Slice){it.value, it.value_end});
    }
    if (is_last && target >= count && adds_missing(e->edit)) {
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
        row_errors_add(e->context->errors, e->row, STATUS_NULL_VALUE_NOT_ALLOWED,
            "path element at position %d is null", level + 1);
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

/* What a call does with one row. */
static void edit_row(
    KernelContext *context, int row, const Column *const *arguments, Edit edit, Text *out, Column *result) {
    Slice value = slice_of(argument_view(arguments, 0, row));
    Editor e = {.context = context, .row = row, .out = out, .edit = edit};
    array_open(arguments[1]->type, argument_view(arguments, 1, row), &e.path);
    if (edit != EDIT_DELETE)
        e.value = slice_of(argument_view(arguments, 2, row));
    if (e.path.dimensions > 1)
        KERNEL_FAIL(context, row, STATUS_ARRAY_SUBSCRIPT_ERROR, "wrong number of array subscripts");
    else if (json_kind(value.at) < JSON_ARRAY)
        KERNEL_FAIL(context, row, STATUS_INVALID_PARAMETER_VALUE,
            edit == EDIT_DELETE ? "cannot delete path in scalar" : "cannot set path in scalar");
    else if (e.path.count == 0 || (!adds_missing(edit) && json_count(value.at, value.end) == 0))
        text_add(out, value.at, (size_t)(value.end - value.at));
    else
        edit_value(&e, 0, value);
    result_take_text(result, row, out);
}

/* The fourth argument, when there is one, chooses between two edits. */
static void edit_rows(KERNEL_PARAMETERS, Edit without, Edit with) {
    Text out = {0};
    for (int i = 0; i < row_count; i++)
        if (!row_is_null(context, i))
            edit_row(context, i, arguments,
                argument_count == 4 && KERNEL_AT(uint8_t, arguments[3], i) ? with : without, &out, result);
    text_free(&out);
}
static void set_path(KERNEL_PARAMETERS) {
    edit_rows(context, row_count, arguments, argument_count, result,
        argument_count < 4 ? EDIT_SET : EDIT_SET_EXISTING, EDIT_SET);
}
static void insert_path(KERNEL_PARAMETERS) {
    edit_rows(context, row_count, arguments, argument_count, result, EDIT_INSERT_BEFORE, EDIT_INSERT_AFTER);
}
static void delete_path(KERNEL_PARAMETERS) {
    edit_rows(context, row_count, arguments, argument_count, result, EDIT_DELETE, EDIT_DELETE);
}

/* jsonb_set with a say in what becomes of an SQL NULL. */
static void set_path_lax(KERNEL_PARAMETERS) {
    static const char *const treatments[] = {
        "use_json_null", "delete_key", "return_target", "raise_exception"};
    enum { USE_NULL, DELETE_KEY, RETURN_TARGET, RAISE };
    Text out = {0};
    Value null_value = {.type = type_of(TYPE_JSONB), .datum.view = view_of("null", 4)};
    Column *null_column = column_constant(&null_value);
    for (int i = 0; i < row_count; i++) {
        if (column_is_null(arguments[0], i) || column_is_null(arguments[1], i) ||
            (argument_count > 3 && column_is_null(arguments[3], i))) {
            column_set_null(result, i);
            continue;
        }
        int treatment = argument_count < 5 ? USE_NULL : 0;
        const View *named = argument_count < 5 ? NULL : argument_view(arguments, 4, i);
        while (named != NULL && treatment <= RAISE &&
               (column_is_null(arguments[4], i) || named->length != strlen(treatments[treatment]) ||
                   memcmp(view_bytes(named), treatments[treatment], named->length) != 0))
            treatment++;
        Edit edit = argument_count > 3 && !KERNEL_AT(uint8_t, arguments[3], i) ? EDIT_SET_EXISTING : EDIT_SET;
        bool is_null = column_is_null(arguments[2], i);
        const Column *edited[] = {arguments[0], arguments[1], is_null ? null_column : arguments[2]};
        if (treatment > RAISE)
            row_errors_add(context->errors, i, STATUS_INVALID_PARAMETER_VALUE,
                "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or "
                "\"raise_exception\"");
        else if (is_null && treatment == RAISE)
            row_errors_add(context->errors, i, STATUS_NULL_VALUE_NOT_ALLOWED, "JSON value must not be null");
        else if (is_null && treatment == RETURN_TARGET)
            column_set_datum(result, i, argument_view(arguments, 0, i));
        else
            edit_row(
                context, i, edited, is_null && treatment == DELETE_KEY ? EDIT_DELETE : edit, &out, result);
    }
    column_release(null_column);
    text_free(&out);
}

/* json loses its blanks, jsonb keeps those of its form. */
static void strip_nulls(Text *out, Slice value, bool jsonb) {
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
            text_add(out, ", ", jsonb ? 2 : 1);
        is_first = false;
        if (it.is_object) {
            text_add(out, it.key, (size_t)(it.key_end - it.key));
            text_add(out, ": ", jsonb ? 2 : 1);
        }
        strip_nulls(out, (Slice){it.value, it.value_end}, jsonb);
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

static void without_nulls(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        strip_nulls(&out, slice_of(argument_view(arguments, 0, i)), is_jsonb(result));
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

const FunctionRow json_edit_functions[] = {
    {"||(jsonb, jsonb) -> jsonb", concatenate},
    {"-(jsonb, text) -> jsonb", delete_keys},
    {"-(jsonb, text[]) -> jsonb", delete_keys},
    {"-(jsonb, int4) -> jsonb", delete_index},
    {"#-(jsonb, text[]) -> jsonb", delete_path},
    {"jsonb_set(jsonb, text[], jsonb) -> jsonb", set_path},
    {"jsonb_set(jsonb, text[], jsonb, bool) -> jsonb", set_path},
    {"jsonb_insert(jsonb, text[], jsonb) -> jsonb", insert_path},
    {"jsonb_insert(jsonb, text[], jsonb, bool) -> jsonb", insert_path},
    {"jsonb_set_lax(jsonb, text[], jsonb) -> jsonb", set_path_lax, FUNCTION_NOT_STRICT},
    {"jsonb_set_lax(jsonb, text[], jsonb, bool) -> jsonb", set_path_lax, FUNCTION_NOT_STRICT},
    {"jsonb_set_lax(jsonb, text[], jsonb, bool, text) -> jsonb", set_path_lax, FUNCTION_NOT_STRICT},
    {"jsonb_concat(jsonb, jsonb) -> jsonb", concatenate},
    {"jsonb_delete(jsonb, text) -> jsonb", delete_keys},
    {"jsonb_delete(jsonb, int4) -> jsonb", delete_index},
    {"jsonb_delete(jsonb, text[]) -> jsonb", delete_keys},
    {"jsonb_delete_path(jsonb, text[]) -> jsonb", delete_path},
    {"json_strip_nulls(json) -> json", without_nulls},
    {"jsonb_strip_nulls(jsonb) -> jsonb", without_nulls},
    {"jsonb_pretty(jsonb) -> text", jsonb_pretty},
    {0},
};
