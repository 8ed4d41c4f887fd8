/* UPDATE and DELETE as queries: the rows to change, with their new values beside them. */
#include "planner/bind/modify/dml.h"

/* What UPDATE and DELETE have in common. */
typedef struct Change {
    const SyntaxTable *target;
    SyntaxTable *const *others; /* FROM or USING */
    int other_count;
    const SyntaxExpression *where;
    LogicalNode *scan; /* of the target */
    LogicalNode *node; /* its rows that are changed, with those of the others beside them */
} Change;

/* The target joined with FROM or USING, filtered; a target row that meets several rows is changed by the
   first of them. */
static Status bind_changed_rows(Binder *binder, const CatalogRelation *table, Change *change) {
    ScopeItem *item;
    const SyntaxAlias *alias = change->target->alias;
    change->scan = scan_relation(binder, table, alias != NULL ? alias->name : table->name, false, &item);
    change->node = change->scan;
    if (change->other_count > 0) {
        TRY(bind_from(binder, change->others, change->other_count, &change->node));
        TRY(scope_check_alias(binder, binder->scope->items, binder->scope->item_count, item, -1));
        change->node = logical_join(binder->plan, JOIN_INNER, change->scan, change->node, NULL);
    }
    scope_add(binder, item);
    if (change->where == NULL)
        return OK;
    Expression *predicate;
    binder->scope->clause = CLAUSE_WHERE;
    TRY(bind_boolean(binder, change->where, "WHERE", &predicate));
    return attach_filter(binder, &change->node, predicate);
}

/* One row a target row: its key columns partition, the first row stays. */
static LogicalNode *once_a_row(
    Binder *binder, LogicalNode *node, const LogicalNode *scan, const CatalogRelation *table) {
    node = logical_create(binder->plan, &top_n_node, 1, &node);
    node->top_n.partition_count = table->key_count > 0 ? table->key_count : table->column_count;
    node->top_n.partition = ARENA_ARRAY(binder->arena, int, node->top_n.partition_count + 1);
    for (int i = 0; i < node->top_n.partition_count; i++)
        node->top_n.partition[i] = scan->columns[table->key_count > 0 ? table->key[i] : i];
    node->top_n.limit = 1;
    logical_refresh(binder->plan, node);
    return node;
}

static void note_column(Expression *expression, void *argument) {
    *(bool *)argument |= expression->kind == EXPRESSION_COLUMN;
}

Status bind_update(Binder *binder, const SyntaxUpdate *update, DmlPlan *dml, BoundRoot *root) {
    const CatalogRelation *table;
    TRY(dml_find_target(binder, update->table, "update", false, &table));
    bool reads = update->where != NULL || update->from_count > 0 || update->returning_count > 0;
    TRY(check_access(binder, table, PRIVILEGE_UPDATE | (reads ? PRIVILEGE_SELECT : 0)));
    if (update->current_of != NULL)
        return bind_error(binder, -1, STATUS_FEATURE_NOT_SUPPORTED, "WHERE CURRENT OF is not supported");
    dml->table = table;
    Scope scope = {.ctes = binder->ctes};
    TRY(with_scope(binder, update->with, &scope));
    Change change = {.target = update->table,
        .others = update->from,
        .other_count = update->from_count,
        .where = update->where};
    TRY(bind_changed_rows(binder, table, &change));
    LogicalNode *scan = change.scan, *node = change.node;
    int total = table->column_count;
    Expression **values = ARENA_ARRAY(binder->arena, Expression *, total + 1);
    TRY(dml_bind_assignments(binder, update->assignments, update->assignment_count, table, values));
    for (int i = 0; i < total && !reads; i++) {
        if (values[i] != NULL)
            expression_walk(values[i], note_column, &reads);
        if (reads)
            TRY(check_access(binder, table, PRIVILEGE_SELECT));
    }
    for (int i = 0; i < total; i++)
        if (values[i] == NULL)
            values[i] = plan_column(binder->plan, scan->columns[i]);
    TRY(dml_bind_computed(binder, table, values));
    TRY(attach_expressions(binder, &node, values, total));
    if (update->from_count > 0)
        node = once_a_row(binder, node, scan, table);
    if (update->returning_count > 0) {
        int *columns = ARENA_ARRAY(binder->arena, int, total + 1);
        node = logical_extend(binder->plan, node, total, values, columns);
        for (int i = 0; i < total; i++)
            values[i] = plan_column(binder->plan, columns[i]);
        TRY(bind_changed_returning(
            binder, (Returning){update->returning, update->returning_count}, &node, columns, dml));
    }
    Expression **all = ARENA_ARRAY(binder->arena, Expression *, 2 * total + dml->returning_count + 1);
    for (int i = 0; i < total; i++) {
        all[i] = plan_column(binder->plan, scan->columns[i]);
        all[total + i] = values[i];
    }
    for (int i = 0; i < dml->returning_count; i++)
        all[2 * total + i] = dml->returning[i];
    root_of(binder, logical_project(binder->plan, node, 2 * total + dml->returning_count, all, NULL), root);
    for (int i = 0; i < 2 * total; i++)
        root->names[i] = table->columns[i % total].name;
    return OK;
}

Status bind_delete(Binder *binder, const SyntaxDelete *delete, DmlPlan *dml, BoundRoot *root) {
    const CatalogRelation *table;
    TRY(dml_find_target(binder, delete->table, "delete from", false, &table));
    bool reads = delete->where != NULL || delete->from_count > 0 || delete->returning_count > 0;
    TRY(check_access(binder, table, PRIVILEGE_DELETE | (reads ? PRIVILEGE_SELECT : 0)));
    if (delete->current_of != NULL)
        return bind_error(binder, -1, STATUS_FEATURE_NOT_SUPPORTED, "WHERE CURRENT OF is not supported");
    dml->table = table;
    Scope scope = {.ctes = binder->ctes};
    TRY(with_scope(binder, delete->with, &scope));
    Change change = {.target = delete->table,
        .others = delete->from,
        .other_count = delete->from_count,
        .where = delete->where};
    TRY(bind_changed_rows(binder, table, &change));
    LogicalNode *scan = change.scan, *node = change.node;
    if (delete->from_count > 0)
        node = once_a_row(binder, node, scan, table);
    TRY(bind_changed_returning(
        binder, (Returning){delete->returning, delete->returning_count}, &node, scan->columns, dml));
    int total = table->column_count;
    Expression **all = ARENA_ARRAY(binder->arena, Expression *, total + dml->returning_count + 1);
    for (int i = 0; i < total; i++)
        all[i] = plan_column(binder->plan, scan->columns[i]);
    for (int i = 0; i < dml->returning_count; i++)
        all[total + i] = dml->returning[i];
    if (dml->returning_count == 0)
        root_of(binder, logical_pick(binder->plan, node, scan->columns, total), root);
    else
        root_of(binder, logical_project(binder->plan, node, total + dml->returning_count, all, NULL), root);
    return OK;
}
