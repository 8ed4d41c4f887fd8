/* Functions in SQL: a call is replaced by the function's query, bound from its text where the arguments stand
   for the parameters. A body that is one expression becomes that expression, any other query a subquery of
   one row, or, in FROM, a derived table. */
#include <string.h>

#include "planner/bind/binder.h"
#include "planner/parse/build.h"

/* Choosing one */

/* The call's arguments by parameter, NULL where the default is taken; false when they don't fit. */
static bool place_arguments(const CatalogRelation *function, const SyntaxFunction *call,
    Expression *const *given, Expression **placed) {
    int count = function->function.argument_count;
    memset(placed, 0, sizeof(Expression *) * (size_t)count);
    for (int i = 0; i < call->argument_count; i++) {
        int place = i;
        for (place = call->arguments[i].name == NULL ? i : 0;
             call->arguments[i].name != NULL && place < count; place++)
            if (strcmp(function->columns[place].name, call->arguments[i].name) == 0)
                break;
        if (place >= count || placed[place] != NULL)
            return false;
        placed[place] = given[i];
    }
    for (int i = 0; i < count; i++)
        if (placed[i] == NULL && function->columns[i].default_value == NULL)
            return false;
    return true;
}

/* How many arguments have their parameter's type; −1: one of them can't be made so. */
static int exact_count(const CatalogRelation *function, Expression *const *placed) {
    int exact = 0;
    for (int i = 0; i < function->function.argument_count; i++) {
        if (placed[i] == NULL)
            continue;
        if (!can_coerce(placed[i]->type, function->columns[i].type, COERCE_IMPLICIT))
            return -1;
        exact += type_is_same(placed[i]->type, function->columns[i].type);
    }
    return exact;
}

static Status bind_defaults(Binder *binder, const CatalogRelation *function, Expression **placed) {
    for (int i = 0; i < function->function.argument_count; i++) {
        if (placed[i] == NULL)
            TRY(bind_relation_expression(binder->plan, function->columns[i].default_value, NULL,
                function->columns[i].type, &placed[i], binder->error));
        else
            TRY(coerce(binder, placed[i], function->columns[i].type, COERCE_IMPLICIT, &placed[i]));
    }
    return OK;
}

static void find_volatile(Expression *node, void *argument) {
    *(bool *)argument |= node->kind == EXPRESSION_CALL && node->function->flags & FUNCTION_VOLATILE;
}

/* A parameter may occur more than once in the body. */
static Status check_arguments(
    Binder *binder, const SyntaxExpression *syntax, const CatalogRelation *function, Expression **placed) {
    for (int i = 0; i < function->function.argument_count; i++) {
        bool is_volatile = false;
        expression_walk(placed[i], find_volatile, &is_volatile);
        if (is_volatile)
            return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED,
                "a volatile argument of function %s() is not supported", function->function.name);
    }
    return OK;
}

static Status choose(Binder *binder, const SyntaxExpression *syntax, const CatalogRelation **functions,
    int function_count, const CatalogRelation **chosen, Expression ***arguments) {
    const SyntaxFunction *call = &syntax->function;
    Expression **given = ARENA_ARRAY(binder->arena, Expression *, call->argument_count + 1);
    for (int i = 0; i < call->argument_count; i++)
        TRY(bind_expression(binder, call->arguments[i].expression, &given[i]));
    int best = -1;
    bool is_ambiguous = false;
    for (int i = 0; i < function_count; i++) {
        Expression **placed =
            ARENA_ARRAY(binder->arena, Expression *, functions[i]->function.argument_count + 1);
        int exact =
            place_arguments(functions[i], call, given, placed) ? exact_count(functions[i], placed) : -1;
        is_ambiguous = exact == best ? is_ambiguous || exact >= 0 : exact > best ? false : is_ambiguous;
        if (exact <= best)
            continue;
        best = exact;
        *chosen = functions[i];
        *arguments = placed;
    }
    if (best < 0 || is_ambiguous)
        return function_missing(binder,
            &(Call){functions[0]->function.name, syntax->position, given, call->argument_count},
            is_ambiguous ? RESOLVE_AMBIGUOUS : RESOLVE_NONE);
    note_name(binder, &call->name, call->name.position, MARK_OBJECT, *chosen);
    TRY(bind_defaults(binder, *chosen, *arguments));
    return check_arguments(binder, syntax, *chosen, *arguments);
}

/* Its body */

typedef struct Inside {
    Scope scope;
    Scope *outer;
    const char *sql;
    const CatalogRelation *view;
    const CatalogDefinition *definition;
    const ScopeItem *parameters;
} Inside;

