/* Cost: microseconds of processor time for the rows that come (a second's, of streams), and a price for the
   bytes that stay as state. */
#ifndef LEAT_COST_COST_H
#define LEAT_COST_COST_H

#include "planner/plan.h"

/* Rows that an operator handles, or keeps. */
typedef struct CostRows {
    double rows;
    double width; /* bytes of one */
} CostRows;

/* A batch passed on: filters, projections. `weight`: nanoseconds a row. */
double cost_of_rows(double rows, double weight);
/* One-shot: the right side is kept and the left one looked up in it; continuous: each keeps its rows and
   looks up the other's. */
double cost_of_join(PlanMode mode, CostRows left, CostRows right, double rows_out);
/* One phase; `groups` are kept. */
double cost_of_aggregate(CostRows input, CostRows groups);
/* Rows to other workers, by hash. */
double cost_of_exchange(CostRows input);
/* limit < 0: none. */
double cost_of_sort(CostRows input, double limit);
/* Whether folding rows first, into `partial` groups, and sending those to the `groups` is cheaper than to
   send every row. `copies`: each row, folded or not, is sent as so many (its windows). */
bool cost_prefers_two_phases(PlanMode mode, CostRows input, CostRows partial, CostRows groups, double copies);

#endif
