/* What may stand where: clauses, aggregates, set-returning functions, what a view must not depend on. */
#include "planner/bind/binder.h"

static const char *const clause_names[CLAUSE_COUNT] = {
    [CLAUSE_TARGETS] = "SELECT",
    [CLAUSE_FROM] = "functions in FROM",
    [CLAUSE_JOIN] = "JOIN conditions",
    [CLAUSE_WHERE] = "WHERE",
    [CLAUSE_GROUP_BY] = "GROUP BY",
    [CLAUSE_HAVING] = "HAVING",
    [CLAUSE_ORDER_BY] = "ORDER BY",
    [CLAUSE_DISTINCT_ON] = "DISTINCT ON",
    [CLAUSE_LIMIT] = "LIMIT",
    [CLAUSE_OFFSET] = "OFFSET",
    [CLAUSE_VALUES] = "VALUES",
    [CLAUSE_WINDOW] = "window definitions",
    [CLAUSE_FILTER] = "FILTER",
    [CLAUSE_RETURNING] = "RETURNING",
    [CLAUSE_UPDATE] = "UPDATE",
    [CLAUSE_EXPRESSION] = "column generation expressions",
    [CLAUSE_DEFAULT] = "DEFAULT expressions",
    [CLAUSE_CHECK] = "check constraints",
};

const char *clause_name(Clause clause) {
    return clause_names[clause];
}

bool clause_allows_aggregate(Clause clause) {
    return clause == CLAUSE_TARGETS || clause == CLAUSE_HAVING || clause == CLAUSE_ORDER_BY ||
           clause == CLAUSE_DISTINCT_ON || clause == CLAUSE_WINDOW;
}

Status check_plain_call(Binder *binder, const SyntaxExpression *syntax, const char *name) {
    const SyntaxFunction *function = &syntax->function;
    if (function->is_star)
        return bind_error(binder, syntax->position, STATUS_WRONG_OBJECT_TYPE,
            "%s(*) specified, but %s is not an aggregate function", name, name);
    if (function->is_distinct)
        return bind_error(binder, syntax->position, STATUS_WRONG_OBJECT_TYPE,
            "DISTINCT specified, but %s is not an aggregate function", name);
    if (function->is_within_group)
        return bind_error(binder, syntax->position, STATUS_WRONG_OBJECT_TYPE,
            "WITHIN GROUP specified, but %s is not an aggregate function", name);
    if (function->order_count > 0)
        return bind_error(binder, syntax->position, STATUS_WRONG_OBJECT_TYPE,
            "ORDER BY specified, but %s is not an aggregate function", name);
    if (function->filter != NULL)
        return bind_error(binder, syntax->position, STATUS_WRONG_OBJECT_TYPE,
            "FILTER specified, but %s is not an aggregate function", name);
    if (function->over != NULL)
        return bind_error(binder, syntax->position, STATUS_WRONG_OBJECT_TYPE,
            "OVER specified, but %s is not a window function nor an aggregate function", name);
    return OK;
}

Status refuse_set(Binder *binder, const Expression *argument, const char *kind) {
    if (!has_set(argument))
        return OK;
    return bind_error(binder, expression_location(argument, -1), STATUS_FEATURE_NOT_SUPPORTED,
        "%s function calls cannot contain set-returning function calls", kind);
}

Status check_set_place(Binder *binder, const Function *function, bool is_allowed, int position) {
    if (!function->is_set || is_allowed)
        return OK;
    Clause clause = binder->scope->clause;
    if (clause == CLAUSE_FROM)
        return bind_error(binder, position, STATUS_FEATURE_NOT_SUPPORTED,
            "set-returning functions must appear at top level of FROM");
    if (clause != CLAUSE_TARGETS)
        return bind_error(binder, position, STATUS_FEATURE_NOT_SUPPORTED,
            "set-returning functions are not allowed in %s", clause_names[clause]);
    binder->scope->has_sets = true;
    return OK;
}

