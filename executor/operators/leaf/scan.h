/* Scan: the rows of a stored table, view or source. In a continuous query the driver feeds it the object's
   changes as its one (implicit) input; one-shot, it reads the pinned epoch. */
#ifndef LEAT_OPERATORS_SCAN_H
#define LEAT_OPERATORS_SCAN_H

#include "executor/operators/spec.h"

typedef struct ScanParameters {
    const char *name;
    int object_id;
    bool is_source;
    int column_count; /* the object's columns that are emitted, in order */
    int *columns;
    int key_count; /* one-shot lookup: expressions without columns for the relation's whole key; 0 = scan */
    Expression **key;
} ScanParameters;

#endif
