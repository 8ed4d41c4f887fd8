/* ALTER TABLE, VIEW, MATERIALIZED VIEW, INDEX, SOURCE, SINK: one action after the other, each over the entry
   that the last one left. */
#include "server/commands/alter_table.h"

#include <string.h>

#include "executor/base/memory.h"
#include "planner/parse/deparse.h"
#include "server/catalog/system/class_entries.h"
#include "server/commands/sequence.h"
#include "server/commands/role.h"

static int find_column(const CatalogRelation *relation, const char *name) {
    for (int i = 0; i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden && strcmp(relation->columns[i].name, name) == 0)
            return i;
    return -1;
}

static Status need_column(const CatalogRelation *relation, const char *name, int *column, Error *error) {
    *column = find_column(relation, name);
    return *column >= 0 ? OK
                        : error_set(error, STATUS_UNDEFINED_COLUMN,
                              "column \"%s\" of relation \"%s\" does not exist", name, relation->name);
}

static bool is_among(int column, const int *columns, int count) {
    for (int i = 0; i < count; i++)
        if (columns[i] == column)
            return true;
    return false;
}

/* What each column is made of when it stays as it is. */
static SyntaxExpression **same_sources(
    const Alteration *alteration, const CatalogRelation *relation, int room) {
    Arena *arena = alteration->arena;
    SyntaxExpression **sources = ARENA_ARRAY(arena, SyntaxExpression *, relation->column_count + room + 1);
    for (int i = 0; i < relation->column_count; i++)
        sources[i] = syntax_column(arena, NULL, relation->columns[i].name, -1);
    return sources;
}

static Status put(const Alteration *alteration, Object *object, Error *error) {
    return ddl_replace(alteration->execution->session, object, NULL, error);
}

static void notice(const Alteration *alteration, const char *format, const char *name, const char *relation) {
    session_notice(alteration->execution->session, SEVERITY_NOTICE, OK, format, name, relation);
}

/* Constraints. */

static bool has_check(const CatalogRelation *relation, const char *name) {
    for (int i = 0; i < relation->check_count; i++)
        if (strcmp(relation->check_names[i], name) == 0)
            return true;
    return false;
}

static Status append_check(
    const Alteration *alteration, Object *object, const SyntaxCheck *check, Error *error) {
    const Analysis *analysis = alteration->execution->analysis;
    CatalogRelation *relation = &object->relation;
    if (check->name != NULL && has_check(relation, check->name))
        return error_set(error, STATUS_DUPLICATE_OBJECT,
            "constraint \"%s\" for relation \"%s\" already exists", check->name, relation->name);
    PlannerContext planner;
    Expression *expression;
    const CatalogDefinition *definition =
        definition_of_text(object->arena, analysis->sql + check->start, (size_t)check->length);
    analysis_context(alteration->execution->analysis, alteration->execution->session, NULL, &planner);
    planner.arena = object->arena;
    TRY(plan_definition(&planner, &definition, relation, type_of(TYPE_BOOL), &expression, error));
    const char *name =
        check->name != NULL ? arena_strdup(object->arena, check->name) : ddl_name_check(object, definition);
    const char **names = (const char **)relation->check_names;
    const CatalogDefinition **checks = (const CatalogDefinition **)relation->checks;
    int count = relation->check_count;
    ARENA_APPEND(object->arena, names, count, name);
    ARENA_APPEND(object->arena, checks, relation->check_count, definition);
    relation->check_names = names;
    relation->checks = checks;
    return OK;
}

static Status add_check(Alteration *alteration, Object *object, Error *error) {
    const SyntaxCheck *check = &alteration->step->constraint->check;
    TRY(append_check(alteration, object, check, error));
    const CatalogRelation *relation = &object->relation;
    bool is_violated;
    ddl_guard_rows(alteration->execution->session, relation->id);
    TRY(alter_has_rows(
        alteration, relation, syntax_not(alteration->arena, check->expression), &is_violated, error));
    if (is_violated)
        return error_set(error, STATUS_CHECK_VIOLATION,
            "check constraint \"%s\" of relation \"%s\" is violated by some row",
            relation->check_names[relation->check_count - 1], relation->name);
    return put(alteration, object, error);
}

