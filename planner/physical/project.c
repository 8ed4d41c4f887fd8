/* Project: computed columns; the distribution survives where its columns are passed on. */
#include "executor/operators/project.h"

#include "planner/physical/physical.h"

static int passed_as(const void *argument, int column) {
    const LogicalNode *node = argument;
    for (int i = 0; i < node->column_count; i++)
        if (node->project.expressions[i]->kind == EXPRESSION_COLUMN &&
            node->project.expressions[i]->column == column)
            return node->columns[i];
    return -1;
}

/* What is wanted of the projection is wanted of its input, where that has it. */
static void want_of_input(Physical *physical, const LogicalNode *node) {
    int *columns = ARENA_ARRAY(physical->arena, int, physical->wanted_count + 1);
    for (int i = 0; i < physical->wanted_count; i++) {
        columns[i] = -1;
        for (int c = 0; c < node->column_count; c++)
            if (node->columns[c] == physical->wanted[i] &&
                node->project.expressions[c]->kind == EXPRESSION_COLUMN)
                columns[i] = node->project.expressions[c]->column;
        if (columns[i] < 0) {
            physical->wanted_count = 0;
            return;
        }
    }
    physical->wanted = columns;
}

Status physical_project(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    want_of_input(physical, node);
    TRY(physical_build(physical, node->inputs[0], &input));
    return physical_project_over(physical, node, &input, out);
}

Status physical_project_over(
    Physical *physical, LogicalNode *node, const PhysicalNode *input, PhysicalNode *out) {
    physical_create(physical, node, &project_operator, 1, input, out);
    ProjectParameters *parameters = out->spec->parameters;
    parameters->expression_count = node->column_count;
    parameters->expressions = ARENA_ARRAY(physical->arena, Expression *, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++)
        parameters->expressions[i] = physical_expression(physical, node->project.expressions[i], input, 1);
    out->distribution = input->distribution;
    distribution_translate(physical, &out->distribution, passed_as, node);
    return OK;
}
