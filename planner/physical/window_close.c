/* WindowClose: rows are held until their window has ended. */
#include "executor/operators/window/window_close.h"

#include "planner/physical/physical.h"

Status physical_window_close(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    TRY(physical_hash_rows(physical, &input, input.column_count));
    physical_create(physical, node, &window_close_operator, 1, &input, out);
    WindowCloseParameters *parameters = out->spec->parameters;
    parameters->key_count = input.distribution.count;
    parameters->keys =
        physical_positions(physical, &input, input.distribution.columns, input.distribution.count);
    parameters->end_column = physical_position(&input, node->window_close.end_column);
    return OK;
}
