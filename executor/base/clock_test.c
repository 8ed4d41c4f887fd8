/* Tests of the clocks: what must hold however long a call takes. */
#include "executor/base/clock.h"

#include <check.h>
#include <time.h>

START_TEST(test_monotonic_never_goes_back) {
    int64_t last = clock_monotonic_ns();
    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_monotonic_ns();
        ck_assert_int_ge(now, last);
        last = now;
    }
    ck_assert_int_ge(clock_monotonic(), last / 1000);
}
END_TEST

START_TEST(test_sleep_is_not_short) {
    int64_t begin = clock_monotonic(), run = clock_thread_ns();
    clock_sleep(20000);
    int64_t slept = clock_monotonic() - begin;
    ck_assert_int_ge(slept, 20000);
    ck_assert_int_lt(clock_thread_ns() - run, slept * 1000);
}
END_TEST

START_TEST(test_wall_counts_from_2000) {
    int64_t before = (int64_t)time(NULL) - 1;
    int64_t wall = clock_wall();
    int64_t after = (int64_t)time(NULL) + 1;
    ck_assert_int_ge(wall / 1000000 + EPOCH_SECONDS, before);
    ck_assert_int_le(wall / 1000000 + EPOCH_SECONDS, after);
    struct tm epoch = {.tm_year = 100, .tm_mday = 1};
    ck_assert_int_eq(timegm(&epoch), EPOCH_SECONDS);
    ck_assert_int_eq(EPOCH_DAYS * INT64_C(86400), EPOCH_SECONDS);
}
END_TEST

START_TEST(test_processor_time_grows_with_work) {
    int64_t thread = clock_thread_ns(), process = clock_process_ns();
    volatile uint64_t sum = 0;
    while (clock_thread_ns() - thread < 1000000)
        for (int i = 0; i < 1000; i++)
            sum += (uint64_t)i;
    ck_assert_int_gt(clock_process_ns(), process);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("clock");
    TCase *all = tcase_create("all");
    tcase_add_test(all, test_monotonic_never_goes_back);
    tcase_add_test(all, test_sleep_is_not_short);
    tcase_add_test(all, test_wall_counts_from_2000);
    tcase_add_test(all, test_processor_time_grows_with_work);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
