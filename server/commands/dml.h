/* DML beside its statements: rows that COPY FROM brings. */
#ifndef LEAT_COMMANDS_DML_H
#define LEAT_COMMANDS_DML_H

#include "server/commands/command.h"

/* Adds rows with all visible columns of the table (a dense batch) to the session's write set. */
Status dml_insert_batch(
    Analysis *analysis, Session *session, const CatalogRelation *table, Batch *rows, Error *error);
/* Runs the modifying statements in WITH of a plan, all over the state that the context saw before the first;
   their rows are given to the context. */
Status dml_run_parts(Analysis *analysis, Session *session, const Value *parameters, const Plan *plan,
    QueryContext *context, const Execution *execution, Error *error);
/* TRUNCATE: removes every row that the transaction sees. */
Status dml_delete_all(Analysis *analysis, Session *session, const CatalogRelation *table, Error *error);

#endif
