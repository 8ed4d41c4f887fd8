/* Window: rows copied by slice are the rows copied by window, whatever the sizes, the offset, the times and
   what came late. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/operators/window/late.h"
#include "executor/operators/test/testing.h"
#include "executor/operators/window/window.h"

#define INPUTS(...) ((const char *const[]){__VA_ARGS__})

static Testbed *create(WindowParameters *parameters, WindowPart part) {
    parameters->part = (int)part;
    bool is_expand = part == WINDOW_EXPAND;
    if (is_expand)
        *parameters = (WindowParameters){.kind = parameters->kind,
            .part = part,
            .time_column = 2,
            .end_column = 3,
            .size = parameters->size,
            .slide = parameters->slide,
            .offset = parameters->offset,
            .arrival_column = -1};
    Testbed *bed = testbed_create(&window_operator, parameters, 1,
        INPUTS(is_expand ? "int8 int8 int8 int8" : "int8 int8"), "int8 int8 int8 int8", NULL);
    for (int i = 0; i < 4; i++)
        testbed_spec(bed)->has_watermark[i] = i != 1;
    return bed;
}

static void check_row(
    Testbed *whole, Testbed *slice, Testbed *expand, int64_t time, bool has_arrival, int64_t arrival) {
    char row[100], number[30];
    snprintf(number, sizeof number, "%lld", (long long)arrival);
    snprintf(row, sizeof row, "int8 int8\n%+d %lld %s\n", rand() % 2 ? 2 : -1, (long long)time,
        has_arrival ? number : "NULL");
    testbed_feed(whole, 0, row);
    testbed_feed(slice, 0, row);
    testbed_feed(expand, 0, testbed_collect_in_order(slice));
    char *expected = strdup(testbed_collect(whole));
    ck_assert_str_eq(testbed_collect(expand), expected);
    free(expected);
    expected = strdup(testbed_failures(whole));
    ck_assert_str_eq(testbed_failures(slice), expected);
    free(expected);
}

static void check_watermark(Testbed *whole, Testbed *slice, Testbed *expand, int64_t watermark) {
    int64_t passed[4];
    testbed_seal(whole, 0, (int64_t[]){watermark, WATERMARK_NONE});
    testbed_seal(slice, 0, (int64_t[]){watermark, WATERMARK_NONE});
    testbed_collect(whole);
    testbed_collect(slice);
    for (int i = 0; i < 4; i++)
        passed[i] = testbed_watermark(slice, i);
    testbed_seal(expand, 0, passed);
    testbed_collect(expand);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(testbed_watermark(expand, i), testbed_watermark(whole, i));
    testbed_next_step(whole);
    testbed_next_step(slice);
    testbed_next_step(expand);
}

static void check(WindowParameters parameters) {
    WindowParameters parts[3] = {parameters, parameters, parameters};
    Testbed *whole = create(&parts[0], WINDOW_WHOLE), *slice = create(&parts[1], WINDOW_SLICE),
            *expand = create(&parts[2], WINDOW_EXPAND);
    int64_t watermark = -3 * parameters.size;
    check_watermark(whole, slice, expand, WATERMARK_NONE);
    for (int i = 0; i < 60; i++) {
        int64_t time = watermark + rand() % (4 * parameters.size) - parameters.size;
        check_row(whole, slice, expand, time, rand() % 4 != 0,
            watermark + rand() % (2 * parameters.size) - parameters.size / 2);
        if (rand() % 4 == 0)
            check_watermark(whole, slice, expand, watermark += rand() % parameters.size);
    }
    check_row(whole, slice, expand, INT64_MAX, false, 0);
    check_watermark(whole, slice, expand, WATERMARK_END);
    testbed_destroy(whole);
    testbed_destroy(slice);
    testbed_destroy(expand);
}

START_TEST(windows_of_slices_are_the_windows) {
    srand(7);
    for (int i = 0; i < 200; i++) {
        int64_t slide = 1 + rand() % 12, times = 1 + rand() % 6;
        check((WindowParameters){.kind = WINDOW_HOP,
            .size = slide * times + rand() % slide,
            .slide = slide,
            .offset = rand() % 30 - 15,
            .arrival_column = 1});
        check((WindowParameters){.kind = WINDOW_CUMULATE,
            .size = slide * times,
            .slide = slide,
            .offset = rand() % 30 - 15,
            .arrival_column = 1});
        check((WindowParameters){.kind = WINDOW_TUMBLE,
            .size = slide,
            .slide = slide,
            .offset = rand() % 30 - 15,
            .arrival_column = 1});
    }
}
END_TEST

static void feed_time(Testbed *bed, int64_t time) {
    char row[60];
    snprintf(row, sizeof row, "int8\n+1 %lld\n", (long long)time);
    testbed_feed(bed, 0, row);
}

/* Processing time: the next end of a window is a deadline as long as one that has rows may be open. */
START_TEST(windows_of_the_clock_have_deadlines) {
    TypeSettings settings = type_settings_default;
    WindowParameters parameters = {
        .kind = WINDOW_HOP, .size = 30, .slide = 10, .follows_clock = true, .arrival_column = -1};
    Testbed *bed = testbed_create(&window_operator, &parameters, 1, INPUTS("int8"), "int8 int8 int8",
        &(TestbedOptions){.settings = &settings});
    static const struct {
        int64_t now, deadline;
    } steps[] = {{12, -1}, {20, 30}, {29, 30}, {39, 40}, {41, 50}, {50, -1}};
    const int64_t origin = INT64_C(-10957) * 86400000000; /* 1970, which windows are aligned to */
    for (int i = 0; i < 6; i++) {
        settings.now = origin + steps[i].now;
        if (i == 1)
            feed_time(bed, settings.now);
        testbed_seal(bed, 0, &settings.now);
        testbed_collect(bed);
        int64_t deadline = window_operator.deadline(testbed_operator(bed));
        ck_assert_int_eq(deadline == INT64_MAX ? -1 : deadline - origin, steps[i].deadline);
        testbed_next_step(bed);
    }
    testbed_destroy(bed);
}
END_TEST

START_TEST(rows_below_their_arrival_are_late) {
    LateParameters parameters = {.time_column = 0, .arrival_column = 1};
    Testbed *bed = testbed_create(&late_operator, &parameters, 1, INPUTS("int8 int8"), "int8 int8", NULL);
    testbed_feed(bed, 0, "int8 int8\n+1 10 10\n+1 9 10\n-2 9 8\n+1 NULL 10\n+1 5 NULL\n");
    ck_assert_str_eq(testbed_collect_in_order(bed), "int8 int8\n+1 10 10\n-2 9 8\n+1 NULL 10\n+1 5 NULL\n");
    testbed_destroy(bed);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("window");
    TCase *tests = tcase_create("window");
    tcase_add_test(tests, windows_of_slices_are_the_windows);
    tcase_add_test(tests, windows_of_the_clock_have_deadlines);
    tcase_add_test(tests, rows_below_their_arrival_are_late);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
