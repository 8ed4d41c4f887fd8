/* Values: constant rows. */
#include "executor/operators/leaf/values.h"

#include "planner/physical/physical.h"

Status physical_values(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    physical_create(physical, node, &values_operator, 0, NULL, out);
    ValuesParameters *parameters = out->spec->parameters;
    parameters->row_count = node->values.row_count;
    parameters->expression_count = node->values.row_count * node->column_count;
    parameters->expressions = node->values.expressions;
    return OK;
}
