/* Casts between arrays: the elements' cast, applied to the elements of a row at once. */
#include <string.h>

#include "executor/functions/text/string_kernel.h"
#include "executor/types/array.h"

static const Function *element_cast(Type from, Type to, bool is_assignment) {
    int count;
    const Function *const *functions = functions_named("cast_assignment", &count);
    for (int i = 0; i < count && is_assignment && from.id == to.id; i++)
        if (type_is_same(functions[i]->result, to))
            return functions[i];
    return function_cast(from, to);
}

static Column *elements_of(const Array *array) {
    Column *column = column_create(array->element, array->count);
    column_need_nulls(column);
    for (int k = 0; k < array->count; k++) {
        Datum datum;
        if (array_get(array, k, &datum))
            column_set_datum(column, k, &datum);
        else
            column_set_null(column, k);
    }
    return column;
}

/* The cast's result column; NULL when an element failed, which fails the row. */
static Column *cast_elements(
    KernelContext *context, const Function *cast, Column *elements, int count, Type to, int row) {
    Column *result = column_create(to, count);
    RowErrors errors = {.arena = context->scratch};
    KernelContext inner = *context;
    void *cache = NULL;
    void (*cache_free)(void *) = NULL;
    column_need_nulls(result);
    memcpy(result->nulls, elements->nulls, (size_t)(count + 63) / 64 * sizeof *result->nulls);
    inner.nulls = result->nulls;
    inner.errors = &errors;
    inner.cache = &cache;
    inner.cache_free = &cache_free;
    inner.result_type = to;
    cast->kernel(&inner, count, (const Column *const *)&elements, 1, result);
    if (cache_free != NULL)
        cache_free(cache);
    bool has_failed = errors.count > 0;
    if (has_failed)
        row_errors_add(context->errors, row, errors.rows[0].status, "%s", errors.rows[0].message);
    row_errors_free(&errors);
    if (has_failed)
        column_release(result);
    return has_failed ? NULL : result;
}

static void cast_array(
    KernelContext *context, int row_count, const Column *array_column, Column *result, bool is_assignment) {
    Type from = type_element(array_column->type), to = type_element(context->result_type);
    to.modifier = context->result_type.modifier;
    const Function *cast = element_cast(from, to, is_assignment);
    ArrayBuilder builder = {.element = to};
    Text bytes = {0};
    for (int i = 0; i < row_count; i++) {
        if (row_is_null(context, i))
            continue;
        Array array;
        array_open(array_column->type, column_at(array_column, i), &array);
        Column *elements = elements_of(&array);
        Column *casted = cast_elements(context, cast, elements, array.count, to, i);
        for (int k = 0; casted != NULL && k < array.count; k++)
            array_builder_add(&builder, column_is_null(casted, k) ? NULL : column_at(casted, k));
        if (casted != NULL)
            array_builder_finish_shaped(&builder, array.dimensions, array.lengths, array.lowers, &bytes);
        result_take_text(result, i, &bytes);
        column_release(elements);
        if (casted != NULL)
            column_release(casted);
    }
    array_builder_free(&builder);
    text_free(&bytes);
}

static void cast_explicitly(KERNEL_PARAMETERS) {
    cast_array(context, row_count, arguments[0], result, false);
}

static void cast_for_assignment(KERNEL_PARAMETERS) {
    cast_array(context, row_count, arguments[0], result, true);
}

const FunctionRow array_cast_functions[] = {
    {"cast(anyarray) -> anyarray", cast_explicitly, FUNCTION_STABLE},
    {"cast_assignment(anyarray) -> anyarray", cast_for_assignment, FUNCTION_STABLE},
    {0},
};
