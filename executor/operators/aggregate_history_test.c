/* Aggregate against naive recomputation over random histories, and its corners one by one. */
#include "executor/operators/aggregate.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/operators/history.h"
#include "executor/operators/testing.h"

static AggregateSpec call(const char *signature, int argument, int filter, bool is_distinct, TypeId result) {
    static int columns[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const Aggregate *aggregate = aggregate_by_signature(signature);
    ck_assert_ptr_nonnull(aggregate);
    return (AggregateSpec){.aggregate = aggregate, .argument_count = argument < 0 ? 0 : 1, .arguments = argument < 0 ? NULL : &columns[argument],
        .filter = filter, .is_distinct = is_distinct, .result_type = type_of(result)};
}

/* Input: key int8, value int8, flag bool, name text. */
static const char *const INPUT[] = {"int8 int8 bool text"};

static void random_row(int input, uint64_t *random, char *row) {
    char key[24], value[24];
    snprintf(key, sizeof key, "%u", history_random(random, 6));
    snprintf(value, sizeof value, "%d", (int)history_random(random, 9) - 4);
    sprintf(row, "%s %s %s %c", history_random(random, 8) == 0 ? "NULL" : key, history_random(random, 6) == 0 ? "NULL" : value,
        history_random(random, 5) == 0 ? "NULL" : history_random(random, 2) ? "t" : "f", 'a' + (char)history_random(random, 4));
}

typedef struct Naive {
    int64_t count, value_count, flag_count, sum, flag_sum, min, max, distinct, flag_distinct;
} Naive;

/* One group: rows whose key text is `key`; NULL: all rows. */
static Naive naive_group(const RowBag *bag, const char *key) {
    Naive n = {.min = INT64_MAX, .max = INT64_MIN};
    bool seen[16] = {0}, flag_seen[16] = {0};
    for (int i = 0; i < bag->count; i++) {
        char text[32], flag[32];
        if (bag->counts[i] == 0 || (key != NULL && strcmp(row_value(bag->rows[i], 0, text), key) != 0))
            continue;
        int64_t value = row_integer(bag->rows[i], 1), count = bag->counts[i];
        bool is_flagged = strcmp(row_value(bag->rows[i], 2, flag), "t") == 0;
        n.count += count;
        n.flag_count += is_flagged ? count : 0;
        if (value == INT64_MIN)
            continue;
        n.value_count += count;
        n.sum += value * count;
        n.flag_sum += is_flagged ? value * count : 0;
        n.min = value < n.min ? value : n.min;
        n.max = value > n.max ? value : n.max;
        n.distinct += !seen[value + 4];
        seen[value + 4] = true;
        n.flag_distinct += is_flagged && !flag_seen[value + 4];
        flag_seen[value + 4] |= is_flagged;
    }
    return n;
}

static void add_group(const char *key, Naive n, RowBag *out) {
    char row[256], sum[32] = "NULL", min[32] = "NULL", max[32] = "NULL";
    if (n.value_count > 0) {
        sprintf(sum, "%lld", (long long)n.sum);
        sprintf(min, "%lld", (long long)n.min);
        sprintf(max, "%lld", (long long)n.max);
    }
    sprintf(row, "%s%s%lld %lld %s %s %s %lld %lld", key, *key ? " " : "", (long long)n.count, (long long)n.flag_count, sum, min, max, (long long)n.distinct,
        (long long)n.flag_distinct);
    bag_add(out, row, 1);
}

static void expect_groups(const RowBag *inputs, RowBag *out) {
    for (int i = 0; i < inputs->count; i++) {
        char key[32], other[32];
        bool is_first = inputs->counts[i] != 0;
        row_value(inputs->rows[i], 0, key);
        for (int j = 0; j < i && is_first; j++)
            is_first = inputs->counts[j] == 0 || strcmp(row_value(inputs->rows[j], 0, other), key) != 0;
        if (is_first)
            add_group(key, naive_group(inputs, key), out);
    }
}

static void expect_global(const RowBag *inputs, RowBag *out) {
    add_group("", naive_group(inputs, NULL), out);
}

static AggregateSpec *all_calls(void) {
    static AggregateSpec calls[7];
    calls[0] = call("count() -> int8", -1, -1, false, TYPE_INT8);
    calls[1] = call("count() -> int8", -1, 2, false, TYPE_INT8);
    calls[2] = call("sum(int8) -> numeric", 1, -1, false, TYPE_NUMERIC);
    calls[3] = call("min(int8) -> int8", 1, -1, false, TYPE_INT8);
    calls[4] = call("max(int8) -> int8", 1, -1, false, TYPE_INT8);
    calls[5] = call("count(any) -> int8", 1, -1, true, TYPE_INT8);
    calls[6] = call("count(any) -> int8", 1, 2, true, TYPE_INT8);
    return calls;
}

static void run_histories(History history, AggregateParameters parameters, int seeds) {
    history.type = &aggregate_operator;
    history.parameters = &parameters;
    history.input_count = 1;
    history.input_types = history.input_types != NULL ? history.input_types : INPUT;
    history.random_row = history.random_row != NULL ? history.random_row : random_row;
    history.step_count = 25;
    history.rows_per_step = 30;
    for (int seed = 1; seed <= seeds; seed++) {
        history_run(&history, (uint64_t)seed);
        history.rows_per_step = 1 + seed * 7 % 60;
    }
}

static const char GROUPED[] = "int8 int8 int8 numeric int8 int8 int8 int8";
static const char GLOBAL[] = "int8 int8 numeric int8 int8 int8 int8";

START_TEST(grouped_updating) {
    run_histories((History){.output_types = GROUPED, .expect = expect_groups},
        (AggregateParameters){.key_count = 1, .keys = (int[]){0}, .aggregate_count = 7, .aggregates = all_calls(), .is_input_updating = true, .expiry_key = -1}, 6);
}
END_TEST

START_TEST(grouped_append_only) {
    run_histories((History){.output_types = GROUPED, .expect = expect_groups, .is_append_only = true},
        (AggregateParameters){.key_count = 1, .keys = (int[]){0}, .aggregate_count = 7, .aggregates = all_calls(), .expiry_key = -1}, 4);
}
END_TEST

START_TEST(global_updating) {
    run_histories((History){.output_types = GLOBAL, .expect = expect_global},
        (AggregateParameters){.aggregate_count = 7, .aggregates = all_calls(), .is_input_updating = true, .expiry_key = -1}, 6);
}
END_TEST

START_TEST(one_shot) {
    run_histories((History){.output_types = GROUPED, .expect = expect_groups, .is_one_shot = true},
        (AggregateParameters){.key_count = 1, .keys = (int[]){0}, .aggregate_count = 7, .aggregates = all_calls(), .is_input_updating = true, .expiry_key = -1}, 10);
    run_histories((History){.output_types = GLOBAL, .expect = expect_global, .is_one_shot = true},
        (AggregateParameters){.aggregate_count = 7, .aggregates = all_calls(), .is_input_updating = true, .expiry_key = -1}, 10);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("aggregate");
    TCase *histories = tcase_create("histories");
    tcase_set_timeout(histories, 300);
    tcase_add_test(histories, grouped_updating);
    tcase_add_test(histories, grouped_append_only);
    tcase_add_test(histories, global_updating);
    tcase_add_test(histories, one_shot);
    suite_add_tcase(suite, histories);
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
