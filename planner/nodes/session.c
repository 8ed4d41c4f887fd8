/* Session: the rows of a partition meet on one worker; closed sessions go where the time column has a
   watermark and late rows were left out. Output: the input's columns, window_start, window_end. */
#include "executor/operators/window/session.h"
#include "planner/nodes/node.h"

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs *input = logical_proofs_as(plan, mode, node->inputs[0]);
    int start = node->columns[node->column_count - 2], end = node->columns[node->column_count - 1];
    proofs_pass_on(plan, proofs, input);
    proofs_add_keys(plan, proofs, input);
    /* Rows of open sessions get other bounds. */
    proofs->is_append_only = mode == PLAN_ONE_SHOT;
    set_add(plan->arena, &proofs->not_null, start);
    set_add(plan->arena, &proofs->not_null, end);
    proofs_keep_watermarks(plan, proofs, node->session.partition, node->session.partition_count);
    if (proofs_are_complete_below(input, node->session.time_column)) {
        set_add(plan->arena, &proofs->watermarks, end);
        set_add(plan->arena, &proofs->window_bounds, end);
        if (set_has(&input->clocks, node->session.time_column))
            set_add(plan->arena, &proofs->clocks, end);
    }
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    int count = node->session.partition_count;
    TRY(node_build_partitioned(physical, node->inputs[0], node->session.partition, count, &input));
    physical_create(physical, node, &session_operator, 1, &input, out);
    const Proofs *proofs = logical_proofs(physical->plan, node->inputs[0]);
    SessionParameters *parameters = out->spec->parameters;
    parameters->partition_count = count;
    parameters->partition = physical_positions(physical, &input, node->session.partition, count);
    parameters->time_column = physical_position(&input, node->session.time_column);
    parameters->gap = node->session.gap;
    parameters->closes = proofs_are_complete_below(proofs, node->session.time_column);
    parameters->follows_clock = set_has(&proofs->clocks, node->session.time_column);
    physical_add_cost(out, 30);
    if (proofs->is_stream && !parameters->closes)
        physical_note_unbounded(physical, "Session",
            "A time column with a WATERMARK, whose rows only pass filters and projections, bounds it.");
    return OK;
}

static const LogicalField fields[] = {
    NODE_LIST(COLUMNS, session.partition, session.partition_count),
    NODE_FIELD(COLUMN, session.time_column),
    {NODE_END},
};

const LogicalType session_node = {
    .fields = fields,
    .partition = NODE_LIST(COLUMNS, session.partition, session.partition_count),
    .output = node_output_through,
    .prove = prove,
    .estimate = estimates_of_input,
    .narrow = node_narrow_state,
    .push = node_push_by_partition,
    .build = build,
};
