/* INSERT as a query whose columns are those of the table. */
#include "planner/bind/modify/dml.h"

static Status check_row_count(
    Binder *binder, const SyntaxInsert *insert, int given, int count, int position) {
    if (given < count && insert->column_count > 0)
        return bind_error(binder, insert->columns[given].position, STATUS_SYNTAX_ERROR,
            "INSERT has more target columns than expressions");
    if (given > count)
        return bind_error(
            binder, position, STATUS_SYNTAX_ERROR, "INSERT has more expressions than target columns");
    return OK;
}

/* VALUES with assignment casts and DEFAULT; the rows have one column a given target column. */
static Status insert_values(
    Binder *binder, const SyntaxSelect *select, const InsertTarget *target, BoundQuery *rows) {
    int given = rows->count;
    Expression **all = ARENA_ARRAY(binder->arena, Expression *, select->row_count * given + 1);
    rows->columns = ARENA_ARRAY(binder->arena, int, given + 1);
    Scope *outer = binder->scope, scope = {.clause = CLAUSE_VALUES, .outer = outer, .ctes = outer->ctes};
    binder->scope = &scope;
    for (int r = 0; r < select->row_count; r++) {
        Expression **row = all + r * given;
        if (select->rows[r].count != given)
            return bind_error(binder, select->rows[r].items[0]->position, STATUS_SYNTAX_ERROR,
                "VALUES lists must all be the same length");
        TRY(dml_bind_row(binder, &select->rows[r], target, row));
        for (int i = 0; i < given; i++)
            if (row[i] == NULL)
                row[i] = dml_null(binder, target->table->columns[target->columns[i]].type);
    }
    for (int i = 0; i < given; i++) {
        const CatalogColumn *column = &target->table->columns[target->columns[i]];
        rows->columns[i] = plan_column_add(binder->plan, column->name, column->type);
    }
    TRY(make_rows(binder, all, select->row_count, rows));
    binder->scope = outer;
    return OK;
}

/* The query's columns as those of the table. */
static Status coerce_given(Binder *binder, const InsertTarget *target, BoundQuery *query) {
    Type *types = ARENA_ARRAY(binder->arena, Type, query->count + 1);
    for (int i = 0; i < query->count; i++) {
        const CatalogColumn *column = &target->table->columns[target->columns[i]];
        if (column->computed != NULL)
            return dml_refuse_generated(binder, column, true);
        if (column->identity == 'a' && target->overriding == SYNTAX_OVERRIDING_NONE)
            return dml_refuse_identity(binder, column);
        types[i] = column->type;
        Expression value = {.type = binder->plan->columns[query->columns[i]].type, .position = -1};
        if (!can_coerce(value.type, types[i], COERCE_ASSIGNMENT)) {
            Expression *ignored;
            return dml_coerce(
                binder, column, &value, query->positions == NULL ? -1 : query->positions[i], &ignored);
        }
    }
    TRY(coerce_query(binder, query, types, query->count, COERCE_ASSIGNMENT));
    query->node = logical_pick(binder->plan, query->node, query->columns, query->count);
    query->columns = query->node->columns;
    return OK;
}

static bool is_plain_values(const SyntaxSelect *query) {
    return query->kind == SYNTAX_VALUES && query->order_count == 0 && query->limit == NULL &&
           query->offset == NULL && query->with == NULL;
}

/* The rows that are given, a column a given target column. */
static Status bind_given_rows(
    Binder *binder, const SyntaxInsert *insert, const InsertTarget *target, BoundQuery *rows) {
    const SyntaxSelect *query = insert->query;
    *rows = (BoundQuery){0};
    if (query == NULL) {
        rows->node = single_empty_row(binder);
        return OK;
    }
    if (is_plain_values(query)) {
        int given = query->rows[0].count, last = given > target->count ? target->count : 0;
        rows->count = given;
        TRY(check_row_count(binder, insert, given, target->count, query->rows[0].items[last]->position));
        return insert_values(binder, query, target, rows);
    }
    TRY(bind_query(binder, query, (QueryRequest){.keep_unknown = true}, rows));
    bool is_too_many = rows->positions != NULL && rows->count > target->count;
    TRY(check_row_count(
        binder, insert, rows->count, target->count, is_too_many ? rows->positions[target->count] : -1));
    return coerce_given(binder, target, rows);
}

