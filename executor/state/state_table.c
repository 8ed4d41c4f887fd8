/* StateTable: slots, finding and inserting.

   Slots lie in pages of 256, so their addresses never change; a SlotIndex leads from hashes to them. Batches
   are probed in groups: first the places in the index are prefetched, then the slots that the tags point to,
   then keys are compared, so that cache misses of a group overlap. */
#include <assert.h>
#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/state/key_columns.h"
#include "executor/types/definition.h"

enum { GROUP = 32, FREE_AHEAD = 8 };
/* So many slots, and such a share of an index, are swept out of it rather than removed one by one. */
enum { SWEEP_MIN = 64, SWEEP_SHARE = 16 };

/* Opening. */

CellForm cell_form(KeyRelation relation, Type type) {
    Layout layout = type_layout(type);
    if (layout == LAYOUT_VIEW && relation == KEY_IDENTICAL)
        return CELL_VIEW;
    if (layout == LAYOUT_NUMERIC && relation == KEY_IDENTICAL)
        return CELL_IDENTICAL;
    if (relation == KEY_IDENTICAL)
        return CELL_BYTES;
    if (type.is_array)
        return CELL_COMPARE;
    switch (type.id) {
    case TYPE_BOOL:
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
    case TYPE_OID:
        return CELL_BYTES;
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_NAME:
    case TYPE_BYTEA:
    case TYPE_UUID:
        return CELL_VIEW;
    default:
        return CELL_COMPARE;
    }
}

static void lay_out_cells(StateTable *table) {
    int count = table->spec.cell_count;
    table->cells = NEW_ARRAY(CellInfo, count);
    table->heap_cells = NEW_ARRAY(int, count);
    bool is_small = count <= 8;
    table->null_offset = is_small ? offsetof(SlotHead, nulls) : sizeof(SlotHead);
    uint32_t offset = sizeof(SlotHead) + (is_small ? 0 : ((uint32_t)count + 63) / 64 * 8);
    for (int i = 0; i < count; i++) {
        Layout layout = type_layout(table->spec.cells[i]);
        uint32_t width = (uint32_t)layout_width(layout);
        table->cells[i] = (CellInfo){.type = table->spec.cells[i],
            .layout = (uint8_t)layout,
            .width = (uint8_t)width,
            .offset = offset,
            .form = (uint8_t)cell_form(table->spec.relation, table->spec.cells[i])};
        offset += width == 16 ? 16 : 8;
        if (type_has_heap(table->spec.cells[i]))
            table->heap_cells[table->heap_count++] = i;
    }
    table->slot_size = offset;
}

void table_add_description(const StateTable *table, Text *out) {
    const StateTableSpec *spec = &table->spec;
    text_add_u8(out, (uint8_t)spec->relation);
    text_add_u16(out, (uint16_t)spec->key_count);
    text_add_u16(out, (uint16_t)spec->shard_key_count);
    text_add_u16(out, (uint16_t)spec->cell_count);
    for (int i = 0; i < spec->cell_count; i++) {
        text_add_u8(out, spec->cells[i].id);
        text_add_u8(out, spec->cells[i].is_array);
        text_add_u32(out, (uint32_t)spec->cells[i].modifier);
        type_add_definition(spec->cells[i], out);
    }
}

/* The log that was read for the table, or an empty one. */
static void take_log(StateTable *table) {
    StateSpace *space = table->space;
    const StateSpaceSpec *owner = &space->spec;
    for (int i = 0; i < space->loaded_count && table->log == NULL; i++) {
        if (space->loaded[i].log->table != table->spec.number)
            continue;
        table->log = space->loaded[i].log;
        table->cold_rows = table->cold_written = space->loaded[i].cold_rows;
        table->cold_counted = space->loaded[i].is_counted_anew ? -1 : table->cold_rows;
        space->loaded[i] = space->loaded[--space->loaded_count];
    }
    if (table->log == NULL) {
        table->log = NEW(BlockLog);
        block_log_init(table->log, owner->object_id, owner->operator_id, (uint16_t)table->spec.number,
            owner->worker, owner->shard_begin, owner->shard_end);
    }
    text_reset(&table->log->description);
    table_add_description(table, &table->log->description);
}

