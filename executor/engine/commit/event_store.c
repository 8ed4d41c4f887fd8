/* EventStore: per object a queue of what came, oldest first; leaving the queue takes a row out of the
   relation. */
#include "executor/engine/commit/event_store.h"

#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"

/* One object's rows, in the order they came. */
typedef struct Queue {
    uint32_t object_id;
    BatchList batches;
    int64_t rows;
    size_t bytes;
    int64_t discarded;
} Queue;

struct EventStore {
    EventStoreSpec spec;
    Type *types;
    int *all_columns;
    Relation *relation;
    Queue *queues;
    int queue_count, queue_capacity;
};

static Queue *find_queue(const EventStore *store, uint32_t object_id) {
    for (int i = 0; i < store->queue_count; i++)
        if (store->queues[i].object_id == object_id)
            return &store->queues[i];
    return NULL;
}

static Queue *need_queue(EventStore *store, uint32_t object_id) {
    Queue *queue = find_queue(store, object_id);
    if (queue != NULL)
        return queue;
    GROW(store->queues, store->queue_capacity, store->queue_count + 1);
    store->queues[store->queue_count] = (Queue){.object_id = object_id};
    return &store->queues[store->queue_count++];
}

static size_t row_bytes(const Batch *batch, int row) {
    size_t bytes = 64;
    for (int c = 0; c < batch->column_count; c++)
        if (batch->columns[c]->layout == LAYOUT_VIEW && !column_is_null(batch->columns[c], row))
            bytes += ((const View *)column_at(batch->columns[c], row))->length;
    return bytes;
}

static void append(EventStore *store, BatchList *list, const Batch *batch, int row, int64_t diff) {
    if (list->count == 0 || list->batches[list->count - 1]->row_count == BATCH_ROWS_MAX) {
        Batch *builder = batch_builder(store->types, store->spec.column_count, BATCH_ROWS_MAX);
        batch_need_diffs(builder, BATCH_ROWS_MAX);
        batch_list_add(list, builder);
    }
    batch_append_row(list->batches[list->count - 1], batch, row, diff);
}

static void enqueue(EventStore *store, const Batch *batch, int row, int64_t copies) {
    Queue *queue = need_queue(store, (uint32_t)column_int8(batch->columns[0], row));
    append(store, &queue->batches, batch, row, copies);
    queue->rows += copies;
    queue->bytes += row_bytes(batch, row);
}

/* Copies of the row that the relation holds. */
static Status count_copies(
    EventStore *store, const Batch *batch, int row, uint64_t epoch, int64_t *copies, Error *error) {
    Value key[store->spec.column_count];
    for (int i = 0; i < store->spec.column_count; i++)
        key[i] = column_value(batch->columns[i], row);
    Batch *found;
    TRY(relation_lookup(store->relation, epoch, key, &found, error));
    *copies = found == NULL ? 0 : batch_diff(found, batch_row(found, 0));
    batch_release(found);
    return OK;
}

/* Applies signed rows that are known to be there when they are taken away. */
static Status apply_rows(EventStore *store, const BatchList *rows, uint64_t epoch, Error *error) {
    Status status = OK;
    uint64_t hashes[BATCH_ROWS_MAX];
    uint16_t part_rows[BATCH_ROWS_MAX];
    for (int b = 0; b < rows->count; b++) {
        Batch *batch = rows->batches[b];
        batch_hash_keys(batch, store->all_columns, store->spec.column_count, hashes);
        for (int part = 0; part < store->spec.part_count && status == OK; part++) {
            int count = 0;
            for (int row = 0; row < batch->row_count; row++)
                if (shard_part(hash_shard(hashes[row]), store->spec.part_count) == part)
                    part_rows[count++] = (uint16_t)row;
            if (count == 0)
                continue;
            Batch *selected = batch_select(batch, part_rows, count);
            status = relation_apply(store->relation, part, &selected, 1, epoch, NULL, error);
            batch_release(selected);
        }
    }
    return status;
}

/* Takes the rows of one batch out of the relation, as far as they are still there; *taken: how many were. */
static Status take_out(EventStore *store, const Batch *batch, uint64_t epoch, int64_t *taken, Error *error) {
    BatchList gone = {0};
    Status status = OK;
    for (int row = 0; row < batch->row_count && status == OK; row++) {
        int64_t copies = 0;
        status = count_copies(store, batch, row, epoch, &copies, error);
        copies = copies < batch_diff(batch, row) ? copies : batch_diff(batch, row);
        if (status != OK || copies == 0)
            continue;
        /* One by one: a row may stand several times in the batch. */
        append(store, &gone, batch, row, -copies);
        status = apply_rows(store, &gone, epoch, error);
        batch_list_clear(&gone);
        *taken += copies;
    }
    batch_list_clear(&gone);
    return status;
}

static Status drop_oldest(EventStore *store, Queue *queue, uint64_t epoch, Error *error) {
    Batch *oldest = queue->batches.batches[0];
    for (int row = 0; row < oldest->row_count; row++) {
        queue->rows -= batch_diff(oldest, row);
        queue->bytes -= row_bytes(oldest, row);
    }
    queue->batches.count--;
    memmove(
        queue->batches.batches, queue->batches.batches + 1, sizeof(Batch *) * (size_t)queue->batches.count);
    Status status = take_out(store, oldest, epoch, &queue->discarded, error);
    batch_release(oldest);
    return status;
}

