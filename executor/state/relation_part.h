/* The fields of Relation and its parts: private to the files that implement it. */
#ifndef LEAT_STATE_RELATION_PART_H
#define LEAT_STATE_RELATION_PART_H

#include <pthread.h>
#include <stdatomic.h>

#include "executor/state/block_log.h"
#include "executor/state/relation.h"
#include "executor/state/relation_index.h"
#include "executor/state/slot_index.h"

/* Where a row lies: the chunk's number in its part, and the row in the chunk. */
typedef uint32_t RowRef;
#define ROW_NONE UINT32_MAX
enum { ROW_BITS = 12, CHUNK_ROWS_FIRST = 64 };

static inline RowRef row_ref(uint32_t chunk, int row) {
    return chunk << ROW_BITS | (uint32_t)row;
}
static inline int ref_row(RowRef ref) {
    return (int)(ref & ((1u << ROW_BITS) - 1));
}

enum {
    ROW_DIRTY = 1,      /* on the dirty list: the next cut writes it */
    ROW_IN_LOG = 2,     /* some block holds a version of its key or row */
    ROW_GENERATION = 4, /* the rewrite that last wrote it */
    ROW_DEAD = 8        /* visible to nobody any more */
};

/* Rows that came one after another. Readers may touch rows below row_count: values, begin, end and (of rows they see) counts; the rest is the writer's,
   or guarded by the part's lock. A full chunk changes in `end` only. */
typedef struct Chunk {
    atomic_int reference_count;
    uint32_t number;
    int capacity;
    atomic_int row_count;
    Batch *rows; /* its columns hold the values; the writer's own view of them */
    uint64_t *begin;
    _Atomic uint64_t *end;
    int64_t *counts;  /* copies of the row; relations without a key only */
    RowRef *previous; /* older and newer version of the same key */
    RowRef *next;
    uint32_t *tags;
    uint16_t *shards;
    uint8_t *flags;
    _Atomic uint64_t begin_max;
    _Atomic uint64_t end_min; /* EPOCH_OPEN: no row has ended */
    int dead_count;
    size_t size; /* last counted */
} Chunk;

typedef struct EndedRow {
    uint64_t epoch;
    RowRef row;
} EndedRow;

typedef struct RelationPart {
    pthread_rwlock_t lock; /* index, versions' links, chunk list, ended list; columns of chunks that are not full. Only the writer writes. */
    Chunk **chunks;        /* by number; NULL where one was retired */
    int chunk_count;
    int chunk_capacity;
    Chunk *tail;                /* the one that is filled, or NULL */
    SlotIndex index;            /* to the newest version of each key or row */
    struct PartIndex **indexes; /* as the relation's */
    int index_count;
    /* Rows ended since the oldest pin, by epoch: what trimming visits, and the − rows of changes. */
    EndedRow *ended;
    int ended_first;
    int ended_count;
    int ended_capacity;
    RowRef *dirty;
    int dirty_count;
    int dirty_capacity;
    Batch **deleted; /* keys (or rows) that the log still holds */
    uint16_t **deleted_shards;
    int deleted_count;
    int deleted_capacity;
    BlockLog log;
    int64_t log_rows;
    uint8_t generation;
    RowRef rewrite_row; /* where the running rewrite goes on */
    bool is_rewritten;  /* the walk has come to the end */
    int64_t total;      /* copies of live rows, as added to Relation.row_count */
    size_t chunk_size;
    size_t accounted;
} RelationPart;

struct Relation {
    atomic_int reference_count;
    RelationSpec spec;
    int *columns; /* of the key, or all: what identifies a row */
    int identity_count;
    int *all_columns;
    Type *identity_types;
    atomic_llong row_count;
    atomic_size_t size;
    RelationIndexSpec *indexes;
    int index_count;
    RelationPart parts[];
};

static inline Chunk *part_chunk(const RelationPart *part, RowRef ref) {
    return part->chunks[ref >> ROW_BITS];
}

Chunk *chunk_retain(Chunk *chunk);
void chunk_release(Chunk *chunk);
/* A chunk with room, on the part's list; the writer holds the lock. */
Chunk *part_add_chunk(Relation *relation, RelationPart *part, int capacity);
/* Takes the chunk off the list. */
void part_retire_chunk(RelationPart *part, Chunk *chunk);
/* Appends a copy of a row; not yet counted in row_count (chunk_publish), not in the index. */
int chunk_append(Chunk *chunk, const Batch *batch, int row, uint64_t begin, uint32_t tag, uint16_t shard);
static inline void chunk_publish(Chunk *chunk) {
    atomic_store_explicit(&chunk->row_count, chunk->rows->row_count, memory_order_release);
}
/* Counts the chunk's memory once more; part_account does it for the tail. */
void part_measure(RelationPart *part, Chunk *chunk);
/* Counts a change of memory. */
void part_account(Relation *relation, RelationPart *part);

/* relation_index.c: a row that has come, and the rows of a chunk that goes; the writer holds the lock. */
void part_index_row(const Relation *relation, RelationPart *part, RowRef ref);
void part_index_retire(RelationPart *part, const Chunk *chunk);
size_t part_index_bytes(const RelationPart *part);
void part_index_free(RelationPart *part);
void relation_indexes_free(Relation *relation);

/* Hash, tag and shard of the identity of rows. */
void relation_hash(const Relation *relation, const Batch *batch, uint64_t *hashes, uint16_t *shards);
/* The newest version (ended or not) of the row's key, ROW_NONE where there is none. */
RowRef part_find(const Relation *relation, const RelationPart *part, const Batch *batch, int row, uint32_t tag);
bool rows_have_same_identity(const Relation *relation, const Batch *a, int a_row, const Batch *b, int b_row);
/* The writer holds the lock. Begins a version; previous: the key's newest one, ROW_NONE. */
RowRef part_begin_row(Relation *relation, RelationPart *part, const Batch *batch, int row, int64_t count, uint32_t tag, uint16_t shard,
    RowRef previous, uint64_t epoch);
/* Marks that a row must be written by the next cut. */
void part_mark_dirty(RelationPart *part, RowRef ref);
/* Remembers that the log's version of the row's key does not hold any more. */
void part_bury(const Relation *relation, RelationPart *part, RowRef ref);

#endif
