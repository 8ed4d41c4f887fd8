/* The SQLSTATE of what libpg_query's scanner and grammar raise: the library drops it, its words are all there
   is to tell by. It is linked in one version; sql-tests/queries/library_errors.slt has its errors beside
   PostgreSQL's. */
#ifndef LEAT_DIALECT_LIBRARY_STATUS_H
#define LEAT_DIALECT_LIBRARY_STATUS_H

#include "executor/base/error.h"

/* is_scanner: the scanner has raised it, as in E'…', not the grammar, as in U&'…'. */
Status library_status(const char *message, bool is_scanner);

#endif
