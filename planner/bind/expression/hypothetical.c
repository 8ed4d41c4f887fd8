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

/* value stands before the hypothetical one. */
static Status bind_before(
    Binder *binder, const SortKey *key, Expression *value, Expression *row, int position, Expression **out) {
    TRY(bind_operator(binder, key->is_descending ? ">" : "<", value, row, position, out));
    ExpressionKind of_value = key->is_nulls_first ? EXPRESSION_IS_NULL : EXPRESSION_IS_NOT_NULL;
    ExpressionKind of_row = key->is_nulls_first ? EXPRESSION_IS_NOT_NULL : EXPRESSION_IS_NULL;
    Expression *by_null = make_boolean(binder, EXPRESSION_AND, make_boolean(binder, of_value, value, NULL),
        make_boolean(binder, of_row, row, NULL));
    *out = make_boolean(binder, EXPRESSION_OR, *out, by_null);
    return OK;
}

/* The rows before the hypothetical one, and those beside it when with_equal. */
static Status bind_rows_before(Binder *binder, const SyntaxExpression *syntax, Expression *const *arguments,
    int count, bool with_equal, Expression **out) {
    *out = NULL;
    for (int i = count - 1; i >= 0; i--) {
        Expression *pair[] = {arguments[i], arguments[count + i]}, *before, *same;
        Type type;
        SortKey key;
        TRY(common_type(binder, pair, 2, "WITHIN GROUP", &type));
        for (int j = 0; j < 2; j++)
            TRY(coerce_common(binder, pair[j], type, "WITHIN GROUP", &pair[j]));
        TRY(bind_sort_flags(binder, &syntax->function.order_by[i], &key));
        TRY(bind_before(binder, &key, pair[0], pair[1], syntax->position, &before));
        TRY(bind_not_distinct(binder, pair[0], pair[1], syntax->position, &same));
        if (*out != NULL)
            same = make_boolean(binder, EXPRESSION_AND, same, *out);
        *out = *out != NULL || with_equal ? make_boolean(binder, EXPRESSION_OR, before, same) : before;
    }
    return OK;
}

/* count(value) FILTER (WHERE filter), or count(DISTINCT value); value NULL: count of all. */
static Status bind_count(Binder *binder, const SyntaxExpression *syntax, Expression *const *arguments,
    int count, Expression *value, Expression *filter, Expression **out) {
    AggregateCall *call = ARENA_NEW(binder->arena, AggregateCall);
    *call = (AggregateCall){.spec = {.aggregate = aggregate_by_signature(
                                         value == NULL ? "count() -> int8" : "count(any) -> int8"),
                                .argument_count = value != NULL,
                                .is_distinct = value != NULL,
                                .result_type = type_of(TYPE_INT8)},
        .arguments = ARENA_ARRAY(binder->arena, Expression *, 1),
        .filter = filter,
        .position = syntax->position};
    call->arguments[0] = value;
    TRY(check_aggregate_place(binder, syntax, arguments, count, call));
    *out = expression_of(binder->arena, EXPRESSION_AGGREGATE, call->spec.result_type, 0, NULL);
    (*out)->planner = call;
    (*out)->position = syntax->position;
    return OK;
}

static Status add_integer(Binder *binder, int64_t number, int position, Expression **sum) {
    Value value = {.type = type_of(TYPE_INT8), .datum.int8 = number};
    return bind_operator(binder, "+", *sum, expression_constant(binder->arena, &value), position, sum);
}

/* As PostgreSQL names the types: the hypothetical row's first. */
static Status missing(Binder *binder, const SyntaxExpression *syntax, const char *name,
    Expression *const *arguments, int ordered, int count) {
    Expression *turned[count + 1];
    for (int i = 0; i < count; i++)
        turned[i] = arguments[i < count - ordered ? ordered + i : i - (count - ordered)];
    return function_missing(binder, name, turned, count, syntax->position, RESOLVE_NONE);
}

/* The share of rows: ahead of all; no rows at all count as one. */
static Status bind_share(
    Binder *binder, const SyntaxExpression *syntax, Expression *ahead, Expression *all, Expression **out) {
    Value none = {.type = type_of(TYPE_INT8)};
    Expression *is_none;
    TRY(bind_operator(
        binder, "=", all, expression_constant(binder->arena, &none), syntax->position, &is_none));
    TRY(coerce(binder, is_none, type_of(TYPE_INT4), COERCE_EXPLICIT, &is_none));
    TRY(bind_operator(binder, "+", all, is_none, syntax->position, &all));
    TRY(coerce(binder, ahead, type_of(TYPE_FLOAT8), COERCE_EXPLICIT, &ahead));
    TRY(coerce(binder, all, type_of(TYPE_FLOAT8), COERCE_EXPLICIT, &all));
    return bind_operator(binder, "/", ahead, all, syntax->position, out);
}

/* Distinct values before the row; NULL, which count() leaves out, is one more. */
static Status bind_distinct_before(Binder *binder, const SyntaxExpression *syntax,
    Expression *const *arguments, int count, Expression *before, Expression **out) {
    Expression *nulls, *has_nulls;
    Value none = {.type = type_of(TYPE_INT8)};
    TRY(bind_count(binder, syntax, arguments, count, arguments[0], before, out));
    Expression *of_nulls =
        predicate_and(binder->arena, before, make_boolean(binder, EXPRESSION_IS_NULL, arguments[0], NULL));
    TRY(bind_count(binder, syntax, arguments, count, NULL, of_nulls, &nulls));
    TRY(bind_operator(
        binder, ">", nulls, expression_constant(binder->arena, &none), syntax->position, &has_nulls));
    TRY(coerce(binder, has_nulls, type_of(TYPE_INT4), COERCE_EXPLICIT, &has_nulls));
    return bind_operator(binder, "+", *out, has_nulls, syntax->position, out);
}

Status bind_hypothetical(Binder *binder, const SyntaxExpression *syntax, Expression *const *arguments,
    int count, Expression **out) {
    const char *name = syntax->function.name.parts[syntax->function.name.part_count - 1];
    int kind = kind_of(name), ordered = syntax->function.order_count;
    if (count != 2 * ordered)
        return missing(binder, syntax, name, arguments, ordered, count);
    for (int i = ordered; i < count; i++)
        if (!expression_is_constant(arguments[i]))
            return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED,
                "arguments of %s() before WITHIN GROUP that depend on a column are not supported", name);
    if (kind == DENSE_RANK && ordered > 1)
        return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED,
            "dense_rank() over several columns WITHIN GROUP is not supported");
    Expression *filter, *before, *all;
    TRY(bind_filter(binder, &syntax->function, &filter));
    TRY(bind_rows_before(binder, syntax, arguments, ordered, kind == CUME_DIST, &before));
    before = predicate_and(binder->arena, filter, before);
    if (kind == DENSE_RANK)
        TRY(bind_distinct_before(binder, syntax, arguments, count, before, out));
    else
        TRY(bind_count(binder, syntax, arguments, count, NULL, before, out));
    if (kind != PERCENT_RANK)
        TRY(add_integer(binder, 1, syntax->position, out));
    if (kind == RANK || kind == DENSE_RANK)
        return OK;
    TRY(bind_count(binder, syntax, arguments, count, NULL, filter, &all));
    if (kind == CUME_DIST)
        TRY(add_integer(binder, 1, syntax->position, &all));
    return bind_share(binder, syntax, *out, all, out);
}
