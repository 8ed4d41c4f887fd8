/* Coercion: how a value of one type becomes one of another, and the common type of several values. */
#include "planner/bind/binder.h"

static Status coerce_parameter(Binder *binder, Expression *parameter, Type to, Expression **out) {
    Type *known = &binder->context->parameter_types[parameter->column];
    Type plain = to;
    plain.modifier = -1;
    if (known->id == TYPE_UNKNOWN)
        *known = plain;
    else if (!type_is_same(*known, to)) {
        bind_error(binder, parameter->position, STATUS_AMBIGUOUS_PARAMETER,
            "inconsistent types deduced for parameter $%d", parameter->column + 1);
        return error_detail(
            binder->error, "%s versus %s", type_text(binder->arena, *known), type_text(binder->arena, to));
    }
    parameter->type = plain;
    *out = parameter;
    if (binder->context->parameters != NULL) {
        Value value = binder->context->parameters[parameter->column];
        value.type = plain;
        *out = expression_constant(binder->arena, &value);
        (*out)->position = parameter->position;
    }
    return OK;
}

static Expression *cast_call(Binder *binder, const Function *cast, Expression *expression, Type to) {
    Expression *call = expression_call(binder->arena, cast, to, 1, &expression);
    call->position = expression->position;
    return call;
}

/* varchar(n), numeric(p, s), timestamp(p): the type's cast to itself applies the modifier; on assignment a
   string that is too long is an error. */
static Expression *apply_modifier(Binder *binder, Expression *expression, Type to, CoercionContext context) {
    Type element = type_element(to);
    if (to.modifier < 0 || function_cast(element, element) == NULL ||
        expression->type.modifier == to.modifier)
        return expression;
    const Function *length = function_cast(to, to);
    if (context != COERCE_EXPLICIT &&
        (to.id == TYPE_VARCHAR || to.id == TYPE_BPCHAR || to.id == TYPE_BIT || to.id == TYPE_VARBIT)) {
        int count;
        const Function *const *functions = functions_named("cast_assignment", &count);
        for (int i = 0; i < count; i++)
            if (type_is_same(functions[i]->result, to) ||
                (to.is_array && functions[i]->result.id == TYPE_ANYARRAY))
                length = functions[i];
    }
    return length == NULL ? expression : cast_call(binder, length, expression, to);
}

/* The name of a relation means what it meant when it was written. */
static Status read_class(Binder *binder, const Expression *literal, Datum *datum) {
    const View *view = &literal->value.datum.view;
    const char *name = arena_copy(binder->arena, view_bytes(view), view->length);
    uint32_t id;
    if (known_constant(binder, name, &id)) {
        datum->int8 = id;
        return OK;
    }
    TRY(datum_parse(type_of(TYPE_REGCLASS), name, view->length, binder->context->settings, binder->arena,
        datum, binder->error));
    note_constant(binder, name, (uint32_t)datum->int8, literal->position);
    return OK;
}

static Status read_literal(Binder *binder, const Expression *literal, Type type, Datum *datum) {
    const View *view = &literal->value.datum.view;
    Status status = type.id == TYPE_REGCLASS && !type.is_array
                        ? read_class(binder, literal, datum)
                        : datum_parse(type, view_bytes(view), view->length, binder->context->settings,
                              binder->arena, datum, binder->error);
    if (status != OK && binder->error != NULL && binder->error->position == 0 && binder->sql != NULL &&
        literal->position >= 0)
        error_at(binder->error, syntax_character(binder->sql, literal->position));
    return status;
}

/* A string literal is read without a modifier, which then applies as to any other value of the type; an
   interval's says how to read it. */
static Status coerce_literal(
    Binder *binder, Expression *literal, Type to, CoercionContext context, Expression **out) {
    Type read = to;
    if (to.id != TYPE_INTERVAL)
        read.modifier = -1;
    Value value = {.type = read, .is_null = literal->value.is_null};
    if (!value.is_null)
        TRY(read_literal(binder, literal, read, &value.datum));
    *out = expression_constant(binder->arena, &value);
    (*out)->position = literal->position;
    *out = apply_modifier(binder, *out, to, context);
    return OK;
}

/* ARRAY[ROW(…), …] */
static Status coerce_rows(
    Binder *binder, const Expression *array, Type to, CoercionContext context, Expression **out) {
    Expression **items = ARENA_ARRAY(binder->arena, Expression *, array->argument_count + 1);
    for (int i = 0; i < array->argument_count; i++)
        TRY(coerce(binder, array->arguments[i], type_element(to), context, &items[i]));
    *out = expression_of(binder->arena, EXPRESSION_ARRAY, to, array->argument_count, items);
    (*out)->position = array->position;
    return OK;
}

