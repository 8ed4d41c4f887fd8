/* Relation: chunks of versions, and how a part's writer changes them.

   A key's versions are linked from the newest, which the index knows, to the oldest. A version that ends in
   the epoch in which it began was never visible and is dead at once; any other is noted in the list of ended
   rows, in epoch order, until nobody has an older epoch pinned. That list also gives the rows that went
   between two epochs without a look at the others; rows that came are found by the chunks' greatest begin,
   since they are appended. */
#include "executor/state/relation.h"

#include <assert.h>
#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/state/relation_internal.h"

enum { ROWS_A_LOOK = 128 }; /* whether a chunk is large enough, though not full of rows */

/* Chunks. */

Chunk *chunk_retain(Chunk *chunk) {
    atomic_fetch_add_explicit(&chunk->reference_count, 1, memory_order_relaxed);
    return chunk;
}

void chunk_release(Chunk *chunk) {
    if (chunk == NULL || atomic_fetch_sub_explicit(&chunk->reference_count, 1, memory_order_acq_rel) != 1)
        return;
    batch_release(chunk->rows);
    image_release(chunk->image);
    memory_free(chunk->begin);
    memory_free((void *)atomic_load(&chunk->end));
    memory_free(chunk->counts);
    memory_free(chunk->links);
    memory_free(chunk->tags);
    memory_free(chunk->shards);
    memory_free(chunk->flags);
    memory_free(chunk);
}

static Chunk *create_chunk(const Relation *relation, uint32_t number, int capacity) {
    Chunk *chunk = NEW(Chunk);
    atomic_init(&chunk->reference_count, 1);
    chunk->number = number;
    chunk->capacity = chunk->room = capacity;
    chunk->rows = batch_builder(relation->spec.types, relation->spec.column_count, capacity);
    chunk->begin = NEW_ARRAY(uint64_t, capacity);
    if (relation->spec.key_count == 0)
        chunk->counts = NEW_ARRAY(int64_t, capacity);
    chunk->tags = NEW_ARRAY(uint32_t, capacity);
    chunk->shards = NEW_ARRAY(uint16_t, capacity);
    chunk->flags = NEW_ARRAY(uint8_t, capacity);
    atomic_init(&chunk->end_min, EPOCH_OPEN);
    return chunk;
}

RowLinks *chunk_own_links(Chunk *chunk, int row) {
    if (chunk->links == NULL) {
        chunk->links = memory_allocate((size_t)chunk->capacity * sizeof *chunk->links);
        memset(chunk->links, 0xff, (size_t)chunk->capacity * sizeof *chunk->links);
    }
    return &chunk->links[row];
}

void chunk_set_end(Chunk *chunk, int row, uint64_t end) {
    _Atomic uint64_t *ends = atomic_load_explicit(&chunk->end, memory_order_relaxed);
    if (ends == NULL) {
        ends = memory_allocate((size_t)chunk->capacity * sizeof *ends);
        memset((void *)ends, 0xff, (size_t)chunk->capacity * sizeof *ends);
        atomic_store_explicit(&chunk->end, ends, memory_order_release);
    }
    atomic_store_explicit(&ends[row], end, memory_order_release);
    if (end < atomic_load_explicit(&chunk->end_min, memory_order_relaxed))
        atomic_store_explicit(&chunk->end_min, end, memory_order_release);
}

Chunk *part_add_chunk(Relation *relation, RelationPart *part, int capacity) {
    int number = part->free_chunk;
    while (number < part->chunk_count && part->chunks[number] != NULL)
        number++;
    if (number == part->chunk_count) {
        assert(number < 1 << (32 - ROW_BITS));
        GROW(part->chunks, part->chunk_capacity, part->chunk_count + 1);
        part->chunk_count++;
    }
    assert(capacity > 0 && capacity <= BATCH_ROWS_MAX);
    part->free_chunk = number + 1;
    return part->chunks[number] = create_chunk(relation, (uint32_t)number, capacity);
}

