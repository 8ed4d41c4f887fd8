/* Reading relations: scans, changes and lookups, on any thread.

   A scan takes the list of chunks once, under the part's lock, and then needs no lock: what it sees of a chunk does not change for its epoch. A chunk
   that is retired meanwhile stays as it was; its rows' new places are in chunks that the scan does not have. Only of a chunk that is still being filled are
   null bits copied and buffers listed under the lock, because rows behind the visible ones share their words. */
#include <stdlib.h>
#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/state/relation.h"
#include "executor/state/relation_part.h"

/* A chunk to be read, and for changes its rows that ended. */
typedef struct ScanChunk {
    Chunk *chunk;
    int part;
    int ended_first; /* rows of ScanChunk lists: [first, first + count) of RelationScan.ended; count 0: read for rows that are or came */
    int ended_count;
} ScanChunk;

struct RelationScan {
    Relation *relation;
    uint64_t from; /* changes only */
    uint64_t epoch;
    bool is_changes;
    int *columns;
    int column_count;
    ScanChunk *chunks;
    int chunk_count;
    int chunk_capacity;
    uint16_t *ended;
    int ended_count;
    int ended_capacity;
    int next;
};

static void add_chunk(RelationScan *scan, int part, Chunk *chunk, int ended_first, int ended_count) {
    GROW(scan->chunks, scan->chunk_capacity, scan->chunk_count + 1);
    scan->chunks[scan->chunk_count++] = (ScanChunk){chunk_retain(chunk), part, ended_first, ended_count};
}

static int compare_refs(const void *a, const void *b) {
    RowRef x = *(const RowRef *)a, y = *(const RowRef *)b;
    return (x > y) - (x < y);
}

/* Rows ended in (from, to], by chunk. */
static void add_ended_rows(RelationScan *scan, int number) {
    const RelationPart *part = &scan->relation->parts[number];
    const EndedRow *ended = part->ended + part->ended_first;
    int low = 0, high = part->ended_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (ended[middle].epoch <= scan->from)
            low = middle + 1;
        else
            high = middle;
    }
    RowRef *refs = memory_allocate((size_t)(part->ended_count - low + 1) * sizeof *refs);
    int count = 0;
    for (int i = low; i < part->ended_count && ended[i].epoch <= scan->epoch; i++)
        refs[count++] = ended[i].row;
    qsort(refs, (size_t)count, sizeof *refs, compare_refs);
    for (int i = 0; i < count;) {
        int first = scan->ended_count, end = i;
        for (; end < count && refs[end] >> ROW_BITS == refs[i] >> ROW_BITS; end++) {
            GROW(scan->ended, scan->ended_capacity, scan->ended_count + 1);
            scan->ended[scan->ended_count++] = (uint16_t)ref_row(refs[end]);
        }
        add_chunk(scan, number, part_chunk(part, refs[i]), first, end - i);
        i = end;
    }
    memory_free(refs);
}

static RelationScan *open_scan(Relation *relation, uint64_t from, uint64_t epoch, bool is_changes, const int *columns, int column_count) {
    RelationScan *scan = NEW(RelationScan);
    *scan = (RelationScan){.relation = relation_retain(relation), .from = from, .epoch = epoch, .is_changes = is_changes};
    scan->column_count = columns == NULL ? relation->spec.column_count : column_count;
    scan->columns = NEW_ARRAY(int, scan->column_count + 1);
    memcpy(scan->columns, columns == NULL ? relation->all_columns : columns, (size_t)scan->column_count * sizeof *scan->columns);
    for (int number = 0; number < relation->spec.part_count; number++) {
        RelationPart *part = &relation->parts[number];
        pthread_rwlock_rdlock(&part->lock);
        for (int i = 0; i < part->chunk_count; i++) {
            Chunk *chunk = part->chunks[i];
            if (chunk != NULL && (!is_changes || atomic_load_explicit(&chunk->begin_max, memory_order_relaxed) > from))
                add_chunk(scan, number, chunk, 0, 0);
        }
        if (is_changes)
            add_ended_rows(scan, number);
        pthread_rwlock_unlock(&part->lock);
    }
    return scan;
}

