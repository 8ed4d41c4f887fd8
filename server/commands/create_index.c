/* CREATE INDEX, DROP INDEX, and the indexes of UNIQUE constraints: all kept in their table's or view's entry.
 */
#include <string.h>

#include "executor/base/memory.h"
#include "server/catalog/system/class_entries.h"
#include "server/commands/ddl.h"
#include "server/commands/role.h"

/* The name that was given, or the stem with its suffix, numbered when that is taken. */
static Status reserve(Session *session, const Object *object, const char *name, const char *stem,
    const char *suffix, const char **out, Error *error) {
    const char *schema = object->relation.schema;
    *out =
        name != NULL ? arena_strdup(object->arena, name) : arena_printf(object->arena, "%s_%s", stem, suffix);
    Status status = ddl_reserve_name(session, schema, *out, error);
    for (int i = 1; name == NULL && status == STATUS_DUPLICATE_TABLE; i++) {
        error_clear(error);
        *out = arena_printf(object->arena, "%s_%s%d", stem, suffix, i);
        status = ddl_reserve_name(session, schema, *out, error);
    }
    return status;
}

/* As PostgreSQL names it: table, columns and "key" or "idx". */
Status ddl_name_index(
    Session *session, const Object *object, const char *name, CatalogIndex *index, Error *error) {
    const CatalogRelation *relation = &object->relation;
    const char *stem = relation->name;
    for (int i = 0; i < index->key_count; i++)
        stem = arena_printf(object->arena, "%s_%s", stem, relation->columns[index->key[i]].name);
    return reserve(session, object, name, stem, index->is_constraint ? "key" : "idx", &index->name, error);
}

Status ddl_name_key(Session *session, Object *object, const char *name, Error *error) {
    return reserve(session, object, name, object->relation.name, "pkey", &object->relation.key_name, error);
}

/* B-trees and hashes need an order or a hash of the type. */
static Status check_types(const CatalogRelation *relation, const CatalogIndex *index, Error *error) {
    for (int i = 0; i < index->key_count; i++) {
        Type type = relation->columns[index->key[i]].type;
        if (type.id != TYPE_JSON || type.is_array)
            continue;
        error_set(error, STATUS_UNDEFINED_OBJECT,
            "data type %s has no default operator class for access method \"btree\"", type_sql_name(type.id));
        return error_hint(error, "You must specify an operator class for the index or define a default "
                                 "operator class for the data type.");
    }
    return OK;
}

Status ddl_append_index(Instance *instance, Object *object, CatalogIndex *index, Error *error) {
    CatalogRelation *relation = &object->relation;
    TRY(check_types(relation, index, error));
    CatalogIndex *indexes = ARENA_ARRAY(object->arena, CatalogIndex, relation->index_count + 1);
    for (int i = 0; i < relation->index_count; i++)
        indexes[i] = relation->indexes[i];
    index->id = catalog_next_id(instance->catalog);
    indexes[relation->index_count] = *index;
    relation->indexes = indexes;
    relation->index_count++;
    return OK;
}

Object *ddl_without_index(const Object *object, int index) {
    Object *copy = object_copy(object);
    CatalogIndex *indexes = (CatalogIndex *)copy->relation.indexes;
    object_rename_comment(copy, COMMENT_INDEX, indexes[index].name, NULL);
    object_rename_comment(copy, COMMENT_CONSTRAINT, indexes[index].name, NULL);
    copy->relation.index_count--;
    for (int i = index; i < copy->relation.index_count; i++)
        indexes[i] = indexes[i + 1];
    return copy;
}

