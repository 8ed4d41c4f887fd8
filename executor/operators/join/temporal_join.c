/* TemporalJoin: left rows wait in a table until both watermarks have passed their times; right rows are the
   versions of their key, in an order.

   W is the lesser of the two watermarks: no row of either input that is yet to come has a time below it. So a
   left row below W has its version by now, and goes with its result; and of the versions up to W only the
   newest is still to be met. Both stand in queues by their times: what W has not passed is not looked at. */
#include "executor/operators/join/temporal_join.h"

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/operators/rows/expiry_queue.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/partitions.h"
#include "executor/operators/rows/queue.h"
#include "executor/operators/rows/slot_output.h"

typedef struct TemporalJoin {
    Operator base;
    const TemporalJoinParameters *parameters;
    const Schema *left, *right;
    RowTable waiting;
    ExpiryQueue due; /* waiting rows by their time */
    Partitions versions;
    int deleted; /* the versions' column behind the right's that is 1 where there is none; −1: each is one */
    ExpiryQueue superseding; /* versions by their time: once W has passed it, those before them can go */
    int right_time;
    Evaluator *residual;
    Arena *messages;
    BatchQueue output;
    ExpiryBucket bucket; /* of due rows on their way */
    int bucket_place;
    bool is_checked; /* this step's finalisation has begun */
    bool is_finished;
} TemporalJoin;

static Status temporal_join_open(Operator *instance, Error *error) {
    TemporalJoin *join = (TemporalJoin *)instance;
    const TemporalJoinParameters *parameters = join->parameters = instance->spec->parameters;
    join->left = &instance->spec->inputs[0]->output;
    join->right = &instance->spec->inputs[1]->output;
    join->right_time = parameters->versions[0].column;
    join->messages = arena_create();
    if (parameters->residual != NULL)
        join->residual =
            evaluator_create(parameters->residual, instance->context->settings, instance->context->session);
    TRY(row_table_open(&join->waiting, instance->context->state,
        &(RowTableSpec){.column_count = join->left->count,
            .types = join->left->types,
            .key_count = parameters->key_count,
            .keys = parameters->left_keys,
            .forgets_old = true,
            .is_unchained = true},
        error));
    int count = join->right->count;
    Type types[count + 1];
    memcpy(types, join->right->types, sizeof *types * (size_t)count);
    types[count] = type_of(TYPE_INT8);
    join->deleted = parameters->are_changes ? count : -1;
    return partitions_open(&join->versions, instance->context->state,
        &(RowTableSpec){.number = 1,
            .column_count = count + parameters->are_changes,
            .types = types,
            .key_count = parameters->key_count,
            .keys = parameters->right_keys},
        parameters->versions, parameters->version_count, error);
}

static int64_t integer_in(const RowTable *rows, int column, Slot slot) {
    int cell = rows->column_cells[column];
    return *(const int64_t *)slot_cell(
        state_table_slot(rows->table, slot), state_table_cell_offset(rows->table, cell));
}

static bool waiting_time(void *argument, Slot slot, int64_t *time) {
    const TemporalJoin *join = argument;
    *time = integer_in(&join->waiting, join->parameters->left_time, slot);
    return true;
}

static int64_t version_time(const TemporalJoin *join, Slot slot) {
    return integer_in(&join->versions.rows, join->right_time, slot);
}

static bool is_deletion(const TemporalJoin *join, Slot slot) {
    return join->deleted >= 0 && integer_in(&join->versions.rows, join->deleted, slot) != 0;
}

static bool superseding_time(void *argument, Slot slot, int64_t *time) {
    *time = version_time(argument, slot);
    return true;
}

static void refresh_queues(TemporalJoin *join) {
    expiry_queue_refresh(&join->due, join->waiting.table, waiting_time, join);
    expiry_queue_refresh(&join->superseding, join->versions.rows.table, superseding_time, join);
}

static bool has_null(const Batch *batch, const int *columns, int count, int row) {
    for (int i = 0; i < count; i++)
        if (column_is_null(batch->columns[columns[i]], row))
            return true;
    return false;
}

