/* Failures: what an operator does with the rows whose expressions failed: report them, leave them out. */
#ifndef LEAT_OPERATORS_FAILURES_H
#define LEAT_OPERATORS_FAILURES_H

#include "executor/operators/operator.h"

/* Reports each failed row (positions in the batch's selection order) through context->row_failed, a row once.
 */
void failures_report(Operator *instance, const Batch *batch, const RowErrors *errors);
/* Positions of the rows that did not fail, in selection order; returns how many. */
int failures_others(const Batch *batch, const RowErrors *errors, uint16_t *positions);

#endif
