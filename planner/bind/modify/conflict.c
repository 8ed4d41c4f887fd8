/* ON CONFLICT: the key that it names, and the row that DO UPDATE makes. */
#include <string.h>

#include "planner/bind/modify/dml.h"
#include "planner/parse/build.h"

static Status conflict_without_target(Binder *binder, const SyntaxInsert *insert) {
    bind_error(binder, insert->conflict_position, STATUS_SYNTAX_ERROR,
        "ON CONFLICT DO UPDATE requires inference specification or constraint name");
    return error_hint(binder->error, "For example, ON CONFLICT (column_name).");
}

static bool is_among(int column, const int *columns, int count) {
    for (int i = 0; i < count; i++)
        if (columns[i] == column)
            return true;
    return false;
}

static bool is_same_set(const int *a, int a_count, const int *b, int b_count) {
    for (int i = 0; i < a_count; i++)
        if (!is_among(a[i], b, b_count))
            return false;
    for (int i = 0; i < b_count; i++)
        if (!is_among(b[i], a, a_count))
            return false;
    return true;
}

static Status find_conflict_constraint(
    Binder *binder, const SyntaxInsert *insert, const CatalogRelation *table, int *index) {
    bool has_key = table->key_count > 0 && !table->columns[table->key[0]].is_hidden;
    if (has_key && strcmp(insert->conflict_constraint, table->key_name) == 0) {
        *index = -1;
        return OK;
    }
    for (int i = 0; i < table->index_count; i++)
        if (table->indexes[i].is_constraint &&
            strcmp(table->indexes[i].name, insert->conflict_constraint) == 0) {
            *index = i;
            return OK;
        }
    return bind_error(binder, -1, STATUS_UNDEFINED_OBJECT,
        "constraint \"%s\" for table \"%s\" does not exist", insert->conflict_constraint, table->name);
}

/* ON CONFLICT must name the primary key or a unique index: *index as in DmlPlan. */
static Status find_conflict_target(
    Binder *binder, const SyntaxInsert *insert, const CatalogRelation *table, int *index) {
    *index = -2;
    if (insert->conflict_constraint != NULL)
        return find_conflict_constraint(binder, insert, table, index);
    if (insert->conflict_key_count == 0)
        return insert->conflict == SYNTAX_CONFLICT_UPDATE ? conflict_without_target(binder, insert) : OK;
    int *named = ARENA_ARRAY(binder->arena, int, insert->conflict_key_count);
    for (int i = 0; i < insert->conflict_key_count; i++) {
        const SyntaxExpression *key = insert->conflict_keys[i];
        if (key->kind != SYNTAX_COLUMN || key->column.name.part_count != 1)
            return bind_error(binder, key->position, STATUS_FEATURE_NOT_SUPPORTED,
                "ON CONFLICT with an expression is not supported");
        int column = dml_find_column(table, key->column.name.parts[0]);
        if (column < 0)
            return bind_error(binder, key->position, STATUS_UNDEFINED_COLUMN, "column \"%s\" does not exist",
                key->column.name.parts[0]);
        named[i] = column;
    }
    bool is_found =
        table->key_count > 0 && is_same_set(named, insert->conflict_key_count, table->key, table->key_count);
    *index = -1;
    for (int i = 0; i < table->index_count && !is_found; i++)
        if (table->indexes[i].is_unique && is_same_set(named, insert->conflict_key_count,
                                               table->indexes[i].key, table->indexes[i].key_count)) {
            *index = i;
            is_found = true;
        }
    if (!is_found)
        return bind_error(binder, -1, STATUS_INVALID_COLUMN_REFERENCE,
            "there is no unique or exclusion constraint matching the ON CONFLICT specification");
    return OK;
}

