/* Filter: a selection on the input's batch; no row is copied. */
#include "executor/operators/filter.h"

#include "executor/operators/rows/failures.h"
#include "executor/operators/rows/queue.h"

typedef struct Filter {
    Operator base;
    Evaluator *evaluator;
    Arena *arena; /* messages of failed rows */
    BatchQueue queue;
} Filter;

static Status filter_open(Operator *instance, Error *error) {
    Filter *filter = (Filter *)instance;
    const FilterParameters *parameters = instance->spec->parameters;
    filter->evaluator =
        evaluator_create(parameters->predicate, instance->context->settings, instance->context->session);
    filter->arena = arena_create();
    return OK;
}

static Status filter_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    queue_push(&((Filter *)instance)->queue, batch_retain(batch));
    return OK;
}

/* The batch's rows for which the predicate holds; NULL when there are none. */
static Status select_rows(Filter *filter, Batch *batch, Batch **out, Error *error) {
    RowErrors errors = {.arena = filter->arena};
    uint16_t rows[BATCH_ROWS_MAX];
    int count;
    TRY(evaluator_filter(filter->evaluator, batch, &errors, rows, &count, error));
    if (errors.count > 0)
        failures_report(&filter->base, batch, &errors);
    row_errors_free(&errors);
    arena_reset(filter->arena);
    if (count == batch->selected_count && count > 0) {
        *out = batch_retain(batch);
    } else if (count > 0) {
        for (int i = 0; batch->selection != NULL && i < count; i++)
            rows[i] = batch->selection[rows[i]];
        *out = batch_select(batch, rows, count);
    }
    return OK;
}

static Status filter_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    Filter *filter = (Filter *)instance;
    *batch = NULL;
    Batch *input = queue_pop(&filter->queue);
    if (input == NULL) {
        *progress = operator_is_sealed(instance) ? PROGRESS_DONE : PROGRESS_IDLE;
        return OK;
    }
    *progress = PROGRESS_MORE;
    Status status = select_rows(filter, input, batch, error);
    batch_release(input);
    return status;
}

static void filter_derive_watermarks(Operator *instance) {
    const OperatorSpec *spec = instance->spec;
    for (int i = 0; i < spec->output.count; i++)
        instance->watermarks[i] =
            spec_has_watermark(spec, i) ? instance->input_watermarks[0][i] : WATERMARK_NONE;
}

static void filter_reset(Operator *instance) {
    queue_clear(&((Filter *)instance)->queue);
}

static void filter_close(Operator *instance) {
    Filter *filter = (Filter *)instance;
    queue_clear(&filter->queue);
    evaluator_destroy(filter->evaluator);
    arena_destroy(filter->arena);
}

static const Field filter_fields[] = {
    FIELD(EXPRESSION, FilterParameters, predicate, "condition"),
    FIELDS_END,
};

const OperatorType filter_operator = {
    .name = "Filter",
    .version = 1,
    .fields = filter_fields,
    .parameters_size = sizeof(FilterParameters),
    .size = sizeof(Filter),
    .open = filter_open,
    .on_batch = filter_on_batch,
    .produce = filter_produce,
    .derive_watermarks = filter_derive_watermarks,
    .reset = filter_reset,
    .close = filter_close,
};
