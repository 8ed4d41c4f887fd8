/* Calls: what a name with arguments may mean, one question after the other. */
#include <string.h>

#include "executor/functions/set.h"
#include "planner/bind/binder.h"

/* A call while its meaning is looked for. */
typedef struct Search {
    Call call;
    const SyntaxFunction *function; /* of its syntax */
    bool allows_set;
    const Function *const *builtin; /* of that name */
    int builtin_count;
    const CatalogRelation **made; /* functions in SQL, likewise */
    int made_count;
} Search;

/* What is known of the rows that a call returns; those of json_to_record are told by a column definition list
   only. */
static Status find_row_type(Binder *binder, Expression *call) {
    const Function *function = call->function;
    Type argument = call->argument_count > 0 ? call->arguments[0]->type : type_of(TYPE_UNKNOWN);
    if (function->meaning == MEANING_POPULATE_RECORD && (argument.id != TYPE_RECORD || argument.is_array))
        return bind_error(
            binder, -1, STATUS_DATATYPE_MISMATCH, "first argument of %s must be a row type", function->name);
    if (function->result.id != TYPE_RECORD || !function->is_set)
        return OK;
    Type arguments[8], types[8];
    const char *names[8];
    for (int i = 0; i < call->argument_count && i < 8; i++)
        arguments[i] = call->arguments[i]->type;
    const SetFunction *set = set_function_find(function->signature, arguments, call->argument_count);
    if (!set_function_is_table(set))
        return OK;
    TypeDefinition row = {.names = names, .types = types};
    row.count = set_function_columns(set, arguments, call->argument_count, binder->arena, names, types);
    call->type = type_of_definition(type_define(&row));
    return OK;
}

static Status bind_plain(
    Binder *binder, const Search *search, const Resolution *resolution, Expression **out) {
    const Call *call = &search->call;
    TRY(check_plain_call(binder, call->syntax, call->name));
    TRY(check_continuous(binder, resolution->function, call->position));
    TRY(check_set_place(binder, resolution->function, search->allows_set, call->position));
    for (int i = 0; i < call->count; i++)
        TRY(coerce(
            binder, call->arguments[i], resolution->arguments[i], COERCE_IMPLICIT, &call->arguments[i]));
    *out = expression_call(
        binder->arena, resolution->function, resolution->result, call->count, call->arguments);
    (*out)->position = call->position;
    return find_row_type(binder, *out);
}

/* (start, interval) is (start, start + interval). */
static Status bind_period_ends(Binder *binder, const Call *call) {
    Expression **ends = call->arguments;
    for (int i = 1; i < call->count; i += 2)
        if (type_is_same(ends[i]->type, type_of(TYPE_INTERVAL)) &&
            !type_is_same(ends[i - 1]->type, ends[i]->type))
            TRY(bind_operator(binder, "+", ends[i - 1], ends[i], call->position, &ends[i]));
    for (int i = 0; i < call->count; i++)
        if (type_is_same(ends[i]->type, type_of(TYPE_DATE)))
            TRY(coerce(binder, ends[i], type_of(TYPE_TIMESTAMP), COERCE_IMPLICIT, &ends[i]));
    return OK;
}

/* The variadic function that takes the arguments, the last of them an array for all that repeats; NULL: none.
 */
static const Function *find_variadic(const Search *search) {
    const Call *call = &search->call;
    int last = call->count - 1;
    for (int i = 0; i < search->builtin_count; i++) {
        const Function *function = search->builtin[i];
        if (!function->is_variadic || function->kernel == NULL || function->argument_count != call->count)
            continue;
        bool fits = true;
        for (int a = 0; a < last && fits; a++)
            fits = can_coerce(call->arguments[a]->type, function->arguments[a], COERCE_IMPLICIT);
        Type repeated = function->arguments[last], given = call->arguments[last]->type;
        if (fits && (repeated.id == TYPE_ANY || can_coerce(given, type_array(repeated), COERCE_IMPLICIT)))
            return function;
    }
    return NULL;
}

/* The steps: each gives *out, or leaves the call to the next. */

