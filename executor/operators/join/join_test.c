/* HashJoin against nested loops over random histories. */
#include "executor/operators/join/join.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/operators/test/history.h"
#include "executor/operators/test/testing.h"

static const char *const INPUTS[] = {"int8 int8 text", "int8 int8 text"};
static const char PAIRS[] = "int8 int8 text int8 int8 text", LEFT_ONLY[] = "int8 int8 text";

static void random_row(int input, uint64_t *random, char *row) {
    char a[24], b[24];
    snprintf(a, sizeof a, "%u", history_random(random, 5));
    snprintf(b, sizeof b, "%u", history_random(random, 5));
    sprintf(row, "%s %s %c", history_random(random, 7) == 0 ? "NULL" : a,
        history_random(random, 7) == 0 ? "NULL" : b, 'a' + (char)history_random(random, 3));
}

/* What the naive join below computes. */
static JoinParameters parameters;

enum { NO, YES, UNKNOWN };

static int keys_match(const char *left, const char *right) {
    int result = YES;
    for (int i = 0; i < parameters.key_count; i++) {
        int64_t a = row_integer(left, parameters.left_keys[i]),
                b = row_integer(right, parameters.right_keys[i]);
        if (parameters.is_null_safe ? a != b : a != INT64_MIN && b != INT64_MIN && a != b)
            return NO;
        if (!parameters.is_null_safe && (a == INT64_MIN || b == INT64_MIN))
            result = UNKNOWN;
    }
    return result;
}

/* The residual: left column 1 < right column 1. */
static bool residual_holds(const char *left, const char *right) {
    int64_t a = row_integer(left, 1), b = row_integer(right, 1);
    return parameters.residual == NULL || (a != INT64_MIN && b != INT64_MIN && a < b);
}

static bool rows_match(const char *left, const char *right) {
    int match = keys_match(left, right);
    return (match == YES || (match == UNKNOWN && parameters.is_null_aware)) && residual_holds(left, right);
}

static void add_own(RowBag *out, int side, const char *row, int64_t count) {
    char text[512];
    int type = parameters.type;
    if (type == JOIN_SEMI || type == JOIN_ANTI)
        sprintf(text, "%s", row);
    else if (side == 0)
        sprintf(text, "%s NULL NULL NULL", row);
    else
        sprintf(text, "NULL NULL NULL %s", row);
    bag_add(out, text, count);
}

static bool is_matched(const RowBag *inputs, int side, const char *row) {
    const RowBag *other = &inputs[1 - side];
    for (int i = 0; i < other->count; i++)
        if (other->counts[i] != 0 &&
            rows_match(side == 0 ? row : other->rows[i], side == 0 ? other->rows[i] : row))
            return true;
    return false;
}

static void expect(const RowBag *inputs, RowBag *out) {
    int type = parameters.type;
    for (int side = 0; side < 2; side++) {
        bool is_preserved =
            side == 0 ? type == JOIN_LEFT || type == JOIN_FULL || type == JOIN_SEMI || type == JOIN_ANTI
                      : type == JOIN_RIGHT || type == JOIN_FULL;
        for (int i = 0; is_preserved && i < inputs[side].count; i++)
            if (inputs[side].counts[i] != 0 &&
                is_matched(inputs, side, inputs[side].rows[i]) == (type == JOIN_SEMI))
                add_own(out, side, inputs[side].rows[i], inputs[side].counts[i]);
    }
    for (int i = 0; i < inputs[0].count && type != JOIN_SEMI && type != JOIN_ANTI; i++)
        for (int j = 0; j < inputs[1].count; j++) {
            char text[600];
            int64_t count = inputs[0].counts[i] * inputs[1].counts[j];
            if (count == 0 || !rows_match(inputs[0].rows[i], inputs[1].rows[j]))
                continue;
            sprintf(text, "%s %s", inputs[0].rows[i], inputs[1].rows[j]);
            bag_add(out, text, count);
        }
}

static Expression *less(Arena *arena) {
    Expression *columns[2] = {
        expression_column(arena, 1, type_of(TYPE_INT8)), expression_column(arena, 4, type_of(TYPE_INT8))};
    const Function *function = function_by_signature("<(int8, int8) -> bool");
    ck_assert_ptr_nonnull(function);
    return expression_call(arena, function, type_of(TYPE_BOOL), 2, columns);
}

static void run(int step_count, int rows_per_step, int seeds) {
    bool is_pairs = parameters.type != JOIN_SEMI && parameters.type != JOIN_ANTI;
    History history = {.type = &join_operator,
        .parameters = &parameters,
        .input_count = 2,
        .input_types = INPUTS,
        .output_types = is_pairs ? PAIRS : LEFT_ONLY,
        .random_row = random_row,
        .expect = expect,
        .step_count = step_count,
        .rows_per_step = rows_per_step,
        .diff_max = 2};
    for (int seed = 1; seed <= seeds; seed++) {
        history.is_append_only = seed % 3 == 0;
        history.is_one_shot = history.is_sealed_early = false;
        history_run(&history, (uint64_t)seed);
        history.is_one_shot = true;
        history_run(&history, (uint64_t)seed);
        history.is_sealed_early = true;
        history_run(&history, (uint64_t)seed);
    }
}