/* The rows, dense, of which the columns have a value (or have none); NULL for none. */
static Batch *pick_rows(Batch *batch, const int *columns, int count, bool wants_null) {
    uint16_t rows[BATCH_ROWS_MAX];
    int picked = 0;
    for (int i = 0; i < batch->selected_count; i++)
        if (has_null(batch, columns, count, batch_row(batch, i)) == wants_null)
            rows[picked++] = (uint16_t)batch_row(batch, i);
    if (picked == 0)
        return NULL;
    Batch *selected = batch_select(batch, rows, picked), *dense = batch_dense(selected);
    batch_release(selected);
    return dense;
}

/* Left rows without a version, of an outer join; the batch is taken over. */
static void push_padded(TemporalJoin *join, Batch *dense) {
    if (dense == NULL || join->parameters->type != JOIN_LEFT) {
        batch_release(dense);
        return;
    }
    Column *columns[join->left->count + join->right->count + 1];
    int count = 0;
    for (; count < join->left->count; count++)
        columns[count] = column_retain(dense->columns[count]);
    for (int i = 0; i < join->right->count; i++)
        columns[count++] = column_of_nulls(join->right->types[i], dense->row_count);
    Batch *padded = batch_create(dense->row_count, count, columns);
    if (dense->diffs != NULL) {
        batch_need_diffs(padded, dense->row_count);
        memcpy(padded->diffs, dense->diffs, sizeof *dense->diffs * (size_t)dense->row_count);
    }
    batch_release(dense);
    queue_push(&join->output, padded);
}

/* A row without a time has no version, whatever comes. */
static Status take_left(TemporalJoin *join, Batch *batch, Error *error) {
    const int *time = &join->parameters->left_time;
    push_padded(join, pick_rows(batch, time, 1, true));
    Batch *dense = pick_rows(batch, time, 1, false);
    if (dense == NULL)
        return OK;
    Status status = row_table_load(&join->waiting, dense, error);
    if (status == OK)
        row_table_apply(&join->waiting, dense);
    for (int i = 0; status == OK && i < dense->row_count; i++)
        if (join->waiting.is_new[i])
            expiry_queue_add(&join->due, column_int8(dense->columns[*time], i), join->waiting.slots[i]);
    batch_release(dense);
    return status;
}

/* Deletions become versions, too; one without a time is a failed row: nobody knows when it was. */
static Batch *with_deletions(TemporalJoin *join, const Batch *batch) {
    OperatorContext *context = join->base.context;
    Column *columns[join->right->count + 1], *deleted = column_create(type_of(TYPE_INT8), batch->row_count);
    for (int i = 0; i < join->right->count; i++)
        columns[i] = column_retain(batch->columns[i]);
    columns[join->deleted] = deleted;
    Batch *versions = batch_create(batch->row_count, join->right->count + 1, columns);
    for (int row = 0; row < batch->row_count; row++) {
        bool is_gone = batch_diff(batch, row) < 0;
        ((int64_t *)deleted->values)[row] = is_gone;
        if (is_gone && column_is_null(batch->columns[join->right_time], row))
            context->row_failed(context, &join->base, versions, row, STATUS_NULL_VALUE_NOT_ALLOWED,
                "a deletion without an event time ends no version");
    }
    return versions;
}

/* What has no key, or no time, is no version of anything. */
static Status take_right(TemporalJoin *join, Batch *batch, Error *error) {
    const TemporalJoinParameters *parameters = join->parameters;
    int needed[parameters->key_count + 1];
    memcpy(needed, parameters->right_keys, sizeof *needed * (size_t)parameters->key_count);
    needed[parameters->key_count] = join->right_time;
    Batch *rows_in = batch_retain(batch);
    if (parameters->are_changes) {
        Batch *changes = batch_dense(batch);
        batch_release(rows_in);
        rows_in = with_deletions(join, changes);
        batch_release(changes);
    }
    Batch *dense = pick_rows(rows_in, needed, parameters->key_count + 1, false);
    batch_release(rows_in);
    if (dense == NULL)
        return OK;
    Status status = partitions_apply(&join->versions, dense, error);
    const RowTable *rows = &join->versions.rows;
    for (int i = 0; status == OK && i < dense->row_count; i++)
        if (rows->is_new[i])
            expiry_queue_add(
                &join->superseding, column_int8(dense->columns[join->right_time], i), rows->slots[i]);
    batch_release(dense);
    return status;
}

