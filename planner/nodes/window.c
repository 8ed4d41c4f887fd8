/* Window: TUMBLE, HOP, CUMULATE. Output: the input's columns, window_start, window_end. */
#include "executor/operators/window/window.h"
#include "planner/cost/cardinality.h"
#include "planner/nodes/node.h"

double logical_window_copies(const LogicalNode *node) {
    return node->window.kind == WINDOW_TUMBLE || node->window.is_sliced
               ? 1
               : (double)node->window.size / (double)node->window.slide;
}

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs *input = logical_proofs_as(plan, mode, node->inputs[0]);
    proofs_pass_on(plan, proofs, input);
    int start = node->columns[node->column_count - 2], end = node->columns[node->column_count - 1],
        time = node->window.time_column, bounds[] = {start, end};
    for (int k = 0; k < input->key_count; k++) {
        const Key *key = &input->keys[k];
        int bound = node->window.kind == WINDOW_CUMULATE ? end : start;
        proofs_add_key(plan, proofs, columns_with(plan, key->columns, key->count, bound),
            key->count + (node->window.kind != WINDOW_TUMBLE));
    }
    set_add_list(plan->arena, &proofs->not_null, bounds, 2);
    if (set_has(&input->watermarks, time)) {
        set_add_list(plan->arena, &proofs->watermarks, bounds, 2);
        set_add_list(plan->arena, &proofs->window_bounds, bounds, 2);
    }
    if (set_has(&input->clocks, time))
        set_add_list(plan->arena, &proofs->clocks, bounds, 2);
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    const LogicalNode *input = node->inputs[0];
    double copies = logical_window_copies(node), rows = logical_rows(plan, input) * copies;
    estimates_of_rows(plan, node, rows, estimates);
    /* So many windows begin in the time in which as many rows come. */
    double span = cardinality_span(input, node->window.time_column);
    double windows = logical_proofs(plan, input)->is_stream ? 2
                     : span > 0                             ? span / (double)node->window.size + 1
                                                            : rows / 10 + 1;
    estimates->distinct[node->column_count - 2] = estimates->distinct[node->column_count - 1] =
        windows * copies;
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    physical_create(physical, node, &window_operator, 1, &input, out);
    WindowParameters *parameters = out->spec->parameters;
    parameters->kind = node->window.kind;
    parameters->part = node->window.is_sliced ? WINDOW_SLICE : WINDOW_WHOLE;
    parameters->time_column = physical_position(&input, node->window.time_column);
    parameters->end_column = -1;
    parameters->size = node->window.size;
    parameters->slide = node->window.slide;
    parameters->offset = node->window.offset;
    parameters->follows_clock =
        set_has(&logical_proofs(physical->plan, node->inputs[0])->clocks, node->window.time_column);
    parameters->arrival_column =
        node->window.arrival < 0 ? -1 : physical_position(&input, node->window.arrival);
    return OK;
}

static const LogicalField fields[] = {
    NODE_FIELD(COLUMN, window.time_column),
    NODE_FIELD(COLUMN, window.arrival),
    {NODE_END},
};

const LogicalType window_node = {
    .fields = fields,
    .output = node_output_through,
    .prove = prove,
    .estimate = estimate,
    .narrow = node_narrow_through,
    .push = node_push_through,
    .carry_arrival = node_carry_through,
    .build = build,
};