static Status key_columns(const Object *object, const SyntaxConstraint *constraint, int **key, Error *error) {
    *key = ARENA_ARRAY(object->arena, int, constraint->column_count + 1);
    for (int i = 0; i < constraint->column_count; i++) {
        (*key)[i] = find_column(&object->relation, constraint->columns[i]);
        if ((*key)[i] < 0)
            return error_set(error, STATUS_UNDEFINED_COLUMN, "column \"%s\" named in key does not exist",
                constraint->columns[i]);
    }
    return OK;
}

static Status add_unique(Alteration *alteration, Object *object, Error *error) {
    const SyntaxConstraint *constraint = alteration->step->constraint;
    Session *session = alteration->execution->session;
    int *key;
    TRY(key_columns(object, constraint, &key, error));
    CatalogIndex index = {
        .is_unique = true, .is_constraint = true, .key = key, .key_count = constraint->column_count};
    TRY(ddl_name_index(session, object, constraint->name, &index, error));
    TRY(ddl_append_index(session_state(session)->instance, object, &index, error));
    TRY(ddl_replace(session, object, &index, error));
    return ddl_index_own_rows(alteration->execution, object, &index, error);
}

static Status add_primary_key(Alteration *alteration, const Object *old, Object *object, Error *error) {
    CatalogRelation *relation = &object->relation;
    int *key;
    if (relation_has_key(relation))
        return error_set(error, STATUS_INVALID_TABLE_DEFINITION,
            "multiple primary keys for table \"%s\" are not allowed", relation->name);
    TRY(key_columns(object, alteration->step->constraint, &key, error));
    relation->key = key;
    relation->key_count = alteration->step->constraint->column_count;
    TRY(ddl_name_key(alteration->execution->session, object, alteration->step->constraint->name, error));
    for (int i = 0; i < relation->key_count; i++)
        ((CatalogColumn *)relation->columns)[key[i]].is_not_null = true;
    return alter_layout(alteration, old, object, same_sources(alteration, relation, 0), error);
}

static Status add_constraint(Alteration *alteration, const Object *old, Object *object, Error *error) {
    switch (alteration->step->constraint->kind) {
    case SYNTAX_CONSTRAINT_CHECK:
        return add_check(alteration, object, error);
    case SYNTAX_CONSTRAINT_UNIQUE:
        return add_unique(alteration, object, error);
    case SYNTAX_CONSTRAINT_PRIMARY_KEY:
        return add_primary_key(alteration, old, object, error);
    }
    return OK;
}

static void forget_key(Object *object) {
    object_rename_comment(object, COMMENT_INDEX, object->relation.key_name, NULL);
    object_rename_comment(object, COMMENT_CONSTRAINT, object->relation.key_name, NULL);
    object->relation.key_count = -1;
}

static void remove_check(Object *object, int check) {
    CatalogRelation *relation = &object->relation;
    object_rename_comment(object, COMMENT_CONSTRAINT, relation->check_names[check], NULL);
    const char **names = (const char **)relation->check_names;
    const CatalogDefinition **checks = (const CatalogDefinition **)relation->checks;
    relation->check_count--;
    for (int i = check; i < relation->check_count; i++) {
        names[i] = names[i + 1];
        checks[i] = checks[i + 1];
    }
}

static Status drop_constraint(Alteration *alteration, const Object *old, Object *object, Error *error) {
    const SyntaxAlterAction *step = alteration->step;
    CatalogRelation *relation = &object->relation;
    for (int i = 0; i < relation->check_count; i++)
        if (strcmp(relation->check_names[i], step->name) == 0) {
            remove_check(object, i);
            return put(alteration, object, error);
        }
    for (int i = 0; i < relation->index_count; i++)
        if (relation->indexes[i].is_constraint && strcmp(relation->indexes[i].name, step->name) == 0) {
            Object *without = ddl_without_index(object, i);
            Status status = put(alteration, without, error);
            object_release(without);
            return status;
        }
    if (relation_has_key(relation) && strcmp(relation->key_name, step->name) == 0) {
        forget_key(object);
        return alter_layout(alteration, old, object, same_sources(alteration, relation, 1), error);
    }
    if (!step->is_missing_ok)
        return error_set(error, STATUS_UNDEFINED_OBJECT,
            "constraint \"%s\" of relation \"%s\" does not exist", step->name, relation->name);
    notice(alteration, "constraint \"%s\" of relation \"%s\" does not exist, skipping", step->name,
        relation->name);
    return OK;
}

/* Columns. */

