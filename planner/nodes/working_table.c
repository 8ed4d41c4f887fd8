/* WorkingTable: the rows that a recursion's last round gave, read in its term. */
#include "executor/operators/recursion.h"
#include "planner/nodes/node.h"

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    proofs->is_append_only = true;
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    estimates_of_rows(plan, node, 10, estimates);
}

/* It has the columns that the recursion has. */
static LogicalNode *narrow(Planning *plan, LogicalNode *node, const ColumnSet *wanted) {
    return node;
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    physical_create(physical, node, &working_table_operator, 0, NULL, out);
    ((WorkingTableParameters *)out->spec->parameters)->number = node->working_table.number;
    return OK;
}

const LogicalType working_table_node = {
    .prove = prove,
    .estimate = estimate,
    .narrow = narrow,
    .push = node_keep,
    .build = build,
};
