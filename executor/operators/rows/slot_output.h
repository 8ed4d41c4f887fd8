/* SlotOutput: gathers rows of a state table, given by slot and diff, into output batches. */
#ifndef LEAT_OPERATORS_SLOT_OUTPUT_H
#define LEAT_OPERATORS_SLOT_OUTPUT_H

#include "executor/operators/rows/queue.h"
#include "executor/state/state_table.h"

typedef struct SlotOutput {
    StateTable *table;
    BatchQueue *queue;
    const int *cells; /* by output column */
    int cell_count;
    bool with_number; /* one more int8 column */
    int null_before;  /* columns of NULLs before and after, for padded rows */
    int null_after;
    const Type *types; /* of all output columns; only used for NULL columns */
    int count;
    Slot slots[BATCH_ROWS_MAX];
    int64_t diffs[BATCH_ROWS_MAX];
    int64_t numbers[BATCH_ROWS_MAX];
} SlotOutput;

/* Adds what was collected to the queue. Call before any of its slots is deleted. */
void slot_output_flush(SlotOutput *output);
static inline void slot_output_add(SlotOutput *output, Slot slot, int64_t diff, int64_t number) {
    if (diff == 0)
        return;
    output->slots[output->count] = slot;
    output->diffs[output->count] = diff;
    output->numbers[output->count] = number;
    if (++output->count == BATCH_ROWS_MAX)
        slot_output_flush(output);
}

/* A dense column of NULLs. */
Column *column_of_nulls(Type type, int count);

#endif
