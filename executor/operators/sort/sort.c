/* Sort and Limit. Rows stay in the batches they came in; what is sorted are 16-byte references that carry a
   prefix of the first key, so that most comparisons are of two integers. With a limit, the references beyond
   it are thrown away whenever they are as many again: memory stays a few times the limit. */
#include "executor/operators/sort/sort.h"

#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/operators/consolidate.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/queue.h"

enum { PRUNE_MIN = 8 * BATCH_ROWS_MAX };

typedef struct SortEntry {
    uint64_t prefix; /* ascending in the wanted order */
    uint32_t batch;
    uint16_t row;
    uint16_t rank; /* 0: NULL first, 1: a value, 2: NULL last */
} SortEntry;

typedef struct Sort {
    Operator base;
    int64_t limit; /* INT64_MAX: none */
    int64_t offset;
    int64_t skipped, passed; /* of the output so far */
    BatchQueue queue;        /* Limit only: not yet passed on */
    Batch **batches;
    int batch_count, batch_capacity;
    SortEntry *entries;
    int entry_count, entry_capacity;
    int64_t *nets; /* by entry, after rows taken back were cancelled; NULL: as the batches say */
    int64_t rows_since_prune;
    int next;
    bool is_sorted, is_started, has_negative;
} Sort;

static Status read_bound(Sort *sort, const Expression *expression, Status status, const char *name,
    int64_t missing, int64_t *out, Error *error) {
    *out = missing;
    if (expression == NULL)
        return OK;
    Arena *arena = arena_create();
    Value value;
    Status result = expression_evaluate_constant(
        expression, sort->base.context->settings, sort->base.context->session, arena, &value, error);
    if (result == OK && !value.is_null)
        *out = type_layout(value.type) == LAYOUT_INT8   ? value.datum.int8
               : type_layout(value.type) == LAYOUT_INT4 ? value.datum.int4
                                                        : value.datum.int2;
    arena_destroy(arena);
    TRY(result);
    return *out < 0 ? error_set(error, status, "%s must not be negative", name) : OK;
}

static Status sort_open(Operator *instance, Error *error) {
    if (!instance->context->is_one_shot)
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "continuous queries cannot sort their whole result");
    return OK;
}

static Status start(Sort *sort, Error *error) {
    const SortParameters *parameters = sort->base.spec->parameters;
    sort->is_started = true;
    TRY(read_bound(sort, parameters->limit, STATUS_INVALID_ROW_COUNT_IN_LIMIT_CLAUSE, "LIMIT", INT64_MAX,
        &sort->limit, error));
    return read_bound(sort, parameters->offset, STATUS_INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE, "OFFSET", 0,
        &sort->offset, error);
}

/* Keeps the order of the type for the bytes it takes; equal prefixes decide nothing. */
static uint64_t value_prefix(Layout layout, TypeId id, const void *element) {
    const uint64_t top = (uint64_t)1 << 63;
    uint64_t bits = 0;
    switch (layout) {
    case LAYOUT_BOOL:
        return *(const uint8_t *)element;
    case LAYOUT_INT2:
        return (uint64_t)(int64_t) * (const int16_t *)element ^ top;
    case LAYOUT_INT4:
        return (uint64_t)(int64_t) * (const int32_t *)element ^ top;
    case LAYOUT_INT8:
        return (uint64_t) * (const int64_t *)element ^ top;
    case LAYOUT_VIEW:
        /* Text in byte order; other views (jsonb, arrays, bpchar) have orders of their own. */
        if (id == TYPE_TEXT || id == TYPE_VARCHAR || id == TYPE_NAME || id == TYPE_BYTEA) {
            const View *view = element;
            memcpy(&bits, view_bytes(view), view->length < 8 ? view->length : 8);
            return __builtin_bswap64(bits);
        }
        return 0;
    case LAYOUT_FLOAT4:
    case LAYOUT_FLOAT8: {
        double value = layout == LAYOUT_FLOAT4 ? *(const float *)element : *(const double *)element;
        if (value != value)
            return UINT64_MAX; /* NaN is greatest */
        value = value == 0 ? 0 : value;
        memcpy(&bits, &value, sizeof bits);
        return bits & top ? ~bits : bits | top;
    }
    case LAYOUT_NUMERIC:
    case LAYOUT_INTERVAL:
        break;
    }
    return 0;
}

