/* Expressions: syntax to typed trees, one function a syntax kind. */
#include <string.h>

#include "planner/bind/binder.h"

static Expression *text_literal(Binder *binder, const char *text, int position) {
    const char *kept = arena_strdup(binder->arena, text);
    Value value = {.type = type_of(TYPE_UNKNOWN), .datum.view = view_of(kept, (uint32_t)strlen(kept))};
    Expression *expression = expression_constant(binder->arena, &value);
    expression->position = position;
    return expression;
}

/* A number that the lexer couldn't read as int4: int8 when it fits, else numeric; -2147483648 is int4 with
   its sign. */
static Status bind_number(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    const char *text = syntax->constant.text;
    size_t length = strlen(text);
    Value value = {.type = type_of(TYPE_INT8)};
    bool is_integral = strspn(text, "+-0123456789") == length;
    if (!is_integral || datum_parse(value.type, text, length, binder->context->settings, binder->arena,
                            &value.datum, NULL) != OK) {
        value.type = type_of(TYPE_NUMERIC);
        TRY(datum_parse(
            value.type, text, length, binder->context->settings, binder->arena, &value.datum, binder->error));
    }
    if (value.type.id == TYPE_INT8 && value.datum.int8 == INT32_MIN)
        value = (Value){.type = type_of(TYPE_INT4), .datum.int4 = INT32_MIN};
    *out = expression_constant(binder->arena, &value);
    return OK;
}

Status bind_constant(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    Value value = {0};
    switch (syntax->constant.kind) {
    case SYNTAX_CONSTANT_NULL:
        value = value_null(type_of(TYPE_UNKNOWN));
        break;
    case SYNTAX_CONSTANT_BOOLEAN:
        value = (Value){.type = type_of(TYPE_BOOL), .datum.boolean = syntax->constant.integer != 0};
        break;
    case SYNTAX_CONSTANT_INTEGER:
        value = (Value){.type = type_of(TYPE_INT4), .datum.int4 = (int32_t)syntax->constant.integer};
        break;
    case SYNTAX_CONSTANT_FLOAT:
        TRY(bind_number(binder, syntax, out));
        (*out)->position = syntax->position;
        return OK;
    case SYNTAX_CONSTANT_STRING:
        *out = text_literal(binder, syntax->constant.text, syntax->position);
        return OK;
    case SYNTAX_CONSTANT_BIT:
        value.type = type_of(TYPE_BIT);
        TRY(datum_parse(value.type, syntax->constant.text, strlen(syntax->constant.text),
            binder->context->settings, binder->arena, &value.datum, binder->error));
        break;
    }
    *out = expression_constant(binder->arena, &value);
    (*out)->position = syntax->position;
    return OK;
}

/* Those that nobody has declared are of no type yet. */
static void need_parameters(PlannerContext *context, int count) {
    if (count <= context->parameter_count)
        return;
    if (count > context->parameter_room) {
        Type *types = ARENA_ARRAY(context->arena, Type, 2 * count);
        for (int i = 0; i < context->parameter_count; i++)
            types[i] = context->parameter_types[i];
        context->parameter_types = types;
        context->parameter_room = 2 * count;
    }
    while (context->parameter_count < count)
        context->parameter_types[context->parameter_count++] = type_of(TYPE_UNKNOWN);
}

static Status bind_parameter(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    PlannerContext *context = binder->context;
    int index = syntax->parameter - 1;
    if (binder->parameters != NULL && index >= 0 && index < binder->parameters->column_count) {
        *out = expression_rewrite(binder->arena, binder->parameters->columns[index].expression, NULL, NULL);
        return OK;
    }
    if (binder->parameters != NULL)
        return bind_error(binder, syntax->position, STATUS_UNDEFINED_PARAMETER, "there is no parameter $%d",
            syntax->parameter);
    if (index < 0 || index >= 65535 || (context->parameters != NULL && index >= context->parameter_count))
        return bind_error(binder, syntax->position, STATUS_UNDEFINED_PARAMETER, "there is no parameter $%d",
            syntax->parameter);
    need_parameters(context, index + 1);
    Type type = context->parameter_types[index];
    if (context->parameters != NULL && type.id != TYPE_UNKNOWN) {
        Value value = context->parameters[index];
        value.type = type;
        *out = expression_constant(binder->arena, &value);
    } else {
        *out = expression_of(binder->arena, EXPRESSION_PARAMETER, type, 0, NULL);
        (*out)->column = index;
    }
    (*out)->position = syntax->position;
    return OK;
}

