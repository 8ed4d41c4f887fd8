/* TableFunction: rows of a set-returning function: generate_series, unnest, … Lateral when it has an input:
   each input row is repeated with the function's rows. Without an input it runs once, in one-shot queries; a
   continuous query gives it Values of one row without columns. */
#ifndef LEAT_OPERATORS_TABLE_FUNCTION_H
#define LEAT_OPERATORS_TABLE_FUNCTION_H

#include "executor/operators/spec.h"

typedef struct TableFunctionParameters {
    const char *function; /* "generate_series", or its signature; or several signatures with ; between them:
                             run in step, the shorter ones padded */
    int argument_count;
    Expression **arguments; /* over the input's columns, or constant */
    Schema columns;         /* what the function adds behind the input's columns */
    bool with_ordinality;
    bool is_outer; /* LEFT JOIN LATERAL: an input row without function rows is padded */
} TableFunctionParameters;

#endif
