/* Types: names, oids, and text and binary forms of the simple types. */
#include "executor/types/type.h"

#include <check.h>
#include <string.h>

#include "executor/types/character.h"

static void check_text(const char *type_name, int modifier, const char *in, const char *expected) {
    Arena *arena = arena_create();
    Type type = type_of(type_by_name(type_name));
    type.modifier = modifier;
    Datum datum, back;
    Error error = {0};
    Text text = {0}, wire = {0};
    Status status = datum_parse(type, in, strlen(in), &type_settings_default, arena, &datum, &error);
    if (status != OK) {
        text_printf(&text, "%s %s", status_sqlstate(status), error.message);
    } else {
        datum_format(type, &datum, &type_settings_default, &text);
        datum_send(type, &datum, &type_settings_default, &wire);
        ck_assert_int_eq(datum_receive(type, text_string(&wire), wire.length, &type_settings_default, arena,
                             &back, &error),
            OK);
        ck_assert_msg(
            datum_is_identical(type_layout(type), &datum, &back), "%s %s by the wire", type_name, in);
        ck_assert_int_eq(datum_compare(type, &datum, &back), 0);
    }
    ck_assert_msg(strcmp(text_string(&text), expected) == 0, "%s '%s': %s, not %s", type_name, in, expected,
        text_string(&text));
    error_clear(&error);
    text_free(&text);
    text_free(&wire);
    arena_destroy(arena);
}

START_TEST(texts) {
    static const struct {
        const char *type;
        int modifier;
        const char *in, *expected;
    } rows[] = {
        {"bool", -1, " YES ", "t"},
        {"bool", -1, "of", "f"},
        {"bool", -1, "o", "22P02 invalid input syntax for type boolean: \"o\""},
        {"int2", -1, "-32768", "-32768"},
        {"int2", -1, "32768", "22003 value \"32768\" is out of range for type smallint"},
        {"int4", -1, " +7 ", "7"},
        {"int4", -1, "7.0", "22P02 invalid input syntax for type integer: \"7.0\""},
        {"int8", -1, "-9223372036854775808", "-9223372036854775808"},
        {"int8", -1, "9223372036854775808",
            "22003 value \"9223372036854775808\" is out of range for type bigint"},
        {"float8", -1, "1e23", "9.999999999999999e+22"},
        {"float8", -1, "0.1", "0.1"},
        {"float8", -1, "123456789012345", "123456789012345"},
        {"float8", -1, "1e15", "1e+15"},
        {"float8", -1, "0.0001", "0.0001"},
        {"float8", -1, "0.00001", "1e-05"},
        {"float8", -1, "-0", "-0"},
        {"float8", -1, " inf ", "Infinity"},
        {"float8", -1, "5e-324", "5e-324"},
        {"float8", -1, "1e400", "22003 \"1e400\" is out of range for type double precision"},
        {"float8", -1, "1x", "22P02 invalid input syntax for type double precision: \"1x\""},
        {"float4", -1, "3.4e38", "3.4e+38"},
        {"float4", -1, "1e6", "1e+06"},
        {"float4", -1, "16777216", "1.6777216e+07"},
        {"float4", -1, "1e40", "22003 \"1e40\" is out of range for type real"},
        {"text", -1, "hällo", "hällo"},
        {"text", -1, "\xff", "22021 invalid byte sequence for encoding \"UTF8\": 0xff"},
        {"varchar", 7, "abc  ", "abc"},
        {"varchar", 7, "äöüx", "22001 value too long for type character varying(3)"},
        {"bpchar", 9, "äb", "äb   "},
        {"bytea", -1, "\\x00fF 10", "\\x00ff10"},
        {"bytea", -1, "a\\000\\\\b", "\\x61005c62"},
        {"bytea", -1, "\\x0", "22023 invalid hexadecimal data: odd number of digits"},
        {"uuid", -1, "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
        {"uuid", -1, "a0eebc99", "22P02 invalid input syntax for type uuid: \"a0eebc99\""},
        {"oid", -1, "4294967295", "4294967295"},
        {"oid", -1, "-1", "4294967295"},
        {"regclass", -1, "0", "-"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_text(rows[i].type, rows[i].modifier, rows[i].in, rows[i].expected);
}
END_TEST

START_TEST(names) {
    ck_assert_int_eq(type_by_name("int"), TYPE_INT4);
    ck_assert_int_eq(type_by_name("double precision"), TYPE_FLOAT8);
    ck_assert_int_eq(type_by_name("nothing"), TYPE_UNKNOWN);
    for (int id = TYPE_BOOL; id < TYPE_COUNT; id++) {
        ck_assert_int_eq(type_by_name(type_pg_name((TypeId)id)), id);
        ck_assert(type_is_same(type_from_oid(type_oid(type_of((TypeId)id))), type_of((TypeId)id)));
    }
    ck_assert(type_is_same(type_from_oid(1007), type_array_of(TYPE_INT4)));
    Text text = {0};
    type_add_name((Type){TYPE_NUMERIC, true, numeric_modifier(10, -2)}, &text);
    text_add_char(&text, ' ');
    type_add_name((Type){TYPE_TIMESTAMPTZ, false, 3}, &text);
    ck_assert_str_eq(text_string(&text), "numeric(10,-2)[] timestamp(3) with time zone");
    text_free(&text);
}
END_TEST

START_TEST(utf8) {
    size_t bad = 99;
    ck_assert(
        utf8_is_valid("plain ascii of some length, ä€😀", strlen("plain ascii of some length, ä€😀"), &bad));
    static const char *const wrong[] = {"12345678\xc0\x80", "12345678\xed\xa0\x80",
        "12345678\xf4\x90\x80\x80", "12345678\xe2\x82", "12345678\x80"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert(!utf8_is_valid(wrong[i], strlen(wrong[i]), &bad));
        ck_assert_uint_eq(bad, 8);
    }
    ck_assert(!utf8_is_valid("1234567\0", 8, &bad));
    ck_assert_uint_eq(bad, 7);
    ck_assert_uint_eq(utf8_prefix("ä€x", 6, 2), 5);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("type");
    TCase *cases = tcase_create("type");
    tcase_add_test(cases, texts);
    tcase_add_test(cases, names);
    tcase_add_test(cases, utf8);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
