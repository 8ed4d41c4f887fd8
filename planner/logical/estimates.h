/* Estimates: how many rows a node puts out, and how many values each column has; derived bottom-up on demand
   from the statistics of the scans, each kind of node in its own file. */
#ifndef LEAT_LOGICAL_ESTIMATES_H
#define LEAT_LOGICAL_ESTIMATES_H

#include "planner/logical/logical.h"

struct Estimates {
    double rows;      /* rows per second for streams, else rows */
    double *distinct; /* by output column: distinct values */
};

const Estimates *logical_estimates(Planning *plan, const LogicalNode *node);
double logical_rows(Planning *plan, const LogicalNode *node);
/* Distinct values of a column, at least 1; a guess for a column that the node does not have. */
double logical_distinct_count(Planning *plan, const LogicalNode *node, int column);
double estimates_distinct(const LogicalNode *node, const Estimates *estimates, int column);

/* Rows that a WINDOW node makes of one, on average. */
double logical_window_copies(const LogicalNode *node);

/* For the nodes: so many rows, and of each column's values in the inputs those that are met in so many. */
void estimates_of_rows(Planning *plan, const LogicalNode *node, double rows, Estimates *estimates);
/* As many rows as the first input. */
void estimates_of_input(Planning *plan, const LogicalNode *node, Estimates *estimates);

#endif
