/* StateSpace: loading, cutting and the steps of one operator instance's tables. */
#include "executor/state/state_space.h"

#include <assert.h>
#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/state/state_table_internal.h"
#include "executor/types/definition.h"

StateSpace *state_space_create(const StateSpaceSpec *spec) {
    StateSpace *space = NEW(StateSpace);
    space->spec = *spec;
    space->has_eviction =
        !spec->is_one_shot && spec->store != NULL && spec->budget != NULL && spec->budget->limit != SIZE_MAX;
    space->pending = pending_create();
    return space;
}

void state_space_account(StateSpace *space) {
    if (space->spec.budget == NULL)
        return;
    size_t now = state_space_bytes(space);
    atomic_fetch_add(&space->spec.budget->used, now - space->accounted);
    space->accounted = now;
}

void state_space_destroy(StateSpace *space) {
    if (space == NULL)
        return;
    if (space->spec.budget != NULL)
        atomic_fetch_sub(&space->spec.budget->used, space->accounted);
    for (int i = 0; i < space->table_count; i++)
        table_destroy(space->tables[i]);
    for (int i = 0; i < space->loaded_count; i++) {
        block_log_free(space->loaded[i].log);
        memory_free(space->loaded[i].log);
    }
    pending_destroy(space->pending);
    pending_destroy(space->committing);
    error_clear(&space->failure);
    memory_free(space->loaded);
    memory_free(space->tables);
    memory_free(space);
}

/* Loading. */

static BlockLog *loading_log(void *owner, uint16_t number) {
    StateSpace *space = owner;
    const StateSpaceSpec *spec = &space->spec;
    BlockLog *log = NEW(BlockLog);
    block_log_init(
        log, spec->object_id, spec->operator_id, number, spec->worker, spec->shard_begin, spec->shard_end);
    GROW(space->loaded, space->loaded_capacity, space->loaded_count + 1);
    space->loaded[space->loaded_count++] = (LoadedLog){.log = log};
    return log;
}

static void loading_counter(void *owner, BlockLog *log, int64_t value) {
    StateSpace *space = owner;
    StateTable *table = table_find(space, log->table);
    if (table != NULL) {
        /* Only "to be counted" comes after the blocks. */
        table->cold_rows = value;
        return;
    }
    for (int i = 0; i < space->loaded_count; i++)
        if (space->loaded[i].log == log)
            space->loaded[i].cold_rows = value;
}

static StateTable *described_table(StateSpace *space, int number, TextReader description) {
    StateTableSpec spec = {.number = number};
    spec.relation = (KeyRelation)text_read_u8(&description);
    spec.key_count = text_read_u16(&description);
    spec.shard_key_count = text_read_u16(&description);
    spec.cell_count = text_read_u16(&description);
    Type *cells = NEW_ARRAY(Type, spec.cell_count + 1);
    bool is_sound = spec.relation <= KEY_IDENTICAL && spec.key_count <= KEY_CELLS_MAX &&
                    spec.key_count <= spec.cell_count && spec.shard_key_count <= spec.key_count;
    for (int i = 0; i < spec.cell_count; i++) {
        cells[i].id = text_read_u8(&description);
        cells[i].is_array = text_read_u8(&description);
        cells[i].modifier = (int32_t)text_read_u32(&description);
        is_sound = is_sound && cells[i].id < TYPE_COUNT;
        if (is_sound)
            type_read_definition(&description, &cells[i]);
    }
    spec.cells = cells;
    StateTable *table = is_sound && !description.is_bad ? table_create(space, &spec) : NULL;
    memory_free(cells);
    return table;
}

static void apply_upserts(
    StateTable *table, const Batch *batch, const int *columns, const uint64_t *hashes, Slot *slots) {
    int64_t before = table->row_count;
    table_insert(table, &(TableRows){batch, columns, hashes, NULL}, slots, NULL, SLOT_IN_LOG);
    table->log_rows += table->row_count - before;
    for (int cell = table->spec.key_count; cell < table->spec.cell_count; cell++) {
        const Column *column = batch->columns[cell];
        for (int row = 0; row < batch->row_count; row++) {
            if (column_is_null(column, row))
                state_table_set_null(table, slots[row], cell, true);
            else
                state_table_set_cell(table, slots[row], cell, column_at(column, row));
        }
    }
}

static void apply_deletes(
    StateTable *table, const Batch *batch, const int *columns, const uint64_t *hashes, Slot *slots) {
    if (MUTANT("restore-skips-deletes"))
        return;
    state_table_find(table, batch, columns, hashes, slots);
    for (int row = 0; row < batch->row_count; row++)
        if (slots[row] != SLOT_NONE)
            table_drop_slot(table, slots[row]);
}