StateTable *table_create(StateSpace *space, const StateTableSpec *spec) {
    assert(spec->key_count <= KEY_CELLS_MAX);
    StateTable *table = NEW(StateTable);
    table->space = space;
    table->spec = *spec;
    Type *cells = NEW_ARRAY(Type, spec->cell_count);
    memcpy(cells, spec->cells, (size_t)spec->cell_count * sizeof *cells);
    table->spec.cells = cells;
    table->is_shard_hash = spec->relation == KEY_EQUAL && spec->shard_key_count == spec->key_count;
    table->expiry_cell = -1;
    table->expiry_passed = INT64_MIN;
    lay_out_cells(table);
    slot_index_init(&table->index);
    take_log(table);
    GROW(space->tables, space->table_capacity, space->table_count + 1);
    space->tables[space->table_count++] = table;
    return table;
}

StateTable *table_find(StateSpace *space, int number) {
    for (int i = 0; i < space->table_count; i++)
        if (space->tables[i]->spec.number == number)
            return space->tables[i];
    return NULL;
}

static bool is_same_spec(const StateTableSpec *a, const StateTableSpec *b) {
    bool is_same = a->relation == b->relation && a->key_count == b->key_count &&
                   a->cell_count == b->cell_count && a->shard_key_count == b->shard_key_count;
    for (int i = 0; is_same && i < a->cell_count; i++)
        is_same = type_is_same(a->cells[i], b->cells[i]);
    return is_same;
}

StateTable *state_table_open(StateSpace *space, const StateTableSpec *spec) {
    StateTable *table = table_find(space, spec->number);
    if (table == NULL)
        table = table_create(space, spec);
    assert(!table->is_open && is_same_spec(&table->spec, spec));
    table->is_open = true;
    table->spec.is_bag = spec->is_bag;
    if (spec->is_bag)
        table_forget_keys(table);
    return table;
}

void table_forget_keys(StateTable *table) {
    slot_index_destroy(&table->index);
    slot_index_init(&table->index);
    table->is_unindexed = true;
}

static void free_heaps(StateTable *table, char *slot) {
    for (int i = 0; i < table->heap_count; i++) {
        const CellInfo *info = &table->cells[table->heap_cells[i]];
        table_free_heap(table, (Layout)info->layout, slot + info->offset);
    }
}

void table_destroy(StateTable *table) {
    for (int i = 0; i < table->index_count; i++)
        index_destroy(table->indexes[i]);
    for (Slot slot = 0; table->heap_count > 0 && slot < table->slot_end; slot++)
        if (slot_head(table, slot)->flags & SLOT_LIVE)
            free_heaps(table, table_slot(table, slot));
    for (int i = 0; i < table->deleted_count; i++) {
        batch_release(table->deleted[i]);
        memory_free(table->deleted_shards[i]);
    }
    for (int i = 0; i < table->page_count; i++)
        memory_free(table->pages[i]);
    slab_destroy(&table->slab);
    slot_index_destroy(&table->index);
    block_log_free(table->log);
    memory_free(table->log);
    memory_free(table->deleted);
    memory_free(table->deleted_shards);
    memory_free(table->indexes);
    memory_free(table->pages);
    memory_free(table->dirty);
    memory_free(table->free_slots);
    memory_free(table->cells);
    memory_free(table->heap_cells);
    memory_free((void *)table->spec.cells);
    memory_free(table);
}

/* Cells. */

void table_free_heap(StateTable *table, Layout layout, void *cell) {
    uint32_t length;
    const char *heap = datum_heap(layout, cell, &length);
    if (heap != NULL)
        slab_free(&table->slab, (void *)(uintptr_t)heap, length);
}

void table_copy_cell(StateTable *table, Layout layout, void *cell, const void *element) {
    uint32_t length;
    const char *heap = datum_heap(layout, element, &length);
    memcpy(cell, element, layout_width(layout));
    if (heap == NULL)
        return;
    char *copy = slab_allocate(&table->slab, length);
    memcpy(copy, heap, length);
    datum_rebase(layout, cell, copy);
}

void state_table_store(void *owner, Layout layout, void *cell, const void *element) {
    StateTable *table = owner;
    char old[16];
    memcpy(old, cell, layout_width(layout));
    /* The element may lie in the old bytes: they go last. */
    table_copy_cell(table, layout, cell, element);
    table_free_heap(table, layout, old);
}

int state_table_cell_offset(const StateTable *table, int cell) {
    return (int)table->cells[cell].offset;
}

