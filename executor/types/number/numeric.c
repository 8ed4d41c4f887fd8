/* numeric: arithmetic, order and rounding. Small operands stay in 128-bit registers; the rest goes through
   GMP. */
#include "executor/types/number/numeric_big.h"

#include <string.h>

typedef unsigned __int128 Unsigned128;

#define E18 ((__int128)1000000000000000000)

/* 10^0 … 10^38 */
static const __int128 powers[] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    E18,
    E18 * 10,
    E18 * 100,
    E18 * 1000,
    E18 * 10000,
    E18 * 100000,
    E18 * 1000000,
    E18 * 10000000,
    E18 * 100000000,
    E18 * 1000000000,
    E18 * 10000000000,
    E18 * 100000000000,
    E18 * 1000000000000,
    E18 * 10000000000000,
    E18 * 100000000000000,
    E18 * 1000000000000000,
    E18 * 10000000000000000,
    E18 * 100000000000000000,
    E18 *E18,
    E18 *E18 * 10,
    E18 *E18 * 100,
};
enum { POWER_MAX = 38 };

static bool is_small(const Numeric *n) {
    return numeric_tag(n) == NUMERIC_SMALL;
}

static Status division_by_zero(Error *error) {
    return error_set(error, STATUS_DIVISION_BY_ZERO, "division by zero");
}

/* Brings two small mantissas to the larger scale; false when one doesn't fit. */
static bool align_small(const Numeric *a, const Numeric *b, __int128 *x, __int128 *y, int *scale) {
    int a_scale = numeric_small_scale(a), b_scale = numeric_small_scale(b);
    *x = numeric_small_mantissa(a);
    *y = numeric_small_mantissa(b);
    *scale = max_int(a_scale, b_scale);
    if (*scale - min_int(a_scale, b_scale) > POWER_MAX)
        return false;
    return !__builtin_mul_overflow(*x, powers[*scale - a_scale], x) &&
           !__builtin_mul_overflow(*y, powers[*scale - b_scale], y);
}

/* Infinities and NaN in a sum; a subtraction is the sum of the negated. */
static Numeric add_special(const Numeric *a, const Numeric *b) {
    if (numeric_is_nan(a) || numeric_is_nan(b))
        return numeric_special(NUMERIC_NAN);
    if (numeric_is_finite(a))
        return *b;
    if (numeric_is_finite(b) || a->high == b->high)
        return *a;
    return numeric_special(NUMERIC_NAN);
}

static Status add_big(
    const Numeric *a, const Numeric *b, bool is_subtraction, Arena *arena, Numeric *out, Error *error) {
    Big x, y;
    big_load(&x, a);
    big_load(&y, b);
    int scale = max_int(x.scale, y.scale);
    big_round(&x, scale);
    big_round(&y, scale);
    if (is_subtraction)
        mpz_sub(x.mantissa, x.mantissa, y.mantissa);
    else
        mpz_add(x.mantissa, x.mantissa, y.mantissa);
    Status status = big_store(&x, arena, out, error);
    big_clear(&x);
    big_clear(&y);
    return status;
}

Status numeric_add_general(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error) {
    if (!numeric_is_finite(a) || !numeric_is_finite(b)) {
        *out = add_special(a, b);
        return OK;
    }
    __int128 x, y, sum;
    int scale;
    if (is_small(a) && is_small(b) && align_small(a, b, &x, &y, &scale) &&
        !__builtin_add_overflow(x, y, &sum) && numeric_make_small(sum, scale, out))
        return OK;
    return add_big(a, b, false, arena, out, error);
}

Status numeric_subtract_general(
    const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error) {
    if (!numeric_is_finite(a) || !numeric_is_finite(b)) {
        Numeric negated = numeric_is_finite(b) ? *b : numeric_negate(b, arena);
        *out = add_special(a, &negated);
        return OK;
    }
    __int128 x, y, difference;
    int scale;
    if (is_small(a) && is_small(b) && align_small(a, b, &x, &y, &scale) &&
        !__builtin_sub_overflow(x, y, &difference) && numeric_make_small(difference, scale, out))
        return OK;
    return add_big(a, b, true, arena, out, error);
}