static void run_all_types(int key_count, bool is_null_safe, bool with_residual) {
    static int keys[2] = {0, 1};
    Arena *arena = arena_create();
    for (int type = JOIN_INNER; type <= JOIN_ANTI; type++) {
        parameters = (JoinParameters){.type = type,
            .key_count = key_count,
            .left_keys = keys,
            .right_key_count = key_count,
            .right_keys = keys,
            .is_null_safe = is_null_safe,
            .residual = with_residual ? less(arena) : NULL,
            .left_expiry_column = -1,
            .right_expiry_column = -1,
            .left_expiry_watermark = -1,
            .right_expiry_watermark = -1};
        run(10, 16, 3);
    }
    arena_destroy(arena);
}

START_TEST(one_key) {
    run_all_types(1, false, false);
    run_all_types(1, false, true);
}
END_TEST

START_TEST(two_keys) {
    run_all_types(2, false, false);
    run_all_types(2, true, false);
}
END_TEST

START_TEST(no_keys) {
    run_all_types(0, false, false);
    run_all_types(0, false, true);
}
END_TEST

START_TEST(not_in) {
    static int keys[2] = {0, 1};
    Arena *arena = arena_create();
    for (int key_count = 1; key_count <= 2; key_count++)
        for (int with_residual = 0; with_residual < 2; with_residual++) {
            parameters = (JoinParameters){.type = JOIN_ANTI,
                .key_count = key_count,
                .left_keys = keys,
                .right_key_count = key_count,
                .right_keys = keys,
                .is_null_aware = true,
                .residual = with_residual ? less(arena) : NULL,
                .left_expiry_column = -1,
                .right_expiry_column = -1,
                .left_expiry_watermark = -1,
                .right_expiry_watermark = -1};
            run(12, 6, 4);
        }
    arena_destroy(arena);
}
END_TEST

/* Rows of a step have times between its watermark and ten more; the sides join on equal times, so nothing
   that is freed is missed. */
static int64_t step_time(int step) {
    return step * 4;
}

static void random_timed_row(int input, uint64_t *random, char *row) {
    sprintf(row, "%u %u %c", history_random(random, 120), history_random(random, 3),
        'a' + (char)history_random(random, 2));
}

static bool is_in_time(int step, int input, const char *row) {
    int64_t time = row_integer(row, 0);
    return time >= step_time(step) && time < step_time(step) + 10;
}

static void timed_watermarks(int step, int input, int64_t *watermarks) {
    watermarks[0] = step_time(step + 1);
}

START_TEST(expiry) {
    static int keys[1] = {0};
    for (int type = JOIN_INNER; type <= JOIN_ANTI; type++) {
        parameters = (JoinParameters){
            .type = type, .key_count = 1, .left_keys = keys, .right_key_count = 1, .right_keys = keys};
        bool is_pairs = type != JOIN_SEMI && type != JOIN_ANTI;
        History history = {.type = &join_operator,
            .parameters = &parameters,
            .input_count = 2,
            .input_types = INPUTS,
            .output_types = is_pairs ? PAIRS : LEFT_ONLY,
            .random_row = random_timed_row,
            .expect = expect,
            .step_count = 20,
            .rows_per_step = 200,
            .diff_max = 2,
            .watermarks = timed_watermarks,
            .is_allowed = is_in_time};
        history_run(&history, 1);
        history_run(&history, 2);
        history.is_append_only = true;
        history_run(&history, 3);
    }
}
END_TEST