static bool is_block_of(const StateTable *table, BlockKind kind, const Batch *batch) {
    int count = kind == BLOCK_UPSERTS ? table->spec.cell_count : table->spec.key_count;
    if (batch->column_count != count)
        return false;
    for (int i = 0; i < count; i++)
        if (!type_is_same(batch->columns[i]->type, table->spec.cells[i]))
            return false;
    return true;
}

static Status loading_rows(
    void *owner, BlockLog *log, TextReader description, BlockKind kind, const Batch *batch, Error *error) {
    StateSpace *space = owner;
    StateTable *table = table_find(space, log->table);
    if (table == NULL)
        table = described_table(space, log->table, description);
    if (table == NULL || !is_block_of(table, kind, batch))
        return error_set(error, STATUS_DATA_CORRUPTED, "a block of stored state does not fit its table");
    int *columns = NEW_ARRAY(int, table->spec.key_count + 1);
    for (int i = 0; i < table->spec.key_count; i++)
        columns[i] = i;
    uint64_t *hashes = memory_allocate((size_t)batch->row_count * sizeof *hashes);
    Slot *slots = memory_allocate((size_t)batch->row_count * sizeof *slots);
    state_table_hash(table, batch, columns, hashes);
    if (kind == BLOCK_UPSERTS)
        apply_upserts(table, batch, columns, hashes, slots);
    else
        apply_deletes(table, batch, columns, hashes, slots);
    memory_free(columns);
    memory_free(hashes);
    memory_free(slots);
    return OK;
}

Status state_space_load(StateSpace *space, Error *error) {
    if (space->spec.store == NULL || space->spec.is_one_shot || MUTANT("restore-skipped"))
        return OK;
    LogVisitor visitor = {
        .log = loading_log, .rows = loading_rows, .counter = loading_counter, .owner = space};
    TRY(block_log_read(space->spec.store, space->spec.object_id, space->spec.operator_id, &visitor, error));
    for (int i = 0; i < space->table_count; i++) {
        StateTable *table = space->tables[i];
        bool is_counted_anew = table->cold_rows < 0;
        if (is_counted_anew)
            TRY(cold_count(space, table->spec.number, &table->cold_rows, error));
        table->cold_written = table->cold_rows;
        /* The next cut stores it: an instance beside this one may delete the counters it was found without.
         */
        table->cold_counted = is_counted_anew ? -1 : table->cold_rows;
    }
    for (int i = 0; i < space->loaded_count; i++) {
        space->loaded[i].is_counted_anew = space->loaded[i].cold_rows < 0;
        if (space->loaded[i].is_counted_anew)
            TRY(cold_count(space, space->loaded[i].log->table, &space->loaded[i].cold_rows, error));
    }
    state_space_account(space);
    return OK;
}

/* Cutting. */

static int64_t expiry_time(const StateTable *table, const void *element) {
    switch ((Layout)table->cells[table->expiry_cell].layout) {
    case LAYOUT_INT2:
        return *(const int16_t *)element;
    case LAYOUT_INT4:
        return *(const int32_t *)element;
    default:
        return *(const int64_t *)element;
    }
}

/* The watermark that frees the last of the rows must lie above it. */
static int64_t batch_last(const StateTable *table, const Batch *batch) {
    if (table->expiry_cell < 0)
        return INT64_MAX;
    const Column *column = batch->columns[table->expiry_cell];
    int64_t last = INT64_MIN;
    for (int row = 0; row < batch->row_count; row++) {
        int64_t time = column_is_null(column, row) ? INT64_MAX : expiry_time(table, column_at(column, row));
        last = time > last ? time : last;
    }
    return last;
}

static void cut_deletes(StateTable *table) {
    int columns = table->spec.key_count;
    for (int i = 0; i < table->deleted_count; i++) {
        Batch *batch = table->deleted[i];
        uint16_t *shards = table->deleted_shards[i];
        uint32_t order[BATCH_ROWS_MAX];
        uint16_t rows[BATCH_ROWS_MAX], sorted[BATCH_ROWS_MAX];
        shard_order(shards, batch->row_count, order);
        for (int row = 0; row < batch->row_count; row++) {
            rows[row] = (uint16_t)order[row];
            sorted[row] = shards[order[row]];
        }
        Column **gathered = NEW_ARRAY(Column *, columns + 1);
        for (int column = 0; column < columns; column++)
            gathered[column] = column_gather(batch->columns[column], rows, batch->row_count);
        Batch *ordered = batch_create(batch->row_count, columns, gathered);
        block_log_add(table->log, BLOCK_DELETES, ordered, sorted, batch_last(table, ordered));
        memory_free(gathered);
        batch_release(ordered);
        batch_release(batch);
        memory_free(shards);
    }
    table->deleted_count = 0;
}

