/* numeric: text and binary form, typmod, canonical key, and the type's record. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "executor/base/memory.h"
#include "executor/types/key.h"
#include "executor/types/number/numeric_big.h"
#include "executor/types/operations.h"

static Status syntax_error(const char *text, size_t length, Error *error) {
    return type_syntax_error(type_of(TYPE_NUMERIC), text, length, error);
}

/* Sign, digits with or without a point, exponent, as found in the text. */
typedef struct Literal {
    bool is_negative;
    const char *digits; /* with at most one point among them */
    size_t length;
    int digit_count;
    int fraction_count;
    long exponent;
} Literal;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Reads a number that ends at `end` or before blanks; false when it isn't one. */
static bool read_literal(const char *cursor, const char *end, Literal *literal) {
    *literal = (Literal){0};
    if (cursor < end && (*cursor == '-' || *cursor == '+'))
        literal->is_negative = *cursor++ == '-';
    literal->digits = cursor;
    bool has_point = false;
    for (; cursor < end && (is_digit(*cursor) || (*cursor == '.' && !has_point)); cursor++) {
        if (*cursor == '.') {
            has_point = true;
        } else {
            literal->digit_count++;
            literal->fraction_count += has_point;
        }
    }
    literal->length = (size_t)(cursor - literal->digits);
    if (literal->digit_count == 0)
        return false;
    if (cursor < end && (*cursor == 'e' || *cursor == 'E')) {
        cursor++;
        bool is_negative = cursor < end && *cursor == '-';
        if (cursor < end && (*cursor == '-' || *cursor == '+'))
            cursor++;
        if (cursor == end || !is_digit(*cursor))
            return false;
        for (; cursor < end && is_digit(*cursor); cursor++)
            if (literal->exponent < INT_MAX)
                literal->exponent = literal->exponent * 10 + (*cursor - '0');
        if (is_negative)
            literal->exponent = -literal->exponent;
    }
    while (cursor < end && is_space(*cursor))
        cursor++;
    return cursor == end;
}

static void read_mantissa(const Literal *literal, mpz_t out) {
    char *digits = memory_allocate((size_t)literal->digit_count + 1);
    int count = 0;
    for (size_t i = 0; i < literal->length; i++)
        if (literal->digits[i] != '.')
            digits[count++] = literal->digits[i];
    digits[count] = 0;
    mpz_set_str(out, digits, 10);
    if (literal->is_negative)
        mpz_neg(out, out);
    memory_free(digits);
}

static Status make_literal(const Literal *literal, Arena *arena, Numeric *out, Error *error) {
    int64_t scale = (int64_t)literal->fraction_count - literal->exponent;
    if (literal->digit_count <= 33 && scale >= 0) {
        const size_t narrow = 18; /* so many digits fit 64 bits */
        uint64_t head = 0;
        size_t i = 0;
        for (; i < literal->length && i < narrow; i++)
            if (literal->digits[i] != '.')
                head = head * 10 + (uint64_t)(literal->digits[i] - '0');
        __int128 mantissa = head;
        for (; i < literal->length; i++)
            if (literal->digits[i] != '.')
                mantissa = mantissa * 10 + (literal->digits[i] - '0');
        if (scale <= NUMERIC_SMALL_SCALE_MAX &&
            numeric_make_small(literal->is_negative ? -mantissa : mantissa, (int)scale, out))
            return OK;
    }
    if (labs(literal->exponent) >= INT_MAX / 2 || scale > NUMERIC_SCALE_MAX)
        return numeric_overflow(error);
    Big big;
    big_init(&big);
    read_mantissa(literal, big.mantissa);
    Status status = OK;
    if (scale < 0 && mpz_sgn(big.mantissa) != 0) {
        if (mpz_digits(big.mantissa) - scale > NUMERIC_INTEGER_DIGITS_MAX) {
            status = numeric_overflow(error);
        } else {
            mpz_t power;
            mpz_init(power);
            mpz_ten_to(power, -scale);
            mpz_mul(big.mantissa, big.mantissa, power);
            mpz_clear(power);
        }
    }
    big.scale = scale < 0 ? 0 : (int)scale;
    if (status == OK)
        status = big_store(&big, arena, out, error);
    big_clear(&big);
    return status;
}

