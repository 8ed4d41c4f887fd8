/* ScrollRows: batches and how many rows there are up to each. */
#include "server/session/scroll_rows.h"

#include "executor/base/memory.h"

enum { SCROLL_BYTES_MAX = 256 << 20 };

ScrollRows *scroll_rows_create(void) {
    return NEW(ScrollRows);
}

void scroll_rows_destroy(ScrollRows *rows) {
    if (rows == NULL)
        return;
    for (int i = 0; i < rows->count; i++)
        batch_release(rows->batches[i]);
    memory_free(rows->batches);
    memory_free(rows->ends);
    memory_free(rows);
}

static Batch *empty_like(const Batch *batch, int capacity) {
    Type types[batch->column_count + 1];
    for (int i = 0; i < batch->column_count; i++)
        types[i] = batch->columns[i]->type;
    return batch_builder(types, batch->column_count, capacity);
}

static Status keep(ScrollRows *rows, Batch *batch, const char *cursor, Error *error) {
    GROW(rows->batches, rows->batch_capacity, rows->count + 1);
    GROW(rows->ends, rows->end_capacity, rows->count + 1);
    rows->total += batch->row_count;
    rows->bytes += batch_size(batch);
    rows->batches[rows->count] = batch;
    rows->ends[rows->count++] = rows->total;
    if (rows->bytes > SCROLL_BYTES_MAX)
        return error_set(error, STATUS_OUT_OF_MEMORY,
            "rows of the scrollable cursor \"%s\" need more than %d MB", cursor, SCROLL_BYTES_MAX >> 20);
    return OK;
}

Status scroll_rows_keep(ScrollRows *rows, Batch *batch, const char *cursor, Error *error) {
    Status status = OK;
    if (batch->diffs == NULL)
        return keep(rows, batch_dense(batch), cursor, error);
    Batch *copies = empty_like(batch, BATCH_ROWS_MAX);
    for (int i = 0; i < batch->selected_count && status == OK; i++)
        for (int64_t left = batch_diff(batch, batch_row(batch, i)); left > 0 && status == OK; left--) {
            batch_append_row(copies, batch, batch_row(batch, i), 1);
            if (copies->row_count == BATCH_ROWS_MAX) {
                status = keep(rows, copies, cursor, error);
                copies = empty_like(batch, BATCH_ROWS_MAX);
            }
        }
    if (status == OK && copies->row_count > 0)
        return keep(rows, copies, cursor, error);
    batch_release(copies);
    return status;
}

Batch *scroll_rows_copy(const ScrollRows *rows, int64_t at, int step, int count) {
    int batch = 0;
    Batch *out = empty_like(rows->batches[0], count);
    for (; out->row_count < count; at += step) {
        while (rows->ends[batch] < at)
            batch++;
        while (batch > 0 && rows->ends[batch - 1] >= at)
            batch--;
        batch_append_row(
            out, rows->batches[batch], (int)(at - 1 - (batch > 0 ? rows->ends[batch - 1] : 0)), 1);
    }
    return out;
}
