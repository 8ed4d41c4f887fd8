/* Relations beyond the memory limit: chunks let their columns go, and get them back from the log.

   A cut notes where in the log a chunk's rows were put (its image: a few runs of rows, one for a chunk that
   was filled at one go), so letting go writes nothing. Rows that lie in more places than an image holds,
   since they came a few at a time, are first written together by one more cut. With the columns go the
   begins, once every reader is past them. The index, and whether a row has ended, stay: an update needs no
   column of rows that it does not touch.

   Readers read a chunk's blocks without any lock. A rewrite of the log may delete a block meanwhile: the
   chunk then has its columns, or another image. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/state/relation.h"
#include "executor/state/relation_internal.h"

enum { SCATTERED_MAX = 64, CACHE_SHARE = 16 };

/* Images. */

void image_release(ChunkImage *image) {
    if (image == NULL || atomic_fetch_sub_explicit(&image->reference_count, 1, memory_order_acq_rel) != 1)
        return;
    for (int i = 0; i < image->run_count; i++)
        memory_free(image->runs[i].rows);
    memory_free(image);
}

static ChunkImage *image_retain(ChunkImage *image) {
    atomic_fetch_add_explicit(&image->reference_count, 1, memory_order_relaxed);
    return image;
}

/* The run that goes on at the place with the row, or NULL. */
static ChunkRun *continued_run(ChunkImage *image, const BlockPlace *place, int row) {
    ChunkRun *last = image->run_count == 0 ? NULL : &image->runs[image->run_count - 1];
    bool is_next = last != NULL && last->rows == NULL && last->first + last->count == row &&
                   last->place.epoch == place->epoch && last->place.worker == place->worker &&
                   last->place.number == place->number &&
                   last->place.row + (uint32_t)last->count == place->row;
    return is_next ? last : NULL;
}

void chunk_map(RelationPart *part, Chunk *chunk, const RowRef *refs, int count, BlockPlace place) {
    bool is_dense = refs[count - 1] - refs[0] == (RowRef)count - 1;
    pthread_rwlock_wrlock(&part->lock);
    if (chunk->image == NULL) {
        chunk->image = NEW(ChunkImage);
        atomic_init(&chunk->image->reference_count, 1);
    }
    ChunkImage *image = chunk->image;
    ChunkRun *run = is_dense ? continued_run(image, &place, ref_row(refs[0])) : NULL;
    bool has_room = run != NULL || image->run_count < CHUNK_RUNS_MAX;
    if (run != NULL) {
        run->count += count;
    } else if (has_room) {
        run = &image->runs[image->run_count++];
        *run = (ChunkRun){.place = place, .count = count, .first = ref_row(refs[0])};
        if (!is_dense) {
            run->rows = memory_allocate((size_t)count * sizeof *run->rows);
            for (int i = 0; i < count; i++)
                run->rows[i] = (uint16_t)ref_row(refs[i]);
        }
    }
    for (int i = 0; has_room && i < count; i++)
        chunk->flags[ref_row(refs[i])] |= ROW_MAPPED;
    pthread_rwlock_unlock(&part->lock);
}

void chunk_unmap(RelationPart *part, Chunk *chunk) {
    pthread_rwlock_wrlock(&part->lock);
    image_release(chunk->image);
    chunk->image = NULL;
    for (int row = 0; row < chunk->capacity; row++)
        chunk->flags[row] &= (uint8_t)~ROW_MAPPED;
    pthread_rwlock_unlock(&part->lock);
}

/* Reading back. */

typedef struct Reading {
    const Relation *relation;
    const Chunk *chunk;
    Batch *rows; /* NULL: none has come yet */
    const ChunkRun *run;
    int taken; /* of the run */
} Reading;

static void take_rows(void *argument, Batch *batch, int from, int count) {
    Reading *reading = argument;
    const RelationSpec *spec = &reading->relation->spec;
    const ChunkRun *run = reading->run;
    int row_count = chunk_row_count(reading->chunk);
    if (run->rows == NULL && count == row_count && batch->row_count == row_count &&
        batch->column_count == spec->column_count) {
        reading->rows = batch_retain(batch);
        return;
    }
    if (reading->rows == NULL) {
        reading->rows = batch_builder(spec->types, spec->column_count, reading->chunk->capacity);
        reading->rows->row_count = reading->rows->selected_count = row_count;
    }
    uint16_t rows[BATCH_ROWS_MAX];
    for (int i = 0; i < count; i++)
        rows[i] = (uint16_t)(from + i);
    for (int c = 0; c < reading->rows->column_count && c < batch->column_count; c++) {
        Column *to = reading->rows->columns[c];
        if (run->rows == NULL)
            column_append(to, run->first + reading->taken, batch->columns[c], rows, count);
        for (int i = 0; run->rows != NULL && i < count; i++)
            column_append_row(to, run->rows[reading->taken + i], batch->columns[c], from + i);
    }
    for (int c = batch->column_count; c < reading->rows->column_count; c++)
        for (int i = 0; i < count; i++) {
            int row = run->rows == NULL ? run->first + reading->taken + i : run->rows[reading->taken + i];
            column_append_row(reading->rows->columns[c], row, reading->relation->missing[c], 0);
        }
    reading->taken += count;
}

