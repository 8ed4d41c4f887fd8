/* Physical planning: the walk, and what all node kinds share. */
#include "planner/physical/physical.h"

#include "planner/cost/cardinality.h"
#include "planner/nodes/node.h"

Status physical_build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    if (!node->type->passes_wanted)
        physical->wanted_count = 0;
    return node->type->build(physical, node, out);
}

Status physical_plan(Planning *plan, LogicalNode *root, PhysicalNode *out, Error *error) {
    Physical physical = {.plan = plan, .arena = plan->arena, .error = error};
    logical_forget(root);
    TRY(physical_build(&physical, root, out));
    return physical.missing == 0
               ? OK
               : error_set(error, STATUS_INTERNAL_ERROR,
                     "column %d is not among the columns of its operator's input", physical.missing - 1);
}

static void describe_output(Physical *physical, OperatorSpec *spec, const int *columns, int count) {
    spec->output.count = count;
    spec->output.names = ARENA_ARRAY(physical->arena, const char *, count + 1);
    spec->output.types = ARENA_ARRAY(physical->arena, Type, count + 1);
    for (int i = 0; i < count; i++) {
        const PlanColumn *column = &physical->plan->columns[columns[i]];
        spec->output.names[i] = column->name == NULL ? "?column?" : column->name;
        spec->output.types[i] = column->type;
    }
}

/* The shortest key, as positions. */
static void describe_key(Physical *physical, PhysicalNode *node, const Proofs *proofs) {
    const Key *best = NULL;
    for (int i = 0; i < proofs->key_count; i++) {
        bool is_visible = true;
        for (int c = 0; c < proofs->keys[i].count; c++)
            is_visible &= physical_position(node, proofs->keys[i].columns[c]) >= 0;
        if (is_visible && (best == NULL || proofs->keys[i].count < best->count))
            best = &proofs->keys[i];
    }
    node->spec->key_count = best == NULL ? -1 : best->count;
    node->spec->key = best == NULL ? NULL : physical_positions(physical, node, best->columns, best->count);
}

void physical_create(Physical *physical, LogicalNode *node, const OperatorType *type, int input_count,
    const PhysicalNode *inputs, PhysicalNode *out) {
    const Proofs *proofs = logical_proofs(physical->plan, node);
    OperatorSpec *spec = spec_create(physical->arena, type, input_count);
    *out = (PhysicalNode){.spec = spec, .column_count = node->column_count, .columns = node->columns};
    for (int i = 0; i < input_count; i++) {
        spec->inputs[i] = inputs[i].spec;
        spec->cost_estimate += inputs[i].spec->cost_estimate;
    }
    if (input_count > 0) {
        out->distribution = inputs[0].distribution;
        distribution_restrict(physical, out);
    }
    describe_output(physical, spec, node->columns, node->column_count);
    spec->is_updating = !proofs->is_append_only;
    spec->has_watermark = ARENA_ARRAY(physical->arena, bool, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++)
        spec->has_watermark[i] = set_has(&proofs->watermarks, node->columns[i]);
    spec->row_estimate = logical_rows(physical->plan, node);
    for (int i = 0; i < node->column_count; i++)
        spec->width_estimate += cardinality_width(physical->plan, node, node->columns[i]);
    describe_key(physical, out, proofs);
    physical_add_cost(out, 1);
}

void physical_wrap(
    Physical *physical, const PhysicalNode *input, const OperatorType *type, PhysicalNode *out) {
    OperatorSpec *spec = spec_create(physical->arena, type, 1);
    spec->inputs[0] = input->spec;
    spec->output = input->spec->output;
    spec->is_updating = input->spec->is_updating;
    spec->has_watermark = input->spec->has_watermark;
    spec->key_count = input->spec->key_count;
    spec->key = input->spec->key;
    spec->row_estimate = input->spec->row_estimate;
    spec->cost_estimate = input->spec->cost_estimate;
    spec->width_estimate = input->spec->width_estimate;
    *out = *input;
    out->spec = spec;
    physical_add_cost(out, 2);
}

int physical_position(const PhysicalNode *node, int column) {
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] == column)
            return i;
    return -1;
}

int *physical_positions(Physical *physical, const PhysicalNode *node, const int *columns, int count) {
    int *positions = ARENA_ARRAY(physical->arena, int, count + 1);
    for (int i = 0; i < count; i++)
        positions[i] = physical_position(node, columns[i]);
    return positions;
}

SortKey *physical_sort_keys(Physical *physical, const PhysicalNode *node, const SortKey *keys, int count) {
    SortKey *positions = ARENA_ARRAY(physical->arena, SortKey, count + 1);
    for (int i = 0; i < count; i++) {
        positions[i] = keys[i];
        positions[i].column = physical_position(node, keys[i].column);
    }
    return positions;
}

typedef struct Placing {
    Physical *physical;
    const PhysicalNode *inputs;
    int input_count;
} Placing;

static Expression *place_column(const Expression *node, void *argument) {
    const Placing *placing = argument;
    if (node->kind != EXPRESSION_COLUMN)
        return NULL;
    int base = 0;
    for (int i = 0; i < placing->input_count; i++) {
        int position = physical_position(&placing->inputs[i], node->column);
        if (position >= 0) {
            Expression *column = expression_column(placing->physical->arena, base + position, node->type);
            column->position = node->position;
            return column;
        }
        base += placing->inputs[i].column_count;
    }
    placing->physical->missing = node->column + 1;
    return expression_column(placing->physical->arena, -1, node->type);
}

Expression *physical_expression(
    Physical *physical, const Expression *expression, const PhysicalNode *inputs, int input_count) {
    Placing placing = {physical, inputs, input_count};
    return expression == NULL ? NULL
                              : expression_rewrite(physical->arena, expression, place_column, &placing);
}

void physical_add_cost(PhysicalNode *node, double weight) {
    double rows = 0;
    for (int i = 0; i < node->spec->input_count; i++)
        rows += node->spec->inputs[i]->row_estimate;
    if (node->spec->input_count == 0)
        rows = node->spec->row_estimate;
    node->spec->cost_estimate += cost_of_rows(rows, weight);
}

CostRows physical_size(const PhysicalNode *node) {
    return (CostRows){node->spec->row_estimate, node->spec->width_estimate};
}

void physical_note_unbounded(Physical *physical, const char *operator_name, const char *hint) {
    const PlannerContext *context = physical->plan->context;
    if (physical->plan->mode != PLAN_CONTINUOUS || context->notice == NULL)
        return;
    const char *message =
        arena_printf(physical->arena, "state of %s grows without bound as rows arrive", operator_name);
    context->notice(context->notice_argument, OK, message, hint);
}