char *state_table_slot(StateTable *table, Slot slot) {
    return table_slot(table, slot);
}

void state_table_slots(StateTable *table, const Slot *slots, int count, char **bytes) {
    for (int i = 0; i < count; i++)
        bytes[i] = table_slot(table, slots[i]);
}

bool state_table_is_null(const StateTable *table, Slot slot, int cell) {
    return slot_is_null(table, table_slot(table, slot), cell);
}

static void set_null_bit(const StateTable *table, char *slot, int cell, bool is_null) {
    char *byte = slot + table->null_offset + (cell >> 3);
    *byte = (char)((*byte & ~(1 << (cell & 7))) | is_null << (cell & 7));
}

void state_table_set_null(StateTable *table, Slot slot, int cell, bool is_null) {
    char *bytes = table_slot(table, slot);
    const CellInfo *info = &table->cells[cell];
    if (is_null) {
        table_free_heap(table, (Layout)info->layout, bytes + info->offset);
        memset(bytes + info->offset, 0, info->width);
    }
    set_null_bit(table, bytes, cell, is_null);
}

void state_table_set_cell(StateTable *table, Slot slot, int cell, const void *element) {
    char *bytes = table_slot(table, slot);
    state_table_store(table, (Layout)table->cells[cell].layout, bytes + table->cells[cell].offset, element);
    set_null_bit(table, bytes, cell, false);
}

#define GATHER(T)                   \
    for (int i = 0; i < count; i++) \
        if (slots[i] != SLOT_NONE)  \
            memcpy((T *)column->values + i, table_slot(table, slots[i]) + offset, sizeof(T));

Column *state_table_gather(StateTable *table, int cell, const Slot *slots, int count) {
    const CellInfo *info = &table->cells[cell];
    const uint32_t offset = info->offset;
    Column *column = column_create(info->type, count);
    switch (info->width) {
    case 1:
        GATHER(uint8_t)
        break;
    case 2:
        GATHER(uint16_t)
        break;
    case 4:
        GATHER(uint32_t)
        break;
    case 8:
        GATHER(uint64_t)
        break;
    default:
        GATHER(Interval)
        break;
    }
    bool has_heap = type_has_heap(info->type);
    for (int i = 0; i < count; i++) {
        if (slots[i] == SLOT_NONE || slot_is_null(table, table_slot(table, slots[i]), cell)) {
            column_set_null(column, i);
            continue;
        }
        if (!has_heap)
            continue;
        uint32_t length;
        void *element = (char *)column->values + (size_t)i * info->width;
        const char *heap = datum_heap((Layout)info->layout, element, &length);
        if (heap != NULL) {
            char *copy = column_store(column, length);
            memcpy(copy, heap, length);
            datum_rebase((Layout)info->layout, element, copy);
        }
    }
    return column;
}

Batch *table_gather(StateTable *table, const int *cells, int count, const Slot *slots, int slot_count) {
    Column **columns = NEW_ARRAY(Column *, count + 1);
    for (int i = 0; i < count; i++)
        columns[i] = state_table_gather(table, cells == NULL ? i : cells[i], slots, slot_count);
    Batch *batch = batch_create(slot_count, count, columns);
    memory_free(columns);
    return batch;
}

size_t table_row_size(const StateTable *table, Slot slot) {
    size_t size = table->slot_size;
    const char *bytes = table_slot(table, slot);
    for (int i = 0; i < table->heap_count; i++) {
        const CellInfo *info = &table->cells[table->heap_cells[i]];
        uint32_t length;
        datum_heap((Layout)info->layout, bytes + info->offset, &length);
        size += length;
    }
    return size;
}

/* Finding. */

static void hash_cells(
    const StateTable *table, const Batch *batch, const int *columns, int count, uint64_t *hashes) {
    if (table->spec.relation == KEY_EQUAL)
        batch_hash_keys(batch, columns, count, hashes);
    else
        batch_hash_identical(batch, columns, count, hashes);
}

static bool is_hashed_whole(const StateTable *table) {
    return table->is_shard_hash || table->spec.shard_key_count == 0;
}

/* Rows that are identical have equal keys, so that the hash of those that give the shard can be shared with
   whoever else needs it. */
static void hash_in_parts(const StateTable *table, const Batch *batch, const int *columns, uint64_t *hashes) {
    uint64_t *key_hashes = memory_allocate((size_t)(batch->row_count + 1) * sizeof *key_hashes);
    batch_hash_keys(batch, columns, table->spec.shard_key_count, key_hashes);
    state_table_hash_keyed(table, batch, columns, key_hashes, hashes);
    memory_free(key_hashes);
}