typedef struct KindSearch {
    ExpressionKind kind;
    bool is_found;
    int position;
} KindSearch;

static Expression *search_kind(const Expression *node, void *argument) {
    KindSearch *search = argument;
    if (node->kind == search->kind && !search->is_found) {
        search->is_found = true;
        search->position = node->position;
    }
    return search->is_found ? (Expression *)node : NULL;
}

static bool contains(Binder *binder, const Expression *expression, ExpressionKind kind, int *position) {
    KindSearch search = {.kind = kind};
    if (expression != NULL)
        expression_rewrite(binder->arena, expression, search_kind, &search);
    *position = search.position;
    return search.is_found;
}

Status refuse_nested(Binder *binder, int position) {
    return bind_error(binder, position, STATUS_GROUPING_ERROR, "aggregate function calls cannot be nested");
}

static bool scope_has(Binder *binder, const Scope *scope, const ColumnSet *used) {
    ColumnSet own = {0};
    for (int i = 0; i < scope->item_count; i++)
        for (int c = 0; c < scope->items[i]->column_count; c++)
            expression_add_columns(binder->plan, scope->items[i]->columns[c].expression, &own);
    return set_intersects(used, &own);
}

/* The query that an aggregate belongs to: the innermost that one of its columns comes from. */
static Scope *aggregate_scope(
    Binder *binder, Expression *const *arguments, int count, const Expression *filter) {
    ColumnSet used = {0};
    if (filter != NULL)
        expression_add_columns(binder->plan, filter, &used);
    for (int i = 0; i < count; i++)
        expression_add_columns(binder->plan, arguments[i], &used);
    for (Scope *scope = binder->scope; scope != NULL && !set_is_empty(&used); scope = scope->outer)
        if (scope_has(binder, scope, &used))
            return scope;
    return binder->scope;
}

Status check_aggregate_place(Binder *binder, const Call *call, AggregateCall *aggregate) {
    Scope *scope = aggregate_scope(binder, call->arguments, call->count, aggregate->filter);
    Clause clause = scope->clause;
    for (int i = 0; i < call->count; i++) {
        int position;
        if (contains(binder, call->arguments[i], EXPRESSION_AGGREGATE, &position))
            return refuse_nested(binder, position);
        if (contains(binder, call->arguments[i], EXPRESSION_WINDOW, &position))
            return bind_error(binder, position, STATUS_GROUPING_ERROR,
                "aggregate function calls cannot contain window function calls");
        TRY(refuse_set(binder, call->arguments[i], "aggregate"));
    }
    if (!clause_allows_aggregate(clause))
        return bind_error(binder, call->position, STATUS_GROUPING_ERROR,
            "aggregate functions are not allowed in %s", clause_names[clause]);
    scope->has_aggregates = true;
    aggregate->scope = scope;
    return OK;
}

/* Time would pass without the group's being counted anew. */
Status refuse_clock(Binder *binder, const Function *function, int position) {
    return bind_error(binder, position, STATUS_FEATURE_NOT_SUPPORTED,
        "%s() is not supported in an aggregate of a continuous query", function->name);
}

Status check_continuous(Binder *binder, const Function *function, int position) {
    if (binder->plan->mode != PLAN_CONTINUOUS)
        return OK;
    /* Elsewhere the rule "clocks" judges, when all is in its place. */
    if (function->flags & FUNCTION_CLOCK && binder->scope->clause == CLAUSE_FILTER)
        return refuse_clock(binder, function, position);
    if (function->flags & FUNCTION_VOLATILE)
        return bind_error(binder, position, STATUS_FEATURE_NOT_SUPPORTED,
            "volatile function %s() is not supported in a continuous query", function->name);
    if (function->flags & FUNCTION_CATALOG)
        return bind_error(binder, position, STATUS_FEATURE_NOT_SUPPORTED,
            "function %s() reads the catalog and is not supported in a continuous query", function->name);
    return OK;
}
