/* Session against sorting all rows anew: late rows that join sessions, deletions that split them, closing by
   the watermark. */
#include "executor/operators/window/session.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/operators/test/history.h"
#include "executor/operators/test/testing.h"

static const char *const INPUT[] = {"int8 int8 text"};
static int partition[] = {0};
static SessionParameters parameters;

static void random_row(int input, uint64_t *random, char *row) {
    sprintf(row, "%u %u %c", history_random(random, 3), history_random(random, 100),
        'a' + (char)history_random(random, 3));
}

static int compare(const void *a, const void *b) {
    int64_t l = *(const int64_t *)a, r = *(const int64_t *)b;
    return l < r ? -1 : l > r;
}

static bool is_together(const char *a, const char *b) {
    return parameters.partition_count == 0 || row_integer(a, 0) == row_integer(b, 0);
}

/* The times of a row's partition, in order. */
static int times_of(const RowBag *rows, const char *row, int64_t *times) {
    int count = 0;
    for (int i = 0; i < rows->count; i++)
        if (rows->counts[i] > 0 && is_together(rows->rows[i], row))
            times[count++] = row_integer(rows->rows[i], 1);
    qsort(times, (size_t)count, sizeof *times, compare);
    return count;
}

static void expect(const RowBag *inputs, RowBag *out) {
    int64_t *times = malloc(sizeof *times * (size_t)(inputs->count + 1));
    for (int i = 0; i < inputs->count; i++) {
        if (inputs->counts[i] == 0)
            continue;
        int64_t own = row_integer(inputs->rows[i], 1);
        int count = times_of(inputs, inputs->rows[i], times), from = 0, to;
        while (times[from] != own)
            from++;
        for (to = from; to + 1 < count && times[to + 1] - times[to] < parameters.gap;)
            to++;
        while (from > 0 && times[from] - times[from - 1] < parameters.gap)
            from--;
        char text[160];
        snprintf(text, sizeof text, "%s %lld %lld", inputs->rows[i], (long long)times[from],
            (long long)(times[to] + parameters.gap));
        bag_add(out, text, inputs->counts[i]);
    }
    free(times);
}

static void watermarks(int step, int input, int64_t *watermarks) {
    watermarks[1] = step * 5;
}

/* Accepted: a time of at least the watermark before the step. */
static bool is_allowed(int step, int input, const char *row) {
    return row_integer(row, 1) >= (step - 1) * 5;
}

static void run(int partition_count, int64_t gap, bool closes) {
    parameters = (SessionParameters){.partition_count = partition_count,
        .partition = partition,
        .time_column = 1,
        .gap = gap,
        .closes = closes};
    History history = {.type = &session_operator,
        .parameters = &parameters,
        .input_count = 1,
        .input_types = INPUT,
        .output_types = "int8 int8 text int8 int8",
        .is_append_only = closes,
        .step_count = 20,
        .rows_per_step = 12,
        .random_row = random_row,
        .expect = expect,
        .watermarks = closes ? watermarks : NULL,
        .is_allowed = closes ? is_allowed : NULL};
    for (uint64_t seed = 1; seed <= 5; seed++)
        history_run(&history, seed);
}

START_TEST(updated_rows) {
    run(1, 4, false);
    run(0, 2, false);
}
END_TEST

START_TEST(sessions_that_close) {
    run(1, 4, true);
    run(1, 9, true);
    run(0, 2, true);
}
END_TEST

START_TEST(closed_sessions_go) {
    parameters = (SessionParameters){
        .partition_count = 1, .partition = partition, .time_column = 1, .gap = 10, .closes = true};
    StateSpace *state = state_space_create(&(StateSpaceSpec){.shard_end = 65536});
    Testbed *bed = testbed_create(&session_operator, &parameters, 1, INPUT, "int8 int8 text int8 int8",
        &(TestbedOptions){.state = state});
    testbed_spec(bed)->has_watermark[4] = true;
    testbed_feed(bed, 0, "int8 int8 text\n+1 1 100 a\n+1 1 105 b\n+1 1 120 c\n+1 2 101 d\n");
    testbed_seal(bed, 0, (int64_t[]){WATERMARK_NONE, 114, WATERMARK_NONE});
    ck_assert_str_eq(testbed_collect(bed), "int8 int8 text int8 int8\n+1 1 100 a 100 115\n+1 1 105 b 100 "
                                           "115\n+1 1 120 c 120 130\n+1 2 101 d 101 111\n");
    ck_assert_int_eq(testbed_watermark(bed, 4), 115);
    ck_assert_int_eq(state_space_rows(state), 3);
    testbed_next_step(bed);
    testbed_feed(bed, 0, "int8 int8 text\n+1 1 114 e\n");
    testbed_seal(bed, 0, (int64_t[]){WATERMARK_NONE, 129, WATERMARK_NONE});
    ck_assert_str_eq(testbed_collect(bed), "int8 int8 text int8 int8\n-1 1 100 a 100 115\n+1 1 100 a 100 "
                                           "130\n-1 1 105 b 100 115\n+1 1 105 b 100 130\n+1 1 114 e 100 130\n"
                                           "+1 1 120 c 100 130\n-1 1 120 c 120 130\n");
    testbed_next_step(bed);
    testbed_seal(bed, 0, (int64_t[]){WATERMARK_NONE, 130, WATERMARK_NONE});
    testbed_collect(bed);
    ck_assert_int_eq(state_space_rows(state), 0);
    testbed_destroy(bed);
    state_space_destroy(state);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("session");
    TCase *tests = tcase_create("session");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, updated_rows);
    tcase_add_test(tests, sessions_that_close);
    tcase_add_test(tests, closed_sessions_go);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