/* The new row of DO UPDATE, over the existing row (its visible columns) and the excluded one behind it. */
Status bind_conflict(Binder *binder, const SyntaxInsert *insert, const CatalogRelation *table,
    const char *alias, DmlPlan *dml) {
    dml->is_on_conflict_nothing = insert->conflict == SYNTAX_CONFLICT_NOTHING;
    dml->is_on_conflict_update = insert->conflict == SYNTAX_CONFLICT_UPDATE;
    dml->conflict_index = -2;
    if (insert->conflict == SYNTAX_CONFLICT_NONE)
        return OK;
    if (insert->conflict_key_where != NULL)
        return bind_error(binder, insert->conflict_position, STATUS_FEATURE_NOT_SUPPORTED,
            "ON CONFLICT (…) WHERE is not supported");
    TRY(find_conflict_target(binder, insert, table, &dml->conflict_index));
    if (!dml->is_on_conflict_update)
        return OK;
    Scope scope = {.clause = CLAUSE_UPDATE, .ctes = binder->scope->ctes}, *outer = binder->scope;
    binder->scope = &scope;
    Planning *statement = part_begin(binder);
    LogicalNode *scans[2], *node = NULL;
    ScopeItem *items[2];
    int total = table->column_count, visible = dml_visible_count(table), count = 0;
    int *from = ARENA_ARRAY(binder->arena, int, 2 * total + 1);
    Expression **to = ARENA_ARRAY(binder->arena, Expression *, 2 * total + 1),
               **values = ARENA_ARRAY(binder->arena, Expression *, total + 1);
    for (int s = 0; s < 2; s++) {
        scans[s] = scan_relation(binder, given_relation(binder, table, s == 0 ? "existing" : "excluded"),
            s == 0 ? alias : "excluded", false, &items[s]);
        scope_add(binder, items[s]);
        for (int i = 0; i < visible; i++) {
            from[count] = scans[s]->columns[i];
            to[count] = expression_column(binder->arena, count, table->columns[i].type);
            count++;
        }
    }
    items[1]->are_columns_visible = false; /* excluded.x only by its name */
    TRY(dml_bind_assignments(binder, insert->conflict_set, insert->conflict_set_count, table, values));
    for (int i = 0; i < visible; i++)
        if (values[i] == NULL)
            values[i] = items[0]->columns[i].expression;
    TRY(dml_bind_computed(binder, table, values));
    Expression *where = NULL;
    if (insert->conflict_where != NULL)
        TRY(bind_boolean(binder, insert->conflict_where, "WHERE", &where));
    dml->conflict_set = ARENA_ARRAY(binder->arena, Expression *, visible + 1);
    bool has_subqueries = has_subquery(where);
    for (int i = 0; i < visible; i++)
        has_subqueries |= has_subquery(values[i]);
    if (has_subqueries) {
        node = logical_join(binder->plan, JOIN_INNER, scans[0], scans[1], NULL);
        if (where != NULL)
            TRY(attach_filter(binder, &node, where));
        TRY(attach_expressions(binder, &node, values, visible));
        node = logical_project(binder->plan, node, visible, values, NULL);
    }
    for (int i = 0; i < visible && !has_subqueries; i++)
        dml->conflict_set[i] = expression_replace_columns(binder->arena, values[i], from, to, count);
    if (where != NULL && !has_subqueries)
        dml->conflict_where = expression_replace_columns(binder->arena, where, from, to, count);
    part_end(binder, statement, node, &dml->conflict_plan);
    binder->scope = outer;
    return OK;
}

/* ON CONFLICT (key) DO UPDATE SET of all columns beside the key: c = excluded.c, or coalesce(excluded.c, c);
   DO NOTHING when there are none. */
static void overwrite_conflicting(
    Arena *arena, const CatalogRelation *table, bool if_not_null, SyntaxInsert *insert) {
    const char *alias = insert->table->alias != NULL ? insert->table->alias->name : table->name;
    for (int i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        bool is_key = false;
        for (int k = 0; k < table->key_count; k++)
            is_key |= table->key[k] == i;
        if (is_key || table->columns[i].is_hidden || table->columns[i].computed != NULL)
            continue;
        SyntaxExpression *value = syntax_column(arena, "excluded", name, -1);
        if (if_not_null)
            value = syntax_coalesce(arena, value, syntax_column(arena, alias, name, -1));
        SyntaxAssignment set = {.column = name, .value = value, .position = -1};
        ARENA_APPEND(arena, insert->conflict_set, insert->conflict_set_count, set);
    }
    if (insert->conflict_set_count == 0)
        return;
    insert->conflict = SYNTAX_CONFLICT_UPDATE;
    for (int k = 0; k < table->key_count; k++)
        ARENA_APPEND(arena, insert->conflict_keys, insert->conflict_key_count,
            syntax_column(arena, NULL, table->columns[table->key[k]].name, -1));
}

/* A table's own ON CONFLICT, for an INSERT that says none. */
void take_table_conflict(Binder *binder, const CatalogRelation *table, const SyntaxInsert **insert) {
    bool has_key = table->key_count > 0 && !table->columns[table->key[0]].is_hidden;
    if (table->on_conflict == NULL || (*insert)->conflict != SYNTAX_CONFLICT_NONE || !has_key)
        return;
    SyntaxInsert *own = ARENA_NEW(binder->arena, SyntaxInsert);
    *own = **insert;
    own->conflict = SYNTAX_CONFLICT_NOTHING;
    own->conflict_position = -1;
    if (strcmp(table->on_conflict, "ignore") != 0)
        overwrite_conflicting(binder->arena, table, strcmp(table->on_conflict, "if_not_null") == 0, own);
    *insert = own;
}
