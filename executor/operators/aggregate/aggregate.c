/* Aggregate: groups in a state table, each call's cells in the group's slot, folded a batch at a time.

   A group first touched in a step has its output row of before computed then, together with the others first
   touched by the same batch; finalisation computes the rows of now, and emits what differs. Both phases of a
   two-phase aggregation are this operator: the first keeps its groups in a private table that goes with the
   step, and gives out keys, the int8 count of rows and the cells; the second merges such rows. */
#include "executor/operators/aggregate/aggregate.h"

#include <stddef.h>

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/operators/aggregate/aggregate_state.h"

/* First phase: groups held before they are passed on. */
enum { PARTIAL_GROUPS_MAX = 16384 };

static Status aggregate_open(Operator *instance, Error *error) {
    AggregateOperator *aggregate = (AggregateOperator *)instance;
    aggregate->parameters = instance->spec->parameters;
    return aggregate_open_tables(aggregate, error);
}

static Status find_groups(AggregateOperator *aggregate, const Batch *batch, Error *error) {
    if (!aggregate->is_global) {
        if (aggregate->shard_hashes != NULL)
            batch_hash_keys(
                batch, aggregate->keys, aggregate->parameters->shard_key_count, aggregate->shard_hashes);
        state_table_hash_keyed(
            aggregate->groups, batch, aggregate->keys, aggregate->shard_hashes, aggregate->hashes);
        TRY(state_table_load(aggregate->groups, batch, aggregate->keys, aggregate->hashes, error));
        state_table_insert_keyed(aggregate->groups, batch, aggregate->keys, aggregate->hashes,
            aggregate->shard_hashes, aggregate->slots, aggregate->is_new);
        state_table_slots(aggregate->groups, aggregate->slots, batch->row_count, aggregate->bases);
        return OK;
    }
    aggregate->is_new[0] = 0;
    if (aggregate->global_slot == SLOT_NONE) {
        static const int column = 0;
        state_table_hash(aggregate->groups, aggregate->global_key, &column, aggregate->hashes);
        TRY(state_table_load(aggregate->groups, aggregate->global_key, &column, aggregate->hashes, error));
        state_table_insert(aggregate->groups, aggregate->global_key, &column, aggregate->hashes,
            &aggregate->global_slot, aggregate->is_new);
    }
    char *base = state_table_slot(aggregate->groups, aggregate->global_slot);
    for (int i = 0; i < batch->row_count; i++) {
        aggregate->slots[i] = aggregate->global_slot;
        aggregate->bases[i] = base;
    }
    return OK;
}

/* The groups that this batch touches first become a chunk, with their rows of before. */
static Status touch_groups(AggregateOperator *aggregate, int row_count, Error *error) {
    TouchedSlots *touched = &aggregate->touched;
    GroupChunk chunk = {.from = touched->count, .errors = {.arena = aggregate->messages}};
    Slot old[BATCH_ROWS_MAX];
    int places[BATCH_ROWS_MAX], old_count = 0;
    for (int i = 0; i < row_count; i++) {
        if (!touched_add(touched, aggregate->slots[i], 0))
            continue;
        state_table_touch(aggregate->groups, aggregate->slots[i]);
        bool is_old =
            aggregate->is_global ? !aggregate->is_new[i] : *group_count(aggregate, aggregate->slots[i]) != 0;
        if (is_old && aggregate->keeps_old) {
            places[old_count] = touched->count - 1;
            old[old_count++] = aggregate->slots[i];
        }
    }
    chunk.to = touched->count;
    if (chunk.from == chunk.to)
        return OK;
    if (old_count > 0) {
        TRY(groups_result(aggregate, old, old_count, &chunk.old, &chunk.errors, error));
        chunk.old_places = memory_allocate(sizeof(int) * (size_t)old_count);
        memcpy(chunk.old_places, places, sizeof(int) * (size_t)old_count);
    }
    GROW(aggregate->chunks, aggregate->chunk_capacity, aggregate->chunk_count + 1);
    aggregate->chunks[aggregate->chunk_count++] = chunk;
    return OK;
}

/* Groups that did not exist join the queue; a row for a group that is gone is a broken promise of the input.
 */
