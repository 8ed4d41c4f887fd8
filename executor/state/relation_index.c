/* Secondary indexes: buckets of rows, linked both ways, so that any number of rows with one key costs nothing
   to take out.

   Every version of a row stands in the index from its first moment until its chunk goes: lookups test the
   epochs as scans do. Links lie by chunk beside the rows, and hold the hash, so that growing the buckets
   reads no row; they stay when a chunk lets its columns go. A ProbeTable would not do: it knows no order to
   take one of a million equal keys out of. Rows with a NULL among the columns are left out: equality never
   finds them. */
#include "executor/state/relation_index.h"

#include <string.h>

#include "executor/base/memory.h"
#include "executor/state/relation_internal.h"

#define ROW_ABSENT (UINT32_MAX - 1) /* previous: the row is not in the index */

typedef struct IndexLink {
    RowRef next, previous;
    uint32_t hash;
} IndexLink;

typedef struct PartIndex {
    RowRef *heads;
    uint32_t mask;
    uint32_t row_count;
    IndexLink **links; /* by chunk */
    int chunk_capacity;
    size_t link_bytes;
} PartIndex;

static uint32_t hash_row(const RelationIndexSpec *spec, const Batch *batch, int row, Text *key) {
    return (uint32_t)batch_hash_key(batch, spec->columns, spec->count, row, key);
}

static IndexLink *link_of(const PartIndex *index, RowRef ref) {
    return &index->links[ref >> ROW_BITS][ref_row(ref)];
}

static void push(PartIndex *index, RowRef ref) {
    IndexLink *link = link_of(index, ref);
    RowRef *head = &index->heads[link->hash & index->mask];
    link->previous = ROW_NONE;
    link->next = *head;
    if (*head != ROW_NONE)
        link_of(index, *head)->previous = ref;
    *head = ref;
}

static void make_heads(PartIndex *index, uint32_t size) {
    memory_free(index->heads);
    index->heads = memory_allocate(size * sizeof *index->heads);
    memset(index->heads, 0xff, size * sizeof *index->heads);
    index->mask = size - 1;
}

static void grow(const RelationPart *part, PartIndex *index) {
    make_heads(index, (index->mask + 1) * 2);
    for (int c = 0; c < index->chunk_capacity && c < part->chunk_count; c++)
        for (int row = 0; index->links[c] != NULL && row < chunk_row_count(part->chunks[c]); row++)
            if (index->links[c][row].previous != ROW_ABSENT)
                push(index, (RowRef)c << ROW_BITS | (RowRef)row);
}

static bool has_null(const RelationIndexSpec *spec, const Batch *batch, int row) {
    for (int i = 0; i < spec->count; i++)
        if (column_is_null(batch->columns[spec->columns[i]], row))
            return true;
    return false;
}

static IndexLink *need_links(PartIndex *index, const Chunk *chunk) {
    int before = index->chunk_capacity;
    GROW(index->links, index->chunk_capacity, (int)chunk->number + 1);
    for (int c = before; c < index->chunk_capacity; c++)
        index->links[c] = NULL;
    if (index->links[chunk->number] == NULL) {
        size_t size = (size_t)chunk->room * sizeof(IndexLink);
        IndexLink *links = index->links[chunk->number] = memory_allocate(size);
        index->link_bytes += size;
        for (int row = 0; row < chunk->room; row++)
            links[row].previous = ROW_ABSENT;
    }
    return index->links[chunk->number];
}

static void add_row(const RelationIndexSpec *spec, const RelationPart *part, PartIndex *index,
    const Chunk *chunk, const Batch *rows, int row, Text *key) {
    IndexLink *link = &need_links(index, chunk)[row];
    if (has_null(spec, rows, row))
        return;
    if (index->row_count > index->mask)
        grow(part, index);
    link->hash = hash_row(spec, rows, row, key);
    push(index, row_ref(chunk->number, row));
    index->row_count++;
}