static int compare_entries(const void *a, const void *b, void *argument) {
    const SortEntry *x = a, *y = b;
    const Sort *sort = argument;
    const SortParameters *parameters = sort->base.spec->parameters;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->prefix != y->prefix)
        return x->prefix < y->prefix ? -1 : 1;
    int order = batch_compare_rows(sort->batches[x->batch], x->row, sort->batches[y->batch], y->row,
        parameters->keys, parameters->key_count);
    if (order != 0)
        return order;
    if (x->batch != y->batch)
        return x->batch < y->batch ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int compare_keys(const Sort *sort, const SortEntry *x, const SortEntry *y) {
    const SortParameters *parameters = sort->base.spec->parameters;
    return batch_compare_rows(sort->batches[x->batch], x->row, sort->batches[y->batch], y->row,
        parameters->keys, parameters->key_count);
}

static void add_batch(Sort *sort, Batch *batch) {
    const SortParameters *parameters = sort->base.spec->parameters;
    const SortKey *key = &parameters->keys[0];
    const Column *column = batch->columns[key->column];
    GROW(sort->batches, sort->batch_capacity, sort->batch_count + 1);
    GROW(sort->entries, sort->entry_capacity, sort->entry_count + batch->selected_count);
    for (int i = 0; i < batch->selected_count; i++) {
        int row = batch_row(batch, i);
        SortEntry entry = {.batch = (uint32_t)sort->batch_count, .row = (uint16_t)row, .rank = 1};
        if (column_is_null(column, row))
            entry.rank = key->is_nulls_first ? 0 : 2;
        else
            entry.prefix = value_prefix((Layout)column->layout,
                column->type.is_array ? TYPE_UNKNOWN : column->type.id, column_at(column, row));
        if (key->is_descending && entry.rank == 1)
            entry.prefix = ~entry.prefix;
        sort->has_negative |= batch_diff(batch, row) < 0;
        sort->entries[sort->entry_count++] = entry;
    }
    sort->batches[sort->batch_count++] = batch;
}

/* Copies of the row that the n-th entry names. */
static int64_t entry_diff(const Sort *sort, int n) {
    return sort->nets != NULL ? sort->nets[n]
                              : batch_diff(sort->batches[sort->entries[n].batch], sort->entries[n].row);
}

/* How many of the sorted entries the limit can still show, ties included. */
static int entries_needed(const Sort *sort) {
    const SortParameters *parameters = sort->base.spec->parameters;
    int64_t wanted = sort->limit > INT64_MAX - sort->offset ? INT64_MAX : sort->limit + sort->offset,
            rows = 0;
    int count = 0;
    while (count < sort->entry_count && rows < wanted)
        rows += entry_diff(sort, count++);
    if (parameters->with_ties && count > 0)
        while (count < sort->entry_count &&
               compare_keys(sort, &sort->entries[count - 1], &sort->entries[count]) == 0)
            count++;
    return count;
}

/* A batch of the rows that the entries name, heap bytes shared. */
static Batch *gather_entries(const Sort *sort, const SortEntry *entries, int count) {
    const Schema *output = &sort->base.spec->output;
    Batch *batch = batch_builder(output->types, output->count, count);
    for (int c = 0; c < output->count; c++) {
        Column *column = batch->columns[c];
        size_t width = layout_width((Layout)column->layout);
        char *to = column->values;
        const Column *last = NULL;
        for (int i = 0; i < count; i++, to += width) {
            const Column *from = sort->batches[entries[i].batch]->columns[c];
            memcpy(to, column_at(from, entries[i].row), width);
            if (column_is_null(from, entries[i].row))
                column_set_null(column, i);
            if (from != last && type_has_heap(column->type))
                column_keep_buffers_of(column, from);
            last = from;
        }
    }
    for (int i = 0; i < count; i++) {
        int64_t diff = batch_diff(sort->batches[entries[i].batch], entries[i].row);
        if (diff == 1)
            continue;
        batch_need_diffs(batch, count);
        batch->diffs[i] = diff;
    }
    batch->row_count = batch->selected_count = count;
    return batch;
}