/* Takes the word, in any case, when the text begins with it. */
static bool take_word(const char **cursor, const char *end, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(end - *cursor) < length || strncasecmp(*cursor, word, length) != 0)
        return false;
    *cursor += length;
    return true;
}

/* The tag of NaN, infinity or inf with a sign, blanks after it allowed; 0 when it is none of these. */
static int read_special(const char *cursor, const char *end) {
    int tag = 0;
    if (take_word(&cursor, end, "nan"))
        tag = NUMERIC_NAN;
    else {
        bool is_negative = cursor < end && *cursor == '-';
        if (cursor < end && (*cursor == '-' || *cursor == '+'))
            cursor++;
        if (take_word(&cursor, end, "infinity") || take_word(&cursor, end, "inf"))
            tag = is_negative ? NUMERIC_MINUS_INFINITY : NUMERIC_PLUS_INFINITY;
    }
    while (cursor < end && is_space(*cursor))
        cursor++;
    return cursor == end ? tag : 0;
}

Status numeric_parse(const char *text, size_t length, Arena *arena, Numeric *out, Error *error) {
    const char *begin = text, *end = text + length;
    while (begin < end && is_space(*begin))
        begin++;
    Literal literal;
    if (read_literal(begin, end, &literal))
        return make_literal(&literal, arena, out, error);
    int tag = read_special(begin, end);
    if (tag == 0)
        return syntax_error(text, length, error);
    *out = numeric_special(tag);
    return OK;
}

/* Sign, and the digits with the point put before the last `scale`. */
static void lay_out(bool is_negative, const char *digits, size_t count, int scale, Text *out) {
    size_t zeros = count <= (size_t)scale ? (size_t)scale + 1 - count : 0;
    char *begin = text_reserve(out, 2 + zeros + count), *to = begin;
    if (is_negative)
        *to++ = '-';
    size_t whole = zeros + count - (size_t)scale;
    for (size_t i = 0; i < zeros; i++) {
        if (i == whole)
            *to++ = '.';
        *to++ = '0';
    }
    if (zeros == 0) {
        memcpy(to, digits, whole);
        to += whole;
        digits += whole;
        count -= whole;
        if (scale > 0)
            *to++ = '.';
    } else if (zeros == whole) {
        *to++ = '.';
    }
    memcpy(to, digits, count);
    to += count;
    *to = 0;
    out->length += (size_t)(to - begin);
}

static void format_small(const Numeric *n, Text *out) {
    char digits[40];
    size_t at = sizeof digits;
    __int128 mantissa = numeric_small_mantissa(n);
    unsigned __int128 rest = mantissa < 0 ? -(unsigned __int128)mantissa : (unsigned __int128)mantissa;
    const uint64_t chunk = 10000000000000000000u;
    while (rest > UINT64_MAX) {
        uint64_t part = (uint64_t)(rest % chunk);
        rest /= chunk;
        for (int i = 0; i < 19; i++, part /= 10)
            digits[--at] = (char)('0' + part % 10);
    }
    uint64_t part = (uint64_t)rest;
    do
        digits[--at] = (char)('0' + part % 10);
    while ((part /= 10) != 0);
    lay_out(mantissa < 0, digits + at, sizeof digits - at, numeric_small_scale(n), out);
}

void numeric_format(const Numeric *a, Text *out) {
    switch (numeric_tag(a)) {
    case NUMERIC_SMALL:
        format_small(a, out);
        return;
    case NUMERIC_NAN:
        text_add_string(out, "NaN");
        return;
    case NUMERIC_PLUS_INFINITY:
        text_add_string(out, "Infinity");
        return;
    case NUMERIC_MINUS_INFINITY:
        text_add_string(out, "-Infinity");
        return;
    }
    Big big;
    big_load(&big, a);
    bool is_negative = mpz_sgn(big.mantissa) < 0;
    mpz_abs(big.mantissa, big.mantissa);
    char *digits = memory_allocate(mpz_sizeinbase(big.mantissa, 10) + 2);
    mpz_get_str(digits, 10, big.mantissa);
    lay_out(is_negative, digits, strlen(digits), big.scale, out);
    memory_free(digits);
    big_clear(&big);
}

