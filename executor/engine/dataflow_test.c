/* Dataflow: random histories over hand-made graphs, against recomputation. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "executor/base/memory.h"
#include "executor/engine/test/flow_bed.h"

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

/* Waits until the source has stopped, or goes on. */
static void wait_for_source(FlowBed *bed, bool is_stopped, const char *trouble) {
    bool is_so = false;
    for (int tries = 0; !is_so && tries < 10000; tries++) {
        JobStatus *jobs;
        int count;
        coordinator_status(bed_coordinator(bed), &jobs, &count);
        for (int i = 0; i < count; i++) {
            if (jobs[i].object_id == SOURCE_S)
                is_so = jobs[i].is_stopped == is_stopped &&
                        strstr(text_string(&jobs[i].trouble), trouble) != NULL;
            text_free(&jobs[i].trouble);
            memory_free(jobs[i].partitions);
            memory_free(jobs[i].lags);
            memory_free((char *)jobs[i].name);
        }
        memory_free(jobs);
        usleep(1000);
    }
    ck_assert(is_so);
}

/* A source whose reader fails stops; what reads it stays as it is, the others go on, and so does the source
   once its reader does. */
START_TEST(a_failed_source_stops_alone) {
    FlowBed *bed = bed_create(&(BedOptions){.workers = 2, .seed = 3, .is_durable = true});
    Error error = {0};
    bed_build(bed, VIEW_COUNT);
    bed_build(bed, VIEW_TUMBLE);
    bed_build(bed, VIEW_SUM);
    bed_feed(bed, 50);
    bed_write(bed);
    bed_check(bed);
    bed_break_source(bed, true);
    bed_feed(bed, 50);
    bed_write(bed);
    bed_settle(bed);
    wait_for_source(bed, true, "planted fault");
    Relation *relation = NULL;
    ck_assert_int_eq(
        coordinator_relation(bed_coordinator(bed), bed_view_id(VIEW_COUNT), &relation, &error), OK);
    relation_release(relation);
    ck_assert_int_eq(
        coordinator_relation(bed_coordinator(bed), bed_view_id(VIEW_SUM), &relation, &error), OK);
    relation_release(relation);
    ck_assert_int_eq(bed_insert(bed, 1000, 1, 1, &error), OK);
    ck_assert_int_eq(bed_failures(bed), 0);
    ck_assert_int_eq(bed_drop(bed, SOURCE_S, &error), STATUS_DEPENDENT_OBJECTS_STILL_EXIST);
    error_clear(&error);
    ck_assert_int_eq(bed_drop(bed, bed_view_id(VIEW_TUMBLE), &error), OK);
    bed_break_source(bed, false);
    wait_for_source(bed, false, "");
    bed_feed(bed, 50);
    bed_check(bed);
    bed_restart_now(bed, 4);
    bed_feed(bed, 50);
    bed_check(bed);
    bed_destroy(bed);
}
END_TEST

/* A build whose input is dropped fails; one that is under way when the server stops is answered. */
START_TEST(builds_end_with_their_inputs) {
    for (uint64_t seed = 1; seed <= 8; seed++) {
        FlowBed *bed = bed_create(&(BedOptions){.workers = 2, .seed = seed});
        Error error = {0};
        for (int i = 0; i < 10; i++)
            bed_write(bed);
        (void)bed_build_nowait(bed, VIEW_INNER);
        (void)bed_build_nowait(bed, VIEW_TOP);
        Status status = bed_drop(bed, TABLE_U, &error);
        ck_assert(status == OK || status == STATUS_DEPENDENT_OBJECTS_STILL_EXIST);
        error_clear(&error);
        if (status == OK) {
            bed_wait(bed);
            ck_assert_int_eq(bed_failures(bed), 1);
            bed_last_failure(bed, &error);
            ck_assert_int_eq(error.status, STATUS_UNDEFINED_TABLE);
            error_clear(&error);
        }
        (void)bed_build_nowait(bed, VIEW_SELF);
        bed_destroy(bed);
    }
}
END_TEST

/* A full disk: who waits is told, reads go on, later writes and builds are refused with the cause; a restart
   goes on from the last commit. */
START_TEST(a_failed_commit_stops_writing_not_reading) {
    FlowBed *bed = bed_create(&(BedOptions){.workers = 2, .seed = 5, .is_durable = true});
    Error error = {0};
    bed_build(bed, VIEW_TOP);
    bed_write(bed);
    bed_check(bed);
    bed_fill_disk(bed);
    ck_assert_int_eq(bed_insert(bed, 2000, 1, 1, &error), STATUS_DISK_FULL);
    error_clear(&error);
    ck_assert_int_eq(bed_insert(bed, 2001, 1, 1, &error), STATUS_DISK_FULL);
    error_clear(&error);
    ck_assert_int_eq(bed_insert(bed, 2002, 1, 1, &error), STATUS_DISK_FULL);
    error_clear(&error);
    ck_assert_int_eq(bed_drop(bed, bed_view_id(VIEW_TOP), &error), STATUS_DISK_FULL);
    error_clear(&error);
    ck_assert_int_eq(bed_build_nowait(bed, VIEW_SUM), STATUS_DISK_FULL);
    bed_check_now(bed);
    bed_restart_now(bed, 1);
    bed_check(bed);
    bed_write(bed);
    bed_check(bed);
    ck_assert_int_eq(bed_failures(bed), 0);
    bed_destroy(bed);
}
END_TEST

/* A slow reader's hold is taken away once more is kept for it than it may have. */
START_TEST(a_hold_ends_when_too_much_is_kept) {
    FlowBed *bed = bed_create(&(BedOptions){.workers = 2, .seed = 6});
    Error error = {0};
    ck_assert_int_eq(bed_insert(bed, 3000, 1, 1, &error), OK);
    Epochs *epochs = coordinator_epochs(bed_coordinator(bed));
    EpochHold *small = epochs_hold(epochs, epochs_pin(epochs), 100),
              *large = epochs_hold(epochs, epochs_pin(epochs), SIZE_MAX);
    for (int i = 0; i < 60; i++) {
        bed_write(bed);
        bed_settle(bed);
    }
    ck_assert_ptr_null(epochs_hold_pin(small));
    const Published *position = epochs_hold_pin(large);
    ck_assert_ptr_nonnull(position);
    epochs_unpin(epochs, position);
    epochs_hold_move(small, epochs_pin(epochs));
    position = epochs_hold_pin(small);
    ck_assert_ptr_nonnull(position);
    epochs_unpin(epochs, position);
    epochs_hold_release(small);
    epochs_hold_release(large);
    bed_destroy(bed);
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
    tcase_add_test(tests, a_failed_source_stops_alone);
    tcase_add_test(tests, builds_end_with_their_inputs);
    tcase_add_test(tests, a_failed_commit_stops_writing_not_reading);
    tcase_add_test(tests, a_hold_ends_when_too_much_is_kept);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
