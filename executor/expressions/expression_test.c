/* Expressions as trees: equality, copying, text, stored form. */
#include <check.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/expressions/test/testing.h"

static Arena *arena;

static void setup(void) {
    arena = arena_create();
}
static void teardown(void) {
    arena_destroy(arena);
}

static Expression *constant(TypeId type, const char *text) {
    Value value = {.type = type_of(type)};
    ck_assert_int_eq(
        datum_parse(value.type, text, strlen(text), &type_settings_default, arena, &value.datum, NULL), OK);
    return expression_constant(arena, &value);
}

static void assert_text(const Expression *expression, const char *expected) {
    Text out = {0};
    expression_add_text(expression, (const char *const[]){"a", "b"}, &out);
    ck_assert_str_eq(text_string(&out), expected);
    text_free(&out);
}

static Expression *a_case(void) {
    Expression *a = test_column(arena, 0, TYPE_BOOL), *b = test_column(arena, 1, TYPE_TEXT);
    Expression *not =
        expression_call(arena, function_by_signature("not(bool) -> bool"), type_of(TYPE_BOOL), 1, &a);
    Expression *parts[] = {test_of(arena, EXPRESSION_AND, TYPE_BOOL, a, not ), b,
        test_of(arena, EXPRESSION_IS_NULL, TYPE_BOOL, b, NULL),
        test_text(arena, "a text longer than twelve bytes"), test_null(arena, TYPE_TEXT)};
    return expression_of(arena, EXPRESSION_CASE, type_of(TYPE_TEXT), 5, parts);
}

START_TEST(text_is_postgresqls) {
    Expression *a = test_column(arena, 0, TYPE_INT8), *b = test_column(arena, 1, TYPE_INT8);
    assert_text(test_call(arena, &test_plus, a, test_int8(arena, 1)), "(a + '1'::bigint)");
    assert_text(test_call(arena, &test_plus, a, constant(TYPE_INT4, "1")), "(a + 1)");
    assert_text(constant(TYPE_INT4, "-1"), "'-1'::integer");
    assert_text(constant(TYPE_NUMERIC, "1.50"), "1.50");
    assert_text(constant(TYPE_NUMERIC, "15"), "'15'::numeric");
    assert_text(constant(TYPE_TEXT, "it's"), "'it''s'::text");
    assert_text(constant(TYPE_BOOL, "t"), "true");
    assert_text(test_null(arena, TYPE_TEXT), "NULL::text");
    assert_text(test_of(arena, EXPRESSION_AND, TYPE_BOOL, test_call(arena, &test_under, a, b),
                    test_of(arena, EXPRESSION_IS_NOT_NULL, TYPE_BOOL, a, NULL)),
        "((a < b) AND (a IS NOT NULL))");
    assert_text(test_of(arena, EXPRESSION_NOT, TYPE_BOOL, a, NULL), "(NOT a)");
    assert_text(a_case(), "CASE WHEN (a AND not(a)) THEN b WHEN (b IS NULL) THEN 'a text longer than twelve "
                          "bytes'::text ELSE NULL::text END");
    assert_text(test_of(arena, EXPRESSION_COALESCE, TYPE_INT8, a, b), "COALESCE(a, b)");
}
END_TEST

START_TEST(copies_replace_columns) {
    Expression *a = test_column(arena, 0, TYPE_INT8), *b = test_column(arena, 1, TYPE_INT8),
               *sum = test_call(arena, &test_plus, a, b);
    Expression *copy = expression_copy(arena, sum, NULL);
    ck_assert(expression_is_equal(copy, sum));
    Expression *columns[] = {test_int8(arena, 5), NULL};
    copy = expression_copy(arena, sum, columns);
    ck_assert(!expression_is_equal(copy, sum));
    assert_text(copy, "('5'::bigint + b)");
    ck_assert_int_eq(expression_flags(copy), FUNCTION_MONOTONE);
}
END_TEST

static void assert_round_trip(Expression *expression) {
    Text stored = {0}, again = {0};
    expression_encode(expression, &stored);
    TextReader reader = {.cursor = stored.bytes, .end = stored.bytes + stored.length};
    Expression *decoded;
    Error error = {0};
    ck_assert_int_eq(expression_decode(&reader, arena, &decoded, &error), OK);
    ck_assert_ptr_eq(reader.cursor, reader.end);
    ck_assert(expression_is_equal(decoded, expression));
    expression_encode(decoded, &again);
    ck_assert(stored.length == again.length && memcmp(stored.bytes, again.bytes, stored.length) == 0);
    text_free(&stored);
    text_free(&again);
}

START_TEST(stored_form_comes_back) {
    assert_round_trip(a_case());
    assert_round_trip(test_int8(arena, INT64_MIN));
    assert_round_trip(constant(TYPE_NUMERIC, "1.50"));
    assert_round_trip(
        constant(TYPE_NUMERIC, "123456789012345678901234567890123456789012345678901234567890.5"));
    assert_round_trip(constant(TYPE_INTERVAL, "1 mon 2 days 03:00:00"));
    assert_round_trip(constant(TYPE_FLOAT8, "NaN"));
    assert_round_trip(constant(TYPE_TEXT, ""));
    assert_round_trip(constant(TYPE_UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"));
}
END_TEST

/* Every truncation and every changed byte gives an expression or an error, never a crash (the sanitizers
   watch). */
START_TEST(damage_is_an_error) {
    Text stored = {0};
    expression_encode(a_case(), &stored);
    for (size_t i = 0; i < stored.length; i++) {
        TextReader reader = {.cursor = stored.bytes, .end = stored.bytes + i};
        Expression *decoded;
        Error error = {0};
        ck_assert_int_ne(expression_decode(&reader, arena, &decoded, &error), OK);
        error_clear(&error);
        for (int bit = 0; bit < 8; bit++) {
            char *damaged = memory_copy_text(stored.bytes, stored.length);
            damaged[i] ^= (char)(1 << bit);
            reader = (TextReader){.cursor = damaged, .end = damaged + stored.length};
            if (expression_decode(&reader, arena, &decoded, &error) == OK)
                ck_assert_ptr_nonnull(decoded);
            error_clear(&error);
            memory_free(damaged);
        }
    }
    text_free(&stored);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("expression");
    TCase *tests = tcase_create("expression");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, text_is_postgresqls);
    tcase_add_test(tests, copies_replace_columns);
    tcase_add_test(tests, stored_form_comes_back);
    tcase_add_test(tests, damage_is_an_error);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
