/* Batch: creation, selection, appending. */
#include "executor/batch/batch.h"

#include <assert.h>
#include <string.h>

#include "executor/base/memory.h"

static Batch *create_head(int row_count, int column_count) {
    Batch *batch = memory_allocate_zero(sizeof(Batch) + (size_t)column_count * sizeof(Column *));
    atomic_init(&batch->reference_count, 1);
    batch->row_count = batch->selected_count = row_count;
    batch->column_count = column_count;
    return batch;
}

Batch *batch_create(int row_count, int column_count, Column *const *columns) {
    assert(row_count <= BATCH_ROWS_MAX);
    Batch *batch = create_head(row_count, column_count);
    for (int i = 0; i < column_count; i++)
        batch->columns[i] = columns[i];
    return batch;
}

Batch *batch_builder(const Type *types, int column_count, int capacity) {
    assert(capacity <= BATCH_ROWS_MAX);
    Batch *batch = create_head(0, column_count);
    for (int i = 0; i < column_count; i++)
        batch->columns[i] = column_create(types[i], capacity);
    return batch;
}

Batch *batch_retain(Batch *batch) {
    atomic_fetch_add_explicit(&batch->reference_count, 1, memory_order_relaxed);
    return batch;
}

void batch_release(Batch *batch) {
    if (batch == NULL || atomic_fetch_sub_explicit(&batch->reference_count, 1, memory_order_acq_rel) != 1)
        return;
    for (int i = 0; i < batch->column_count; i++)
        column_release(batch->columns[i]);
    column_release(batch->hashes.values);
    memory_free(batch->selection);
    memory_free(batch->diffs);
    memory_free(batch);
}

void batch_need_hashes(Batch *builder, const int *columns, int count, int capacity) {
    if (count > (int)(sizeof builder->hashes.columns / sizeof *columns))
        return;
    builder->hashes.values = column_create_raw(type_of(TYPE_INT8), capacity);
    builder->hashes.count = count;
    memcpy(builder->hashes.columns, columns, sizeof *columns * (size_t)count);
}

/* The hashes of `batch`, if all their columns are among those that are kept. */
static void project_hashes(Batch *projected, const Batch *batch, const int *columns, int count) {
    KeyHashes hashes = batch->hashes;
    for (int i = 0; i < hashes.count && hashes.values != NULL; i++) {
        int place = 0;
        while (place < count && columns[place] != batch->hashes.columns[i])
            place++;
        if (place == count)
            return;
        hashes.columns[i] = place;
    }
    if (hashes.values != NULL)
        column_retain(hashes.values);
    projected->hashes = hashes;
}

void batch_need_diffs(Batch *batch, int capacity) {
    if (batch->diffs != NULL)
        return;
    batch->diffs = memory_allocate((size_t)(capacity > 0 ? capacity : 1) * sizeof *batch->diffs);
    for (int i = 0; i < capacity; i++)
        batch->diffs[i] = 1;
}

static void *copy_array(const void *array, size_t size) {
    void *copy = memory_allocate(size > 0 ? size : 1);
    if (size > 0)
        memcpy(copy, array, size);
    return copy;
}

/* Rows, selection and diffs of `batch`, without columns. */
static Batch *copy_head(const Batch *batch, int column_count) {
    Batch *copy = create_head(batch->row_count, column_count);
    copy->selected_count = batch->selected_count;
    if (batch->selection != NULL)
        copy->selection =
            copy_array(batch->selection, (size_t)batch->selected_count * sizeof *batch->selection);
    if (batch->diffs != NULL)
        copy->diffs = copy_array(batch->diffs, (size_t)batch->row_count * sizeof *batch->diffs);
    return copy;
}

Batch *batch_select(Batch *batch, const uint16_t *rows, int count) {
    Batch *selected = create_head(batch->row_count, batch->column_count);
    for (int i = 0; i < batch->column_count; i++)
        selected->columns[i] = column_retain(batch->columns[i]);
    if (batch->diffs != NULL)
        selected->diffs = copy_array(batch->diffs, (size_t)batch->row_count * sizeof *batch->diffs);
    selected->selection = copy_array(rows, (size_t)count * sizeof *rows);
    selected->selected_count = count;
    return selected;
}

Batch *batch_project(Batch *batch, const int *columns, int count) {
    Batch *projected = copy_head(batch, count);
    for (int i = 0; i < count; i++)
        projected->columns[i] = column_retain(batch->columns[columns[i]]);
    project_hashes(projected, batch, columns, count);
    return projected;
}

