/* Window calls: f(…) OVER (…), named windows, frames. */
#include <string.h>

#include "planner/bind/binder.h"

/* Functions that exist as window functions only; -1 as result: the first argument's type. */
static const struct {
    const char *name;
    int argument_min, argument_max;
    int result;       /* TypeId */
    int int_argument; /* index of an int4 argument, −1: none */
} window_functions[] = {
    {"row_number", 0, 0, TYPE_INT8, -1},
    {"rank", 0, 0, TYPE_INT8, -1},
    {"dense_rank", 0, 0, TYPE_INT8, -1},
    {"percent_rank", 0, 0, TYPE_FLOAT8, -1},
    {"cume_dist", 0, 0, TYPE_FLOAT8, -1},
    {"ntile", 1, 1, TYPE_INT4, 0},
    {"lag", 1, 3, -1, 1},
    {"lead", 1, 3, -1, 1},
    {"first_value", 1, 1, -1, -1},
    {"last_value", 1, 1, -1, -1},
    {"nth_value", 2, 2, -1, 1},
};

static int find_window_function(const char *name) {
    for (size_t i = 0; i < sizeof window_functions / sizeof *window_functions; i++)
        if (strcmp(window_functions[i].name, name) == 0)
            return (int)i;
    return -1;
}

bool is_window_function(const char *name) {
    return find_window_function(name) >= 0;
}

/* What exists as a window function only. */
static Status bind_own(Binder *binder, const Call *call, int index, WindowCall *made) {
    if (call->count < window_functions[index].argument_min ||
        call->count > window_functions[index].argument_max)
        return function_missing(binder, call, RESOLVE_NONE);
    for (int i = 0; i < call->count; i++) {
        Expression *argument = call->arguments[i], **to = &made->arguments[i];
        TRY(coerce_unknown(binder, argument, to));
        if (i == window_functions[index].int_argument)
            TRY(coerce(binder, argument, type_of(TYPE_INT4), COERCE_IMPLICIT, to));
        else if (i == 2)
            TRY(coerce(binder, argument, made->arguments[0]->type, COERCE_IMPLICIT, to));
    }
    made->spec.function = over_function_by_name(call->name);
    made->spec.result_type = window_functions[index].result < 0
                                 ? made->arguments[0]->type
                                 : type_of((TypeId)window_functions[index].result);
    return OK;
}

static Status bind_over_aggregate(Binder *binder, const Call *call, WindowCall *made) {
    Resolution resolution;
    ResolveResult result = resolve_call(binder, call, &resolution);
    if (result != RESOLVE_FOUND)
        return function_missing(binder, call, result);
    made->spec.aggregate = aggregate_by_signature(resolution.function->signature);
    if (made->spec.aggregate == NULL)
        return bind_error(binder, call->position, STATUS_WRONG_OBJECT_TYPE,
            "OVER specified, but %s is not a window function nor an aggregate function", call->name);
    for (int i = 0; i < call->count; i++)
        TRY(coerce(
            binder, call->arguments[i], resolution.arguments[i], COERCE_IMPLICIT, &made->arguments[i]));
    AggregateOrder order = made->spec.aggregate->order;
    if (order == AGGREGATE_BY_LEAST_SECOND || order == AGGREGATE_BY_GREATEST_SECOND)
        return bind_error(binder, call->position, STATUS_FEATURE_NOT_SUPPORTED,
            "%s is not supported as a window function", call->name);
    TRY(bind_packed(
        binder, &made->spec.aggregate, made->arguments, &made->spec.argument_count, call->position));
    made->spec.result_type = resolution.result;
    return OK;
}

static Status find_window(Binder *binder, const char *name, int position, const SyntaxWindow **window) {
    for (int i = 0; i < binder->scope->window_count; i++)
        if (strcmp(binder->scope->windows[i].name, name) == 0) {
            *window = &binder->scope->windows[i];
            return OK;
        }
    return bind_error(binder, position, STATUS_UNDEFINED_OBJECT, "window \"%s\" does not exist", name);
}

static Status bind_partition(Binder *binder, const SyntaxWindow *window, WindowCall *call) {
    call->partition_count = window->partition_count;
    call->partition = ARENA_ARRAY(binder->arena, Expression *, window->partition_count + 1);
    for (int i = 0; i < window->partition_count; i++) {
        TRY(bind_expression(binder, window->partition_by[i], &call->partition[i]));
        TRY(coerce_unknown(binder, call->partition[i], &call->partition[i]));
    }
    return OK;
}