static size_t sort_held_bytes(const Operator *instance) {
    const Sort *sort = (const Sort *)instance;
    size_t bytes = (size_t)sort->entry_capacity * sizeof(SortEntry);
    for (int i = 0; i < sort->batch_count; i++)
        bytes += batch_size(sort->batches[i]);
    return bytes;
}

static void release_batches(Sort *sort) {
    for (int i = 0; i < sort->batch_count; i++)
        batch_release(sort->batches[i]);
    sort->batch_count = 0;
}

/* Replaces all batches by the sorted first `count` rows. They stand before whatever comes later: the order
   among ties stays that of arrival. */
static void keep_first(Sort *sort, int count) {
    BatchQueue kept = {0};
    for (int at = 0; at < count; at += BATCH_ROWS_MAX) {
        Batch *shared = gather_entries(
            sort, sort->entries + at, count - at < BATCH_ROWS_MAX ? count - at : BATCH_ROWS_MAX);
        Batch *own = batch_builder(sort->base.spec->output.types, shared->column_count, shared->row_count);
        batch_append(own, shared, 0, shared->row_count);
        batch_release(shared);
        queue_push(&kept, own);
    }
    release_batches(sort);
    sort->entry_count = 0;
    for (Batch *batch; (batch = queue_pop(&kept)) != NULL;)
        add_batch(sort, batch);
    queue_clear(&kept);
}

static void prune(Sort *sort) {
    if (sort->entry_count > 1)
        qsort_r(sort->entries, (size_t)sort->entry_count, sizeof *sort->entries, compare_entries, sort);
    int needed = entries_needed(sort);
    if (needed < sort->entry_count / 2)
        keep_first(sort, needed);
    sort->rows_since_prune = 0;
}

static Status sort_on_batch(Operator *instance, int input, Batch *batch, Error *error) {
    Sort *sort = (Sort *)instance;
    const SortParameters *parameters = instance->spec->parameters;
    if (!sort->is_started)
        TRY(start(sort, error));
    if (parameters->key_count == 0) {
        for (int i = 0; batch->diffs != NULL && i < batch->selected_count; i++)
            sort->has_negative |= batch_diff(batch, batch_row(batch, i)) < 0;
        queue_push(&sort->queue, batch_retain(batch));
        return OK;
    }
    if (batch->selected_count == 0)
        return OK;
    add_batch(sort, batch_retain(batch));
    sort->rows_since_prune += batch->selected_count;
    int64_t limit = sort->limit > INT64_MAX - sort->offset ? INT64_MAX : sort->limit + sort->offset;
    if (!sort->has_negative && sort->rows_since_prune > PRUNE_MIN && limit < sort->rows_since_prune)
        prune(sort);
    return OK;
}

static bool entries_are_identical(const Sort *sort, const SortEntry *x, const SortEntry *y) {
    const Batch *a = sort->batches[x->batch], *b = sort->batches[y->batch];
    int columns[1];
    for (columns[0] = 0; columns[0] < a->column_count; columns[0]++)
        if (!batch_rows_identical(a, x->row, b, y->row, columns, 1))
            return false;
    return true;
}

