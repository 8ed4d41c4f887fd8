/* Arrival: where the arrival watermarks of a time come from, and how they get to whoever tells late rows by
   them.

   They are asked for from above, for one time column: down to the scan that has them stored, through the
   projections that compute the time, which compute the same of them, and into every branch of a union, each
   with its own way to the time. What is asked for once is kept (PlanColumn.arrival) and passed on. */
#include "planner/nodes/node.h"

int logical_carry_arrival(Planning *plan, PlanMode mode, LogicalNode *node, int time) {
    const Proofs *proofs = logical_proofs_as(plan, mode, node);
    if (!set_has(&proofs->watermarks, time) || set_has(&proofs->window_bounds, time) ||
        set_has(&proofs->clocks, time))
        return -1;
    int known = plan->columns[time].arrival;
    if (known >= 0 && logical_has_column(node, known))
        return known;
    return plan->columns[time].arrival =
               node->type->carry_arrival == NULL ? -1 : node->type->carry_arrival(plan, mode, node, time);
}

int logical_arrival_moments(Planning *plan, PlanMode mode, LogicalNode **place, int time) {
    int carried = logical_carry_arrival(plan, mode, *place, time);
    if (carried < 0 || plan->columns[carried].type.id != TYPE_DATE)
        return carried;
    Expression *date = plan_column(plan, carried), *moment;
    Type timestamp = type_of(TYPE_TIMESTAMP);
    moment = expression_call(plan->arena, function_cast(date->type, timestamp), timestamp, 1, &date);
    *place = logical_extend(plan, *place, 1, &moment, &carried);
    return carried;
}
