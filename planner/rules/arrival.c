/* Arrival: each window function gets its rows' arrival watermarks, by which it tells late rows, where they can be carried up to it. */
#include "planner/rules/rules.h"

static Status apply(RuleContext *context, LogicalNode **node) {
    for (int i = 0; i < (*node)->input_count; i++)
        TRY(apply(context, &(*node)->inputs[i]));
    logical_refresh(context->plan, *node);
    if ((*node)->kind == LOGICAL_WINDOW) {
        const Properties *input = logical_properties(context->plan, (*node)->inputs[0]);
        int time = (*node)->window.time_column;
        /* Another time than the one that has the watermark, or the clock's: nothing is late. */
        if (!set_has(&input->watermarks, time) || set_has(&input->clocks, time))
            return OK;
        (*node)->window.arrival = logical_arrival_of(context->plan, &(*node)->inputs[0], time);
        logical_refresh(context->plan, *node);
    }
    return OK;
}

const Rule arrival_rule = {"arrival", apply};
