/* Recursion: the recursive term is a plan of its own beside the graph. */
#include "executor/operators/recursion.h"
#include "planner/nodes/node.h"

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    proofs->is_append_only = true;
    if (!node->set.is_all)
        proofs_add_key(plan, proofs, node->columns, node->column_count);
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    double start = logical_rows(plan, node->inputs[0]), term = logical_rows(plan, node->inputs[1]);
    estimates_of_rows(plan, node, 10 * (start + term), estimates);
}

static LogicalNode *push(Planning *plan, LogicalNode *node, Conjuncts conjuncts) {
    for (int i = 0; i < node->input_count; i++)
        node->inputs[i] = logical_push(plan, node->inputs[i], (Conjuncts){0});
    return node_keep(plan, node, conjuncts);
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode start, term;
    TRY(node_build_input(physical, node, 0, &start));
    TRY(node_build_input(physical, node, 1, &term));
    physical_create(physical, node, &recursion_operator, 1, &start, out);
    spec_number(term.spec);
    RecursionParameters *parameters = out->spec->parameters;
    parameters->number = node->set.kind;
    parameters->is_distinct = !node->set.is_all;
    parameters->term = term.spec;
    out->distribution = (Distribution){0};
    return OK;
}

static const LogicalField fields[] = {
    NODE_FIELD(INPUT_COLUMNS, set.input_columns),
    {NODE_END},
};

const LogicalType recursion_node = {
    .fields = fields,
    .prove = prove,
    .estimate = estimate,
    .narrow = node_narrow_all,
    .push = push,
    .build = build,
};
