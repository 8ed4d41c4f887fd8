/* SinkOperator: keeps an epoch's changes, consolidates them at the cut, and encodes them into the sink's
   staged output. */
#include "executor/operators/sink_operator.h"

#include "executor/operators/consolidate.h"
#include "executor/operators/environment.h"
#include "executor/operators/operator.h"
#include "executor/operators/sink.h"

typedef struct SinkOperator {
    Operator base;
    SinkOutput *output;
    BatchList changes; /* of the open epoch */
    size_t change_bytes;
} SinkOperator;

static Status sink_open(Operator *instance, Error *error) {
    SinkOperator *self = (SinkOperator *)instance;
    const SinkOperatorParameters *parameters = instance->spec->parameters;
    Environment *environment = instance->context->environment;
    self->output = environment->sink(environment, (uint32_t)parameters->object_id);
    if (self->output == NULL)
        return error_set(error, STATUS_INTERNAL_ERROR, "no sink for object %d", parameters->object_id);
    return OK;
}

static Status sink_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    SinkOperator *self = (SinkOperator *)instance;
    if (self->output->writer->type->is_discarding)
        return self->output->writer->type->encode(
            self->output->writer, batch, &self->output->staged[instance->context->worker], error);
    batch_list_add(&self->changes, batch_retain(batch));
    self->change_bytes += batch_copy_size(batch);
    return OK;
}

static Status sink_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    *progress = operator_is_sealed(instance) ? PROGRESS_DONE : PROGRESS_IDLE;
    return OK;
}

/* Called by the coordinator through graph_cut; the staged bytes themselves are put into the cut by the
   coordinator, which numbers the batches. */
static Status sink_cut(Operator *instance, uint64_t epoch, Cut *cut, Error *error) {
    SinkOperator *self = (SinkOperator *)instance;
    if (self->changes.count == 0)
        return OK;
    const SinkOperatorParameters *parameters = instance->spec->parameters;
    BatchList net = {0};
    Status status = OK;
    self->change_bytes = 0;
    if (parameters->is_append_only) {
        net = self->changes;
        self->changes = (BatchList){0};
    } else {
        status = batches_consolidate(self->changes.batches, self->changes.count, &net, error);
        batch_list_clear(&self->changes);
    }
    SinkWriter *writer = self->output->writer;
    for (int i = 0; i < net.count && status == OK; i++) {
        Batch *dense = batch_dense(net.batches[i]);
        status = writer->type->encode(writer, dense, &self->output->staged[instance->context->worker], error);
        batch_release(dense);
    }
    batch_list_clear(&net);
    return status;
}

static size_t sink_held_bytes(const Operator *instance) {
    return ((const SinkOperator *)instance)->change_bytes;
}

static void sink_close(Operator *instance) {
    batch_list_clear(&((SinkOperator *)instance)->changes);
}

static const Field fields[] = {
    FIELD(INT, SinkOperatorParameters, object_id, NULL),
    FIELD(BOOL, SinkOperatorParameters, is_append_only, "append-only"),
    {0},
};

const OperatorType sink_operator_operator = {
    .name = "Sink",
    .version = 1,
    .fields = fields,
    .parameters_size = sizeof(SinkOperatorParameters),
    .size = sizeof(SinkOperator),
    .open = sink_open,
    .on_batch = sink_on_batch,
    .produce = sink_produce,
    .cut = sink_cut,
    .held_bytes = sink_held_bytes,
    .close = sink_close,
};
