/* DML as queries over a snapshot. */
#include <string.h>

#include "planner/bind/modify/dml.h"
#include "planner/parse/build.h"

/* The table of an INSERT, UPDATE or DELETE; only stored tables can be changed, append-only ones by INSERT. */
Status dml_find_target(Binder *binder, const SyntaxTable *table, const char *verb, bool is_insert,
    const CatalogRelation **relation) {
    SyntaxName name = table->relation.name;
    if (name.position < 0)
        name.position = table->position;
    TRY(find_relation(binder, &name, relation));
    const CatalogRelation *found = *relation;
    switch (found->kind) {
    case RELATION_TABLE:
        if (found->has_connector) {
            bind_error(binder, -1, STATUS_WRONG_OBJECT_TYPE,
                "cannot %s table \"%s\": its rows come from its connector", verb, found->name);
            return error_hint(binder->error, "A table without a connector can be changed.");
        }
        if (found->is_append_only && !is_insert) {
            bind_error(binder, -1, STATUS_FEATURE_NOT_SUPPORTED, "cannot %s append-only table \"%s\"", verb,
                found->name);
            return error_hint(binder->error, "Rows of an APPEND ONLY table never change.");
        }
        return OK;
    case RELATION_SOURCE:
        return bind_error(binder, -1, STATUS_WRONG_OBJECT_TYPE, "cannot %s source \"%s\"", verb, found->name);
    case RELATION_VIEW:
        return bind_error(
            binder, -1, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "cannot %s view \"%s\"", verb, found->name);
    case RELATION_MATERIALIZED_VIEW:
        return bind_error(
            binder, -1, STATUS_WRONG_OBJECT_TYPE, "cannot change materialized view \"%s\"", found->name);
    case RELATION_SINK:
        return bind_error(binder, -1, STATUS_WRONG_OBJECT_TYPE, "cannot %s sink \"%s\"", verb, found->name);
    case RELATION_SEQUENCE:
        return bind_error(binder, -1, STATUS_WRONG_OBJECT_TYPE, "cannot change sequence \"%s\"", found->name);
    case RELATION_FUNCTION:
        return bind_error(binder, -1, STATUS_WRONG_OBJECT_TYPE, "cannot change function \"%s\"", found->name);
    case RELATION_INDEX:
        bind_error(binder, -1, STATUS_WRONG_OBJECT_TYPE, "cannot open relation \"%s\"", found->name);
        return error_detail(binder->error, "This operation is not supported for indexes.");
    case RELATION_TYPE:
        bind_error(binder, -1, STATUS_WRONG_OBJECT_TYPE, "cannot open relation \"%s\"", found->name);
        return error_detail(binder->error, "This operation is not supported for composite types.");
    case RELATION_SYSTEM:
    case RELATION_SCHEMA:
    case RELATION_ROLE:
        return bind_error(
            binder, -1, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied for table %s", found->name);
    }
    return OK;
}

static int find_column(const CatalogRelation *table, const char *name) {
    for (int i = 0; i < table->column_count; i++)
        if (!table->columns[i].is_hidden && strcmp(table->columns[i].name, name) == 0)
            return i;
    return -1;
}

/* Up to the last visible column: a column that was added later stands behind hidden ones, which new rows hold
   as NULL until they are filled. */
int dml_visible_count(const CatalogRelation *table) {
    int count = table->column_count;
    while (count > 0 && table->columns[count - 1].is_hidden)
        count--;
    return count;
}

Expression *dml_null(Binder *binder, Type type) {
    Value null = value_null(type);
    Expression *expression = expression_constant(binder->arena, &null);
    expression->position = -1;
    return expression;
}

Status dml_bind_default(Binder *binder, const CatalogRelation *table, int column, Expression **out) {
    const CatalogColumn *target = &table->columns[column];
    if (target->default_value == NULL) {
        *out = dml_null(binder, target->type);
        return OK;
    }
    return bind_relation_expression(
        binder->plan, target->default_value, NULL, target->type, out, binder->error);
}

/* Computed columns, from the values of the others by table column. */
Status dml_bind_computed(Binder *binder, const CatalogRelation *table, Expression **values) {
    int *from = ARENA_ARRAY(binder->arena, int, table->column_count + 1);
    Expression **plain = ARENA_ARRAY(binder->arena, Expression *, table->column_count + 1);
    for (int i = 0; i < table->column_count; i++) {
        from[i] = i;
        plain[i] = values[i] == NULL ? dml_null(binder, table->columns[i].type) : values[i];
    }
    for (int i = 0; i < table->column_count; i++) {
        Expression *computed;
        if (table->columns[i].computed == NULL)
            continue;
        TRY(bind_relation_expression(binder->plan, table->columns[i].computed, table, table->columns[i].type,
            &computed, binder->error));
        values[i] = expression_replace_columns(binder->arena, computed, from, plain, table->column_count);
    }
    return OK;
}

static Status coerce_assignment(
    Binder *binder, const CatalogColumn *column, Expression *value, int position, Expression **out) {
    if (!can_coerce(value->type, column->type, COERCE_ASSIGNMENT)) {
        bind_error(binder, expression_location(value, position), STATUS_DATATYPE_MISMATCH,
            "column \"%s\" is of type %s but expression is of type %s", column->name,
            type_text(binder->arena, column->type), type_text(binder->arena, value->type));
        return error_hint(binder->error, "You will need to rewrite or cast the expression.");
    }
    return coerce(binder, value, column->type, COERCE_ASSIGNMENT, out);
}

/* RETURNING */

/* The targets in the binder's scope, which has the rows that were changed. */
static Status bind_returned(Binder *binder, const SyntaxTarget *targets, int count, DmlPlan *dml) {
    Expression **expressions = NULL;
    const char **names = NULL;
    int total = 0;
    binder->scope->clause = CLAUSE_RETURNING;
    for (int i = 0; i < count; i++) {
        const SyntaxExpression *target = targets[i].expression;
        if (is_star(target)) {
            TRY(expand_star(binder, target, &expressions, &names, &total));
            continue;
        }
        Expression *expression;
        TRY(bind_expression(binder, target, &expression));
        TRY(coerce_unknown(binder, expression, &expression));
        int name_count = total;
        ARENA_APPEND(binder->arena, names, name_count,
            targets[i].name != NULL ? targets[i].name : target_name(target));
        ARENA_APPEND(binder->arena, expressions, total, expression);
    }
    dml->returning_count = total;
    dml->returning = expressions;
    dml->returning_schema = (Schema){total, names, ARENA_ARRAY(binder->arena, Type, total + 1)};
    for (int i = 0; i < total; i++)
        dml->returning_schema.types[i] = expressions[i]->type;
    return OK;
}

/* Of INSERT: over the row as it was stored, which ON CONFLICT may have made. */
static Status bind_insert_returning(Binder *binder, const CatalogRelation *table, const char *alias,
    const SyntaxTarget *targets, int count, DmlPlan *dml) {
    if (count == 0)
        return OK;
    Scope scope = {.ctes = binder->scope->ctes}, *outer = binder->scope;
    ScopeItem *item;
    binder->scope = &scope;
    Planning *statement = part_begin(binder);
    LogicalNode *scan = scan_relation(binder, given_relation(binder, table, "inserted"), alias, false, &item),
                *node = NULL;
    scope_add(binder, item);
    TRY(bind_returned(binder, targets, count, dml));
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

/* Of UPDATE and DELETE: over the changed row (its values by table column) and the rows of FROM or USING
   beside it. The plan computes it. */
static Status bind_changed_returning(Binder *binder, const CatalogRelation *table,
    const SyntaxTarget *targets, int count, LogicalNode **node, const int *columns, DmlPlan *dml) {
    if (count == 0)
        return OK;
    Scope *outer = binder->scope, scope = *outer;
    ScopeItem changed = *outer->items[outer->item_count - 1];
    changed.columns = ARENA_ARRAY(binder->arena, ScopeColumn, changed.column_count + 1);
    for (int i = 0; i < table->column_count; i++) {
        changed.columns[i] = outer->items[outer->item_count - 1]->columns[i];
        changed.columns[i].expression = plan_column(binder->plan, columns[i]);
    }
    scope.items = ARENA_ARRAY(binder->arena, ScopeItem *, outer->item_count + 1);
    scope.items[0] = &changed;
    memcpy(scope.items + 1, outer->items, sizeof *scope.items * (size_t)(outer->item_count - 1));
    binder->scope = &scope;
    TRY(bind_returned(binder, targets, count, dml));
    TRY(attach_expressions(binder, node, dml->returning, dml->returning_count));
    binder->scope = outer;
    return OK;
}

/* INSERT */

/* The table columns that the query's columns go to. */
Status dml_insert_columns(Binder *binder, const SyntaxAssignment *targets, int target_count,
    const CatalogRelation *table, int **columns, int *count) {
    *columns = ARENA_ARRAY(binder->arena, int, table->column_count + target_count + 1);
    *count = 0;
    for (int i = 0; target_count == 0 && i < table->column_count; i++)
        if (!table->columns[i].is_hidden)
            (*columns)[(*count)++] = i;
    for (int i = 0; i < target_count; i++) {
        const SyntaxAssignment *target = &targets[i];
        int column = find_column(table, target->column);
        if (column < 0)
            return bind_error(binder, target->position, STATUS_UNDEFINED_COLUMN,
                "column \"%s\" of relation \"%s\" does not exist", target->column, table->name);
        if (target->step_count > 0)
            return bind_error(binder, target->position, STATUS_FEATURE_NOT_SUPPORTED,
                "assignment to a part of column \"%s\" is not supported", target->column);
        for (int j = 0; j < *count; j++)
            if ((*columns)[j] == column)
                return bind_error(binder, target->position, STATUS_DUPLICATE_COLUMN,
                    "column \"%s\" specified more than once", target->column);
        (*columns)[(*count)++] = column;
    }
    return OK;
}

static Status generated(Binder *binder, const CatalogColumn *column, bool is_insert) {
    if (is_insert)
        bind_error(binder, -1, STATUS_GENERATED_ALWAYS,
            "cannot insert a non-DEFAULT value into column \"%s\"", column->name);
    else
        bind_error(binder, -1, STATUS_GENERATED_ALWAYS, "column \"%s\" can only be updated to DEFAULT",
            column->name);
    return error_detail(binder->error, "Column \"%s\" is a generated column.", column->name);
}

/* GENERATED ALWAYS AS IDENTITY. */
static Status always_identity(Binder *binder, const CatalogColumn *column) {
    bind_error(binder, -1, STATUS_GENERATED_ALWAYS, "cannot insert a non-DEFAULT value into column \"%s\"",
        column->name);
    error_detail(
        binder->error, "Column \"%s\" is an identity column defined as GENERATED ALWAYS.", column->name);
    return error_hint(binder->error, "Use OVERRIDING SYSTEM VALUE to override.");
}

/* One row of VALUES: an expression a target column; DEFAULT stays NULL. */
Status dml_bind_row(Binder *binder, const SyntaxRow *row, SyntaxOverriding overriding,
    const CatalogRelation *table, const int *columns, int count, Expression **values) {
    if (row->count > count)
        return bind_error(binder, row->items[count]->position, STATUS_SYNTAX_ERROR,
            "INSERT has more expressions than target columns");
    for (int i = 0; i < row->count; i++) {
        const CatalogColumn *column = &table->columns[columns[i]];
        if (row->items[i]->kind == SYNTAX_DEFAULT) {
            if (column->computed == NULL)
                TRY(dml_bind_default(binder, table, columns[i], &values[i]));
            continue;
        }
        if (column->computed != NULL)
            return generated(binder, column, true);
        if (column->identity == 'a' && overriding == SYNTAX_OVERRIDING_NONE)
            return always_identity(binder, column);
        TRY(bind_expression(binder, row->items[i], &values[i]));
        TRY(coerce_assignment(binder, column, values[i], row->items[i]->position, &values[i]));
    }
    return OK;
}

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
            return generated(binder, column, true);
        if (column->identity == 'a' && insert->overriding == SYNTAX_OVERRIDING_NONE)
            return always_identity(binder, column);
        types[i] = column->type;
        Expression value = {.type = binder->plan->columns[query.columns[i]].type, .position = -1};
        if (!can_coerce(value.type, types[i], COERCE_ASSIGNMENT)) {
            Expression *ignored;
            return coerce_assignment(
                binder, column, &value, query.positions == NULL ? -1 : query.positions[i], &ignored);
        }
    }
    TRY(coerce_query(binder, &query, types, query.count, COERCE_ASSIGNMENT));
    *node = logical_pick(binder->plan, query.node, query.columns, query.count);
    return OK;
}

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
        int column = find_column(table, key->column.name.parts[0]);
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

