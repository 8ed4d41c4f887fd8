/* DML beside its statements: rows that COPY FROM brings. */
#ifndef LEAT_COMMANDS_DML_H
#define LEAT_COMMANDS_DML_H

#include "server/commands/command.h"

/* Adds rows with all visible columns of the table (a dense batch) to the session's write set. */
Status dml_insert_batch(Statement *statement, Session *session, const CatalogRelation *table, Batch *rows, Error *error);
/* TRUNCATE: removes every row that the transaction sees. */
Status dml_delete_all(Statement *statement, Session *session, const CatalogRelation *table, Error *error);

#endif
