/* TemporalJoin against a search through all versions, over random orders of rows, steps, cuts, reloads and
   evictions; and by any number of shards. */
#include "executor/operators/join/temporal_join.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/operators/test/history.h"
#include "executor/operators/test/testing.h"

static const char *const INPUTS[] = {"int8 int8 text", "int8 int8 int8"};
#define OUTPUT "int8 int8 text int8 int8 int8"
static SortKey by_time = {.column = 1, .is_descending = true};
static TemporalJoinParameters parameters = {.key_count = 1,
    .left_keys = (int[]){0},
    .right_key_count = 1,
    .right_keys = (int[]){0},
    .left_time = 1,
    .version_count = 1,
    .versions = &by_time};

enum { TIMES = 100, KEYS = 4 };

static void random_row(int input, uint64_t *random, char *row) {
    char key[24], time[64];
    sprintf(key, "%u", history_random(random, KEYS));
    sprintf(time, "%u", history_random(random, TIMES));
    const char *shown_key = history_random(random, 12) == 0 ? "NULL" : key,
               *shown_time = history_random(random, 16) == 0 ? "NULL" : time;
    if (input == 0)
        sprintf(row, "%s %s %c", shown_key, shown_time, 'a' + (char)history_random(random, 3));
    else
        sprintf(row, "%s %s %u", shown_key, shown_time, history_random(random, 5));
}

static int64_t watermark_at(int step, int input) {
    return input == 0 ? (step + 1) * 6 : (step + 1) * 5 + 3;
}

static void watermarks(int step, int input, int64_t *watermarks) {
    watermarks[1] = watermark_at(step, input);
}

static bool is_allowed(int step, int input, const char *row) {
    int64_t time = row_integer(row, 1);
    return time == INT64_MIN || step == 0 || time >= watermark_at(step - 1, input);
}

/* Of the newest versions that are not after the time the one with the least value. */
static const char *valid_version(const RowBag *versions, const char *left) {
    const char *best = NULL;
    int64_t key = row_integer(left, 0), time = row_integer(left, 1);
    for (int i = 0; i < versions->count && key != INT64_MIN && time != INT64_MIN; i++) {
        const char *row = versions->rows[i];
        if (versions->counts[i] == 0 || row_integer(row, 0) != key || row_integer(row, 1) == INT64_MIN ||
            row_integer(row, 1) > time)
            continue;
        if (best == NULL || row_integer(row, 1) > row_integer(best, 1) ||
            (row_integer(row, 1) == row_integer(best, 1) && row_integer(row, 2) < row_integer(best, 2)))
            best = row;
    }
    bool holds = best != NULL && (parameters.residual == NULL || row_integer(best, 2) != 3);
    return holds ? best : NULL;
}

static void expect_until(const RowBag *inputs, int64_t watermark, RowBag *out) {
    for (int i = 0; i < inputs[0].count; i++) {
        const char *left = inputs[0].rows[i];
        const char *version = valid_version(&inputs[1], left);
        char text[512];
        if (row_integer(left, 1) != INT64_MIN && watermark != WATERMARK_END &&
            row_integer(left, 1) >= watermark)
            continue;
        if (version == NULL && parameters.type == JOIN_INNER)
            continue;
        sprintf(text, "%s %s", left, version == NULL ? "NULL NULL NULL" : version);
        bag_add(out, text, inputs[0].counts[i]);
    }
}

static void compare(const RowBag *wanted, const RowBag *out) {
    for (int i = 0; i < wanted->count; i++)
        ck_assert_msg(bag_count(out, wanted->rows[i]) == wanted->counts[i], "%s: %ld, not %ld",
            wanted->rows[i], (long)bag_count(out, wanted->rows[i]), (long)wanted->counts[i]);
    for (int i = 0; i < out->count; i++)
        ck_assert_msg(bag_count(wanted, out->rows[i]) == out->counts[i], "too much: %s", out->rows[i]);
}

static void check_step(int step, const RowBag *inputs, const RowBag *out) {
    RowBag wanted = {0};
    int64_t left = watermark_at(step, 0), right = watermark_at(step, 1);
    expect_until(inputs, left < right ? left : right, &wanted);
    compare(&wanted, out);
    bag_clear(&wanted);
}

