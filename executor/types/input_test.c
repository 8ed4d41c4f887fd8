/* Texts of dates, times, intervals, json and arrays against recorded answers of PostgreSQL 15 in the time
   zone Europe/Vienna. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "executor/types/type.h"

static const struct {
    const char *type;
    int modifier;
    const char *text;
    const char *expected; /* the output's text, or "SQLSTATE: message" */
} inputs[] = {
#define INPUT(type, modifier, text, expected) {type, modifier, text, expected},
#include "executor/types/test/recorded_inputs.def"
#undef INPUT
};

static Type type_named(const char *name) {
    char copy[64];
    size_t length = strlen(name);
    bool is_array = length > 2 && name[length - 1] == ']';
    length -= is_array ? 2 : 0;
    memcpy(copy, name, length);
    copy[length] = 0;
    return is_array ? type_array_of(type_by_name(copy)) : type_of(type_by_name(copy));
}

START_TEST(test_inputs) {
    TypeSettings settings = type_settings_default;
    settings.time_zone = "Europe/Vienna";
    Arena *arena = arena_create();
    Text out = {0}, wire = {0};
    Error error = {0};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        Type type = type_named(inputs[i].type);
        type.modifier = inputs[i].modifier;
        Datum datum, back;
        Status status =
            datum_parse(type, inputs[i].text, strlen(inputs[i].text), &settings, arena, &datum, &error);
        text_reset(&out);
        text_reset(&wire);
        if (status != OK) {
            text_printf(&out, "%s: %s", status_sqlstate(status), error.message);
        } else {
            datum_format(type, &datum, &settings, &out);
            datum_send(type, &datum, &settings, &wire);
            ck_assert_int_eq(
                datum_receive(type, text_string(&wire), wire.length, &settings, arena, &back, &error), OK);
            ck_assert_msg(datum_is_identical(type_layout(type), &datum, &back), "%s: wire form differs",
                inputs[i].text);
        }
        ck_assert_msg(strcmp(text_string(&out), inputs[i].expected) == 0, "%s '%s' = %s, not %s",
            inputs[i].type, inputs[i].text, text_string(&out), inputs[i].expected);
    }
    text_free(&out);
    text_free(&wire);
    error_clear(&error);
    arena_destroy(arena);
}
END_TEST

/* Equal values are the same key bytes and compare equal. */
START_TEST(test_equal_values) {
    static const char *const pairs[][3] = {
        {"jsonb", "{\"a\": [1.0, 2]}", "{\"a\": [1, 2.00]}"},
        {"interval", "1 month", "30 days"},
        {"interval", "1 day", "24:00"},
        {"jsonb", "{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}"},
        {"numeric[]", "{1.0,2}", "{1,2.0}"},
    };
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        Type type = type_named(pairs[i][0]);
        Datum a, b;
        Text x = {0}, y = {0};
        ck_assert_int_eq(
            datum_parse(type, pairs[i][1], strlen(pairs[i][1]), &type_settings_default, arena, &a, NULL), OK);
        ck_assert_int_eq(
            datum_parse(type, pairs[i][2], strlen(pairs[i][2]), &type_settings_default, arena, &b, NULL), OK);
        ck_assert_int_eq(datum_compare(type, &a, &b), 0);
        datum_add_key(type, &a, &x);
        datum_add_key(type, &b, &y);
        ck_assert_uint_eq(x.length, y.length);
        ck_assert_mem_eq(x.bytes, y.bytes, x.length);
        text_free(&x);
        text_free(&y);
    }
    arena_destroy(arena);
}
END_TEST

/* jsonb's order, least first: null, strings, numbers, booleans, arrays, objects; an empty array below every
   scalar. */
START_TEST(test_jsonb_order) {
    static const char *const ordered[] = {"[]", "null", "\"a\"", "\"b\"", "-1", "1.5", "2", "false", "true",
        "[1]", "[1, 2]", "{}", "{\"a\": 1}"};
    Arena *arena = arena_create();
    Datum data[sizeof ordered / sizeof *ordered];
    int count = (int)(sizeof ordered / sizeof *ordered);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(datum_parse(type_of(TYPE_JSONB), ordered[i], strlen(ordered[i]),
                             &type_settings_default, arena, &data[i], NULL),
            OK);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < count; k++) {
            int order = datum_compare(type_of(TYPE_JSONB), &data[i], &data[k]);
            ck_assert_msg(
                (order > 0) - (order < 0) == (i > k) - (i < k), "%s and %s", ordered[i], ordered[k]);
        }
    arena_destroy(arena);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("input");
    TCase *tests = tcase_create("input");
    tcase_add_test(tests, test_inputs);
    tcase_add_test(tests, test_equal_values);
    tcase_add_test(tests, test_jsonb_order);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
