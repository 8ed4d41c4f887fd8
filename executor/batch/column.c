/* Column: creation, filling, gathering. */
#include "executor/batch/column.h"

#include <assert.h>
#include <string.h>

#include "executor/base/memory.h"

enum { STORE_FIRST = 1024, STORE_MAX = 256 * 1024 };

static size_t null_words(int capacity) {
    return ((size_t)capacity + 63) / 64;
}

static Column *create_head(Type type, int capacity) {
    Column *column = NEW(Column);
    atomic_init(&column->reference_count, 1);
    column->type = type;
    column->layout = (uint8_t)type_layout(type);
    column->capacity = capacity;
    return column;
}

Column *column_create(Type type, int capacity) {
    Column *column = create_head(type, capacity);
    column->values =
        memory_allocate_zero((size_t)(capacity > 0 ? capacity : 1) * layout_width((Layout)column->layout));
    return column;
}

Column *column_create_raw(Type type, int capacity) {
    Column *column = create_head(type, capacity);
    column->values =
        memory_allocate((size_t)(capacity > 0 ? capacity : 1) * layout_width((Layout)column->layout));
    return column;
}

Column *column_constant(const Value *value) {
    Column *column = column_create(value->type, 1);
    column->is_constant = true;
    if (value->is_null) {
        column_need_nulls(column);
        column->nulls[0] = 1;
    } else {
        column_set_datum(column, 0, &value->datum);
    }
    return column;
}

Column *column_borrow(
    Type type, int capacity, void *values, uint64_t *nulls, void *owner, void (*release)(Column *column)) {
    assert(release != NULL);
    Column *column = create_head(type, capacity);
    column->values = values;
    column->nulls = nulls;
    column->owner = owner;
    column->release = release;
    return column;
}

Column *column_retain(Column *column) {
    atomic_fetch_add_explicit(&column->reference_count, 1, memory_order_relaxed);
    return column;
}

void column_release(Column *column) {
    if (column == NULL || atomic_fetch_sub_explicit(&column->reference_count, 1, memory_order_acq_rel) != 1)
        return;
    for (int i = 0; i < column->buffer_count; i++)
        buffer_release(column->buffers[i]);
    memory_free(column->buffers);
    if (column->release != NULL) {
        column->release(column);
    } else {
        memory_free(column->values);
        memory_free(column->nulls);
    }
    memory_free(column);
}

void column_keep_buffer(Column *column, Buffer *buffer) {
    for (int i = column->buffer_count - 1; i >= 0 && i >= column->buffer_count - 8; i--)
        if (column->buffers[i] == buffer)
            return;
    GROW(column->buffers, column->buffer_capacity, column->buffer_count + 1);
    column->buffers[column->buffer_count++] = buffer_retain(buffer);
}

void column_keep_buffers_of(Column *column, const Column *other) {
    GROW(column->buffers, column->buffer_capacity, column->buffer_count + other->buffer_count);
    for (int i = 0; i < other->buffer_count; i++)
        column_keep_buffer(column, other->buffers[i]);
}

char *column_store(Column *column, size_t length) {
    char *bytes = buffer_take(column->open, length);
    if (bytes != NULL)
        return bytes;
    size_t capacity = column->open == NULL ? STORE_FIRST : column->open->capacity * 2;
    if (capacity > STORE_MAX)
        capacity = STORE_MAX;
    if (capacity < length)
        capacity = length;
    GROW(column->buffers, column->buffer_capacity, column->buffer_count + 1);
    column->open = buffer_create(capacity);
    column->buffers[column->buffer_count++] = column->open;
    return buffer_take(column->open, length);
}

static char *element_at(Column *column, int row) {
    return (char *)column->values + (size_t)row * layout_width((Layout)column->layout);
}

static void clear_null(Column *column, int row) {
    if (column->nulls != NULL)
        column->nulls[row >> 6] &= ~((uint64_t)1 << (row & 63));
}

void column_set_bytes(Column *column, int row, const char *bytes, uint32_t length) {
    if (length > VIEW_INLINE_MAX) {
        char *copy = column_store(column, length);
        memcpy(copy, bytes, length);
        bytes = copy;
    }
    ((View *)column->values)[row] = view_of(bytes, length);
    clear_null(column, row);
}

/* Points the element at a copy of its heap bytes that lives as long as the column. */
static void own_heap(Column *column, void *element) {
    uint32_t length;
    const char *heap = datum_heap((Layout)column->layout, element, &length);
    if (heap == NULL)
        return;
    char *copy = column_store(column, length);
    memcpy(copy, heap, length);
    datum_rebase((Layout)column->layout, element, copy);
}

void column_set_datum(Column *column, int row, const void *element) {
    char *to = element_at(column, row);
    memcpy(to, element, layout_width((Layout)column->layout));
    own_heap(column, to);
    clear_null(column, row);
}

void column_need_nulls(Column *column) {
    if (column->nulls == NULL)
        column->nulls = NEW_ARRAY(uint64_t, null_words(column->capacity > 0 ? column->capacity : 1));
}

void column_set_null(Column *column, int row) {
    column_need_nulls(column);
    column->nulls[row >> 6] |= (uint64_t)1 << (row & 63);
    memset(element_at(column, row), 0, layout_width((Layout)column->layout));
}

void column_set_value(Column *column, int row, const Value *value) {
    if (value->is_null)
        column_set_null(column, row);
    else
        column_set_datum(column, row, &value->datum);
}

