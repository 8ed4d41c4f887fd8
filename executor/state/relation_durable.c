/* Relations on disk and in memory over time: cut, load, trim.

   The log says, per key (or per row, with its count as the diff), what the newest version is. Trimming takes rows that no pinned epoch sees out of
   their chains, and moves what lives in chunks that are more than half dead into chunks of just the size, which scans that are under way do not have. */
#include <assert.h>
#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/state/relation.h"
#include "executor/state/relation_part.h"

enum { COMPACTED_CHUNKS = 32 };

/* Cut. */

typedef struct CutRefs {
    RowRef *refs;
    uint16_t *shards;
    int count;
    int ref_capacity;
    int shard_capacity;
} CutRefs;

static void add_cut_ref(RelationPart *part, RowRef ref, CutRefs *refs) {
    Chunk *chunk = part_chunk(part, ref);
    uint8_t *flags = &chunk->flags[ref_row(ref)];
    part->log_rows += !(*flags & ROW_IN_LOG);
    *flags = (uint8_t)((*flags & ~(ROW_DIRTY | ROW_GENERATION)) | ROW_IN_LOG | part->generation);
    GROW(refs->refs, refs->ref_capacity, refs->count + 1);
    GROW(refs->shards, refs->shard_capacity, refs->count + 1);
    refs->refs[refs->count] = ref;
    refs->shards[refs->count++] = chunk->shards[ref_row(ref)];
}

static void add_rewrite_refs(RelationPart *part, CutRefs *refs) {
    enum { STRETCH = 16384 };
    int end = refs->count + refs->count + STRETCH;
    uint32_t number = part->rewrite_row >> ROW_BITS;
    int row = ref_row(part->rewrite_row);
    for (; (int)number < part->chunk_count; number++, row = 0) {
        const Chunk *chunk = part->chunks[number];
        for (; chunk != NULL && row < chunk->rows->row_count; row++) {
            if (!(chunk->flags[row] & ROW_IN_LOG) || (chunk->flags[row] & ROW_GENERATION) == part->generation)
                continue;
            if (refs->count >= end) {
                part->rewrite_row = row_ref(number, row);
                return;
            }
            add_cut_ref(part, row_ref(number, row), refs);
        }
    }
    part->is_rewritten = true;
}

