/* Sink: what a connector's writer must do. An epoch's output becomes numbered batches of final bytes inside
   the commit, and is delivered after it. */
#ifndef LEAT_OPERATORS_SINK_H
#define LEAT_OPERATORS_SINK_H

#include "executor/operators/spec.h"

typedef struct SinkWriter SinkWriter;

/* What a discarding sink has seen: of one column its values that are not NULL, or (column NULL) the rows. */
typedef struct SinkSum {
    const char *column;
    int64_t count;
    uint64_t checksum; /* sum of the values' hashes */
} SinkSum;

typedef struct SinkType {
    /* Worker thread: adds the final bytes of one consolidated batch (dense, with diffs) to a staged batch. An
       append sink gets no negative diffs. */
    Status (*encode)(SinkWriter *writer, const Batch *batch, Text *staged, Error *error);
    /* Delivery thread: makes staged batch `number` (1, 2, …) visible outside, exactly once whatever failed
       before; waits as long as it takes and returns an error only for what an operator must decide (then the
       sink stops with that status). is_stopping is polled. */
    Status (*deliver)(SinkWriter *writer, uint64_t number, const char *staged, size_t length,
        bool (*is_stopping)(void *), void *argument, Error *error);
    /* Delivery thread, after start: the number of the last batch that is durably outside. `staged` is the
       last one this server may have begun. */
    Status (*last_delivered)(
        SinkWriter *writer, uint64_t confirmed, uint64_t staged, uint64_t *number, Error *error);
    /* Delivery thread, after a stop, because an operator says so: skip_to 0 takes what stands outside for the
       truth, else the next batch is to be skip_to. Gives the last batch that counts as delivered from now on.
       NULL: cannot. */
    Status (*resume)(SinkWriter *writer, uint64_t skip_to, uint64_t *number, bool (*is_stopping)(void *),
        void *argument, Error *error);
    /* Delivery thread, soon after the start and then daily while there is nothing to deliver: keeps what the
       outside remembers of this sink from expiring. False: could not, ask again soon. NULL: nothing expires.
     */
    bool (*refresh)(SinkWriter *writer);
    /* DROP SINK: abort, delete what belongs to it. */
    Status (*drop)(SinkWriter *writer, Error *error);
    void (*status)(SinkWriter *writer, Text *out);
    void (*close)(SinkWriter *writer);
    /* Blackhole: encode keeps running sums in `staged` (one a worker, stored with every commit), and nothing
       is delivered. */
    bool is_discarding;
    void (*fold)(Text *into, const char *sums, size_t length); /* is_discarding: adds stored sums */
    /* is_discarding: the index-th of the sums; false beyond the last. */
    bool (*sum)(const SinkWriter *writer, const char *sums, size_t length, int index, SinkSum *out);
} SinkType;

struct SinkWriter {
    const SinkType *type;
};

/* A running sink as its operators see it. */
typedef struct SinkOutput {
    SinkWriter *writer;
    Text *staged; /* by worker: final bytes of the open epoch */
} SinkOutput;

#endif
