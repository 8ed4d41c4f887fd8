/* SingleRow: exactly one row: the input's, or all NULLs when it has none; more than one is 21000 at
   finalisation. For scalar subqueries (per value of the keys when it has some: then no padding). */
#ifndef LEAT_OPERATORS_SINGLE_ROW_H
#define LEAT_OPERATORS_SINGLE_ROW_H

#include "executor/operators/spec.h"

typedef struct SingleRowParameters {
    int key_count;
    int *keys;
} SingleRowParameters;

#endif