static Status watch_expiry(AggregateOperator *aggregate, int row_count, Error *error) {
    const AggregateParameters *parameters = aggregate->parameters;
    if (parameters->expiry_key < 0)
        return OK;
    int64_t time, watermark = aggregate->base.input_watermarks[0][parameters->keys[parameters->expiry_key]];
    for (int i = 0; i < row_count; i++) {
        if (!aggregate->is_new[i] || !group_time(aggregate, aggregate->slots[i], &time))
            continue;
        if (watermark_has_passed(watermark, time) && watermark != WATERMARK_END)
            return error_set(
                error, STATUS_INTERNAL_ERROR, "a row came for a group that its watermark has closed");
        expiry_queue_add(&aggregate->expiry, time, aggregate->slots[i]);
    }
    return OK;
}

static Status apply_images(
    AggregateOperator *aggregate, const Batch *batch, const int64_t *counts, Error *error) {
    Batch *keys = batch_project((Batch *)batch, aggregate->keys, aggregate->key_count);
    if (counts != NULL) {
        batch_need_diffs(keys, keys->row_count);
        memcpy(keys->diffs, counts, sizeof(int64_t) * (size_t)keys->row_count);
    }
    Status status = row_table_load(aggregate->images, keys, error);
    if (status == OK)
        row_table_apply(aggregate->images, keys);
    batch_release(keys);
    return status;
}

/* How many rows of its group each row stands for: in `counts`, or NULL for one each. */
static const int64_t *row_counts(AggregateOperator *aggregate, const Batch *batch) {
    if (aggregate->parameters->phase != AGGREGATE_FINAL)
        return batch->diffs;
    const int64_t *counts = batch->columns[aggregate->parameters->key_count]->values;
    for (int i = 0; i < batch->row_count; i++)
        aggregate->diffs[i] = counts[i] * batch_diff(batch, i);
    return aggregate->diffs;
}

static void count_rows(AggregateOperator *aggregate, const int64_t *counts, int row_count) {
    size_t offset = (size_t)aggregate->count_offset;
    if (aggregate->is_global && counts == NULL) {
        *(int64_t *)(aggregate->bases[0] + offset) += row_count;
        return;
    }
    for (int i = 0; i < row_count; i++)
        *(int64_t *)(aggregate->bases[i] + offset) += counts == NULL ? 1 : counts[i];
}

static Status fold_members(AggregateOperator *aggregate, Batch *batch, Error *error) {
    int column = aggregate->parameters->key_count + 1;
    for (int m = 0; m < aggregate->member_count; m++) {
        Member *member = &aggregate->members[m];
        if (aggregate->parameters->phase == AGGREGATE_FINAL) {
            TRY(member_merge(aggregate, member, batch, column, error));
            column += member->cell_count;
        } else if (member->ordered != NULL) {
            TRY(ordered_apply(aggregate, member, batch, error));
        } else if (!member->is_distinct) {
            TRY(member_fold(aggregate, member, batch, error));
        }
    }
    for (int i = 0; i < aggregate->distinct_count; i++)
        TRY(distinct_apply(aggregate, aggregate->distinct[i], batch, error));
    return OK;
}

static Status take_batch(AggregateOperator *aggregate, Batch *batch, Error *error) {
    if (aggregate->parameters->expiry_key >= 0)
        expiry_queue_refresh(&aggregate->expiry, aggregate->groups, group_time, aggregate);
    TRY(find_groups(aggregate, batch, error));
    TRY(watch_expiry(aggregate, batch->row_count, error));
    TRY(touch_groups(aggregate, batch->row_count, error));
    const int64_t *counts = row_counts(aggregate, batch);
    count_rows(aggregate, counts, batch->row_count);
    if (aggregate->images != NULL)
        TRY(apply_images(aggregate, batch, counts, error));
    return fold_members(aggregate, batch, error);
}

static Status aggregate_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    AggregateOperator *aggregate = (AggregateOperator *)instance;
    if (batch->selected_count == 0)
        return OK;
    Batch *projected = batch_project(batch, aggregate->used, aggregate->used_count);
    Batch *dense = batch_dense(projected);
    Status status = take_batch(aggregate, dense, error);
    batch_release(dense);
    batch_release(projected);
    arena_reset(aggregate->scratch);
    return status;
}