/* Cancels rows taken back against the same rows within each run of equal keys. */
static Status cancel_negatives(Sort *sort, Error *error) {
    int count = sort->entry_count, kept = 0;
    int64_t *nets = NEW_ARRAY(int64_t, count + 1);
    for (int i = 0; i < count; i++)
        nets[i] = entry_diff(sort, i);
    for (int i = 0; i < count; i++)
        for (int k = i + 1;
             nets[i] != 0 && k < count && compare_keys(sort, &sort->entries[i], &sort->entries[k]) == 0; k++)
            if (entries_are_identical(sort, &sort->entries[i], &sort->entries[k])) {
                nets[i] += nets[k];
                nets[k] = 0;
            }
    for (int i = 0; i < count; i++) {
        if (nets[i] < 0) {
            memory_free(nets);
            return error_set(error, STATUS_INTERNAL_ERROR, "a row was taken back more often than it came");
        }
        if (nets[i] > 0) {
            sort->entries[kept] = sort->entries[i];
            nets[kept++] = nets[i];
        }
    }
    sort->entry_count = kept;
    sort->nets = nets;
    return OK;
}

static Status finish_input(Sort *sort, Error *error) {
    if (sort->entry_count > 1)
        qsort_r(sort->entries, (size_t)sort->entry_count, sizeof *sort->entries, compare_entries, sort);
    if (sort->has_negative)
        TRY(cancel_negatives(sort, error));
    sort->entry_count = entries_needed(sort);
    sort->is_sorted = true;
    return OK;
}

/* What is left of n copies of a row after OFFSET and LIMIT. */
static int64_t clamp_copies(Sort *sort, int64_t copies, bool is_tied) {
    int64_t skipped = sort->offset - sort->skipped < copies ? sort->offset - sort->skipped : copies;
    sort->skipped += skipped;
    copies -= skipped;
    if (!is_tied && copies > sort->limit - sort->passed)
        copies = sort->limit - sort->passed;
    sort->passed += copies;
    return copies;
}

static Batch *next_sorted(Sort *sort) {
    const SortParameters *parameters = sort->base.spec->parameters;
    SortEntry *chosen = memory_allocate(BATCH_ROWS_MAX * sizeof *chosen);
    int64_t *copies = memory_allocate(BATCH_ROWS_MAX * sizeof *copies);
    int count = 0;
    bool has_copies = false;
    for (; sort->next < sort->entry_count && count < BATCH_ROWS_MAX; sort->next++) {
        /* entries_needed left only ties beyond the limit. */
        int64_t left = clamp_copies(sort, entry_diff(sort, sort->next), parameters->with_ties);
        if (left == 0)
            continue;
        chosen[count] = sort->entries[sort->next];
        copies[count++] = left;
        has_copies |= left != 1;
    }
    Batch *batch = count == 0 ? NULL : gather_entries(sort, chosen, count);
    if (batch != NULL && (has_copies || batch->diffs != NULL)) {
        batch_need_diffs(batch, count);
        memcpy(batch->diffs, copies, (size_t)count * sizeof *copies);
    }
    memory_free(chosen);
    memory_free(copies);
    return batch;
}

/* The part of a batch that OFFSET and LIMIT let through. */
static Status limit_batch(Sort *sort, Batch *input, Batch **out, Error *error) {
    uint16_t rows[BATCH_ROWS_MAX];
    int64_t *copies = memory_allocate(BATCH_ROWS_MAX * sizeof *copies);
    int count = 0;
    bool is_changed = false;
    Status status = OK;
    for (int i = 0; i < input->selected_count && sort->passed < sort->limit && status == OK; i++) {
        int row = batch_row(input, i);
        int64_t diff = batch_diff(input, row), left = diff < 0 ? 0 : clamp_copies(sort, diff, false);
        if (diff < 0)
            status = error_set(error, STATUS_INTERNAL_ERROR, "Limit was given a row that is taken back");
        is_changed |= left != diff && left != 0;
        copies[count] = left;
        rows[count] = (uint16_t)row;
        count += left != 0;
    }
    if (status == OK && count > 0) {
        *out = batch_select(input, rows, count);
        if (is_changed)
            batch_need_diffs(*out, input->row_count);
        for (int i = 0; is_changed && i < count; i++)
            (*out)->diffs[rows[i]] = copies[i];
    }
    memory_free(copies);
    return status;
}

