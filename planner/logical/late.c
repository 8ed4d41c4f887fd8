/* Late: where rows that came too late are left out. */
#include "planner/logical/late.h"

bool logical_leave_out_late(LogicalPlan *plan, LogicalNode **place, int column) {
    PlanMode mode = plan->mode;
    logical_forget_properties(*place);
    plan->mode = PLAN_CONTINUOUS;
    int arrival = logical_arrival_moments(plan, place, column);
    plan->mode = mode;
    logical_forget_properties(*place);
    if (arrival < 0)
        return false;
    *place = logical_create(plan, LOGICAL_LATE, 1, place);
    (*place)->late.time_column = column;
    (*place)->late.arrival = arrival;
    logical_refresh(plan, *place);
    return true;
}
