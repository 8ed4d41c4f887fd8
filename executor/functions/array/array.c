/* array functions: construction, subscripts, size, editing, search, strings to arrays and back. */
#include "executor/types/array.h"

#include "executor/functions/text/string_kernel.h"

static void open_argument(const Column *column, int row, Array *array) {
    array_open(column->type, column_view(column, row), array);
}

/* Moves what the builder holds into a row. */
static void finish_row(Column *result, int row, ArrayBuilder *builder, Text *bytes) {
    array_builder_finish(builder, bytes);
    result_take_text(result, row, bytes);
}

static void add_all(ArrayBuilder *builder, const Array *array) {
    for (int k = 0; k < array->count; k++) {
        Datum datum;
        array_builder_add(builder, array_get(array, k, &datum) ? &datum : NULL);
    }
}

/* ARRAY[…]; of arrays: one more dimension. */
static void construct(KERNEL_PARAMETERS) {
    ArrayBuilder builder = {.element = type_element(result->type)};
    Text bytes = {0};
    for (int i = 0; i < row_count; i++) {
        if (argument_count == 0 || !arguments[0]->type.is_array) {
            for (int a = 0; a < argument_count; a++)
                array_builder_add(
                    &builder, column_is_null(arguments[a], i) ? NULL : column_at(arguments[a], i));
            finish_row(result, i, &builder, &bytes);
            continue;
        }
        int32_t lengths[ARRAY_DIMENSIONS_MAX] = {0}, lowers[ARRAY_DIMENSIONS_MAX] = {1, 1, 1, 1, 1, 1};
        int dimensions = 0, empty = 0;
        bool fits = true;
        for (int a = 0; a < argument_count && fits; a++) {
            Array part = {0};
            if (!column_is_null(arguments[a], i))
                open_argument(arguments[a], i, &part);
            empty += part.count == 0;
            if (part.count == 0)
                continue;
            fits =
                part.dimensions < ARRAY_DIMENSIONS_MAX && (dimensions == 0 || dimensions == part.dimensions);
            for (int d = 0; d < part.dimensions && fits; d++) {
                fits =
                    dimensions == 0 || (lengths[d + 1] == part.lengths[d] && lowers[d + 1] == part.lowers[d]);
                lengths[d + 1] = part.lengths[d];
                lowers[d + 1] = part.lowers[d];
            }
            dimensions = part.dimensions;
            add_all(&builder, &part);
        }
        lengths[0] = argument_count;
        if (!fits || (empty > 0 && empty < argument_count))
            KERNEL_FAIL(context, i, STATUS_ARRAY_SUBSCRIPT_ERROR,
                "multidimensional arrays must have array expressions with matching dimensions");
        array_builder_finish_shaped(&builder, dimensions + 1, lengths, lowers, &bytes);
        result_take_text(result, i, &bytes);
    }
    array_builder_free(&builder);
    text_free(&bytes);
}

static void subscript(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Array array;
        Datum datum;
        open_argument(arguments[0], i, &array);
        int64_t index = (int64_t)argument_int4(arguments, 1, i) - array.lowers[0];
        if (array.dimensions == 1 && index >= 0 && index < array.count &&
            array_get(&array, (int)index, &datum))
            column_set_datum(result, i, &datum);
        else
            column_set_null(result, i);
    }
}

/* array[i][j]…: NULL unless each dimension has its subscript. */
static void subscript_all(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Array array;
        Datum datum;
        open_argument(arguments[0], i, &array);
        bool is_inside = array.dimensions == argument_count - 1;
        int64_t offset = 0;
        for (int d = 0; d < array.dimensions && is_inside; d++) {
            int64_t index = (int64_t)argument_int4(arguments, d + 1, i) - array.lowers[d];
            is_inside = index >= 0 && index < array.lengths[d];
            offset = offset * array.lengths[d] + index;
        }
        if (is_inside && array_get(&array, (int)offset, &datum))
            column_set_datum(result, i, &datum);
        else
            column_set_null(result, i);
    }
}

/* The elements within the bounds of all dimensions from d on; `offset` counts those before. */
static void add_slice(const Array *array, const int32_t *from, const int32_t *lengths, int d, int64_t offset,
    ArrayBuilder *builder) {
    for (int k = from[d]; k < from[d] + lengths[d]; k++) {
        Datum datum;
        int64_t at = offset * array->lengths[d] + k;
        if (d + 1 < array->dimensions && d + 1 < ARRAY_DIMENSIONS_MAX)
            add_slice(array, from, lengths, d + 1, at, builder);
        else
            array_builder_add(builder, array_get(array, (int)at, &datum) ? &datum : NULL);
    }
}

