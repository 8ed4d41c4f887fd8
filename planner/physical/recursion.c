/* Recursion: the recursive term is a plan of its own beside the graph. */
#include "executor/operators/recursion.h"

#include "planner/physical/physical.h"

static Status build_side(Physical *physical, LogicalNode *node, int side, PhysicalNode *out) {
    return physical_build(physical,
        logical_pick(physical->plan, node->inputs[side], node->set.input_columns[side], node->column_count),
        out);
}

Status physical_recursion(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode start, term;
    TRY(build_side(physical, node, 0, &start));
    TRY(build_side(physical, node, 1, &term));
    physical_create(physical, node, &recursion_operator, 1, &start, out);
    spec_number(term.spec);
    RecursionParameters *parameters = out->spec->parameters;
    parameters->number = node->set.kind;
    parameters->is_distinct = !node->set.is_all;
    parameters->term = term.spec;
    out->distribution = (Distribution){0};
    return OK;
}

Status physical_working_table(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    physical_create(physical, node, &working_table_operator, 0, NULL, out);
    ((WorkingTableParameters *)out->spec->parameters)->number = node->working_table.number;
    return OK;
}
