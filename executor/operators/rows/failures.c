/* Failed rows of a batch. */
#include "executor/operators/rows/failures.h"

void failures_report(Operator *instance, const Batch *batch, const RowErrors *errors) {
    uint64_t seen[BATCH_ROWS_MAX / 64] = {0};
    for (int i = 0; i < errors->count; i++) {
        const RowError *failure = &errors->rows[i];
        uint64_t bit = (uint64_t)1 << (failure->row & 63), *word = &seen[failure->row >> 6];
        if (!(*word & bit))
            instance->context->row_failed(instance->context, instance, batch, batch_row(batch, failure->row),
                failure->status, failure->message);
        *word |= bit;
    }
}

int failures_others(const Batch *batch, const RowErrors *errors, uint16_t *positions) {
    uint64_t failed[BATCH_ROWS_MAX / 64] = {0};
    for (int i = 0; i < errors->count; i++)
        failed[errors->rows[i].row >> 6] |= (uint64_t)1 << (errors->rows[i].row & 63);
    int count = 0;
    for (int i = 0; i < batch->selected_count; i++) {
        positions[count] = (uint16_t)i;
        count += !(failed[i >> 6] >> (i & 63) & 1);
    }
    return count;
}