static Status define_column(Alteration *alteration, Object *object, CatalogColumn *column, Error *error) {
    const Analysis *analysis = alteration->execution->analysis;
    const SyntaxColumn *syntax = alteration->step->column;
    PlannerContext planner;
    Expression *expression;
    analysis_context(alteration->execution->analysis, alteration->execution->session, NULL, &planner);
    planner.arena = object->arena;
    *column = (CatalogColumn){.name = arena_strdup(object->arena, syntax->name),
        .type = type_of(TYPE_UNKNOWN),
        .is_not_null = syntax->is_not_null || syntax->is_primary_key};
    TypeId serial = ddl_serial_type(syntax->type);
    if (serial != TYPE_UNKNOWN)
        column->type = type_of(serial);
    else if (syntax->type != NULL)
        TRY(plan_type(&planner, syntax->type, &column->type, error));
    column->identity = syntax->identity;
    if (serial != TYPE_UNKNOWN || syntax->identity != 0)
        TRY(sequence_for_column(
            alteration->execution->session, object, column, &syntax->identity_options, error));
    if (syntax->default_value != NULL) {
        CatalogRelation none = object->relation;
        none.column_count = 0;
        column->default_value = definition_of_text(
            object->arena, analysis->sql + syntax->default_start, (size_t)syntax->default_length);
        TRY(plan_definition(&planner, &column->default_value, &none, column->type, &expression, error));
    }
    if (syntax->computed != NULL) {
        column->computed = definition_of_text(
            object->arena, analysis->sql + syntax->computed_start, (size_t)syntax->computed_length);
        TRY(plan_definition(
            &planner, &column->computed, &object->relation, column->type, &expression, error));
        if (column->type.id == TYPE_UNKNOWN)
            column->type = expression->type;
    }
    return OK;
}

static void insert_column(Object *object, const CatalogColumn *column, int at) {
    CatalogRelation *relation = &object->relation;
    CatalogColumn *columns = ARENA_ARRAY(object->arena, CatalogColumn, relation->column_count + 1);
    int map[relation->column_count + 1];
    for (int i = 0; i < relation->column_count; i++) {
        map[i] = i + (i >= at);
        columns[map[i]] = relation->columns[i];
    }
    columns[at] = *column;
    relation->columns = columns;
    relation->column_count++;
    alter_renumber(object, 0, map, relation->column_count);
}

static Status add_column(Alteration *alteration, const Object *old, Object *object, Error *error) {
    const SyntaxColumn *syntax = alteration->step->column;
    CatalogRelation *relation = &object->relation;
    if (find_column(relation, syntax->name) >= 0 && alteration->step->is_missing_ok) {
        notice(alteration, "column \"%s\" of relation \"%s\" already exists, skipping", syntax->name,
            relation->name);
        return OK;
    }
    if (find_column(relation, syntax->name) >= 0)
        return error_set(error, STATUS_DUPLICATE_COLUMN, "column \"%s\" of relation \"%s\" already exists",
            syntax->name, relation->name);
    if (syntax->is_primary_key && relation_has_key(relation))
        return error_set(error, STATUS_INVALID_TABLE_DEFINITION,
            "multiple primary keys for table \"%s\" are not allowed", relation->name);
    int at = relation_visible_count(relation);
    CatalogColumn column;
    bool is_done;
    TRY(define_column(alteration, object, &column, error));
    TRY(alter_widen(alteration, object, &column, &is_done, error));
    if (is_done)
        return OK;
    for (int i = 0; i < at; i++)
        if (relation->columns[i].is_hidden)
            at++;
    SyntaxExpression **sources = same_sources(alteration, relation, 1);
    insert_column(object, &column, at);
    for (int i = relation->column_count - 1; i > at; i--)
        sources[i] = sources[i - 1];
    sources[at] = NULL;
    for (int c = 0; c < syntax->check_count; c++)
        TRY(append_check(alteration, object, &syntax->checks[c], error));
    int *key = ARENA_ARRAY(object->arena, int, 1);
    key[0] = at;
    if (syntax->is_primary_key) {
        relation->key = key;
        relation->key_count = 1;
        TRY(ddl_name_key(alteration->execution->session, object, syntax->key_name, error));
    }
    if (syntax->is_unique) {
        CatalogIndex index = {.is_unique = true, .is_constraint = true, .key = key, .key_count = 1};
        TRY(ddl_name_index(alteration->execution->session, object, syntax->unique_name, &index, error));
        TRY(ddl_append_index(alteration->execution->analysis->instance, object, &index, error));
    }
    return alter_layout(alteration, old, object, sources, error);
}

