/* The arguments of a call: in their order, by their names, or by ORDER BY within a group. */
#include <string.h>

#include "planner/bind/binder.h"

/* Functions whose arguments may be named, with those that may be left out between others: they are 0 then. */
static const struct {
    const char *function;
    bool has_zeros;
    const char *parameters[8];
} named_functions[] = {
    {"make_interval", true, {"years", "months", "weeks", "days", "hours", "mins", "secs"}},
    {"make_date", false, {"year", "month", "day"}},
    {"make_time", false, {"hour", "min", "sec"}},
    {"make_timestamp", false, {"year", "month", "mday", "hour", "min", "sec"}},
    {"make_timestamptz", false, {"year", "month", "mday", "hour", "min", "sec", "timezone"}},
    {"jsonb_set", false, {"jsonb_in", "path", "replacement", "create_if_missing"}},
    {"jsonb_set_lax", false,
        {"jsonb_in", "path", "replacement", "create_if_missing", "null_value_treatment"}},
    {"jsonb_insert", false, {"jsonb_in", "path", "replacement", "insert_after"}},
    {"jsonb_path_exists", false, {"target", "path", "vars", "silent"}},
    {"jsonb_path_match", false, {"target", "path", "vars", "silent"}},
    {"jsonb_path_query", false, {"target", "path", "vars", "silent"}},
    {"jsonb_path_query_array", false, {"target", "path", "vars", "silent"}},
    {"jsonb_path_query_first", false, {"target", "path", "vars", "silent"}},
    {"parse_ident", false, {"str", "strict"}},
};

static int parameter_place(const char *function, const char *parameter, bool *has_zeros) {
    for (size_t f = 0; f < sizeof named_functions / sizeof *named_functions; f++)
        for (int i = 0; strcmp(named_functions[f].function, function) == 0 && i < 8 &&
                        named_functions[f].parameters[i] != NULL;
             i++)
            if (strcmp(named_functions[f].parameters[i], parameter) == 0) {
                *has_zeros = named_functions[f].has_zeros;
                return i;
            }
    return -1;
}

static Status named_missing(Binder *binder, const SyntaxExpression *syntax, Expression *const *bound) {
    const SyntaxFunction *function = &syntax->function;
    Text list = {0};
    for (int i = 0; i < function->argument_count; i++) {
        text_add_string(&list, i > 0 ? ", " : "");
        if (function->arguments[i].name != NULL)
            text_printf(&list, "%s => ", function->arguments[i].name);
        text_add_string(&list, type_text(binder->arena, bound[i]->type));
    }
    bind_error(binder, syntax->position, STATUS_UNDEFINED_FUNCTION, "function %s(%s) does not exist",
        name_text(binder, &function->name), text_string(&list));
    text_free(&list);
    return error_hint(binder->error,
        "No function matches the given name and argument types. You might need to add explicit type casts.");
}

/* f(a, name => b): put in the order of the parameters. */
static Status bind_named_arguments(Binder *binder, Call *call) {
    const SyntaxFunction *function = &call->syntax->function;
    Expression *bound[function->argument_count + 1], *placed[8] = {NULL};
    bool has_zeros = false, is_known = true;
    call->count = 0;
    for (int i = 0; i < function->argument_count; i++) {
        const char *parameter = function->arguments[i].name;
        TRY(bind_expression(binder, function->arguments[i].expression, &bound[i]));
        int place = parameter == NULL ? i : parameter_place(call->name, parameter, &has_zeros);
        for (int j = 0; j < i && parameter != NULL; j++)
            if (function->arguments[j].name != NULL && strcmp(function->arguments[j].name, parameter) == 0)
                return bind_error(binder, call->position, STATUS_SYNTAX_ERROR,
                    "argument name \"%s\" used more than once", parameter);
        is_known &= place >= 0 && place < 8 && placed[place] == NULL;
        if (!is_known)
            continue;
        placed[place] = bound[i];
        call->count = place >= call->count ? place + 1 : call->count;
    }
    Value zero = {.type = type_of(TYPE_INT4)};
    call->arguments = ARENA_ARRAY(binder->arena, Expression *, call->count + 1);
    for (int i = 0; i < call->count && is_known; i++) {
        is_known = placed[i] != NULL || has_zeros;
        call->arguments[i] = placed[i] != NULL ? placed[i] : expression_constant(binder->arena, &zero);
    }
    return is_known ? OK : named_missing(binder, call->syntax, bound);
}

/* A parameter of type void is not there: JDBC says so of the results of {? = call f(…)}. */
static void drop_void(Call *call) {
    int kept = 0;
    for (int i = 0; i < call->count; i++) {
        Expression *argument = call->arguments[i];
        if (argument->type.id != TYPE_VOID ||
            (argument->kind != EXPRESSION_CONSTANT && argument->kind != EXPRESSION_PARAMETER))
            call->arguments[kept++] = argument;
    }
    call->count = kept;
}

Status bind_arguments(Binder *binder, Call *call) {
    const SyntaxFunction *function = &call->syntax->function;
    int ordered = function->is_within_group ? function->order_count : 0;
    call->inner = binder->aggregate_count;
    call->count = function->argument_count + ordered;
    if (call->count > 100)
        return bind_error(binder, call->position, STATUS_TOO_MANY_ARGUMENTS,
            "cannot pass more than 100 arguments to a function");
    if (function->argument_count > 0 && function->arguments[function->argument_count - 1].name != NULL)
        return bind_named_arguments(binder, call);
    call->arguments = ARENA_ARRAY(binder->arena, Expression *, call->count + 1);
    for (int i = 0; i < ordered; i++)
        TRY(bind_expression(binder, function->order_by[i].expression, &call->arguments[i]));
    for (int i = 0; i < function->argument_count; i++) {
        Expression **argument = &call->arguments[ordered + i];
        TRY(bind_expression(binder, function->arguments[i].expression, argument));
        TRY(coerce_vector(binder, *argument, argument));
    }
    drop_void(call);
    return OK;
}