/* array[a:b][c:d]…: dimensions without bounds are whole. */
static void slice_all(KERNEL_PARAMETERS) {
    ArrayBuilder builder = {.element = type_element(arguments[0]->type)};
    Text bytes = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Array array;
        int32_t from[ARRAY_DIMENSIONS_MAX], lengths[ARRAY_DIMENSIONS_MAX], lowers[ARRAY_DIMENSIONS_MAX];
        open_argument(arguments[0], i, &array);
        bool is_empty = (argument_count - 1) / 2 > array.dimensions;
        for (int d = 0; d < array.dimensions && !is_empty; d++) {
            bool is_bounded = 2 * d + 2 < argument_count;
            int64_t first =
                is_bounded ? (int64_t)argument_int4(arguments, 2 * d + 1, i) - array.lowers[d] : 0;
            int64_t last = is_bounded ? (int64_t)argument_int4(arguments, 2 * d + 2, i) - array.lowers[d]
                                      : array.lengths[d] - 1;
            first = first < 0 ? 0 : first;
            last = last >= array.lengths[d] ? array.lengths[d] - 1 : last;
            is_empty = first > last;
            from[d] = (int32_t)first;
            lengths[d] = (int32_t)(last - first + 1);
            lowers[d] = 1;
        }
        if (!is_empty && array.dimensions > 0)
            add_slice(&array, from, lengths, 0, 0, &builder);
        array_builder_finish_shaped(&builder, is_empty ? 0 : array.dimensions, lengths, lowers, &bytes);
        result_take_text(result, i, &bytes);
    }
    array_builder_free(&builder);
    text_free(&bytes);
}

/* ---- size ---- */

#define SIZE_KERNEL(name, has_dimension, expression)                                       \
    static void name(KERNEL_PARAMETERS) {                                                  \
        for (int i = 0; i < row_count; i++) {                                              \
            if (row_is_null(context, i))                                                   \
                continue;                                                                  \
            Array array;                                                                   \
            open_argument(arguments[0], i, &array);                                        \
            int64_t d = (has_dimension) ? (int64_t)argument_int4(arguments, 1, i) - 1 : 0; \
            if (d < 0 || d >= array.dimensions)                                            \
                column_set_null(result, i);                                                \
            else                                                                           \
                ((int32_t *)result->values)[i] = (expression);                             \
        }                                                                                  \
    }
SIZE_KERNEL(length, true, array.lengths[d])
SIZE_KERNEL(lower, true, array.lowers[d])
SIZE_KERNEL(upper, true, array.lowers[d] + array.lengths[d] - 1)
SIZE_KERNEL(dimensions, false, array.dimensions)

static void cardinality(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        Array array;
        open_argument(arguments[0], i, &array);
        ((int32_t *)result->values)[i] = array.count;
    }
}

