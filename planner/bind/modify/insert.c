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
static Status insert_values(Binder *binder, const SyntaxInsert *insert, const CatalogRelation *table,
    const int *columns, int count, LogicalNode **node, int *given) {
    const SyntaxSelect *select = insert->query;
    *given = select->rows[0].count;
    TRY(check_row_count(
        binder, insert, *given, count, select->rows[0].items[*given > count ? count : 0]->position));
    Scope scope = {.clause = CLAUSE_VALUES,
              .outer = binder->scope,
              .ctes = binder->scope == NULL ? NULL : binder->scope->ctes},
          *outer = binder->scope;
    binder->scope = &scope;
    Expression **all = ARENA_ARRAY(binder->arena, Expression *, select->row_count * *given + 1);
    bool has_subqueries = false;
    for (int r = 0; r < select->row_count; r++) {
        if (select->rows[r].count != *given)
            return bind_error(binder, select->rows[r].items[0]->position, STATUS_SYNTAX_ERROR,
                "VALUES lists must all be the same length");
        TRY(dml_bind_row(
            binder, &select->rows[r], insert->overriding, table, columns, count, all + r * *given));
        for (int i = 0; i < *given; i++) {
            if (all[r * *given + i] == NULL)
                all[r * *given + i] = dml_null(binder, table->columns[columns[i]].type);
            has_subqueries |= has_subquery(all[r * *given + i]);
        }
    }
    int *made = ARENA_ARRAY(binder->arena, int, *given + 1);
    for (int i = 0; i < *given; i++)
        made[i] =
            plan_column_add(binder->plan, table->columns[columns[i]].name, table->columns[columns[i]].type);
    if (!has_subqueries) {
        *node = logical_create(binder->plan, &values_node, 0, NULL);
        (*node)->values.row_count = select->row_count;
        (*node)->values.expressions = all;
    } else {
        LogicalNode **rows = ARENA_ARRAY(binder->arena, LogicalNode *, select->row_count);
        int **maps = ARENA_ARRAY(binder->arena, int *, select->row_count);
        for (int r = 0; r < select->row_count; r++) {
            rows[r] = single_empty_row(binder);
            TRY(attach_expressions(binder, &rows[r], all + r * *given, *given));
            rows[r] = logical_project(binder->plan, rows[r], *given, all + r * *given, NULL);
            maps[r] = rows[r]->columns;
        }
        *node = logical_create(binder->plan, &union_all_node, select->row_count, rows);
        (*node)->set.input_columns = maps;
        (*node)->set.is_all = true;
    }
    (*node)->columns = made;
    (*node)->column_count = *given;
    binder->scope = outer;
    return OK;
}

static Status insert_query(Binder *binder, const SyntaxInsert *insert, const CatalogRelation *table,
    const int *columns, int count, LogicalNode **node, int *given) {
    BoundQuery query;
    TRY(bind_query(binder, insert->query, (QueryRequest){.keep_unknown = true}, &query));
    *given = query.count;
    TRY(check_row_count(binder, insert, query.count, count,
        query.positions != NULL && query.count > count ? query.positions[count] : -1));
    Type *types = ARENA_ARRAY(binder->arena, Type, query.count + 1);
    for (int i = 0; i < query.count; i++) {
        const CatalogColumn *column = &table->columns[columns[i]];
        if (column->computed != NULL)
            return dml_refuse_generated(binder, column, true);
        if (column->identity == 'a' && insert->overriding == SYNTAX_OVERRIDING_NONE)
            return dml_refuse_identity(binder, column);
        types[i] = column->type;
        Expression value = {.type = binder->plan->columns[query.columns[i]].type, .position = -1};
        if (!can_coerce(value.type, types[i], COERCE_ASSIGNMENT)) {
            Expression *ignored;
            return dml_coerce(
                binder, column, &value, query.positions == NULL ? -1 : query.positions[i], &ignored);
        }
    }
    TRY(coerce_query(binder, &query, types, query.count, COERCE_ASSIGNMENT));
    *node = logical_pick(binder->plan, query.node, query.columns, query.count);
    return OK;
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
    int *columns, count, given = 0;
    TRY(dml_insert_columns(binder, insert->columns, insert->column_count, table, &columns, &count));
    LogicalNode *node = NULL;
    const SyntaxSelect *query = insert->query;
    bool is_plain_values = query != NULL && query->kind == SYNTAX_VALUES && query->order_count == 0 &&
                           query->limit == NULL && query->offset == NULL && query->with == NULL;
    if (query == NULL)
        node = single_empty_row(binder);
    else if (is_plain_values)
        TRY(insert_values(binder, insert, table, columns, count, &node, &given));
    else
        TRY(insert_query(binder, insert, table, columns, count, &node, &given));
    Expression **values = ARENA_ARRAY(binder->arena, Expression *, table->column_count + 1);
    const char **names = ARENA_ARRAY(binder->arena, const char *, table->column_count + 1);
    for (int i = 0; i < given; i++)
        if (table->columns[columns[i]].computed == NULL)
            values[columns[i]] = plan_column(binder->plan, node->columns[i]);
    int visible = dml_visible_count(table);
    for (int i = 0; i < visible; i++) {
        names[i] = table->columns[i].name;
        if (table->columns[i].is_hidden)
            values[i] = dml_null(binder, table->columns[i].type);
        else if (values[i] == NULL && table->columns[i].computed == NULL)
            TRY(dml_bind_default(binder, table, i, &values[i]));
    }
    node = keep_values(binder, node, table, values);
    TRY(dml_bind_computed(binder, table, values));
    root_of(binder, logical_project(binder->plan, node, visible, values, names), root);
    for (int i = 0; i < visible; i++)
        root->names[i] = names[i];
    const char *alias = insert->table->alias != NULL ? insert->table->alias->name : table->name;
    TRY(bind_conflict(binder, insert, table, alias, dml));
    return bind_insert_returning(binder, table, alias, insert->returning, insert->returning_count, dml);
}