/* Slots to be written, and their shards. */
typedef struct CutRows {
    Slot *slots;
    uint16_t *shards;
    int count;
    int slot_capacity;
    int shard_capacity;
} CutRows;

static void add_cut_row(StateTable *table, Slot slot, CutRows *rows) {
    SlotHead *head = slot_head(table, slot);
    if (!(head->flags & SLOT_IN_LOG))
        table->log_rows++;
    head->flags =
        (uint8_t)((head->flags & ~(SLOT_DIRTY | SLOT_GENERATION)) | SLOT_IN_LOG | table->generation);
    GROW(rows->slots, rows->slot_capacity, rows->count + 1);
    GROW(rows->shards, rows->shard_capacity, rows->count + 1);
    rows->slots[rows->count] = slot;
    rows->shards[rows->count++] = head->shard;
}

/* A stretch of the running rewrite: enough to keep ahead of what is dirtied meanwhile. */
static void add_rewrite_stretch(StateTable *table, CutRows *rows) {
    enum { STRETCH = 16384 };
    Slot end = table->rewrite_slot + STRETCH + 2 * (Slot)rows->count;
    for (; table->rewrite_slot < end && table->rewrite_slot < table->slot_end; table->rewrite_slot++) {
        uint8_t flags = slot_head(table, table->rewrite_slot)->flags;
        if ((flags & SLOT_IN_LOG) && (flags & SLOT_GENERATION) != table->generation)
            add_cut_row(table, table->rewrite_slot, rows);
    }
}

static inline void prefetch_row(const StateTable *table, Slot slot) {
    const char *bytes = table_slot(table, slot);
    for (uint32_t at = 0; at < table->slot_size; at += 64)
        __builtin_prefetch(bytes + at);
}

static void write_cut_rows(StateTable *table, const CutRows *rows) {
    uint32_t *order = memory_allocate((size_t)(rows->count + 1) * sizeof *order);
    shard_order(rows->shards, rows->count, order);
    Slot slots[BATCH_ROWS_MAX];
    uint16_t shards[BATCH_ROWS_MAX];
    enum { AHEAD = 12 };
    for (int from = 0; from < rows->count;) {
        int count = 0, most = BATCH_ROWS_MAX;
        for (size_t size = 0; count < most && from + count < rows->count; count++) {
            if (from + count + AHEAD < rows->count)
                prefetch_row(table, rows->slots[order[from + count + AHEAD]]);
            slots[count] = rows->slots[order[from + count]];
            shards[count] = rows->shards[order[from + count]];
            size += table_row_size(table, slots[count]);
            most = block_log_batch_rows(size / (size_t)(count + 1));
        }
        Batch *batch = table_gather(table, NULL, table->spec.cell_count, slots, count);
        block_log_add(table->log, BLOCK_UPSERTS, batch, shards, batch_last(table, batch));
        batch_release(batch);
        from += count;
    }
    memory_free(order);
}

/* Rows of at most this many times are written apart, so that the blocks of a window go with it. */
enum { TIMES_MAX = 8 };

/* Writes the rows of each time for itself, as long as there are few times. */
static void write_cut(StateTable *table, const CutRows *rows) {
    CutRows parts[TIMES_MAX + 1] = {0};
    int64_t times[TIMES_MAX];
    int time_count = 0, at = 0;
    for (int i = 0; i < rows->count; i++) {
        const char *bytes = table_slot(table, rows->slots[i]);
        bool is_null = slot_is_null(table, bytes, table->expiry_cell);
        int64_t time =
            is_null ? INT64_MAX : expiry_time(table, bytes + table->cells[table->expiry_cell].offset);
        if (at >= time_count || times[at] != time) {
            for (at = 0; at < time_count && times[at] != time; at++) {
            }
            if (at == time_count && at < TIMES_MAX)
                times[time_count++] = time;
        }
        CutRows *part = &parts[at];
        GROW(part->slots, part->slot_capacity, part->count + 1);
        GROW(part->shards, part->shard_capacity, part->count + 1);
        part->slots[part->count] = rows->slots[i];
        part->shards[part->count++] = rows->shards[i];
    }
    for (int i = 0; i <= TIMES_MAX; i++) {
        block_log_close(table->log);
        write_cut_rows(table, &parts[i]);
        memory_free(parts[i].slots);
        memory_free(parts[i].shards);
    }
}

