/* FloatAccumulator: the exact sum of any doubles, as one fixed-point number over the whole range of
   exponents. Adding is exact, so the sum doesn't depend on the order and what was added can be taken away
   without trace; it is rounded once, when it is read. */
#ifndef LEAT_FUNCTIONS_FLOAT_ACCUMULATOR_H
#define LEAT_FUNCTIONS_FLOAT_ACCUMULATOR_H

#include <gmp.h>
#include <stdbool.h>
#include <stdint.h>

#include "executor/base/arena.h"
#include "executor/types/view.h"

/* 2^-1074 … 2^1024, and 128 bits and more for the sign and for the number of terms. */
enum { FLOAT_ACCUMULATOR_LIMBS = 36, FLOAT_ACCUMULATOR_UNIT = -1074 };

/* Zero bytes are the empty sum. */
typedef struct FloatAccumulator {
    uint64_t limbs[FLOAT_ACCUMULATOR_LIMBS]; /* two's complement, least first; the unit is 2^-1074 */
    int64_t nan_count, plus_count, minus_count;
} FloatAccumulator;

/* value * times, times of any sign. */
void float_accumulator_add(FloatAccumulator *sum, double value, int64_t times);
/* a * b * times, without rounding unless the product is beyond the doubles' range. */
void float_accumulator_add_product(FloatAccumulator *sum, double a, double b, int64_t times);
void float_accumulator_merge(FloatAccumulator *into, const FloatAccumulator *from);
/* Whether an infinity or NaN is among the terms. */
bool float_accumulator_is_special(const FloatAccumulator *sum);
/* Rounded half to even; infinite when the sum is beyond the doubles' range. */
double float_accumulator_total(const FloatAccumulator *sum);
/* The sum in units of 2^FLOAT_ACCUMULATOR_UNIT; finite terms only. */
void float_accumulator_get(const FloatAccumulator *sum, mpz_t out);
/* numerator / denominator * 2^exponent, rounded half to even. */
double mpz_ratio(const mpz_t numerator, const mpz_t denominator, int64_t exponent);

/* `count` accumulators as bytes without their leading and trailing zero limbs, in the arena; and back. An
   empty view is all empty. */
View float_accumulators_encode(const FloatAccumulator *sums, int count, Arena *arena);
void float_accumulators_decode(const View *view, FloatAccumulator *sums, int count);

#endif
