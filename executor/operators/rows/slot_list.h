/* SlotList: slots of a state table in an order of their cells. Small arrays under one directory: a handful of
   rows costs one small block, and millions cost a binary search and two short moves an insertion. */
#ifndef LEAT_OPERATORS_SLOT_LIST_H
#define LEAT_OPERATORS_SLOT_LIST_H

#include "executor/state/state_table.h"
#include "executor/types/image.h"

/* One cell to compare by. */
typedef struct SlotKey {
    int cell;
    int offset; /* of the cell in the slot */
    Type type;
    bool is_descending;
    bool is_nulls_first;
} SlotKey;

/* A total order: sort_count keys that the user named, then every other cell ascending, then the images of
   equal values. */
typedef struct SlotOrder {
    StateTable *table;
    int sort_count;
    int key_count;
    SlotKey *keys;
} SlotOrder;

/* Order by `sort` (SortKey.column is a cell of the table), ties by all of the leading `cell_count` cells;
   cells below `same_count` are the same in all slots compared and are left out. */
SlotOrder *slot_order_create(StateTable *table, const SortKey *sort, int sort_count, int same_count,
    int cell_count, const Type *types);
void slot_order_destroy(SlotOrder *order); /* NULL is fine */
/* < 0, > 0; 0 only for slots with identical cells. */
int slot_order_compare(const SlotOrder *order, Slot a, Slot b);
/* By the user's keys alone: 0 for peers. */
int slot_order_compare_sort(const SlotOrder *order, Slot a, Slot b);
/* Row `row` of a dense batch against a slot; columns: by cell. */
int slot_order_compare_row(
    const SlotOrder *order, const Batch *batch, const int *columns, int row, Slot slot);

/* Numbers in the order of the first key: different ones decide, equal ones say nothing. */
uint64_t slot_order_prefix(const SlotOrder *order, Slot slot);
uint64_t slot_order_prefix_row(const SlotOrder *order, const Batch *batch, const int *columns, int row);

enum { SLOT_CHUNK_MAX = 128 };

typedef struct SlotChunk {
    int count;
    int capacity;
    Slot *slots;         /* behind the prefixes */
    uint64_t prefixes[]; /* slot_order_prefix of each: most comparisons touch nothing else */
} SlotChunk;

/* Zeroed is empty. Stays where it is: `chunks` may point into it. */
typedef struct SlotList {
    SlotChunk **chunks; /* none is empty */
    SlotChunk *only;    /* the directory of a list of one chunk */
    int chunk_count;
    int chunk_capacity;
    int64_t slot_count;
} SlotList;

void slot_list_insert(SlotList *list, const SlotOrder *order, Slot slot);
/* The slot must be in the list and its cells unchanged. */
void slot_list_remove(SlotList *list, const SlotOrder *order, Slot slot);
/* Sorts `slots` and makes them the list, which must be empty. */
void slot_list_build(SlotList *list, const SlotOrder *order, Slot *slots, int count);
void slot_list_free(SlotList *list);
static inline bool slot_list_is_empty(const SlotList *list) {
    return list->chunk_count == 0;
}
static inline Slot slot_list_last(const SlotList *list) {
    const SlotChunk *chunk = list->chunks[list->chunk_count - 1];
    return chunk->slots[chunk->count - 1];
}

/* A place in a list; valid while it does not change. */
typedef struct SlotCursor {
    int chunk;
    int place;
} SlotCursor;
/* The slot at the cursor, which moves on; SLOT_NONE at the end. Starts at {0}. */
static inline Slot slot_list_next(const SlotList *list, SlotCursor *cursor) {
    if (cursor->chunk >= list->chunk_count)
        return SLOT_NONE;
    const SlotChunk *chunk = list->chunks[cursor->chunk];
    Slot slot = chunk->slots[cursor->place];
    if (++cursor->place == chunk->count) {
        cursor->chunk++;
        cursor->place = 0;
    }
    return slot;
}

#endif