RelationScan *relation_scan_open(Relation *relation, uint64_t epoch, const int *columns, int column_count) {
    return open_scan(relation, 0, epoch, false, columns, column_count);
}

RelationScan *relation_sample_open(Relation *relation, uint64_t epoch, int batch_max) {
    RelationScan *scan = open_scan(relation, 0, epoch, false, NULL, 0);
    int kept = 0;
    for (int i = 0; i < scan->chunk_count; i++)
        if (scan->chunk_count <= batch_max || (int64_t)i * batch_max / scan->chunk_count == kept)
            scan->chunks[kept++] = scan->chunks[i];
        else
            chunk_release(scan->chunks[i].chunk);
    scan->chunk_count = kept;
    return scan;
}

RelationScan *relation_changes_open(Relation *relation, uint64_t from, uint64_t to, const int *columns, int column_count) {
    return open_scan(relation, from, to, true, columns, column_count);
}

void relation_scan_close(RelationScan *scan) {
    if (scan == NULL)
        return;
    for (int i = scan->next; i < scan->chunk_count; i++)
        chunk_release(scan->chunks[i].chunk);
    relation_release(scan->relation);
    memory_free(scan->chunks);
    memory_free(scan->ended);
    memory_free(scan->columns);
    memory_free(scan);
}

/* Picking rows. */

/* Rows that are visible at the epoch (of changes: and began after `from`); `rows` is not filled when these are all. */
static int pick_visible(const RelationScan *scan, Chunk *chunk, int row_count, uint16_t *rows) {
    uint64_t epoch = scan->epoch, after = scan->is_changes ? scan->from : 0;
    bool is_any_begin = scan->is_changes;
    if (!is_any_begin && atomic_load_explicit(&chunk->begin_max, memory_order_acquire) <= epoch &&
        atomic_load_explicit(&chunk->end_min, memory_order_acquire) > epoch)
        return row_count;
    const uint64_t *begin = chunk->begin;
    int count = 0;
    for (int row = 0; row < row_count; row++) {
        rows[count] = (uint16_t)row;
        bool is_begun = begin[row] <= epoch && (!is_any_begin || begin[row] > after);
        count += is_begun & (atomic_load_explicit(&chunk->end[row], memory_order_acquire) > epoch);
    }
    return count;
}

/* Of rows that ended in the range those that were visible at its start. */
static int pick_ended(const RelationScan *scan, const ScanChunk *from, uint16_t *rows) {
    int count = 0;
    for (int i = from->ended_first; i < from->ended_first + from->ended_count; i++)
        if (from->chunk->begin[scan->ended[i]] <= scan->from)
            rows[count++] = scan->ended[i];
    return count;
}

/* Batches. */

/* What a borrowed column keeps alive. */
typedef struct Loan {
    Chunk *chunk;
    uint64_t nulls[]; /* a copy, while the chunk is being filled */
} Loan;

static void end_loan(Column *column) {
    Loan *loan = column->owner;
    chunk_release(loan->chunk);
    memory_free(loan);
}

static Column *borrow_column(Chunk *chunk, int number, int row_count) {
    const Column *source = chunk->rows->columns[number];
    size_t words = ((size_t)row_count + 63) / 64;
    bool is_copied = row_count < chunk->capacity && source->nulls != NULL;
    Loan *loan = memory_allocate(sizeof *loan + (is_copied ? words * sizeof(uint64_t) : 0));
    loan->chunk = chunk_retain(chunk);
    if (is_copied)
        memcpy(loan->nulls, source->nulls, words * sizeof(uint64_t));
    Column *column = column_borrow(source->type, row_count, source->values, is_copied ? loan->nulls : source->nulls, loan, end_loan);
    column_keep_buffers_of(column, source);
    return column;
}

