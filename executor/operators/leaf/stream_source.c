/* StreamSource: reads partitions, computes columns, stamps arrival watermarks.

   Lateness is decided here, where order exists: a row's arrival watermark is its own partition's running
   watermark just before it. That makes what is late a property of the input alone, whatever the steps, the
   workers and the restarts. */
#include "executor/operators/leaf/stream_source.h"

#include <string.h>

#include "executor/base/memory.h"

struct SourceEvaluators {
    int count;
    Evaluator **columns; /* NULL: the physical column itself */
    Evaluator *watermark;
};

SourceEvaluators *source_evaluators_create(const OperatorSpec *spec, const TypeSettings *settings) {
    const StreamSourceParameters *parameters = spec->parameters;
    SourceEvaluators *evaluators = NEW(SourceEvaluators);
    evaluators->count = parameters->expression_count;
    evaluators->columns = NEW_ARRAY(Evaluator *, parameters->expression_count + 1);
    for (int i = 0; i < parameters->expression_count; i++)
        evaluators->columns[i] = evaluator_create(parameters->expressions[i], settings, NULL);
    if (parameters->watermark != NULL)
        evaluators->watermark = evaluator_create(parameters->watermark, settings, NULL);
    return evaluators;
}

void source_evaluators_destroy(SourceEvaluators *evaluators) {
    if (evaluators == NULL)
        return;
    for (int i = 0; i < evaluators->count; i++)
        evaluator_destroy(evaluators->columns[i]);
    evaluator_destroy(evaluators->watermark);
    memory_free(evaluators->columns);
    memory_free(evaluators);
}

/* Computes the columns over the rows; failed rows are named in errors. */
static Status compute(
    SourceEvaluators *evaluators, Batch *physical, RowErrors *errors, Batch **out, Error *error) {
    Column *columns[evaluators->count + 1];
    for (int i = 0; i < evaluators->count; i++) {
        Status status = evaluator_run(evaluators->columns[i], physical, errors, &columns[i], error);
        if (status != OK) {
            while (i > 0)
                column_release(columns[--i]);
            return status;
        }
    }
    *out = batch_create(physical->selected_count, evaluators->count, columns);
    if (physical->diffs != NULL) { /* changes by key: − deletes */
        batch_need_diffs(*out, physical->row_count);
        memcpy((*out)->diffs, physical->diffs, sizeof *physical->diffs * (size_t)physical->row_count);
    }
    return OK;
}

static void report_rows(SourceState *source, int worker, int partition, const RowErrors *errors) {
    for (int i = 0; i < errors->count; i++) {
        SourceError failure = {.offset = -1,
            .timestamp = INT64_MIN,
            .status = errors->rows[i].status,
            .message = (char *)errors->rows[i].message};
        __atomic_fetch_add(
            &source->errors_seen, 1, __ATOMIC_RELAXED); /* other workers read other partitions */
        source->record_failed(source->argument, worker, source, partition, &failure);
    }
}

/* The rows that did not fail, as a new reference. */
static Batch *without_failed(Batch *batch, const RowErrors *errors) {
    if (errors->count == 0)
        return batch_retain(batch);
    uint8_t failed[BATCH_ROWS_MAX] = {0};
    for (int i = 0; i < errors->count; i++)
        failed[errors->rows[i].row] = 1;
    uint16_t rows[BATCH_ROWS_MAX];
    int count = 0;
    for (int i = 0; i < batch->row_count; i++)
        if (!failed[i])
            rows[count++] = (uint16_t)i;
    Batch *selected = batch_select(batch, rows, count);
    Batch *dense = batch_dense(selected);
    batch_release(selected);
    return dense;
}

/* Appends "$arrival" and advances the partition's watermark row by row. */
static Batch *stamp_arrival(SourcePartition *partition, Batch *batch, const Column *watermarks) {
    Column *columns[batch->column_count + 1];
    for (int i = 0; i < batch->column_count; i++)
        columns[i] = column_retain(batch->columns[i]);
    Column *arrival = column_create(watermarks->type, batch->row_count);
    int64_t *to = arrival->values;
    int64_t running = partition->watermark;
    for (int i = 0; i < batch->row_count; i++) {
        to[i] = running;
        if (batch->diffs == NULL || batch->diffs[i] > 0) /* a deletion by key has no time */
            running = watermark_after(running, watermarks, i);
    }
    partition->watermark = running;
    columns[batch->column_count] = arrival;
    Batch *stamped = batch_create(batch->row_count, batch->column_count + 1, columns);
    if (batch->diffs != NULL) {
        batch_need_diffs(stamped, batch->row_count);
        memcpy(stamped->diffs, batch->diffs, sizeof *batch->diffs * (size_t)batch->row_count);
    }
    return stamped;
}

