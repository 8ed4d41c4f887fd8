/* Simplification: constants are folded, AND, OR, CASE and COALESCE lose what can't matter, WHERE false
   becomes no rows.

   a = 1 OR a = 2 becomes a = ANY (ARRAY[1, 2]); (x AND a) OR (x AND b) becomes x AND (a OR b). A call that
   fails stays: it may never be evaluated. */
#include <string.h>

#include "planner/rules/rules.h"

static Expression *boolean(Arena *arena, bool value, bool is_null) {
    Value constant = {.type = type_of(TYPE_BOOL), .is_null = is_null, .datum.boolean = value && !is_null};
    return expression_constant(arena, &constant);
}

static bool is_null_constant(const Expression *expression) {
    return expression->kind == EXPRESSION_CONSTANT && expression->value.is_null;
}

static bool is_true(const Expression *expression) {
    return expression->kind == EXPRESSION_CONSTANT && !expression->value.is_null &&
           expression->value.datum.boolean;
}

static bool is_false(const Expression *expression) {
    return expression->kind == EXPRESSION_CONSTANT && !expression->value.is_null &&
           !expression->value.datum.boolean;
}

Expression *rule_evaluate(RuleContext *context, Expression *expression) {
    Value value;
    Error ignored = {0};
    const PlannerContext *planner = context->plan->context;
    Status status = expression_evaluate_constant(
        expression, planner->settings, planner->session, context->arena, &value, &ignored);
    error_clear(&ignored);
    if (status != OK)
        return expression;
    value = value_copy(&value, context->arena);
    value.type = expression->type;
    Expression *constant = expression_constant(context->arena, &value);
    constant->position = expression->position;
    return constant;
}

static bool all_constant(const Expression *expression) {
    for (int i = 0; i < expression->argument_count; i++)
        if (expression->arguments[i]->kind != EXPRESSION_CONSTANT)
            return false;
    return true;
}

static Expression *simplify_call(RuleContext *context, Expression *call) {
    int unstable = FUNCTION_VOLATILE | FUNCTION_STABLE | FUNCTION_CATALOG;
    if (call->function->is_set || (call->function->flags & unstable))
        return call;
    for (int i = 0; i < call->argument_count && !(call->function->flags & FUNCTION_NOT_STRICT); i++)
        if (is_null_constant(call->arguments[i])) {
            Value null = value_null(call->type);
            return expression_constant(context->arena, &null);
        }
    return all_constant(call) ? rule_evaluate(context, call) : call;
}

/* AND (is_and) and OR: flattened, without what decides nothing. */
static Expression *simplify_logic(RuleContext *context, Expression *logic) {
    bool is_and = logic->kind == EXPRESSION_AND;
    Expression **kept = NULL;
    int count = 0;
    for (int i = 0; i < logic->argument_count; i++) {
        Expression *argument = logic->arguments[i];
        if (is_and ? is_false(argument) : is_true(argument))
            return argument;
        if (is_and ? is_true(argument) : is_false(argument))
            continue;
        bool is_known = false;
        for (int k = 0; k < count; k++)
            is_known |= expression_is_equal(kept[k], argument);
        if (argument->kind == logic->kind)
            for (int k = 0; k < argument->argument_count; k++)
                ARENA_APPEND(context->arena, kept, count, argument->arguments[k]);
        else if (!is_known)
            ARENA_APPEND(context->arena, kept, count, argument);
    }
    if (count == 0)
        return boolean(context->arena, is_and, false);
    if (count == 1)
        return kept[0];
    Expression *result = expression_of(context->arena, logic->kind, logic->type, count, kept);
    result->position = logic->position;
    return result;
}

