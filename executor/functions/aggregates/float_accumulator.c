/* FloatAccumulator: fixed-point sums of doubles. */
#include "executor/functions/aggregates/float_accumulator.h"

#include <math.h>
#include <string.h>

enum { LIMBS = FLOAT_ACCUMULATOR_LIMBS };

/* limbs[at …) += addend or -= addend, the carry running to the top. */
static void add_at(uint64_t *limbs, int at, const uint64_t *addend, int count, bool is_negative) {
    unsigned char carry = 0;
    for (int i = at; i < LIMBS; i++) {
        uint64_t operand = i - at < count ? addend[i - at] : 0, before = limbs[i];
        if (operand == 0 && carry == 0 && i - at >= count)
            return;
        if (is_negative) {
            uint64_t difference = before - operand, result = difference - carry;
            carry = (before < operand) | (difference < carry);
            limbs[i] = result;
        } else {
            uint64_t partial = before + operand, result = partial + carry;
            carry = (partial < before) | (result < partial);
            limbs[i] = result;
        }
    }
}

void float_accumulator_add(FloatAccumulator *sum, double value, int64_t times) {
    if (!isfinite(value)) {
        *(isnan(value) ? &sum->nan_count : value > 0 ? &sum->plus_count : &sum->minus_count) += times;
        return;
    }
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int exponent = (int)(bits >> 52 & 0x7ff), position = exponent == 0 ? 0 : exponent - 1;
    uint64_t mantissa = (bits & 0xfffffffffffffu) | (exponent == 0 ? 0 : (uint64_t)1 << 52);
    unsigned __int128 product =
        (unsigned __int128)mantissa * (times < 0 ? 0 - (uint64_t)times : (uint64_t)times);
    int shift = position & 63;
    uint64_t low = (uint64_t)product, high = (uint64_t)(product >> 64);
    uint64_t addend[3] = {low << shift, shift == 0 ? high : high << shift | low >> (64 - shift),
        shift == 0 ? 0 : high >> (64 - shift)};
    add_at(sum->limbs, position >> 6, addend, 3, (value < 0) != (times < 0));
}

void float_accumulator_add_product(FloatAccumulator *sum, double a, double b, int64_t times) {
    double product = a * b;
    float_accumulator_add(sum, product, times);
    if (isfinite(product))
        float_accumulator_add(sum, fma(a, b, -product), times);
}

void float_accumulator_merge(FloatAccumulator *into, const FloatAccumulator *from) {
    add_at(into->limbs, 0, from->limbs, LIMBS, false);
    into->nan_count += from->nan_count;
    into->plus_count += from->plus_count;
    into->minus_count += from->minus_count;
}

bool float_accumulator_is_special(const FloatAccumulator *sum) {
    return sum->nan_count != 0 || sum->plus_count != 0 || sum->minus_count != 0;
}

void float_accumulator_get(const FloatAccumulator *sum, mpz_t out) {
    bool is_negative = sum->limbs[LIMBS - 1] >> 63;
    mpz_import(out, LIMBS, -1, sizeof *sum->limbs, 0, 0, sum->limbs);
    if (is_negative) {
        mpz_t modulus;
        mpz_init(modulus);
        mpz_setbit(modulus, 64 * LIMBS);
        mpz_sub(out, out, modulus);
        mpz_clear(modulus);
    }
}

double mpz_ratio(const mpz_t numerator, const mpz_t denominator, int64_t exponent) {
    enum { QUOTIENT_BITS = 66 };
    if (mpz_sgn(numerator) == 0)
        return 0;
    mpz_t dividend, divisor, rest;
    mpz_inits(dividend, divisor, rest, NULL);
    mpz_abs(dividend, numerator);
    mpz_abs(divisor, denominator);
    int64_t shift =
        QUOTIENT_BITS - (int64_t)mpz_sizeinbase(dividend, 2) + (int64_t)mpz_sizeinbase(divisor, 2);
    if (shift >= 0)
        mpz_mul_2exp(dividend, dividend, (mp_bitcnt_t)shift);
    else
        mpz_mul_2exp(divisor, divisor, (mp_bitcnt_t)-shift);
    mpz_tdiv_qr(dividend, rest, dividend, divisor);
    /* 64 leading bits; what is below only decides ties, so one bit stands for it. */
    int64_t excess = (int64_t)mpz_sizeinbase(dividend, 2) - 64;
    bool is_inexact = mpz_sgn(rest) != 0 || (int64_t)mpz_scan1(dividend, 0) < excess;
    mpz_fdiv_q_2exp(dividend, dividend, (mp_bitcnt_t)excess);
    double value = ldexp((double)(mpz_get_ui(dividend) | is_inexact), (int)(excess - shift + exponent));
    bool is_negative = (mpz_sgn(numerator) < 0) != (mpz_sgn(denominator) < 0);
    mpz_clears(dividend, divisor, rest, NULL);
    return is_negative ? -value : value;
}

