/* Functions and short constructors for the unit tests of expressions and operators: nothing here depends on
   which families exist. */
#ifndef LEAT_EXPRESSIONS_TESTING_H
#define LEAT_EXPRESSIONS_TESTING_H

#include "executor/expressions/expression.h"
#include "executor/functions/kernel.h"

static inline int64_t test_add(int64_t a, int64_t b) {
    return (int64_t)((uint64_t)a + (uint64_t)b);
}
static inline uint8_t test_less(int64_t a, int64_t b) {
    return a < b;
}
static inline uint8_t test_equal(int64_t a, int64_t b) {
    return a == b;
}
static inline int test_divide(int64_t a, int64_t b, int64_t *out) {
    if (b == 0)
        return 1;
    *out = a / b;
    return 0;
}
static inline void test_divide_failed(KernelContext *context, int row) {
    KERNEL_FAIL(context, row, STATUS_DIVISION_BY_ZERO, "division by zero");
}
KERNEL_2(test_add_kernel, int64_t, int64_t, int64_t, test_add)
KERNEL_2(test_less_kernel, uint8_t, int64_t, int64_t, test_less)
KERNEL_2(test_equal_kernel, uint8_t, int64_t, int64_t, test_equal)
KERNEL_2_CHECKED(test_divide_kernel, int64_t, int64_t, int64_t, test_divide, test_divide_failed)

static const Function test_plus = {"+", "test+(int8, int8) -> int8", test_add_kernel, FUNCTION_MONOTONE,
    {TYPE_INT8, false, -1}, false, false, 2, {{TYPE_INT8, false, -1}, {TYPE_INT8, false, -1}}};
static const Function test_under = {"<", "test<(int8, int8) -> bool", test_less_kernel, 0,
    {TYPE_BOOL, false, -1}, false, false, 2, {{TYPE_INT8, false, -1}, {TYPE_INT8, false, -1}}};
static const Function test_same = {"=", "test=(int8, int8) -> bool", test_equal_kernel, 0,
    {TYPE_BOOL, false, -1}, false, false, 2, {{TYPE_INT8, false, -1}, {TYPE_INT8, false, -1}}};
static const Function test_over = {"/", "test/(int8, int8) -> int8", test_divide_kernel, 0,
    {TYPE_INT8, false, -1}, false, false, 2, {{TYPE_INT8, false, -1}, {TYPE_INT8, false, -1}}};

static inline Expression *test_column(Arena *arena, int column, TypeId type) {
    return expression_column(arena, column, type_of(type));
}
static inline Expression *test_int8(Arena *arena, int64_t value) {
    Value constant = {.type = type_of(TYPE_INT8), .datum.int8 = value};
    return expression_constant(arena, &constant);
}
static inline Expression *test_text(Arena *arena, const char *text) {
    Value constant = {.type = type_of(TYPE_TEXT), .datum.view = view_of(text, (uint32_t)strlen(text))};
    return expression_constant(arena, &constant);
}
static inline Expression *test_null(Arena *arena, TypeId type) {
    Value constant = value_null(type_of(type));
    return expression_constant(arena, &constant);
}
static inline Expression *test_call(Arena *arena, const Function *function, Expression *a, Expression *b) {
    return expression_call(arena, function, function->result, 2, (Expression *[]){a, b});
}
static inline Expression *test_of(
    Arena *arena, ExpressionKind kind, TypeId type, Expression *a, Expression *b) {
    return expression_of(arena, kind, type_of(type), b == NULL ? 1 : 2, (Expression *[]){a, b});
}

#endif
