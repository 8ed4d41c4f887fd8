/* Aggregate, results: output rows of groups, the change of a step, and the groups that the watermark has
   passed. */
#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/operators/aggregate/aggregate_state.h"

Batch *groups_keys(AggregateOperator *aggregate, const Slot *slots, int count) {
    int key_count = aggregate->is_global ? 0 : aggregate->key_count;
    Column *columns[key_count + 1];
    for (int i = 0; i < key_count; i++)
        columns[i] = state_table_gather(aggregate->groups, i, slots, count);
    return batch_create(count, key_count, columns);
}

/* The least image of each group's keys that some row has. */
static Status least_images(AggregateOperator *aggregate, Batch *keys, Column **columns, Error *error) {
    RowTable *images = aggregate->images;
    Slot least[BATCH_ROWS_MAX];
    uint64_t hashes[BATCH_ROWS_MAX];
    state_index_hash(images->index, keys, images->cell_columns, hashes);
    TRY(state_index_load(images->index, keys, images->cell_columns, hashes, error));
    state_index_find(images->index, keys, images->cell_columns, hashes, images->slots);
    for (int i = 0; i < keys->row_count; i++) {
        least[i] = SLOT_NONE;
        for (Slot slot = images->slots[i]; slot != SLOT_NONE; slot = state_index_next(images->index, slot))
            if (*row_table_count(images, slot) > 0 &&
                (least[i] == SLOT_NONE || slot_order_compare(aggregate->image_order, slot, least[i]) < 0))
                least[i] = slot;
        if (least[i] == SLOT_NONE)
            return error_set(error, STATUS_INTERNAL_ERROR, "a group has rows but none with its key");
    }
    for (int i = 0; i < images->column_count; i++)
        columns[i] = state_table_gather(images->table, images->column_cells[i], least, keys->row_count);
    return OK;
}

static Status member_result(AggregateOperator *aggregate, Member *member, const Slot *slots,
    const Batch *keys, Column *result, RowErrors *errors, Error *error) {
    member->context.errors = errors;
    if (member->ordered != NULL)
        return ordered_result(aggregate, member, keys, result, error);
    char *states[BATCH_ROWS_MAX];
    for (int i = 0; i < keys->row_count; i++)
        states[i] = state_table_slot(aggregate->groups, slots[i]) + member->offset;
    member->aggregate->result(&member->context, keys->row_count, states, result);
    return OK;
}

Status groups_result(AggregateOperator *aggregate, const Slot *slots, int count, Batch **out,
    RowErrors *errors, Error *error) {
    Batch *keys = groups_keys(aggregate, slots, count);
    int column_count = keys->column_count + aggregate->member_count, done = 0;
    Column *columns[column_count + 1];
    Status status = OK;
    if (aggregate->images != NULL)
        status = least_images(aggregate, keys, columns, error);
    else
        for (int i = 0; i < keys->column_count; i++)
            columns[i] = column_retain(keys->columns[i]);
    if (status == OK)
        done = keys->column_count;
    for (int m = 0; m < aggregate->member_count && status == OK; m++) {
        Member *member = &aggregate->members[m];
        columns[done] = column_create(member->spec->result_type, count);
        status = member_result(aggregate, member, slots, keys, columns[done++], errors, error);
    }
    batch_release(keys);
    if (status == OK) {
        *out = batch_create(count, column_count, columns);
        return OK;
    }
    while (done > 0)
        column_release(columns[--done]);
    return status;
}

/* By row of `batch`: the first error, or NULL. */
static const RowError **errors_by_row(AggregateOperator *aggregate, const RowErrors *errors, int count) {
    const RowError **by_row =
        (const RowError **)arena_allocate(aggregate->scratch, sizeof(void *) * (size_t)(count + 1));
    for (int i = errors->count - 1; i >= 0; i--)
        by_row[errors->rows[i].row] = &errors->rows[i];
    return by_row;
}

static void report(
    AggregateOperator *aggregate, const Batch *rows, int row, const RowError *failure, int64_t diff) {
    OperatorContext *context = aggregate->base.context;
    int columns[aggregate->parameters->key_count + 1];
    uint16_t rows_reported[1] = {(uint16_t)row};
    for (int i = 0; i < aggregate->parameters->key_count; i++)
        columns[i] = i;
    Batch *keys = batch_project((Batch *)rows, columns, aggregate->parameters->key_count);
    Batch *one = batch_select(keys, rows_reported, 1);
    Batch *dense = batch_dense(one);
    batch_need_diffs(dense, 1);
    dense->diffs[0] = diff;
    context->row_failed(context, &aggregate->base, dense, 0, failure->status, failure->message);
    batch_release(dense);
    batch_release(one);
    batch_release(keys);
}

