/* Table: the leaf through which a stored table's changes enter a step. It is fed the net change that the
   coordinator has validated and applied; all columns, hidden ones included. */
#ifndef LEAT_OPERATORS_TABLE_H
#define LEAT_OPERATORS_TABLE_H

#include "executor/operators/spec.h"

typedef struct TableParameters {
    int object_id;
} TableParameters;

#endif
