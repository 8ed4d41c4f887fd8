/* The table that a statement modifies: which can be, and the values of its new rows. */
#include <string.h>

#include "planner/bind/modify/dml.h"

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

int dml_find_column(const CatalogRelation *table, const char *name) {
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

Status dml_coerce(
    Binder *binder, const CatalogColumn *column, Expression *value, int position, Expression **out) {
    if (!can_coerce(value->type, column->type, COERCE_ASSIGNMENT)) {
        bind_error(binder, expression_location(value, position), STATUS_DATATYPE_MISMATCH,
            "column \"%s\" is of type %s but expression is of type %s", column->name,
            type_text(binder->arena, column->type), type_text(binder->arena, value->type));
        return error_hint(binder->error, "You will need to rewrite or cast the expression.");
    }
    return coerce(binder, value, column->type, COERCE_ASSIGNMENT, out);
}

Status dml_insert_columns(
    Binder *binder, const SyntaxAssignment *named, int named_count, InsertTarget *target) {
    const CatalogRelation *table = target->table;
    target->columns = ARENA_ARRAY(binder->arena, int, table->column_count + named_count + 1);
    target->count = 0;
    for (int i = 0; named_count == 0 && i < table->column_count; i++)
        if (!table->columns[i].is_hidden)
            target->columns[target->count++] = i;
    for (int i = 0; i < named_count; i++) {
        const char *name = named[i].column;
        int column = dml_find_column(table, name), position = named[i].position;
        if (column < 0)
            return bind_error(binder, position, STATUS_UNDEFINED_COLUMN,
                "column \"%s\" of relation \"%s\" does not exist", name, table->name);
        if (named[i].step_count > 0)
            return bind_error(binder, position, STATUS_FEATURE_NOT_SUPPORTED,
                "assignment to a part of column \"%s\" is not supported", name);
        for (int j = 0; j < target->count; j++)
            if (target->columns[j] == column)
                return bind_error(binder, position, STATUS_DUPLICATE_COLUMN,
                    "column \"%s\" specified more than once", name);
        target->columns[target->count++] = column;
    }
    return OK;
}

Status dml_refuse_generated(Binder *binder, const CatalogColumn *column, bool is_insert) {
    if (is_insert)
        bind_error(binder, -1, STATUS_GENERATED_ALWAYS,
            "cannot insert a non-DEFAULT value into column \"%s\"", column->name);
    else
        bind_error(binder, -1, STATUS_GENERATED_ALWAYS, "column \"%s\" can only be updated to DEFAULT",
            column->name);
    return error_detail(binder->error, "Column \"%s\" is a dml_refuse_generated column.", column->name);
}

/* GENERATED ALWAYS AS IDENTITY. */
Status dml_refuse_identity(Binder *binder, const CatalogColumn *column) {
    bind_error(binder, -1, STATUS_GENERATED_ALWAYS, "cannot insert a non-DEFAULT value into column \"%s\"",
        column->name);
    error_detail(
        binder->error, "Column \"%s\" is an identity column defined as GENERATED ALWAYS.", column->name);
    return error_hint(binder->error, "Use OVERRIDING SYSTEM VALUE to override.");
}

/* One row of VALUES: an expression a target column; DEFAULT stays NULL. */
Status dml_bind_row(Binder *binder, const SyntaxRow *row, const InsertTarget *target, Expression **values) {
    if (row->count > target->count)
        return bind_error(binder, row->items[target->count]->position, STATUS_SYNTAX_ERROR,
            "INSERT has more expressions than target columns");
    for (int i = 0; i < row->count; i++) {
        const CatalogColumn *column = &target->table->columns[target->columns[i]];
        if (row->items[i]->kind == SYNTAX_DEFAULT) {
            if (column->computed == NULL)
                TRY(dml_bind_default(binder, target->table, target->columns[i], &values[i]));
            continue;
        }
        if (column->computed != NULL)
            return dml_refuse_generated(binder, column, true);
        if (column->identity == 'a' && target->overriding == SYNTAX_OVERRIDING_NONE)
            return dml_refuse_identity(binder, column);
        TRY(bind_expression(binder, row->items[i], &values[i]));
        TRY(dml_coerce(binder, column, values[i], row->items[i]->position, &values[i]));
    }
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
        int column = dml_find_column(table, assignment->column);
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
            return dml_refuse_generated(binder, target, false);
        binder->scope->clause = CLAUSE_UPDATE;
        if (assignment->value->kind == SYNTAX_MULTI_ASSIGN)
            TRY(bind_assigned(binder, assignment->value, &assigned, &values[column]));
        else
            TRY(bind_expression(binder, assignment->value, &values[column]));
        TRY(dml_coerce(binder, target, values[column], assignment->value->position, &values[column]));
    }
    return OK;
}
