/* numeric: roots, exponentials, logarithms and powers, to PostgreSQL's choice of scale. The transcendental
   ones are worked out in binary fixed point with so many guard bits that the decimal rounding is the true
   one, whatever series was used. */
#include <math.h>

#include "executor/types/number/numeric_big.h"

enum { GUARD_BITS = 96 };

static const double log10_of_e = 0.434294481903252, ln_of_10 = 2.302585092994046;

static int64_t bits_of_digits(int64_t digits) {
    return digits * 3322 / 1000 + 1;
}

static int display_scale(int scale, int at_least) {
    return min_int(max_int(max_int(scale, at_least), 0), DISPLAY_SCALE_MAX);
}

/* Fixed point with `bits` fraction bits -> decimal with `scale`, rounded half away from zero. */
static void from_fixed(Big *out, const mpz_t value, int64_t bits, int scale) {
    Big dividend, divisor;
    big_init(&dividend);
    big_init(&divisor);
    mpz_set(dividend.mantissa, value);
    mpz_setbit(divisor.mantissa, (mp_bitcnt_t)bits);
    big_divide(out, &dividend, &divisor, scale);
    big_clear(&dividend);
    big_clear(&divisor);
}

/* Floor of the value times 2^bits. */
static void to_fixed(mpz_t out, const Big *value, int64_t bits) {
    mpz_t power;
    mpz_init(power);
    mpz_ten_to(power, value->scale);
    mpz_mul_2exp(out, value->mantissa, (mp_bitcnt_t)bits);
    mpz_fdiv_q(out, out, power);
    mpz_clear(power);
}

/* 2 atanh(z): z + z^3/3 + z^5/5 + …, doubled; |z| < 1/4. */
static void twice_atanh(mpz_t out, const mpz_t z, int64_t bits) {
    mpz_t square, power, term;
    mpz_inits(square, power, term, NULL);
    mpz_mul(square, z, z);
    mpz_fdiv_q_2exp(square, square, (mp_bitcnt_t)bits);
    mpz_set(power, z);
    mpz_set(out, z);
    for (unsigned long i = 3; mpz_sgn(power) != 0; i += 2) {
        mpz_mul(power, power, square);
        mpz_tdiv_q_2exp(power, power, (mp_bitcnt_t)bits);
        mpz_tdiv_q_ui(term, power, i);
        mpz_add(out, out, term);
    }
    mpz_mul_2exp(out, out, 1);
    mpz_clears(square, power, term, NULL);
}

/* Natural logarithm of a positive value in fixed point: ln(f * 2^k) = 2 atanh((f - 1) / (f + 1)) + k ln 2
   with f in [0.75, 1.5). */
static void ln_fixed(mpz_t out, const Big *value, int64_t bits) {
    mpz_t ten, f, one, z, ln2;
    mpz_inits(ten, f, one, z, ln2, NULL);
    mpz_ten_to(ten, value->scale);
    int64_t k = (int64_t)mpz_sizeinbase(value->mantissa, 2) - (int64_t)mpz_sizeinbase(ten, 2);
    if (bits >= k) {
        mpz_mul_2exp(f, value->mantissa, (mp_bitcnt_t)(bits - k));
    } else {
        mpz_set(f, value->mantissa);
        mpz_mul_2exp(ten, ten, (mp_bitcnt_t)(k - bits));
    }
    mpz_fdiv_q(f, f, ten); /* value / 2^k, in (0.5, 2) */
    mpz_setbit(one, (mp_bitcnt_t)bits);
    mpz_mul_ui(z, one, 3);
    mpz_mul_2exp(f, f, 1);
    if (mpz_cmp(f, z) >= 0) { /* above 1.5 */
        k++;
        mpz_fdiv_q_2exp(f, f, 1);
    }
    mpz_fdiv_q_2exp(f, f, 1);
    mpz_sub(z, f, one);
    mpz_add(f, f, one);
    mpz_mul_2exp(z, z, (mp_bitcnt_t)bits);
    mpz_tdiv_q(z, z, f);
    twice_atanh(out, z, bits);
    mpz_tdiv_q_ui(z, one, 3);
    twice_atanh(ln2, z, bits);
    mpz_mul_si(ln2, ln2, k);
    mpz_add(out, out, ln2);
    mpz_clears(ten, f, one, z, ln2, NULL);
}

