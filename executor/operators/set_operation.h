/* SetOperation: INTERSECT and EXCEPT [ALL] of two inputs with the same columns; counts decide. (UNION is
   UnionAll and Aggregate.) */
#ifndef LEAT_OPERATORS_SET_OPERATION_H
#define LEAT_OPERATORS_SET_OPERATION_H

#include "executor/operators/spec.h"

typedef enum SetOperationKind { SET_INTERSECT, SET_EXCEPT } SetOperationKind;

typedef struct SetOperationParameters {
    int kind; /* SetOperationKind */
    bool is_all;
} SetOperationParameters;

#endif
