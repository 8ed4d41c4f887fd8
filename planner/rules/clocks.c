/* Clocks: where a continuous query may look at the time. A projection over append-only input may: it is the time at which the row enters. All else that is
   left of now() and its like by now is refused, by name. Comes last: what nobody reads has gone, and conditions are where they are evaluated. */
#include "planner/parse/syntax.h"
#include "planner/rules/rules.h"

static void note_clock(Expression **expression, void *argument) {
    const Expression **found = argument;
    if (*found == NULL)
        *found = expression_find(*expression, FUNCTION_CLOCK);
}

static void ignore_column(int *column, void *argument) {
}

static Status refuse(RuleContext *context, const Expression *clock, const char *why, const char *hint) {
    Status status = error_set(context->error, STATUS_FEATURE_NOT_SUPPORTED, "%s() is not supported %s", clock->function->name, why);
    const char *sql = context->plan->context->sql;
    if (sql != NULL && clock->position >= 0)
        error_at(context->error, syntax_character(sql, clock->position));
    error_hint(context->error, "%s", hint);
    return status;
}

static Status check(RuleContext *context, LogicalNode *node) {
    for (int i = 0; i < node->input_count; i++)
        TRY(check(context, node->inputs[i]));
    const Expression *clock = NULL;
    logical_visit(node, &(LogicalVisitor){note_clock, ignore_column, &clock});
    if (clock == NULL)
        return OK;
    if (node->kind != LOGICAL_PROJECT)
        return refuse(context, clock, "in this place of a continuous query", "A view may project it from append-only input.");
    if (!logical_properties(context->plan, node->inputs[0])->is_append_only)
        return refuse(
            context, clock, "over rows that change", "In a view it is the time at which a row enters, so that its input must be append-only.");
    return OK;
}

static Status apply(RuleContext *context, LogicalNode **root) {
    return context->plan->mode == PLAN_CONTINUOUS ? check(context, *root) : OK;
}

const Rule clocks_rule = {"clocks", apply};
