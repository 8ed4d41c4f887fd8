/* Operators in all their spellings: comparisons of rows, IN, BETWEEN, LIKE, IS DISTINCT FROM, ANY (array). */
#include <string.h>

#include "planner/bind/binder.h"

static bool is_row(const SyntaxExpression *syntax) {
    return syntax != NULL && syntax->kind == SYNTAX_ROW;
}

typedef struct Rows {
    const char *name; /* of the operator */
    Expression *const *left, *const *right;
    int count;
    int position;
} Rows;

/* (a, b) < (c, d): a < c OR (a = c AND b < d); = and <> item by item. */
static Status compare_rows(Binder *binder, const Rows *rows, Expression **out) {
    const char *name = rows->name;
    Expression *const *left = rows->left, *const *right = rows->right;
    int count = rows->count, position = rows->position;
    bool is_equal = strcmp(name, "=") == 0, is_unequal = strcmp(name, "<>") == 0;
    if (!is_equal && !is_unequal && strchr("<>", name[0]) == NULL) {
        if (count > 0)
            TRY(bind_operator(binder, name, left[0], right[0], position, out));
        bind_error(binder, position, STATUS_FEATURE_NOT_SUPPORTED,
            "could not determine interpretation of row comparison operator %s", name);
        return error_hint(
            binder->error, "Row comparison operators must be associated with btree operator families.");
    }
    if (count == 0)
        return bind_error(
            binder, position, STATUS_FEATURE_NOT_SUPPORTED, "cannot compare rows of zero length");
    *out = NULL;
    for (int i = count - 1; i >= 0; i--) {
        const char strict[2] = {name[0], 0};
        bool is_last = *out == NULL;
        Expression *one, *same;
        TRY(bind_operator(
            binder, is_last || is_equal || is_unequal ? name : strict, left[i], right[i], position, &one));
        if (!is_last && !is_equal && !is_unequal) {
            TRY(bind_operator(binder, "=", left[i], right[i], position, &same));
            one = make_boolean(binder, EXPRESSION_OR, one, make_boolean(binder, EXPRESSION_AND, same, *out));
        } else if (!is_last)
            one = make_boolean(binder, is_equal ? EXPRESSION_AND : EXPRESSION_OR, one, *out);
        *out = one;
    }
    return OK;
}

/* ROW(…) op ROW(…), ROW(…) op (SELECT …). */
static Status compare_row(Binder *binder, Rows rows, const SyntaxExpression *right, Expression **out) {
    Expression **items;
    int item_count = rows.count;
    if (is_row(right))
        TRY(bind_row_items(binder, right, &items, &item_count));
    else
        TRY(bind_row_sublink(binder, right, rows.count, false, &items));
    if (rows.count != item_count)
        return bind_error(
            binder, rows.position, STATUS_SYNTAX_ERROR, "unequal number of entries in row expressions");
    rows.right = items;
    return compare_rows(binder, &rows, out);
}

static bool is_row_like(const SyntaxExpression *syntax) {
    return is_row(syntax) ||
           (syntax->kind == SYNTAX_SUBLINK && syntax->sublink.kind == SYNTAX_SUBLINK_SCALAR);
}

Status bind_comparison(Binder *binder, const char *name, const SyntaxExpression *left,
    const SyntaxExpression *right, int position, Expression **out) {
    if (is_row(left) && is_row_like(right)) {
        Expression **items;
        int count;
        TRY(bind_row_items(binder, left, &items, &count));
        return compare_row(binder, (Rows){name, items, NULL, count, position}, right, out);
    }
    Expression *a, *b;
    TRY(bind_expression(binder, left, &a));
    TRY(bind_expression(binder, right, &b));
    return bind_operator(binder, name, a, b, position, out);
}

Status bind_not_distinct(
    Binder *binder, Expression *left, Expression *right, int position, Expression **out) {
    Expression *equality;
    TRY(bind_operator(binder, "=", left, right, position, &equality));
    *out = predicate_not_distinct(
        binder->arena, equality->function, equality->arguments[0], equality->arguments[1]);
    (*out)->position = position;
    return OK;
}