/* Computed columns are over the values that are stored, also those of nextval() or random(). */
static LogicalNode *keep_values(
    Binder *binder, LogicalNode *node, const CatalogRelation *table, Expression **values) {
    bool has_computed = false;
    int count = 0, *columns = ARENA_ARRAY(binder->arena, int, table->column_count + 1);
    Expression **kept = ARENA_ARRAY(binder->arena, Expression *, table->column_count + 1);
    for (int i = 0; i < table->column_count; i++) {
        has_computed |= table->columns[i].computed != NULL;
        if (values[i] != NULL)
            kept[count++] = values[i];
    }
    if (!has_computed)
        return node;
    node = logical_extend(binder->plan, node, count, kept, columns);
    for (int i = 0, k = 0; i < table->column_count; i++)
        if (values[i] != NULL)
            values[i] = plan_column(binder->plan, columns[k++]);
    return node;
}

/* The whole row: what is given, defaults, NULL in hidden columns, and what is computed of them. */
static Status bind_new_rows(
    Binder *binder, const InsertTarget *target, const BoundQuery *rows, BoundRoot *root) {
    const CatalogRelation *table = target->table;
    Expression **values = ARENA_ARRAY(binder->arena, Expression *, table->column_count + 1);
    const char **names = ARENA_ARRAY(binder->arena, const char *, table->column_count + 1);
    for (int i = 0; i < rows->count; i++)
        if (table->columns[target->columns[i]].computed == NULL)
            values[target->columns[i]] = plan_column(binder->plan, rows->node->columns[i]);
    int visible = dml_visible_count(table);
    for (int i = 0; i < visible; i++) {
        names[i] = table->columns[i].name;
        if (table->columns[i].is_hidden)
            values[i] = dml_null(binder, table->columns[i].type);
        else if (values[i] == NULL && table->columns[i].computed == NULL)
            TRY(dml_bind_default(binder, table, i, &values[i]));
    }
    LogicalNode *node = keep_values(binder, rows->node, table, values);
    TRY(dml_bind_computed(binder, table, values));
    root_of(binder, logical_project(binder->plan, node, visible, values, names), root);
    for (int i = 0; i < visible; i++)
        root->names[i] = names[i];
    return OK;
}

Status bind_insert(Binder *binder, const SyntaxInsert *insert, DmlPlan *dml, BoundRoot *root) {
    const CatalogRelation *table;
    TRY(dml_find_target(binder, insert->table, "insert into", true, &table));
    take_table_conflict(binder, table, &insert);
    TRY(check_access(binder, table,
        PRIVILEGE_INSERT |
            (insert->conflict == SYNTAX_CONFLICT_UPDATE ? PRIVILEGE_UPDATE | PRIVILEGE_SELECT : 0) |
            (insert->returning_count > 0 ? PRIVILEGE_SELECT : 0)));
    dml->table = table;
    plan_add_dependency(binder->plan, table->id);
    Scope scope = {.ctes = binder->ctes};
    TRY(with_scope(binder, insert->with, &scope));
    InsertTarget target = {.table = table, .overriding = insert->overriding};
    TRY(dml_insert_columns(binder, insert->columns, insert->column_count, &target));
    BoundQuery rows;
    TRY(bind_given_rows(binder, insert, &target, &rows));
    TRY(bind_new_rows(binder, &target, &rows, root));
    const char *alias = insert->table->alias != NULL ? insert->table->alias->name : table->name;
    TRY(bind_conflict(binder, insert, table, alias, dml));
    return bind_insert_returning(binder, (Returning){insert->returning, insert->returning_count}, alias, dml);
}