static void dimensions_text(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        Array array;
        open_argument(arguments[0], i, &array);
        if (array.dimensions == 0) {
            column_set_null(result, i);
            continue;
        }
        for (int d = 0; d < array.dimensions; d++)
            text_printf(&out, "[%d:%d]", array.lowers[d], array.lowers[d] + array.lengths[d] - 1);
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

/* ---- editing ---- */

/* NULL arrays count as empty. */
static void open_or_empty(const Column *column, int row, Array *array) {
    *array = (Array){.element = type_element(column->type)};
    if (!column_is_null(column, row))
        open_argument(column, row, array);
}

static void add_one(KERNEL_PARAMETERS, int array_at, int element_at) {
    ArrayBuilder builder = {.element = type_element(result->type)};
    Text bytes = {0};
    for (int i = 0; i < row_count; i++) {
        Array array;
        open_or_empty(arguments[array_at], i, &array);
        if (array.dimensions > 1) {
            KERNEL_FAIL(context, i, STATUS_DATA_EXCEPTION, "argument must be empty or one-dimensional array");
            continue;
        }
        const void *element =
            column_is_null(arguments[element_at], i) ? NULL : column_at(arguments[element_at], i);
        if (element_at < array_at)
            array_builder_add(&builder, element);
        add_all(&builder, &array);
        if (element_at > array_at)
            array_builder_add(&builder, element);
        int32_t count = builder.count, from = array.dimensions == 0 ? 1 : array.lowers[0];
        if (array_bounds_check(1, &count, &from) >= 0)
            KERNEL_FAIL(
                context, i, STATUS_PROGRAM_LIMIT_EXCEEDED, "array lower bound is too large: %d", from);
        array_builder_finish_shaped(&builder, 1, &count, &from, &bytes);
        result_take_text(result, i, &bytes);
    }
    array_builder_free(&builder);
    text_free(&bytes);
}
static void append(KERNEL_PARAMETERS) {
    add_one(context, row_count, arguments, argument_count, result, 0, 1);
}
static void prepend(KERNEL_PARAMETERS) {
    add_one(context, row_count, arguments, argument_count, result, 1, 0);
}

static bool is_same_shape(const Array *a, int from_a, const Array *b, int from_b, int count) {
    for (int d = 0; d < count; d++)
        if (a->lengths[from_a + d] != b->lengths[from_b + d] ||
            a->lowers[from_a + d] != b->lowers[from_b + d])
            return false;
    return true;
}

static void concatenate(KERNEL_PARAMETERS) {
    ArrayBuilder builder = {.element = type_element(result->type)};
    Text bytes = {0};
    for (int i = 0; i < row_count; i++) {
        bool a_is_null = column_is_null(arguments[0], i), b_is_null = column_is_null(arguments[1], i);
        if (a_is_null && b_is_null) {
            column_set_null(result, i);
            continue;
        }
        Array a, b;
        open_or_empty(arguments[0], i, &a);
        open_or_empty(arguments[1], i, &b);
        const Array *shape = a.dimensions == 0                                   ? &b
                             : b.dimensions == 0 || a.dimensions >= b.dimensions ? &a
                                                                                 : &b;
        int32_t lengths[ARRAY_DIMENSIONS_MAX], lowers[ARRAY_DIMENSIONS_MAX];
        memcpy(lengths, shape->lengths, sizeof lengths);
        memcpy(lowers, shape->lowers, sizeof lowers);
        bool fits = true;
        if (a.dimensions > 0 && b.dimensions > 0) {
            if (a.dimensions == b.dimensions) {
                fits = is_same_shape(&a, 1, &b, 1, a.dimensions - 1);
                lengths[0] = a.lengths[0] + b.lengths[0];
            } else {
                fits = a.dimensions == b.dimensions + 1
                           ? is_same_shape(&a, 1, &b, 0, b.dimensions)
                           : b.dimensions == a.dimensions + 1 && is_same_shape(&b, 1, &a, 0, a.dimensions);
                lengths[0]++;
            }
        }
        if (!fits) {
            KERNEL_FAIL(context, i, STATUS_ARRAY_SUBSCRIPT_ERROR, "cannot concatenate incompatible arrays");
            continue;
        }
        int large = array_bounds_check(shape->dimensions, lengths, lowers);
        if (large >= 0) {
            KERNEL_FAIL(context, i, STATUS_PROGRAM_LIMIT_EXCEEDED, "array lower bound is too large: %d",
                lowers[large]);
            continue;
        }
        add_all(&builder, &a);
        add_all(&builder, &b);
        array_builder_finish_shaped(&builder, shape->dimensions, lengths, lowers, &bytes);
        result_take_text(result, i, &bytes);
    }
    array_builder_free(&builder);
    text_free(&bytes);
}

/* The element equals the other one, NULL being equal to NULL. */
static bool is_same(Type type, bool has_a, const Datum *a, bool has_b, const void *b) {
    return has_a && has_b ? datum_compare(type, a, b) == 0 : has_a == has_b;
}

static void edit_rows(KERNEL_PARAMETERS, bool is_replace) {
    ArrayBuilder builder = {.element = type_element(result->type)};
    Text bytes = {0};
    for (int i = 0; i < row_count; i++) {
        if (column_is_null(arguments[0], i)) {
            column_set_null(result, i);
            continue;
        }
        Array array;
        open_argument(arguments[0], i, &array);
        if (!is_replace && array.dimensions > 1) {
            KERNEL_FAIL(context, i, STATUS_FEATURE_NOT_SUPPORTED,
                "removing elements from multidimensional arrays is not supported");
            continue;
        }
        bool has_old = !column_is_null(arguments[1], i);
        for (int k = 0; k < array.count; k++) {
            Datum datum;
            bool is_there = array_get(&array, k, &datum);
            if (!is_same(array.element, is_there, &datum, has_old, column_at(arguments[1], i)))
                array_builder_add(&builder, is_there ? &datum : NULL);
            else if (is_replace)
                array_builder_add(
                    &builder, column_is_null(arguments[2], i) ? NULL : column_at(arguments[2], i));
        }
        if (builder.count < array.count)
            array.lengths[0] = builder.count;
        array_builder_finish_shaped(&builder, array.dimensions, array.lengths, array.lowers, &bytes);
        result_take_text(result, i, &bytes);
    }
    array_builder_free(&builder);
    text_free(&bytes);
}
static void remove_element(KERNEL_PARAMETERS) {
    edit_rows(context, row_count, arguments, argument_count, result, false);
}
static void replace_element(KERNEL_PARAMETERS) {
    edit_rows(context, row_count, arguments, argument_count, result, true);
}

/* ---- search ---- */

static void position(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        if (column_is_null(arguments[0], i)) {
            column_set_null(result, i);
            continue;
        }
        if (argument_count == 3 && column_is_null(arguments[2], i)) {
            KERNEL_FAIL(context, i, STATUS_NULL_VALUE_NOT_ALLOWED, "initial position must not be null");
            continue;
        }
        Array array;
        open_argument(arguments[0], i, &array);
        if (array.dimensions > 1) {
            KERNEL_FAIL(context, i, STATUS_FEATURE_NOT_SUPPORTED,
                "searching for elements in multidimensional arrays is not supported");
            continue;
        }
        int64_t from = argument_count == 3 ? (int64_t)argument_int4(arguments, 2, i) - array.lowers[0] : 0;
        bool has_wanted = !column_is_null(arguments[1], i), found = false;
        for (int64_t k = from < 0 ? 0 : from; k < array.count && !found; k++) {
            Datum datum;
            bool is_there = array_get(&array, (int)k, &datum);
            found = is_same(array.element, is_there, &datum, has_wanted, column_at(arguments[1], i));
            if (found)
                ((int32_t *)result->values)[i] = (int32_t)(k + array.lowers[0]);
        }
        if (!found)
            column_set_null(result, i);
    }
}

