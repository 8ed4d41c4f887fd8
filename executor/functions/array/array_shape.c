/* array functions that make or cut whole arrays: array_fill, trim_array, and width_bucket over thresholds. */
#include "executor/functions/text/string_kernel.h"
#include "executor/types/array.h"

/* Reads the dimensions, or the lower bounds; false when the row failed. */
static bool read_bounds(
    KernelContext *context, int row, const Column *column, int *count, int32_t bounds[ARRAY_DIMENSIONS_MAX]) {
    Array array;
    array_open(column->type, column_view(column, row), &array);
    *count = array.count;
    if (array.dimensions > 1) {
        row_errors_add(
            context->errors, row, STATUS_ARRAY_SUBSCRIPT_ERROR, "wrong number of array subscripts");
        return false;
    }
    if (array.count > ARRAY_DIMENSIONS_MAX) {
        row_errors_add(context->errors, row, STATUS_PROGRAM_LIMIT_EXCEEDED,
            "number of array dimensions (%d) exceeds the maximum allowed (%d)", array.count,
            ARRAY_DIMENSIONS_MAX);
        return false;
    }
    for (int i = 0; i < array.count; i++) {
        Datum bound;
        if (!array_get(&array, i, &bound)) {
            row_errors_add(
                context->errors, row, STATUS_NULL_VALUE_NOT_ALLOWED, "dimension values cannot be null");
            return false;
        }
        bounds[i] = bound.int4;
    }
    return true;
}

static void fill_row(
    KernelContext *context, int row, const Column *const *arguments, int argument_count, Column *result) {
    enum { ELEMENTS_MAX = 134217727 };
    int32_t lengths[ARRAY_DIMENSIONS_MAX], lowers[ARRAY_DIMENSIONS_MAX] = {1, 1, 1, 1, 1, 1};
    int dimensions, lower_count;
    for (int a = 1; a < argument_count; a++)
        if (column_is_null(arguments[a], row)) {
            row_errors_add(context->errors, row, STATUS_NULL_VALUE_NOT_ALLOWED,
                "dimension array or low bound array cannot be null");
            return;
        }
    if (!read_bounds(context, row, arguments[1], &dimensions, lengths))
        return;
    if (argument_count > 2 && !read_bounds(context, row, arguments[2], &lower_count, lowers))
        return;
    if (argument_count > 2 && lower_count != dimensions) {
        row_errors_add(
            context->errors, row, STATUS_ARRAY_SUBSCRIPT_ERROR, "wrong number of array subscripts");
        return;
    }
    int64_t count = dimensions > 0;
    for (int d = 0; d < dimensions && count >= 0; d++)
        count = lengths[d] < 0 || count * lengths[d] > ELEMENTS_MAX ? -1 : count * lengths[d];
    if (count < 0) {
        row_errors_add(context->errors, row, STATUS_PROGRAM_LIMIT_EXCEEDED,
            "array size exceeds the maximum allowed (%d)", ELEMENTS_MAX);
        return;
    }
    int large = array_bounds_check(dimensions, lengths, lowers);
    if (large >= 0) {
        row_errors_add(context->errors, row, STATUS_PROGRAM_LIMIT_EXCEEDED,
            "array lower bound is too large: %d", lowers[large]);
        return;
    }
    ArrayBuilder builder = {.element = arguments[0]->type};
    Text bytes = {0};
    const void *element = column_is_null(arguments[0], row) ? NULL : column_at(arguments[0], row);
    for (int64_t i = 0; i < count; i++)
        array_builder_add(&builder, element);
    if (count > 0)
        array_builder_finish_shaped(&builder, dimensions, lengths, lowers, &bytes);
    column_set_bytes(result, row, text_string(&bytes), (uint32_t)bytes.length);
    text_free(&bytes);
    array_builder_free(&builder);
}

static void array_fill(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++)
        fill_row(context, i, arguments, argument_count, result);
}

static void trim_array(KERNEL_PARAMETERS) {
    Text bytes = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Array array;
        array_open(arguments[0]->type, argument_view(arguments, 0, i), &array);
        int32_t cut = argument_int4(arguments, 1, i), length = array.dimensions > 0 ? array.lengths[0] : 0;
        if (cut < 0 || cut > length) {
            KERNEL_FAIL(context, i, STATUS_ARRAY_SUBSCRIPT_ERROR,
                "number of elements to trim must be between 0 and %d", length);
            continue;
        }
        ArrayBuilder builder = {.element = array.element};
        int count = length == 0 ? 0 : array.count / length * (length - cut);
        for (int k = 0; k < count; k++) {
            Datum datum;
            array_builder_add(&builder, array_get(&array, k, &datum) ? &datum : NULL);
        }
        int32_t lowers[ARRAY_DIMENSIONS_MAX] = {1, 1, 1, 1, 1, 1};
        array.lengths[0] = length - cut;
        if (cut == 0)
            memcpy(lowers, array.lowers, sizeof lowers);
        if (count > 0)
            array_builder_finish_shaped(&builder, array.dimensions, array.lengths, lowers, &bytes);
        result_take_text(result, i, &bytes);
        array_builder_free(&builder);
    }
    text_free(&bytes);
}

/* How many thresholds, which ascend, are not above the value. */
static void width_bucket(KERNEL_PARAMETERS) {
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Array array;
        array_open(arguments[1]->type, argument_view(arguments, 1, i), &array);
        if (array.dimensions > 1)
            KERNEL_FAIL(context, i, STATUS_ARRAY_SUBSCRIPT_ERROR, "thresholds must be one-dimensional array");
        else if (array.nulls != NULL)
            KERNEL_FAIL(context, i, STATUS_NULL_VALUE_NOT_ALLOWED, "thresholds array must not contain NULLs");
        int low = 0, high = array.dimensions == 1 && array.nulls == NULL ? array.count : 0;
        while (low < high) {
            int middle = (low + high) / 2;
            Datum threshold = {0};
            bool is_below = array_get(&array, middle, &threshold) &&
                            datum_compare(array.element, column_at(arguments[0], i), &threshold) < 0;
            if (is_below)
                high = middle;
            else
                low = middle + 1;
        }
        ((int32_t *)result->values)[i] = low;
    }
}

const FunctionRow array_shape_functions[] = {
    {"array_fill(anyelement, int4[]) -> anyarray", array_fill, FUNCTION_NOT_STRICT},
    {"array_fill(anyelement, int4[], int4[]) -> anyarray", array_fill, FUNCTION_NOT_STRICT},
    {"trim_array(anyarray, int4) -> anyarray", trim_array},
    {"width_bucket(anyelement, anyarray) -> int4", width_bucket},
    {0},
};
