/* Workers: parked threads that run one function together, once each, and meet again. */
#ifndef LEAT_DATAFLOW_WORKERS_H
#define LEAT_DATAFLOW_WORKERS_H

#include <stdbool.h>

typedef struct Workers Workers;

/* count − 1 threads: worker 0 is the caller's own. */
Workers *workers_create(int count);
void workers_destroy(Workers *workers);
/* function(argument, worker) for every worker, in parallel; returns when all have returned. */
void workers_run(Workers *workers, void (*function)(void *argument, int worker), void *argument);

/* While they run, a worker without work rests until somebody signals that there is something for it. A count
   that was read before looking for work tells whether that was overlooked. */
unsigned workers_signal_count(Workers *workers, int worker);
void workers_signal(Workers *workers, int worker);
/* A signal of `from` to `to` that may wait until `from` has no work itself; workers_settle gives what is
   owed. */
void workers_owe(Workers *workers, int from, int to);
void workers_settle(Workers *workers, int from);
/* Settles, and returns true as soon as the count has moved; false once all workers rest: then there is
   nothing for anybody. */
bool workers_rest(Workers *workers, int worker, unsigned signal_count);

#endif
