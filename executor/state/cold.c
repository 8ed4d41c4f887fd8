/* Eviction: rows that leave memory for COLD, and come back.

   A row's durable place is either the log or COLD. Rows leave and come in units: a row by itself, or all rows
   of one key of the table's first index that covers the shard cells. A unit's key in COLD is (object,
   operator, table, shard, canonical key), its value all rows of it. No trace of an evicted key stays in
   memory: whether it exists is asked of COLD, whose Bloom filter answers mostly without reading.

   COLD is written by commits only. Until one is durable, what it will put or delete is found in `pending`
   (changes since the last cut) and `committing` (changes of the last cut, which was committed when the next
   one is made: one commit is in flight). */
#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/state/state_table_internal.h"

enum { TABLE_PREFIX = 10 };

static void add_table_prefix(const StateSpace *space, int number, Text *key) {
    key_add_u32(key, space->spec.object_id);
    key_add_u32(key, space->spec.operator_id);
    key_add_u16(key, (uint16_t)number);
}

/* `columns`: the batch's columns for the unit's cells. */
static void add_cold_key(
    const StateTable *table, const Batch *batch, const int *columns, int row, uint16_t shard, Text *key) {
    add_table_prefix(table->space, table->spec.number, key);
    key_add_u16(key, shard);
    if (table->unit != NULL)
        batch_add_key(batch, columns, table->unit->cell_count, row, key);
    else if (table->spec.relation == KEY_EQUAL)
        batch_add_key(batch, columns, table->spec.key_count, row, key);
    else
        batch_add_identical(batch, columns, table->spec.key_count, row, key);
}

/* The unit's cells in order, for rows that stand with all cells in a batch. */
static const int *unit_cells(const StateTable *table, int *key_cells) {
    if (table->unit != NULL)
        return table->unit->cells;
    for (int i = 0; i < table->spec.key_count; i++)
        key_cells[i] = i;
    return key_cells;
}

/* Shards of rows given by their unit cells. */
static void unit_shards(const StateTable *table, const Batch *batch, const int *columns, uint16_t *shards) {
    int count = table->spec.shard_key_count, shard_columns[KEY_CELLS_MAX];
    if (count == 0) {
        uint32_t id = table->space->spec.object_id;
        for (int row = 0; row < batch->row_count; row++)
            shards[row] = (uint16_t)hash_shard(hash_bytes_64(&id, sizeof id));
        return;
    }
    for (int key = 0; key < count; key++) {
        int at = key;
        for (int i = 0; table->unit != NULL && i < table->unit->cell_count; i++)
            if (table->unit->cells[i] == key)
                at = i;
        shard_columns[key] = columns[at];
    }
    uint64_t *hashes = memory_allocate((size_t)(batch->row_count + 1) * sizeof *hashes);
    batch_hash_keys(batch, shard_columns, count, hashes);
    for (int row = 0; row < batch->row_count; row++)
        shards[row] = (uint16_t)hash_shard(hashes[row]);
    memory_free(hashes);
}

/* Rows as bytes: null bits, then each cell that is not NULL as it lies, with its heap bytes behind it. */

static void encode_row(const StateTable *table, const Batch *rows, int row, Text *out) {
    int count = table->spec.cell_count;
    for (int byte = 0; byte < (count + 7) / 8; byte++) {
        uint8_t bits = 0;
        for (int i = 0; i < 8 && byte * 8 + i < count; i++)
            bits |= (uint8_t)(column_is_null(rows->columns[byte * 8 + i], row) << i);
        text_add_u8(out, bits);
    }
    for (int i = 0; i < count; i++) {
        const Column *column = rows->columns[i];
        if (column_is_null(column, row))
            continue;
        uint32_t length;
        const char *heap = datum_heap((Layout)column->layout, column_at(column, row), &length);
        text_add(out, column_at(column, row), table->cells[i].width);
        text_add(out, heap, length);
    }
}

