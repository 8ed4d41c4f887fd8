/* numeric: forms, keys, wire form and modifiers; values against each other, since recorded_test has
   PostgreSQL's answers. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "executor/types/type.h"

static Arena *arena;

static Numeric parse(const char *text) {
    Numeric n;
    Error error = {0};
    ck_assert_msg(numeric_parse(text, strlen(text), arena, &n, &error) == OK, "%s", text);
    return n;
}

static void assert_text(const Numeric *n, const char *expected) {
    Text text = {0};
    numeric_format(n, &text);
    ck_assert_str_eq(text_string(&text), expected);
    text_free(&text);
}

static bool is_identical(const Numeric *a, const Numeric *b) {
    return datum_is_identical(LAYOUT_NUMERIC, a, b);
}

/* 2^111 - 1 is the greatest small mantissa. */
START_TEST(small_and_large_meet) {
    Numeric greatest = parse("2596148429267413814265248164610047"),
            least = parse("-2596148429267413814265248164610048"), one = numeric_from_int8(1), next, back;
    ck_assert_int_eq(numeric_tag(&greatest), NUMERIC_SMALL);
    ck_assert_int_eq(numeric_tag(&least), NUMERIC_SMALL);
    ck_assert_int_eq(numeric_add(&greatest, &one, arena, &next, NULL), OK);
    ck_assert_int_eq(numeric_tag(&next), NUMERIC_LARGE);
    assert_text(&next, "2596148429267413814265248164610048");
    ck_assert_int_gt(numeric_compare(&next, &greatest), 0);
    ck_assert_int_eq(numeric_subtract(&next, &one, arena, &back, NULL), OK);
    ck_assert(is_identical(&back, &greatest));
    next = numeric_negate(&least, arena);
    assert_text(&next, "2596148429267413814265248164610048");
    back = numeric_negate(&next, arena);
    ck_assert(is_identical(&back, &least));
}
END_TEST

START_TEST(limits) {
    Numeric n;
    Error error = {0};
    ck_assert_int_eq(numeric_parse("1e131071", 8, arena, &n, &error), OK);
    Numeric ten = numeric_from_int8(10), product;
    ck_assert_int_eq(numeric_multiply(&n, &ten, arena, &product, &error), STATUS_NUMERIC_VALUE_OUT_OF_RANGE);
    ck_assert_str_eq(error.message, "value overflows numeric format");
    ck_assert_int_eq(numeric_parse("1e131072", 8, arena, &n, &error), STATUS_NUMERIC_VALUE_OUT_OF_RANGE);
    ck_assert_int_eq(numeric_parse("1e-16383", 8, arena, &n, &error), OK);
    ck_assert_int_eq(numeric_parse("1e-16384", 8, arena, &n, &error), STATUS_NUMERIC_VALUE_OUT_OF_RANGE);
    error_clear(&error);
}
END_TEST

static void add_key(const char *type, const char *text, Text *key) {
    Datum datum;
    Type of = type_of(type_by_name(type));
    ck_assert_int_eq(datum_parse(of, text, strlen(text), &type_settings_default, arena, &datum, NULL), OK);
    text_reset(key);
    datum_add_key(of, &datum, key);
}

static bool have_same_key(const char *a_type, const char *a, const char *b_type, const char *b) {
    Text x = {0}, y = {0};
    add_key(a_type, a, &x);
    add_key(b_type, b, &y);
    bool is_same = x.length == y.length && memcmp(x.bytes, y.bytes, x.length) == 0;
    text_free(&x);
    text_free(&y);
    return is_same;
}

START_TEST(keys) {
    ck_assert(have_same_key("numeric", "5.00", "int4", "5"));
    ck_assert(have_same_key("numeric", "-9223372036854775808.0", "int8", "-9223372036854775808"));
    ck_assert(have_same_key("numeric", "9223372036854775808", "numeric", "9223372036854775808.000"));
    ck_assert(have_same_key("numeric", "1.50", "numeric", "1.5"));
    ck_assert(have_same_key("numeric", "0.000", "int2", "0"));
    ck_assert(have_same_key(
        "numeric", "1e60", "numeric", "1000000000000000000000000000000000000000000000000000000000000.0"));
    ck_assert(!have_same_key("numeric", "1.5", "numeric", "15"));
    ck_assert(!have_same_key("numeric", "1.5", "numeric", "-1.5"));
    ck_assert(!have_same_key("numeric", "1e60", "numeric", "-1e60"));
    ck_assert(!have_same_key("numeric", "NaN", "numeric", "Infinity"));
    ck_assert(have_same_key("float4", "1.5", "float8", "1.5"));
    ck_assert(have_same_key("float8", "-0", "float8", "0"));
}
END_TEST

