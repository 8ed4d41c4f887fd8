/* MERGE as a query: the source joined with the target, each row with the number of the first clause that it
   meets, and the new row that the clause makes. */
#include "planner/bind/modify/dml.h"

typedef struct Merge {
    Binder *binder;
    const SyntaxMerge *syntax;
    const CatalogRelation *table;
    Scope *scope; /* the source's items, then the target's */
    LogicalNode *scan, *node;
    int action; /* plan column */
} Merge;

static Status check_clauses(Binder *binder, const SyntaxMerge *syntax) {
    bool is_unconditional[2] = {false, false};
    for (int i = 0; i < syntax->when_count; i++) {
        bool *is_over = &is_unconditional[syntax->whens[i].is_matched];
        if (*is_over)
            return bind_error(binder, -1, STATUS_SYNTAX_ERROR,
                "unreachable WHEN clause specified after unconditional WHEN clause");
        *is_over = syntax->whens[i].condition == NULL;
    }
    return OK;
}

static Status find_table(Binder *binder, const SyntaxMerge *syntax, const CatalogRelation **table) {
    SyntaxName name = syntax->table->relation.name;
    name.position = name.position < 0 ? syntax->table->position : name.position;
    TRY(find_relation(binder, &name, table));
    if ((*table)->kind == RELATION_TABLE)
        return dml_find_target(binder, syntax->table, "merge into", false, table);
    bind_error(
        binder, -1, STATUS_FEATURE_NOT_SUPPORTED, "cannot execute MERGE on relation \"%s\"", (*table)->name);
    return error_detail(binder->error, "This operation is not supported for %s.",
        (*table)->kind == RELATION_VIEW                ? "views"
        : (*table)->kind == RELATION_MATERIALIZED_VIEW ? "materialized views"
                                                       : "relations of this kind");
}

static Status join_target(Merge *merge) {
    Binder *binder = merge->binder;
    const SyntaxMerge *syntax = merge->syntax;
    ScopeItem *item;
    Expression *condition;
    bool has_inserts = false;
    for (int i = 0; i < syntax->when_count; i++)
        has_inserts |= !syntax->whens[i].is_matched;
    TRY(bind_from(binder, (SyntaxTable *const *)&syntax->source, 1, &merge->node));
    merge->scan = scan_relation(binder, merge->table,
        syntax->table->alias != NULL ? syntax->table->alias->name : merge->table->name, false, &item);
    if (scope_check_alias(binder, merge->scope->items, merge->scope->item_count, item, -1) != OK) {
        error_clear(merge->binder->error);
        bind_error(binder, -1, STATUS_DUPLICATE_ALIAS, "name \"%s\" specified more than once", item->alias);
        return error_detail(
            merge->binder->error, "The name is used both as MERGE target table and data source.");
    }
    scope_add(binder, item);
    binder->scope->clause = CLAUSE_JOIN;
    TRY(bind_boolean(binder, syntax->condition, "JOIN/ON", &condition));
    LogicalNode *target = merge->scan;
    if (has_subquery(condition)) { /* it filters the target, seen from each row of the source */
        TRY(attach_filter(binder, &target, condition));
        condition = NULL;
    }
    merge->node =
        logical_join(binder->plan, has_inserts ? JOIN_LEFT : JOIN_INNER, merge->node, target, condition);
    item->is_nullable = has_inserts;
    return OK;
}

static Expression *int4_constant(Binder *binder, int number) {
    Value value = {.type = type_of(TYPE_INT4), .datum.int4 = number};
    Expression *constant = expression_constant(binder->arena, &value);
    constant->position = -1;
    return constant;
}

/* What a clause sees: without a match no row of the target. */
static void see(const Merge *merge, const SyntaxMergeWhen *when, int item_count) {
    merge->scope->item_count = item_count - !when->is_matched;
}

