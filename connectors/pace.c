/* Pace: a clock, and a thread that sleeps from tick to tick. */
#include "connectors/pace.h"

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "executor/base/wait.h"

enum { TICK = 5000 };

struct Pace {
    double rate;
    SourceReader *reader;
    Wait wait; /* rung: the thread is to end */
    pthread_t thread;
    bool is_started;
    int64_t first;
    int64_t started_at; /* by clock_monotonic */
};

static void *pace_main(void *argument) {
    Pace *pace = argument;
    int64_t step = (int64_t)(1e6 / pace->rate);
    step = step < TICK ? TICK : step;
    wait_lock(&pace->wait);
    int64_t next = pace->started_at + step;
    while (!wait_until_woken(&pace->wait, next)) {
        int64_t now = clock_monotonic();
        next = next > now ? next + step : now + step;
        wait_unlock(&pace->wait);
        if (pace->reader->wake != NULL)
            pace->reader->wake(pace->reader->wake_argument);
        wait_lock(&pace->wait);
    }
    wait_unlock(&pace->wait);
    return NULL;
}

Pace *pace_create(double rate, SourceReader *reader) {
    Pace *pace = NEW(Pace);
    pace->rate = rate;
    pace->reader = reader;
    wait_init(&pace->wait);
    return pace;
}

void pace_destroy(Pace *pace) {
    if (pace == NULL)
        return;
    wait_wake(&pace->wait);
    if (pace->is_started)
        pthread_join(pace->thread, NULL);
    wait_destroy(&pace->wait);
    memory_free(pace);
}

void pace_start(Pace *pace, int64_t first) {
    if (pace->rate <= 0)
        return;
    wait_lock(&pace->wait);
    if (!pace->is_started) {
        pace->first = first;
        pace->started_at = clock_monotonic();
        pace->is_started = true;
        pthread_create(&pace->thread, NULL, pace_main, pace);
    }
    wait_unlock(&pace->wait);
}

int64_t pace_due(Pace *pace) {
    if (pace->rate <= 0)
        return INT64_MAX;
    wait_lock(&pace->wait);
    int64_t due =
        pace->first +
        (pace->is_started ? (int64_t)((double)(clock_monotonic() - pace->started_at) * pace->rate / 1e6) : 0);
    wait_unlock(&pace->wait);
    return due;
}
