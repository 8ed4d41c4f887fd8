/* RowWriter: a batch's rows as DataRow messages. */
#ifndef LEAT_CONVERSATION_ROWS_H
#define LEAT_CONVERSATION_ROWS_H

#include "executor/base/text.h"
#include "executor/batch/batch.h"

typedef struct RowWriter RowWriter;

/* Takes over the batch; formats (a code a column, NULL = all text) and settings are borrowed. */
RowWriter *row_writer_create(Batch *batch, const int16_t *formats, const TypeSettings *settings);
void row_writer_destroy(RowWriter *writer); /* NULL is fine */
/* Adds rows until none is left (true) or `out` has reached `length_max`. A row with diff n is added n times.
 */
bool row_writer_add(RowWriter *writer, Text *out, size_t length_max);

#endif
