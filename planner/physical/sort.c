/* Sort, and Limit when there is no order. */
#include "executor/operators/sort/sort.h"

#include "planner/physical/physical.h"

Status physical_sort(Physical *physical, LogicalNode *node, PhysicalNode *out) {
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
