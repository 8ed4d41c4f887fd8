/* Filter. */
#include "executor/operators/filter.h"

#include "planner/physical/physical.h"

Status physical_filter(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    TRY(physical_create(physical, node, "Filter", 1, &input, out));
    FilterParameters *parameters = out->spec->parameters;
    parameters->predicate = physical_expression(physical, node->filter.predicate, &input, 1);
    return OK;
}
