/* Workers: a generation counter starts a run, a countdown ends it; no spinning.

   Who rests is counted under one lock: a worker signals only while it has work, so when all rest and no count
   has moved, no signal can come any more. */
#include "executor/dataflow/workers.h"

#include <assert.h>
#include <pthread.h>

#include "executor/base/memory.h"

typedef struct Signal {
    pthread_cond_t changed;
    unsigned count;
    bool is_resting;
} Signal;

typedef struct Thread {
    Workers *workers;
    int worker;
    pthread_t handle;
} Thread;

struct Workers {
    int count;
    pthread_mutex_t lock;
    pthread_cond_t started, finished;
    unsigned generation;
    int running;
    bool is_stopping;
    void (*function)(void *argument, int worker);
    void *argument;
    Thread *threads;
    pthread_mutex_t rest_lock; /* the signals and the count of those that rest */
    Signal *signals;
    int resting;
    bool *owed; /* by from * count + to; a row is its worker's own */
};

static void *thread_main(void *argument) {
    Thread *thread = argument;
    Workers *workers = thread->workers;
    unsigned seen = 0;
    pthread_mutex_lock(&workers->lock);
    for (;;) {
        while (workers->generation == seen && !workers->is_stopping)
            pthread_cond_wait(&workers->started, &workers->lock);
        if (workers->is_stopping)
            break;
        seen = workers->generation;
        pthread_mutex_unlock(&workers->lock);
        workers->function(workers->argument, thread->worker);
        pthread_mutex_lock(&workers->lock);
        if (--workers->running == 0)
            pthread_cond_signal(&workers->finished);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

Workers *workers_create(int count) {
    Workers *workers = NEW(Workers);
    workers->count = count;
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->started, NULL);
    pthread_cond_init(&workers->finished, NULL);
    workers->threads = NEW_ARRAY(Thread, count);
    pthread_mutex_init(&workers->rest_lock, NULL);
    workers->signals = NEW_ARRAY(Signal, count);
    workers->owed = NEW_ARRAY(bool, count *count);
    for (int i = 0; i < count; i++)
        pthread_cond_init(&workers->signals[i].changed, NULL);
    for (int i = 1; i < count; i++) {
        workers->threads[i] = (Thread){.workers = workers, .worker = i};
        pthread_create(&workers->threads[i].handle, NULL, thread_main, &workers->threads[i]);
    }
    return workers;
}

void workers_destroy(Workers *workers) {
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->is_stopping = true;
    pthread_cond_broadcast(&workers->started);
    pthread_mutex_unlock(&workers->lock);
    for (int i = 1; i < workers->count; i++)
        pthread_join(workers->threads[i].handle, NULL);
    for (int i = 0; i < workers->count; i++)
        pthread_cond_destroy(&workers->signals[i].changed);
    pthread_mutex_destroy(&workers->rest_lock);
    pthread_mutex_destroy(&workers->lock);
    pthread_cond_destroy(&workers->started);
    pthread_cond_destroy(&workers->finished);
    memory_free(workers->threads);
    memory_free(workers->signals);
    memory_free(workers->owed);
    memory_free(workers);
}

void workers_run(Workers *workers, void (*function)(void *argument, int worker), void *argument) {
    pthread_mutex_lock(&workers->lock);
    assert(workers->running == 0); /* one run at a time */
    workers->function = function;
    workers->argument = argument;
    workers->running = workers->count - 1;
    workers->resting = 0;
    for (int i = 0; i < workers->count; i++)
        workers->signals[i].is_resting = false;
    workers->generation++;
    pthread_cond_broadcast(&workers->started);
    pthread_mutex_unlock(&workers->lock);
    function(argument, 0);
    pthread_mutex_lock(&workers->lock);
    while (workers->running > 0)
        pthread_cond_wait(&workers->finished, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
}

unsigned workers_signal_count(Workers *workers, int worker) {
    pthread_mutex_lock(&workers->rest_lock);
    unsigned count = workers->signals[worker].count;
    pthread_mutex_unlock(&workers->rest_lock);
    return count;
}

void workers_signal(Workers *workers, int worker) {
    Signal *signal = &workers->signals[worker];
    pthread_mutex_lock(&workers->rest_lock);
    signal->count++;
    if (signal->is_resting) {
        /* Taken out by the one who wakes it: before it runs again, nobody may find that all rest. */
        signal->is_resting = false;
        workers->resting--;
        assert(workers->resting >= 0);
        pthread_cond_signal(&signal->changed);
    }
    pthread_mutex_unlock(&workers->rest_lock);
}

void workers_owe(Workers *workers, int from, int to) {
    workers->owed[from * workers->count + to] = true;
}

void workers_settle(Workers *workers, int from) {
    bool *owed = workers->owed + from * workers->count;
    for (int to = 0; to < workers->count; to++) {
        if (!owed[to])
            continue;
        owed[to] = false;
        workers_signal(workers, to);
    }
}

bool workers_rest(Workers *workers, int worker, unsigned signal_count) {
    Signal *signal = &workers->signals[worker];
    workers_settle(workers, worker);
    pthread_mutex_lock(&workers->rest_lock);
    if (signal->count == signal_count) {
        signal->is_resting = true;
        if (++workers->resting == workers->count)
            for (int i = 0; i < workers->count; i++)
                pthread_cond_signal(&workers->signals[i].changed);
        while (signal->is_resting && workers->resting < workers->count)
            pthread_cond_wait(&signal->changed, &workers->rest_lock);
    }
    bool is_over = signal->is_resting;
    pthread_mutex_unlock(&workers->rest_lock);
    return !is_over;
}
