/* Clocks: where a continuous query may look at the time. A projection over append-only input may: it is the
   time at which the row enters. So may a condition that compares the time with the row's: it is looked at
   again when its time comes. All else that is left of now() and its like by now is refused, by name. Comes
   last: what nobody reads has gone, and conditions are where they are evaluated. An inner join's goes above
   it, since a join looks at pairs once. */
#include "planner/parse/syntax.h"
#include "planner/logical/temporal.h"
#include "planner/passes/passes.h"

static void note_clock(Expression **expression, void *argument) {
    const Expression **found = argument;
    if (*found == NULL)
        *found = expression_find(*expression, FUNCTION_CLOCK);
}

static void ignore_column(int *column, void *argument) {
}

static Status refuse(RuleContext *context, const Expression *clock, const char *why, const char *hint) {
    Status status = error_set(
        context->error, STATUS_FEATURE_NOT_SUPPORTED, "%s() is not supported %s", clock->function->name, why);
    const char *sql = context->plan->context->sql;
    if (sql != NULL && clock->position >= 0)
        error_at(context->error, syntax_character(sql, clock->position));
    error_hint(context->error, "%s", hint);
    return status;
}

static void lift_conditions(RuleContext *context, LogicalNode **place) {
    LogicalNode *join = *place;
    Conjuncts conjuncts = predicate_split(context->arena, join->join.condition), kept = {0}, above = {0};
    for (int i = 0; i < conjuncts.count; i++) {
        Conjuncts *to = is_temporal(context->plan->mode, conjuncts.items[i]) ? &above : &kept;
        ARENA_APPEND(context->arena, to->items, to->count, conjuncts.items[i]);
    }
    join->join.condition = predicate_join(context->arena, &kept);
    *place = logical_filter(context->plan, join, predicate_join(context->arena, &above));
}

static Status check_filter(RuleContext *context, const LogicalNode *node) {
    Conjuncts conjuncts = predicate_split(context->arena, node->filter.predicate);
    TemporalBound bound;
    for (int i = 0; i < conjuncts.count; i++)
        if (is_temporal(context->plan->mode, conjuncts.items[i]) &&
            !temporal_solve(context->plan, conjuncts.items[i], &bound))
            return refuse(context, expression_find(conjuncts.items[i], FUNCTION_CLOCK),
                "in this condition of a continuous query",
                "A view may compare a time with it by <, <=, > or >=, as in ts > now() - INTERVAL '1 hour'.");
    return OK;
}

static Status check(RuleContext *context, LogicalNode **place) {
    for (int i = 0; i < (*place)->input_count; i++)
        TRY(check(context, &(*place)->inputs[i]));
    logical_refresh(context->plan, *place);
    if ((*place)->type == &join_node && (*place)->join.type == JOIN_INNER)
        lift_conditions(context, place);
    LogicalNode *node = *place;
    if (node->type == &filter_node)
        return check_filter(context, node);
    const Expression *clock = NULL;
    logical_visit(node, &(LogicalVisitor){note_clock, ignore_column, &clock});
    if (clock == NULL)
        return OK;
    if (node->type != &project_node)
        return refuse(context, clock, "in this place of a continuous query",
            "A view may project it from append-only input, or compare a time with it in WHERE.");
    if (!logical_proofs(context->plan, node->inputs[0])->is_append_only)
        return refuse(context, clock, "over rows that change",
            "In a view it is the time at which a row enters, so that its input must be append-only.");
    return OK;
}

static Status apply(RuleContext *context, LogicalNode **root) {
    return context->plan->mode == PLAN_CONTINUOUS ? check(context, root) : OK;
}

const Pass clocks_pass = {apply};
