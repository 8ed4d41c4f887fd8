/* Workers: parked threads that run one function together, once each, and meet again. */
#ifndef LEAT_DATAFLOW_WORKERS_H
#define LEAT_DATAFLOW_WORKERS_H

typedef struct Workers Workers;

/* count − 1 threads: worker 0 is the caller's own. */
Workers *workers_create(int count);
void workers_destroy(Workers *workers);
/* function(argument, worker) for every worker, in parallel; returns when all have returned. */
void workers_run(Workers *workers, void (*function)(void *argument, int worker), void *argument);

/* A worker without work sleeps until somebody sends to it. */
unsigned workers_signal_count(Workers *workers, int worker);
void workers_signal(Workers *workers, int worker);
void workers_sleep(Workers *workers, int worker, unsigned signal_count); /* returns at once when the count has moved */

#endif
