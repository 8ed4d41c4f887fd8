/* Integers as text: shared by the integer types, oid and everything that prints numbers a row at a time. */
#ifndef LEAT_TYPES_INTEGER_H
#define LEAT_TYPES_INTEGER_H

#include <stddef.h>
#include <stdint.h>

enum { INTEGER_TEXT_MAX = 20 };

typedef enum IntegerParse { INTEGER_OK, INTEGER_SYNTAX, INTEGER_RANGE } IntegerParse;

/* Blanks, an optional sign, digits, blanks. RANGE when it is well formed but outside [min, max]. */
IntegerParse integer_parse(const char *text, size_t length, int64_t min, int64_t max, int64_t *out);
/* Writes decimal digits (no NUL), at most INTEGER_TEXT_MAX; returns how many. */
size_t integer_write(int64_t value, char *out);

#endif
