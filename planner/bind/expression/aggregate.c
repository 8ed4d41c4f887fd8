/* Calls of aggregates: their FILTER, their order, what several arguments a row become. */
#include <string.h>

#include "planner/bind/binder.h"
#include "planner/logical/predicate.h"

Status bind_filter(Binder *binder, const SyntaxFunction *function, Expression **filter) {
    *filter = NULL;
    if (function->filter == NULL)
        return OK;
    Clause clause = binder->scope->clause;
    binder->scope->clause = CLAUSE_FILTER;
    TRY(bind_boolean(binder, function->filter, "FILTER", filter));
    binder->scope->clause = clause;
    return OK;
}

/* DISTINCT keeps a value once: only what belongs to the value can order it. */
static Status check_distinct_order(Binder *binder, const AggregateCall *call, Expression *const *arguments) {
    for (int i = 0; call->spec.is_distinct && i < call->spec.order_count; i++) {
        bool is_argument = false;
        for (int a = 0; a < call->spec.argument_count; a++)
            is_argument |= expression_is_equal(call->order[i], call->arguments[a]) ||
                           expression_is_equal(call->order[i], arguments[a]);
        if (!is_argument)
            return bind_error(binder, expression_location(call->order[i], call->position),
                STATUS_INVALID_COLUMN_REFERENCE,
                "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list");
    }
    return OK;
}

static Status bind_aggregate_order(Binder *binder, const SyntaxFunction *function, AggregateCall *call) {
    if (call->spec.aggregate->kind != AGGREGATE_VALUES)
        return OK;
    call->spec.order_count = function->order_count;
    call->order = ARENA_ARRAY(binder->arena, Expression *, function->order_count + 2);
    call->spec.order = ARENA_ARRAY(binder->arena, SortKey, function->order_count + 2);
    for (int i = 0; i < function->order_count; i++) {
        if (function->is_within_group)
            call->order[i] = call->arguments[i];
        else
            TRY(bind_expression(binder, function->order_by[i].expression, &call->order[i]));
        TRY(refuse_set(binder, call->order[i], "aggregate"));
        TRY(coerce_unknown(binder, call->order[i], &call->order[i]));
        TRY(bind_sort_flags(binder, &function->order_by[i], &call->spec.order[i]));
        call->spec.order[i].column = i;
    }
    return OK;
}

/* A function packs the values; the aggregate over it has the name with a $ before it. */
static const struct {
    const char *aggregate, *function;
} packed_aggregates[] = {
    {"string_agg", "$delimited"},
    {"json_object_agg", "$json_member"},
    {"jsonb_object_agg", "$jsonb_member"},
};

Status bind_packed(
    Binder *binder, const Aggregate **aggregate, Expression **arguments, int *count, int position) {
    const Function *function = aggregate_function(*aggregate);
    const char *name = function->name;
    for (size_t i = 0; i < sizeof packed_aggregates / sizeof *packed_aggregates; i++) {
        bool is_packed = strcmp(packed_aggregates[i].aggregate, name) == 0 &&
                         (i > 0 || !expression_is_constant(arguments[1]));
        if (!is_packed)
            continue;
        Expression *value;
        TRY(bind_named_call(binder, packed_aggregates[i].function, arguments, 2, position, &value));
        *aggregate = aggregate_by_signature(arena_printf(binder->arena, "$%s(%s) -> %s", name,
            type_pg_name((TypeId)value->type.id), type_pg_name((TypeId)function->result.id)));
        *count = 1;
        arguments[0] = value;
    }
    return OK;
}

/* max_by(x, y): the first x in descending order of y, where there is one. What the call itself orders by
   breaks ties. */
static void order_by_second(Binder *binder, AggregateCall *call) {
    AggregateOrder order = call->spec.aggregate->order;
    if (order != AGGREGATE_BY_LEAST_SECOND && order != AGGREGATE_BY_GREATEST_SECOND)
        return;
    Expression *by = call->arguments[1];
    call->spec.argument_count = 1;
    call->filter =
        predicate_and(binder->arena, call->filter, make_boolean(binder, EXPRESSION_IS_NOT_NULL, by, NULL));
    for (int i = call->spec.order_count++; i > 0; i--) {
        call->order[i] = call->order[i - 1];
        call->spec.order[i] = call->spec.order[i - 1];
        call->spec.order[i].column = i;
    }
    call->order[0] = by;
    call->spec.order[0] = (SortKey){.is_descending = order == AGGREGATE_BY_GREATEST_SECOND};
}

