/* TemporalFilter against looking at all rows anew as the clock moves; its deadlines. */
#include "executor/operators/window/temporal_filter.h"

#include <check.h>
#include <stdio.h>

#include "executor/operators/test/history.h"
#include "executor/operators/test/testing.h"

static const char *const INPUT[] = {"int8 text int8 int8"};
static int keys[] = {0, 1};
static TemporalFilterParameters parameters;
static TypeSettings settings;

static void random_row(int input, uint64_t *random, char *row) {
    char from[24], until[24];
    snprintf(from, sizeof from, "%u", history_random(random, 60));
    snprintf(until, sizeof until, "%u", history_random(random, 60));
    sprintf(row, "%u %c %s %s", history_random(random, 4), 'a' + (char)history_random(random, 3),
        history_random(random, 9) == 0 ? "NULL" : from, history_random(random, 9) == 0 ? "NULL" : until);
}

static bool is_shown(const char *row) {
    bool is_from = true;
    for (int i = 0; i < parameters.from_count + parameters.until_count; i++) {
        int64_t time = row_integer(row, 4 - parameters.from_count - parameters.until_count + i);
        is_from = i < parameters.from_count;
        if (time == INT64_MIN || (is_from ? time > settings.now : time <= settings.now))
            return false;
    }
    return true;
}

static void expect(const RowBag *inputs, RowBag *out) {
    int count = 4 - parameters.from_count - parameters.until_count;
    for (int i = 0; i < inputs->count; i++) {
        char text[128] = "", value[32];
        for (int c = 0; c < count; c++) {
            strcat(text, c == 0 ? "" : " ");
            strcat(text, row_value(inputs->rows[i], c, value));
        }
        if (inputs->counts[i] != 0 && is_shown(inputs->rows[i]))
            bag_add(out, text, inputs->counts[i]);
    }
}

static void begin(int step) {
    settings.now = step * 4;
}

static void run(int from_count, int until_count, bool is_append_only) {
    static const char *const outputs[] = {"int8 text int8 int8", "int8 text int8", "int8 text"};
    parameters = (TemporalFilterParameters){from_count, until_count, 2, keys};
    settings = type_settings_default;
    History history = {.type = &temporal_filter_operator,
        .parameters = &parameters,
        .input_count = 1,
        .input_types = INPUT,
        .output_types = outputs[from_count + until_count],
        .is_append_only = is_append_only,
        .random_row = random_row,
        .expect = expect,
        .settings = &settings,
        .begin = begin,
        .step_count = 18,
        .rows_per_step = 25};
    for (uint64_t seed = 1; seed <= 8; seed++)
        history_run(&history, seed);
}

START_TEST(rows_go_when_their_time_is_over) {
    run(0, 1, false);
    run(0, 1, true);
}
END_TEST

START_TEST(rows_come_when_their_time_has_come) {
    run(1, 0, false);
    run(1, 0, true);
}
END_TEST

START_TEST(rows_come_and_go) {
    run(1, 1, false);
    run(0, 2, false);
    run(2, 0, true);
}
END_TEST

static int64_t deadline(Testbed *bed) {
    return temporal_filter_operator.deadline(testbed_operator(bed));
}

/* Nothing is due but what is kept, and it is due when it is to be looked at. */
START_TEST(deadlines_are_the_rows_own) {
    parameters = (TemporalFilterParameters){1, 1, 1, keys};
    settings = type_settings_default;
    settings.now = 10;
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    TestbedOptions options = {.is_updating = true, .settings = &settings, .state = space};
    Testbed *bed = testbed_create(&temporal_filter_operator, &parameters, 1, INPUT, "int8 text", &options);
    ck_assert_int_eq(deadline(bed), INT64_MAX);
    testbed_feed(bed, 0,
        "int8 text int8 int8\n+1 1 a 5 20\n+2 2 b 15 30\n+1 3 c 0 10\n+1 4 d 40 40\n+1 5 e NULL 50\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 text\n+1 1 a\n");
    ck_assert_int_eq(deadline(bed), 15);
    settings.now = 17;
    testbed_next_step(bed);
    testbed_feed(bed, 0, "int8 text int8 int8\n-1 2 b 15 30\n-1 3 c 0 10\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 text\n+1 2 b\n");
    ck_assert_int_eq(deadline(bed), 20);
    settings.now = 29;
    testbed_next_step(bed);
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 text\n-1 1 a\n");
    testbed_next_step(bed);
    testbed_feed(bed, 0, "int8 text int8 int8\n-1 2 b 15 30\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 text\n-1 2 b\n");
    ck_assert_int_eq(deadline(bed), INT64_MAX);
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("temporal filter");
    TCase *tests = tcase_create("rows");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, rows_go_when_their_time_is_over);
    tcase_add_test(tests, rows_come_when_their_time_has_come);
    tcase_add_test(tests, rows_come_and_go);
    tcase_add_test(tests, deadlines_are_the_rows_own);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
