/* Partitions: the map from partition keys to ordered lists, and their upkeep. */
#include "executor/operators/rows/partitions.h"

#include <assert.h>

#include "executor/base/memory.h"

static void map_open(Partitions *partitions) {
    const RowTable *rows = &partitions->rows;
    if (rows->key_count == 0)
        return;
    partitions->space = state_space_create(&(StateSpaceSpec){.shard_end = 65536, .is_one_shot = true});
    Type types[rows->key_count + 1];
    memcpy(types, rows->types, sizeof(Type) * (size_t)rows->key_count);
    types[rows->key_count] = type_of(TYPE_INT8);
    partitions->map = state_table_open(partitions->space, &(StateTableSpec){.relation = KEY_EQUAL,
                                                              .key_count = rows->key_count,
                                                              .cell_count = rows->key_count + 1,
                                                              .cells = types,
                                                              .shard_key_count = rows->key_count});
    partitions->pointer_offset = state_table_cell_offset(partitions->map, rows->key_count);
}

static Partition **partition_at(const Partitions *partitions, Slot slot) {
    return slot_cell(state_table_slot(partitions->map, slot), partitions->pointer_offset);
}

static void partition_destroy(Partition *partition) {
    if (partition == NULL)
        return;
    slot_list_free(&partition->list);
    memory_free(partition);
}

static void map_close(Partitions *partitions) {
    partition_destroy(partitions->single);
    partitions->single = NULL;
    if (partitions->space == NULL)
        return;
    Slot slots[256];
    uint64_t cursor = 0;
    for (int count; (count = state_table_scan(partitions->map, &cursor, slots, 256)) > 0;)
        for (int i = 0; i < count; i++)
            partition_destroy(*partition_at(partitions, slots[i]));
    state_space_destroy(partitions->space);
    partitions->space = NULL;
}

Status partitions_open(Partitions *partitions, StateSpace *space, const RowTableSpec *spec,
    const SortKey *sort, int sort_count, Error *error) {
    *partitions = (Partitions){0};
    RowTable *rows = &partitions->rows;
    TRY(row_table_open(rows, space, spec, error));
    SortKey keys[sort_count + 1];
    for (int i = 0; i < sort_count; i++) {
        keys[i] = sort[i];
        keys[i].column = rows->column_cells[sort[i].column];
    }
    partitions->order =
        slot_order_create(rows->table, keys, sort_count, rows->key_count, rows->cell_count, rows->types);
    partitions->found = NEW_ARRAY(Partition *, BATCH_ROWS_MAX);
    partitions->has_unlisted = state_table_count(rows->table) > 0;
    partitions->slots = NEW_ARRAY(Slot, BATCH_ROWS_MAX);
    partitions->is_new = NEW_ARRAY(uint8_t, BATCH_ROWS_MAX);
    map_open(partitions);
    return OK;
}

void partitions_close(Partitions *partitions) {
    if (partitions->order == NULL)
        return;
    map_close(partitions);
    slot_order_destroy(partitions->order);
    memory_free(partitions->touched);
    memory_free(partitions->owners);
    memory_free(partitions->found);
    memory_free(partitions->slots);
    memory_free(partitions->is_new);
    row_table_close(&partitions->rows);
    partitions->order = NULL;
}

void partitions_reset(Partitions *partitions) {
    map_close(partitions);
    map_open(partitions);
    partitions->touched_count = 0;
    partitions->has_unlisted = false;
    row_table_reset(&partitions->rows);
}

/* Lists name slots, which eviction takes away. It happens between steps only, when no list is in use. */
static void forget_evicted(Partitions *partitions) {
    uint64_t evictions = state_table_evictions(partitions->rows.table);
    if (evictions == partitions->evictions)
        return;
    assert(partitions->rows.touched.count == 0);
    partitions->evictions = evictions;
    partitions->has_unlisted = true;
    partitions->touched_count = 0;
    map_close(partitions);
    map_open(partitions);
}

void partitions_touch(Partitions *partitions, Partition *partition) {
    if (partition->is_touched)
        return;
    partition->is_touched = true;
    GROW(partitions->touched, partitions->touched_capacity, partitions->touched_count + 1);
    partitions->touched[partitions->touched_count++] = partition;
}

typedef struct SlotArray {
    Slot *slots;
    int count;
    int capacity;
} SlotArray;

static void slot_array_add(SlotArray *array, Slot slot) {
    GROW(array->slots, array->capacity, array->count + 1);
    array->slots[array->count++] = slot;
}

static Status locate_single(Partitions *partitions, int row_count) {
    if (partitions->single == NULL) {
        partitions->single = NEW(Partition);
        partitions->single->bound = SLOT_NONE;
        SlotArray array = {0};
        Slot slots[256];
        uint64_t cursor = 0;
        for (int count; (count = state_table_scan(partitions->rows.table, &cursor, slots, 256)) > 0;)
            for (int i = 0; i < count; i++)
                slot_array_add(&array, slots[i]);
        slot_list_build(&partitions->single->list, partitions->order, array.slots, array.count);
        memory_free(array.slots);
    }
    for (int i = 0; i < row_count; i++)
        partitions->found[i] = partitions->single;
    return OK;
}

