/* Stamps loops over columns from scalar functions: the scalar is static inline, the macro makes the kernel.
 */
#ifndef LEAT_FUNCTIONS_KERNEL_H
#define LEAT_FUNCTIONS_KERNEL_H

#include "executor/functions/function.h"

/* KERNEL_1(int4_negate, int32_t, int32_t, scalar): result[i] = scalar(a[i]); no failure possible, vectorises.
 */
#define KERNEL_1(name, R, A, scalar)                                                        \
    static void name(KernelContext *context, int row_count, const Column *const *arguments, \
        int argument_count, Column *result) {                                               \
        (void)context, (void)argument_count;                                                \
        const int n = row_count;                                                            \
        const A *restrict a = arguments[0]->values;                                         \
        R *restrict r = result->values;                                                     \
        if (arguments[0]->is_constant)                                                      \
            for (int i = 0; i < n; i++)                                                     \
                r[i] = scalar(a[0]);                                                        \
        else                                                                                \
            for (int i = 0; i < n; i++)                                                     \
                r[i] = scalar(a[i]);                                                        \
    }

/* KERNEL_2: result[i] = scalar(a[i], b[i]); no failure possible; separate loops for constant sides, so that
   each vectorises. */
#define KERNEL_2(name, R, A, B, scalar)                                                     \
    static void name(KernelContext *context, int row_count, const Column *const *arguments, \
        int argument_count, Column *result) {                                               \
        (void)context, (void)argument_count;                                                \
        const int n = row_count;                                                            \
        const A *restrict a = arguments[0]->values;                                         \
        const B *restrict b = arguments[1]->values;                                         \
        R *restrict r = result->values;                                                     \
        if (arguments[0]->is_constant && arguments[1]->is_constant)                         \
            for (int i = 0; i < n; i++)                                                     \
                r[i] = scalar(a[0], b[0]);                                                  \
        else if (arguments[0]->is_constant)                                                 \
            for (int i = 0; i < n; i++)                                                     \
                r[i] = scalar(a[0], b[i]);                                                  \
        else if (arguments[1]->is_constant)                                                 \
            for (int i = 0; i < n; i++)                                                     \
                r[i] = scalar(a[i], b[0]);                                                  \
        else                                                                                \
            for (int i = 0; i < n; i++)                                                     \
                r[i] = scalar(a[i], b[i]);                                                  \
    }

/* KERNEL_2_CHECKED: scalar(a, b, &r) returns nonzero on failure, which is collected in a mask word by word;
   `fail(context, row)` reports. */
#define KERNEL_2_CHECKED(name, R, A, B, scalar, fail)                                       \
    static void name(KernelContext *context, int row_count, const Column *const *arguments, \
        int argument_count, Column *result) {                                               \
        (void)argument_count;                                                               \
        const int n = row_count;                                                            \
        const A *restrict a = arguments[0]->values;                                         \
        const B *restrict b = arguments[1]->values;                                         \
        R *restrict r = result->values;                                                     \
        const int sa = !arguments[0]->is_constant, sb = !arguments[1]->is_constant;         \
        int failed = 0;                                                                     \
        if (sa & sb)                                                                        \
            for (int i = 0; i < n; i++)                                                     \
                failed |= scalar(a[i], b[i], &r[i]);                                        \
        else if (sa)                                                                        \
            for (int i = 0; i < n; i++)                                                     \
                failed |= scalar(a[i], b[0], &r[i]);                                        \
        else                                                                                \
            for (int i = 0; i < n; i++)                                                     \
                failed |= scalar(a[0], b[i * sb], &r[i]);                                   \
        if (failed)                                                                         \
            for (int i = 0; i < n; i++)                                                     \
                if (scalar(a[i * sa], b[i * sb], &r[i]))                                    \
                    fail(context, i);                                                       \
    }

/* The i-th element of an argument of C type T, constant or not. */
#define KERNEL_AT(T, argument, i) (((const T *)(argument)->values)[(argument)->is_constant ? 0 : (i)])

#endif
