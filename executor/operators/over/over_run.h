/* OverRun: one partition's rows written out one by one (copies too), with its peers and frames: what window
   functions look at. */
#ifndef LEAT_OPERATORS_OVER_RUN_H
#define LEAT_OPERATORS_OVER_RUN_H

#include "executor/functions/aggregate.h"
#include "executor/operators/over/over.h"
#include "executor/operators/rows/partitions.h"

struct OverCallState {
    const OverFunction *function;
    int argument_count;
    int arguments[4]; /* input columns */
    int filter;
    Type result_type;
    /* Aggregates. */
    const Aggregate *aggregate;
    AggregateContext context;
    char *state;
    int state_size;
    int cell_count;
    Type cells[AGGREGATE_CELLS_MAX];
};

struct OverRun {
    const OverParameters *parameters;
    Partitions *partitions;
    int count;
    Slot *slots;
    int *peer_starts;  /* by row: its peer group's first row */
    int *peer_ends;    /* … and the row after its last */
    int *groups;       /* number of its peer group */
    int *group_starts; /* by peer group; one more at the end: count */
    int group_count;
    int *frame_starts;
    int *frame_ends; /* never below the start */
    int slot_capacity, row_capacity;
    Column **results; /* by call; NULL before over_run_compute */
    int call_count;
    /* The first failure: the partition is then absent. */
    Status failure;
    char *message;
};

/* Writes the partition out, as before the step (is_old) or as now. */
void over_run_begin(OverRun *run, const Partition *partition, bool is_old);
void over_run_compute(OverRun *run, OverCallState *calls, int call_count);
/* Releases results; memory is kept. */
void over_run_end(OverRun *run);
void over_run_free(OverRun *run);
/* The rows of a row's frame that EXCLUDE leaves, as up to three stretches [from, to); returns how many. */
typedef struct OverPart {
    int from, to;
} OverPart;
int over_run_parts(const OverRun *run, int row, OverPart parts[3]);
void over_run_fail(OverRun *run, Status status, const char *message);

/* The value of an input column in a row; NULL when it is NULL. */
const void *over_run_value(const OverRun *run, int row, int column);
Type over_run_type(const OverRun *run, int column);

/* over_aggregate.c */
extern const OverFunction over_aggregate_function;
void over_aggregate_open(
    OverCallState *call, const TypeSettings *settings, Arena *scratch, StateTable *table);

#endif
