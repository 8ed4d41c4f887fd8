/* Filter: rows for which the predicate is true. */
#ifndef LEAT_OPERATORS_FILTER_H
#define LEAT_OPERATORS_FILTER_H

#include "executor/operators/spec.h"

typedef struct FilterParameters {
    Expression *predicate;
} FilterParameters;

#endif
