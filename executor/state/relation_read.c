/* Reading relations: scans, changes and lookups, on any thread.

   A scan takes the list of chunks once, under the part's lock: what it sees of a chunk does not change for
   its epoch. A chunk that is retired meanwhile stays as it was; its rows' new places are in chunks that the
   scan does not have. A chunk's columns are taken under the lock, since they may be let go, and kept as long
   as a batch borrows them; of a chunk that is still being filled null bits are copied and buffers listed,
   because rows behind the visible ones share their words. Columns that were let go are read back for the
   batch alone. */
#include <stdlib.h>
#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/state/relation.h"
#include "executor/state/relation_internal.h"

/* A chunk to be read, and for changes its rows that ended. */
typedef struct ScanChunk {
    Chunk *chunk;
    int part;
    int ended_first; /* rows of ScanChunk lists: [first, first + count) of RelationScan.ended; count 0: read
                        for rows that are or came */
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

static RelationScan *open_scan(Relation *relation, uint64_t from, uint64_t epoch, bool is_changes,
    const int *columns, int column_count) {
    RelationScan *scan = NEW(RelationScan);
    *scan = (RelationScan){
        .relation = relation_retain(relation), .from = from, .epoch = epoch, .is_changes = is_changes};
    scan->column_count = columns == NULL ? relation->spec.column_count : column_count;
    scan->columns = NEW_ARRAY(int, scan->column_count + 1);
    memcpy(scan->columns, columns == NULL ? relation->all_columns : columns,
        (size_t)scan->column_count * sizeof *scan->columns);
    for (int number = 0; number < relation->spec.part_count; number++) {
        RelationPart *part = &relation->parts[number];
        pthread_rwlock_rdlock(&part->lock);
        for (int i = 0; i < part->chunk_count; i++) {
            Chunk *chunk = part->chunks[i];
            if (chunk != NULL &&
                (!is_changes || atomic_load_explicit(&chunk->begin_max, memory_order_relaxed) > from))
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
    enum { READ_SHARE = 8 };
    RelationScan *scan = open_scan(relation, 0, epoch, false, NULL, 0);
    int kept = 0;
    bool is_evicted = false;
    for (int part = 0; part < relation->spec.part_count; part++)
        is_evicted |= relation->parts[part].evicted_count > 0;
    /* Chunks have to be read back. */
    if (is_evicted)
        batch_max = batch_max / READ_SHARE + 1;
    for (int i = 0; i < scan->chunk_count; i++)
        if (scan->chunk_count <= batch_max || (int64_t)i * batch_max / scan->chunk_count == kept)
            scan->chunks[kept++] = scan->chunks[i];
        else
            chunk_release(scan->chunks[i].chunk);
    scan->chunk_count = kept;
    return scan;
}

RelationScan *relation_changes_open(
    Relation *relation, uint64_t from, uint64_t to, const int *columns, int column_count) {
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

/* Rows that are visible at the epoch (of changes: and began after `from`); `rows` is not filled when these
   are all. */
static int pick_visible(const RelationScan *scan, Chunk *chunk, int row_count, uint16_t *rows) {
    uint64_t epoch = scan->epoch, after = scan->is_changes ? scan->from : 0;
    bool is_any_begin = scan->is_changes;
    if (!is_any_begin && atomic_load_explicit(&chunk->begin_max, memory_order_acquire) <= epoch &&
        atomic_load_explicit(&chunk->end_min, memory_order_acquire) > epoch)
        return row_count;
    /* Where all have begun nobody looks at begins, which may be gone; where none has ended there are no ends.
     */
    bool is_all_begun =
        !is_any_begin && atomic_load_explicit(&chunk->begin_max, memory_order_acquire) <= epoch;
    const uint64_t *begin = is_all_begun ? NULL : chunk->begin;
    const _Atomic uint64_t *end = atomic_load_explicit(&chunk->end, memory_order_acquire);
    int count = 0;
    for (int row = 0; row < row_count; row++) {
        rows[count] = (uint16_t)row;
        bool is_begun = begin == NULL || (begin[row] <= epoch && (!is_any_begin || begin[row] > after));
        count += is_begun & (end == NULL || atomic_load_explicit(&end[row], memory_order_acquire) > epoch);
    }
    return count;
}

/* Of rows that ended in the range those that were visible at its start. */
static int pick_ended(const RelationScan *scan, const ScanChunk *from, uint16_t *rows) {
    int count = 0;
    bool is_all_begun = atomic_load_explicit(&from->chunk->begin_max, memory_order_acquire) <= scan->from;
    for (int i = from->ended_first; i < from->ended_first + from->ended_count; i++)
        if (is_all_begun || from->chunk->begin[scan->ended[i]] <= scan->from)
            rows[count++] = scan->ended[i];
    return count;
}

/* Batches. */

/* What a borrowed column keeps alive. */
typedef struct Loan {
    Batch *rows;
    uint64_t nulls[]; /* a copy, while the chunk is being filled */
} Loan;

static void end_loan(Column *column) {
    Loan *loan = column->owner;
    batch_release(loan->rows);
    memory_free(loan);
}

static Column *borrow_column(const Chunk *chunk, int number, int row_count) {
    Column *source = chunk->rows->columns[number];
    if (source->is_constant)
        return column_retain(source);
    size_t words = ((size_t)row_count + 63) / 64;
    bool is_copied = row_count < chunk->capacity && source->nulls != NULL;
    Loan *loan = memory_allocate(sizeof *loan + (is_copied ? words * sizeof(uint64_t) : 0));
    loan->rows = batch_retain(chunk->rows);
    if (is_copied)
        memcpy(loan->nulls, source->nulls, words * sizeof(uint64_t));
    Column *column = column_borrow(
        source->type, row_count, source->values, is_copied ? loan->nulls : source->nulls, loan, end_loan);
    column_keep_buffers_of(column, source);
    return column;
}

static Status lend(
    const RelationScan *scan, const ScanChunk *from, int row_count, Batch **batch, Error *error) {
    RelationPart *part = &scan->relation->parts[from->part];
    Column *columns[scan->column_count + 1];
    Batch *rows = NULL;
    pthread_rwlock_rdlock(&part->lock);
    bool is_resident = from->chunk->rows != NULL;
    for (int i = 0; is_resident && i < scan->column_count; i++)
        columns[i] = borrow_column(from->chunk, scan->columns[i], row_count);
    pthread_rwlock_unlock(&part->lock);
    if (!is_resident && scan->column_count > 0)
        TRY(chunk_read(scan->relation, part, from->chunk, &rows, error));
    for (int i = 0; rows != NULL && i < scan->column_count; i++)
        columns[i] = column_retain(rows->columns[scan->columns[i]]);
    batch_release(rows);
    *batch = batch_create(row_count, scan->column_count, columns);
    return OK;
}

static Status read_chunk(const RelationScan *scan, const ScanChunk *from, Batch **out, Error *error) {
    Chunk *chunk = from->chunk;
    bool is_minus = from->ended_count > 0;
    int row_count = atomic_load_explicit(&chunk->row_count, memory_order_acquire);
    uint16_t rows[BATCH_ROWS_MAX];
    int count = is_minus ? pick_ended(scan, from, rows) : pick_visible(scan, chunk, row_count, rows);
    if (count == 0)
        return OK;
    bool is_whole = !is_minus && count == row_count;
    Batch *batch;
    TRY(lend(scan, from, row_count, &batch, error));
    if (!is_whole) {
        Batch *selected = batch_select(batch, rows, count);
        batch_release(batch);
        batch = selected;
    }
    *out = batch;
    if (!is_minus && chunk->counts == NULL)
        return OK;
    batch_need_diffs(batch, row_count);
    for (int i = 0; i < count; i++) {
        int row = is_whole ? i : rows[i];
        int64_t copies = chunk->counts != NULL ? chunk->counts[row] : 1;
        batch->diffs[row] = is_minus ? -copies : copies;
    }
    return OK;
}

/* Whether the relation still knows what was visible then: asked after reading, since it may have been trimmed
   meanwhile. */
Status relation_check_epoch(Relation *relation, uint64_t epoch, Error *error) {
    if (epoch >= atomic_load(&relation->readable_epoch))
        return OK;
    error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "snapshot too old");
    return error_detail(error, "More row versions were kept for it than half of the memory limit, or a write "
                               "has failed and the server went on from its last commit.");
}

Status relation_scan_next(RelationScan *scan, Batch **batch, Error *error) {
    *batch = NULL;
    Status status = OK;
    while (*batch == NULL && status == OK && scan->next < scan->chunk_count) {
        const ScanChunk *from = &scan->chunks[scan->next++];
        status = read_chunk(scan, from, batch, error);
        chunk_release(from->chunk);
    }
    if (status == OK)
        status = relation_check_epoch(scan->relation, scan->is_changes ? scan->from : scan->epoch, error);
    if (status != OK) {
        batch_release(*batch);
        *batch = NULL;
    }
    return status;
}

/* Lookups. */

/* Chunks without columns that a lookup came upon, with their columns. */
typedef struct ReadChunk {
    Chunk *chunk;
    Batch *rows;
} ReadChunk;

typedef struct Lookup {
    const Relation *relation;
    const RelationPart *part;
    uint64_t epoch;
    const Batch *key;
    ReadChunk *read;
    int count;
    int capacity;
    Chunk *missing; /* to be read before the lookup can go on */
} Lookup;

/* NULL: they have to be read first. */
static const Batch *chunk_columns(Lookup *lookup, Chunk *chunk) {
    if (chunk->rows != NULL)
        return chunk->rows;
    for (int i = 0; i < lookup->count; i++)
        if (lookup->read[i].chunk == chunk)
            return lookup->read[i].rows;
    lookup->missing = chunk;
    return NULL;
}

/* The key's version that is visible at the epoch, copied. */
static Batch *visible_version(Lookup *lookup, RowRef ref) {
    const Relation *relation = lookup->relation;
    for (; ref != ROW_NONE; ref = chunk_links(part_chunk(lookup->part, ref), ref_row(ref)).previous) {
        Chunk *chunk = part_chunk(lookup->part, ref);
        int row = ref_row(ref);
        if (chunk_begin(chunk, row) > lookup->epoch)
            continue;
        const Batch *rows = chunk_end(chunk, row) > lookup->epoch ? chunk_columns(lookup, chunk) : NULL;
        if (rows == NULL)
            return NULL;
        Batch *batch = batch_builder(relation->spec.types, relation->spec.column_count, 1);
        batch_append_row(batch, rows, row, chunk->counts != NULL ? chunk->counts[row] : 1);
        return batch;
    }
    return NULL;
}

/* Under the part's lock. */
static Batch *look_up(Lookup *lookup, uint32_t tag) {
    lookup->missing = NULL;
    for (SlotProbe probe = slot_probe(&lookup->part->index, tag); slot_probe_next(&probe);) {
        const Batch *rows = chunk_columns(lookup, part_chunk(lookup->part, probe.slot));
        if (rows == NULL)
            return NULL;
        if (rows_have_same_identity(lookup->relation, rows, ref_row(probe.slot), lookup->key, 0))
            return visible_version(lookup, probe.slot);
    }
    return NULL;
}

/* Looks again after each chunk that had to be read, since what lay where may have changed meanwhile. */
static Status find_visible(Lookup *lookup, uint32_t tag, Batch **out, Error *error) {
    RelationPart *part = (RelationPart *)(uintptr_t)lookup->part;
    for (;;) {
        pthread_rwlock_rdlock(&part->lock);
        *out = look_up(lookup, tag);
        Chunk *missing = lookup->missing == NULL ? NULL : chunk_retain(lookup->missing);
        pthread_rwlock_unlock(&part->lock);
        if (missing == NULL)
            return OK;
        Batch *rows;
        Status status = chunk_read((Relation *)(uintptr_t)lookup->relation, part, missing, &rows, error);
        if (status != OK) {
            chunk_release(missing);
            return status;
        }
        GROW(lookup->read, lookup->capacity, lookup->count + 1);
        lookup->read[lookup->count++] = (ReadChunk){missing, rows};
    }
}

Status relation_lookup(Relation *relation, uint64_t epoch, const Value *key, Batch **out, Error *error) {
    *out = NULL;
    int count = relation->identity_count;
    Column **columns = NEW_ARRAY(Column *, relation->spec.column_count + 1);
    for (int i = 0; i < count; i++)
        columns[relation->columns[i]] = column_constant(&key[i]);
    Batch *probe = batch_create(1, relation->spec.column_count, columns);
    memory_free(columns);
    uint64_t hash;
    relation_hash(relation, probe, &hash, NULL);
    RelationPart *part = &relation->parts[shard_part(hash_shard(hash), relation->spec.part_count)];
    Lookup lookup = {.relation = relation, .part = part, .epoch = epoch, .key = probe};
    Status status = find_visible(&lookup, (uint32_t)hash, out, error);
    for (int i = 0; i < lookup.count; i++) {
        chunk_release(lookup.read[i].chunk);
        batch_release(lookup.read[i].rows);
    }
    memory_free(lookup.read);
    batch_release(probe);
    if (status == OK)
        status = relation_check_epoch(relation, epoch, error);
    if (status != OK) {
        batch_release(*out);
        *out = NULL;
    }
    return status;
}
