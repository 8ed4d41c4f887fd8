/* Arithmetic and bit operators of the integer, float and numeric types. */
#include <math.h>
#include <stdlib.h>

#include "executor/functions/number/numeric_kernel.h"

#define OUT_OF_RANGE(name, text)                                                            \
    static void name##_out_of_range(KernelContext *context, int row) {                      \
        KERNEL_FAIL(context, row, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, text " out of range"); \
    }
OUT_OF_RANGE(int2, "smallint")
OUT_OF_RANGE(int4, "integer")
OUT_OF_RANGE(int8, "bigint")

static void division_by_zero(KernelContext *context, int row) {
    KERNEL_FAIL(context, row, STATUS_DIVISION_BY_ZERO, "division by zero");
}

/* Integers. Failure is -1 or 0 by arithmetic on the values, which vectorises. R is the result's C type, U its
   unsigned one, wide twice as wide. */
#define SUM_OPERATOR(name, R, U, A, B)                     \
    static inline int name##_(A a_, B b_, R *restrict r) { \
        R a = (R)a_, b = (R)b_, x = (R)((U)a + (U)b);      \
        *r = x;                                            \
        return ((a ^ x) & (b ^ x)) < 0 ? -1 : 0;           \
    }
#define DIFFERENCE_OPERATOR(name, R, U, A, B)              \
    static inline int name##_(A a_, B b_, R *restrict r) { \
        R a = (R)a_, b = (R)b_, x = (R)((U)a - (U)b);      \
        *r = x;                                            \
        return ((a ^ b) & (a ^ x)) < 0 ? -1 : 0;           \
    }
#define PRODUCT_OPERATOR(name, R, wide, A, B)            \
    static inline int name##_(A a, B b, R *restrict r) { \
        wide x = (wide)a * (wide)b;                      \
        *r = (R)x;                                       \
        return x != (R)x;                                \
    }
#define OVERFLOW_OPERATOR(name, A, B, builtin)                 \
    static inline int name##_(A a, B b, int64_t *restrict r) { \
        int64_t result;                                        \
        int failed = builtin((int64_t)a, (int64_t)b, &result); \
        *r = result;                                           \
        return failed;                                         \
    }

