/* f(a, VARIADIC array): a variadic function called with the elements of an array, row by row, since each row
   has its own number of them. */
#include "executor/functions/text/string_kernel.h"
#include "executor/types/array.h"

static Column *element_column(const Array *array, int index) {
    Value value = {.type = array->element};
    value.is_null = !array_get(array, index, &value.datum);
    return column_constant(&value);
}

static Column *argument_column(const Column *argument, int row) {
    Value value = column_value(argument, row);
    return column_constant(&value);
}

/* One row: its leading arguments, then the array's elements. */
static void call_row(KernelContext *context, const Function *function, const Column *const *arguments,
    int count, int row, Column *result) {
    Array array;
    array_open(arguments[count - 1]->type, column_view(arguments[count - 1], row), &array);
    int total = count - 1 + array.count;
    bool is_null = false, is_strict = !(function->flags & FUNCTION_NOT_STRICT);
    Column **columns = ARENA_ARRAY(context->scratch, Column *, total + 1),
           *one = column_create(result->type, 1);
    for (int i = 0; i < total; i++) {
        columns[i] =
            i < count - 1 ? argument_column(arguments[i], row) : element_column(&array, i - count + 1);
        is_null |= column_is_null(columns[i], 0);
    }
    RowErrors errors = {.arena = context->scratch};
    void *cache = NULL;
    void (*cache_free)(void *cache) = NULL;
    KernelContext inner = *context;
    inner.nulls = NULL;
    inner.errors = &errors;
    inner.cache = &cache;
    inner.cache_free = &cache_free;
    if (!is_strict || !is_null)
        function->kernel(&inner, 1, (const Column *const *)columns, total, one);
    if (errors.count > 0)
        row_errors_add(context->errors, row, errors.rows[0].status, "%s", errors.rows[0].message);
    if ((is_strict && is_null) || errors.count > 0 || column_is_null(one, 0))
        column_set_null(result, row);
    else
        column_set_datum(result, row, column_at(one, 0));
    if (cache != NULL)
        cache_free(cache);
    row_errors_free(&errors);
    for (int i = 0; i < total; i++)
        column_release(columns[i]);
    column_release(one);
}

/* $variadic(signature, …, array) */
static void variadic(KERNEL_PARAMETERS) {
    const View *name = argument_view(arguments, 0, 0);
    const Function *function =
        function_by_signature(arena_copy(context->scratch, view_bytes(name), name->length));
    const Column *array = arguments[argument_count - 1];
    for (int i = 0; i < row_count; i++) {
        if (column_is_null(array, i))
            column_set_null(result, i);
        else if (function == NULL)
            KERNEL_FAIL(context, i, STATUS_UNDEFINED_FUNCTION, "this server has no function %.*s",
                (int)name->length, view_bytes(name));
        else
            call_row(context, function, arguments + 1, argument_count - 1, i, result);
    }
}

const FunctionRow variadic_functions[] = {
    {"$variadic(text, any...) -> any", variadic, FUNCTION_NOT_STRICT | FUNCTION_STABLE},
    {0},
};
