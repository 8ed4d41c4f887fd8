/* ORDER BY, LIMIT and OFFSET: a Sort in a one-shot query, a TopN in a continuous one. */
#include "planner/bind/binder.h"

static Status bind_count(Binder *binder, const SyntaxExpression *syntax, const char *what, Expression **out) {
    *out = NULL;
    if (syntax == NULL || (syntax->kind == SYNTAX_CONSTANT && syntax->constant.kind == SYNTAX_CONSTANT_NULL))
        return OK;
    Clause clause = binder->scope->clause;
    binder->scope->clause = what[0] == 'L' ? CLAUSE_LIMIT : CLAUSE_OFFSET;
    Expression *expression;
    TRY(bind_expression(binder, syntax, &expression));
    binder->scope->clause = clause;
    if (!can_coerce(expression->type, type_of(TYPE_INT8), COERCE_ASSIGNMENT))
        return bind_error(binder, expression_location(expression, -1), STATUS_DATATYPE_MISMATCH,
            "argument of %s must be type bigint, not type %s", what,
            type_text(binder->arena, expression->type));
    TRY(coerce(binder, expression, type_of(TYPE_INT8), COERCE_ASSIGNMENT, out));
    ColumnSet used = {0};
    expression_add_columns(binder->plan, *out, &used);
    if (!set_is_empty(&used))
        return bind_error(binder, syntax->position, STATUS_INVALID_COLUMN_REFERENCE,
            "argument of %s must not contain variables", what);
    return OK;
}

static Status evaluate_count(
    Binder *binder, const Expression *expression, const char *what, int64_t none, int64_t *count) {
    *count = none;
    if (expression == NULL)
        return OK;
    if (!expression_is_constant(expression))
        return error_set(
            binder->error, STATUS_FEATURE_NOT_SUPPORTED, "%s of a continuous query must be constant", what);
    Value value;
    TRY(expression_evaluate_constant(expression, binder->context->settings, binder->context->session,
        binder->arena, &value, binder->error));
    if (value.is_null)
        return OK;
    *count = value.datum.int8;
    if (*count >= 0)
        return OK;
    return error_set(binder->error,
        what[0] == 'L' ? STATUS_INVALID_ROW_COUNT_IN_LIMIT_CLAUSE
                       : STATUS_INVALID_ROW_COUNT_IN_RESULT_OFFSET_CLAUSE,
        "%s must not be negative", what);
}

static Expression *order_number(Binder *binder, const SortKey *keys, int key_count) {
    WindowCall *call = ARENA_NEW(binder->arena, WindowCall);
    *call = (WindowCall){
        .spec = {.function = over_function_by_name("row_number"), .result_type = type_of(TYPE_INT8)},
        .order_count = key_count,
        .order = ARENA_ARRAY(binder->arena, Expression *, key_count + 1),
        .sort_keys = ARENA_ARRAY(binder->arena, SortKey, key_count + 1),
        .frame_mode = FRAME_RANGE,
        .start = BOUND_UNBOUNDED_PRECEDING,
        .end = BOUND_CURRENT_ROW,
        .position = -1};
    for (int i = 0; i < key_count; i++) {
        call->order[i] = plan_column(binder->plan, keys[i].column);
        call->sort_keys[i] = keys[i];
        call->sort_keys[i].column = i;
    }
    Expression *number = expression_of(binder->arena, EXPRESSION_WINDOW, call->spec.result_type, 0, NULL);
    number->planner = call;
    number->position = -1;
    return number;
}

/* A count that is a subquery: rows are numbered in their order, and filtered by number. */
static Status limit_by_number(Binder *binder, Expression *limit, Expression *offset, const SortKey *keys,
    int key_count, BoundQuery *query) {
    Expression *number = order_number(binder, keys, key_count), *predicate = NULL, *last = limit;
    int *columns = query->node->columns, count = query->node->column_count;
    TRY(attach_windows(binder, &query->node, &number, 1));
    if (offset != NULL) {
        Value zero = {.type = type_of(TYPE_INT8)};
        Expression *arguments[] = {offset, expression_constant(binder->arena, &zero)};
        offset = expression_of(binder->arena, EXPRESSION_COALESCE, zero.type, 2, arguments);
        TRY(bind_operator(binder, ">", number, offset, -1, &predicate));
        if (limit != NULL)
            TRY(bind_operator(binder, "+", limit, offset, -1, &last));
    }
    if (limit != NULL) {
        Expression *below;
        TRY(bind_operator(binder, "<=", number, last, -1, &below));
        below = make_boolean(binder, EXPRESSION_IS_NOT_FALSE, below, NULL);
        predicate = predicate_and(binder->arena, predicate, below);
    }
    TRY(attach_filter(binder, &query->node, predicate));
    query->node = logical_pick(binder->plan, query->node, columns, count);
    return OK;
}

Status bind_limit(Binder *binder, const SyntaxSelect *select, const SortKey *keys, int key_count, bool is_top,
    BoundQuery *query) {
    Expression *limit, *offset;
    TRY(bind_count(binder, select->limit, "LIMIT", &limit));
    TRY(bind_count(binder, select->offset, "OFFSET", &offset));
    SortKey *kept = ARENA_ARRAY(binder->arena, SortKey, key_count + 1);
    for (int i = 0; i < key_count; i++)
        kept[i] = keys[i];
    query->order = kept;
    query->order_count = key_count;
    if (has_subquery(limit) || has_subquery(offset)) {
        if (select->is_limit_with_ties)
            return bind_error(binder, select->position, STATUS_FEATURE_NOT_SUPPORTED,
                "a subquery in FETCH … WITH TIES is not supported");
        TRY(limit_by_number(binder, limit, offset, keys, key_count, query));
        limit = offset = NULL;
    }
    bool has_limit = limit != NULL || offset != NULL;
    if (select->is_limit_with_ties && key_count == 0)
        return bind_error(binder, select->position, STATUS_SYNTAX_ERROR,
            "WITH TIES cannot be specified without ORDER BY clause");
    if (binder->plan->mode == PLAN_ONE_SHOT) {
        if (!has_limit && key_count == 0)
            return OK;
        query->node = logical_create(binder->plan, &sort_node, 1, &query->node);
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
        return bind_error(binder, select->position, STATUS_FEATURE_NOT_SUPPORTED,
            "WITH TIES is not supported in a continuous query");
    query->node = logical_create(binder->plan, &top_n_node, 1, &query->node);
    query->node->top_n.keys = kept;
    query->node->top_n.key_count = key_count;
    TRY(evaluate_count(binder, limit, "LIMIT", -1, &query->node->top_n.limit));
    TRY(evaluate_count(binder, offset, "OFFSET", 0, &query->node->top_n.offset));
    logical_refresh(binder->plan, query->node);
    return OK;
}
