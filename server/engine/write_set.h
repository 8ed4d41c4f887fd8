/* WriteSet: what an open transaction has changed in stored tables: by table and key, the stored row it
   replaces and the row that stands there now. */
#ifndef LEAT_ENGINE_WRITE_SET_H
#define LEAT_ENGINE_WRITE_SET_H

#include "executor/engine/coordinator.h"

typedef struct WriteSet WriteSet;

WriteSet *write_set_create(void);
void write_set_destroy(WriteSet *set); /* NULL is fine */
/* The catalog's version that the rows to come are checked against: the first one counts. */
void write_set_note_definition(
    WriteSet *set, uint32_t object_id, const int *key, int key_count, uint64_t version);
/* Whether the table's rows have so many columns: others may have added one meanwhile. */
bool write_set_has_width(const WriteSet *set, uint32_t object_id, int column_count);
bool write_set_is_empty(const WriteSet *set);

/* The row under the same key (of a dense batch) as this transaction sees it now: 1 it has written one
   (*found, *found_row), −1 it has removed it, 0 it has not touched it. */
int write_set_find(WriteSet *set, uint32_t object_id, const int *key, int key_count, const Batch *batch,
    int row, const Batch **found, int *found_row);
/* Removes a row that the transaction sees: stored, or written by itself. */
void write_set_remove(
    WriteSet *set, uint32_t object_id, const int *key, int key_count, Batch *batch, int row);
/* Adds a row; false when one is there already by this transaction. */
bool write_set_add(WriteSet *set, uint32_t object_id, const int *key, int key_count, Batch *batch, int row);
/* As if nothing of the table had been written; not to be gone back to. */
void write_set_forget(WriteSet *set, uint32_t object_id);
/* Where the set stands now, for write_set_go_back: to be gone back to any number of times, as long as nothing
   older was. */
int64_t write_set_mark(WriteSet *set);
void write_set_go_back(WriteSet *set, int64_t mark);
/* The tables it knows of, by number. */
int write_set_count(const WriteSet *set);
uint32_t write_set_object(const WriteSet *set, int number);
/* The table's changes as signed rows. */
void write_set_rows(const WriteSet *set, uint32_t object_id, BatchList *rows);
/* Rows under the key of a unique index are kept apart, under this id and the index's columns: to find them,
   not to be submitted. */
static inline uint32_t write_set_index_id(uint32_t index_id) {
    return index_id | 1u << 31;
}
/* Turns it into what coordinator_submit takes. */
void write_set_take_changes(const WriteSet *set, TableChange **changes, int *count);

#endif
