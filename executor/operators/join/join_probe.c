/* HashJoin, probing: a batch meets the rows that the other side has so far, and joins its own side when that
   is done. Every pair of rows meets exactly once, whichever of the two came later; diffs multiply. */
#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/operators/join/join_state.h"

void join_probe_open(Join *join) {
    JoinProbe *probe = &join->probe;
    probe->heads = NEW_ARRAY(Slot, BATCH_ROWS_MAX);
    probe->matches = NEW_ARRAY(int64_t, BATCH_ROWS_MAX);
    probe->pair_rows = NEW_ARRAY(uint16_t, BATCH_ROWS_MAX);
    probe->pair_slots = NEW_ARRAY(Slot, BATCH_ROWS_MAX);
    probe->pair_diffs = NEW_ARRAY(int64_t, BATCH_ROWS_MAX);
}

void join_probe_close(Join *join) {
    JoinProbe *probe = &join->probe;
    batch_release(probe->batch);
    memory_free(probe->heads);
    memory_free(probe->matches);
    memory_free(probe->pair_rows);
    memory_free(probe->pair_slots);
    memory_free(probe->pair_diffs);
    memory_free(probe->all);
}

static JoinSide *probed_side(Join *join) {
    return &join->sides[1 - join->probe.input];
}

static bool row_has_null_key(const Join *join, int row) {
    const JoinSide *side = &join->sides[join->probe.input];
    if (MUTANT("join-null-keys-meet"))
        return false;
    for (int i = 0; i < join->parameters->key_count; i++)
        if (column_is_null(join->probe.batch->columns[side->keys[i]], row))
            return true;
    return false;
}

static Status list_all(Join *join) {
    JoinProbe *probe = &join->probe;
    uint64_t cursor = 0;
    if (probe->has_all)
        return OK;
    probe->all_count = 0;
    for (int count;;) {
        GROW(probe->all, probe->all_capacity, probe->all_count + 256);
        if ((count = state_table_scan(
                 probed_side(join)->rows.table, &cursor, probe->all + probe->all_count, 256)) == 0)
            break;
        probe->all_count += count;
    }
    probe->has_all = true;
    return OK;
}

/* NOT IN: rows of the other side whose key is NULL match everything. */
static Status find_null_chain(Join *join, Error *error) {
    JoinProbe *probe = &join->probe;
    JoinSide *other = probed_side(join);
    int column = 0;
    uint64_t hash;
    Column *key = column_of_nulls(other->schema->types[other->keys[0]], 1);
    Batch *batch = batch_create(1, 1, &key);
    state_index_hash(other->rows.index, batch, &column, &hash);
    Status status = state_index_load(other->rows.index, batch, &column, &hash, error);
    if (status == OK)
        state_index_find(other->rows.index, batch, &column, &hash, &probe->null_head);
    batch_release(batch);
    return status;
}

Status join_probe_begin(Join *join, PendingBatch pending, Error *error) {
    JoinProbe *probe = &join->probe;
    probe->batch = pending.batch;
    probe->input = pending.input;
    probe->is_streaming = pending.is_streaming;
    probe->row = -1;
    probe->slot = probe->null_head = SLOT_NONE;
    probe->place = probe->all_count = probe->pair_count = probe->stage = 0;
    probe->has_all = false;
    memset(probe->matches, 0, sizeof(int64_t) * (size_t)probe->batch->row_count);
    RowTable *own = &join->sides[probe->input].rows;
    own->is_hashed = false;
    if (!join->is_keyed)
        return list_all(join);
    JoinSide *other = probed_side(join);
    const int *keys = join->sides[probe->input].keys;
    /* The same hashes serve when the rows join their own side. */
    state_index_hash(other->rows.index, probe->batch, keys, own->key_hashes);
    own->is_hashed = true;
    TRY(state_index_load(other->rows.index, probe->batch, keys, own->key_hashes, error));
    state_index_find(other->rows.index, probe->batch, keys, own->key_hashes, probe->heads);
    return join->parameters->is_null_aware && !MUTANT("not-in-null-blind") ? find_null_chain(join, error)
                                                                           : OK;
}

/* What a row walks: chains of slots, or all of them. */
enum { STAGE_CHAIN, STAGE_NULLS, STAGE_ALL, STAGE_END };

static Status begin_row(Join *join) {
    JoinProbe *probe = &join->probe;
    const JoinParameters *parameters = join->parameters;
    bool has_null = !parameters->is_null_safe && row_has_null_key(join, probe->row);
    probe->place = 0;
    probe->slot = SLOT_NONE;
    if (!join->is_keyed) {
        /* A keyless join, or NOT IN over several keys. */
        probe->stage = STAGE_ALL;
        return OK;
    }
    if (has_null) {
        probe->stage = parameters->is_null_aware ? STAGE_ALL : STAGE_END;
        return parameters->is_null_aware ? list_all(join) : OK;
    }
    probe->stage = STAGE_CHAIN;
    probe->slot = probe->heads[probe->row];
    return OK;
}

