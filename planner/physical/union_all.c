/* UnionAll, INTERSECT and EXCEPT: inputs are brought into the output's column order first. */
#include "executor/operators/project.h"
#include "executor/operators/set_operation.h"
#include "planner/physical/physical.h"

static Status build_input(Physical *physical, LogicalNode *node, int index, PhysicalNode *out) {
    LogicalNode *picked =
        logical_pick(physical->plan, node->inputs[index], node->set.input_columns[index], node->column_count);
    return physical_build(physical, picked, out);
}

Status physical_union_all(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode *inputs = ARENA_ARRAY(physical->arena, PhysicalNode, node->input_count);
    for (int i = 0; i < node->input_count; i++)
        TRY(build_input(physical, node, i, &inputs[i]));
    physical_create(physical, node, &union_all_operator, node->input_count, inputs, out);
    out->distribution = (Distribution){0};
    return OK;
}

Status physical_set_operation(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode inputs[2];
    for (int i = 0; i < 2; i++) {
        TRY(build_input(physical, node, i, &inputs[i]));
        if (node->column_count == 0)
            TRY(physical_single(physical, &inputs[i]));
        else
            TRY(physical_hash(physical, &inputs[i], inputs[i].columns, inputs[i].column_count));
    }
    physical_create(physical, node, &set_operation_operator, 2, inputs, out);
    SetOperationParameters *parameters = out->spec->parameters;
    parameters->kind = node->set.kind;
    parameters->is_all = node->set.is_all;
    if (out->distribution.kind == DISTRIBUTION_HASH)
        out->distribution =
            (Distribution){.kind = DISTRIBUTION_HASH, .count = node->column_count, .columns = node->columns};
    physical_add_cost(out, 15);
    if (logical_properties(physical->plan, node)->is_stream)
        physical_note_unbounded(physical, "SetOperation", NULL);
    return OK;
}
