/* TableFunction: set-returning functions, lateral over their input. Output: the input's columns, if it has an
   input, then the function's. */
#include "executor/operators/leaf/table_function.h"
#include "planner/cost/cardinality.h"
#include "planner/nodes/node.h"

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    *proofs = (Proofs){.is_append_only = true};
    if (node->input_count > 0)
        proofs_pass_on(plan, proofs, logical_proofs_as(plan, mode, node->inputs[0]));
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    double rows = node->input_count > 0 ? logical_rows(plan, node->inputs[0]) : 1;
    rows *= cardinality_of_function(
        node->table_function.function, node->table_function.arguments, node->table_function.argument_count);
    estimates_of_rows(plan, node, rows, estimates);
}

/* A continuous query gives a function without an input one row without columns. */
static LogicalNode *one_row(Physical *physical) {
    LogicalNode *row = logical_create(physical->plan, &values_node, 0, NULL);
    row->values.row_count = 1;
    return row;
}

static Status build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
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

static const LogicalField fields[] = {
    NODE_LIST(EXPRESSIONS, table_function.arguments, table_function.argument_count),
    {NODE_END},
};

const LogicalType table_function_node = {
    .fields = fields,
    .output = node_output_through,
    .prove = prove,
    .estimate = estimate,
    .narrow = node_narrow_through,
    .push = node_push_through,
    .carry_arrival = node_carry_through,
    .build = build,
};
