/* Sort, and Limit when there is no order. */
#include "executor/operators/sort/sort.h"
#include "planner/nodes/node.h"

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs *input = logical_proofs_as(plan, mode, node->inputs[0]);
    proofs_pass_on(plan, proofs, input);
    proofs_add_keys(plan, proofs, input);
    /* Which rows are among the first changes with each row that comes. */
    if (node->sort.limit != NULL || node->sort.offset != NULL)
        proofs_keep_watermarks(plan, proofs, NULL, 0);
}

/* The count that a LIMIT or OFFSET says; −1: none, or not known yet. */
static double known_count(const Expression *count) {
    return count != NULL && count->kind == EXPRESSION_CONSTANT && !count->value.is_null
               ? (double)count->value.datum.int8
               : -1;
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    double rows = logical_rows(plan, node->inputs[0]), limit = known_count(node->sort.limit),
           offset = known_count(node->sort.offset);
    if (offset > 0)
        rows = rows > offset ? rows - offset : 0;
    if (limit >= 0 && limit < rows)
        rows = limit;
    estimates_of_rows(plan, node, rows, estimates);
}

static LogicalNode *push(Planning *plan, LogicalNode *node, Conjuncts conjuncts) {
    return node->sort.limit == NULL && node->sort.offset == NULL ? node_push_through(plan, node, conjuncts)
                                                                 : node_push_above(plan, node, conjuncts);
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    physical_create(physical, node, &sort_operator, 1, &input, out);
    SortParameters *parameters = out->spec->parameters;
    parameters->key_count = node->sort.key_count;
    parameters->keys = physical_sort_keys(physical, &input, node->sort.keys, node->sort.key_count);
    parameters->limit = node->sort.limit;
    parameters->offset = node->sort.offset;
    parameters->with_ties = node->sort.with_ties;
    const Expression *limit = parameters->limit;
    bool is_known = limit != NULL && limit->kind == EXPRESSION_CONSTANT && !limit->value.is_null;
    if (parameters->key_count > 0)
        out->spec->cost_estimate +=
            cost_of_sort(physical_size(&input), is_known ? (double)limit->value.datum.int8 : -1);
    return OK;
}

static const LogicalField fields[] = {
    NODE_LIST(SORT_KEYS, sort.keys, sort.key_count),
    NODE_FIELD(EXPRESSION, sort.limit),
    NODE_FIELD(EXPRESSION, sort.offset),
    {NODE_END},
};

const LogicalType sort_node = {
    .fields = fields,
    .output = node_output_through,
    .prove = prove,
    .estimate = estimate,
    .narrow = node_narrow_state,
    .push = push,
    .carry_arrival = node_carry_through,
    .build = build,
};