void part_retire_chunk(RelationPart *part, Chunk *chunk) {
    assert(part->chunks[chunk->number] == chunk && part->chunk_size >= chunk->size);
    part_index_retire(part, chunk);
    part->chunks[chunk->number] = NULL;
    if ((int)chunk->number < part->free_chunk)
        part->free_chunk = (int)chunk->number;
    part->chunk_size -= chunk->size;
    if (part->tail == chunk)
        part->tail = NULL;
    chunk_release(chunk);
}

int chunk_append(Chunk *chunk, const Batch *batch, int row, uint64_t begin, uint32_t tag, uint16_t shard) {
    int at = chunk->rows->row_count;
    assert(at < chunk->capacity);
    for (int i = 0; i < batch->column_count; i++)
        column_append_row(chunk->rows->columns[i], at, batch->columns[i], row);
    chunk->begin[at] = begin;
    chunk->tags[at] = tag;
    chunk->shards[at] = shard;
    chunk->flags[at] = 0;
    if (begin > atomic_load_explicit(&chunk->begin_max, memory_order_relaxed))
        atomic_store_explicit(&chunk->begin_max, begin, memory_order_relaxed);
    chunk->rows->row_count = chunk->rows->selected_count = at + 1;
    return at;
}

static size_t chunk_size(const Chunk *chunk) {
    size_t row_size = sizeof *chunk->tags + sizeof *chunk->shards + sizeof *chunk->flags;
    row_size +=
        (chunk->begin != NULL) * sizeof *chunk->begin + (chunk->counts != NULL) * sizeof *chunk->counts;
    row_size += (chunk->links != NULL) * sizeof *chunk->links +
                (atomic_load_explicit(&chunk->end, memory_order_relaxed) != NULL) * sizeof(uint64_t);
    return (chunk->rows == NULL ? 0 : batch_size(chunk->rows)) + sizeof *chunk +
           (size_t)chunk->room * row_size + (chunk->image == NULL ? 0 : sizeof *chunk->image);
}

void part_measure(RelationPart *part, Chunk *chunk) {
    part->chunk_size -= chunk->size;
    chunk->size = chunk_size(chunk);
    part->chunk_size += chunk->size;
}

void part_account(Relation *relation, RelationPart *part) {
    if (part->tail != NULL)
        part_measure(part, part->tail);
    size_t now = part->chunk_size + slot_index_bytes(&part->index) + part_index_bytes(part) +
                 (size_t)part->ended_capacity * sizeof(EndedRow);
    atomic_fetch_add_explicit(&relation->size, now - part->accounted, memory_order_relaxed);
    if (relation->spec.budget != NULL)
        atomic_fetch_add_explicit(&relation->spec.budget->used, now - part->accounted, memory_order_relaxed);
    part->accounted = now;
}

/* Creation. */

static void init_part(Relation *relation, int number) {
    RelationPart *part = &relation->parts[number];
    const RelationSpec *spec = &relation->spec;
    pthread_rwlock_init(&part->lock, NULL);
    slot_index_init(&part->index);
    block_log_init(&part->log, spec->object_id, RELATION_OPERATOR, 0, (uint32_t)number,
        part_shard_begin(number, spec->part_count), part_shard_begin(number + 1, spec->part_count));
    part_describe(relation, part);
}

Relation *relation_create(const RelationSpec *spec) {
    assert(spec->part_count > 0 && spec->key_count <= spec->column_count);
    Relation *relation =
        memory_allocate_zero(sizeof(Relation) + (size_t)spec->part_count * sizeof(RelationPart));
    atomic_init(&relation->reference_count, 1);
    relation->spec = *spec;
    relation_set_columns(relation, spec);
    relation->identity_count = spec->key_count > 0 ? spec->key_count : spec->column_count;
    relation->columns = NEW_ARRAY(int, relation->identity_count + 1);
    relation->identity_types = NEW_ARRAY(Type, relation->identity_count + 1);
    for (int i = 0; i < relation->identity_count; i++) {
        relation->columns[i] = spec->key_count > 0 ? spec->key[i] : i;
        relation->identity_types[i] = spec->types[relation->columns[i]];
    }
    relation->spec.key = relation->columns;
    pthread_mutex_init(&relation->cache_lock, NULL);
    for (int i = 0; i < spec->part_count; i++)
        init_part(relation, i);
    return relation;
}

