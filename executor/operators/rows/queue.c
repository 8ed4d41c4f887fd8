/* A queue of batches in an array. */
#include "executor/operators/rows/queue.h"

#include <string.h>

#include "executor/base/memory.h"

void queue_push(BatchQueue *queue, Batch *batch) {
    if (queue->head > 0 && queue->head + queue->count == queue->capacity) {
        memmove(queue->batches, queue->batches + queue->head, (size_t)queue->count * sizeof *queue->batches);
        queue->head = 0;
    }
    GROW(queue->batches, queue->capacity, queue->head + queue->count + 1);
    queue->batches[queue->head + queue->count++] = batch;
}

Batch *queue_pop(BatchQueue *queue) {
    if (queue->count == 0)
        return NULL;
    Batch *batch = queue->batches[queue->head++];
    if (--queue->count == 0)
        queue->head = 0;
    return batch;
}

void queue_clear(BatchQueue *queue) {
    for (Batch *batch; (batch = queue_pop(queue)) != NULL;)
        batch_release(batch);
    memory_free(queue->batches);
    *queue = (BatchQueue){0};
}
