/* Big: a numeric under work, a GMP mantissa over 10^scale. Private to executor/types/numeric*.c. */
#ifndef LEAT_TYPES_NUMERIC_BIG_H
#define LEAT_TYPES_NUMERIC_BIG_H

#include <gmp.h>

#include "executor/types/number/numeric.h"

typedef struct Big {
    mpz_t mantissa;
    int scale;
} Big;

/* NUMERIC_MIN_SIG_DIGITS, NUMERIC_MAX_DISPLAY_SCALE and NUMERIC_MAX_RESULT_SCALE of PostgreSQL. */
enum { SIGNIFICANT_DIGITS_MIN = 16, DISPLAY_SCALE_MAX = 1000, RESULT_SCALE_MAX = 2000 };

void big_init(Big *big);
void big_clear(Big *big);
/* Initialises; the value must be finite. */
void big_load(Big *big, const Numeric *n);
/* Makes the numeric, small when it fits; 22003 "value overflows numeric format" otherwise beyond the limits.
 */
Status big_store(const Big *big, Arena *arena, Numeric *out, Error *error);
/* To another scale (may be negative: then 10^-scale is the unit and scale becomes 0), rounding half away from
   zero or cutting. */
void big_round(Big *big, int scale);
void big_truncate(Big *big, int scale);
/* quotient = a / b rounded half away from zero to the scale; b is not zero. */
void big_divide(Big *quotient, const Big *a, const Big *b, int scale);
/* Decimal digits of a non-zero integer's magnitude. */
int64_t mpz_digits(const mpz_t value);
void mpz_ten_to(mpz_t out, int64_t exponent);
/* PostgreSQL's base-10000 weight and leading digit(s): `count` of them joined, missing ones as far as they
   exist. 0 and 0 for zero. */
void big_leading(const Big *big, int *weight, int *first);
/* value of the leading two base-10000 digits (or one, when there is no more) and the decimal weight of their
   unit. */
void big_leading_two(const Big *big, double *digits, int *decimal_weight);
Status numeric_overflow(Error *error);

static inline bool numeric_is_finite(const Numeric *n) {
    return numeric_tag(n) <= NUMERIC_LARGE;
}
static inline bool numeric_is_nan(const Numeric *n) {
    return numeric_tag(n) == NUMERIC_NAN;
}
static inline Numeric numeric_special(int tag) {
    return (Numeric){.high = (uint64_t)tag << 56};
}
static inline Numeric numeric_infinity(int sign) {
    return numeric_special(sign > 0 ? NUMERIC_PLUS_INFINITY : NUMERIC_MINUS_INFINITY);
}
static inline int max_int(int a, int b) {
    return a > b ? a : b;
}
static inline int min_int(int a, int b) {
    return a < b ? a : b;
}

#endif
