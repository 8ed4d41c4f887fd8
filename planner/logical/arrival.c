/* Arrival: which arrival watermark belongs to a time that was computed from the event time: the same function of the row's own. */
#include "planner/logical/properties.h"

#include "executor/functions/function.h"
#include "planner/logical/predicate.h"

/* What a projection computes the column from: the one column at the end of its chain of monotone functions. */
static const Expression *source_column(const Expression *expression) {
    while (expression != NULL && expression->kind == EXPRESSION_CALL) {
        const Expression *source = NULL;
        for (int i = 0; i < expression->argument_count; i++)
            source = expression_is_constant(expression->arguments[i]) ? source : expression->arguments[i];
        expression = source;
    }
    return expression != NULL && expression->kind == EXPRESSION_COLUMN ? expression : NULL;
}

/* A column with a watermark as a function of the event time, *base, of a node below; NULL where it was not computed from that. */
static Expression *of_event_time(LogicalPlan *plan, LogicalNode *node, int time, int *base) {
    *base = time;
    if (logical_properties(plan, node)->event_time == time)
        return plan_column(plan, time);
    if (node->kind == LOGICAL_FILTER || node->kind == LOGICAL_WINDOW || node->kind == LOGICAL_LATE)
        return of_event_time(plan, node->inputs[0], time, base);
    if (node->kind != LOGICAL_PROJECT)
        return NULL;
    for (int i = 0; i < node->column_count; i++) {
        const Expression *expression = node->project.expressions[i], *source = node->columns[i] == time ? source_column(expression) : NULL;
        if (source == NULL)
            continue;
        Expression *below = of_event_time(plan, node->inputs[0], source->column, base);
        return below == NULL ? NULL : expression_replace_columns(plan->arena, expression, &source->column, &below, 1);
    }
    return NULL;
}

int logical_arrival_of(LogicalPlan *plan, LogicalNode **place, int time) {
    int base;
    Expression *function = of_event_time(plan, *place, time, &base);
    int carried = function == NULL ? -1 : logical_carry_arrival(plan, *place);
    if (carried < 0 || function->kind == EXPRESSION_COLUMN)
        return carried;
    /* Both are microseconds; no watermark yet is the time -infinity, and the end infinity. */
    Expression *arrival = expression_column(plan->arena, carried, plan->columns[base].type);
    Expression *shifted = expression_replace_columns(plan->arena, function, &base, &arrival, 1);
    Type timestamp = type_of(TYPE_TIMESTAMP);
    if (shifted->type.id == TYPE_DATE)
        shifted = expression_call(plan->arena, function_cast(shifted->type, timestamp), timestamp, 1, &shifted);
    *place = logical_extend(plan, *place, 1, &shifted, &carried);
    plan->columns[carried].name = "$arrival"; /* under which a view keeps it */
    return carried;
}