Relation *relation_retain(Relation *relation) {
    atomic_fetch_add_explicit(&relation->reference_count, 1, memory_order_relaxed);
    return relation;
}

static void free_part(RelationPart *part) {
    part_index_free(part);
    for (int i = 0; i < part->chunk_count; i++)
        chunk_release(part->chunks[i]);
    for (int i = 0; i < part->deleted_count; i++) {
        batch_release(part->deleted[i]);
        memory_free(part->deleted_shards[i]);
    }
    memory_free(part->chunks);
    memory_free(part->ended);
    memory_free(part->dirty);
    memory_free(part->scattered);
    memory_free(part->deleted);
    memory_free(part->deleted_shards);
    slot_index_destroy(&part->index);
    block_log_free(&part->log);
    pthread_rwlock_destroy(&part->lock);
}

void relation_release(Relation *relation) {
    if (relation == NULL ||
        atomic_fetch_sub_explicit(&relation->reference_count, 1, memory_order_acq_rel) != 1)
        return;
    relation_forget_cache(relation);
    pthread_mutex_destroy(&relation->cache_lock);
    if (relation->spec.budget != NULL)
        atomic_fetch_sub(&relation->spec.budget->used, atomic_load(&relation->size));
    for (int i = 0; i < relation->spec.part_count; i++)
        free_part(&relation->parts[i]);
    relation_free_columns(relation);
    relation_indexes_free(relation);
    memory_free(relation->columns);
    memory_free(relation->identity_types);
    memory_free(relation);
}

int64_t relation_row_count(const Relation *relation) {
    return atomic_load_explicit(&relation->row_count, memory_order_relaxed);
}

size_t relation_bytes(const Relation *relation) {
    return atomic_load_explicit(&relation->size, memory_order_relaxed);
}

const RelationSpec *relation_spec(const Relation *relation) {
    return &relation->spec;
}

bool relation_is_dirty(const Relation *relation, int part) {
    return relation->parts[part].dirty_count > 0 || relation->parts[part].deleted_count > 0;
}

size_t relation_dirty_bytes(const Relation *relation) {
    int64_t rows = 0;
    for (int part = 0; part < relation->spec.part_count; part++)
        rows += relation->parts[part].dirty_count;
    return rows == 0 ? 0
                     : (size_t)((double)relation_bytes(relation) * (double)rows /
                                (double)(relation_row_count(relation) + rows));
}

/* Identity. */

void relation_hash(const Relation *relation, const Batch *batch, uint64_t *hashes, uint16_t *shards) {
    batch_hash_keys(batch, relation->columns, relation->identity_count, hashes);
    for (int row = 0; shards != NULL && row < batch->row_count; row++)
        shards[row] = (uint16_t)hash_shard(hashes[row]);
}

bool rows_have_same_identity(const Relation *relation, const Batch *a, int a_row, const Batch *b, int b_row) {
    if (relation->spec.key_count > 0)
        return batch_keys_equal(
            a, relation->columns, a_row, b, relation->columns, b_row, relation->identity_count);
    return batch_rows_identical(a, a_row, b, b_row, relation->columns, relation->identity_count);
}

RowRef part_find(const Relation *relation, const RelationPart *part, const FetchedRows *fetched,
    const Batch *batch, int row, uint32_t tag) {
    for (SlotProbe probe = slot_probe(&part->index, tag); slot_probe_next(&probe);) {
        int at;
        const Batch *rows = part_row(part, fetched, probe.slot, &at);
        if (rows_have_same_identity(relation, rows, at, batch, row))
            return probe.slot;
    }
    return ROW_NONE;
}

/* Versions. */

void part_mark_dirty(RelationPart *part, RowRef ref) {
    part_chunk(part, ref)->flags[ref_row(ref)] |= ROW_DIRTY;
    GROW(part->dirty, part->dirty_capacity, part->dirty_count + 1);
    part->dirty[part->dirty_count++] = ref;
}