static Status read_image(const Relation *relation, const RelationPart *part, const Chunk *chunk,
    const ChunkImage *image, Batch **rows, bool *is_found, Error *error) {
    Reading reading = {.relation = relation, .chunk = chunk};
    Status status = OK;
    *is_found = true;
    for (int i = 0; i < image->run_count && status == OK && *is_found; i++) {
        reading.run = &image->runs[i];
        reading.taken = 0;
        status = block_log_fetch(&part->log, relation->spec.store, &reading.run->place, reading.run->count,
            take_rows, &reading, is_found, error);
    }
    *rows = reading.rows;
    if (status == OK && *is_found)
        return OK;
    batch_release(reading.rows);
    *rows = NULL;
    return status;
}

/* The cache. */

static Batch *find_cached(Relation *relation, const Chunk *chunk) {
    Batch *rows = NULL;
    pthread_mutex_lock(&relation->cache_lock);
    for (int i = 0; i < relation->cache_count && rows == NULL; i++)
        if (relation->cache[i].chunk == chunk) {
            rows = batch_retain(relation->cache[i].rows);
            relation->cache[i].used_at = ++relation->cache_clock;
        }
    pthread_mutex_unlock(&relation->cache_lock);
    return rows;
}

static void count_cached(Relation *relation, size_t added, size_t removed) {
    relation->cache_size += added - removed;
    atomic_fetch_add_explicit(&relation->size, added - removed, memory_order_relaxed);
    if (relation->spec.budget != NULL)
        atomic_fetch_add_explicit(&relation->spec.budget->used, added - removed, memory_order_relaxed);
}

static void drop_cached(Relation *relation, int which) {
    CachedChunk dropped = relation->cache[which];
    relation->cache[which] = relation->cache[--relation->cache_count];
    count_cached(relation, 0, dropped.size);
    chunk_release(dropped.chunk);
    batch_release(dropped.rows);
}

/* Two chunks are kept whatever the budget says: who looks up rows in an order of the chunks reads each once.
 */
static void make_room(Relation *relation, size_t size) {
    const MemoryBudget *budget = relation->spec.budget;
    while (relation->cache_count == CACHED_CHUNKS ||
           (relation->cache_count >= 2 && budget != NULL &&
               (budget_excess(budget) > 0 || relation->cache_size + size > budget->limit / CACHE_SHARE))) {
        int oldest = 0;
        for (int i = 1; i < relation->cache_count; i++)
            if (relation->cache[i].used_at < relation->cache[oldest].used_at)
                oldest = i;
        drop_cached(relation, oldest);
    }
}

static void add_cached(Relation *relation, Chunk *chunk, Batch *rows) {
    size_t size = batch_size(rows);
    pthread_mutex_lock(&relation->cache_lock);
    for (int i = 0; i < relation->cache_count; i++)
        if (relation->cache[i].chunk == chunk) {
            pthread_mutex_unlock(&relation->cache_lock);
            return;
        }
    make_room(relation, size);
    relation->cache[relation->cache_count++] =
        (CachedChunk){chunk_retain(chunk), batch_retain(rows), size, ++relation->cache_clock};
    count_cached(relation, size, 0);
    pthread_mutex_unlock(&relation->cache_lock);
}

void relation_forget_cache(Relation *relation) {
    pthread_mutex_lock(&relation->cache_lock);
    while (relation->cache_count > 0)
        drop_cached(relation, 0);
    pthread_mutex_unlock(&relation->cache_lock);
}

