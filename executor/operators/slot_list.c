/* SlotList and the order of slots by their cells. */
#include "executor/operators/slot_list.h"

#include <stdlib.h>

#include "executor/base/memory.h"

SlotOrder *slot_order_create(StateTable *table, const SortKey *sort, int sort_count, int same_count, int cell_count, const Type *types) {
    SlotOrder *order = NEW(SlotOrder);
    order->table = table;
    order->keys = NEW_ARRAY(SlotKey, sort_count + cell_count + 1);
    for (int i = 0; i < sort_count; i++)
        order->keys[order->key_count++] =
            (SlotKey){sort[i].column, state_table_cell_offset(table, sort[i].column), types[sort[i].column], sort[i].is_descending, sort[i].is_nulls_first};
    order->sort_count = order->key_count;
    /* What is the same in all slots comes last: there only its images are left to compare. */
    for (int i = 0; i < cell_count; i++) {
        int cell = (i + same_count) % cell_count;
        bool is_named = cell < same_count && !type_has_images(types[cell]);
        for (int k = 0; k < sort_count && !is_named; k++)
            is_named = sort[k].column == cell && !type_has_images(types[cell]);
        if (!is_named)
            order->keys[order->key_count++] = (SlotKey){cell, state_table_cell_offset(table, cell), types[cell], false, false};
    }
    return order;
}

void slot_order_destroy(SlotOrder *order) {
    if (order == NULL)
        return;
    memory_free(order->keys);
    memory_free(order);
}

static inline int element_compare(Type type, const void *a, const void *b) {
    switch (type_layout(type)) {
    case LAYOUT_INT8: {
        int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
        return (x > y) - (x < y);
    }
    default:
        return datum_compare(type, a, b);
    }
}

static inline int key_compare(const SlotKey *key, const void *a, bool a_is_null, const void *b, bool b_is_null) {
    if (a_is_null || b_is_null)
        return a_is_null == b_is_null ? 0 : (a_is_null == key->is_nulls_first ? -1 : 1);
    int order = element_compare(key->type, a, b);
    return key->is_descending ? -order : order;
}

static int keys_compare(const SlotOrder *order, int count, Slot a, Slot b) {
    char *a_slot = state_table_slot(order->table, a), *b_slot = state_table_slot(order->table, b);
    for (int i = 0; i < count; i++) {
        const SlotKey *key = &order->keys[i];
        int result = key_compare(key, a_slot + key->offset, state_table_is_null(order->table, a, key->cell), b_slot + key->offset, state_table_is_null(order->table, b, key->cell));
        if (result != 0)
            return result;
    }
    if (count == order->sort_count)
        return 0;
    for (int i = order->sort_count; i < count; i++) {
        const SlotKey *key = &order->keys[i];
        int result = image_compare(type_layout(key->type), a_slot + key->offset, b_slot + key->offset);
        if (result != 0)
            return result;
    }
    return 0;
}

int slot_order_compare(const SlotOrder *order, Slot a, Slot b) {
    return a == b ? 0 : keys_compare(order, order->key_count, a, b);
}

int slot_order_compare_sort(const SlotOrder *order, Slot a, Slot b) {
    return a == b ? 0 : keys_compare(order, order->sort_count, a, b);
}

int slot_order_compare_row(const SlotOrder *order, const Batch *batch, const int *columns, int row, Slot slot) {
    char *bytes = state_table_slot(order->table, slot);
    for (int i = 0; i < order->key_count; i++) {
        const SlotKey *key = &order->keys[i];
        const Column *column = batch->columns[columns[key->cell]];
        int result = key_compare(key, column_at(column, row), column_is_null(column, row), bytes + key->offset, state_table_is_null(order->table, slot, key->cell));
        if (result != 0)
            return result;
    }
    for (int i = order->sort_count; i < order->key_count; i++) {
        const SlotKey *key = &order->keys[i];
        int result = image_compare(type_layout(key->type), column_at(batch->columns[columns[key->cell]], row), bytes + key->offset);
        if (result != 0)
            return result;
    }
    return 0;
}

static SlotChunk *chunk_create(int capacity) {
    SlotChunk *chunk = memory_allocate(sizeof(SlotChunk) + (size_t)capacity * sizeof(Slot));
    chunk->count = 0;
    chunk->capacity = capacity;
    return chunk;
}

static void chunk_add(SlotList *list, int at, SlotChunk *chunk) {
    if (list->chunk_count == 0) {
        list->chunks = &list->only;
        list->only = chunk;
        list->chunk_count = 1;
        return;
    }
    if (list->chunks == &list->only) {
        list->chunks = NULL;
        GROW(list->chunks, list->chunk_capacity, 2);
        list->chunks[0] = list->only;
    }
    GROW(list->chunks, list->chunk_capacity, list->chunk_count + 1);
    memmove(list->chunks + at + 1, list->chunks + at, (size_t)(list->chunk_count - at) * sizeof *list->chunks);
    list->chunks[at] = chunk;
    list->chunk_count++;
}

