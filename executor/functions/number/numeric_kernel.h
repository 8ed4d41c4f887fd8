/* Stamps kernels over numeric columns: results may be large, and then their bytes belong to the result
   column. */
#ifndef LEAT_FUNCTIONS_NUMERIC_KERNEL_H
#define LEAT_FUNCTIONS_NUMERIC_KERNEL_H

#include "executor/functions/kernel.h"
#include "executor/types/number/numeric.h"

/* Sets the row to the value, or fails it with the error, which is cleared. */
static inline void numeric_emit(
    KernelContext *context, Column *result, int row, Status status, const Numeric *value, Error *error) {
    if (__builtin_expect(status != OK, 0)) {
        KERNEL_FAIL(context, row, status, "%s", error->message);
        error_clear(error);
    } else if (__builtin_expect(numeric_tag(value) == NUMERIC_LARGE, 0)) {
        /* Setting a row makes it not null, and a NULL argument counts as 0 here. */
        if (context->nulls == NULL || !(context->nulls[row >> 6] >> (row & 63) & 1))
            column_set_datum(result, row, value);
    } else {
        ((Numeric *)result->values)[row] = *value;
    }
}

static inline bool numeric_never_small(const Numeric *a, const Numeric *b, Numeric *out) {
    return false;
}

/* small(a, b, out) is tried first, as numeric_add_small; then function(a, b, arena, out, error), as
   numeric_add_general. */
#define NUMERIC_KERNEL_2(name, small, function)                                               \
    static void name(KernelContext *context, int row_count, const Column *const *arguments,   \
        int argument_count, Column *result) {                                                 \
        (void)argument_count;                                                                 \
        const int n = row_count;                                                              \
        const Numeric *restrict a = arguments[0]->values, *restrict b = arguments[1]->values; \
        Numeric *restrict r = result->values;                                                 \
        const int sa = !arguments[0]->is_constant, sb = !arguments[1]->is_constant;           \
        Error error = {0};                                                                    \
        for (int i = 0; i < n; i++, a += sa, b += sb) {                                       \
            if (__builtin_expect(small(a, b, &r[i]), 1))                                      \
                continue;                                                                     \
            Numeric value;                                                                    \
            Status status = function(a, b, context->scratch, &value, &error);                 \
            numeric_emit(context, result, i, status, &value, &error);                         \
        }                                                                                     \
    }

/* function(a, arena, out, error), as numeric_sqrt */
#define NUMERIC_KERNEL_1(name, function)                                                          \
    static void name(KernelContext *context, int row_count, const Column *const *arguments,       \
        int argument_count, Column *result) {                                                     \
        (void)argument_count;                                                                     \
        Error error = {0};                                                                        \
        for (int i = 0; i < row_count; i++) {                                                     \
            Numeric value;                                                                        \
            Status status =                                                                       \
                function(&KERNEL_AT(Numeric, arguments[0], i), context->scratch, &value, &error); \
            numeric_emit(context, result, i, status, &value, &error);                             \
        }                                                                                         \
    }

#endif