static Status temporal_join_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    TemporalJoin *join = (TemporalJoin *)instance;
    if (batch->selected_count == 0)
        return OK;
    refresh_queues(join);
    return input == 0 ? take_left(join, batch, error) : take_right(join, batch, error);
}

static int64_t both_watermarks(const TemporalJoin *join) {
    int64_t left = join->base.input_watermarks[0][join->parameters->left_time],
            right = join->base.input_watermarks[1][join->right_time];
    return left < right ? left : right;
}

/* The version that was valid at the time: of the newest first the first that is not after it. */
static Slot version_at(const TemporalJoin *join, const Partition *partition, int64_t time) {
    const SlotList *list = &partition->list;
    int low = 0, high = list->chunk_count;
    if (MUTANT("newest-version-always"))
        time = INT64_MAX;
    while (low < high) {
        int middle = (low + high) / 2;
        const SlotChunk *chunk = list->chunks[middle];
        if (version_time(join, chunk->slots[chunk->count - 1]) > time)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == list->chunk_count)
        return SLOT_NONE;
    const SlotChunk *chunk = list->chunks[low];
    int from = 0, to = chunk->count - 1;
    while (from < to) {
        int middle = (from + to) / 2;
        if (version_time(join, chunk->slots[middle]) > time)
            from = middle + 1;
        else
            to = middle;
    }
    return is_deletion(join, chunk->slots[from]) ? SLOT_NONE : chunk->slots[from];
}

/* The rows of a dense batch, with their counts, beside the versions. */
static Batch *make_pairs(
    const TemporalJoin *join, Batch *left, const uint16_t *rows, const Slot *slots, int count) {
    Column *columns[join->left->count + join->right->count + 1];
    const RowTable *versions = &join->versions.rows;
    Batch *selected = batch_select(left, rows, count), *dense = batch_dense(selected);
    int column_count = 0;
    for (; column_count < join->left->count; column_count++)
        columns[column_count] = column_retain(dense->columns[column_count]);
    for (int i = 0; i < join->right->count; i++)
        columns[column_count++] =
            state_table_gather(versions->table, versions->column_cells[i], slots, count);
    Batch *pairs = batch_create(count, column_count, columns);
    batch_need_diffs(pairs, count);
    for (int i = 0; i < count; i++)
        pairs->diffs[i] = batch_diff(dense, i);
    batch_release(selected);
    batch_release(dense);
    return pairs;
}

static Status filter_pairs(TemporalJoin *join, Batch *pairs, uint16_t *kept, int *kept_count, Error *error) {
    if (join->residual == NULL) {
        *kept_count = pairs->row_count;
        for (int i = 0; i < pairs->row_count; i++)
            kept[i] = (uint16_t)i;
        return OK;
    }
    RowErrors errors = {.arena = join->messages};
    TRY(evaluator_filter(join->residual, pairs, &errors, kept, kept_count, error));
    for (int i = 0; i < errors.count; i++)
        join->base.context->row_failed(join->base.context, &join->base, pairs, errors.rows[i].row,
            errors.rows[i].status, errors.rows[i].message);
    row_errors_free(&errors);
    arena_reset(join->messages);
    return OK;
}

/* Rows whose versions are all there. */
static Status emit_rows(TemporalJoin *join, Batch *left, Error *error) {
    const TemporalJoinParameters *parameters = join->parameters;
    uint16_t rows[BATCH_ROWS_MAX], kept[BATCH_ROWS_MAX];
    Slot slots[BATCH_ROWS_MAX];
    uint8_t is_met[BATCH_ROWS_MAX] = {0};
    int count = 0, kept_count = 0;
    TRY(partitions_locate_keys(&join->versions, left, parameters->left_keys, error));
    for (int i = 0; i < left->row_count; i++) {
        Slot version = has_null(left, parameters->left_keys, parameters->key_count, i)
                           ? SLOT_NONE
                           : version_at(join, join->versions.found[i],
                                 column_int8(left->columns[parameters->left_time], i));
        slots[count] = version;
        rows[count] = (uint16_t)i;
        count += version != SLOT_NONE;
    }
    if (count > 0) {
        Batch *pairs = make_pairs(join, left, rows, slots, count);
        Status status = filter_pairs(join, pairs, kept, &kept_count, error);
        for (int i = 0; status == OK && i < kept_count; i++)
            is_met[rows[kept[i]]] = 1;
        if (status == OK && kept_count > 0)
            queue_push(&join->output,
                kept_count == count ? batch_retain(pairs) : batch_select(pairs, kept, kept_count));
        batch_release(pairs);
        TRY(status);
    }
    count = 0;
    for (int i = 0; i < left->row_count; i++) {
        rows[count] = (uint16_t)i;
        count += !is_met[i];
    }
    if (count == 0 || parameters->type != JOIN_LEFT)
        return OK;
    Batch *selected = batch_select(left, rows, count);
    push_padded(join, batch_dense(selected));
    batch_release(selected);
    return OK;
}

