/* pg_proc's numbers and texts of the registry's functions, and of PostgreSQL's functions that read and print
   types, which drivers look for. */
#include <ctype.h>
#include <string.h>

#include "executor/functions/aggregate.h"
#include "server/catalog/system/class_entries.h"

static const struct {
    uint32_t oid;
    const char *name;
} type_procs[] = {
#define TYPE_PROCS(type, input, input_name, output, output_name, receive, receive_name, send, send_name, in, \
    in_name, out, out_name, ...)                                                                             \
    {input, input_name}, {output, output_name}, {receive, receive_name}, {send, send_name}, {in, in_name},   \
        {out, out_name},
#include "server/catalog/system/type_procs.def"
#undef TYPE_PROCS
    {750, "array_in"},
    {751, "array_out"},
    {2400, "array_recv"},
    {2401, "array_send"},
};

enum { TYPE_PROC_COUNT = sizeof type_procs / sizeof *type_procs };

const Function *function_of_oid(uint32_t oid) {
    int count;
    const Function *const *all = functions_all(&count);
    return oid < FUNCTIONS || oid - FUNCTIONS >= (uint32_t)count ? NULL : all[oid - FUNCTIONS];
}

uint32_t function_oid(const Function *function) {
    int count;
    const Function *const *all = functions_all(&count);
    int first;
    const Function *const *named = functions_named(function->name, &first);
    while (*named != function)
        named++;
    return FUNCTIONS + (uint32_t)(named - all);
}

const char *type_proc_name(uint32_t oid) {
    for (int i = 0; oid != 0 && i < TYPE_PROC_COUNT; i++)
        if (type_procs[i].oid == oid)
            return type_procs[i].name;
    return NULL;
}

int functions_count(const char *name) {
    int count, listed = 0;
    const Function *const *named = functions_named(name, &count);
    for (int i = 0; i < count; i++)
        listed += function_is_listed(named[i]);
    return listed;
}

uint32_t function_oid_by_name(const char *name) {
    int count;
    const Function *const *named = functions_named(name, &count);
    if (functions_count(name) > 0)
        return function_oid(named[0]);
    for (int i = 0; i < TYPE_PROC_COUNT; i++)
        if (type_procs[i].name != NULL && strcmp(type_procs[i].name, name) == 0)
            return type_procs[i].oid;
    return 0;
}

bool function_is_operator(const Function *function) {
    return !isalpha((unsigned char)function->name[0]) && function->name[0] != '_' &&
           function->name[0] != '$' && function->argument_count <= 2;
}

/* What the grammar alone calls: PostgreSQL has no function of the name. */
static bool is_syntax(const char *name) {
    static const char *const names[] = {"array", "array_subscript", "cast", "cast_assignment", "current_date",
        "current_timestamp", "greatest", "is_distinct", "is_json", "java_template", "least", "localtime",
        "localtimestamp", "not"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

bool function_is_listed(const Function *function) {
    return (isalpha((unsigned char)function->name[0]) || function->name[0] == '_') &&
           !is_syntax(function->name);
}

void function_add_arguments(const Function *function, Text *out) {
    for (int i = 0; i < function->argument_count; i++) {
        text_add_string(out, i == 0 ? "" : ", ");
        bool is_variadic = function->is_variadic && i == function->argument_count - 1;
        if (is_variadic)
            text_add_string(out, "VARIADIC ");
        type_add_name(function->arguments[i], out);
        if (is_variadic && function->arguments[i].id != TYPE_ANY)
            text_add_string(out, "[]");
    }
}

void function_add_result(const Function *function, Text *out) {
    if (function->is_set)
        text_add_string(out, "SETOF ");
    type_add_name(function->result, out);
}

bool function_define(uint32_t oid, Text *out) {
    const Function *function = function_of_oid(oid);
    if (function == NULL || (function->kernel == NULL && aggregate_by_signature(function->signature) != NULL))
        return false;
    bool is_volatile = function->flags & FUNCTION_VOLATILE,
         is_stable = function->flags & (FUNCTION_STABLE | FUNCTION_CATALOG);
    text_printf(out, "CREATE OR REPLACE FUNCTION pg_catalog.%s(", function->name);
    function_add_arguments(function, out);
    text_add_string(out, ")\n RETURNS ");
    function_add_result(function, out);
    text_printf(out, "\n LANGUAGE internal\n%s PARALLEL SAFE%s\nAS $function$%s$function$\n",
        is_volatile ? ""
        : is_stable ? " STABLE"
                    : " IMMUTABLE",
        function->flags & FUNCTION_NOT_STRICT ? "" : " STRICT", function->name);
    return true;
}