Batch *batch_widen(const Batch *batch, Column *const *columns, int count) {
    Batch *wide = copy_head(batch, batch->column_count + count);
    for (int i = 0; i < wide->column_count; i++)
        wide->columns[i] =
            column_retain(i < batch->column_count ? batch->columns[i] : columns[i - batch->column_count]);
    return wide;
}

Batch *batch_dense(Batch *batch) {
    bool has_constant = false;
    for (int i = 0; i < batch->column_count; i++)
        has_constant |= batch->columns[i]->is_constant;
    if (batch->selection == NULL && !has_constant)
        return batch_retain(batch);
    Batch *dense = create_head(batch->selected_count, batch->column_count);
    for (int i = 0; i < batch->column_count; i++) {
        Column *column = batch->columns[i];
        bool is_shared = batch->selection == NULL && !column->is_constant;
        dense->columns[i] = is_shared ? column_retain(column)
                                      : column_gather(column, batch->selection, batch->selected_count);
    }
    if (batch->diffs != NULL) {
        batch_need_diffs(dense, dense->row_count);
        for (int i = 0; i < dense->row_count; i++)
            dense->diffs[i] = batch->diffs[batch_row(batch, i)];
    }
    return dense;
}

int batch_append(Batch *builder, const Batch *batch, int from, int capacity) {
    assert(builder->column_count == batch->column_count && builder->selection == NULL);
    int at = builder->row_count, count = batch->selected_count - from;
    if (count > capacity - at)
        count = capacity - at;
    if (count <= 0)
        return 0;
    uint16_t range[BATCH_ROWS_MAX];
    const uint16_t *rows = batch->selection == NULL ? NULL : batch->selection + from;
    if (rows == NULL && from > 0) {
        for (int i = 0; i < count; i++)
            range[i] = (uint16_t)(from + i);
        rows = range;
    }
    for (int i = 0; i < batch->column_count; i++)
        column_append(builder->columns[i], at, batch->columns[i], rows, count);
    if (batch->diffs != NULL)
        batch_need_diffs(builder, capacity);
    if (builder->diffs != NULL)
        for (int i = 0; i < count; i++)
            builder->diffs[at + i] = batch_diff(batch, rows == NULL ? i : rows[i]);
    builder->row_count = builder->selected_count = at + count;
    return count;
}

void batch_share(Batch *builder, const Batch *batch, const uint16_t *rows, int count) {
    assert(builder->column_count == batch->column_count && builder->selection == NULL);
    int at = builder->row_count;
    for (int i = 0; i < batch->column_count; i++)
        column_share(builder->columns[i], at, batch->columns[i], rows, count);
    if (batch->diffs != NULL)
        batch_need_diffs(builder, builder->column_count > 0 ? builder->columns[0]->capacity : BATCH_ROWS_MAX);
    for (int i = 0; builder->diffs != NULL && i < count; i++)
        builder->diffs[at + i] = batch_diff(batch, rows[i]);
    builder->row_count = builder->selected_count = at + count;
}

void batch_append_row(Batch *builder, const Batch *batch, int row, int64_t diff) {
    assert(builder->column_count == batch->column_count && builder->selection == NULL);
    int at = builder->row_count;
    int capacity = builder->column_count > 0 ? builder->columns[0]->capacity : BATCH_ROWS_MAX;
    for (int i = 0; i < batch->column_count; i++)
        column_append_row(builder->columns[i], at, batch->columns[i], row);
    if (diff != 1)
        batch_need_diffs(builder, capacity);
    if (builder->diffs != NULL)
        builder->diffs[at] = diff;
    builder->row_count = builder->selected_count = at + 1;
}

static size_t heap_bytes(const Batch *batch, const Column *column) {
    size_t bytes = 0;
    int count = column->is_constant ? 1 : batch->selected_count;
    for (int i = 0; i < count; i++) {
        uint32_t length;
        datum_heap((Layout)column->layout, column_at(column, column->is_constant ? 0 : batch_row(batch, i)),
            &length);
        bytes += length;
    }
    return bytes;
}

size_t batch_copy_size(const Batch *batch) {
    size_t size = sizeof *batch;
    for (int c = 0; c < batch->column_count; c++) {
        const Column *column = batch->columns[c];
        size += (size_t)batch->selected_count * layout_width((Layout)column->layout);
        if (type_has_heap(column->type))
            size += heap_bytes(batch, column);
    }
    return size;
}

size_t batch_size(const Batch *batch) {
    size_t size = sizeof *batch;
    for (int i = 0; i < batch->column_count; i++)
        size += column_size(batch->columns[i]);
    if (batch->diffs != NULL)
        size += (size_t)batch->row_count * sizeof *batch->diffs;
    if (batch->selection != NULL)
        size += (size_t)batch->selected_count * sizeof *batch->selection;
    return size;
}
