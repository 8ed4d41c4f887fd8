/* Dataflow: random histories over hand-made graphs, against recomputation. */
#include <check.h>
#include <stdlib.h>

#include "executor/dataflow/flow_bed.h"

/* Writes, records, views that come while both run, restarts with other numbers of workers. */
static void run_history(BedOptions options, int rounds) {
    static const int worker_counts[] = {1, 2, 4};
    FlowBed *bed = bed_create(&options);
    for (int round = 0; round < rounds; round++) {
        for (int n = (int)bed_random(bed, 6); n > 0; n--)
            bed_write(bed);
        bed_feed(bed, (int)bed_random(bed, bed_random(bed, 8) == 0 ? 300 : 12));
        if (bed_random(bed, 3) == 0)
            bed_build(bed, (BedView)bed_random(bed, BED_VIEWS));
        for (int n = (int)bed_random(bed, 3); n > 0; n--)
            bed_write(bed);
        if (bed_random(bed, 4) == 0)
            bed_check(bed);
        if (options.is_durable && bed_random(bed, 12) == 0)
            bed_restart(bed, worker_counts[bed_random(bed, 3)]);
    }
    for (int v = 0; v < BED_VIEWS; v++)
        bed_build(bed, (BedView)v);
    bed_check(bed);
    if (options.is_durable) {
        bed_restart(bed, worker_counts[bed_random(bed, 3)]);
        bed_check(bed);
        bed_write(bed);
        bed_check(bed);
    }
    ck_assert_int_eq(bed_failures(bed), 0);
    bed_destroy(bed);
}

static void run_histories(BedOptions options, int seeds) {
    const char *chosen = getenv("FLOW_SEED");
    for (uint64_t seed = 1; seed <= (uint64_t)seeds; seed++) {
        options.seed = chosen != NULL ? strtoull(chosen, NULL, 10) : seed;
        run_history(options, 40);
    }
}

START_TEST(one_worker) {
    run_histories((BedOptions){.workers = 1}, 6);
}
END_TEST

START_TEST(two_workers) {
    run_histories((BedOptions){.workers = 2}, 6);
}
END_TEST

START_TEST(four_workers) {
    run_histories((BedOptions){.workers = 4}, 6);
}
END_TEST

START_TEST(restarts) {
    run_histories((BedOptions){.workers = 2, .is_durable = true}, 6);
}
END_TEST

START_TEST(memory_limit_zero) {
    run_histories((BedOptions){.workers = 2, .is_durable = true, .is_memory_zero = true}, 4);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("dataflow");
    TCase *tests = tcase_create("histories");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, one_worker);
    tcase_add_test(tests, two_workers);
    tcase_add_test(tests, four_workers);
    tcase_add_test(tests, restarts);
    tcase_add_test(tests, memory_limit_zero);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