Status chunk_read(Relation *relation, RelationPart *part, Chunk *chunk, Batch **rows, Error *error) {
    const ChunkImage *missing = NULL;
    for (;;) {
        pthread_rwlock_rdlock(&part->lock);
        *rows = chunk->rows == NULL ? NULL : batch_retain(chunk->rows);
        ChunkImage *image = *rows != NULL ? NULL : image_retain(chunk->image);
        pthread_rwlock_unlock(&part->lock);
        if (*rows == NULL)
            *rows = find_cached(relation, chunk);
        if (*rows != NULL) {
            image_release(image);
            *rows = relation_pad(relation, *rows);
            return OK;
        }
        bool is_found, is_same = image == missing;
        Status status = read_image(relation, part, chunk, image, rows, &is_found, error);
        missing = image;
        image_release(image);
        if (status != OK)
            return status;
        if (is_found) {
            *rows = relation_pad(relation, *rows);
            add_cached(relation, chunk, *rows);
            return OK;
        }
        if (is_same)
            return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
                "relation %u was dropped or reloaded while it was being read", relation->spec.object_id);
    }
}

Status chunk_recall(Relation *relation, RelationPart *part, Chunk *chunk, Error *error) {
    if (chunk->rows != NULL)
        return OK;
    Batch *rows;
    TRY(chunk_read(relation, part, chunk, &rows, error));
    pthread_rwlock_wrlock(&part->lock);
    chunk->rows = rows;
    pthread_rwlock_unlock(&part->lock);
    part->evicted_count--;
    part_measure(part, chunk);
    return OK;
}

/* Rows fetched for the writer. */

static uint32_t ref_tag(RowRef ref) {
    return ref * 2654435761u;
}

static FetchedRow *find_fetched(const FetchedRows *fetched, RowRef ref) {
    if (fetched->count == 0)
        return NULL;
    for (SlotProbe probe = slot_probe(&fetched->index, ref_tag(ref)); slot_probe_next(&probe);)
        if (fetched->rows[probe.slot].ref == ref)
            return &fetched->rows[probe.slot];
    return NULL;
}

const Batch *fetched_row(const FetchedRows *fetched, RowRef ref, int *row) {
    const FetchedRow *found = find_fetched(fetched, ref);
    assert(found != NULL);
    *row = found->row;
    return found->batch;
}

void fetched_free(FetchedRows *fetched) {
    if (fetched->count > 0)
        slot_index_destroy(&fetched->index);
    memory_free(fetched->rows);
    batch_list_clear(&fetched->batches);
    *fetched = (FetchedRows){0};
}

static void add_fetched(FetchedRows *fetched, RowRef ref, const Batch *batch, int row) {
    if (fetched->count == 0)
        slot_index_init(&fetched->index);
    GROW(fetched->rows, fetched->capacity, fetched->count + 1);
    fetched->rows[fetched->count] = (FetchedRow){ref, row, batch};
    slot_index_insert(&fetched->index, ref_tag(ref), (Slot)fetched->count++);
}

typedef struct WantedRows {
    RowRef *refs;
    int count;
    int capacity;
} WantedRows;

static void find_wanted(const RelationPart *part, const Batch *batch, const uint64_t *hashes,
    const FetchedRows *fetched, WantedRows *wanted) {
    for (int i = 0; i < batch->selected_count; i++) {
        uint32_t tag = (uint32_t)hashes[batch_row(batch, i)];
        for (SlotProbe probe = slot_probe(&part->index, tag); slot_probe_next(&probe);) {
            if (part_chunk(part, probe.slot)->rows != NULL || find_fetched(fetched, probe.slot) != NULL)
                continue;
            GROW(wanted->refs, wanted->capacity, wanted->count + 1);
            wanted->refs[wanted->count++] = probe.slot;
        }
    }
}

static int compare_refs(const void *a, const void *b) {
    RowRef x = *(const RowRef *)a, y = *(const RowRef *)b;
    return (x > y) - (x < y);
}

/* Rows [from, end) of those wanted are one chunk's. */
static Status fetch_chunk_rows(Relation *relation, RelationPart *part, const WantedRows *wanted, int from,
    int end, FetchedRows *fetched, Error *error) {
    Batch *rows;
    TRY(chunk_read(relation, part, part_chunk(part, wanted->refs[from]), &rows, error));
    Batch *copies = batch_builder(relation->spec.types, relation->spec.column_count, end - from);
    batch_list_add(&fetched->batches, copies);
    for (int i = from; i < end; i++) {
        if (i > from && wanted->refs[i] == wanted->refs[i - 1])
            continue;
        add_fetched(fetched, wanted->refs[i], copies, copies->row_count);
        batch_append_row(copies, rows, ref_row(wanted->refs[i]), 1);
    }
    batch_release(rows);
    return OK;
}