void state_table_hash(const StateTable *table, const Batch *batch, const int *columns, uint64_t *hashes) {
    if (is_hashed_whole(table))
        hash_cells(table, batch, columns, table->spec.key_count, hashes);
    else
        hash_in_parts(table, batch, columns, hashes);
}

void state_table_hash_keyed(const StateTable *table, const Batch *batch, const int *columns,
    const uint64_t *key_hashes, uint64_t *hashes) {
    int shared = table->spec.shard_key_count;
    if (is_hashed_whole(table)) {
        state_table_hash(table, batch, columns, hashes);
        return;
    }
    hash_cells(table, batch, columns + shared, table->spec.key_count - shared, hashes);
    /* Turned, as both parts may be of the same values. */
    for (int row = 0; row < batch->row_count; row++)
        hashes[row] =
            (hashes[row] ^ (key_hashes[row] >> 29 | key_hashes[row] << 35)) * UINT64_C(0x9e3779b97f4a7c15);
}

static Slot find_one(const StateTable *table, const KeyColumns *keys, uint32_t tag, int row) {
    for (SlotProbe probe = slot_probe(&table->index, tag); slot_probe_next(&probe);)
        if (key_columns_match(keys, table, probe.slot, row))
            return probe.slot;
    return SLOT_NONE;
}

/* Brings the group's places in the index, then the slots they lead to, towards the processor; gives the first
   slot of each tag, mostly the one looked for. */
static inline void prefetch_group(const StateTable *table, const uint64_t *hashes, int count, Slot *first) {
    for (int i = 0; i < count; i++)
        slot_index_prefetch(&table->index, (uint32_t)hashes[i]);
    for (int i = 0; i < count; i++) {
        SlotProbe probe = slot_probe(&table->index, (uint32_t)hashes[i]);
        first[i] = slot_probe_next(&probe) ? probe.slot : SLOT_NONE;
        if (first[i] != SLOT_NONE)
            __builtin_prefetch(table_slot(table, first[i]));
    }
}

static void mark_recent(StateTable *table, const Slot *slots, int count) {
    if (!table->space->has_eviction)
        return;
    for (int i = 0; i < count; i++)
        if (slots[i] != SLOT_NONE)
            slot_head(table, slots[i])->flags |= SLOT_RECENT;
}

void state_table_find(
    StateTable *table, const Batch *batch, const int *columns, const uint64_t *hashes, Slot *slots) {
    KeyColumns keys;
    assert(!table->is_unindexed);
    key_columns_init(&keys, table, table->spec.relation, NULL, table->spec.key_count, batch, columns);
    for (int from = 0; from < batch->row_count; from += GROUP) {
        int end = batch->row_count - from < GROUP ? batch->row_count : from + GROUP;
        prefetch_group(table, hashes + from, end - from, slots + from);
        for (int row = from; row < end; row++)
            if (slots[row] != SLOT_NONE && !key_columns_match(&keys, table, slots[row], row))
                slots[row] = find_one(table, &keys, (uint32_t)hashes[row], row);
    }
    key_columns_free(&keys);
    mark_recent(table, slots, batch->row_count);
}

/* Inserting and deleting. */

/* A slot may lie on two cache lines. */
static inline void prefetch_slot(const StateTable *table, Slot slot) {
    const char *bytes = table_slot(table, slot);
    __builtin_prefetch(bytes, 1);
    __builtin_prefetch(bytes + table->slot_size - 1, 1);
}

static Slot take_slot(StateTable *table) {
    if (table->free_count > 0) {
        if (table->free_count > FREE_AHEAD)
            prefetch_slot(table, table->free_slots[table->free_count - 1 - FREE_AHEAD]);
        return table->free_slots[--table->free_count];
    }
    Slot slot = table->slot_end++;
    assert(slot != SLOT_NONE);
    if ((slot >> PAGE_SHIFT) == (Slot)table->page_count) {
        GROW(table->pages, table->page_capacity, table->page_count + 1);
        table->pages[table->page_count++] = memory_allocate((size_t)PAGE_SLOTS * table->slot_size);
    }
    return slot;
}