static bool decode_row(const StateTable *table, TextReader *reader, Batch *rows) {
    int count = table->spec.cell_count, row = rows->row_count;
    const char *nulls = text_read_raw(reader, ((size_t)count + 7) / 8);
    if (nulls == NULL)
        return false;
    for (int i = 0; i < count; i++) {
        Column *column = rows->columns[i];
        if (nulls[i >> 3] >> (i & 7) & 1) {
            column_set_null(column, row);
            continue;
        }
        char element[16];
        uint32_t length;
        const char *bytes = text_read_raw(reader, table->cells[i].width);
        if (bytes == NULL)
            return false;
        memcpy(element, bytes, table->cells[i].width);
        if (datum_heap((Layout)column->layout, element, &length) != NULL || length > 0) {
            bytes = text_read_raw(reader, length);
            if (bytes == NULL)
                return false;
            datum_rebase((Layout)column->layout, element, bytes);
        }
        column_set_datum(column, row, element);
    }
    rows->row_count++;
    rows->selected_count++;
    return true;
}

/* Loading. */

/* Rows on their way into a table. */
typedef struct Arrival {
    StateTable *table;
    Batch *rows;
    bool is_clean; /* as they lie in COLD; else they were pending and are to be written again */
} Arrival;

static void arrival_flush(Arrival *arrival) {
    if (arrival->rows == NULL)
        return;
    StateTable *table = arrival->table;
    int added = table_install(table, arrival->rows, arrival->is_clean ? SLOT_IN_COLD : SLOT_DIRTY);
    table->cold_rows -= added;
    if (!arrival->is_clean)
        table->cold_written -= added;
    batch_release(arrival->rows);
    arrival->rows = NULL;
}

static Status arrival_add(Arrival *arrival, const char *value, size_t length, Error *error) {
    TextReader reader = {value, value + length, 0};
    uint32_t count = text_read_u32(&reader);
    for (uint32_t i = 0; i < count; i++) {
        if (arrival->rows == NULL)
            arrival->rows =
                batch_builder(arrival->table->spec.cells, arrival->table->spec.cell_count, BATCH_ROWS_MAX);
        if (!decode_row(arrival->table, &reader, arrival->rows))
            return error_set(error, STATUS_DATA_CORRUPTED, "an evicted row of stored state is damaged");
        if (arrival->rows->row_count == BATCH_ROWS_MAX)
            arrival_flush(arrival);
    }
    return reader.cursor == reader.end && !reader.is_bad
               ? OK
               : error_set(error, STATUS_DATA_CORRUPTED, "an evicted row of stored state is damaged");
}

static Status take_pending(Arrival *arrival, PendingEntry *entry, Error *error) {
    TRY(arrival_add(arrival, entry->value, entry->value_length, error));
    if (entry->has_older)
        pending_set(arrival->table->space->pending, entry, NULL, 0);
    else
        pending_forget(arrival->table->space->pending, entry);
    return OK;
}

/* Keys to be read from the store in one call. */
typedef struct ColdRequest {
    Text keys;
    size_t *offsets;
    int count;
    int capacity;
} ColdRequest;

static Status read_stored(const ColdRequest *request, Arrival *clean, Error *error) {
    int count = request->count;
    if (count == 0)
        return OK;
    const char **keys = NEW_ARRAY(const char *, count);
    char **values = NEW_ARRAY(char *, count);
    size_t *lengths = NEW_ARRAY(size_t, count), *value_lengths = NEW_ARRAY(size_t, count);
    for (int i = 0; i < count; i++) {
        keys[i] = request->keys.bytes + request->offsets[i];
        lengths[i] = (i + 1 < count ? request->offsets[i + 1] : request->keys.length) - request->offsets[i];
    }
    Status status = store_get_many(
        clean->table->space->spec.store, FAMILY_COLD, count, keys, lengths, values, value_lengths, error);
    for (int i = 0; i < count; i++) {
        if (status == OK && values[i] != NULL)
            status = arrival_add(clean, values[i], value_lengths[i], error);
        memory_free(values[i]);
    }
    memory_free(keys);
    memory_free(values);
    memory_free(lengths);
    memory_free(value_lengths);
    return status;
}

/* From what is not durable yet, or noted down to be read. */
static Status look_up(const StateSpace *space, const Text *key, Arrival *clean, Arrival *dirty,
    ColdRequest *request, Error *error) {
    PendingEntry *entry = pending_find(space->pending, key->bytes, key->length);
    if (entry != NULL)
        return entry->value == NULL ? OK : take_pending(dirty, entry, error);
    entry = pending_find(space->committing, key->bytes, key->length);
    if (entry != NULL)
        return entry->value == NULL ? OK : arrival_add(clean, entry->value, entry->value_length, error);
    int capacity = request->capacity;
    GROW(request->offsets, capacity, request->count + 1);
    request->capacity = capacity;
    request->offsets[request->count++] = request->keys.length;
    text_add(&request->keys, key->bytes, key->length);
    return OK;
}

