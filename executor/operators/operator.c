/* The table of all operators. */
#include "executor/operators/operator.h"

#include <string.h>

const OperatorType *operator_type_by_name(const char *name) {
    static const OperatorType *const types[] = {
#define OPERATOR(folder, name) &name##_operator,
#include "executor/operators/operators.def"
#undef OPERATOR
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i]->name, name) == 0)
            return types[i];
    return NULL;
}
