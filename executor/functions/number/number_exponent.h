/* Numbers in scientific notation: EEEE of to_char. */
#ifndef LEAT_FUNCTIONS_NUMBER_EXPONENT_H
#define LEAT_FUNCTIONS_NUMBER_EXPONENT_H

#include "executor/batch/column.h"

/* Adds " 1.23e+03" with `post` places behind the point; NaN and infinities as PostgreSQL does, in `pre` and
   `post` places of #. */
void number_add_exponent(Text *out, const Column *column, int row, int pre, int post, Arena *arena);

#endif