/* The net rows of a list: what comes and goes within a step was never there. */
typedef struct NetRow {
    uint64_t hash;
    const Batch *batch;
    int row;
    int64_t net;
} NetRow;

static int64_t list_rows(const BatchList *list) {
    int64_t rows = 0;
    for (int i = 0; i < list->count; i++)
        rows += list->batches[i]->row_count;
    return rows;
}

static NetRow *net_rows(const EventStore *store, const BatchList *list, int *count) {
    size_t size = 16;
    while (size < (size_t)list_rows(list) * 2)
        size *= 2;
    NetRow *rows = NEW_ARRAY(NetRow, list_rows(list) + 1);
    int *slots = NEW_ARRAY(int, size);
    uint64_t hashes[BATCH_ROWS_MAX];
    *count = 0;
    for (int b = 0; b < list->count; b++) {
        const Batch *batch = list->batches[b];
        batch_hash_identical(batch, store->all_columns, store->spec.column_count, hashes);
        for (int row = 0; row < batch->row_count; row++) {
            size_t at = hashes[row] & (size - 1);
            for (; slots[at] != 0; at = (at + 1) & (size - 1)) {
                const NetRow *other = &rows[slots[at] - 1];
                if (other->hash == hashes[row] && batch_rows_identical(other->batch, other->row, batch, row,
                                                      store->all_columns, store->spec.column_count))
                    break;
            }
            if (slots[at] == 0) {
                rows[*count] = (NetRow){hashes[row], batch, row, 0};
                slots[at] = ++*count;
            }
            rows[slots[at] - 1].net += batch_diff(batch, row);
        }
    }
    memory_free(slots);
    return rows;
}

Status event_store_apply(EventStore *store, const BatchList *list, uint64_t epoch, Error *error) {
    if (list->count == 0)
        return OK;
    int count;
    NetRow *rows = net_rows(store, list, &count);
    BatchList changes = {0};
    Status status = OK;
    for (int i = 0; i < count && status == OK; i++) {
        int64_t net = rows[i].net, copies = 0;
        if (net < 0) {
            status = count_copies(store, rows[i].batch, rows[i].row, epoch, &copies, error);
            net = net < -copies ? -copies : net;
        }
        if (net > 0)
            enqueue(store, rows[i].batch, rows[i].row, net);
        if (net != 0)
            append(store, &changes, rows[i].batch, rows[i].row, net);
    }
    if (status == OK)
        status = apply_rows(store, &changes, epoch, error);
    for (int i = 0; i < store->queue_count && status == OK; i++) {
        Queue *queue = &store->queues[i];
        while (status == OK && queue->batches.count > 1 &&
               (queue->rows > store->spec.row_max || queue->bytes > store->spec.byte_max))
            status = drop_oldest(store, queue, epoch, error);
    }
    batch_list_clear(&changes);
    memory_free(rows);
    return status;
}

Status event_store_forget(EventStore *store, uint32_t object_id, uint64_t epoch, Error *error) {
    Queue *queue = find_queue(store, object_id);
    if (queue == NULL)
        return OK;
    Status status = OK;
    while (queue->batches.count > 0 && status == OK)
        status = drop_oldest(store, queue, epoch, error);
    batch_list_clear(&queue->batches);
    *queue = store->queues[--store->queue_count];
    return status;
}

int64_t event_store_discarded(const EventStore *store, uint32_t object_id) {
    const Queue *queue = find_queue(store, object_id);
    return queue == NULL ? 0 : queue->discarded;
}

Relation *event_store_relation(EventStore *store) {
    return store->relation;
}

/* The order in which stored rows came is not known any more. */
static Status load(EventStore *store, Error *error) {
    TRY(relation_load(store->relation, store->spec.epoch, error));
    RelationScan *scan = relation_scan_open(store->relation, store->spec.epoch, NULL, 0);
    Batch *batch = NULL;
    Status status;
    while ((status = relation_scan_next(scan, &batch, error)) == OK && batch != NULL) {
        Batch *dense = batch_dense(batch);
        for (int row = 0; row < dense->row_count; row++)
            enqueue(store, dense, row, batch_diff(dense, row));
        batch_release(dense);
        batch_release(batch);
    }
    relation_scan_close(scan);
    return status;
}

Status event_store_open(const EventStoreSpec *spec, EventStore **out, Error *error) {
    EventStore *store = NEW(EventStore);
    store->spec = *spec;
    store->types = NEW_ARRAY(Type, spec->column_count);
    store->all_columns = NEW_ARRAY(int, spec->column_count);
    for (int i = 0; i < spec->column_count; i++) {
        store->types[i] = spec->types[i];
        store->all_columns[i] = i;
    }
    RelationSpec relation = {
        .object_id = spec->object_id,
        .column_count = spec->column_count,
        .types = store->types,
        .part_count = spec->part_count,
        .store = spec->store,
        .budget = spec->budget,
    };
    store->relation = relation_create(&relation);
    *out = store;
    return spec->store == NULL ? OK : load(store, error);
}

void event_store_close(EventStore *store) {
    if (store == NULL)
        return;
    for (int i = 0; i < store->queue_count; i++)
        batch_list_clear(&store->queues[i].batches);
    memory_free(store->queues);
    relation_release(store->relation);
    memory_free(store->types);
    memory_free(store->all_columns);
    memory_free(store);
}
