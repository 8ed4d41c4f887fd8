/* Consolidate over random histories. */
#include "executor/operators/consolidate.h"

#include <check.h>
#include <stdio.h>

#include "executor/operators/test/history.h"
#include "executor/operators/test/testing.h"

static const char *const INPUT[] = {"int8 text"};

static void random_row(int input, uint64_t *random, char *row) {
    sprintf(row, "%u %c", history_random(random, 5), 'a' + (char)history_random(random, 3));
}

static void expect_all(const RowBag *inputs, RowBag *out) {
    for (int i = 0; i < inputs->count; i++)
        if (inputs->counts[i] != 0)
            bag_add(out, inputs->rows[i], inputs->counts[i]);
}

START_TEST(consolidates) {
    History history = {.type = &consolidate_operator,
        .input_count = 1,
        .input_types = INPUT,
        .output_types = INPUT[0],
        .random_row = random_row,
        .expect = expect_all,
        .step_count = 20,
        .rows_per_step = 60};
    history_run(&history, 1);
    Testbed *bed = testbed_create(
        &consolidate_operator, NULL, 1, (const char *[]){"numeric text"}, "numeric text", NULL);
    testbed_feed(bed, 0, "numeric text\n+1 1.0 a\n+1 1.00 a\n-1 2 NULL\n+3 7 b\n");
    testbed_feed(bed, 0, "numeric text\n-1 1.0 a\n+1 2 NULL\n-1 7 b\n+1 1.00 a\n");
    testbed_seal(bed, 0, NULL);
    ck_assert_str_eq(testbed_collect_in_order(bed), "numeric text\n+2 1.00 a\n+2 7 b\n");
    ck_assert_int_eq(testbed_batch_count(bed), 1);
    testbed_destroy(bed);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("consolidate");
    TCase *cases = tcase_create("consolidate");
    tcase_add_test(cases, consolidates);
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
