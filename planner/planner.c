/* Planner: syntax → bound logical tree → rules → operators. */
#include "planner/planner.h"

#include "planner/bind/bind.h"
#include "planner/bind/definition.h"
#include "planner/logical/proofs.h"
#include "planner/physical/physical.h"
#include "planner/passes/passes.h"

static Planning start(PlannerContext *context, PlanMode mode) {
    return (Planning){.context = context, .arena = context->arena, .mode = mode};
}

static void find_waiting(Expression **expression, void *argument) {
    *(bool *)argument |= (expression_flags(*expression) & FUNCTION_WAITS) != 0;
}

/* Lookups, constants and catalog queries end soon. */
static bool is_bounded(LogicalNode *node) {
    bool is_waiting = false;
    logical_visit(node, &(LogicalVisitor){.expression = find_waiting, .argument = &is_waiting});
    if (is_waiting)
        return false;
    if (node->type == &scan_node)
        return node->scan.relation->kind == RELATION_SYSTEM || node->scan.key_count > 0;
    if (node->type == &table_function_node || node->type == &recursion_node)
        return false;
    for (int i = 0; i < node->input_count; i++)
        if (!is_bounded(node->inputs[i]))
            return false;
    return true;
}

/* The wanted columns first; in a continuous plan behind them the arrival watermarks by which whoever reads
   the rows may tell late ones: of column i arrivals[i], or −1. */
static LogicalNode *arrange_root(
    Planning *logical, LogicalNode *node, const int *columns, int count, int *arrivals) {
    int *all = ARENA_ARRAY(logical->arena, int, 2 * count + 1), total = count;
    for (int i = 0; i < count; i++) {
        all[i] = columns[i];
        arrivals[i] = logical->mode == PLAN_CONTINUOUS
                          ? logical_carry_arrival(logical, logical->mode, node, columns[i])
                          : -1;
        bool is_new = arrivals[i] >= 0;
        for (int before = 0; before < i; before++)
            is_new &= arrivals[before] != arrivals[i];
        if (is_new)
            all[total++] = arrivals[i];
    }
    return logical_pick(logical, node, all, total);
}

/* What is told of a root's columns, the visible ones' arrival watermarks by their places behind them. */
static ColumnTraits *make_traits(
    Planning *logical, LogicalNode *node, const int *arrivals, int visible_count) {
    ColumnTraits *traits = ARENA_ARRAY(logical->arena, ColumnTraits, node->column_count + 1);
    const Proofs *proofs = logical_proofs(logical, node);
    for (int i = 0; i < node->column_count; i++) {
        traits[i] = (ColumnTraits){
            .is_clock = set_has(&proofs->clocks, node->columns[i]),
            .is_window_bound = set_has(&proofs->window_bounds, node->columns[i]),
        };
        for (int place = visible_count; i < visible_count && arrivals[i] >= 0 && place < node->column_count;
             place++)
            if (node->columns[place] == arrivals[i])
                traits[i].arrival = place;
    }
    return traits;
}

/* Whether rows are where a view's relation wants them: on the owner of their key. */
static bool is_distributed_by_key(const PhysicalNode *node) {
    const OperatorSpec *spec = node->spec;
    int columns[64];
    if (spec->key_count <= 0 || spec->key_count > 64 || node->distribution.kind != DISTRIBUTION_HASH)
        return false;
    for (int i = 0; i < spec->key_count; i++)
        columns[i] = node->columns[spec->key[i]];
    return distribution_is_hash(&node->distribution, columns, spec->key_count);
}

/* Every parameter up to the highest has found its type by now. */
static Status check_parameters(const PlannerContext *context, Error *error) {
    for (int i = 0; i < context->parameter_count; i++)
        if (context->parameter_types[i].id == TYPE_UNKNOWN)
            return error_set(error, STATUS_INDETERMINATE_DATATYPE,
                "could not determine data type of parameter $%d", i + 1);
    return OK;
}