/* Numbers of columns once one has gone; false when it is among them. */
static bool without_column(Object *object, const int **columns, int count, int gone) {
    int *kept = ARENA_ARRAY(object->arena, int, count + 1);
    for (int i = 0; i < count; i++) {
        if ((*columns)[i] == gone)
            return false;
        kept[i] = (*columns)[i] - ((*columns)[i] > gone);
    }
    *columns = kept;
    return true;
}

/* Keys, indexes and checks over the column go with it. */
static void forget_column(Object *object, int gone) {
    CatalogRelation *relation = &object->relation;
    const char *name = relation->columns[gone].name;
    CatalogIndex *indexes = (CatalogIndex *)relation->indexes;
    int kept = 0;
    for (int i = relation->check_count - 1; i >= 0; i--)
        if (definition_uses(relation->checks[i], 0, gone))
            remove_check(object, i);
    if (relation->key_count > 0 && !without_column(object, &relation->key, relation->key_count, gone))
        forget_key(object);
    for (int i = 0; i < relation->index_count; i++)
        if (without_column(object, &indexes[i].key, indexes[i].key_count, gone) &&
            without_column(object, &indexes[i].included, indexes[i].included_count, gone))
            indexes[kept++] = indexes[i];
    relation->index_count = kept;
    object_rename_comment(object, COMMENT_COLUMN, name, NULL);
    CatalogColumn *columns = (CatalogColumn *)relation->columns;
    int map[relation->column_count + 1];
    for (int i = 0; i < relation->column_count; i++)
        map[i] = i == gone ? -1 : i - (i > gone);
    relation->column_count--;
    for (int i = gone; i < relation->column_count; i++)
        columns[i] = columns[i + 1];
    alter_renumber(object, 0, map, relation->column_count);
}

static void leave_out(Object *object, SyntaxExpression **sources, int column) {
    forget_column(object, column);
    for (int i = column; i < object->relation.column_count; i++)
        sources[i] = sources[i + 1];
}

static Status drop_column(Alteration *alteration, const Object *old, Object *object, Error *error) {
    const SyntaxAlterAction *step = alteration->step;
    CatalogRelation *relation = &object->relation;
    int column = find_column(relation, step->name);
    if (column < 0 && step->is_missing_ok) {
        notice(alteration, "column \"%s\" of relation \"%s\" does not exist, skipping", step->name,
            relation->name);
        return OK;
    }
    TRY(need_column(relation, step->name, &column, error));
    TRY(ddl_drop_column_users(alteration->execution, old, column, step->is_cascade, error));
    SyntaxExpression **sources = same_sources(alteration, relation, 1);
    for (int i = relation->column_count - 1; i >= 0; i--)
        if (definition_uses(relation->columns[i].computed, 0, column)) {
            leave_out(object, sources, i);
            column -= i < column;
        }
    leave_out(object, sources, column);
    return alter_layout(alteration, old, object, sources, error);
}

static Status set_default(Alteration *alteration, Object *object, Error *error) {
    const SyntaxAlterAction *step = alteration->step;
    int number;
    TRY(need_column(&object->relation, step->name, &number, error));
    CatalogColumn *column = (CatalogColumn *)&object->relation.columns[number];
    if (column->computed != NULL)
        return error_set(error, STATUS_SYNTAX_ERROR, "column \"%s\" of relation \"%s\" is a generated column",
            step->name, object->relation.name);
    if (column->identity != 0) {
        error_set(error, STATUS_SYNTAX_ERROR, "column \"%s\" of relation \"%s\" is an identity column",
            step->name, object->relation.name);
        return step->length > 0
                   ? error->status
                   : error_hint(error, "Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.");
    }
    column->default_value = NULL;
    if (step->length > 0) {
        PlannerContext planner;
        Expression *expression;
        CatalogRelation none = object->relation;
        none.column_count = 0;
        analysis_context(alteration->execution->analysis, alteration->execution->session, NULL, &planner);
        const Analysis *analysis = alteration->execution->analysis;
        planner.arena = object->arena;
        column->default_value =
            definition_of_text(object->arena, analysis->sql + step->start, (size_t)step->length);
        TRY(plan_definition(&planner, &column->default_value, &none, column->type, &expression, error));
    }
    return put(alteration, object, error);
}

