/* Relations on disk and in memory over time: cut, load, trim.

   The log says, per key (or per row, with its count as the diff), what the newest version is. Trimming takes
   rows that no pinned epoch sees out of their chains, and moves what lives in chunks that are more than half
   dead into chunks of just the size, which scans that are under way do not have. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/state/relation.h"
#include "executor/state/relation_internal.h"

enum { COMPACTED_CHUNKS = 32, BLOCK_SIZE_MIN = 64 * 1024, BATCH_ROWS_WHOLE = 1024 };

/* Cut. */

typedef struct CutRefs {
    RowRef *refs;
    int count;
    int capacity;
} CutRefs;

static void add_cut_ref(RelationPart *part, RowRef ref, CutRefs *refs) {
    uint8_t *flags = &part_chunk(part, ref)->flags[ref_row(ref)];
    part->log_rows += !(*flags & ROW_IN_LOG);
    *flags = (uint8_t)((*flags & ~(ROW_DIRTY | ROW_GENERATION)) | ROW_IN_LOG | part->generation);
    GROW(refs->refs, refs->capacity, refs->count + 1);
    refs->refs[refs->count++] = ref;
}

/* All rows of the chunk that the log has to have, to be written one after another. */
static Status add_whole_chunk(
    Relation *relation, RelationPart *part, Chunk *chunk, CutRefs *refs, Error *error) {
    TRY(chunk_recall(relation, part, chunk, error));
    chunk_unmap(part, chunk);
    int row_count = chunk_row_count(chunk);
    for (int row = 0; row < row_count; row++)
        if (chunk->flags[row] & (ROW_IN_LOG | ROW_DIRTY))
            add_cut_ref(part, row_ref(chunk->number, row), refs);
    return OK;
}

static Status add_scattered(Relation *relation, RelationPart *part, CutRefs *refs, Error *error) {
    for (int i = 0; i < part->scattered_count; i++) {
        Chunk *chunk = part->chunks[part->scattered[i]];
        if (chunk != NULL && chunk->rows != NULL)
            TRY(add_whole_chunk(relation, part, chunk, refs, error));
    }
    part->scattered_count = 0;
    return OK;
}

static void add_dirty(RelationPart *part, CutRefs *refs) {
    for (int i = 0; i < part->dirty_count; i++) {
        /* The row may have moved, or its chunk's number have gone to another one. */
        const Chunk *chunk = part_chunk(part, part->dirty[i]);
        int row = ref_row(part->dirty[i]);
        if (chunk != NULL && row < chunk_row_count(chunk) && (chunk->flags[row] & ROW_DIRTY))
            add_cut_ref(part, part->dirty[i], refs);
    }
    part->dirty_count = 0;
}

/* Whether anything of the chunk lies in blocks that go with the running rewrite. */
static bool is_in_old_blocks(const RelationPart *part, const Chunk *chunk) {
    for (int i = 0; chunk->image != NULL && i < chunk->image->run_count; i++)
        if (chunk->image->runs[i].place.epoch < part->rewrite_epoch)
            return true;
    int row_count = chunk_row_count(chunk);
    for (int row = 0; row < row_count; row++)
        if ((chunk->flags[row] & ROW_IN_LOG) && (chunk->flags[row] & ROW_GENERATION) != part->generation)
            return true;
    return false;
}

static Status add_rewritten(Relation *relation, RelationPart *part, CutRefs *refs, Error *error) {
    enum { STRETCH = 16384 };
    int end = refs->count + refs->count + STRETCH;
    for (; part->rewrite_chunk < part->chunk_count; part->rewrite_chunk++) {
        Chunk *chunk = part->chunks[part->rewrite_chunk];
        if (chunk == NULL || !is_in_old_blocks(part, chunk))
            continue;
        if (refs->count >= end)
            return OK;
        TRY(add_whole_chunk(relation, part, chunk, refs, error));
    }
    part->is_rewritten = true;
    return OK;
}