static Status bind_order(Binder *binder, const SyntaxWindow *window, WindowCall *call) {
    call->order_count = window->order_count;
    call->order = ARENA_ARRAY(binder->arena, Expression *, window->order_count + 1);
    call->sort_keys = ARENA_ARRAY(binder->arena, SortKey, window->order_count + 1);
    for (int i = 0; i < window->order_count; i++) {
        TRY(bind_expression(binder, window->order_by[i].expression, &call->order[i]));
        TRY(coerce_unknown(binder, call->order[i], &call->order[i]));
        TRY(bind_sort_flags(binder, &window->order_by[i], &call->sort_keys[i]));
        call->sort_keys[i].column = i;
    }
    return OK;
}

static Status negative_offset(Binder *binder, bool is_range, const char *bound) {
    if (is_range)
        return bind_error(binder, -1, STATUS_INVALID_PRECEDING_OR_FOLLOWING_SIZE,
            "invalid preceding or following size in window function");
    return bind_error(binder, -1, STATUS_INVALID_PRECEDING_OR_FOLLOWING_SIZE,
        "frame %s offset must not be negative", bound);
}

/* The offset's constant value as `type`. */
static Status offset_value(Binder *binder, const SyntaxExpression *syntax, Expression *expression, Type type,
    const char *bound, Value *value) {
    TRY(coerce(binder, expression, type, COERCE_ASSIGNMENT, &expression));
    if (!expression_is_constant(expression))
        return bind_error(
            binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED, "frame offsets must be constants");
    TRY(expression_evaluate_constant(expression, binder->context->settings, binder->context->session,
        binder->arena, value, binder->error));
    if (value->is_null)
        return bind_error(binder, syntax->position, STATUS_NULL_VALUE_NOT_ALLOWED,
            "frame %s offset must not be null", bound);
    return OK;
}

/* What the sort key is compared with: the key itself, plus or minus the offset. */
static Status range_bound(Binder *binder, WindowCall *call, int side, const Value *offset) {
    Expression *key = call->order[0], *bound;
    Value zero = {.type = offset->type};
    TRY(datum_parse(zero.type, "0", 1, binder->context->settings, binder->arena, &zero.datum, binder->error));
    if (datum_compare(offset->type, &offset->datum, &zero.datum) < 0)
        return negative_offset(binder, true, "");
    bool is_before = (side == 0 ? call->start : call->end) == (int)SYNTAX_BOUND_PRECEDING;
    TRY(bind_operator(binder, is_before != call->sort_keys[0].is_descending ? "-" : "+", key,
        expression_constant(binder->arena, offset), key->position, &bound));
    if (call->bound_count == 0) {
        call->bound_count = 2;
        call->bounds = ARENA_ARRAY(binder->arena, Expression *, 2);
        call->bounds[0] = call->bounds[1] = key;
    }
    return coerce(binder, bound, key->type, COERCE_EXPLICIT, &call->bounds[side]);
}

/* Integers and times have their offset as a number; for other keys, and months, the bounds are columns. */
static Status range_offset(
    Binder *binder, const SyntaxExpression *syntax, Expression *expression, WindowCall *call, int side) {
    const char *bound = side == 0 ? "starting" : "ending";
    Type key = call->order[0]->type;
    char category = type_category(key);
    bool is_time = category == 'D' || category == 'T',
         is_float = key.id == TYPE_FLOAT4 || key.id == TYPE_FLOAT8;
    Type type = is_time                  ? type_of(TYPE_INTERVAL)
                : is_float               ? type_of(TYPE_FLOAT8)
                : key.id == TYPE_NUMERIC ? key
                                         : type_of(TYPE_INT8);
    Value value;
    type.modifier = -1;
    TRY(offset_value(binder, syntax, expression, type, bound, &value));
    if (type.id == TYPE_NUMERIC || is_float || (is_time && value.datum.interval.months != 0))
        return range_bound(binder, call, side, &value);
    int64_t *offset = side == 0 ? &call->start_offset : &call->end_offset;
    *offset = is_time ? value.datum.interval.days * INT64_C(86400000000) + value.datum.interval.microseconds
                      : value.datum.int8;
    return *offset < 0 ? negative_offset(binder, true, bound) : OK;
}

static Status frame_offset(
    Binder *binder, const SyntaxExpression *syntax, const SyntaxWindow *window, WindowCall *call, int side) {
    const char *bound = side == 0 ? "starting" : "ending";
    Expression *expression;
    Value value;
    if (syntax == NULL)
        return OK;
    TRY(bind_expression(binder, syntax, &expression));
    if (window->mode == SYNTAX_FRAME_RANGE && call->order_count != 1)
        return bind_error(binder, window->position, STATUS_WINDOWING_ERROR,
            "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column");
    if (window->mode == SYNTAX_FRAME_RANGE)
        return range_offset(binder, syntax, expression, call, side);
    TRY(offset_value(binder, syntax, expression, type_of(TYPE_INT8), bound, &value));
    int64_t *offset = side == 0 ? &call->start_offset : &call->end_offset;
    *offset = value.datum.int8;
    return *offset < 0 ? negative_offset(binder, false, bound) : OK;
}

