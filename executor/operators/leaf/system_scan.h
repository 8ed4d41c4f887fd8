/* SystemScan: rows of a catalog relation; one-shot only. */
#ifndef LEAT_OPERATORS_SYSTEM_SCAN_H
#define LEAT_OPERATORS_SYSTEM_SCAN_H

#include "executor/operators/spec.h"

typedef struct SystemScanParameters {
    const char *relation; /* "pg_catalog.pg_class" */
    int column_count;
    int *columns;
} SystemScanParameters;

#endif
