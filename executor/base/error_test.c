/* Tests of errors: what is set, added, moved and copied, and that every status has its own SQLSTATE. */
#include "executor/base/error.h"

#include <check.h>
#include <string.h>

static Status divide(int a, int b, int *result, Error *error) {
    if (b == 0)
        return error_set(error, STATUS_DIVISION_BY_ZERO, "division by %s", "zero");
    *result = a / b;
    return OK;
}

static Status twice(int a, int b, int *result, Error *error) {
    TRY(divide(a, b, result, error));
    *result *= 2;
    return OK;
}

START_TEST(test_failures_are_passed_up) {
    Error error = {0};
    int result = 0;
    ck_assert_int_eq(twice(6, 3, &result, &error), OK);
    ck_assert_int_eq(result, 4);
    ck_assert_ptr_null(error.message);
    ck_assert_int_eq(twice(6, 0, &result, &error), STATUS_DIVISION_BY_ZERO);
    ck_assert_int_eq(result, 4);
    ck_assert_int_eq(error.status, STATUS_DIVISION_BY_ZERO);
    ck_assert_str_eq(error.message, "division by zero");
    ck_assert_int_eq(twice(6, 0, &result, NULL), STATUS_DIVISION_BY_ZERO);
    error_clear(&error);
    ck_assert_int_eq(error.status, OK);
}
END_TEST

static void fill(Error *error) {
    error_set(error, STATUS_UNIQUE_VIOLATION, "message %d", 1);
    ck_assert_uint_eq(error_detail(error, "first"), STATUS_UNIQUE_VIOLATION);
    ck_assert_uint_eq(error_detail(error, "detail %d", 2), STATUS_UNIQUE_VIOLATION);
    ck_assert_uint_eq(error_hint(error, "hint %d", 3), STATUS_UNIQUE_VIOLATION);
    ck_assert_uint_eq(error_name(error, ERROR_TABLE, "t"), STATUS_UNIQUE_VIOLATION);
    ck_assert_uint_eq(error_at(error, 5), STATUS_UNIQUE_VIOLATION);
    ck_assert_uint_eq(error_at(error, 9), STATUS_UNIQUE_VIOLATION); /* the innermost place counts */
}

static void expect_filled(const Error *error) {
    ck_assert_int_eq(error->status, STATUS_UNIQUE_VIOLATION);
    ck_assert_str_eq(error->message, "message 1");
    ck_assert_str_eq(error->detail, "detail 2");
    ck_assert_str_eq(error->hint, "hint 3");
    ck_assert_str_eq(error->names[ERROR_TABLE], "t");
    ck_assert_ptr_null(error->names[ERROR_SCHEMA]);
    ck_assert_int_eq(error->position, 5);
}

static void expect_empty(const Error *error) {
    static const Error empty;
    ck_assert_mem_eq(error, &empty, sizeof empty);
}

START_TEST(test_parts_are_moved_and_copied) {
    Error error = {0}, other = {0}, copy = {0};
    fill(&error);
    expect_filled(&error);
    error_set(&other, STATUS_INTERNAL_ERROR, "replaced");
    error_copy(&copy, &error);
    error_move(&other, &error);
    expect_empty(&error);
    expect_filled(&other);
    error_clear(&other);
    expect_filled(&copy);
    error_clear(&copy);
    expect_empty(&copy);
}
END_TEST

START_TEST(test_a_new_message_replaces_all) {
    Error error = {0};
    fill(&error);
    error_set(&error, STATUS_INTERNAL_ERROR, "again: %s", error.message); /* its own text as an argument */
    ck_assert_int_eq(error.status, STATUS_INTERNAL_ERROR);
    ck_assert_str_eq(error.message, "again: message 1");
    ck_assert_ptr_null(error.detail);
    ck_assert_ptr_null(error.hint);
    ck_assert_ptr_null(error.names[ERROR_TABLE]);
    ck_assert_int_eq(error.position, 0);
    error_clear(&error);
}
END_TEST

START_TEST(test_every_status_has_its_own_sqlstate) {
    for (int i = 0; i < STATUS_COUNT; i++) {
        ck_assert_uint_eq(strlen(status_sqlstate((Status)i)), 5);
        ck_assert_int_eq(status_from_sqlstate(status_sqlstate((Status)i)), i);
    }
    ck_assert_str_eq(status_sqlstate(OK), "00000");
    ck_assert_int_eq(status_from_sqlstate("22012"), STATUS_DIVISION_BY_ZERO);
    ck_assert_int_eq(status_from_sqlstate("ZZZZZ"), STATUS_INTERNAL_ERROR);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("error");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_failures_are_passed_up);
    tcase_add_test(all, test_parts_are_moved_and_copied);
    tcase_add_test(all, test_a_new_message_replaces_all);
    tcase_add_test(all, test_every_status_has_its_own_sqlstate);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
