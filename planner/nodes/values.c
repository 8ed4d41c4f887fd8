/* Values: constant rows. */
#include "executor/operators/leaf/values.h"
#include "planner/nodes/node.h"

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    proofs->is_append_only = true;
    if (node->values.row_count <= 1)
        proofs_add_key(plan, proofs, NULL, 0);
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    estimates_of_rows(plan, node, node->values.row_count, estimates);
    for (int i = 0; i < node->column_count; i++)
        estimates->distinct[i] = estimates->rows;
}

static LogicalNode *narrow(Planning *plan, LogicalNode *node, const ColumnSet *wanted) {
    int kept = 0, count = node->column_count, rows = node->values.row_count;
    int *places = ARENA_ARRAY(plan->arena, int, count + 1),
        *columns = ARENA_ARRAY(plan->arena, int, count + 1);
    for (int i = 0; i < count; i++)
        if (set_has(wanted, node->columns[i])) {
            places[kept] = i;
            columns[kept++] = node->columns[i];
        }
    Expression **expressions = ARENA_ARRAY(plan->arena, Expression *, rows * kept + 1);
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < kept; i++)
            expressions[r * kept + i] = node->values.expressions[r * count + places[i]];
    node->columns = columns;
    node->column_count = kept;
    node->values.expressions = expressions;
    logical_refresh(plan, node);
    return node;
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    physical_create(physical, node, &values_operator, 0, NULL, out);
    ValuesParameters *parameters = out->spec->parameters;
    parameters->row_count = node->values.row_count;
    parameters->expression_count = node->values.row_count * node->column_count;
    parameters->expressions = node->values.expressions;
    return OK;
}

static const LogicalField fields[] = {
    NODE_LIST(ROWS, values.expressions, values.row_count),
    {NODE_END},
};

const LogicalType values_node = {
    .fields = fields,
    .prove = prove,
    .estimate = estimate,
    .narrow = narrow,
    .push = node_keep,
    .build = build,
};
