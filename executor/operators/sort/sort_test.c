/* Sort and Limit. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/expressions/test/testing.h"
#include "executor/operators/sort/sort.h"
#include "executor/operators/test/testing.h"

static Arena *arena;
static const TestbedOptions one_shot = {.is_one_shot = true};

static void setup(void) {
    arena = arena_create();
}
static void teardown(void) {
    arena_destroy(arena);
}

static Testbed *create(SortParameters *parameters, const char *types) {
    return testbed_create(&sort_operator, parameters, 1, &types, types, &one_shot);
}

START_TEST(sorts_by_all_keys) {
    SortKey keys[] = {{0, true, true}, {1, false, false}};
    SortParameters parameters = {2, keys, NULL, NULL, false};
    Testbed *bed = create(&parameters, "int8 text");
    testbed_feed(bed, 0,
        "int8 text\n+1 1 b\n+1 NULL z\n+2 3 \"a long text, number two\"\n+1 3 \"a long text, number one\"\n");
    testbed_feed_selected(bed, 0, "int8 text\n+1 1 NULL\n+1 9 z\n+1 -5 a\n");
    ck_assert_str_eq(testbed_collect(bed), "int8 text\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect_in_order(bed),
        "int8 text\n+1 NULL z\n+1 3 \"a long text, number one\"\n+2 3 \"a "
        "long text, number two\"\n+1 1 b\n+1 1 NULL\n+1 -5 a\n");
    ck_assert(testbed_is_done(bed));
    testbed_destroy(bed);
}
END_TEST

static void assert_order(const char *type, const char *input, bool is_descending, const char *expected) {
    SortKey keys[] = {{0, is_descending, is_descending}};
    SortParameters parameters = {1, keys, NULL, NULL, false};
    Testbed *bed = create(&parameters, type);
    testbed_feed(bed, 0, input);
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect_in_order(bed), expected);
    testbed_destroy(bed);
}

START_TEST(orders_types) {
    assert_order("float8", "float8\n+1 NaN\n+1 1\n+1 -Infinity\n+1 -1.5\n+1 0\n+1 Infinity\n", false,
        "float8\n+1 -Infinity\n+1 -1.5\n+1 0\n+1 1\n+1 Infinity\n+1 NaN\n");
    assert_order("float8", "float8\n+1 1\n+1 NaN\n+1 -1\n", true, "float8\n+1 NaN\n+1 1\n+1 -1\n");
    assert_order("float4", "float4\n+1 1\n+1 -2\n+1 -1\n", false, "float4\n+1 -2\n+1 -1\n+1 1\n");
    assert_order("text", "text\n+1 b\n+1 a\n+1 ab\n+1 \"\"\n+1 abcdefghijk\n+1 abcdefghij\n", false,
        "text\n+1 \"\"\n+1 a\n+1 ab\n+1 abcdefghij\n+1 abcdefghijk\n+1 b\n");
    assert_order("int2", "int2\n+1 3\n+1 -3\n+1 NULL\n", true, "int2\n+1 NULL\n+1 3\n+1 -3\n");
    assert_order("numeric", "numeric\n+1 10\n+1 9.5\n+1 -1\n", false, "numeric\n+1 -1\n+1 9.5\n+1 10\n");
    assert_order("bool", "bool\n+1 t\n+1 f\n", false, "bool\n+1 f\n+1 t\n");
}
END_TEST

START_TEST(ties_keep_their_order) {
    SortKey keys[] = {{0, false, false}};
    SortParameters parameters = {1, keys, NULL, NULL, false};
    Testbed *bed = create(&parameters, "int8 int8");
    testbed_feed(bed, 0, "int8 int8\n+1 2 1\n+1 1 1\n+1 2 2\n+1 1 2\n");
    testbed_feed(bed, 0, "int8 int8\n+1 2 3\n+1 1 3\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(
        testbed_collect_in_order(bed), "int8 int8\n+1 1 1\n+1 1 2\n+1 1 3\n+1 2 1\n+1 2 2\n+1 2 3\n");
    testbed_destroy(bed);
}
END_TEST

START_TEST(limit_and_offset_count_copies) {
    SortKey keys[] = {{0, false, false}};
    SortParameters parameters = {1, keys, test_int8(arena, 4), test_int8(arena, 1), false};
    Testbed *bed = create(&parameters, "int8");
    testbed_feed(bed, 0, "int8\n+1 5\n+3 2\n+3 1\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect_in_order(bed), "int8\n+2 1\n+2 2\n");
    testbed_destroy(bed);
    parameters = (SortParameters){1, keys, test_int8(arena, 2), NULL, true};
    bed = create(&parameters, "int8 int8");
    testbed_feed(bed, 0, "int8 int8\n+1 1 1\n+1 3 1\n+1 2 1\n+1 2 2\n+1 2 3\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect_in_order(bed), "int8 int8\n+1 1 1\n+1 2 1\n+1 2 2\n+1 2 3\n");
    testbed_destroy(bed);
}
END_TEST

START_TEST(rows_taken_back_cancel) {
    SortKey keys[] = {{0, false, false}};
    SortParameters parameters = {1, keys, NULL, NULL, false};
    Testbed *bed = create(&parameters, "int8 text");
    testbed_feed(bed, 0, "int8 text\n-1 1 a\n+1 1 b\n+2 1 a\n+1 2 c\n-1 2 c\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect_in_order(bed), "int8 text\n+1 1 a\n+1 1 b\n");
    testbed_destroy(bed);
}
END_TEST

START_TEST(limit_ends_early) {
    SortParameters parameters = {0, NULL, test_int8(arena, 3), test_int8(arena, 2), false};
    Testbed *bed = create(&parameters, "int8");
    testbed_feed_selected(bed, 0, "int8\n+1 1\n+1 9\n+1 2\n+1 9\n+1 3\n");
    ck_assert_str_eq(testbed_collect_in_order(bed), "int8\n+1 3\n");
    ck_assert(!testbed_is_done(bed));
    testbed_feed(bed, 0, "int8\n+1 4\n+5 5\n+1 6\n");
    ck_assert_str_eq(testbed_collect_in_order(bed), "int8\n+1 4\n+1 5\n");
    ck_assert(testbed_is_done(bed));
    testbed_destroy(bed);
}
END_TEST

START_TEST(limit_counts_net_rows) {
    SortParameters parameters = {0, NULL, test_int8(arena, 2), NULL, false};
    Testbed *bed = create(&parameters, "int8");
    testbed_feed(bed, 0, "int8\n-1 1\n+1 4\n");
    ck_assert_str_eq(testbed_collect(bed), "int8\n");
    testbed_feed(bed, 0, "int8\n+1 1\n+1 2\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8\n+1 2\n+1 4\n");
    ck_assert(testbed_is_done(bed));
    testbed_destroy(bed);
}
END_TEST

START_TEST(bounds_are_checked) {
    SortParameters parameters = {0, NULL, test_int8(arena, -1), NULL, false};
    Testbed *bed = create(&parameters, "int8");
    Error error = {0};
    ck_assert_int_eq(testbed_try(bed, &error), STATUS_INVALID_ROW_COUNT_IN_LIMIT_CLAUSE);
    ck_assert_str_eq(error.message, "LIMIT must not be negative");
    error_clear(&error);
    testbed_destroy(bed);
}
END_TEST

static int order_ints(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

/* 200 000 rows with a small limit go through pruning several times. */
START_TEST(small_limits_prune) {
    enum { BATCHES = 100, ROWS = 2000, LIMIT = 50 };
    static int values[BATCHES * ROWS];
    SortKey keys[] = {{0, false, false}};
    SortParameters parameters = {1, keys, test_int8(arena, LIMIT), NULL, false};
    Testbed *bed = create(&parameters, "int8 text");
    unsigned seed = 1;
    for (int b = 0; b < BATCHES; b++) {
        Batch *batch = batch_builder((Type[]){type_of(TYPE_INT8), type_of(TYPE_TEXT)}, 2, ROWS);
        for (int i = 0; i < ROWS; i++) {
            int value = values[b * ROWS + i] = (int)(rand_r(&seed) % 1000000);
            ((int64_t *)batch->columns[0]->values)[i] = value;
            char text[32];
            int length = snprintf(text, sizeof text, "the value is %d", value);
            column_set_bytes(batch->columns[1], i, text, (uint32_t)length);
        }
        batch->row_count = batch->selected_count = ROWS;
        testbed_feed_batch(bed, 0, batch);
        batch_release(batch);
    }
    testbed_seal(bed, 0, NULL);
    qsort(values, BATCHES * ROWS, sizeof *values, order_ints);
    Text expected = {0};
    text_add_string(&expected, "int8 text\n");
    for (int i = 0; i < LIMIT; i++)
        text_printf(&expected, "+1 %d \"the value is %d\"\n", values[i], values[i]);
    ck_assert_str_eq(testbed_collect_in_order(bed), text_string(&expected));
    text_free(&expected);
    testbed_destroy(bed);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("sort");
    TCase *tests = tcase_create("sort");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, sorts_by_all_keys);
    tcase_add_test(tests, orders_types);
    tcase_add_test(tests, ties_keep_their_order);
    tcase_add_test(tests, limit_and_offset_count_copies);
    tcase_add_test(tests, rows_taken_back_cancel);
    tcase_add_test(tests, limit_ends_early);
    tcase_add_test(tests, limit_counts_net_rows);
    tcase_add_test(tests, bounds_are_checked);
    tcase_add_test(tests, small_limits_prune);
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