void part_bury(const Relation *relation, RelationPart *part, const Batch *from, int row, uint16_t shard) {
    if (part->deleted_count == 0 || part->deleted[part->deleted_count - 1]->row_count == BATCH_ROWS_MAX) {
        int capacity = part->deleted_capacity;
        GROW(part->deleted, part->deleted_capacity, part->deleted_count + 1);
        GROW(part->deleted_shards, capacity, part->deleted_count + 1);
        part->deleted[part->deleted_count] =
            batch_builder(relation->identity_types, relation->identity_count, BATCH_ROWS_MAX);
        part->deleted_shards[part->deleted_count++] = memory_allocate(BATCH_ROWS_MAX * sizeof(uint16_t));
    }
    Batch *batch = part->deleted[part->deleted_count - 1];
    int at = batch->row_count++;
    batch->selected_count = batch->row_count;
    for (int i = 0; i < relation->identity_count; i++)
        column_append_row(batch->columns[i], at, from->columns[relation->columns[i]], row);
    part->deleted_shards[part->deleted_count - 1][at] = shard;
}

void part_close_tail(RelationPart *part) {
    if (part->tail == NULL)
        return;
    part_measure(part, part->tail);
    part->tail->capacity = part->tail->rows->row_count;
    part->tail = NULL;
}

static int tail_capacity(const Relation *relation, const RelationPart *part) {
    const MemoryBudget *budget = relation->spec.budget;
    int capacity = CHUNK_ROWS_FIRST;
    /* With next to no memory every cut closes its chunk. */
    if (budget != NULL && budget->limit < CHUNK_SIZE)
        return capacity;
    for (int i = 0; i < part->chunk_count && capacity < BATCH_ROWS_MAX; i++)
        capacity *= 2;
    return capacity;
}

RowRef part_begin_row(Relation *relation, RelationPart *part, const Batch *batch, int row, int64_t count,
    uint32_t tag, uint16_t shard, RowRef previous, uint64_t epoch) {
    if (part->tail == NULL || part->tail->rows->row_count == part->tail->capacity) {
        part_account(relation, part);
        part->tail = part_add_chunk(relation, part, tail_capacity(relation, part));
    }
    Chunk *chunk = part->tail;
    int at = chunk_append(chunk, batch, row, epoch, tag, shard);
    RowRef ref = row_ref(chunk->number, at);
    if (chunk->counts != NULL)
        chunk->counts[at] = count;
    if (previous == ROW_NONE) {
        slot_index_insert(&part->index, tag, ref);
    } else {
        chunk_own_links(chunk, at)->previous = previous;
        chunk_own_links(part_chunk(part, previous), ref_row(previous))->next = ref;
        slot_index_replace(&part->index, tag, previous, ref);
    }
    part_index_row(relation, part, ref);
    chunk_publish(chunk);
    if (at % ROWS_A_LOOK == ROWS_A_LOOK - 1 && chunk_size(chunk) > CHUNK_SIZE)
        part_close_tail(part);
    return ref;
}

/* Takes a version that nobody ever saw out of its key's chain; returns the one before it. */
static RowRef unlink_version(RelationPart *part, RowRef ref) {
    Chunk *chunk = part_chunk(part, ref);
    int row = ref_row(ref);
    RowRef previous = chunk_links(chunk, row).previous;
    if (previous == ROW_NONE) {
        slot_index_remove(&part->index, chunk->tags[row], ref);
    } else {
        chunk_own_links(part_chunk(part, previous), ref_row(previous))->next = ROW_NONE;
        slot_index_replace(&part->index, chunk->tags[row], ref, previous);
    }
    chunk->flags[row] |= ROW_DEAD;
    chunk->dead_count++;
    return previous;
}

