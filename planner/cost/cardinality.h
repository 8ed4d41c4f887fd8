/* Cardinality: how many rows come out, from samples and statistics where there are some and PostgreSQL's
   defaults where not. */
#ifndef LEAT_COST_CARDINALITY_H
#define LEAT_COST_CARDINALITY_H

#include "planner/logical/estimates.h"
#include "planner/logical/proofs.h"

double cardinality_of_scan(const Planning *plan, const CatalogRelation *relation);
/* Estimated distinct values of a relation's column among `rows` rows. */
double cardinality_of_column(const CatalogRelation *relation, int column, double rows);
/* Average bytes of a column's values, wherever they come from below the node. */
double cardinality_width(const Planning *plan, const LogicalNode *node, int column);
/* The share of the input's rows for which the predicate is true. */
double selectivity_of(Planning *plan, const LogicalNode *input, const Expression *predicate);
/* The most values that a column can have left in rows that satisfy the predicate. */
double cardinality_after_filter(
    Planning *plan, const LogicalNode *input, const Expression *predicate, int column);
/* Rows of a join of that many rows each under the condition. */
double cardinality_of_join(
    Planning *plan, const LogicalNode *left, const LogicalNode *right, JoinType type, Expression *condition);
/* Distinct combinations of the columns. */
double cardinality_of_groups(Planning *plan, const LogicalNode *input, const int *columns, int count);
/* Rows of INTERSECT and EXCEPT. */
double cardinality_of_set_operation(Planning *plan, const LogicalNode *node);
/* Distinct values of a computed column: at most as many as its columns have combinations. */
double cardinality_of_expression(Planning *plan, const LogicalNode *input, const Expression *expression);
/* Rows of a function called with the arguments for one row. */
double cardinality_of_function(const char *function, Expression *const *arguments, int count);
/* Greatest minus least value of a column, on the number line; 0: not known. */
double cardinality_span(const LogicalNode *node, int column);

#endif