/* Some of the rows that W has passed, which go; *is_any false when none is left. */
static Status emit_due(TemporalJoin *join, bool *is_any, Error *error) {
    const RowTable *rows = &join->waiting;
    *is_any = join->bucket_place < join->bucket.count;
    if (!*is_any) {
        memory_free(join->bucket.slots);
        join->bucket = (ExpiryBucket){0};
        join->bucket_place = 0;
        *is_any = expiry_queue_take(&join->due, both_watermarks(join), &join->bucket);
        if (!*is_any)
            return OK;
    }
    int left = join->bucket.count - join->bucket_place, count = left < BATCH_ROWS_MAX ? left : BATCH_ROWS_MAX;
    const Slot *slots = join->bucket.slots + join->bucket_place;
    Column *columns[join->left->count + 1];
    for (int i = 0; i < join->left->count; i++)
        columns[i] = state_table_gather(rows->table, rows->column_cells[i], slots, count);
    Batch *batch = batch_create(count, join->left->count, columns);
    batch_need_diffs(batch, count);
    for (int i = 0; i < count; i++)
        batch->diffs[i] = *row_table_count(rows, slots[i]);
    Status status = emit_rows(join, batch, error);
    batch_release(batch);
    state_table_delete_many(rows->table, slots, count);
    join->bucket_place += count;
    return status;
}

/* Lets those versions go that no row meets any more: the ones before the newest that W has reached, and that
   one when it says that there is none. */
static void drop_superseded(TemporalJoin *join, Partition *partition, int64_t watermark) {
    SlotCursor cursor = {0};
    bool is_superseded = false;
    for (Slot slot; (slot = slot_list_next(&partition->list, &cursor)) != SLOT_NONE;) {
        bool is_reached = version_time(join, slot) <= watermark;
        if (is_superseded || (is_reached && is_deletion(join, slot)))
            partitions_forget_row(&join->versions, partition, slot);
        is_superseded = is_superseded || is_reached;
    }
}

static Batch *gather_keys(const TemporalJoin *join, const Slot *slots, int count) {
    const RowTable *rows = &join->versions.rows;
    Column *columns[rows->key_count + 1];
    for (int i = 0; i < rows->key_count; i++)
        columns[i] = state_table_gather(rows->table, i, slots, count);
    return batch_create(count, rows->key_count, columns);
}

/* Looks at the keys of the versions that W has reached. All keys are gathered before any row goes. */
static Status drop_versions(TemporalJoin *join, Error *error) {
    int64_t watermark = both_watermarks(join);
    Partitions *partitions = &join->versions;
    BatchQueue keys = {0};
    ExpiryBucket bucket;
    int places[join->parameters->key_count + 1];
    for (int i = 0; i < join->parameters->key_count; i++)
        places[i] = i;
    /* Reached: not after it. */
    int64_t passed = watermark == WATERMARK_NONE ? watermark : watermark + 1;
    while (expiry_queue_take(&join->superseding, passed, &bucket)) {
        for (int from = 0; from < bucket.count; from += BATCH_ROWS_MAX)
            queue_push(
                &keys, gather_keys(join, bucket.slots + from,
                           bucket.count - from < BATCH_ROWS_MAX ? bucket.count - from : BATCH_ROWS_MAX));
        memory_free(bucket.slots);
    }
    Status status = OK;
    for (Batch *batch; (batch = queue_pop(&keys)) != NULL; batch_release(batch)) {
        if (status == OK)
            status = partitions_locate_keys(partitions, batch, places, error);
        for (int i = 0; status == OK && i < batch->row_count; i++)
            if (i == 0 || partitions->found[i] != partitions->found[i - 1])
                drop_superseded(join, partitions->found[i], watermark);
    }
    queue_clear(&keys);
    return status == OK ? partitions_settle(partitions, error) : status;
}

