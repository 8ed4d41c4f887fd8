/* The stored form of expressions: a byte for the kind, the type, what the kind has, then the arguments.
   Functions are stored by signature. */
#include "executor/expressions/expression.h"
#include "executor/types/definition.h"

#include <string.h>

/* Deeper than any text that the parser accepts: only corrupted bytes get there. */
enum { DEPTH_MAX = 20000 };

static void encode_type(Type type, Text *out) {
    text_add_u8(out, type.id);
    text_add_u8(out, type.is_array);
    text_add_u32(out, (uint32_t)type.modifier);
    type_add_definition(type, out);
}

static Status decode_type(TextReader *reader, Type *type, Error *error) {
    type->id = text_read_u8(reader);
    type->is_array = text_read_u8(reader) != 0;
    type->modifier = (int32_t)text_read_u32(reader);
    if (type->id < TYPE_COUNT)
        type_read_definition(reader, type);
    if (reader->is_bad || type->id >= TYPE_COUNT)
        return error_set(error, STATUS_DATA_CORRUPTED, "stored expression has an unknown type");
    return OK;
}

static void encode_value(const Value *value, Text *out) {
    Layout layout = type_layout(value->type);
    text_add_u8(out, value->is_null);
    if (value->is_null)
        return;
    if (layout == LAYOUT_VIEW) {
        text_add_bytes(out, view_bytes(&value->datum.view), value->datum.view.length);
        return;
    }
    uint32_t length;
    const char *heap = datum_heap(layout, &value->datum, &length);
    Datum datum = value->datum;
    if (heap != NULL)
        datum.numeric.low = 0; /* the address */
    text_add(out, (const char *)&datum, layout_width(layout));
    if (heap != NULL)
        text_add_bytes(out, heap, length);
}

static Status decode_value(TextReader *reader, Type type, Arena *arena, Value *value, Error *error) {
    Layout layout = type_layout(type);
    *value = value_null(type);
    value->is_null = text_read_u8(reader) != 0;
    if (value->is_null)
        return OK;
    if (layout == LAYOUT_VIEW) {
        uint32_t length;
        const char *bytes = text_read_bytes(reader, &length);
        if (!reader->is_bad)
            value->datum.view = view_of(arena_copy(arena, length ? bytes : "", length), length);
    } else {
        const char *bytes = text_read_raw(reader, layout_width(layout));
        if (bytes != NULL)
            memcpy(&value->datum, bytes, layout_width(layout));
        if (bytes != NULL && layout == LAYOUT_NUMERIC &&
            numeric_tag(&value->datum.numeric) == NUMERIC_LARGE) {
            uint32_t length;
            const char *heap = text_read_bytes(reader, &length);
            if (reader->is_bad || length != (uint32_t)value->datum.numeric.high)
                return error_set(error, STATUS_DATA_CORRUPTED, "stored constant is damaged");
            datum_rebase(layout, &value->datum, arena_copy(arena, heap, length));
        }
    }
    return reader->is_bad ? error_set(error, STATUS_DATA_CORRUPTED, "stored constant is damaged") : OK;
}

static bool kind_has_function(ExpressionKind kind) {
    return kind == EXPRESSION_CALL || kind == EXPRESSION_NULLIF || kind == EXPRESSION_ANY ||
           kind == EXPRESSION_ALL;
}

void expression_encode(const Expression *expression, Text *out) {
    text_add_u8(out, (uint8_t)expression->kind);
    encode_type(expression->type, out);
    if (expression->kind == EXPRESSION_COLUMN || expression->kind == EXPRESSION_PARAMETER)
        text_add_u32(out, (uint32_t)expression->column);
    if (expression->kind == EXPRESSION_CONSTANT)
        encode_value(&expression->value, out);
    if (kind_has_function(expression->kind))
        text_add_bytes(
            out, expression->function->signature, (uint32_t)strlen(expression->function->signature));
    text_add_u32(out, (uint32_t)expression->argument_count);
    for (int i = 0; i < expression->argument_count; i++)
        expression_encode(expression->arguments[i], out);
}

