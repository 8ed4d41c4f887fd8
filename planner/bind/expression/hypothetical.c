/* Hypothetical-set aggregates: rank(x) WITHIN GROUP (ORDER BY y) is where a row x would stand. It is bound as
   counts of the rows before it, which take retractions as any count does. */
#include <string.h>

#include "planner/bind/binder.h"
#include "planner/logical/predicate.h"

static const char *const names[] = {"rank", "dense_rank", "percent_rank", "cume_dist"};
enum { RANK, DENSE_RANK, PERCENT_RANK, CUME_DIST, KIND_COUNT };

static int kind_of(const char *name) {
    for (int i = 0; i < KIND_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

bool is_hypothetical(const char *name) {
    return kind_of(name) >= 0;
}

/* A row's value, the first of the pair, stands before the hypothetical one. */
static Status bind_before(
    Binder *binder, const SortKey *key, Expression *const pair[2], int position, Expression **out) {
    Expression *value = pair[0], *row = pair[1];
    TRY(bind_operator(binder, key->is_descending ? ">" : "<", value, row, position, out));
    ExpressionKind of_value = key->is_nulls_first ? EXPRESSION_IS_NULL : EXPRESSION_IS_NOT_NULL;
    ExpressionKind of_row = key->is_nulls_first ? EXPRESSION_IS_NOT_NULL : EXPRESSION_IS_NULL;
    Expression *by_null = make_boolean(binder, EXPRESSION_AND, make_boolean(binder, of_value, value, NULL),
        make_boolean(binder, of_row, row, NULL));
    *out = make_boolean(binder, EXPRESSION_OR, *out, by_null);
    return OK;
}

/* The rows before the hypothetical one, and those beside it when with_equal. */
static Status bind_rows_before(Binder *binder, const Call *call, bool with_equal, Expression **out) {
    *out = NULL;
    int count = call->count / 2;
    for (int i = count - 1; i >= 0; i--) {
        Expression *pair[] = {call->arguments[i], call->arguments[count + i]}, *before, *same;
        Type type;
        SortKey key;
        TRY(common_type(binder, pair, 2, "WITHIN GROUP", &type));
        for (int j = 0; j < 2; j++)
            TRY(coerce_common(binder, pair[j], type, "WITHIN GROUP", &pair[j]));
        TRY(bind_sort_flags(binder, &call->syntax->function.order_by[i], &key));
        TRY(bind_before(binder, &key, pair, call->position, &before));
        TRY(bind_not_distinct(binder, pair[0], pair[1], call->position, &same));
        if (*out != NULL)
            same = make_boolean(binder, EXPRESSION_AND, same, *out);
        *out = *out != NULL || with_equal ? make_boolean(binder, EXPRESSION_OR, before, same) : before;
    }
    return OK;
}

/* count(value) FILTER (WHERE filter), or count(DISTINCT value); value NULL: count of all. */
static Status bind_count(
    Binder *binder, const Call *call, Expression *value, Expression *filter, Expression **out) {
    AggregateCall *counted = ARENA_NEW(binder->arena, AggregateCall);
    *counted = (AggregateCall){.spec = {.aggregate = aggregate_by_signature(
                                            value == NULL ? "count() -> int8" : "count(any) -> int8"),
                                   .argument_count = value != NULL,
                                   .is_distinct = value != NULL,
                                   .result_type = type_of(TYPE_INT8)},
        .arguments = ARENA_ARRAY(binder->arena, Expression *, 1),
        .filter = filter,
        .position = call->position};
    counted->arguments[0] = value;
    TRY(check_aggregate_place(binder, call, counted));
    *out = expression_of(binder->arena, EXPRESSION_AGGREGATE, counted->spec.result_type, 0, NULL);
    (*out)->planner = counted;
    (*out)->position = call->position;
    return OK;
}

static Status add_integer(Binder *binder, int64_t number, int position, Expression **sum) {
    Value value = {.type = type_of(TYPE_INT8), .datum.int8 = number};
    return bind_operator(binder, "+", *sum, expression_constant(binder->arena, &value), position, sum);
}

/* As PostgreSQL names the types: the hypothetical row's first. */
static Status missing(Binder *binder, const Call *call) {
    int ordered = call->syntax->function.order_count, direct = call->count - ordered;
    Call turned = *call;
    turned.arguments = ARENA_ARRAY(binder->arena, Expression *, call->count + 1);
    for (int i = 0; i < call->count; i++)
        turned.arguments[i] = call->arguments[i < direct ? ordered + i : i - direct];
    return function_missing(binder, &turned, RESOLVE_NONE);
}

/* The share of rows: ahead of all; no rows at all count as one. */
static Status bind_share(Binder *binder, int position, Expression *ahead, Expression *all, Expression **out) {
    Value none = {.type = type_of(TYPE_INT8)};
    Expression *is_none;
    TRY(bind_operator(binder, "=", all, expression_constant(binder->arena, &none), position, &is_none));
    TRY(coerce(binder, is_none, type_of(TYPE_INT4), COERCE_EXPLICIT, &is_none));
    TRY(bind_operator(binder, "+", all, is_none, position, &all));
    TRY(coerce(binder, ahead, type_of(TYPE_FLOAT8), COERCE_EXPLICIT, &ahead));
    TRY(coerce(binder, all, type_of(TYPE_FLOAT8), COERCE_EXPLICIT, &all));
    return bind_operator(binder, "/", ahead, all, position, out);
}

/* Distinct values before the row; NULL, which count() leaves out, is one more. */
static Status bind_distinct_before(Binder *binder, const Call *call, Expression *before, Expression **out) {
    Expression *nulls, *has_nulls, *value = call->arguments[0];
    Value none = {.type = type_of(TYPE_INT8)};
    TRY(bind_count(binder, call, value, before, out));
    Expression *of_nulls =
        predicate_and(binder->arena, before, make_boolean(binder, EXPRESSION_IS_NULL, value, NULL));
    TRY(bind_count(binder, call, NULL, of_nulls, &nulls));
    TRY(bind_operator(
        binder, ">", nulls, expression_constant(binder->arena, &none), call->position, &has_nulls));
    TRY(coerce(binder, has_nulls, type_of(TYPE_INT4), COERCE_EXPLICIT, &has_nulls));
    return bind_operator(binder, "+", *out, has_nulls, call->position, out);
}

Status bind_hypothetical(Binder *binder, const Call *call, Expression **out) {
    const SyntaxFunction *function = &call->syntax->function;
    int kind = kind_of(call->name), ordered = function->order_count;
    if (call->count != 2 * ordered)
        return missing(binder, call);
    for (int i = ordered; i < call->count; i++)
        if (!expression_is_constant(call->arguments[i]))
            return bind_error(binder, call->position, STATUS_FEATURE_NOT_SUPPORTED,
                "arguments of %s() before WITHIN GROUP that depend on a column are not supported",
                call->name);
    if (kind == DENSE_RANK && ordered > 1)
        return bind_error(binder, call->position, STATUS_FEATURE_NOT_SUPPORTED,
            "dense_rank() over several columns WITHIN GROUP is not supported");
    Expression *filter, *before, *all;
    TRY(bind_filter(binder, function, &filter));
    TRY(bind_rows_before(binder, call, kind == CUME_DIST, &before));
    before = predicate_and(binder->arena, filter, before);
    if (kind == DENSE_RANK)
        TRY(bind_distinct_before(binder, call, before, out));
    else
        TRY(bind_count(binder, call, NULL, before, out));
    if (kind != PERCENT_RANK)
        TRY(add_integer(binder, 1, call->position, out));
    if (kind == RANK || kind == DENSE_RANK)
        return OK;
    TRY(bind_count(binder, call, NULL, filter, &all));
    if (kind == CUME_DIST)
        TRY(add_integer(binder, 1, call->position, &all));
    return bind_share(binder, call->position, *out, all, out);
}