/* e^x in fixed point, x >= 0: Taylor series of x / 2^halvings, then squared back. */
static void exp_fixed(mpz_t out, const mpz_t x, int64_t bits) {
    mpz_t r, term;
    mpz_inits(r, term, NULL);
    int64_t magnitude = (int64_t)mpz_sizeinbase(x, 2) - bits;
    int64_t halvings = magnitude + 12 > 0 ? magnitude + 12 : 0;
    int64_t working = bits + halvings + 32;
    mpz_mul_2exp(r, x, (mp_bitcnt_t)(working - bits - halvings));
    mpz_set_ui(out, 1);
    mpz_mul_2exp(out, out, (mp_bitcnt_t)working);
    mpz_set(term, out);
    for (unsigned long i = 1; mpz_sgn(term) != 0; i++) {
        mpz_mul(term, term, r);
        mpz_fdiv_q_2exp(term, term, (mp_bitcnt_t)working);
        mpz_tdiv_q_ui(term, term, i);
        mpz_add(out, out, term);
    }
    for (int64_t i = 0; i < halvings; i++) {
        mpz_mul(out, out, out);
        mpz_fdiv_q_2exp(out, out, (mp_bitcnt_t)working);
    }
    mpz_fdiv_q_2exp(out, out, (mp_bitcnt_t)(working - bits));
    mpz_clears(r, term, NULL);
}

/* e^x of any sign, rounded to the scale. */
static void exp_to_scale(Big *out, mpz_t x, int64_t bits, int scale) {
    mpz_t value;
    mpz_init(value);
    bool is_negative = mpz_sgn(x) < 0;
    mpz_abs(x, x);
    exp_fixed(value, x, bits);
    if (is_negative) {
        mpz_t one;
        mpz_init(one);
        mpz_setbit(one, (mp_bitcnt_t)(2 * bits));
        mpz_fdiv_q(value, one, value);
        mpz_clear(one);
    }
    from_fixed(out, value, bits, scale);
    mpz_clear(value);
}

/* PostgreSQL's estimate of the decimal weight of ln(value). */
static int estimate_ln_weight(const Big *value) {
    Arena *arena = arena_create();
    Numeric n, low, high, difference;
    Status status = big_store(value, arena, &n, NULL);
    (void)status; /* it came from a numeric */
    numeric_make_small(9, 1, &low);
    numeric_make_small(11, 1, &high);
    int weight = 0;
    if (numeric_compare(&n, &low) >= 0 && numeric_compare(&n, &high) <= 0) {
        Numeric one = numeric_from_int8(1);
        status = numeric_subtract(&n, &one, arena, &difference, NULL);
        if (numeric_sign(&difference) != 0) {
            Big x;
            int first;
            big_load(&x, &difference);
            big_leading(&x, &weight, &first);
            weight = weight * 4 + (int)log10((double)first);
            big_clear(&x);
        }
    } else {
        double digits;
        int decimal_weight;
        big_leading_two(value, &digits, &decimal_weight);
        weight = (int)log10(fabs(log(digits) + decimal_weight * ln_of_10));
    }
    arena_destroy(arena);
    return weight;
}

static void sqrt_to_scale(Big *out, const Big *a, int scale) {
    mpz_t rest;
    mpz_init(rest);
    mpz_ten_to(rest, 2 * (int64_t)scale - a->scale);
    mpz_mul(out->mantissa, a->mantissa, rest);
    mpz_sqrtrem(out->mantissa, rest, out->mantissa);
    if (mpz_cmp(rest, out->mantissa) > 0)
        mpz_add_ui(out->mantissa, out->mantissa, 1);
    out->scale = scale;
    mpz_clear(rest);
}

Status numeric_sqrt(const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    if (numeric_sign(a) < 0)
        return error_set(error, STATUS_INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            "cannot take square root of a negative number");
    *out = *a;
    if (!numeric_is_finite(a))
        return OK;
    Big x, root;
    big_load(&x, a);
    big_init(&root);
    int weight, first;
    big_leading(&x, &weight, &first);
    int scale = display_scale(SIGNIFICANT_DIGITS_MIN - ((weight + 1) * 2 - 1), x.scale);
    sqrt_to_scale(&root, &x, scale);
    Status status = big_store(&root, arena, out, error);
    big_clear(&x);
    big_clear(&root);
    return status;
}

