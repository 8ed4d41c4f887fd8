/* numeric to and from integers and floats. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/types/number/numeric_big.h"

Status numeric_to_integer(
    const Numeric *a, int64_t min, int64_t max, const char *type_name, int64_t *out, Error *error) {
    if (numeric_is_nan(a))
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "cannot convert NaN to %s", type_name);
    if (!numeric_is_finite(a))
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "cannot convert infinity to %s", type_name);
    Numeric rounded = *a;
    Arena *arena = numeric_tag(a) == NUMERIC_LARGE ? arena_create() : NULL;
    Status status = numeric_round(a, 0, arena, &rounded, error);
    bool is_small = status == OK && numeric_tag(&rounded) == NUMERIC_SMALL;
    arena_destroy(arena);
    __int128 value = is_small ? numeric_small_mantissa(&rounded) : 0;
    if (!is_small || value < min || value > max)
        return error_set(error, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "%s out of range", type_name);
    *out = (int64_t)value;
    return OK;
}

double numeric_to_float8(const Numeric *a) {
    static const double exact_powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
        1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    switch (numeric_tag(a)) {
    case NUMERIC_NAN:
        return NAN;
    case NUMERIC_PLUS_INFINITY:
        return INFINITY;
    case NUMERIC_MINUS_INFINITY:
        return -INFINITY;
    case NUMERIC_SMALL: {
        /* Both operands exact: one rounding. */
        __int128 mantissa = numeric_small_mantissa(a);
        const __int128 exact = (__int128)1 << 53;
        if (mantissa >= -exact && mantissa <= exact && numeric_small_scale(a) <= 22)
            return (double)(int64_t)mantissa / exact_powers[numeric_small_scale(a)];
    }
    }
    Text text = {0};
    numeric_format(a, &text);
    double value = strtod(text_string(&text), NULL);
    text_free(&text);
    return value;
}

/* PostgreSQL goes through as many digits as the float type guarantees. */
static Numeric from_float(double value, int digits, Arena *arena) {
    if (isnan(value))
        return numeric_special(NUMERIC_NAN);
    if (isinf(value))
        return numeric_infinity(value > 0 ? 1 : -1);
    if (fabs(value) < 1e6 && value == (double)(int64_t)value)
        return numeric_from_int8((int64_t)value);
    char text[400];
    int length = snprintf(text, sizeof text, "%.*g", digits, value);
    Numeric out = {0, 0};
    Status status = numeric_parse(text, (size_t)length, arena, &out, NULL);
    (void)status; /* every float's range is within numeric's */
    return out;
}

Numeric numeric_from_float8(double value, Arena *arena) {
    return from_float(value, DBL_DIG, arena);
}

Numeric numeric_from_float4(float value, Arena *arena) {
    return from_float(value, FLT_DIG, arena);
}