static void chunk_drop(SlotList *list, int at) {
    memory_free(list->chunks[at]);
    memmove(list->chunks + at, list->chunks + at + 1, (size_t)(list->chunk_count - at - 1) * sizeof *list->chunks);
    if (--list->chunk_count == 0)
        slot_list_free(list);
}

/* The last chunk whose first slot is not above `slot`; 0 when there is none. */
static int chunk_find(const SlotList *list, const SlotOrder *order, Slot slot) {
    int low = 0, high = list->chunk_count - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (slot_order_compare(order, list->chunks[middle]->slots[0], slot) <= 0)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* The first place in the chunk whose slot is not below `slot`. */
static int chunk_place(const SlotChunk *chunk, const SlotOrder *order, Slot slot) {
    int low = 0, high = chunk->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (slot_order_compare(order, chunk->slots[middle], slot) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Room in chunk `at` for one more: grown, or halved. Slots that come in ascending order leave full chunks behind them. */
static void chunk_split(SlotList *list, int at, bool is_append) {
    SlotChunk *chunk = list->chunks[at];
    if (chunk->capacity < SLOT_CHUNK_MAX) {
        int capacity = chunk->capacity * 2;
        chunk = memory_resize(chunk, sizeof(SlotChunk) + (size_t)capacity * sizeof(Slot));
        chunk->capacity = capacity;
        list->chunks[at] = chunk;
        return;
    }
    SlotChunk *right = chunk_create(SLOT_CHUNK_MAX);
    int moved = is_append ? 1 : chunk->count / 2;
    memcpy(right->slots, chunk->slots + chunk->count - moved, (size_t)moved * sizeof(Slot));
    right->count = moved;
    chunk->count -= moved;
    chunk_add(list, at + 1, right);
}

void slot_list_insert(SlotList *list, const SlotOrder *order, Slot slot) {
    if (list->chunk_count == 0)
        chunk_add(list, 0, chunk_create(4));
    int at = chunk_find(list, order, slot);
    int place = chunk_place(list->chunks[at], order, slot);
    if (list->chunks[at]->count == list->chunks[at]->capacity) {
        chunk_split(list, at, at == list->chunk_count - 1 && place == list->chunks[at]->count);
        if (place > list->chunks[at]->count) {
            place -= list->chunks[at]->count;
            at++;
        }
    }
    SlotChunk *chunk = list->chunks[at];
    memmove(chunk->slots + place + 1, chunk->slots + place, (size_t)(chunk->count - place) * sizeof(Slot));
    chunk->slots[place] = slot;
    chunk->count++;
    list->slot_count++;
}

void slot_list_remove(SlotList *list, const SlotOrder *order, Slot slot) {
    int at = chunk_find(list, order, slot);
    SlotChunk *chunk = list->chunks[at];
    int place = chunk_place(chunk, order, slot);
    if (place == chunk->count || chunk->slots[place] != slot)
        abort(); /* the list and its table disagree */
    memmove(chunk->slots + place, chunk->slots + place + 1, (size_t)(chunk->count - place - 1) * sizeof(Slot));
    list->slot_count--;
    if (--chunk->count == 0)
        chunk_drop(list, at);
}

static int slot_compare_for_sort(const void *a, const void *b, void *order) {
    return slot_order_compare(order, *(const Slot *)a, *(const Slot *)b);
}

void slot_list_build(SlotList *list, const SlotOrder *order, Slot *slots, int count) {
    if (count == 0)
        return;
    qsort_r(slots, (size_t)count, sizeof(Slot), slot_compare_for_sort, (void *)order);
    list->slot_count = count;
    for (int from = 0; from < count; from += SLOT_CHUNK_MAX) {
        int part = count - from < SLOT_CHUNK_MAX ? count - from : SLOT_CHUNK_MAX;
        int capacity = 4;
        while (capacity < part)
            capacity *= 2;
        SlotChunk *chunk = chunk_create(capacity);
        memcpy(chunk->slots, slots + from, (size_t)part * sizeof(Slot));
        chunk->count = part;
        chunk_add(list, list->chunk_count, chunk);
    }
}

void slot_list_free(SlotList *list) {
    for (int i = 0; i < list->chunk_count; i++)
        memory_free(list->chunks[i]);
    if (list->chunks != &list->only)
        memory_free(list->chunks);
    *list = (SlotList){0};
}
