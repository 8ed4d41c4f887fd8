/* SingleRow: rows by key; a key with one row shows it, one with more is a failure of its key that can be
   taken back, and without keys no row shows NULLs. */
#include "executor/operators/single_row.h"

#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/partitions.h"
#include "executor/operators/rows/slot_output.h"

typedef struct SingleRow {
    Operator base;
    const SingleRowParameters *parameters;
    const Schema *input;
    Partitions partitions;
    StateTable *started; /* without keys: holds one row once the first step's output is out */
    SlotOutput *output;
    BatchQueue queue;
    bool is_finished;
} SingleRow;

enum { TABLE_ROWS = 0, TABLE_STARTED = 1 };

static Status single_row_open(Operator *instance, Error *error) {
    SingleRow *single = (SingleRow *)instance;
    const SingleRowParameters *parameters = single->parameters = instance->spec->parameters;
    const Schema *input = single->input = &instance->spec->inputs[0]->output;
    TRY(partitions_open(&single->partitions, instance->context->state,
        &(RowTableSpec){TABLE_ROWS, input->count, input->types, parameters->key_count, parameters->keys, 0},
        NULL, 0, error));
    Type cell = type_of(TYPE_INT8);
    if (parameters->key_count == 0)
        single->started = state_table_open(instance->context->state,
            &(StateTableSpec){.number = TABLE_STARTED, .key_count = 1, .cell_count = 1, .cells = &cell});
    single->output = NEW(SlotOutput);
    single->output->table = single->partitions.rows.table;
    single->output->queue = &single->queue;
    single->output->cells = single->partitions.rows.column_cells;
    single->output->cell_count = input->count;
    return OK;
}

static Status single_row_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    SingleRow *single = (SingleRow *)instance;
    if (batch->selected_count == 0)
        return OK;
    Batch *dense = batch_dense(batch);
    Status status = partitions_apply(&single->partitions, dense, error);
    batch_release(dense);
    return status;
}

/* How many rows a key had and has, and one of each. */
typedef struct KeyRows {
    int64_t old_count, now_count;
    Slot old, now, any;
} KeyRows;

static KeyRows count_rows(const SingleRow *single, const Partition *partition) {
    KeyRows rows = {.old = SLOT_NONE, .now = SLOT_NONE, .any = SLOT_NONE};
    const RowTable *table = &single->partitions.rows;
    SlotCursor cursor = {0};
    for (Slot slot; (slot = slot_list_next(&partition->list, &cursor)) != SLOT_NONE; rows.any = slot) {
        int64_t now = *row_table_count(table, slot), old = touched_old(&table->touched, slot, now);
        rows.now_count += now;
        rows.old_count += old;
        rows.now = now > 0 ? slot : rows.now;
        rows.old = old > 0 ? slot : rows.old;
    }
    return rows;
}

/* The failing row is the key, so that what is taken back is what was reported, whichever rows came and went.
 */
static void report(SingleRow *single, Slot slot, int64_t diff) {
    const SingleRowParameters *parameters = single->parameters;
    Column *columns[parameters->key_count + 1];
    for (int i = 0; i < parameters->key_count; i++)
        columns[i] = state_table_gather(single->partitions.rows.table, i, &slot, 1);
    Batch *key = batch_create(1, parameters->key_count, columns);
    batch_need_diffs(key, 1);
    key->diffs[0] = diff;
    single->base.context->row_failed(single->base.context, &single->base, key, 0,
        STATUS_CARDINALITY_VIOLATION, "more than one row returned by a subquery used as an expression");
    batch_release(key);
}

static void emit_nulls(SingleRow *single, int64_t diff) {
    Column *columns[single->input->count + 1];
    for (int i = 0; i < single->input->count; i++)
        columns[i] = column_of_nulls(single->input->types[i], 1);
    Batch *row = batch_create(1, single->input->count, columns);
    batch_need_diffs(row, 1);
    row->diffs[0] = diff;
    queue_push(&single->queue, row);
}