static void positions(KERNEL_PARAMETERS) {
    ArrayBuilder builder = {.element = type_of(TYPE_INT4)};
    Text bytes = {0};
    for (int i = 0; i < row_count; i++) {
        if (column_is_null(arguments[0], i)) {
            column_set_null(result, i);
            continue;
        }
        Array array;
        open_argument(arguments[0], i, &array);
        if (array.dimensions > 1) {
            KERNEL_FAIL(context, i, STATUS_FEATURE_NOT_SUPPORTED,
                "searching for elements in multidimensional arrays is not supported");
            continue;
        }
        bool has_wanted = !column_is_null(arguments[1], i);
        for (int k = 0; k < array.count; k++) {
            Datum datum;
            int32_t at = k + array.lowers[0];
            bool is_there = array_get(&array, k, &datum);
            if (is_same(array.element, is_there, &datum, has_wanted, column_at(arguments[1], i)))
                array_builder_add(&builder, &at);
        }
        finish_row(result, i, &builder, &bytes);
    }
    array_builder_free(&builder);
    text_free(&bytes);
}

static bool array_has(const Array *array, const Datum *wanted) {
    for (int k = 0; k < array->count; k++) {
        Datum datum;
        if (array_get(array, k, &datum) && datum_compare(array->element, &datum, wanted) == 0)
            return true;
    }
    return false;
}

/* Every (or any) element of b is in a; NULL is in nothing. */
static bool holds(const Array *a, const Array *b, bool all) {
    for (int k = 0; k < b->count; k++) {
        Datum datum;
        bool found = array_get(b, k, &datum) && array_has(a, &datum);
        if (found != all)
            return !all;
    }
    return all;
}

#define SET_KERNEL(name, first, second, all)                     \
    static void name(KERNEL_PARAMETERS) {                        \
        for (int i = 0; i < row_count; i++) {                    \
            if (row_is_null(context, i))                         \
                continue;                                        \
            Array a, b;                                          \
            open_argument(arguments[first], i, &a);              \
            open_argument(arguments[second], i, &b);             \
            ((uint8_t *)result->values)[i] = holds(&a, &b, all); \
        }                                                        \
    }
SET_KERNEL(contains, 0, 1, true)
SET_KERNEL(contained, 1, 0, true)
SET_KERNEL(overlaps, 0, 1, false)

/* ---- strings ---- */

static void add_part(ArrayBuilder *builder, const char *at, size_t length, const View *null_text) {
    if (null_text != NULL && null_text->length == length && memcmp(at, view_bytes(null_text), length) == 0)
        array_builder_add(builder, NULL);
    else
        array_builder_add_string(builder, at, length);
}