static Status bind_distinct(Binder *binder, const SyntaxExpression *syntax, bool is_not, Expression **out) {
    const SyntaxOperator *operation = &syntax->operation;
    Expression *all = NULL, **left = ARENA_ARRAY(binder->arena, Expression *, 1),
               **right = ARENA_ARRAY(binder->arena, Expression *, 1);
    int count = 1, right_count = 1;
    if (is_row(operation->left) && is_row(operation->right)) {
        TRY(bind_row_items(binder, operation->left, &left, &count));
        TRY(bind_row_items(binder, operation->right, &right, &right_count));
    } else {
        TRY(bind_expression(binder, operation->left, &left[0]));
        TRY(bind_expression(binder, operation->right, &right[0]));
    }
    if (count != right_count)
        return bind_error(
            binder, syntax->position, STATUS_SYNTAX_ERROR, "unequal number of entries in row expressions");
    for (int i = 0; i < count; i++) {
        Expression *one;
        TRY(bind_not_distinct(binder, left[i], right[i], syntax->position, &one));
        all = predicate_and(binder->arena, all, one);
    }
    if (all == NULL)
        all = predicate_true(binder->arena);
    *out = is_not ? all : predicate_not(binder->arena, all);
    (*out)->position = syntax->position;
    return OK;
}

static bool is_constant_item(const SyntaxExpression *item) {
    while (item->kind == SYNTAX_CAST)
        item = item->cast.argument;
    return item->kind == SYNTAX_CONSTANT || item->kind == SYNTAX_PARAMETER;
}

/* scalar op ANY (ARRAY[items]): PostgreSQL's plan for IN lists of constants; NULL *out when the types don't
   allow it. */
static Status in_array(Binder *binder, const SyntaxOperator *operation, Expression *left,
    Expression *const *items, int position, Expression **out) {
    int count = operation->list_count;
    bool is_in = strcmp(operation->name.parts[operation->name.part_count - 1], "=") == 0;
    Expression **all = ARENA_ARRAY(binder->arena, Expression *, count + 1);
    all[0] = left;
    memcpy(all + 1, items, sizeof *items * (size_t)count);
    Type type;
    Binder quiet = *binder;
    quiet.error = NULL;
    if (common_type(&quiet, all, count + 1, "IN", &type) != OK || type.is_array)
        return OK;
    for (int i = 1; i <= count; i++)
        if (!can_coerce(all[i]->type, type, COERCE_IMPLICIT))
            return OK;
    Expression **elements = ARENA_ARRAY(binder->arena, Expression *, count + 1);
    for (int i = 0; i < count; i++)
        TRY(coerce(binder, items[i], type, COERCE_IMPLICIT, &elements[i]));
    Type types[] = {left->type, type};
    Resolution resolution;
    if (resolve_function(binder, &(Wanted){is_in ? "=" : "<>", types, 2, true}, &resolution) !=
            RESOLVE_FOUND ||
        !type_is_same(resolution.arguments[1], type))
        return OK;
    Expression *arguments[2];
    TRY(coerce(binder, left, resolution.arguments[0], COERCE_IMPLICIT, &arguments[0]));
    arguments[1] = expression_of(binder->arena, EXPRESSION_ARRAY, type_array(type), count, elements);
    *out = expression_of(
        binder->arena, is_in ? EXPRESSION_ANY : EXPRESSION_ALL, type_of(TYPE_BOOL), 2, arguments);
    (*out)->function = resolution.function;
    (*out)->position = position;
    return OK;
}

static Status bind_row_in(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    const SyntaxOperator *operation = &syntax->operation;
    const char *name = operation->name.parts[operation->name.part_count - 1];
    Expression **left, *one;
    int count;
    *out = NULL;
    TRY(bind_row_items(binder, operation->left, &left, &count));
    Rows row = {.name = name, .left = left, .count = count, .position = syntax->position};
    for (int i = 0; i < operation->list_count; i++) {
        if (is_row_like(operation->list[i]))
            TRY(compare_row(binder, row, operation->list[i], &one));
        else
            TRY(bind_comparison(binder, name, operation->left, operation->list[i], syntax->position, &one));
        *out = *out == NULL
                   ? one
                   : make_boolean(binder, strcmp(name, "=") == 0 ? EXPRESSION_OR : EXPRESSION_AND, *out, one);
    }
    (*out)->position = syntax->position;
    return OK;
}

