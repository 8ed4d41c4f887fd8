/* Set functions: how they are found. set_functions.def lists them. */
#include "executor/functions/set.h"

#include <assert.h>
#include <string.h>

#include "executor/functions/set_functions.h"

static const SetFunction functions[] = {
#define SET_FUNCTION(signature, columns, is_strict, prefix, meaning) \
    {signature, columns, is_strict, prefix##_start, prefix##_next},
#include "executor/functions/set_functions.def"
#undef SET_FUNCTION
};

const FunctionRow set_functions[] = {
#define SET_FUNCTION(signature, columns, is_strict, prefix, meaning) {signature, NULL, 0, MEANING_##meaning},
#include "executor/functions/set_functions.def"
#undef SET_FUNCTION
    {0},
};

static bool type_fits(Type formal, Type actual) {
    if (formal.id == TYPE_ANYARRAY)
        return actual.is_array;
    if (formal.id == TYPE_ANYELEMENT || formal.id == TYPE_ANY)
        return true;
    return type_takes(formal, actual);
}

const SetFunction *set_function_find(const char *name, const Type *argument_types, int argument_count) {
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const Function *function = function_by_signature(functions[i].signature);
        assert(function != NULL);
        if (strcmp(name, function->signature) != 0 && strcmp(name, function->name) != 0)
            continue;
        bool fits = function->argument_count == argument_count;
        for (int a = 0; fits && a < argument_count; a++)
            fits = type_fits(function->arguments[a], argument_types[a]);
        if (fits)
            return &functions[i];
    }
    return NULL;
}

bool set_function_is_table(const SetFunction *set) {
    return set->columns != NULL && strchr(set->columns, ' ') != NULL;
}

int set_function_columns(const SetFunction *set, const Type *argument_types, int argument_count, Arena *arena,
    const char **names, Type *types) {
    const Function *function = function_by_signature(set->signature);
    if (!set_function_is_table(set)) {
        names[0] = set->columns == NULL ? function->name : set->columns;
        types[0] = function->result;
        if (function->result.id == TYPE_ANYELEMENT && argument_count > 0)
            types[0] = type_element(argument_types[0]);
        return 1;
    }
    int count = 0;
    char *cursor = arena_strdup(arena, set->columns), *column;
    while ((column = strsep(&cursor, ",")) != NULL) {
        column += strspn(column, " ");
        char *type = strchr(column, ' ');
        *type++ = 0;
        names[count] = column;
        types[count++] = type_of(type_by_name(type));
    }
    return count;
}
