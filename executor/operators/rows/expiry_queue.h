/* ExpiryQueue: slots by the time at which they can go, in buckets of one time each. In memory only: rebuilt
   from the table. */
#ifndef LEAT_OPERATORS_EXPIRY_QUEUE_H
#define LEAT_OPERATORS_EXPIRY_QUEUE_H

#include "executor/state/state_table.h"

typedef struct ExpiryBucket {
    int64_t time;
    Slot *slots;
    int count;
    int capacity;
} ExpiryBucket;

typedef struct ExpiryQueue {
    ExpiryBucket *buckets; /* [head, count) ascend in time */
    int head;
    int count;
    int capacity;
    uint32_t *places; /* by slot: where in its bucket */
    size_t place_capacity;
    uint64_t evictions; /* of the table when the queue was last right */
    bool is_built;
} ExpiryQueue;

void expiry_queue_add(ExpiryQueue *queue, int64_t time, Slot slot);
/* The slot must have been added with this time. */
void expiry_queue_remove(ExpiryQueue *queue, int64_t time, Slot slot);
/* Takes the earliest bucket out when its time lies below the watermark; false when none does. The caller
   frees bucket->slots. */
bool expiry_queue_take(ExpiryQueue *queue, int64_t watermark, ExpiryBucket *bucket);
/* Makes the queue right again after loading or eviction: time_of every row of the table that has one. To be
   called before a step's first change. */
void expiry_queue_refresh(ExpiryQueue *queue, StateTable *table,
    bool (*time_of)(void *argument, Slot slot, int64_t *time), void *argument);
void expiry_queue_free(ExpiryQueue *queue);

#endif