void part_index_row(const Relation *relation, RelationPart *part, RowRef ref) {
    for (int i = 0; i < relation->index_count; i++) {
        Text key = {0};
        const Chunk *chunk = part_chunk(part, ref);
        add_row(&relation->indexes[i], part, part->indexes[i], chunk, chunk->rows, ref_row(ref), &key);
        text_free(&key);
    }
}

void part_index_retire(RelationPart *part, const Chunk *chunk) {
    for (int i = 0; i < part->index_count; i++) {
        PartIndex *index = part->indexes[i];
        if ((int)chunk->number >= index->chunk_capacity || index->links[chunk->number] == NULL)
            continue;
        IndexLink *links = index->links[chunk->number];
        for (int row = 0; row < chunk_row_count(chunk); row++) {
            if (links[row].previous == ROW_ABSENT)
                continue;
            if (links[row].next != ROW_NONE)
                link_of(index, links[row].next)->previous = links[row].previous;
            if (links[row].previous != ROW_NONE)
                link_of(index, links[row].previous)->next = links[row].next;
            else
                index->heads[links[row].hash & index->mask] = links[row].next;
            index->row_count--;
        }
        index->link_bytes -= (size_t)chunk->room * sizeof(IndexLink);
        memory_free(links);
        index->links[chunk->number] = NULL;
    }
}

size_t part_index_bytes(const RelationPart *part) {
    size_t bytes = 0;
    for (int i = 0; i < part->index_count; i++)
        bytes += part->indexes[i]->link_bytes + ((size_t)part->indexes[i]->mask + 1) * sizeof(RowRef);
    return bytes;
}

static void free_index(PartIndex *index) {
    for (int c = 0; c < index->chunk_capacity; c++)
        memory_free(index->links[c]);
    memory_free(index->links);
    memory_free(index->heads);
    memory_free(index);
}

static void free_spec(RelationIndexSpec *spec) {
    memory_free((void *)spec->name);
    memory_free((void *)spec->columns);
}

void part_index_free(RelationPart *part) {
    for (int i = 0; i < part->index_count; i++)
        free_index(part->indexes[i]);
    memory_free(part->indexes);
}

void relation_indexes_free(Relation *relation) {
    for (int i = 0; i < relation->index_count; i++)
        free_spec(&relation->indexes[i]);
    memory_free(relation->indexes);
}

/* Rows that nobody sees may have no values any more. */
static Status fill_index(
    const RelationIndexSpec *spec, Relation *relation, RelationPart *part, PartIndex **out, Error *error) {
    PartIndex *index = *out = NEW(PartIndex);
    Text key = {0};
    Status status = OK;
    make_heads(index, 64);
    for (int c = 0; c < part->chunk_count && status == OK; c++) {
        Chunk *chunk = part->chunks[c];
        Batch *rows = NULL;
        if (chunk != NULL && chunk->dead_count < chunk_row_count(chunk))
            status = chunk_read(relation, part, chunk, &rows, error);
        for (int row = 0; rows != NULL && row < chunk_row_count(chunk); row++)
            if (!(chunk->flags[row] & ROW_DEAD))
                add_row(spec, part, index, chunk, rows, row, &key);
        batch_release(rows);
    }
    text_free(&key);
    return status;
}

static void lock_parts(Relation *relation) {
    for (int i = 0; i < relation->spec.part_count; i++)
        pthread_rwlock_wrlock(&relation->parts[i].lock);
}

static void unlock_parts(Relation *relation) {
    for (int i = 0; i < relation->spec.part_count; i++)
        pthread_rwlock_unlock(&relation->parts[i].lock);
}

