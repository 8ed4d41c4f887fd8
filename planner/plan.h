/* Plan: what planning a statement gives. */
#ifndef LEAT_PLANNER_PLAN_H
#define LEAT_PLANNER_PLAN_H

#include "planner/bind/catalog.h"
#include "planner/parse/syntax_statement.h"

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

/* EXPLAIN: one line an operator, indented as PostgreSQL's, with estimated rows and costs; `actual` (may be
   NULL) adds what it returns for a spec. */
void plan_explain(const Plan *plan, bool with_costs, bool verbose,
    void (*actual)(void *argument, const OperatorSpec *spec, Text *out), void *argument, Text *out);
void plan_explain_json(const Plan *plan, Text *out);

#endif