START_TEST(freed_rows_go) {
    static int keys[1] = {0};
    parameters = (JoinParameters){.type = JOIN_INNER,
        .key_count = 1,
        .left_keys = keys,
        .right_key_count = 1,
        .right_keys = keys,
        .left_expiry_delay = 5};
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    Testbed *bed =
        testbed_create(&join_operator, &parameters, 2, INPUTS, PAIRS, &(TestbedOptions){.state = space});
    testbed_feed(bed, 0, "int8 int8 text\n+1 10 1 a\n+1 20 1 b\n");
    testbed_feed(bed, 1, "int8 int8 text\n+1 10 1 c\n+1 20 1 d\n");
    testbed_seal(bed, 0, (int64_t[]){11, 0, 0});
    testbed_seal(bed, 1, (int64_t[]){15, 0, 0});
    ck_assert_str_eq(
        testbed_collect(bed), "int8 int8 text int8 int8 text\n+1 10 1 a 10 1 c\n+1 20 1 b 20 1 d\n");
    ck_assert_int_eq(testbed_watermark(bed, 0), 11);
    ck_assert_int_eq(testbed_watermark(bed, 3), 11);
    ck_assert_int_eq(testbed_watermark(bed, 1), WATERMARK_NONE);
    /* Left 10 stays: 10 + 5 is not below 15. Right 10 is below 11. */
    ck_assert_int_eq(state_space_rows(space), 3);
    testbed_next_step(bed);
    testbed_seal(bed, 0, (int64_t[]){11, 0, 0});
    testbed_seal(bed, 1, (int64_t[]){16, 0, 0});
    testbed_collect(bed);
    ck_assert_int_eq(state_space_rows(space), 2);
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

/* One probing batch meets more pairs than a batch holds. */
START_TEST(long_chains) {
    static int keys[1] = {0};
    parameters = (JoinParameters){.type = JOIN_INNER,
        .key_count = 1,
        .left_keys = keys,
        .right_key_count = 1,
        .right_keys = keys,
        .left_expiry_column = -1,
        .right_expiry_column = -1};
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    Testbed *bed = testbed_create(&join_operator, &parameters, 2, (const char *[]){"int8 int8", "int8 int8"},
        "int8 int8 int8 int8", &(TestbedOptions){.state = space});
    Text text = {0};
    text_add_string(&text, "int8 int8\n");
    for (int i = 0; i < 200; i++)
        text_printf(&text, "+1 1 %d\n", i);
    testbed_feed(bed, 0, text_string(&text));
    testbed_feed(bed, 1, text_string(&text));
    testbed_seal(bed, 0, NULL);
    testbed_seal(bed, 1, NULL);
    const char *out = testbed_collect(bed);
    int lines = 0;
    for (; *out; out++)
        lines += *out == '\n';
    ck_assert_int_eq(lines, 40001);
    ck_assert_int_ge(testbed_batch_count(bed), 10);
    text_free(&text);
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

/* A row that was never there is taken away. */
START_TEST(negative_count) {
    static int keys[1] = {0};
    parameters = (JoinParameters){.type = JOIN_INNER,
        .key_count = 1,
        .left_keys = keys,
        .right_key_count = 1,
        .right_keys = keys,
        .left_expiry_column = -1,
        .right_expiry_column = -1};
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    Testbed *bed = testbed_create(&join_operator, &parameters, 2, INPUTS, PAIRS,
        &(TestbedOptions){.state = space, .is_updating = true});
    testbed_feed(bed, 0, "int8 int8 text\n-1 10 1 a\n");
    testbed_seal(bed, 0, NULL);
    testbed_seal(bed, 1, NULL);
    Error error = {0};
    ck_assert_int_eq(testbed_try(bed, &error), STATUS_INTERNAL_ERROR);
    error_clear(&error);
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

/* Rows of the left meet what the right is at the end of their step, wherever in it they come, and never
   anything later. */
START_TEST(lookups_happen_once) {
    int keys[] = {0};
    JoinParameters parameters = {.type = JOIN_LEFT,
        .key_count = 1,
        .left_keys = keys,
        .right_key_count = 1,
        .right_keys = keys,
        .is_lookup = true,
        .left_expiry_column = -1,
        .left_expiry_watermark = -1,
        .right_expiry_column = -1,
        .right_expiry_watermark = -1};
    StateSpace *state = state_space_create(&(StateSpaceSpec){.shard_end = 65536});
    Testbed *bed = testbed_create(&join_operator, &parameters, 2, (const char *[]){"int8 text", "int8 text"},
        "int8 text int8 text", &(TestbedOptions){.state = state, .is_updating = true});
    testbed_feed(bed, 0, "int8 text\n+1 1 a\n+2 2 b\n");
    ck_assert_str_eq(testbed_collect(bed), "int8 text int8 text\n");
    testbed_feed(bed, 1, "int8 text\n+1 1 old\n");
    testbed_feed(bed, 1, "int8 text\n-1 1 old\n+1 1 new\n");
    testbed_seal(bed, 0, NULL);
    testbed_seal(bed, 1, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 text int8 text\n+1 1 a 1 new\n+2 2 b NULL NULL\n");
    ck_assert_int_eq(state_space_rows(state), 1);
    testbed_next_step(bed);
    testbed_seal(bed, 0, NULL);
    testbed_feed(bed, 1, "int8 text\n-1 1 new\n+1 2 late\n");
    testbed_seal(bed, 1, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 text int8 text\n");
    testbed_next_step(bed);
    testbed_seal(bed, 1, NULL);
    testbed_feed(bed, 0, "int8 text\n+1 1 c\n+1 2 d\n");
    ck_assert_str_eq(testbed_collect(bed), "int8 text int8 text\n+1 1 c NULL NULL\n+1 2 d 2 late\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8 text int8 text\n");
    testbed_destroy(bed);
    state_space_destroy(state);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("join");
    TCase *cases = tcase_create("join");
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, one_key);
    tcase_add_test(cases, two_keys);
    tcase_add_test(cases, no_keys);
    tcase_add_test(cases, not_in);
    tcase_add_test(cases, expiry);
    tcase_add_test(cases, freed_rows_go);
    tcase_add_test(cases, long_chains);
    tcase_add_test(cases, negative_count);
    tcase_add_test(cases, lookups_happen_once);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void) {
    functions_start();
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
