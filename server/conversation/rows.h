/* RowWriter: a batch's rows, one after the other, in the form of the client's protocol. */
#ifndef LEAT_CONVERSATION_ROWS_H
#define LEAT_CONVERSATION_ROWS_H

#include "executor/base/text.h"
#include "executor/batch/batch.h"

typedef struct RowWriter RowWriter;
typedef struct RowColumn RowColumn;

/* Adds one row of the writer's batch; one value of a column. */
typedef void (*AddRow)(RowWriter *writer, int row, Text *out);
typedef void (*AddValue)(const RowColumn *column, const void *element, Text *out);

/* What is the same for every value of a column. */
struct RowColumn {
    const char *values;
    size_t stride; /* 0 for a constant */
    const uint64_t *nulls;
    int null_stride;
    Type type;
    const TypeSettings *settings;
    AddValue add; /* in the column's format */
};

struct RowWriter {
    AddRow add_row;
    Batch *batch;
    int at;
    int64_t copies_done; /* of the row at `at` */
    Text value;          /* for a protocol that writes a value in two steps */
    int column_count;
    RowColumn columns[];
};

/* Takes over the batch; formats (a code a column, NULL = all text) and settings are borrowed. */
RowWriter *row_writer_create(
    Batch *batch, const int16_t *formats, const TypeSettings *settings, AddRow add_row);
void row_writer_destroy(RowWriter *writer); /* NULL is fine */
/* Adds rows until none is left (true) or `out` has reached `length_max`. A row with diff n is added n times.
 */
bool row_writer_add(RowWriter *writer, Text *out, size_t length_max);

/* For protocols: NULL, or the value's bytes. */
static inline bool row_column_is_null(const RowColumn *column, int row) {
    int at = row * column->null_stride;
    return column->nulls != NULL && (column->nulls[at >> 6] >> (at & 63) & 1);
}
static inline void row_column_add(const RowColumn *column, int row, Text *out) {
    column->add(column, column->values + (size_t)row * column->stride, out);
}

#endif
