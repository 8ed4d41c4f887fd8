/* Nesting: refuses text whose parse tree would be deeper than a stack. */
#ifndef LEAT_DIALECT_NESTING_H
#define LEAT_DIALECT_NESTING_H

#include "planner/dialect/token.h"

/* 54001 when the tree of any statement could be deeper than about `bound` nodes. */
Status nesting_check(const TokenList *list, int bound, Error *error);

#endif
