/* Binder: names become columns, functions and types. Private to planner/bind; bind.h is what others use. */
#ifndef LEAT_BIND_BINDER_H
#define LEAT_BIND_BINDER_H

#include "executor/types/definition.h"
#include "planner/bind/bind.h"
#include "planner/bind/definition.h"
#include "planner/bind/expression/row_type.h"
#include "planner/logical/predicate.h"
#include "planner/parse/parse.h"

/* Scopes */

typedef struct ScopeColumn {
    const char *name;
    Expression *expression; /* what a reference becomes */
    bool is_hidden;         /* not part of *, found by its name */
    bool is_own_name;       /* the relation's, not an alias's */
    int reference, number;  /* noted: whose column it is, from 1, and which; reference 0: nobody's */
} ScopeColumn;

/* A table reference as expressions see it, PostgreSQL's namespace item. */
typedef struct ScopeItem {
    const char *alias;  /* NULL: a join without alias */
    const char *schema; /* of a relation without alias, else NULL */
    const CatalogRelation *relation;
    int column_count;
    ScopeColumn *columns;
    bool is_relation_visible;  /* as alias.column */
    bool are_columns_visible;  /* as column */
    bool is_function;          /* a function in FROM: its one column is the row */
    const TypeDefinition *row; /* what a function's rows are; NULL: a relation's, or made of the columns */
    bool is_nullable;          /* an outer join may pad its rows */
    bool is_lateral_only;      /* seen only by LATERAL items that stand beside it */
    bool is_lateral_ok;        /* and allowed there: not under the nullable side's join */
    bool is_renamed;           /* a definition calls columns as the relation does not any more */
    int reference;             /* noted: the relation's, from 1; 0: none */
} ScopeItem;

/* The clause being bound, for what is allowed in it and how PostgreSQL names it. */
typedef enum Clause {
    CLAUSE_TARGETS,
    CLAUSE_FROM,
    CLAUSE_JOIN,
    CLAUSE_WHERE,
    CLAUSE_GROUP_BY,
    CLAUSE_HAVING,
    CLAUSE_ORDER_BY,
    CLAUSE_DISTINCT_ON,
    CLAUSE_LIMIT,
    CLAUSE_OFFSET,
    CLAUSE_VALUES,
    CLAUSE_WINDOW,
    CLAUSE_FILTER,
    CLAUSE_RETURNING,
    CLAUSE_UPDATE,
    CLAUSE_EXPRESSION, /* stored expressions: computed columns, watermarks */
    CLAUSE_DEFAULT,
    CLAUSE_CHECK,
    CLAUSE_COUNT
} Clause;

typedef struct Ctes Ctes;
struct Ctes {
    Ctes *outer;
    const SyntaxCte *cte;
    struct Scope *scope;          /* where it was defined */
    const CatalogRelation *given; /* a modifying statement's rows; NULL: a query, or nothing is returned */
    bool is_recursive;
    bool is_being_bound, is_used;
    const struct BoundQuery *working; /* while its recursive term is bound: what references see */
    int reference_count;              /* of them */
    int number;                       /* of the recursion */
};

/* TUMBLE(ts, …) or HOP in GROUP BY: what TUMBLE_START(ts, …) refers to. */
typedef struct GroupWindow {
    const SyntaxFunction *function;
    int start, end; /* plan columns */
} GroupWindow;

typedef struct Scope {
    struct Scope *outer;
    Ctes *ctes;
    ScopeItem **items;
    int item_count;
    int beside_count; /* items in front of these that a join's condition doesn't see */
    Clause clause;
    bool is_lateral_active;
    bool has_aggregates, has_windows, has_sets;
    int aggregate_last;          /* number of the last aggregate that belongs to it; 0: none */
    const SyntaxWindow *windows; /* WINDOW clause */
    int window_count;
    GroupWindow *group_windows;
    int group_window_count;
} Scope;

