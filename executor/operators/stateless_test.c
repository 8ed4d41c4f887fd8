/* Filter, Project, UnionAll, Values, Window: rows, failures, watermarks. */
#include <check.h>
#include <string.h>

#include "executor/expressions/test/testing.h"
#include "executor/operators/filter.h"
#include "executor/operators/project.h"
#include "executor/operators/test/testing.h"
#include "executor/operators/union_all.h"
#include "executor/operators/leaf/values.h"
#include "executor/operators/window/window.h"

static Arena *arena;

static void setup(void) {
    arena = arena_create();
}
static void teardown(void) {
    arena_destroy(arena);
}

#define C0            test_column(arena, 0, TYPE_INT8)
#define C1            test_column(arena, 1, TYPE_INT8)
#define INT(n)        test_int8(arena, (n))
#define CALL(f, a, b) test_call(arena, &test_##f, (a), (b))
#define INPUTS(...)   ((const char *const[]){__VA_ARGS__})

START_TEST(filter_selects) {
    FilterParameters parameters = {CALL(under, CALL(over, INT(12), C0), INT(5))};
    Testbed *bed = testbed_create(&filter_operator, &parameters, 1, INPUTS("int8 text"), "int8 text", NULL);
    testbed_spec(bed)->has_watermark[0] = true;
    testbed_feed(bed, 0, "int8 text\n+1 3 a\n-1 2 b\n+2 6 c\n+1 0 d\n+1 NULL e\n");
    ck_assert_str_eq(testbed_collect_in_order(bed), "int8 text\n+1 3 a\n+2 6 c\n");
    ck_assert_str_eq(testbed_failures(bed), "22012 division by zero: +1 0 d\n");
    ck_assert(!testbed_is_done(bed));
    testbed_feed_selected(bed, 0, "int8 text\n+1 3 a\n-1 2 b\n+2 6 c\n+1 0 d\n-1 NULL e\n-1 4 f\n-3 12 g\n");
    testbed_feed(bed, 0, "int8 text\n+1 1 x\n");
    testbed_seal(bed, 0, (int64_t[]){50, 60});
    ck_assert_str_eq(testbed_collect_in_order(bed), "int8 text\n+1 3 a\n+2 6 c\n-3 12 g\n");
    ck_assert(testbed_is_done(bed));
    ck_assert_int_eq(testbed_watermark(bed, 0), 50);
    ck_assert_int_eq(testbed_watermark(bed, 1), WATERMARK_NONE);
    testbed_destroy(bed);
}
END_TEST

START_TEST(project_computes) {
    Expression *expressions[] = {test_column(arena, 1, TYPE_TEXT), CALL(over, INT(12), C0),
        CALL(plus, CALL(plus, C0, INT(5)), INT(1)), INT(7)};
    ProjectParameters parameters = {4, expressions};
    Testbed *bed =
        testbed_create(&project_operator, &parameters, 1, INPUTS("int8 text"), "text int8 int8 int8", NULL);
    for (int i = 0; i < 4; i++)
        testbed_spec(bed)->has_watermark[i] = i >= 1;
    testbed_feed(bed, 0, "int8 text\n+1 3 a\n-1 0 b\n+2 6 c\n+1 NULL e\n");
    ck_assert_str_eq(
        testbed_collect_in_order(bed), "text int8 int8 int8\n+1 a 4 9 7\n+2 c 2 12 7\n+1 e NULL NULL 7\n");
    ck_assert_str_eq(testbed_failures(bed), "22012 division by zero: -1 0 b\n");
    testbed_feed_selected(bed, 0, "int8 text\n+1 3 a\n-1 0 b\n+2 6 c\n+1 NULL e\n");
    testbed_seal(bed, 0, (int64_t[]){100, WATERMARK_NONE});
    ck_assert_str_eq(testbed_collect_in_order(bed), "text int8 int8 int8\n+1 a 4 9 7\n+2 c 2 12 7\n");
    ck_assert_int_eq(testbed_watermark(bed, 0), WATERMARK_NONE);
    ck_assert_int_eq(testbed_watermark(bed, 1), WATERMARK_NONE); /* not monotone */
    ck_assert_int_eq(testbed_watermark(bed, 2), 106);
    testbed_next_step(bed);
    testbed_seal(bed, 0, (int64_t[]){WATERMARK_END, WATERMARK_NONE});
    ck_assert_str_eq(testbed_collect(bed), "text int8 int8 int8\n");
    ck_assert_int_eq(testbed_watermark(bed, 2), WATERMARK_END);
    testbed_destroy(bed);
}
END_TEST