static bool errors_are_same(const RowError *a, const RowError *b) {
    return a != NULL && b != NULL && a->status == b->status && strcmp(a->message, b->message) == 0;
}

static void emit_rows(
    AggregateOperator *aggregate, Batch *batch, const uint16_t *rows, int count, int64_t diff) {
    if (count == 0)
        return;
    Batch *selected = count == batch->row_count ? batch_retain(batch) : batch_select(batch, rows, count);
    if (diff != 1) {
        batch_need_diffs(selected, selected->row_count);
        for (int i = 0; i < selected->row_count; i++)
            selected->diffs[i] = diff;
    }
    queue_push(&aggregate->output, selected);
}

/* What became of one chunk's groups: rows before and after, either of which may be missing. */
typedef struct ChunkChange {
    Batch *now;
    int *now_places;
    const RowError **old_errors;
    const RowError **now_errors;
    uint16_t minus[BATCH_ROWS_MAX], plus[BATCH_ROWS_MAX];
    int minus_count, plus_count;
} ChunkChange;

static void compare_group(
    AggregateOperator *aggregate, const GroupChunk *chunk, ChunkChange *change, int old, int now) {
    const RowError *old_error = old < 0 ? NULL : change->old_errors[old],
                   *now_error = now < 0 ? NULL : change->now_errors[now];
    int column_count = aggregate->base.spec->output.count;
    int columns[column_count + 1];
    for (int i = 0; i < column_count; i++)
        columns[i] = i;
    if (old_error != NULL || now_error != NULL) {
        if (errors_are_same(old_error, now_error))
            return;
        if (old_error != NULL)
            report(aggregate, chunk->old, old, old_error, -1);
        if (now_error != NULL)
            report(aggregate, change->now, now, now_error, 1);
    } else if (old >= 0 && now >= 0 &&
               batch_rows_identical(chunk->old, old, change->now, now, columns, column_count)) {
        return;
    }
    if (old >= 0 && old_error == NULL)
        change->minus[change->minus_count++] = (uint16_t)old;
    if (now >= 0 && now_error == NULL)
        change->plus[change->plus_count++] = (uint16_t)now;
}

static void compare_chunk(AggregateOperator *aggregate, const GroupChunk *chunk, ChunkChange *change) {
    int old_count = chunk->old == NULL ? 0 : chunk->old->row_count,
        now_count = change->now == NULL ? 0 : change->now->row_count;
    for (int old = 0, now = 0; old < old_count || now < now_count;) {
        int old_place = old < old_count ? chunk->old_places[old] : INT32_MAX,
            now_place = now < now_count ? change->now_places[now] : INT32_MAX;
        compare_group(
            aggregate, chunk, change, old_place <= now_place ? old : -1, now_place <= old_place ? now : -1);
        old += old_place <= now_place;
        now += now_place <= old_place;
    }
    if (chunk->old != NULL && !MUTANT("aggregate-old-stays"))
        emit_rows(aggregate, chunk->old, change->minus, change->minus_count, -1);
    if (MUTANT("swap-old-and-new")) {
        if (change->now != NULL)
            emit_rows(aggregate, change->now, change->plus, change->plus_count, -1);
        return;
    }
    if (change->now != NULL)
        emit_rows(aggregate, change->now, change->plus, change->plus_count, 1);
}

Status chunk_emit(AggregateOperator *aggregate, GroupChunk *chunk, Error *error) {
    int places[BATCH_ROWS_MAX], count = 0;
    Slot slots[BATCH_ROWS_MAX];
    for (int place = chunk->from; place < chunk->to; place++)
        if (group_exists(aggregate, aggregate->touched.slots[place])) {
            places[count] = place;
            slots[count++] = aggregate->touched.slots[place];
        }
    ChunkChange *change = NEW(ChunkChange);
    change->now_places = places;
    RowErrors errors = {.arena = aggregate->messages};
    Status status = OK;
    if (count > 0)
        status = groups_result(aggregate, slots, count, &change->now, &errors, error);
    if (status == OK) {
        change->old_errors =
            errors_by_row(aggregate, &chunk->errors, chunk->old == NULL ? 0 : chunk->old->row_count);
        change->now_errors = errors_by_row(aggregate, &errors, count);
        compare_chunk(aggregate, chunk, change);
    }
    row_errors_free(&errors);
    batch_release(change->now);
    memory_free(change);
    return status;
}

