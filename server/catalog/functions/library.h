/* The functions about sessions and the catalog, which the server adds to the executor's. */
#ifndef LEAT_CATALOG_LIBRARY_H
#define LEAT_CATALOG_LIBRARY_H

#include "executor/functions/set.h"

extern const FunctionLibrary catalog_library;

/* Its parts. */
extern const FunctionRow catalog_functions[], privilege_functions[];
extern const SetFunction catalog_sets[];

#endif
