/* The fields of Relation and its parts: private to the files that implement it. */
#ifndef LEAT_STATE_RELATION_INTERNAL_H
#define LEAT_STATE_RELATION_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "executor/state/block_log.h"
#include "executor/state/relation.h"
#include "executor/state/relation_index.h"
#include "executor/state/slot_index.h"

/* Where a row lies: the chunk's number in its part, and the row in the chunk. */
typedef uint32_t RowRef;
#define ROW_NONE UINT32_MAX
enum { ROW_BITS = 12, CHUNK_ROWS_FIRST = 64, CHUNK_SIZE = 1 << 20 /* bytes that are enough for one */ };

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
    ROW_DEAD = 8,       /* visible to nobody any more */
    ROW_MAPPED = 16     /* the chunk's image says where it lies */
};

/* Older and newer version of the same key. */
typedef struct RowLinks {
    RowRef previous;
    RowRef next;
} RowLinks;

/* Rows of a chunk that lie one after another in a block. */
typedef struct ChunkRun {
    BlockPlace place;
    int count;
    int first;      /* the first one's number in the chunk */
    uint16_t *rows; /* their numbers; NULL: first, first + 1, … */
} ChunkRun;

/* Where a chunk's rows lie in the log. The writer's, until the columns are let go; from then on nothing
   changes in it, and readers hold it. */
enum { CHUNK_RUNS_MAX = 8 };
typedef struct ChunkImage {
    atomic_int reference_count;
    int run_count;
    ChunkRun runs[CHUNK_RUNS_MAX];
} ChunkImage;

/* Rows that came one after another. Readers may touch rows below row_count: begin, end and (of rows they see)
   counts; values through `rows`, which they take under the part's lock; the rest is the writer's, or guarded
   by the lock. A full chunk changes in `end` only. */
typedef struct Chunk {
    atomic_int reference_count;
    uint32_t number;
    int capacity; /* rows after which it is full */
    int room;     /* rows for which there is memory */
    atomic_int row_count;
    Batch *rows; /* its columns hold the values; NULL: they were let go, and are read back by the image */
    ChunkImage *image;             /* NULL: nothing of it is known to lie in the log */
    uint64_t *begin;               /* NULL: every reader is past begin_max */
    _Atomic uint64_t *_Atomic end; /* NULL: no row has ended */
    int64_t *counts;               /* copies of the row; relations without a key only */
    RowLinks *links;               /* NULL: every row is its key's only version */
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
    pthread_rwlock_t lock; /* index, versions' links, chunk list, ended list; columns of chunks that are not
                              full. Only the writer writes. */
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
    uint64_t rewrite_epoch;   /* of the running rewrite's first cut */
    int rewrite_chunk;        /* where the running rewrite goes on */
    bool is_rewritten;        /* the walk has come to the end */
    atomic_int evicted_count; /* chunks without columns */
    int evict_chunk;          /* where the next eviction goes on */
    int free_chunk;           /* no number below it is free */
    uint32_t *scattered;      /* chunks that the next cut writes together, so that they can be evicted */
    int scattered_count;
    int scattered_capacity;
    int64_t total; /* copies of live rows, as added to Relation.row_count */
    size_t chunk_size;
    size_t accounted;
} RelationPart;

/* Columns that readers have read back lately. */
enum { CACHED_CHUNKS = 32 };
typedef struct CachedChunk {
    Chunk *chunk;
    Batch *rows;
    size_t size;
    uint64_t used_at;
} CachedChunk;

