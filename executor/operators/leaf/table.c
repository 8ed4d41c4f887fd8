/* Table: passes on what it is fed. */
#include "executor/operators/leaf/table.h"

#include <string.h>

#include "executor/operators/operator.h"
#include "executor/operators/rows/queue.h"

typedef struct Table {
    Operator base;
    BatchQueue queue;
} Table;

static Status table_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    queue_push(&((Table *)instance)->queue, batch_retain(batch));
    return OK;
}

static Status table_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    *batch = queue_pop(&((Table *)instance)->queue);
    *progress = *batch != NULL ? PROGRESS_MORE : operator_is_sealed(instance) ? PROGRESS_DONE : PROGRESS_IDLE;
    return OK;
}

static void table_derive(Operator *instance) {
    memcpy(instance->watermarks, instance->input_watermarks[0],
        sizeof(int64_t) * (size_t)instance->spec->output.count);
}

static void table_close(Operator *instance) {
    queue_clear(&((Table *)instance)->queue);
}

static const Field fields[] = {FIELD(INT, TableParameters, object_id, "table"), {0}};

const OperatorType table_operator = {
    .name = "Table",
    .version = 1,
    .fields = fields,
    .parameters_size = sizeof(TableParameters),
    .size = sizeof(Table),
    .on_batch = table_on_batch,
    .produce = table_produce,
    .derive_watermarks = table_derive,
    .close = table_close,
};