static Status set_not_null(Alteration *alteration, Object *object, bool is_not_null, Error *error) {
    const char *name = alteration->step->name;
    const CatalogRelation *relation = &object->relation;
    int number;
    bool has_nulls = false;
    TRY(need_column(relation, name, &number, error));
    if (!is_not_null && relation_has_key(relation) && is_among(number, relation->key, relation->key_count))
        return error_set(error, STATUS_INVALID_TABLE_DEFINITION, "column \"%s\" is in a primary key", name);
    if (!is_not_null && relation->columns[number].identity != 0)
        return error_set(error, STATUS_SYNTAX_ERROR, "column \"%s\" of relation \"%s\" is an identity column",
            name, relation->name);
    SyntaxExpression *column = syntax_column(alteration->arena, NULL, name, -1);
    if (is_not_null)
        ddl_guard_rows(alteration->execution->session, relation->id);
    if (is_not_null)
        TRY(alter_has_rows(
            alteration, relation, syntax_test(alteration->arena, SYNTAX_IS_NULL, column), &has_nulls, error));
    if (has_nulls)
        return error_set(error, STATUS_NOT_NULL_VIOLATION,
            "column \"%s\" of relation \"%s\" contains null values", name, relation->name);
    ((CatalogColumn *)relation->columns)[number].is_not_null = is_not_null;
    return put(alteration, object, error);
}

static const char *quoted(Arena *arena, const char *name) {
    Text text = {0};
    deparse_identifier(name, &text);
    const char *quoted = arena_copy(arena, text_string(&text), text.length);
    text_free(&text);
    return quoted;
}

static Status set_type(Alteration *alteration, const Object *old, Object *object, Error *error) {
    const SyntaxAlterAction *step = alteration->step;
    int number;
    Type type;
    PlannerContext planner;
    Expression *expression;
    TRY(need_column(&object->relation, step->name, &number, error));
    analysis_context(alteration->execution->analysis, alteration->execution->session, NULL, &planner);
    TRY(plan_type(&planner, step->type, &type, error));
    SyntaxExpression **sources = same_sources(alteration, &object->relation, 0);
    CatalogColumn *column = (CatalogColumn *)&object->relation.columns[number];
    const char *column_name = quoted(alteration->arena, step->name), *text = column_name;
    if (step->expression != NULL) {
        sources[number] = step->expression;
        text = analysis_text(alteration->execution->analysis, step->start, step->length);
    }
    const CatalogDefinition *source = definition_of_text(alteration->arena, text, strlen(text));
    Status status = plan_expression(&planner, source, &old->relation, type, &expression, error);
    if (status == STATUS_DATATYPE_MISMATCH) {
        Text name = {0};
        type_add_name(type, &name);
        error_clear(error);
        error_set(error, STATUS_DATATYPE_MISMATCH, "column \"%s\" cannot be cast automatically to type %s",
            step->name, text_string(&name));
        error_hint(error, "You might need to specify \"USING %s::%s\".", column_name, text_string(&name));
        text_free(&name);
    }
    TRY(status);
    column->type = type;
    if (column->default_value != NULL)
        TRY(plan_expression(&planner, column->default_value,
            &(CatalogRelation){.name = object->relation.name}, type, &expression, error));
    return alter_layout(alteration, old, object, sources, error);
}

/* Names. */

static Status rename_relation(Alteration *alteration, Object *object, Error *error) {
    const char *to = alteration->step->new_name;
    TRY(ddl_reserve_name(alteration->execution->session, object->relation.schema, to, error));
    object->relation.name = arena_strdup(object->arena, to);
    return put(alteration, object, error);
}

static Status rename_owner(const Alteration *alteration, const char *from, const char *to, Error *error) {
    Session *session = alteration->execution->session;
    CatalogSnapshot *snapshot = session_catalog(session_state(session));
    const Object *sequence = catalog_find_owned(snapshot, alteration->id, from);
    Status status = OK;
    if (sequence != NULL) {
        Object *object = object_copy(sequence);
        sequence_own(object, alteration->id, to);
        status = ddl_replace(session, object, NULL, error);
        object_release(object);
    }
    catalog_snapshot_release(snapshot);
    return status;
}

