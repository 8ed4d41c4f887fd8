/* FROM: relations, derived tables, functions and joins become nodes, and their columns items of the scope. */
#include <string.h>

#include "planner/bind/binder.h"

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

/* Also with FOR SYSTEM_TIME AS OF, which bind_join looks at. */
Status bind_item(Binder *binder, const SyntaxTable *table, LogicalNode **node) {
    ScopeItem *item = NULL;
    switch (table->kind) {
    case SYNTAX_TABLE_RELATION:
        TRY(bind_relation(binder, table, node, &item));
        break;
    case SYNTAX_TABLE_SUBSELECT:
        TRY(bind_subselect(binder, table, node, &item));
        break;
    case SYNTAX_TABLE_FUNCTION:
        TRY(bind_table_function(binder, table, node, &item));
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
