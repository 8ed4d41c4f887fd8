/* Batch: columns, and for each row how many copies of it are added or taken away. */
#ifndef LEAT_BATCH_BATCH_H
#define LEAT_BATCH_BATCH_H

#include "executor/batch/column.h"

/* Canonical-key hashes over some of a batch's columns, known already: whoever needs them next does not
   compute them again. */
typedef struct KeyHashes {
    Column *values; /* int8, by row number; NULL: none are known */
    int count;
    int columns[8];
} KeyHashes;

/* Immutable and reference counted once emitted. */
typedef struct Batch {
    atomic_int reference_count;
    int row_count;       /* rows in the columns, at most BATCH_ROWS_MAX */
    int selected_count;  /* rows that count: row_count when there is no selection */
    uint16_t *selection; /* ascending row numbers, or NULL: all */
    int64_t *diffs;      /* by row number, or NULL: every row is +1 */
    KeyHashes hashes;
    int column_count;
    Column *columns[];
} Batch;

/* Takes over one reference of each column (the array itself is copied); diffs and selection NULL. */
Batch *batch_create(int row_count, int column_count, Column *const *columns);
/* Fresh columns with room for `capacity` rows and row_count 0, for a producer to fill. */
Batch *batch_builder(const Type *types, int column_count, int capacity);
Batch *batch_retain(Batch *batch);
void batch_release(Batch *batch); /* NULL is fine */

/* Room for diffs of `capacity` rows, all +1. */
void batch_need_diffs(Batch *batch, int capacity);
static inline int64_t batch_diff(const Batch *batch, int row) {
    return batch->diffs == NULL ? 1 : batch->diffs[row];
}
static inline int batch_row(const Batch *batch, int selected) {
    return batch->selection == NULL ? selected : batch->selection[selected];
}

/* A new batch that shares the columns and keeps only `count` rows (physical row numbers, ascending; copied).
 */
Batch *batch_select(Batch *batch, const uint16_t *rows, int count);
/* The same rows without a selection and without constant columns: a new reference, of the batch itself when
   it is already so. */
Batch *batch_dense(Batch *batch);
/* A new batch with the listed columns of this one. */
Batch *batch_project(Batch *batch, const int *columns, int count);
/* A new batch with more columns (retained) behind this one's. */
Batch *batch_widen(const Batch *batch, Column *const *columns, int count);
/* Appends the batch's selected rows [from, …) to a builder with room, heap bytes copied; returns how many
   fitted. */
int batch_append(Batch *builder, const Batch *batch, int from, int capacity);
/* Appends the numbered rows to a builder with room, heap bytes shared. */
void batch_share(Batch *builder, const Batch *batch, const uint16_t *rows, int count);
/* Gives a builder of `capacity` rows hashes over the columns, to be written with each row; nothing when they
   are too many. */
void batch_need_hashes(Batch *builder, const int *columns, int count, int capacity);
void batch_append_row(Batch *builder, const Batch *batch, int row, int64_t diff);
/* What the batch keeps in memory, buffers that it shares with others included; what a copy of its selected
   rows would. */
size_t batch_size(const Batch *batch);
size_t batch_copy_size(const Batch *batch);

/* Text form, for tests and logs. In: "int8 text\n+1 10 a\n-1 20 NULL\n"; a value with blanks stands in double
   quotes. Out: the same form. */
Batch *batch_from_text(const char *text);
void batch_add_text(const Batch *batch, Text *out);

/* Hash and comparison of rows by key columns, a batch at a time. */
/* Canonical-key hash (SQL equality) of each physical row over `columns`; rows of a dense batch. NULLs hash
   too (they group). */
void batch_hash_keys(const Batch *batch, const int *columns, int count, uint64_t *hashes);
/* The canonical key of one row: per column a byte 0 (NULL) or 1 and datum_add_key. */
void batch_add_key(const Batch *batch, const int *columns, int count, int row, Text *out);
/* The canonical-key hash of one row, for whoever meets rows one by one; writes over *scratch. */
uint64_t batch_hash_key(const Batch *batch, const int *columns, int count, int row, Text *scratch);
/* Hash over identical bytes of all given columns. */
void batch_hash_identical(const Batch *batch, const int *columns, int count, uint64_t *hashes);
/* The bytes of one row that batch_hash_identical hashes: rows are identical iff these are. */
void batch_add_identical(const Batch *batch, const int *columns, int count, int row, Text *out);
/* SQL equality of keys, NULL equal to NULL. */
bool batch_keys_equal(const Batch *a, const int *a_columns, int a_row, const Batch *b, const int *b_columns,
    int b_row, int count);
bool batch_rows_identical(
    const Batch *a, int a_row, const Batch *b, int b_row, const int *columns, int count);

typedef struct SortKey {
    int column;
    bool is_descending;
    bool is_nulls_first;
} SortKey;

/* < 0, 0, > 0; no tie-break beyond the keys. */
int batch_compare_rows(const Batch *a, int a_row, const Batch *b, int b_row, const SortKey *keys, int count);

#endif