static void run(int type, Expression *residual) {
    parameters.type = type;
    parameters.residual = residual;
    History history = {.type = &temporal_join_operator,
        .parameters = &parameters,
        .input_count = 2,
        .input_types = INPUTS,
        .output_types = OUTPUT,
        .is_append_only = true,
        .step_count = 16,
        .rows_per_step = 30,
        .diff_max = 2,
        .random_row = random_row,
        .watermarks = watermarks,
        .is_allowed = is_allowed,
        .check = check_step};
    for (uint64_t seed = 1; seed <= 12; seed++)
        history_run(&history, seed);
}

START_TEST(each_row_meets_the_version_of_its_time) {
    Arena *arena = arena_create();
    const Function *differs = function_by_signature("<>(int8, int8) -> bool");
    Value three = {.type = type_of(TYPE_INT8), .datum.int8 = 3};
    Expression *arguments[] = {
        expression_column(arena, 5, type_of(TYPE_INT8)), expression_constant(arena, &three)};
    run(JOIN_INNER, NULL);
    run(JOIN_LEFT, NULL);
    run(JOIN_LEFT, expression_call(arena, differs, type_of(TYPE_BOOL), 2, arguments));
    parameters.residual = NULL;
    arena_destroy(arena);
}
END_TEST

/* Rows of one key go to one shard; what the shards give together is the same whatever their number, and the
   order in which rows come. */
static void run_shards(int shards, uint64_t seed) {
    uint64_t random = seed * 77 + 5;
    RowBag inputs[2] = {{0}, {0}}, out = {0}, wanted = {0};
    Testbed *beds[4];
    StateSpace *states[4];
    for (int s = 0; s < shards; s++) {
        states[s] = state_space_create(&(StateSpaceSpec){.shard_end = 65536});
        beds[s] = testbed_create(
            &temporal_join_operator, &parameters, 2, INPUTS, OUTPUT, &(TestbedOptions){.state = states[s]});
    }
    for (int step = 0; step < 12; step++) {
        for (int i = 0; i < 40; i++) {
            int input = (int)history_random(&random, 2);
            char row[256], text[512];
            random_row(input, &random, row);
            if (!is_allowed(step, input, row))
                continue;
            int64_t key = row_integer(row, 0);
            sprintf(text, "%s\n+1 %s\n", INPUTS[input], row);
            testbed_feed(beds[key == INT64_MIN ? 0 : key % shards], input, text);
            bag_add(&inputs[input], row, 1);
        }
        bool is_end = step == 11;
        for (int s = 0; s < shards; s++) {
            for (int input = 0; input < 2; input++) {
                int64_t marks[] = {
                    WATERMARK_NONE, is_end ? WATERMARK_END : watermark_at(step, input), WATERMARK_NONE};
                testbed_seal(beds[s], input, marks);
            }
            char *rows = strdup(testbed_collect(beds[s]));
            for (char *line = strtok(rows, "\n"); line != NULL; line = strtok(NULL, "\n"))
                if (line[0] == '+')
                    bag_add(&out, strchr(line, ' ') + 1, strtoll(line, NULL, 10));
            free(rows);
            ck_assert(testbed_is_done(beds[s]));
            testbed_next_step(beds[s]);
        }
    }
    expect_until(inputs, WATERMARK_END, &wanted);
    compare(&wanted, &out);
    for (int s = 0; s < shards; s++) {
        testbed_destroy(beds[s]);
        state_space_destroy(states[s]);
    }
    for (int i = 0; i < 2; i++)
        bag_clear(&inputs[i]);
    bag_clear(&out);
    bag_clear(&wanted);
}

START_TEST(any_number_of_shards) {
    parameters.type = JOIN_LEFT;
    for (uint64_t seed = 1; seed <= 6; seed++)
        for (int shards = 1; shards <= 4; shards *= 2)
            run_shards(shards, seed);
}
END_TEST