/* From here on only the parameters are seen. */
static Status enter(Binder *binder, const CatalogRelation *function, Expression **arguments, Inside *inside) {
    if (++binder->view_depth > VIEW_DEPTH_MAX)
        return bind_error(binder, -1, STATUS_STATEMENT_TOO_COMPLEX, "stack depth limit exceeded");
    int count = function->function.argument_count;
    ScopeItem *item = ARENA_NEW(binder->arena, ScopeItem);
    *item = (ScopeItem){.alias = function->function.name,
        .column_count = count,
        .is_relation_visible = true,
        .are_columns_visible = true,
        .is_lateral_ok = true};
    item->columns = ARENA_ARRAY(binder->arena, ScopeColumn, count + 1);
    for (int i = 0; i < count; i++)
        item->columns[i] = (ScopeColumn){function->columns[i].name, arguments[i], false};
    Clause clause = binder->scope->clause;
    if (clause == CLAUSE_EXPRESSION || clause == CLAUSE_DEFAULT ||
        clause == CLAUSE_CHECK) /* nothing would keep the function from being dropped */
        return error_set(binder->error, STATUS_FEATURE_NOT_SUPPORTED,
            "function %s() in a default, a check constraint or a computed column is not supported",
            function->function.name);
    *inside = (Inside){.outer = binder->scope,
        .sql = binder->sql,
        .view = binder->context->catalog->view,
        .definition = binder->definition,
        .parameters = binder->parameters};
    inside->scope = (Scope){.clause = CLAUSE_TARGETS, .is_lateral_active = true};
    binder->scope = &inside->scope;
    scope_add(binder, item);
    binder->sql = NULL;
    binder->parameters = item;
    binder->context->catalog->view = function;
    binder->definition = function->definition;
    plan_add_dependency(binder->plan, function->id);
    return OK;
}

static void leave(Binder *binder, const Inside *inside) {
    binder->scope = inside->outer;
    binder->sql = inside->sql;
    binder->parameters = inside->parameters;
    binder->context->catalog->view = inside->view;
    binder->definition = inside->definition;
    binder->view_depth--;
}

static Status parse_body(Binder *binder, const CatalogRelation *function, SyntaxSelect **select) {
    SyntaxStatement **statements;
    int count;
    TRY(parse_statements(function->definition->text, strlen(function->definition->text), binder->arena,
        &statements, &count, binder->error));
    if (count != 1 || statements[0]->kind != SYNTAX_STATEMENT_SELECT)
        return error_set(binder->error, STATUS_FEATURE_NOT_SUPPORTED,
            "a function body that is not one query is not supported");
    *select = statements[0]->select;
    return OK;
}

static bool is_expression(const SyntaxSelect *select) {
    return select->kind == SYNTAX_SELECT && select->with == NULL && select->from_count == 0 &&
           select->where == NULL && select->group_count == 0 && select->having == NULL &&
           select->limit == NULL && select->offset == NULL && select->target_count == 1 &&
           !is_star(select->targets[0].expression);
}

static Status mismatch(const char *declared, const char *detail, const char *actual, Error *error) {
    error_set(error, STATUS_INVALID_FUNCTION_DEFINITION,
        "return type mismatch in function declared to return %s", declared);
    return error_detail(error, detail, actual);
}

static bool is_one_row(const LogicalNode *node) {
    while (node->type == &project_node)
        node = node->inputs[0];
    return node->type == &aggregate_node && node->aggregate.key_count == 0;
}

static void find_nested(Expression *node, void *argument) {
    *(bool *)argument |= node->kind == EXPRESSION_AGGREGATE || node->kind == EXPRESSION_WINDOW ||
                         node->kind == EXPRESSION_SUBQUERY;
}

/* The first row's only column. */
static Status bind_subquery(Binder *binder, const CatalogRelation *function, Expression **arguments,
    SyntaxSelect *select, Expression **out) {
    for (int i = 0; i < function->function.argument_count; i++) {
        bool is_nested = false;
        expression_walk(arguments[i], find_nested, &is_nested);
        if (is_nested)
            return error_set(binder->error, STATUS_FEATURE_NOT_SUPPORTED,
                "an aggregate, window function or subquery as argument of function %s(), which reads tables, "
                "is not supported",
                function->function.name);
    }
    if (select->kind == SYNTAX_SELECT && select->target_count != 1)
        return mismatch(type_text(binder->arena, function->columns[function->function.argument_count].type),
            "Final statement must return exactly %s column.", "one", binder->error);
    SyntaxExpression sublink = {
        .kind = SYNTAX_SUBLINK, .position = -1, .sublink = {.kind = SYNTAX_SUBLINK_SCALAR, .query = select}};
    TRY(bind_sublink(binder, &sublink, out));
    if (select->limit != NULL || is_one_row(((LogicalSubquery *)(*out)->planner)->plan))
        return OK;
    select->limit = syntax_integer(binder->arena, 1);
    return bind_sublink(binder, &sublink, out);
}

static Status bind_value(Binder *binder, const CatalogRelation *function, Expression **arguments,
    SyntaxSelect *select, Expression **out) {
    Type type = function->columns[function->function.argument_count].type;
    bool is_bound = false;
    if (is_expression(select)) {
        TRY(bind_expression(binder, select->targets[0].expression, out));
        is_bound = !binder->scope->has_aggregates && !binder->scope->has_windows && !binder->scope->has_sets;
    }
    if (!is_bound)
        TRY(bind_subquery(binder, function, arguments, select, out));
    if (!can_coerce((*out)->type, type, COERCE_ASSIGNMENT))
        return mismatch(type_text(binder->arena, type), "Actual return type is %s.",
            type_text(binder->arena, (*out)->type), binder->error);
    return coerce(binder, *out, type, COERCE_ASSIGNMENT, out);
}

