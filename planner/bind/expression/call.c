/* Calls: functions, aggregates, casts written as functions, set-returning functions. */
#include <string.h>

#include "executor/functions/set.h"
#include "planner/bind/binder.h"
#include "planner/logical/predicate.h"

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
    [CLAUSE_AGGREGATE] = "aggregates",
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

static const char *function_name_text(Binder *binder, const SyntaxName *name) {
    const char *text = name->parts[0];
    for (int i = 1; i < name->part_count; i++)
        text = arena_printf(binder->arena, "%s.%s", text, name->parts[i]);
    return text;
}

bool call_is_set(const Expression *expression) {
    return expression->kind == EXPRESSION_CALL && expression->function->is_set;
}

bool has_set(const Expression *expression) {
    bool is_found = call_is_set(expression);
    for (int i = 0; i < expression->argument_count && !is_found; i++)
        is_found = has_set(expression->arguments[i]);
    return is_found;
}

Status refuse_set(Binder *binder, const Expression *argument, const char *kind) {
    if (!has_set(argument))
        return OK;
    return bind_error(binder, expression_location(argument, -1), STATUS_FEATURE_NOT_SUPPORTED,
        "%s function calls cannot contain set-returning function calls", kind);
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

static Status nested(Binder *binder, int position) {
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

Status check_aggregate_place(Binder *binder, const SyntaxExpression *syntax, Expression *const *arguments,
    int count, AggregateCall *call) {
    Scope *scope = aggregate_scope(binder, arguments, count, call->filter);
    Clause clause = scope->clause;
    for (int i = 0; i < count; i++) {
        int position;
        if (contains(binder, arguments[i], EXPRESSION_AGGREGATE, &position))
            return nested(binder, position);
        if (contains(binder, arguments[i], EXPRESSION_WINDOW, &position))
            return bind_error(binder, position, STATUS_GROUPING_ERROR,
                "aggregate function calls cannot contain window function calls");
        TRY(refuse_set(binder, arguments[i], "aggregate"));
    }
    if (!clause_allows_aggregate(clause))
        return bind_error(binder, syntax->position, STATUS_GROUPING_ERROR,
            "aggregate functions are not allowed in %s", clause_names[clause]);
    scope->has_aggregates = true;
    call->scope = scope;
    return OK;
}

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

/* Time would pass without the group's being counted anew. */
static Status clock_in_aggregate(Binder *binder, const Function *function, int position) {
    return bind_error(binder, position, STATUS_FEATURE_NOT_SUPPORTED,
        "%s() is not supported in an aggregate of a continuous query", function->name);
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
static Status bind_aggregate(Binder *binder, const SyntaxExpression *syntax, const Resolution *resolution,
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
            return clock_in_aggregate(binder, clock->function, clock->position);
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
        return nested(binder, syntax->position); /* in a subquery within the arguments */
    scope->aggregate_last = ++binder->aggregate_count;
    /* min, max and their like don't see repetition. */
    if (aggregate->kind == AGGREGATE_FIRST || aggregate->kind == AGGREGATE_LAST)
        call->spec.is_distinct = false;
    *out = expression_of(binder->arena, EXPRESSION_AGGREGATE, resolution->result, 0, NULL);
    (*out)->planner = call;
    (*out)->position = syntax->position;
    return OK;
}

/* Functions whose arguments may be named, with those that may be left out between others: they are 0 then. */
static const struct {
    const char *function;
    bool has_zeros;
    const char *parameters[8];
} named_functions[] = {
    {"make_interval", true, {"years", "months", "weeks", "days", "hours", "mins", "secs"}},
    {"make_date", false, {"year", "month", "day"}},
    {"make_time", false, {"hour", "min", "sec"}},
    {"make_timestamp", false, {"year", "month", "mday", "hour", "min", "sec"}},
    {"make_timestamptz", false, {"year", "month", "mday", "hour", "min", "sec", "timezone"}},
    {"jsonb_set", false, {"jsonb_in", "path", "replacement", "create_if_missing"}},
    {"jsonb_set_lax", false,
        {"jsonb_in", "path", "replacement", "create_if_missing", "null_value_treatment"}},
    {"jsonb_insert", false, {"jsonb_in", "path", "replacement", "insert_after"}},
    {"jsonb_path_exists", false, {"target", "path", "vars", "silent"}},
    {"jsonb_path_match", false, {"target", "path", "vars", "silent"}},
    {"jsonb_path_query", false, {"target", "path", "vars", "silent"}},
    {"jsonb_path_query_array", false, {"target", "path", "vars", "silent"}},
    {"jsonb_path_query_first", false, {"target", "path", "vars", "silent"}},
    {"parse_ident", false, {"str", "strict"}},
};

static int parameter_place(const char *function, const char *parameter, bool *has_zeros) {
    for (size_t f = 0; f < sizeof named_functions / sizeof *named_functions; f++)
        for (int i = 0; strcmp(named_functions[f].function, function) == 0 && i < 8 &&
                        named_functions[f].parameters[i] != NULL;
             i++)
            if (strcmp(named_functions[f].parameters[i], parameter) == 0) {
                *has_zeros = named_functions[f].has_zeros;
                return i;
            }
    return -1;
}

static Status named_missing(Binder *binder, const SyntaxExpression *syntax, Expression *const *bound) {
    const SyntaxFunction *function = &syntax->function;
    Text list = {0};
    for (int i = 0; i < function->argument_count; i++) {
        text_add_string(&list, i > 0 ? ", " : "");
        if (function->arguments[i].name != NULL)
            text_printf(&list, "%s => ", function->arguments[i].name);
        text_add_string(&list, type_text(binder->arena, bound[i]->type));
    }
    bind_error(binder, syntax->position, STATUS_UNDEFINED_FUNCTION, "function %s(%s) does not exist",
        function_name_text(binder, &function->name), text_string(&list));
    text_free(&list);
    return error_hint(binder->error,
        "No function matches the given name and argument types. You might need to add explicit type casts.");
}

/* f(a, name => b): put in the order of the parameters. */
static Status bind_named_arguments(
    Binder *binder, const SyntaxExpression *syntax, Expression ***arguments, int *count) {
    const SyntaxFunction *function = &syntax->function;
    const char *name = function->name.parts[function->name.part_count - 1];
    Expression *bound[function->argument_count + 1], *placed[8] = {NULL};
    bool has_zeros = false, is_known = true;
    *count = 0;
    for (int i = 0; i < function->argument_count; i++) {
        const char *parameter = function->arguments[i].name;
        TRY(bind_expression(binder, function->arguments[i].expression, &bound[i]));
        int place = parameter == NULL ? i : parameter_place(name, parameter, &has_zeros);
        for (int j = 0; j < i && parameter != NULL; j++)
            if (function->arguments[j].name != NULL && strcmp(function->arguments[j].name, parameter) == 0)
                return bind_error(binder, syntax->position, STATUS_SYNTAX_ERROR,
                    "argument name \"%s\" used more than once", parameter);
        is_known &= place >= 0 && place < 8 && placed[place] == NULL;
        if (!is_known)
            continue;
        placed[place] = bound[i];
        *count = place >= *count ? place + 1 : *count;
    }
    Value zero = {.type = type_of(TYPE_INT4)};
    *arguments = ARENA_ARRAY(binder->arena, Expression *, *count + 1);
    for (int i = 0; i < *count && is_known; i++) {
        is_known = placed[i] != NULL || has_zeros;
        (*arguments)[i] = placed[i] != NULL ? placed[i] : expression_constant(binder->arena, &zero);
    }
    return is_known ? OK : named_missing(binder, syntax, bound);
}

/* A parameter of type void is not there: JDBC says so of the results of {? = call f(…)}. */
static void drop_void(Expression **arguments, int *count) {
    int kept = 0;
    for (int i = 0; i < *count; i++)
        if (arguments[i]->type.id != TYPE_VOID ||
            (arguments[i]->kind != EXPRESSION_CONSTANT && arguments[i]->kind != EXPRESSION_PARAMETER))
            arguments[kept++] = arguments[i];
    *count = kept;
}

static Status bind_arguments(
    Binder *binder, const SyntaxExpression *syntax, Expression ***arguments, int *count) {
    const SyntaxFunction *function = &syntax->function;
    int ordered = function->is_within_group ? function->order_count : 0;
    *count = function->argument_count + ordered;
    if (*count > 100)
        return bind_error(binder, syntax->position, STATUS_TOO_MANY_ARGUMENTS,
            "cannot pass more than 100 arguments to a function");
    *arguments = ARENA_ARRAY(binder->arena, Expression *, *count + 1);
    if (function->argument_count > 0 && function->arguments[function->argument_count - 1].name != NULL)
        return bind_named_arguments(binder, syntax, arguments, count);
    for (int i = 0; i < ordered; i++)
        TRY(bind_expression(binder, function->order_by[i].expression, &(*arguments)[i]));
    for (int i = 0; i < function->argument_count; i++) {
        TRY(bind_expression(binder, function->arguments[i].expression, &(*arguments)[ordered + i]));
        TRY(coerce_vector(binder, (*arguments)[ordered + i], &(*arguments)[ordered + i]));
    }
    drop_void(*arguments, count);
    return OK;
}

/* int4('5'), text(x): a type's name as a function of one argument. */
static Status bind_function_cast(Binder *binder, const char *name, Expression *argument, Expression **out) {
    TypeId id = type_by_name(name);
    *out = NULL;
    if (id == TYPE_UNKNOWN || !can_coerce(argument->type, type_of(id), COERCE_EXPLICIT))
        return OK;
    return coerce(binder, argument, type_of(id), COERCE_EXPLICIT, out);
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

Status check_continuous(Binder *binder, const Function *function, int position) {
    if (binder->plan->mode != PLAN_CONTINUOUS)
        return OK;
    /* Elsewhere the rule "clocks" judges, when all is in its place. */
    if (function->flags & FUNCTION_CLOCK && binder->scope->clause == CLAUSE_FILTER)
        return clock_in_aggregate(binder, function, position);
    if (function->flags & FUNCTION_VOLATILE)
        return bind_error(binder, position, STATUS_FEATURE_NOT_SUPPORTED,
            "volatile function %s() is not supported in a continuous query", function->name);
    if (function->flags & FUNCTION_CATALOG)
        return bind_error(binder, position, STATUS_FEATURE_NOT_SUPPORTED,
            "function %s() reads the catalog and is not supported in a continuous query", function->name);
    return OK;
}

static Status check_set_place(Binder *binder, const Function *function, bool is_allowed, int position) {
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

/* What is known of the rows that a call returns; those of json_to_record are told by a column definition list
   only. */
static Status find_row_type(Binder *binder, Expression *call) {
    const Function *function = call->function;
    Type argument = call->argument_count > 0 ? call->arguments[0]->type : type_of(TYPE_UNKNOWN);
    if (function->meaning == MEANING_POPULATE_RECORD && (argument.id != TYPE_RECORD || argument.is_array))
        return bind_error(
            binder, -1, STATUS_DATATYPE_MISMATCH, "first argument of %s must be a row type", function->name);
    if (function->result.id != TYPE_RECORD || !function->is_set)
        return OK;
    Type arguments[8], types[8];
    const char *names[8];
    for (int i = 0; i < call->argument_count && i < 8; i++)
        arguments[i] = call->arguments[i]->type;
    const SetFunction *set = set_function_find(function->signature, arguments, call->argument_count);
    if (!set_function_is_table(set))
        return OK;
    TypeDefinition row = {.names = names, .types = types};
    row.count = set_function_columns(set, arguments, call->argument_count, binder->arena, names, types);
    call->type = type_of_definition(type_define(&row));
    return OK;
}

static Status bind_plain(Binder *binder, const SyntaxExpression *syntax, const char *name,
    const Resolution *resolution, Expression **arguments, int count, bool allows_set, Expression **out) {
    TRY(check_plain_call(binder, syntax, name));
    TRY(check_continuous(binder, resolution->function, syntax->position));
    TRY(check_set_place(binder, resolution->function, allows_set, syntax->position));
    for (int i = 0; i < count; i++)
        TRY(coerce(binder, arguments[i], resolution->arguments[i], COERCE_IMPLICIT, &arguments[i]));
    *out = expression_call(binder->arena, resolution->function, resolution->result, count, arguments);
    (*out)->position = syntax->position;
    return find_row_type(binder, *out);
}

static Status check_schema(Binder *binder, const SyntaxExpression *syntax) {
    const SyntaxName *name = &syntax->function.name;
    if (name->part_count < 2 || strcmp(name->parts[name->part_count - 2], "pg_catalog") == 0)
        return OK;
    const char *schema = name->parts[name->part_count - 2];
    if (!binder->context->catalog->schema_exists(binder->context->catalog, schema))
        return bind_error(
            binder, syntax->position, STATUS_INVALID_SCHEMA_NAME, "schema \"%s\" does not exist", schema);
    return OK;
}

/* (start, interval) is (start, start + interval). */
static Status bind_period_ends(
    Binder *binder, const SyntaxExpression *syntax, Expression **arguments, int count) {
    for (int i = 1; i < count; i += 2)
        if (type_is_same(arguments[i]->type, type_of(TYPE_INTERVAL)) &&
            !type_is_same(arguments[i - 1]->type, arguments[i]->type))
            TRY(bind_operator(binder, "+", arguments[i - 1], arguments[i], syntax->position, &arguments[i]));
    for (int i = 0; i < count; i++)
        if (type_is_same(arguments[i]->type, type_of(TYPE_DATE)))
            TRY(coerce(binder, arguments[i], type_of(TYPE_TIMESTAMP), COERCE_IMPLICIT, &arguments[i]));
    return OK;
}

/* The variadic function that takes the arguments, the last of them an array for all that repeats; NULL: none.
 */
static const Function *find_variadic(const char *name, Expression *const *arguments, int count) {
    int total;
    const Function *const *functions = functions_named(name, &total);
    for (int i = 0; i < total; i++) {
        const Function *function = functions[i];
        bool fits = function->is_variadic && function->kernel != NULL && function->argument_count == count;
        for (int a = 0; a < count - 1 && fits; a++)
            fits = can_coerce(arguments[a]->type, function->arguments[a], COERCE_IMPLICIT);
        Type last = fits ? function->arguments[count - 1] : type_of(TYPE_ANY),
             given = arguments[count - 1]->type;
        if (fits && (last.id == TYPE_ANY || can_coerce(given, type_array(last), COERCE_IMPLICIT)))
            return function;
    }
    return NULL;
}

static Status bind_variadic(Binder *binder, const SyntaxExpression *syntax, const char *name,
    Expression **arguments, int count, Expression **out) {
    TRY(check_plain_call(binder, syntax, name));
    const Function *function = find_variadic(name, arguments, count);
    if (function == NULL)
        return function_missing(binder, name, arguments, count, syntax->position, RESOLVE_NONE);
    bool takes_any = function->arguments[count - 1].id == TYPE_ANY;
    if (takes_any && !arguments[count - 1]->type.is_array)
        return bind_error(binder, expression_location(arguments[count - 1], -1), STATUS_DATATYPE_MISMATCH,
            "VARIADIC argument must be an array");
    Value signature = {.type = type_of(TYPE_TEXT),
        .datum.view = view_of(function->signature, (uint32_t)strlen(function->signature))};
    Expression **all = ARENA_ARRAY(binder->arena, Expression *, count + 1);
    all[0] = expression_constant(binder->arena, &signature);
    for (int i = 0; i < count; i++) {
        Type type = i == count - 1 ? type_array(function->arguments[i]) : function->arguments[i];
        all[i + 1] = arguments[i];
        if (i < count - 1 || !takes_any)
            TRY(coerce(binder, arguments[i], type, COERCE_IMPLICIT, &all[i + 1]));
    }
    *out = expression_call(binder->arena, function_by_signature("$variadic(text, any...) -> any"),
        function->result, count + 1, all);
    (*out)->position = syntax->position;
    return OK;
}

Status bind_call(Binder *binder, const SyntaxExpression *syntax, bool allows_set, Expression **out) {
    const SyntaxFunction *function = &syntax->function;
    const char *name = function->name.parts[function->name.part_count - 1];
    TRY(find_group_window(binder, function, out));
    if (*out != NULL)
        return OK;
    TRY(check_schema(binder, syntax));
    int builtin_count, made_count;
    functions_named(name, &builtin_count);
    const CatalogRelation **made = known_functions(binder, &function->name, &made_count);
    if (made_count == 0) {
        TRY(foreign_rewrite(binder, &syntax, builtin_count > 0));
        function = &syntax->function;
        name = function->name.parts[function->name.part_count - 1];
    }
    if (made_count > 0 && (builtin_count == 0 || function->name.part_count > 1)) {
        TRY(check_plain_call(binder, syntax, name));
        return bind_sql_call(binder, syntax, made, made_count, out);
    }
    Expression **arguments = NULL;
    int count = 0, aggregates = binder->aggregate_count;
    TRY(bind_arguments(binder, syntax, &arguments, &count));
    if (function->over == NULL && function->is_within_group && is_hypothetical(name))
        return bind_hypothetical(binder, syntax, arguments, count, out);
    bool is_ordered_place = function->over == NULL && function->order_count > 0 &&
                            (strcmp(name, "first_value") == 0 || strcmp(name, "last_value") == 0);
    if (function->over != NULL || (is_window_function(name) && !is_ordered_place))
        return bind_window_call(binder, syntax, arguments, count, out);
    if (function->is_special && strcmp(name, "overlaps") == 0)
        TRY(bind_period_ends(binder, syntax, arguments, count));
    if (function->is_variadic)
        return bind_variadic(binder, syntax, name, arguments, count, out);
    Type *types = ARENA_ARRAY(binder->arena, Type, count + 1);
    for (int i = 0; i < count; i++)
        types[i] = arguments[i]->type;
    Resolution resolution;
    const char *schema =
        function->name.part_count > 1 ? function->name.parts[function->name.part_count - 2] : "pg_catalog";
    bool is_foreign =
        strcmp(schema, strncmp(name, "_pg_", 4) == 0 ? "information_schema" : "pg_catalog") != 0;
    ResolveResult result =
        is_foreign ? RESOLVE_NONE : resolve_function(binder, name, types, count, false, &resolution);
    if (result == RESOLVE_NONE && count == 1 && !is_foreign) {
        TRY(bind_function_cast(binder, name, arguments[0], out));
        if (*out != NULL)
            return OK;
    }
    if (result == RESOLVE_NONE && made_count > 0) {
        TRY(check_plain_call(binder, syntax, name));
        return bind_sql_call(binder, syntax, made, made_count, out);
    }
    if (result == RESOLVE_NONE) {
        TRY(bind_foreign_call(binder, syntax, arguments, count, out));
        if (*out != NULL)
            return OK;
    }
    if (result != RESOLVE_FOUND)
        return function_missing(
            binder, function_name_text(binder, &function->name), arguments, count, syntax->position, result);
    const Aggregate *aggregate =
        resolution.function->kernel == NULL ? aggregate_by_signature(resolution.function->signature) : NULL;
    if (aggregate != NULL)
        return bind_aggregate(binder, syntax, &resolution, aggregate, arguments, count, aggregates, out);
    return bind_plain(binder, syntax, name, &resolution, arguments, count, allows_set, out);
}
