/* Running JSON paths: what a path finds in a jsonb value. */
#ifndef LEAT_FUNCTIONS_JSONPATH_RUN_H
#define LEAT_FUNCTIONS_JSONPATH_RUN_H

#include "executor/functions/json/json_slice.h"
#include "executor/types/jsonpath.h"

typedef struct PathItems {
    Slice *items; /* jsonb texts: parts of the value, of the variables, or in the arena */
    int count;
} PathItems;

typedef struct PathRun {
    const JsonPath *path;
    Slice value, variables; /* variables.at NULL: none */
    Arena *arena;
    bool finds_one; /* enough is whether there is any */
} PathRun;

/* Everything that the path finds, in the arena. */
Status jsonpath_run(const PathRun *run, PathItems *items, Error *error);

#endif