START_TEST(wire_form_returns) {
    static const char *const texts[] = {"0", "0.00", "1", "-1", "0.0001", "10000", "9999.9999",
        "-123456789.000100", "1e-20", "1e40", "-1.5e-300", "1e1000", "NaN", "Infinity", "-Infinity",
        "100000000", "0.5"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Numeric n = parse(texts[i]);
        Text wire = {0};
        Datum back;
        datum_send(type_of(TYPE_NUMERIC), &n, &type_settings_default, &wire);
        ck_assert_int_eq(datum_receive(type_of(TYPE_NUMERIC), wire.bytes, wire.length, &type_settings_default,
                             arena, &back, NULL),
            OK);
        ck_assert_msg(is_identical(&back.numeric, &n), "%s", texts[i]);
        Error error = {0};
        ck_assert_int_eq(datum_receive(type_of(TYPE_NUMERIC), wire.bytes, wire.length - 1,
                             &type_settings_default, arena, &back, &error),
            STATUS_PROTOCOL_VIOLATION);
        error_clear(&error);
        text_free(&wire);
    }
    Text wire = {0};
    Numeric n = parse("-12.345");
    datum_send(type_of(TYPE_NUMERIC), &n, &type_settings_default, &wire);
    ck_assert(wire.length == 12 && memcmp(wire.bytes, "\0\2\0\0\x40\0\0\3\0\x0c\x0d\x7a", 12) == 0);
    text_free(&wire);
}
END_TEST

START_TEST(modifiers) {
    Numeric n = parse("-1234.5678"), out;
    Error error = {0};
    ck_assert_int_eq(numeric_apply_modifier(&n, numeric_modifier(6, 2), arena, &out, &error), OK);
    assert_text(&out, "-1234.57");
    ck_assert_int_eq(numeric_apply_modifier(&n, numeric_modifier(2, -2), arena, &out, &error), OK);
    assert_text(&out, "-1200");
    ck_assert_int_eq(numeric_apply_modifier(&n, numeric_modifier(5, 2), arena, &out, &error),
        STATUS_NUMERIC_VALUE_OUT_OF_RANGE);
    ck_assert_str_eq(error.message, "numeric field overflow");
    ck_assert_str_eq(
        error.detail, "A field with precision 5, scale 2 must round to an absolute value less than 10^3.");
    n = parse("Infinity");
    ck_assert_int_eq(numeric_apply_modifier(&n, numeric_modifier(5, 2), arena, &out, &error),
        STATUS_NUMERIC_VALUE_OUT_OF_RANGE);
    ck_assert_str_eq(error.detail, "A field with precision 5, scale 2 cannot hold an infinite value.");
    error_clear(&error);
}
END_TEST

/* Random values around the border of the two forms: (a + b) - b = a, a * b / b = a, and the order agrees with
   the sign of the difference. */
START_TEST(arithmetic_agrees_with_itself) {
    unsigned seed = 7;
    for (int i = 0; i < 5000; i++) {
        Numeric values[2], sum, difference, back, product;
        for (int v = 0; v < 2; v++) {
            char text[80];
            int length = 0, digits = 1 + (int)(rand_r(&seed) % 45), point = (int)(rand_r(&seed) % 45);
            if (rand_r(&seed) & 1)
                text[length++] = '-';
            for (int d = 0; d < digits; d++) {
                if (d == point)
                    text[length++] = '.';
                text[length++] = (char)('0' + rand_r(&seed) % 10);
            }
            text[length] = 0;
            values[v] = parse(text);
        }
        ck_assert_int_eq(numeric_add(&values[0], &values[1], arena, &sum, NULL), OK);
        ck_assert_int_eq(numeric_subtract(&sum, &values[1], arena, &back, NULL), OK);
        ck_assert_int_eq(numeric_compare(&back, &values[0]), 0);
        ck_assert_int_eq(numeric_subtract(&values[0], &values[1], arena, &difference, NULL), OK);
        int order = numeric_compare(&values[0], &values[1]);
        ck_assert_int_eq((order > 0) - (order < 0), numeric_sign(&difference));
        ck_assert_int_eq(numeric_multiply(&values[0], &values[1], arena, &product, NULL), OK);
        if (numeric_sign(&values[1]) != 0) {
            ck_assert_int_eq(numeric_divide(&product, &values[1], arena, &back, NULL), OK);
            ck_assert_int_eq(numeric_compare(&back, &values[0]), 0);
        }
    }
}
END_TEST

static void start(void) {
    arena = arena_create();
}

static void stop(void) {
    arena_destroy(arena);
}

int main(void) {
    Suite *suite = suite_create("numeric");
    TCase *cases = tcase_create("numeric");
    tcase_add_checked_fixture(cases, start, stop);
    tcase_add_test(cases, small_and_large_meet);
    tcase_add_test(cases, limits);
    tcase_add_test(cases, keys);
    tcase_add_test(cases, wire_form_returns);
    tcase_add_test(cases, modifiers);
    tcase_add_test(cases, arithmetic_agrees_with_itself);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