#define NARROW(name, R, U, wide, A, B, range)                           \
    SUM_OPERATOR(name##_add, R, U, A, B)                                \
    DIFFERENCE_OPERATOR(name##_subtract, R, U, A, B)                    \
    PRODUCT_OPERATOR(name##_multiply, R, wide, A, B)                    \
    KERNEL_2_CHECKED(name##_add, R, A, B, name##_add_, range)           \
    KERNEL_2_CHECKED(name##_subtract, R, A, B, name##_subtract_, range) \
    KERNEL_2_CHECKED(name##_multiply, R, A, B, name##_multiply_, range)
#define WIDEST(name, A, B)                                                                \
    OVERFLOW_OPERATOR(name##_add, A, B, __builtin_add_overflow)                           \
    OVERFLOW_OPERATOR(name##_subtract, A, B, __builtin_sub_overflow)                      \
    OVERFLOW_OPERATOR(name##_multiply, A, B, __builtin_mul_overflow)                      \
    KERNEL_2_CHECKED(name##_add, int64_t, A, B, name##_add_, int8_out_of_range)           \
    KERNEL_2_CHECKED(name##_subtract, int64_t, A, B, name##_subtract_, int8_out_of_range) \
    KERNEL_2_CHECKED(name##_multiply, int64_t, A, B, name##_multiply_, int8_out_of_range)

NARROW(int2, int16_t, uint16_t, int32_t, int16_t, int16_t, int2_out_of_range)
NARROW(int4, int32_t, uint32_t, int64_t, int32_t, int32_t, int4_out_of_range)
NARROW(int24, int32_t, uint32_t, int64_t, int16_t, int32_t, int4_out_of_range)
NARROW(int42, int32_t, uint32_t, int64_t, int32_t, int16_t, int4_out_of_range)
WIDEST(int8, int64_t, int64_t)
WIDEST(int28, int16_t, int64_t)
WIDEST(int82, int64_t, int16_t)
WIDEST(int48, int32_t, int64_t)
WIDEST(int84, int64_t, int32_t)

/* A quotient fails by a zero divisor, or by the least value over -1. */
#define DIVIDE(name, R, A, B, range)                                                        \
    static void name(KernelContext *context, int row_count, const Column *const *arguments, \
        int argument_count, Column *result) {                                               \
        (void)argument_count;                                                               \
        R *r = result->values;                                                              \
        for (int i = 0; i < row_count; i++) {                                               \
            A a = KERNEL_AT(A, arguments[0], i);                                            \
            B b = KERNEL_AT(B, arguments[1], i);                                            \
            r[i] = 0;                                                                       \
            if (b == 0)                                                                     \
                division_by_zero(context, i);                                               \
            else if (b == -1 && __builtin_sub_overflow((R)0, a, &r[i]))                     \
                range(context, i);                                                          \
            else                                                                            \
                r[i] = (R)(b == -1 ? r[i] : (R)(a / b));                                    \
        }                                                                                   \
    }
DIVIDE(int2_divide, int16_t, int16_t, int16_t, int2_out_of_range)
DIVIDE(int4_divide, int32_t, int32_t, int32_t, int4_out_of_range)
DIVIDE(int24_divide, int32_t, int16_t, int32_t, int4_out_of_range)
DIVIDE(int42_divide, int32_t, int32_t, int16_t, int4_out_of_range)
DIVIDE(int8_divide, int64_t, int64_t, int64_t, int8_out_of_range)
DIVIDE(int28_divide, int64_t, int16_t, int64_t, int8_out_of_range)
DIVIDE(int82_divide, int64_t, int64_t, int16_t, int8_out_of_range)
DIVIDE(int48_divide, int64_t, int32_t, int64_t, int8_out_of_range)
DIVIDE(int84_divide, int64_t, int64_t, int32_t, int8_out_of_range)

#define MODULO(name, T)                                  \
    static inline int name##_(T a, T b, T *restrict r) { \
        *r = (T)(b == 0 || b == -1 ? 0 : a % b);         \
        return b == 0;                                   \
    }                                                    \
    KERNEL_2_CHECKED(name, T, T, T, name##_, division_by_zero)
MODULO(int2_modulo, int16_t)
MODULO(int4_modulo, int32_t)
MODULO(int8_modulo, int64_t)

#define UNARY(name, T, range)                                                                           \
    static void name##_negate(KernelContext *context, int row_count, const Column *const *arguments,    \
        int argument_count, Column *result) {                                                           \
        (void)argument_count;                                                                           \
        for (int i = 0; i < row_count; i++)                                                             \
            if (__builtin_sub_overflow((T)0, KERNEL_AT(T, arguments[0], i), &((T *)result->values)[i])) \
                range(context, i);                                                                      \
    }                                                                                                   \
    static void name##_abs(KernelContext *context, int row_count, const Column *const *arguments,       \
        int argument_count, Column *result) {                                                           \
        (void)argument_count;                                                                           \
        for (int i = 0; i < row_count; i++) {                                                           \
            T a = KERNEL_AT(T, arguments[0], i);                                                        \
            if (a >= 0)                                                                                 \
                ((T *)result->values)[i] = a;                                                           \
            else if (__builtin_sub_overflow((T)0, a, &((T *)result->values)[i]))                        \
                range(context, i);                                                                      \
        }                                                                                               \
    }                                                                                                   \
    static inline T name##_same_(T a) {                                                                 \
        return a;                                                                                       \
    }                                                                                                   \
    static inline T name##_not_(T a) {                                                                  \
        return (T)~a;                                                                                   \
    }                                                                                                   \
    KERNEL_1(name##_same, T, T, name##_same_)                                                           \
    KERNEL_1(name##_not, T, T, name##_not_)
UNARY(int2, int16_t, int2_out_of_range)
UNARY(int4, int32_t, int4_out_of_range)
UNARY(int8, int64_t, int8_out_of_range)

/* Shift counts wrap at the width that C computes in, as PostgreSQL's do on this machine. */
#define BITS(name, T, U, mask)                         \
    static inline T name##_and_(T a, T b) {            \
        return (T)(a & b);                             \
    }                                                  \
    static inline T name##_or_(T a, T b) {             \
        return (T)(a | b);                             \
    }                                                  \
    static inline T name##_xor_(T a, T b) {            \
        return (T)(a ^ b);                             \
    }                                                  \
    static inline T name##_left_(T a, int32_t b) {     \
        return (T)((U)a << (b & mask));                \
    }                                                  \
    static inline T name##_right_(T a, int32_t b) {    \
        return (T)(a >> (b & mask));                   \
    }                                                  \
    KERNEL_2(name##_and, T, T, T, name##_and_)         \
    KERNEL_2(name##_or, T, T, T, name##_or_)           \
    KERNEL_2(name##_xor, T, T, T, name##_xor_)         \
    KERNEL_2(name##_left, T, T, int32_t, name##_left_) \
    KERNEL_2(name##_right, T, T, int32_t, name##_right_)
BITS(int2, int16_t, uint32_t, 31)
BITS(int4, int32_t, uint32_t, 31)
BITS(int8, int64_t, uint64_t, 63)

/* Floats: an infinite result of finite operands is an overflow, a zero one of operands that aren't is an
   underflow. */
enum { FLOAT_OVERFLOW = 1, FLOAT_UNDERFLOW = 2, FLOAT_DIVISION = 4 };

static void float_fail(KernelContext *context, int row, int failure) {
    if (failure & FLOAT_DIVISION)
        division_by_zero(context, row);
    else
        KERNEL_FAIL(context, row, STATUS_NUMERIC_VALUE_OUT_OF_RANGE,
            failure & FLOAT_OVERFLOW ? "value out of range: overflow" : "value out of range: underflow");
}

#define FLOAT_OPERATOR(name, R, A, B, expression, failure)                                  \
    static inline int name##_(A a_, B b_, R *restrict r) {                                  \
        R a = (R)a_, b = (R)b_, x = expression;                                             \
        *r = x;                                                                             \
        return failure;                                                                     \
    }                                                                                       \
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
                failed |= name##_(a[i], b[i], &r[i]);                                       \
        else if (sa)                                                                        \
            for (int i = 0; i < n; i++)                                                     \
                failed |= name##_(a[i], b[0], &r[i]);                                       \
        else                                                                                \
            for (int i = 0; i < n; i++)                                                     \
                failed |= name##_(a[0], b[i * sb], &r[i]);                                  \
        for (int i = 0; failed && i < n; i++) {                                             \
            int failure_ = name##_(a[i * sa], b[i * sb], &r[i]);                            \
            if (failure_)                                                                   \
                float_fail(context, i, failure_);                                           \
        }                                                                                   \
    }
#define OVERFLOWS ((isinf(x) != 0) & !(isinf(a) != 0) & !(isinf(b) != 0)) * FLOAT_OVERFLOW
#define FLOATS(name, R, A, B)                                                                             \
    FLOAT_OPERATOR(name##_add, R, A, B, a + b, OVERFLOWS)                                                 \
    FLOAT_OPERATOR(name##_subtract, R, A, B, a - b, OVERFLOWS)                                            \
    FLOAT_OPERATOR(                                                                                       \
        name##_multiply, R, A, B, a *b, (OVERFLOWS) | ((x == 0) & (a != 0) & (b != 0)) * FLOAT_UNDERFLOW) \
    FLOAT_OPERATOR(name##_divide, R, A, B, a / b,                                                         \
        ((b == 0) & (a == a)) * FLOAT_DIVISION | ((isinf(x) != 0) & !(isinf(a) != 0)) * FLOAT_OVERFLOW |  \
            ((x == 0) & (a != 0) & !(isinf(b) != 0)) * FLOAT_UNDERFLOW)
FLOATS(float4, float, float, float)
FLOATS(float8, double, double, double)
FLOATS(float48, double, float, double)
FLOATS(float84, double, double, float)

#define FLOAT_UNARY(name, T)                      \
    static inline T name##_negate_(T a) {         \
        return -a;                                \
    }                                             \
    static inline T name##_abs_(T a) {            \
        return (T)fabs((double)a);                \
    }                                             \
    static inline T name##_same_(T a) {           \
        return a;                                 \
    }                                             \
    KERNEL_1(name##_negate, T, T, name##_negate_) \
    KERNEL_1(name##_abs, T, T, name##_abs_)       \
    KERNEL_1(name##_same, T, T, name##_same_)
FLOAT_UNARY(float4, float)
FLOAT_UNARY(float8, double)

NUMERIC_KERNEL_2(numeric_add_kernel, numeric_add_small, numeric_add_general)
NUMERIC_KERNEL_2(numeric_subtract_kernel, numeric_subtract_small, numeric_subtract_general)
NUMERIC_KERNEL_2(numeric_multiply_kernel, numeric_multiply_small, numeric_multiply_general)
NUMERIC_KERNEL_2(numeric_divide_kernel, numeric_never_small, numeric_divide)
NUMERIC_KERNEL_2(numeric_modulo_kernel, numeric_never_small, numeric_modulo)
NUMERIC_KERNEL_2(numeric_div_kernel, numeric_never_small, numeric_div)

static Status negate(const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    *out = numeric_negate(a, arena);
    return OK;
}
static Status absolute(const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    *out = numeric_abs(a, arena);
    return OK;
}
static Status same(const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    *out = *a;
    return OK;
}
NUMERIC_KERNEL_1(numeric_negate_kernel, negate)
NUMERIC_KERNEL_1(numeric_abs_kernel, absolute)
NUMERIC_KERNEL_1(numeric_same_kernel, same)

#define INTEGER_ROWS(a, b, r, name)                                                   \
    {"+(" a ", " b ") -> " r, name##_add, FUNCTION_MONOTONE, MEANING_PLUS},           \
        {"-(" a ", " b ") -> " r, name##_subtract, FUNCTION_MONOTONE, MEANING_MINUS}, \
        {"*(" a ", " b ") -> " r, name##_multiply}, {                                 \
        "/(" a ", " b ") -> " r, name##_divide                                        \
    }
#define UNARY_ROWS(t, name)                                                                \
    {"-(" t ") -> " t, name##_negate}, {"+(" t ") -> " t, name##_same, FUNCTION_MONOTONE}, \
        {"@(" t ") -> " t, name##_abs}, {                                                  \
        "abs(" t ") -> " t, name##_abs                                                     \
    }
#define BIT_ROWS(t, name)                                                                \
    {"%(" t ", " t ") -> " t, name##_modulo, 0, MEANING_REMAINDER},                      \
        {"mod(" t ", " t ") -> " t, name##_modulo}, {"~(" t ") -> " t, name##_not},      \
        {"&(" t ", " t ") -> " t, name##_and}, {"|(" t ", " t ") -> " t, name##_or},     \
        {"#(" t ", " t ") -> " t, name##_xor}, {"<<(" t ", int4) -> " t, name##_left}, { \
        ">>(" t ", int4) -> " t, name##_right                                            \
    }

const FunctionRow arithmetic_functions[] = {
    INTEGER_ROWS("int2", "int2", "int2", int2),
    INTEGER_ROWS("int4", "int4", "int4", int4),
    INTEGER_ROWS("int8", "int8", "int8", int8),
    INTEGER_ROWS("int2", "int4", "int4", int24),
    INTEGER_ROWS("int4", "int2", "int4", int42),
    INTEGER_ROWS("int2", "int8", "int8", int28),
    INTEGER_ROWS("int8", "int2", "int8", int82),
    INTEGER_ROWS("int4", "int8", "int8", int48),
    INTEGER_ROWS("int8", "int4", "int8", int84),
    INTEGER_ROWS("float4", "float4", "float4", float4),
    INTEGER_ROWS("float8", "float8", "float8", float8),
    INTEGER_ROWS("float4", "float8", "float8", float48),
    INTEGER_ROWS("float8", "float4", "float8", float84),
    UNARY_ROWS("int2", int2),
    UNARY_ROWS("int4", int4),
    UNARY_ROWS("int8", int8),
    UNARY_ROWS("float4", float4),
    UNARY_ROWS("float8", float8),
    BIT_ROWS("int2", int2),
    BIT_ROWS("int4", int4),
    BIT_ROWS("int8", int8),
    {"+(numeric, numeric) -> numeric", numeric_add_kernel, FUNCTION_MONOTONE, MEANING_PLUS},
    {"-(numeric, numeric) -> numeric", numeric_subtract_kernel, FUNCTION_MONOTONE, MEANING_MINUS},
    {"*(numeric, numeric) -> numeric", numeric_multiply_kernel},
    {"/(numeric, numeric) -> numeric", numeric_divide_kernel},
    {"%(numeric, numeric) -> numeric", numeric_modulo_kernel, 0, MEANING_REMAINDER},
    {"mod(numeric, numeric) -> numeric", numeric_modulo_kernel},
    {"div(numeric, numeric) -> numeric", numeric_div_kernel},
    {"-(numeric) -> numeric", numeric_negate_kernel},
    {"+(numeric) -> numeric", numeric_same_kernel, FUNCTION_MONOTONE},
    {"@(numeric) -> numeric", numeric_abs_kernel},
    {"abs(numeric) -> numeric", numeric_abs_kernel},
    {0},
};
