/* ScrollRows: the rows that a SCROLL cursor has given, each once, and where among them it is. */
#ifndef LEAT_SESSION_SCROLL_ROWS_H
#define LEAT_SESSION_SCROLL_ROWS_H

#include "executor/base/error.h"
#include "executor/batch/batch.h"

typedef struct ScrollRows {
    Batch **batches; /* each row once */
    int64_t *ends;   /* how many rows there are up to and with this batch */
    int count, batch_capacity, end_capacity;
    int64_t total;
    size_t bytes;
    bool is_complete; /* the query has no more */
    int64_t
        position; /* of the row the cursor is on, from 1; 0: before the first; total + 1: after the last */
} ScrollRows;

ScrollRows *scroll_rows_create(void);
void scroll_rows_destroy(ScrollRows *rows); /* NULL is fine */
/* Keeps the batch's rows (borrowed), each as often as it counts; 53200 when they are too many. */
Status scroll_rows_keep(ScrollRows *rows, Batch *batch, const char *cursor, Error *error);
/* `count` rows from position `at` on, in steps of 1 or -1; at most a batch of them. */
Batch *scroll_rows_copy(const ScrollRows *rows, int64_t at, int step, int count);

#endif
