/* Window: TUMBLE, HOP, CUMULATE. */
#include "executor/operators/window/window.h"

#include "planner/physical/physical.h"

Status physical_window(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    physical_create(physical, node, &window_operator, 1, &input, out);
    WindowParameters *parameters = out->spec->parameters;
    parameters->kind = node->window.kind;
    parameters->part = node->window.is_sliced ? WINDOW_SLICE : WINDOW_WHOLE;
    parameters->time_column = physical_position(&input, node->window.time_column);
    parameters->end_column = -1;
    parameters->size = node->window.size;
    parameters->slide = node->window.slide;
    parameters->offset = node->window.offset;
    parameters->follows_clock =
        set_has(&logical_properties(physical->plan, node->inputs[0])->clocks, node->window.time_column);
    parameters->arrival_column =
        node->window.arrival < 0 ? -1 : physical_position(&input, node->window.arrival);
    return OK;
}
