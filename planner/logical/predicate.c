/* Predicates: splitting, joining and looking into boolean expressions. */
#include "planner/logical/predicate.h"

void predicate_split_into(Arena *arena, Expression *predicate, Conjuncts *into) {
    if (predicate == NULL || predicate_is_constant(predicate, true))
        return;
    if (predicate->kind != EXPRESSION_AND) {
        ARENA_APPEND(arena, into->items, into->count, predicate);
        return;
    }
    for (int i = 0; i < predicate->argument_count; i++)
        predicate_split_into(arena, predicate->arguments[i], into);
}

Conjuncts predicate_split(Arena *arena, Expression *predicate) {
    Conjuncts conjuncts = {0};
    predicate_split_into(arena, predicate, &conjuncts);
    return conjuncts;
}

Expression *predicate_join(Arena *arena, const Conjuncts *conjuncts) {
    if (conjuncts->count == 0)
        return NULL;
    if (conjuncts->count == 1)
        return conjuncts->items[0];
    return expression_of(arena, EXPRESSION_AND, type_of(TYPE_BOOL), conjuncts->count, conjuncts->items);
}

Expression *predicate_and(Arena *arena, Expression *a, Expression *b) {
    Conjuncts both = {0};
    predicate_split_into(arena, a, &both);
    predicate_split_into(arena, b, &both);
    return predicate_join(arena, &both);
}

Expression *predicate_not(Arena *arena, Expression *a) {
    return expression_of(arena, EXPRESSION_NOT, type_of(TYPE_BOOL), 1, &a);
}

Expression *predicate_true(Arena *arena) {
    Value value = {.type = type_of(TYPE_BOOL), .datum.boolean = 1};
    return expression_constant(arena, &value);
}

bool predicate_is_constant(const Expression *predicate, bool value) {
    if (predicate->kind != EXPRESSION_CONSTANT || predicate->type.id != TYPE_BOOL || predicate->type.is_array)
        return false;
    bool is_true = !predicate->value.is_null && predicate->value.datum.boolean;
    return is_true == value;
}

void expression_add_columns(Planning *plan, const Expression *expression, ColumnSet *set) {
    if (expression == NULL)
        return;
    if (expression->kind == EXPRESSION_COLUMN)
        set_add(plan->arena, set, expression->column);
    for (int i = 0; i < expression->argument_count; i++)
        expression_add_columns(plan, expression->arguments[i], set);
    if (expression->kind == EXPRESSION_SUBQUERY) {
        const LogicalSubquery *subquery = expression->planner;
        ColumnSet inner = logical_free_columns(plan, subquery->plan);
        if (subquery->comparison != NULL) {
            ColumnSet compared = {0}, made = logical_columns(plan, subquery->plan);
            expression_add_columns(plan, subquery->comparison, &compared);
            set_remove_all(&compared, &made);
            set_add_all(plan->arena, &inner, &compared);
        }
        set_add_all(plan->arena, set, &inner);
    } else if (expression->kind == EXPRESSION_AGGREGATE) {
        const AggregateCall *call = expression->planner;
        for (int i = 0; i < call->spec.argument_count; i++)
            expression_add_columns(plan, call->arguments[i], set);
        for (int i = 0; i < call->spec.order_count; i++)
            expression_add_columns(plan, call->order[i], set);
        expression_add_columns(plan, call->filter, set);
    } else if (expression->kind == EXPRESSION_WINDOW) {
        const WindowCall *call = expression->planner;
        for (int i = 0; i < call->spec.argument_count; i++)
            expression_add_columns(plan, call->arguments[i], set);
        for (int i = 0; i < call->partition_count; i++)
            expression_add_columns(plan, call->partition[i], set);
        for (int i = 0; i < call->order_count; i++)
            expression_add_columns(plan, call->order[i], set);
        expression_add_columns(plan, call->filter, set);
    }
}

bool expression_uses_only(Planning *plan, const Expression *expression, const ColumnSet *set) {
    ColumnSet used = {0};
    expression_add_columns(plan, expression, &used);
    return set_is_subset(&used, set);
}

