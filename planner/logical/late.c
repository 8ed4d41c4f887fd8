/* Late: where rows that came too late are left out. */
#include "planner/logical/late.h"

bool logical_leave_out_late(Planning *plan, LogicalNode **place, int column) {
    int arrival = logical_arrival_moments(plan, PLAN_CONTINUOUS, place, column);
    logical_forget(*place);
    if (arrival < 0)
        return false;
    *place = logical_create(plan, &late_node, 1, place);
    (*place)->late.time_column = column;
    (*place)->late.arrival = arrival;
    logical_refresh(plan, *place);
    return true;
}
