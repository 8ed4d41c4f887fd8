/* Bind: a syntax tree becomes a logical tree whose names, types and functions are resolved by PostgreSQL's
   rules. */
#ifndef LEAT_BIND_BIND_H
#define LEAT_BIND_BIND_H

#include "planner/logical/logical.h"

typedef struct Binder Binder;

typedef struct BoundRoot {
    LogicalNode *node;
    int count; /* the visible columns, first in the result */
    int *columns;
    const char **names;
} BoundRoot;

/* A whole query. */
Status bind_root(Planning *plan, const SyntaxSelect *select, BoundRoot *root, Error *error);
/* An INSERT, UPDATE or DELETE: root's columns are what planner.h says of DmlPlan. */
Status bind_dml(
    Planning *plan, const SyntaxStatement *statement, DmlPlan *dml, BoundRoot *root, Error *error);
/* An expression over a relation's columns, as positions. */
Status bind_relation_expression(Planning *plan, const CatalogDefinition *definition,
    const CatalogRelation *relation, Type target, Expression **expression, Error *error);
/* The same of a text whose names mean what they mean now; they are noted, if notes are kept. */
Status bind_new_expression(Planning *plan, const CatalogDefinition *definition,
    const CatalogRelation *relation, Type target, Expression **expression, Error *error);
Status bind_type_name(Planning *plan, const SyntaxType *name, Type *type, Error *error);
/* Whether a function's body means what its declaration says. */
Status bind_function_body(Planning *plan, const CatalogRelation *function, Error *error);
/* All columns of a relation, hidden ones included. */
LogicalNode *bind_scan(Planning *plan, const CatalogRelation *relation, Error *error); /* NULL: an error */

#endif
