/* Values: constant rows; with no columns, row_count empty rows (SELECT without FROM). */
#ifndef LEAT_OPERATORS_VALUES_H
#define LEAT_OPERATORS_VALUES_H

#include "executor/operators/spec.h"

typedef struct ValuesParameters {
    int row_count;
    int expression_count; /* row_count × columns, row by row; constant expressions */
    Expression **expressions;
} ValuesParameters;

#endif