Status numeric_multiply_general(
    const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error) {
    if (!numeric_is_finite(a) || !numeric_is_finite(b)) {
        bool is_undefined =
            numeric_is_nan(a) || numeric_is_nan(b) || numeric_sign(a) == 0 || numeric_sign(b) == 0;
        *out =
            is_undefined ? numeric_special(NUMERIC_NAN) : numeric_infinity(numeric_sign(a) * numeric_sign(b));
        return OK;
    }
    __int128 product;
    if (is_small(a) && is_small(b) &&
        !__builtin_mul_overflow(numeric_small_mantissa(a), numeric_small_mantissa(b), &product) &&
        numeric_make_small(product, numeric_small_scale(a) + numeric_small_scale(b), out))
        return OK;
    Big x, y;
    big_load(&x, a);
    big_load(&y, b);
    mpz_mul(x.mantissa, x.mantissa, y.mantissa);
    x.scale += y.scale;
    if (x.scale > NUMERIC_SCALE_MAX)
        big_round(&x, NUMERIC_SCALE_MAX);
    Status status = big_store(&x, arena, out, error);
    big_clear(&x);
    big_clear(&y);
    return status;
}

/* Rank of the special values around the finite ones. */
static int rank(const Numeric *n) {
    switch (numeric_tag(n)) {
    case NUMERIC_MINUS_INFINITY:
        return -1;
    case NUMERIC_PLUS_INFINITY:
        return 1;
    case NUMERIC_NAN:
        return 2;
    default:
        return 0;
    }
}

int numeric_compare_general(const Numeric *a, const Numeric *b) {
    int a_rank = rank(a), b_rank = rank(b);
    if (a_rank != 0 || b_rank != 0)
        return (a_rank > b_rank) - (a_rank < b_rank);
    __int128 p, q;
    int scale;
    if (is_small(a) && is_small(b) && align_small(a, b, &p, &q, &scale))
        return (p > q) - (p < q);
    Big x, y;
    big_load(&x, a);
    big_load(&y, b);
    scale = max_int(x.scale, y.scale);
    int order = mpz_sgn(x.mantissa) - mpz_sgn(y.mantissa);
    if (order == 0) {
        big_round(&x, scale);
        big_round(&y, scale);
        order = mpz_cmp(x.mantissa, y.mantissa);
    }
    big_clear(&x);
    big_clear(&y);
    return order;
}

int numeric_sign(const Numeric *a) {
    switch (numeric_tag(a)) {
    case NUMERIC_SMALL: {
        __int128 mantissa = numeric_small_mantissa(a);
        return (mantissa > 0) - (mantissa < 0);
    }
    case NUMERIC_LARGE: {
        uint32_t head;
        memcpy(&head, (const char *)(uintptr_t)a->low, sizeof head);
        return (uint32_t)a->high == sizeof head ? 0 : head >> 31 ? -1 : 1;
    }
    case NUMERIC_PLUS_INFINITY:
        return 1;
    case NUMERIC_MINUS_INFINITY:
        return -1;
    default:
        return 0;
    }
}

Numeric numeric_negate(const Numeric *a, Arena *arena) {
    Numeric out = *a;
    if (numeric_is_nan(a) ||
        (is_small(a) && numeric_make_small(-numeric_small_mantissa(a), numeric_small_scale(a), &out)))
        return out;
    if (!numeric_is_finite(a))
        return numeric_infinity(-numeric_sign(a));
    Big x;
    big_load(&x, a);
    mpz_neg(x.mantissa, x.mantissa);
    Status status = big_store(&x, arena, &out, NULL);
    (void)status; /* a magnitude that was stored fits */
    big_clear(&x);
    return out;
}

Numeric numeric_abs(const Numeric *a, Arena *arena) {
    return numeric_sign(a) < 0 ? numeric_negate(a, arena) : *a;
}

/* Decimal digits of a positive value: binary length times log10(2), corrected by one look. */
static int digits_of(Unsigned128 value) {
    uint64_t high = (uint64_t)(value >> 64);
    int bits = high ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t)value | 1);
    int digits = bits * 1233 >> 12;
    return digits + (digits > POWER_MAX || value >= (Unsigned128)powers[digits]);
}

