/* Commit: parts say whether they want one, what is cut is published and answered, in this order, and after a
   failure nothing is cut until all was made again. */
#include "executor/engine/commit/commit.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "executor/engine/commit/facts.h"

static int64_t at_noon(void *argument) {
    return 43200000000;
}

/* A coordinator's home without jobs, and one part that counts what it is asked. */
typedef struct Bed {
    Home home;
    CoordinatorSpec spec;
    Publisher *publisher;
    Commit *commit;
    CommitWish wish;
    Status cut_status;
    int begun, cut, published;
    int answered;
    Status answer;
    uint64_t seen; /* the published epoch when the answer came */
} Bed;

static CommitWish wants(void *owner) {
    return ((Bed *)owner)->wish;
}

static void begin(void *owner) {
    ((Bed *)owner)->begun++;
}

static Status cut(void *owner, CommitCuts *cuts, Error *error) {
    Bed *bed = owner;
    bed->cut++;
    if (bed->cut_status != OK)
        return error_set(error, bed->cut_status, "planted");
    fact_put(cuts->facts, FACT_TABLE, 7, &(Text){0});
    cut_put(cuts->workers[0], FAMILY_LOG, "a", 1, "b", 1);
    bed->wish = COMMIT_NOT;
    return OK;
}

static void published(void *owner) {
    ((Bed *)owner)->published++;
}

static void answer(void *argument, const Error *error) {
    Bed *bed = argument;
    bed->answer = error == NULL ? OK : error->status;
    bed->seen = epochs_published(bed->home.epochs);
    bed->answered++;
}

static Bed *bed_create(Store *store) {
    Bed *bed = NEW(Bed);
    Error error = {0};
    bed->spec = (CoordinatorSpec){.store = store, .worker_count = 1, .freshness_max = INT64_C(3600000000)};
    Home *home = &bed->home;
    home->spec = &bed->spec;
    home->mailbox = mailbox_create();
    home->jobs = jobs_create();
    home->open = open_epoch_create(&(OpenEpochSpec){store, at_noon, NULL, &home->environment.epoch});
    ck_assert_int_eq(open_epoch_load(home->open, &error), OK);
    home->epochs = epochs_create(open_epoch_number(home->open) - 1);
    bed->publisher = publisher_create(home);
    bed->commit = commit_create(home, bed->publisher);
    commit_add_part(bed->commit, &(CommitPart){bed, wants, begin, cut, published});
    return bed;
}

static void bed_destroy(Bed *bed) {
    commit_destroy(bed->commit);
    open_epoch_answer(bed->home.open, NULL);
    publisher_destroy(bed->publisher);
    epochs_destroy(bed->home.epochs);
    open_epoch_destroy(bed->home.open);
    jobs_destroy(bed->home.jobs);
    mailbox_stop(bed->home.mailbox);
    mailbox_destroy(bed->home.mailbox);
    memory_free(bed);
}

/* Turns until no commit is under way. */
static void turn(Bed *bed) {
    commit_advance(bed->commit);
    while (commit_is_busy(bed->commit))
        clock_sleep(100);
}

START_TEST(who_waits_is_answered_after_the_publication) {
    Bed *bed = bed_create(NULL);
    open_epoch_wait(bed->home.open, (Completion){answer, bed});
    turn(bed);
    ck_assert_int_eq(bed->answered, 1);
    ck_assert_int_eq(bed->answer, OK);
    ck_assert_uint_eq(bed->seen, 1);
    ck_assert_uint_eq(open_epoch_number(bed->home.open), 2);
    ck_assert_uint_eq(bed->home.environment.epoch, 2);
    ck_assert(bed->begun == 1 && bed->cut == 1 && bed->published == 0);
    turn(bed); /* nothing to cut: the part hears that the last one is published */
    ck_assert(bed->cut == 1 && bed->published == 1);
    open_epoch_wait(bed->home.open, (Completion){answer, bed});
    turn(bed); /* nothing has changed: answered without a commit */
    ck_assert(bed->cut == 1 && bed->answered == 2 && bed->published == 1);
    bed_destroy(bed);
}
END_TEST

