/* Sequences and columns: which column owns a sequence. */
#include <string.h>

#include "executor/base/memory.h"
#include "server/commands/sequence.h"

void sequence_own(Object *sequence, uint32_t table_id, const char *column) {
    sequence->sequence.owner_id = table_id;
    sequence->sequence.owner_column = arena_strdup(sequence->arena, column);
    sequence->dependency_count = table_id != 0;
    sequence->dependencies = ARENA_ARRAY(sequence->arena, uint32_t, 1);
    sequence->dependencies[0] = table_id;
}

static Status check_owner(const CatalogSnapshot *snapshot, const Object *sequence, const Object *table,
    const char *column, Error *error) {
    const CatalogRelation *relation = &table->relation;
    if (relation->kind != RELATION_TABLE && relation->kind != RELATION_SOURCE &&
        relation->kind != RELATION_VIEW) {
        error_set(
            error, STATUS_WRONG_OBJECT_TYPE, "sequence cannot be owned by relation \"%s\"", relation->name);
        return error_detail(
            error, "This operation is not supported for %ss.", relation_kind_name(relation->kind));
    }
    if (strcmp(relation->schema, sequence->relation.schema) != 0)
        return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "sequence must be in same schema as table it is linked to");
    for (int i = 0; i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden && strcmp(relation->columns[i].name, column) == 0)
            return OK;
    return error_set(error, STATUS_UNDEFINED_COLUMN, "column \"%s\" of relation \"%s\" does not exist",
        column, relation->name);
}

Status sequence_set_owner(
    Session *session, const SearchPath *path, Object *sequence, const char *owner, Error *error) {
    char *name = arena_strdup(sequence->arena, owner), *column = strrchr(name, ','), *table = NULL;
    if (column == NULL && strcmp(name, "none") != 0) {
        error_set(error, STATUS_SYNTAX_ERROR, "invalid OWNED BY option");
        return error_hint(error, "Specify OWNED BY table.column or OWNED BY NONE.");
    }
    CatalogSnapshot *snapshot = session_catalog(session_state(session));
    Status status = OK;
    const Object *found = NULL;
    if (column != NULL) {
        *column++ = 0;
        table = strrchr(name, ',');
        const char *schema = table == NULL ? NULL : (*table = 0, name);
        table = table == NULL ? name : table + 1;
        found = search_path_find(path, snapshot, schema, table);
        status = found == NULL
                     ? error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", table)
                     : check_owner(snapshot, sequence, found, column, error);
    }
    if (status == OK && sequence_is_internal(snapshot, sequence)) {
        status =
            error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "cannot change ownership of identity sequence");
        error_detail(error, "Sequence \"%s\" is linked to table \"%s\".", sequence->relation.name,
            catalog_find_id(snapshot, sequence->sequence.owner_id)->relation.name);
    }
    if (status == OK)
        sequence_own(sequence, found == NULL ? 0 : found->relation.id, column);
    catalog_snapshot_release(snapshot);
    return status;
}
