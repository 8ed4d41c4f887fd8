/* RETURNING: over the rows as they were stored. */
#include <string.h>

#include "planner/bind/modify/dml.h"

/* The targets in the binder's scope, which has the rows that were changed. */
static Status bind_returned(Binder *binder, Returning returning, DmlPlan *dml) {
    Expression **expressions = NULL;
    const char **names = NULL;
    int total = 0;
    binder->scope->clause = CLAUSE_RETURNING;
    for (int i = 0; i < returning.count; i++) {
        const SyntaxTarget *named = &returning.targets[i];
        const SyntaxExpression *target = named->expression;
        if (is_star(target)) {
            TRY(expand_star(binder, target, &expressions, &names, &total));
            continue;
        }
        Expression *expression;
        TRY(bind_expression(binder, target, &expression));
        TRY(coerce_unknown(binder, expression, &expression));
        int name_count = total;
        ARENA_APPEND(
            binder->arena, names, name_count, named->name != NULL ? named->name : target_name(target));
        ARENA_APPEND(binder->arena, expressions, total, expression);
    }
    dml->returning_count = total;
    dml->returning = expressions;
    dml->returning_schema = (Schema){total, names, ARENA_ARRAY(binder->arena, Type, total + 1)};
    for (int i = 0; i < total; i++)
        dml->returning_schema.types[i] = expressions[i]->type;
    return OK;
}

Status bind_insert_returning(Binder *binder, Returning returning, const char *alias, DmlPlan *dml) {
    const CatalogRelation *table = dml->table;
    if (returning.count == 0)
        return OK;
    Scope scope = {.ctes = binder->scope->ctes}, *outer = binder->scope;
    ScopeItem *item;
    binder->scope = &scope;
    Planning *statement = part_begin(binder);
    LogicalNode *scan = scan_relation(binder, given_relation(binder, table, "inserted"), alias, false, &item),
                *node = NULL;
    scope_add(binder, item);
    TRY(bind_returned(binder, returning, dml));
    bool has_subqueries = false;
    for (int i = 0; i < dml->returning_count; i++)
        has_subqueries |= has_subquery(dml->returning[i]);
    if (has_subqueries) {
        node = scan;
        TRY(attach_expressions(binder, &node, dml->returning, dml->returning_count));
        node = logical_project(binder->plan, node, dml->returning_count, dml->returning, NULL);
    }
    part_end(binder, statement, node, &dml->returning_plan);
    binder->scope = outer;
    Expression **positions = ARENA_ARRAY(binder->arena, Expression *, table->column_count + 1);
    for (int i = 0; i < table->column_count; i++)
        positions[i] = expression_column(binder->arena, i, table->columns[i].type);
    for (int i = 0; i < dml->returning_count && !has_subqueries; i++)
        dml->returning[i] = expression_replace_columns(
            binder->arena, dml->returning[i], scan->columns, positions, table->column_count);
    return OK;
}

Status bind_changed_returning(
    Binder *binder, Returning returning, LogicalNode **node, const int *columns, DmlPlan *dml) {
    if (returning.count == 0)
        return OK;
    Scope *outer = binder->scope, scope = *outer;
    ScopeItem changed = *outer->items[outer->item_count - 1];
    changed.columns = ARENA_ARRAY(binder->arena, ScopeColumn, changed.column_count + 1);
    for (int i = 0; i < dml->table->column_count; i++) {
        changed.columns[i] = outer->items[outer->item_count - 1]->columns[i];
        changed.columns[i].expression = plan_column(binder->plan, columns[i]);
    }
    scope.items = ARENA_ARRAY(binder->arena, ScopeItem *, outer->item_count + 1);
    scope.items[0] = &changed;
    memcpy(scope.items + 1, outer->items, sizeof *scope.items * (size_t)(outer->item_count - 1));
    binder->scope = &scope;
    TRY(bind_returned(binder, returning, dml));
    TRY(attach_expressions(binder, node, dml->returning, dml->returning_count));
    binder->scope = outer;
    return OK;
}