/* Lists the rows that the table already holds for partitions met for the first time. */
static void list_new(Partitions *partitions, const Batch *dense, const int *keys) {
    RowTable *rows = &partitions->rows;
    Slot first[BATCH_ROWS_MAX];
    SlotArray array = {0};
    if (partitions->has_unlisted)
        state_index_find(rows->index, dense, keys, rows->hashes, first);
    for (int i = 0; i < dense->row_count; i++) {
        if (!partitions->is_new[i])
            continue;
        Partition *partition = NEW(Partition);
        partition->bound = SLOT_NONE;
        partition->slot = partitions->slots[i];
        *partition_at(partitions, partition->slot) = partition;
        partitions_touch(partitions, partition); /* so that it goes when it stays empty */
        array.count = 0;
        for (Slot slot = partitions->has_unlisted ? first[i] : SLOT_NONE; slot != SLOT_NONE;
             slot = state_index_next(rows->index, slot))
            slot_array_add(&array, slot);
        if (array.count > 0)
            slot_list_build(&partition->list, partitions->order, array.slots, array.count);
    }
    memory_free(array.slots);
}

Status partitions_locate_keys(Partitions *partitions, const Batch *dense, const int *keys, Error *error) {
    RowTable *rows = &partitions->rows;
    forget_evicted(partitions);
    if (rows->key_count == 0)
        return locate_single(partitions, dense->row_count);
    state_index_hash(rows->index, dense, keys, rows->hashes);
    TRY(state_index_load(rows->index, dense, keys, rows->hashes, error));
    /* The map's keys are the index's: one hash serves both. */
    state_table_insert(partitions->map, dense, keys, rows->hashes, partitions->slots, partitions->is_new);
    if (memchr(partitions->is_new, 1, (size_t)dense->row_count) != NULL)
        list_new(partitions, dense, keys);
    for (int i = 0; i < dense->row_count; i++)
        partitions->found[i] = *partition_at(partitions, partitions->slots[i]);
    return OK;
}

Status partitions_locate(Partitions *partitions, const Batch *dense, Error *error) {
    if (partitions->rows.key_count == 0)
        TRY(row_table_load(&partitions->rows, dense, error));
    return partitions_locate_keys(partitions, dense, partitions->rows.cell_columns, error);
}

void partitions_count(Partitions *partitions, const Batch *dense) {
    RowTable *rows = &partitions->rows;
    row_table_apply(rows, dense);
    GROW(partitions->owners, partitions->owner_capacity, rows->touched.count);
    for (int i = 0; i < dense->row_count; i++) {
        Partition *partition = partitions->found[i];
        if (rows->is_new[i])
            slot_list_insert(&partition->list, partitions->order, rows->slots[i]);
        partitions->owners[touched_place(&rows->touched, rows->slots[i])] = partition;
        partitions_touch(partitions, partition);
    }
}

Status partitions_apply(Partitions *partitions, const Batch *dense, Error *error) {
    TRY(partitions_locate(partitions, dense, error));
    partitions_count(partitions, dense);
    return OK;
}

void partitions_forget_row(Partitions *partitions, Partition *partition, Slot slot) {
    RowTable *rows = &partitions->rows;
    if (touched_add(&rows->touched, slot, *row_table_count(rows, slot))) {
        GROW(partitions->owners, partitions->owner_capacity, rows->touched.count);
        partitions->owners[rows->touched.count - 1] = partition;
        partitions_touch(partitions, partition);
    }
    *row_table_count(rows, slot) = 0;
}

void partitions_remove_row(Partitions *partitions, Partition *partition, Slot slot) {
    TouchedSlots *touched = &partitions->rows.touched;
    slot_list_remove(&partition->list, partitions->order, slot);
    partitions->owners[touched_place(touched, slot)] = partitions->owners[touched->count - 1];
    touched_remove(touched, slot);
    state_table_delete(partitions->rows.table, slot);
}

static void partition_free(Partitions *partitions, Partition *partition) {
    if (partition == partitions->single)
        return;
    state_table_delete(partitions->map, partition->slot);
    partition_destroy(partition);
}

Status partitions_settle(Partitions *partitions, Error *error) {
    RowTable *rows = &partitions->rows;
    TRY(row_table_check(rows, error));
    for (int i = 0; i < rows->touched.count; i++)
        if (*row_table_count(rows, rows->touched.slots[i]) == 0)
            slot_list_remove(&partitions->owners[i]->list, partitions->order, rows->touched.slots[i]);
    TRY(row_table_settle(rows, error));
    for (int i = 0; i < partitions->touched_count; i++) {
        Partition *partition = partitions->touched[i];
        partition->is_touched = false;
        if (slot_list_is_empty(&partition->list))
            partition_free(partitions, partition);
    }
    partitions->touched_count = 0;
    return OK;
}
