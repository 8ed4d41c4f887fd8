/* Planner: a parsed statement becomes an OperatorSpec tree. */
#ifndef LEAT_PLANNER_PLANNER_H
#define LEAT_PLANNER_PLANNER_H

#include "planner/bind/catalog.h"
#include "planner/parse/syntax_statement.h"
#include "planner/plan.h"

typedef struct PlannerContext {
    Arena *arena; /* everything the plan consists of */
    Catalog *catalog;
    const TypeSettings *settings;
    const SessionContext *session;
    const char *sql; /* the user's text, which positions in the syntax tree point into; NULL: errors carry no
                        position */
    int parameter_count; /* $n types known so far: by the client, or found while binding (UNKNOWN: not yet) */
    Type *parameter_types;   /* arena array; binding fills what is UNKNOWN and grows it */
    int parameter_room;      /* of that array; 0: what came with the context */
    const Value *parameters; /* values, when executing: become constants; NULL: only analysing */
    void (*notice)(
        void *argument, Status status, const char *message, const char *hint); /* e.g. unbounded state */
    void *notice_argument;
    struct DefinitionNotes *notes; /* what names mean is noted here; NULL: nobody asks */
} PlannerContext;

/* A SELECT (or VALUES, or the query of a view). */
Status plan_query(
    PlannerContext *context, const SyntaxSelect *query, PlanMode mode, Plan *plan, Error *error);
/* A continuous query over all rows of a relation, hidden "$arrival" carried: CREATE SINK s FROM v, SUBSCRIBE
   TO v. */
Status plan_relation(PlannerContext *context, const CatalogRelation *relation, Plan *plan, Error *error);
/* Puts the root of a view on a continuous plan: rows go to the owner of their key (of the whole row without
   one), then into the relation. */
void plan_add_materialize(PlannerContext *context, Plan *plan, uint32_t object_id);
/* Puts the root of a sink on a continuous plan: it gets the visible columns only. */
void plan_add_sink(PlannerContext *context, Plan *plan, uint32_t object_id);
/* The leaf of a table's changes, which DML feeds. Keeps pointers into the relation. */
OperatorSpec *plan_table(Arena *arena, const CatalogRelation *relation);
/* The leaf that reads a source: its columns over `physical`, what the connector fills in the order of the
   columns that are not computed. Of a table with a connector: the leaf under the root that stores the rows,
   by its key the newest of each. */
Status plan_source(PlannerContext *context, const CatalogRelation *relation, const Schema *physical,
    OperatorSpec **out, Error *error);

/* INSERT, UPDATE, DELETE or MERGE. */
Status plan_dml(PlannerContext *context, const SyntaxStatement *statement, DmlPlan *plan, Error *error);

/* Expressions over a relation's columns: defaults, checks, computed columns, watermarks. `target` coerces by
   assignment (UNKNOWN: as it is). */
Status plan_expression(PlannerContext *context, const CatalogDefinition *definition,
    const CatalogRelation *relation, Type target, Expression **expression, Error *error);
/* The same; a text of which nothing is known yet becomes a definition in the context's arena. */
Status plan_definition(PlannerContext *context, const CatalogDefinition **definition,
    const CatalogRelation *relation, Type target, Expression **expression, Error *error);

/* Checks a new function's body. */
Status plan_function(PlannerContext *context, const CatalogRelation *function, Error *error);
/* A type name of the parse tree. */
Status plan_type(PlannerContext *context, const SyntaxType *name, Type *type, Error *error);

#endif
