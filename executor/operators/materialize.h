/* Materialize: the root of a view, or of a table with a connector: applies the consolidated change of each
   step to its relation and passes it on to those who read it. */
#ifndef LEAT_OPERATORS_MATERIALIZE_H
#define LEAT_OPERATORS_MATERIALIZE_H

#include "executor/operators/spec.h"

typedef struct MaterializeParameters {
    int object_id;
    bool is_upsert; /* the input is changes by the key, each key's in order: +1 puts a row in the place of the
                       key's, −1 takes it away */
} MaterializeParameters;

#endif
