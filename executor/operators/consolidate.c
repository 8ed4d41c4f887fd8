/* Consolidate: an open-addressing table of references to the first row of each kind, over hashes computed a
   batch at a time. By hand, not a ProbeTable: it is the hottest loop of a one-shot query's end, and a place
   that holds batch and row as they are spares it two instructions in a hundred. */
#include "executor/operators/consolidate.h"

#include "executor/base/memory.h"
#include "executor/operators/operator.h"

typedef struct RowReference {
    uint32_t batch; /* 1 + index; 0: empty */
    uint32_t row;
    uint64_t hash;
} RowReference;

typedef struct Merge {
    Batch **batches; /* dense */
    int64_t **nets;  /* by batch and row; a row that is not its kind's first stays 0 */
    RowReference *references;
    size_t mask;
    const int *columns;
    int column_count;
} Merge;

static void merge_row(Merge *merge, uint32_t index, int row, uint64_t hash) {
    Batch *batch = merge->batches[index];
    for (size_t at = hash & merge->mask;; at = (at + 1) & merge->mask) {
        RowReference *reference = &merge->references[at];
        if (reference->batch == 0) {
            *reference = (RowReference){index + 1, (uint32_t)row, hash};
            merge->nets[index][row] = batch_diff(batch, row);
            return;
        }
        if (reference->hash == hash &&
            batch_rows_identical(merge->batches[reference->batch - 1], (int)reference->row, batch, row,
                merge->columns, merge->column_count)) {
            merge->nets[reference->batch - 1][reference->row] += batch_diff(batch, row);
            return;
        }
    }
}

/* Appends rows with a net count: whole batches as they are where most rows stay, else copied together. */
static void emit_net(const Batch *batch, const int64_t *nets, Batch **builder, BatchList *out) {
    uint16_t rows[BATCH_ROWS_MAX];
    int count = 0;
    bool is_plain = true;
    for (int i = 0; i < batch->row_count; i++)
        if (nets[i] != 0) {
            rows[count++] = (uint16_t)i;
            is_plain &= nets[i] == 1;
        }
    if (count == 0)
        return;
    Batch *kept = batch_select((Batch *)batch, rows, count);
    memory_free(kept->diffs);
    kept->diffs = NULL;
    if (!is_plain) {
        batch_need_diffs(kept, kept->row_count);
        memcpy(kept->diffs, nets, (size_t)kept->row_count * sizeof *nets);
    }
    if (count >= BATCH_ROWS_MAX / 4) {
        batch_list_add(out, batch_dense(kept));
        batch_release(kept);
        return;
    }
    for (int from = 0; from < count;) {
        if (*builder == NULL) {
            Type types[batch->column_count + 1];
            for (int i = 0; i < batch->column_count; i++)
                types[i] = batch->columns[i]->type;
            *builder = batch_builder(types, batch->column_count, BATCH_ROWS_MAX);
        }
        from += batch_append(*builder, kept, from, BATCH_ROWS_MAX);
        if ((*builder)->row_count == BATCH_ROWS_MAX) {
            batch_list_add(out, *builder);
            *builder = NULL;
        }
    }
    batch_release(kept);
}

Status batches_consolidate(Batch *const *batches, int count, BatchList *net, Error *error) {
    int64_t total = 0;
    for (int i = 0; i < count; i++)
        total += batches[i]->selected_count;
    if (total == 0)
        return OK;
    size_t size = 64;
    while (size < (size_t)total * 2)
        size *= 2;
    int column_count = batches[0]->column_count;
    int columns[column_count + 1];
    for (int i = 0; i < column_count; i++)
        columns[i] = i;
    Merge merge = {NEW_ARRAY(Batch *, count), NEW_ARRAY(int64_t *, count), NEW_ARRAY(RowReference, size),
        size - 1, columns, column_count};
    uint64_t hashes[BATCH_ROWS_MAX];
    for (int i = 0; i < count; i++) {
        Batch *batch = merge.batches[i] = batch_dense(batches[i]);
        merge.nets[i] = NEW_ARRAY(int64_t, batch->row_count + 1);
        batch_hash_identical(batch, columns, column_count, hashes);
        for (int row = 0; row < batch->row_count; row++)
            merge_row(&merge, (uint32_t)i, row, hashes[row]);
    }
    Batch *builder = NULL;
    for (int i = 0; i < count; i++) {
        emit_net(merge.batches[i], merge.nets[i], &builder, net);
        batch_release(merge.batches[i]);
        memory_free(merge.nets[i]);
    }
    if (builder != NULL)
        batch_list_add(net, builder);
    memory_free(merge.batches);
    memory_free(merge.nets);
    memory_free(merge.references);
    return OK;
}