/* All arguments that the query gives are there; NULL: there are none. */
static Expression *are_given(Binder *binder, const CatalogRelation *function, Expression **arguments) {
    Expression *all = NULL;
    for (int i = 0; i < function->function.argument_count; i++) {
        Expression *one = make_boolean(binder, EXPRESSION_IS_NOT_NULL,
            expression_rewrite(binder->arena, arguments[i], NULL, NULL), NULL);
        all = all == NULL ? one : make_boolean(binder, EXPRESSION_AND, all, one);
    }
    return all;
}

static Status inline_value(
    Binder *binder, const CatalogRelation *function, Expression **arguments, Expression **out) {
    Inside inside;
    SyntaxSelect *select;
    TRY(parse_body(binder, function, &select));
    TRY(enter(binder, function, arguments, &inside));
    TRY(bind_value(binder, function, arguments, select, out));
    leave(binder, &inside);
    Expression *given = function->function.is_strict ? are_given(binder, function, arguments) : NULL;
    if (given == NULL)
        return OK;
    Value null = value_null((*out)->type);
    Expression **parts = ARENA_ARRAY(binder->arena, Expression *, 3);
    parts[0] = given;
    parts[1] = *out;
    parts[2] = expression_constant(binder->arena, &null);
    *out = expression_of(binder->arena, EXPRESSION_CASE, (*out)->type, 3, parts);
    return OK;
}

static Status inline_rows(
    Binder *binder, const CatalogRelation *function, Expression **arguments, BoundQuery *query) {
    Inside inside;
    SyntaxSelect *select;
    int first = function->function.argument_count, count = function->column_count - first;
    TRY(parse_body(binder, function, &select));
    TRY(enter(binder, function, arguments, &inside));
    TRY(bind_query(binder, select, (QueryRequest){0}, query));
    leave(binder, &inside);
    const char *declared =
        function->function.is_table ? "record" : type_text(binder->arena, function->columns[first].type);
    if (query->count != count)
        return mismatch(declared, "Final statement returns too %s columns.",
            query->count > count ? "many" : "few", binder->error);
    Type *types = ARENA_ARRAY(binder->arena, Type, count + 1);
    for (int i = 0; i < count; i++) {
        types[i] = function->columns[first + i].type;
        Type actual = binder->plan->columns[query->columns[i]].type;
        if (!can_coerce(actual, types[i], COERCE_ASSIGNMENT))
            return mismatch(
                declared, "Final statement returns %s.", type_text(binder->arena, actual), binder->error);
    }
    TRY(coerce_query(binder, query, types, count, COERCE_ASSIGNMENT));
    query->names = ARENA_ARRAY(binder->arena, const char *, count + 1);
    for (int i = 0; i < count; i++)
        query->names[i] = function->columns[first + i].name;
    if (function->function.is_strict && first > 0)
        query->node = logical_filter(binder->plan, query->node, are_given(binder, function, arguments));
    return OK;
}

Status bind_sql_call(Binder *binder, const SyntaxExpression *syntax, const CatalogRelation **functions,
    int count, Expression **out) {
    const CatalogRelation *function;
    Expression **arguments;
    TRY(choose(binder, syntax, functions, count, &function, &arguments));
    if (function->function.is_set)
        return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED,
            "function %s(), which returns rows, is supported in FROM only", function->function.name);
    TRY(inline_value(binder, function, arguments, out));
    (*out)->position = syntax->position;
    return OK;
}

Status bind_sql_rows(
    Binder *binder, const SyntaxExpression *syntax, BoundQuery *query, const CatalogRelation **function) {
    int count = 0;
    *function = NULL;
    const CatalogRelation **functions =
        syntax->kind == SYNTAX_FUNCTION ? known_functions(binder, &syntax->function.name, &count) : NULL;
    bool is_any_set = false;
    for (int i = 0; i < count; i++)
        is_any_set |= functions[i]->function.is_set;
    if (!is_any_set)
        return OK;
    Expression **arguments;
    TRY(choose(binder, syntax, functions, count, function, &arguments));
    if ((*function)->function.is_set)
        return inline_rows(binder, *function, arguments, query);
    *function = NULL;
    return OK;
}

Status bind_function_body(Planning *plan, const CatalogRelation *function, Error *error) {
    Binder binder = binder_of(plan, error);
    binder.sql = NULL;
    Scope scope = {.clause = CLAUSE_TARGETS};
    binder.scope = &scope;
    Expression **arguments = ARENA_ARRAY(plan->arena, Expression *, function->function.argument_count + 1),
               *value;
    BoundQuery query;
    for (int i = 0; i < function->function.argument_count; i++) {
        Value null = value_null(function->columns[i].type);
        arguments[i] = expression_constant(plan->arena, &null);
    }
    return function->function.is_set ? inline_rows(&binder, function, arguments, &query)
                                     : inline_value(&binder, function, arguments, &value);
}
