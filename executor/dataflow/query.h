/* Query: a plan evaluated once, over a pinned epoch: the same operators, pulled from the root by whoever
   holds the query. One thread at a time. */
#ifndef LEAT_DATAFLOW_QUERY_H
#define LEAT_DATAFLOW_QUERY_H

#include "executor/dataflow/graph.h"

typedef struct Query Query;

typedef struct QuerySpec {
    const OperatorSpec *root;     /* borrowed */
    const TypeSettings *settings; /* copied; its texts are borrowed */
    const SessionContext *session;
    Environment *environment; /* borrowed; with a QueryEnvironment, epoch set by the caller */
    size_t memory_max;        /* bytes its operators may hold, else 53200; 0: any */
    bool skip_failed_rows; /* row_errors = skip: as a view does; else the first failed row ends the query */
} QuerySpec;

Status query_open(const QuerySpec *spec, Query **query, Error *error);
/* Computes for a bounded while. *batch: the next rows (the caller's), NULL when there are none yet; *is_done:
   no more will come. */
Status query_next(Query *query, Batch **batch, bool *is_done, Error *error);
void query_close(Query *query); /* NULL is fine */
/* Actual figures of an operator, for EXPLAIN ANALYZE; NULL when it has none. */
const Operator *query_operator(Query *query, const OperatorSpec *spec);

#endif