START_TEST(project_rearranges) {
    Expression *expressions[] = {test_column(arena, 1, TYPE_TEXT), C0, C0};
    ProjectParameters parameters = {3, expressions};
    Testbed *bed =
        testbed_create(&project_operator, &parameters, 1, INPUTS("int8 text"), "text int8 int8", NULL);
    testbed_spec(bed)->has_watermark[2] = true;
    testbed_feed_selected(bed, 0, "int8 text\n-1 3 a\n-1 0 b\n+2 6 c\n");
    testbed_seal(bed, 0, (int64_t[]){100, WATERMARK_NONE});
    ck_assert_str_eq(testbed_collect_in_order(bed), "text int8 int8\n-1 a 3 3\n+2 c 6 6\n");
    ck_assert_int_eq(testbed_watermark(bed, 1), WATERMARK_NONE);
    ck_assert_int_eq(testbed_watermark(bed, 2), 100);
    testbed_destroy(bed);
}
END_TEST

START_TEST(union_all_takes_the_least_watermark) {
    int none = 0;
    Testbed *bed =
        testbed_create(&union_all_operator, &none, 2, INPUTS("int8 int8", "int8 int8"), "int8 int8", NULL);
    testbed_spec(bed)->has_watermark[0] = true;
    testbed_feed(bed, 0, "int8 int8\n+1 1 1\n");
    testbed_feed(bed, 1, "int8 int8\n-1 1 1\n+1 2 2\n");
    testbed_seal(bed, 1, (int64_t[]){20, 20});
    ck_assert_str_eq(testbed_collect(bed), "int8 int8\n+1 2 2\n");
    ck_assert(!testbed_is_done(bed));
    testbed_seal(bed, 0, (int64_t[]){10, 10});
    ck_assert_str_eq(testbed_collect(bed), "int8 int8\n");
    ck_assert(testbed_is_done(bed));
    ck_assert_int_eq(testbed_watermark(bed, 0), 10);
    ck_assert_int_eq(testbed_watermark(bed, 1), WATERMARK_NONE);
    testbed_destroy(bed);
}
END_TEST

START_TEST(values_come_once) {
    Expression *expressions[] = {INT(1), test_text(arena, "a text longer than twelve"),
        CALL(plus, INT(1), INT(1)), test_null(arena, TYPE_TEXT)};
    ValuesParameters parameters = {2, 4, expressions};
    Testbed *bed = testbed_create(&values_operator, &parameters, 0, NULL, "int8 text", NULL);
    ck_assert_str_eq(
        testbed_collect_in_order(bed), "int8 text\n+1 1 \"a text longer than twelve\"\n+1 2 NULL\n");
    ck_assert(testbed_is_done(bed));
    testbed_next_step(bed);
    ck_assert_str_eq(testbed_collect(bed), "int8 text\n");
    testbed_destroy(bed);
    ValuesParameters empty = {10000, 0, NULL};
    bed = testbed_create(&values_operator, &empty, 0, NULL, "", NULL);
    ck_assert_str_eq(testbed_collect(bed), "\n+10000\n");
    ck_assert_int_eq(testbed_batch_count(bed), 3);
    testbed_destroy(bed);
}
END_TEST

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)

