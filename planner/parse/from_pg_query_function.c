/* Conversion of CREATE FUNCTION and of the functions that DROP FUNCTION names. */
#include <string.h>

#include "planner/parse/deparse.h"
#include "planner/parse/from_pg_query.h"

/* The SQL text of an expression. */
static Status convert_source(
    Conversion *conversion, const char *prefix, const PgQuery__Node *node, const char **source) {
    SyntaxExpression *expression;
    Text text = {0};
    TRY(convert_expression(conversion, node, &expression));
    text_add_string(&text, prefix);
    Status status = deparse_expression(expression, &text, conversion->error);
    *source = arena_strdup(conversion->arena, text_string(&text));
    text_free(&text);
    return status;
}

static Status convert_parameter(
    Conversion *conversion, const PgQuery__FunctionParameter *from, SyntaxParameter *parameter) {
    switch ((int)from->mode) {
    case PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_INOUT:
        return convert_unsupported(conversion, -1, "an INOUT parameter");
    case PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_VARIADIC:
        return convert_unsupported(conversion, -1, "a VARIADIC parameter");
    case PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_OUT:
    case PG_QUERY__FUNCTION_PARAMETER_MODE__FUNC_PARAM_TABLE:
        parameter->is_result = true;
        break;
    default:
        break;
    }
    parameter->name = convert_text(conversion, from->name);
    if (from->defexpr != NULL)
        TRY(convert_source(conversion, "", from->defexpr, &parameter->default_text));
    return convert_type(conversion, from->arg_type, &parameter->type);
}

static Status convert_option(
    Conversion *conversion, const PgQuery__DefElem *option, SyntaxCreateFunction *function) {
    static const char *const without_consequence[] = {"cost", "rows", "parallel", "leakproof"};
    for (size_t i = 0; i < sizeof without_consequence / sizeof *without_consequence; i++)
        if (strcmp(option->defname, without_consequence[i]) == 0)
            return OK;
    if (strcmp(option->defname, "language") == 0)
        function->language = arena_strdup(conversion->arena, option->arg->string->sval);
    else if (strcmp(option->defname, "volatility") == 0)
        function->volatility = option->arg->string->sval[0];
    else if (strcmp(option->defname, "strict") == 0)
        function->is_strict = option->arg->boolean->boolval;
    else if (strcmp(option->defname, "as") == 0 && option->arg->list->n_items == 1)
        function->body = arena_strdup(conversion->arena, option->arg->list->items[0]->string->sval);
    else
        return convert_unsupported(conversion, option->location,
            arena_printf(conversion->arena, "option \"%s\" of CREATE FUNCTION", option->defname));
    return OK;
}

Status convert_create_function(
    Conversion *conversion, const PgQuery__CreateFunctionStmt *from, SyntaxStatement **statement) {
    SyntaxCreateFunction *function = ARENA_NEW(conversion->arena, SyntaxCreateFunction);
    if (from->is_procedure)
        return OK; /* convert_statement names the command */
    function->or_replace = from->replace;
    function->volatility = 'v';
    function->name = convert_name(conversion, from->funcname, from->n_funcname, -1);
    for (size_t i = 0; i < from->n_parameters; i++) {
        SyntaxParameter parameter = {0};
        TRY(convert_parameter(conversion, from->parameters[i]->function_parameter, &parameter));
        ARENA_APPEND(conversion->arena, function->parameters, function->parameter_count, parameter);
    }
    if (from->return_type != NULL)
        TRY(convert_type(conversion, from->return_type, &function->result));
    for (size_t i = 0; i < from->n_options; i++)
        TRY(convert_option(conversion, from->options[i]->def_elem, function));
    if (from->sql_body != NULL && from->sql_body->node_case != NODE(RETURN_STMT))
        return convert_unsupported(conversion, -1, "BEGIN ATOMIC");
    if (from->sql_body != NULL)
        TRY(convert_source(conversion, "SELECT ", from->sql_body->return_stmt->returnval, &function->body));
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_CREATE_FUNCTION, "CREATE FUNCTION");
    (*statement)->create_function = function;
    return OK;
}

Status convert_signature(Conversion *conversion, const PgQuery__ObjectWithArgs *from, SyntaxName *name,
    SyntaxSignature *signature) {
    *name = convert_name(conversion, from->objname, from->n_objname, -1);
    signature->is_unspecified = from->args_unspecified;
    for (size_t i = 0; i < from->n_objargs; i++) {
        SyntaxType *type;
        TRY(convert_type(conversion, from->objargs[i]->type_name, &type));
        ARENA_APPEND(conversion->arena, signature->types, signature->count, type);
    }
    return OK;
}