/* big_leading for a small mantissa. */
static void small_leading(const Numeric *n, int *weight, int *first) {
    __int128 mantissa = numeric_small_mantissa(n);
    Unsigned128 magnitude = (Unsigned128)(mantissa < 0 ? -mantissa : mantissa);
    *weight = *first = 0;
    if (magnitude == 0)
        return;
    int digits = digits_of(magnitude), exponent = digits - 1 - numeric_small_scale(n);
    *weight = exponent >= 0 ? exponent / 4 : -((3 - exponent) / 4);
    int wanted = exponent - 4 * *weight + 1;
    *first = (int)(digits >= wanted ? magnitude / (Unsigned128)powers[digits - wanted]
                                    : magnitude * (Unsigned128)powers[wanted - digits]);
}

/* PostgreSQL's select_div_scale: 16 significant digits judged by base-10000 digits. */
static int divide_scale(int a_weight, int a_first, int a_scale, int b_weight, int b_first, int b_scale) {
    int weight = a_weight - b_weight - (a_first <= b_first);
    int scale = SIGNIFICANT_DIGITS_MIN - weight * 4;
    return min_int(max_int(max_int(scale, 0), max_int(a_scale, b_scale)), DISPLAY_SCALE_MAX);
}

/* Quotient in registers; false when the scaled dividend or divisor doesn't fit. */
static bool divide_small(const Numeric *a, const Numeric *b, Numeric *out) {
    int a_weight, a_first, b_weight, b_first;
    small_leading(a, &a_weight, &a_first);
    small_leading(b, &b_weight, &b_first);
    int scale =
        divide_scale(a_weight, a_first, numeric_small_scale(a), b_weight, b_first, numeric_small_scale(b));
    int exponent = scale - numeric_small_scale(a) + numeric_small_scale(b);
    if (exponent < 0 || exponent > POWER_MAX)
        return false;
    __int128 dividend, divisor = numeric_small_mantissa(b);
    if (__builtin_mul_overflow(numeric_small_mantissa(a), powers[exponent], &dividend))
        return false;
    __int128 quotient = dividend / divisor, rest = dividend - quotient * divisor;
    Unsigned128 twice = (Unsigned128)(rest < 0 ? -rest : rest) * 2,
                limit = (Unsigned128)(divisor < 0 ? -divisor : divisor);
    if (twice >= limit)
        quotient += (dividend < 0) == (divisor < 0) ? 1 : -1;
    return numeric_make_small(quotient, scale, out);
}

/* What both kinds of division do with NaN, infinities and a zero divisor; false when there is real work left.
 */
static bool divide_special(const Numeric *a, const Numeric *b, Numeric *out, Status *status, Error *error) {
    *status = OK;
    if (numeric_is_nan(a) || numeric_is_nan(b)) {
        *out = numeric_special(NUMERIC_NAN);
    } else if (numeric_is_finite(b) && numeric_sign(b) == 0) {
        *status = division_by_zero(error);
    } else if (!numeric_is_finite(a)) {
        *out = numeric_is_finite(b) ? numeric_infinity(numeric_sign(a) * numeric_sign(b))
                                    : numeric_special(NUMERIC_NAN);
    } else if (!numeric_is_finite(b)) {
        *out = (Numeric){0, 0};
    } else {
        return false;
    }
    return true;
}

Status numeric_divide(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error) {
    Status status;
    if (divide_special(a, b, out, &status, error))
        return status;
    if (is_small(a) && is_small(b) && divide_small(a, b, out))
        return OK;
    Big x, y, quotient;
    big_load(&x, a);
    big_load(&y, b);
    big_init(&quotient);
    int a_weight, a_first, b_weight, b_first;
    big_leading(&x, &a_weight, &a_first);
    big_leading(&y, &b_weight, &b_first);
    big_divide(&quotient, &x, &y, divide_scale(a_weight, a_first, x.scale, b_weight, b_first, y.scale));
    status = big_store(&quotient, arena, out, error);
    big_clear(&x);
    big_clear(&y);
    big_clear(&quotient);
    return status;
}

