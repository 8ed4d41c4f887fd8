/* Set functions: those that return rows (setof). The registry has their signatures, without a kernel, so that
   calls are resolved like any other; the TableFunction operator runs them, some rows at a time, so that a
   huge series never exists as a whole. */
#ifndef LEAT_FUNCTIONS_SET_H
#define LEAT_FUNCTIONS_SET_H

#include "executor/functions/function.h"

/* One call. */
typedef struct SetContext {
    const TypeSettings *settings;
    Arena *arena;       /* as long as the call */
    void *state;        /* what start allocates in the arena */
    const char *name;   /* of the function, for messages */
    Value arguments[8]; /* heap bytes live as long as the call */
    int argument_count;
} SetContext;

typedef struct SetFunction {
    const char *signature;
    /* Names of the columns, separated by blanks; NULL: one, named as the function. With several the signature
       returns record, and their types stand here too: "key text, value jsonb". */
    const char *columns;
    bool is_strict; /* a NULL argument gives no rows, without a call */
    Status (*start)(SetContext *context, Error *error);
    /* Fills rows [at, at + room) of the columns; *added below room: the set has ended. */
    Status (*next)(SetContext *context, Column *const *columns, int at, int room, int *added, Error *error);
    FunctionMeaning meaning;
} SetFunction;

/* A set functions' file ends with `const SetFunction <name>_sets[] = {…, {0}};` and has a line SETS(<name>)
   in families.def. */

/* What returns the function's rows; NULL when it returns no set. */
const SetFunction *set_function_of(const Function *function);

/* The set function of that name whose argument types are these (polymorphic ones fit), or of that signature;
   NULL when there is none. */
const SetFunction *set_function_find(const char *name, const Type *argument_types, int argument_count);
bool set_function_is_table(const SetFunction *function); /* it returns several columns */
/* Count, names (at most 8, in the arena) and types of the columns that a call returns. */
int set_function_columns(const SetFunction *function, const Type *argument_types, int argument_count,
    Arena *arena, const char **names, Type *types);

#endif
