/* BatchQueue: batches that an operator was given and has not worked on yet, or has made and not given away.
   Zero bytes are an empty queue. */
#ifndef LEAT_OPERATORS_QUEUE_H
#define LEAT_OPERATORS_QUEUE_H

#include "executor/batch/batch.h"

typedef struct BatchQueue {
    Batch **batches;
    int head;
    int count;
    int capacity;
} BatchQueue;

/* Takes over the reference. */
void queue_push(BatchQueue *queue, Batch *batch);
/* The oldest batch, now the caller's; NULL when empty. */
Batch *queue_pop(BatchQueue *queue);
/* Releases the batches and the queue's memory. */
void queue_clear(BatchQueue *queue);

#endif
