/* Tests of the distinct estimator: samples of populations whose number of values is known. */
#include <check.h>

#include "planner/cost/distinct.h"

enum { SAMPLE = BATCH_ROWS_MAX };

static uint64_t next(uint64_t *state) {
    return (*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407)) >> 33;
}

/* A sample of rows whose value is value(random). */
static double estimate(int64_t (*value)(uint64_t random), double population) {
    static const Type types[] = {{.id = TYPE_INT8, .modifier = -1}};
    Batch *batch = batch_builder(types, 1, SAMPLE);
    uint64_t state = 7;
    for (int row = 0; row < SAMPLE; row++)
        ((int64_t *)batch->columns[0]->values)[row] = value(next(&state));
    batch->row_count = batch->selected_count = SAMPLE;
    SampleValues values = values_count(batch, (int[]){0}, 1, NULL);
    double distinct = values_distinct(&values, population);
    values_free(&values);
    batch_release(batch);
    return distinct;
}

static int64_t one_of_ten(uint64_t random) {
    return (int64_t)(random % 10);
}

static int64_t one_of_50000(uint64_t random) {
    return (int64_t)(random % 50000);
}

static int64_t always_another(uint64_t random) {
    return (int64_t)random;
}

/* Half of the rows have one value, the others each their own. */
static int64_t half_the_same(uint64_t random) {
    return random % 2 == 0 ? -1 : (int64_t)random;
}

START_TEST(estimates_are_near) {
    ck_assert_double_eq(estimate(one_of_ten, 1e6), 10);
    double distinct = estimate(one_of_50000, 1e6);
    ck_assert(distinct > 35000 && distinct < 65000);
    ck_assert(estimate(always_another, 1e6) > 900000);
    distinct = estimate(half_the_same, 1e6);
    ck_assert(distinct > 250000 && distinct < 550000);
}
END_TEST

START_TEST(whole_populations_are_counted) {
    double distinct = estimate(one_of_50000, SAMPLE);
    ck_assert(distinct > 3900 && distinct < SAMPLE);
}
END_TEST

START_TEST(counts_are_copies) {
    Batch *batch = batch_from_text("int8 text\n+3 1 a\n+1 2 b\n+1 1 c\n+1 NULL d\n");
    SampleValues values = values_count(batch, (int[]){0}, 1, (const bool[]){false, false, false, true});
    ck_assert_int_eq(values.count, 2);
    ck_assert_int_eq(values.rows, 5);
    ck_assert_int_eq(values.items[0].count, 4);
    ck_assert_int_eq(values.items[0].row, 0);
    ck_assert_int_eq(values_frequent(&values, 10), 1);
    values_free(&values);
    values = values_count(batch, (int[]){0, 1}, 2, NULL);
    ck_assert_int_eq(values.count, 4);
    values_free(&values);
    batch_release(batch);
}
END_TEST

START_TEST(picking_meets_fewer) {
    ck_assert_double_eq(distinct_after_picking(100, 1000, 1000), 100);
    ck_assert_double_eq(distinct_after_picking(1, 1000, 10), 1);
    ck_assert_double_eq_tol(distinct_after_picking(1000, 1000, 10), 10, 0.01);
    double met = distinct_after_picking(100, 1000, 100);
    ck_assert(met > 60 && met < 70);
}
END_TEST

int main(void) {
    TCase *cases = tcase_create("distinct");
    tcase_add_test(cases, estimates_are_near);
    tcase_add_test(cases, whole_populations_are_counted);
    tcase_add_test(cases, counts_are_copies);
    tcase_add_test(cases, picking_meets_fewer);
    Suite *suite = suite_create("distinct");
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