static Status add_arrival(SourceState *source, SourceEvaluators *evaluators, int worker, int partition,
    Batch **batch, Error *error) {
    RowErrors errors = {.arena = arena_create()};
    Column *marks = NULL;
    Status status = evaluator_run(evaluators->watermark, *batch, &errors, &marks, error);
    const Column *times =
        (*batch)->columns[((const StreamSourceParameters *)source->spec->parameters)->watermark_column];
    if (status == OK && times->nulls != NULL)
        for (int i = 0; i < (*batch)->row_count; i++)
            if (column_is_null(times, i) && ((*batch)->diffs == NULL || (*batch)->diffs[i] > 0))
                row_errors_add(&errors, i, STATUS_NULL_VALUE_NOT_ALLOWED, "event time is NULL");
    if (status == OK && errors.count > 0) {
        report_rows(source, worker, partition, &errors);
        Batch *good = without_failed(*batch, &errors);
        batch_release(*batch);
        column_release(marks);
        marks = NULL;
        *batch = good;
        status = good->row_count == 0 ? OK : evaluator_run(evaluators->watermark, good, NULL, &marks, error);
    }
    if (status == OK && (*batch)->row_count > 0) {
        Batch *stamped = stamp_arrival(&source->partitions[partition], *batch, marks);
        batch_release(*batch);
        *batch = stamped;
    }
    column_release(marks);
    row_errors_free(&errors);
    arena_destroy(errors.arena);
    return status;
}

static Status transform(SourceState *source, SourceEvaluators *evaluators, int worker, int partition,
    Batch *physical, Batch **out, Error *error) {
    RowErrors errors = {.arena = arena_create()};
    Batch *batch = NULL;
    Status status = compute(evaluators, physical, &errors, &batch, error);
    if (status == OK) {
        report_rows(source, worker, partition, &errors);
        *out = without_failed(batch, &errors);
        batch_release(batch);
        if (evaluators->watermark != NULL && (*out)->row_count > 0)
            status = add_arrival(source, evaluators, worker, partition, out, error);
        if (status != OK || (*out)->row_count == 0) {
            batch_release(*out);
            *out = NULL;
        }
    }
    row_errors_free(&errors);
    arena_destroy(errors.arena);
    return status;
}

Status source_partition_read(SourceState *source, SourceEvaluators *evaluators, int worker, int partition,
    int row_max, Batch **batch, Error *error) {
    SourcePartition *at = &source->partitions[partition];
    SourceRows rows = {.next_offset = at->offset, .arena = arena_create()};
    *batch = NULL;
    Status status = source->reader->type->read(source->reader, partition, row_max, &rows, error);
    if (status == OK) {
        if (rows.batch != NULL && at->is_idle) {
            /* Back from idleness: not earlier than what the source has promised meanwhile. */
            at->is_idle = false;
            at->watermark = at->watermark > source->watermark ? at->watermark : source->watermark;
        }
        if (rows.batch != NULL)
            status = transform(source, evaluators, worker, partition, rows.batch, batch, error);
    }
    if (status == OK) {
        for (int i = 0; i < rows.error_count; i++)
            source->record_failed(source->argument, worker, source, partition, &rows.errors[i]);
        __atomic_fetch_add(&source->errors_seen, rows.error_count, __ATOMIC_RELAXED);
        at->offset = rows.next_offset;
        at->is_at_end = rows.is_at_end;
        if (rows.is_finished) {
            at->is_finished = true;
            at->watermark = WATERMARK_END;
        }
    }
    batch_release(rows.batch);
    arena_destroy(rows.arena);
    return status;
}

typedef struct Wanted {
    bool *columns;
    int count;
} Wanted;

static void want_column(Expression *node, void *argument) {
    Wanted *wanted = argument;
    if (node->kind == EXPRESSION_COLUMN && node->column < wanted->count)
        wanted->columns[node->column] = true;
}

/* Computed columns are always made, whoever reads them: where they fail, the row does not exist. */
void source_want(SourceState *source, const bool *columns) {
    const StreamSourceParameters *parameters = source->spec->parameters;
    const SourceType *type = source->reader->type;
    if (type->want == NULL)
        return;
    bool visible[parameters->expression_count + 1], physical[parameters->physical.count + 1];
    memcpy(visible, columns, sizeof(bool) * (size_t)parameters->expression_count);
    memset(physical, 0, sizeof physical);
    if (parameters->watermark != NULL) {
        visible[parameters->watermark_column] = true;
        expression_walk(parameters->watermark, want_column, &(Wanted){visible, parameters->expression_count});
    }
    for (int i = 0; i < parameters->expression_count; i++)
        if (visible[i] || parameters->expressions[i]->kind != EXPRESSION_COLUMN)
            expression_walk(
                parameters->expressions[i], want_column, &(Wanted){physical, parameters->physical.count});
    type->want(source->reader, physical);
}