static Batch *lend(const RelationScan *scan, const ScanChunk *from, int row_count) {
    pthread_rwlock_t *lock = &scan->relation->parts[from->part].lock;
    Column **columns = NEW_ARRAY(Column *, scan->column_count + 1);
    bool is_open = row_count < from->chunk->capacity;
    if (is_open)
        pthread_rwlock_rdlock(lock);
    for (int i = 0; i < scan->column_count; i++)
        columns[i] = borrow_column(from->chunk, scan->columns[i], row_count);
    if (is_open)
        pthread_rwlock_unlock(lock);
    Batch *batch = batch_create(row_count, scan->column_count, columns);
    memory_free(columns);
    return batch;
}

static Batch *read_chunk(const RelationScan *scan, const ScanChunk *from) {
    Chunk *chunk = from->chunk;
    bool is_minus = from->ended_count > 0;
    int row_count = atomic_load_explicit(&chunk->row_count, memory_order_acquire);
    uint16_t rows[BATCH_ROWS_MAX];
    int count = is_minus ? pick_ended(scan, from, rows) : pick_visible(scan, chunk, row_count, rows);
    if (count == 0)
        return NULL;
    bool is_whole = !is_minus && count == row_count;
    Batch *batch = lend(scan, from, row_count);
    if (!is_whole) {
        Batch *selected = batch_select(batch, rows, count);
        batch_release(batch);
        batch = selected;
    }
    if (!is_minus && chunk->counts == NULL)
        return batch;
    batch_need_diffs(batch, row_count);
    for (int i = 0; i < count; i++) {
        int row = is_whole ? i : rows[i];
        int64_t copies = chunk->counts != NULL ? chunk->counts[row] : 1;
        batch->diffs[row] = is_minus ? -copies : copies;
    }
    return batch;
}

Status relation_scan_next(RelationScan *scan, Batch **batch, Error *error) {
    (void)error;
    *batch = NULL;
    while (*batch == NULL && scan->next < scan->chunk_count) {
        const ScanChunk *from = &scan->chunks[scan->next++];
        *batch = read_chunk(scan, from);
        chunk_release(from->chunk);
    }
    return OK;
}

/* Lookups. */

static Batch *copy_row(const Relation *relation, const Chunk *chunk, int row) {
    Batch *batch = batch_builder(relation->spec.types, relation->spec.column_count, 1);
    batch_append_row(batch, chunk->rows, row, chunk->counts != NULL ? chunk->counts[row] : 1);
    return batch;
}

/* The key's version that is visible at the epoch, copied; the caller holds the part's lock. */
static Batch *visible_version(const Relation *relation, const RelationPart *part, RowRef ref, uint64_t epoch) {
    for (; ref != ROW_NONE; ref = part_chunk(part, ref)->previous[ref_row(ref)]) {
        const Chunk *chunk = part_chunk(part, ref);
        int row = ref_row(ref);
        if (chunk->begin[row] > epoch)
            continue;
        return atomic_load_explicit(&chunk->end[row], memory_order_acquire) > epoch ? copy_row(relation, chunk, row) : NULL;
    }
    return NULL;
}

Status relation_lookup(Relation *relation, uint64_t epoch, const Value *key, Batch **out, Error *error) {
    (void)error;
    int count = relation->identity_count;
    Column **columns = NEW_ARRAY(Column *, relation->spec.column_count + 1);
    for (int i = 0; i < count; i++)
        columns[relation->columns[i]] = column_constant(&key[i]);
    Batch *probe = batch_create(1, relation->spec.column_count, columns);
    memory_free(columns);
    uint64_t hash;
    relation_hash(relation, probe, &hash, NULL);
    RelationPart *part = &relation->parts[shard_part(hash_shard(hash), relation->spec.part_count)];
    pthread_rwlock_rdlock(&part->lock);
    *out = visible_version(relation, part, part_find(relation, part, probe, 0, (uint32_t)hash), epoch);
    pthread_rwlock_unlock(&part->lock);
    batch_release(probe);
    return OK;
}
