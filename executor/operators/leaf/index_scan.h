/* IndexScan: one-shot: the rows of a stored relation whose indexed columns equal constants. */
#ifndef LEAT_OPERATORS_INDEX_SCAN_H
#define LEAT_OPERATORS_INDEX_SCAN_H

#include "executor/operators/spec.h"

typedef struct IndexScanParameters {
    const char *name; /* the index's */
    const char *relation;
    int object_id;
    int index_id;
    int column_count; /* the relation's columns that are emitted, in order */
    int *columns;
    int indexed_count; /* the relation's columns that the index is over, and the constants they equal */
    int *indexed;
    int key_count;
    Expression **key;
} IndexScanParameters;

#endif