/* The number of the first clause whose condition holds, −1 for none or one that does nothing. */
static Status bind_action(Merge *merge) {
    Binder *binder = merge->binder;
    const SyntaxMerge *syntax = merge->syntax;
    int count = 0, items = merge->scope->item_count,
        key = merge->table->key_count > 0 ? merge->table->key[0] : merge->table->column_count - 1;
    for (int i = 0; i < merge->table->column_count && merge->table->key_count <= 0; i++)
        key = merge->table->columns[i].is_hidden && merge->table->columns[i].is_not_null
                  ? i
                  : key; /* the row id */
    Expression *target = plan_column(binder->plan, merge->scan->columns[key]);
    Expression **arguments = ARENA_ARRAY(binder->arena, Expression *, 2 * syntax->when_count + 1);
    for (int i = 0; i < syntax->when_count; i++) {
        const SyntaxMergeWhen *when = &syntax->whens[i];
        Expression *condition,
            *is_met = make_boolean(
                binder, when->is_matched ? EXPRESSION_IS_NOT_NULL : EXPRESSION_IS_NULL, target, NULL);
        see(merge, when, items);
        binder->scope->clause = CLAUSE_WHERE;
        if (when->condition != NULL) {
            TRY(bind_boolean(binder, when->condition, "WHEN", &condition));
            is_met = make_boolean(binder, EXPRESSION_AND, is_met, condition);
        }
        arguments[count++] = is_met;
        arguments[count++] = int4_constant(binder, when->action == SYNTAX_MERGE_NOTHING ? -1 : i);
    }
    merge->scope->item_count = items;
    arguments[count++] = int4_constant(binder, -1);
    Expression *action = expression_of(binder->arena, EXPRESSION_CASE, type_of(TYPE_INT4), count, arguments),
               *is_wanted;
    action->position = -1;
    TRY(attach_expressions(binder, &merge->node, &action, 1));
    merge->node = logical_extend(binder->plan, merge->node, 1, &action, &merge->action);
    TRY(bind_operator(
        binder, ">=", plan_column(binder->plan, merge->action), int4_constant(binder, 0), -1, &is_wanted));
    merge->node = logical_filter(binder->plan, merge->node, is_wanted);
    return OK;
}

static Status bind_inserted(Merge *merge, const SyntaxMergeWhen *when, Expression **values) {
    Binder *binder = merge->binder;
    const CatalogRelation *table = merge->table;
    InsertTarget target = {.table = table, .overriding = when->overriding};
    TRY(dml_insert_columns(binder, when->assignments, when->assignment_count, &target));
    if (when->values.count > target.count)
        return bind_error(binder, when->values.items[target.count]->position, STATUS_SYNTAX_ERROR,
            "INSERT has more expressions than target columns");
    if (when->values.count > 0 && when->values.count < target.count && when->assignment_count > 0)
        return bind_error(binder, when->assignments[when->values.count].position, STATUS_SYNTAX_ERROR,
            "INSERT has more target columns than expressions");
    Expression **given = ARENA_ARRAY(binder->arena, Expression *, target.count + 1);
    binder->scope->clause = CLAUSE_VALUES;
    TRY(dml_bind_row(binder, &when->values, &target, given));
    for (int i = 0; i < when->values.count; i++)
        values[target.columns[i]] = given[i];
    for (int i = 0; i < table->column_count; i++)
        if (table->columns[i].is_hidden)
            values[i] = dml_null(binder, table->columns[i].type);
        else if (values[i] == NULL && table->columns[i].computed == NULL)
            TRY(dml_bind_default(binder, table, i, &values[i]));
    return dml_bind_computed(binder, table, values);
}

/* The new row that a clause makes, by table column. */
static Status bind_made(Merge *merge, const SyntaxMergeWhen *when, Expression **values) {
    Binder *binder = merge->binder;
    if (when->action == SYNTAX_MERGE_INSERT)
        return bind_inserted(merge, when, values);
    if (when->action == SYNTAX_MERGE_UPDATE)
        TRY(dml_bind_assignments(binder, when->assignments, when->assignment_count, merge->table, values));
    for (int i = 0; i < merge->table->column_count; i++)
        if (values[i] == NULL)
            values[i] = plan_column(binder->plan, merge->scan->columns[i]);
    return when->action == SYNTAX_MERGE_UPDATE ? dml_bind_computed(binder, merge->table, values) : OK;
}

