/* Table: passes on what it is fed. */
#include "executor/operators/table.h"

#include <string.h>

#include "executor/operators/operator.h"
#include "executor/operators/queue.h"

typedef struct Table {
    Operator base;
    BatchQueue queue;
} Table;

static Status table_on_batch(Operator *operator, int input, Batch *batch, Error *error) {
    queue_push(&((Table *)operator)->queue, batch_retain(batch));
    return OK;
}

static Status table_produce(Operator *operator, Batch ** batch, Progress *progress, Error *error) {
    *batch = queue_pop(&((Table *)operator)->queue);
    *progress = *batch != NULL ? PROGRESS_MORE : operator_is_sealed(operator) ? PROGRESS_DONE : PROGRESS_IDLE;
    return OK;
}

static void table_derive(Operator *operator) {
    memcpy(operator->watermarks, operator->input_watermarks[0], sizeof(int64_t) * (size_t) operator->spec->output.count);
}

static void table_close(Operator *operator) {
    queue_clear(&((Table *)operator)->queue);
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