static void copy_key(StateTable *table, char *slot, const KeyColumns *keys, int row) {
    for (int i = 0; i < keys->count; i++) {
        const KeyColumn *key = &keys->columns[i];
        const char *element = key_element(key, row);
        if (key_is_null(key, row))
            set_null_bit(table, slot, i, true);
        else if (key->width == 8)
            memcpy(slot + key->offset, element, 8);
        else
            table_copy_cell(table, (Layout)table->cells[i].layout, slot + key->offset, element);
    }
}

void table_mark_dirty(StateTable *table, Slot slot) {
    GROW(table->dirty, table->dirty_capacity, table->dirty_count + 1);
    table->dirty[table->dirty_count++] = slot;
}

/* Shards of all rows where they are not those of the key's hash; NULL where they are, or are all the same
   (*fixed). */
static uint64_t *shard_hashes(const StateTable *table, const TableRows *rows, uint16_t *fixed) {
    const Batch *batch = rows->batch;
    if (table->is_shard_hash || rows->key_hashes != NULL)
        return NULL;
    if (table->spec.shard_key_count == 0) {
        uint32_t id = table->space->spec.object_id;
        *fixed = (uint16_t)hash_shard(hash_bytes_64(&id, sizeof id));
        return NULL;
    }
    uint64_t *hashes = memory_allocate((size_t)(batch->row_count + 1) * sizeof *hashes);
    batch_hash_keys(batch, rows->columns, table->spec.shard_key_count, hashes);
    return hashes;
}

static Slot add_row(
    StateTable *table, const KeyColumns *keys, uint32_t tag, uint16_t shard, int row, uint8_t flags) {
    Slot slot = take_slot(table);
    char *bytes = table_slot(table, slot);
    memset(bytes, 0, table->slot_size);
    SlotHead *head = (SlotHead *)bytes;
    head->tag = tag;
    head->shard = shard;
    head->flags = flags | SLOT_LIVE;
    copy_key(table, bytes, keys, row);
    if (flags & SLOT_DIRTY)
        table_mark_dirty(table, slot);
    table->row_count++;
    if (!table->is_unindexed)
        slot_index_insert(&table->index, tag, slot);
    return slot;
}

/* Adds new rows to the secondary indexes: the indexed cells are key cells, so their values stand in the
   batch. */
static void link_new_rows(StateTable *table, const TableRows *rows, const uint64_t *key_hashes,
    const Slot *slots, const uint8_t *is_new) {
    const Batch *batch = rows->batch;
    uint64_t *own = memory_allocate((size_t)batch->row_count * sizeof *own);
    int few[INDEX_CELLS_MAX];
    for (int i = 0; i < table->index_count; i++) {
        StateIndex *index = table->indexes[i];
        assert(index->cell_count <= INDEX_CELLS_MAX);
        for (int cell = 0; cell < index->cell_count; cell++)
            few[cell] = rows->columns[index->cells[cell]];
        bool is_hashed = key_hashes != NULL && index_is_over_shard(index);
        const uint64_t *hashes = is_hashed ? key_hashes : own;
        if (!is_hashed)
            state_index_hash(index, batch, few, own);
        KeyColumns keys;
        key_columns_init(&keys, table, KEY_EQUAL, index->cells, index->cell_count, batch, few);
        for (int row = 0; row < batch->row_count; row++) {
            if (row % GROUP == 0)
                index_prefetch(
                    index, hashes + row, batch->row_count - row < GROUP ? batch->row_count - row : GROUP);
            if (!is_new[row])
                continue;
            index_link(index, slots[row], (uint32_t)hashes[row], &keys, row);
            Slot next = chain_link(index, slots[row])->next;
            /* COLD holds the unit without this row. */
            bool is_grown =
                index == table->unit && next != SLOT_NONE && (slot_head(table, next)->flags & SLOT_IN_COLD);
            if (is_grown && !(slot_head(table, slots[row])->flags & SLOT_IN_COLD))
                cold_withdraw(table, next);
        }
        key_columns_free(&keys);
    }
    memory_free(own);
}

/* Where an insertion puts a row that is new. */
typedef struct Adding {
    StateTable *table;
    KeyColumns keys;
    const uint64_t *shards; /* hashes that give the shards; NULL: all `shard` */
    uint16_t shard;
    uint8_t flags;
} Adding;