/* ARRAY[] needs its type from a cast; otherwise the common type of the items. */
static Status bind_array(Binder *binder, const SyntaxExpression *syntax, Type element, Expression **out) {
    int count = syntax->list.count;
    bool is_nested = false, is_explicit = element.id != TYPE_UNKNOWN;
    Expression **items = ARENA_ARRAY(binder->arena, Expression *, count + 1);
    for (int i = 0; i < count; i++) {
        const SyntaxExpression *item = syntax->list.items[i];
        if (item->kind == SYNTAX_ARRAY && element.id != TYPE_UNKNOWN)
            TRY(bind_array(binder, item, element, &items[i]));
        else
            TRY(bind_expression(binder, item, &items[i]));
        is_nested |= items[i]->type.is_array;
    }
    if (element.id == TYPE_UNKNOWN) {
        if (count == 0) {
            bind_error(binder, syntax->position, STATUS_INDETERMINATE_DATATYPE,
                "cannot determine type of empty array");
            return error_hint(
                binder->error, "Explicitly cast to the desired type, for example ARRAY[]::integer[].");
        }
        TRY(common_type(binder, items, count, "ARRAY", &element));
    }
    Type item_type = is_nested ? type_array(element) : element;
    for (int i = 0; i < count; i++) {
        if (is_explicit)
            TRY(coerce(binder, items[i], item_type, COERCE_EXPLICIT, &items[i]));
        else
            TRY(coerce_common(binder, items[i], item_type, "ARRAY", &items[i]));
    }
    Type type = type_array(element);
    *out = is_nested ? expression_call(binder->arena,
                           function_by_signature("array(anyelement...) -> anyarray"), type, count, items)
                     : expression_of(binder->arena, EXPRESSION_ARRAY, type, count, items);
    (*out)->position = syntax->position;
    return OK;
}

/* TRY_CAST of a text; what can't fail is a cast. */
static Status bind_try_cast(
    Binder *binder, const SyntaxExpression *syntax, Expression *argument, Type type, Expression **out) {
    bool is_text = argument->type.id == TYPE_UNKNOWN ||
                   (!argument->type.is_array && type_category(argument->type) == 'S');
    if (type_is_same(argument->type, type) || (type.id == TYPE_TEXT && !type.is_array) ||
        can_coerce(argument->type, type, COERCE_IMPLICIT))
        is_text &= argument->type.id == TYPE_UNKNOWN;
    else if (!is_text)
        return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED,
            "TRY_CAST from type %s to %s is not supported", type_text(binder->arena, argument->type),
            type_text(binder->arena, type));
    if (!is_text)
        return coerce(binder, argument, type, COERCE_EXPLICIT, out);
    TRY(coerce(binder, argument, type_of(TYPE_TEXT), COERCE_EXPLICIT, &argument));
    *out = expression_call(
        binder->arena, function_by_signature("$try_cast(text) -> anyelement"), type, 1, &argument);
    (*out)->position = syntax->position;
    return OK;
}

static Status bind_cast(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    Type type;
    TRY(bind_type(binder, syntax->cast.type, &type));
    const SyntaxExpression *inner = syntax->cast.argument;
    Expression *argument;
    if (inner->kind == SYNTAX_ARRAY && type.is_array)
        TRY(bind_array(binder, inner, type_element(type), &argument));
    else
        TRY(bind_expression(binder, inner, &argument));
    int position = argument->position;
    if (syntax->cast.is_try)
        return bind_try_cast(binder, syntax, argument, type, out);
    if (!can_coerce(argument->type, type, COERCE_EXPLICIT))
        return bind_error(binder, syntax->position, STATUS_CANNOT_COERCE, "cannot cast type %s to %s",
            type_text(binder->arena, argument->type), type_text(binder->arena, type));
    TRY(coerce(binder, argument, type, COERCE_EXPLICIT, out));
    if (*out != argument && (*out)->kind != EXPRESSION_CONSTANT)
        (*out)->position = syntax->position >= 0 ? syntax->position : position;
    return OK;
}

static Status bind_logic(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    static const char *const names[] = {"AND", "OR", "NOT"};
    static const ExpressionKind kinds[] = {EXPRESSION_AND, EXPRESSION_OR, EXPRESSION_NOT};
    Expression **arguments = ARENA_ARRAY(binder->arena, Expression *, syntax->boolean.count);
    for (int i = 0; i < syntax->boolean.count; i++)
        TRY(bind_boolean(binder, syntax->boolean.arguments[i], names[syntax->boolean.kind], &arguments[i]));
    *out = expression_of(
        binder->arena, kinds[syntax->boolean.kind], type_of(TYPE_BOOL), syntax->boolean.count, arguments);
    (*out)->position = syntax->position;
    return OK;
}

