/* The text of a definition as it reads now: with the names that what it refers to has by now. */
#ifndef LEAT_CATALOG_DEFINITION_TEXT_H
#define LEAT_CATALOG_DEFINITION_TEXT_H

#include "server/catalog/search_path.h"

/* Appends it. `own`: the relation that it is a part of; of a query NULL. Where a column's new name could be
   taken for another one, a query reads the relation through a subquery that gives the old names. */
void definition_add(
    const Naming *naming, const CatalogRelation *own, const CatalogDefinition *definition, Text *out);

#endif
