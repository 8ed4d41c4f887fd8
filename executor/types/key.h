/* Canonical keys: the bytes that stand for a value wherever SQL equality decides (grouping, joining, shards).
   Part of the disk format.

   Integers of every width, oid and integral numerics within int64 are the tag KEY_INTEGER and eight
   little-endian bytes; other numerics have tags of their own, so the first byte tells the length and no
   encoding is another's beginning. */
#ifndef LEAT_TYPES_KEY_H
#define LEAT_TYPES_KEY_H

#include "executor/base/text.h"

enum {
    KEY_INTEGER = 0,
    KEY_NUMERIC = 1,
    KEY_NUMERIC_NAN = 2,
    KEY_NUMERIC_PLUS_INFINITY = 3,
    KEY_NUMERIC_MINUS_INFINITY = 4
};
enum { KEY_INTEGER_BYTES = 9 };

static inline void key_write_integer(char *to, int64_t value) {
    to[0] = KEY_INTEGER;
    __builtin_memcpy(to + 1, &value, sizeof value);
}
static inline void key_add_integer(Text *out, int64_t value) {
    char *to = text_reserve(out, KEY_INTEGER_BYTES);
    key_write_integer(to, value);
    out->length += KEY_INTEGER_BYTES;
}
/* -0 becomes 0, every NaN the same one; eight bytes. float4 is widened first. */
static inline void key_add_float8(Text *out, double value) {
    uint64_t bits;
    value = value == 0 ? 0 : value;
    __builtin_memcpy(&bits, &value, sizeof bits);
    text_add_u64(out, value != value ? 0x7ff8000000000000u : bits);
}
/* u32 length, bytes. */
static inline void key_add_bytes(Text *out, const char *bytes, uint32_t length) {
    text_add_bytes(out, bytes, length);
}

#endif
