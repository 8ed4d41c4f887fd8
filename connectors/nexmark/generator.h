/* Generator: Nexmark's three streams. The n-th event depends on n and the seed alone, so any part can be made
   anywhere and again. */
#ifndef LEAT_NEXMARK_GENERATOR_H
#define LEAT_NEXMARK_GENERATOR_H

#include "executor/batch/column.h"

typedef enum NexmarkKind { NEXMARK_PERSON, NEXMARK_AUCTION, NEXMARK_BID } NexmarkKind;

/* Of every 50 events one is a person, three are auctions, 46 bids, in this order. */
enum { NEXMARK_ROUND = 50, NEXMARK_COLUMNS_MAX = 10 };

typedef struct NexmarkGenerator {
    uint64_t seed;
    int64_t base_time;  /* of event 0, microseconds since 2000-01-01 */
    int64_t event_rate; /* events per second of event time */
} NexmarkGenerator;

typedef struct NexmarkColumn {
    const char *name;
    TypeId type; /* INT8, TEXT or TIMESTAMP */
    /* Fills rows 0 … count − 1 with the values of the numbered events. */
    void (*fill)(const NexmarkGenerator *generator, const int64_t *events, int count, Column *column);
} NexmarkColumn;

/* The columns of a kind, in order; ends with a zero record. */
const NexmarkColumn *nexmark_columns(NexmarkKind kind);
/* Which places of a round hold the kind: [*first, *end). */
void nexmark_places(NexmarkKind kind, int *first, int *end);

#endif