/* Definitions, of other objects too, know the column by its number. */
static Status rename_column(Alteration *alteration, Object *object, Error *error) {
    const char *from = alteration->step->name, *to = alteration->step->new_name;
    CatalogRelation *relation = &object->relation;
    int number = find_column(relation, from);
    if (number < 0)
        return error_set(error, STATUS_UNDEFINED_COLUMN, "column \"%s\" does not exist", from);
    if (find_column(relation, to) >= 0)
        return error_set(error, STATUS_DUPLICATE_COLUMN, "column \"%s\" of relation \"%s\" already exists",
            to, relation->name);
    ((CatalogColumn *)relation->columns)[number].name = arena_strdup(object->arena, to);
    object_rename_comment(object, COMMENT_COLUMN, from, to);
    TRY(rename_owner(alteration, from, to, error));
    return put(alteration, object, error);
}

static Status rename_constraint(Alteration *alteration, Object *object, Error *error) {
    const char *from = alteration->step->name, *to = alteration->step->new_name;
    const CatalogRelation *relation = &object->relation;
    for (int i = 0; i < relation->check_count; i++)
        if (strcmp(relation->check_names[i], from) == 0) {
            ((const char **)relation->check_names)[i] = arena_strdup(object->arena, to);
            object_rename_comment(object, COMMENT_CONSTRAINT, from, to);
            return put(alteration, object, error);
        }
    for (int i = 0; i < relation->index_count; i++)
        if (relation->indexes[i].is_constraint && strcmp(relation->indexes[i].name, from) == 0)
            return ddl_rename_index(alteration->execution->session, object, i, to, error);
    if (relation_has_key(relation) && strcmp(relation->key_name, from) == 0)
        return ddl_rename_index(alteration->execution->session, object, -1, to, error);
    return error_set(error, STATUS_UNDEFINED_OBJECT, "constraint \"%s\" for table \"%s\" does not exist",
        from, relation->name);
}

static Status run_step(Alteration *alteration, const Object *old, Object *object, Error *error) {
    switch (alteration->step->kind) {
    case SYNTAX_ALTER_ADD_COLUMN:
        return add_column(alteration, old, object, error);
    case SYNTAX_ALTER_DROP_COLUMN:
        return drop_column(alteration, old, object, error);
    case SYNTAX_ALTER_DEFAULT:
        return set_default(alteration, object, error);
    case SYNTAX_ALTER_SET_NOT_NULL:
        return set_not_null(alteration, object, true, error);
    case SYNTAX_ALTER_DROP_NOT_NULL:
        return set_not_null(alteration, object, false, error);
    case SYNTAX_ALTER_TYPE:
        return set_type(alteration, old, object, error);
    case SYNTAX_ALTER_ADD_CONSTRAINT:
        return add_constraint(alteration, old, object, error);
    case SYNTAX_ALTER_DROP_CONSTRAINT:
        return drop_constraint(alteration, old, object, error);
    case SYNTAX_ALTER_RENAME:
        return rename_relation(alteration, object, error);
    case SYNTAX_ALTER_RENAME_COLUMN:
        return rename_column(alteration, object, error);
    case SYNTAX_ALTER_RENAME_CONSTRAINT:
        return rename_constraint(alteration, object, error);
    case SYNTAX_ALTER_SET_SCHEMA:
        return alter_set_schema(alteration, object, error);
    case SYNTAX_ALTER_SEQUENCE:
        return alter_sequence(alteration, object, error);
    case SYNTAX_ALTER_ADD_IDENTITY:
        return alter_add_identity(alteration, object, error);
    case SYNTAX_ALTER_SET_IDENTITY:
        return alter_set_identity(alteration, object, error);
    case SYNTAX_ALTER_DROP_IDENTITY:
        return alter_drop_identity(alteration, object, error);
    case SYNTAX_ALTER_OWNER:
        TRY(ddl_change_owner(alteration->execution, object, &alteration->step->owner, error));
        return ddl_replace(alteration->execution->session, object, NULL, error);
    }
    return OK;
}

