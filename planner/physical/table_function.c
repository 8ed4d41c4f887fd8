/* TableFunction: set-returning functions, lateral over their input. */
#include "executor/operators/leaf/table_function.h"

#include "planner/physical/physical.h"

/* A continuous query gives a function without an input one row without columns. */
static LogicalNode *one_row(Physical *physical) {
    LogicalNode *row = logical_create(physical->plan, LOGICAL_VALUES, 0, NULL);
    row->values.row_count = 1;
    return row;
}

Status physical_table_function(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input = {0};
    LogicalNode *below = node->input_count > 0                     ? node->inputs[0]
                         : physical->plan->mode == PLAN_CONTINUOUS ? one_row(physical)
                                                                   : NULL;
    int count = below == NULL ? 0 : 1;
    if (below != NULL)
        TRY(physical_build(physical, below, &input));
    physical_create(physical, node, &table_function_operator, count, &input, out);
    TableFunctionParameters *parameters = out->spec->parameters;
    parameters->function = node->table_function.function;
    parameters->argument_count = node->table_function.argument_count;
    parameters->arguments =
        ARENA_ARRAY(physical->arena, Expression *, node->table_function.argument_count + 1);
    for (int i = 0; i < node->table_function.argument_count; i++)
        parameters->arguments[i] =
            physical_expression(physical, node->table_function.arguments[i], &input, count);
    parameters->with_ordinality = node->table_function.with_ordinality;
    parameters->is_outer = node->table_function.is_outer;
    int first = node->column_count - node->own_count,
        own = node->own_count - (node->table_function.with_ordinality ? 1 : 0);
    parameters->columns = (Schema){own, out->spec->output.names + first, out->spec->output.types + first};
    return OK;
}
