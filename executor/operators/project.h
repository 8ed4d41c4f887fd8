/* Project: computes the output columns. */
#ifndef LEAT_OPERATORS_PROJECT_H
#define LEAT_OPERATORS_PROJECT_H

#include "executor/operators/spec.h"

typedef struct ProjectParameters {
    int expression_count;
    Expression **expressions;
} ProjectParameters;

#endif