typedef struct Consolidate {
    Operator base;
    BatchList list;
    int64_t row_count;  /* in the list */
    int64_t merge_next; /* merge when row_count reaches it: keeps what is held near what is distinct */
    int next;           /* batch to give out */
    bool is_merged;
} Consolidate;

enum { MERGE_ROWS_MIN = 65536 };

static Status merge_list(Consolidate *consolidate, Error *error) {
    BatchList net = {0};
    TRY(batches_consolidate(consolidate->list.batches, consolidate->list.count, &net, error));
    batch_list_clear(&consolidate->list);
    memory_free(consolidate->list.batches);
    consolidate->list = net;
    return OK;
}

static Status consolidate_open(Operator *instance, Error *error) {
    ((Consolidate *)instance)->merge_next = MERGE_ROWS_MIN;
    return OK;
}

static Status consolidate_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    Consolidate *consolidate = (Consolidate *)instance;
    batch_list_add(&consolidate->list, batch_retain(batch));
    consolidate->row_count += batch->selected_count;
    if (consolidate->row_count >= consolidate->merge_next) {
        TRY(merge_list(consolidate, error));
        consolidate->row_count = batch_list_rows(&consolidate->list);
        consolidate->merge_next =
            consolidate->row_count * 2 > MERGE_ROWS_MIN ? consolidate->row_count * 2 : MERGE_ROWS_MIN;
    }
    return OK;
}

static Status consolidate_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    Consolidate *consolidate = (Consolidate *)instance;
    *batch = NULL;
    *progress = PROGRESS_IDLE;
    if (!operator_is_sealed(instance))
        return OK;
    if (!consolidate->is_merged)
        TRY(merge_list(consolidate, error));
    consolidate->is_merged = true;
    *progress = PROGRESS_MORE;
    if (consolidate->next < consolidate->list.count) {
        *batch = batch_retain(consolidate->list.batches[consolidate->next++]);
        return OK;
    }
    batch_list_clear(&consolidate->list);
    consolidate->next = 0;
    consolidate->row_count = 0;
    consolidate->merge_next = MERGE_ROWS_MIN;
    consolidate->is_merged = false;
    *progress = PROGRESS_DONE;
    return OK;
}

static void consolidate_derive_watermarks(Operator *instance) {
    for (int i = 0; i < instance->spec->output.count; i++)
        instance->watermarks[i] = instance->input_watermarks[0][i];
}

static void consolidate_reset(Operator *instance) {
    Consolidate *consolidate = (Consolidate *)instance;
    batch_list_clear(&consolidate->list);
    consolidate->next = 0;
    consolidate->row_count = 0;
    consolidate->is_merged = false;
}

static void consolidate_close(Operator *instance) {
    Consolidate *consolidate = (Consolidate *)instance;
    batch_list_clear(&consolidate->list);
    memory_free(consolidate->list.batches);
}

const OperatorType consolidate_operator = {
    .name = "Consolidate",
    .version = 1,
    .size = sizeof(Consolidate),
    .open = consolidate_open,
    .on_batch = consolidate_on_batch,
    .produce = consolidate_produce,
    .derive_watermarks = consolidate_derive_watermarks,
    .reset = consolidate_reset,
    .close = consolidate_close,
};
