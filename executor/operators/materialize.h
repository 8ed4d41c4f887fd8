/* Materialize: the root of a view: applies the consolidated change of each step to the view's relation and passes it on to those who read the view. */
#ifndef LEAT_OPERATORS_MATERIALIZE_H
#define LEAT_OPERATORS_MATERIALIZE_H

#include "executor/operators/spec.h"

typedef struct MaterializeParameters {
    int object_id;
} MaterializeParameters;

#endif