static Status bind_case(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    const SyntaxCase *choice = &syntax->choice;
    int count = choice->when_count;
    Expression **arguments = ARENA_ARRAY(binder->arena, Expression *, count * 2 + 1),
               **results = ARENA_ARRAY(binder->arena, Expression *, count + 1);
    for (int i = 0; i < count; i++) {
        if (choice->argument == NULL)
            TRY(bind_boolean(binder, choice->whens[i].condition, "CASE/WHEN", &arguments[2 * i]));
        else
            TRY(bind_comparison(binder, "=", choice->argument, choice->whens[i].condition,
                choice->whens[i].position, &arguments[2 * i]));
        TRY(bind_expression(binder, choice->whens[i].result, &results[i + 1]));
    }
    if (choice->otherwise != NULL)
        TRY(bind_expression(binder, choice->otherwise, &results[0]));
    else {
        Value null = value_null(type_of(TYPE_UNKNOWN));
        results[0] = expression_constant(binder->arena, &null);
        results[0]->position = -1;
    }
    for (int i = 0; i < 2 * count + 1; i++) {
        const Expression *part = i < count ? arguments[2 * i] : results[i - count];
        if (has_set(part))
            return bind_error(binder, expression_location(part, syntax->position),
                STATUS_FEATURE_NOT_SUPPORTED, "set-returning functions are not allowed in CASE");
    }
    Type type;
    TRY(common_type(binder, results, count + 1, "CASE", &type)); /* ELSE first, as PostgreSQL does */
    for (int i = 0; i <= count; i++)
        TRY(coerce_common(binder, results[i], type, i == 0 ? "CASE/ELSE" : "CASE/WHEN", &results[i]));
    for (int i = 0; i < count; i++)
        arguments[2 * i + 1] = results[i + 1];
    arguments[2 * count] = results[0];
    *out = expression_of(binder->arena, EXPRESSION_CASE, type, count * 2 + 1, arguments);
    (*out)->position = syntax->position;
    return OK;
}

static Status bind_items(
    Binder *binder, const SyntaxExpression *syntax, const char *what, Expression ***items, Type *type) {
    int count = syntax->list.count;
    *items = ARENA_ARRAY(binder->arena, Expression *, count + 1);
    for (int i = 0; i < count; i++)
        TRY(bind_expression(binder, syntax->list.items[i], &(*items)[i]));
    TRY(common_type(binder, *items, count, what, type));
    for (int i = 0; i < count; i++)
        TRY(coerce_common(binder, (*items)[i], *type, what, &(*items)[i]));
    return OK;
}

static Status bind_coalesce(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    Expression **items;
    Type type;
    TRY(bind_items(binder, syntax, "COALESCE", &items, &type));
    for (int i = 0; i < syntax->list.count; i++)
        if (has_set(items[i]))
            return bind_error(binder, expression_location(items[i], syntax->position),
                STATUS_FEATURE_NOT_SUPPORTED, "set-returning functions are not allowed in COALESCE");
    *out = expression_of(binder->arena, EXPRESSION_COALESCE, type, syntax->list.count, items);
    (*out)->position = syntax->position;
    return OK;
}

/* The registry may have greatest and least; else a < b ? b : a, pair by pair, where NULLs don't count. */
static Status bind_extreme(
    Binder *binder, const SyntaxExpression *syntax, bool is_greatest, Expression **out) {
    Expression **items;
    Type type;
    const char *name = is_greatest ? "greatest" : "least";
    TRY(bind_items(binder, syntax, is_greatest ? "GREATEST" : "LEAST", &items, &type));
    int named;
    functions_named(name, &named);
    if (named > 0)
        return bind_named_call(binder, &(Call){name, syntax->position, items, syntax->list.count}, out);
    Expression *best = items[0];
    for (int i = 1; i < syntax->list.count; i++) {
        Expression *better;
        TRY(bind_operator(binder, is_greatest ? ">" : "<", items[i], best, syntax->position, &better));
        Expression *take =
            make_boolean(binder, EXPRESSION_OR, make_boolean(binder, EXPRESSION_IS_NULL, best, NULL), better);
        Expression *arguments[] = {make_boolean(binder, EXPRESSION_AND,
                                       make_boolean(binder, EXPRESSION_IS_NOT_NULL, items[i], NULL), take),
            items[i], best};
        best = expression_of(binder->arena, EXPRESSION_CASE, type, 3, arguments);
        best->position = syntax->position;
    }
    *out = best;
    return OK;
}

