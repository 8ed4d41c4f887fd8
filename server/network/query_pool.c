/* QueryPool: one queue, a fixed number of threads. */
#include "server/network/query_pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include "executor/base/memory.h"
#include "server/network/thread.h"

struct QueryPool {
    pthread_mutex_t lock;
    pthread_cond_t is_ready;
    PoolTask *first;
    PoolTask *last;
    bool is_stopping;
    int thread_count;
    Thread *threads[];
};

static PoolTask *next_task(QueryPool *pool) {
    pthread_mutex_lock(&pool->lock);
    while (pool->first == NULL && !pool->is_stopping)
        pthread_cond_wait(&pool->is_ready, &pool->lock);
    PoolTask *task = pool->first;
    if (task != NULL)
        pool->first = task->next;
    pthread_mutex_unlock(&pool->lock);
    return task;
}

static void pool_main(void *argument) {
    for (PoolTask *task; (task = next_task(argument)) != NULL;)
        task->run(task->context);
}

Status query_pool_start(int thread_count, QueryPool **out, Error *error) {
    QueryPool *pool = memory_allocate_zero(sizeof(QueryPool) + sizeof(Thread *) * (size_t)thread_count);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->is_ready, NULL);
    for (int i = 0; i < thread_count; i++) {
        char name[32];
        snprintf(name, sizeof name, "query %d", i);
        Status status = thread_start(name, pool_main, pool, &pool->threads[pool->thread_count], error);
        if (status != OK) {
            query_pool_stop(pool);
            return status;
        }
        pool->thread_count++;
    }
    *out = pool;
    return OK;
}

void query_pool_submit(QueryPool *pool, PoolTask *task) {
    pthread_mutex_lock(&pool->lock);
    task->next = NULL;
    if (pool->first == NULL)
        pool->first = task;
    else
        pool->last->next = task;
    pool->last = task;
    pthread_cond_signal(&pool->is_ready);
    pthread_mutex_unlock(&pool->lock);
}

void query_pool_stop(QueryPool *pool) {
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->is_stopping = true;
    pthread_cond_broadcast(&pool->is_ready);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->thread_count; i++)
        thread_join(pool->threads[i]);
    pthread_cond_destroy(&pool->is_ready);
    pthread_mutex_destroy(&pool->lock);
    memory_free(pool);
}
