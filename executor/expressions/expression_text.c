/* Expressions as PostgreSQL's EXPLAIN prints them. */
#include "executor/expressions/expression.h"

#include <ctype.h>
#include <string.h>

static void add_quoted(const Text *value, Text *out) {
    text_add_char(out, '\'');
    for (size_t i = 0; i < value->length; i++) {
        if (value->bytes[i] == '\'')
            text_add_char(out, '\'');
        text_add_char(out, value->bytes[i]);
    }
    text_add_char(out, '\'');
}

/* Numbers that the lexer reads as this very type, and booleans, stand bare. */
static bool is_bare(Type type, const Text *value) {
    if (type.is_array)
        return false;
    if (type.id == TYPE_BOOL)
        return true;
    return (type.id == TYPE_INT4 || type.id == TYPE_NUMERIC) && value->length > 0 &&
           isdigit((unsigned char)value->bytes[0]) &&
           (type.id == TYPE_INT4 || memchr(value->bytes, '.', value->length) != NULL);
}

static void add_constant(const Value *value, Text *out) {
    Text text = {0};
    if (value->is_null) {
        text_add_string(out, "NULL");
    } else if (!value->type.is_array && value->type.id == TYPE_BOOL) {
        text_add_string(out, value->datum.boolean ? "true" : "false");
        return;
    } else {
        datum_format(value->type, &value->datum, &type_settings_default, &text);
        if (is_bare(value->type, &text)) {
            text_add(out, text.bytes, text.length);
            text_free(&text);
            return;
        }
        add_quoted(&text, out);
    }
    text_add_string(out, "::");
    type_add_name(value->type, out);
    text_free(&text);
}

static void add_list(const Expression *expression, const char *const *names, Text *out) {
    for (int i = 0; i < expression->argument_count; i++) {
        if (i > 0)
            text_add_string(out, ", ");
        expression_add_text(expression->arguments[i], names, out);
    }
}

static void add_infix(const Expression *expression, const char *symbol, const char *const *names, Text *out) {
    text_add_char(out, '(');
    for (int i = 0; i < expression->argument_count; i++) {
        if (i > 0)
            text_printf(out, " %s ", symbol);
        expression_add_text(expression->arguments[i], names, out);
    }
    text_add_char(out, ')');
}

static void add_postfix(const Expression *expression, const char *test, const char *const *names, Text *out) {
    text_add_char(out, '(');
    expression_add_text(expression->arguments[0], names, out);
    text_printf(out, " %s)", test);
}

static void add_call(const Expression *expression, const char *const *names, Text *out) {
    const char *name = expression->function->name;
    bool is_symbol = !isalpha((unsigned char)name[0]) && name[0] != '_';
    if (strcmp(name, "cast") == 0) {
        text_add_char(out, '(');
        expression_add_text(expression->arguments[0], names, out);
        text_add_string(out, ")::");
        type_add_name(expression->type, out);
    } else if (is_symbol && expression->argument_count == 2) {
        add_infix(expression, name, names, out);
    } else if (is_symbol && expression->argument_count == 1) {
        text_printf(out, "(%s ", name);
        expression_add_text(expression->arguments[0], names, out);
        text_add_char(out, ')');
    } else {
        text_printf(out, "%s(", name);
        add_list(expression, names, out);
        text_add_char(out, ')');
    }
}

static void add_case(const Expression *expression, const char *const *names, Text *out) {
    text_add_string(out, "CASE");
    for (int i = 0; i + 1 < expression->argument_count; i += 2) {
        text_add_string(out, " WHEN ");
        expression_add_text(expression->arguments[i], names, out);
        text_add_string(out, " THEN ");
        expression_add_text(expression->arguments[i + 1], names, out);
    }
    text_add_string(out, " ELSE ");
    expression_add_text(expression->arguments[expression->argument_count - 1], names, out);
    text_add_string(out, " END");
}

static void add_quantified(
    const Expression *expression, const char *quantifier, const char *const *names, Text *out) {
    text_add_char(out, '(');
    expression_add_text(expression->arguments[0], names, out);
    text_printf(out, " %s %s (", expression->function->name, quantifier);
    expression_add_text(expression->arguments[1], names, out);
    text_add_string(out, "))");
}

static void add_named_list(
    const Expression *expression, const char *open, const char *close, const char *const *names, Text *out) {
    text_add_string(out, open);
    add_list(expression, names, out);
    text_add_string(out, close);
}

void expression_add_text(const Expression *expression, const char *const *names, Text *out) {
    switch (expression->kind) {
    case EXPRESSION_COLUMN:
        if (names != NULL && names[expression->column] != NULL)
            text_add_string(out, names[expression->column]);
        else
            text_printf(out, "$%d", expression->column);
        break;
    case EXPRESSION_CONSTANT:
        add_constant(&expression->value, out);
        break;
    case EXPRESSION_PARAMETER:
        text_printf(out, "$%d", expression->column + 1);
        break;
    case EXPRESSION_CALL:
        add_call(expression, names, out);
        break;
    case EXPRESSION_AND:
        add_infix(expression, "AND", names, out);
        break;
    case EXPRESSION_OR:
        add_infix(expression, "OR", names, out);
        break;
    case EXPRESSION_NOT:
        add_named_list(expression, "(NOT ", ")", names, out);
        break;
    case EXPRESSION_IS_NULL:
        add_postfix(expression, "IS NULL", names, out);
        break;
    case EXPRESSION_IS_NOT_NULL:
        add_postfix(expression, "IS NOT NULL", names, out);
        break;
    case EXPRESSION_IS_TRUE:
        add_postfix(expression, "IS TRUE", names, out);
        break;
    case EXPRESSION_IS_NOT_TRUE:
        add_postfix(expression, "IS NOT TRUE", names, out);
        break;
    case EXPRESSION_IS_FALSE:
        add_postfix(expression, "IS FALSE", names, out);
        break;
    case EXPRESSION_IS_NOT_FALSE:
        add_postfix(expression, "IS NOT FALSE", names, out);
        break;
    case EXPRESSION_CASE:
        add_case(expression, names, out);
        break;
    case EXPRESSION_COALESCE:
        add_named_list(expression, "COALESCE(", ")", names, out);
        break;
    case EXPRESSION_NULLIF:
        add_named_list(expression, "NULLIF(", ")", names, out);
        break;
    case EXPRESSION_ANY:
        add_quantified(expression, "ANY", names, out);
        break;
    case EXPRESSION_ALL:
        add_quantified(expression, "ALL", names, out);
        break;
    case EXPRESSION_ARRAY:
        add_named_list(expression, "ARRAY[", "]", names, out);
        break;
    case EXPRESSION_OUTER:
        text_printf(out, "outer%d.$%d", expression->level, expression->column);
        break;
    case EXPRESSION_SUBQUERY:
        text_add_string(out, "(SubPlan)");
        break;
    case EXPRESSION_AGGREGATE:
        text_add_string(out, "(aggregate)");
        break;
    case EXPRESSION_WINDOW:
        text_add_string(out, "(window function)");
        break;
    }
}