Status numeric_div(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error) {
    Status status;
    if (divide_special(a, b, out, &status, error))
        return status;
    __int128 p, q;
    int scale;
    if (is_small(a) && is_small(b) && align_small(a, b, &p, &q, &scale) && numeric_make_small(p / q, 0, out))
        return OK;
    Big x, y;
    big_load(&x, a);
    big_load(&y, b);
    scale = max_int(x.scale, y.scale);
    big_round(&x, scale);
    big_round(&y, scale);
    mpz_tdiv_q(x.mantissa, x.mantissa, y.mantissa);
    x.scale = 0;
    status = big_store(&x, arena, out, error);
    big_clear(&x);
    big_clear(&y);
    return status;
}

Status numeric_modulo(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error) {
    if (!numeric_is_finite(a) || !numeric_is_finite(b)) {
        if (numeric_is_finite(b) && numeric_sign(b) == 0 && !numeric_is_nan(a))
            return division_by_zero(error);
        bool keeps = numeric_is_finite(a) && !numeric_is_nan(b);
        *out = keeps ? *a : numeric_special(NUMERIC_NAN);
        return OK;
    }
    if (numeric_sign(b) == 0)
        return division_by_zero(error);
    __int128 p, q;
    int scale;
    if (is_small(a) && is_small(b) && align_small(a, b, &p, &q, &scale) &&
        numeric_make_small(p % q, scale, out))
        return OK;
    Big x, y;
    big_load(&x, a);
    big_load(&y, b);
    scale = max_int(x.scale, y.scale);
    big_round(&x, scale);
    big_round(&y, scale);
    mpz_tdiv_r(x.mantissa, x.mantissa, y.mantissa);
    Status status = big_store(&x, arena, out, error);
    big_clear(&x);
    big_clear(&y);
    return status;
}

typedef enum Rounding { ROUND_HALF, ROUND_CUT, ROUND_UP, ROUND_DOWN } Rounding;

/* Rounding in registers to a scale of at least 0. */
static bool round_small(const Numeric *a, int scale, Rounding rounding, Numeric *out) {
    int cut = numeric_small_scale(a) - scale;
    __int128 mantissa = numeric_small_mantissa(a);
    if (scale < 0 || scale > NUMERIC_SMALL_SCALE_MAX || cut > POWER_MAX - 1 || -cut > POWER_MAX)
        return false;
    if (cut <= 0)
        return !__builtin_mul_overflow(mantissa, powers[-cut], &mantissa) &&
               numeric_make_small(mantissa, scale, out);
    __int128 unit = powers[cut], quotient, rest;
    if (mantissa == (int64_t)mantissa && unit == (int64_t)unit) { /* a division in one instruction */
        quotient = (int64_t)mantissa / (int64_t)unit;
        rest = (int64_t)mantissa % (int64_t)unit;
    } else {
        quotient = mantissa / unit;
        rest = mantissa - quotient * unit;
    }
    if (rounding == ROUND_HALF && (rest < 0 ? -rest : rest) >= unit / 2)
        quotient += mantissa < 0 ? -1 : 1;
    quotient += (rounding == ROUND_UP && rest > 0) - (rounding == ROUND_DOWN && rest < 0);
    return numeric_make_small(quotient, scale, out);
}

static Status round_to(
    const Numeric *a, int scale, Rounding rounding, Arena *arena, Numeric *out, Error *error) {
    if (!numeric_is_finite(a)) {
        *out = *a;
        return OK;
    }
    if (is_small(a) && round_small(a, scale, rounding, out))
        return OK;
    Big x;
    big_load(&x, a);
    if (rounding == ROUND_HALF) {
        big_round(&x, scale);
    } else {
        int sign = mpz_sgn(x.mantissa);
        big_truncate(&x, scale);
        Numeric cut;
        TRY(big_store(&x, arena, &cut, error));
        bool is_cut = numeric_compare(&cut, a) != 0;
        if (is_cut && rounding == ROUND_UP && sign > 0)
            mpz_add_ui(x.mantissa, x.mantissa, 1);
        if (is_cut && rounding == ROUND_DOWN && sign < 0)
            mpz_sub_ui(x.mantissa, x.mantissa, 1);
    }
    Status status = big_store(&x, arena, out, error);
    big_clear(&x);
    return status;
}

static int clamp_scale(int scale) {
    return min_int(max_int(scale, -RESULT_SCALE_MAX), RESULT_SCALE_MAX);
}

