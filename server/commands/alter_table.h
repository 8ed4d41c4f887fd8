/* What the files of ALTER TABLE share. */
#ifndef LEAT_COMMANDS_ALTER_TABLE_H
#define LEAT_COMMANDS_ALTER_TABLE_H

#include "planner/parse/build.h"
#include "server/commands/ddl.h"

typedef struct Alteration Alteration;

struct Alteration {
    SimpleExecution *execution;
    Arena *arena; /* the statement's */
    uint32_t id;  /* the object's, which a change of layout changes */
    const SyntaxAlterAction *step;
    bool may_widen;  /* all its steps add plain columns, and it commits by itself */
    bool is_widened; /* one has done so: the rows cannot be read with it before the commit */
};

Status alter_table_run(SimpleExecution *execution, Error *error);

/* alter_schema.c */
Status alter_set_schema(Alteration *alteration, Object *object, Error *error);

/* alter_widen.c */
/* Adds the column behind all others, hidden ones too, without a look at the rows: what runs on the table goes
   on. *is_done false: it has to be made another way, since it wants a look at the rows, or a block may still
   take it back. */
bool alter_may_widen(const SyntaxAlter *syntax);
Status alter_widen(
    Alteration *alteration, Object *object, CatalogColumn *column, bool *is_done, Error *error);

/* alter_layout.c */
/* Puts the rows of `old` into a table of the new entry's visible columns, which takes old's place; hidden
   columns follow from the entry. sources[i]: the column of old, or an expression over its columns, that
   column i is; NULL: its default. Refused when something runs on the table, or a view does not stand it. */
Status alter_layout(
    Alteration *alteration, const Object *old, Object *new, SyntaxExpression **sources, Error *error);
/* Whether a row of the relation meets the condition. */
Status alter_has_rows(const Alteration *alteration, const CatalogRelation *relation,
    SyntaxExpression *condition, bool *has, Error *error);
/* The columns of the object of that id (0: of this one) have other numbers, map[old], of which there are so
   many: the definitions of this one follow. */
void alter_renumber(Object *object, uint32_t id, const int *map, int count);

#endif
