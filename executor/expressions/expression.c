/* Expression trees: made, copied, compared, walked. */
#include "executor/expressions/expression.h"

#include <string.h>

static Expression *create(
    Arena *arena, ExpressionKind kind, Type type, int argument_count, Expression *const *arguments) {
    Expression *expression = ARENA_NEW(arena, Expression);
    expression->kind = kind;
    expression->type = type;
    expression->position = -1;
    expression->argument_count = argument_count;
    if (argument_count > 0) {
        expression->arguments = ARENA_ARRAY(arena, Expression *, argument_count);
        memcpy(expression->arguments, arguments, (size_t)argument_count * sizeof *arguments);
    }
    return expression;
}

Expression *expression_column(Arena *arena, int column, Type type) {
    Expression *expression = create(arena, EXPRESSION_COLUMN, type, 0, NULL);
    expression->column = column;
    return expression;
}

Expression *expression_constant(Arena *arena, const Value *value) {
    Expression *expression = create(arena, EXPRESSION_CONSTANT, value->type, 0, NULL);
    expression->value = value_copy(value, arena);
    return expression;
}

Expression *expression_call(
    Arena *arena, const Function *function, Type type, int argument_count, Expression *const *arguments) {
    Expression *expression = create(arena, EXPRESSION_CALL, type, argument_count, arguments);
    expression->function = function;
    return expression;
}

Expression *expression_of(
    Arena *arena, ExpressionKind kind, Type type, int argument_count, Expression *const *arguments) {
    return create(arena, kind, type, argument_count, arguments);
}

Expression *expression_copy(Arena *arena, const Expression *expression, Expression *const *columns) {
    if (expression->kind == EXPRESSION_COLUMN && columns != NULL && columns[expression->column] != NULL)
        return columns[expression->column];
    Expression *copy = ARENA_NEW(arena, Expression);
    *copy = *expression;
    if (expression->kind == EXPRESSION_CONSTANT)
        copy->value = value_copy(&expression->value, arena);
    if (expression->argument_count > 0)
        copy->arguments = ARENA_ARRAY(arena, Expression *, expression->argument_count);
    for (int i = 0; i < expression->argument_count; i++)
        copy->arguments[i] = expression_copy(arena, expression->arguments[i], columns);
    return copy;
}

static bool type_is_identical(Type a, Type b) {
    return type_is_same(a, b) && a.modifier == b.modifier;
}

static bool constant_is_equal(const Value *a, const Value *b) {
    if (a->is_null || b->is_null)
        return a->is_null == b->is_null;
    return datum_is_identical(type_layout(a->type), &a->datum, &b->datum);
}

bool expression_is_equal(const Expression *a, const Expression *b) {
    if (a == b)
        return true;
    if (a->kind != b->kind || !type_is_identical(a->type, b->type) || a->column != b->column ||
        a->level != b->level || a->function != b->function || a->planner != b->planner ||
        a->argument_count != b->argument_count)
        return false;
    if (a->kind == EXPRESSION_CONSTANT && !constant_is_equal(&a->value, &b->value))
        return false;
    for (int i = 0; i < a->argument_count; i++)
        if (!expression_is_equal(a->arguments[i], b->arguments[i]))
            return false;
    return true;
}

void expression_walk(
    Expression *expression, void (*visit)(Expression *node, void *argument), void *argument) {
    for (int i = 0; i < expression->argument_count; i++)
        expression_walk(expression->arguments[i], visit, argument);
    visit(expression, argument);
}

int expression_flags(const Expression *expression) {
    int flags = expression->function == NULL ? 0 : expression->function->flags;
    for (int i = 0; i < expression->argument_count; i++)
        flags |= expression_flags(expression->arguments[i]);
    return flags;
}

const Expression *expression_find(const Expression *expression, int flag) {
    if (expression->function != NULL && expression->function->flags & flag)
        return expression;
    const Expression *found = NULL;
    for (int i = 0; i < expression->argument_count && found == NULL; i++)
        found = expression_find(expression->arguments[i], flag);
    return found;
}
