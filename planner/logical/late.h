/* Late: where rows that came too late are left out. */
#ifndef LEAT_LOGICAL_LATE_H
#define LEAT_LOGICAL_LATE_H

#include "planner/logical/proofs.h"

/* Leaves the rows of *place out whose event time, this column, lies below their arrival watermark; false when
   the column is no event time, or the arrival watermark cannot be carried up. Decided as for a view, whatever
   the plan is for: a view leaves out what its query leaves out. */
bool logical_leave_out_late(Planning *plan, LogicalNode **place, int column);

#endif