static void install_index(Relation *relation, const RelationIndexSpec *spec, PartIndex *const *filled) {
    lock_parts(relation);
    int number = relation->index_count;
    int *columns = memory_allocate((size_t)(spec->count + 1) * sizeof *columns);
    memcpy(columns, spec->columns, (size_t)spec->count * sizeof *columns);
    relation->indexes = memory_resize(relation->indexes, (size_t)(number + 1) * sizeof *relation->indexes);
    relation->indexes[number] = *spec;
    relation->indexes[number].columns = columns;
    relation->indexes[number].name = memory_strdup(spec->name);
    for (int i = 0; i < relation->spec.part_count; i++) {
        RelationPart *part = &relation->parts[i];
        part->indexes = memory_resize(part->indexes, (size_t)(number + 1) * sizeof *part->indexes);
        part->indexes[number] = filled[i];
        part->index_count++;
    }
    relation->index_count++;
    unlock_parts(relation);
    for (int i = 0; i < relation->spec.part_count; i++)
        part_account(relation, &relation->parts[i]);
}

Status relation_add_index(Relation *relation, const RelationIndexSpec *spec, Error *error) {
    PartIndex **filled = NEW_ARRAY(PartIndex *, relation->spec.part_count + 1);
    Status status = OK;
    relation_drop_index(relation, spec->id);
    for (int i = 0; i < relation->spec.part_count && status == OK; i++)
        status = fill_index(spec, relation, &relation->parts[i], &filled[i], error);
    for (int i = 0; i < relation->spec.part_count && status != OK; i++)
        if (filled[i] != NULL)
            free_index(filled[i]);
    if (status == OK)
        install_index(relation, spec, filled);
    memory_free(filled);
    return status;
}

static int find_index(const Relation *relation, uint32_t id) {
    for (int i = 0; i < relation->index_count; i++)
        if (relation->indexes[i].id == id)
            return i;
    return -1;
}

void relation_drop_index(Relation *relation, uint32_t id) {
    int number = find_index(relation, id);
    if (number < 0)
        return;
    lock_parts(relation);
    size_t behind = (size_t)(relation->index_count - number - 1);
    free_spec(&relation->indexes[number]);
    memmove(&relation->indexes[number], &relation->indexes[number + 1], behind * sizeof *relation->indexes);
    for (int i = 0; i < relation->spec.part_count; i++) {
        RelationPart *part = &relation->parts[i];
        free_index(part->indexes[number]);
        memmove(&part->indexes[number], &part->indexes[number + 1], behind * sizeof *part->indexes);
        part->index_count--;
    }
    relation->index_count--;
    unlock_parts(relation);
    for (int i = 0; i < relation->spec.part_count; i++)
        part_account(relation, &relation->parts[i]);
}

const RelationIndexSpec *relation_indexes(const Relation *relation, int *count) {
    *count = relation->index_count;
    return relation->indexes;
}

/* A batch of one row with the key in the indexed columns and nothing elsewhere. */
static Batch *make_probe(const Relation *relation, const RelationIndexSpec *spec, const Value *key) {
    Column **columns = NEW_ARRAY(Column *, relation->spec.column_count + 1);
    for (int i = 0; i < spec->count; i++)
        columns[spec->columns[i]] = column_constant(&key[i]);
    Batch *probe = batch_create(1, relation->spec.column_count, columns);
    memory_free(columns);
    return probe;
}

static void add_found(
    const Relation *relation, const Chunk *chunk, const Batch *rows, int row, BatchList *found) {
    if (found->count == 0 || found->batches[found->count - 1]->row_count == BATCH_ROWS_MAX) {
        batch_list_add(
            found, batch_builder(relation->spec.types, relation->spec.column_count, BATCH_ROWS_MAX));
        batch_need_diffs(found->batches[found->count - 1], BATCH_ROWS_MAX);
    }
    batch_append_row(
        found->batches[found->count - 1], rows, row, chunk->counts != NULL ? chunk->counts[row] : 1);
}

/* A visible row with the hash whose chunk has no columns: to be compared once the lock is let go. */
typedef struct UnreadRow {
    Chunk *chunk; /* retained */
    int row;
} UnreadRow;