struct Binder {
    Planning *plan;
    PlannerContext *context;
    Arena *arena;
    Error *error; /* the request's; NULL: nobody asks why */
    Scope *scope;
    const char *sql;                     /* NULL inside a view's text */
    const CatalogDefinition *definition; /* what is bound again; NULL: the statement's own text */
    int view_depth;
    int depth;                   /* of expressions and queries */
    int aggregate_count;         /* bound so far, in any scope */
    Ctes *ctes;                  /* a modifying statement in WITH: those before it */
    bool is_part;                /* … which has no modifying ones of its own */
    const ScopeItem *parameters; /* inside a function's body: what $1, $2 … are */
};

enum { BIND_DEPTH_MAX = 10000, VIEW_DEPTH_MAX = 64 };

/* definition.c. What names mean is noted while context->notes are kept and the statement's own text is bound;
   a reference is a number from 1 on, 0 when nothing is noted. */
int note_name(
    Binder *binder, const SyntaxName *name, int position, MarkKind kind, const CatalogRelation *object);
int note_own(Binder *binder, const CatalogRelation *relation); /* whose part the text is */
void note_item(ScopeItem *item, int reference);                /* its columns are those of the relation */
/* The item's name stands at the position as a row's. */
void note_item_name(Binder *binder, const ScopeItem *item, int position);
/* A column's name stands there, the last of so many parts. */
void note_column_name(Binder *binder, const ScopeColumn *column, int position, int part_count);
/* A column is used without its name; is_whole: as all are that can be seen. */
void note_implicit(Binder *binder, const ScopeColumn *column, bool is_whole);
void note_window_input(Binder *binder, const SyntaxTable *window);
void note_result(Binder *binder, const SyntaxTarget *target);
void note_constant(Binder *binder, const char *text, uint32_t id, int position); /* of type regclass */
/* What they meant when the definition was made; what it does not name, and all other texts' names, the
   catalog finds. */
const CatalogRelation *known_relation(Binder *binder, const SyntaxName *name);
const CatalogRelation **known_functions(Binder *binder, const SyntaxName *name, int *count);
/* The schema that the definition says the relation is in; NULL: it says none. */
const char *know_item(Binder *binder, const SyntaxName *name, ScopeItem *item);
void know_own(Binder *binder, ScopeItem *item);
bool known_constant(const Binder *binder, const char *text, uint32_t *id);

/* The recursion of SQL itself: what calls back from below. Everything else is called from above only. */

Status bind_expression(Binder *binder, const SyntaxExpression *syntax, Expression **out);
typedef enum CoercionContext { COERCE_IMPLICIT, COERCE_ASSIGNMENT, COERCE_EXPLICIT } CoercionContext;
/* 42846/42804 `cannot cast type a to b`; unknown literals are parsed, unknown parameters get the type. */
Status coerce(Binder *binder, Expression *expression, Type to, CoercionContext context, Expression **out);
/* What is still unknown becomes text. */
static inline Status coerce_unknown(Binder *binder, Expression *expression, Expression **out) {
    *out = expression;
    return expression->type.id == TYPE_UNKNOWN
               ? coerce(binder, expression, type_of(TYPE_TEXT), COERCE_IMPLICIT, out)
               : OK;
}
typedef struct BoundQuery {
    LogicalNode *node;
    int count; /* visible columns */
    int *columns;
    const char **names;
    int *positions;  /* of the targets, for messages; NULL: unknown */
    int order_count; /* the order that the query asked for, over node's columns */
    SortKey *order;
} BoundQuery;
typedef struct QueryRequest {
    bool is_top;       /* ORDER BY at its end counts also without LIMIT */
    bool keep_unknown; /* untyped literals stay so: whoever asks for the query gives them a type */
} QueryRequest;
/* A query in the current scope as outer one. */
Status bind_query(Binder *binder, const SyntaxSelect *select, QueryRequest request, BoundQuery *query);
Status bind_table(Binder *binder, const SyntaxTable *table, LogicalNode **node);
/* Also with FOR SYSTEM_TIME AS OF, which bind_join looks at. */
Status bind_item(Binder *binder, const SyntaxTable *table, LogicalNode **node);
Status bind_dml_statement(
    Binder *binder, const SyntaxStatement *statement, DmlPlan *dml, struct BoundRoot *root);