Status numeric_apply_modifier(const Numeric *a, int32_t modifier, Arena *arena, Numeric *out, Error *error) {
    *out = *a;
    if (modifier < 4 || numeric_is_nan(a))
        return OK;
    int precision = numeric_modifier_precision(modifier), scale = numeric_modifier_scale(modifier),
        digits_max = precision - scale;
    if (!numeric_is_finite(a)) {
        error_set(error, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow");
        return error == NULL
                   ? STATUS_NUMERIC_VALUE_OUT_OF_RANGE
                   : error_detail(error, "A field with precision %d, scale %d cannot hold an infinite value.",
                         precision, scale);
    }
    TRY(numeric_round(a, scale, arena, out, error));
    Big big;
    big_load(&big, out);
    bool is_over = mpz_sgn(big.mantissa) != 0 && mpz_digits(big.mantissa) - big.scale > digits_max;
    big_clear(&big);
    if (!is_over)
        return OK;
    error_set(error, STATUS_NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow");
    if (error == NULL)
        return STATUS_NUMERIC_VALUE_OUT_OF_RANGE;
    if (digits_max == 0)
        return error_detail(error,
            "A field with precision %d, scale %d must round to an absolute value less than 1.", precision,
            scale);
    return error_detail(error,
        "A field with precision %d, scale %d must round to an absolute value less than 10^%d.", precision,
        scale, digits_max);
}

void numeric_add_key(const Numeric *a, Text *out) {
    static const uint8_t tags[] = {
        [NUMERIC_NAN] = KEY_NUMERIC_NAN,
        [NUMERIC_PLUS_INFINITY] = KEY_NUMERIC_PLUS_INFINITY,
        [NUMERIC_MINUS_INFINITY] = KEY_NUMERIC_MINUS_INFINITY,
    };
    if (!numeric_is_finite(a)) {
        text_add_u8(out, tags[numeric_tag(a)]);
        return;
    }
    Arena *arena = numeric_tag(a) == NUMERIC_LARGE ? arena_create() : NULL;
    Numeric trimmed = numeric_trim_scale(a, arena);
    if (numeric_tag(&trimmed) == NUMERIC_SMALL && numeric_small_scale(&trimmed) == 0 &&
        numeric_small_mantissa(&trimmed) == (int64_t)numeric_small_mantissa(&trimmed)) {
        key_add_integer(out, (int64_t)trimmed.low);
    } else {
        text_add_u8(out, KEY_NUMERIC);
        if (numeric_tag(&trimmed) == NUMERIC_SMALL) {
            text_add_u8(out, 0);
            text_add_u64(out, trimmed.low);
            text_add_u64(out, trimmed.high);
        } else {
            text_add_u8(out, 1);
            key_add_bytes(out, (const char *)(uintptr_t)trimmed.low, (uint32_t)trimmed.high);
        }
    }
    arena_destroy(arena);
}

static Status parse(Type type, const char *text, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    Numeric value;
    TRY(numeric_parse(text, length, arena, &value, error));
    return numeric_apply_modifier(&value, type.modifier, arena, &out->numeric, error);
}

static void format(Type type, const void *element, const TypeSettings *settings, Text *out) {
    numeric_format(element, out);
}

/* Signs of the wire form. */
enum {
    WIRE_POSITIVE = 0,
    WIRE_NEGATIVE = 0x4000,
    WIRE_NAN = 0xc000,
    WIRE_PLUS_INFINITY = 0xd000,
    WIRE_MINUS_INFINITY = 0xf000
};
enum {
    WIRE_HEADER = 8,
    WIRE_BASE = 10000,
    WIRE_INFINITY_SCALE = 0x20
}; /* the last is what PostgreSQL happens to send */

static Status receive_digits(const char *bytes, int count, int weight, bool is_negative, int scale,
    Arena *arena, Numeric *out, Error *error) {
    Big big;
    big_init(&big);
    Status status = OK;
    for (int i = 0; i < count && status == OK; i++) {
        int digit = (int16_t)wire_u16(bytes + 2 * i);
        if (digit < 0 || digit >= WIRE_BASE)
            status = error_set(
                error, STATUS_INVALID_BINARY_REPRESENTATION, "invalid digit in external \"numeric\" value");
        mpz_mul_ui(big.mantissa, big.mantissa, WIRE_BASE);
        mpz_add_ui(big.mantissa, big.mantissa, (unsigned long)digit);
    }
    int64_t shift = 4 * ((int64_t)weight - count + 1);
    if (shift > 0 && count > 0) {
        mpz_t power;
        mpz_init(power);
        mpz_ten_to(power, shift);
        mpz_mul(big.mantissa, big.mantissa, power);
        mpz_clear(power);
    }
    big.scale = shift < 0 ? (int)-shift : 0;
    if (is_negative)
        mpz_neg(big.mantissa, big.mantissa);
    big_truncate(&big, scale);
    if (status == OK)
        status = big_store(&big, arena, out, error);
    big_clear(&big);
    return status;
}

static Status receive(Type type, const char *bytes, size_t length, const TypeSettings *settings, Arena *arena,
    Datum *out, Error *error) {
    if (length < WIRE_HEADER)
        return type_binary_short(error);
    int count = wire_u16(bytes), weight = (int16_t)wire_u16(bytes + 2), sign = wire_u16(bytes + 4),
        scale = wire_u16(bytes + 6);
    if (length < WIRE_HEADER + 2 * (size_t)count)
        return type_binary_short(error);
    if (length > WIRE_HEADER + 2 * (size_t)count)
        return type_binary_error(error);
    if (scale > NUMERIC_SCALE_MAX)
        return error_set(
            error, STATUS_INVALID_BINARY_REPRESENTATION, "invalid scale in external \"numeric\" value");
    Numeric value;
    if (sign == WIRE_NAN)
        value = numeric_special(NUMERIC_NAN);
    else if (sign == WIRE_PLUS_INFINITY || sign == WIRE_MINUS_INFINITY)
        value = numeric_infinity(sign == WIRE_PLUS_INFINITY ? 1 : -1);
    else if (sign == WIRE_POSITIVE || sign == WIRE_NEGATIVE)
        TRY(receive_digits(
            bytes + WIRE_HEADER, count, weight, sign == WIRE_NEGATIVE, scale, arena, &value, error));
    else
        return error_set(
            error, STATUS_INVALID_BINARY_REPRESENTATION, "invalid sign in external \"numeric\" value");
    return numeric_apply_modifier(&value, type.modifier, arena, &out->numeric, error);
}

static void send_header(int count, int weight, int sign, int scale, Text *out) {
    wire_add_u16(out, (uint16_t)count);
    wire_add_u16(out, (uint16_t)weight);
    wire_add_u16(out, (uint16_t)sign);
    wire_add_u16(out, (uint16_t)scale);
}

static void send(Type type, const void *element, const TypeSettings *settings, Text *out) {
    const Numeric *n = element;
    if (!numeric_is_finite(n)) {
        int tag = numeric_tag(n);
        send_header(0, 0,
            tag == NUMERIC_NAN             ? WIRE_NAN
            : tag == NUMERIC_PLUS_INFINITY ? WIRE_PLUS_INFINITY
                                           : WIRE_MINUS_INFINITY,
            tag == NUMERIC_NAN ? 0 : WIRE_INFINITY_SCALE, out);
        return;
    }
    Big big;
    big_load(&big, n);
    int scale = big.scale, sign = mpz_sgn(big.mantissa) < 0 ? WIRE_NEGATIVE : WIRE_POSITIVE;
    big_round(&big, (scale + 3) / 4 * 4);
    mpz_abs(big.mantissa, big.mantissa);
    int capacity = (int)(mpz_sizeinbase(big.mantissa, 10) / 4) + 2, count = 0, low = -big.scale / 4;
    uint16_t *digits = NEW_ARRAY(uint16_t, capacity); /* least first, without trailing zeros */
    while (mpz_sgn(big.mantissa) != 0) {
        uint16_t digit = (uint16_t)mpz_tdiv_q_ui(big.mantissa, big.mantissa, WIRE_BASE);
        if (digit == 0 && count == 0)
            low++;
        else
            digits[count++] = digit;
    }
    send_header(count, count == 0 ? 0 : low + count - 1, sign, scale, out);
    while (count > 0)
        wire_add_u16(out, digits[--count]);
    memory_free(digits);
    big_clear(&big);
}

static int compare(Type type, const void *a, const void *b) {
    return numeric_compare(a, b);
}

static void add_key(Type type, const void *element, Text *out) {
    numeric_add_key(element, out);
}

const TypeOperations numeric_operations = {parse, format, receive, send, compare, add_key};