Status numeric_exp(const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    if (!numeric_is_finite(a)) {
        *out = numeric_tag(a) == NUMERIC_MINUS_INFINITY ? numeric_from_int8(0) : *a;
        return OK;
    }
    double estimate = numeric_to_float8(a);
    double weight = fmin(fmax(estimate * log10_of_e, -RESULT_SCALE_MAX), RESULT_SCALE_MAX);
    int scale = display_scale(SIGNIFICANT_DIGITS_MIN - (int)weight, numeric_scale(a));
    if (fabs(estimate) >= RESULT_SCALE_MAX * 3) {
        if (estimate > 0)
            return numeric_overflow(error);
        return numeric_round(&(Numeric){0, 0}, scale, arena, out, error);
    }
    Big x, result;
    big_load(&x, a);
    big_init(&result);
    mpz_t fixed;
    mpz_init(fixed);
    int64_t bits = bits_of_digits(scale + (int64_t)fabs(estimate * log10_of_e)) + GUARD_BITS;
    to_fixed(fixed, &x, bits);
    exp_to_scale(&result, fixed, bits, scale);
    Status status = big_store(&result, arena, out, error);
    mpz_clear(fixed);
    big_clear(&x);
    big_clear(&result);
    return status;
}

static Status check_logarithm(const Numeric *a, Error *error) {
    if (numeric_is_nan(a) || numeric_sign(a) > 0)
        return OK;
    return error_set(error, STATUS_INVALID_ARGUMENT_FOR_LOGARITHM,
        numeric_sign(a) < 0 ? "cannot take logarithm of a negative number" : "cannot take logarithm of zero");
}

Status numeric_ln(const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    TRY(check_logarithm(a, error));
    *out = *a;
    if (!numeric_is_finite(a))
        return OK;
    Big x, result;
    big_load(&x, a);
    big_init(&result);
    mpz_t fixed;
    mpz_init(fixed);
    int scale = display_scale(SIGNIFICANT_DIGITS_MIN - estimate_ln_weight(&x), x.scale);
    int64_t bits = bits_of_digits(scale) + GUARD_BITS;
    ln_fixed(fixed, &x, bits);
    from_fixed(&result, fixed, bits, scale);
    Status status = big_store(&result, arena, out, error);
    mpz_clear(fixed);
    big_clear(&x);
    big_clear(&result);
    return status;
}

static Status log_finite(const Numeric *base, const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    Big b, x, result, numerator, denominator;
    big_load(&b, base);
    big_load(&x, a);
    big_init(&result);
    big_init(&numerator);
    big_init(&denominator);
    int b_weight = estimate_ln_weight(&b);
    int scale = display_scale(
        display_scale(SIGNIFICANT_DIGITS_MIN - (estimate_ln_weight(&x) - b_weight), b.scale), x.scale);
    int64_t bits = bits_of_digits(scale + 2 * (int64_t)fabs((double)b_weight) + 20) + GUARD_BITS;
    ln_fixed(numerator.mantissa, &x, bits);
    ln_fixed(denominator.mantissa, &b, bits);
    Status status = OK;
    if (mpz_sgn(denominator.mantissa) == 0) {
        status = error_set(error, STATUS_DIVISION_BY_ZERO, "division by zero");
    } else {
        big_divide(&result, &numerator, &denominator, scale);
        status = big_store(&result, arena, out, error);
    }
    big_clear(&b);
    big_clear(&x);
    big_clear(&result);
    big_clear(&numerator);
    big_clear(&denominator);
    return status;
}

Status numeric_log(const Numeric *base, const Numeric *a, Arena *arena, Numeric *out, Error *error) {
    *out = numeric_special(NUMERIC_NAN);
    if (numeric_is_nan(base) || numeric_is_nan(a))
        return OK;
    TRY(check_logarithm(base, error));
    TRY(check_logarithm(a, error));
    if (!numeric_is_finite(base)) {
        if (numeric_is_finite(a))
            *out = numeric_from_int8(0);
        return OK;
    }
    if (!numeric_is_finite(a)) {
        *out = numeric_infinity(1);
        return OK;
    }
    return log_finite(base, a, arena, out, error);
}

static bool is_integral(const Numeric *a) {
    return !numeric_is_finite(a) || numeric_min_scale(a) == 0;
}

static bool is_odd(const Numeric *a) {
    Big x;
    big_load(&x, a);
    big_truncate(&x, 0);
    bool odd = mpz_odd_p(x.mantissa);
    big_clear(&x);
    return odd;
}

static bool is_one(const Numeric *a, int64_t value) {
    Numeric one = numeric_from_int8(value);
    return numeric_is_finite(a) && numeric_compare(a, &one) == 0;
}