/* Ends the key's newest version, which is open; returns what a successor's `previous` is. */
static RowRef end_row(RelationPart *part, RowRef ref, uint64_t epoch) {
    Chunk *chunk = part_chunk(part, ref);
    int row = ref_row(ref);
    chunk_set_end(chunk, row, epoch);
    chunk->flags[row] &= (uint8_t)~ROW_DIRTY;
    if (chunk_begin(chunk, row) == epoch)
        return unlink_version(part, ref);
    if (part->ended_first > 0 && part->ended_first + part->ended_count == part->ended_capacity) {
        memmove(
            part->ended, part->ended + part->ended_first, (size_t)part->ended_count * sizeof *part->ended);
        part->ended_first = 0;
    }
    GROW(part->ended, part->ended_capacity, part->ended_first + part->ended_count + 1);
    part->ended[part->ended_first + part->ended_count++] = (EndedRow){epoch, ref};
    return ref;
}

/* Applying changes. */

/* A distinct row among the changes of one key, and its net count. */
typedef struct Candidate {
    const Batch *batch;
    int row;
    int64_t net;
    int next; /* of the same key, −1 */
} Candidate;

/* A key that changes. */
typedef struct Touched {
    RowRef current; /* its open version, ROW_NONE */
    RowRef newest;  /* open or not */
    int64_t net;    /* of the row that the open version holds */
    uint32_t tag;
    uint16_t shard;
    int candidates; /* the first; for relations without a key, and for changes by key, the only one */
} Touched;

typedef struct Application {
    Relation *relation;
    RelationPart *part;
    uint64_t epoch;
    BatchList *net;
    int net_room;          /* rows that still fit into the last batch of net */
    UpsertCounts *upserts; /* NULL: the changes are signed rows */
    int executed_count;
    SlotIndex index; /* tag -> touched */
    Touched *touched;
    int touched_count;
    int touched_capacity;
    Candidate *candidates;
    int candidate_count;
    int candidate_capacity;
    FetchedRows fetched;
} Application;

static Touched *touch_key(
    Application *application, const Batch *batch, int row, uint32_t tag, uint16_t shard) {
    for (SlotProbe probe = slot_probe(&application->index, tag); slot_probe_next(&probe);) {
        Touched *touched = &application->touched[probe.slot];
        const Candidate *first = &application->candidates[touched->candidates];
        if (rows_have_same_identity(application->relation, first->batch, first->row, batch, row))
            return touched;
    }
    const RelationPart *part = application->part;
    RowRef newest = part_find(application->relation, part, &application->fetched, batch, row, tag);
    bool is_open = newest != ROW_NONE && chunk_end(part_chunk(part, newest), ref_row(newest)) == EPOCH_OPEN;
    GROW(application->touched, application->touched_capacity, application->touched_count + 1);
    Touched *touched = &application->touched[application->touched_count];
    *touched = (Touched){.current = is_open ? newest : ROW_NONE,
        .newest = newest,
        .tag = tag,
        .shard = shard,
        .candidates = -1};
    slot_index_insert(&application->index, tag, (Slot)application->touched_count++);
    return touched;
}

static void add_candidate(
    Application *application, Touched *touched, const Batch *batch, int row, int64_t net) {
    GROW(application->candidates, application->candidate_capacity, application->candidate_count + 1);
    application->candidates[application->candidate_count] = (Candidate){batch, row, net, touched->candidates};
    touched->candidates = application->candidate_count++;
}

static bool is_same_row(const Relation *relation, const Batch *a, int a_row, const Batch *b, int b_row) {
    return batch_rows_identical(a, a_row, b, b_row, relation->all_columns, relation->spec.column_count);
}

static const Batch *current_row(const Application *application, const Touched *touched, int *row) {
    return part_row(application->part, &application->fetched, touched->current, row);
}

/* A key's last change alone counts. */
static void put_change(
    Application *application, Touched *touched, const Batch *batch, int row, int64_t diff) {
    bool is_first = touched->candidates < 0;
    Candidate before = {.net = touched->current != ROW_NONE};
    if (!is_first)
        before = application->candidates[touched->candidates];
    else if (before.net > 0)
        before.batch = current_row(application, touched, &before.row);
    application->upserts->unmatched += diff < 0 && before.net <= 0;
    application->upserts->repeated +=
        diff > 0 && before.net > 0 &&
        is_same_row(application->relation, before.batch, before.row, batch, row);
    if (is_first)
        add_candidate(application, touched, batch, row, diff);
    else
        application->candidates[touched->candidates] = (Candidate){batch, row, diff, -1};
}

