/* MadeTypes: found by number, and who uses them. */
#include "server/catalog/made_types.h"

#include "executor/types/definition.h"
#include "planner/bind/expression/row_type.h"

bool object_has_type(const Object *object) {
    switch (object->relation.kind) {
    case RELATION_TABLE:
    case RELATION_SOURCE:
    case RELATION_VIEW:
    case RELATION_MATERIALIZED_VIEW:
    case RELATION_TYPE:
        return true;
    case RELATION_SINK:
    case RELATION_INDEX:
    case RELATION_SEQUENCE:
    case RELATION_FUNCTION:
    case RELATION_SYSTEM:
    case RELATION_SCHEMA:
    case RELATION_ROLE:
        break;
    }
    return false;
}

const Object *made_type_object(const CatalogSnapshot *snapshot, uint32_t oid) {
    uint32_t first = catalog_type_oid(0);
    const Object *object = oid < first ? NULL : catalog_find_id(snapshot, (oid - first) / 2);
    return object != NULL && object_has_type(object) ? object : NULL;
}

Type made_type_of(const CatalogSnapshot *snapshot, uint32_t oid) {
    const Object *object = made_type_object(snapshot, oid);
    if (object == NULL)
        return type_of(TYPE_UNKNOWN);
    Arena *arena = arena_create();
    Type type = type_of_definition(relation_row(&object->relation, arena));
    arena_destroy(arena);
    type.is_array = (oid & 1) != 0;
    return type;
}

static bool uses(Type type, uint32_t oid) {
    const TypeDefinition *definition = type.definition;
    if (definition == NULL || definition->oid == oid)
        return definition != NULL;
    for (int i = 0; definition->types != NULL && i < definition->count; i++)
        if (uses(definition->types[i], oid))
            return true;
    return false;
}

bool object_uses_type(const Object *object, uint32_t type_object_id) {
    for (int i = 0; i < object->relation.column_count; i++)
        if (uses(object->relation.columns[i].type, catalog_type_oid(type_object_id)))
            return true;
    return false;
}