/* SET (a, b) = (SELECT …): the query is bound for the first of its columns, *items are all. */
static Status bind_assigned(
    Binder *binder, const SyntaxExpression *syntax, Expression ***items, Expression **out) {
    const SyntaxExpression *source = syntax->multi_assign.source;
    if (source->kind != SYNTAX_SUBLINK || source->sublink.kind != SYNTAX_SUBLINK_SCALAR)
        return bind_error(binder, source->position, STATUS_FEATURE_NOT_SUPPORTED,
            "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression");
    if (syntax->multi_assign.column == 0)
        TRY(bind_row_sublink(binder, source, syntax->multi_assign.column_count, true, items));
    *out = (*items)[syntax->multi_assign.column];
    return OK;
}

/* SET of UPDATE and of DO UPDATE: values by table column, NULL where nothing is set. */
Status dml_bind_assignments(Binder *binder, const SyntaxAssignment *assignments, int count,
    const CatalogRelation *table, Expression **values) {
    bool *is_set = ARENA_ARRAY(binder->arena, bool, table->column_count + 1);
    Expression **assigned = NULL;
    for (int i = 0; i < count; i++) {
        const SyntaxAssignment *assignment = &assignments[i];
        int column = find_column(table, assignment->column);
        if (column < 0)
            return bind_error(binder, assignment->position, STATUS_UNDEFINED_COLUMN,
                "column \"%s\" of relation \"%s\" does not exist", assignment->column, table->name);
        if (assignment->step_count > 0)
            return bind_error(binder, assignment->position, STATUS_FEATURE_NOT_SUPPORTED,
                "assignment to a part of column \"%s\" is not supported", assignment->column);
        if (is_set[column])
            return bind_error(binder, -1, STATUS_SYNTAX_ERROR, "multiple assignments to same column \"%s\"",
                assignment->column);
        is_set[column] = true;
        const CatalogColumn *target = &table->columns[column];
        if (assignment->value->kind == SYNTAX_DEFAULT) {
            if (target->computed == NULL)
                TRY(dml_bind_default(binder, table, column, &values[column]));
            continue;
        }
        if (target->computed != NULL)
            return generated(binder, target, false);
        binder->scope->clause = CLAUSE_UPDATE;
        if (assignment->value->kind == SYNTAX_MULTI_ASSIGN)
            TRY(bind_assigned(binder, assignment->value, &assigned, &values[column]));
        else
            TRY(bind_expression(binder, assignment->value, &values[column]));
        TRY(coerce_assignment(binder, target, values[column], assignment->value->position, &values[column]));
    }
    return OK;
}

