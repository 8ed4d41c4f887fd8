/* Distinct: how many different values a column has, from a sample of its rows. */
#ifndef LEAT_COST_DISTINCT_H
#define LEAT_COST_DISTINCT_H

#include <stdint.h>

#include "executor/batch/batch.h"

/* A value of the sample. */
typedef struct SampleValue {
    uint64_t hash;
    int64_t count;
    int row; /* the first that has it */
} SampleValue;

/* The values of a sample, each once, the most frequent first; freed by values_free. */
typedef struct SampleValues {
    SampleValue *items;
    int count;
    int64_t rows; /* of all together */
} SampleValues;

/* Counts the rows' values in the columns together; `skips` (by row, may be NULL) leaves rows out. The batch
   is dense; diffs are counts. */
SampleValues values_count(const Batch *batch, const int *columns, int column_count, const bool *skips);
void values_free(SampleValues *values);
/* Those at the front that are clearly more frequent than the average, at most `most`. */
int values_frequent(const SampleValues *values, int most);
/* Estimated distinct values among `population` rows of which the sample was taken. */
double values_distinct(const SampleValues *values, double population);
/* Of `distinct` values in `rows` rows, how many are met when `taken` rows are picked. */
double distinct_after_picking(double distinct, double rows, double taken);

#endif
