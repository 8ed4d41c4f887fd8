/* CreateStatement: the statement that would make an object as it is now. */
#ifndef LEAT_CATALOG_CREATE_STATEMENT_H
#define LEAT_CATALOG_CREATE_STATEMENT_H

#include "server/catalog/search_path.h"

/* Appends it, from the object alone; values of secret options are '***'. */
void create_statement(const Naming *naming, const Object *object, Text *out);

#endif
