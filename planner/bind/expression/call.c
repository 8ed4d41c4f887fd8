/* Calls: functions, aggregates, casts written as functions, set-returning functions. */
#include <string.h>

#include "executor/functions/set.h"
#include "planner/bind/binder.h"

/* int4('5'), text(x): a type's name as a function of one argument. */
static Status bind_function_cast(Binder *binder, const char *name, Expression *argument, Expression **out) {
    TypeId id = type_by_name(name);
    *out = NULL;
    if (id == TYPE_UNKNOWN || !can_coerce(argument->type, type_of(id), COERCE_EXPLICIT))
        return OK;
    return coerce(binder, argument, type_of(id), COERCE_EXPLICIT, out);
}

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

static Status bind_plain(Binder *binder, const SyntaxExpression *syntax, const char *name,
    const Resolution *resolution, Expression **arguments, int count, bool allows_set, Expression **out) {
    TRY(check_plain_call(binder, syntax, name));
    TRY(check_continuous(binder, resolution->function, syntax->position));
    TRY(check_set_place(binder, resolution->function, allows_set, syntax->position));
    for (int i = 0; i < count; i++)
        TRY(coerce(binder, arguments[i], resolution->arguments[i], COERCE_IMPLICIT, &arguments[i]));
    *out = expression_call(binder->arena, resolution->function, resolution->result, count, arguments);
    (*out)->position = syntax->position;
    return find_row_type(binder, *out);
}

static Status check_schema(Binder *binder, const SyntaxExpression *syntax) {
    const SyntaxName *name = &syntax->function.name;
    if (name->part_count < 2 || strcmp(name->parts[name->part_count - 2], "pg_catalog") == 0)
        return OK;
    const char *schema = name->parts[name->part_count - 2];
    if (!binder->context->catalog->schema_exists(binder->context->catalog, schema))
        return bind_error(
            binder, syntax->position, STATUS_INVALID_SCHEMA_NAME, "schema \"%s\" does not exist", schema);
    return OK;
}

/* (start, interval) is (start, start + interval). */
static Status bind_period_ends(
    Binder *binder, const SyntaxExpression *syntax, Expression **arguments, int count) {
    for (int i = 1; i < count; i += 2)
        if (type_is_same(arguments[i]->type, type_of(TYPE_INTERVAL)) &&
            !type_is_same(arguments[i - 1]->type, arguments[i]->type))
            TRY(bind_operator(binder, "+", arguments[i - 1], arguments[i], syntax->position, &arguments[i]));
    for (int i = 0; i < count; i++)
        if (type_is_same(arguments[i]->type, type_of(TYPE_DATE)))
            TRY(coerce(binder, arguments[i], type_of(TYPE_TIMESTAMP), COERCE_IMPLICIT, &arguments[i]));
    return OK;
}

/* The variadic function that takes the arguments, the last of them an array for all that repeats; NULL: none.
 */
static const Function *find_variadic(const char *name, Expression *const *arguments, int count) {
    int total;
    const Function *const *functions = functions_named(name, &total);
    for (int i = 0; i < total; i++) {
        const Function *function = functions[i];
        bool fits = function->is_variadic && function->kernel != NULL && function->argument_count == count;
        for (int a = 0; a < count - 1 && fits; a++)
            fits = can_coerce(arguments[a]->type, function->arguments[a], COERCE_IMPLICIT);
        Type last = fits ? function->arguments[count - 1] : type_of(TYPE_ANY),
             given = arguments[count - 1]->type;
        if (fits && (last.id == TYPE_ANY || can_coerce(given, type_array(last), COERCE_IMPLICIT)))
            return function;
    }
    return NULL;
}

