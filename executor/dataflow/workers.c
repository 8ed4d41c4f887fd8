/* Workers: a generation counter starts a run, a countdown ends it; no spinning. */
#include "executor/dataflow/workers.h"

#include <pthread.h>
#include <stdbool.h>

#include "executor/base/memory.h"

typedef struct Signal {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned count;
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
    Signal *signals;
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
    workers->signals = NEW_ARRAY(Signal, count);
    for (int i = 0; i < count; i++) {
        pthread_mutex_init(&workers->signals[i].lock, NULL);
        pthread_cond_init(&workers->signals[i].changed, NULL);
    }
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
    for (int i = 0; i < workers->count; i++) {
        pthread_mutex_destroy(&workers->signals[i].lock);
        pthread_cond_destroy(&workers->signals[i].changed);
    }
    pthread_mutex_destroy(&workers->lock);
    pthread_cond_destroy(&workers->started);
    pthread_cond_destroy(&workers->finished);
    memory_free(workers->threads);
    memory_free(workers->signals);
    memory_free(workers);
}

void workers_run(Workers *workers, void (*function)(void *argument, int worker), void *argument) {
    pthread_mutex_lock(&workers->lock);
    workers->function = function;
    workers->argument = argument;
    workers->running = workers->count - 1;
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
    Signal *signal = &workers->signals[worker];
    pthread_mutex_lock(&signal->lock);
    unsigned count = signal->count;
    pthread_mutex_unlock(&signal->lock);
    return count;
}

void workers_signal(Workers *workers, int worker) {
    Signal *signal = &workers->signals[worker];
    pthread_mutex_lock(&signal->lock);
    signal->count++;
    pthread_cond_signal(&signal->changed);
    pthread_mutex_unlock(&signal->lock);
}

void workers_sleep(Workers *workers, int worker, unsigned signal_count) {
    Signal *signal = &workers->signals[worker];
    pthread_mutex_lock(&signal->lock);
    while (signal->count == signal_count)
        pthread_cond_wait(&signal->changed, &signal->lock);
    pthread_mutex_unlock(&signal->lock);
}