static int compare_refs(const void *a, const void *b) {
    RowRef x = *(const RowRef *)a, y = *(const RowRef *)b;
    return (x > y) - (x < y);
}

/* In the order of their chunks, each once. */
static void order_refs(CutRefs *refs) {
    int at = 1, kept = 1;
    while (at < refs->count && refs->refs[at - 1] < refs->refs[at])
        at++;
    if (at >= refs->count)
        return;
    qsort(refs->refs, (size_t)refs->count, sizeof *refs->refs, compare_refs);
    for (int i = 1; i < refs->count; i++)
        if (refs->refs[i] != refs->refs[kept - 1])
            refs->refs[kept++] = refs->refs[i];
    refs->count = kept;
}

static void write_deletes(const Relation *relation, RelationPart *part) {
    for (int i = 0; i < part->deleted_count; i++) {
        Batch *batch = part->deleted[i],
              *ordered = batch_builder(relation->identity_types, relation->identity_count, batch->row_count);
        uint32_t order[BATCH_ROWS_MAX];
        uint16_t shards[BATCH_ROWS_MAX];
        shard_order(part->deleted_shards[i], batch->row_count, order);
        for (int row = 0; row < batch->row_count; row++) {
            batch_append_row(ordered, batch, (int)order[row], 1);
            shards[row] = part->deleted_shards[i][order[row]];
        }
        block_log_add(&part->log, BLOCK_DELETES, ordered, shards, INT64_MAX);
        batch_release(ordered);
        batch_release(batch);
        memory_free(part->deleted_shards[i]);
    }
    part->deleted_count = 0;
}

/* Writes the first of the rows that lie in one chunk as a batch; returns how many they are. */
static int write_chunk_rows(const Relation *relation, RelationPart *part, const RowRef *refs, int count) {
    Chunk *chunk = part_chunk(part, refs[0]);
    assert(chunk != NULL && chunk->rows != NULL);
    int most = 0;
    while (most < count && refs[most] >> ROW_BITS == chunk->number)
        most++;
    Batch *batch = batch_builder(relation->spec.types, relation->spec.column_count, most);
    uint16_t shards[BATCH_ROWS_MAX];
    for (int i = 0; i < most; i++) {
        int row = ref_row(refs[i]);
        shards[i] = chunk->shards[row];
        batch_append_row(batch, chunk->rows, row, chunk->counts != NULL ? chunk->counts[row] : 1);
    }
    block_log_add(&part->log, BLOCK_UPSERTS, batch, shards, INT64_MAX);
    chunk_map(part, chunk, refs, most, block_log_place(&part->log, most));
    batch_release(batch);
    return most;
}

/* A chunk that is written whole has blocks of its own, so that reading it back reads little else. */
static void write_rows(const Relation *relation, RelationPart *part, const CutRefs *refs) {
    for (int from = 0; from < refs->count;) {
        uint32_t number = refs->refs[from] >> ROW_BITS;
        from += write_chunk_rows(relation, part, refs->refs + from, refs->count - from);
        bool is_chunk_end = from == refs->count || refs->refs[from] >> ROW_BITS != number;
        if (is_chunk_end && block_log_open_size(&part->log) >= BLOCK_SIZE_MIN)
            block_log_close(&part->log);
    }
}

static Status gather_refs(Relation *relation, RelationPart *part, CutRefs *refs, Error *error) {
    TRY(add_scattered(relation, part, refs, error));
    add_dirty(part, refs);
    if (part->log.rewriting > 0)
        TRY(add_rewritten(relation, part, refs, error));
    order_refs(refs);
    return OK;
}