START_TEST(a_part_gets_its_commit_at_once_or_when_one_is_due) {
    Bed *bed = bed_create(NULL);
    open_epoch_wait(bed->home.open, (Completion){answer, bed});
    turn(bed);
    turn(bed);
    ck_assert_int_eq(commit_deadline(bed->commit), INT64_MAX);
    bed->wish = COMMIT_PACED;
    ck_assert_int_gt(commit_deadline(bed->commit), 0);
    bed->wish = COMMIT_NOW;
    ck_assert_int_eq(commit_deadline(bed->commit), 0);
    turn(bed);
    ck_assert(bed->cut == 2 && epochs_published(bed->home.epochs) == 2);
    bed_destroy(bed);
}
END_TEST

START_TEST(a_cut_that_fails_ends_all_until_it_is_recovered) {
    Bed *bed = bed_create(NULL);
    bed->cut_status = STATUS_INTERNAL_ERROR;
    open_epoch_wait(bed->home.open, (Completion){answer, bed});
    turn(bed);
    ck_assert_int_eq(bed->answer, STATUS_INTERNAL_ERROR);
    ck_assert_ptr_nonnull(commit_failure(bed->commit));
    ck_assert_uint_eq(epochs_published(bed->home.epochs), 0);
    Error again = {0};
    error_set(&again, STATUS_DISK_FULL, "still");
    commit_recover(bed->commit, &again);
    ck_assert_int_eq(commit_failure(bed->commit)->status, STATUS_DISK_FULL);
    error_clear(&again);
    open_epoch_drop(bed->home.open);
    commit_recover(bed->commit, NULL);
    ck_assert_ptr_null(commit_failure(bed->commit));
    bed->cut_status = OK;
    open_epoch_wait(bed->home.open, (Completion){answer, bed});
    turn(bed);
    ck_assert(bed->answer == OK && epochs_published(bed->home.epochs) == 1);
    bed_destroy(bed);
}
END_TEST

START_TEST(what_was_cut_is_there_after_a_restart) {
    char directory[] = "/tmp/commit-test-XXXXXX", command[64];
    Store *store;
    Error error = {0};
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(store_open(directory, &store, &error), OK);
    Bed *bed = bed_create(store);
    int64_t first = open_epoch_next_row_id(bed->home.open, 10);
    open_epoch_take_time(bed->home.open);
    open_epoch_wait(bed->home.open, (Completion){answer, bed});
    turn(bed);
    bed_destroy(bed);
    store_close(store);
    ck_assert_int_eq(store_open(directory, &store, &error), OK);
    bed = bed_create(store);
    ck_assert_uint_eq(open_epoch_number(bed->home.open), 2);
    ck_assert_int_eq(open_epoch_time(bed->home.open), at_noon(NULL));
    ck_assert_int_ge(open_epoch_next_row_id(bed->home.open, 1), first + 10);
    char *value;
    size_t length;
    ck_assert_int_eq(fact_get(store, FACT_TABLE, 7, &value, &length, &error), OK);
    ck_assert_ptr_nonnull(value);
    memory_free(value);
    store_break(store); /* as one that met a full disk */
    open_epoch_wait(bed->home.open, (Completion){answer, bed});
    turn(bed);
    ck_assert_int_ne(bed->answer, OK);
    ck_assert_uint_eq(epochs_published(bed->home.epochs), 1);
    commit_advance(bed->commit);
    ck_assert_ptr_nonnull(commit_failure(bed->commit));
    bed_destroy(bed);
    store_close(store);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("commit");
    TCase *all = tcase_create("all");
    tcase_add_test(all, who_waits_is_answered_after_the_publication);
    tcase_add_test(all, a_part_gets_its_commit_at_once_or_when_one_is_due);
    tcase_add_test(all, a_cut_that_fails_ends_all_until_it_is_recovered);
    tcase_add_test(all, what_was_cut_is_there_after_a_restart);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
