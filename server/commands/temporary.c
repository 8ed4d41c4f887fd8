/* Temporary objects: they stand in a schema of their session's own, pg_temp_<process id>, made with the first
   of them. They are stored as any others, so that nothing that reads or writes need know of them, and dropped
   when the session ends, or when a server starts that was killed before. */
#include <string.h>

#include "server/catalog/search_path.h"
#include "server/commands/ddl.h"

static Status make_schema(Session *session, const char *name, Error *error) {
    SessionState *state = session_state(session);
    CatalogSnapshot *snapshot = session_catalog(state);
    bool is_there = catalog_find(snapshot, "", name) != NULL;
    catalog_snapshot_release(snapshot);
    state->has_temporary = true;
    if (is_there)
        return OK;
    Object *schema = object_create(catalog_next_id(state->instance->catalog), RELATION_SCHEMA, "", name);
    Status status = ddl_add(session, schema, NULL, error);
    object_release(schema);
    return status;
}

static Status temporary_schema(Session *session, Arena *arena, const char **schema, Error *error) {
    char name[SCHEMA_NAME_SIZE];
    schema_name_temporary(session, name);
    *schema = arena_strdup(arena, name);
    return make_schema(session, *schema, error);
}

Status ddl_new_name(SimpleExecution *execution, const SyntaxName *name, bool *is_temporary,
    const char **schema, const char **out, Error *error) {
    const Analysis *analysis = execution->analysis;
    const char *said = name->part_count > 1 ? name->parts[name->part_count - 2] : NULL;
    bool is_named =
        said != NULL && (strcmp(said, "pg_temp") == 0 || strcmp(said, analysis->view.path.temporary) == 0);
    const SearchPath *path = &analysis->view.path;
    if (said == NULL && path->target < path->count && schema_is_temporary(path->schemas[path->target]))
        *is_temporary = true;
    if (*is_temporary && said != NULL && !is_named)
        return error_set(error, STATUS_INVALID_TABLE_DEFINITION,
            "cannot create temporary relation in non-temporary schema");
    *is_temporary |= is_named;
    if (!*is_temporary)
        return analysis_new_name(analysis, name, schema, out, error);
    *out = name->parts[name->part_count - 1];
    return temporary_schema(execution->session, analysis->arena, schema, error);
}

Status ddl_set_on_commit(Object *object, char on_commit, Error *error) {
    object->on_commit = on_commit == 'd'   ? ON_COMMIT_DELETE
                        : on_commit == 'r' ? ON_COMMIT_DROP
                                           : ON_COMMIT_PRESERVE;
    return on_commit == 0 || schema_is_temporary(object->relation.schema)
               ? OK
               : error_set(error, STATUS_INVALID_TABLE_DEFINITION,
                     "ON COMMIT can only be used on temporary tables");
}

Status ddl_follow_temporary(SimpleExecution *execution, Object *object, Error *error) {
    CatalogRelation *relation = &object->relation;
    bool reads_temporary = false;
    for (int i = 0; i < object->dependency_count; i++) {
        const Object *read = catalog_find_id(execution->analysis->snapshot, object->dependencies[i]);
        reads_temporary |= read != NULL && schema_is_temporary(read->relation.schema);
    }
    if (!reads_temporary || schema_is_temporary(relation->schema))
        return OK;
    if (relation->kind != RELATION_VIEW)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "%ss must not use temporary tables or views",
            relation_kind_name(relation->kind));
    session_notice(
        execution->session, SEVERITY_NOTICE, OK, "view \"%s\" will be a temporary view", relation->name);
    TRY(temporary_schema(execution->session, object->arena, &relation->schema, error));
    return ddl_reserve_name(execution->session, relation->schema, relation->name, error);
}

/* With those that depend on it. */
static void drop(Session *session, const CatalogSnapshot *snapshot, uint32_t id) {
    uint32_t ids[snapshot->count + 1];
    int count = catalog_dependents(snapshot, id, ids);
    for (int i = 0; i < count; i++)
        drop(session, snapshot, ids[i]);
    ddl_remove(session, id);
}

static void forget_rows(SessionState *state, const CatalogRelation *table) {
    if (state->writes == NULL)
        return;
    write_set_forget(state->writes, table->id);
    for (int i = 0; i < table->index_count; i++)
        write_set_forget(state->writes, write_set_index_id(table->indexes[i].id));
}

void temporary_commit(Session *session) {
    SessionState *state = session_state(session);
    if (!state->has_temporary)
        return;
    char schema[SCHEMA_NAME_SIZE];
    schema_name_temporary(session, schema);
    CatalogSnapshot *snapshot = session_catalog(state);
    for (int i = 0; i < snapshot->count; i++) {
        const Object *object = snapshot->objects[i];
        if (object->on_commit == ON_COMMIT_PRESERVE || strcmp(object->relation.schema, schema) != 0)
            continue;
        forget_rows(state, &object->relation); /* whatever there is was written by this transaction */
        if (object->on_commit == ON_COMMIT_DROP)
            drop(session, snapshot, object->relation.id);
    }
    catalog_snapshot_release(snapshot);
}

void temporary_drop(Session *session) {
    SessionState *state = session_state(session);
    char schema[SCHEMA_NAME_SIZE];
    schema_name_temporary(session, schema);
    CatalogSnapshot *snapshot = session_catalog(state);
    for (int i = 0; i < snapshot->count; i++)
        if (strcmp(snapshot->objects[i]->relation.schema, schema) == 0) {
            forget_rows(state, &snapshot->objects[i]->relation);
            ddl_remove(session, snapshot->objects[i]->relation.id);
        }
    const Object *own = catalog_find(snapshot, "", schema);
    if (own != NULL)
        ddl_remove(session, own->relation.id);
    catalog_snapshot_release(snapshot);
    state->has_temporary = false;
}