Status relation_cut(Relation *relation, int number, uint64_t epoch, Cut *cut, Error *error) {
    RelationPart *part = &relation->parts[number];
    if (relation->spec.store == NULL)
        return OK;
    if (block_log_wants_rewrite(&part->log, part->log_rows)) {
        block_log_rewrite_begin(&part->log);
        part->generation ^= ROW_GENERATION;
        part->rewrite_epoch = epoch;
        part->rewrite_chunk = 0;
        part->is_rewritten = false;
    }
    part_account(relation, part);
    CutRefs refs = {0};
    Status status = gather_refs(relation, part, &refs, error);
    if (status == OK) {
        block_log_begin(&part->log, epoch, cut);
        if (MUTANT("relation-loses-deletes"))
            while (part->deleted_count > 0) {
                batch_release(part->deleted[--part->deleted_count]);
                memory_free(part->deleted_shards[part->deleted_count]);
            }
        write_deletes(relation, part);
        write_rows(relation, part, &refs);
        block_log_end(&part->log);
        /* What the cut leaves behind would be in no later one. */
        assert(part->dirty_count == 0 && part->deleted_count == 0 && part->log_rows >= refs.count);
        if (part->log.rewriting > 0 && part->is_rewritten)
            block_log_rewrite_end(&part->log, cut);
    }
    memory_free(refs.refs);
    return status;
}

/* Load. */

typedef struct Loading {
    Relation *relation;
    RelationPart *part;
    uint64_t epoch;
    FetchedRows fetched; /* of the batch being loaded */
} Loading;

static BlockLog *loading_log(void *owner, uint16_t table) {
    (void)table;
    return &((Loading *)owner)->part->log;
}

static bool is_block_of(const Relation *relation, BlockKind kind, const Batch *batch) {
    const Type *types = kind == BLOCK_UPSERTS ? relation->spec.types : relation->identity_types;
    int count = kind == BLOCK_UPSERTS ? relation->spec.column_count : relation->identity_count;
    if (kind == BLOCK_UPSERTS && relation->missing != NULL && batch->column_count < count)
        count = batch->column_count;
    if (batch->column_count != count)
        return false;
    for (int i = 0; i < count; i++)
        if (!type_is_same(batch->columns[i]->type, types[i]))
            return false;
    return true;
}

/* The version that an earlier block brought does not hold: nobody has seen it. */
static void forget_row(RelationPart *part, RowRef ref) {
    Chunk *chunk = part_chunk(part, ref);
    int row = ref_row(ref);
    part->total -= chunk->counts != NULL ? chunk->counts[row] : 1;
    part->log_rows--;
    slot_index_remove(&part->index, chunk->tags[row], ref);
    chunk_set_end(chunk, row, 0);
    chunk->flags[row] = ROW_DEAD;
    chunk->dead_count++;
}

static void load_upserts(const Loading *loading, const Batch *batch, const uint64_t *hashes, RowRef *refs) {
    RelationPart *part = loading->part;
    /* As it was written, a chunk for itself. */
    if (part->tail != NULL && batch->row_count >= BATCH_ROWS_WHOLE &&
        part->tail->rows->row_count + batch->row_count > part->tail->capacity)
        part_close_tail(part);
    for (int row = 0; row < batch->row_count; row++) {
        uint32_t tag = (uint32_t)hashes[row];
        RowRef old = part_find(loading->relation, part, &loading->fetched, batch, row, tag);
        if (old != ROW_NONE)
            forget_row(part, old);
        int64_t count = batch_diff(batch, row);
        RowRef ref = refs[row] = part_begin_row(loading->relation, part, batch, row, count, tag,
            (uint16_t)hash_shard(hashes[row]), ROW_NONE, loading->epoch);
        part_chunk(part, ref)->flags[ref_row(ref)] |= ROW_IN_LOG;
        part->log_rows++;
        part->total += count;
    }
}

/* Notes where the rows lie, which they do one after another. */
static void map_loaded(RelationPart *part, const RowRef *refs, int count) {
    BlockPlace place = part->log.reading;
    for (int from = 0, end; from < count; from = end) {
        for (end = from + 1; end < count && refs[end] >> ROW_BITS == refs[from] >> ROW_BITS; end++) {
        }
        chunk_map(part, part_chunk(part, refs[from]), refs + from, end - from, place);
        place.row += (uint32_t)(end - from);
    }
}

