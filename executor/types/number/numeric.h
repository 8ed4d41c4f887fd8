/* numeric: exact decimals, PostgreSQL's semantics and scale rules. Values that need up to 111 bits are worked
   on in registers by the inlines here; everything else goes through GMP (numeric.c). */
#ifndef LEAT_TYPES_NUMERIC_H
#define LEAT_TYPES_NUMERIC_H

#include <stdbool.h>
#include <stdint.h>

#include "executor/base/arena.h"
#include "executor/base/error.h"
#include "executor/base/text.h"

/* 16 bytes. Small: mantissa / 10^scale with a signed 112-bit mantissa (low, and the low 48 bits of high) and
   a scale of 0 … 255 in bits 48 … 55 of high; tag (bits 56 … 63 of high) 0. Zero bytes are 0. The display
   scale is the scale. Large: low is a pointer to position-independent bytes whose length is the low 32 bits
   of high. A value that fits the small form is always small, so that identical values have identical bytes.
 */
typedef struct Numeric {
    uint64_t low;
    uint64_t high;
} Numeric;

enum {
    NUMERIC_SMALL = 0,
    NUMERIC_LARGE = 1,
    NUMERIC_NAN = 2,
    NUMERIC_PLUS_INFINITY = 3,
    NUMERIC_MINUS_INFINITY = 4
};
enum { NUMERIC_SMALL_SCALE_MAX = 255, NUMERIC_SCALE_MAX = 16383, NUMERIC_INTEGER_DIGITS_MAX = 131072 };

static inline int numeric_tag(const Numeric *n) {
    return (int)(n->high >> 56);
}
static inline int numeric_small_scale(const Numeric *n) {
    return (int)(n->high >> 48 & 255);
}
static inline __int128 numeric_small_mantissa(const Numeric *n) {
    uint64_t high =
        (uint64_t)((int64_t)(n->high << 16) >> 16); /* its sign spread over the tag and the scale */
    return (__int128)((unsigned __int128)high << 64 | n->low);
}

