/* FROM: relations, derived tables, functions and joins become nodes, and their columns items of the scope. */
#include <string.h>

#include "executor/functions/set.h"
#include "planner/bind/binder.h"
#include "planner/logical/predicate.h"
#include "planner/logical/proofs.h"

LogicalNode *single_empty_row(Binder *binder) {
    LogicalNode *node = logical_create(binder->plan, &values_node, 0, NULL);
    node->values.row_count = 1;
    return node;
}

/* Relations */

Status find_relation(Binder *binder, const SyntaxName *name, const CatalogRelation **relation) {
    const char *schema = name->part_count > 1 ? name->parts[name->part_count - 2] : NULL,
               *last = name->parts[name->part_count - 1];
    *relation = known_relation(binder, name);
    if (*relation != NULL)
        return OK;
    if (schema != NULL)
        return bind_error(binder, name->position, STATUS_UNDEFINED_TABLE, "relation \"%s.%s\" does not exist",
            schema, last);
    return bind_error(binder, name->position, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", last);
}

Status check_access(Binder *binder, const CatalogRelation *relation, uint32_t privileges) {
    Catalog *catalog = binder->context->catalog;
    return catalog->check_access == NULL
               ? OK
               : catalog->check_access(catalog, relation, privileges, binder->error);
}

LogicalNode *scan_relation(
    Binder *binder, const CatalogRelation *relation, const char *alias, bool with_hidden, ScopeItem **item) {
    int count = relation->column_count;
    const char **names = ARENA_ARRAY(binder->arena, const char *, count + 1);
    LogicalNode *node = logical_create(binder->plan, &scan_node, 0, NULL);
    node->scan.relation = relation;
    node->scan.alias = alias;
    node->scan.positions = ARENA_ARRAY(binder->arena, int, count + 1);
    node->columns = ARENA_ARRAY(binder->arena, int, count + 1);
    node->column_count = count;
    for (int i = 0; i < count; i++) {
        names[i] = relation->columns[i].name;
        node->scan.positions[i] = i;
        node->columns[i] = plan_column_add(binder->plan, names[i], relation->columns[i].type);
        binder->plan->columns[node->columns[i]].origin = (ColumnOrigin){relation->id, i + 1};
    }
    *item = scope_item_of(binder, alias, node, names, count);
    for (int i = 0; i < count; i++)
        (*item)->columns[i].is_hidden = relation->columns[i].is_hidden && !with_hidden;
    (*item)->relation = relation;
    if (relation->kind != RELATION_SYSTEM)
        plan_add_dependency(binder->plan, relation->id);
    return node;
}

static void forget_position(Expression *expression, void *argument) {
    expression->position = -1;
}

LogicalNode *read_relation(
    Binder *binder, const CatalogRelation *relation, const char *alias, bool with_hidden, ScopeItem **item) {
    LogicalNode *scan = scan_relation(binder, relation, alias, with_hidden, item);
    int count = relation->column_count;
    bool is_any = false;
    Expression **expressions = ARENA_ARRAY(binder->arena, Expression *, count + 1);
    const char **names = ARENA_ARRAY(binder->arena, const char *, count + 1);
    for (int i = 0; i < count; i++) {
        const CatalogColumn *column = &relation->columns[i];
        names[i] = column->name;
        expressions[i] = plan_column(binder->plan, scan->columns[i]);
        if (!column->is_clock || column->computed == NULL)
            continue;
        Expression *bound;
        if (bind_relation_expression(
                binder->plan, column->computed, relation, column->type, &bound, binder->error) != OK)
            return NULL;
        Expression **columns = ARENA_ARRAY(binder->arena, Expression *, count);
        for (int c = 0; c < count; c++)
            columns[c] = plan_column(binder->plan, scan->columns[c]);
        expressions[i] = expression_copy(binder->arena, bound, columns);
        expression_walk(expressions[i], forget_position, NULL);
        is_any = true;
    }
    if (!is_any)
        return scan;
    LogicalNode *node = logical_project(binder->plan, scan, count, expressions, names);
    for (int i = 0; i < count; i++)
        (*item)->columns[i].expression = plan_column(binder->plan, node->columns[i]);
    return node;
}

static Status rename_columns(Binder *binder, ScopeItem *item, const SyntaxAlias *alias, int position) {
    if (alias == NULL)
        return OK;
    int visible = 0;
    for (int i = 0; i < item->column_count; i++)
        visible += !item->columns[i].is_hidden;
    if (alias->column_count > visible)
        return bind_error(binder, -1, STATUS_INVALID_COLUMN_REFERENCE,
            "table \"%s\" has %d columns available but %d columns specified", alias->name, visible,
            alias->column_count);
    for (int i = 0, next = 0; i < item->column_count && next < alias->column_count; i++)
        if (!item->columns[i].is_hidden) {
            note_implicit(binder, &item->columns[i], false);
            item->columns[i].is_own_name = false;
            item->columns[i].name = alias->columns[next++];
        }
    return OK;
}

static Status add_query_item(
    Binder *binder, const SyntaxTable *table, const BoundQuery *query, const char *name, ScopeItem **item) {
    LogicalNode picked = {.columns = query->columns};
    *item = scope_item_of(
        binder, table->alias != NULL ? table->alias->name : name, &picked, query->names, query->count);
    return rename_columns(binder, *item, table->alias, table->position);
}

/* A view is bound from its text as a query of its own: no scope, no CTE, no parameter reaches into it. */
static Status bind_view(Binder *binder, const CatalogRelation *view, BoundQuery *query) {
    if (++binder->view_depth > VIEW_DEPTH_MAX)
        return bind_error(binder, -1, STATUS_INVALID_RECURSION,
            "infinite recursion detected in rules for relation \"%s\"", view->name);
    SyntaxStatement **statements;
    int count;
    TRY(parse_statements(view->definition->text, strlen(view->definition->text), binder->arena, &statements,
        &count, binder->error));
    if (count != 1 || statements[0]->kind != SYNTAX_STATEMENT_SELECT)
        return error_set(
            binder->error, STATUS_DATA_CORRUPTED, "definition of view \"%s\" is not a query", view->name);
    Scope *scope = binder->scope;
    const char *sql = binder->sql;
    Catalog *catalog = binder->context->catalog;
    const CatalogRelation *outer = catalog->view;
    const CatalogDefinition *definition = binder->definition;
    catalog->view = view;
    binder->definition = view->definition;
    binder->scope = NULL;
    binder->sql = NULL;
    plan_add_dependency(binder->plan, view->id);
    TRY(bind_query(binder, statements[0]->select, (QueryRequest){0}, query));
    binder->scope = scope;
    binder->sql = sql;
    binder->view_depth--;
    binder->definition = definition;
    catalog->view = outer;
    if (query->count > view->column_count) /* a table behind a * has got more since */
        query->count = view->column_count;
    for (int i = 0; i < query->count; i++) {
        query->names[i] = view->columns[i].name;
        binder->plan->columns[query->columns[i]].origin = (ColumnOrigin){view->id, i + 1};
    }
    return OK;
}

static Ctes *find_cte(Binder *binder, const SyntaxName *name) {
    if (name->part_count != 1 || binder->scope == NULL)
        return NULL;
    for (Ctes *cte = binder->scope->ctes; cte != NULL; cte = cte->outer)
        if (strcmp(cte->cte->name, name->parts[0]) == 0)
            return cte;
    return NULL;
}

/* What a modifying statement in WITH has returned. */
static Status bind_given(Binder *binder, const Ctes *ctes, BoundQuery *query) {
    const CatalogRelation *relation = ctes->given;
    if (relation == NULL)
        return bind_error(binder, ctes->cte->position, STATUS_FEATURE_NOT_SUPPORTED,
            "WITH query \"%s\" does not have a RETURNING clause", ctes->cte->name);
    ScopeItem *item;
    query->node = scan_relation(binder, relation, ctes->cte->name, false, &item);
    query->count = relation->column_count;
    query->columns = query->node->columns;
    query->names = ARENA_ARRAY(binder->arena, const char *, query->count + 1);
    for (int i = 0; i < query->count; i++)
        query->names[i] = relation->columns[i].name;
    return OK;
}

Status bind_cte_query(Binder *binder, Ctes *ctes, BoundQuery *query) {
    const SyntaxCte *cte = ctes->cte;
    ctes->is_used = true;
    Scope *scope = binder->scope;
    Scope definition = *ctes->scope;
    definition.ctes = ctes->is_recursive ? ctes : ctes->outer;
    definition.item_count = 0;
    binder->scope = &definition;
    ctes->is_being_bound = true;
    *query = (BoundQuery){0};
    if (cte->query == NULL)
        TRY(bind_given(binder, ctes, query));
    else if (ctes->is_recursive && cte->query->kind == SYNTAX_UNION)
        TRY(bind_recursive(binder, ctes, query));
    binder->scope = &definition;
    if (query->node == NULL)
        TRY(bind_query(binder, cte->query, (QueryRequest){0}, query));
    ctes->is_being_bound = false;
    binder->scope = scope;
    if (cte->column_count > query->count)
        return bind_error(binder, cte->position, STATUS_INVALID_COLUMN_REFERENCE,
            "WITH query \"%s\" has %d columns available but %d columns specified", cte->name, query->count,
            cte->column_count);
    for (int i = 0; i < cte->column_count; i++)
        query->names[i] = cte->columns[i];
    return OK;
}

/* Each reference binds the CTE's query anew, where it was defined. */
static Status bind_cte(
    Binder *binder, const SyntaxTable *table, Ctes *ctes, LogicalNode **node, ScopeItem **item) {
    BoundQuery query;
    if (ctes->is_being_bound)
        TRY(bind_working_table(binder, ctes, table->position, &query));
    else
        TRY(bind_cte_query(binder, ctes, &query));
    *node = query.node;
    return add_query_item(binder, table, &query, ctes->cte->name, item);
}

static Status check_readable(Binder *binder, const CatalogRelation *relation, int position) {
    if (relation->kind != RELATION_INDEX && relation->kind != RELATION_SINK &&
        relation->kind != RELATION_FUNCTION && relation->kind != RELATION_TYPE)
        return binder->plan->mode == PLAN_CONTINUOUS &&
                       (relation->kind == RELATION_SYSTEM || relation->kind == RELATION_SEQUENCE)
                   ? bind_error(binder, position, STATUS_FEATURE_NOT_SUPPORTED,
                         "%s \"%s\" is not supported in a continuous query",
                         relation->kind == RELATION_SYSTEM ? "system relation" : "sequence", relation->name)
                   : OK;
    bind_error(binder, position, STATUS_WRONG_OBJECT_TYPE, "cannot open relation \"%s\"", relation->name);
    return error_detail(binder->error, "This operation is not supported for %s.",
        relation->kind == RELATION_INDEX      ? "indexes"
        : relation->kind == RELATION_FUNCTION ? "functions"
        : relation->kind == RELATION_TYPE     ? "composite types"
                                              : "sinks");
}

static Status bind_relation(Binder *binder, const SyntaxTable *table, LogicalNode **node, ScopeItem **item) {
    const SyntaxName *name = &table->relation.name;
    Ctes *cte = find_cte(binder, name);
    if (cte != NULL)
        return bind_cte(binder, table, cte, node, item);
    const CatalogRelation *relation;
    SyntaxName found = *name;
    if (found.position < 0)
        found.position = table->position;
    TRY(find_relation(binder, &found, &relation));
    TRY(check_readable(binder, relation, found.position));
    TRY(check_access(binder, relation, PRIVILEGE_SELECT));
    const char *alias = table->alias != NULL ? table->alias->name : name->parts[name->part_count - 1];
    if (relation->kind == RELATION_VIEW) {
        BoundQuery query;
        TRY(bind_view(binder, relation, &query));
        *node = query.node;
        LogicalNode picked = {.columns = query.columns};
        *item = scope_item_of(binder, alias, &picked, query.names, query.count);
    } else {
        *node = read_relation(binder, relation, alias, false, item);
        if (*node == NULL)
            return binder->error->status;
    }
    const char *schema = know_item(binder, name, *item);
    note_item(*item, note_name(binder, name, found.position,
                         table->alias == NULL ? MARK_FROM : MARK_FROM_ALIASED, relation));
    TRY(rename_columns(binder, *item, table->alias, table->position));
    if (table->alias == NULL)
        (*item)->schema = schema != NULL ? schema : relation->schema;
    return OK;
}

static Status bind_subselect(Binder *binder, const SyntaxTable *table, LogicalNode **node, ScopeItem **item) {
    BoundQuery query;
    bool was_active = binder->scope->is_lateral_active;
    binder->scope->is_lateral_active = table->is_lateral;
    TRY(bind_query(binder, table->subselect, (QueryRequest){0}, &query));
    binder->scope->is_lateral_active = was_active;
    *node = query.node;
    return add_query_item(binder, table, &query, NULL, item);
}

/* Functions in FROM */

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
static Status bind_functions(Binder *binder, const SyntaxTable *table, Expression *const *calls,
    SyntaxExpression *const *functions, int count, LogicalNode *node, const char ***names) {
    for (int f = 0; f < count; f++) {
        const Expression *call = calls[f];
        if (!call_is_set(call))
            return bind_error(binder, table->position, STATUS_FEATURE_NOT_SUPPORTED,
                "ROWS FROM with a function that returns one row is not supported");
        if (count > 1 && table->function.column_count > 0)
            return bind_error(binder, table->position, STATUS_SYNTAX_ERROR,
                "ROWS FROM() with multiple functions cannot have a column definition list");
        const char *before = node->table_function.function, *single = target_name(functions[f]);
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

static Status bind_function(Binder *binder, const SyntaxTable *table, LogicalNode **node, ScopeItem **item) {
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
        TRY(bind_functions(binder, table, calls, functions, count, *node, &names));
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

/* Joins */

typedef struct Side {
    int from, to;         /* its items in the scope */
    ScopeColumn *columns; /* visible ones */
    int count;
} Side;

static void collect_columns(Binder *binder, Side *side) {
    for (int i = side->from; i < side->to; i++) {
        const ScopeItem *item = binder->scope->items[i];
        for (int c = 0; c < item->column_count && item->are_columns_visible; c++)
            if (!item->columns[c].is_hidden)
                ARENA_APPEND(binder->arena, side->columns, side->count, item->columns[c]);
    }
}

static Status find_using(
    Binder *binder, const Side *side, const char *name, const char *which, int position, int *index) {
    *index = -1;
    for (int i = 0; i < side->count; i++)
        if (strcmp(side->columns[i].name, name) == 0) {
            if (*index >= 0)
                return bind_error(binder, position, STATUS_AMBIGUOUS_COLUMN,
                    "common column name \"%s\" appears more than once in %s table", name, which);
            *index = i;
        }
    if (*index < 0)
        return bind_error(binder, position, STATUS_UNDEFINED_COLUMN,
            "column \"%s\" specified in USING clause does not exist in %s table", name, which);
    return OK;
}

static void natural_columns(
    Binder *binder, const Side *left, const Side *right, const char ***names, int *count) {
    for (int i = 0; i < left->count; i++)
        for (int j = 0; j < right->count; j++)
            if (strcmp(left->columns[i].name, right->columns[j].name) == 0) {
                ARENA_APPEND(binder->arena, *names, *count, left->columns[i].name);
                break;
            }
}

/* The merged column: the side that has a value; of a full join whichever has. */
static Status merge_column(
    Binder *binder, SyntaxJoinKind kind, Expression *left, Expression *right, Expression **merged) {
    Expression *sides[] = {left, right};
    Type type;
    TRY(common_type(binder, sides, 2, "JOIN/USING", &type));
    for (int i = 0; i < 2; i++)
        TRY(coerce_common(binder, sides[i], type, "JOIN/USING", &sides[i]));
    *merged = kind == SYNTAX_JOIN_FULL ? expression_of(binder->arena, EXPRESSION_COALESCE, type, 2, sides)
                                       : sides[kind == SYNTAX_JOIN_RIGHT];
    return OK;
}

static Status bind_using(Binder *binder, const SyntaxTable *table, const Side *left, const Side *right,
    ScopeItem *item, Expression **condition) {
    const SyntaxJoin *join = &table->join;
    const char **names = join->using_columns;
    int count = join->using_count;
    if (join->is_natural)
        natural_columns(binder, left, right, &names, &count);
    bool *left_used = ARENA_ARRAY(binder->arena, bool, left->count + 1),
         *right_used = ARENA_ARRAY(binder->arena, bool, right->count + 1);
    item->columns = ARENA_ARRAY(binder->arena, ScopeColumn, left->count + right->count + 1);
    for (int i = 0; i < count; i++) {
        int l, r;
        TRY(find_using(binder, left, names[i], "left", -1, &l));
        TRY(find_using(binder, right, names[i], "right", -1, &r));
        Expression *equality, *merged;
        TRY(bind_operator(binder, "=", left->columns[l].expression, right->columns[r].expression,
            table->position, &equality));
        *condition = predicate_and(binder->arena, *condition, equality);
        TRY(merge_column(
            binder, join->kind, left->columns[l].expression, right->columns[r].expression, &merged));
        note_implicit(binder, &left->columns[l], join->is_natural);
        note_implicit(binder, &right->columns[r], join->is_natural);
        item->columns[item->column_count++] = (ScopeColumn){names[i], merged};
        left_used[l] = right_used[r] = true;
    }
    for (int i = 0; i < left->count; i++)
        if (!left_used[i])
            item->columns[item->column_count++] = left->columns[i];
    for (int i = 0; i < right->count; i++)
        if (!right_used[i])
            item->columns[item->column_count++] = right->columns[i];
    return OK;
}

static Status bind_on(Binder *binder, const SyntaxJoin *join, int from, Expression **condition) {
    Scope *scope = binder->scope;
    if (join->condition == NULL)
        return OK;
    /* Items of FROM that stand beside the join are not seen by its condition. */
    Clause clause = scope->clause;
    scope->clause = CLAUSE_JOIN;
    scope->items += from;
    scope->item_count -= from;
    scope->beside_count = from;
    TRY(bind_boolean(binder, join->condition, "JOIN/ON", condition));
    scope->items -= from;
    scope->item_count += from;
    scope->beside_count = 0;
    scope->clause = clause;
    return OK;
}

/* A subquery in the condition of an outer join filters the side that is padded, seen from each row of the
   other. */
static Status make_join(Binder *binder, const SyntaxTable *table, LogicalNode *left, LogicalNode *right,
    Expression *condition, LogicalNode **node) {
    static const JoinType types[] = {JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL};
    SyntaxJoinKind kind = table->join.kind;
    if (!has_subquery(condition)) {
        *node = logical_join(binder->plan, types[kind], left, right, condition);
        return OK;
    }
    if (kind == SYNTAX_JOIN_FULL)
        return bind_error(binder, table->position, STATUS_FEATURE_NOT_SUPPORTED,
            "subqueries in the condition of a FULL JOIN are not supported");
    if (kind == SYNTAX_JOIN_INNER) {
        *node = logical_join(binder->plan, JOIN_INNER, left, right, NULL);
        return attach_filter(binder, node, condition);
    }
    LogicalNode *kept = kind == SYNTAX_JOIN_LEFT ? left : right,
                *padded = kind == SYNTAX_JOIN_LEFT ? right : left;
    TRY(attach_filter(binder, &padded, condition));
    *node = logical_join(binder->plan, JOIN_LEFT, kept, padded, NULL);
    return OK;
}

/* The right side's versions and keys are found later, when it is in a simpler form. */
static LogicalNode *make_temporal_join(Binder *binder, const LogicalNode *join, int time) {
    LogicalNode *node = logical_create(binder->plan, &temporal_join_node, 2, join->inputs);
    node->temporal_join.type = join->join.type;
    node->temporal_join.condition = join->join.condition;
    node->temporal_join.left_time = time;
    logical_refresh(binder->plan, node);
    return node;
}

/* FOR SYSTEM_TIME AS OF the clock, or a column of the left side that holds it: a lookup; of one that holds
   event time: a join with versions. */
static Status bind_as_of(
    Binder *binder, const SyntaxTable *table, int from, const Side *left, LogicalNode **place) {
    LogicalNode *node = *place;
    const SyntaxExpression *syntax =
        table->join.right->kind == SYNTAX_TABLE_RELATION ? table->join.right->relation.as_of : NULL;
    Scope *scope = binder->scope;
    if (syntax == NULL)
        return OK;
    if (node->type != &join_node || (node->join.type != JOIN_INNER && node->join.type != JOIN_LEFT))
        return bind_error(binder, table->position, STATUS_FEATURE_NOT_SUPPORTED,
            "FOR SYSTEM_TIME AS OF is supported in inner and left joins only");
    Expression *time;
    Clause clause = scope->clause;
    int count = scope->item_count;
    scope->clause = CLAUSE_JOIN;
    scope->items += from;
    scope->item_count = left->to - from;
    scope->beside_count = from;
    Status status = bind_expression(binder, syntax, &time);
    scope->items -= from;
    scope->item_count = count;
    scope->beside_count = 0;
    scope->clause = clause;
    TRY(status);
    const Proofs *input = logical_proofs(binder->plan, node->inputs[0]);
    node->join.is_lookup = expression_is_clock(time) ||
                           (time->kind == EXPRESSION_COLUMN && set_has(&input->clocks, time->column));
    if (node->join.is_lookup)
        return OK;
    if (time->kind != EXPRESSION_COLUMN || !set_has(&input->watermarks, time->column))
        return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED,
            "FOR SYSTEM_TIME AS OF is supported for PROCTIME() and for columns of the left side that hold "
            "it, or an event time with a WATERMARK");
    *place = make_temporal_join(binder, node, time->column);
    return OK;
}

/* JOIN … USING (…) AS name: the merged columns by that name. */
static ScopeItem *using_item(Binder *binder, const SyntaxJoin *join, const ScopeItem *joined) {
    if (join->using_alias == NULL)
        return NULL;
    ScopeItem *item = ARENA_NEW(binder->arena, ScopeItem);
    *item = (ScopeItem){.alias = join->using_alias,
        .column_count = join->using_count,
        .columns = joined->columns,
        .is_relation_visible = true,
        .is_lateral_ok = true};
    return item;
}

static Status bind_item(Binder *binder, const SyntaxTable *table, LogicalNode **node);

static Status bind_join(Binder *binder, const SyntaxTable *table, LogicalNode **node) {
    const SyntaxJoin *join = &table->join;
    Scope *scope = binder->scope;
    LogicalNode *left_node, *right_node;
    Side left = {.from = scope->item_count};
    TRY(bind_table(binder, join->left, &left_node));
    left.to = scope->item_count;
    bool is_lateral_ok = join->kind == SYNTAX_JOIN_INNER || join->kind == SYNTAX_JOIN_LEFT;
    for (int i = left.from; i < left.to; i++) {
        scope->items[i]->is_lateral_only = true;
        scope->items[i]->is_lateral_ok = is_lateral_ok;
    }
    Side right = {.from = left.to};
    TRY(bind_item(binder, join->right, &right_node));
    right.to = scope->item_count;
    for (int i = left.from; i < right.to; i++) {
        scope->items[i]->is_lateral_only = false;
        scope->items[i]->is_lateral_ok = true;
    }
    for (int i = right.from; i < right.to; i++)
        TRY(scope_check_alias(
            binder, scope->items + left.from, left.to - left.from, scope->items[i], table->position));
    collect_columns(binder, &left);
    collect_columns(binder, &right);
    ScopeItem *item = ARENA_NEW(binder->arena, ScopeItem);
    *item = (ScopeItem){.alias = table->alias == NULL ? NULL : table->alias->name,
        .is_relation_visible = true,
        .are_columns_visible = true,
        .is_lateral_ok = true};
    Expression *condition = NULL;
    TRY(bind_using(binder, table, &left, &right, item, &condition));
    TRY(bind_on(binder, join, left.from, join->condition == NULL ? &(Expression *){NULL} : &condition));
    TRY(rename_columns(binder, item, table->alias, table->position));
    ScopeItem *merged = using_item(binder, join, item);
    for (int i = left.from; i < right.to; i++) {
        bool is_left = i < left.to;
        scope->items[i]->is_nullable |=
            join->kind == SYNTAX_JOIN_FULL || join->kind == (is_left ? SYNTAX_JOIN_RIGHT : SYNTAX_JOIN_LEFT);
        scope->items[i]->are_columns_visible = false;
        if (table->alias != NULL)
            scope->items[i]->is_relation_visible = false;
    }
    scope_add(binder, item);
    if (merged != NULL) {
        TRY(scope_check_alias(
            binder, scope->items + left.from, right.to - left.from, merged, table->position));
        scope_add(binder, merged);
    }
    TRY(make_join(binder, table, left_node, right_node, condition, node));
    return bind_as_of(binder, table, left.from, &left, node);
}

/* Also with FOR SYSTEM_TIME AS OF, which bind_join looks at. */
static Status bind_item(Binder *binder, const SyntaxTable *table, LogicalNode **node) {
    ScopeItem *item = NULL;
    switch (table->kind) {
    case SYNTAX_TABLE_RELATION:
        TRY(bind_relation(binder, table, node, &item));
        break;
    case SYNTAX_TABLE_SUBSELECT:
        TRY(bind_subselect(binder, table, node, &item));
        break;
    case SYNTAX_TABLE_FUNCTION:
        TRY(bind_function(binder, table, node, &item));
        break;
    case SYNTAX_TABLE_JOIN:
        return bind_join(binder, table, node);
    case SYNTAX_TABLE_WINDOW:
        return bind_table_window(binder, table, node);
    }
    scope_add(binder, item);
    return OK;
}

Status bind_table(Binder *binder, const SyntaxTable *table, LogicalNode **node) {
    if (table->kind == SYNTAX_TABLE_RELATION && table->relation.as_of != NULL)
        return bind_error(binder, table->position, STATUS_FEATURE_NOT_SUPPORTED,
            "FOR SYSTEM_TIME AS OF is supported on the right side of a join only");
    return bind_item(binder, table, node);
}

Status bind_from(Binder *binder, SyntaxTable *const *tables, int count, LogicalNode **node) {
    Scope *scope = binder->scope;
    *node = NULL;
    for (int t = 0; t < count; t++) {
        int from = scope->item_count;
        LogicalNode *next;
        TRY(bind_table(binder, tables[t], &next));
        for (int i = from; i < scope->item_count; i++)
            TRY(scope_check_alias(binder, scope->items, from, scope->items[i], tables[t]->position));
        for (int i = from; i < scope->item_count; i++)
            scope->items[i]->is_lateral_only = true;
        *node = *node == NULL ? next : logical_join(binder->plan, JOIN_INNER, *node, next, NULL);
    }
    for (int i = 0; i < scope->item_count; i++)
        scope->items[i]->is_lateral_only = false;
    if (*node == NULL)
        *node = single_empty_row(binder);
    return OK;
}
