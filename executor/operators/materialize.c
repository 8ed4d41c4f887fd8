/* Materialize: collects a step's changes, applies them to the relation when its input is sealed, and passes
   on the net change. */
#include "executor/operators/materialize.h"

#include <stdio.h>
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
    size_t change_bytes;
    BatchList net;
    int head;
    bool is_applied;
} Materialize;

static Status materialize_open(Operator *instance, Error *error) {
    Materialize *self = (Materialize *)instance;
    const MaterializeParameters *parameters = instance->spec->parameters;
    Environment *environment = instance->context->environment;
    self->relation = environment->relation(environment, (uint32_t)parameters->object_id);
    if (self->relation == NULL)
        return error_set(error, STATUS_INTERNAL_ERROR, "no relation for object %d", parameters->object_id);
    return OK;
}

/* The batch (a new reference) without the rows whose key is not whole, which are recorded as failed. */
static Batch *with_key(Materialize *self, Batch *batch) {
    OperatorContext *context = self->base.context;
    const OperatorSpec *spec = self->base.spec;
    uint16_t kept[BATCH_ROWS_MAX];
    int count = 0;
    for (int i = 0; i < batch->selected_count; i++) {
        int row = batch_row(batch, i), k = 0;
        while (k < spec->key_count && !column_is_null(batch->columns[spec->key[k]], row))
            k++;
        if (k == spec->key_count) {
            kept[count++] = (uint16_t)row;
            continue;
        }
        char message[256];
        snprintf(message, sizeof message, "null value in column \"%s\" of the primary key",
            spec->output.names[spec->key[k]]);
        context->row_failed(context, &self->base, batch, row, STATUS_NOT_NULL_VIOLATION, message);
    }
    return count == batch->selected_count ? batch_retain(batch) : batch_select(batch, kept, count);
}

static Status materialize_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    Materialize *self = (Materialize *)instance;
    const MaterializeParameters *parameters = instance->spec->parameters;
    batch_list_add(&self->changes, parameters->is_upsert ? with_key(self, batch) : batch_retain(batch));
    self->change_bytes += batch_copy_size(batch);
    self->change_rows += batch->selected_count;
    return OK;
}

static Status apply(Materialize *self, Error *error) {
    const OperatorContext *context = self->base.context;
    if (MUTANT("drop-the-last-retraction"))
        for (int i = self->changes.count - 1; i >= 0; i--)
            if (self->changes.batches[i]->diffs != NULL &&
                batch_diff(self->changes.batches[i], batch_row(self->changes.batches[i], 0)) < 0) {
                batch_release(self->changes.batches[i]);
                self->changes.batches[i] = self->changes.batches[--self->changes.count];
                break;
            }
    const MaterializeParameters *parameters = self->base.spec->parameters;
    BatchList *changes = &self->changes;
    uint64_t epoch = context->environment->epoch;
    UpsertCounts counts = {0};
    Status status = parameters->is_upsert ? relation_upsert(self->relation, context->worker, changes->batches,
                                                changes->count, epoch, &self->net, &counts, error)
                                          : relation_apply(self->relation, context->worker, changes->batches,
                                                changes->count, epoch, &self->net, error);
    self->base.changes_repeated += counts.repeated;
    self->base.changes_unmatched += counts.unmatched;
    batch_list_clear(&self->changes);
    self->change_rows = 0;
    self->change_bytes = 0;
    return status;
}

/* What cannot be withdrawn may be applied, and passed on, before the seal. */
static bool may_apply(const Materialize *self) {
    const OperatorSpec *spec = self->base.spec;
    return operator_is_sealed(&self->base) ||
           (self->change_rows >= APPLY_ROWS && !spec->inputs[0]->is_updating);
}

static Status materialize_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    Materialize *self = (Materialize *)instance;
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
    *progress = operator_is_sealed(instance) ? PROGRESS_DONE : PROGRESS_IDLE;
    return OK;
}

static void materialize_derive(Operator *instance) {
    memcpy(instance->watermarks, instance->input_watermarks[0],
        sizeof(int64_t) * (size_t)instance->spec->output.count);
}

static Status materialize_cut(Operator *instance, uint64_t epoch, Cut *cut, Error *error) {
    return relation_cut(((Materialize *)instance)->relation, instance->context->worker, epoch, cut, error);
}

/* What is applied stands there twice for a moment. */
static size_t materialize_held_bytes(const Operator *instance) {
    return 2 * ((const Materialize *)instance)->change_bytes;
}

static void materialize_close(Operator *instance) {
    batch_list_clear(&((Materialize *)instance)->changes);
    batch_list_clear(&((Materialize *)instance)->net);
}

static const Field fields[] = {
    FIELD(INT, MaterializeParameters, object_id, NULL),
    FIELD(BOOL, MaterializeParameters, is_upsert, "upsert"),
    FIELDS_END,
};

const OperatorType materialize_operator = {
    .name = "Materialize",
    .version = 2,
    .fields = fields,
    .parameters_size = sizeof(MaterializeParameters),
    .size = sizeof(Materialize),
    .open = materialize_open,
    .on_batch = materialize_on_batch,
    .produce = materialize_produce,
    .derive_watermarks = materialize_derive,
    .cut = materialize_cut,
    .held_bytes = materialize_held_bytes,
    .close = materialize_close,
};
