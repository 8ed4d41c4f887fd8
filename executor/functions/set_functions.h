/* The start and next functions of set_functions.def: <prefix>_start, <prefix>_next. Private to the set_*.c
   files. */
#ifndef LEAT_FUNCTIONS_SET_FUNCTIONS_H
#define LEAT_FUNCTIONS_SET_FUNCTIONS_H

#include "executor/functions/set.h"

#define SET_FUNCTION(signature, columns, is_strict, prefix, meaning) \
    Status prefix##_start(SetContext *context, Error *error);        \
    Status prefix##_next(                                            \
        SetContext *context, Column *const *columns_, int at, int room, int *added, Error *error);
#include "executor/functions/set_functions.def"
#undef SET_FUNCTION

#endif
