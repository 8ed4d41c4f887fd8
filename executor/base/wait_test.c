/* Tests of waiting: rings are kept, deadlines are of the monotonic clock, nobody sleeps for ever. */
#include "executor/base/wait.h"

#include <check.h>

#include "executor/base/clock.h"

enum { RINGS = 2000, PAUSE = 20000 };

START_TEST(test_a_ring_before_the_wait_is_kept) {
    Wait wait;
    wait_init(&wait);
    wait_wake(&wait);
    wait_wake(&wait);
    wait_lock(&wait);
    ck_assert(wait_until_woken(&wait, WAIT_FOREVER));
    ck_assert(!wait_until_woken(&wait, clock_monotonic())); /* two rings are one */
    wait_unlock(&wait);
    wait_destroy(&wait);
}
END_TEST

START_TEST(test_a_deadline_passes) {
    Wait wait;
    wait_init(&wait);
    wait_lock(&wait);
    int64_t deadline = clock_monotonic() + PAUSE;
    ck_assert(!wait_until_woken(&wait, deadline));
    ck_assert_int_ge(clock_monotonic(), deadline);
    ck_assert(!wait_until_woken(&wait, 0));
    ck_assert(!wait_until_woken(&wait, -1));
    ck_assert(!wait_for_change(&wait, clock_monotonic() - 1));
    wait_unlock(&wait);
    wait_destroy(&wait);
}
END_TEST

/* Two threads hand a number to one another: a lost ring would leave both asleep. */
typedef struct Pair {
    Wait to, back;
    int sent, received;
} Pair;

static void *echo(void *argument) {
    Pair *pair = argument;
    for (int i = 0; i < RINGS; i++) {
        wait_lock(&pair->to);
        while (!wait_until_woken(&pair->to, clock_monotonic() + PAUSE))
            continue;
        pair->received = pair->sent;
        wait_unlock(&pair->to);
        wait_wake(&pair->back);
    }
    return NULL;
}

START_TEST(test_no_ring_is_lost) {
    Pair pair = {0};
    pthread_t thread;
    wait_init(&pair.to);
    wait_init(&pair.back);
    pthread_create(&thread, NULL, echo, &pair);
    for (int i = 1; i <= RINGS; i++) {
        wait_lock(&pair.to);
        pair.sent = i;
        wait_wake_locked(&pair.to);
        wait_unlock(&pair.to);
        wait_lock(&pair.back);
        ck_assert(wait_until_woken(&pair.back, WAIT_FOREVER));
        wait_unlock(&pair.back);
        ck_assert_int_eq(pair.received, i);
    }
    pthread_join(thread, NULL);
    wait_destroy(&pair.to);
    wait_destroy(&pair.back);
}
END_TEST

static void *ring(void *argument) {
    wait_wake(argument);
    return NULL;
}

START_TEST(test_a_ring_wakes_who_waits_for_a_field) {
    Wait wait;
    pthread_t thread;
    wait_init(&wait);
    wait_lock(&wait);
    pthread_create(&thread, NULL, ring, &wait);
    while (!wait.is_woken)
        wait_for_change(&wait, WAIT_FOREVER);
    wait_unlock(&wait);
    pthread_join(thread, NULL);
    wait_destroy(&wait);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("wait");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, test_a_ring_before_the_wait_is_kept);
    tcase_add_test(all, test_a_deadline_passes);
    tcase_add_test(all, test_no_ring_is_lost);
    tcase_add_test(all, test_a_ring_wakes_who_waits_for_a_field);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