/* At least one operand is NaN or infinite; POSIX rules of pow(). */
static Numeric power_special(const Numeric *base, const Numeric *exponent) {
    int base_sign = numeric_sign(base), sign = numeric_sign(exponent);
    Numeric zero = numeric_from_int8(0), one = numeric_from_int8(1);
    if (is_one(base, 1) || (numeric_is_finite(exponent) && sign == 0))
        return one;
    if (numeric_is_nan(base) || numeric_is_nan(exponent))
        return numeric_special(NUMERIC_NAN);
    if (base_sign == 0)
        return zero;
    if (!numeric_is_finite(exponent)) {
        if (is_one(base, -1))
            return one;
        Numeric minus_one = numeric_from_int8(-1);
        bool is_large = !numeric_is_finite(base) || numeric_compare(base, &one) > 0 ||
                        numeric_compare(base, &minus_one) < 0;
        return is_large == (sign > 0) ? numeric_infinity(1) : zero;
    }
    if (sign < 0)
        return zero;
    return numeric_infinity(base_sign < 0 && is_odd(exponent) ? -1 : 1);
}

/* Keeps the leading `digits` decimal digits of a mantissa with a decimal exponent. */
static void cut_digits(mpz_t mantissa, int64_t *exponent, int64_t digits) {
    int64_t excess = mpz_sgn(mantissa) == 0 ? 0 : (int64_t)mpz_sizeinbase(mantissa, 10) - digits;
    if (excess <= 0)
        return;
    mpz_t power;
    mpz_init(power);
    mpz_ten_to(power, excess);
    mpz_tdiv_q(mantissa, mantissa, power);
    mpz_clear(power);
    *exponent += excess;
}

/* base^exponent by squaring, in decimal floating point of `digits` digits: exact as long as that many
   suffice. */
static void power_by_squaring(
    const Big *base, uint32_t exponent, int64_t digits, mpz_t out, int64_t *out_exponent) {
    mpz_t square;
    mpz_init_set(square, base->mantissa);
    int64_t square_exponent = -base->scale;
    mpz_set_ui(out, 1);
    *out_exponent = 0;
    for (; exponent != 0; exponent >>= 1) {
        if (exponent & 1) {
            mpz_mul(out, out, square);
            *out_exponent += square_exponent;
            cut_digits(out, out_exponent, digits);
        }
        if (exponent > 1) {
            mpz_mul(square, square, square);
            square_exponent *= 2;
            cut_digits(square, &square_exponent, digits);
        }
    }
    mpz_clear(square);
}

/* log10 of a magnitude that isn't zero, within 1e-14 for numbers of moderate size. */
static double log10_of(const Big *value) {
    long twos;
    double mantissa = mpz_get_d_2exp(&twos, value->mantissa);
    return log10(fabs(mantissa)) + (double)twos * 0.30102999566398119521 - value->scale;
}

static Status power_integer(
    const Big *base, int64_t exponent, int scale, Arena *arena, Numeric *out, Error *error) {
    Big result, divisor;
    big_init(&result);
    big_init(&divisor);
    result.scale = scale;
    double weight = mpz_sgn(base->mantissa) == 0 ? 0 : (double)exponent * log10_of(base);
    Status status = OK;
    if (weight > 3.0 * 32767 * 4) {
        status = numeric_overflow(error);
    } else if (weight + 1 >= -scale) {
        int64_t kept = (int64_t)fmax(weight, 0) + scale + 40;
        int64_t power_exponent;
        mpz_t power;
        mpz_init(power);
        power_by_squaring(
            base, (uint32_t)(exponent < 0 ? -exponent : exponent), kept, power, &power_exponent);
        /* power * 10^power_exponent, or one over it */
        Big *side = exponent < 0 ? &divisor : &result;
        Big *other = exponent < 0 ? &result : &divisor;
        mpz_set(side->mantissa, power);
        mpz_set_ui(other->mantissa, 1);
        result.scale = divisor.scale = 0;
        mpz_ten_to(power, power_exponent < 0 ? -power_exponent : power_exponent);
        Big *shifted = power_exponent > 0 ? side : other;
        mpz_mul(shifted->mantissa, shifted->mantissa, power);
        big_divide(&result, &result, &divisor, scale);
        mpz_clear(power);
    }
    if (status == OK)
        status = big_store(&result, arena, out, error);
    big_clear(&result);
    big_clear(&divisor);
    return status;
}