static Slot add_missing(const Adding *adding, uint32_t tag, int row) {
    uint16_t shard = adding->shards != NULL ? (uint16_t)hash_shard(adding->shards[row]) : adding->shard;
    return add_row(adding->table, &adding->keys, tag, shard, row, adding->flags);
}

/* Rows of a bag: all are new. */
static int add_all(const Adding *adding, int count, Slot *slots, uint8_t *added) {
    for (int row = 0; row < count; row++)
        slots[row] = add_missing(adding, 0, row);
    if (added != NULL)
        memset(added, 1, (size_t)count);
    return count;
}

/* Returns how many were. */
static int add_where_missing(
    const Adding *adding, const uint64_t *hashes, int count, Slot *slots, uint8_t *added) {
    StateTable *table = adding->table;
    int added_count = 0;
    for (int from = 0; from < count; from += GROUP) {
        int end = count - from < GROUP ? count : from + GROUP;
        prefetch_group(table, hashes + from, end - from, slots + from);
        for (int row = from; row < end; row++) {
            uint32_t tag = (uint32_t)hashes[row];
            /* A row of this group may have come since. */
            if (slots[row] == SLOT_NONE || !key_columns_match(&adding->keys, table, slots[row], row))
                slots[row] = find_one(table, &adding->keys, tag, row);
            bool is_missing = slots[row] == SLOT_NONE;
            if (is_missing)
                slots[row] = add_missing(adding, tag, row);
            added_count += is_missing;
            if (added != NULL)
                added[row] = is_missing;
        }
    }
    return added_count;
}

void table_insert(StateTable *table, const TableRows *rows, Slot *slots, uint8_t *is_new, uint8_t flags) {
    int count = rows->batch->row_count;
    Adding adding = {.table = table, .flags = flags};
    uint64_t *computed = shard_hashes(table, rows, &adding.shard);
    adding.shards = computed != NULL                  ? computed
                    : table->is_shard_hash            ? rows->hashes
                    : table->spec.shard_key_count > 0 ? rows->key_hashes
                                                      : NULL;
    key_columns_init(
        &adding.keys, table, table->spec.relation, NULL, table->spec.key_count, rows->batch, rows->columns);
    uint8_t *added = table->index_count > 0 && is_new == NULL ? memory_allocate((size_t)count + 1) : is_new;
    int added_count = table->is_unindexed ? add_all(&adding, count, slots, added)
                                          : add_where_missing(&adding, rows->hashes, count, slots, added);
    if (added_count > 0 && table->index_count > 0)
        link_new_rows(table, rows, adding.shards, slots, added);
    mark_recent(table, slots, count);
    key_columns_free(&adding.keys);
    if (added != is_new)
        memory_free(added);
    memory_free(computed);
}

void state_table_insert(StateTable *table, const Batch *batch, const int *columns, const uint64_t *hashes,
    Slot *slots, uint8_t *is_new) {
    state_table_insert_keyed(table, batch, columns, hashes, NULL, slots, is_new);
}

void state_table_insert_keyed(StateTable *table, const Batch *batch, const int *columns,
    const uint64_t *hashes, const uint64_t *key_hashes, Slot *slots, uint8_t *is_new) {
    table_insert(table, &(TableRows){batch, columns, hashes, key_hashes}, slots, is_new,
        table->space->spec.is_one_shot ? 0 : SLOT_DIRTY);
}

int table_install(StateTable *table, const Batch *rows, uint8_t flags) {
    int columns[KEY_CELLS_MAX], count = rows->row_count, added = 0;
    for (int i = 0; i < table->spec.key_count; i++)
        columns[i] = i;
    uint64_t *hashes = memory_allocate((size_t)(count + 1) * sizeof *hashes);
    Slot *slots = memory_allocate((size_t)(count + 1) * sizeof *slots);
    uint8_t *is_new = memory_allocate((size_t)count + 1);
    state_table_hash(table, rows, columns, hashes);
    table_insert(table, &(TableRows){rows, columns, hashes, NULL}, slots, is_new, flags);
    for (int row = 0; row < count; row++) {
        if (!is_new[row])
            continue;
        added++;
        char *bytes = table_slot(table, slots[row]);
        for (int cell = table->spec.key_count; cell < table->spec.cell_count; cell++) {
            if (column_is_null(rows->columns[cell], row))
                set_null_bit(table, bytes, cell, true);
            else
                table_copy_cell(table, (Layout)table->cells[cell].layout, bytes + table->cells[cell].offset,
                    column_at(rows->columns[cell], row));
        }
    }
    memory_free(hashes);
    memory_free(slots);
    memory_free(is_new);
    return added;
}