static void add_change(
    Application *application, const Batch *batch, int row, int64_t diff, uint32_t tag, uint16_t shard) {
    const Relation *relation = application->relation;
    Touched *touched = touch_key(application, batch, row, tag, shard);
    if (application->upserts != NULL) {
        put_change(application, touched, batch, row, diff);
        return;
    }
    if (relation->spec.key_count == 0) {
        touched->net += diff;
        if (touched->candidates < 0)
            add_candidate(application, touched, batch, row, 0);
        return;
    }
    for (int i = touched->candidates; i >= 0; i = application->candidates[i].next) {
        Candidate *candidate = &application->candidates[i];
        if (is_same_row(relation, candidate->batch, candidate->row, batch, row)) {
            candidate->net += diff;
            return;
        }
    }
    add_candidate(application, touched, batch, row, diff);
}

static Status count_error(
    const Application *application, const Batch *batch, int row, const char *what, Error *error) {
    Text text = {0};
    uint16_t rows[1] = {(uint16_t)row};
    Batch *one = batch_select((Batch *)(uintptr_t)batch, rows, 1);
    batch_add_text(one, &text);
    batch_release(one);
    const char *line = strchr(text_string(&text), '\n');
    error_set(error, STATUS_INTERNAL_ERROR, "relation %u: %s: %s", application->relation->spec.object_id,
        what, line == NULL ? "" : line + 1);
    text_free(&text);
    return STATUS_INTERNAL_ERROR;
}

/* What the last change leaves of the key. */
static void resolve_upsert(
    const Application *application, const Touched *touched, const Candidate **after, bool *is_changed) {
    const Candidate *last = &application->candidates[touched->candidates];
    int at;
    const Batch *current = touched->current == ROW_NONE ? NULL : current_row(application, touched, &at);
    *after = last->net > 0 ? last : NULL;
    *is_changed = *after == NULL ? current != NULL
                                 : current == NULL || !is_same_row(application->relation, current, at,
                                                          last->batch, last->row);
}

/* The key's row after the changes in *after (NULL: none); *is_changed when it is not the open version. */
static Status resolve_keyed(const Application *application, const Touched *touched, const Candidate **after,
    bool *is_changed, Error *error) {
    const Relation *relation = application->relation;
    bool is_current_kept = touched->current != ROW_NONE;
    int current_at = 0;
    if (application->upserts != NULL) {
        resolve_upsert(application, touched, after, is_changed);
        return OK;
    }
    const Batch *current =
        touched->current == ROW_NONE ? NULL : current_row(application, touched, &current_at);
    *after = NULL;
    for (int i = touched->candidates; i >= 0; i = application->candidates[i].next) {
        const Candidate *candidate = &application->candidates[i];
        int64_t count = candidate->net;
        bool is_current =
            current != NULL && is_same_row(relation, current, current_at, candidate->batch, candidate->row);
        if (is_current) {
            count++;
            is_current_kept = count > 0;
        }
        if (count < 0)
            return count_error(application, candidate->batch, candidate->row,
                "a row that does not exist is taken away", error);
        if (count > 1 || (count == 1 && !is_current && *after != NULL))
            return count_error(
                application, candidate->batch, candidate->row, "more than one row for a unique key", error);
        if (count == 1 && !is_current)
            *after = candidate;
    }
    if (is_current_kept && *after != NULL)
        return count_error(
            application, (*after)->batch, (*after)->row, "more than one row for a unique key", error);
    *is_changed = !is_current_kept && (touched->current != ROW_NONE || *after != NULL);
    return OK;
}

static int64_t current_count(const Application *application, const Touched *touched) {
    return touched->current == ROW_NONE
               ? 0
               : part_chunk(application->part, touched->current)->counts[ref_row(touched->current)];
}