static Status power_fraction(const Big *base, const Big *exponent, double exponent_estimate, Arena *arena,
    Numeric *out, Error *error) {
    Big result;
    big_init(&result);
    mpz_t fixed, power;
    mpz_inits(fixed, power, NULL);
    int64_t bits = bits_of_digits(40 + (int64_t)fmax(log10(fabs(exponent_estimate) + 1), 0)) + GUARD_BITS;
    ln_fixed(fixed, base, bits);
    double ln_estimate = mpz_get_d(fixed) / exp2((double)bits) * exponent_estimate;
    Status status = OK;
    if (!(fabs(ln_estimate) <= RESULT_SCALE_MAX * 3.01)) {
        result.scale = DISPLAY_SCALE_MAX;
        if (ln_estimate > 0)
            status = numeric_overflow(error);
    } else {
        double weight = ln_estimate * log10_of_e;
        int scale =
            display_scale(display_scale(SIGNIFICANT_DIGITS_MIN - (int)weight, base->scale), exponent->scale);
        bits = bits_of_digits(scale + (int64_t)fabs(weight) + 10 +
                              (int64_t)fmax(log10(fabs(exponent_estimate) + 1), 0)) +
               GUARD_BITS;
        ln_fixed(fixed, base, bits);
        mpz_mul(fixed, fixed, exponent->mantissa);
        mpz_ten_to(power, exponent->scale);
        mpz_fdiv_q(fixed, fixed, power);
        exp_to_scale(&result, fixed, bits, scale);
    }
    if (status == OK)
        status = big_store(&result, arena, out, error);
    mpz_clears(fixed, power, NULL);
    big_clear(&result);
    return status;
}

static Status power_finite(
    const Numeric *base, const Numeric *exponent, Arena *arena, Numeric *out, Error *error) {
    int64_t whole = 0;
    bool has_whole = is_integral(exponent) &&
                     numeric_to_integer(exponent, INT32_MIN, INT32_MAX, "integer", &whole, NULL) == OK;
    Big b, e;
    big_load(&b, base);
    big_load(&e, exponent);
    Status status;
    if (has_whole) {
        status = power_integer(&b, whole, display_scale(SIGNIFICANT_DIGITS_MIN, b.scale), arena, out, error);
    } else if (mpz_sgn(b.mantissa) == 0) {
        status = numeric_round(base, SIGNIFICANT_DIGITS_MIN, arena, out, error);
    } else {
        bool is_negative = mpz_sgn(b.mantissa) < 0;
        mpz_abs(b.mantissa, b.mantissa);
        status = power_fraction(&b, &e, numeric_to_float8(exponent), arena, out, error);
        if (status == OK && is_negative && is_odd(exponent))
            *out = numeric_negate(out, arena);
    }
    big_clear(&b);
    big_clear(&e);
    return status;
}

Status numeric_power(const Numeric *base, const Numeric *exponent, Arena *arena, Numeric *out, Error *error) {
    bool is_nan = numeric_is_nan(base) || numeric_is_nan(exponent);
    if (!is_nan && numeric_sign(base) == 0 && numeric_sign(exponent) < 0)
        return error_set(error, STATUS_INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            "zero raised to a negative power is undefined");
    if (!is_nan && numeric_sign(base) < 0 && !is_integral(exponent))
        return error_set(error, STATUS_INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            "a negative number raised to a non-integer power yields a complex result");
    if (numeric_is_finite(base) && numeric_is_finite(exponent))
        return power_finite(base, exponent, arena, out, error);
    *out = power_special(base, exponent);
    return OK;
}

Status numeric_factorial(int64_t n, Arena *arena, Numeric *out, Error *error) {
    if (n < 0)
        return error_set(
            error, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "factorial of a negative number is undefined");
    if (n > 32177)
        return numeric_overflow(error);
    Big x;
    big_init(&x);
    mpz_fac_ui(x.mantissa, (unsigned long)n);
    Status status = big_store(&x, arena, out, error);
    big_clear(&x);
    return status;
}

Status numeric_variance(int64_t count, const Numeric *sum, const Numeric *sum_of_squares, bool is_sample,
    bool is_root, Arena *arena, Numeric *out, Error *error) {
    Numeric n = numeric_from_int8(count), m = numeric_from_int8(is_sample ? count - 1 : count), square,
            difference, divisor;
    TRY(numeric_multiply(sum, sum, arena, &square, error));
    TRY(numeric_multiply(&n, sum_of_squares, arena, &difference, error));
    TRY(numeric_subtract(&difference, &square, arena, &difference, error));
    if (numeric_sign(&difference) <= 0) {
        *out = numeric_from_int8(0);
        return OK;
    }
    TRY(numeric_multiply(&n, &m, arena, &divisor, error));
    TRY(numeric_divide(&difference, &divisor, arena, out, error));
    if (!is_root)
        return OK;
    Big x, root;
    big_load(&x, out);
    big_init(&root);
    sqrt_to_scale(&root, &x, x.scale);
    Status status = big_store(&root, arena, out, error);
    big_clear(&x);
    big_clear(&root);
    return status;
}
