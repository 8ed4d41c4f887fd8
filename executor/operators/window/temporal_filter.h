/* TemporalFilter: each row is shown from a time on and until another, by the clock; both are columns of the
   input behind the row's own. */
#ifndef LEAT_OPERATORS_TEMPORAL_FILTER_H
#define LEAT_OPERATORS_TEMPORAL_FILTER_H

#include "executor/operators/spec.h"

typedef struct TemporalFilterParameters {
    int from_count;  /* timestamps, the last columns but until_count: the row is shown when none of them is
                        after the clock */
    int until_count; /* … the last columns: while the clock is before all of them. A row with a NULL among
                        these columns is never shown. */
    int key_count;   /* columns that the exchange in front hashed */
    int *keys;
} TemporalFilterParameters;

#endif
