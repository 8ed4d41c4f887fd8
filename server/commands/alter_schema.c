/* ALTER … SET SCHEMA: the object goes with its indexes and the sequences of its columns; what reads it knows
   it by its id. */
#include <string.h>

#include "server/catalog/system/class_entries.h"
#include "server/commands/alter_table.h"
#include "server/commands/role.h"
#include "server/commands/sequence.h"

static Status reserve(const Alteration *alteration, const char *schema, const char *name, Error *error) {
    Status status = ddl_reserve_name(alteration->execution->session, schema, name, error);
    if (status != STATUS_DUPLICATE_TABLE)
        return status;
    error_clear(error);
    return error_set(
        error, STATUS_DUPLICATE_TABLE, "relation \"%s\" already exists in schema \"%s\"", name, schema);
}

static Status move(const Alteration *alteration, const Object *from, const char *schema, Error *error) {
    Session *session = alteration->execution->session;
    const CatalogRelation *relation = &from->relation;
    TRY(reserve(alteration, schema, relation->name, error));
    for (int i = 0; i < relation->index_count; i++)
        TRY(reserve(alteration, schema, relation->indexes[i].name, error));
    if (relation_has_key(relation))
        TRY(reserve(alteration, schema, relation->key_name, error));
    Object *object = object_copy(from);
    object->relation.schema = arena_strdup(object->arena, schema);
    Status status = ddl_replace(session, object, NULL, error);
    object_release(object);
    return status;
}

Status alter_set_schema(Alteration *alteration, Object *object, Error *error) {
    const char *schema = alteration->step->new_name;
    CatalogSnapshot *snapshot = session_catalog(session_state(alteration->execution->session));
    const Object *owner =
        object->sequence.owner_id == 0 ? NULL : catalog_find_id(snapshot, object->sequence.owner_id);
    Status status = OK;
    if (!catalog_schema_exists(snapshot, schema))
        status = error_set(error, STATUS_INVALID_SCHEMA_NAME, "schema \"%s\" does not exist", schema);
    else if (system_schema_exists(schema))
        status = error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "cannot move objects into or out of the schema %s", schema);
    else if (owner != NULL) {
        status = error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "cannot move an owned sequence into another schema");
        error_detail(
            error, "Sequence \"%s\" is linked to table \"%s\".", object->relation.name, owner->relation.name);
    }
    bool is_there = strcmp(object->relation.schema, schema) == 0;
    if (status == OK)
        status = role_check_schema(
            alteration->execution->analysis->role, snapshot, schema, PRIVILEGE_CREATE, error);
    if (status == OK && !is_there)
        status = move(alteration, object, schema, error);
    for (int i = 0; i < snapshot->count && status == OK && !is_there; i++)
        if (snapshot->objects[i]->sequence.owner_id == object->relation.id &&
            snapshot->objects[i]->relation.kind == RELATION_SEQUENCE)
            status = move(alteration, snapshot->objects[i], schema, error);
    catalog_snapshot_release(snapshot);
    return status;
}