Status part_fetch(Relation *relation, RelationPart *part, const Batch *batch, const uint64_t *hashes,
    FetchedRows *fetched, Error *error) {
    if (part->evicted_count == 0)
        return OK;
    WantedRows wanted = {0};
    Status status = OK;
    find_wanted(part, batch, hashes, fetched, &wanted);
    if (wanted.count > 1)
        qsort(wanted.refs, (size_t)wanted.count, sizeof *wanted.refs, compare_refs);
    for (int from = 0, end; from < wanted.count && status == OK; from = end) {
        for (end = from + 1;
             end < wanted.count && wanted.refs[end] >> ROW_BITS == wanted.refs[from] >> ROW_BITS; end++) {
        }
        status = fetch_chunk_rows(relation, part, &wanted, from, end, fetched, error);
    }
    memory_free(wanted.refs);
    return status;
}

/* Eviction. */

typedef enum Fate { FATE_STAYS, FATE_GOES, FATE_IS_SCATTERED } Fate;

/* Goes: every row that anyone may see lies where the image says, and that is committed. */
static Fate chunk_fate(const Chunk *chunk, uint64_t open_epoch) {
    Fate fate = FATE_GOES;
    int row_count = chunk_row_count(chunk);
    for (int i = 0; chunk->image != NULL && i < chunk->image->run_count; i++)
        if (chunk->image->runs[i].place.epoch >= open_epoch)
            return FATE_STAYS;
    for (int row = 0; row < row_count; row++) {
        if (chunk->flags[row] & (ROW_DEAD | ROW_MAPPED))
            continue;
        /* One that has ended is not written any more. */
        if ((chunk->flags[row] & ROW_DIRTY) || !(chunk->flags[row] & ROW_IN_LOG))
            return FATE_STAYS;
        fate = FATE_IS_SCATTERED;
    }
    return fate;
}

static bool has_links(const Chunk *chunk) {
    for (int row = 0; chunk->links != NULL && row < chunk->capacity; row++)
        if (chunk->links[row].previous != ROW_NONE || chunk->links[row].next != ROW_NONE)
            return true;
    return false;
}

/* Returns the bytes that this freed. */
static size_t let_go(RelationPart *part, Chunk *chunk, uint64_t oldest_pinned) {
    size_t before = part->chunk_size;
    pthread_rwlock_wrlock(&part->lock);
    batch_release(chunk->rows);
    chunk->rows = NULL;
    if (chunk->begin != NULL && chunk->begin_max <= oldest_pinned) {
        memory_free(chunk->begin);
        chunk->begin = NULL;
    }
    if (!has_links(chunk)) {
        memory_free(chunk->links);
        chunk->links = NULL;
    }
    pthread_rwlock_unlock(&part->lock);
    part->evicted_count++;
    part_measure(part, chunk);
    return before - part->chunk_size;
}

static void add_scattered(RelationPart *part, uint32_t number) {
    for (int i = 0; i < part->scattered_count; i++)
        if (part->scattered[i] == number)
            return;
    if (part->scattered_count == SCATTERED_MAX)
        return;
    GROW(part->scattered, part->scattered_capacity, part->scattered_count + 1);
    part->scattered[part->scattered_count++] = number;
}

void relation_evict(
    Relation *relation, int number, uint64_t oldest_pinned, uint64_t open_epoch, size_t wanted) {
    RelationPart *part = &relation->parts[number];
    if (wanted == 0 || relation->spec.store == NULL)
        return;
    if (relation->spec.budget->limit < CHUNK_SIZE && part->tail != NULL && part->tail->rows->row_count > 0) {
        pthread_rwlock_wrlock(&part->lock);
        part_close_tail(part);
        pthread_rwlock_unlock(&part->lock);
    }
    size_t freed = 0;
    for (int i = 0; i < part->chunk_count && freed < wanted; i++) {
        if (part->evict_chunk >= part->chunk_count)
            part->evict_chunk = 0;
        Chunk *chunk = part->chunks[part->evict_chunk++];
        if (chunk == NULL || chunk == part->tail || chunk->rows == NULL)
            continue;
        Fate fate = chunk_fate(chunk, open_epoch);
        if (fate == FATE_GOES)
            freed += let_go(part, chunk, oldest_pinned);
        else if (fate == FATE_IS_SCATTERED)
            add_scattered(part, chunk->number);
    }
    part_account(relation, part);
}

bool relation_wants_cut(const Relation *relation) {
    for (int i = 0; i < relation->spec.part_count; i++)
        if (relation->parts[i].scattered_count > 0)
            return true;
    return false;
}