double float_accumulator_total(const FloatAccumulator *sum) {
    if (sum->nan_count != 0 || (sum->plus_count != 0 && sum->minus_count != 0))
        return NAN;
    if (sum->plus_count != 0 || sum->minus_count != 0)
        return sum->plus_count != 0 ? INFINITY : -INFINITY;
    bool is_negative = sum->limbs[LIMBS - 1] >> 63;
    FloatAccumulator magnitude = {{0}};
    add_at(magnitude.limbs, 0, sum->limbs, LIMBS, is_negative);
    int top = LIMBS - 1;
    while (top >= 0 && magnitude.limbs[top] == 0)
        top--;
    if (top < 0)
        return 0;
    /* 64 leading bits with one for all below; a number below 2^-1010 has fewer and is exact. */
    int zeros = __builtin_clzll(magnitude.limbs[top]);
    uint64_t lead = magnitude.limbs[top], below = 0;
    int unit = 64 * top;
    if (top > 0) {
        lead = zeros == 0 ? lead : lead << zeros | magnitude.limbs[top - 1] >> (64 - zeros);
        below = zeros == 0 ? magnitude.limbs[top - 1] : magnitude.limbs[top - 1] << zeros;
        unit -= zeros;
    }
    for (int i = 0; i < top - 1; i++)
        below |= magnitude.limbs[i];
    double value = ldexp((double)(lead | (below != 0)), unit + FLOAT_ACCUMULATOR_UNIT);
    return is_negative ? -value : value;
}

/* Per accumulator: first limb, limb count, whether the three counts follow, 5 bytes of zero; limbs; counts.
 */
typedef struct Header {
    uint8_t first;
    uint8_t count;
    uint8_t has_counts;
    uint8_t zeros[5];
} Header;

static Header header_of(const FloatAccumulator *sum) {
    int first = 0, end = LIMBS;
    while (first < LIMBS && sum->limbs[first] == 0)
        first++;
    if (first == LIMBS)
        first = end = 0;
    /* A leading limb that only repeats the sign below is implied. */
    while (end - first >= 2 && sum->limbs[end - 1] == (uint64_t)((int64_t)sum->limbs[end - 2] >> 63))
        end--;
    return (Header){(uint8_t)first, (uint8_t)(end - first), float_accumulator_is_special(sum), {0}};
}

View float_accumulators_encode(const FloatAccumulator *sums, int count, Arena *arena) {
    char *bytes = arena_allocate(arena, (size_t)count * (sizeof(Header) + sizeof(FloatAccumulator))),
         *to = bytes;
    bool is_empty = true;
    for (int i = 0; i < count; i++) {
        Header header = header_of(&sums[i]);
        is_empty &= header.count == 0 && !header.has_counts;
        memcpy(to, &header, sizeof header);
        to += sizeof header;
        memcpy(to, sums[i].limbs + header.first, 8 * (size_t)header.count);
        to += 8 * (size_t)header.count;
        if (header.has_counts) {
            memcpy(to, &sums[i].nan_count, 3 * sizeof(int64_t));
            to += 3 * sizeof(int64_t);
        }
    }
    return view_of(bytes, is_empty ? 0 : (uint32_t)(to - bytes));
}

void float_accumulators_decode(const View *view, FloatAccumulator *sums, int count) {
    memset(sums, 0, sizeof *sums * (size_t)count);
    const char *from = view_bytes(view);
    for (int i = 0; view->length != 0 && i < count; i++) {
        Header header;
        memcpy(&header, from, sizeof header);
        from += sizeof header;
        memcpy(sums[i].limbs + header.first, from, 8 * (size_t)header.count);
        from += 8 * (size_t)header.count;
        int end = header.first + header.count;
        if (header.count != 0 && sums[i].limbs[end - 1] >> 63)
            memset(sums[i].limbs + end, 0xff, 8 * (size_t)(LIMBS - end));
        if (header.has_counts) {
            memcpy(&sums[i].nan_count, from, 3 * sizeof(int64_t));
            from += 3 * sizeof(int64_t);
        }
    }
}
