/* QueryContext: what a one-shot query sees. */
#ifndef LEAT_ENGINE_QUERY_CONTEXT_H
#define LEAT_ENGINE_QUERY_CONTEXT_H

#include "executor/dataflow/query.h"
#include "server/engine/analysis.h"

/* A query over one published state. */
typedef struct QueryContext QueryContext;
QueryContext *query_context_create(
    Analysis *analysis, Session *session); /* pins: the transaction's state, or the newest */
void query_context_destroy(QueryContext *context);
/* What the transaction writes from now on is not seen. */
void query_context_freeze(QueryContext *context);
/* The rows of a system relation that a plan has made for itself ("$with.0"): taken over, instead of what was
   given before. */
void query_context_give(QueryContext *context, const char *relation, BatchList *rows);
/* Runs a plan to its end. */
Status query_context_run(QueryContext *context, const OperatorSpec *root, const SessionContext *facts,
    const Execution *execution, Status (*take)(void *argument, Batch *batch, Error *error), void *argument,
    Error *error);
Environment *query_context_environment(QueryContext *context);
/* The session's settings as they are when the query begins: a set_config() in it does not change them. */
const TypeSettings *query_context_settings(const QueryContext *context);
const Published *query_context_published(const QueryContext *context);

#endif
