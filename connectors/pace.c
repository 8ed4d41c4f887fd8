/* Pace: a clock, and a thread that sleeps from tick to tick. */
#include "connectors/pace.h"

#include <pthread.h>
#include <time.h>

#include "executor/base/memory.h"

enum { TICK_NS = 5000000 };

struct Pace {
    double rate;
    SourceReader *reader;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool is_started, is_stopping;
    int64_t first;
    int64_t started_at; /* monotonic nanoseconds */
};

static int64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void *pace_main(void *argument) {
    Pace *pace = argument;
    int64_t step = (int64_t)(1e9 / pace->rate);
    step = step < TICK_NS ? TICK_NS : step;
    pthread_mutex_lock(&pace->lock);
    int64_t next = pace->started_at + step;
    while (!pace->is_stopping) {
        struct timespec until = {next / 1000000000, next % 1000000000};
        if (pthread_cond_timedwait(&pace->changed, &pace->lock, &until) == 0)
            continue;
        next = next + step > now_ns() ? next + step : now_ns() + step;
        pthread_mutex_unlock(&pace->lock);
        if (pace->reader->wake != NULL)
            pace->reader->wake(pace->reader->wake_argument);
        pthread_mutex_lock(&pace->lock);
    }
    pthread_mutex_unlock(&pace->lock);
    return NULL;
}

Pace *pace_create(double rate, SourceReader *reader) {
    Pace *pace = NEW(Pace);
    pace->rate = rate;
    pace->reader = reader;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&pace->lock, NULL);
    pthread_cond_init(&pace->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return pace;
}

void pace_destroy(Pace *pace) {
    if (pace == NULL)
        return;
    pthread_mutex_lock(&pace->lock);
    pace->is_stopping = true;
    bool is_started = pace->is_started;
    pthread_cond_signal(&pace->changed);
    pthread_mutex_unlock(&pace->lock);
    if (is_started)
        pthread_join(pace->thread, NULL);
    pthread_mutex_destroy(&pace->lock);
    pthread_cond_destroy(&pace->changed);
    memory_free(pace);
}

void pace_start(Pace *pace, int64_t first) {
    if (pace->rate <= 0)
        return;
    pthread_mutex_lock(&pace->lock);
    if (!pace->is_started) {
        pace->first = first;
        pace->started_at = now_ns();
        pace->is_started = true;
        pthread_create(&pace->thread, NULL, pace_main, pace);
    }
    pthread_mutex_unlock(&pace->lock);
}

int64_t pace_due(Pace *pace) {
    if (pace->rate <= 0)
        return INT64_MAX;
    pthread_mutex_lock(&pace->lock);
    int64_t due =
        pace->first +
        (pace->is_started ? (int64_t)((double)(now_ns() - pace->started_at) * pace->rate / 1e9) : 0);
    pthread_mutex_unlock(&pace->lock);
    return due;
}
