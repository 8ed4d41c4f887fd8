/* ORDER BY, LIMIT and OFFSET: a Sort in a one-shot query, a TopN in a continuous one. */
#include "planner/bind/binder.h"

static Status bind_count(Binder *binder, const SyntaxExpression *syntax, const char *what, Expression **out, Error *error) {
    *out = NULL;
    if (syntax == NULL || (syntax->kind == SYNTAX_CONSTANT && syntax->constant.kind == SYNTAX_CONSTANT_NULL))
        return OK;
    Clause clause = binder->scope->clause;
    binder->scope->clause = what[0] == 'L' ? CLAUSE_LIMIT : CLAUSE_OFFSET;
    Expression *expression;
    TRY(bind_expression(binder, syntax, &expression, error));
    binder->scope->clause = clause;
    if (!can_coerce(expression->type, type_of(TYPE_INT8), COERCE_ASSIGNMENT))
        return bind_error(binder, expression_location(expression, -1), STATUS_DATATYPE_MISMATCH, error,
            "argument of %s must be type bigint, not type %s", what, type_text(binder->arena, expression->type));
    TRY(coerce(binder, expression, type_of(TYPE_INT8), COERCE_ASSIGNMENT, out, error));
    ColumnSet used = {0};
    expression_add_columns(binder->plan, *out, &used);
    if (!set_is_empty(&used))
        return bind_error(binder, syntax->position, STATUS_INVALID_COLUMN_REFERENCE, error, "argument of %s must not contain variables", what);
    if (has_subquery(*out))
        return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED, error, "subqueries in %s are not supported", what);
    return OK;
}

static Status evaluate_count(Binder *binder, const Expression *expression, const char *what, int64_t none, int64_t *count, Error *error) {
    *count = none;
    if (expression == NULL)
        return OK;
    if (!expression_is_constant(expression))
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "%s of a continuous query must be constant", what);
    Value value;
    TRY(expression_evaluate_constant(expression, binder->context->settings, binder->context->session, binder->arena, &value, error));
    if (value.is_null)
        return OK;
    *count = value.datum.int8;
    if (*count >= 0)
        return OK;
    return error_set(error, what[0] == 'L' ? STATUS_INVALID_ROW_COUNT_IN_LIMIT_CLAUSE : STATUS_INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE,
        "%s must not be negative", what);
}

Status bind_limit(Binder *binder, const SyntaxSelect *select, const SortKey *keys, int key_count, bool is_top, BoundQuery *query, Error *error) {
    Expression *limit, *offset;
    TRY(bind_count(binder, select->limit, "LIMIT", &limit, error));
    TRY(bind_count(binder, select->offset, "OFFSET", &offset, error));
    SortKey *kept = ARENA_ARRAY(binder->arena, SortKey, key_count + 1);
    for (int i = 0; i < key_count; i++)
        kept[i] = keys[i];
    query->order = kept;
    query->order_count = key_count;
    bool has_limit = limit != NULL || offset != NULL;
    if (select->is_limit_with_ties && key_count == 0)
        return bind_error(binder, select->position, STATUS_SYNTAX_ERROR, error, "WITH TIES cannot be specified without ORDER BY clause");
    if (binder->plan->mode == PLAN_ONE_SHOT) {
        if (!has_limit && key_count == 0)
            return OK;
        query->node = logical_create(binder->plan, LOGICAL_SORT, 1, &query->node);
        query->node->sort.keys = kept;
        query->node->sort.key_count = key_count;
        query->node->sort.limit = limit;
        query->node->sort.offset = offset;
        query->node->sort.with_ties = select->is_limit_with_ties;
        logical_refresh(binder->plan, query->node);
        return OK;
    }
    if (!has_limit)
        return OK;
    if (select->is_limit_with_ties)
        return bind_error(binder, select->position, STATUS_FEATURE_NOT_SUPPORTED, error, "WITH TIES is not supported in a continuous query");
    query->node = logical_create(binder->plan, LOGICAL_TOP_N, 1, &query->node);
    query->node->top_n.keys = kept;
    query->node->top_n.key_count = key_count;
    TRY(evaluate_count(binder, limit, "LIMIT", -1, &query->node->top_n.limit, error));
    TRY(evaluate_count(binder, offset, "OFFSET", 0, &query->node->top_n.offset, error));
    logical_refresh(binder->plan, query->node);
    return OK;
}
