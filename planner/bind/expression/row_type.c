/* The type of a relation's rows, or that which CREATE TYPE made. */
#include "planner/bind/expression/row_type.h"

#include <string.h>

#include "planner/parse/deparse.h"

const TypeDefinition *relation_row(const CatalogRelation *relation, Arena *arena) {
    Text name = {0};
    if (strcmp(relation->schema, "public") != 0 && strcmp(relation->schema, "pg_catalog") != 0) {
        deparse_identifier(relation->schema, &name);
        text_add_char(&name, '.');
    }
    deparse_identifier(relation->name, &name);
    const char **names = ARENA_ARRAY(arena, const char *, relation->column_count + 1);
    Type *types = ARENA_ARRAY(arena, Type, relation->column_count + 1);
    TypeDefinition row = {.oid = catalog_type_oid(relation->id),
        .name = text_string(&name),
        .names = names,
        .types = relation->is_enum ? NULL : types};
    for (int i = 0; i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden) {
            names[row.count] = relation->columns[i].name;
            types[row.count++] = relation->columns[i].type;
        }
    const TypeDefinition *definition = type_define(&row);
    text_free(&name);
    return definition;
}
