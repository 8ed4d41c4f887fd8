/* Scan: in a continuous query passes on the object's changes, one-shot reads its rows at the pinned epoch. */
#include "executor/operators/leaf/scan.h"

#include "executor/base/memory.h"
#include "executor/operators/consolidate.h"
#include "executor/operators/environment.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/queue.h"

typedef struct Scan {
    Operator base;
    BatchQueue queue; /* continuous: changes; one-shot: what a lookup found */
    RelationScan *relation;
    SourceScan *source;
    bool is_started, is_finished;
} Scan;

static Status scan_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    queue_push(&((Scan *)instance)->queue, batch_retain(batch));
    return OK;
}

/* A new reference with the wanted columns only. */
static Batch *take_columns(const Scan *scan, Batch *batch) {
    const ScanParameters *parameters = scan->base.spec->parameters;
    return batch_project(batch, parameters->columns, parameters->column_count);
}

/* Whether the row has the key, NULL keys never. */
static bool has_key(const RelationSpec *spec, const Batch *batch, int row, const Value *key) {
    for (int k = 0; k < spec->key_count; k++) {
        const Column *column = batch->columns[spec->key[k]];
        if (column_is_null(column, row) ||
            datum_compare(column->type, column_at(column, row), &key[k].datum) != 0)
            return false;
    }
    return true;
}

static void keep_key(const RelationSpec *spec, const Value *key, BatchList *list) {
    for (int b = 0; b < list->count; b++) {
        uint16_t rows[BATCH_ROWS_MAX];
        int count = 0;
        for (int i = 0; i < list->batches[b]->selected_count; i++)
            if (has_key(spec, list->batches[b], batch_row(list->batches[b], i), key))
                rows[count++] = (uint16_t)batch_row(list->batches[b], i);
        Batch *kept = batch_select(list->batches[b], rows, count);
        batch_release(list->batches[b]);
        list->batches[b] = kept;
    }
}

static bool has_negative(const Batch *batch) {
    for (int i = 0; batch->diffs != NULL && i < batch->selected_count; i++)
        if (batch_diff(batch, batch_row(batch, i)) < 0)
            return true;
    return false;
}

/* What the running transaction has written itself stands over the snapshot: rows that it took back must not
   come out, so both are netted here. One that it took back and that is not in the snapshot has been changed
   by another since: the commit would be refused. */
static Status queue_net(Scan *scan, BatchList *all, Error *error) {
    BatchList net = {0};
    Status status = batches_consolidate(all->batches, all->count, &net, error);
    for (int i = 0; i < net.count && status == OK; i++)
        if (has_negative(net.batches[i]))
            status = error_set(
                error, STATUS_SERIALIZATION_FAILURE, "could not serialize access due to concurrent update");
        else
            queue_push(&scan->queue, take_columns(scan, net.batches[i]));
    batch_list_clear(&net);
    scan->is_finished = true;
    return status;
}

static Status read_with_overlay(Scan *scan, Relation *relation, BatchList *own, Error *error) {
    RelationScan *rows = relation_scan_open(relation, scan->base.context->environment->epoch, NULL, 0);
    Batch *batch = NULL;
    Status status;
    while ((status = relation_scan_next(rows, &batch, error)) == OK && batch != NULL)
        batch_list_add(own, batch);
    relation_scan_close(rows);
    return status == OK ? queue_net(scan, own, error) : status;
}

static Status find_overlay(Scan *scan, BatchList *own, Error *error) {
    const ScanParameters *parameters = scan->base.spec->parameters;
    Environment *environment = scan->base.context->environment;
    const QueryEnvironment *query = environment->query;
    return query == NULL || query->overlay == NULL
               ? OK
               : query->overlay(environment, (uint32_t)parameters->object_id, own, error);
}

static Status look_up(Scan *scan, Relation *relation, Error *error) {
    const ScanParameters *parameters = scan->base.spec->parameters;
    const OperatorContext *context = scan->base.context;
    Value *key = NEW_ARRAY(Value, parameters->key_count);
    Arena *arena = arena_create();
    Status status = OK;
    bool is_null = false;
    for (int i = 0; i < parameters->key_count && status == OK; i++) {
        status = expression_evaluate_constant(
            parameters->key[i], context->settings, context->session, arena, &key[i], error);
        is_null |= status == OK && key[i].is_null;
    }
    Batch *found = NULL;
    BatchList own = {0};
    if (status == OK && !is_null)
        status = relation_lookup(relation, context->environment->epoch, key, &found, error);
    if (status == OK && !is_null)
        status = find_overlay(scan, &own, error);
    if (own.count > 0 && status == OK) {
        keep_key(relation_spec(relation), key, &own);
        if (found != NULL)
            batch_list_add(&own, batch_retain(found));
        status = queue_net(scan, &own, error);
    } else if (found != NULL) {
        queue_push(&scan->queue, take_columns(scan, found));
    }
    batch_release(found);
    batch_list_clear(&own);
    scan->is_finished = true;
    arena_destroy(arena);
    memory_free(key);
    return status;
}

