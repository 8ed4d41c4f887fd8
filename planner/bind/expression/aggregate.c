/* Calls of aggregates: their FILTER, their order, what several arguments a row become. */
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

Status bind_packed(
    Binder *binder, const Aggregate **aggregate, Expression **arguments, int *count, int position) {
    const Aggregate *whole = *aggregate;
    if (whole->packing == NULL || (whole->takes_constant && expression_is_constant(arguments[1])))
        return OK;
    const Function *function = aggregate_function(whole);
    TRY(bind_named_call(binder, &(Call){whole->packing, position, arguments, 2}, &arguments[0]));
    *aggregate = aggregate_by_signature(arena_printf(binder->arena, "$%s(%s) -> %s", function->name,
        type_pg_name((TypeId)arguments[0]->type.id), type_pg_name((TypeId)function->result.id)));
    *count = 1;
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

static Status check_within_group(Binder *binder, const Call *call, const Aggregate *aggregate) {
    bool is_within = call->syntax->function.is_within_group;
    if (aggregate->order == AGGREGATE_WITHIN_GROUP && !is_within)
        return bind_error(binder, call->position, STATUS_WRONG_OBJECT_TYPE,
            "WITHIN GROUP is required for ordered-set aggregate %s", call->name);
    if (aggregate->order != AGGREGATE_WITHIN_GROUP && aggregate->order != AGGREGATE_MAYBE_WITHIN_GROUP &&
        is_within)
        return bind_error(binder, call->position, STATUS_WRONG_OBJECT_TYPE,
            "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", call->name);
    return OK;
}

/* * and DISTINCT go with what the aggregate takes. */
static Status check_star(Binder *binder, const Call *call) {
    const SyntaxFunction *function = &call->syntax->function;
    if (call->count == 0 && !function->is_star && !function->is_distinct)
        return bind_error(binder, call->position, STATUS_WRONG_OBJECT_TYPE,
            "%s(*) must be used to call a parameterless aggregate function", call->name);
    if (function->is_distinct && call->count == 0)
        return bind_error(binder, call->position, STATUS_SYNTAX_ERROR,
            "DISTINCT specified, but %s is not an aggregate function with arguments", call->name);
    return OK;
}

static Status refuse_clocks(Binder *binder, const Call *call) {
    for (int i = 0; i < call->count && binder->plan->mode == PLAN_CONTINUOUS; i++) {
        const Expression *clock = expression_find(call->arguments[i], FUNCTION_CLOCK);
        if (clock != NULL)
            return refuse_clock(binder, clock->function, clock->position);
    }
    return OK;
}

/* Counts it for its query, unless a subquery within its arguments has one of the same query. */
static Status count_in_scope(Binder *binder, const Call *call, const AggregateCall *aggregate) {
    Scope *scope = (Scope *)aggregate->scope;
    if (scope->aggregate_last > call->inner)
        return refuse_nested(binder, call->position);
    scope->aggregate_last = ++binder->aggregate_count;
    return OK;
}

Status bind_aggregate(Binder *binder, const Call *call, const Resolution *resolution, Expression **out) {
    const SyntaxFunction *function = &call->syntax->function;
    const Aggregate *aggregate = aggregate_by_signature(resolution->function->signature);
    AggregateCall *made = ARENA_NEW(binder->arena, AggregateCall);
    *made = (AggregateCall){.spec = {.aggregate = aggregate,
                                .argument_count = call->count,
                                .is_distinct = function->is_distinct,
                                .result_type = resolution->result},
        .arguments = ARENA_ARRAY(binder->arena, Expression *, call->count + 1),
        .position = call->position};
    TRY(bind_filter(binder, function, &made->filter));
    TRY(check_aggregate_place(binder, call, made));
    TRY(refuse_clocks(binder, call));
    for (int i = 0; i < call->count; i++)
        TRY(coerce(
            binder, call->arguments[i], resolution->arguments[i], COERCE_IMPLICIT, &made->arguments[i]));
    TRY(check_within_group(binder, call, aggregate));
    TRY(bind_packed(
        binder, &made->spec.aggregate, made->arguments, &made->spec.argument_count, made->position));
    TRY(check_star(binder, call));
    for (int i = 0; function->is_distinct && i < made->spec.argument_count; i++)
        TRY(check_equality(binder, made->arguments[i]->type, call->arguments[i]->position));
    TRY(bind_aggregate_order(binder, function, made));
    order_by_second(binder, made);
    TRY(check_distinct_order(binder, made, call->arguments));
    TRY(count_in_scope(binder, call, made));
    /* min, max and their like don't see repetition. */
    if (aggregate->kind == AGGREGATE_FIRST || aggregate->kind == AGGREGATE_LAST)
        made->spec.is_distinct = false;
    *out = expression_of(binder->arena, EXPRESSION_AGGREGATE, resolution->result, 0, NULL);
    (*out)->planner = made;
    (*out)->position = call->position;
    return OK;
}
