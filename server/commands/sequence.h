/* Sequences: CREATE SEQUENCE, those of serial and identity columns, and what nextval() and its kin ask of the
   session. */
#ifndef LEAT_COMMANDS_SEQUENCE_H
#define LEAT_COMMANDS_SEQUENCE_H

#include "server/commands/ddl.h"

/* A sequence for a column of a table that is being made (its entry not shared yet): named after both, added
   to the transaction's catalog; the column's default asks it. */
Status sequence_for_column(
    Session *session, Object *table, CatalogColumn *column, const SyntaxOptions *options, Error *error);
/* What the options make of a sequence; last: its present value, NULL: it is new, and spec says its type. */
Status sequence_define(const SyntaxOptions *options, SequenceSpec *spec, const int64_t *last, Error *error);
/* Fills the session's functions. */
void sequence_facts(SessionFacts *facts);

/* sequence_owner.c */
/* The column that the sequence goes with, and the table it depends on therefore; 0: none. Of an object not
   shared yet. */
void sequence_own(Object *sequence, uint32_t table_id, const char *column);
/* OWNED BY: "table,column" with or without a schema, or "none". */
Status sequence_set_owner(
    Session *session, const SearchPath *path, Object *sequence, const char *owner, Error *error);

/* alter_sequence.c: steps of ALTER SEQUENCE, and of ALTER TABLE … ALTER COLUMN … for identities; `object` is
   a copy not shared yet. */
typedef struct Alteration Alteration;
Status alter_sequence(Alteration *alteration, Object *object, Error *error);
Status alter_add_identity(Alteration *alteration, Object *object, Error *error);
Status alter_set_identity(Alteration *alteration, Object *object, Error *error);
Status alter_drop_identity(Alteration *alteration, Object *object, Error *error);
/* Begins the sequences anew that columns of the table own. */
Status sequence_restart_owned(Session *session, uint32_t table_id, Error *error);

#endif
