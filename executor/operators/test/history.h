/* History: runs an operator over a random history of signed rows and compares what its output adds up to with
   a naive answer after every step. For unit tests. Steps, batches, duplicates, rows that come and go within a
   step, stops, cuts, reloads and eviction are all drawn from the seed. */
#ifndef LEAT_OPERATORS_HISTORY_H
#define LEAT_OPERATORS_HISTORY_H

#include "executor/operators/operator.h"

/* Rows as text, each with a count. Zeroed is empty. */
typedef struct RowBag {
    char **rows;
    int64_t *counts;
    int count;
    int capacity, count_capacity;
} RowBag;

void bag_add(RowBag *bag, const char *row, int64_t count);
int64_t bag_count(const RowBag *bag, const char *row);
void bag_clear(RowBag *bag);

typedef struct History {
    const OperatorType *type;
    void *parameters;
    int input_count;
    const char *const *input_types;
    const char *output_types;
    bool is_append_only;
    bool is_one_shot;     /* one step */
    bool is_sealed_early; /* inputs are fed and sealed one after the other, the last first */
    int step_count;
    int rows_per_step;
    int64_t diff_max; /* 0: 3 */
    /* Writes one random row's values ("10 a NULL"). */
    void (*random_row)(int input, uint64_t *random, char *row);
    /* The right output for the net input. */
    void (*expect)(const RowBag *inputs, RowBag *out);
    /* Optional: watermarks of an input's columns at a step's end; and whether a row may still come. */
    void (*watermarks)(int step, int input, int64_t *watermarks);
    bool (*is_allowed)(int step, int input, const char *row);
    /* Optional: what the operator sees, and called before each step to set its clock. */
    const TypeSettings *settings;
    void (*begin)(int step);
    /* Optional: called after each step with the total output; instead of comparing with expect. */
    void (*check)(int step, const RowBag *inputs, const RowBag *out);
} History;

/* A number below `below`. */
uint32_t history_random(uint64_t *random, uint32_t below);
/* Value number `index` of a row's text. */
const char *row_value(const char *row, int index, char *value);
/* As an integer; NULL gives INT64_MIN. */
int64_t row_integer(const char *row, int index);

/* Ends the test on the first difference; the environment variable HISTORY_TRACE prints all that goes in and
   out. Runs in memory, then with cuts and reloads, then with a memory limit of zero. */
void history_run(const History *history, uint64_t seed);

#endif