/* is_swept: its entries in the indexes go later, together with others'. */
static void drop_slot(StateTable *table, Slot slot, bool is_swept) {
    char *bytes = table_slot(table, slot);
    SlotHead *head = (SlotHead *)bytes;
    assert(head->flags & SLOT_LIVE);
    for (int i = 0; i < table->index_count; i++)
        index_unlink(table->indexes[i], slot, is_swept);
    if (!is_swept && !table->is_unindexed)
        slot_index_remove(&table->index, head->tag, slot);
    free_heaps(table, bytes);
    if (head->flags & SLOT_IN_LOG)
        table->log_rows--;
    head->flags = 0;
    GROW(table->free_slots, table->free_capacity, table->free_count + 1);
    table->free_slots[table->free_count++] = slot;
    table->row_count--;
}

void table_drop_slot(StateTable *table, Slot slot) {
    drop_slot(table, slot, false);
}

static void open_deleted_batch(StateTable *table) {
    int capacity = table->deleted_capacity;
    GROW(table->deleted, table->deleted_capacity, table->deleted_count + 1);
    GROW(table->deleted_shards, capacity, table->deleted_count + 1);
    table->deleted[table->deleted_count] =
        batch_builder(table->spec.cells, table->spec.key_count, BATCH_ROWS_MAX);
    table->deleted_shards[table->deleted_count++] = memory_allocate(BATCH_ROWS_MAX * sizeof(uint16_t));
}

void table_bury(StateTable *table, Slot slot) {
    if (table->deleted_count == 0 || table->deleted[table->deleted_count - 1]->row_count == BATCH_ROWS_MAX)
        open_deleted_batch(table);
    Batch *batch = table->deleted[table->deleted_count - 1];
    const char *bytes = table_slot(table, slot);
    int row = batch->row_count++;
    batch->selected_count = batch->row_count;
    for (int i = 0; i < table->spec.key_count; i++) {
        if (slot_is_null(table, bytes, i))
            column_set_null(batch->columns[i], row);
        else
            column_set_datum(batch->columns[i], row, bytes + table->cells[i].offset);
    }
    table->deleted_shards[table->deleted_count - 1][row] = slot_head(table, slot)->shard;
}

/* What lies outside the table of a slot that goes. */
static void leave_durable(StateTable *table, Slot slot, bool is_expired) {
    uint8_t flags = slot_head(table, slot)->flags;
    if (flags & SLOT_IN_COLD)
        cold_withdraw(table, slot);
    if (!is_expired && (flags & SLOT_IN_LOG))
        table_bury(table, slot);
}

void state_table_delete(StateTable *table, Slot slot) {
    leave_durable(table, slot, false);
    drop_slot(table, slot, false);
}

/* Brings what freeing the slots looks at towards the processor. */
static void prefetch_to_drop(const StateTable *table, const Slot *slots, int count, bool is_swept) {
    for (int i = 0; i < count; i++) {
        prefetch_slot(table, slots[i]);
        for (int k = 0; k < table->index_count; k++)
            __builtin_prefetch(chain_link(table->indexes[k], slots[i]), 1);
    }
    for (int i = 0; i < count && !is_swept; i++) {
        if (!table->is_unindexed)
            slot_index_prefetch(&table->index, slot_head(table, slots[i])->tag);
        for (int k = 0; k < table->index_count; k++)
            index_prefetch_unlink(table->indexes[k], slots[i]);
    }
}

static void sweep_indexes(StateTable *table, const Slot *slots, int count) {
    uint64_t *dropped = memory_allocate_zero(((size_t)table->slot_end / 64 + 1) * sizeof *dropped);
    for (int i = 0; i < count; i++)
        dropped[slots[i] >> 6] |= UINT64_C(1) << (slots[i] & 63);
    if (!table->is_unindexed)
        slot_index_sweep(&table->index, dropped);
    for (int i = 0; i < table->index_count; i++)
        slot_index_sweep(&table->indexes[i]->heads, dropped);
    memory_free(dropped);
}

/* A window's rows are a large part of the table: their entries lie everywhere in the indexes, and one walk
   through these finds them in order. */
