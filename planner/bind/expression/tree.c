/* What is asked about bound expressions, and the simplest that are made. */
#include "planner/bind/binder.h"

Expression *make_boolean(Binder *binder, ExpressionKind kind, Expression *a, Expression *b) {
    Expression *arguments[] = {a, b};
    Expression *expression =
        expression_of(binder->arena, kind, type_of(TYPE_BOOL), b == NULL ? 1 : 2, arguments);
    expression->position = a->position;
    return expression;
}

int expression_location(const Expression *expression, int otherwise) {
    int location = expression->position;
    bool is_composed = expression->kind == EXPRESSION_CALL || expression->kind == EXPRESSION_AND ||
                       expression->kind == EXPRESSION_OR || expression->kind == EXPRESSION_ANY ||
                       expression->kind == EXPRESSION_ALL || expression->kind == EXPRESSION_NULLIF;
    for (int i = 0; is_composed && i < expression->argument_count; i++) {
        int inner = expression_location(expression->arguments[i], -1);
        if (inner >= 0 && (location < 0 || inner < location))
            location = inner;
    }
    return location >= 0 ? location : otherwise;
}

bool call_is_set(const Expression *expression) {
    return expression->kind == EXPRESSION_CALL && expression->function->is_set;
}

bool has_set(const Expression *expression) {
    bool is_found = call_is_set(expression);
    for (int i = 0; i < expression->argument_count && !is_found; i++)
        is_found = has_set(expression->arguments[i]);
    return is_found;
}

static bool finds_subquery(const Expression *expression) {
    if (expression->kind == EXPRESSION_SUBQUERY)
        return true;
    for (int i = 0; i < expression->argument_count; i++)
        if (finds_subquery(expression->arguments[i]))
            return true;
    return false;
}

bool has_subquery(const Expression *expression) {
    return expression != NULL && finds_subquery(expression);
}