struct Relation {
    atomic_int reference_count;
    pthread_mutex_t cache_lock;
    CachedChunk cache[CACHED_CHUNKS];
    int cache_count;
    size_t cache_size;
    uint64_t cache_clock;
    RelationSpec spec;
    _Atomic uint64_t readable_epoch; /* what was visible before it is not known any more */
    int *columns;                    /* of the key, or all: what identifies a row */
    int identity_count;
    int *all_columns;
    Column **missing; /* by column, constants; NULL: no column was ever added */
    void **retired;   /* arrays of before it was widened, which readers may still look at */
    int retired_count;
    int retired_capacity;
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

static inline int chunk_row_count(const Chunk *chunk) {
    return atomic_load_explicit(&((Chunk *)chunk)->row_count, memory_order_acquire);
}
static inline uint64_t chunk_begin(const Chunk *chunk, int row) {
    return chunk->begin == NULL ? 0 : chunk->begin[row];
}
static inline uint64_t chunk_end(const Chunk *chunk, int row) {
    _Atomic uint64_t *end = atomic_load_explicit(&((Chunk *)chunk)->end, memory_order_acquire);
    return end == NULL ? EPOCH_OPEN : atomic_load_explicit(&end[row], memory_order_acquire);
}
static inline RowLinks chunk_links(const Chunk *chunk, int row) {
    return chunk->links == NULL ? (RowLinks){ROW_NONE, ROW_NONE} : chunk->links[row];
}
/* The writer's, to be changed. */
RowLinks *chunk_own_links(Chunk *chunk, int row);
void chunk_set_end(Chunk *chunk, int row, uint64_t end);

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

/* relation_widen.c */
/* Types, all_columns and missing as of the spec. */
void relation_set_columns(Relation *relation, const RelationSpec *spec);
void relation_free_columns(Relation *relation);
void part_describe(const Relation *relation, RelationPart *part);

/* relation_index.c: a row that has come, and the rows of a chunk that goes; the writer holds the lock. */
void part_index_row(const Relation *relation, RelationPart *part, RowRef ref);
void part_index_retire(RelationPart *part, const Chunk *chunk);
size_t part_index_bytes(const RelationPart *part);
void part_index_free(RelationPart *part);
void relation_indexes_free(Relation *relation);

/* Hash, tag and shard of the identity of rows. */
void relation_hash(const Relation *relation, const Batch *batch, uint64_t *hashes, uint16_t *shards);
bool rows_have_same_identity(const Relation *relation, const Batch *a, int a_row, const Batch *b, int b_row);

/* relation_cold.c */
/* Copies of rows whose chunks have no columns, for the writer. Zeroed is empty. */
typedef struct FetchedRow {
    RowRef ref;
    int row;
    const Batch *batch;
} FetchedRow;
typedef struct FetchedRows {
    SlotIndex index;
    FetchedRow *rows;
    int count;
    int capacity;
    BatchList batches;
} FetchedRows;
/* Fetches the newest versions with the hashes of the batch's selected rows, where they are not in memory. */
Status part_fetch(Relation *relation, RelationPart *part, const Batch *batch, const uint64_t *hashes,
    FetchedRows *fetched, Error *error);
const Batch *fetched_row(const FetchedRows *fetched, RowRef ref, int *row);
void fetched_free(FetchedRows *fetched);
/* The batch and row that hold a version's values: its chunk's, or fetched ones. */
static inline const Batch *part_row(
    const RelationPart *part, const FetchedRows *fetched, RowRef ref, int *row) {
    const Batch *rows = part_chunk(part, ref)->rows;
    *row = ref_row(ref);
    return __builtin_expect(rows != NULL, 1) ? rows : fetched_row(fetched, ref, row);
}
/* Any thread that has the chunk retained (or writes it), without the lock: the values, retained; those of a
   row that is dead may be missing. */
Status chunk_read(Relation *relation, RelationPart *part, Chunk *chunk, Batch **rows, Error *error);
/* The writer: gives the chunk its columns back. */
Status chunk_recall(Relation *relation, RelationPart *part, Chunk *chunk, Error *error);
/* The writer: rows (ascending numbers) of the chunk were put there; forgets where any lie. */
void chunk_map(RelationPart *part, Chunk *chunk, const RowRef *refs, int count, BlockPlace place);
void chunk_unmap(RelationPart *part, Chunk *chunk);
/* relation_read.c */
Status relation_check_epoch(Relation *relation, uint64_t epoch, Error *error);
void image_release(ChunkImage *image);
void relation_forget_cache(Relation *relation);

/* The newest version (ended or not) of the row's key, ROW_NONE where there is none. */
RowRef part_find(const Relation *relation, const RelationPart *part, const FetchedRows *fetched,
    const Batch *batch, int row, uint32_t tag);
/* The writer holds the lock. Begins a version; previous: the key's newest one, ROW_NONE. */
RowRef part_begin_row(Relation *relation, RelationPart *part, const Batch *batch, int row, int64_t count,
    uint32_t tag, uint16_t shard, RowRef previous, uint64_t epoch);
/* What is begun next goes to a new chunk. */
void part_close_tail(RelationPart *part);
/* Marks that a row must be written by the next cut. */
void part_mark_dirty(RelationPart *part, RowRef ref);
/* Remembers that the log's version of the key that a row of the batch has does not hold any more. */
void part_bury(const Relation *relation, RelationPart *part, const Batch *batch, int row, uint16_t shard);

#endif
