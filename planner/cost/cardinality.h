/* Cardinality: how many rows come out, from statistics where there are some and PostgreSQL's defaults where not. */
#ifndef LEAT_COST_CARDINALITY_H
#define LEAT_COST_CARDINALITY_H

#include "planner/logical/properties.h"

double cardinality_of_scan(const CatalogRelation *relation);
/* Estimated distinct values of a relation's column among `rows` rows. */
double cardinality_of_column(const CatalogRelation *relation, int column, double rows);
/* The share of the input's rows for which the predicate is true. */
double selectivity_of(LogicalPlan *plan, const LogicalNode *input, const Expression *predicate);
/* Rows of a join of that many rows each under the condition. */
double cardinality_of_join(LogicalPlan *plan, const LogicalNode *left, const LogicalNode *right, JoinType type, Expression *condition);
/* Distinct combinations of the columns. */
double cardinality_of_groups(LogicalPlan *plan, LogicalNode *input, const int *columns, int count);

#endif