static Status make_plan(Planning *logical, BoundRoot *root, Plan *plan, Error *error) {
    TRY(check_parameters(logical->context, error));
    ColumnOrigin *origins = ARENA_ARRAY(logical->arena, ColumnOrigin, root->count + 1);
    for (int i = 0; i < root->count; i++)
        origins[i] = logical->columns[root->columns[i]].origin;
    TRY(rules_apply(logical, root, error));
    int *arrivals = ARENA_ARRAY(logical->arena, int, root->count + 1);
    LogicalNode *node = arrange_root(logical, root->node, root->columns, root->count, arrivals);
    PhysicalNode physical;
    TRY(physical_plan(logical, node, &physical, error));
    *plan = (Plan){.root = physical.spec,
        .visible_count = root->count,
        .depends = logical->depends,
        .depend_count = logical->depend_count,
        .origins = origins,
        .is_read_bounded = logical->mode == PLAN_ONE_SHOT && is_bounded(node)};
    for (int i = 0; i < root->count; i++)
        plan->root->output.names[i] = root->names[i];
    plan->traits = make_traits(logical, node, arrivals, root->count);
    plan->is_distributed_by_key = is_distributed_by_key(&physical);
    plan->parts = logical->parts;
    plan->part_count = logical->part_count;
    spec_number(plan->root);
    for (int i = 0; i < logical->other_count; i++)
        TRY(make_plan(logical->others[i].plan, logical->others[i].root, logical->others[i].out, error));
    return OK;
}

Status plan_query(
    PlannerContext *context, const SyntaxSelect *query, PlanMode mode, Plan *plan, Error *error) {
    Planning logical = start(context, mode);
    BoundRoot root;
    TRY(bind_root(&logical, query, &root, error));
    TRY(pass_close_windows(&logical, query->emit, &root, error));
    return make_plan(&logical, &root, plan, error);
}

Status plan_relation(PlannerContext *context, const CatalogRelation *relation, Plan *plan, Error *error) {
    Planning logical = start(context, PLAN_CONTINUOUS);
    BoundRoot root = {.node = bind_scan(&logical, relation, error)};
    if (root.node == NULL)
        return error->status;
    root.columns = ARENA_ARRAY(context->arena, int, relation->column_count + 1);
    root.names = ARENA_ARRAY(context->arena, const char *, relation->column_count + 1);
    for (int i = 0; i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden) {
            root.names[root.count] = relation->columns[i].name;
            root.columns[root.count++] = root.node->columns[i];
        }
    return make_plan(&logical, &root, plan, error);
}

Status plan_dml(PlannerContext *context, const SyntaxStatement *statement, DmlPlan *dml, Error *error) {
    Planning logical = start(context, PLAN_ONE_SHOT);
    BoundRoot root;
    *dml = (DmlPlan){0};
    TRY(bind_dml(&logical, statement, dml, &root, error));
    return make_plan(&logical, &root, &dml->plan, error);
}

Status plan_expression(PlannerContext *context, const CatalogDefinition *definition,
    const CatalogRelation *relation, Type target, Expression **expression, Error *error) {
    Planning logical = start(context, PLAN_ONE_SHOT);
    return bind_relation_expression(&logical, definition, relation, target, expression, error);
}

Status plan_definition(PlannerContext *context, const CatalogDefinition **definition,
    const CatalogRelation *relation, Type target, Expression **expression, Error *error) {
    DefinitionNotes notes = {0};
    if ((*definition)->reference_count > 0)
        return plan_expression(context, *definition, relation, target, expression, error);
    Planning logical = start(context, PLAN_ONE_SHOT);
    context->notes = &notes;
    Status status = bind_new_expression(&logical, *definition, relation, target, expression, error);
    context->notes = NULL;
    return status == OK ? definition_finish(&notes, (*definition)->text, context->arena, definition, error)
                        : status;
}

Status plan_function(PlannerContext *context, const CatalogRelation *function, Error *error) {
    Planning logical = start(context, PLAN_ONE_SHOT);
    return bind_function_body(&logical, function, error);
}

Status plan_type(PlannerContext *context, const SyntaxType *name, Type *type, Error *error) {
    Planning logical = start(context, PLAN_ONE_SHOT);
    return bind_type_name(&logical, name, type, error);
}