/* CASE by the action: only the clause that a row meets is evaluated for it. */
static Status bind_new_row(Merge *merge, Expression **row) {
    Binder *binder = merge->binder;
    const SyntaxMerge *syntax = merge->syntax;
    int total = merge->table->column_count, items = merge->scope->item_count, count = 0;
    Expression ***choices = ARENA_ARRAY(binder->arena, Expression **, total + 1);
    for (int c = 0; c < total; c++)
        choices[c] = ARENA_ARRAY(binder->arena, Expression *, 2 * syntax->when_count + 1);
    for (int i = 0; i < syntax->when_count; i++) {
        Expression **values = ARENA_ARRAY(binder->arena, Expression *, total + 1), *is_met;
        if (syntax->whens[i].action == SYNTAX_MERGE_NOTHING)
            continue;
        see(merge, &syntax->whens[i], items);
        TRY(bind_made(merge, &syntax->whens[i], values));
        TRY(bind_operator(
            binder, "=", plan_column(binder->plan, merge->action), int4_constant(binder, i), -1, &is_met));
        for (int c = 0; c < total; c++) {
            choices[c][2 * count] = is_met;
            choices[c][2 * count + 1] = values[c];
        }
        count++;
    }
    merge->scope->item_count = items;
    for (int c = 0; c < total; c++) {
        choices[c][2 * count] = dml_null(binder, merge->table->columns[c].type);
        row[c] = expression_of(
            binder->arena, EXPRESSION_CASE, merge->table->columns[c].type, 2 * count + 1, choices[c]);
        row[c]->position = -1;
    }
    return attach_expressions(binder, &merge->node, row, total);
}

Status bind_merge(Binder *binder, const SyntaxMerge *syntax, DmlPlan *dml, BoundRoot *root) {
    Scope scope = {.ctes = binder->ctes};
    Merge merge = {.binder = binder, .syntax = syntax, .scope = &scope};
    TRY(check_clauses(binder, syntax));
    TRY(find_table(binder, syntax, &merge.table));
    uint32_t needed = PRIVILEGE_SELECT;
    for (int i = 0; i < syntax->when_count; i++)
        needed |= syntax->whens[i].action == SYNTAX_MERGE_UPDATE   ? PRIVILEGE_UPDATE
                  : syntax->whens[i].action == SYNTAX_MERGE_DELETE ? PRIVILEGE_DELETE
                  : syntax->whens[i].action == SYNTAX_MERGE_INSERT ? PRIVILEGE_INSERT
                                                                   : 0;
    TRY(check_access(binder, merge.table, needed));
    if (binder->is_part)
        return bind_error(binder, -1, STATUS_FEATURE_NOT_SUPPORTED, "MERGE not supported in WITH query");
    TRY(bind_with(binder, syntax->with, &scope));
    binder->scope = &scope;
    TRY(join_target(&merge));
    TRY(bind_action(&merge));
    int total = merge.table->column_count;
    Expression **all = ARENA_ARRAY(binder->arena, Expression *, 2 * total + 2);
    TRY(bind_new_row(&merge, all + 1 + total));
    all[0] = plan_column(binder->plan, merge.action);
    for (int i = 0; i < total; i++)
        all[1 + i] = plan_column(binder->plan, merge.scan->columns[i]);
    SyntaxMergeAction *actions = ARENA_ARRAY(binder->arena, SyntaxMergeAction, syntax->when_count + 1);
    for (int i = 0; i < syntax->when_count; i++)
        actions[i] = syntax->whens[i].action;
    dml->table = merge.table;
    dml->conflict_index = -2; /* none named */
    dml->actions = actions;
    dml->action_count = syntax->when_count;
    LogicalNode *node = logical_project(binder->plan, merge.node, 2 * total + 1, all, NULL);
    *root = (BoundRoot){.node = node,
        .count = node->column_count,
        .columns = node->columns,
        .names = ARENA_ARRAY(binder->arena, const char *, 2 * total + 2)};
    for (int i = 0; i < node->column_count; i++)
        root->names[i] = i == 0 ? "action" : merge.table->columns[(i - 1) % total].name;
    return OK;
}