/* mode() and percentiles are over an order, which nothing else has. */
static Status check_within_group(Binder *binder, const SyntaxExpression *syntax, const Aggregate *aggregate) {
    const char *name = aggregate_function(aggregate)->name;
    if (aggregate->order == AGGREGATE_WITHIN_GROUP && !syntax->function.is_within_group)
        return bind_error(binder, syntax->position, STATUS_WRONG_OBJECT_TYPE,
            "WITHIN GROUP is required for ordered-set aggregate %s", name);
    if (aggregate->order != AGGREGATE_WITHIN_GROUP && aggregate->order != AGGREGATE_MAYBE_WITHIN_GROUP &&
        syntax->function.is_within_group)
        return bind_error(binder, syntax->position, STATUS_WRONG_OBJECT_TYPE,
            "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", name);
    return OK;
}

/* inner: how many aggregates were bound before its arguments. */
Status bind_aggregate(Binder *binder, const SyntaxExpression *syntax, const Resolution *resolution,
    const Aggregate *aggregate, Expression **arguments, int count, int inner, Expression **out) {
    const SyntaxFunction *function = &syntax->function;
    AggregateCall *call = ARENA_NEW(binder->arena, AggregateCall);
    *call = (AggregateCall){.spec = {.aggregate = aggregate,
                                .argument_count = count,
                                .is_distinct = function->is_distinct,
                                .result_type = resolution->result},
        .position = syntax->position};
    TRY(bind_filter(binder, function, &call->filter));
    TRY(check_aggregate_place(binder, syntax, arguments, count, call));
    for (int i = 0; i < count && binder->plan->mode == PLAN_CONTINUOUS; i++) {
        const Expression *clock = expression_find(arguments[i], FUNCTION_CLOCK);
        if (clock != NULL)
            return refuse_clock(binder, clock->function, clock->position);
    }
    call->arguments = ARENA_ARRAY(binder->arena, Expression *, count + 1);
    for (int i = 0; i < count; i++)
        TRY(coerce(binder, arguments[i], resolution->arguments[i], COERCE_IMPLICIT, &call->arguments[i]));
    TRY(check_within_group(binder, syntax, aggregate));
    TRY(bind_packed(
        binder, &call->spec.aggregate, call->arguments, &call->spec.argument_count, call->position));
    if (count == 0 && !function->is_star && !function->is_distinct)
        return bind_error(binder, syntax->position, STATUS_WRONG_OBJECT_TYPE,
            "%s(*) must be used to call a parameterless aggregate function",
            aggregate_function(aggregate)->name);
    if (function->is_distinct && count == 0)
        return bind_error(binder, syntax->position, STATUS_SYNTAX_ERROR,
            "DISTINCT specified, but %s is not an aggregate function with arguments",
            aggregate_function(aggregate)->name);
    for (int i = 0; function->is_distinct && i < call->spec.argument_count; i++)
        TRY(check_equality(binder, call->arguments[i]->type, arguments[i]->position));
    TRY(bind_aggregate_order(binder, function, call));
    order_by_second(binder, call);
    TRY(check_distinct_order(binder, call, arguments));
    Scope *scope = (Scope *)call->scope;
    if (scope->aggregate_last > inner)
        return refuse_nested(binder, syntax->position); /* in a subquery within the arguments */
    scope->aggregate_last = ++binder->aggregate_count;
    /* min, max and their like don't see repetition. */
    if (aggregate->kind == AGGREGATE_FIRST || aggregate->kind == AGGREGATE_LAST)
        call->spec.is_distinct = false;
    *out = expression_of(binder->arena, EXPRESSION_AGGREGATE, resolution->result, 0, NULL);
    (*out)->planner = call;
    (*out)->position = syntax->position;
    return OK;
}