static Status bind_test(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    static const ExpressionKind kinds[] = {EXPRESSION_IS_NULL, EXPRESSION_IS_NOT_NULL, EXPRESSION_IS_TRUE,
        EXPRESSION_IS_NOT_TRUE, EXPRESSION_IS_FALSE, EXPRESSION_IS_NOT_FALSE, EXPRESSION_IS_NULL,
        EXPRESSION_IS_NOT_NULL};
    static const char *const names[] = {
        "", "", "IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE", "IS UNKNOWN", "IS NOT UNKNOWN"};
    bool is_null_test = syntax->test.kind == SYNTAX_IS_NULL || syntax->test.kind == SYNTAX_IS_NOT_NULL;
    Expression *argument;
    if (is_null_test) {
        TRY(bind_expression(binder, syntax->test.argument, &argument));
        TRY(coerce_unknown(binder, argument, &argument));
        if (is_record(argument->type))
            return test_record(binder, argument, syntax->test.kind == SYNTAX_IS_NULL, out);
    } else
        TRY(bind_boolean(binder, syntax->test.argument, names[syntax->test.kind], &argument));
    *out = make_boolean(binder, kinds[syntax->test.kind], argument, NULL);
    (*out)->position = syntax->position;
    return OK;
}

/* jsonb[key or number]: as a path of one. */
static Status bind_json_step(Binder *binder, const SyntaxExpression *syntax, const SyntaxStep *step,
    Expression *base, Expression **out) {
    if (step->is_slice)
        return bind_error(
            binder, syntax->position, STATUS_DATATYPE_MISMATCH, "jsonb subscript does not support slices");
    Expression *arguments[2] = {base};
    TRY(bind_expression(binder, step->upper, &arguments[1]));
    Type type = arguments[1]->type;
    bool is_number = can_coerce(type, type_of(TYPE_INT4), COERCE_IMPLICIT),
         is_key = can_coerce(type, type_of(TYPE_TEXT), COERCE_IMPLICIT);
    if (!is_number && !is_key)
        return bind_error(binder, arguments[1]->position, STATUS_DATATYPE_MISMATCH,
            "subscript type %s is not supported", type_text(binder->arena, type));
    TRY(coerce(
        binder, arguments[1], type_of(is_key ? TYPE_TEXT : TYPE_INT4), COERCE_IMPLICIT, &arguments[1]));
    return bind_named_call(
        binder, &(Call){is_key ? "jsonb_extract_path" : "->", syntax->position, arguments, 2}, out);
}

static Status bind_step(Binder *binder, const SyntaxExpression *syntax, const SyntaxStep *step,
    Expression *base, Expression **out) {
    if (step->field != NULL && is_record(base->type))
        return bind_field(binder, step->field, base, syntax->position, out);
    if (step->field != NULL || step->is_star)
        return bind_error(binder, syntax->position, STATUS_WRONG_OBJECT_TYPE,
            "column notation .%s applied to type %s, which is not a composite type",
            step->is_star ? "*" : step->field, type_text(binder->arena, base->type));
    TRY(coerce_vector(binder, base, &base));
    if (!base->type.is_array && base->type.id == TYPE_JSONB)
        return bind_json_step(binder, syntax, step, base, out);
    if (!base->type.is_array && (base->type.id != TYPE_NAME || step->is_slice))
        return bind_error(binder, syntax->position, STATUS_DATATYPE_MISMATCH,
            "cannot subscript type %s because it does not support subscripting",
            type_text(binder->arena, base->type));
    Expression *arguments[3] = {base};
    int count = 1;
    const SyntaxExpression *bounds[] = {
        step->is_slice ? step->lower : step->upper, step->is_slice ? step->upper : NULL};
    for (int i = 0; i < (step->is_slice ? 2 : 1); i++) {
        if (bounds[i] == NULL) {
            Value open = {.type = type_of(TYPE_INT4), .datum.int4 = i == 0 ? INT32_MIN : INT32_MAX};
            arguments[count++] = expression_constant(binder->arena, &open);
            continue;
        }
        TRY(bind_expression(binder, bounds[i], &arguments[count]));
        TRY(coerce(binder, arguments[count], type_of(TYPE_INT4), COERCE_ASSIGNMENT, &arguments[count]));
        count++;
    }
    const char *name = step->is_slice ? "array_slice" : "array_subscript";
    return bind_named_call(binder, &(Call){name, syntax->position, arguments, count}, out);
}

