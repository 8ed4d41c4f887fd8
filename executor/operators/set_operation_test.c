/* SetOperation against counting over random histories, images included. */
#include "executor/operators/set_operation.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/operators/test/history.h"
#include "executor/operators/test/testing.h"

static const char *const PLAIN[] = {"int8 text", "int8 text"};
static const char *const NUMERIC[] = {"numeric text", "numeric text"};
static SetOperationParameters parameters;

static void random_row(int input, uint64_t *random, char *row) {
    char key[24];
    snprintf(key, sizeof key, "%u", history_random(random, 4));
    sprintf(
        row, "%s %c", history_random(random, 7) == 0 ? "NULL" : key, 'a' + (char)history_random(random, 2));
}

/* 1, 1.0 and 1.00 are one value. */
static void random_numeric_row(int input, uint64_t *random, char *row) {
    static const char *const scales[] = {"", ".0", ".00"};
    sprintf(row, "%u%s %c", history_random(random, 3), scales[history_random(random, 3)],
        'a' + (char)history_random(random, 2));
}

static bool rows_equal(const char *a, const char *b) {
    char x[64], y[64];
    return row_integer(a, 0) == row_integer(b, 0) && strcmp(row_value(a, 1, x), row_value(b, 1, y)) == 0;
}

static int64_t count_equal(const RowBag *bag, const char *row) {
    int64_t count = 0;
    for (int i = 0; i < bag->count; i++)
        count += rows_equal(bag->rows[i], row) ? bag->counts[i] : 0;
    return count;
}

static void expect(const RowBag *inputs, RowBag *out) {
    for (int i = 0; i < inputs[0].count; i++) {
        const char *row = inputs[0].rows[i];
        bool is_least = inputs[0].counts[i] > 0;
        for (int j = 0; j < inputs[0].count && is_least; j++)
            is_least = inputs[0].counts[j] == 0 || !rows_equal(inputs[0].rows[j], row) ||
                       strlen(inputs[0].rows[j]) >= strlen(row);
        int64_t left = count_equal(&inputs[0], row), right = count_equal(&inputs[1], row), shown;
        if (parameters.kind == SET_INTERSECT)
            shown = parameters.is_all ? (left < right ? left : right) : right > 0;
        else
            shown = parameters.is_all ? (left > right ? left - right : 0) : right == 0;
        if (is_least && shown > 0)
            bag_add(out, row, shown);
    }
}

static void run(bool is_numeric) {
    for (int kind = 0; kind < 4; kind++) {
        parameters = (SetOperationParameters){.kind = kind / 2, .is_all = kind % 2};
        History history = {.type = &set_operation_operator,
            .parameters = &parameters,
            .input_count = 2,
            .input_types = is_numeric ? NUMERIC : PLAIN,
            .output_types = is_numeric ? NUMERIC[0] : PLAIN[0],
            .random_row = is_numeric ? random_numeric_row : random_row,
            .expect = expect,
            .step_count = 20,
            .rows_per_step = 20};
        for (int seed = 1; seed <= 2; seed++) {
            history.is_one_shot = false;
            history_run(&history, (uint64_t)seed);
            history.is_one_shot = true;
            history_run(&history, (uint64_t)seed);
        }
    }
}

START_TEST(counts) {
    run(false);
}
END_TEST

START_TEST(images) {
    run(true);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("set_operation");
    TCase *cases = tcase_create("set_operation");
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, counts);
    tcase_add_test(cases, images);
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
