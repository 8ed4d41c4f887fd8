/* numeric: exact decimals, PostgreSQL's semantics and scale rules. */
#ifndef LEAT_TYPES_NUMERIC_H
#define LEAT_TYPES_NUMERIC_H

#include <stdbool.h>
#include <stdint.h>

#include "executor/base/arena.h"
#include "executor/base/error.h"
#include "executor/base/text.h"

/* 16 bytes. Small: mantissa / 10^scale with a signed 112-bit mantissa (low, and the low 48 bits of high) and a scale of 0 … 255 in
   bits 48 … 55 of high; tag (bits 56 … 63 of high) 0. Zero bytes are 0. The display scale is the scale. Large: low is a pointer to
   position-independent bytes whose length is the low 32 bits of high. A value that fits the small form is always small, so that
   identical values have identical bytes. */
typedef struct Numeric {
    uint64_t low;
    uint64_t high;
} Numeric;

enum { NUMERIC_SMALL = 0, NUMERIC_LARGE = 1, NUMERIC_NAN = 2, NUMERIC_PLUS_INFINITY = 3, NUMERIC_MINUS_INFINITY = 4 };

static inline int numeric_tag(const Numeric *n) {
    return (int)(n->high >> 56);
}
static inline int numeric_small_scale(const Numeric *n) {
    return (int)(n->high >> 48 & 255);
}
static inline __int128 numeric_small_mantissa(const Numeric *n) {
    return (__int128)((int64_t)(n->high << 16) >> 16) << 64 | n->low;
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

#endif