/* Finds the functions of the name. A name of another system becomes PostgreSQL's, unless a user has made a
   function that is called so. */
static Status find_named(Binder *binder, Search *search, Expression **out) {
    Call *call = &search->call;
    search->builtin = functions_named(call->name, &search->builtin_count);
    search->made = known_functions(binder, &search->function->name, &search->made_count);
    if (search->made_count > 0)
        return OK;
    TRY(foreign_rewrite(binder, &call->syntax, search->builtin_count > 0));
    search->function = &call->syntax->function;
    call->name = search->function->name.parts[search->function->name.part_count - 1];
    search->builtin = functions_named(call->name, &search->builtin_count);
    return OK;
}

static Status bind_made(Binder *binder, Search *search, Expression **out) {
    if (search->made_count == 0)
        return OK;
    TRY(check_plain_call(binder, search->call.syntax, search->call.name));
    return bind_sql_call(binder, search->call.syntax, search->made, search->made_count, out);
}

static Status bind_only_made(Binder *binder, Search *search, Expression **out) {
    bool can_be_builtin = search->builtin_count > 0 && search->function->name.part_count == 1;
    return can_be_builtin ? OK : bind_made(binder, search, out);
}

static Status bind_tumble_start(Binder *binder, Search *search, Expression **out) {
    return find_group_window(binder, search->function, out);
}

static Status check_schema(Binder *binder, Search *search, Expression **out) {
    const SyntaxName *name = &search->function->name;
    if (name->part_count < 2 || strcmp(name->parts[name->part_count - 2], "pg_catalog") == 0)
        return OK;
    const char *schema = name->parts[name->part_count - 2];
    if (!binder->context->catalog->schema_exists(binder->context->catalog, schema))
        return bind_error(binder, search->call.position, STATUS_INVALID_SCHEMA_NAME,
            "schema \"%s\" does not exist", schema);
    return OK;
}

static Status take_arguments(Binder *binder, Search *search, Expression **out) {
    return bind_arguments(binder, &search->call);
}

static Status bind_within_group(Binder *binder, Search *search, Expression **out) {
    const SyntaxFunction *function = search->function;
    bool is_hypothetical_call =
        function->over == NULL && function->is_within_group && is_hypothetical(search->call.name);
    return is_hypothetical_call ? bind_hypothetical(binder, &search->call, out) : OK;
}

static bool has_aggregate(const Search *search) {
    for (int i = 0; i < search->builtin_count; i++)
        if (aggregate_by_signature(search->builtin[i]->signature) != NULL)
            return true;
    return false;
}

/* first_value(x ORDER BY y) is an aggregate. */
static Status bind_over(Binder *binder, Search *search, Expression **out) {
    const SyntaxFunction *function = search->function;
    bool is_aggregate = function->order_count > 0 && has_aggregate(search);
    if (function->over == NULL && (is_aggregate || !is_window_function(search->call.name)))
        return OK;
    return bind_window_call(binder, &search->call, out);
}

static Status bind_variadic(Binder *binder, Search *search, Expression **out) {
    const Call *call = &search->call;
    if (!search->function->is_variadic)
        return OK;
    TRY(check_plain_call(binder, call->syntax, call->name));
    const Function *function = find_variadic(search);
    if (function == NULL)
        return function_missing(binder, call, RESOLVE_NONE);
    int last = call->count - 1;
    bool takes_any = function->arguments[last].id == TYPE_ANY;
    if (takes_any && !call->arguments[last]->type.is_array)
        return bind_error(binder, expression_location(call->arguments[last], -1), STATUS_DATATYPE_MISMATCH,
            "VARIADIC argument must be an array");
    Value signature = {.type = type_of(TYPE_TEXT),
        .datum.view = view_of(function->signature, (uint32_t)strlen(function->signature))};
    Expression **all = ARENA_ARRAY(binder->arena, Expression *, call->count + 1);
    all[0] = expression_constant(binder->arena, &signature);
    for (int i = 0; i < call->count; i++) {
        Type type = i == last ? type_array(function->arguments[i]) : function->arguments[i];
        all[i + 1] = call->arguments[i];
        if (i < last || !takes_any)
            TRY(coerce(binder, call->arguments[i], type, COERCE_IMPLICIT, &all[i + 1]));
    }
    *out = expression_call(binder->arena, function_by_signature("$variadic(text, any...) -> any"),
        function->result, call->count + 1, all);
    (*out)->position = call->position;
    return OK;
}