/* A name applied to arguments. */
typedef struct Call {
    const char *name; /* without its schema */
    int position;
    Expression **arguments;
    int count;
    const SyntaxExpression *syntax; /* NULL: the binder makes it */
    int inner;                      /* how many aggregates were bound before its arguments */
} Call;

/* binder.c */
/* A binder of the plan, without a scope. */
Binder binder_of(Planning *plan, Error *error);
/* Sets the error with the character that `position` (a byte of the user's text) stands for. */
unsigned bind_error(Binder *binder, int position, Status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* expression/shape.c: what a syntax tree shows before it is bound */
bool is_star(const SyntaxExpression *syntax);
/* PostgreSQL's column name for an unnamed target. */
const char *target_name(const SyntaxExpression *expression);
/* "schema.name" */
const char *name_text(Binder *binder, const SyntaxName *name);
Status bind_sort_flags(Binder *binder, const SyntaxSort *sort, SortKey *key);

/* expression/type.c */
const char *type_text(Arena *arena, Type type); /* without modifier, for messages */
bool is_record(Type type);                      /* whose fields are known */
bool is_anonymous(Type type);                   /* a record whose type has no name */
bool can_coerce(Type from, Type to, CoercionContext context);
/* 42883 for a type without equality (json): it can't be grouped, distinct or in a set operation. */
bool type_has_equality(Type type);
Status check_equality(Binder *binder, Type type, int position);
/* 54011 for rows with too many fields in them. */
Status check_definition(Binder *binder, const TypeDefinition *definition, int position);
/* The type of both where they are rows without a name, which differ; else the first. */
Type common_record(Binder *binder, Type a, Type b);
/* Takes the type as it is. */
bool takes_as_it_is(Type declared, Type given);

/* expression/tree.c */
/* PostgreSQL's exprLocation: the leftmost token of an operator's or function's expression; `otherwise` when
   unknown. */
int expression_location(const Expression *expression, int otherwise);
bool call_is_set(const Expression *expression); /* a call of a set-returning function */
bool has_set(const Expression *expression);     /* anywhere in it */
bool has_subquery(const Expression *expression);
Expression *make_boolean(Binder *binder, ExpressionKind kind, Expression *a, Expression *b);

/* expression/place.c: what may stand where */
/* As messages say it: "WHERE", "JOIN conditions". */
const char *clause_name(Clause clause);
bool clause_allows_aggregate(Clause clause);
/* 42809 for DISTINCT, ORDER BY, FILTER, OVER … in a call that is not of an aggregate. */
Status check_plain_call(Binder *binder, const SyntaxExpression *syntax, const char *name);
/* 0A000 in a continuous query for what a view must not depend on: the clock, the session, the catalog. */
Status check_continuous(Binder *binder, const Function *function, int position);
/* 0A000 for an argument of an aggregate or window function with a set-returning function in it. */
Status refuse_set(Binder *binder, const Expression *argument, const char *kind);
/* Whether an aggregate may stand here, over which query's rows (call->scope). */
Status check_aggregate_place(Binder *binder, const Call *call, AggregateCall *aggregate);
Status check_set_place(Binder *binder, const Function *function, bool is_allowed, int position);
Status refuse_nested(Binder *binder, int position);
/* Time would pass without the group's being counted anew. */
Status refuse_clock(Binder *binder, const Function *function, int position);

/* scope.c */
Status scope_resolve(Binder *binder, const SyntaxExpression *column, Expression **out);
/* NULL when there is none in this or an outer scope; no error. */
Expression *scope_find(Binder *binder, const char *table, const char *column);
void scope_add(Binder *binder, ScopeItem *item);
ScopeItem *scope_item_of(
    Binder *binder, const char *alias, const LogicalNode *node, const char *const *names, int count);
/* a.* as one value; *out stays NULL when there is no such table. */
Status scope_whole_row(Binder *binder, const SyntaxExpression *star, Expression **out);
Status scope_expand_star(
    Binder *binder, const SyntaxExpression *star, Expression ***expressions, const char ***names, int *count);
Status scope_check_alias(
    Binder *binder, ScopeItem *const *items, int count, const ScopeItem *item, int position);

/* type_name.c */
Status bind_type(Binder *binder, const SyntaxType *name, Type *type);
/* structured_type.c: STRUCT<…> and its like. */
Status bind_structured_type(Binder *binder, const SyntaxType *name, Type *type);

/* coerce.c */
/* The common type of CASE, UNION, VALUES …: `CASE types integer and text cannot be matched`. */
Status common_type(Binder *binder, Expression *const *expressions, int count, const char *what, Type *type);
Status common_type_of(
    Binder *binder, const Type *types, const int *positions, int count, const char *what, Type *type);
/* To the common type: 42846 `CASE/WHEN could not convert type a to b`. */
Status coerce_common(Binder *binder, Expression *expression, Type type, const char *what, Expression **out);
Status coerce_boolean(Binder *binder, Expression *expression, const char *what, Expression **out);
/* With the result coerced; `what` names the construct, as in `argument of WHERE must be type boolean`. */
Status bind_boolean(Binder *binder, const SyntaxExpression *syntax, const char *what, Expression **out);
/* int2vector and oidvector become arrays; everything else stays as it is. */
Status coerce_vector(Binder *binder, Expression *expression, Expression **out);

/* resolve.c */
typedef enum ResolveResult { RESOLVE_FOUND, RESOLVE_NONE, RESOLVE_AMBIGUOUS, RESOLVE_UNKNOWN } ResolveResult;
typedef struct Resolution {
    const Function *function;
    Type *arguments; /* what each argument is coerced to */
    Type result;
} Resolution;
typedef struct Wanted {
    const char *name;
    const Type *types; /* of the arguments */
    int count;
    bool is_operator;
} Wanted;
ResolveResult resolve_function(Binder *binder, const Wanted *wanted, Resolution *resolution);
/* A function of that name for these arguments. */
ResolveResult resolve_call(Binder *binder, const Call *call, Resolution *resolution);
Status bind_operator(
    Binder *binder, const char *name, Expression *left, Expression *right, int position, Expression **out);
/* Finds the function and makes the call. */
Status bind_named_call(Binder *binder, const Call *call, Expression **out);
Status function_missing(Binder *binder, const Call *call, ResolveResult result);

/* expression.c */
Status bind_constant(Binder *binder, const SyntaxExpression *syntax, Expression **out);

/* record.c: rows as values */
Status bind_whole_row(Binder *binder, const ScopeItem *item, int position, Expression **out);
Status make_record(
    Binder *binder, Expression **fields, const char *const *names, int count, int position, Expression **out);
/* Each of them. */
Expression **record_fields(Binder *binder, Expression *record);
Expression *record_field(Binder *binder, Expression *record, int field);
/* (record).field */
Status bind_field(Binder *binder, const char *field, Expression *record, int position, Expression **out);
/* record IS [NOT] NULL: all its fields are (not). */
Status test_record(Binder *binder, Expression *record, bool is_null, Expression **out);
/* Two operands of a comparison, one of them a record: the other becomes one of the same types, or fails as in
   PostgreSQL's operators of records. */
Status prepare_records(Binder *binder, const char *name, Expression *operands[2], int position);
/* Field by field. */
Status coerce_record(Binder *binder, Expression *record, Type to, CoercionContext context, Expression **out);

/* row.c */
/* a.*, *, (record).*: each column one by one. */
Status expand_star(
    Binder *binder, const SyntaxExpression *star, Expression ***items, const char ***names, int *count);
Status bind_row(Binder *binder, const SyntaxExpression *syntax, Expression **out);
Status bind_row_items(Binder *binder, const SyntaxExpression *row, Expression ***items, int *count);

/* operator.c */
Status bind_operation(Binder *binder, const SyntaxExpression *syntax, Expression **out);
Status bind_comparison(Binder *binder, const char *name, const SyntaxExpression *left,
    const SyntaxExpression *right, int position, Expression **out);
Status bind_not_distinct(Binder *binder, Expression *left, Expression *right, int position, Expression **out);

/* arguments.c: arguments by name are put in their places, those of WITHIN GROUP before the others. */
Status bind_arguments(Binder *binder, Call *call);
/* aggregate.c */
Status bind_aggregate(Binder *binder, const Call *call, const Resolution *resolution, Expression **out);
Status bind_filter(Binder *binder, const SyntaxFunction *function, Expression **filter);
/* string_agg and the like, of several values a row: packs them into one value, and gives the aggregate over
   that. */
Status bind_packed(
    Binder *binder, const Aggregate **aggregate, Expression **arguments, int *count, int position);
/* call.c */
/* allows_set: it is a function in FROM, which may return rows. */
Status bind_call(Binder *binder, const SyntaxExpression *syntax, bool allows_set, Expression **out);
/* foreign_call.c: functions of other systems. Other names for PostgreSQL's become those, units without quotes
   texts. */
Status foreign_rewrite(Binder *binder, const SyntaxExpression **syntax, bool has_builtin);
/* The expression that a call means; NULL *out when there is none. */
Status bind_foreign_call(Binder *binder, const Call *call, Expression **out);
/* hypothetical.c: rank(x) WITHIN GROUP (ORDER BY y); arguments: what is ordered by, then the hypothetical
   row. */
bool is_hypothetical(const char *name);
Status bind_hypothetical(Binder *binder, const Call *call, Expression **out);
/* window_call.c */
Status bind_window_call(Binder *binder, const Call *call, Expression **out);
bool is_window_function(const char *name);

/* subquery.c */
Status bind_sublink(Binder *binder, const SyntaxExpression *syntax, Expression **out);
/* (SELECT …) of that many columns as a row. */
Status bind_row_sublink(
    Binder *binder, const SyntaxExpression *syntax, int count, bool is_assigned, Expression ***items);
/* A filter whose predicate may hold subqueries: they become joins. */
Status attach_filter(Binder *binder, LogicalNode **node, Expression *predicate);
/* Joins the subqueries of the expressions below them; each expression is replaced by one without. */
Status attach_expressions(Binder *binder, LogicalNode **node, Expression **expressions, int count);
/* A subquery with its comparison rewritten by expression_rewrite; NULL: the node is none, or has no
   comparison. */
Expression *subquery_rewrite(Binder *binder, const Expression *node,
    Expression *(*replace)(const Expression *node, void *argument), void *argument);

/* relation.c */
/* The scan of a relation and its item; DML targets use it with all columns. */
LogicalNode *scan_relation(
    Binder *binder, const CatalogRelation *relation, const char *alias, bool with_hidden, ScopeItem **item);
/* The same for readers: processing time is not stored, each of them makes it above the scan. NULL: an error.
 */
LogicalNode *read_relation(
    Binder *binder, const CatalogRelation *relation, const char *alias, bool with_hidden, ScopeItem **item);
/* 42501 unless the statement may do this with the relation. */
Status check_access(Binder *binder, const CatalogRelation *relation, uint32_t privileges);
Status find_relation(Binder *binder, const SyntaxName *name, const CatalogRelation **relation);
/* One row without columns. */
LogicalNode *single_empty_row(Binder *binder);
Status rename_columns(Binder *binder, ScopeItem *item, const SyntaxAlias *alias, int position);
/* The columns of a query as an item of the scope. */
Status add_query_item(
    Binder *binder, const SyntaxTable *table, const BoundQuery *query, const char *name, ScopeItem **item);
/* join.c */
Status bind_join(Binder *binder, const SyntaxTable *table, LogicalNode **node);
/* table_function.c */
Status bind_table_function(Binder *binder, const SyntaxTable *table, LogicalNode **node, ScopeItem **item);
/* with.c */
Status bind_with(Binder *binder, const SyntaxWith *with, Scope *scope);
/* Binds the query of a CTE where it was defined. */
Status bind_cte_query(Binder *binder, Ctes *ctes, BoundQuery *query);
/* A reference to a query that is being bound. */
Status bind_working_table(Binder *binder, Ctes *ctes, int position, BoundQuery *query);
/* And goes into the scope. */
Status with_scope(Binder *binder, const SyntaxWith *with, Scope *scope);
/* NULL: no query in WITH is called so. */
Ctes *find_cte(Binder *binder, const SyntaxName *name);
/* What nothing refers to is not run, but has to mean something. */
Status bind_unused(Binder *binder, const SyntaxWith *with, Ctes *ctes);
/* from.c */
Status bind_from(Binder *binder, SyntaxTable *const *tables, int count, LogicalNode **node);

/* table_window.c: TUMBLE(t, ts, …) in FROM; the same as a group function. */
Status bind_table_window(Binder *binder, const SyntaxTable *table, LogicalNode **node);
bool is_group_window(const SyntaxExpression *expression);
Status bind_group_window(
    Binder *binder, const SyntaxSelect *select, const SyntaxExpression *expression, LogicalNode **node);
/* TUMBLE_START(…), TUMBLE_END(…), TUMBLE_ROWTIME(…): *out stays NULL when it is something else. */
Status find_group_window(Binder *binder, const SyntaxFunction *function, Expression **out);

/* select.c */
/* Coerces the query's output columns: where types[i] is not UNKNOWN. */
Status coerce_query(Binder *binder, BoundQuery *query, const Type *types, int count, CoercionContext context);
/* parts.c: plans beside the statement's own. A plan of its own in binder->plan until part_end; the plan it
   was. */
Planning *part_begin(Binder *binder);
/* The root is planned beside the statement's, into *out; NULL: nothing is. */
void part_end(Binder *binder, Planning *outer, LogicalNode *node, Plan **out);
/* A system relation "$with.name" of the columns of a table (a copy), for rows that are given while the
   statement runs. */
const CatalogRelation *given_relation(Binder *binder, const CatalogRelation *columns, const char *name);
Status bind_modifying(Binder *binder, Ctes *ctes);
Status bind_select(Binder *binder, const SyntaxSelect *select, QueryRequest request, BoundQuery *query);
/* function.c: functions in SQL. */
Status bind_sql_call(Binder *binder, const SyntaxExpression *syntax, const CatalogRelation **functions,
    int count, Expression **out);
/* A call in FROM of a function that returns rows; *function stays NULL when it is none. */
Status bind_sql_rows(
    Binder *binder, const SyntaxExpression *syntax, BoundQuery *query, const CatalogRelation **function);
/* values.c */
/* Rows of expressions, one after the other, as the shape's columns: VALUES, or, where they are more than
   constants, a union of one-row queries. Into shape->node. */
Status make_rows(Binder *binder, Expression **all, int row_count, BoundQuery *shape);
Status bind_values(Binder *binder, const SyntaxSelect *select, QueryRequest request, BoundQuery *query);
/* set_operation.c */
Status bind_set_operation(
    Binder *binder, const SyntaxSelect *select, QueryRequest request, BoundQuery *query);
/* limit.c: ORDER BY, LIMIT and OFFSET over a query whose sort columns exist. */
Status bind_limit(Binder *binder, const SyntaxSelect *select, const SortKey *keys, int key_count, bool is_top,
    BoundQuery *query);
/* group.c: GROUP BY, aggregates and HAVING; expressions (the targets first, then what ORDER BY adds) are
   rewritten over the grouped columns. */
typedef struct Grouped {
    Expression **expressions;
    int count;
    const char *const *names; /* of the targets */
    int target_count;
    Expression *having; /* NULL: none */
} Grouped;
Status bind_grouping(Binder *binder, const SyntaxSelect *select, const Grouped *grouped, LogicalNode **node);
/* "t.a" or "a": how messages name a column. */
const char *scope_column_text(Binder *binder, int column);
/* over.c: windows of the expressions become OVER nodes. */
Status attach_windows(Binder *binder, LogicalNode **node, Expression **expressions, int count);
/* sets.c: set-returning functions of the select list. */
Status attach_sets(Binder *binder, LogicalNode **node, Expression **expressions, int count);

#endif