static int subscript_count(const SyntaxExpression *syntax, int from) {
    int count = 0;
    while (from + count < syntax->indirection.count &&
           syntax->indirection.steps[from + count].field == NULL &&
           !syntax->indirection.steps[from + count].is_star)
        count++;
    return count;
}

static Status bind_bound(Binder *binder, const SyntaxExpression *syntax, int32_t open, Expression **out) {
    Value value = {.type = type_of(TYPE_INT4), .datum.int4 = open};
    if (syntax == NULL) {
        *out = expression_constant(binder->arena, &value);
        return OK;
    }
    TRY(bind_expression(binder, syntax, out));
    return coerce(binder, *out, value.type, COERCE_ASSIGNMENT, out);
}

/* array[i][j]…; with a slice among them a plain subscript is a slice from 1. */
static Status bind_subscripts(
    Binder *binder, const SyntaxExpression *syntax, int from, int count, Expression *base, Expression **out) {
    const SyntaxStep *steps = syntax->indirection.steps + from;
    Expression **arguments = ARENA_ARRAY(binder->arena, Expression *, 2 * count + 1);
    int total = 0;
    bool has_slice = false;
    for (int i = 0; i < count; i++)
        has_slice |= steps[i].is_slice;
    arguments[total++] = base;
    for (int i = 0; i < count; i++) {
        if (has_slice)
            TRY(bind_bound(binder, steps[i].lower, steps[i].is_slice ? INT32_MIN : 1, &arguments[total++]));
        TRY(bind_bound(binder, steps[i].upper, INT32_MAX, &arguments[total++]));
    }
    const char *name = has_slice ? "array_slice" : "array_subscript";
    return bind_named_call(binder, &(Call){name, syntax->position, arguments, total}, out);
}

static Status bind_indirection(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    TRY(bind_expression(binder, syntax->indirection.argument, out));
    for (int i = 0; i < syntax->indirection.count;) {
        int count = subscript_count(syntax, i);
        bool is_together = count > 1 && (*out)->type.is_array;
        if (is_together)
            TRY(bind_subscripts(binder, syntax, i, count, *out, out));
        else
            TRY(bind_step(binder, syntax, &syntax->indirection.steps[i], *out, out));
        i += is_together ? count : 1;
    }
    return OK;
}

static Status cast_result(Binder *binder, Expression *value, TypeId type, int precision, Expression **out) {
    Type to = type_of(type);
    to.modifier = precision > 6 ? 6 : precision;
    return coerce(binder, value, to, COERCE_EXPLICIT, out);
}

static Status bind_sql_value(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    static const char *const names[] = {"now", NULL, "now", "now", "now", "current_user", "current_user",
        "current_user", "session_user", "current_database", "current_schema"};
    SyntaxSqlValueKind kind = syntax->sql_value.kind;
    if (names[kind] == NULL)
        return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED,
            "type time with time zone is not supported");
    Expression *value;
    TRY(bind_named_call(binder, &(Call){names[kind], syntax->position}, &value));
    TRY(check_continuous(binder, value->function, syntax->position));
    int precision = syntax->sql_value.precision;
    *out = value;
    if (kind == SYNTAX_CURRENT_DATE)
        return cast_result(binder, value, TYPE_DATE, -1, out);
    if (kind == SYNTAX_LOCALTIME)
        return cast_result(binder, value, TYPE_TIME, precision, out);
    if (kind == SYNTAX_LOCALTIMESTAMP)
        return cast_result(binder, value, TYPE_TIMESTAMP, precision, out);
    if (kind == SYNTAX_CURRENT_TIMESTAMP && precision >= 0)
        return cast_result(binder, value, TYPE_TIMESTAMPTZ, precision, out);
    return OK;
}

static Status bind_collate(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    const char *name = syntax->collate.name.parts[syntax->collate.name.part_count - 1];
    if (strcmp(name, "C") != 0 && strcmp(name, "POSIX") != 0 && strcmp(name, "default") != 0 &&
        strcmp(name, "ucs_basic") != 0)
        return bind_error(binder, syntax->position, STATUS_UNDEFINED_OBJECT,
            "collation \"%s\" for encoding \"UTF8\" does not exist", name);
    TRY(bind_expression(binder, syntax->collate.argument, out));
    TRY(coerce_unknown(binder, *out, out));
    if (type_category((*out)->type) != 'S' && !(*out)->type.is_array)
        return bind_error(binder, syntax->position, STATUS_DATATYPE_MISMATCH,
            "collations are not supported by type %s", type_text(binder->arena, (*out)->type));
    return OK;
}

