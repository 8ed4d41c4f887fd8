/* Late: a selection on the input's batch, by its arrival watermarks alone: the same rows for any step,
   worker, restart and moment of creation. */
#include "executor/operators/window/late.h"

#include "executor/base/fault.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/queue.h"

typedef struct Late {
    Operator base;
    BatchQueue queue;
} Late;

static Status late_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    queue_push(&((Late *)instance)->queue, batch_retain(batch));
    return OK;
}

static bool is_late(const Column *times, const Column *arrivals, int row) {
    return !column_is_null(times, row) && !column_is_null(arrivals, row) &&
           column_int8(times, row) < column_int8(arrivals, row) && !MUTANT("late-rows-joined");
}

/* A deletion by key that comes too late is a row of its own. */
static Batch *without_diffs(const Batch *batch) {
    Column *columns[batch->column_count + 1];
    for (int i = 0; i < batch->column_count; i++)
        columns[i] = column_retain(batch->columns[i]);
    return batch_create(batch->row_count, batch->column_count, columns);
}

/* The rows that came in time; NULL when none did. */
static Batch *select_rows(Late *late, Batch *batch) {
    const LateParameters *parameters = late->base.spec->parameters;
    const Column *times = batch->columns[parameters->time_column],
                 *arrivals = batch->columns[parameters->arrival_column];
    uint16_t rows[BATCH_ROWS_MAX];
    int count = 0;
    for (int i = 0; i < batch->selected_count; i++) {
        int row = batch_row(batch, i);
        if (!is_late(times, arrivals, row)) {
            rows[count++] = (uint16_t)row;
            continue;
        }
        int64_t time = column_int8(times, row);
        Batch *plain =
            batch->diffs == NULL || batch_diff(batch, row) > 0 ? batch_retain(batch) : without_diffs(batch);
        late->base.context->row_late(
            late->base.context, &late->base, plain, row, time, time, column_int8(arrivals, row));
        batch_release(plain);
    }
    if (count == batch->selected_count)
        return batch_retain(batch);
    return count == 0 ? NULL : batch_select(batch, rows, count);
}

static Status late_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    Late *late = (Late *)instance;
    *batch = NULL;
    Batch *input = queue_pop(&late->queue);
    if (input == NULL) {
        *progress = operator_is_sealed(instance) ? PROGRESS_DONE : PROGRESS_IDLE;
        return OK;
    }
    *progress = PROGRESS_MORE;
    *batch = select_rows(late, input);
    batch_release(input);
    return OK;
}

static void late_derive_watermarks(Operator *instance) {
    for (int i = 0; i < instance->spec->output.count; i++)
        instance->watermarks[i] = instance->input_watermarks[0][i];
}

static void late_clear(Operator *instance) {
    queue_clear(&((Late *)instance)->queue);
}

static const Field late_fields[] = {
    FIELD(COLUMN, LateParameters, time_column, "time"),
    FIELD(COLUMN, LateParameters, arrival_column, NULL),
    FIELDS_END,
};

const OperatorType late_operator = {
    .name = "Late",
    .version = 1,
    .fields = late_fields,
    .parameters_size = sizeof(LateParameters),
    .size = sizeof(Late),
    .on_batch = late_on_batch,
    .produce = late_produce,
    .derive_watermarks = late_derive_watermarks,
    .reset = late_clear,
    .close = late_clear,
};
