/* Arrival: where the arrival watermarks of a time come from, and how they get to whoever tells late rows by
   them.

   They are asked for from above, for one time column: down to the scan that has them stored, through the
   projections that compute the time, which compute the same of them, and into every branch of a union, each
   with its own way to the time. What is asked for once is kept (PlanColumn.arrival) and passed on. */
#include <string.h>

#include "executor/functions/function.h"
#include "planner/logical/predicate.h"
#include "planner/logical/properties.h"

static bool has_column(const LogicalNode *node, int column) {
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] == column)
            return true;
    return false;
}

static int *with_one_more(LogicalPlan *plan, const int *columns, int count, int added) {
    int *all = ARENA_ARRAY(plan->arena, int, count + 1);
    if (count > 0)
        memcpy(all, columns, sizeof *all * (size_t)count);
    all[count] = added;
    return all;
}

static void add_column(LogicalPlan *plan, LogicalNode *node, int column) {
    node->columns = with_one_more(plan, node->columns, node->column_count, column);
    node->column_count++;
    node->properties = NULL;
}

/* The relation's column with the arrival watermarks of another; −1: none. */
static int stored_arrival(const CatalogRelation *relation, int position) {
    if (relation->columns[position].arrival > 0)
        return relation->columns[position].arrival;
    for (int i = 0; i < relation->column_count && position == relation->watermark_column; i++)
        if (relation->columns[i].is_hidden && strcmp(relation->columns[i].name, "$arrival") == 0)
            return i;
    return -1;
}

static int carry_from_scan(LogicalPlan *plan, LogicalNode *node, int time) {
    int stored = -1;
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] == time)
            stored = stored_arrival(node->scan.relation, node->scan.positions[i]);
    if (stored < 0)
        return -1;
    for (int i = 0; i < node->column_count; i++)
        if (node->scan.positions[i] == stored)
            return node->columns[i];
    const CatalogColumn *column = &node->scan.relation->columns[stored];
    node->scan.positions = with_one_more(plan, node->scan.positions, node->column_count, stored);
    add_column(plan, node, plan_column_add(plan, column->name, column->type));
    return node->columns[node->column_count - 1];
}

/* What a projection computes a column with a watermark from: the one column at the end of its chain of
   monotone functions. */
static int source_column(const Expression *expression) {
    while (expression->kind == EXPRESSION_CALL) {
        const Expression *source = NULL;
        for (int i = 0; i < expression->argument_count; i++)
            source = expression_is_constant(expression->arguments[i]) ? source : expression->arguments[i];
        if (source == NULL)
            return -1;
        expression = source;
    }
    return expression->kind == EXPRESSION_COLUMN ? expression->column : -1;
}

static int carry_through_project(LogicalPlan *plan, LogicalNode *node, int time) {
    const Expression *expression = NULL;
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] == time)
            expression = node->project.expressions[i];
    int source = source_column(expression);
    int below = source < 0 ? -1 : logical_carry_arrival(plan, node->inputs[0], source);
    if (below < 0)
        return -1;
    Expression *arrival = plan_column(plan, below);
    bool is_passed = expression->kind == EXPRESSION_COLUMN;
    if (is_passed && has_column(node, below))
        return below;
    Expression **expressions = ARENA_ARRAY(plan->arena, Expression *, node->column_count + 1);
    memcpy(expressions, node->project.expressions, sizeof *expressions * (size_t)node->column_count);
    expressions[node->column_count] =
        is_passed ? arrival : expression_replace_columns(plan->arena, expression, &source, &arrival, 1);
    node->project.expressions = expressions;
    add_column(plan, node, is_passed ? below : plan_column_add(plan, "$arrival", expression->type));
    return node->columns[node->column_count - 1];
}

/* A branch whose times never come too late. */
static int add_none(LogicalPlan *plan, LogicalNode **branch, Type type) {
    Value none = value_null(type);
    Expression *null = expression_constant(plan->arena, &none);
    int column;
    *branch = logical_extend(plan, *branch, 1, &null, &column);
    return column;
}

static int carry_through_union(LogicalPlan *plan, LogicalNode *node, int time) {
    int place = 0;
    while (node->columns[place] != time)
        place++;
    int *below = ARENA_ARRAY(plan->arena, int, node->input_count);
    for (int i = 0; i < node->input_count; i++)
        below[i] = logical_carry_arrival(plan, node->inputs[i], node->set.input_columns[i][place]);
    Type type = type_of((TypeId)plan->columns[time].type.id);
    for (int i = 0; i < node->input_count; i++) {
        if (below[i] < 0)
            below[i] = add_none(plan, &node->inputs[i], type);
        node->set.input_columns[i] =
            with_one_more(plan, node->set.input_columns[i], node->column_count, below[i]);
    }
    add_column(plan, node, plan_column_add(plan, "$arrival", type));
    return node->columns[node->column_count - 1];
}

static int carry(LogicalPlan *plan, LogicalNode *node, int time) {
    switch (node->kind) {
    case LOGICAL_SCAN:
        return carry_from_scan(plan, node, time);
    case LOGICAL_PROJECT:
        return carry_through_project(plan, node, time);
    case LOGICAL_UNION_ALL:
        return carry_through_union(plan, node, time);
    case LOGICAL_JOIN:
        if (!node->join.is_lookup)
            return -1;
        /* fallthrough */
    case LOGICAL_FILTER:
    case LOGICAL_LATE:
    case LOGICAL_WINDOW:
    case LOGICAL_SORT:
    case LOGICAL_TABLE_FUNCTION: {
        int below = logical_carry_arrival(plan, node->inputs[0], time);
        logical_refresh(plan, node);
        return below;
    }
    default: /* makes rows of its own: only watermarks below which none comes */
        return -1;
    }
}

int logical_carry_arrival(LogicalPlan *plan, LogicalNode *node, int time) {
    const Properties *properties = logical_properties(plan, node);
    if (!set_has(&properties->watermarks, time) || set_has(&properties->window_bounds, time) ||
        set_has(&properties->clocks, time))
        return -1;
    int known = plan->columns[time].arrival;
    if (known >= 0 && has_column(node, known))
        return known;
    return plan->columns[time].arrival = carry(plan, node, time);
}

int logical_arrival_moments(LogicalPlan *plan, LogicalNode **place, int time) {
    int carried = logical_carry_arrival(plan, *place, time);
    if (carried < 0 || plan->columns[carried].type.id != TYPE_DATE)
        return carried;
    Expression *date = plan_column(plan, carried), *moment;
    Type timestamp = type_of(TYPE_TIMESTAMP);
    moment = expression_call(plan->arena, function_cast(date->type, timestamp), timestamp, 1, &date);
    *place = logical_extend(plan, *place, 1, &moment, &carried);
    return carried;
}
