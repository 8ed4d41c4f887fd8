/* Planner: a parsed statement becomes an OperatorSpec tree. */
#ifndef LEAT_PLANNER_PLANNER_H
#define LEAT_PLANNER_PLANNER_H

#include "planner/bind/catalog.h"
#include "planner/parse/syntax_statement.h"

typedef struct PlannerContext {
    Arena *arena; /* everything the plan consists of */
    Catalog *catalog;
    const TypeSettings *settings;
    const SessionContext *session;
    const char *sql; /* the user's text, which positions in the syntax tree point into; NULL: errors carry no
                        position */
    int parameter_count; /* $n types known so far: by the client, or found while binding (UNKNOWN: not yet) */
    Type *parameter_types;   /* arena array; binding fills what is UNKNOWN and grows it */
    const Value *parameters; /* values, when executing: become constants; NULL: only analysing */
    void (*notice)(
        void *argument, Status status, const char *message, const char *hint); /* e.g. unbounded state */
    void *notice_argument;
    struct DefinitionNotes *notes; /* what names mean is noted here; NULL: nobody asks */
} PlannerContext;

typedef enum PlanMode {
    PLAN_ONE_SHOT,  /* an ad-hoc query: scans read a snapshot, ORDER BY and LIMIT are honoured at the root */
    PLAN_CONTINUOUS /* a view, sink, subscription: no volatile functions, LIMIT is a TopN, ORDER BY without
                       LIMIT is dropped */
} PlanMode;

/* What a view's catalog entry says of a column beside its type: see CatalogColumn. */
typedef struct ColumnTraits {
    bool is_clock, is_window_bound;
    int arrival;
} ColumnTraits;

/* Which relation's own column a result column is; zero: none's. */
typedef struct ColumnOrigin {
    uint32_t relation_id;
    int number; /* from 1 */
} ColumnOrigin;

/* An INSERT, UPDATE or DELETE in WITH: what it returns is read as the rows of a system relation,
   "$with.<number>". */
typedef struct ModifyingPart {
    const char *relation;
    struct DmlPlan *plan;
} ModifyingPart;

typedef struct Plan {
    OperatorSpec *root;
    int visible_count; /* the root's leading columns are the result; then hidden ones ("$arrival", one for
                          each time that has its own) */
    uint32_t *depends; /* object ids it reads, each once */
    int depend_count;
    const ColumnTraits *traits;  /* by the root's columns */
    const ColumnOrigin *origins; /* by the visible columns */
    bool is_distributed_by_key;  /* each row is on the owner of its key already */
    bool is_read_bounded; /* may run on the connection's thread: lookup by key, catalog query, constants */
    int part_count;       /* to be run first, in this order, all of them over the state before */
    ModifyingPart *parts;
} Plan;

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

/* INSERT, UPDATE, DELETE or MERGE as a query over a snapshot. INSERT: root gives new rows in table column
   order without hidden columns, defaults, computed columns and assignment casts applied. DELETE: root gives
   the old rows, hidden columns included. UPDATE: old row (all columns), then new row (all columns). INSERT's
   RETURNING expressions are over the new row (with subqueries: returning_plan is over "$with.inserted");
   those of UPDATE and DELETE are computed by the plan, the last columns of the root. */
typedef struct DmlPlan {
    Plan plan;
    SyntaxStatementKind kind;
    const CatalogRelation *table;
    int action_count; /* MERGE: root gives the number of the action, the old row (all columns), the new row
                         (all columns) */
    const SyntaxMergeAction *actions;
    int returning_count;
    Expression **returning;
    Schema returning_schema;
    Plan *returning_plan;        /* NULL: returning are evaluated */
    bool is_on_conflict_nothing; /* ON CONFLICT DO NOTHING; DO UPDATE is planned as is_on_conflict_update */
    bool is_on_conflict_update;  /* conflict_set over (existing row, excluded row), all visible columns of the
                                    table in order */
    int conflict_index; /* number of the table's index that ON CONFLICT names; −1: the primary key, −2: none
                           named */
    Expression **conflict_set;
    Expression *conflict_where;
    Plan *conflict_plan; /* instead of both, for subqueries: no row or one of conflict_set, over
                            "$with.existing" and "$with.excluded" */
} DmlPlan;
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
/* EXPLAIN: one line an operator, indented as PostgreSQL's, with estimated rows and costs; `actual` (may be
   NULL) adds what it returns for a spec. */
void plan_explain(const Plan *plan, bool with_costs, bool verbose,
    void (*actual)(void *argument, const OperatorSpec *spec, Text *out), void *argument, Text *out);
void plan_explain_json(const Plan *plan, Text *out);

#endif
