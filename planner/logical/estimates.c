/* Estimates: deriving them once, and what the nodes share. */
#include "planner/logical/estimates.h"

#include "planner/cost/distinct.h"
#include "planner/nodes/node.h"

const Estimates *logical_estimates(Planning *plan, const LogicalNode *node) {
    LogicalNode *known = (LogicalNode *)(uintptr_t)node;
    if (known->estimates == NULL) {
        Estimates *estimates = ARENA_NEW(plan->arena, Estimates);
        node->type->estimate(plan, node, estimates);
        known->estimates = estimates;
    }
    return known->estimates;
}

double logical_rows(Planning *plan, const LogicalNode *node) {
    return logical_estimates(plan, node)->rows;
}

double estimates_distinct(const LogicalNode *node, const Estimates *estimates, int column) {
    for (int i = 0; i < node->column_count && estimates->distinct != NULL; i++)
        if (node->columns[i] == column)
            return estimates->distinct[i] > 0 ? estimates->distinct[i] : 1;
    return estimates->rows > 10 ? estimates->rows / 10 : 1;
}

double logical_distinct_count(Planning *plan, const LogicalNode *node, int column) {
    double distinct = estimates_distinct(node, logical_estimates(plan, node), column);
    return distinct < 1 ? 1 : distinct;
}

void estimates_of_rows(Planning *plan, const LogicalNode *node, double rows, Estimates *estimates) {
    double *distinct = ARENA_ARRAY(plan->arena, double, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++) {
        distinct[i] = rows > 10 ? rows / 10 : 1;
        for (int in = 0; in < node->input_count; in++) {
            const LogicalNode *input = node->inputs[in];
            const Estimates *known = logical_estimates(plan, input);
            if (logical_has_column(input, node->columns[i]))
                distinct[i] = distinct_after_picking(
                    estimates_distinct(input, known, node->columns[i]), known->rows, rows);
        }
        distinct[i] = distinct[i] > rows && rows >= 1 ? rows : distinct[i];
    }
    *estimates = (Estimates){rows, distinct};
}

void estimates_of_input(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    estimates_of_rows(plan, node, logical_rows(plan, node->inputs[0]), estimates);
}
