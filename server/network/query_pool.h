/* QueryPool: threads that step executions whose end the planner can't bound. A waiting or suspended execution
   holds none of them. */
#ifndef LEAT_NETWORK_QUERY_POOL_H
#define LEAT_NETWORK_QUERY_POOL_H

#include "executor/base/error.h"

typedef struct QueryPool QueryPool;

/* Embedded in its owner; in the queue at most once at a time. */
typedef struct PoolTask {
    void (*run)(void *context);
    void *context;
    struct PoolTask *next;
} PoolTask;

Status query_pool_start(int thread_count, QueryPool **out, Error *error);
/* From any thread; tasks start in the order of submission. */
void query_pool_submit(QueryPool *pool, PoolTask *task);
/* Joins the threads; the queue must be empty. NULL is fine. */
void query_pool_stop(QueryPool *pool);

#endif