START_TEST(tumble_aligns_to_the_floor) {
    WindowParameters parameters = {
        .kind = WINDOW_TUMBLE, .time_column = 0, .size = MINUTE, .arrival_column = -1};
    Testbed *bed = testbed_create(&window_operator, &parameters, 1, INPUTS("timestamp text"),
        "timestamp text timestamp timestamp", NULL);
    for (int i = 0; i < 4; i++)
        testbed_spec(bed)->has_watermark[i] = i != 1;
    testbed_feed(bed, 0,
        "timestamp text\n+1 \"2026-01-01 00:00:59.999999\" a\n-1 \"2026-01-01 00:01:00\" b\n+1 \"1999-12-31 "
        "23:59:30\" c\n+1 NULL d\n+1 infinity "
        "e\n");
    testbed_seal(bed, 0, (int64_t[]){90 * SECOND, WATERMARK_NONE});
    ck_assert_str_eq(testbed_collect_in_order(bed),
        "timestamp text timestamp timestamp\n"
        "+1 \"2026-01-01 00:00:59.999999\" a \"2026-01-01 00:00:00\" \"2026-01-01 00:01:00\"\n"
        "-1 \"2026-01-01 00:01:00\" b \"2026-01-01 00:01:00\" \"2026-01-01 00:02:00\"\n"
        "+1 \"1999-12-31 23:59:30\" c \"1999-12-31 23:59:00\" \"2000-01-01 00:00:00\"\n");
    ck_assert_str_eq(testbed_failures(bed),
        "22004 window time is null: +1 NULL d\n22008 window time is out of range: +1 infinity e\n");
    ck_assert_int_eq(testbed_watermark(bed, 0), 90 * SECOND);
    ck_assert_int_eq(testbed_watermark(bed, 2), 60 * SECOND);
    ck_assert_int_eq(testbed_watermark(bed, 3), 120 * SECOND);
    testbed_next_step(bed);
    testbed_seal(bed, 0, (int64_t[]){120 * SECOND, WATERMARK_NONE});
    testbed_collect(bed);
    ck_assert_int_eq(testbed_watermark(bed, 2), 120 * SECOND);
    testbed_next_step(bed);
    testbed_seal(bed, 0, (int64_t[]){WATERMARK_END, WATERMARK_NONE});
    testbed_collect(bed);
    ck_assert_int_eq(testbed_watermark(bed, 3), WATERMARK_END);
    testbed_destroy(bed);
}
END_TEST

START_TEST(hop_repeats_rows) {
    WindowParameters parameters = {
        .kind = WINDOW_HOP, .time_column = 0, .size = 3 * MINUTE, .slide = MINUTE, .arrival_column = 1};
    Testbed *bed = testbed_create(&window_operator, &parameters, 1, INPUTS("timestamp int8"),
        "timestamp int8 timestamp timestamp", NULL);
    for (int i = 2; i < 4; i++)
        testbed_spec(bed)->has_watermark[i] = true;
    /* 00:00:30 is in windows that end 00:03, 00:02, 00:01; an arrival watermark of 00:02 makes two of them
       late. */
    testbed_feed(
        bed, 0, "timestamp int8\n+1 \"2000-01-01 00:00:30\" NULL\n+2 \"2000-01-01 00:00:30\" 120000000\n");
    testbed_seal(bed, 0, (int64_t[]){90 * SECOND, WATERMARK_NONE});
    ck_assert_str_eq(testbed_collect_in_order(bed),
        "timestamp int8 timestamp timestamp\n"
        "+1 \"2000-01-01 00:00:30\" NULL \"2000-01-01 00:00:00\" \"2000-01-01 00:03:00\"\n"
        "+2 \"2000-01-01 00:00:30\" 120000000 \"2000-01-01 00:00:00\" \"2000-01-01 00:03:00\"\n"
        "+1 \"2000-01-01 00:00:30\" NULL \"1999-12-31 23:59:00\" \"2000-01-01 00:02:00\"\n"
        "+1 \"2000-01-01 00:00:30\" NULL \"1999-12-31 23:58:00\" \"2000-01-01 00:01:00\"\n");
    ck_assert_str_eq(testbed_failures(bed),
        "late [-60000000, 120000000) 120000000: +2 \"2000-01-01 00:00:30\" 120000000\n"
        "late [-120000000, 60000000) 120000000: +2 \"2000-01-01 00:00:30\" 120000000\n");
    ck_assert_int_eq(testbed_watermark(bed, 2), -60 * SECOND); /* the first window that ends after 00:01:30 */
    ck_assert_int_eq(testbed_watermark(bed, 3), 120 * SECOND);
    testbed_destroy(bed);
}
END_TEST