/* The newest version with the identity that stands in the batch's columns 0, 1, …. */
static RowRef find_deleted(
    const Loading *loading, const Batch *batch, const int *columns, int row, uint32_t tag) {
    const Relation *relation = loading->relation;
    for (SlotProbe probe = slot_probe(&loading->part->index, tag); slot_probe_next(&probe);) {
        int at;
        const Batch *rows = part_row(loading->part, &loading->fetched, probe.slot, &at);
        bool is_same =
            relation->spec.key_count > 0
                ? batch_keys_equal(rows, relation->columns, at, batch, columns, row, relation->identity_count)
                : batch_rows_identical(rows, at, batch, row, columns, relation->identity_count);
        if (is_same)
            return probe.slot;
    }
    return ROW_NONE;
}

static void load_deletes(
    const Loading *loading, const Batch *batch, const int *columns, const uint64_t *hashes) {
    for (int row = 0; row < batch->row_count; row++) {
        RowRef ref = find_deleted(loading, batch, columns, row, (uint32_t)hashes[row]);
        if (ref != ROW_NONE)
            forget_row(loading->part, ref);
    }
}

static Status load_rows(Loading *loading, BlockKind kind, const Batch *batch, Error *error) {
    Relation *relation = loading->relation;
    uint64_t hashes[BATCH_ROWS_MAX];
    RowRef refs[BATCH_ROWS_MAX];
    int *columns = NEW_ARRAY(int, relation->identity_count + 1);
    for (int i = 0; i < relation->identity_count; i++)
        columns[i] = kind == BLOCK_UPSERTS ? relation->columns[i] : i;
    batch_hash_keys(batch, columns, relation->identity_count, hashes);
    Status status = part_fetch(relation, loading->part, batch, hashes, &loading->fetched, error);
    if (status == OK && kind == BLOCK_DELETES)
        load_deletes(loading, batch, columns, hashes);
    if (status == OK && kind == BLOCK_UPSERTS) {
        load_upserts(loading, batch, hashes, refs);
        if (loading->part->log.is_reading_all)
            map_loaded(loading->part, refs, batch->row_count);
    }
    fetched_free(&loading->fetched);
    memory_free(columns);
    return status;
}

static Status loading_rows(
    void *owner, BlockLog *log, TextReader description, BlockKind kind, const Batch *batch, Error *error) {
    Loading *loading = owner;
    size_t length = (size_t)(description.end - description.cursor);
    /* One of before a column was added describes fewer. */
    bool is_length = length == log->description.length ||
                     (loading->relation->missing != NULL && length < log->description.length);
    bool is_same = is_length && memcmp(description.cursor, log->description.bytes, length) == 0;
    if (!is_same || !is_block_of(loading->relation, kind, batch))
        return error_set(error, STATUS_DATA_CORRUPTED, "a block of relation %u does not fit it",
            loading->relation->spec.object_id);
    Batch *wide = batch_retain((Batch *)(uintptr_t)batch);
    if (kind == BLOCK_UPSERTS)
        wide = relation_pad(loading->relation, wide);
    Status status = load_rows(loading, kind, wide, error);
    batch_release(wide);
    TRY(status);
    part_account(loading->relation, loading->part);
    relation_evict(loading->relation, (int)(loading->part - loading->relation->parts), loading->epoch,
        loading->epoch + 1, budget_excess(loading->relation->spec.budget));
    return OK;
}

Status relation_load(Relation *relation, uint64_t epoch, Error *error) {
    if (relation->spec.store == NULL)
        return OK;
    atomic_store(&relation->readable_epoch, epoch);
    for (int i = 0; i < relation->spec.part_count; i++) {
        RelationPart *part = &relation->parts[i];
        Loading loading = {.relation = relation, .part = part, .epoch = epoch};
        LogVisitor visitor = {.log = loading_log, .rows = loading_rows, .owner = &loading};
        TRY(block_log_read(
            relation->spec.store, relation->spec.object_id, RELATION_OPERATOR, &visitor, error));
        part_account(relation, part);
        atomic_fetch_add_explicit(&relation->row_count, part->total, memory_order_relaxed);
    }
    return OK;
}