Status cold_load(
    StateTable *table, const Batch *batch, const int *columns, const uint8_t *wanted, Error *error) {
    Arrival clean = {.table = table, .is_clean = true}, dirty = {.table = table};
    ColdRequest request = {0};
    Text key = {0};
    uint16_t *shards = memory_allocate((size_t)(batch->row_count + 1) * sizeof *shards);
    unit_shards(table, batch, columns, shards);
    Status status = OK;
    for (int row = 0; status == OK && row < batch->row_count; row++) {
        /* Rows of other shards lie in the same family, for other instances. */
        if (!wanted[row] || shards[row] < table->space->spec.shard_begin ||
            shards[row] >= table->space->spec.shard_end)
            continue;
        text_reset(&key);
        add_cold_key(table, batch, columns, row, shards[row], &key);
        status = look_up(table->space, &key, &clean, &dirty, &request, error);
    }
    if (status == OK)
        status = read_stored(&request, &clean, error);
    arrival_flush(&clean);
    arrival_flush(&dirty);
    text_free(&key);
    text_free(&request.keys);
    memory_free(request.offsets);
    memory_free(shards);
    return status;
}

/* The units that the rows' keys belong to. */
static Status load_units(StateTable *table, const Batch *batch, const int *columns, Error *error) {
    int unit_columns[INDEX_CELLS_MAX];
    for (int i = 0; i < table->unit->cell_count; i++)
        unit_columns[i] = columns[table->unit->cells[i]];
    uint64_t *hashes = memory_allocate((size_t)batch->row_count * sizeof *hashes);
    state_index_hash(table->unit, batch, unit_columns, hashes);
    Status status = state_index_load(table->unit, batch, unit_columns, hashes, error);
    memory_free(hashes);
    return status;
}

Status state_table_load(
    StateTable *table, const Batch *batch, const int *columns, const uint64_t *hashes, Error *error) {
    if (table->space->failure.status != OK) {
        error_copy(error, &table->space->failure);
        return table->space->failure.status;
    }
    if (table->cold_rows == 0 || batch->row_count == 0 || MUTANT("evicted-rows-forgotten"))
        return OK;
    if (table->unit != NULL)
        return load_units(table, batch, columns, error);
    Slot *slots = memory_allocate((size_t)batch->row_count * sizeof *slots);
    uint8_t *wanted = memory_allocate((size_t)batch->row_count);
    state_table_find(table, batch, columns, hashes, slots);
    for (int row = 0; row < batch->row_count; row++)
        wanted[row] = slots[row] == SLOT_NONE;
    Status status = cold_load(table, batch, columns, wanted, error);
    memory_free(slots);
    memory_free(wanted);
    return status;
}

static bool is_own_key(const StateSpace *space, int number, const char *key, size_t key_length) {
    Text prefix = {0};
    add_table_prefix(space, number, &prefix);
    bool is_own =
        key_length >= TABLE_PREFIX + sizeof(uint16_t) && memcmp(key, prefix.bytes, TABLE_PREFIX) == 0;
    text_free(&prefix);
    if (!is_own)
        return false;
    uint32_t shard = (uint32_t)(uint8_t)key[TABLE_PREFIX] << 8 | (uint8_t)key[TABLE_PREFIX + 1];
    return shard >= space->spec.shard_begin && shard < space->spec.shard_end;
}

static Status load_stored(void *argument, const char *key, size_t key_length, const char *value,
    size_t value_length, Error *error) {
    Arrival *clean = argument;
    const StateSpace *space = clean->table->space;
    bool is_superseded = pending_find(space->pending, key, key_length) != NULL ||
                         pending_find(space->committing, key, key_length) != NULL;
    if (is_superseded || !is_own_key(space, clean->table->spec.number, key, key_length))
        return OK;
    return arrival_add(clean, value, value_length, error);
}

static Status load_pending(StateTable *table, Arrival *dirty, Error *error) {
    StateSpace *space = table->space;
    for (int i = 0; i < pending_count(space->pending); i++) {
        PendingEntry *entry = pending_entry(space->pending, i);
        if (!entry->is_gone && entry->value != NULL &&
            is_own_key(space, table->spec.number, entry->key, entry->key_length))
            TRY(take_pending(dirty, entry, error));
    }
    return OK;
}