START_TEST(hop_with_gaps_and_offset) {
    WindowParameters parameters = {.kind = WINDOW_HOP,
        .time_column = 0,
        .size = 10 * SECOND,
        .slide = MINUTE,
        .offset = 5 * SECOND,
        .arrival_column = -1};
    Testbed *bed = testbed_create(
        &window_operator, &parameters, 1, INPUTS("timestamp"), "timestamp timestamp timestamp", NULL);
    testbed_feed(bed, 0,
        "timestamp\n+1 \"2000-01-01 00:00:04\"\n+1 \"2000-01-01 00:00:05\"\n+1 \"2000-01-01 00:00:14\"\n+1 "
        "\"2000-01-01 00:00:15\"\n");
    ck_assert_str_eq(testbed_collect_in_order(bed),
        "timestamp timestamp timestamp\n"
        "+1 \"2000-01-01 00:00:05\" \"2000-01-01 00:00:05\" \"2000-01-01 00:00:15\"\n"
        "+1 \"2000-01-01 00:00:14\" \"2000-01-01 00:00:05\" \"2000-01-01 00:00:15\"\n");
    testbed_destroy(bed);
}
END_TEST

START_TEST(cumulate_grows_by_steps) {
    WindowParameters parameters = {
        .kind = WINDOW_CUMULATE, .time_column = 0, .size = 3 * MINUTE, .slide = MINUTE, .arrival_column = -1};
    Testbed *bed = testbed_create(
        &window_operator, &parameters, 1, INPUTS("timestamp"), "timestamp timestamp timestamp", NULL);
    testbed_spec(bed)->has_watermark[1] = testbed_spec(bed)->has_watermark[2] = true;
    testbed_feed(bed, 0, "timestamp\n+1 \"2000-01-01 00:01:30\"\n");
    testbed_seal(bed, 0, (int64_t[]){90 * SECOND});
    ck_assert_str_eq(testbed_collect_in_order(bed),
        "timestamp timestamp timestamp\n"
        "+1 \"2000-01-01 00:01:30\" \"2000-01-01 00:00:00\" \"2000-01-01 00:03:00\"\n"
        "+1 \"2000-01-01 00:01:30\" \"2000-01-01 00:00:00\" \"2000-01-01 00:02:00\"\n");
    ck_assert_int_eq(testbed_watermark(bed, 1), 0);
    ck_assert_int_eq(testbed_watermark(bed, 2), 120 * SECOND);
    testbed_destroy(bed);
}
END_TEST

START_TEST(dates_count_days) {
    WindowParameters parameters = {
        .kind = WINDOW_TUMBLE, .time_column = 0, .size = 7 * 86400 * SECOND, .arrival_column = -1};
    Testbed *bed =
        testbed_create(&window_operator, &parameters, 1, INPUTS("date"), "date timestamp timestamp", NULL);
    testbed_spec(bed)->has_watermark[2] = true;
    testbed_feed(bed, 0, "date\n+1 2000-01-08\n");
    testbed_seal(bed, 0, (int64_t[]){8});
    ck_assert_str_eq(testbed_collect(bed),
        "date timestamp timestamp\n+1 2000-01-08 \"2000-01-06 00:00:00\" \"2000-01-13 00:00:00\"\n");
    ck_assert_int_eq(testbed_watermark(bed, 2), 12 * 86400 * SECOND);
    testbed_destroy(bed);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("stateless");
    TCase *tests = tcase_create("stateless");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, filter_selects);
    tcase_add_test(tests, project_computes);
    tcase_add_test(tests, project_rearranges);
    tcase_add_test(tests, union_all_takes_the_least_watermark);
    tcase_add_test(tests, values_come_once);
    tcase_add_test(tests, tumble_aligns_to_the_floor);
    tcase_add_test(tests, hop_repeats_rows);
    tcase_add_test(tests, hop_with_gaps_and_offset);
    tcase_add_test(tests, cumulate_grows_by_steps);
    tcase_add_test(tests, dates_count_days);
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