static void write_deletes(const Relation *relation, RelationPart *part) {
    for (int i = 0; i < part->deleted_count; i++) {
        Batch *batch = part->deleted[i], *ordered = batch_builder(relation->identity_types, relation->identity_count, batch->row_count);
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

static void write_rows(const Relation *relation, RelationPart *part, const CutRefs *refs) {
    uint32_t *order = memory_allocate((size_t)(refs->count + 1) * sizeof *order);
    shard_order(refs->shards, refs->count, order);
    for (int from = 0; from < refs->count;) {
        const Chunk *first = part_chunk(part, refs->refs[order[from]]);
        int most = block_log_batch_rows(first->size / (size_t)first->rows->row_count);
        if (most > refs->count - from)
            most = refs->count - from;
        Batch *batch = batch_builder(relation->spec.types, relation->spec.column_count, most);
        uint16_t shards[BATCH_ROWS_MAX];
        for (int i = 0; i < most; i++) {
            RowRef ref = refs->refs[order[from + i]];
            const Chunk *chunk = part_chunk(part, ref);
            shards[i] = chunk->shards[ref_row(ref)];
            batch_append_row(batch, chunk->rows, ref_row(ref), chunk->counts != NULL ? chunk->counts[ref_row(ref)] : 1);
        }
        block_log_add(&part->log, BLOCK_UPSERTS, batch, shards, INT64_MAX);
        batch_release(batch);
        from += most;
    }
    memory_free(order);
}

void relation_cut(Relation *relation, int number, uint64_t epoch, Cut *cut) {
    RelationPart *part = &relation->parts[number];
    if (relation->spec.store == NULL)
        return;
    if (block_log_wants_rewrite(&part->log, part->log_rows)) {
        block_log_rewrite_begin(&part->log);
        part->generation ^= ROW_GENERATION;
        part->rewrite_row = 0;
        part->is_rewritten = false;
    }
    part_account(relation, part);
    CutRefs refs = {0};
    block_log_begin(&part->log, epoch, cut);
    if (MUTANT("relation-loses-deletes"))
        while (part->deleted_count > 0) {
            batch_release(part->deleted[--part->deleted_count]);
            memory_free(part->deleted_shards[part->deleted_count]);
        }
    write_deletes(relation, part);
    for (int i = 0; i < part->dirty_count; i++) {
        /* The row may have moved, or its chunk's number have gone to another one. */
        const Chunk *chunk = part_chunk(part, part->dirty[i]);
        int row = ref_row(part->dirty[i]);
        if (chunk != NULL && row < chunk->rows->row_count && (chunk->flags[row] & ROW_DIRTY))
            add_cut_ref(part, part->dirty[i], &refs);
    }
    part->dirty_count = 0;
    if (part->log.rewriting > 0)
        add_rewrite_refs(part, &refs);
    write_rows(relation, part, &refs);
    block_log_end(&part->log);
    if (part->log.rewriting > 0 && part->is_rewritten)
        block_log_rewrite_end(&part->log, cut);
    memory_free(refs.refs);
    memory_free(refs.shards);
}

/* Load. */

typedef struct Loading {
    Relation *relation;
    RelationPart *part;
    uint64_t epoch;
} Loading;

static BlockLog *loading_log(void *owner, uint16_t table) {
    (void)table;
    return &((Loading *)owner)->part->log;
}

static bool is_block_of(const Relation *relation, BlockKind kind, const Batch *batch) {
    const Type *types = kind == BLOCK_UPSERTS ? relation->spec.types : relation->identity_types;
    int count = kind == BLOCK_UPSERTS ? relation->spec.column_count : relation->identity_count;
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
    chunk->end[row] = chunk->begin[row];
    chunk->end_min = chunk->begin[row];
    chunk->flags[row] = ROW_DEAD;
    chunk->dead_count++;
}

static void load_upserts(const Loading *loading, const Batch *batch) {
    RelationPart *part = loading->part;
    uint64_t *hashes = memory_allocate((size_t)batch->row_count * sizeof *hashes);
    relation_hash(loading->relation, batch, hashes, NULL);
    for (int row = 0; row < batch->row_count; row++) {
        uint32_t tag = (uint32_t)hashes[row];
        RowRef old = part_find(loading->relation, part, batch, row, tag);
        if (old != ROW_NONE)
            forget_row(part, old);
        int64_t count = batch_diff(batch, row);
        RowRef ref = part_begin_row(loading->relation, part, batch, row, count, tag, (uint16_t)hash_shard(hashes[row]), ROW_NONE, loading->epoch);
        part_chunk(part, ref)->flags[ref_row(ref)] |= ROW_IN_LOG;
        part->log_rows++;
        part->total += count;
    }
    memory_free(hashes);
}

/* The newest version with the identity that stands in the batch's columns 0, 1, …. */
static RowRef find_deleted(const Loading *loading, const Batch *batch, const int *columns, int row, uint32_t tag) {
    const Relation *relation = loading->relation;
    for (SlotProbe probe = slot_probe(&loading->part->index, tag); slot_probe_next(&probe);) {
        const Batch *rows = part_chunk(loading->part, probe.slot)->rows;
        int at = ref_row(probe.slot);
        bool is_same = relation->spec.key_count > 0 ? batch_keys_equal(rows, relation->columns, at, batch, columns, row, relation->identity_count)
                                                    : batch_rows_identical(rows, at, batch, row, columns, relation->identity_count);
        if (is_same)
            return probe.slot;
    }
    return ROW_NONE;
}

static void load_deletes(const Loading *loading, const Batch *batch) {
    uint64_t *hashes = memory_allocate((size_t)batch->row_count * sizeof *hashes);
    int *columns = NEW_ARRAY(int, loading->relation->identity_count + 1);
    for (int i = 0; i < loading->relation->identity_count; i++)
        columns[i] = i;
    batch_hash_keys(batch, columns, loading->relation->identity_count, hashes);
    for (int row = 0; row < batch->row_count; row++) {
        RowRef ref = find_deleted(loading, batch, columns, row, (uint32_t)hashes[row]);
        if (ref != ROW_NONE)
            forget_row(loading->part, ref);
    }
    memory_free(columns);
    memory_free(hashes);
}

static Status loading_rows(void *owner, BlockLog *log, TextReader description, BlockKind kind, const Batch *batch, Error *error) {
    const Loading *loading = owner;
    size_t length = (size_t)(description.end - description.cursor);
    bool is_same = length == log->description.length && memcmp(description.cursor, log->description.bytes, length) == 0;
    if (!is_same || !is_block_of(loading->relation, kind, batch))
        return error_set(error, STATUS_DATA_CORRUPTED, "a block of relation %u does not fit it", loading->relation->spec.object_id);
    if (kind == BLOCK_UPSERTS)
        load_upserts(loading, batch);
    else
        load_deletes(loading, batch);
    return OK;
}

Status relation_load(Relation *relation, uint64_t epoch, Error *error) {
    if (relation->spec.store == NULL)
        return OK;
    for (int i = 0; i < relation->spec.part_count; i++) {
        RelationPart *part = &relation->parts[i];
        Loading loading = {relation, part, epoch};
        LogVisitor visitor = {.log = loading_log, .rows = loading_rows, .owner = &loading};
        TRY(block_log_read(relation->spec.store, relation->spec.object_id, RELATION_OPERATOR, &visitor, error));
        part_account(relation, part);
        atomic_fetch_add_explicit(&relation->row_count, part->total, memory_order_relaxed);
    }
    return OK;
}

/* Trim. */

static void prefetch_ended(const RelationPart *part, RowRef ref) {
    const Chunk *chunk = part_chunk(part, ref);
    __builtin_prefetch(&chunk->next[ref_row(ref)]);
    __builtin_prefetch(&chunk->previous[ref_row(ref)]);
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
        RowRef next = chunk->next[row];
        assert(chunk->previous[row] == ROW_NONE);
        if (next != ROW_NONE)
            part_chunk(part, next)->previous[ref_row(next)] = ROW_NONE;
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

static void pick_chunks(const RelationPart *part, Compaction *compaction) {
    for (int i = 0; i < part->chunk_count && compaction->count < COMPACTED_CHUNKS; i++) {
        Chunk *chunk = part->chunks[i];
        if (chunk == NULL || chunk->rows->row_count < chunk->capacity || chunk->dead_count * 2 <= chunk->capacity)
            continue;
        compaction->chunks[compaction->count++] = chunk;
        compaction->live += chunk->capacity - chunk->dead_count;
    }
}

static RowRef move_row(Relation *relation, RelationPart *part, Compaction *compaction, const Chunk *from, int row) {
    if (compaction->to == NULL || compaction->to->rows->row_count == compaction->to->capacity)
        compaction->to = part_add_chunk(relation, part, compaction->live < BATCH_ROWS_MAX ? compaction->live : BATCH_ROWS_MAX);
    Chunk *to = compaction->to;
    compaction->live--;
    int at = chunk_append(to, from->rows, row, from->begin[row], from->tags[row], from->shards[row]);
    RowRef ref = row_ref(to->number, at), old = row_ref(from->number, row), previous = from->previous[row], next = from->next[row];
    uint64_t end = from->end[row];
    to->end[at] = end;
    if (end < to->end_min)
        to->end_min = end;
    if (to->counts != NULL)
        to->counts[at] = from->counts[row];
    to->flags[at] = from->flags[row];
    to->previous[at] = previous;
    to->next[at] = next;
    if (previous != ROW_NONE)
        part_chunk(part, previous)->next[ref_row(previous)] = ref;
    if (next != ROW_NONE)
        part_chunk(part, next)->previous[ref_row(next)] = ref;
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

static void compact(Relation *relation, RelationPart *part) {
    Compaction compaction = {0};
    pick_chunks(part, &compaction);
    if (compaction.count == 0)
        return;
    for (int i = 0; i < compaction.count; i++)
        move_chunk(relation, part, &compaction, i);
    forward_ended(part, &compaction);
    for (int i = 0; i < compaction.count; i++) {
        part_retire_chunk(part, compaction.chunks[i]);
        memory_free(compaction.forward[i]);
    }
    /* Rows that the walk has not come to may lie before its place now. */
    part->rewrite_row = 0;
    part->is_rewritten = false;
}

void relation_trim(Relation *relation, int number, uint64_t oldest_pinned) {
    RelationPart *part = &relation->parts[number];
    pthread_rwlock_wrlock(&part->lock);
    trim_ended(part, oldest_pinned);
    compact(relation, part);
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
    return rows <= 0 ? 0 : (size_t)((double)relation_bytes(relation) * (double)rows / (double)(relation_row_count(relation) + ended));
}