Status coerce(Binder *binder, Expression *expression, Type to, CoercionContext context, Expression **out) {
    Type from = expression->type;
    if (takes_as_it_is(to, from) ||
        (type_is_same(from, to) && (to.modifier < 0 || from.modifier == to.modifier))) {
        *out = expression;
        return OK;
    }
    if (from.id == TYPE_UNKNOWN && !from.is_array) {
        if (expression->kind == EXPRESSION_CONSTANT)
            return coerce_literal(binder, expression, to, context, out);
        if (expression->kind == EXPRESSION_PARAMETER) {
            TRY(coerce_parameter(binder, expression, to, out));
            *out = apply_modifier(binder, *out, to, context);
            return OK;
        }
        expression = cast_call(binder,
            function_cast(type_of(TYPE_UNKNOWN), to) != NULL ? function_cast(type_of(TYPE_UNKNOWN), to)
                                                             : function_cast(type_of(TYPE_TEXT), to),
            expression, to);
        *out = expression;
        return expression->function == NULL ? bind_error(binder, expression->position, STATUS_CANNOT_COERCE,
                                                  "failed to find conversion function from unknown to %s",
                                                  type_text(binder->arena, to))
                                            : OK;
    }
    if (type_is_same(from, to)) {
        *out = apply_modifier(binder, expression, to, context);
        return OK;
    }
    bool is_apart = from.is_array && to.is_array && from.id == TYPE_RECORD && to.id == TYPE_RECORD &&
                    expression->kind != EXPRESSION_ARRAY;
    if (!can_coerce(from, to, context) || is_apart)
        return bind_error(binder, expression->position, STATUS_CANNOT_COERCE, "cannot cast type %s to %s",
            type_text(binder->arena, from), type_text(binder->arena, to));
    if (is_record(from) && is_record(to))
        return coerce_record(binder, expression, to, context, out);
    if (expression->kind == EXPRESSION_ARRAY && is_record(type_element(from)) && is_record(type_element(to)))
        return coerce_rows(binder, expression, to, context, out);
    Type plain = to;
    plain.modifier = -1;
    Type element = type_element(to);
    bool is_bits = to.id == TYPE_BIT && type_category(from) == 'N'; /* the number fills what the type has */
    bool takes_modifier = to.modifier >= 0 && function_cast(element, element) != NULL && !is_bits;
    *out = apply_modifier(binder,
        cast_call(binder, function_cast(from, to), expression, takes_modifier ? plain : to), to, context);
    return OK;
}

/* PostgreSQL's select_common_type. */
Status common_type_of(
    Binder *binder, const Type *types, const int *positions, int count, const char *what, Type *type) {
    Type best = types[0];
    bool is_uniform = true;
    for (int i = 1; i < count; i++)
        best = common_record(binder, best, types[i]);
    for (int i = 1; i < count && is_uniform; i++)
        is_uniform = type_is_same(best, types[i]) && best.id != TYPE_UNKNOWN;
    if (is_uniform && best.id != TYPE_UNKNOWN) {
        for (int i = 1; i < count; i++)
            if (types[i].modifier != best.modifier)
                best.modifier = -1;
        *type = best;
        return OK;
    }
    char category = type_category(best);
    for (int i = 1; i < count; i++) {
        Type other = types[i];
        if (other.id == TYPE_UNKNOWN || type_is_same(other, best))
            continue;
        if (best.id == TYPE_UNKNOWN) {
            best = other;
            category = type_category(best);
        } else if (type_category(other) != category)
            return bind_error(binder, positions[i], STATUS_DATATYPE_MISMATCH,
                "%s types %s and %s cannot be matched", what, type_text(binder->arena, best),
                type_text(binder->arena, other));
        else if (!type_is_preferred(best) && can_coerce(best, other, COERCE_IMPLICIT) &&
                 !can_coerce(other, best, COERCE_IMPLICIT)) {
            best = other;
            category = type_category(best);
        }
    }
    *type = best.id == TYPE_UNKNOWN ? type_of(TYPE_TEXT) : best;
    type->modifier = -1;
    return OK;
}

Status common_type(Binder *binder, Expression *const *expressions, int count, const char *what, Type *type) {
    Type *types = ARENA_ARRAY(binder->arena, Type, count);
    int *positions = ARENA_ARRAY(binder->arena, int, count);
    for (int i = 0; i < count; i++) {
        types[i] = expressions[i]->type;
        positions[i] = expression_location(expressions[i], -1);
    }
    return common_type_of(binder, types, positions, count, what, type);
}

Status coerce_common(Binder *binder, Expression *expression, Type type, const char *what, Expression **out) {
    if (!can_coerce(expression->type, type, COERCE_IMPLICIT))
        return bind_error(binder, expression_location(expression, -1), STATUS_CANNOT_COERCE,
            "%s could not convert type %s to %s", what, type_text(binder->arena, expression->type),
            type_text(binder->arena, type));
    return coerce(binder, expression, type, COERCE_IMPLICIT, out);
}

Status coerce_boolean(Binder *binder, Expression *expression, const char *what, Expression **out) {
    Type boolean = type_of(TYPE_BOOL);
    if (!can_coerce(expression->type, boolean, COERCE_ASSIGNMENT))
        return bind_error(binder, expression_location(expression, -1), STATUS_DATATYPE_MISMATCH,
            "argument of %s must be type boolean, not type %s", what,
            type_text(binder->arena, expression->type));
    if (has_set(expression))
        return bind_error(binder, expression_location(expression, -1), STATUS_DATATYPE_MISMATCH,
            "argument of %s must not return a set", what);
    return coerce(binder, expression, boolean, COERCE_ASSIGNMENT, out);
}

Status coerce_vector(Binder *binder, Expression *expression, Expression **out) {
    *out = expression;
    if (expression->type.is_array ||
        (expression->type.id != TYPE_INT2VECTOR && expression->type.id != TYPE_OIDVECTOR))
        return OK;
    return coerce(binder, expression,
        type_array_of(expression->type.id == TYPE_OIDVECTOR ? TYPE_OID : TYPE_INT2), COERCE_EXPLICIT, out);
}

Status bind_boolean(Binder *binder, const SyntaxExpression *syntax, const char *what, Expression **out) {
    Expression *bound;
    TRY(bind_expression(binder, syntax, &bound));
    return coerce_boolean(binder, bound, what, out);
}
