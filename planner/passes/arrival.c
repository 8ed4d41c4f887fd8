/* Arrival: each window function gets its rows' arrival watermarks, by which it tells late rows. */
#include "planner/passes/passes.h"

static Status apply(RuleContext *context, LogicalNode **node) {
    for (int i = 0; i < (*node)->input_count; i++)
        TRY(apply(context, &(*node)->inputs[i]));
    logical_refresh(context->plan, *node);
    if ((*node)->type == &window_node) {
        (*node)->window.arrival = logical_arrival_moments(
            context->plan, context->plan->mode, &(*node)->inputs[0], (*node)->window.time_column);
        logical_refresh(context->plan, *node);
    }
    return OK;
}

const Pass arrival_pass = {apply};
