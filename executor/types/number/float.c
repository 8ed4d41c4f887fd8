/* real, double precision: text and binary form. */
#include "executor/types/number/float.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "executor/base/memory.h"
#include "executor/types/key.h"
#include "executor/types/operations.h"
#include "executor/types/number/shortest.h"

/* Lays digits and decimal exponent out: plain from 1e-4 up to below 10^plain_max, else scientific with two
   exponent digits at least. */
static size_t lay_out(const char *digits, int count, int exponent, int plain_max, char *out) {
    char *to = out;
    if (exponent < -4 || exponent >= plain_max) {
        *to++ = digits[0];
        if (count > 1) {
            *to++ = '.';
            memcpy(to, digits + 1, (size_t)count - 1);
            to += count - 1;
        }
        return (size_t)(to - out) + (size_t)sprintf(to, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
    }
    if (exponent < 0) {
        memcpy(to, "0.0000", (size_t)(1 - exponent));
        to += 1 - exponent;
        memcpy(to, digits, (size_t)count);
        return (size_t)(to + count - out);
    }
    for (int i = 0; i <= exponent || i < count; i++) {
        if (i == exponent + 1)
            *to++ = '.';
        *to++ = i < count ? digits[i] : '0';
    }
    return (size_t)(to - out);
}

static size_t write_special(double value, char *out) {
    const char *text = isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    memcpy(out, text, strlen(text));
    return strlen(text);
}

/* "d.ddde-xx" as an integer and the decimal exponent of its unit. */
static uint64_t read_scientific(const char *scientific, int *power) {
    uint64_t digits = 0;
    int fraction_count = -1;
    for (; *scientific != 'e'; scientific++)
        if (*scientific != '.') {
            digits = digits * 10 + (uint64_t)(*scientific - '0');
            fraction_count++;
        }
    *power = atoi(scientific + 1) - fraction_count;
    return digits;
}

/* Whether the decimal is odd * 2^twos; 5^|power| and digits together need fewer than 128 bits. */
static bool is_equal(uint64_t digits, int power, uint64_t odd, int twos) {
    unsigned __int128 five = 1;
    for (int i = 0; i < abs(power); i++)
        five *= 5;
    unsigned __int128 left = power >= 0 ? digits * five : digits, right = power >= 0 ? odd : odd * five;
    for (twos -= power; twos > 0 && (left & 1) == 0; twos--)
        left >>= 1;
    return twos == 0 && left == right;
}

/* Whether the decimal stands on the border between value's interval and a neighbour's. Readers may round it
   to either side, so PostgreSQL doesn't print it. */
static bool is_on_border(double value, int bits, const char *scientific) {
    enum { POWER_OF_FIVE_MAX = 27 }; /* a larger one doesn't divide any mantissa's double */
    int power, exponent;
    uint64_t digits = read_scientific(scientific, &power);
    if (abs(power) > POWER_OF_FIVE_MAX)
        return false;
    uint64_t mantissa = (uint64_t)ldexp(frexp(value, &exponent), bits);
    int twos = exponent - bits - 1;
    if (is_equal(digits, power, 2 * mantissa + 1, twos))
        return true;
    return mantissa == (uint64_t)1 << (bits - 1) ? is_equal(digits, power, 4 * mantissa - 1, twos - 1)
                                                 : is_equal(digits, power, 2 * mantissa - 1, twos);
}

/* Replaces a text on the border by the shortest one inside. */
static void keep_inside(double value, bool is_float4, char *scientific) {
    int bits = is_float4 ? 24 : 53;
    if (!is_on_border(value, bits, scientific))
        return;
    for (int fraction_count = 0; fraction_count < 17; fraction_count++) {
        sprintf(scientific, "%.*e", fraction_count, value);
        bool reads_back =
            is_float4 ? strtof(scientific, NULL) == (float)value : strtod(scientific, NULL) == value;
        if (reads_back && !is_on_border(value, bits, scientific))
            return;
    }
}

/* scientific: "d.ddde-xx" */
static size_t write_shortest(bool is_negative, const char *scientific, int plain_max, char *out) {
    char digits[24];
    int count = 0;
    const char *cursor = scientific;
    for (; *cursor != 'e'; cursor++)
        if (*cursor != '.')
            digits[count++] = *cursor;
    if (is_negative)
        *out++ = '-';
    return lay_out(digits, count, atoi(cursor + 1), plain_max, out) + is_negative;
}

size_t float8_write(double value, int extra_digits, char *out) {
    if (!isfinite(value))
        return write_special(value, out);
    if (extra_digits <= 0)
        return (size_t)sprintf(out, "%.*g", 15 + extra_digits < 1 ? 1 : 15 + extra_digits, value);
    if (value == 0) {
        memcpy(out, "-0", 2);
        if (signbit(value))
            return 2;
        *out = '0';
        return 1;
    }
    char scientific[32];
    shortest_double(fabs(value), scientific);
    keep_inside(fabs(value), false, scientific);
    return write_shortest(value < 0, scientific, 15, out);
}

size_t float4_write(float value, int extra_digits, char *out) {
    if (!isfinite(value) || value == 0)
        return float8_write(value, 1, out);
    if (extra_digits <= 0)
        return (size_t)sprintf(out, "%.*g", 6 + extra_digits < 1 ? 1 : 6 + extra_digits, (double)value);
    char scientific[32];
    shortest_float(fabsf(value), scientific);
    keep_inside(fabsf(value), true, scientific);
    return write_shortest(value < 0, scientific, 6, out);
}

/* A NUL-terminated copy of the text, in `local` when it fits. */
static char *terminate(const char *text, size_t length, char *local, size_t local_size) {
    char *copy = length < local_size ? local : memory_allocate(length + 1);
    if (length)
        memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

static Status parse_float(
    const char *text, size_t length, bool is_float4, const char *type_name, double *out, Error *error) {
    char local[64];
    char *copy = terminate(text, length, local, sizeof local), *begin = copy, *end;
    while (is_space(*begin))
        begin++;
    errno = 0;
    *out = is_float4 ? (double)strtof(begin, &end) : strtod(begin, &end);
    bool is_out_of_range = errno == ERANGE && (*out == 0 || isinf(*out));
    bool is_bad = end == begin || (isalpha((unsigned char)end[-1]) && strchr(begin, '(') != NULL);
    int number_length = (int)(end - begin);
    while (is_space(*end))
        end++;
    is_bad |= end != copy + length;
    Status status = OK;
    if (is_bad)
        status = error_set(error, STATUS_INVALID_TEXT_REPRESENTATION,
            "invalid input syntax for type %s: \"%.*s\"", type_name, (int)length, text);
    else if (is_out_of_range)
        status = error_set(error, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "\"%.*s\" is out of range for type %s",
            number_length, begin, type_name);
    if (copy != local)
        memory_free(copy);
    return status;
}

Status float8_parse(const char *text, size_t length, const char *type_name, double *out, Error *error) {
    return parse_float(text, length, false, type_name, out, error);
}

Status float4_parse(const char *text, size_t length, float *out, Error *error) {
    double value;
    TRY(parse_float(text, length, true, "real", &value, error));
    *out = (float)value;
    return OK;
}

static double load(Type type, const void *element) {
    return type.id == TYPE_FLOAT4 ? (double)*(const float *)element : *(const double *)element;
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (type.id == TYPE_FLOAT4)
        return float4_parse(text, length, &out->float4, error);
    return float8_parse(text, length, "double precision", &out->float8, error);
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    char *to = text_reserve(out, FLOAT_TEXT_MAX);
    if (type.id == TYPE_FLOAT4)
        out->length += float4_write(*(const float *)element, settings->extra_float_digits, to);
    else
        out->length += float8_write(*(const double *)element, settings->extra_float_digits, to);
    out->bytes[out->length] = 0;
}

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (length != layout_width(type_layout(type)))
        return type_binary_error(error);
    if (length == 4)
        out->int4 = (int32_t)wire_u32(bytes);
    else
        out->int8 = (int64_t)wire_u64(bytes);
    return OK;
}

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    if (type.id == TYPE_FLOAT4)
        wire_add_u32(out, *(const uint32_t *)element);
    else
        wire_add_u64(out, *(const uint64_t *)element);
}

static int compare(Type type, const void *a, const void *b) {
    return float8_compare(load(type, a), load(type, b));
}

static void add_key(Type type, const void *element, Text *out) {
    key_add_float8(out, load(type, element));
}

const TypeOperations float4_operations = {parse, format, receive, send, compare, add_key};
const TypeOperations float8_operations = {parse, format, receive, send, compare, add_key};
