/* SinkOperator: the root of a sink job: encodes the consolidated change of each epoch into staged output. */
#ifndef LEAT_OPERATORS_SINK_OPERATOR_H
#define LEAT_OPERATORS_SINK_OPERATOR_H

#include "executor/operators/spec.h"

typedef struct SinkOperatorParameters {
    int object_id;
    bool is_append_only;
} SinkOperatorParameters;

#endif