static void cut_table(StateTable *table, uint64_t epoch, Cut *cut) {
    if (block_log_wants_rewrite(table->log, table->log_rows)) {
        block_log_rewrite_begin(table->log);
        table->generation ^= SLOT_GENERATION;
        table->rewrite_slot = 0;
    }
    CutRows rows = {0};
    block_log_begin(table->log, epoch, cut);
    if (MUTANT("cut-loses-a-slot") && table->dirty_count > 0)
        table->dirty_count--;
    cut_deletes(table);
    for (int i = 0; i < table->dirty_count; i++) {
        uint8_t flags = slot_head(table, table->dirty[i])->flags;
        if ((flags & SLOT_LIVE) && (flags & SLOT_DIRTY))
            add_cut_row(table, table->dirty[i], &rows);
    }
    table->dirty_count = 0;
    if (table->log->rewriting > 0)
        add_rewrite_stretch(table, &rows);
    if (table->expiry_cell >= 0)
        write_cut(table, &rows);
    else
        write_cut_rows(table, &rows);
    block_log_end(table->log);
    if (table->log->rewriting > 0 && table->rewrite_slot >= table->slot_end)
        block_log_rewrite_end(table->log, cut);
    if (table->expiry_passed > INT64_MIN)
        block_log_pass(table->log, table->expiry_passed, cut);
    if (table->cold_written != table->cold_counted)
        block_log_put_counter(table->log, table->cold_written, cut);
    table->cold_counted = table->cold_written;
    /* Each slot is a row or free; what the cut leaves behind would be in no later one. */
    assert(table->row_count + table->free_count == (int64_t)table->slot_end);
    assert(table->deleted_count == 0 && table->log_rows >= rows.count && table->log_rows <= table->row_count);
    assert(table->cold_rows >= 0 && table->cold_written >= 0);
    memory_free(rows.slots);
    memory_free(rows.shards);
}

/* Without a store there is nothing to keep up with. */
static void forget_marks(StateTable *table) {
    for (int i = 0; i < table->dirty_count; i++)
        slot_head(table, table->dirty[i])->flags &= (uint8_t)~SLOT_DIRTY;
    table->dirty_count = 0;
}

void state_space_cut(StateSpace *space, uint64_t epoch, Cut *cut) {
    for (int i = 0; i < space->table_count; i++) {
        if (space->spec.store == NULL)
            forget_marks(space->tables[i]);
        else
            cut_table(space->tables[i], epoch, cut);
    }
    if (space->spec.store != NULL)
        cold_cut(space, cut);
    state_space_account(space);
}

bool state_space_is_dirty(const StateSpace *space) {
    bool is_dirty = pending_count(space->pending) > 0;
    for (int i = 0; i < space->table_count; i++)
        is_dirty |= space->tables[i]->dirty_count > 0 || space->tables[i]->deleted_count > 0;
    return is_dirty;
}

size_t state_space_dirty_bytes(const StateSpace *space) {
    size_t size = pending_bytes(space->pending);
    for (int i = 0; i < space->table_count; i++) {
        const StateTable *table = space->tables[i];
        size += (size_t)table->dirty_count * table->slot_size;
        for (int batch = 0; batch < table->deleted_count; batch++)
            size += (size_t)table->deleted[batch]->row_count * 16 * (size_t)table->spec.key_count;
    }
    return size;
}

void state_drop_object(uint32_t object_id, Cut *cut) {
    assert(object_id < UINT32_MAX);
    Text from = {0}, to = {0};
    key_add_u32(&from, object_id);
    key_add_u32(&to, object_id + 1);
    cut_delete_range(cut, FAMILY_LOG, from.bytes, from.length, to.bytes, to.length);
    cut_delete_range(cut, FAMILY_COLD, from.bytes, from.length, to.bytes, to.length);
    text_free(&from);
    text_free(&to);
}

/* Steps. */

void state_space_begin_step(StateSpace *space) {
    (void)space; /* slots are pinned by not being evicted before the step's end */
}

void state_space_end_step(StateSpace *space) {
    state_space_account(space);
    if (!space->has_eviction)
        return;
    const MemoryBudget *budget = space->spec.budget;
    size_t used = atomic_load(&budget->used), goal = budget->limit - budget->limit / 10;
    if (used <= budget->limit && budget->limit > 0)
        return;
    size_t wanted = used > goal ? used - goal : 0;
    for (int i = 0; i < space->table_count && (wanted > 0 || budget->limit == 0); i++) {
        size_t size = cold_evict(space->tables[i], wanted, budget->limit == 0);
        wanted -= size < wanted ? size : wanted;
    }
    state_space_account(space);
}

size_t state_space_bytes(const StateSpace *space) {
    size_t size =
        pending_bytes(space->pending) + (space->committing != NULL ? pending_bytes(space->committing) : 0);
    for (int i = 0; i < space->table_count; i++)
        size += state_table_bytes(space->tables[i]);
    return size;
}

int64_t state_space_rows(const StateSpace *space) {
    int64_t count = 0;
    for (int i = 0; i < space->table_count; i++)
        count += state_table_count(space->tables[i]);
    return count;
}