/* GROUPING(a, b): an aggregate without a function; the grouping knows its value. */
static Status bind_grouping_mask(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    if (!clause_allows_aggregate(binder->scope->clause))
        return bind_error(binder, syntax->position, STATUS_GROUPING_ERROR,
            "grouping operations are not allowed in %s", clause_name(binder->scope->clause));
    if (syntax->list.count > 31)
        return bind_error(binder, syntax->position, STATUS_TOO_MANY_ARGUMENTS,
            "GROUPING must have fewer than 32 arguments");
    AggregateCall *call = ARENA_NEW(binder->arena, AggregateCall);
    *call = (AggregateCall){.scope = binder->scope,
        .spec = {.argument_count = syntax->list.count, .result_type = type_of(TYPE_INT4)},
        .position = syntax->position};
    call->arguments = ARENA_ARRAY(binder->arena, Expression *, syntax->list.count + 1);
    for (int i = 0; i < syntax->list.count; i++)
        TRY(bind_expression(binder, syntax->list.items[i], &call->arguments[i]));
    binder->scope->has_aggregates = true;
    *out = expression_of(binder->arena, EXPRESSION_AGGREGATE, call->spec.result_type, 0, NULL);
    (*out)->planner = call;
    (*out)->position = syntax->position;
    return OK;
}

static Status bind_kind(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    switch (syntax->kind) {
    case SYNTAX_COLUMN:
        if (syntax->column.is_star && syntax->column.name.part_count > 0)
            return scope_whole_row(binder, syntax, out);
        if (syntax->column.is_star)
            return bind_error(binder, syntax->position, STATUS_SYNTAX_ERROR,
                "row expansion via \"*\" is not supported here");
        return scope_resolve(binder, syntax, out);
    case SYNTAX_CONSTANT:
        return bind_constant(binder, syntax, out);
    case SYNTAX_PARAMETER:
        return bind_parameter(binder, syntax, out);
    case SYNTAX_CAST:
        return bind_cast(binder, syntax, out);
    case SYNTAX_OPERATOR:
        return bind_operation(binder, syntax, out);
    case SYNTAX_FUNCTION:
        return bind_call(binder, syntax, false, out);
    case SYNTAX_BOOLEAN:
        return bind_logic(binder, syntax, out);
    case SYNTAX_CASE:
        return bind_case(binder, syntax, out);
    case SYNTAX_COALESCE:
        return bind_coalesce(binder, syntax, out);
    case SYNTAX_GREATEST:
    case SYNTAX_LEAST:
        return bind_extreme(binder, syntax, syntax->kind == SYNTAX_GREATEST, out);
    case SYNTAX_TEST:
        return bind_test(binder, syntax, out);
    case SYNTAX_ARRAY:
        return bind_array(binder, syntax, type_of(TYPE_UNKNOWN), out);
    case SYNTAX_ROW:
        return bind_row(binder, syntax, out);
    case SYNTAX_INDIRECTION:
        return bind_indirection(binder, syntax, out);
    case SYNTAX_SUBLINK:
        return bind_sublink(binder, syntax, out);
    case SYNTAX_SQL_VALUE:
        return bind_sql_value(binder, syntax, out);
    case SYNTAX_COLLATE:
        return bind_collate(binder, syntax, out);
    case SYNTAX_GROUPING:
        return bind_grouping_mask(binder, syntax, out);
    case SYNTAX_DEFAULT:
        return bind_error(
            binder, syntax->position, STATUS_SYNTAX_ERROR, "DEFAULT is not allowed in this context");
    case SYNTAX_MULTI_ASSIGN: /* stands in SET only */
    case SYNTAX_EXPRESSION_KIND_COUNT:
        break;
    }
    return bind_error(binder, syntax->position, STATUS_INTERNAL_ERROR, "unrecognized expression kind: %d",
        (int)syntax->kind);
}

Status bind_expression(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    if (++binder->depth > BIND_DEPTH_MAX)
        return bind_error(binder, -1, STATUS_STATEMENT_TOO_COMPLEX, "stack depth limit exceeded");
    TRY(bind_kind(binder, syntax, out));
    binder->depth--;
    return OK;
}