static Status start(Scan *scan, Error *error) {
    const ScanParameters *parameters = scan->base.spec->parameters;
    Environment *environment = scan->base.context->environment;
    uint32_t object_id = (uint32_t)parameters->object_id;
    scan->is_started = true;
    if (parameters->is_source && environment->query == NULL)
        return error_set(error, STATUS_INTERNAL_ERROR, "a continuous job reads a source through its port");
    if (parameters->is_source) {
        TRY(environment->query->open_source(environment, object_id, &scan->source, error));
        if (scan->source->want != NULL)
            scan->source->want(scan->source, parameters->columns, parameters->column_count);
        return OK;
    }
    Relation *relation = environment->relation(environment, object_id);
    if (relation == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", parameters->name);
    if (parameters->key_count > 0)
        return look_up(scan, relation, error);
    BatchList own = {0};
    Status status = find_overlay(scan, &own, error);
    if (status == OK && own.count > 0)
        status = read_with_overlay(scan, relation, &own, error);
    bool is_read = own.count > 0 || status != OK;
    batch_list_clear(&own);
    if (is_read)
        return status;
    /* To the relation NULL means all columns; count(*) wants none. */
    static const int none[1];
    scan->relation = relation_scan_open(relation, environment->epoch,
        parameters->column_count == 0 ? none : parameters->columns, parameters->column_count);
    return OK;
}

static Status next_source_batch(Scan *scan, Batch **batch, Error *error) {
    Batch *all = NULL;
    TRY(scan->source->next(scan->source, &all, &scan->is_finished, error));
    if (all != NULL)
        *batch = take_columns(scan, all);
    batch_release(all);
    return OK;
}

static Status read_once(Scan *scan, Batch **batch, Progress *progress, Error *error) {
    if (!scan->is_started)
        TRY(start(scan, error));
    *progress = PROGRESS_MORE;
    *batch = queue_pop(&scan->queue);
    if (*batch != NULL)
        return OK;
    if (scan->is_finished) {
        *progress = PROGRESS_DONE;
        return OK;
    }
    if (scan->source != NULL)
        return next_source_batch(scan, batch, error);
    TRY(relation_scan_next(scan->relation, batch, error));
    scan->is_finished = *batch == NULL;
    return OK;
}

static Status scan_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    Scan *scan = (Scan *)instance;
    *batch = NULL;
    if (instance->context->is_one_shot)
        return read_once(scan, batch, progress, error);
    Batch *all = queue_pop(&scan->queue);
    if (all == NULL) {
        *progress = operator_is_sealed(instance) ? PROGRESS_DONE : PROGRESS_IDLE;
        return OK;
    }
    *progress = PROGRESS_MORE;
    *batch = take_columns(scan, all);
    batch_release(all);
    return OK;
}

/* Continuous: as the driver sealed the implicit input, by output column. One-shot: what the snapshot was
   committed with. */
static void scan_derive_watermarks(Operator *instance) {
    const ScanParameters *parameters = instance->spec->parameters;
    Environment *environment = instance->context->environment;
    const QueryEnvironment *query = environment == NULL ? NULL : environment->query;
    for (int i = 0; i < parameters->column_count; i++) {
        instance->watermarks[i] = WATERMARK_NONE;
        if (!spec_has_watermark(instance->spec, i))
            continue;
        if (instance->input_count == 1)
            instance->watermarks[i] = instance->input_watermarks[0][i];
        else if (query != NULL && query->watermark != NULL)
            instance->watermarks[i] =
                query->watermark(environment, (uint32_t)parameters->object_id, parameters->columns[i]);
    }
}

static void scan_close(Operator *instance) {
    Scan *scan = (Scan *)instance;
    queue_clear(&scan->queue);
    if (scan->relation != NULL)
        relation_scan_close(scan->relation);
    if (scan->source != NULL)
        scan->source->close(scan->source);
    scan->relation = NULL;
    scan->source = NULL;
}

static void scan_reset(Operator *instance) {
    scan_close(instance);
    ((Scan *)instance)->is_started = ((Scan *)instance)->is_finished = false;
}

static const Field scan_fields[] = {
    FIELD(TEXT, ScanParameters, name, ""),
    FIELD(INT, ScanParameters, object_id, NULL),
    FIELD(BOOL, ScanParameters, is_source, NULL),
    FIELD_LIST_OF(INPUT_NONE, COLUMNS, ScanParameters, columns, column_count, NULL),
    FIELD_LIST_OF(INPUT_NONE, EXPRESSIONS, ScanParameters, key, key_count, "key"),
    FIELDS_END,
};

const OperatorType scan_operator = {
    .name = "Scan",
    .version = 1,
    .fields = scan_fields,
    .parameters_size = sizeof(ScanParameters),
    .size = sizeof(Scan),
    .on_batch = scan_on_batch,
    .produce = scan_produce,
    .derive_watermarks = scan_derive_watermarks,
    .reset = scan_reset,
    .close = scan_close,
};
