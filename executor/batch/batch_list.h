/* BatchList: batches one after another, each held by the list. Zero bytes are a valid, empty list. */
#ifndef LEAT_BATCH_BATCH_LIST_H
#define LEAT_BATCH_BATCH_LIST_H

#include "executor/batch/batch.h"

typedef struct BatchList {
    Batch **batches;
    int count;
    int capacity;
} BatchList;

/* Takes over the reference. */
void batch_list_add(BatchList *list, Batch *batch);
/* Releases all and the list's memory. */
void batch_list_clear(BatchList *list);
/* Selected rows of all batches. */
int64_t batch_list_rows(const BatchList *list);

#endif
