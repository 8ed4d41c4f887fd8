/* Pruning: columns that nobody reads are not computed, not carried and not kept in state; projections upon
   projections become one. */
#include "planner/nodes/node.h"
#include "planner/rules/rules.h"

static Status apply(RuleContext *context, LogicalNode **root) {
    *root = logical_narrow(context->plan, *root, &context->wanted);
    return OK;
}

const Rule prune_rule = {apply};
