/* What modifying statements share while they are bound. */
#ifndef LEAT_BIND_DML_H
#define LEAT_BIND_DML_H

#include "planner/bind/bind.h"
#include "planner/bind/binder.h"

/* The table of a modifying statement; only stored tables can be changed, append-only ones by INSERT. */
Status dml_find_target(Binder *binder, const SyntaxTable *table, const char *verb, bool is_insert,
    const CatalogRelation **relation);
/* Columns up to the last visible one. */
int dml_visible_count(const CatalogRelation *table);
Expression *dml_null(Binder *binder, Type type);
Status dml_bind_default(Binder *binder, const CatalogRelation *table, int column, Expression **out);
/* Computed columns, from the values of the others by table column. */
Status dml_bind_computed(Binder *binder, const CatalogRelation *table, Expression **values);
/* The table columns that an INSERT's values go to. */
Status dml_insert_columns(Binder *binder, const SyntaxAssignment *targets, int target_count,
    const CatalogRelation *table, int **columns, int *count);
/* One row of VALUES: an expression a target column. */
Status dml_bind_row(Binder *binder, const SyntaxRow *row, SyntaxOverriding overriding,
    const CatalogRelation *table, const int *columns, int count, Expression **values);
/* SET: values by table column, NULL where nothing is set. */
Status dml_bind_assignments(Binder *binder, const SyntaxAssignment *assignments, int count,
    const CatalogRelation *table, Expression **values);
/* merge.c */
Status bind_merge(Binder *binder, const SyntaxMerge *merge, DmlPlan *dml, BoundRoot *root);

#endif
