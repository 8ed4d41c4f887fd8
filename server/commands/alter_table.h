/* What the files of ALTER TABLE share. */
#ifndef LEAT_COMMANDS_ALTER_TABLE_H
#define LEAT_COMMANDS_ALTER_TABLE_H

#include "server/commands/ddl.h"

typedef struct Alteration {
    SimpleExecution *execution;
    Arena *arena; /* the statement's */
    uint32_t id;  /* the object's, which a change of layout changes */
    const SyntaxAlterAction *step;
} Alteration;

Status alter_table_run(SimpleExecution *execution, Error *error);

/* alter_layout.c */
/* Puts the rows of `old` into a table of the new entry's visible columns, which takes old's place; hidden columns follow from the entry. sources[i]: the column of old,
   or an expression over its columns, that column i is; NULL: its default. Refused when something runs on the table, or a view does not stand it. */
Status alter_layout(Alteration *alteration, const Object *old, Object *new, const char *const *sources, Error *error);
/* Whether the query gives a row. */
Status alter_query_has_rows(const Alteration *alteration, const char *sql, bool *has, Error *error);
/* "schema"."name" */
const char *alter_quoted_name(Arena *arena, const CatalogRelation *relation);
const char *alter_quoted(Arena *arena, const char *name);
/* An expression's text with a column renamed in it. */
const char *alter_rename_in_text(Arena *arena, const char *text, const char *from, const char *to);

#endif
