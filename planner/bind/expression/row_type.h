/* The type that a catalog object is, or that its rows have. */
#ifndef LEAT_BIND_ROW_TYPE_H
#define LEAT_BIND_ROW_TYPE_H

#include "executor/types/definition.h"
#include "planner/bind/catalog.h"

const TypeDefinition *relation_row(const CatalogRelation *relation, Arena *arena);

#endif
