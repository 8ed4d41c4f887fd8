/* What the folding aggregates share: reading their arguments and touching their cells. */
#ifndef LEAT_FUNCTIONS_FOLD_H
#define LEAT_FUNCTIONS_FOLD_H

#include <string.h>

#include "executor/functions/aggregate.h"
#include "executor/functions/kernel.h"

static inline int64_t fold_diff(const int64_t *diffs, int row) {
    return diffs == NULL ? 1 : diffs[row];
}
/* A cell at a byte offset of a state, as 64-bit integers. */
static inline int64_t *cell_int8(char *state, size_t offset) {
    return (int64_t *)(void *)(state + offset);
}
static inline Numeric *cell_numeric(char *state, size_t offset) {
    return (Numeric *)(void *)(state + offset);
}

/* Sets a numeric cell; only large values have bytes to keep or to free. */
static inline void cell_set_numeric(AggregateContext *context, Numeric *cell, const Numeric *value) {
    if (__builtin_expect(numeric_tag(cell) == NUMERIC_LARGE || numeric_tag(value) == NUMERIC_LARGE, 0))
        context->store(context->owner, LAYOUT_NUMERIC, cell, value);
    else
        *cell = *value;
}

/* Fails state `row` with the error, which is cleared. */
static inline void fold_fail(AggregateContext *context, int row, Error *error) {
    row_errors_add(context->errors, row, error->status, "%s", error->message);
    error_clear(error);
}

/* Sets a result row to a numeric or fails it. */
static inline void fold_emit(
    AggregateContext *context, Column *result, int row, Status status, const Numeric *value, Error *error) {
    if (status != OK)
        fold_fail(context, row, error);
    else
        column_set_datum(result, row, value);
}

/* cell += value * diff, exactly. */
static inline void cell_add_numeric(
    AggregateContext *context, int row, Numeric *cell, const Numeric *value, int64_t diff) {
    Error error = {0};
    Numeric sum, product;
    Status status = OK;
    if (diff == 1) {
        status = numeric_add(cell, value, context->scratch, &sum, &error);
    } else if (diff == -1) {
        status = numeric_subtract(cell, value, context->scratch, &sum, &error);
    } else {
        Numeric factor = numeric_from_int8(diff);
        status = numeric_multiply(value, &factor, context->scratch, &product, &error);
        if (status == OK)
            status = numeric_add(cell, &product, context->scratch, &sum, &error);
    }
    if (status == OK)
        cell_set_numeric(context, cell, &sum);
    else
        fold_fail(context, row, &error);
}

#endif