Value column_value(const Column *column, int row) {
    Value value = {.type = column->type, .is_null = column_is_null(column, row)};
    if (!value.is_null)
        memcpy(&value.datum, column_at(column, row), layout_width((Layout)column->layout));
    return value;
}

#define COPY_ROWS(type)                                    \
    do {                                                   \
        const type *restrict from_ = source->values;       \
        type *restrict to_ = (type *)column->values + at;  \
        const int n_ = count;                              \
        if (source->is_constant)                           \
            for (int i = 0; i < n_; i++)                   \
                to_[i] = from_[0];                         \
        else if (rows == NULL)                             \
            memcpy(to_, from_, (size_t)n_ * sizeof(type)); \
        else                                               \
            for (int i = 0; i < n_; i++)                   \
                to_[i] = from_[rows[i]];                   \
    } while (0)

typedef struct Wide {
    uint64_t low, high;
} Wide;

static void copy_values(Column *column, int at, const Column *source, const uint16_t *rows, int count) {
    switch (layout_width((Layout)column->layout)) {
    case 1:
        COPY_ROWS(uint8_t);
        break;
    case 2:
        COPY_ROWS(uint16_t);
        break;
    case 4:
        COPY_ROWS(uint32_t);
        break;
    case 8:
        COPY_ROWS(uint64_t);
        break;
    case 16:
        COPY_ROWS(Wide);
        break;
    }
}

static void copy_nulls(Column *column, int at, const Column *source, const uint16_t *rows, int count) {
    if (source->nulls == NULL) {
        for (int i = 0; column->nulls != NULL && i < count; i++)
            clear_null(column, at + i);
        return;
    }
    column_need_nulls(column);
    for (int i = 0; i < count; i++) {
        int row = source->is_constant ? 0 : rows == NULL ? i : rows[i];
        uint64_t bit = source->nulls[row >> 6] >> (row & 63) & 1;
        uint64_t *word = &column->nulls[(at + i) >> 6];
        int shift = (at + i) & 63;
        *word = (*word & ~((uint64_t)1 << shift)) | bit << shift;
    }
}

Column *column_gather(const Column *column, const uint16_t *rows, int count) {
    Column *gathered = column_create_raw(column->type, count);
    column_share(gathered, 0, column, rows, count);
    return gathered;
}

void column_share(Column *column, int at, const Column *source, const uint16_t *rows, int count) {
    assert(column->layout == source->layout && at + count <= column->capacity && !column->is_constant);
    copy_values(column, at, source, rows, count);
    copy_nulls(column, at, source, rows, count);
    column_keep_buffers_of(column, source);
}

void column_append(Column *column, int at, const Column *source, const uint16_t *rows, int count) {
    assert(column->layout == source->layout && at + count <= column->capacity && !column->is_constant);
    copy_values(column, at, source, rows, count);
    copy_nulls(column, at, source, rows, count);
    if (column->layout == LAYOUT_VIEW) {
        View *views = (View *)column->values + at;
        for (int i = 0; i < count; i++) {
            if (views[i].length <= VIEW_INLINE_MAX)
                continue;
            char *copy = column_store(column, views[i].length);
            memcpy(copy, views[i].pointer, views[i].length);
            views[i].pointer = copy;
        }
    } else if (column->layout == LAYOUT_NUMERIC) {
        for (int i = 0; i < count; i++)
            own_heap(column, element_at(column, at + i));
    }
}

void column_append_row(Column *column, int at, const Column *source, int row) {
    assert(column->layout == source->layout && at < column->capacity && !column->is_constant);
    if (source->is_constant)
        row = 0;
    switch (layout_width((Layout)column->layout)) {
    case 1:
        ((uint8_t *)column->values)[at] = ((const uint8_t *)source->values)[row];
        break;
    case 2:
        ((uint16_t *)column->values)[at] = ((const uint16_t *)source->values)[row];
        break;
    case 4:
        ((uint32_t *)column->values)[at] = ((const uint32_t *)source->values)[row];
        break;
    case 8:
        ((uint64_t *)column->values)[at] = ((const uint64_t *)source->values)[row];
        break;
    default:
        ((Wide *)column->values)[at] = ((const Wide *)source->values)[row];
        break;
    }
    if (source->nulls != NULL || column->nulls != NULL) {
        uint16_t rows[1] = {(uint16_t)row};
        copy_nulls(column, at, source, rows, 1);
    }
    if (column->layout == LAYOUT_VIEW || column->layout == LAYOUT_NUMERIC)
        own_heap(column, element_at(column, at));
}

static void release_original(Column *column) {
    column_release(column->owner);
}

Column *column_retype(Column *column, Type type) {
    assert(type_layout(type) == column->layout);
    Column *retyped = column_borrow(
        type, column->capacity, column->values, column->nulls, column_retain(column), release_original);
    retyped->is_constant = column->is_constant;
    column_keep_buffers_of(retyped, column);
    return retyped;
}

size_t column_size(const Column *column) {
    size_t size = sizeof *column + (size_t)column->capacity * layout_width((Layout)column->layout);
    if (column->nulls != NULL)
        size += null_words(column->capacity) * sizeof(uint64_t);
    for (int i = 0; i < column->buffer_count; i++)
        size += column->buffers[i]->capacity;
    return size;
}