/* The next slot of the current row; SLOT_NONE at its end. */
static Slot next_slot(Join *join) {
    JoinProbe *probe = &join->probe;
    if (probe->stage == STAGE_ALL)
        return probe->place < probe->all_count ? probe->all[probe->place++] : SLOT_NONE;
    if (probe->stage == STAGE_CHAIN && probe->slot == SLOT_NONE) {
        probe->stage = STAGE_NULLS;
        probe->slot = probe->null_head;
    }
    Slot slot = probe->slot;
    if (slot != SLOT_NONE)
        probe->slot = state_index_next(probed_side(join)->rows.index, slot);
    return slot;
}

/* Fills the pair arrays; false when the batch has no more. */
static Status collect_pairs(Join *join, bool *is_end) {
    JoinProbe *probe = &join->probe;
    JoinSide *other = probed_side(join);
    *is_end = false;
    probe->pair_count = 0;
    while (probe->pair_count < BATCH_ROWS_MAX) {
        Slot slot = probe->row < 0 ? SLOT_NONE : next_slot(join);
        if (slot == SLOT_NONE) {
            if (++probe->row == probe->batch->row_count) {
                *is_end = true;
                return OK;
            }
            TRY(begin_row(join));
            continue;
        }
        int64_t count = *row_table_count(&other->rows, slot);
        if (count == 0 && !other->is_preserved)
            continue;
        probe->pair_rows[probe->pair_count] = (uint16_t)probe->row;
        probe->pair_slots[probe->pair_count] = slot;
        probe->pair_diffs[probe->pair_count++] = count * batch_diff(probe->batch, probe->row);
    }
    return OK;
}

static Column *gather_probed(const JoinProbe *probe, Column *column) {
    bool is_whole = probe->pair_count == probe->batch->row_count;
    for (int i = 0; is_whole && i < probe->pair_count; i++)
        is_whole = probe->pair_rows[i] == i;
    return is_whole ? column_retain(column) : column_gather(column, probe->pair_rows, probe->pair_count);
}

/* Left columns, right columns, the pairs' diffs. */
static Batch *build_pairs(Join *join) {
    JoinProbe *probe = &join->probe;
    int column_count = 0;
    Column *columns[join->sides[0].schema->count + join->sides[1].schema->count + 1];
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < join->sides[s].schema->count; i++) {
            RowTable *rows = &join->sides[s].rows;
            columns[column_count++] = s == probe->input
                                          ? gather_probed(probe, probe->batch->columns[i])
                                          : state_table_gather(rows->table, rows->column_cells[i],
                                                probe->pair_slots, probe->pair_count);
        }
    Batch *pairs = batch_create(probe->pair_count, column_count, columns);
    bool is_plain = true;
    for (int i = 0; is_plain && i < probe->pair_count; i++)
        is_plain = probe->pair_diffs[i] == 1;
    if (!is_plain && !MUTANT("join-diffs-lost")) {
        batch_need_diffs(pairs, probe->pair_count);
        memcpy(pairs->diffs, probe->pair_diffs, sizeof(int64_t) * (size_t)probe->pair_count);
    }
    return pairs;
}

/* NOT IN over several keys: no key is certainly different. */
static bool pair_may_match(const Join *join, const Batch *pairs, int row) {
    int left_count = join->sides[0].schema->count;
    for (int i = 0; i < join->parameters->key_count; i++) {
        int left = join->sides[0].keys[i], right = left_count + join->sides[1].keys[i];
        if (!column_is_null(pairs->columns[left], row) && !column_is_null(pairs->columns[right], row) &&
            !batch_keys_equal(pairs, &left, row, pairs, &right, row, 1))
            return false;
    }
    return true;
}

/* Positions of the pairs that match. */
static Status filter_pairs(Join *join, Batch *pairs, uint16_t *kept, int *kept_count, Error *error) {
    JoinProbe *probe = &join->probe;
    if (join->residual != NULL) {
        RowErrors errors = {.arena = join->messages};
        TRY(evaluator_filter(join->residual, pairs, &errors, kept, kept_count, error));
        for (int i = 0; i < errors.count; i++)
            if (probe->pair_diffs[errors.rows[i].row] != 0)
                join->base.context->row_failed(join->base.context, &join->base, pairs, errors.rows[i].row,
                    errors.rows[i].status, errors.rows[i].message);
        row_errors_free(&errors);
        arena_reset(join->messages);
    } else {
        *kept_count = probe->pair_count;
        for (int i = 0; i < probe->pair_count; i++)
            kept[i] = (uint16_t)i;
    }
    if (!join->checks_keys)
        return OK;
    int count = 0;
    for (int i = 0; i < *kept_count; i++)
        if (pair_may_match(join, pairs, kept[i]))
            kept[count++] = kept[i];
    *kept_count = count;
    return OK;
}

void join_side_touch(JoinSide *side, Slot slot) {
    if (!touched_add(&side->rows.touched, slot, *row_table_count(&side->rows, slot)))
        return;
    GROW(side->old_matches, side->old_capacity, side->rows.touched.count);
    side->old_matches[side->rows.touched.count - 1] = *row_table_value(&side->rows, slot);
    state_table_touch(side->rows.table, slot);
}

