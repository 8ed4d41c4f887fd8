/* What modifying statements share while they are bound. */
#ifndef LEAT_BIND_DML_H
#define LEAT_BIND_DML_H

#include "planner/bind/bind.h"
#include "planner/bind/binder.h"

/* The table of a modifying statement; only stored tables can be changed, append-only ones by INSERT. */
Status dml_find_target(Binder *binder, const SyntaxTable *table, const char *verb, bool is_insert,
    const CatalogRelation **relation);
/* −1: none of that name is visible. */
int dml_find_column(const CatalogRelation *table, const char *name);
/* As the column's value; 42804. */
Status dml_coerce(
    Binder *binder, const CatalogColumn *column, Expression *value, int position, Expression **out);
/* 428C9 for a value of a computed column, and of one that is GENERATED ALWAYS AS IDENTITY. */
Status dml_refuse_generated(Binder *binder, const CatalogColumn *column, bool is_insert);
Status dml_refuse_identity(Binder *binder, const CatalogColumn *column);
/* Columns up to the last visible one. */
int dml_visible_count(const CatalogRelation *table);
Expression *dml_null(Binder *binder, Type type);
Status dml_bind_default(Binder *binder, const CatalogRelation *table, int column, Expression **out);
/* Computed columns, from the values of the others by table column. */
Status dml_bind_computed(Binder *binder, const CatalogRelation *table, Expression **values);
/* What an INSERT fills. */
typedef struct InsertTarget {
    const CatalogRelation *table;
    SyntaxOverriding overriding;
    int *columns; /* of the table: where its values go */
    int count;
} InsertTarget;
/* The columns that are named, or all that are visible. */
Status dml_insert_columns(
    Binder *binder, const SyntaxAssignment *named, int named_count, InsertTarget *target);
/* One row of VALUES: an expression a target column. */
Status dml_bind_row(Binder *binder, const SyntaxRow *row, const InsertTarget *target, Expression **values);
/* SET: values by table column, NULL where nothing is set. */
Status dml_bind_assignments(Binder *binder, const SyntaxAssignment *assignments, int count,
    const CatalogRelation *table, Expression **values);
/* parts.c */
void root_of(Binder *binder, LogicalNode *node, BoundRoot *root);
/* returning.c */
typedef struct Returning {
    const SyntaxTarget *targets;
    int count;
} Returning;
/* Of INSERT: over the row as it was stored, which ON CONFLICT may have made. */
Status bind_insert_returning(Binder *binder, Returning returning, const char *alias, DmlPlan *dml);
/* Of UPDATE and DELETE: over the changed row (its values by table column) and the rows of FROM or USING
   beside it. The plan computes it. */
Status bind_changed_returning(
    Binder *binder, Returning returning, LogicalNode **node, const int *columns, DmlPlan *dml);
/* conflict.c */
/* The new row of DO UPDATE, over the existing row (its visible columns) and the excluded one behind it. */
Status bind_conflict(Binder *binder, const SyntaxInsert *insert, const CatalogRelation *table,
    const char *alias, DmlPlan *dml);
/* A table's own ON CONFLICT, for an INSERT that says none: DO UPDATE SET of all columns beside the key. */
void take_table_conflict(Binder *binder, const CatalogRelation *table, const SyntaxInsert **insert);
/* insert.c, change.c */
Status bind_insert(Binder *binder, const SyntaxInsert *insert, DmlPlan *dml, BoundRoot *root);
Status bind_update(Binder *binder, const SyntaxUpdate *update, DmlPlan *dml, BoundRoot *root);
Status bind_delete(Binder *binder, const SyntaxDelete *delete, DmlPlan *dml, BoundRoot *root);
/* merge.c */
Status bind_merge(Binder *binder, const SyntaxMerge *merge, DmlPlan *dml, BoundRoot *root);

#endif