static void string_to_array(KERNEL_PARAMETERS) {
    ArrayBuilder builder = {.element = type_of(TYPE_TEXT)};
    Text bytes = {0};
    for (int i = 0; i < row_count; i++) {
        if (column_is_null(arguments[0], i)) {
            column_set_null(result, i);
            continue;
        }
        const View *view = argument_view(arguments, 0, i);
        const View *null_text =
            argument_count == 3 && !column_is_null(arguments[2], i) ? argument_view(arguments, 2, i) : NULL;
        const char *at = view_bytes(view), *end = at + view->length;
        if (column_is_null(arguments[1], i)) {
            for (; at < end; at += utf8_step(*at))
                add_part(&builder, at, (size_t)utf8_step(*at), null_text);
        } else if (view->length > 0) {
            const View *mark = argument_view(arguments, 1, i);
            const char *next;
            while (mark->length > 0 &&
                   (next = memmem(at, (size_t)(end - at), view_bytes(mark), mark->length)) != NULL) {
                add_part(&builder, at, (size_t)(next - at), null_text);
                at = next + mark->length;
            }
            add_part(&builder, at, (size_t)(end - at), null_text);
        }
        finish_row(result, i, &builder, &bytes);
    }
    array_builder_free(&builder);
    text_free(&bytes);
}

static void array_to_string(KERNEL_PARAMETERS) {
    Text out = {0};
    for (int i = 0; i < row_count; i++) {
        if (column_is_null(arguments[0], i) || column_is_null(arguments[1], i)) {
            column_set_null(result, i);
            continue;
        }
        Array array;
        const View *mark = argument_view(arguments, 1, i);
        const View *null_text =
            argument_count == 3 && !column_is_null(arguments[2], i) ? argument_view(arguments, 2, i) : NULL;
        bool is_first = true;
        open_argument(arguments[0], i, &array);
        for (int k = 0; k < array.count; k++) {
            Datum datum;
            bool is_there = array_get(&array, k, &datum);
            if (!is_there && null_text == NULL)
                continue;
            if (!is_first)
                text_add(&out, view_bytes(mark), mark->length);
            is_first = false;
            if (is_there)
                datum_format(array.element, &datum, context->settings, &out);
            else
                text_add(&out, view_bytes(null_text), null_text->length);
        }
        result_take_text(result, i, &out);
    }
    text_free(&out);
}

const FunctionRow array_functions[] = {
    {"array(anyelement...) -> anyarray", construct, FUNCTION_NOT_STRICT},
    {"array_subscript(anyarray, int4) -> anyelement", subscript},
    {"array_slice(anyarray, int4, int4) -> anyarray", slice_all},
    {"array_slice(anyarray, int4, int4, int4...) -> anyarray", slice_all},
    {"array_subscript(anyarray, int4, int4...) -> anyelement", subscript_all},
    {"array_length(anyarray, int4) -> int4", length},
    {"array_lower(anyarray, int4) -> int4", lower},
    {"array_upper(anyarray, int4) -> int4", upper},
    {"array_ndims(anyarray) -> int4", dimensions},
    {"array_dims(anyarray) -> text", dimensions_text},
    {"cardinality(anyarray) -> int4", cardinality},
    {"array_append(anyarray, anyelement) -> anyarray", append, FUNCTION_NOT_STRICT},
    {"array_prepend(anyelement, anyarray) -> anyarray", prepend, FUNCTION_NOT_STRICT},
    {"array_cat(anyarray, anyarray) -> anyarray", concatenate, FUNCTION_NOT_STRICT},
    {"||(anyarray, anyelement) -> anyarray", append, FUNCTION_NOT_STRICT},
    {"||(anyelement, anyarray) -> anyarray", prepend, FUNCTION_NOT_STRICT},
    {"||(anyarray, anyarray) -> anyarray", concatenate, FUNCTION_NOT_STRICT},
    {"array_remove(anyarray, anyelement) -> anyarray", remove_element, FUNCTION_NOT_STRICT},
    {"array_replace(anyarray, anyelement, anyelement) -> anyarray", replace_element, FUNCTION_NOT_STRICT},
    {"array_position(anyarray, anyelement) -> int4", position, FUNCTION_NOT_STRICT},
    {"array_position(anyarray, anyelement, int4) -> int4", position, FUNCTION_NOT_STRICT},
    {"array_positions(anyarray, anyelement) -> int4[]", positions, FUNCTION_NOT_STRICT},
    {"@>(anyarray, anyarray) -> bool", contains},
    {"<@(anyarray, anyarray) -> bool", contained},
    {"&&(anyarray, anyarray) -> bool", overlaps},
    {"string_to_array(text, text) -> text[]", string_to_array, FUNCTION_NOT_STRICT},
    {"string_to_array(text, text, text) -> text[]", string_to_array, FUNCTION_NOT_STRICT},
    {"array_to_string(anyarray, text) -> text", array_to_string, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {"array_to_string(anyarray, text, text) -> text", array_to_string, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {0},
};
