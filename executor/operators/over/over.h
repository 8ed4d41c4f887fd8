/* Over: window functions; a partition whose rows changed is computed again. Output: the input's columns, then
   one column a call. */
#ifndef LEAT_OPERATORS_OVER_H
#define LEAT_OPERATORS_OVER_H

#include "executor/operators/spec.h"

typedef struct OverRun OverRun;
typedef struct OverCallState OverCallState;

/* How a function numbers the rows of a partition. */
typedef enum OverNumbers { NUMBERS_NONE, NUMBERS_ROWS, NUMBERS_RANKS /* peers share one */ } OverNumbers;

typedef struct OverFunction {
    const char *name;
    /* Fills result (zeroed, a row of the run each). */
    void (*compute)(OverRun *run, OverCallState *call, Column *result);
    OverNumbers numbers;
} OverFunction;

/* NULL when there is none. */
const OverFunction *over_function_by_name(const char *name);

/* One call, as a plan has it before it is stored in OverParameters. */
typedef struct OverCall {
    const OverFunction *function; /* NULL: the aggregate */
    const Aggregate *aggregate;
    int argument_count;
    int *arguments; /* input columns */
    int filter;     /* −1: none */
    Type result_type;
} OverCall;

/* As OverParameters.functions has it: the function's name, or the aggregate's signature. */
static inline const char *over_call_name(const OverFunction *function, const Aggregate *aggregate) {
    return function != NULL ? function->name : aggregate->signature;
}

/* The frame of all calls (calls with other partitions, orders or frames are other operators). */
typedef enum FrameMode { FRAME_RANGE, FRAME_ROWS, FRAME_GROUPS } FrameMode;
typedef enum FrameBound {
    BOUND_UNBOUNDED_PRECEDING,
    BOUND_PRECEDING,
    BOUND_CURRENT_ROW,
    BOUND_FOLLOWING,
    BOUND_UNBOUNDED_FOLLOWING
} FrameBound;

typedef enum FrameExclude { EXCLUDE_NONE, EXCLUDE_CURRENT_ROW, EXCLUDE_GROUP, EXCLUDE_TIES } FrameExclude;

typedef struct OverParameters {
    int partition_count;
    int *partition;
    int key_count;
    SortKey *keys;
    int call_count; /* calls, stored as parallel lists so that fields can describe them */
    const char **functions;
    int argument_total; /* arguments of all calls, one after the other */
    int *arguments;
    int argument_count_count; /* = call_count */
    int *argument_counts;
    int filter_count; /* = call_count; −1 = none */
    int *filters;
    int frame_mode, start, end; /* FrameMode, FrameBound */
    int64_t start_offset, end_offset;
    int bound_count; /* 2: RANGE with an offset, as columns of the sort key's type that hold key ± offset for
                        the start and the end; else 0 */
    int *bounds;
    int exclude; /* FrameExclude */
} OverParameters;

#endif