static Status load_committing(StateTable *table, Arrival *clean, Error *error) {
    StateSpace *space = table->space;
    for (int i = 0; space->committing != NULL && i < pending_count(space->committing); i++) {
        PendingEntry *entry = pending_entry(space->committing, i);
        bool is_value = !entry->is_gone && entry->value != NULL &&
                        is_own_key(space, table->spec.number, entry->key, entry->key_length);
        if (is_value && pending_find(space->pending, entry->key, entry->key_length) == NULL)
            TRY(arrival_add(clean, entry->value, entry->value_length, error));
    }
    return OK;
}

Status cold_load_all(StateTable *table, Error *error) {
    Arrival clean = {.table = table, .is_clean = true}, dirty = {.table = table};
    Text prefix = {0};
    if (table->spec.is_bag)
        table_index_keys(table);
    add_table_prefix(table->space, table->spec.number, &prefix);
    /* Pending values last: taking one out would uncover the older value that it hides. */
    Status status = store_scan(
        table->space->spec.store, FAMILY_COLD, prefix.bytes, prefix.length, load_stored, &clean, error);
    if (status == OK)
        status = load_committing(table, &clean, error);
    if (status == OK)
        status = load_pending(table, &dirty, error);
    arrival_flush(&clean);
    arrival_flush(&dirty);
    if (table->spec.is_bag)
        table_forget_keys(table);
    text_free(&prefix);
    return status;
}

typedef struct ColdCount {
    const StateSpace *space;
    int number;
    int64_t rows;
} ColdCount;

static Status count_stored(void *argument, const char *key, size_t key_length, const char *value,
    size_t value_length, Error *error) {
    ColdCount *count = argument;
    (void)error;
    TextReader reader = {value, value + value_length, 0};
    if (is_own_key(count->space, count->number, key, key_length))
        count->rows += text_read_u32(&reader);
    return OK;
}

Status cold_count(StateSpace *space, int number, int64_t *rows, Error *error) {
    ColdCount count = {.space = space, .number = number};
    Text prefix = {0};
    add_table_prefix(space, number, &prefix);
    Status status =
        store_scan(space->spec.store, FAMILY_COLD, prefix.bytes, prefix.length, count_stored, &count, error);
    text_free(&prefix);
    *rows = count.rows;
    return status;
}

/* Leaving. */

static Slot unit_first(const StateTable *table, Slot slot) {
    if (table->unit != NULL)
        for (Slot previous; (previous = chain_link(table->unit, slot)->previous) != SLOT_NONE;)
            slot = previous;
    return slot;
}

static Slot unit_next(const StateTable *table, Slot slot) {
    return table->unit != NULL ? chain_link(table->unit, slot)->next : SLOT_NONE;
}

void cold_withdraw(StateTable *table, Slot slot) {
    StateSpace *space = table->space;
    int columns[KEY_CELLS_MAX];
    int count = table->unit != NULL ? table->unit->cell_count : table->spec.key_count;
    Batch *row = table_gather(table, table->unit != NULL ? table->unit->cells : NULL, count, &slot, 1);
    for (int i = 0; i < count; i++)
        columns[i] = i;
    Text key = {0};
    add_cold_key(table, row, columns, 0, slot_head(table, slot)->shard, &key);
    PendingEntry *entry = pending_add(space->pending, key.bytes, key.length);
    pending_set(space->pending, entry, NULL, 0);
    entry->has_older = true;
    for (Slot member = unit_first(table, slot); member != SLOT_NONE; member = unit_next(table, member)) {
        SlotHead *head = slot_head(table, member);
        if (head->flags & SLOT_IN_COLD)
            table->cold_written--;
        head->flags &= (uint8_t)~SLOT_IN_COLD;
        if (!(head->flags & SLOT_DIRTY)) {
            head->flags |= SLOT_DIRTY;
            table_mark_dirty(table, member);
        }
    }
    text_free(&key);
    batch_release(row);
}

/* Slots that leave, unit by unit; their cells are gathered a window at a time. */
typedef struct Leaving {
    Slot *slots;
    int count;
    int capacity;
} Leaving;

static void put_unit(StateTable *table, Text *value, const Text *key, uint32_t row_count) {
    memcpy(value->bytes, &row_count, sizeof row_count);
    PendingEntry *entry = pending_add(table->space->pending, key->bytes, key->length);
    pending_set(table->space->pending, entry, value->bytes, value->length);
    table->cold_written += row_count;
}

