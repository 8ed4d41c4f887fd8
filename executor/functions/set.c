/* Set functions: how they are found, and the columns of their rows. */
#include "executor/functions/set.h"

#include <string.h>

static bool type_fits(Type formal, Type actual) {
    if (formal.id == TYPE_ANYARRAY)
        return actual.is_array;
    if (formal.id == TYPE_ANYELEMENT || formal.id == TYPE_ANY)
        return true;
    return type_takes(formal, actual);
}

static bool arguments_fit(const Function *function, const Type *types, int count) {
    bool fits = function->argument_count == count;
    for (int i = 0; fits && i < count; i++)
        fits = type_fits(function->arguments[i], types[i]);
    return fits;
}

const SetFunction *set_function_find(const char *name, const Type *argument_types, int argument_count) {
    int count;
    const Function *const *functions = functions_named(name, &count);
    const Function *exact = function_by_signature(name);
    if (exact != NULL) {
        functions = &exact;
        count = 1;
    }
    for (int i = 0; i < count; i++)
        if (set_function_of(functions[i]) != NULL &&
            arguments_fit(functions[i], argument_types, argument_count))
            return set_function_of(functions[i]);
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
