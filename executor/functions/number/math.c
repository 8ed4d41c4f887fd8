/* Mathematical functions of float8 and numeric, and of integers where PostgreSQL has them. */
#include <math.h>

#include "executor/base/memory.h"
#include "executor/base/random.h"
#include "executor/functions/number/numeric_kernel.h"

typedef enum Failure {
    FAILURE_NONE,
    FAILURE_OVERFLOW,
    FAILURE_UNDERFLOW,
    FAILURE_INPUT,
    FAILURE_SQRT,
    FAILURE_LOG_ZERO,
    FAILURE_LOG_NEGATIVE,
    FAILURE_POWER_ZERO,
    FAILURE_POWER_COMPLEX,
    FAILURE_DIVISION
} Failure;

static void fail(KernelContext *context, int row, Failure failure) {
    static const struct {
        Status status;
        const char *message;
    } failures[] = {
        [FAILURE_OVERFLOW] = {STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow"},
        [FAILURE_UNDERFLOW] = {STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: underflow"},
        [FAILURE_INPUT] = {STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "input is out of range"},
        [FAILURE_SQRT] = {STATUS_INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            "cannot take square root of a negative number"},
        [FAILURE_LOG_ZERO] = {STATUS_INVALID_ARGUMENT_FOR_LOGARITHM, "cannot take logarithm of zero"},
        [FAILURE_LOG_NEGATIVE] = {STATUS_INVALID_ARGUMENT_FOR_LOGARITHM,
            "cannot take logarithm of a negative number"},
        [FAILURE_POWER_ZERO] = {STATUS_INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            "zero raised to a negative power is undefined"},
        [FAILURE_POWER_COMPLEX] = {STATUS_INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            "a negative number raised to a non-integer power yields a complex result"},
        [FAILURE_DIVISION] = {STATUS_DIVISION_BY_ZERO, "division by zero"},
    };
    KERNEL_FAIL(context, row, failures[failure].status, "%s", failures[failure].message);
}

/* function(a, &result) gives a Failure. */
#define FLOAT_KERNEL_1(name, function)                                                                      \
    static void name(KernelContext *context, int row_count, const Column *const *arguments,                 \
        int argument_count, Column *result) {                                                               \
        (void)argument_count;                                                                               \
        for (int i = 0; i < row_count; i++) {                                                               \
            Failure failure = function(KERNEL_AT(double, arguments[0], i), &((double *)result->values)[i]); \
            if (failure != FAILURE_NONE)                                                                    \
                fail(context, i, failure);                                                                  \
        }                                                                                                   \
    }
#define FLOAT_KERNEL_2(name, function)                                                      \
    static void name(KernelContext *context, int row_count, const Column *const *arguments, \
        int argument_count, Column *result) {                                               \
        (void)argument_count;                                                               \
        for (int i = 0; i < row_count; i++) {                                               \
            Failure failure = function(KERNEL_AT(double, arguments[0], i),                  \
                KERNEL_AT(double, arguments[1], i), &((double *)result->values)[i]);        \
            if (failure != FAILURE_NONE)                                                    \
                fail(context, i, failure);                                                  \
        }                                                                                   \
    }

static Failure square_root(double a, double *r) {
    *r = sqrt(a);
    return a < 0 ? FAILURE_SQRT : FAILURE_NONE;
}

static Failure exponential(double a, double *r) {
    *r = exp(a);
    if (isinf(*r) && !isinf(a))
        return FAILURE_OVERFLOW;
    return *r == 0 && !isinf(a) ? FAILURE_UNDERFLOW : FAILURE_NONE;
}

static Failure logarithm_domain(double a) {
    return a == 0 ? FAILURE_LOG_ZERO : a < 0 ? FAILURE_LOG_NEGATIVE : FAILURE_NONE;
}

static Failure natural_logarithm(double a, double *r) {
    *r = log(a);
    return logarithm_domain(a);
}

static Failure decimal_logarithm(double a, double *r) {
    *r = log10(a);
    return logarithm_domain(a);
}

static Failure raise(double a, double b, double *r) {
    *r = pow(a, b);
    if (isnan(a) || isnan(b))
        return FAILURE_NONE;
    if (a == 0 && b < 0)
        return FAILURE_POWER_ZERO;
    if (a < 0 && floor(b) != b)
        return FAILURE_POWER_COMPLEX;
    if (isinf(a) || isinf(b))
        return FAILURE_NONE;
    if (isinf(*r))
        return FAILURE_OVERFLOW;
    return *r == 0 && a != 0 ? FAILURE_UNDERFLOW : FAILURE_NONE;
}

/* Periodic functions have no value at infinity. */
#define PERIODIC(name, function)                        \
    static Failure name##_of(double a, double *r) {     \
        *r = function(a);                               \
        return isinf(a) ? FAILURE_INPUT : FAILURE_NONE; \
    }                                                   \
    FLOAT_KERNEL_1(name, name##_of)
#define TOTAL(name, function)                       \
    static Failure name##_of(double a, double *r) { \
        *r = function(a);                           \
        return FAILURE_NONE;                        \
    }                                               \
    FLOAT_KERNEL_1(name, name##_of)
#define BETWEEN(name, function, low, high)                             \
    static Failure name##_of(double a, double *r) {                    \
        *r = function(a);                                              \
        return a < (low) || a > (high) ? FAILURE_INPUT : FAILURE_NONE; \
    }                                                                  \
    FLOAT_KERNEL_1(name, name##_of)

static double cotangent(double a) {
    return 1 / tan(a);
}
static double sign_of(double a) {
    return a > 0 ? 1 : a < 0 ? -1 : 0;
}

static Failure scaled(double x, double a, double *r) {
    *r = x;
    if (isinf(x) && !isinf(a))
        return FAILURE_OVERFLOW;
    return x == 0 && a != 0 ? FAILURE_UNDERFLOW : FAILURE_NONE;
}
static const double radians_per_degree = 0.0174532925199432957692;
static Failure to_degrees(double a, double *r) {
    return scaled(a / radians_per_degree, a, r);
}
static Failure to_radians(double a, double *r) {
    return scaled(a * radians_per_degree, a, r);
}
static Failure arc_tangent_2(double a, double b, double *r) {
    *r = atan2(a, b);
    return FAILURE_NONE;
}
static Failure hyperbolic_cosine(double a, double *r) {
    *r = cosh(a); /* an overflow is infinity, as in PostgreSQL */
    return FAILURE_NONE;
}

FLOAT_KERNEL_1(float8_sqrt, square_root)
FLOAT_KERNEL_1(float8_exp, exponential)
FLOAT_KERNEL_1(float8_ln, natural_logarithm)
FLOAT_KERNEL_1(float8_log10, decimal_logarithm)
FLOAT_KERNEL_2(float8_power, raise)
FLOAT_KERNEL_2(float8_atan2, arc_tangent_2)
FLOAT_KERNEL_1(float8_degrees, to_degrees)
FLOAT_KERNEL_1(float8_radians, to_radians)
FLOAT_KERNEL_1(float8_cosh, hyperbolic_cosine)
PERIODIC(float8_sin, sin)
PERIODIC(float8_cos, cos)
PERIODIC(float8_tan, tan)
PERIODIC(float8_cot, cotangent)
BETWEEN(float8_asin, asin, -1, 1)
BETWEEN(float8_acos, acos, -1, 1)
BETWEEN(float8_acosh, acosh, 1, INFINITY)
BETWEEN(float8_atanh, atanh, -1, 1)
TOTAL(float8_atan, atan)
TOTAL(float8_sinh, sinh)
TOTAL(float8_tanh, tanh)
TOTAL(float8_asinh, asinh)
TOTAL(float8_cbrt, cbrt)
TOTAL(float8_ceil, ceil)
TOTAL(float8_floor, floor)
TOTAL(float8_round, rint)
TOTAL(float8_trunc, trunc)
TOTAL(float8_sign, sign_of)

static void float8_pi(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    for (int i = 0; i < row_count; i++)
        ((double *)result->values)[i] = M_PI;
}

/* All of a batch's bytes in one call of the system. */
static void uuid_random(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    unsigned char(*uuids)[16] = memory_allocate((size_t)(row_count + 1) * sizeof *uuids);
    bool is_filled = random_secure(uuids, (size_t)row_count * sizeof *uuids, NULL) == OK;
    for (int i = 0; i < row_count; i++) {
        if (!is_filled)
            KERNEL_FAIL(context, i, STATUS_INTERNAL_ERROR, "could not generate random values");
        random_mark_uuid(uuids[i]);
        column_set_bytes(result, i, (const char *)uuids[i], sizeof *uuids);
    }
    memory_free(uuids);
}

/* Seeded by the system at each call site's first batch. */
static void float8_random(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    if (*context->cache == NULL) {
        Random seed;
        if (random_secure(&seed, sizeof seed, NULL) != OK) {
            KERNEL_FAIL(context, 0, STATUS_INTERNAL_ERROR, "could not generate random values");
            return;
        }
        *context->cache = NEW(Random);
        *context->cache_free = memory_free;
        *(Random *)*context->cache = seed;
    }
    for (int i = 0; i < row_count; i++)
        ((double *)result->values)[i] = random_fraction(random_next(*context->cache));
}

NUMERIC_KERNEL_1(numeric_sqrt_kernel, numeric_sqrt)
NUMERIC_KERNEL_1(numeric_exp_kernel, numeric_exp)
NUMERIC_KERNEL_1(numeric_ln_kernel, numeric_ln)
NUMERIC_KERNEL_1(numeric_ceil_kernel, numeric_ceil)
NUMERIC_KERNEL_1(numeric_floor_kernel, numeric_floor)
NUMERIC_KERNEL_2(numeric_power_kernel, numeric_never_small, numeric_power)
NUMERIC_KERNEL_2(numeric_log_kernel, numeric_never_small, numeric_log)
NUMERIC_KERNEL_2(numeric_gcd_kernel, numeric_never_small, numeric_gcd)
NUMERIC_KERNEL_2(numeric_lcm_kernel, numeric_never_small, numeric_lcm)

static Status log_of_ten(const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    Numeric ten = numeric_from_int8(10);
    return numeric_log(&ten, a, arena, out, error);
}
static Status round_whole(const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    return numeric_round(a, 0, arena, out, error);
}
static Status truncate_whole(const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    return numeric_truncate(a, 0, arena, out, error);
}
static Status sign_numeric(const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    *out = numeric_tag(a) == NUMERIC_NAN ? *a : numeric_from_int8(numeric_sign(a));
    return OK;
}
static Status trim(const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    *out = numeric_trim_scale(a, arena);
    return OK;
}
NUMERIC_KERNEL_1(numeric_log10_kernel, log_of_ten)
NUMERIC_KERNEL_1(numeric_round_whole, round_whole)
NUMERIC_KERNEL_1(numeric_truncate_whole, truncate_whole)
NUMERIC_KERNEL_1(numeric_sign_kernel, sign_numeric)
NUMERIC_KERNEL_1(numeric_trim_scale_kernel, trim)

#define NUMERIC_TO_SCALE(name, function)                                                    \
    static void name(KernelContext *context, int row_count, const Column *const *arguments, \
        int argument_count, Column *result) {                                               \
        Error error = {0};                                                                  \
        for (int i = 0; i < row_count; i++) {                                               \
            Numeric value;                                                                  \
            Status status = function(&KERNEL_AT(Numeric, arguments[0], i),                  \
                KERNEL_AT(int32_t, arguments[1], i), context->scratch, &value, &error);     \
            numeric_emit(context, result, i, status, &value, &error);                       \
        }                                                                                   \
    }
NUMERIC_TO_SCALE(numeric_round_kernel, numeric_round)
NUMERIC_TO_SCALE(numeric_truncate_kernel, numeric_truncate)

#define NUMERIC_SCALE_KERNEL(name, function)                                                \
    static void name(KernelContext *context, int row_count, const Column *const *arguments, \
        int argument_count, Column *result) {                                               \
        for (int i = 0; i < row_count; i++) {                                               \
            const Numeric *a = &KERNEL_AT(Numeric, arguments[0], i);                        \
            if (numeric_tag(a) <= NUMERIC_LARGE)                                            \
                ((int32_t *)result->values)[i] = function(a);                               \
            else                                                                            \
                column_set_null(result, i);                                                 \
        }                                                                                   \
    }
NUMERIC_SCALE_KERNEL(numeric_scale_kernel, numeric_scale)
NUMERIC_SCALE_KERNEL(numeric_min_scale_kernel, numeric_min_scale)

static void factorial(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    Error error = {0};
    for (int i = 0; i < row_count; i++) {
        Numeric value;
        Status status = numeric_factorial(column_int8(arguments[0], i), context->scratch, &value, &error);
        numeric_emit(context, result, i, status, &value, &error);
    }
}

static uint64_t magnitude(int64_t a) {
    return a < 0 ? 0 - (uint64_t)a : (uint64_t)a;
}

static uint64_t greatest_divisor(uint64_t a, uint64_t b) {
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

#define DIVISORS(name, T, max, text)                                                                  \
    static void name##_gcd(KernelContext *context, int row_count, const Column *const *arguments,     \
        int argument_count, Column *result) {                                                         \
        for (int i = 0; i < row_count; i++) {                                                         \
            uint64_t divisor = greatest_divisor(                                                      \
                magnitude(KERNEL_AT(T, arguments[0], i)), magnitude(KERNEL_AT(T, arguments[1], i)));  \
            ((T *)result->values)[i] = (T)divisor;                                                    \
            if (divisor > (uint64_t)max)                                                              \
                KERNEL_FAIL(context, i, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, text " out of range");     \
        }                                                                                             \
    }                                                                                                 \
    static void name##_lcm(KernelContext *context, int row_count, const Column *const *arguments,     \
        int argument_count, Column *result) {                                                         \
        for (int i = 0; i < row_count; i++) {                                                         \
            uint64_t a = magnitude(KERNEL_AT(T, arguments[0], i)),                                    \
                     b = magnitude(KERNEL_AT(T, arguments[1], i)), multiple = 0;                      \
            bool is_over =                                                                            \
                a != 0 && b != 0 && __builtin_mul_overflow(a / greatest_divisor(a, b), b, &multiple); \
            ((T *)result->values)[i] = (T)multiple;                                                   \
            if (is_over || multiple > (uint64_t)max)                                                  \
                KERNEL_FAIL(context, i, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, text " out of range");     \
        }                                                                                             \
    }
DIVISORS(int4, int32_t, INT32_MAX, "integer")
DIVISORS(int8, int64_t, INT64_MAX, "bigint")

static bool width_bucket_check(
    KernelContext *context, int row, bool has_nan, bool is_infinite, bool is_equal, int32_t count) {
    const char *message = count <= 0    ? "count must be greater than zero"
                          : has_nan     ? "operand, lower bound, and upper bound cannot be NaN"
                          : is_infinite ? "lower and upper bounds must be finite"
                          : is_equal    ? "lower bound cannot equal upper bound"
                                        : NULL;
    if (message != NULL)
        KERNEL_FAIL(context, row, STATUS_INVALID_ARGUMENT_FOR_WIDTH_BUCKET, "%s", message);
    return message == NULL;
}

static double bucket_of(double operand, double low, double high, int32_t count) {
    if (low > high)
        return bucket_of(-operand, -low, -high, count);
    if (operand < low)
        return 0;
    if (operand >= high)
        return (double)count + 1;
    if (isinf(high - low))
        return floor((double)count * ((operand / 2 - low / 2) / (high / 2 - low / 2))) + 1;
    return floor((double)count * (operand - low) / (high - low)) + 1;
}

static void float8_width_bucket(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    for (int i = 0; i < row_count; i++) {
        double a = KERNEL_AT(double, arguments[0], i), low = KERNEL_AT(double, arguments[1], i),
               high = KERNEL_AT(double, arguments[2], i);
        int32_t count = KERNEL_AT(int32_t, arguments[3], i);
        if (!width_bucket_check(context, i, isnan(a) || isnan(low) || isnan(high), isinf(low) || isinf(high),
                low == high, count))
            continue;
        double bucket = bucket_of(a, low, high, count);
        if (bucket > INT32_MAX)
            KERNEL_FAIL(context, i, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range");
        else
            ((int32_t *)result->values)[i] = (int32_t)bucket;
    }
}

/* floor((a - low) * count / (high - low)) + 1, with PostgreSQL's rounding of the quotient. */
static Status numeric_bucket(const Numeric *a, const Numeric *low, const Numeric *high, int32_t count,
    Arena *arena, int64_t *out, Error *error) {
    bool is_falling = numeric_compare(low, high) > 0;
    int below = numeric_compare(a, low), above = numeric_compare(a, high);
    if (is_falling ? below > 0 : below < 0) {
        *out = 0;
    } else if (is_falling ? above <= 0 : above >= 0) {
        *out = (int64_t)count + 1;
    } else {
        Numeric distance, width, n = numeric_from_int8(count), bucket;
        TRY(numeric_subtract(a, low, arena, &distance, error));
        TRY(numeric_subtract(high, low, arena, &width, error));
        TRY(numeric_multiply(&distance, &n, arena, &distance, error));
        TRY(numeric_divide(&distance, &width, arena, &bucket, error));
        TRY(numeric_floor(&bucket, arena, &bucket, error));
        TRY(numeric_to_integer(&bucket, 0, INT32_MAX, "integer", out, error));
        ++*out;
    }
    if (*out > INT32_MAX)
        return error_set(error, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range");
    return OK;
}

static void numeric_width_bucket(KernelContext *context, int row_count, const Column *const *arguments,
    int argument_count, Column *result) {
    Error error = {0};
    for (int i = 0; i < row_count; i++) {
        const Numeric *a = &KERNEL_AT(Numeric, arguments[0], i), *low = &KERNEL_AT(Numeric, arguments[1], i),
                      *high = &KERNEL_AT(Numeric, arguments[2], i);
        int32_t count = KERNEL_AT(int32_t, arguments[3], i);
        bool has_nan = numeric_tag(a) == NUMERIC_NAN || numeric_tag(low) == NUMERIC_NAN ||
                       numeric_tag(high) == NUMERIC_NAN;
        bool is_infinite = numeric_tag(low) > NUMERIC_LARGE || numeric_tag(high) > NUMERIC_LARGE;
        if (!width_bucket_check(context, i, has_nan, is_infinite, numeric_compare(low, high) == 0, count))
            continue;
        int64_t bucket = 0;
        if (numeric_bucket(a, low, high, count, context->scratch, &bucket, &error) != OK) {
            KERNEL_FAIL(context, i, error.status, "%s", error.message);
            error_clear(&error);
        }
        ((int32_t *)result->values)[i] = (int32_t)bucket;
    }
}

const FunctionRow math_functions[] = {
    {"sqrt(float8) -> float8", float8_sqrt, FUNCTION_MONOTONE},
    {"|/(float8) -> float8", float8_sqrt, FUNCTION_MONOTONE},
    {"cbrt(float8) -> float8", float8_cbrt, FUNCTION_MONOTONE},
    {"||/(float8) -> float8", float8_cbrt, FUNCTION_MONOTONE},
    {"exp(float8) -> float8", float8_exp},
    {"ln(float8) -> float8", float8_ln},
    {"log(float8) -> float8", float8_log10},
    {"log10(float8) -> float8", float8_log10},
    {"power(float8, float8) -> float8", float8_power},
    {"pow(float8, float8) -> float8", float8_power},
    {"^(float8, float8) -> float8", float8_power},
    {"ceil(float8) -> float8", float8_ceil, FUNCTION_MONOTONE},
    {"ceiling(float8) -> float8", float8_ceil, FUNCTION_MONOTONE},
    {"floor(float8) -> float8", float8_floor, FUNCTION_MONOTONE},
    {"round(float8) -> float8", float8_round, FUNCTION_MONOTONE},
    {"trunc(float8) -> float8", float8_trunc, FUNCTION_MONOTONE},
    {"sign(float8) -> float8", float8_sign, FUNCTION_MONOTONE},
    {"degrees(float8) -> float8", float8_degrees},
    {"radians(float8) -> float8", float8_radians},
    {"pi() -> float8", float8_pi},
    {"random() -> float8", float8_random, FUNCTION_VOLATILE},
    {"gen_random_uuid() -> uuid", uuid_random, FUNCTION_VOLATILE},
    {"sin(float8) -> float8", float8_sin},
    {"cos(float8) -> float8", float8_cos},
    {"tan(float8) -> float8", float8_tan},
    {"cot(float8) -> float8", float8_cot},
    {"asin(float8) -> float8", float8_asin},
    {"acos(float8) -> float8", float8_acos},
    {"atan(float8) -> float8", float8_atan},
    {"atan2(float8, float8) -> float8", float8_atan2},
    {"sinh(float8) -> float8", float8_sinh},
    {"cosh(float8) -> float8", float8_cosh},
    {"tanh(float8) -> float8", float8_tanh},
    {"asinh(float8) -> float8", float8_asinh},
    {"acosh(float8) -> float8", float8_acosh},
    {"atanh(float8) -> float8", float8_atanh},
    {"width_bucket(float8, float8, float8, int4) -> int4", float8_width_bucket},
    {"sqrt(numeric) -> numeric", numeric_sqrt_kernel, FUNCTION_MONOTONE},
    {"exp(numeric) -> numeric", numeric_exp_kernel},
    {"ln(numeric) -> numeric", numeric_ln_kernel},
    {"log(numeric) -> numeric", numeric_log10_kernel},
    {"log10(numeric) -> numeric", numeric_log10_kernel},
    {"log(numeric, numeric) -> numeric", numeric_log_kernel},
    {"power(numeric, numeric) -> numeric", numeric_power_kernel},
    {"pow(numeric, numeric) -> numeric", numeric_power_kernel},
    {"^(numeric, numeric) -> numeric", numeric_power_kernel},
    {"ceil(numeric) -> numeric", numeric_ceil_kernel, FUNCTION_MONOTONE},
    {"ceiling(numeric) -> numeric", numeric_ceil_kernel, FUNCTION_MONOTONE},
    {"floor(numeric) -> numeric", numeric_floor_kernel, FUNCTION_MONOTONE},
    {"round(numeric) -> numeric", numeric_round_whole, FUNCTION_MONOTONE},
    {"round(numeric, int4) -> numeric", numeric_round_kernel, FUNCTION_MONOTONE},
    {"trunc(numeric) -> numeric", numeric_truncate_whole, FUNCTION_MONOTONE},
    {"trunc(numeric, int4) -> numeric", numeric_truncate_kernel, FUNCTION_MONOTONE},
    {"sign(numeric) -> numeric", numeric_sign_kernel, FUNCTION_MONOTONE},
    {"scale(numeric) -> int4", numeric_scale_kernel},
    {"min_scale(numeric) -> int4", numeric_min_scale_kernel},
    {"trim_scale(numeric) -> numeric", numeric_trim_scale_kernel, FUNCTION_MONOTONE},
    {"factorial(int8) -> numeric", factorial},
    {"width_bucket(numeric, numeric, numeric, int4) -> int4", numeric_width_bucket},
    {"gcd(int4, int4) -> int4", int4_gcd},
    {"gcd(int8, int8) -> int8", int8_gcd},
    {"gcd(numeric, numeric) -> numeric", numeric_gcd_kernel},
    {"lcm(int4, int4) -> int4", int4_lcm},
    {"lcm(int8, int8) -> int8", int8_lcm},
    {"lcm(numeric, numeric) -> numeric", numeric_lcm_kernel},
    {0},
};