static Status bind_variadic(Binder *binder, const SyntaxExpression *syntax, const char *name,
    Expression **arguments, int count, Expression **out) {
    TRY(check_plain_call(binder, syntax, name));
    const Function *function = find_variadic(name, arguments, count);
    if (function == NULL)
        return function_missing(binder, name, arguments, count, syntax->position, RESOLVE_NONE);
    bool takes_any = function->arguments[count - 1].id == TYPE_ANY;
    if (takes_any && !arguments[count - 1]->type.is_array)
        return bind_error(binder, expression_location(arguments[count - 1], -1), STATUS_DATATYPE_MISMATCH,
            "VARIADIC argument must be an array");
    Value signature = {.type = type_of(TYPE_TEXT),
        .datum.view = view_of(function->signature, (uint32_t)strlen(function->signature))};
    Expression **all = ARENA_ARRAY(binder->arena, Expression *, count + 1);
    all[0] = expression_constant(binder->arena, &signature);
    for (int i = 0; i < count; i++) {
        Type type = i == count - 1 ? type_array(function->arguments[i]) : function->arguments[i];
        all[i + 1] = arguments[i];
        if (i < count - 1 || !takes_any)
            TRY(coerce(binder, arguments[i], type, COERCE_IMPLICIT, &all[i + 1]));
    }
    *out = expression_call(binder->arena, function_by_signature("$variadic(text, any...) -> any"),
        function->result, count + 1, all);
    (*out)->position = syntax->position;
    return OK;
}

Status bind_call(Binder *binder, const SyntaxExpression *syntax, bool allows_set, Expression **out) {
    const SyntaxFunction *function = &syntax->function;
    const char *name = function->name.parts[function->name.part_count - 1];
    TRY(find_group_window(binder, function, out));
    if (*out != NULL)
        return OK;
    TRY(check_schema(binder, syntax));
    int builtin_count, made_count;
    functions_named(name, &builtin_count);
    const CatalogRelation **made = known_functions(binder, &function->name, &made_count);
    if (made_count == 0) {
        TRY(foreign_rewrite(binder, &syntax, builtin_count > 0));
        function = &syntax->function;
        name = function->name.parts[function->name.part_count - 1];
    }
    if (made_count > 0 && (builtin_count == 0 || function->name.part_count > 1)) {
        TRY(check_plain_call(binder, syntax, name));
        return bind_sql_call(binder, syntax, made, made_count, out);
    }
    Expression **arguments = NULL;
    int count = 0, aggregates = binder->aggregate_count;
    TRY(bind_arguments(binder, syntax, &arguments, &count));
    if (function->over == NULL && function->is_within_group && is_hypothetical(name))
        return bind_hypothetical(binder, syntax, arguments, count, out);
    bool is_ordered_place = function->over == NULL && function->order_count > 0 &&
                            (strcmp(name, "first_value") == 0 || strcmp(name, "last_value") == 0);
    if (function->over != NULL || (is_window_function(name) && !is_ordered_place))
        return bind_window_call(binder, syntax, arguments, count, out);
    if (function->is_special && strcmp(name, "overlaps") == 0)
        TRY(bind_period_ends(binder, syntax, arguments, count));
    if (function->is_variadic)
        return bind_variadic(binder, syntax, name, arguments, count, out);
    Type *types = ARENA_ARRAY(binder->arena, Type, count + 1);
    for (int i = 0; i < count; i++)
        types[i] = arguments[i]->type;
    Resolution resolution;
    const char *schema =
        function->name.part_count > 1 ? function->name.parts[function->name.part_count - 2] : "pg_catalog";
    bool is_foreign =
        strcmp(schema, strncmp(name, "_pg_", 4) == 0 ? "information_schema" : "pg_catalog") != 0;
    ResolveResult result =
        is_foreign ? RESOLVE_NONE : resolve_function(binder, name, types, count, false, &resolution);
    if (result == RESOLVE_NONE && count == 1 && !is_foreign) {
        TRY(bind_function_cast(binder, name, arguments[0], out));
        if (*out != NULL)
            return OK;
    }
    if (result == RESOLVE_NONE && made_count > 0) {
        TRY(check_plain_call(binder, syntax, name));
        return bind_sql_call(binder, syntax, made, made_count, out);
    }
    if (result == RESOLVE_NONE) {
        TRY(bind_foreign_call(binder, syntax, arguments, count, out));
        if (*out != NULL)
            return OK;
    }
    if (result != RESOLVE_FOUND)
        return function_missing(
            binder, name_text(binder, &function->name), arguments, count, syntax->position, result);
    const Aggregate *aggregate =
        resolution.function->kernel == NULL ? aggregate_by_signature(resolution.function->signature) : NULL;
    if (aggregate != NULL)
        return bind_aggregate(binder, syntax, &resolution, aggregate, arguments, count, aggregates, out);
    return bind_plain(binder, syntax, name, &resolution, arguments, count, allows_set, out);
}