static void count_matches(Join *join, const uint16_t *kept, int kept_count) {
    JoinProbe *probe = &join->probe;
    JoinSide *own = &join->sides[probe->input], *other = probed_side(join);
    if (own->is_preserved)
        for (int i = 0; i < kept_count; i++)
            probe->matches[probe->pair_rows[kept[i]]] +=
                *row_table_count(&other->rows, probe->pair_slots[kept[i]]);
    if (other->is_preserved && !MUTANT("join-matches-uncounted"))
        for (int i = 0; i < kept_count; i++) {
            Slot slot = probe->pair_slots[kept[i]];
            join_side_touch(other, slot);
            *row_table_value(&other->rows, slot) += batch_diff(probe->batch, probe->pair_rows[kept[i]]);
        }
}

static void emit_pairs(Join *join, Batch *pairs, uint16_t *kept, int kept_count) {
    int count = 0;
    for (int i = 0; i < kept_count; i++)
        if (join->probe.pair_diffs[kept[i]] != 0)
            kept[count++] = kept[i];
    if (count > 0)
        queue_push(&join->output,
            count == pairs->row_count ? batch_retain(pairs) : batch_select(pairs, kept, count));
}

static Status work_on_pairs(Join *join, Error *error) {
    JoinProbe *probe = &join->probe;
    uint16_t kept[BATCH_ROWS_MAX];
    int kept_count;
    if (probe->pair_count == 0)
        return OK;
    bool needs_rows = join->emits_pairs || join->residual != NULL || join->checks_keys;
    Batch *pairs = needs_rows ? build_pairs(join) : NULL;
    Status status = filter_pairs(join, pairs, kept, &kept_count, error);
    if (status == OK) {
        count_matches(join, kept, kept_count);
        if (join->emits_pairs)
            emit_pairs(join, pairs, kept, kept_count);
    }
    batch_release(pairs);
    return status;
}

/* The other side is complete: what a row's matches mean for the output is known now. */
static void emit_streamed(Join *join) {
    JoinProbe *probe = &join->probe;
    const JoinSide *own = &join->sides[probe->input], *other = probed_side(join);
    bool wants_matched = join->parameters->type == JOIN_SEMI, is_padded = join->emits_pairs;
    uint16_t rows[BATCH_ROWS_MAX];
    int count = 0, column_count = 0;
    for (int i = 0; i < probe->batch->row_count; i++)
        if ((probe->matches[i] > 0) == wants_matched)
            rows[count++] = (uint16_t)i;
    if (count == 0)
        return;
    Column *columns[own->schema->count + other->schema->count + 1];
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < join->sides[s].schema->count; i++)
            if (s == probe->input)
                columns[column_count++] = column_retain(probe->batch->columns[i]);
            else if (is_padded)
                columns[column_count++] =
                    column_of_nulls(join->sides[s].schema->types[i], probe->batch->row_count);
    Batch *all = batch_create(probe->batch->row_count, column_count, columns);
    if (probe->batch->diffs != NULL) {
        batch_need_diffs(all, all->row_count);
        memcpy(all->diffs, probe->batch->diffs, sizeof(int64_t) * (size_t)all->row_count);
    }
    queue_push(&join->output, batch_select(all, rows, count));
    batch_release(all);
}

static void watch_expiry(JoinSide *side, int row_count) {
    if (side->expiry_column < 0)
        return;
    int cell = side->rows.column_cells[side->expiry_column],
        offset = state_table_cell_offset(side->rows.table, cell);
    for (int i = 0; i < row_count; i++) {
        Slot slot = side->rows.slots[i];
        if (side->rows.is_new[i] && !state_table_is_null(side->rows.table, slot, cell))
            expiry_queue_add(&side->expiry,
                cell_integer(side->rows.types[cell], state_table_slot(side->rows.table, slot) + offset),
                slot);
    }
}

static Status add_rows(Join *join, Error *error) {
    JoinProbe *probe = &join->probe;
    JoinSide *own = &join->sides[probe->input];
    RowTable *rows = &own->rows;
    TRY(row_table_load(rows, probe->batch, error));
    int touched_before = rows->touched.count;
    row_table_apply(rows, probe->batch);
    watch_expiry(own, probe->batch->row_count);
    if (!own->is_preserved)
        return OK;
    GROW(own->old_matches, own->old_capacity, rows->touched.count);
    for (int place = touched_before; place < rows->touched.count; place++)
        own->old_matches[place] = *row_table_value(rows, rows->touched.slots[place]);
    for (int i = 0; i < probe->batch->row_count; i++)
        if (rows->is_new[i])
            *row_table_value(rows, rows->slots[i]) = probe->matches[i];
    return OK;
}

Status join_probe_step(Join *join, Error *error) {
    JoinProbe *probe = &join->probe;
    bool is_end;
    TRY(collect_pairs(join, &is_end));
    TRY(work_on_pairs(join, error));
    if (!is_end)
        return OK;
    if (!probe->is_streaming)
        TRY(add_rows(join, error));
    else if (join->sides[probe->input].is_preserved)
        emit_streamed(join);
    batch_release(probe->batch);
    probe->batch = NULL;
    return OK;
}