bool group_time(void *argument, Slot slot, int64_t *time) {
    AggregateOperator *aggregate = argument;
    int cell = aggregate->parameters->expiry_key;
    if (state_table_is_null(aggregate->groups, slot, cell))
        return false;
    *time = cell_integer(aggregate->cells[cell],
        state_table_slot(aggregate->groups, slot) + state_table_cell_offset(aggregate->groups, cell));
    return true;
}

static Status emit_closed(AggregateOperator *aggregate, const Slot *slots, int count, Error *error) {
    GroupChunk chunk = {0};
    ChunkChange *change = NEW(ChunkChange);
    int places[BATCH_ROWS_MAX];
    for (int i = 0; i < count; i++)
        places[i] = i;
    change->now_places = places;
    RowErrors errors = {.arena = aggregate->messages};
    Status status = groups_result(aggregate, slots, count, &change->now, &errors, error);
    if (status == OK) {
        change->now_errors = errors_by_row(aggregate, &errors, count);
        compare_chunk(aggregate, &chunk, change);
    }
    row_errors_free(&errors);
    batch_release(change->now);
    memory_free(change);
    return status;
}

static Status free_groups(AggregateOperator *aggregate, const Slot *slots, int count, Error *error) {
    bool has_more = aggregate->images != NULL || aggregate->distinct_count > 0;
    for (int i = 0; i < aggregate->member_count; i++)
        has_more |= aggregate->members[i].ordered != NULL;
    Batch *keys = has_more ? groups_keys(aggregate, slots, count) : NULL;
    Status status = OK;
    for (int i = 0; i < aggregate->distinct_count && status == OK; i++)
        status = distinct_free_groups(aggregate->distinct[i], keys, error);
    for (int i = 0; i < aggregate->member_count && status == OK; i++)
        if (aggregate->members[i].ordered != NULL)
            status = ordered_free_groups(&aggregate->members[i], keys, error);
    RowTable *images = aggregate->images;
    if (images != NULL && status == OK) {
        state_index_hash(images->index, keys, images->cell_columns, images->hashes);
        status = state_index_load(images->index, keys, images->cell_columns, images->hashes, error);
        if (status == OK)
            state_index_find(images->index, keys, images->cell_columns, images->hashes, images->slots);
        for (int i = 0; i < count && status == OK; i++)
            for (Slot slot = images->slots[i], next; slot != SLOT_NONE; slot = next) {
                next = state_index_next(images->index, slot);
                state_table_delete(images->table, slot);
            }
    }
    /* A group that is there again after a restart would be emitted again at its end. */
    if (status == OK && aggregate->parameters->emit_on_close)
        state_table_delete_many(aggregate->groups, slots, count);
    else if (status == OK)
        state_table_expire(aggregate->groups, slots, count);
    batch_release(keys);
    return status;
}

static Status expire_bucket(AggregateOperator *aggregate, const ExpiryBucket *bucket, Error *error) {
    for (int from = 0; from < bucket->count; from += BATCH_ROWS_MAX) {
        int count = bucket->count - from < BATCH_ROWS_MAX ? bucket->count - from : BATCH_ROWS_MAX;
        if (aggregate->parameters->emit_on_close)
            TRY(emit_closed(aggregate, bucket->slots + from, count, error));
        TRY(free_groups(aggregate, bucket->slots + from, count, error));
    }
    return OK;
}

Status groups_expire(AggregateOperator *aggregate, Error *error) {
    const AggregateParameters *parameters = aggregate->parameters;
    if (parameters->expiry_key < 0)
        return OK;
    int64_t watermark = aggregate->base.input_watermarks[0][parameters->keys[parameters->expiry_key]];
    ExpiryBucket bucket;
    expiry_queue_refresh(&aggregate->expiry, aggregate->groups, group_time, aggregate);
    while (expiry_queue_take(&aggregate->expiry, watermark, &bucket)) {
        Status status = expire_bucket(aggregate, &bucket, error);
        memory_free(bucket.slots);
        TRY(status);
    }
    if (!parameters->emit_on_close)
        state_table_pass(aggregate->groups, watermark);
    return OK;
}