/* Qualified by another schema than the one that has the function: the standard's views have some of theirs.
 */
static bool is_elsewhere(const Search *search) {
    const SyntaxName *name = &search->function->name;
    const char *home = strncmp(search->call.name, "_pg_", 4) == 0 ? "information_schema" : "pg_catalog";
    return strcmp(name->part_count > 1 ? name->parts[name->part_count - 2] : "pg_catalog", home) != 0;
}

static Status fail(Binder *binder, const Search *search, ResolveResult result) {
    Call named = search->call;
    named.name = name_text(binder, &search->function->name);
    return function_missing(binder, &named, result);
}

static Status bind_builtin(Binder *binder, Search *search, Expression **out) {
    if (is_elsewhere(search))
        return OK;
    if (search->function->is_special && search->builtin_count > 0 &&
        search->builtin[0]->meaning == MEANING_OVERLAPS)
        TRY(bind_period_ends(binder, &search->call));
    Resolution resolution;
    ResolveResult result = resolve_call(binder, &search->call, &resolution);
    if (result == RESOLVE_NONE)
        return OK;
    if (result != RESOLVE_FOUND)
        return fail(binder, search, result);
    return aggregate_by_signature(resolution.function->signature) != NULL
               ? bind_aggregate(binder, &search->call, &resolution, out)
               : bind_plain(binder, search, &resolution, out);
}

/* int4('5'), text(x): a type's name as a function of one argument. */
static Status bind_cast_call(Binder *binder, Search *search, Expression **out) {
    const Call *call = &search->call;
    TypeId id = type_by_name(call->name);
    if (call->count != 1 || is_elsewhere(search) || id == TYPE_UNKNOWN ||
        !can_coerce(call->arguments[0]->type, type_of(id), COERCE_EXPLICIT))
        return OK;
    return coerce(binder, call->arguments[0], type_of(id), COERCE_EXPLICIT, out);
}

static Status bind_foreign(Binder *binder, Search *search, Expression **out) {
    return bind_foreign_call(binder, &search->call, out);
}

/* In the order in which PostgreSQL decides; what it does not know stands where it takes nothing from it. */
static Status (*const steps[])(Binder *binder, Search *search, Expression **out) = {
    bind_tumble_start, /* names a column of a window in GROUP BY, no function */
    check_schema,      /* PostgreSQL looks before it looks at the arguments */
    find_named,        /* what a name of another system stands for, before anything is asked about it */
    bind_only_made,    /* binds its arguments itself: by its own names, with its own defaults */
    take_arguments,    /* all that follows looks at them */
    bind_within_group, /* rank(x) WITHIN GROUP: before the window function of the same name */
    bind_over,         /* with OVER all else is an error; without, a window function is one */
    bind_variadic,     /* VARIADIC array: no declared argument is one */
    bind_builtin,      /* pg_catalog comes first in every search path */
    bind_cast_call,    /* where no function of the type's name takes the argument */
    bind_made,         /* under the name of a built-in one, for other arguments */
    bind_foreign,      /* last: no call that means something here changes its meaning */
};

Status bind_call(Binder *binder, const SyntaxExpression *syntax, bool allows_set, Expression **out) {
    const SyntaxFunction *function = &syntax->function;
    Search search = {.function = function, .allows_set = allows_set};
    search.call = (Call){.name = function->name.parts[function->name.part_count - 1],
        .position = syntax->position,
        .syntax = syntax};
    *out = NULL;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        TRY(steps[i](binder, &search, out));
        if (*out != NULL)
            return OK;
    }
    return fail(binder, &search, RESOLVE_NONE);
}
