/* Aggregate: GROUP BY, DISTINCT (no aggregates), global aggregation (no keys: one row even over nothing).
   Output: keys, then results. */
#ifndef LEAT_OPERATORS_AGGREGATE_H
#define LEAT_OPERATORS_AGGREGATE_H

#include "executor/operators/spec.h"

typedef enum AggregatePhase {
    AGGREGATE_COMPLETE,
    AGGREGATE_PARTIAL, /* keeps nothing across steps: emits the step's keys, the int8 count of rows, then
                          every aggregate's cells (aggregate_cell_types); append-only input, or FOLD
                          aggregates only */
    AGGREGATE_FINAL /* input: the columns of AGGREGATE_PARTIAL; keys are 0 … key_count − 1; arguments and
                       filters of the aggregates are not looked at */
} AggregatePhase;

typedef struct AggregateParameters {
    int phase; /* AggregatePhase */
    int key_count;
    int *keys;
    int shard_key_count; /* leading keys that say where a group lies: the exchange in front hashed them; 0:
                            all. Fewer than all: only groups are kept, no values */
    int aggregate_count;
    AggregateSpec *aggregates;
    bool is_input_updating; /* min and max keep all values */
    int expiry_key;     /* index into keys: a group is freed once this key's watermark has passed it (key <
                           watermark: no row of it can come any more), its output stays as it is; −1 = never */
    bool emit_on_close; /* with expiry_key: a group's row is emitted once, when it is freed, and not before */
} AggregateParameters;

#endif
