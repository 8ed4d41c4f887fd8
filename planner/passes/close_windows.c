/* EMIT ON WINDOW CLOSE: only final rows, once. */
#include "planner/passes/passes.h"

static bool closes(Planning *plan, const LogicalNode *node) {
    const Proofs *input = logical_proofs(plan, node->inputs[0]);
    for (int i = 0; i < node->aggregate.key_count; i++)
        if (set_has(&input->window_bounds, node->aggregate.keys[i]))
            return true;
    return false;
}

/* The aggregate that the root's rows come from, through projections and filters. */
static LogicalNode *find_aggregate(Planning *plan, LogicalNode *node) {
    while (node->type == &project_node || node->type == &filter_node)
        node = node->inputs[0];
    return node->type == &aggregate_node && closes(plan, node) ? node : NULL;
}

static Status no_window(Error *error) {
    error_set(error, STATUS_INVALID_COLUMN_REFERENCE,
        "EMIT ON WINDOW CLOSE needs the end of an event-time window among the query's columns");
    return error_hint(
        error, "Group by window_end of TUMBLE, HOP, CUMULATE or SESSION over a column with a WATERMARK.");
}

static void put_close(Planning *plan, LogicalNode **place, int end) {
    *place = logical_create(plan, &window_close_node, 1, place);
    (*place)->window_close.end_column = end;
    logical_refresh(plan, *place);
}

Status pass_close_windows(Planning *plan, SyntaxEmit emit, BoundRoot *root, Error *error) {
    if (emit != SYNTAX_EMIT_ON_WINDOW_CLOSE)
        return OK;
    LogicalNode *aggregate = find_aggregate(plan, root->node);
    if (aggregate != NULL) {
        aggregate->aggregate.emit_on_close = true;
        logical_forget(root->node);
        return OK;
    }
    for (LogicalNode **place = &root->node;; place = &(*place)->inputs[0]) {
        const Proofs *proofs = logical_proofs(plan, *place);
        for (int i = (*place)->column_count - 1; i >= 0; i--)
            if (set_has(&proofs->window_bounds, (*place)->columns[i])) {
                put_close(plan, place, (*place)->columns[i]);
                logical_forget(root->node);
                return OK;
            }
        if ((*place)->type != &project_node && (*place)->type != &filter_node)
            break;
    }
    return no_window(error);
}
