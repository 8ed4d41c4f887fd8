/* Column: one type's values for up to BATCH_ROWS_MAX rows; immutable and reference counted once it is in a
   batch. */
#ifndef LEAT_BATCH_COLUMN_H
#define LEAT_BATCH_COLUMN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "executor/base/buffer.h"
#include "executor/types/type.h"

enum { BATCH_ROWS_MAX = 4096 };

typedef struct Column {
    atomic_int reference_count;
    Type type;
    uint8_t layout;   /* Layout */
    bool is_constant; /* values[0] and null bit 0 hold for every row */
    int capacity;     /* elements allocated */
    void *values;     /* capacity elements of the layout; zero bytes stand under every NULL */
    uint64_t *nulls;  /* bit set = NULL; NULL pointer = no row is; whole words up to capacity */
    Buffer **buffers; /* what views and large numerics point into; kept alive by this column */
    int buffer_count;
    int buffer_capacity;
    Buffer *open; /* the buffer (also in buffers) that column_store appends to; only its creator does */
    void (*release)(
        struct Column *column); /* when values and nulls are not the column's own: lets their owner go */
    void *owner;
} Column;

/* Values zeroed, no nulls. */
Column *column_create(Type type, int capacity);
/* Values undefined, for a creator that writes every row (zero bytes under a NULL). */
Column *column_create_raw(Type type, int capacity);
/* One value for every row. */
Column *column_constant(const Value *value);
/* Values and nulls that `owner` keeps until release(column) is called. */
Column *column_borrow(
    Type type, int capacity, void *values, uint64_t *nulls, void *owner, void (*release)(Column *column));
Column *column_retain(Column *column);
void column_release(Column *column); /* NULL is fine */

/* Keeps `buffer` alive as long as the column; buffers of another column all together. */
void column_keep_buffer(Column *column, Buffer *buffer);
void column_keep_buffers_of(Column *column, const Column *other);
/* `length` bytes that live as long as the column, for a creator that fills them. */
char *column_store(Column *column, size_t length);
/* Sets row to a copy of the bytes. */
void column_set_bytes(Column *column, int row, const char *bytes, uint32_t length);
/* Sets row to a deep copy of the element; sets row NULL. */
void column_set_datum(Column *column, int row, const void *element);
void column_set_null(Column *column, int row);
void column_set_value(Column *column, int row, const Value *value);
/* Makes nulls exist (none set). */
void column_need_nulls(Column *column);

static inline bool column_is_null(const Column *column, int row) {
    if (column->is_constant)
        row = 0;
    return column->nulls != NULL && (column->nulls[row >> 6] >> (row & 63) & 1);
}
/* The element's address. */
static inline const void *column_at(const Column *column, int row) {
    return (const char *)column->values +
           (column->is_constant ? 0 : (size_t)row * layout_width((Layout)column->layout));
}
static inline const View *column_view(const Column *column, int row) {
    return (const View *)column->values + (column->is_constant ? 0 : row);
}
static inline int64_t column_int8(const Column *column, int row) {
    return ((const int64_t *)column->values)[column->is_constant ? 0 : row];
}
/* The value as a scalar; heap bytes stay the column's. */
Value column_value(const Column *column, int row);

/* New dense column of `count` rows taken from `rows` (heap bytes shared, buffers kept). rows may repeat. */
Column *column_gather(const Column *column, const uint16_t *rows, int count);
/* Copies rows [from, from + count) of source to column at `at`, heap bytes copied. Types must be the same. */
void column_append(Column *column, int at, const Column *source, const uint16_t *rows, int count);
/* The same with heap bytes shared and their buffers kept. */
void column_share(Column *column, int at, const Column *source, const uint16_t *rows, int count);
/* As column_append for one row. */
void column_append_row(Column *column, int at, const Column *source, int row);
/* The same values under another type of the same layout. */
Column *column_retype(Column *column, Type type);
/* Bytes it keeps alive: for budgets. */
size_t column_size(const Column *column);

#endif
