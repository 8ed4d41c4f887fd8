/* SystemRows: how a system relation declares its columns and gives its rows. One const record a relation,
   listed in system_relations.def. */
#ifndef LEAT_CATALOG_SYSTEM_ROWS_H
#define LEAT_CATALOG_SYSTEM_ROWS_H

#include "server/catalog/search_path.h"
#include "server/catalog/system/system_catalog.h"

/* Collects rows column by column, left to right; a row ends with its last column. */
typedef struct SystemRows {
    const SystemFacts *facts;
    Naming naming; /* to the session that reads */
    uint32_t
        relation_id; /* what the hidden column tableoid says, which is the last and filled in by itself */
    int column_count;
    const Type *types;
    BatchList *batches;
    int column; /* next to be given */
} SystemRows;

void row_int(SystemRows *rows, int64_t value); /* any integer, oid or timestamp column */
void row_bool(SystemRows *rows, bool value);
void row_float(SystemRows *rows, double value);
void row_text(SystemRows *rows, const char *value);    /* NULL gives NULL */
void row_number_text(SystemRows *rows, int64_t value); /* a number in a text column */
/* Any type, from its text form. */
void row_parse(SystemRows *rows, const char *value);
/* The next columns from their text forms, with | between them; an empty one is an empty text, NULL is NULL.
 */
void row_fields(SystemRows *rows, const char *fields);
void row_null(SystemRows *rows);
void row_nulls(SystemRows *rows, int count);

/* The one row of a sequence (pg_catalog_sequences.c), named "schema.name". */
Status sequence_rows(const SystemFacts *facts, const char *relation, BatchList *batches, Error *error);

typedef struct SystemRelation {
    uint32_t id; /* also its oid: PostgreSQL's own for pg_catalog; below OBJECT_FIRST_USER */
    const char *schema;
    const char *name;
    const char *columns; /* "oid oid, relname name, relacl aclitem[]"; a ! behind the type: not null */
    Status (*give)(SystemRows *rows, Error *error);
} SystemRelation;

const SystemRelation *const *system_relations(int *count);

#define SYSTEM_RELATION(file, name) extern const SystemRelation name##_relation;
#include "server/catalog/system/system_relations.def"
#undef SYSTEM_RELATION

#endif
