/* Clock: the system's clocks as numbers. */
#include "executor/base/clock.h"

#include <errno.h>
#include <time.h>

static int64_t nanoseconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

int64_t clock_monotonic(void) {
    return nanoseconds(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_monotonic_ns(void) {
    return nanoseconds(CLOCK_MONOTONIC);
}

int64_t clock_wall(void) {
    return nanoseconds(CLOCK_REALTIME) / 1000 - EPOCH_SECONDS * 1000000;
}

int64_t clock_thread_ns(void) {
    return nanoseconds(CLOCK_THREAD_CPUTIME_ID);
}

int64_t clock_process_ns(void) {
    return nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
}

void clock_sleep(int64_t microseconds) {
    struct timespec left = {microseconds / 1000000, microseconds % 1000000 * 1000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}
