/* UnionAll: the rows of all inputs; no parameters. */
#ifndef LEAT_OPERATORS_UNION_ALL_H
#define LEAT_OPERATORS_UNION_ALL_H

#include "executor/operators/spec.h"

#endif
