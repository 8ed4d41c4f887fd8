/* Project: computed columns; the distribution survives where its columns are passed on. */
#include "executor/operators/project.h"

#include "planner/physical/physical.h"

static int passed_as(const LogicalNode *node, int column) {
    for (int i = 0; i < node->column_count; i++)
        if (node->project.expressions[i]->kind == EXPRESSION_COLUMN && node->project.expressions[i]->column == column)
            return node->columns[i];
    return -1;
}

static void keep_distribution(Physical *physical, const LogicalNode *node, PhysicalNode *out) {
    Distribution *distribution = &out->distribution;
    if (distribution->kind != DISTRIBUTION_HASH)
        return;
    int *columns = ARENA_ARRAY(physical->arena, int, distribution->count + 1);
    for (int i = 0; i < distribution->count; i++)
        if ((columns[i] = passed_as(node, distribution->columns[i])) < 0) {
            *distribution = (Distribution){0};
            return;
        }
    distribution->columns = columns;
}

Status physical_project(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    return physical_project_over(physical, node, &input, out);
}

Status physical_project_over(Physical *physical, LogicalNode *node, const PhysicalNode *input, PhysicalNode *out) {
    TRY(physical_create(physical, node, "Project", 1, input, out));
    ProjectParameters *parameters = out->spec->parameters;
    parameters->expression_count = node->column_count;
    parameters->expressions = ARENA_ARRAY(physical->arena, Expression *, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++)
        parameters->expressions[i] = physical_expression(physical, node->project.expressions[i], input, 1);
    keep_distribution(physical, node, out);
    return OK;
}
