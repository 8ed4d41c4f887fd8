/* Functions in FROM: ROWS FROM, WITH ORDINALITY, column definition lists. */
#include <string.h>

#include "executor/functions/set.h"
#include "planner/bind/binder.h"

/* A column definition list says what the rows are that a function returns of which nothing else is known. */
static Status define_rows(Binder *binder, const SyntaxTable *table, Expression *call) {
    int count = table->function.column_count;
    if (count == 0 && type_is_generic(call->type) && call->type.id == TYPE_RECORD)
        return bind_error(binder, table->position, STATUS_SYNTAX_ERROR,
            "a column definition list is required for functions returning \"record\"");
    if (count == 0)
        return OK;
    if (call->function == NULL || call->function->result.id != TYPE_RECORD)
        return bind_error(binder, table->position, STATUS_SYNTAX_ERROR,
            "a column definition list is only allowed for functions returning \"record\"");
    if (is_record(call->type))
        return bind_error(binder, table->position, STATUS_SYNTAX_ERROR,
            "a column definition list is redundant for a function with OUT parameters");
    const char **names = ARENA_ARRAY(binder->arena, const char *, count);
    Type *types = ARENA_ARRAY(binder->arena, Type, count);
    for (int i = 0; i < count; i++) {
        names[i] = table->function.columns[i].name;
        TRY(bind_type(binder, table->function.columns[i].type, &types[i]));
    }
    call->type =
        type_of_definition(type_define(&(TypeDefinition){.count = count, .names = names, .types = types}));
    return check_definition(binder, call->type.definition, table->position);
}

/* Whether the set function itself makes the columns of its rows. */
static bool makes_columns(const Expression *call) {
    return call_is_set(call) && call->function->result.id == TYPE_RECORD &&
           set_function_is_table(set_function_find(call->function->signature,
               (const Type[]){call->argument_count > 0 ? call->arguments[0]->type : type_of(TYPE_UNKNOWN)},
               call->argument_count));
}

/* The columns of one call behind those of the calls before it. */
static void function_columns(
    Binder *binder, const Expression *call, const char *single_name, LogicalNode *node, const char ***names) {
    const TypeDefinition *row = makes_columns(call) ? call->type.definition : NULL;
    for (int i = 0; i < (row == NULL ? 1 : row->count); i++) {
        const char *name = row == NULL ? single_name : row->names[i];
        int name_count = node->column_count;
        ARENA_APPEND(binder->arena, *names, name_count, name);
        ARENA_APPEND(binder->arena, node->columns, node->column_count,
            plan_column_add(binder->plan, name, row == NULL ? call->type : row->types[i]));
    }
}

/* A column that is a row becomes its fields. */
static void expand_rows(Binder *binder, LogicalNode **node, const char ***names) {
    Expression **expressions = NULL;
    const char **expanded = NULL;
    int count = 0;
    bool is_any = false;
    for (int i = 0; i < (*node)->column_count; i++) {
        Expression *column = plan_column(binder->plan, (*node)->columns[i]);
        bool is_row = is_record(column->type);
        is_any |= is_row;
        for (int f = 0; f < (is_row ? column->type.definition->count : 1); f++) {
            int name_count = count;
            ARENA_APPEND(binder->arena, expanded, name_count,
                is_row ? column->type.definition->names[f] : (*names)[i]);
            ARENA_APPEND(
                binder->arena, expressions, count, is_row ? record_field(binder, column, f) : column);
        }
    }
    if (!is_any)
        return;
    *node = logical_project(binder->plan, *node, count, expressions, expanded);
    *names = expanded;
}

static void add_ordinality(Binder *binder, LogicalNode *node, const char ***names) {
    int name_count = node->column_count;
    ARENA_APPEND(binder->arena, *names, name_count, "ordinality");
    ARENA_APPEND(binder->arena, node->columns, node->column_count,
        plan_column_add(binder->plan, "ordinality", type_of(TYPE_INT8)));
}

static bool is_unnest(const SyntaxExpression *function) {
    return function->kind == SYNTAX_FUNCTION && function->function.argument_count > 1 &&
           strcmp(function->function.name.parts[function->function.name.part_count - 1], "unnest") == 0;
}

/* ROWS FROM (f(…), g(…)), where unnest(a, b) is unnest(a), unnest(b). */
static SyntaxExpression **single_functions(Binder *binder, const SyntaxTable *table, int *count) {
    SyntaxExpression **functions = NULL;
    *count = 0;
    for (int f = 0; f < table->function.function_count; f++) {
        SyntaxExpression *function = table->function.functions[f];
        int parts = is_unnest(function) ? function->function.argument_count : 1;
        for (int i = 0; i < parts; i++) {
            SyntaxExpression *part = ARENA_NEW(binder->arena, SyntaxExpression);
            *part = *function;
            if (parts > 1) {
                part->function.arguments = function->function.arguments + i;
                part->function.argument_count = 1;
            }
            ARENA_APPEND(binder->arena, functions, *count, part);
        }
    }
    return functions;
}

/* Functions that run in step, the shorter ones' columns padded with NULL. */
typedef struct RowsFrom {
    SyntaxExpression *const *functions;
    Expression *const *calls; /* those, bound */
    int count;
} RowsFrom;