/* One side has its bound as a column, the other a number: then that is a column too. */
static Status complete_bounds(Binder *binder, WindowCall *call) {
    int64_t offsets[] = {call->start_offset, call->end_offset};
    for (int side = 0; side < 2 && call->bound_count > 0; side++) {
        Value value = {.type = type_of(TYPE_INTERVAL), .datum.interval.microseconds = offsets[side]};
        if (offsets[side] > 0)
            TRY(range_bound(binder, call, side, &value));
    }
    return OK;
}

static Status bind_frame(Binder *binder, const SyntaxWindow *window, WindowCall *call) {
    call->frame_mode = (int)window->mode;
    call->start = (int)window->start;
    call->end = (int)window->end;
    call->exclude = (int)window->exclude;
    if (window->mode == SYNTAX_FRAME_GROUPS && call->order_count == 0)
        return bind_error(
            binder, window->position, STATUS_WINDOWING_ERROR, "GROUPS mode requires an ORDER BY clause");
    TRY(frame_offset(binder, window->start_offset, window, call, 0));
    TRY(frame_offset(binder, window->end_offset, window, call, 1));
    return complete_bounds(binder, call);
}

static Status bind_window(Binder *binder, const SyntaxWindow *window, WindowCall *call) {
    const SyntaxWindow *base = NULL;
    if (window->name != NULL) {
        TRY(find_window(binder, window->name, window->position, &window));
    }
    if (window->reference != NULL) {
        TRY(find_window(binder, window->reference, window->position, &base));
        if (window->partition_count > 0)
            return bind_error(binder, window->position, STATUS_WINDOWING_ERROR,
                "cannot override PARTITION BY clause of window \"%s\"", window->reference);
        if (window->order_count > 0 && base->order_count > 0)
            return bind_error(binder, window->position, STATUS_WINDOWING_ERROR,
                "cannot override ORDER BY clause of window \"%s\"", window->reference);
        if (base->has_frame)
            return bind_error(binder, window->position, STATUS_WINDOWING_ERROR,
                "cannot copy window \"%s\" because it has a frame clause", window->reference);
    }
    TRY(bind_partition(binder, base != NULL ? base : window, call));
    TRY(bind_order(binder, base != NULL && base->order_count > 0 ? base : window, call));
    return bind_frame(binder, window, call);
}

Status bind_window_call(Binder *binder, const Call *call, Expression **out) {
    const SyntaxFunction *function = &call->syntax->function;
    Clause clause = binder->scope->clause;
    if (function->over == NULL)
        return bind_error(binder, call->position, STATUS_WRONG_OBJECT_TYPE,
            "window function %s requires an OVER clause", call->name);
    if (clause != CLAUSE_TARGETS && clause != CLAUSE_ORDER_BY && clause != CLAUSE_DISTINCT_ON)
        return bind_error(binder, call->position, STATUS_WINDOWING_ERROR,
            "window functions are not allowed in %s", clause_name(clause));
    if (function->is_distinct)
        return bind_error(binder, call->position, STATUS_FEATURE_NOT_SUPPORTED,
            "DISTINCT is not implemented for window functions");
    if (function->is_within_group)
        return bind_error(binder, call->position, STATUS_FEATURE_NOT_SUPPORTED,
            "OVER is not supported for ordered-set aggregate %s", call->name);
    if (function->order_count > 0)
        return bind_error(binder, call->position, STATUS_FEATURE_NOT_SUPPORTED,
            "aggregate ORDER BY is not implemented for window functions");
    WindowCall *made = ARENA_NEW(binder->arena, WindowCall);
    *made = (WindowCall){.position = call->position,
        .spec.argument_count = call->count,
        .arguments = ARENA_ARRAY(binder->arena, Expression *, call->count + 1)};
    for (int i = 0; i < call->count; i++)
        TRY(refuse_set(binder, call->arguments[i], "window"));
    int own = find_window_function(call->name);
    TRY(own >= 0 ? bind_own(binder, call, own, made) : bind_over_aggregate(binder, call, made));
    binder->scope->clause = CLAUSE_FILTER;
    if (function->filter != NULL)
        TRY(bind_boolean(binder, function->filter, "FILTER", &made->filter));
    binder->scope->clause = CLAUSE_WINDOW;
    TRY(bind_window(binder, function->over, made));
    binder->scope->clause = clause;
    binder->scope->has_windows = true;
    *out = expression_of(binder->arena, EXPRESSION_WINDOW, made->spec.result_type, 0, NULL);
    (*out)->planner = made;
    (*out)->position = call->position;
    return OK;
}
