/* Committer: the thread that writes one commit at a time. */
#ifndef LEAT_ENGINE_COMMITTER_H
#define LEAT_ENGINE_COMMITTER_H

#include "executor/engine/job.h"

enum { DURATION_BUCKETS = 8 * 64 };

typedef struct Committer {
    Coordinator *coordinator;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_busy, is_stopping, is_failed;
    /* The commit in flight: owned by the thread while busy. */
    Cut **cuts;
    int cut_count;
    Text *spare; /* by worker: memory of the last cut, for the next; let go after a while without commits */
    Published *published;
    Waiters waiters;
    Error error;
    int64_t ended_at, duration, duration_max, bytes_written, commits;
    int64_t rows_written, cpu_nanoseconds; /* of cutting and writing, as these threads spent it */
    int64_t durations[DURATION_BUCKETS];   /* commits by duration: eight buckets an octave */
    int64_t evicted_after; /* the commit after which relations were last evicted; the coordinator's */
} Committer;

#endif