static void drop_many(StateTable *table, const Slot *slots, int count, bool is_expired) {
    const SlotIndex *largest = table->is_unindexed ? &table->indexes[0]->heads : &table->index;
    bool is_swept = (size_t)count >= SWEEP_MIN && (size_t)count >= slot_index_capacity(largest) / SWEEP_SHARE;
    for (int from = 0; from < count; from += GROUP) {
        int end = count - from < GROUP ? count : from + GROUP;
        prefetch_to_drop(table, slots + from, end - from, is_swept);
        for (int i = from; i < end; i++) {
            leave_durable(table, slots[i], is_expired);
            drop_slot(table, slots[i], is_swept);
        }
    }
    if (is_swept)
        sweep_indexes(table, slots, count);
}

void state_table_delete_many(StateTable *table, const Slot *slots, int count) {
    drop_many(table, slots, count, false);
}

void state_table_expire_by(StateTable *table, int cell) {
    assert(cell < table->spec.key_count);
    table->expiry_cell = cell;
}

void state_table_expire(StateTable *table, const Slot *slots, int count) {
    drop_many(table, slots, count, true);
}

void state_table_pass(StateTable *table, int64_t watermark) {
    if (watermark > table->expiry_passed)
        table->expiry_passed = watermark;
}

void state_table_touch(StateTable *table, Slot slot) {
    SlotHead *head = slot_head(table, slot);
    if (table->space->spec.is_one_shot || (head->flags & SLOT_DIRTY))
        return;
    if (head->flags & SLOT_IN_COLD) {
        cold_withdraw(table, slot);
    } else {
        head->flags |= SLOT_DIRTY;
        table_mark_dirty(table, slot);
    }
}

void state_table_touch_many(StateTable *table, const Slot *slots, int count) {
    for (int i = 0; i < count; i++)
        state_table_touch(table, slots[i]);
}

void table_shrink(StateTable *table) {
    for (int i = 0; i < table->page_count; i++)
        memory_free(table->pages[i]);
    slab_destroy(&table->slab);
    slot_index_destroy(&table->index);
    slot_index_init(&table->index);
    table->page_count = table->dirty_count = 0;
    table->slot_end = table->rewrite_slot = table->sweep_slot = 0;
    table->free_count = 0;
}

/* Walking and counting. */

void table_index_keys(StateTable *table) {
    Slot slots[BATCH_ROWS_MAX];
    uint64_t hashes[BATCH_ROWS_MAX];
    int columns[KEY_CELLS_MAX];
    for (int i = 0; i < table->spec.key_count; i++)
        columns[i] = i;
    for (Slot next = 0; next < table->slot_end;) {
        int count = 0;
        for (; next < table->slot_end && count < BATCH_ROWS_MAX; next++)
            if (slot_head(table, next)->flags & SLOT_LIVE)
                slots[count++] = next;
        Batch *keys = table_gather(table, NULL, table->spec.key_count, slots, count);
        state_table_hash(table, keys, columns, hashes);
        for (int i = 0; i < count; i++) {
            slot_head(table, slots[i])->tag = (uint32_t)hashes[i];
            slot_index_insert(&table->index, (uint32_t)hashes[i], slots[i]);
        }
        batch_release(keys);
    }
    table->is_unindexed = false;
}

int state_table_scan(StateTable *table, uint64_t *cursor, Slot *slots, int max) {
    if (*cursor == 0 && table->cold_rows > 0) {
        Error error = {0};
        if (cold_load_all(table, &error) != OK)
            error_move(&table->space->failure, &error);
    }
    int count = 0;
    while (count < max && *cursor < table->slot_end) {
        Slot slot = (Slot)(*cursor)++;
        if (slot_head(table, slot)->flags & SLOT_LIVE)
            slots[count++] = slot;
    }
    mark_recent(table, slots, count);
    return count;
}

int64_t state_table_count(const StateTable *table) {
    return table->row_count + table->cold_rows;
}

uint64_t state_table_evictions(const StateTable *table) {
    return table->evictions;
}

size_t state_table_bytes(const StateTable *table) {
    size_t size = (size_t)table->row_count * table->slot_size + table->slab.used +
                  slot_index_bytes(&table->index) + (size_t)table->dirty_capacity * sizeof(Slot);
    for (int i = 0; i < table->index_count; i++)
        size += slot_index_bytes(&table->indexes[i]->heads) + (size_t)table->row_count * sizeof(ChainLink);
    return size;
}
