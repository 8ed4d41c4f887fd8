/* StateTable: keyed rows in native slots, owned by one operator instance; durable through cuts, larger than
   memory through eviction.

   A slot holds cells: the key's, then the values'. A cell of a 16-byte layout (view, numeric, interval) takes
   16 bytes, any other 8; heap bytes live in the table's slabs. Null bits stand beside the cells. Lookups go a
   batch at a time: hash once, prefetch, probe. Tables grow incrementally. */
#ifndef LEAT_STATE_STATE_TABLE_H
#define LEAT_STATE_STATE_TABLE_H

#include "executor/batch/batch.h"

typedef struct StateTable StateTable;
/* All state tables of one operator instance. */
typedef struct StateSpace StateSpace;

typedef uint32_t Slot;
#define SLOT_NONE UINT32_MAX

typedef enum KeyRelation {
    KEY_EQUAL,    /* SQL equality (NULL equals NULL): grouping, joining, DISTINCT; the first image of a value
                     stays in the key cells */
    KEY_IDENTICAL /* same bytes: consolidation, retraction, rows */
} KeyRelation;

typedef struct StateTableSpec {
    int number; /* 0, 1, … within the operator: names it on disk */
    KeyRelation relation;
    int key_count; /* leading cells that are the unique key */
    int cell_count;
    const Type *cells;
    int shard_key_count; /* leading key cells whose canonical hash gives the shard: what the exchange in front
                            hashed; 0: the shard of the object id */
    bool is_bag;         /* every inserted key is a new one, and none is ever looked up: rows are found by a
                            StateIndex, which there must be, or by scanning */
} StateTableSpec;

/* The table of that number, created empty or as loaded. Its spec must be the stored one. */
StateTable *state_table_open(StateSpace *space, const StateTableSpec *spec);

/* Hashes for find and insert: of the row's key columns under the table's relation; `columns` are the batch's
   columns for the key cells, in order. */
void state_table_hash(const StateTable *table, const Batch *batch, const int *columns, uint64_t *hashes);
/* Brings what was evicted of these keys back into memory (one MultiGet). Call before find or insert; cheap
   when nothing is evicted. */
Status state_table_load(
    StateTable *table, const Batch *batch, const int *columns, const uint64_t *hashes, Error *error);
/* slots[i] for row i of a dense batch, SLOT_NONE where there is none. */
void state_table_find(
    StateTable *table, const Batch *batch, const int *columns, const uint64_t *hashes, Slot *slots);
/* The same, adding what is missing (value cells zero, not null); is_new[i] (may be NULL) is 1 on the first
   row of a key added here. */
void state_table_insert(StateTable *table, const Batch *batch, const int *columns, const uint64_t *hashes,
    Slot *slots, uint8_t *is_new);
/* Both for rows whose leading shard_key_count columns were hashed before (batch_hash_keys): for the exchange,
   or for an index over just those cells. */
void state_table_hash_keyed(const StateTable *table, const Batch *batch, const int *columns,
    const uint64_t *key_hashes, uint64_t *hashes);
void state_table_insert_keyed(StateTable *table, const Batch *batch, const int *columns,
    const uint64_t *hashes, const uint64_t *key_hashes, Slot *slots, uint8_t *is_new);
/* Frees the slot; its durable row goes at the next cut. */
void state_table_delete(StateTable *table, Slot slot);
/* Many of them, at less cost each. */
void state_table_delete_many(StateTable *table, const Slot *slots, int count);

/* Rows that a watermark frees: nothing is written when they go, and blocks that hold none but such rows are
   dropped. Until then some of them are there again after a restart, and must be freed again before anyone
   looks: which of the rows are is for the operator to know. Said once, at opening; the cell is an integer or
   time among the key cells. */
void state_table_expire_by(StateTable *table, int cell);
/* Frees slots whose cell lies below the watermark. */
void state_table_expire(StateTable *table, const Slot *slots, int count);
/* No row below the watermark is left. */
void state_table_pass(StateTable *table, int64_t watermark);
/* Marks the slot changed since the last cut: after writing its cells. (insert and delete mark by themselves.)
   Does nothing when one-shot. */
void state_table_touch(StateTable *table, Slot slot);
void state_table_touch_many(StateTable *table, const Slot *slots, int count);

int state_table_cell_offset(const StateTable *table, int cell);
/* The slot's bytes; stable until the slot is deleted or evicted (never within a step's pinned set, see
   state_space_begin_step). */
char *state_table_slot(StateTable *table, Slot slot);
void state_table_slots(StateTable *table, const Slot *slots, int count, char **bytes);
static inline void *slot_cell(char *slot, int offset) {
    return slot + offset;
}
bool state_table_is_null(const StateTable *table, Slot slot, int cell);
void state_table_set_null(StateTable *table, Slot slot, int cell, bool is_null);
/* Sets a cell to a deep copy; frees heap bytes it had. */
void state_table_set_cell(StateTable *table, Slot slot, int cell, const void *element);
/* The same for a cell given by address; AggregateContext.store with owner = table. */
void state_table_store(void *table, Layout layout, void *cell, const void *element);
/* Copies cells of many slots into a fresh column (nulls included). */
Column *state_table_gather(StateTable *table, int cell, const Slot *slots, int count);

/* Secondary index over equal values of some leading or other cells: chains of slots. Kept by insert and
   delete, rebuilt on load. At most one change of the indexed cells: at insert (they must be key cells). */
typedef struct StateIndex StateIndex;
StateIndex *state_table_index(StateTable *table, const int *cells, int count);
/* The first slot whose indexed cells equal the row's columns (KEY_EQUAL; NULLs match NULLs: callers skip them
   for joins), SLOT_NONE where none. */
void state_index_find(
    StateIndex *index, const Batch *batch, const int *columns, const uint64_t *hashes, Slot *slots);
void state_index_hash(const StateIndex *index, const Batch *batch, const int *columns, uint64_t *hashes);
Slot state_index_next(StateIndex *index, Slot slot);
/* Brings all evicted rows of these index keys back. Tables with an index evict and load by index key. */
Status state_index_load(
    StateIndex *index, const Batch *batch, const int *columns, const uint64_t *hashes, Error *error);

/* Every live slot in memory or not, for rebuilding and for expiry; *cursor starts at 0; returns how many were
   given, 0 at the end. What was evicted is brought back first, all of it; a failure of that is reported by
   the next state_table_load or state_index_load. */
int state_table_scan(StateTable *table, uint64_t *cursor, Slot *slots, int max);
int64_t state_table_count(const StateTable *table);
/* Changes whenever slots were evicted: what an operator remembers by slot across steps is then to be built
   again. */
uint64_t state_table_evictions(const StateTable *table);
size_t state_table_bytes(const StateTable *table);

#endif
