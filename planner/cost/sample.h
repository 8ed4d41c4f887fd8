/* Sample: predicates and groupings evaluated over the kept rows of stored relations, so that skew, correlated
   columns and any function count as they are. */
#ifndef LEAT_COST_SAMPLE_H
#define LEAT_COST_SAMPLE_H

#include "planner/logical/estimates.h"
#include "planner/logical/proofs.h"

/* The scan below the node whose rows, as they are, give the column its values; NULL when none does.
 *position: the relation's column. */
const LogicalNode *sample_scan(const LogicalNode *node, int column, int *position);

/* How many of the looked-at rows (of pairs of rows, when the predicate reads two relations) satisfy the
   predicate. */
typedef struct SampleShare {
    double matches, rows;
    bool is_whole; /* these are all rows there are */
} SampleShare;
/* False when there is no sample of what the predicate reads, or it cannot be evaluated yet. */
bool sample_selectivity(
    Planning *plan, const LogicalNode *input, const Expression *predicate, SampleShare *share);

/* Estimated distinct combinations of the columns in the node's rows: its filters and projections above one
   scan are applied. False as above. */
bool sample_groups(Planning *plan, const LogicalNode *node, const int *columns, int count, double *groups);

#endif
