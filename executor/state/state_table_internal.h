/* The fields of StateTable, StateIndex and StateSpace: private to the files that implement them. */
#ifndef LEAT_STATE_STATE_TABLE_INTERNAL_H
#define LEAT_STATE_STATE_TABLE_INTERNAL_H

#include "executor/state/block_log.h"
#include "executor/state/slab.h"
#include "executor/state/slot_index.h"
#include "executor/state/pending.h"
#include "executor/state/state_space.h"

enum { PAGE_SHIFT = 8, PAGE_SLOTS = 1 << PAGE_SHIFT };
enum { KEY_CELLS_MAX = 4096 };
enum { INDEX_CELLS_MAX = 64 };

enum {
    SLOT_LIVE = 1,
    SLOT_DIRTY = 2,       /* on the dirty list: the next cut writes it */
    SLOT_IN_LOG = 4,      /* some block holds a version */
    SLOT_IN_COLD = 8,     /* its durable place is COLD, and it is as it lies there */
    SLOT_GENERATION = 16, /* the rewrite that last wrote it */
    SLOT_RECENT = 32,     /* found or inserted since the last sweep */
    SLOT_LEAVING = 64     /* picked by the running eviction */
};

/* Before a slot's null bits and cells. Of tables with at most eight cells, `nulls` are the null bits. */
typedef struct SlotHead {
    uint32_t tag; /* low half of the key's hash */
    uint16_t shard;
    uint8_t flags;
    uint8_t nulls;
} SlotHead;

/* How key cells are compared. */
typedef enum CellForm { CELL_BYTES, CELL_VIEW, CELL_IDENTICAL, CELL_COMPARE } CellForm;

typedef struct CellInfo {
    Type type;
    uint8_t layout;
    uint8_t width; /* of the layout */
    uint8_t form;  /* CellForm, as a key cell */
    uint32_t offset;
} CellInfo;

typedef struct ChainLink {
    Slot next;
    Slot previous;
    uint32_t tag;
} ChainLink;

struct StateIndex {
    StateTable *table;
    int cell_count;
    int *cells;
    SlotIndex heads;
    ChainLink **pages; /* by slot, as the table's */
    int page_count;
    int page_capacity;
};

struct StateTable {
    StateSpace *space;
    StateTableSpec spec; /* cells: own copy */
    CellInfo *cells;
    bool is_open;       /* an operator has opened it; else only loaded */
    bool is_unindexed;  /* a bag, but for the time it is loaded: `index` is empty */
    bool is_shard_hash; /* the shard is that of the key's hash */
    int *heap_cells;    /* those that may have bytes in the slab */
    int heap_count;
    uint32_t null_offset;
    uint32_t slot_size;
    char **pages;
    int page_count;
    int page_capacity;
    Slot slot_end;    /* slots ever used */
    Slot *free_slots; /* the last one is used next */
    int free_count;
    int free_capacity;
    int64_t row_count; /* resident */
    SlotIndex index;
    Slab slab;
    StateIndex **indexes;
    int index_count;
    /* What the next cut writes. */
    Slot *dirty;
    int dirty_count;
    int dirty_capacity;
    Batch **deleted; /* key cells of rows that lie in the log */
    uint16_t **deleted_shards;
    int deleted_count; /* batches; the last is open */
    int deleted_capacity;
    BlockLog *log;
    int expiry_cell;       /* −1: rows do not expire */
    int64_t expiry_passed; /* all rows below it have been freed; INT64_MIN: none */
    int64_t log_rows;      /* resident rows with SLOT_IN_LOG */
    uint8_t generation;    /* 0 or SLOT_GENERATION */
    Slot rewrite_slot;     /* where the running rewrite goes on */
    /* Eviction. */
    uint64_t evictions;   /* times that rows left */
    int64_t cold_rows;    /* not resident */
    int64_t cold_written; /* in COLD after the next cut, resident or not */
    int64_t cold_counted; /* cold_written at the last cut */
    StateIndex *unit;     /* rows of one key of this index go and come together; NULL: each by itself */
    Slot sweep_slot;
};

/* A log that was read, until its table takes it over. */
typedef struct LoadedLog {
    BlockLog *log;
    int64_t cold_rows; /* −1: to be counted */
    bool is_counted_anew;
} LoadedLog;

struct StateSpace {
    StateSpaceSpec spec;
    StateTable **tables;
    int table_count;
    int table_capacity;
    LoadedLog *loaded;
    int loaded_count;
    int loaded_capacity;
    size_t accounted; /* bytes counted in the budget */
    bool has_eviction;
    Pending *pending;    /* changes to COLD since the last cut */
    Pending *committing; /* those of the last cut: durable when the next is made */
    Error failure;       /* of a scan that could not report it */
};

