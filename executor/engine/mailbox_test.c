/* Mailbox: what was called is answered, what is held waits, and what comes too late is refused. */
#include "executor/engine/mailbox.h"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/clock.h"

enum { CALLERS = 4, CALLS = 200 };

static int calls, done_count;
static Status last_status;

static Status count_call(Coordinator *coordinator, void *argument, Error *error) {
    calls++;
    return *(int *)argument == 0 ? OK : error_set(error, STATUS_UNDEFINED_TABLE, "no %d", *(int *)argument);
}

static void count_done(void *argument, const Error *error) {
    last_status = error == NULL ? OK : error->status;
    done_count++;
}

static const Completion done = {count_done, NULL};

/* Takes mail as the coordinator does, until it is to end. */
static void *serve(void *argument) {
    Mailbox *mailbox = argument;
    Mail mail;
    while (mailbox_take(mailbox, INT64_MAX, &mail)) {
        mailbox_run_calls(mailbox, mail.calls, NULL);
        ck_assert(mail.submissions == NULL);
        waiters_finish(&mail.waiters, NULL);
        waiters_free(&mail.waiters);
    }
    return NULL;
}

static void *call_often(void *argument) {
    for (int i = 0; i < CALLS; i++) {
        Error error = {0};
        int number = i % 2;
        Status status = mailbox_call(argument, count_call, &number, &error);
        ck_assert_int_eq(status, number == 0 ? OK : STATUS_UNDEFINED_TABLE);
        ck_assert(status == OK || strcmp(error.message, "no 1") == 0);
        error_clear(&error);
    }
    return NULL;
}

START_TEST(every_call_is_answered_with_its_own_result) {
    Mailbox *mailbox = mailbox_create();
    pthread_t server, callers[CALLERS];
    calls = 0;
    pthread_create(&server, NULL, serve, mailbox);
    for (int i = 0; i < CALLERS; i++)
        pthread_create(&callers[i], NULL, call_often, mailbox);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(callers[i], NULL);
    ck_assert_int_eq(calls, CALLERS * CALLS);
    mailbox_stop(mailbox);
    pthread_join(server, NULL);
    Error error = {0};
    ck_assert_int_eq(mailbox_call(mailbox, count_call, &(int){0}, &error), STATUS_ADMIN_SHUTDOWN);
    error_clear(&error);
    mailbox_destroy(mailbox);
}
END_TEST

START_TEST(what_is_held_waits_but_calls_do_not) {
    Mailbox *mailbox = mailbox_create();
    Mail mail;
    mailbox_hold(mailbox);
    mailbox_submit(mailbox, submission_create(NULL, 0, done));
    mailbox_wait_commit(mailbox, done);
    ck_assert_int_eq(mailbox_held_count(mailbox), 1);
    ck_assert(mailbox_look(mailbox).is_held);
    ck_assert(mailbox_take(mailbox, 0, &mail));
    ck_assert(mail.is_held && mail.submissions == NULL && mail.waiters.count == 0);
    ck_assert(!mailbox_look(mailbox).has_news);
    mailbox_release(mailbox);
    ck_assert_int_eq(mailbox_held_count(mailbox), 0);
    ck_assert(mailbox_look(mailbox).has_news);
    ck_assert(mailbox_take(mailbox, INT64_MAX, &mail));
    ck_assert(!mail.is_held && mail.submissions != NULL && mail.submissions->next == NULL);
    ck_assert_int_eq(mail.waiters.count, 1);
    submission_free(mail.submissions);
    waiters_finish(&mail.waiters, NULL);
    waiters_free(&mail.waiters);
    mailbox_stop(mailbox);
    mailbox_destroy(mailbox);
}
END_TEST

START_TEST(a_ring_is_not_lost_and_a_deadline_passes) {
    Mailbox *mailbox = mailbox_create();
    Mail mail;
    mailbox_wake(mailbox);
    ck_assert(mailbox_take(mailbox, INT64_MAX, &mail)); /* at once */
    ck_assert(!mail.is_open);
    mailbox_open(mailbox);
    ck_assert(mailbox_take(mailbox, INT64_MAX, &mail) && mail.is_open);
    ck_assert(mailbox_take(mailbox, clock_monotonic() + 1000, &mail));
    mailbox_stop(mailbox);
    ck_assert(!mailbox_take(mailbox, INT64_MAX, &mail));
    mailbox_destroy(mailbox);
}
END_TEST

START_TEST(what_comes_after_the_end_is_refused) {
    Mailbox *mailbox = mailbox_create();
    Error error = {0};
    done_count = 0;
    mailbox_submit(mailbox, submission_create(NULL, 0, done));
    mailbox_wait_commit(mailbox, done);
    mailbox_stop(mailbox);
    mailbox_submit(mailbox, submission_create(NULL, 0, done));
    mailbox_wait_commit(mailbox, done);
    ck_assert_int_eq(done_count, 2);
    ck_assert_int_eq(last_status, STATUS_ADMIN_SHUTDOWN);
    error_set(&error, STATUS_DISK_FULL, "full");
    mailbox_refuse(mailbox, &error);
    ck_assert_int_eq(done_count, 4);
    ck_assert_int_eq(last_status, STATUS_DISK_FULL);
    error_clear(&error);
    mailbox_destroy(mailbox);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("mailbox");
    TCase *all = tcase_create("all");
    tcase_add_test(all, every_call_is_answered_with_its_own_result);
    tcase_add_test(all, what_is_held_waits_but_calls_do_not);
    tcase_add_test(all, a_ring_is_not_lost_and_a_deadline_passes);
    tcase_add_test(all, what_comes_after_the_end_is_refused);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