static Status check(const Application *application, Error *error) {
    for (int i = 0; i < application->touched_count; i++) {
        const Touched *touched = &application->touched[i];
        const Candidate *first = &application->candidates[touched->candidates];
        const Candidate *after;
        bool is_changed;
        if (application->relation->spec.key_count > 0)
            TRY(resolve_keyed(application, touched, &after, &is_changed, error));
        else if (current_count(application, touched) + touched->net < 0)
            return count_error(
                application, first->batch, first->row, "a row that does not exist is taken away", error);
    }
    return OK;
}

static void add_net(Application *application, const Batch *batch, int row, int64_t diff) {
    const RelationSpec *spec = &application->relation->spec;
    BatchList *net = application->net;
    if (net == NULL)
        return;
    if (application->net_room == 0) {
        /* At most two rows come of a key. */
        int most = 2 * (application->touched_count - application->executed_count);
        application->net_room = most < BATCH_ROWS_MAX ? most : BATCH_ROWS_MAX;
        batch_list_add(net, batch_builder(spec->types, spec->column_count, application->net_room));
        batch_need_diffs(net->batches[net->count - 1], application->net_room);
    }
    application->net_room--;
    batch_append_row(net->batches[net->count - 1], batch, row, diff);
}

/* Ends the open version and begins another (of count 0: none). */
static void change_row(
    Application *application, Touched *touched, const Batch *batch, int row, int64_t count) {
    RelationPart *part = application->part;
    RowRef previous = touched->newest;
    uint8_t flags = 0;
    if (touched->current != ROW_NONE) {
        flags = part_chunk(part, touched->current)->flags[ref_row(touched->current)] & ROW_IN_LOG;
        if (flags != 0 && count == 0) {
            int at;
            const Batch *current = current_row(application, touched, &at);
            part_bury(application->relation, part, current, at, touched->shard);
        }
        part->log_rows -= flags != 0;
        part_chunk(part, touched->current)->flags[ref_row(touched->current)] &= (uint8_t)~ROW_IN_LOG;
        previous = end_row(part, touched->current, application->epoch);
    }
    if (count == 0)
        return;
    RowRef ref = part_begin_row(application->relation, part, batch, row, count, touched->tag, touched->shard,
        previous, application->epoch);
    part_chunk(part, ref)->flags[ref_row(ref)] |= flags;
    part->log_rows += flags != 0;
    if (application->relation->spec.store != NULL)
        part_mark_dirty(part, ref);
}

static void execute_keyed(Application *application, Touched *touched) {
    const Candidate *after;
    bool is_changed;
    Error none = {0};
    if (resolve_keyed(application, touched, &after, &is_changed, &none) != OK || !is_changed)
        return;
    if (touched->current != ROW_NONE) {
        int at;
        const Batch *current = current_row(application, touched, &at);
        add_net(application, current, at, -1);
    }
    if (after != NULL)
        add_net(application, after->batch, after->row, 1);
    application->part->total += (after != NULL) - (touched->current != ROW_NONE);
    change_row(application, touched, after != NULL ? after->batch : NULL, after != NULL ? after->row : 0,
        after != NULL);
}

static void execute_counted(Application *application, Touched *touched) {
    const Candidate *first = &application->candidates[touched->candidates];
    if (touched->net == 0)
        return;
    add_net(application, first->batch, first->row, touched->net);
    application->part->total += touched->net;
    change_row(
        application, touched, first->batch, first->row, current_count(application, touched) + touched->net);
}

static void execute(Application *application) {
    enum { LOCKED_KEYS = 1024 };
    RelationPart *part = application->part;
    int64_t before = part->total;
    for (int from = 0; from < application->touched_count; from += LOCKED_KEYS) {
        pthread_rwlock_wrlock(&part->lock);
        for (int i = from; i < application->touched_count && i < from + LOCKED_KEYS; i++) {
            if (application->relation->spec.key_count > 0)
                execute_keyed(application, &application->touched[i]);
            else
                execute_counted(application, &application->touched[i]);
            application->executed_count++;
        }
        pthread_rwlock_unlock(&part->lock);
    }
    atomic_fetch_add_explicit(&application->relation->row_count, part->total - before, memory_order_relaxed);
}

