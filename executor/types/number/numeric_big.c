/* Big: GMP mantissas, their stored form, and rounding. Large numerics are u32 (scale, sign in the top bit)
   and the magnitude's limbs. */
#include "executor/types/number/numeric_big.h"

#include <math.h>
#include <string.h>

enum { SIGN_BIT = (int)0x80000000 };

Status numeric_overflow(Error *error) {
    return error_set(error, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "value overflows numeric format");
}

void big_init(Big *big) {
    mpz_init(big->mantissa);
    big->scale = 0;
}

void big_clear(Big *big) {
    mpz_clear(big->mantissa);
}

static void load_int128(mpz_t out, __int128 value) {
    unsigned __int128 magnitude = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    uint64_t limbs[2] = {(uint64_t)magnitude, (uint64_t)(magnitude >> 64)};
    mpz_import(out, 2, -1, sizeof *limbs, 0, 0, limbs);
    if (value < 0)
        mpz_neg(out, out);
}

void big_load(Big *big, const Numeric *n) {
    big_init(big);
    if (numeric_tag(n) == NUMERIC_SMALL) {
        load_int128(big->mantissa, numeric_small_mantissa(n));
        big->scale = numeric_small_scale(n);
        return;
    }
    const char *bytes = (const char *)(uintptr_t)n->low;
    uint32_t head, length = (uint32_t)n->high;
    memcpy(&head, bytes, sizeof head);
    mpz_import(big->mantissa, (length - sizeof head) / 8, -1, 8, -1, 0, bytes + sizeof head);
    big->scale = (int)(head & ~(uint32_t)SIGN_BIT);
    if (head & (uint32_t)SIGN_BIT)
        mpz_neg(big->mantissa, big->mantissa);
}

static bool store_small(const Big *big, Numeric *out) {
    if (mpz_sizeinbase(big->mantissa, 2) > 112 || big->scale > NUMERIC_SMALL_SCALE_MAX)
        return false;
    uint64_t limbs[2] = {0, 0};
    mpz_export(limbs, NULL, -1, sizeof *limbs, 0, 0, big->mantissa);
    __int128 value = (__int128)limbs[1] << 64 | limbs[0];
    return numeric_make_small(mpz_sgn(big->mantissa) < 0 ? -value : value, big->scale, out);
}

Status big_store(const Big *big, Arena *arena, Numeric *out, Error *error) {
    if (store_small(big, out))
        return OK;
    if (big->scale > NUMERIC_SCALE_MAX)
        return numeric_overflow(error);
    if (mpz_sgn(big->mantissa) != 0 && mpz_digits(big->mantissa) - big->scale > NUMERIC_INTEGER_DIGITS_MAX)
        return numeric_overflow(error);
    size_t limb_count = mpz_size(big->mantissa);
    uint32_t head = (uint32_t)big->scale | (mpz_sgn(big->mantissa) < 0 ? (uint32_t)SIGN_BIT : 0);
    size_t length = sizeof head + 8 * limb_count;
    char *bytes = arena_allocate(arena, length);
    memcpy(bytes, &head, sizeof head);
    mpz_export(bytes + sizeof head, NULL, -1, 8, -1, 0, big->mantissa);
    out->low = (uint64_t)(uintptr_t)bytes;
    out->high = (uint64_t)NUMERIC_LARGE << 56 | length;
    return OK;
}

void mpz_ten_to(mpz_t out, int64_t exponent) {
    mpz_ui_pow_ui(out, 10, (unsigned long)exponent);
}

int64_t mpz_digits(const mpz_t value) {
    int64_t count = (int64_t)mpz_sizeinbase(value, 10); /* exact or one too many */
    mpz_t limit;
    mpz_init(limit);
    mpz_ten_to(limit, count - 1);
    if (mpz_cmpabs(value, limit) < 0)
        count--;
    mpz_clear(limit);
    return count;
}

/* Multiplies or divides by a power of ten; a division rounds half away from zero or cuts. */
static void shift(mpz_t value, int64_t exponent, bool is_rounded) {
    mpz_t power;
    mpz_init(power);
    mpz_ten_to(power, exponent < 0 ? -exponent : exponent);
    if (exponent >= 0) {
        mpz_mul(value, value, power);
    } else {
        if (is_rounded) {
            mpz_t half;
            mpz_init(half);
            mpz_fdiv_q_2exp(half, power, 1);
            if (mpz_sgn(value) < 0)
                mpz_sub(value, value, half);
            else
                mpz_add(value, value, half);
            mpz_clear(half);
        }
        mpz_tdiv_q(value, value, power);
    }
    mpz_clear(power);
}

static void rescale(Big *big, int scale, bool is_rounded) {
    if (scale != big->scale)
        shift(big->mantissa, (int64_t)scale - big->scale, is_rounded);
    if (scale < 0)
        shift(big->mantissa, -(int64_t)scale, false);
    big->scale = max_int(scale, 0);
}

void big_round(Big *big, int scale) {
    rescale(big, scale, true);
}

void big_truncate(Big *big, int scale) {
    rescale(big, scale, false);
}

void big_divide(Big *quotient, const Big *a, const Big *b, int scale) {
    /* a / b * 10^scale = am * 10^(scale - as + bs) / bm, with one more bit for the rounding. */
    mpz_t dividend, divisor, rest;
    mpz_inits(dividend, divisor, rest, NULL);
    mpz_set(dividend, a->mantissa);
    mpz_set(divisor, b->mantissa);
    int64_t exponent = (int64_t)scale - a->scale + b->scale;
    shift(exponent >= 0 ? dividend : divisor, exponent < 0 ? -exponent : exponent, false);
    mpz_tdiv_qr(quotient->mantissa, rest, dividend, divisor);
    mpz_mul_2exp(rest, rest, 1);
    if (mpz_cmpabs(rest, divisor) >= 0) {
        if ((mpz_sgn(dividend) < 0) == (mpz_sgn(divisor) < 0))
            mpz_add_ui(quotient->mantissa, quotient->mantissa, 1);
        else
            mpz_sub_ui(quotient->mantissa, quotient->mantissa, 1);
    }
    quotient->scale = scale;
    mpz_clears(dividend, divisor, rest, NULL);
}

static int floor_quarter(int64_t value) {
    return (int)(value >= 0 ? value / 4 : -((3 - value) / 4));
}

/* The leading `count` decimal digits as an integer. */
static unsigned long leading_digits(const Big *big, int64_t digits, int64_t count) {
    mpz_t top;
    mpz_init_set(top, big->mantissa);
    shift(top, count - digits, false);
    unsigned long value = mpz_get_ui(top); /* of the magnitude */
    mpz_clear(top);
    return value;
}

void big_leading(const Big *big, int *weight, int *first) {
    *weight = *first = 0;
    if (mpz_sgn(big->mantissa) == 0)
        return;
    int64_t digits = mpz_digits(big->mantissa), exponent = digits - 1 - big->scale;
    *weight = floor_quarter(exponent);
    *first = (int)leading_digits(big, digits, exponent - 4 * (int64_t)*weight + 1);
}

void big_leading_two(const Big *big, double *value, int *decimal_weight) {
    *value = 0;
    *decimal_weight = 0;
    if (mpz_sgn(big->mantissa) == 0)
        return;
    int64_t digits = mpz_digits(big->mantissa), exponent = digits - 1 - big->scale;
    int weight = floor_quarter(exponent);
    int64_t wanted = exponent - 4 * (int64_t)weight + 5;
    *value = (double)leading_digits(big, digits, wanted);
    *decimal_weight = (weight - 1) * 4;
}