static Status bind_functions(
    Binder *binder, const SyntaxTable *table, const RowsFrom *from, LogicalNode *node, const char ***names) {
    int count = from->count;
    for (int f = 0; f < count; f++) {
        const Expression *call = from->calls[f];
        if (!call_is_set(call))
            return bind_error(binder, table->position, STATUS_FEATURE_NOT_SUPPORTED,
                "ROWS FROM with a function that returns one row is not supported");
        if (count > 1 && table->function.column_count > 0)
            return bind_error(binder, table->position, STATUS_SYNTAX_ERROR,
                "ROWS FROM() with multiple functions cannot have a column definition list");
        const char *before = node->table_function.function, *single = target_name(from->functions[f]);
        node->table_function.function =
            before == NULL ? call->function->signature
                           : arena_printf(binder->arena, "%s;%s", before, call->function->signature);
        for (int i = 0; i < call->argument_count; i++)
            ARENA_APPEND(binder->arena, node->table_function.arguments, node->table_function.argument_count,
                call->arguments[i]);
        function_columns(
            binder, call, count == 1 && table->alias != NULL ? table->alias->name : single, node, names);
    }
    if (table->function.has_ordinality)
        add_ordinality(binder, node, names);
    node->table_function.with_ordinality = table->function.has_ordinality;
    node->own_count = node->column_count;
    return OK;
}

/* Subqueries in the arguments: the function reads the row they make. */
static Status attach_arguments(Binder *binder, LogicalNode **node) {
    LogicalNode *function = *node, *row = single_empty_row(binder), *empty = row;
    int count = function->own_count;
    TRY(attach_expressions(
        binder, &row, function->table_function.arguments, function->table_function.argument_count));
    if (row == empty)
        return OK;
    int *own = (int *)arena_copy(binder->arena, (const char *)function->columns, (size_t)count * sizeof *own);
    function->inputs = ARENA_ARRAY(binder->arena, LogicalNode *, 1);
    function->inputs[0] = row;
    function->input_count = 1;
    logical_refresh(binder->plan, function);
    *node = logical_pick(binder->plan, function, own, count);
    return OK;
}

/* A function in SQL that returns rows is a derived table. */
static Status bind_made_function(
    Binder *binder, const SyntaxTable *table, LogicalNode **node, ScopeItem **item) {
    BoundQuery query;
    const CatalogRelation *function;
    *item = NULL;
    TRY(bind_sql_rows(binder, table->function.functions[0], &query, &function));
    if (function == NULL)
        return OK;
    if (table->function.has_ordinality || table->function.column_count > 0 ||
        table->function.function_count > 1)
        return bind_error(binder, table->position, STATUS_FEATURE_NOT_SUPPORTED,
            "WITH ORDINALITY, a column definition list or ROWS FROM with function %s() is not supported",
            function->function.name);
    if (!function->function.is_table)
        query.names[0] = table->alias != NULL ? table->alias->name : function->function.name;
    *node = query.node;
    TRY(add_query_item(binder, table, &query, function->function.name, item));
    (*item)->is_function = !function->function.is_table;
    return OK;
}

Status bind_table_function(Binder *binder, const SyntaxTable *table, LogicalNode **node, ScopeItem **item) {
    int count;
    SyntaxExpression **functions = single_functions(binder, table, &count);
    bool was_active = binder->scope->is_lateral_active;
    Clause clause = binder->scope->clause;
    binder->scope->is_lateral_active = true;
    binder->scope->clause = CLAUSE_FROM;
    TRY(bind_made_function(binder, table, node, item));
    if (*item != NULL) {
        binder->scope->is_lateral_active = was_active;
        binder->scope->clause = clause;
        return OK;
    }
    Expression **calls = ARENA_ARRAY(binder->arena, Expression *, count + 1);
    for (int f = 0; f < count; f++) {
        if (functions[f]->kind == SYNTAX_FUNCTION)
            TRY(bind_call(binder, functions[f], true, &calls[f]));
        else
            TRY(bind_expression(binder, functions[f], &calls[f]));
        TRY(define_rows(binder, table, calls[f]));
    }
    binder->scope->is_lateral_active = was_active;
    binder->scope->clause = clause;
    const char *alias = table->alias != NULL ? table->alias->name : target_name(functions[0]);
    const char **names = NULL;
    if (count > 1 || call_is_set(calls[0])) {
        *node = logical_create(binder->plan, &table_function_node, 0, NULL);
        TRY(bind_functions(binder, table, &(RowsFrom){functions, calls, count}, *node, &names));
        TRY(attach_arguments(binder, node));
    } else {
        if (table->function.has_ordinality)
            return bind_error(binder, table->position, STATUS_FEATURE_NOT_SUPPORTED,
                "WITH ORDINALITY of a function that returns one row is not supported");
        TRY(coerce_unknown(binder, calls[0], &calls[0]));
        LogicalNode *row = single_empty_row(binder);
        TRY(attach_expressions(binder, &row, calls, 1));
        *node = logical_project(binder->plan, row, 1, calls, &alias);
        names = ARENA_ARRAY(binder->arena, const char *, 1);
        names[0] = alias;
    }
    bool is_single = (*node)->column_count == 1,
         is_row = is_single && is_record(plan_column(binder->plan, (*node)->columns[0])->type);
    const TypeDefinition *row = is_row ? binder->plan->columns[(*node)->columns[0]].type.definition : NULL;
    expand_rows(binder, node, &names);
    *item = scope_item_of(binder, alias, *node, names, (*node)->column_count);
    (*item)->is_function = count == 1 && !is_row;
    (*item)->row = row;
    return rename_columns(binder, *item, table->alias, table->position);
}
