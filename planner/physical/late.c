/* Late: rows below their arrival watermark are left out. */
#include "executor/operators/window/late.h"

#include "planner/physical/physical.h"

Status physical_late(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    physical_create(physical, node, &late_operator, 1, &input, out);
    LateParameters *parameters = out->spec->parameters;
    parameters->time_column = physical_position(&input, node->late.time_column);
    parameters->arrival_column = physical_position(&input, node->late.arrival);
    return OK;
}