/* PostgreSQL's typmod of numeric(precision, scale); the scale may be negative. */
static inline int numeric_modifier_precision(int32_t modifier) {
    return (modifier - 4) >> 16 & 0xffff;
}
static inline int numeric_modifier_scale(int32_t modifier) {
    return (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
}
static inline int32_t numeric_modifier(int precision, int scale) {
    return ((precision << 16) | (scale & 0x7ff)) + 4;
}

/* False, and *out untouched, when the mantissa or the scale doesn't fit the small form. */
static inline bool numeric_make_small(__int128 mantissa, int scale, Numeric *out) {
    uint64_t high = (uint64_t)(mantissa >> 64);
    if ((int64_t)(high << 16) >> 16 != (int64_t)high || scale > NUMERIC_SMALL_SCALE_MAX)
        return false;
    out->low = (uint64_t)mantissa;
    out->high = (high & 0xffffffffffffu) | (uint64_t)(uint32_t)scale << 48;
    return true;
}
static inline Numeric numeric_from_int8(int64_t value) {
    return (Numeric){(uint64_t)value, (uint64_t)(value >> 63) & 0xffffffffffffu};
}

/* General forms, any tags. Result bytes of large values are in the arena. Overflow beyond 131072 integer
   digits is an error. */
Status numeric_add_general(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error);
Status numeric_subtract_general(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error);
Status numeric_multiply_general(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error);
int numeric_compare_general(const Numeric *a, const Numeric *b);

/* Both small and of one scale: the case of columns that were declared with a scale. */
static inline bool numeric_is_alike(const Numeric *a, const Numeric *b) {
    return (a->high >> 48) == (b->high >> 48) && a->high >> 56 == NUMERIC_SMALL;
}
/* The cases that stay in registers; false, and *out untouched, for all others. */
static inline bool numeric_add_small(const Numeric *a, const Numeric *b, Numeric *out) {
    return numeric_is_alike(a, b) && numeric_make_small(numeric_small_mantissa(a) + numeric_small_mantissa(b),
                                         numeric_small_scale(a), out);
}
static inline bool numeric_subtract_small(const Numeric *a, const Numeric *b, Numeric *out) {
    return numeric_is_alike(a, b) && numeric_make_small(numeric_small_mantissa(a) - numeric_small_mantissa(b),
                                         numeric_small_scale(a), out);
}
static inline bool numeric_multiply_small(const Numeric *a, const Numeric *b, Numeric *out) {
    if ((a->high | b->high) >> 56 != NUMERIC_SMALL)
        return false;
    __int128 x = numeric_small_mantissa(a), y = numeric_small_mantissa(b);
    return x == (int64_t)x && y == (int64_t)y &&
           numeric_make_small(
               (__int128)(int64_t)x * (int64_t)y, numeric_small_scale(a) + numeric_small_scale(b), out);
}
static inline Status numeric_add(
    const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error) {
    return numeric_add_small(a, b, out) ? OK : numeric_add_general(a, b, arena, out, error);
}
static inline Status numeric_subtract(
    const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error) {
    return numeric_subtract_small(a, b, out) ? OK : numeric_subtract_general(a, b, arena, out, error);
}
static inline Status numeric_multiply(
    const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error) {
    return numeric_multiply_small(a, b, out) ? OK : numeric_multiply_general(a, b, arena, out, error);
}
/* < 0, 0, > 0; NaN is greatest and equal to itself. */
static inline int numeric_compare(const Numeric *a, const Numeric *b) {
    if (numeric_is_alike(a, b)) {
        __int128 x = numeric_small_mantissa(a), y = numeric_small_mantissa(b);
        return (x > y) - (x < y);
    }
    return numeric_compare_general(a, b);
}

/* With PostgreSQL's choice of the result's scale: at least 16 significant digits. 22012 for a zero divisor.
 */
Status numeric_divide(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error);
/* The integral quotient, cut toward zero. */
Status numeric_div(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error);
Status numeric_modulo(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error);
Numeric numeric_negate(const Numeric *a, Arena *arena);
Numeric numeric_abs(const Numeric *a, Arena *arena);
int numeric_sign(const Numeric *a); /* of a number or an infinity; 0 for NaN */
/* Half away from zero, toward zero; a negative scale rounds before the point. */
Status numeric_round(const Numeric *a, int scale, Arena *arena, Numeric *out, Error *error);
Status numeric_truncate(const Numeric *a, int scale, Arena *arena, Numeric *out, Error *error);
/* As numeric_round, for any scale up to NUMERIC_SCALE_MAX: PostgreSQL's round() goes to 2000 only. */
Status numeric_rescale(const Numeric *a, int scale, Arena *arena, Numeric *out, Error *error);
Status numeric_ceil(const Numeric *a, Arena *arena, Numeric *out, Error *error);
Status numeric_floor(const Numeric *a, Arena *arena, Numeric *out, Error *error);
int numeric_scale(const Numeric *a);     /* display scale of a finite value */
int numeric_min_scale(const Numeric *a); /* least scale that shows it all */
Numeric numeric_trim_scale(const Numeric *a, Arena *arena);
Status numeric_gcd(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error);
Status numeric_lcm(const Numeric *a, const Numeric *b, Arena *arena, Numeric *out, Error *error);
/* The variance, or its root, of count values with the given sum and sum of squares: PostgreSQL's scales. */
Status numeric_variance(int64_t count, const Numeric *sum, const Numeric *sum_of_squares, bool is_sample,
    bool is_root, Arena *arena, Numeric *out, Error *error);

/* numeric_math.c */
Status numeric_sqrt(const Numeric *a, Arena *arena, Numeric *out, Error *error);
Status numeric_exp(const Numeric *a, Arena *arena, Numeric *out, Error *error);
Status numeric_ln(const Numeric *a, Arena *arena, Numeric *out, Error *error);
Status numeric_log(const Numeric *base, const Numeric *a, Arena *arena, Numeric *out, Error *error);
Status numeric_power(const Numeric *base, const Numeric *exponent, Arena *arena, Numeric *out, Error *error);
Status numeric_factorial(int64_t n, Arena *arena, Numeric *out, Error *error);

/* numeric_text.c */
Status numeric_parse(const char *text, size_t length, Arena *arena, Numeric *out, Error *error);
void numeric_format(const Numeric *a, Text *out);
/* Rounds to the typmod's scale; 22003 "numeric field overflow" beyond its precision. */
Status numeric_apply_modifier(const Numeric *a, int32_t modifier, Arena *arena, Numeric *out, Error *error);
void numeric_add_key(const Numeric *a, Text *out);

/* numeric_convert.c: rounds half away from zero into [min, max]; type_name stands in the error ("integer out
   of range"). */
Status numeric_to_integer(
    const Numeric *a, int64_t min, int64_t max, const char *type_name, int64_t *out, Error *error);
double numeric_to_float8(const Numeric *a);
Numeric numeric_from_float8(double value, Arena *arena);
Numeric numeric_from_float4(float value, Arena *arena);
Numeric numeric_from_int128(__int128 value, int scale, Arena *arena);

#endif