/* Trim. */

static void prefetch_ended(const RelationPart *part, RowRef ref) {
    const Chunk *chunk = part_chunk(part, ref);
    if (chunk->links != NULL)
        __builtin_prefetch(&chunk->links[ref_row(ref)]);
    __builtin_prefetch(&chunk->flags[ref_row(ref)], 1);
}

static void trim_ended(RelationPart *part, uint64_t oldest_pinned) {
    enum { AHEAD = 16 };
    while (part->ended_count > 0 && part->ended[part->ended_first].epoch <= oldest_pinned) {
        RowRef ref = part->ended[part->ended_first].row;
        if (part->ended_count > AHEAD)
            prefetch_ended(part, part->ended[part->ended_first + AHEAD].row);
        Chunk *chunk = part_chunk(part, ref);
        int row = ref_row(ref);
        RowRef next = chunk_links(chunk, row).next;
        assert(chunk_links(chunk, row).previous == ROW_NONE);
        if (next != ROW_NONE)
            chunk_own_links(part_chunk(part, next), ref_row(next))->previous = ROW_NONE;
        else
            slot_index_remove(&part->index, chunk->tags[row], ref);
        chunk->flags[row] |= ROW_DEAD;
        chunk->dead_count++;
        part->ended_first++;
        part->ended_count--;
    }
    if (part->ended_count == 0)
        part->ended_first = 0;
}

/* A compaction: chunks that go, and where their rows went. */
typedef struct Compaction {
    Chunk *chunks[COMPACTED_CHUNKS];
    RowRef *forward[COMPACTED_CHUNKS];
    int count;
    int live; /* rows still to be moved */
    Chunk *to;
} Compaction;

static bool is_sparse(const Chunk *chunk) {
    return chunk != NULL && chunk_row_count(chunk) == chunk->capacity &&
           chunk->dead_count * 2 > chunk->capacity;
}

/* Chunks whose columns cannot be read back now are left as they are. */
static void pick_chunks(Relation *relation, RelationPart *part, Compaction *compaction) {
    for (int i = 0; i < part->chunk_count && compaction->count < COMPACTED_CHUNKS; i++) {
        Chunk *chunk = part->chunks[i];
        Error error = {0};
        if (!is_sparse(chunk))
            continue;
        if (chunk->dead_count < chunk->capacity && chunk_recall(relation, part, chunk, &error) != OK) {
            error_clear(&error);
            continue;
        }
        assert(chunk->dead_count <= chunk->capacity);
        compaction->chunks[compaction->count++] = chunk;
        compaction->live += chunk->capacity - chunk->dead_count;
    }
}

static RowRef move_row(
    Relation *relation, RelationPart *part, Compaction *compaction, const Chunk *from, int row) {
    if (compaction->to == NULL || compaction->to->rows->row_count == compaction->to->capacity)
        compaction->to = part_add_chunk(
            relation, part, compaction->live < BATCH_ROWS_MAX ? compaction->live : BATCH_ROWS_MAX);
    Chunk *to = compaction->to;
    compaction->live--;
    int at = chunk_append(to, from->rows, row, chunk_begin(from, row), from->tags[row], from->shards[row]);
    RowRef ref = row_ref(to->number, at), old = row_ref(from->number, row);
    RowLinks links = chunk_links(from, row);
    RowRef previous = links.previous, next = links.next;
    if (chunk_end(from, row) != EPOCH_OPEN)
        chunk_set_end(to, at, chunk_end(from, row));
    if (to->counts != NULL)
        to->counts[at] = from->counts[row];
    to->flags[at] = from->flags[row] & (uint8_t)~ROW_MAPPED;
    if (previous != ROW_NONE || next != ROW_NONE)
        *chunk_own_links(to, at) = links;
    if (previous != ROW_NONE)
        chunk_own_links(part_chunk(part, previous), ref_row(previous))->next = ref;
    if (next != ROW_NONE)
        chunk_own_links(part_chunk(part, next), ref_row(next))->previous = ref;
    else
        slot_index_replace(&part->index, to->tags[at], old, ref);
    if (to->flags[at] & ROW_DIRTY)
        part_mark_dirty(part, ref);
    part_index_row(relation, part, ref);
    return ref;
}