/* Brings the newest versions of the next rows' keys towards the processor, so that their cache misses
   overlap. */
static void prefetch_versions(
    const Application *application, const Batch *batch, const uint64_t *hashes, int from, int end) {
    const RelationPart *part = application->part;
    if (application->relation->spec.column_count == 0)
        return; /* its only key is the empty row */
    int key = application->relation->columns[0];
    for (int selected = from; selected < end; selected++)
        slot_index_prefetch(&part->index, (uint32_t)hashes[batch_row(batch, selected)]);
    for (int selected = from; selected < end; selected++) {
        SlotProbe probe = slot_probe(&part->index, (uint32_t)hashes[batch_row(batch, selected)]);
        if (!slot_probe_next(&probe))
            continue;
        const Chunk *chunk = part_chunk(part, probe.slot);
        const _Atomic uint64_t *end = atomic_load_explicit(&chunk->end, memory_order_relaxed);
        if (chunk->rows != NULL)
            __builtin_prefetch(column_at(chunk->rows->columns[key], ref_row(probe.slot)));
        if (end != NULL)
            __builtin_prefetch((const void *)&end[ref_row(probe.slot)]);
        __builtin_prefetch(&chunk->flags[ref_row(probe.slot)]);
    }
}

static Status add_batch(Application *application, const Batch *batch, Error *error) {
    enum { GROUP = 32 };
    uint64_t *hashes = memory_allocate((size_t)(batch->row_count + 1) * sizeof *hashes);
    relation_hash(application->relation, batch, hashes, NULL);
    Status status =
        part_fetch(application->relation, application->part, batch, hashes, &application->fetched, error);
    for (int selected = 0; status == OK && selected < batch->selected_count; selected++) {
        int row = batch_row(batch, selected);
        int64_t diff = batch_diff(batch, row);
        if (selected % GROUP == 0)
            prefetch_versions(application, batch, hashes, selected,
                selected + GROUP < batch->selected_count ? selected + GROUP : batch->selected_count);
        if (diff != 0)
            add_change(
                application, batch, row, diff, (uint32_t)hashes[row], (uint16_t)hash_shard(hashes[row]));
    }
    memory_free(hashes);
    return status;
}

/* Epochs of changes never go back, or trimming and the − rows of changes would miss versions. */
static void check_order(const Application *application) {
    const RelationPart *part = application->part;
    int end = part->ended_first + part->ended_count;
    assert(part->ended_count == 0 || part->ended[end - 1].epoch <= application->epoch);
    assert(application->epoch >= atomic_load(&application->relation->readable_epoch));
}

static Status apply(Application *application, Batch *const *changes, int count, Error *error) {
    Status status = OK;
    check_order(application);
    slot_index_init(&application->index);
    for (int i = 0; i < count && status == OK; i++)
        status = add_batch(application, changes[i], error);
    if (status == OK)
        status = check(application, error);
    if (status == OK) {
        execute(application);
        assert(application->part->total >= 0 && application->part->log_rows >= 0);
        part_account(application->relation, application->part);
    }
    fetched_free(&application->fetched);
    slot_index_destroy(&application->index);
    memory_free(application->touched);
    memory_free(application->candidates);
    return status;
}

Status relation_apply(Relation *relation, int part, Batch *const *changes, int count, uint64_t epoch,
    BatchList *net, Error *error) {
    Application application = {
        .relation = relation, .part = &relation->parts[part], .epoch = epoch, .net = net};
    return apply(&application, changes, count, error);
}

Status relation_upsert(Relation *relation, int part, Batch *const *changes, int count, uint64_t epoch,
    BatchList *net, UpsertCounts *counts, Error *error) {
    assert(relation->spec.key_count > 0);
    Application application = {
        .relation = relation, .part = &relation->parts[part], .epoch = epoch, .net = net, .upserts = counts};
    return apply(&application, changes, count, error);
}