Status numeric_round(const Numeric *a, int scale, Arena *arena, Numeric *out, Error *error) {
    return round_to(a, clamp_scale(scale), ROUND_HALF, arena, out, error);
}

Status numeric_rescale(const Numeric *a, int scale, Arena *arena, Numeric *out, Error *error) {
    return round_to(a, scale, ROUND_HALF, arena, out, error);
}

Status numeric_truncate(const Numeric *a, int scale, Arena *arena, Numeric *out, Error *error) {
    return round_to(a, clamp_scale(scale), ROUND_CUT, arena, out, error);
}

Status numeric_ceil(const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    return round_to(a, 0, ROUND_UP, arena, out, error);
}

Status numeric_floor(const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    return round_to(a, 0, ROUND_DOWN, arena, out, error);
}

int numeric_scale(const Numeric *a) {
    if (is_small(a))
        return numeric_small_scale(a);
    uint32_t head;
    memcpy(&head, (const char *)(uintptr_t)a->low, sizeof head);
    return (int)(head & 0x7fffffff);
}

Numeric numeric_trim_scale(const Numeric *a, Arena *arena) {
    if (!numeric_is_finite(a))
        return *a;
    Numeric out;
    if (is_small(a)) {
        __int128 mantissa = numeric_small_mantissa(a);
        int scale = numeric_small_scale(a);
        if (mantissa == 0)
            scale = 0;
        while (
            scale > 0 && (mantissa == (int64_t)mantissa ? (int64_t)mantissa % 10 == 0 : mantissa % 10 == 0)) {
            mantissa = mantissa == (int64_t)mantissa ? (int64_t)mantissa / 10 : mantissa / 10;
            scale--;
        }
        numeric_make_small(mantissa, scale, &out);
        return out;
    }
    Big x;
    big_load(&x, a);
    if (mpz_sgn(x.mantissa) == 0)
        x.scale = 0;
    while (x.scale > 0 && mpz_divisible_ui_p(x.mantissa, 10)) {
        mpz_divexact_ui(x.mantissa, x.mantissa, 10);
        x.scale--;
    }
    Status status = big_store(&x, arena, &out, NULL);
    (void)status; /* shorter than what was stored */
    big_clear(&x);
    return out;
}

int numeric_min_scale(const Numeric *a) {
    Arena *arena = arena_create();
    Numeric trimmed = numeric_trim_scale(a, arena);
    int scale = numeric_scale(&trimmed);
    arena_destroy(arena);
    return scale;
}

static Status gcd_or_lcm(
    const Numeric *a, const Numeric *b, bool is_lcm, Arena *arena, Numeric *out, Error *error) {
    if (!numeric_is_finite(a) || !numeric_is_finite(b)) {
        *out = numeric_special(NUMERIC_NAN);
        return OK;
    }
    Big x, y;
    big_load(&x, a);
    big_load(&y, b);
    int scale = max_int(x.scale, y.scale);
    big_round(&x, scale);
    big_round(&y, scale);
    if (is_lcm)
        mpz_lcm(x.mantissa, x.mantissa, y.mantissa);
    else
        mpz_gcd(x.mantissa, x.mantissa, y.mantissa);
    Status status = big_store(&x, arena, out, error);
    big_clear(&x);
    big_clear(&y);
    return status;
}

Status numeric_gcd(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error) {
    return gcd_or_lcm(a, b, false, arena, out, error);
}

Status numeric_lcm(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error) {
    return gcd_or_lcm(a, b, true, arena, out, error);
}

Numeric numeric_from_int128(__int128 value, int scale, Arena *arena) {
    Numeric out;
    if (numeric_make_small(value, scale, &out))
        return out;
    Unsigned128 magnitude = value < 0 ? -(Unsigned128)value : (Unsigned128)value;
    uint64_t limbs[2] = {(uint64_t)magnitude, (uint64_t)(magnitude >> 64)};
    Big x;
    big_init(&x);
    mpz_import(x.mantissa, 2, -1, sizeof *limbs, 0, 0, limbs);
    if (value < 0)
        mpz_neg(x.mantissa, x.mantissa);
    x.scale = scale;
    Status status = big_store(&x, arena, &out, NULL);
    (void)status; /* 39 digits fit */
    big_clear(&x);
    return out;
}
