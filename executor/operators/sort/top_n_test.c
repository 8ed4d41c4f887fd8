/* TopN against sorting the whole input over random histories. */
#include "executor/operators/sort/top_n.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/operators/test/history.h"
#include "executor/operators/test/testing.h"

static const char *const INPUT[] = {"int8 int8 text"};
static TopNParameters parameters;

static void random_row(int input, uint64_t *random, char *row) {
    char key[24], value[24];
    snprintf(key, sizeof key, "%u", history_random(random, 4));
    snprintf(value, sizeof value, "%u", history_random(random, 6));
    sprintf(row, "%s %s %c", history_random(random, 7) == 0 ? "NULL" : key,
        history_random(random, 7) == 0 ? "NULL" : value, 'a' + (char)history_random(random, 5));
}

/* PostgreSQL's order: NULLs last ascending, first descending. */
static int compare_values(const char *a, const char *b, int column, bool is_descending) {
    int64_t x = row_integer(a, column), y = row_integer(b, column);
    if (x == INT64_MIN || y == INT64_MIN) {
        int order = (x == INT64_MIN) - (y == INT64_MIN);
        return is_descending ? -order : order;
    }
    int order = (x > y) - (x < y);
    return is_descending ? -order : order;
}

static int compare_rows(const void *a, const void *b) {
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    char s[64], t[64];
    int order = parameters.partition_count > 0 ? compare_values(x, y, 0, false) : 0;
    if (order == 0)
        order = compare_values(x, y, 1, parameters.keys[0].is_descending);
    if (order == 0)
        order = compare_values(x, y, 0, false);
    return order != 0 ? order : strcmp(row_value(x, 2, s), row_value(y, 2, t));
}

static void expect(const RowBag *inputs, RowBag *out) {
    int count = 0;
    for (int i = 0; i < inputs->count; i++)
        count += (int)inputs->counts[i];
    char **rows = malloc(sizeof *rows * (size_t)(count + 1));
    count = 0;
    for (int i = 0; i < inputs->count; i++)
        for (int64_t copy = 0; copy < inputs->counts[i]; copy++)
            rows[count++] = inputs->rows[i];
    qsort(rows, (size_t)count, sizeof *rows, compare_rows);
    int64_t number = 0, rank = 0;
    int64_t end = parameters.limit < 0 ? INT64_MAX : parameters.offset + parameters.limit;
    for (int i = 0; i < count; i++) {
        bool is_first = i == 0 || (parameters.partition_count > 0 &&
                                      row_integer(rows[i], 0) != row_integer(rows[i - 1], 0));
        number = is_first ? 1 : number + 1;
        if (is_first || row_integer(rows[i], 1) != row_integer(rows[i - 1], 1))
            rank = number;
        int64_t shown = parameters.with_ties_rank ? rank : number;
        char text[256];
        sprintf(text, parameters.with_rank ? "%s %lld" : "%s", rows[i], (long long)shown);
        if (shown > parameters.offset && shown <= end)
            bag_add(out, text, 1);
    }
    free(rows);
}

static void run(int seeds) {
    History history = {.type = &top_n_operator,
        .parameters = &parameters,
        .input_count = 1,
        .input_types = INPUT,
        .output_types = parameters.with_rank ? "int8 int8 text int8" : "int8 int8 text",
        .random_row = random_row,
        .expect = expect,
        .step_count = 14,
        .rows_per_step = 25};
    for (int seed = 1; seed <= seeds; seed++) {
        history.is_append_only = seed % 2 == 0;
        history.is_one_shot = false;
        history_run(&history, (uint64_t)seed);
        history.is_one_shot = true;
        history_run(&history, (uint64_t)seed);
    }
}

static void run_limits(bool with_rank, bool with_ties) {
    static int partition[1] = {0};
    static SortKey ascending[1] = {{.column = 1}},
                   descending[1] = {{.column = 1, .is_descending = true, .is_nulls_first = true}};
    static const int64_t limits[][2] = {{1, 0}, {3, 0}, {4, 2}, {-1, 0}};
    for (int i = 0; i < 4; i++) {
        parameters = (TopNParameters){.partition_count = i % 3 != 2,
            .partition = partition,
            .key_count = 1,
            .keys = i % 2 ? descending : ascending,
            .limit = limits[i][0],
            .offset = limits[i][1],
            .with_rank = with_rank,
            .with_ties_rank = with_ties};
        run(2);
    }
}

START_TEST(rows_only) {
    run_limits(false, false);
}
END_TEST

START_TEST(row_numbers) {
    run_limits(true, false);
}
END_TEST

START_TEST(ranks) {
    run_limits(true, true);
    run_limits(false, true);
}
END_TEST

/* Append-only: what can never be seen is not kept, within a long step neither. */
START_TEST(keeps_few) {
    static SortKey keys[1] = {{.column = 0}};
    parameters = (TopNParameters){.key_count = 1, .keys = keys, .limit = 3};
    StateSpace *space =
        state_space_create(&(StateSpaceSpec){.object_id = 1, .operator_id = 1, .shard_end = 65536});
    Testbed *bed = testbed_create(
        &top_n_operator, &parameters, 1, (const char *[]){"int8"}, "int8", &(TestbedOptions){.state = space});
    for (int batch = 10; batch >= 1; batch--) {
        Text text = {0};
        text_add_string(&text, "int8\n");
        for (int i = 99; i >= 0; i--)
            text_printf(&text, "+1 %d\n", batch * 100 + i);
        testbed_feed(bed, 0, text_string(&text));
        text_free(&text);
        ck_assert_int_le(state_space_rows(space), 250);
    }
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8\n+1 100\n+1 101\n+1 102\n");
    ck_assert_int_eq(state_space_rows(space), 3);
    testbed_next_step(bed);
    testbed_feed(bed, 0, "int8\n+1 5\n+1 101\n+1 7000\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect(bed), "int8\n-1 102\n+1 5\n");
    testbed_destroy(bed);
    state_space_destroy(space);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("top_n");
    TCase *cases = tcase_create("top_n");
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, rows_only);
    tcase_add_test(cases, row_numbers);
    tcase_add_test(cases, ranks);
    tcase_add_test(cases, keeps_few);
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
