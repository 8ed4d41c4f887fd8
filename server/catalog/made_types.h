/* MadeTypes: types of CREATE TYPE and of relations' rows, as catalogs number them. */
#ifndef LEAT_CATALOG_MADE_TYPES_H
#define LEAT_CATALOG_MADE_TYPES_H

#include "server/catalog/catalog_store.h"

/* The object whose type, or type of rows, it is; NULL: none. */
const Object *made_type_object(const CatalogSnapshot *snapshot, uint32_t oid);
/* UNKNOWN: none. */
Type made_type_of(const CatalogSnapshot *snapshot, uint32_t oid);
/* Whether relations of the kind have rows of a type, or are one. */
bool object_has_type(const Object *object);
/* Whether a column has the object's type, or one that is made of it. */
bool object_uses_type(const Object *object, uint32_t type_object_id);

#endif
