/* SlotList and the order of slots by their cells. */
#include "executor/operators/rows/slot_list.h"

#include <stdlib.h>

#include "executor/base/memory.h"
#include "executor/operators/rows/row_table.h"

SlotOrder *slot_order_create(StateTable *table, const SortKey *sort, int sort_count, int same_count,
    int cell_count, const Type *types) {
    SlotOrder *order = NEW(SlotOrder);
    order->table = table;
    order->keys = NEW_ARRAY(SlotKey, sort_count + cell_count + 1);
    for (int i = 0; i < sort_count; i++)
        order->keys[order->key_count++] =
            (SlotKey){sort[i].column, state_table_cell_offset(table, sort[i].column), types[sort[i].column],
                sort[i].is_descending, sort[i].is_nulls_first};
    order->sort_count = order->key_count;
    /* What is the same in all slots comes last: there only its images are left to compare. */
    for (int i = 0; i < cell_count; i++) {
        int cell = (i + same_count) % cell_count;
        bool is_named = cell < same_count && !type_has_images(types[cell]);
        for (int k = 0; k < sort_count && !is_named; k++)
            is_named = sort[k].column == cell && !type_has_images(types[cell]);
        if (!is_named)
            order->keys[order->key_count++] =
                (SlotKey){cell, state_table_cell_offset(table, cell), types[cell], false, false};
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

static inline int key_compare(
    const SlotKey *key, const void *a, bool a_is_null, const void *b, bool b_is_null) {
    if (a_is_null || b_is_null)
        return a_is_null == b_is_null ? 0 : (a_is_null == key->is_nulls_first ? -1 : 1);
    int order = element_compare(key->type, a, b);
    return key->is_descending ? -order : order;
}

static int keys_compare(const SlotOrder *order, int count, Slot a, Slot b) {
    char *a_slot = state_table_slot(order->table, a), *b_slot = state_table_slot(order->table, b);
    for (int i = 0; i < count; i++) {
        const SlotKey *key = &order->keys[i];
        int result = key_compare(key, a_slot + key->offset, state_table_is_null(order->table, a, key->cell),
            b_slot + key->offset, state_table_is_null(order->table, b, key->cell));
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

int slot_order_compare_row(
    const SlotOrder *order, const Batch *batch, const int *columns, int row, Slot slot) {
    char *bytes = state_table_slot(order->table, slot);
    for (int i = 0; i < order->key_count; i++) {
        const SlotKey *key = &order->keys[i];
        const Column *column = batch->columns[columns[key->cell]];
        int result = key_compare(key, column_at(column, row), column_is_null(column, row),
            bytes + key->offset, state_table_is_null(order->table, slot, key->cell));
        if (result != 0)
            return result;
    }
    for (int i = order->sort_count; i < order->key_count; i++) {
        const SlotKey *key = &order->keys[i];
        int result = image_compare(
            type_layout(key->type), column_at(batch->columns[columns[key->cell]], row), bytes + key->offset);
        if (result != 0)
            return result;
    }
    return 0;
}

/* The first eight bytes as a number in byte order. */
static uint64_t view_prefix(const View *view) {
    char bytes[8] = {0};
    uint64_t number;
    memcpy(bytes, view_bytes(view), view->length < 8 ? view->length : 8);
    memcpy(&number, bytes, 8);
    return __builtin_bswap64(number);
}

/* One half of the numbers is enough; NULLs lie before or behind it. */
static uint64_t element_prefix(const SlotKey *key, const void *element, bool is_null) {
    uint64_t number;
    if (is_null)
        return key->is_nulls_first ? 0 : UINT64_MAX;
    if (key->type.is_array)
        return 1;
    switch ((TypeId)key->type.id) {
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        number = (uint64_t)cell_integer(key->type, element) ^ (uint64_t)1 << 63;
        break;
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_BYTEA:
        number = view_prefix(element);
        break;
    default:
        return 1;
    }
    return ((key->is_descending ? ~number : number) >> 1) + 1;
}

uint64_t slot_order_prefix(const SlotOrder *order, Slot slot) {
    if (order->key_count == 0)
        return 1;
    const SlotKey *key = &order->keys[0];
    return element_prefix(key, state_table_slot(order->table, slot) + key->offset,
        state_table_is_null(order->table, slot, key->cell));
}

uint64_t slot_order_prefix_row(const SlotOrder *order, const Batch *batch, const int *columns, int row) {
    if (order->key_count == 0)
        return 1;
    const SlotKey *key = &order->keys[0];
    const Column *column = batch->columns[columns[key->cell]];
    return element_prefix(key, column_at(column, row), column_is_null(column, row));
}

static size_t chunk_size(int capacity) {
    return sizeof(SlotChunk) + (size_t)capacity * (sizeof(uint64_t) + sizeof(Slot));
}

static SlotChunk *chunk_create(int capacity) {
    SlotChunk *chunk = memory_allocate(chunk_size(capacity));
    chunk->count = 0;
    chunk->capacity = capacity;
    chunk->slots = (Slot *)(chunk->prefixes + capacity);
    return chunk;
}

/* Moves the chunk's slots from `from` on to a place of another chunk. */
static void chunk_copy(SlotChunk *to, int at, const SlotChunk *chunk, int from, int count) {
    memmove(to->slots + at, chunk->slots + from, (size_t)count * sizeof(Slot));
    memmove(to->prefixes + at, chunk->prefixes + from, (size_t)count * sizeof(uint64_t));
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
    memmove(
        list->chunks + at + 1, list->chunks + at, (size_t)(list->chunk_count - at) * sizeof *list->chunks);
    list->chunks[at] = chunk;
    list->chunk_count++;
}

static void chunk_drop(SlotList *list, int at) {
    memory_free(list->chunks[at]);
    memmove(list->chunks + at, list->chunks + at + 1,
        (size_t)(list->chunk_count - at - 1) * sizeof *list->chunks);
    if (--list->chunk_count == 0)
        slot_list_free(list);
}

/* Whether the chunk's slot at a place comes before `slot`, which has this prefix. */
static inline int entry_compare(
    const SlotOrder *order, const SlotChunk *chunk, int place, uint64_t prefix, Slot slot) {
    if (chunk->prefixes[place] != prefix)
        return chunk->prefixes[place] < prefix ? -1 : 1;
    return slot_order_compare(order, chunk->slots[place], slot);
}

/* The last chunk whose first slot is not above `slot`; 0 when there is none. */
static int chunk_find(const SlotList *list, const SlotOrder *order, uint64_t prefix, Slot slot) {
    int low = 0, high = list->chunk_count - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (entry_compare(order, list->chunks[middle], 0, prefix, slot) <= 0)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* The first place in the chunk whose slot is not below `slot`. */
static int chunk_place(const SlotChunk *chunk, const SlotOrder *order, uint64_t prefix, Slot slot) {
    int low = 0, high = chunk->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (entry_compare(order, chunk, middle, prefix, slot) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Room in chunk `at` for one more: grown, or halved. Slots that come in ascending order leave full chunks
   behind them. */
static void chunk_split(SlotList *list, int at, bool is_append) {
    SlotChunk *chunk = list->chunks[at];
    if (chunk->capacity < SLOT_CHUNK_MAX) {
        SlotChunk *larger = chunk_create(chunk->capacity * 2);
        larger->count = chunk->count;
        chunk_copy(larger, 0, chunk, 0, chunk->count);
        memory_free(chunk);
        list->chunks[at] = larger;
        return;
    }
    SlotChunk *right = chunk_create(SLOT_CHUNK_MAX);
    int moved = is_append ? 1 : chunk->count / 2;
    chunk_copy(right, 0, chunk, chunk->count - moved, moved);
    right->count = moved;
    chunk->count -= moved;
    chunk_add(list, at + 1, right);
}

void slot_list_insert(SlotList *list, const SlotOrder *order, Slot slot) {
    uint64_t prefix = slot_order_prefix(order, slot);
    if (list->chunk_count == 0)
        chunk_add(list, 0, chunk_create(4));
    int at = chunk_find(list, order, prefix, slot);
    int place = chunk_place(list->chunks[at], order, prefix, slot);
    if (list->chunks[at]->count == list->chunks[at]->capacity) {
        chunk_split(list, at, at == list->chunk_count - 1 && place == list->chunks[at]->count);
        if (place > list->chunks[at]->count) {
            place -= list->chunks[at]->count;
            at++;
        }
    }
    SlotChunk *chunk = list->chunks[at];
    chunk_copy(chunk, place + 1, chunk, place, chunk->count - place);
    chunk->slots[place] = slot;
    chunk->prefixes[place] = prefix;
    chunk->count++;
    list->slot_count++;
}

void slot_list_remove(SlotList *list, const SlotOrder *order, Slot slot) {
    uint64_t prefix = slot_order_prefix(order, slot);
    int at = chunk_find(list, order, prefix, slot);
    SlotChunk *chunk = list->chunks[at];
    int place = chunk_place(chunk, order, prefix, slot);
    if (place == chunk->count || chunk->slots[place] != slot)
        abort(); /* the list and its table disagree */
    chunk_copy(chunk, place, chunk, place + 1, chunk->count - place - 1);
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
        for (int i = 0; i < part; i++) {
            chunk->slots[i] = slots[from + i];
            chunk->prefixes[i] = slot_order_prefix(order, slots[from + i]);
        }
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
