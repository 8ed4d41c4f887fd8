/* float4 and float8: order, and text as PostgreSQL's shortest-precise output. */
#ifndef LEAT_TYPES_FLOAT_H
#define LEAT_TYPES_FLOAT_H

#include <stdbool.h>
#include <stddef.h>

#include "executor/base/error.h"

enum { FLOAT_TEXT_MAX = 40 };

/* NaN equals NaN and is greater than everything; -0 equals 0. */
static inline int float8_compare(double a, double b) {
    if (a < b)
        return -1;
    if (a > b)
        return 1;
    return (a != a) - (b != b);
}

/* Writes the text without a NUL, at most FLOAT_TEXT_MAX characters; returns how many. extra_digits above 0
   gives the shortest text that reads back as the same value, else 15 (6) digits plus extra_digits. */
size_t float8_write(double value, int extra_digits, char *out);
size_t float4_write(float value, int extra_digits, char *out);
/* As float8in and float4in. type_name stands in the error. */
Status float8_parse(const char *text, size_t length, const char *type_name, double *out, Error *error);
Status float4_parse(const char *text, size_t length, float *out, Error *error);

#endif
