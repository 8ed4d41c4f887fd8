/* Recursion: the rows of its input, then again and again what a plan makes of the rows of the round before,
   until a round adds none. One-shot only. */
#ifndef LEAT_OPERATORS_RECURSION_H
#define LEAT_OPERATORS_RECURSION_H

#include "executor/operators/spec.h"

typedef struct RecursionParameters {
    int number;               /* names its working table within the query */
    bool is_distinct;         /* UNION: a row counts once, whichever round makes it */
    const OperatorSpec *term; /* a plan of its own, evaluated each round over the working table; not stored */
} RecursionParameters;

/* The rows of the last round, where the term reads them. */
typedef struct WorkingTableParameters {
    int number;
} WorkingTableParameters;

#endif