/* Rows are taken back (a transaction's own changes): Limit then needs the whole input, and its net. */
static Status consolidate_queue(Sort *sort, Error *error) {
    BatchList net = {0};
    BatchQueue *queue = &sort->queue;
    Status status = batches_consolidate(queue->batches + queue->head, queue->count, &net, error);
    queue_clear(queue);
    for (int i = 0; i < net.count; i++)
        queue_push(queue, batch_retain(net.batches[i]));
    batch_list_clear(&net);
    sort->is_sorted = true;
    return status;
}

static Status limit_produce(Sort *sort, Batch **batch, Progress *progress, Error *error) {
    *progress = PROGRESS_IDLE;
    if (sort->has_negative && !operator_is_sealed(&sort->base))
        return OK;
    if (sort->has_negative && !sort->is_sorted)
        TRY(consolidate_queue(sort, error));
    Batch *input = sort->passed < sort->limit ? queue_pop(&sort->queue) : NULL;
    if (input == NULL) {
        *progress =
            sort->passed >= sort->limit || operator_is_sealed(&sort->base) ? PROGRESS_DONE : PROGRESS_IDLE;
        return OK;
    }
    *progress = PROGRESS_MORE;
    Status status = limit_batch(sort, input, batch, error);
    batch_release(input);
    return status;
}

static Status sort_produce(Operator *instance, Batch **batch, Progress *progress, Error *error) {
    Sort *sort = (Sort *)instance;
    const SortParameters *parameters = instance->spec->parameters;
    *batch = NULL;
    if (!sort->is_started)
        TRY(start(sort, error));
    if (parameters->key_count == 0)
        return limit_produce(sort, batch, progress, error);
    *progress = sort->limit == 0 ? PROGRESS_DONE : PROGRESS_IDLE;
    if (sort->limit == 0 || !operator_is_sealed(instance))
        return OK;
    if (!sort->is_sorted)
        TRY(finish_input(sort, error));
    *batch = next_sorted(sort);
    *progress = *batch == NULL ? PROGRESS_DONE : PROGRESS_MORE;
    return OK;
}

static void sort_close(Operator *instance) {
    Sort *sort = (Sort *)instance;
    queue_clear(&sort->queue);
    release_batches(sort);
    memory_free(sort->batches);
    memory_free(sort->entries);
    memory_free(sort->nets);
}

static void sort_reset(Operator *instance) {
    Sort *sort = (Sort *)instance;
    sort_close(instance);
    *sort = (Sort){.base = sort->base};
}

static const char *sort_label(const void *parameters) {
    return ((const SortParameters *)parameters)->key_count == 0 ? "Limit" : "Sort";
}

static void sort_derive_watermarks(Operator *instance) {
    for (int i = 0; i < instance->spec->output.count; i++)
        instance->watermarks[i] =
            spec_has_watermark(instance->spec, i) ? instance->input_watermarks[0][i] : WATERMARK_NONE;
}

static const Field sort_fields[] = {
    FIELD_LIST(SORT_KEYS, SortParameters, keys, key_count, "keys"),
    FIELD_OF(INPUT_NONE, EXPRESSION, SortParameters, limit, "limit"),
    FIELD_OF(INPUT_NONE, EXPRESSION, SortParameters, offset, "offset"),
    FIELD(BOOL, SortParameters, with_ties, "with ties"),
    FIELDS_END,
};

const OperatorType sort_operator = {
    .name = "Sort",
    .label = sort_label,
    .version = 1,
    .fields = sort_fields,
    .parameters_size = sizeof(SortParameters),
    .reads_first = 1,
    .size = sizeof(Sort),
    .open = sort_open,
    .on_batch = sort_on_batch,
    .produce = sort_produce,
    .derive_watermarks = sort_derive_watermarks,
    .reset = sort_reset,
    .held_bytes = sort_held_bytes,
    .close = sort_close,
};