static Status bind_in(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    const SyntaxOperator *operation = &syntax->operation;
    const char *name = operation->name.parts[operation->name.part_count - 1];
    if (is_row(operation->left))
        return bind_row_in(binder, syntax, out);
    bool is_simple = operation->list_count > 1;
    Expression *left, **items = ARENA_ARRAY(binder->arena, Expression *, operation->list_count);
    TRY(bind_expression(binder, operation->left, &left));
    for (int i = 0; i < operation->list_count; i++) {
        is_simple &= is_constant_item(operation->list[i]);
        TRY(bind_expression(binder, operation->list[i], &items[i]));
    }
    *out = NULL;
    if (is_simple)
        TRY(in_array(binder, operation, left, items, syntax->position, out));
    if (*out != NULL)
        return OK;
    for (int i = 0; i < operation->list_count; i++) {
        Expression *one;
        TRY(bind_operator(binder, name, left, items[i], syntax->position, &one));
        *out = *out == NULL
                   ? one
                   : make_boolean(binder, strcmp(name, "=") == 0 ? EXPRESSION_OR : EXPRESSION_AND, *out, one);
    }
    (*out)->position = syntax->position;
    return OK;
}

static Status bind_between(
    Binder *binder, const SyntaxExpression *syntax, bool is_not, bool is_symmetric, Expression **out) {
    const SyntaxOperator *operation = &syntax->operation;
    Expression *parts[2], *swapped[2];
    TRY(bind_comparison(
        binder, is_not ? "<" : ">=", operation->left, operation->list[0], syntax->position, &parts[0]));
    TRY(bind_comparison(
        binder, is_not ? ">" : "<=", operation->left, operation->list[1], syntax->position, &parts[1]));
    *out = make_boolean(binder, is_not ? EXPRESSION_OR : EXPRESSION_AND, parts[0], parts[1]);
    if (is_symmetric) {
        TRY(bind_comparison(
            binder, is_not ? "<" : ">=", operation->left, operation->list[1], syntax->position, &swapped[0]));
        TRY(bind_comparison(
            binder, is_not ? ">" : "<=", operation->left, operation->list[0], syntax->position, &swapped[1]));
        *out = make_boolean(binder, is_not ? EXPRESSION_AND : EXPRESSION_OR, *out,
            make_boolean(binder, is_not ? EXPRESSION_OR : EXPRESSION_AND, swapped[0], swapped[1]));
    }
    (*out)->position = syntax->position;
    return OK;
}

static Status bind_nullif(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    Expression *left, *right, *equality;
    TRY(bind_expression(binder, syntax->operation.left, &left));
    TRY(bind_expression(binder, syntax->operation.right, &right));
    /* varchar is compared as text, and the result is what was compared. */
    if (left->type.id == TYPE_VARCHAR)
        TRY(coerce(binder, left, type_of(TYPE_TEXT), COERCE_IMPLICIT, &left));
    TRY(bind_operator(binder, "=", left, right, syntax->position, &equality));
    if (is_record(left->type)) {
        Value null = value_null(left->type);
        Expression *arguments[] = {equality, expression_constant(binder->arena, &null), left};
        *out = expression_of(binder->arena, EXPRESSION_CASE, left->type, 3, arguments);
        return OK;
    }
    *out =
        expression_of(binder->arena, EXPRESSION_NULLIF, equality->arguments[0]->type, 2, equality->arguments);
    (*out)->function = equality->function;
    (*out)->position = syntax->position;
    return OK;
}

