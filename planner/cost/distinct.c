/* Distinct: Haas and Stokes, "Estimating the number of classes in a finite population" (1998): the
   first-order jackknife Duj1, n·d / (n − f1 + f1·n/N), over the values that are left when frequent ones,
   which the sample surely holds, are set apart (their Duj2a): else one value that fills half of the rows
   would pass for evidence that the other half repeats too. */
#include "planner/cost/distinct.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"

static int compare_counts(const void *a, const void *b) {
    const SampleValue *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count) - (x->count > y->count)
                                : (x->row > y->row) - (x->row < y->row);
}

SampleValues values_count(const Batch *batch, const int *columns, int column_count, const bool *skips) {
    enum { SLOTS = 2 * BATCH_ROWS_MAX };
    SampleValues values = {.items = NEW_ARRAY(SampleValue, batch->row_count + 1)};
    uint64_t *hashes = NEW_ARRAY(uint64_t, batch->row_count + 1);
    int *slots = NEW_ARRAY(int, SLOTS);
    batch_hash_keys(batch, columns, column_count, hashes);
    for (int row = 0; row < batch->row_count; row++) {
        if (skips != NULL && skips[row])
            continue;
        unsigned slot = (unsigned)(hashes[row] >> 20) % SLOTS;
        while (slots[slot] != 0 && values.items[slots[slot] - 1].hash != hashes[row])
            slot = (slot + 1) % SLOTS;
        if (slots[slot] == 0) {
            values.items[values.count] = (SampleValue){hashes[row], 0, row};
            slots[slot] = ++values.count;
        }
        values.items[slots[slot] - 1].count += batch_diff(batch, row);
        values.rows += batch_diff(batch, row);
    }
    memory_free(hashes);
    memory_free(slots);
    qsort(values.items, (size_t)values.count, sizeof *values.items, compare_counts);
    return values;
}

void values_free(SampleValues *values) {
    memory_free(values->items);
    *values = (SampleValues){0};
}

int values_frequent(const SampleValues *values, int most) {
    double average = values->count == 0 ? 0 : (double)values->rows / values->count;
    int count = 0;
    while (count < values->count && count < most && values->items[count].count >= 2 &&
           (double)values->items[count].count > 1.25 * average)
        count++;
    return count;
}

double values_distinct(const SampleValues *values, double population) {
    enum { FREQUENT_MIN = 20 };
    double rows = (double)values->rows, rest_rows = rows, once = 0;
    int first = 0;
    if (population <= rows || values->count == 0)
        return values->count;
    for (; first < values->count && values->items[first].count >= FREQUENT_MIN; first++)
        rest_rows -= (double)values->items[first].count;
    for (int i = values->count; i > first && values->items[i - 1].count == 1; i--)
        once++;
    double rest = values->count - first, rest_population = population * rest_rows / rows;
    if (rest == 0)
        return first;
    double estimate = rest_rows * rest / (rest_rows - once + once * rest_rows / rest_population);
    return first + fmax(rest, fmin(estimate, rest_population));
}

double distinct_after_picking(double distinct, double rows, double taken) {
    if (distinct <= 1 || taken >= rows)
        return distinct;
    return fmax(1, fmin(taken, distinct * (1 - pow(1 - taken / rows, rows / distinct))));
}