/* Nothing comes any more. */
static Status drop_all(TemporalJoin *join) {
    partitions_reset(&join->versions);
    expiry_queue_free(&join->superseding);
    return OK;
}

static Status finalise_more(TemporalJoin *join, Error *error) {
    bool is_any;
    if (!join->is_checked) {
        join->is_checked = true;
        refresh_queues(join);
        TRY(row_table_check(&join->waiting, error));
        return row_table_check(&join->versions.rows, error);
    }
    TRY(emit_due(join, &is_any, error));
    if (is_any)
        return OK;
    TRY(row_table_settle(&join->waiting, error));
    TRY(both_watermarks(join) == WATERMARK_END ? drop_all(join) : drop_versions(join, error));
    join->is_checked = false;
    join->is_finished = true;
    return OK;
}

static Status temporal_join_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    TemporalJoin *join = (TemporalJoin *)instance;
    *progress = PROGRESS_MORE;
    while ((*batch = queue_pop(&join->output)) == NULL) {
        if (!operator_is_sealed(instance)) {
            *progress = PROGRESS_IDLE;
            return OK;
        }
        if (join->is_finished) {
            join->is_finished = false;
            *progress = PROGRESS_DONE;
            return OK;
        }
        TRY(finalise_more(join, error));
    }
    return OK;
}

/* Rows below W are out, once and for all. */
static void temporal_join_derive_watermarks(Operator *instance) {
    const TemporalJoin *join = (TemporalJoin *)instance;
    for (int i = 0; i < instance->spec->output.count; i++)
        instance->watermarks[i] = i == join->parameters->left_time ? both_watermarks(join) : WATERMARK_NONE;
}

static Status temporal_join_on_load(Operator *instance, Error *error) {
    refresh_queues((TemporalJoin *)instance);
    return OK;
}

static void forget_step(TemporalJoin *join) {
    expiry_queue_free(&join->due);
    expiry_queue_free(&join->superseding);
    queue_clear(&join->output);
    memory_free(join->bucket.slots);
    join->bucket = (ExpiryBucket){0};
    join->bucket_place = 0;
    join->is_checked = join->is_finished = false;
}

static void temporal_join_reset(Operator *instance) {
    TemporalJoin *join = (TemporalJoin *)instance;
    row_table_reset(&join->waiting);
    partitions_reset(&join->versions);
    forget_step(join);
}

static void temporal_join_close(Operator *instance) {
    TemporalJoin *join = (TemporalJoin *)instance;
    forget_step(join);
    row_table_close(&join->waiting);
    partitions_close(&join->versions);
    evaluator_destroy(join->residual);
    arena_destroy(join->messages);
}

static const char *const type_names[] = {"inner", "left", NULL};

static const Field temporal_join_fields[] = {
    FIELD_NAMED(TemporalJoinParameters, type, type_names),
    FIELD_LIST_OF(0, COLUMNS, TemporalJoinParameters, left_keys, key_count, "keys"),
    FIELD_LIST_OF(1, COLUMNS, TemporalJoinParameters, right_keys, right_key_count, "equal to"),
    FIELD_OF(0, COLUMN, TemporalJoinParameters, left_time, "as of"),
    FIELD_LIST_OF(1, SORT_KEYS, TemporalJoinParameters, versions, version_count, "versions by"),
    FIELD(BOOL, TemporalJoinParameters, are_changes, "changes"),
    FIELD_OF(INPUT_ALL, EXPRESSION, TemporalJoinParameters, residual, "condition"),
    FIELDS_END,
};

const OperatorType temporal_join_operator = {
    .name = "TemporalJoin",
    .version = 2,
    .fields = temporal_join_fields,
    .parameters_size = sizeof(TemporalJoinParameters),
    .size = sizeof(TemporalJoin),
    .open = temporal_join_open,
    .on_batch = temporal_join_on_batch,
    .produce = temporal_join_produce,
    .derive_watermarks = temporal_join_derive_watermarks,
    .on_load = temporal_join_on_load,
    .reset = temporal_join_reset,
    .close = temporal_join_close,
};