/* Encodes the units that COLD does not hold as they are. */
static void write_leaving(StateTable *table, const Leaving *leaving) {
    int key_cells[KEY_CELLS_MAX];
    const int *cells = unit_cells(table, key_cells);
    Text key = {0}, value = {0};
    Batch *window = NULL;
    uint32_t unit_rows = 0;
    for (int i = 0; i < leaving->count; i++) {
        int row = i % BATCH_ROWS_MAX;
        if (row == 0) {
            batch_release(window);
            window = table_gather(table, NULL, table->spec.cell_count, leaving->slots + i,
                leaving->count - i < BATCH_ROWS_MAX ? leaving->count - i : BATCH_ROWS_MAX);
        }
        if (unit_rows == 0) {
            text_reset(&key);
            text_reset(&value);
            text_add_u32(&value, 0);
            add_cold_key(table, window, cells, row, slot_head(table, leaving->slots[i])->shard, &key);
        }
        encode_row(table, window, row, &value);
        unit_rows++;
        if (unit_next(table, leaving->slots[i]) == SLOT_NONE) {
            put_unit(table, &value, &key, unit_rows);
            unit_rows = 0;
        }
    }
    batch_release(window);
    text_free(&key);
    text_free(&value);
}

static void drop_leaving(StateTable *table, const Leaving *leaving) {
    for (int i = 0; i < leaving->count; i++) {
        if (slot_head(table, leaving->slots[i])->flags & SLOT_IN_LOG)
            table_bury(table, leaving->slots[i]);
        table_drop_slot(table, leaving->slots[i]);
    }
    table->cold_rows += leaving->count;
    table->evictions += leaving->count > 0;
}

/* Whether the whole unit may go now. Takes the slot's second chance away. */
static bool may_leave(StateTable *table, Slot slot, bool is_everything) {
    SlotHead *head = slot_head(table, slot);
    if (!(head->flags & SLOT_LIVE) || (head->flags & SLOT_LEAVING))
        return false;
    if (is_everything)
        return true;
    bool is_recent = head->flags & SLOT_RECENT;
    head->flags &= (uint8_t)~SLOT_RECENT;
    for (Slot member = unit_first(table, slot); member != SLOT_NONE; member = unit_next(table, member))
        is_recent |= (slot_head(table, member)->flags & SLOT_RECENT) != 0;
    return !is_recent;
}

static size_t pick_unit(StateTable *table, Slot slot, Leaving *clean, Leaving *dirty) {
    Leaving *list = slot_head(table, slot)->flags & SLOT_IN_COLD ? clean : dirty;
    size_t size = 0;
    for (Slot member = unit_first(table, slot); member != SLOT_NONE; member = unit_next(table, member)) {
        GROW(list->slots, list->capacity, list->count + 1);
        list->slots[list->count++] = member;
        slot_head(table, member)->flags |= SLOT_LEAVING;
        size += table_row_size(table, member);
    }
    return size;
}

size_t cold_evict(StateTable *table, size_t wanted, bool is_everything) {
    Leaving clean = {0}, dirty = {0};
    size_t size = 0;
    for (Slot i = 0; i < table->slot_end && (is_everything || size < wanted); i++) {
        if (table->sweep_slot >= table->slot_end)
            table->sweep_slot = 0;
        Slot slot = table->sweep_slot++;
        if (may_leave(table, slot, is_everything))
            size += pick_unit(table, slot, &clean, &dirty);
    }
    write_leaving(table, &dirty);
    drop_leaving(table, &dirty);
    drop_leaving(table, &clean);
    memory_free(clean.slots);
    memory_free(dirty.slots);
    if (table->row_count == 0)
        table_shrink(table);
    return size;
}

void cold_cut(StateSpace *space, Cut *cut) {
    for (int i = 0; i < pending_count(space->pending); i++) {
        const PendingEntry *entry = pending_entry(space->pending, i);
        if (entry->is_gone)
            continue;
        if (entry->value == NULL)
            cut_delete(cut, FAMILY_COLD, entry->key, entry->key_length);
        else
            cut_put(cut, FAMILY_COLD, entry->key, entry->key_length, entry->value, entry->value_length);
    }
    pending_destroy(space->committing);
    space->committing = space->pending;
    space->pending = pending_create();
}