/* First phase: gives out keys, counts and cells of every group, and forgets them. */
static void emit_partial(AggregateOperator *aggregate) {
    TouchedSlots *touched = &aggregate->touched;
    int first_cell = aggregate->is_global ? 1 : 0;
    for (int from = 0; from < touched->count; from += BATCH_ROWS_MAX) {
        int count = touched->count - from < BATCH_ROWS_MAX ? touched->count - from : BATCH_ROWS_MAX;
        Column *columns[aggregate->cell_count];
        for (int cell = first_cell; cell < aggregate->cell_count; cell++)
            columns[cell - first_cell] =
                state_table_gather(aggregate->groups, cell, touched->slots + from, count);
        queue_push(&aggregate->output, batch_create(count, aggregate->cell_count - first_cell, columns));
    }
    state_table_delete_many(aggregate->groups, touched->slots, touched->count);
    touched_clear(touched);
    aggregate->chunk_count = 0;
    aggregate->global_slot = SLOT_NONE;
}

/* The row of a global aggregate exists before any input does. */
static Status touch_global(AggregateOperator *aggregate, Error *error) {
    if (!aggregate->is_global || !aggregate->is_home || aggregate->touched.count > 0)
        return OK;
    TRY(find_groups(aggregate, aggregate->global_key, error));
    return aggregate->is_new[0] ? touch_groups(aggregate, 1, error) : OK;
}

static Status begin_finalisation(AggregateOperator *aggregate, Error *error) {
    aggregate->is_folded = true;
    TRY(touch_global(aggregate, error));
    for (int i = 0; i < aggregate->distinct_count; i++)
        TRY(distinct_settle(aggregate, aggregate->distinct[i], error));
    for (int i = 0; i < aggregate->member_count; i++)
        if (aggregate->members[i].ordered != NULL)
            TRY(partitions_settle(aggregate->members[i].ordered, error));
    if (aggregate->images != NULL)
        TRY(row_table_settle(aggregate->images, error));
    for (int i = 0; i < aggregate->touched.count; i++)
        if (*group_count(aggregate, aggregate->touched.slots[i]) < 0)
            return error_set(
                error, STATUS_INTERNAL_ERROR, "a row was taken away from a group that never had it");
    return OK;
}

static void clear_chunks(AggregateOperator *aggregate) {
    for (int i = 0; i < aggregate->chunk_count; i++) {
        batch_release(aggregate->chunks[i].old);
        memory_free(aggregate->chunks[i].old_places);
        row_errors_free(&aggregate->chunks[i].errors);
    }
    aggregate->chunk_count = 0;
}

static void drop_empty_groups(AggregateOperator *aggregate) {
    int64_t time;
    for (int i = 0; i < aggregate->touched.count && (!aggregate->is_global || MUTANT("global-row-forgotten"));
         i++) {
        Slot slot = aggregate->touched.slots[i];
        if (*group_count(aggregate, slot) != 0)
            continue;
        if (aggregate->parameters->expiry_key >= 0 && group_time(aggregate, slot, &time))
            expiry_queue_remove(&aggregate->expiry, time, slot);
        state_table_delete(aggregate->groups, slot);
    }
    touched_clear(&aggregate->touched);
}

static void end_step(AggregateOperator *aggregate) {
    clear_chunks(aggregate);
    arena_reset(aggregate->messages);
    aggregate->is_folded = false;
    aggregate->next_chunk = 0;
    aggregate->global_slot = SLOT_NONE;
}

/* One more piece of the finalisation; is_done when there is no more. */
static Status finalise_more(AggregateOperator *aggregate, bool *is_done, Error *error) {
    *is_done = false;
    if (!aggregate->is_folded)
        return begin_finalisation(aggregate, error);
    if (aggregate->next_chunk < aggregate->chunk_count) {
        GroupChunk *chunk = &aggregate->chunks[aggregate->next_chunk++];
        Status status = aggregate->parameters->emit_on_close ? OK : chunk_emit(aggregate, chunk, error);
        arena_reset(aggregate->scratch);
        return status;
    }
    drop_empty_groups(aggregate);
    TRY(groups_expire(aggregate, error));
    arena_reset(aggregate->scratch);
    end_step(aggregate);
    *is_done = true;
    return OK;
}

