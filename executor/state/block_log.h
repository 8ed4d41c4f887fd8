/* BlockLog: rows made durable as a log of column blocks; what state tables and relations share.

   A block holds upserted or deleted rows of one cut, sorted by shard, at most 1 MB unless one row is larger.
   Deletions of a cut lie before its upserts. Every block describes its table, so that a log can be read
   before anyone opens it. */
#ifndef LEAT_STATE_BLOCK_LOG_H
#define LEAT_STATE_BLOCK_LOG_H

#include "executor/batch/batch.h"
#include "executor/state/store.h"

enum { RELATION_OPERATOR = 0xffffffff /* in place of an operator's id in the keys of relations */ };

typedef enum BlockKind { BLOCK_DELETES, BLOCK_UPSERTS } BlockKind;

/* A durable block of the log. */
typedef struct LogBlock {
    uint64_t epoch;
    uint32_t worker;
    uint32_t number;
    uint32_t shard_min;
    uint32_t shard_max;
    uint32_t size;
    int64_t last; /* no row is of use once the table's watermark has passed this; INT64_MAX: unknown */
} LogBlock;

/* Where a row lies in the log: a block, and the row's number among its rows. */
typedef struct BlockPlace {
    uint64_t epoch;
    uint32_t worker;
    uint32_t number;
    uint32_t row;
} BlockPlace;

/* A part of a block that an instance with other shards has rewritten: nobody reads it any more. */
typedef struct LogRelease {
    uint64_t epoch;
    uint32_t worker;
    uint32_t number;
    uint32_t shard_begin;
    uint32_t shard_end;
} LogRelease;

typedef struct BlockLog {
    uint32_t object_id;
    uint32_t operator_id;
    uint16_t table;
    uint32_t worker;
    uint32_t shard_begin; /* of the instance: [begin, end) */
    uint32_t shard_end;
    Text description; /* of the table, stored in each block */
    LogBlock *blocks; /* oldest first */
    int block_count;
    int block_capacity;
    LogRelease *releases;
    int release_count;
    int release_capacity;
    uint32_t (*foreign_counters)[2]; /* ranges of instances that went, to be deleted by the next counter */
    int foreign_count;
    int foreign_capacity;
    size_t size;          /* of all blocks, about: shared ones by half */
    uint64_t upsert_rows; /* ever written or read, with their bytes: the mean row */
    uint64_t upsert_bytes;
    uint64_t epoch; /* of the last cut */
    uint32_t next_number;
    int rewriting; /* blocks that go once the running rewrite is done; 0: none runs */
    /* The block being filled. */
    Cut *cut;
    Text open;
    BlockKind open_kind;
    uint32_t open_rows;
    uint32_t open_shard_min;
    uint32_t open_shard_max;
    int64_t open_last;
    BlockPlace reading;  /* while a visitor is given rows: where the first of them lies */
    bool is_reading_all; /* they are all the rows of their batch, so that they lie one after another */
} BlockLog;

void block_log_init(BlockLog *log, uint32_t object_id, uint32_t operator_id, uint16_t table, uint32_t worker,
    uint32_t shard_begin, uint32_t shard_end);
void block_log_free(BlockLog *log);

/* A cut: begin, add rows (a dense batch, each row's shard), end. last: the rows are of no use once that lies
   below the watermark (INT64_MAX: always are). */
void block_log_begin(BlockLog *log, uint64_t epoch, Cut *cut);
void block_log_add(BlockLog *log, BlockKind kind, const Batch *batch, const uint16_t *shards, int64_t last);
/* Where the first row of the last batch that was added, of this many rows, lies. */
BlockPlace block_log_place(const BlockLog *log, int row_count);
/* What is added next begins a new block. */
void block_log_close(BlockLog *log);
size_t block_log_open_size(const BlockLog *log);
void block_log_end(BlockLog *log);
/* Rows of about this size fit well into one batch of a block. */
int block_log_batch_rows(size_t row_size);

/* Rewriting: when the log is more than twice the size of `live_rows`, the owner writes every live row anew
   over the next cuts, then all older blocks go. */
bool block_log_wants_rewrite(const BlockLog *log, int64_t live_rows);
void block_log_rewrite_begin(BlockLog *log); /* between cuts, before the next begin */
void block_log_rewrite_end(BlockLog *log, Cut *cut);
/* Deletes the blocks written since the start whose rows the watermark has passed; those that a running
   rewrite replaces go with it. */
void block_log_pass(BlockLog *log, int64_t watermark, Cut *cut);

/* One number of the owner's beside the log, overwritten by each put; the numbers of instances with other
   shards are deleted. */
void block_log_put_counter(BlockLog *log, int64_t value, Cut *cut);

/* What a log holds, in the order written. log(): the log (initialised, kept by the callee) for a table
   number. rows(): `batch` is dense and holds own rows only. */
typedef struct LogVisitor {
    BlockLog *(*log)(void *owner, uint16_t table);
    Status (*rows)(
        void *owner, BlockLog *log, TextReader description, BlockKind kind, const Batch *batch, Error *error);
    void (*counter)(void *owner, BlockLog *log,
        int64_t value); /* −1: there are only those of instances with other shards; may be NULL */
    void *owner;
} LogVisitor;
Status block_log_read(
    Store *store, uint32_t object_id, uint32_t operator_id, const LogVisitor *visitor, Error *error);

/* Any thread. Gives `count` rows of a block from `place` on, as rows [from, from + count) of batches;
 *is_found false when the block is not there (any more). */
typedef void (*BlockRows)(void *argument, Batch *batch, int from, int count);
Status block_log_fetch(const BlockLog *log, Store *store, const BlockPlace *place, int count, BlockRows rows,
    void *argument, bool *is_found, Error *error);

/* Key bytes: big endian, so that keys sort as their numbers do. */
void key_add_u16(Text *key, uint16_t value);
void key_add_u32(Text *key, uint32_t value);
void key_add_u64(Text *key, uint64_t value);

/* The indexes 0 … count − 1 ordered by stretches of 4 096 shards (stable): a block's rows are of few workers'
   shards, however many there will be, and those of a stretch stay in the order in which they lie in memory.
 */
void shard_order(const uint16_t *shards, int count, uint32_t *order);

#endif