START_TEST(what_is_passed_goes) {
    parameters.type = JOIN_INNER;
    StateSpace *state = state_space_create(&(StateSpaceSpec){.shard_end = 65536});
    Testbed *bed = testbed_create(
        &temporal_join_operator, &parameters, 2, INPUTS, OUTPUT, &(TestbedOptions){.state = state});
    testbed_spec(bed)->has_watermark[1] = true;
    testbed_feed(bed, 1, "int8 int8 int8\n+1 1 10 100\n+1 1 20 200\n+1 1 30 300\n");
    testbed_feed(bed, 0, "int8 int8 text\n+1 1 25 a\n+1 1 5 b\n");
    testbed_seal(bed, 0, (int64_t[]){WATERMARK_NONE, 25, WATERMARK_NONE});
    testbed_seal(bed, 1, (int64_t[]){WATERMARK_NONE, 40, WATERMARK_NONE});
    ck_assert_str_eq(testbed_collect(bed), OUTPUT "\n");
    ck_assert_int_eq(testbed_watermark(bed, 1), 25);
    /* The row at 25 waits; of the versions the first has gone. */
    ck_assert_int_eq(state_space_rows(state), 3);
    testbed_next_step(bed);
    testbed_seal(bed, 0, (int64_t[]){WATERMARK_NONE, 60, WATERMARK_NONE});
    ck_assert_str_eq(testbed_collect(bed), OUTPUT "\n");
    testbed_seal(bed, 1, (int64_t[]){WATERMARK_NONE, 50, WATERMARK_NONE});
    ck_assert_str_eq(testbed_collect(bed), OUTPUT "\n+1 1 25 a 1 20 200\n");
    ck_assert_int_eq(state_space_rows(state), 1);
    testbed_next_step(bed);
    for (int input = 0; input < 2; input++)
        testbed_seal(bed, input, (int64_t[]){WATERMARK_NONE, WATERMARK_END, WATERMARK_NONE});
    testbed_collect(bed);
    ck_assert_int_eq(state_space_rows(state), 0);
    testbed_destroy(bed);
    state_space_destroy(state);
}
END_TEST

START_TEST(deletions_end_versions) {
    parameters.type = JOIN_LEFT;
    parameters.are_changes = true;
    StateSpace *state = state_space_create(&(StateSpaceSpec){.shard_end = 65536});
    Testbed *bed = testbed_create(
        &temporal_join_operator, &parameters, 2, INPUTS, OUTPUT, &(TestbedOptions){.state = state});
    testbed_feed(bed, 1,
        "int8 int8 int8\n+1 1 10 100\n+1 1 30 300\n-1 1 20 NULL\n-1 1 NULL NULL\n+1 2 5 1\n-1 2 6 NULL\n");
    testbed_feed(bed, 0, "int8 int8 text\n+1 1 15 a\n+1 1 20 b\n+1 1 29 c\n+1 1 30 d\n+1 2 5 e\n+1 2 40 f\n");
    testbed_seal(bed, 0, (int64_t[]){WATERMARK_NONE, 50, WATERMARK_NONE});
    testbed_seal(bed, 1, (int64_t[]){WATERMARK_NONE, 50, WATERMARK_NONE});
    ck_assert_str_eq(testbed_collect(bed),
        OUTPUT "\n+1 1 15 a 1 10 100\n+1 1 20 b NULL NULL NULL\n+1 1 29 c NULL NULL NULL\n+1 1 30 d 1 30 "
               "300\n+1 2 40 f NULL NULL NULL\n"
               "+1 2 5 e 2 5 1\n");
    ck_assert_str_eq(
        testbed_failures(bed), "22004 a deletion without an event time ends no version: +1 1 NULL NULL 1\n");
    ck_assert_int_eq(state_space_rows(state), 1);
    parameters.are_changes = false;
    testbed_destroy(bed);
    state_space_destroy(state);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("temporal_join");
    TCase *tests = tcase_create("temporal_join");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, each_row_meets_the_version_of_its_time);
    tcase_add_test(tests, any_number_of_shards);
    tcase_add_test(tests, what_is_passed_goes);
    tcase_add_test(tests, deletions_end_versions);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