static void emit_key(SingleRow *single, const KeyRows *rows, bool has_started) {
    bool is_padded = single->parameters->key_count == 0;
    if ((rows->old_count > 1) != (rows->now_count > 1))
        report(single, rows->any, rows->now_count > 1 ? 1 : -1);
    if (rows->old_count == 1 && rows->now_count == 1 && rows->old == rows->now)
        return;
    if (rows->old_count == 1)
        slot_output_add(single->output, rows->old, -1, 0);
    if (rows->now_count == 1)
        slot_output_add(single->output, rows->now, 1, 0);
    bool was_null = is_padded && has_started && rows->old_count == 0,
         is_null = is_padded && rows->now_count == 0;
    if (was_null != is_null)
        emit_nulls(single, is_null ? 1 : -1);
}

/* Notes that the first step is over; says whether it was before. */
static bool mark_started(SingleRow *single) {
    static const int column = 0;
    if (state_table_count(single->started) > 0)
        return true;
    Column *key = column_create(type_of(TYPE_INT8), 1);
    Batch *batch = batch_create(1, 1, &key);
    uint64_t hash;
    Slot slot;
    state_table_hash(single->started, batch, &column, &hash);
    state_table_insert(single->started, batch, &column, &hash, &slot, NULL);
    batch_release(batch);
    return false;
}

static bool is_home(const SingleRow *single) {
    const OperatorContext *context = single->base.context;
    return context->worker_count <= 1 ||
           shard_worker(hash_object_shard(context->object_id), context->worker_count) == context->worker;
}

static void emit_without_keys(SingleRow *single) {
    Partitions *partitions = &single->partitions;
    if (partitions->touched_count == 0 && !is_home(single))
        return;
    bool has_started = mark_started(single);
    KeyRows none = {.old = SLOT_NONE, .now = SLOT_NONE, .any = SLOT_NONE};
    if (partitions->touched_count > 0)
        none = count_rows(single, partitions->touched[0]);
    else if (has_started)
        return;
    emit_key(single, &none, has_started);
}

static Status finalise(SingleRow *single, Error *error) {
    Partitions *partitions = &single->partitions;
    TRY(row_table_check(&partitions->rows, error));
    if (single->parameters->key_count == 0)
        emit_without_keys(single);
    else
        for (int i = 0; i < partitions->touched_count; i++) {
            KeyRows rows = count_rows(single, partitions->touched[i]);
            if (rows.any != SLOT_NONE)
                emit_key(single, &rows, true);
        }
    slot_output_flush(single->output);
    single->is_finished = true;
    return partitions_settle(partitions, error);
}

static Status single_row_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    SingleRow *single = (SingleRow *)instance;
    *batch = NULL;
    *progress = PROGRESS_IDLE;
    if (!operator_is_sealed(instance))
        return OK;
    if (!single->is_finished)
        TRY(finalise(single, error));
    *batch = queue_pop(&single->queue);
    *progress = *batch != NULL ? PROGRESS_MORE : PROGRESS_DONE;
    if (*batch == NULL)
        single->is_finished = false;
    return OK;
}

static void single_row_derive_watermarks(Operator *instance) {
    const SingleRowParameters *parameters = instance->spec->parameters;
    for (int i = 0; i < instance->spec->output.count; i++)
        instance->watermarks[i] = WATERMARK_NONE;
    for (int i = 0; i < parameters->key_count; i++)
        instance->watermarks[parameters->keys[i]] = instance->input_watermarks[0][parameters->keys[i]];
}

static void single_row_reset(Operator *instance) {
    SingleRow *single = (SingleRow *)instance;
    partitions_reset(&single->partitions);
    if (single->started != NULL)
        state_table_delete_all(single->started);
    queue_clear(&single->queue);
    single->is_finished = false;
}

static void single_row_close(Operator *instance) {
    SingleRow *single = (SingleRow *)instance;
    partitions_close(&single->partitions);
    queue_clear(&single->queue);
    memory_free(single->output);
}

static const Field single_row_fields[] = {
    FIELD_LIST(COLUMNS, SingleRowParameters, keys, key_count, "keys"),
    FIELDS_END,
};

const OperatorType single_row_operator = {
    .name = "SingleRow",
    .version = 1,
    .fields = single_row_fields,
    .parameters_size = sizeof(SingleRowParameters),
    .reads_first = 1,
    .size = sizeof(SingleRow),
    .open = single_row_open,
    .on_batch = single_row_on_batch,
    .produce = single_row_produce,
    .derive_watermarks = single_row_derive_watermarks,
    .reset = single_row_reset,
    .close = single_row_close,
};