static Status refuse_own_row(const SimpleExecution *execution, const Object *object,
    const CatalogIndex *index, const Batch *batch, int row, Error *error) {
    Text names = {0}, values = {0};
    for (int k = 0; k < index->key_count; k++) {
        const Column *column = batch->columns[index->key[k]];
        text_printf(&names, "%s%s", k > 0 ? ", " : "", object->relation.columns[index->key[k]].name);
        text_add_string(&values, k > 0 ? ", " : "");
        datum_format(
            column->type, column_at(column, row), session_type_settings(execution->session), &values);
    }
    error_set(error, STATUS_UNIQUE_VIOLATION, "could not create unique index \"%s\"", index->name);
    error_detail(error, "Key (%s)=(%s) is duplicated.", text_string(&names), text_string(&values));
    text_free(&names);
    text_free(&values);
    return STATUS_UNIQUE_VIOLATION;
}

/* Rows that the transaction itself has written enter the index's part of its write set. */
Status ddl_index_own_rows(
    SimpleExecution *execution, const Object *object, const CatalogIndex *index, Error *error) {
    SessionState *state = session_state(execution->session);
    BatchList own = {0};
    Status status = OK;
    write_set_rows(state->writes, object->relation.id, &own);
    for (int sign = -1; sign <= 1; sign += 2)
        for (int b = 0; b < own.count; b++)
            for (int row = 0; row < own.batches[b]->row_count && status == OK; row++) {
                bool has_null = batch_diff(own.batches[b], row) * sign <= 0;
                for (int k = 0; k < index->key_count && !has_null; k++)
                    has_null = column_is_null(own.batches[b]->columns[index->key[k]], row);
                uint32_t id = write_set_index_id(index->id);
                if (has_null)
                    continue;
                if (sign < 0)
                    write_set_remove(state->writes, id, index->key, index->key_count, own.batches[b], row);
                else if (!write_set_add(state->writes, id, index->key, index->key_count, own.batches[b], row))
                    status = refuse_own_row(execution, object, index, own.batches[b], row, error);
            }
    batch_list_clear(&own);
    return status;
}

static int find_column(const CatalogRelation *relation, const char *name) {
    for (int i = 0; i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden && strcmp(relation->columns[i].name, name) == 0)
            return i;
    return -1;
}

static Status read_columns(const Analysis *analysis, Object *object, CatalogIndex *index, Error *error) {
    const SyntaxCreateIndex *syntax = analysis->syntax->create_index;
    int *key = ARENA_ARRAY(object->arena, int, syntax->column_count + 1),
        *included = ARENA_ARRAY(object->arena, int, syntax->included_count + 1);
    for (int i = 0; i < syntax->column_count; i++) {
        const SyntaxExpression *expression = syntax->columns[i].expression;
        if (expression->kind != SYNTAX_COLUMN)
            return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "indexes on expressions are not supported");
        key[i] = find_column(&object->relation, expression->column.name.parts[0]);
        if (key[i] < 0)
            return error_set(error, STATUS_UNDEFINED_COLUMN, "column \"%s\" does not exist",
                expression->column.name.parts[0]);
    }
    for (int i = 0; i < syntax->included_count; i++) {
        included[i] = find_column(&object->relation, syntax->included[i]);
        if (included[i] < 0)
            return error_set(
                error, STATUS_UNDEFINED_COLUMN, "column \"%s\" does not exist", syntax->included[i]);
    }
    *index = (CatalogIndex){.is_unique = syntax->is_unique,
        .key = key,
        .key_count = syntax->column_count,
        .included = included,
        .included_count = syntax->included_count};
    return OK;
}

static Status check_index(const SyntaxCreateIndex *syntax, const Object *object, Error *error) {
    static const char *const methods[] = {"btree", "hash"}, *const other[] = {
                                                                "gin", "gist", "spgist", "brin"};
    const CatalogRelation *relation = &object->relation;
    bool is_known = syntax->method == NULL;
    for (int i = 0; i < 2; i++)
        is_known |= syntax->method != NULL && strcmp(syntax->method, methods[i]) == 0;
    for (int i = 0; i < 4 && !is_known; i++)
        if (strcmp(syntax->method, other[i]) == 0)
            return error_set(
                error, STATUS_FEATURE_NOT_SUPPORTED, "access method \"%s\" is not supported", syntax->method);
    if (!is_known)
        return error_set(
            error, STATUS_UNDEFINED_OBJECT, "access method \"%s\" does not exist", syntax->method);
    if (relation->kind != RELATION_TABLE && relation->kind != RELATION_MATERIALIZED_VIEW) {
        error_set(error, STATUS_WRONG_OBJECT_TYPE, "cannot create index on relation \"%s\"", relation->name);
        return error_detail(
            error, "This operation is not supported for %ss.", relation_kind_name(relation->kind));
    }
    if (syntax->where != NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "partial indexes are not supported");
    if (syntax->is_unique && (relation->kind == RELATION_MATERIALIZED_VIEW || relation->has_connector))
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "unique indexes on %s are not supported",
            relation->has_connector ? "tables with a connector" : "materialized views");
    return OK;
}