typedef struct IndexLookup {
    Relation *relation;
    RelationPart *part;
    const RelationIndexSpec *spec; /* under the lock only */
    uint64_t epoch;
    Batch *probe;
    uint32_t hash;
    int64_t row_max; /* still wanted */
    BatchList *found;
    UnreadRow *unread;
    int unread_count;
    int unread_capacity;
} IndexLookup;

static void take_row(
    IndexLookup *lookup, const int *columns, int count, const Chunk *chunk, const Batch *rows, int row) {
    if (lookup->row_max <= 0 || !batch_keys_equal(rows, columns, row, lookup->probe, columns, 0, count))
        return;
    add_found(lookup->relation, chunk, rows, row, lookup->found);
    lookup->row_max--;
}

/* Under the part's lock. */
static void find_in_memory(IndexLookup *lookup, const PartIndex *index) {
    const RelationIndexSpec *spec = lookup->spec;
    for (RowRef ref = index->heads[lookup->hash & index->mask]; ref != ROW_NONE && lookup->row_max > 0;
         ref = link_of(index, ref)->next) {
        Chunk *chunk = part_chunk(lookup->part, ref);
        int row = ref_row(ref);
        if (link_of(index, ref)->hash != lookup->hash || chunk_begin(chunk, row) > lookup->epoch ||
            chunk_end(chunk, row) <= lookup->epoch)
            continue;
        if (chunk->rows != NULL) {
            take_row(lookup, spec->columns, spec->count, chunk, chunk->rows, row);
            continue;
        }
        GROW(lookup->unread, lookup->unread_capacity, lookup->unread_count + 1);
        lookup->unread[lookup->unread_count++] = (UnreadRow){chunk_retain(chunk), row};
    }
}

static Status find_unread(IndexLookup *lookup, const int *columns, int count, Error *error) {
    Status status = OK;
    for (int i = 0; i < lookup->unread_count; i++) {
        UnreadRow *unread = &lookup->unread[i];
        Batch *rows = NULL;
        if (status == OK && lookup->row_max > 0)
            status = chunk_read(lookup->relation, lookup->part, unread->chunk, &rows, error);
        if (rows != NULL)
            take_row(lookup, columns, count, unread->chunk, rows, unread->row);
        batch_release(rows);
        chunk_release(unread->chunk);
    }
    lookup->unread_count = 0;
    return status;
}

static Status find_in_part(IndexLookup *lookup, uint32_t id, const Value *key, bool *is_known, Error *error) {
    pthread_rwlock_rdlock(&lookup->part->lock);
    int number = find_index(lookup->relation, id);
    if (number < 0) {
        pthread_rwlock_unlock(&lookup->part->lock);
        *is_known = false;
        return OK;
    }
    lookup->spec = &lookup->relation->indexes[number];
    int count = lookup->spec->count, columns[count];
    memcpy(columns, lookup->spec->columns, sizeof columns);
    Text bytes = {0};
    lookup->probe = make_probe(lookup->relation, lookup->spec, key);
    lookup->hash = hash_row(lookup->spec, lookup->probe, 0, &bytes);
    find_in_memory(lookup, lookup->part->indexes[number]);
    pthread_rwlock_unlock(&lookup->part->lock);
    Status status = find_unread(lookup, columns, count, error);
    text_free(&bytes);
    batch_release(lookup->probe);
    return status;
}

Status relation_index_find(Relation *relation, uint32_t id, uint64_t epoch, const Value *key, int64_t row_max,
    BatchList *found, bool *is_known, Error *error) {
    IndexLookup lookup = {.relation = relation, .epoch = epoch, .row_max = row_max, .found = found};
    *is_known = true;
    Status status = OK;
    for (int i = 0; i < relation->spec.part_count && lookup.row_max > 0 && *is_known && status == OK; i++) {
        lookup.part = &relation->parts[i];
        status = find_in_part(&lookup, id, key, is_known, error);
    }
    memory_free(lookup.unread);
    return status == OK ? relation_check_epoch(relation, epoch, error) : status;
}
