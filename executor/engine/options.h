/* CoordinatorSpec: what a coordinator is started with. */
#ifndef LEAT_ENGINE_OPTIONS_H
#define LEAT_ENGINE_OPTIONS_H

#include "executor/state/state_space.h"

/* How much is taken at once, when it is not what the options say. The coordinator's thread. */
typedef struct RoundPolicy {
    int (*rows)(void *argument);     /* that a worker takes in the next round, at least 1 */
    bool (*is_last)(void *argument); /* the step takes no further round */
    int (*exchange_rows)(
        void *argument, int hub); /* that may wait for a receiver, of a job's hub by number */
} RoundPolicy;

typedef struct CoordinatorSpec {
    Store *store; /* NULL: nothing is durable (tests) */
    int worker_count;
    MemoryBudget *budget;             /* outlives the coordinator */
    int64_t (*clock)(void *argument); /* microseconds since 2000-01-01 UTC; NULL: the system's */
    void *clock_argument;
    int inline_rows;       /* steps of fewer rows run on the coordinator's thread; 0: the default, 2 000 */
    int round_rows;        /* rows a worker takes in a round; 0: the default, 65 536 */
    int64_t step_time_max; /* microseconds a step goes on taking rounds; 0: the default, 50 000 */
    int64_t
        freshness_max; /* microseconds a row may wait for its commit under load; 0: the default, 1 000 000 */
    size_t dirty_bytes_max; /* dirty state that forces a cut at the step's end; 0: the default, 256 MB */
    size_t memory_max; /* what a step may bring the budget's memory to before its largest job is suspended; 0:
                          no bound */
    size_t version_bytes_max; /* row versions kept for readers of old epochs, who get 55000 beyond; 0: half of
                                 the budget's limit, 64 MB at least */
    int64_t sink_stage_max; /* bytes that a sink may have staged and not delivered before sources stop; 0: the
                               default, 1 GB */
    int64_t event_rows_max; /* failed and late rows kept of each object; 0: the default, 100 000 */
    /* After a failed commit, on the coordinator's thread: adds every object as it was at the last commit
       (coordinator_add), since all jobs are gone, definitions included. NULL: a failed commit is final. */
    Status (*reload)(void *argument, Error *error);
    void *reload_argument;
    /* Once that is done and everything goes on; may be NULL. */
    void (*resumed)(void *argument);
    void *resumed_argument;
    const RoundPolicy *rounds; /* for tests; NULL: as the sizes above say */
    void *rounds_argument;
} CoordinatorSpec;

#endif