static Status bind_array_operator(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    const SyntaxOperator *operation = &syntax->operation;
    const char *name = operation->name.parts[operation->name.part_count - 1];
    Expression *left, *right;
    TRY(bind_expression(binder, operation->left, &left));
    TRY(bind_expression(binder, operation->right, &right));
    if (right->type.id == TYPE_UNKNOWN) {
        Type element = left->type.id == TYPE_UNKNOWN ? type_of(TYPE_TEXT) : left->type;
        TRY(coerce(binder, right, type_array(element), COERCE_IMPLICIT, &right));
    }
    TRY(coerce_vector(binder, right, &right));
    if (!right->type.is_array)
        return bind_error(binder, syntax->position, STATUS_WRONG_OBJECT_TYPE,
            "op ANY/ALL (array) requires array on right side");
    Type element = type_element(right->type), types[] = {left->type, element};
    Resolution resolution;
    ResolveResult result = resolve_function(binder, &(Wanted){name, types, 2, true}, &resolution);
    if (result != RESOLVE_FOUND) {
        Expression fake = {.type = element, .position = -1};
        return bind_operator(binder, name, left, &fake, syntax->position, out);
    }
    if (!type_is_same(resolution.result, type_of(TYPE_BOOL)))
        return bind_error(binder, syntax->position, STATUS_WRONG_OBJECT_TYPE,
            "op ANY/ALL (array) requires operator to yield boolean");
    Expression *arguments[2];
    TRY(coerce(binder, left, resolution.arguments[0], COERCE_IMPLICIT, &arguments[0]));
    TRY(coerce(binder, right, type_array_of(resolution.arguments[1].id), COERCE_IMPLICIT, &arguments[1]));
    *out =
        expression_of(binder->arena, operation->kind == SYNTAX_OPERATOR_ANY ? EXPRESSION_ANY : EXPRESSION_ALL,
            type_of(TYPE_BOOL), 2, arguments);
    (*out)->function = resolution.function;
    (*out)->position = syntax->position;
    return OK;
}

static Status check_operator_schema(Binder *binder, const SyntaxExpression *syntax) {
    const SyntaxName *name = &syntax->operation.name;
    if (name->part_count > 1 && strcmp(name->parts[name->part_count - 2], "pg_catalog") != 0)
        return bind_error(binder, syntax->position, STATUS_UNDEFINED_FUNCTION,
            "operator does not exist: %s.%s", name->parts[0], name->parts[name->part_count - 1]);
    return OK;
}

static Status bind_plain(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    const SyntaxOperator *operation = &syntax->operation;
    const char *name = operation->name.parts[operation->name.part_count - 1];
    TRY(check_operator_schema(binder, syntax));
    if (operation->left != NULL)
        return bind_comparison(binder, name, operation->left, operation->right, syntax->position, out);
    Expression *right;
    TRY(bind_expression(binder, operation->right, &right));
    return bind_operator(binder, name, NULL, right, syntax->position, out);
}

Status bind_operation(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    SyntaxOperatorKind kind = syntax->operation.kind;
    switch (kind) {
    case SYNTAX_OPERATOR_PLAIN:
    case SYNTAX_OPERATOR_LIKE:
    case SYNTAX_OPERATOR_ILIKE:
    case SYNTAX_OPERATOR_SIMILAR:
        return bind_plain(binder, syntax, out);
    case SYNTAX_OPERATOR_ANY:
    case SYNTAX_OPERATOR_ALL:
        return bind_array_operator(binder, syntax, out);
    case SYNTAX_OPERATOR_DISTINCT:
    case SYNTAX_OPERATOR_NOT_DISTINCT:
        return bind_distinct(binder, syntax, kind == SYNTAX_OPERATOR_NOT_DISTINCT, out);
    case SYNTAX_OPERATOR_NULLIF:
        return bind_nullif(binder, syntax, out);
    case SYNTAX_OPERATOR_IN:
        return bind_in(binder, syntax, out);
    case SYNTAX_OPERATOR_BETWEEN:
    case SYNTAX_OPERATOR_BETWEEN_SYMMETRIC:
        return bind_between(binder, syntax, false, kind == SYNTAX_OPERATOR_BETWEEN_SYMMETRIC, out);
    case SYNTAX_OPERATOR_NOT_BETWEEN:
    case SYNTAX_OPERATOR_NOT_BETWEEN_SYMMETRIC:
        return bind_between(binder, syntax, true, kind == SYNTAX_OPERATOR_NOT_BETWEEN_SYMMETRIC, out);
    }
    return bind_error(
        binder, syntax->position, STATUS_INTERNAL_ERROR, "unrecognized operator kind: %d", (int)kind);
}