static Status decode_function(TextReader *reader, Arena *arena, const Function **function, Error *error) {
    uint32_t length;
    const char *bytes = text_read_bytes(reader, &length);
    if (reader->is_bad)
        return error_set(error, STATUS_DATA_CORRUPTED, "stored expression ends too early");
    const char *signature = arena_copy(arena, length ? bytes : "", length);
    *function = function_by_signature(signature);
    if (*function == NULL || (*function)->kernel == NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "this server has no function %s", signature);
    return OK;
}

/* Whether the number of arguments is one that the kind can have. */
static bool is_arity_possible(ExpressionKind kind, int count) {
    switch (kind) {
    case EXPRESSION_COLUMN:
    case EXPRESSION_CONSTANT:
    case EXPRESSION_PARAMETER:
        return count == 0;
    case EXPRESSION_NOT:
    case EXPRESSION_IS_NULL:
    case EXPRESSION_IS_NOT_NULL:
    case EXPRESSION_IS_TRUE:
    case EXPRESSION_IS_NOT_TRUE:
    case EXPRESSION_IS_FALSE:
    case EXPRESSION_IS_NOT_FALSE:
        return count == 1;
    case EXPRESSION_NULLIF:
    case EXPRESSION_ANY:
    case EXPRESSION_ALL:
        return count == 2;
    case EXPRESSION_AND:
    case EXPRESSION_OR:
    case EXPRESSION_COALESCE:
        return count >= 1;
    case EXPRESSION_CASE:
        return count >= 3 && count % 2 == 1;
    case EXPRESSION_CALL:
    case EXPRESSION_ARRAY:
        return true;
    case EXPRESSION_OUTER:
    case EXPRESSION_SUBQUERY:
    case EXPRESSION_AGGREGATE:
    case EXPRESSION_WINDOW:
        return false;
    }
    return false;
}

static bool type_fits(Type formal, Type actual) {
    bool is_polymorphic = formal.id == TYPE_ANY || formal.id == TYPE_ANYELEMENT || formal.id == TYPE_ANYARRAY;
    return is_polymorphic || type_layout(formal) == type_layout(actual);
}

/* Whether a kernel can be called so: the number of arguments and all layouts are the function's. */
static bool call_fits(const Expression *expression) {
    const Function *function = expression->function;
    int formal_count = function->argument_count, count = expression->argument_count;
    if (function->is_variadic ? count < formal_count - 1 : count != formal_count)
        return false;
    for (int i = 0; i < count; i++)
        if (!type_fits(
                function->arguments[i < formal_count ? i : formal_count - 1], expression->arguments[i]->type))
            return false;
    return type_fits(function->result, expression->type);
}

static Status decode(TextReader *reader, Arena *arena, int depth, Expression **out, Error *error) {
    Expression *expression = ARENA_NEW(arena, Expression);
    expression->position = -1;
    expression->kind = (ExpressionKind)text_read_u8(reader);
    TRY(decode_type(reader, &expression->type, error));
    if (depth > DEPTH_MAX || expression->kind > EXPRESSION_WINDOW)
        return error_set(error, STATUS_DATA_CORRUPTED, "stored expression is damaged");
    if (expression->kind == EXPRESSION_COLUMN || expression->kind == EXPRESSION_PARAMETER)
        expression->column = (int)text_read_u32(reader);
    if (expression->kind == EXPRESSION_CONSTANT)
        TRY(decode_value(reader, expression->type, arena, &expression->value, error));
    if (kind_has_function(expression->kind))
        TRY(decode_function(reader, arena, &expression->function, error));
    uint32_t count = text_read_u32(reader);
    if (reader->is_bad || expression->column < 0 || count > (size_t)(reader->end - reader->cursor) ||
        !is_arity_possible(expression->kind, (int)count))
        return error_set(error, STATUS_DATA_CORRUPTED, "stored expression is damaged");
    expression->argument_count = (int)count;
    expression->arguments = count == 0 ? NULL : ARENA_ARRAY(arena, Expression *, count);
    for (uint32_t i = 0; i < count; i++)
        TRY(decode(reader, arena, depth + 1, &expression->arguments[i], error));
    if (expression->kind == EXPRESSION_CALL && !call_fits(expression))
        return error_set(error, STATUS_DATA_CORRUPTED, "stored call does not fit function %s",
            expression->function->signature);
    *out = expression;
    return OK;
}

Status expression_decode(TextReader *reader, Arena *arena, Expression **out, Error *error) {
    return decode(reader, arena, 0, out, error);
}