static Status create_run(SimpleExecution *execution, Error *error) {
    Analysis *analysis = execution->analysis;
    const SyntaxCreateIndex *syntax = analysis->syntax->create_index;
    Object *table;
    CatalogIndex index;
    TRY(analysis_find(analysis, &syntax->table, &table, error));
    TRY(analysis_check_owner(analysis, table, error));
    TRY(check_index(syntax, table, error));
    Object *object = object_copy(table);
    Status status = read_columns(analysis, object, &index, error);
    if (status == OK && syntax->name != NULL) {
        bool is_done = ddl_skips(
            execution->session, object->relation.schema, syntax->name, syntax->if_not_exists, &status, error);
        index.name = arena_strdup(object->arena, syntax->name);
        if (is_done || status != OK) {
            object_release(object);
            return status;
        }
    } else if (status == OK) {
        status = ddl_name_index(execution->session, object, NULL, &index, error);
    }
    if (status == OK)
        status = ddl_append_index(analysis->instance, object, &index, error);
    if (status == OK)
        status = ddl_replace(execution->session, object, &index, error);
    if (status == OK && index.is_unique)
        status = ddl_index_own_rows(execution, object, &index, error);
    object_release(object);
    return status;
}

static Status create_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, create_run);
    return OK;
}

const Command create_index_command = {.is_definition = true, .execute = create_execute};

Status ddl_rename_index(Session *session, Object *object, int index, const char *name, Error *error) {
    CatalogRelation *relation = &object->relation;
    const char **old = index < 0 ? &relation->key_name : &((CatalogIndex *)relation->indexes)[index].name;
    TRY(ddl_reserve_name(session, relation->schema, name, error));
    object_rename_comment(object, COMMENT_INDEX, *old, name);
    object_rename_comment(object, COMMENT_CONSTRAINT, *old, name);
    *old = arena_strdup(object->arena, name);
    return ddl_replace(session, object, NULL, error);
}

/* DROP INDEX: of one name. */
Status ddl_drop_index(Session *session, const SearchPath *path, const CatalogSnapshot *snapshot,
    const char *schema, const char *name, bool if_exists, Error *error) {
    int index;
    const Object *table = search_path_find_index(path, snapshot, schema, name, &index);
    const Object *other = search_path_find(path, snapshot, schema, name);
    if (table == NULL && other != NULL) {
        error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not an index", name);
        return ddl_hint_drop(other, error);
    }
    if (table == NULL && if_exists) {
        session_notice(session, SEVERITY_NOTICE, OK, "index \"%s\" does not exist, skipping", name);
        return OK;
    }
    if (table == NULL)
        return error_set(error, STATUS_UNDEFINED_OBJECT, "index \"%s\" does not exist", name);
    Role role = role_current(session, snapshot);
    if (role_check_owner(&role, table, NULL) != OK)
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "must be owner of index %s", name);
    const char *relation = table->relation.name;
    if (index < 0 || table->relation.indexes[index].is_constraint) {
        error_set(error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST,
            "cannot drop index %s because constraint %s on table %s requires it", name, name, relation);
        return error_hint(error, "You can drop constraint %s on table %s instead.", name, relation);
    }
    Object *without = ddl_without_index(table, index);
    Status status = ddl_replace(session, without, NULL, error);
    object_release(without);
    return status;
}
