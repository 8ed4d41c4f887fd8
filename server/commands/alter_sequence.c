/* ALTER SEQUENCE, and ALTER COLUMN … ADD GENERATED, SET GENERATED, DROP IDENTITY. */
#include <string.h>

#include "server/commands/alter_table.h"
#include "server/commands/sequence.h"

static Status define(Session *session, Object *object, const SyntaxOptions *options, Error *error) {
    int64_t last, set_aside;
    bool is_called;
    TRY(sequence_read(
        session_state(session)->instance->sequences, object, &last, &is_called, &set_aside, error));
    return sequence_define(options, &object->sequence, &last, error);
}

static Status change(Session *session, const Object *sequence, const SyntaxOptions *options, Error *error) {
    Object *object = object_copy(sequence);
    Status status = define(session, object, options, error);
    if (status == OK)
        status = ddl_replace(session, object, NULL, error);
    object_release(object);
    return status;
}

Status alter_sequence(Alteration *alteration, Object *object, Error *error) {
    Session *session = alteration->execution->session;
    const SyntaxOptions *options = &alteration->step->options;
    TRY(define(session, object, options, error));
    for (int i = 0; i < options->count; i++)
        if (strcmp(options->items[i].name, "owned_by") == 0)
            TRY(sequence_set_owner(session, &alteration->execution->analysis->view.path, object,
                options->items[i].value, error));
    return ddl_replace(session, object, NULL, error);
}

static Status find_identity(
    const Alteration *alteration, Object *object, CatalogColumn **column, Error *error) {
    const CatalogRelation *relation = &object->relation;
    const char *name = alteration->step->name;
    for (int i = 0; i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden && strcmp(relation->columns[i].name, name) == 0) {
            *column = (CatalogColumn *)&relation->columns[i];
            return OK;
        }
    return error_set(error, STATUS_UNDEFINED_COLUMN, "column \"%s\" of relation \"%s\" does not exist", name,
        relation->name);
}

Status alter_add_identity(Alteration *alteration, Object *object, Error *error) {
    CatalogColumn *column;
    const char *relation = object->relation.name;
    TRY(find_identity(alteration, object, &column, error));
    if (column->type.id != TYPE_INT2 && column->type.id != TYPE_INT4 && column->type.id != TYPE_INT8)
        return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
            "identity column type must be smallint, integer, or bigint");
    if (!column->is_not_null)
        return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "column \"%s\" of relation \"%s\" must be declared NOT NULL before identity can be added",
            column->name, relation);
    if (column->identity != 0)
        return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "column \"%s\" of relation \"%s\" is already an identity column", column->name, relation);
    if (column->default_value != NULL || column->computed != NULL)
        return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "column \"%s\" of relation \"%s\" already has a default value", column->name, relation);
    TRY(sequence_for_column(
        alteration->execution->session, object, column, &alteration->step->options, error));
    column->identity = alteration->step->identity;
    return ddl_replace(alteration->execution->session, object, NULL, error);
}

Status alter_set_identity(Alteration *alteration, Object *object, Error *error) {
    CatalogColumn *column;
    Session *session = alteration->execution->session;
    TRY(find_identity(alteration, object, &column, error));
    if (column->identity == 0)
        return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "column \"%s\" of relation \"%s\" is not an identity column", column->name,
            object->relation.name);
    if (alteration->step->options.count > 0) {
        CatalogSnapshot *snapshot = session_catalog(session_state(session));
        Status status = change(session, catalog_find_owned(snapshot, object->relation.id, column->name),
            &alteration->step->options, error);
        catalog_snapshot_release(snapshot);
        TRY(status);
    }
    if (alteration->step->identity == 0)
        return OK;
    column->identity = alteration->step->identity;
    return ddl_replace(session, object, NULL, error);
}

Status alter_drop_identity(Alteration *alteration, Object *object, Error *error) {
    CatalogColumn *column;
    Session *session = alteration->execution->session;
    TRY(find_identity(alteration, object, &column, error));
    if (column->identity == 0 && alteration->step->is_missing_ok) {
        session_notice(session, SEVERITY_NOTICE, OK,
            "column \"%s\" of relation \"%s\" is not an identity column, skipping", column->name,
            object->relation.name);
        return OK;
    }
    if (column->identity == 0)
        return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "column \"%s\" of relation \"%s\" is not an identity column", column->name,
            object->relation.name);
    CatalogSnapshot *snapshot = session_catalog(session_state(session));
    const Object *sequence = catalog_find_owned(snapshot, object->relation.id, column->name);
    column->identity = 0;
    column->default_value = NULL;
    Status status = ddl_replace(session, object, NULL, error);
    if (status == OK && sequence != NULL)
        ddl_remove(session, sequence->relation.id);
    catalog_snapshot_release(snapshot);
    return status;
}

Status sequence_restart_owned(Session *session, uint32_t table_id, Error *error) {
    SyntaxOption restart = {.name = "restart"};
    const SyntaxOptions options = {&restart, 1};
    CatalogSnapshot *snapshot = session_catalog(session_state(session));
    Status status = OK;
    for (int i = 0; i < snapshot->count && status == OK; i++) {
        const Object *object = snapshot->objects[i];
        if (object->relation.kind == RELATION_SEQUENCE && object->sequence.owner_id == table_id)
            status = change(session, object, &options, error);
    }
    catalog_snapshot_release(snapshot);
    return status;
}