Expression *expression_rewrite(Arena *arena, const Expression *expression,
    Expression *(*replace)(const Expression *node, void *argument), void *argument) {
    Expression *answer = replace == NULL ? NULL : replace(expression, argument);
    if (answer != NULL)
        return answer;
    Expression *copy = ARENA_NEW(arena, Expression);
    *copy = *expression;
    if (expression->argument_count > 0) {
        copy->arguments = ARENA_ARRAY(arena, Expression *, expression->argument_count);
        for (int i = 0; i < expression->argument_count; i++)
            copy->arguments[i] = expression_rewrite(arena, expression->arguments[i], replace, argument);
    }
    return copy;
}

typedef struct Replacement {
    const int *from;
    Expression *const *to;
    int count;
} Replacement;

static Expression *replace_column(const Expression *node, void *argument) {
    const Replacement *replacement = argument;
    if (node->kind == EXPRESSION_COLUMN)
        for (int i = 0; i < replacement->count; i++)
            if (replacement->from[i] == node->column)
                return replacement->to[i];
    return NULL;
}

Expression *expression_replace_columns(
    Arena *arena, const Expression *expression, const int *from, Expression *const *to, int count) {
    Replacement replacement = {from, to, count};
    return expression_rewrite(arena, expression, replace_column, &replacement);
}

static bool is_fixed(const Expression *expression, bool with_parameters) {
    if (expression->kind == EXPRESSION_CONSTANT)
        return true;
    if (expression->kind == EXPRESSION_PARAMETER)
        return with_parameters;
    if (expression->kind == EXPRESSION_COLUMN || expression->kind == EXPRESSION_OUTER ||
        expression->kind == EXPRESSION_SUBQUERY || expression->kind == EXPRESSION_AGGREGATE ||
        expression->kind == EXPRESSION_WINDOW)
        return false;
    if (expression->function != NULL && (expression->function->flags & FUNCTION_VOLATILE))
        return false;
    for (int i = 0; i < expression->argument_count; i++)
        if (!is_fixed(expression->arguments[i], with_parameters))
            return false;
    return true;
}

bool expression_is_constant(const Expression *expression) {
    return is_fixed(expression, false);
}

bool expression_is_fixed(const Expression *expression) {
    return is_fixed(expression, true);
}

bool expression_means(const Expression *expression, FunctionMeaning meaning) {
    return expression->kind == EXPRESSION_CALL && expression->function->meaning == meaning;
}

bool expression_is_clock(const Expression *expression) {
    bool is_clock = expression->kind == EXPRESSION_CALL && expression->function->flags & FUNCTION_CLOCK &&
                    expression->type.id == TYPE_TIMESTAMPTZ;
    for (int i = 0; is_clock && i < expression->argument_count; i++)
        is_clock = expression->arguments[i]->kind == EXPRESSION_CONSTANT;
    return is_clock;
}

/* a IS NOT DISTINCT FROM b has no node of its own: (a = b) IS TRUE OR (a IS NULL AND b IS NULL). */
Expression *predicate_not_distinct(Arena *arena, const Function *equal, Expression *a, Expression *b) {
    Type boolean = type_of(TYPE_BOOL);
    Expression *pair[] = {a, b};
    Expression *equality = expression_call(arena, equal, boolean, 2, pair);
    Expression *nulls[] = {expression_of(arena, EXPRESSION_IS_NULL, boolean, 1, &a),
        expression_of(arena, EXPRESSION_IS_NULL, boolean, 1, &b)};
    Expression *parts[] = {expression_of(arena, EXPRESSION_IS_TRUE, boolean, 1, &equality),
        expression_of(arena, EXPRESSION_AND, boolean, 2, nulls)};
    return expression_of(arena, EXPRESSION_OR, boolean, 2, parts);
}

bool predicate_is_not_distinct(
    const Expression *predicate, Expression **a, Expression **b, const Function **equal) {
    if (predicate->kind != EXPRESSION_OR || predicate->argument_count != 2)
        return false;
    const Expression *first = predicate->arguments[0], *second = predicate->arguments[1];
    if (first->kind != EXPRESSION_IS_TRUE || second->kind != EXPRESSION_AND || second->argument_count != 2)
        return false;
    const Expression *equality = first->arguments[0];
    if (!expression_means(equality, MEANING_EQUAL) && !expression_means(equality, MEANING_SAME))
        return false;
    for (int i = 0; i < 2; i++)
        if (second->arguments[i]->kind != EXPRESSION_IS_NULL ||
            !expression_is_equal(second->arguments[i]->arguments[0], equality->arguments[i]))
            return false;
    *a = equality->arguments[0];
    *b = equality->arguments[1];
    *equal = equality->function;
    return true;
}