/* One scalar compared by one = with constants only: ANY of an array. */
static Expression *or_to_any(RuleContext *context, Expression *logic) {
    const Function *equal = NULL;
    Expression **items = ARENA_ARRAY(context->arena, Expression *, logic->argument_count);
    for (int i = 0; i < logic->argument_count; i++) {
        const Expression *one = logic->arguments[i];
        if (!expression_means(one, MEANING_EQUAL) || one->arguments[1]->kind != EXPRESSION_CONSTANT ||
            one->arguments[1]->type.is_array)
            return logic;
        if (equal != NULL && (equal != one->function ||
                                 !expression_is_equal(one->arguments[0], logic->arguments[0]->arguments[0])))
            return logic;
        equal = one->function;
        items[i] = one->arguments[1];
    }
    Expression *arguments[] = {logic->arguments[0]->arguments[0],
        expression_of(context->arena, EXPRESSION_ARRAY, type_array_of(items[0]->type.id),
            logic->argument_count, items)};
    Expression *any = expression_of(context->arena, EXPRESSION_ANY, type_of(TYPE_BOOL), 2, arguments);
    any->function = equal;
    any->position = logic->position;
    return any;
}

static bool has_conjunct(const Conjuncts *conjuncts, const Expression *expression) {
    for (int i = 0; i < conjuncts->count; i++)
        if (expression_is_equal(conjuncts->items[i], expression))
            return true;
    return false;
}

/* What stands in every branch of an OR is taken out of it. */
static Expression *factor_or(RuleContext *context, Expression *logic) {
    Conjuncts *branches = ARENA_ARRAY(context->arena, Conjuncts, logic->argument_count), common = {0};
    for (int i = 0; i < logic->argument_count; i++)
        branches[i] = predicate_split(context->arena, logic->arguments[i]);
    for (int c = 0; c < branches[0].count; c++) {
        bool is_common = true;
        for (int i = 1; i < logic->argument_count; i++)
            is_common &= has_conjunct(&branches[i], branches[0].items[c]);
        if (is_common)
            ARENA_APPEND(context->arena, common.items, common.count, branches[0].items[c]);
    }
    if (common.count == 0)
        return or_to_any(context, logic);
    Expression **rest = ARENA_ARRAY(context->arena, Expression *, logic->argument_count);
    for (int i = 0; i < logic->argument_count; i++) {
        Conjuncts own = {0};
        for (int c = 0; c < branches[i].count; c++)
            if (!has_conjunct(&common, branches[i].items[c]))
                ARENA_APPEND(context->arena, own.items, own.count, branches[i].items[c]);
        if (own.count == 0)
            return predicate_join(context->arena, &common);
        rest[i] = predicate_join(context->arena, &own);
    }
    Expression *remaining = or_to_any(
        context, expression_of(context->arena, EXPRESSION_OR, logic->type, logic->argument_count, rest));
    return predicate_and(context->arena, predicate_join(context->arena, &common), remaining);
}

static const FunctionMeaning opposites[MEANING_COUNT] = {
    [MEANING_EQUAL] = MEANING_NOT_EQUAL,
    [MEANING_NOT_EQUAL] = MEANING_EQUAL,
    [MEANING_LESS] = MEANING_GREATER_OR_EQUAL,
    [MEANING_GREATER_OR_EQUAL] = MEANING_LESS,
    [MEANING_GREATER] = MEANING_LESS_OR_EQUAL,
    [MEANING_LESS_OR_EQUAL] = MEANING_GREATER,
};

/* NOT a < b is a >= b. */
static Expression *simplify_not(RuleContext *context, Expression *expression) {
    Expression *argument = expression->arguments[0];
    if (argument->kind == EXPRESSION_CONSTANT)
        return is_null_constant(argument) ? argument : boolean(context->arena, is_false(argument), false);
    if (argument->kind == EXPRESSION_NOT)
        return argument->arguments[0];
    if (argument->kind != EXPRESSION_CALL)
        return expression;
    const Function *function = argument->function, *opposite = NULL;
    if (opposites[function->meaning] != MEANING_NONE)
        opposite =
            function_meaning(opposites[function->meaning], function->arguments[0], function->arguments[1]);
    return opposite == NULL
               ? expression
               : expression_call(context->arena, opposite, argument->type, 2, argument->arguments);
}