bool source_may_read(const SourceState *source, int partition) {
    const SourcePartition *at = &source->partitions[partition];
    return !at->is_finished && at->watermark <= source->reach &&
           source->reader->type->is_ready(source->reader, partition);
}

void source_stop(SourceState *source, Error *error) {
    bool was_stopped = false;
    if (atomic_compare_exchange_strong(&source->is_stopped, &was_stopped, true))
        error_move(&source->trouble, error);
    error_clear(error);
}

typedef struct StreamSource {
    Operator base;
    SourceState *state;
    SourceEvaluators *evaluators;
    int quota;
    int next; /* partition to read next: in turn, so that none starves */
} StreamSource;

void stream_source_use(Operator *instance, SourceState *source) {
    ((StreamSource *)instance)->state = source;
}

void stream_source_grant(Operator *instance, int row_max) {
    ((StreamSource *)instance)->quota = row_max;
}

static Status stream_source_open(Operator *instance, Error *error) {
    StreamSource *self = (StreamSource *)instance;
    self->evaluators = source_evaluators_create(instance->spec, instance->context->settings);
    self->next = instance->context->worker;
    return OK;
}

static Status stream_source_on_seal(Operator *instance, int input, const int64_t *watermarks, Error *error) {
    ((StreamSource *)instance)->quota = 0;
    return OK;
}

/* One read from the next own partition that has something. */
static Status read_next(StreamSource *self, Batch **batch, bool *is_any, Error *error) {
    SourceState *source = self->state;
    int workers = self->base.context->worker_count;
    *is_any = false;
    for (int tried = 0; tried < source->partition_count; tried += workers) {
        if (self->next >= source->partition_count)
            self->next = self->base.context->worker;
        int partition = self->next;
        if (partition >= source->partition_count)
            return OK;
        self->next += workers;
        if (!source_may_read(source, partition))
            continue;
        *is_any = true;
        int row_max = self->quota < BATCH_ROWS_MAX ? self->quota : BATCH_ROWS_MAX;
        return source_partition_read(
            source, self->evaluators, self->base.context->worker, partition, row_max, batch, error);
    }
    return OK;
}

static Status stream_source_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    StreamSource *self = (StreamSource *)instance;
    if (operator_is_sealed(instance)) {
        *progress = PROGRESS_DONE;
        return OK;
    }
    *progress = PROGRESS_IDLE;
    if (self->quota <= 0)
        return OK;
    bool is_any;
    Error trouble = {0};
    if (read_next(self, batch, &is_any, &trouble) != OK) {
        /* The step goes on with what came before. */
        source_stop(self->state, &trouble);
        return OK;
    }
    if (*batch != NULL) {
        self->quota -= (*batch)->row_count;
        __atomic_fetch_add(&self->state->rows_read, (*batch)->row_count, __ATOMIC_RELAXED);
    }
    if (is_any && self->quota > 0)
        *progress = PROGRESS_MORE;
    return OK;
}

static void stream_source_derive(Operator *instance) {
    memcpy(instance->watermarks, instance->input_watermarks[0],
        sizeof(int64_t) * (size_t)instance->spec->output.count);
}

static void stream_source_close(Operator *instance) {
    source_evaluators_destroy(((StreamSource *)instance)->evaluators);
}

static const Field fields[] = {
    FIELD(INT, StreamSourceParameters, object_id, "source"),
    FIELD(SCHEMA, StreamSourceParameters, physical, NULL),
    FIELD_LIST(EXPRESSIONS, StreamSourceParameters, expressions, expression_count, NULL),
    FIELD(EXPRESSION, StreamSourceParameters, watermark, NULL),
    FIELD(INT, StreamSourceParameters, watermark_column, NULL),
    {0},
};

const OperatorType stream_source_operator = {
    .name = "StreamSource",
    .version = 1,
    .fields = fields,
    .parameters_size = sizeof(StreamSourceParameters),
    .size = sizeof(StreamSource),
    .open = stream_source_open,
    .on_seal = stream_source_on_seal,
    .produce = stream_source_produce,
    .derive_watermarks = stream_source_derive,
    .close = stream_source_close,
};
