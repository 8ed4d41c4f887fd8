/* DML beside its statements: rows that COPY FROM brings. */
#ifndef LEAT_COMMANDS_DML_H
#define LEAT_COMMANDS_DML_H

#include "server/commands/command.h"

/* Evaluates a DML statement into the session's write set; rows of RETURNING go to `returning` (may be
   NULL). */
Status dml_evaluate(Analysis *analysis, Session *session, const Value *parameters, const Execution *execution,
    int64_t *row_count, BatchList *returning, Error *error);
/* The command tag of a statement that has changed so many rows. */
void dml_tag(const Analysis *analysis, int64_t row_count, Execution *execution);

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