/* The new row of DO UPDATE, over the existing row (its visible columns) and the excluded one behind it. */
static Status bind_conflict(Binder *binder, const SyntaxInsert *insert, const CatalogRelation *table,
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

static void set_root(Binder *binder, LogicalNode *node, BoundRoot *root) {
    *root = (BoundRoot){.node = node,
        .count = node->column_count,
        .columns = node->columns,
        .names = ARENA_ARRAY(binder->arena, const char *, node->column_count + 1)};
    for (int i = 0; i < node->column_count; i++)
        root->names[i] = binder->plan->columns[node->columns[i]].name;
}

static Status with_scope(Binder *binder, const SyntaxWith *with, Scope *scope) {
    TRY(bind_with(binder, with, scope));
    binder->scope = scope;
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
static void take_table_conflict(Binder *binder, const CatalogRelation *table, const SyntaxInsert **insert) {
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

static Status bind_insert(Binder *binder, const SyntaxInsert *insert, DmlPlan *dml, BoundRoot *root) {
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
    set_root(binder, logical_project(binder->plan, node, visible, values, names), root);
    for (int i = 0; i < visible; i++)
        root->names[i] = names[i];
    const char *alias = insert->table->alias != NULL ? insert->table->alias->name : table->name;
    TRY(bind_conflict(binder, insert, table, alias, dml));
    return bind_insert_returning(binder, table, alias, insert->returning, insert->returning_count, dml);
}

/* UPDATE and DELETE */

/* The target joined with FROM or USING, filtered; a target row that meets several rows is changed by the
   first of them. */
static Status bind_changed_rows(Binder *binder, const SyntaxTable *target, SyntaxTable *const *others,
    int count, const SyntaxExpression *where, const CatalogRelation *table, LogicalNode **scan,
    LogicalNode **node) {
    ScopeItem *item;
    const char *alias = target->alias != NULL ? target->alias->name : table->name;
    *scan = scan_relation(binder, table, alias, false, &item);
    *node = *scan;
    if (count > 0) {
        TRY(bind_from(binder, others, count, node));
        TRY(scope_check_alias(binder, binder->scope->items, binder->scope->item_count, item, -1));
        *node = logical_join(binder->plan, JOIN_INNER, *scan, *node, NULL);
    }
    scope_add(binder, item);
    if (where == NULL)
        return OK;
    Expression *predicate;
    binder->scope->clause = CLAUSE_WHERE;
    TRY(bind_boolean(binder, where, "WHERE", &predicate));
    return attach_filter(binder, node, predicate);
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

static Status bind_update(Binder *binder, const SyntaxUpdate *update, DmlPlan *dml, BoundRoot *root) {
    const CatalogRelation *table;
    TRY(dml_find_target(binder, update->table, "update", false, &table));
    bool reads = update->where != NULL || update->from_count > 0 || update->returning_count > 0;
    TRY(check_access(binder, table, PRIVILEGE_UPDATE | (reads ? PRIVILEGE_SELECT : 0)));
    if (update->current_of != NULL)
        return bind_error(binder, -1, STATUS_FEATURE_NOT_SUPPORTED, "WHERE CURRENT OF is not supported");
    dml->table = table;
    Scope scope = {.ctes = binder->ctes};
    TRY(with_scope(binder, update->with, &scope));
    LogicalNode *scan, *node = NULL;
    TRY(bind_changed_rows(
        binder, update->table, update->from, update->from_count, update->where, table, &scan, &node));
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
            binder, table, update->returning, update->returning_count, &node, columns, dml));
    }
    Expression **all = ARENA_ARRAY(binder->arena, Expression *, 2 * total + dml->returning_count + 1);
    for (int i = 0; i < total; i++) {
        all[i] = plan_column(binder->plan, scan->columns[i]);
        all[total + i] = values[i];
    }
    for (int i = 0; i < dml->returning_count; i++)
        all[2 * total + i] = dml->returning[i];
    set_root(binder, logical_project(binder->plan, node, 2 * total + dml->returning_count, all, NULL), root);
    for (int i = 0; i < 2 * total; i++)
        root->names[i] = table->columns[i % total].name;
    return OK;
}

static Status bind_delete(Binder *binder, const SyntaxDelete *delete, DmlPlan *dml, BoundRoot *root) {
    const CatalogRelation *table;
    TRY(dml_find_target(binder, delete->table, "delete from", false, &table));
    bool reads = delete->where != NULL || delete->from_count > 0 || delete->returning_count > 0;
    TRY(check_access(binder, table, PRIVILEGE_DELETE | (reads ? PRIVILEGE_SELECT : 0)));
    if (delete->current_of != NULL)
        return bind_error(binder, -1, STATUS_FEATURE_NOT_SUPPORTED, "WHERE CURRENT OF is not supported");
    dml->table = table;
    Scope scope = {.ctes = binder->ctes};
    TRY(with_scope(binder, delete->with, &scope));
    LogicalNode *scan, *node = NULL;
    TRY(bind_changed_rows(
        binder, delete->table, delete->from, delete->from_count, delete->where, table, &scan, &node));
    if (delete->from_count > 0)
        node = once_a_row(binder, node, scan, table);
    TRY(bind_changed_returning(
        binder, table, delete->returning, delete->returning_count, &node, scan->columns, dml));
    int total = table->column_count;
    Expression **all = ARENA_ARRAY(binder->arena, Expression *, total + dml->returning_count + 1);
    for (int i = 0; i < total; i++)
        all[i] = plan_column(binder->plan, scan->columns[i]);
    for (int i = 0; i < dml->returning_count; i++)
        all[total + i] = dml->returning[i];
    if (dml->returning_count == 0)
        set_root(binder, logical_pick(binder->plan, node, scan->columns, total), root);
    else
        set_root(binder, logical_project(binder->plan, node, total + dml->returning_count, all, NULL), root);
    return OK;
}

Status bind_dml(
    Planning *plan, const SyntaxStatement *statement, DmlPlan *dml, BoundRoot *root, Error *error) {
    Binder binder = binder_of(plan, error);
    return bind_dml_statement(&binder, statement, dml, root);
}

Status bind_dml_statement(Binder *binder, const SyntaxStatement *statement, DmlPlan *dml, BoundRoot *root) {
    dml->kind = statement->kind;
    switch (statement->kind) {
    case SYNTAX_STATEMENT_INSERT:
        return bind_insert(binder, statement->insert, dml, root);
    case SYNTAX_STATEMENT_UPDATE:
        return bind_update(binder, statement->update, dml, root);
    case SYNTAX_STATEMENT_DELETE:
        return bind_delete(binder, statement->delete_, dml, root);
    case SYNTAX_STATEMENT_MERGE:
        return bind_merge(binder, statement->merge, dml, root);
    default:
        return error_set(
            binder->error, STATUS_INTERNAL_ERROR, "statement is not INSERT, UPDATE, DELETE or MERGE");
    }
}
