/* Filter pushdown: each conjunct is evaluated as low as its columns are known and its meaning stays.

   A conjunct that is never true for the padded side makes an outer join an inner one:
       SELECT … FROM t LEFT JOIN u ON … WHERE u.d > 3   →   t JOIN u
   Not through: the padded side of an outer join, an aggregate's results, a TopN or OVER but for its partition
   columns, a LIMIT, volatile expressions. */
#include "planner/nodes/node.h"
#include "planner/rules/rules.h"

static Status apply(RuleContext *context, LogicalNode **root) {
    *root = logical_push(context->plan, *root, (Conjuncts){0});
    return OK;
}

const Rule push_filters_rule = {apply};
