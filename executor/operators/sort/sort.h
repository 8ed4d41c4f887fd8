/* Sort: the whole input in order, then limit and offset; one-shot only, at the root or where order matters.
   key_count 0: Limit, passing rows through and ending early. */
#ifndef LEAT_OPERATORS_SORT_H
#define LEAT_OPERATORS_SORT_H

#include "executor/operators/spec.h"

typedef struct SortParameters {
    int key_count;
    SortKey *keys;
    Expression *limit; /* constant, NULL: none */
    Expression *offset;
    bool with_ties;
} SortParameters;

#endif
