/* Clock: the one place that asks the system for the time. Any thread. */
#ifndef LEAT_BASE_CLOCK_H
#define LEAT_BASE_CLOCK_H

#include <stdint.h>

/* Timestamps count from 2000-01-01 UTC, the system from 1970-01-01: the days and seconds between. */
#define EPOCH_DAYS    10957
#define EPOCH_SECONDS INT64_C(946684800)

/* For durations and deadlines: microseconds since some moment before the process began. Never goes back, and
   setting the system's time does not change it. */
int64_t clock_monotonic(void);
/* The same in nanoseconds, to measure what is short. */
int64_t clock_monotonic_ns(void);
/* What people call the time: microseconds since 2000-01-01 UTC, as a timestamptz. May jump when it is set. */
int64_t clock_wall(void);
/* Nanoseconds that the calling thread has run on a processor; and that the whole process has. */
int64_t clock_thread_ns(void);
int64_t clock_process_ns(void);
/* Stands still for that many microseconds. Whoever can be woken waits instead (wait.h). */
void clock_sleep(int64_t microseconds);

#endif