bool predicate_is_equality(Planning *plan, const Expression *predicate, const ColumnSet *left,
    const ColumnSet *right, Expression **a, Expression **b, bool *is_null_safe) {
    const Function *equal = NULL;
    *is_null_safe = predicate_is_not_distinct(predicate, a, b, &equal);
    if (!*is_null_safe) {
        if (!expression_means(predicate, MEANING_EQUAL))
            return false;
        *a = predicate->arguments[0];
        *b = predicate->arguments[1];
    }
    ColumnSet a_columns = {0}, b_columns = {0};
    expression_add_columns(plan, *a, &a_columns);
    expression_add_columns(plan, *b, &b_columns);
    if (set_is_empty(&a_columns) || set_is_empty(&b_columns))
        return false;
    if (set_is_subset(&a_columns, left) && set_is_subset(&b_columns, right))
        return true;
    if (!set_is_subset(&a_columns, right) || !set_is_subset(&b_columns, left))
        return false;
    Expression *swap = *a;
    *a = *b;
    *b = swap;
    return true;
}

/* Whether the expression is NULL whenever all of the columns are. */
static bool is_null_for_null(const Expression *expression, const ColumnSet *columns) {
    switch (expression->kind) {
    case EXPRESSION_COLUMN:
        return set_has(columns, expression->column);
    case EXPRESSION_CONSTANT:
        return expression->value.is_null;
    case EXPRESSION_CALL:
        if (expression->function->flags & FUNCTION_NOT_STRICT)
            return false;
        for (int i = 0; i < expression->argument_count; i++)
            if (is_null_for_null(expression->arguments[i], columns))
                return true;
        return false;
    case EXPRESSION_NOT:
    case EXPRESSION_ANY:
    case EXPRESSION_ALL:
        return is_null_for_null(expression->arguments[0], columns);
    default:
        return false;
    }
}

bool predicate_rejects_null(Planning *plan, const Expression *predicate, const ColumnSet *columns) {
    if (predicate_is_constant(predicate, false))
        return true;
    switch (predicate->kind) {
    case EXPRESSION_AND:
        for (int i = 0; i < predicate->argument_count; i++)
            if (predicate_rejects_null(plan, predicate->arguments[i], columns))
                return true;
        return false;
    case EXPRESSION_OR:
        for (int i = 0; i < predicate->argument_count; i++)
            if (!predicate_rejects_null(plan, predicate->arguments[i], columns))
                return false;
        return true;
    case EXPRESSION_IS_NOT_NULL:
    case EXPRESSION_IS_FALSE:
        return is_null_for_null(predicate->arguments[0], columns);
    case EXPRESSION_IS_TRUE:
        return predicate_rejects_null(plan, predicate->arguments[0], columns);
    default:
        return is_null_for_null(predicate, columns);
    }
}

const Function *function_equality(Type type) {
    int count;
    const Function *const *functions = functions_meaning(MEANING_EQUAL, &count);
    const Function *polymorphic = NULL;
    for (int i = 0; i < count; i++) {
        Type a = functions[i]->arguments[0], b = functions[i]->arguments[1];
        if (type_takes(a, type) && type_takes(b, type))
            return functions[i];
        if ((a.id == TYPE_ANYARRAY && type.is_array) || a.id == TYPE_ANYELEMENT || a.id == TYPE_ANY)
            polymorphic = functions[i];
    }
    if (polymorphic == NULL && type.id == TYPE_VARCHAR && !type.is_array)
        return function_equality(type_of(TYPE_TEXT));
    return polymorphic;
}

const Function *predicate_unify(Arena *arena, Expression *sides[2]) {
    for (int s = 0; s < 2; s++) {
        Type to = sides[1 - s]->type;
        const Function *cast = function_cast(sides[s]->type, to), *equal = function_equality(to);
        if (cast == NULL || equal == NULL || !(cast->flags & FUNCTION_CAST_IMPLICIT) ||
            !type_is_same(equal->arguments[0], to))
            continue;
        to.modifier = -1;
        sides[s] = expression_call(arena, cast, to, 1, &sides[s]);
        return equal;
    }
    return NULL;
}
