/* TopN: the first rows of each partition in an order (ties broken by all columns, so the result is
   determined). Over updating input too. */
#ifndef LEAT_OPERATORS_TOP_N_H
#define LEAT_OPERATORS_TOP_N_H

#include "executor/operators/spec.h"

typedef struct TopNParameters {
    int partition_count;
    int *partition;
    int key_count;
    SortKey *keys;
    int64_t limit; /* −1: none */
    int64_t offset;
    bool with_rank;      /* appends ROW_NUMBER() as int8 */
    bool with_ties_rank; /* the appended number is RANK(), and limit means rank <= limit */
} TopNParameters;

#endif