/* How cells of the type are compared under the relation. */
CellForm cell_form(KeyRelation relation, Type type);
static inline char *table_slot(const StateTable *table, Slot slot) {
    return table->pages[slot >> PAGE_SHIFT] + (size_t)(slot & (PAGE_SLOTS - 1)) * table->slot_size;
}
static inline SlotHead *slot_head(const StateTable *table, Slot slot) {
    return (SlotHead *)table_slot(table, slot);
}
static inline bool slot_is_null(const StateTable *table, const char *slot, int cell) {
    return (uint8_t)slot[table->null_offset + ((uint32_t)cell >> 3)] >> (cell & 7) & 1;
}
static inline ChainLink *chain_link(const StateIndex *index, Slot slot) {
    return &index->pages[slot >> PAGE_SHIFT][slot & (PAGE_SLOTS - 1)];
}

/* Rows to be inserted. */
typedef struct TableRows {
    const Batch *batch;
    const int *columns;
    const uint64_t *hashes;
    const uint64_t
        *key_hashes; /* of the leading cells that give the shard; NULL: to be computed where needed */
} TableRows;
/* Inserts as state_table_insert does, new slots with these flags (SLOT_DIRTY puts them on the dirty list). */
void table_insert(StateTable *table, const TableRows *rows, Slot *slots, uint8_t *is_new, uint8_t flags);
/* Adds rows given by all their cells, except those whose key is resident; returns how many were added. */
int table_install(StateTable *table, const Batch *rows, uint8_t flags);
/* Frees a slot without a word to the log or COLD. */
void table_drop_slot(StateTable *table, Slot slot);
void table_mark_dirty(StateTable *table, Slot slot);
/* Remembers that the key's version in the log does not hold any more. */
void table_bury(StateTable *table, Slot slot);
/* The table of that number, or a new one. */
StateTable *table_find(StateSpace *space, int number);
StateTable *table_create(StateSpace *space, const StateTableSpec *spec);
void table_destroy(StateTable *table);
/* A dense batch of the given cells (NULL: all) of slots. */
Batch *table_gather(StateTable *table, const int *cells, int count, const Slot *slots, int slot_count);
void table_add_description(const StateTable *table, Text *out);
/* Puts the resident rows of a bag into its index, as long as rows come that may be there already; empties it.
 */
void table_index_keys(StateTable *table);
void table_forget_keys(StateTable *table);
/* Frees the pages of a table without resident rows. */
void table_shrink(StateTable *table);
/* Bytes of a slot with what it refers to. */
size_t table_row_size(const StateTable *table, Slot slot);

typedef struct KeyColumns KeyColumns;
/* keys: the row's columns for the indexed cells. */
void index_link(StateIndex *index, Slot slot, uint32_t tag, const KeyColumns *keys, int row);
/* leaves_head: the entry of a chain's last slot stays, to be swept out of the heads. */
void index_unlink(StateIndex *index, Slot slot, bool leaves_head);
/* Towards the processor: what linking rows of these hashes looks at, and what unlinking a slot does. */
void index_prefetch(const StateIndex *index, const uint64_t *hashes, int count);
void index_prefetch_unlink(const StateIndex *index, Slot slot);
/* Whether the index is over just the cells whose hash gives the shard, in order. */
bool index_is_over_shard(const StateIndex *index);
void index_destroy(StateIndex *index);

/* The durable copy in COLD of the slot's unit does not hold any more; its rows go to the log with the next
   cut. */
void cold_withdraw(StateTable *table, Slot slot);
/* Evicts rows that were not used lately (all, when asked for everything) until about `wanted` bytes are free;
   returns how many are. */
size_t cold_evict(StateTable *table, size_t wanted, bool is_everything);
/* Brings back everything. */
Status cold_load_all(StateTable *table, Error *error);
/* Brings back the units of the rows i with wanted[i]; `columns` give the unit's cells. */
Status cold_load(
    StateTable *table, const Batch *batch, const int *columns, const uint8_t *wanted, Error *error);
/* Adds the pending changes to the cut. */
void cold_cut(StateSpace *space, Cut *cut);
/* Counts a table's rows in COLD by reading it. */
Status cold_count(StateSpace *space, int number, int64_t *count, Error *error);

/* Deep copy of an element into the table's slab. */
void table_copy_cell(StateTable *table, Layout layout, void *cell, const void *element);
void table_free_heap(StateTable *table, Layout layout, void *cell);

#endif