static Expression *simplify_case(RuleContext *context, Expression *choice) {
    Expression **kept = NULL;
    int count = 0;
    for (int i = 0; i + 1 < choice->argument_count; i += 2) {
        const Expression *condition = choice->arguments[i];
        if (condition->kind == EXPRESSION_CONSTANT && !is_true(condition))
            continue;
        if (is_true(condition)) {
            ARENA_APPEND(context->arena, kept, count, choice->arguments[i + 1]);
            break;
        }
        ARENA_APPEND(context->arena, kept, count, choice->arguments[i]);
        ARENA_APPEND(context->arena, kept, count, choice->arguments[i + 1]);
    }
    if (count % 2 == 0)
        ARENA_APPEND(context->arena, kept, count, choice->arguments[choice->argument_count - 1]);
    if (count == 1)
        return kept[0];
    return count == choice->argument_count
               ? choice
               : expression_of(context->arena, EXPRESSION_CASE, choice->type, count, kept);
}

static Expression *simplify_coalesce(RuleContext *context, Expression *coalesce) {
    Expression **kept = NULL;
    int count = 0;
    for (int i = 0; i < coalesce->argument_count; i++) {
        if (is_null_constant(coalesce->arguments[i]))
            continue;
        ARENA_APPEND(context->arena, kept, count, coalesce->arguments[i]);
        if (coalesce->arguments[i]->kind == EXPRESSION_CONSTANT)
            break;
    }
    if (count == 0)
        return coalesce->arguments[0];
    if (count == 1)
        return kept[0];
    return expression_of(context->arena, EXPRESSION_COALESCE, coalesce->type, count, kept);
}

static Expression *simplify(RuleContext *context, const Expression *expression) {
    Expression *copy = ARENA_NEW(context->arena, Expression);
    *copy = *expression;
    copy->arguments = ARENA_ARRAY(context->arena, Expression *, expression->argument_count + 1);
    for (int i = 0; i < expression->argument_count; i++)
        copy->arguments[i] = simplify(context, expression->arguments[i]);
    switch (copy->kind) {
    case EXPRESSION_CALL:
        return simplify_call(context, copy);
    case EXPRESSION_AND:
        return simplify_logic(context, copy);
    case EXPRESSION_OR: {
        Expression *a, *b;
        const Function *equal;
        if (predicate_is_not_distinct(copy, &a, &b, &equal))
            return copy;
        Expression *logic = simplify_logic(context, copy);
        return logic->kind == EXPRESSION_OR ? factor_or(context, logic) : logic;
    }
    case EXPRESSION_NOT:
        return simplify_not(context, copy);
    case EXPRESSION_IS_NULL:
    case EXPRESSION_IS_NOT_NULL:
    case EXPRESSION_IS_TRUE:
    case EXPRESSION_IS_NOT_TRUE:
    case EXPRESSION_IS_FALSE:
    case EXPRESSION_IS_NOT_FALSE:
        return copy->arguments[0]->kind == EXPRESSION_CONSTANT ? rule_evaluate(context, copy) : copy;
    case EXPRESSION_CASE:
        return simplify_case(context, copy);
    case EXPRESSION_COALESCE:
        return simplify_coalesce(context, copy);
    default:
        return copy;
    }
}

static void simplify_place(Expression **expression, void *argument) {
    *expression = simplify(argument, *expression);
}

static Status apply(RuleContext *context, LogicalNode **node) {
    for (int i = 0; i < (*node)->input_count; i++)
        TRY(apply(context, &(*node)->inputs[i]));
    logical_visit(*node, &(LogicalVisitor){.expression = simplify_place, .argument = context});
    logical_refresh(context->plan, *node);
    if ((*node)->type == &filter_node && predicate_is_constant((*node)->filter.predicate, true))
        *node = (*node)->inputs[0];
    else if ((*node)->type == &filter_node && predicate_is_constant((*node)->filter.predicate, false))
        *node = logical_empty(context->plan, (*node)->columns, (*node)->column_count);
    else if ((*node)->type == &join_node && (*node)->join.condition != NULL &&
             predicate_is_constant((*node)->join.condition, true))
        (*node)->join.condition = NULL;
    return OK;
}

const Rule simplify_rule = {apply};
