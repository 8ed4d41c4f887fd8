/* StateIndex: chains of slots whose indexed cells are equal. A SlotIndex leads to a chain's head; links lie
   in pages beside the table's. */
#include <assert.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/state/key_columns.h"

static Slot find_head(const StateIndex *index, const KeyColumns *keys, uint32_t tag, int row) {
    for (SlotProbe probe = slot_probe(&index->heads, tag); slot_probe_next(&probe);)
        if (key_columns_match(keys, index->table, probe.slot, row))
            return probe.slot;
    return SLOT_NONE;
}

void index_link(StateIndex *index, Slot slot, uint32_t tag, const KeyColumns *keys, int row) {
    while (index->page_count <= (int)(slot >> PAGE_SHIFT)) {
        GROW(index->pages, index->page_capacity, index->page_count + 1);
        index->pages[index->page_count++] = memory_allocate(PAGE_SLOTS * sizeof(ChainLink));
    }
    Slot head = find_head(index, keys, tag, row);
    *chain_link(index, slot) = (ChainLink){.next = head, .previous = SLOT_NONE, .tag = tag};
    if (head == SLOT_NONE) {
        slot_index_insert(&index->heads, tag, slot);
    } else {
        chain_link(index, head)->previous = slot;
        slot_index_replace(&index->heads, tag, head, slot);
    }
}

void index_unlink(StateIndex *index, Slot slot, bool leaves_head) {
    ChainLink link = *chain_link(index, slot);
    if (link.next != SLOT_NONE)
        chain_link(index, link.next)->previous = link.previous;
    if (link.previous != SLOT_NONE)
        chain_link(index, link.previous)->next = link.next;
    else if (link.next != SLOT_NONE)
        slot_index_replace(&index->heads, link.tag, slot, link.next);
    else if (!leaves_head)
        slot_index_remove(&index->heads, link.tag, slot);
}

void index_prefetch(const StateIndex *index, const uint64_t *hashes, int count) {
    for (int i = 0; i < count; i++)
        slot_index_prefetch(&index->heads, (uint32_t)hashes[i]);
    for (int i = 0; i < count; i++) {
        SlotProbe probe = slot_probe(&index->heads, (uint32_t)hashes[i]);
        if (slot_probe_next(&probe)) {
            __builtin_prefetch(table_slot(index->table, probe.slot));
            __builtin_prefetch(chain_link(index, probe.slot), 1);
        }
    }
}

void index_prefetch_unlink(const StateIndex *index, Slot slot) {
    const ChainLink *link = chain_link(index, slot);
    if (link->next != SLOT_NONE)
        __builtin_prefetch(chain_link(index, link->next), 1);
    if (link->previous != SLOT_NONE)
        __builtin_prefetch(chain_link(index, link->previous), 1);
    else
        slot_index_prefetch(&index->heads, link->tag);
}

bool index_is_over_shard(const StateIndex *index) {
    bool is_over = index->cell_count == index->table->spec.shard_key_count;
    for (int i = 0; is_over && i < index->cell_count; i++)
        is_over = index->cells[i] == i;
    return is_over;
}

void index_destroy(StateIndex *index) {
    for (int i = 0; i < index->page_count; i++)
        memory_free(index->pages[i]);
    memory_free(index->pages);
    slot_index_destroy(&index->heads);
    memory_free(index->cells);
    memory_free(index);
}

static void link_present_rows(StateIndex *index) {
    StateTable *table = index->table;
    Slot slots[1024];
    int columns[INDEX_CELLS_MAX];
    for (int i = 0; i < index->cell_count; i++)
        columns[i] = i;
    for (Slot next = 0; next < table->slot_end;) {
        int count = 0;
        for (; next < table->slot_end && count < 1024; next++)
            if (slot_head(table, next)->flags & SLOT_LIVE)
                slots[count++] = next;
        uint64_t hashes[1024];
        Batch *batch = table_gather(table, index->cells, index->cell_count, slots, count);
        state_index_hash(index, batch, columns, hashes);
        KeyColumns keys;
        key_columns_init(&keys, table, KEY_EQUAL, index->cells, index->cell_count, batch, columns);
        for (int i = 0; i < count; i++)
            index_link(index, slots[i], (uint32_t)hashes[i], &keys, i);
        key_columns_free(&keys);
        batch_release(batch);
    }
}

