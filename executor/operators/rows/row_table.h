/* RowTable: an input's rows as whole-row -> count in a state table, chained by key columns. The bookkeeping
   that every operator keeping rows shares: counts of any sign inside a step, what each was before it, and the
   check at its end. */
#ifndef LEAT_OPERATORS_ROW_TABLE_H
#define LEAT_OPERATORS_ROW_TABLE_H

#include "executor/operators/rows/touched.h"

typedef struct RowTableSpec {
    int number; /* of the state table within the operator */
    int column_count;
    const Type *types;
    int key_count; /* rows are chained by these columns; the exchange in front hashed them. 0: no chains */
    const int *keys;
    int value_count;   /* int8 cells behind the count, for the operator's own use; at most 1 */
    bool forgets_old;  /* what a row was before the step is not asked for: only rows that may have to go are
                          listed */
    bool is_unchained; /* the keys tell where a row belongs, no more: no chains */
    bool is_bag;    /* rows are only added, and nobody asks whether one is there: each has a slot of its own,
                       told apart by a number. Needs chains. */
    bool is_single; /* the exchange in front brought all rows to one worker, whatever the keys */
} RowTableSpec;

typedef struct RowTable {
    StateTable *table;
    StateIndex *index; /* over the leading key cells; NULL without keys */
    int column_count;
    int key_count;
    int cell_count;    /* cells that make the row: its keys, then the columns that are no key */
    int *cell_columns; /* cell -> input column; a bag's row number, the cell behind, is the column behind */
    int *column_cells; /* input column -> cell */
    Type *types;       /* by cell, the count's included */
    int count_cell;
    int count_offset;
    int value_offset;
    bool forgets_old;
    bool is_single;
    bool is_bag;
    uint64_t next_number;
    TouchedSlots touched; /* with the count before the step */
    /* Of the batch last applied, by row. */
    uint64_t *hashes;
    uint64_t *key_hashes; /* of a batch on its way from load to apply */
    bool is_hashed;       /* key_hashes are those of the next batch */
    Slot *slots;
    uint8_t *is_new;
} RowTable;

Status row_table_open(RowTable *rows, StateSpace *space, const RowTableSpec *spec, Error *error);
void row_table_close(RowTable *rows);
/* Deletes every row and forgets the step. */
void row_table_reset(RowTable *rows);

/* Brings back what was evicted of the rows that share a key with one of the batch's. */
Status row_table_load(RowTable *rows, const Batch *dense, Error *error);
/* Counts the rows of a dense batch whose keys were loaded; slots and is_new tell where. */
void row_table_apply(RowTable *rows, const Batch *dense);
/* Ends the step: no count may be negative; rows whose count is 0 are deleted. Chains and orders over the rows
   must have let them go. */
Status row_table_settle(RowTable *rows, Error *error);
/* The check alone. */
Status row_table_check(const RowTable *rows, Error *error);

void state_table_delete_all(StateTable *table);

static inline int64_t *row_table_count(const RowTable *rows, Slot slot) {
    return slot_cell(state_table_slot(rows->table, slot), rows->count_offset);
}
static inline int64_t *row_table_value(const RowTable *rows, Slot slot) {
    return slot_cell(state_table_slot(rows->table, slot), rows->value_offset);
}
static inline int64_t row_table_old_count(const RowTable *rows, Slot slot) {
    return touched_old(&rows->touched, slot, *row_table_count(rows, slot));
}

/* A cell of an integer, date or time type as a number. */
int64_t cell_integer(Type type, const void *cell);
/* Whether no later row can have this value: the watermark promises that none below it comes. */
static inline bool watermark_has_passed(int64_t watermark, int64_t value) {
    return value < watermark || watermark == INT64_MAX;
}

#endif
