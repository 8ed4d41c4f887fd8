/* SingleRow and WindowClose over random histories. */
#include "executor/operators/single_row.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/operators/test/history.h"
#include "executor/operators/test/testing.h"
#include "executor/operators/window/window_close.h"

static const char *const INPUT[] = {"int8 text"};

static void random_row(int input, uint64_t *random, char *row) {
    sprintf(row, "%u %c", history_random(random, 5), 'a' + (char)history_random(random, 3));
}

static void random_few_row(int input, uint64_t *random, char *row) {
    sprintf(row, "1 %c", 'a' + (char)history_random(random, 2));
}

static void expect_by_key(const RowBag *inputs, RowBag *out) {
    for (int i = 0; i < inputs->count; i++) {
        int64_t count = 0;
        for (int j = 0; j < inputs->count; j++)
            count +=
                row_integer(inputs->rows[j], 0) == row_integer(inputs->rows[i], 0) ? inputs->counts[j] : 0;
        if (inputs->counts[i] == 1 && count == 1)
            bag_add(out, inputs->rows[i], 1);
    }
}

static void expect_single(const RowBag *inputs, RowBag *out) {
    int64_t count = 0;
    for (int i = 0; i < inputs->count; i++)
        count += inputs->counts[i];
    if (count == 0)
        bag_add(out, "NULL NULL", 1);
    else
        expect_by_key(inputs, out);
}

START_TEST(single_rows) {
    SingleRowParameters by_key = {.key_count = 1, .keys = (int[]){0}}, single = {0};
    History keyed = {.type = &single_row_operator,
        .parameters = &by_key,
        .input_count = 1,
        .input_types = INPUT,
        .output_types = INPUT[0],
        .random_row = random_row,
        .expect = expect_by_key,
        .step_count = 30,
        .rows_per_step = 6,
        .diff_max = 1};
    History whole = keyed;
    whole.parameters = &single;
    whole.random_row = random_few_row;
    whole.expect = expect_single;
    whole.rows_per_step = 2;
    for (int seed = 1; seed <= 4; seed++) {
        keyed.is_one_shot = whole.is_one_shot = false;
        history_run(&keyed, (uint64_t)seed);
        history_run(&whole, (uint64_t)seed);
        keyed.is_one_shot = whole.is_one_shot = true;
        history_run(&keyed, (uint64_t)seed);
        history_run(&whole, (uint64_t)seed);
    }
}
END_TEST

START_TEST(second_row_fails_and_recovers) {
    SingleRowParameters parameters = {0};
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    Testbed *bed = testbed_create(&single_row_operator, &parameters, 1, INPUT, INPUT[0],
        &(TestbedOptions){.state = space, .is_updating = true});
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 text\n+1 NULL NULL\n");
    testbed_next_step(bed);
    testbed_feed(bed, 0, "int8 text\n+1 1 a\n+1 2 b\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 text\n-1 NULL NULL\n");
    ck_assert_ptr_nonnull(strstr(
        testbed_failures(bed), "21000 more than one row returned by a subquery used as an expression: +1"));
    testbed_next_step(bed);
    testbed_feed(bed, 0, "int8 text\n-1 1 a\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 text\n+1 2 b\n");
    ck_assert_ptr_nonnull(strstr(
        testbed_failures(bed), "21000 more than one row returned by a subquery used as an expression: -1"));
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

/* Windows end at multiples of 4; a step's rows lie at or above its watermark. */
static void random_window_row(int input, uint64_t *random, char *row) {
    sprintf(row, "%u %c", history_random(random, 20) * 4, 'a' + (char)history_random(random, 3));
}

static bool is_open(int step, int input, const char *row) {
    int64_t end = row_integer(row, 0);
    return end >= step * 3 && end < step * 3 + 16;
}

static void window_watermarks(int step, int input, int64_t *watermarks) {
    watermarks[0] = (step + 1) * 3;
}

static void check_closed(int step, const RowBag *inputs, const RowBag *out) {
    for (int i = 0; i < inputs->count; i++) {
        bool is_closed = row_integer(inputs->rows[i], 0) < (step + 1) * 3;
        ck_assert_int_eq(bag_count(out, inputs->rows[i]), is_closed ? inputs->counts[i] : 0);
    }
    for (int i = 0; i < out->count; i++)
        ck_assert_int_eq(bag_count(inputs, out->rows[i]), out->counts[i]);
}

START_TEST(windows_close) {
    WindowCloseParameters parameters = {.end_column = 0, .key_count = 1, .keys = (int[]){1}};
    History history = {.type = &window_close_operator,
        .parameters = &parameters,
        .input_count = 1,
        .input_types = INPUT,
        .output_types = INPUT[0],
        .random_row = random_window_row,
        .check = check_closed,
        .watermarks = window_watermarks,
        .is_allowed = is_open,
        .step_count = 25,
        .rows_per_step = 40};
    for (int seed = 1; seed <= 3; seed++)
        history_run(&history, (uint64_t)seed);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("single_row");
    TCase *cases = tcase_create("single_row");
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, single_rows);
    tcase_add_test(cases, second_row_fails_and_recovers);
    tcase_add_test(cases, windows_close);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