/* Whether rows of one index key always lie in one shard. */
static bool covers_shard(const StateTable *table, const int *cells, int count) {
    for (int key = 0; key < table->spec.shard_key_count; key++) {
        bool is_found = false;
        for (int i = 0; i < count; i++)
            is_found |= cells[i] == key;
        if (!is_found)
            return false;
    }
    return true;
}

StateIndex *state_table_index(StateTable *table, const int *cells, int count) {
    assert(count > 0 && count <= INDEX_CELLS_MAX);
    StateIndex *index = NEW(StateIndex);
    index->table = table;
    index->cell_count = count;
    index->cells = NEW_ARRAY(int, count);
    for (int i = 0; i < count; i++) {
        assert(cells[i] < table->spec.key_count);
        index->cells[i] = cells[i];
    }
    slot_index_init(&index->heads);
    link_present_rows(index);
    table->indexes = memory_resize(table->indexes, (size_t)(table->index_count + 1) * sizeof *table->indexes);
    table->indexes[table->index_count++] = index;
    if (table->unit == NULL && covers_shard(table, cells, count))
        table->unit = index;
    return index;
}

void state_index_hash(const StateIndex *index, const Batch *batch, const int *columns, uint64_t *hashes) {
    batch_hash_keys(batch, columns, index->cell_count, hashes);
}

void state_index_find(
    StateIndex *index, const Batch *batch, const int *columns, const uint64_t *hashes, Slot *slots) {
    enum { GROUP = 32 };
    StateTable *table = index->table;
    KeyColumns keys;
    key_columns_init(&keys, table, KEY_EQUAL, index->cells, index->cell_count, batch, columns);
    for (int from = 0; from < batch->row_count; from += GROUP) {
        int end = batch->row_count - from < GROUP ? batch->row_count : from + GROUP;
        index_prefetch(index, hashes + from, end - from);
        for (int row = from; row < end; row++) {
            slots[row] = find_head(index, &keys, (uint32_t)hashes[row], row);
            if (slots[row] != SLOT_NONE && table->space->has_eviction)
                slot_head(table, slots[row])->flags |= SLOT_RECENT;
        }
    }
    key_columns_free(&keys);
}

Slot state_index_next(StateIndex *index, Slot slot) {
    return chain_link(index, slot)->next;
}

/* Whether an earlier wanted row has the same key; a unit is to be loaded once. */
static bool is_wanted_already(const StateIndex *index, SlotIndex *wanted, const Batch *batch,
    const int *columns, uint32_t tag, int row) {
    for (SlotProbe probe = slot_probe(wanted, tag); slot_probe_next(&probe);)
        if (batch_keys_equal(batch, columns, (int)probe.slot, batch, columns, row, index->cell_count))
            return true;
    slot_index_insert(wanted, tag, (Slot)row);
    return false;
}

Status state_index_load(
    StateIndex *index, const Batch *batch, const int *columns, const uint64_t *hashes, Error *error) {
    StateTable *table = index->table;
    if (table->space->failure.status != OK) {
        error_copy(error, &table->space->failure);
        return error->status;
    }
    if (table->cold_rows == 0 || batch->row_count == 0)
        return OK;
    if (index != table->unit)
        return cold_load_all(table, error);
    uint8_t *wanted = memory_allocate((size_t)batch->row_count);
    KeyColumns keys;
    key_columns_init(&keys, table, KEY_EQUAL, index->cells, index->cell_count, batch, columns);
    SlotIndex first;
    slot_index_init(&first);
    for (int row = 0; row < batch->row_count; row++) {
        uint32_t tag = (uint32_t)hashes[row];
        wanted[row] = find_head(index, &keys, tag, row) == SLOT_NONE &&
                      !is_wanted_already(index, &first, batch, columns, tag, row);
    }
    slot_index_destroy(&first);
    key_columns_free(&keys);
    Status status = cold_load(table, batch, columns, wanted, error);
    memory_free(wanted);
    return status;
}
