/* IndexScan: looks a key up in a secondary index; an index that has been dropped since the plan was made
   gives way to a scan. */
#include "executor/operators/leaf/index_scan.h"

#include "executor/base/memory.h"
#include "executor/operators/consolidate.h"
#include "executor/operators/environment.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/queue.h"
#include "executor/state/relation_index.h"

typedef struct IndexScan {
    Operator base;
    BatchQueue queue;
    bool is_started;
} IndexScan;

static bool has_key(const IndexScanParameters *parameters, const Batch *batch, int row, const Value *key) {
    for (int k = 0; k < parameters->key_count; k++) {
        const Column *column = batch->columns[parameters->indexed[k]];
        if (column_is_null(column, row) ||
            datum_compare(column->type, column_at(column, row), &key[k].datum) != 0)
            return false;
    }
    return true;
}

/* Appends the rows with the key out of a batch, which is given up. */
static void add_matching(
    const IndexScanParameters *parameters, Batch *batch, const Value *key, BatchList *rows) {
    uint16_t kept[BATCH_ROWS_MAX];
    int count = 0;
    for (int i = 0; i < batch->selected_count; i++)
        if (has_key(parameters, batch, batch_row(batch, i), key))
            kept[count++] = (uint16_t)batch_row(batch, i);
    if (count > 0)
        batch_list_add(rows, batch_select(batch, kept, count));
    batch_release(batch);
}

static Status scan_all(const IndexScanParameters *parameters, Relation *relation, uint64_t epoch,
    const Value *key, BatchList *rows, Error *error) {
    RelationScan *scan = relation_scan_open(relation, epoch, NULL, 0);
    Batch *batch = NULL;
    Status status;
    while ((status = relation_scan_next(scan, &batch, error)) == OK && batch != NULL)
        add_matching(parameters, batch, key, rows);
    relation_scan_close(scan);
    return status;
}

/* Stored rows, and what the running transaction has changed over them: netted when there is any of the
   latter. */
static Status find(IndexScan *scan, const Value *key, Error *error) {
    const IndexScanParameters *parameters = scan->base.spec->parameters;
    Environment *environment = scan->base.context->environment;
    Relation *relation = environment->relation(environment, (uint32_t)parameters->object_id);
    if (relation == NULL)
        return error_set(
            error, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", parameters->relation);
    BatchList rows = {0}, own = {0}, net = {0};
    bool is_known;
    Status status = relation_index_find(relation, (uint32_t)parameters->index_id, environment->epoch, key,
        INT64_MAX, &rows, &is_known, error);
    if (status == OK && !is_known)
        status = scan_all(parameters, relation, environment->epoch, key, &rows, error);
    if (status == OK && environment->query != NULL && environment->query->overlay != NULL)
        status = environment->query->overlay(environment, (uint32_t)parameters->object_id, &own, error);
    int stored = rows.count;
    for (int i = 0; i < own.count; i++)
        add_matching(parameters, batch_retain(own.batches[i]), key, &rows);
    bool is_netted = rows.count > stored;
    if (status == OK && is_netted)
        status = batches_consolidate(rows.batches, rows.count, &net, error);
    const BatchList *result = is_netted ? &net : &rows;
    for (int i = 0; i < result->count && status == OK; i++)
        queue_push(
            &scan->queue, batch_project(result->batches[i], parameters->columns, parameters->column_count));
    batch_list_clear(&rows);
    batch_list_clear(&own);
    batch_list_clear(&net);
    return status;
}

static Status start(IndexScan *scan, Error *error) {
    const IndexScanParameters *parameters = scan->base.spec->parameters;
    const OperatorContext *context = scan->base.context;
    Value *key = NEW_ARRAY(Value, parameters->key_count + 1);
    Arena *arena = arena_create();
    Status status = OK;
    bool is_null = false;
    scan->is_started = true;
    for (int i = 0; i < parameters->key_count && status == OK; i++) {
        status = expression_evaluate_constant(
            parameters->key[i], context->settings, context->session, arena, &key[i], error);
        is_null |= status == OK && key[i].is_null;
    }
    if (status == OK && !is_null)
        status = find(scan, key, error);
    arena_destroy(arena);
    memory_free(key);
    return status;
}

static Status index_scan_open(Operator *instance, Error *error) {
    return instance->context->is_one_shot
               ? OK
               : error_set(error, STATUS_INTERNAL_ERROR, "an index scan in a continuous query");
}

static Status index_scan_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    IndexScan *scan = (IndexScan *)instance;
    *batch = NULL;
    if (!scan->is_started)
        TRY(start(scan, error));
    *batch = queue_pop(&scan->queue);
    *progress = *batch == NULL ? PROGRESS_DONE : PROGRESS_MORE;
    return OK;
}

static void index_scan_clear(Operator *instance) {
    IndexScan *scan = (IndexScan *)instance;
    queue_clear(&scan->queue);
    scan->is_started = false;
}

static const Field index_scan_fields[] = {
    FIELD(TEXT, IndexScanParameters, relation, ""),
    FIELD(TEXT, IndexScanParameters, name, "using"),
    FIELD(INT, IndexScanParameters, object_id, NULL),
    FIELD(INT, IndexScanParameters, index_id, NULL),
    FIELD_LIST_OF(INPUT_NONE, COLUMNS, IndexScanParameters, columns, column_count, NULL),
    FIELD_LIST_OF(INPUT_NONE, COLUMNS, IndexScanParameters, indexed, indexed_count, NULL),
    FIELD_LIST_OF(INPUT_NONE, EXPRESSIONS, IndexScanParameters, key, key_count, "key"),
    FIELDS_END,
};

const OperatorType index_scan_operator = {
    .name = "IndexScan",
    .version = 1,
    .fields = index_scan_fields,
    .parameters_size = sizeof(IndexScanParameters),
    .size = sizeof(IndexScan),
    .open = index_scan_open,
    .produce = index_scan_produce,
    .reset = index_scan_clear,
    .close = index_scan_clear,
};