/* Renames are for all; columns and constraints are changed in stored tables only. */
static Status check_step(
    const SyntaxAlter *syntax, const SyntaxAlterAction *step, const CatalogRelation *relation, Error *error) {
    static const struct {
        const char *word;
        RelationKind kind;
    } kinds[] = {{"VIEW", RELATION_VIEW}, {"MATERIALIZED VIEW", RELATION_MATERIALIZED_VIEW},
        {"SOURCE", RELATION_SOURCE}, {"SINK", RELATION_SINK}, {"SEQUENCE", RELATION_SEQUENCE}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(syntax->kind, kinds[i].word) == 0 && relation->kind != kinds[i].kind)
            return error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a %s", relation->name,
                relation_kind_name(kinds[i].kind));
    if (step->kind == SYNTAX_ALTER_RENAME || step->kind == SYNTAX_ALTER_OWNER ||
        step->kind == SYNTAX_ALTER_SET_SCHEMA || step->kind == SYNTAX_ALTER_SEQUENCE ||
        (relation->kind == RELATION_TABLE && !relation->has_connector) ||
        (step->kind == SYNTAX_ALTER_RENAME_COLUMN &&
            (relation->kind == RELATION_VIEW || relation->kind == RELATION_MATERIALIZED_VIEW)))
        return OK;
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "this form of ALTER is not supported for a %s%s",
        relation_kind_name(relation->kind), relation->has_connector ? " with a connector" : "");
}

static Status alter_index(SimpleExecution *execution, const SyntaxAlter *syntax, Error *error) {
    const char *name = syntax->name.parts[syntax->name.part_count - 1];
    int index;
    const Object *table = search_path_find_index(&execution->analysis->view.path,
        execution->analysis->snapshot,
        syntax->name.part_count > 1 ? syntax->name.parts[syntax->name.part_count - 2] : NULL, name, &index);
    if (table == NULL && syntax->if_exists) {
        session_notice(
            execution->session, SEVERITY_NOTICE, OK, "relation \"%s\" does not exist, skipping", name);
        return OK;
    }
    if (table == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", name);
    if (syntax->step_count != 1 || syntax->steps[0].kind != SYNTAX_ALTER_RENAME)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "this form of ALTER INDEX is not supported");
    if (analysis_check_owner(execution->analysis, table, NULL) != OK)
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "must be owner of index %s", name);
    Object *object = object_copy(table);
    Status status = ddl_rename_index(execution->session, object, index, syntax->steps[0].new_name, error);
    object_release(object);
    return status;
}

/* ALTER SOURCE and SINK arrive as words: RENAME TO name. */
static void read_rename(Arena *arena, SyntaxAlter *syntax) {
    const SyntaxWord *words = syntax->actions;
    if (syntax->action_count != 3 || strcmp(words[0].text, "rename") != 0 || strcmp(words[1].text, "to") != 0)
        return;
    syntax->step_count = 1;
    syntax->steps = ARENA_NEW(arena, SyntaxAlterAction);
    syntax->steps[0] = (SyntaxAlterAction){.kind = SYNTAX_ALTER_RENAME, .new_name = words[2].text};
}

Status alter_table_run(SimpleExecution *execution, Error *error) {
    Analysis *analysis = execution->analysis;
    SyntaxAlter *syntax = analysis->syntax->alter;
    const char *name = syntax->name.parts[syntax->name.part_count - 1];
    Object *object;
    read_rename(analysis->arena, syntax);
    if (syntax->step_count == 0)
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "this form of ALTER %s is not supported", syntax->kind);
    if (strcmp(syntax->kind, "INDEX") == 0)
        return alter_index(execution, syntax, error);
    Status status = analysis_find(analysis, &syntax->name, &object, error);
    if (status == STATUS_UNDEFINED_TABLE && syntax->if_exists) {
        error_clear(error);
        session_notice(
            execution->session, SEVERITY_NOTICE, OK, "relation \"%s\" does not exist, skipping", name);
        return OK;
    }
    TRY(status);
    TRY(analysis_check_owner(analysis, object, error));
    Alteration alteration = {.execution = execution,
        .arena = analysis->arena,
        .id = object->relation.id,
        .may_widen = !session_is_in_block(execution->session) && alter_may_widen(syntax)};
    for (int i = 0; i < syntax->step_count && status == OK; i++) {
        CatalogSnapshot *snapshot = session_catalog(session_state(execution->session));
        const Object *old = catalog_find_id(snapshot, alteration.id);
        alteration.step = &syntax->steps[i];
        status = check_step(syntax, alteration.step, &old->relation, error);
        Object *copy = object_copy(old);
        if (status == OK)
            status = run_step(&alteration, old, copy, error);
        object_release(copy);
        catalog_snapshot_release(snapshot);
    }
    return status;
}
