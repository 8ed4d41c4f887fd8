/* Materialize: collects a step's changes, applies them to the view's relation when its input is sealed, and passes on the net change. */
#include "executor/operators/materialize.h"

#include <string.h>

#include "executor/base/fault.h"
#include "executor/operators/environment.h"
#include "executor/operators/operator.h"

/* Changes collected before they are applied within a step: bounds what a large step holds. */
enum { APPLY_ROWS = 262144 };

typedef struct Materialize {
    Operator base;
    Relation *relation;
    BatchList changes;
    int64_t change_rows;
    BatchList net;
    int head;
    bool is_applied;
} Materialize;

static Status materialize_open(Operator *operator, Error * error) {
    Materialize *self = (Materialize *)operator;
    const MaterializeParameters *parameters = operator->spec->parameters;
    Environment *environment = operator->context->environment;
    self->relation = environment->relation(environment, (uint32_t)parameters->object_id);
    if (self->relation == NULL)
        return error_set(error, STATUS_INTERNAL_ERROR, "no relation for object %d", parameters->object_id);
    return OK;
}

static Status materialize_on_batch(Operator *operator, int input, Batch *batch, Error *error) {
    Materialize *self = (Materialize *)operator;
    batch_list_add(&self->changes, batch_retain(batch));
    self->change_rows += batch->selected_count;
    return OK;
}

static Status apply(Materialize *self, Error *error) {
    const OperatorContext *context = self->base.context;
    if (MUTANT("drop-the-last-retraction"))
        for (int i = self->changes.count - 1; i >= 0; i--)
            if (self->changes.batches[i]->diffs != NULL && batch_diff(self->changes.batches[i], batch_row(self->changes.batches[i], 0)) < 0) {
                batch_release(self->changes.batches[i]);
                self->changes.batches[i] = self->changes.batches[--self->changes.count];
                break;
            }
    Status status =
        relation_apply(self->relation, context->worker, self->changes.batches, self->changes.count, context->environment->epoch, &self->net, error);
    batch_list_clear(&self->changes);
    self->change_rows = 0;
    return status;
}

/* An append-only view may apply, and pass on, before the seal: nothing can be withdrawn. */
static bool may_apply(const Materialize *self) {
    const OperatorSpec *spec = self->base.spec;
    return operator_is_sealed(&self->base) || (self->change_rows >= APPLY_ROWS && !spec->inputs[0]->is_updating);
}

static Status materialize_produce(Operator *operator, Batch ** batch, Progress *progress, Error *error) {
    Materialize *self = (Materialize *)operator;
    if (self->head < self->net.count) {
        *batch = batch_retain(self->net.batches[self->head++]);
        *progress = PROGRESS_MORE;
        return OK;
    }
    batch_list_clear(&self->net);
    self->head = 0;
    if (self->changes.count > 0 && may_apply(self)) {
        TRY(apply(self, error));
        *progress = PROGRESS_MORE;
        return OK;
    }
    *progress = operator_is_sealed(operator) ? PROGRESS_DONE : PROGRESS_IDLE;
    return OK;
}

static void materialize_derive(Operator *operator) {
    memcpy(operator->watermarks, operator->input_watermarks[0], sizeof(int64_t) * (size_t) operator->spec->output.count);
}

static Status materialize_cut(Operator *operator, uint64_t epoch, Cut *cut, Error *error) {
    return relation_cut(((Materialize *)operator)->relation, operator->context->worker, epoch, cut, error);
}

static void materialize_close(Operator *operator) {
    batch_list_clear(&((Materialize *)operator)->changes);
    batch_list_clear(&((Materialize *)operator)->net);
}

static const Field fields[] = {FIELD(INT, MaterializeParameters, object_id, NULL), {0}};

const OperatorType materialize_operator = {
    .name = "Materialize",
    .version = 1,
    .fields = fields,
    .parameters_size = sizeof(MaterializeParameters),
    .size = sizeof(Materialize),
    .open = materialize_open,
    .on_batch = materialize_on_batch,
    .produce = materialize_produce,
    .derive_watermarks = materialize_derive,
    .cut = materialize_cut,
    .close = materialize_close,
};
