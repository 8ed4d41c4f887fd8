/* Consolidation: many signed batches become the net change, each identical row at most once. */
#ifndef LEAT_OPERATORS_CONSOLIDATE_H
#define LEAT_OPERATORS_CONSOLIDATE_H

#include "executor/batch/batch_list.h"

/* Appends the net rows (diff not 0) of the batches to `net`, batches of at most BATCH_ROWS_MAX rows owned by
   the caller. Types must be the same. */
Status batches_consolidate(Batch *const *batches, int count, BatchList *net, Error *error);

#endif
