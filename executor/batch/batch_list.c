/* BatchList: a growing array of batches. */
#include "executor/batch/batch_list.h"

#include "executor/base/memory.h"

void batch_list_add(BatchList *list, Batch *batch) {
    GROW(list->batches, list->capacity, list->count + 1);
    list->batches[list->count++] = batch;
}

void batch_list_clear(BatchList *list) {
    for (int i = 0; i < list->count; i++)
        batch_release(list->batches[i]);
    memory_free(list->batches);
    *list = (BatchList){0};
}

int64_t batch_list_rows(const BatchList *list) {
    int64_t rows = 0;
    for (int i = 0; i < list->count; i++)
        rows += list->batches[i]->selected_count;
    return rows;
}
