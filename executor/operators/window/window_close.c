/* WindowClose: rows wait by the end of their window; what is left of them when the watermark passes it is
   emitted, once. */
#include "executor/operators/window/window_close.h"

#include "executor/base/memory.h"
#include "executor/operators/rows/expiry_queue.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/row_table.h"
#include "executor/operators/rows/slot_output.h"

typedef struct WindowClose {
    Operator base;
    int end_column;
    RowTable rows;
    ExpiryQueue expiry;
    SlotOutput *output;
    BatchQueue queue;
    bool is_settled; /* this step's finalisation has begun */
} WindowClose;

static Status window_close_open(Operator *instance, Error *error) {
    WindowClose *close = (WindowClose *)instance;
    const WindowCloseParameters *parameters = instance->spec->parameters;
    const Schema *input = &instance->spec->inputs[0]->output;
    close->end_column = parameters->end_column;
    TRY(row_table_open(&close->rows, instance->context->state,
        &(RowTableSpec){.column_count = input->count,
            .types = input->types,
            .key_count = parameters->key_count,
            .keys = parameters->keys,
            .forgets_old = true,
            .is_unchained = true},
        error));
    close->output = NEW(SlotOutput);
    close->output->table = close->rows.table;
    close->output->queue = &close->queue;
    close->output->cells = close->rows.column_cells;
    close->output->cell_count = input->count;
    return OK;
}

static bool row_time(void *argument, Slot slot, int64_t *time) {
    WindowClose *close = argument;
    int cell = close->rows.column_cells[close->end_column];
    if (state_table_is_null(close->rows.table, slot, cell))
        return false;
    *time = cell_integer(close->rows.types[cell],
        state_table_slot(close->rows.table, slot) + state_table_cell_offset(close->rows.table, cell));
    return true;
}

static Status take_rows(WindowClose *close, const Batch *dense, Error *error) {
    int64_t time, watermark = close->base.input_watermarks[0][close->end_column];
    expiry_queue_refresh(&close->expiry, close->rows.table, row_time, close);
    TRY(row_table_load(&close->rows, dense, error));
    row_table_apply(&close->rows, dense);
    for (int i = 0; i < dense->row_count; i++) {
        if (!close->rows.is_new[i] || !row_time(close, close->rows.slots[i], &time))
            continue;
        if (watermark != WATERMARK_END && watermark_has_passed(watermark, time))
            return error_set(
                error, STATUS_INTERNAL_ERROR, "a row came for a window that its watermark has closed");
        expiry_queue_add(&close->expiry, time, close->rows.slots[i]);
    }
    return OK;
}

static Status window_close_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    if (batch->selected_count == 0)
        return OK;
    Batch *dense = batch_dense(batch);
    Status status = take_rows((WindowClose *)instance, dense, error);
    batch_release(dense);
    return status;
}

static Status settle(WindowClose *close, Error *error) {
    int64_t time;
    expiry_queue_refresh(&close->expiry, close->rows.table, row_time, close);
    for (int i = 0; i < close->rows.touched.count; i++) {
        Slot slot = close->rows.touched.slots[i];
        if (*row_table_count(&close->rows, slot) == 0 && row_time(close, slot, &time))
            expiry_queue_remove(&close->expiry, time, slot);
    }
    return row_table_settle(&close->rows, error);
}

/* Emits and forgets the rows of one closed window; false when none is left. */
static bool close_window(WindowClose *close) {
    ExpiryBucket bucket;
    if (!expiry_queue_take(&close->expiry, close->base.input_watermarks[0][close->end_column], &bucket))
        return false;
    for (int i = 0; i < bucket.count; i++)
        slot_output_add(close->output, bucket.slots[i], *row_table_count(&close->rows, bucket.slots[i]), 0);
    slot_output_flush(close->output);
    state_table_delete_many(close->rows.table, bucket.slots, bucket.count);
    memory_free(bucket.slots);
    return true;
}

static Status window_close_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    WindowClose *close = (WindowClose *)instance;
    *batch = NULL;
    *progress = PROGRESS_IDLE;
    if (!operator_is_sealed(instance))
        return OK;
    if (!close->is_settled)
        TRY(settle(close, error));
    close->is_settled = true;
    *progress = PROGRESS_MORE;
    while ((*batch = queue_pop(&close->queue)) == NULL)
        if (!close_window(close)) {
            close->is_settled = false;
            *progress = PROGRESS_DONE;
            return OK;
        }
    return OK;
}

/* Rows were held back: only the column that lets them go keeps its promise. */
static void window_close_derive_watermarks(Operator *instance) {
    WindowClose *close = (WindowClose *)instance;
    for (int i = 0; i < instance->spec->output.count; i++)
        instance->watermarks[i] = i == close->end_column ? instance->input_watermarks[0][i] : WATERMARK_NONE;
}

static void window_close_reset(Operator *instance) {
    WindowClose *close = (WindowClose *)instance;
    row_table_reset(&close->rows);
    expiry_queue_free(&close->expiry);
    queue_clear(&close->queue);
    close->is_settled = false;
}

static void window_close_close(Operator *instance) {
    WindowClose *close = (WindowClose *)instance;
    row_table_close(&close->rows);
    expiry_queue_free(&close->expiry);
    queue_clear(&close->queue);
    memory_free(close->output);
}

static const Field window_close_fields[] = {
    FIELD(COLUMN, WindowCloseParameters, end_column, "end"),
    FIELD_LIST(COLUMNS, WindowCloseParameters, keys, key_count, NULL),
    FIELDS_END,
};

const OperatorType window_close_operator = {
    .name = "WindowClose",
    .version = 2,
    .fields = window_close_fields,
    .parameters_size = sizeof(WindowCloseParameters),
    .size = sizeof(WindowClose),
    .open = window_close_open,
    .on_batch = window_close_on_batch,
    .produce = window_close_produce,
    .derive_watermarks = window_close_derive_watermarks,
    .reset = window_close_reset,
    .close = window_close_close,
};
