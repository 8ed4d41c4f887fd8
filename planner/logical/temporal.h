/* Temporal: comparisons with the clock, solved for it. */
#ifndef LEAT_LOGICAL_TEMPORAL_H
#define LEAT_LOGICAL_TEMPORAL_H

#include "planner/logical/predicate.h"

typedef struct TemporalBound {
    Expression *time; /* timestamptz, over the row's columns */
    bool is_until;    /* the comparison holds while the clock is before it; else from it on */
} TemporalBound;

/* ts > now() - interval '1 hour' holds until ts + interval '1 hour'. False when the comparison is not one
   that becomes true, or false, once, or not known to be. */
bool temporal_solve(Planning *plan, const Expression *conjunct, TemporalBound *bound);
/* Whether the conjunct looks at the clock of a continuous query. */
bool is_temporal(PlanMode mode, const Expression *expression);

#endif