static void move_chunk(Relation *relation, RelationPart *part, Compaction *compaction, int which) {
    const Chunk *from = compaction->chunks[which];
    RowRef *forward = compaction->forward[which] = memory_allocate((size_t)from->capacity * sizeof *forward);
    for (int row = 0; row < from->capacity; row++) {
        if (from->flags[row] & ROW_DEAD)
            continue;
        forward[row] = move_row(relation, part, compaction, from, row);
        chunk_publish(compaction->to);
        if (compaction->to->rows->row_count == compaction->to->capacity)
            part_measure(part, compaction->to);
    }
}

static void forward_ended(RelationPart *part, const Compaction *compaction) {
    RowRef **by_number = NEW_ARRAY(RowRef *, part->chunk_count + 1);
    for (int i = 0; i < compaction->count; i++)
        by_number[compaction->chunks[i]->number] = compaction->forward[i];
    for (int i = part->ended_first; i < part->ended_first + part->ended_count; i++) {
        const RowRef *forward = by_number[part->ended[i].row >> ROW_BITS];
        if (forward != NULL)
            part->ended[i].row = forward[ref_row(part->ended[i].row)];
    }
    memory_free(by_number);
}

/* Under the lock. */
static void compact(Relation *relation, RelationPart *part, Compaction *compaction) {
    if (compaction->count == 0)
        return;
    for (int i = 0; i < compaction->count; i++)
        move_chunk(relation, part, compaction, i);
    assert(compaction->live == 0);
    forward_ended(part, compaction);
    for (int i = 0; i < compaction->count; i++) {
        part_retire_chunk(part, compaction->chunks[i]);
        memory_free(compaction->forward[i]);
    }
    /* Rows that the walk has not come to may lie before its place now. */
    part->rewrite_chunk = 0;
    part->is_rewritten = false;
}

void relation_trim(Relation *relation, int number, uint64_t oldest_pinned) {
    RelationPart *part = &relation->parts[number];
    Compaction compaction = {0};
    assert(oldest_pinned < EPOCH_OPEN);
    if (oldest_pinned > atomic_load(&relation->readable_epoch))
        atomic_store(&relation->readable_epoch, oldest_pinned);
    pthread_rwlock_wrlock(&part->lock);
    trim_ended(part, oldest_pinned);
    pthread_rwlock_unlock(&part->lock);
    pick_chunks(relation, part, &compaction);
    pthread_rwlock_wrlock(&part->lock);
    compact(relation, part, &compaction);
    pthread_rwlock_unlock(&part->lock);
    part_account(relation, part);
}

int64_t relation_ended_rows(const Relation *relation) {
    int64_t rows = 0;
    for (int part = 0; part < relation->spec.part_count; part++)
        rows += relation->parts[part].ended_count;
    return rows;
}

/* Rows of the part that ended at or before the epoch. */
static int64_t ended_until(const RelationPart *part, uint64_t epoch) {
    const EndedRow *ended = part->ended + part->ended_first;
    int low = 0, high = part->ended_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (ended[middle].epoch <= epoch)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t relation_ended_bytes(const Relation *relation, uint64_t from, uint64_t to) {
    int64_t rows = 0, ended = relation_ended_rows(relation);
    for (int part = 0; part < relation->spec.part_count && ended > 0; part++)
        rows += ended_until(&relation->parts[part], to) - ended_until(&relation->parts[part], from);
    return rows <= 0 ? 0
                     : (size_t)((double)relation_bytes(relation) * (double)rows /
                                (double)(relation_row_count(relation) + ended));
}
