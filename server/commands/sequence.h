/* Sequences: CREATE SEQUENCE, those of serial and identity columns, and what nextval() and its kin ask of the session. */
#ifndef LEAT_COMMANDS_SEQUENCE_H
#define LEAT_COMMANDS_SEQUENCE_H

#include "server/commands/ddl.h"

/* A sequence for a column of a table that is being made (its entry not shared yet): named after both, added to the transaction's catalog; the column's default asks it. */
Status sequence_for_column(Session *session, Object *table, CatalogColumn *column, const SyntaxOptions *options, Error *error);
/* Fills the session's functions. */
void sequence_facts(SessionFacts *facts);

#endif