static Status produce_partial(AggregateOperator *aggregate, Batch **batch, Progress *progress) {
    bool is_sealed = operator_is_sealed(&aggregate->base);
    *batch = queue_pop(&aggregate->output);
    if (*batch == NULL && aggregate->touched.count > 0 &&
        (is_sealed || aggregate->touched.count >= PARTIAL_GROUPS_MAX)) {
        emit_partial(aggregate);
        *batch = queue_pop(&aggregate->output);
    }
    *progress = *batch != NULL ? PROGRESS_MORE : is_sealed ? PROGRESS_DONE : PROGRESS_IDLE;
    return OK;
}

static Status aggregate_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    AggregateOperator *aggregate = (AggregateOperator *)instance;
    if (aggregate->parameters->phase == AGGREGATE_PARTIAL)
        return produce_partial(aggregate, batch, progress);
    *batch = NULL;
    *progress = PROGRESS_IDLE;
    if (!operator_is_sealed(instance))
        return OK;
    *progress = PROGRESS_MORE;
    while ((*batch = queue_pop(&aggregate->output)) == NULL) {
        if (aggregate->is_finished) {
            aggregate->is_finished = false;
            *progress = PROGRESS_DONE;
            return OK;
        }
        TRY(finalise_more(aggregate, &aggregate->is_finished, error));
    }
    return OK;
}

/* Groups held back until they close could have keys from long ago: only the key that closes them keeps its
   promise then. */
static void aggregate_derive_watermarks(Operator *instance) {
    const AggregateParameters *parameters = instance->spec->parameters;
    for (int i = 0; i < instance->spec->output.count; i++)
        instance->watermarks[i] = WATERMARK_NONE;
    for (int i = 0; i < parameters->key_count; i++)
        if (!parameters->emit_on_close || i == parameters->expiry_key)
            instance->watermarks[i] = instance->input_watermarks[0][parameters->keys[i]];
}

static void aggregate_reset(Operator *instance) {
    AggregateOperator *aggregate = (AggregateOperator *)instance;
    touched_clear(&aggregate->touched);
    state_table_delete_all(aggregate->groups);
    for (int i = 0; i < aggregate->distinct_count; i++)
        distinct_reset(aggregate->distinct[i]);
    for (int i = 0; i < aggregate->member_count; i++)
        if (aggregate->members[i].ordered != NULL)
            partitions_reset(aggregate->members[i].ordered);
    if (aggregate->images != NULL)
        row_table_reset(aggregate->images);
    expiry_queue_free(&aggregate->expiry);
    queue_clear(&aggregate->output);
    end_step(aggregate);
    aggregate->is_finished = false;
}

static void aggregate_close(Operator *instance) {
    AggregateOperator *aggregate = (AggregateOperator *)instance;
    clear_chunks(aggregate);
    memory_free(aggregate->chunks);
    aggregate_close_tables(aggregate);
}

static const char *const phase_names[] = {"complete", "partial", "final", NULL};

static const Field aggregate_fields[] = {
    FIELD_LIST(COLUMNS, AggregateParameters, keys, key_count, "keys"),
    FIELD(INT, AggregateParameters, shard_key_count, NULL),
    FIELD_LIST(AGGREGATES, AggregateParameters, aggregates, aggregate_count, "aggregates"),
    FIELD_NAMED(AggregateParameters, phase, phase_names),
    FIELD(BOOL, AggregateParameters, is_input_updating, NULL),
    FIELD(INT, AggregateParameters, expiry_key, NULL),
    FIELD(BOOL, AggregateParameters, emit_on_close, "emit on close"),
    FIELDS_END,
};

const OperatorType aggregate_operator = {
    .name = "Aggregate",
    .version = 2,
    .fields = aggregate_fields,
    .parameters_size = sizeof(AggregateParameters),
    .reads_first = 1,
    .size = sizeof(AggregateOperator),
    .open = aggregate_open,
    .on_batch = aggregate_on_batch,
    .produce = aggregate_produce,
    .derive_watermarks = aggregate_derive_watermarks,
    .reset = aggregate_reset,
    .close = aggregate_close,
};
