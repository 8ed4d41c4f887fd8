/* Relation: the rows of a stored table or materialized view: columnar, versioned by epoch, read by any thread
   while its writers go on.

   Rows live in chunks of columns with a begin and an end epoch each; a row is visible at epoch e when begin
   <= e < end. A part has one writer (a worker); readers scan chunks without locks and get batches that borrow
   the chunk's columns. Rows are never changed in place: an update ends one and begins another. What ended at
   or before the oldest pinned epoch is freed by relation_trim.

   Beyond the memory limit chunks let their columns go (relation_evict): what is in them lies in the log, and
   is read back a chunk at a time. What stays of such a row is its place in the index and where its chunk
   lies: about 21 bytes. */
#ifndef LEAT_STATE_RELATION_H
#define LEAT_STATE_RELATION_H

#include "executor/batch/batch_list.h"
#include "executor/state/state_space.h"

typedef struct Relation Relation;

#define EPOCH_OPEN UINT64_MAX

typedef struct RelationSpec {
    uint32_t object_id;
    int column_count;
    const Type *types;
    int key_count; /* proven unique key: key -> row; 0: row -> count (identical rows share one entry with a
                      count) */
    const int *key;
    const Value
        *missing; /* by column: what rows have that were stored before the column was added; NULL: none was */
    int part_count; /* one a worker */
    Store *store;   /* NULL: not durable */
    MemoryBudget *budget;
} RelationSpec;

Relation *relation_create(const RelationSpec *spec);
void relation_release(Relation *relation); /* reference counted: scans hold one too */
Relation *relation_retain(Relation *relation);
/* Reads the durable rows, all as of `epoch`; parts by shard of the key (or of the whole row). */
Status relation_load(Relation *relation, uint64_t epoch, Error *error);

/* Writer of `part` only. Applies signed rows (dense or not; unconsolidated is fine) at the open epoch. With a
   key: a −row and a +row of the same key are an update, whatever their order within the call. Net counts
   below zero, or two rows for one key after the call: INTERNAL_ERROR naming the row. `net` (may be NULL)
   receives the consolidated change as a list of batches owned by the caller. */
Status relation_apply(Relation *relation, int part, Batch *const *changes, int count, uint64_t epoch,
    BatchList *net, Error *error);
/* The same for changes by key, in the order they happened: a +row takes the place of its key's row, a −row
   (of which the key alone counts) takes it away. */
typedef struct UpsertCounts {
    int64_t repeated;  /* rows that were there so already */
    int64_t unmatched; /* deletions of what was not there */
} UpsertCounts;
Status relation_upsert(Relation *relation, int part, Batch *const *changes, int count, uint64_t epoch,
    BatchList *net, UpsertCounts *counts, Error *error);
/* The part that owns a row is shard_part of the key's hash (batch_hash_keys over the key, or over all
   columns). */
/* Between two steps: adds columns behind the others, whose values in rows that are there are spec->missing's.
   Readers go on. */
void relation_widen(Relation *relation, const RelationSpec *spec);
/* The batch, or (a new reference) one with the columns that were added since it was made. Its own reference
   goes. */
Batch *relation_pad(const Relation *relation, Batch *batch);
/* By the part's writer, or while it stands still. relation_cut: as state_space_cut. */
Status relation_cut(Relation *relation, int part, uint64_t epoch, Cut *cut, Error *error);
/* Between two cuts, when no commit is under way: lets go of the oldest columns that are durable until about
   `wanted` bytes are free. open_epoch: what was cut before it is committed. */
void relation_evict(Relation *relation, int part, uint64_t oldest_pinned, uint64_t open_epoch, size_t wanted);
/* Whether a cut has something to write although nothing has changed: rows to be put together for eviction. */
bool relation_wants_cut(const Relation *relation);
/* Whoever still reads an older epoch gets 55000 from then on. */
void relation_trim(Relation *relation, int part, uint64_t oldest_pinned);
/* By the writers: row versions that have ended and are kept for readers of older epochs. */
int64_t relation_ended_rows(const Relation *relation);
/* About how many bytes of them ended in (from, to]. */
size_t relation_ended_bytes(const Relation *relation, uint64_t from, uint64_t to);
bool relation_is_dirty(const Relation *relation, int part);
size_t relation_dirty_bytes(const Relation *relation); /* about; by the writers */

/* Any thread. Readers of an epoch before that of relation_load, or of one that was trimmed, get 55000. Rows
   visible at `epoch`; the caller has that epoch pinned until the last batch is released. columns NULL: all.
   Batches have counts as diffs. */
typedef struct RelationScan RelationScan;
RelationScan *relation_scan_open(Relation *relation, uint64_t epoch, const int *columns, int column_count);
/* Changes that turn the content at `from` into that at `to`: rows begun in (from, to] and still visible as +,
   rows visible at `from` and ended by `to` as −. The caller has both pinned. */
RelationScan *relation_changes_open(
    Relation *relation, uint64_t from, uint64_t to, const int *columns, int column_count);
/* The same over at most `batch_max` batches, spread evenly over the relation: for a sample of its rows. */
RelationScan *relation_sample_open(Relation *relation, uint64_t epoch, int batch_max);
/* *batch NULL at the end. */
Status relation_scan_next(RelationScan *scan, Batch **batch, Error *error);
void relation_scan_close(RelationScan *scan);
/* Rows with the key (all key columns, in order) visible at epoch; *batch NULL when none. */
Status relation_lookup(Relation *relation, uint64_t epoch, const Value *key, Batch **batch, Error *error);

int64_t relation_row_count(const Relation *relation); /* at the open epoch, about */
size_t relation_bytes(const Relation *relation);
const RelationSpec *relation_spec(const Relation *relation);

#endif
