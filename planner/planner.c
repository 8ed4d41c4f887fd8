/* Planner: syntax → bound logical tree → rules → operators. */
#include "planner/planner.h"

#include "executor/operators/exchange.h"
#include "executor/operators/materialize.h"
#include "executor/operators/operator.h"
#include "executor/operators/project.h"
#include "executor/operators/sink_operator.h"
#include "executor/operators/upsert.h"
#include "planner/bind/bind.h"
#include "planner/logical/properties.h"
#include "planner/physical/physical.h"
#include "planner/rules/rules.h"

static LogicalPlan start(PlannerContext *context, PlanMode mode) {
    return (LogicalPlan){.context = context, .arena = context->arena, .mode = mode};
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
    if (node->kind == LOGICAL_SCAN)
        return node->scan.relation->kind == RELATION_SYSTEM || node->scan.key_count > 0;
    if (node->kind == LOGICAL_TABLE_FUNCTION || node->kind == LOGICAL_RECURSION)
        return false;
    for (int i = 0; i < node->input_count; i++)
        if (!is_bounded(node->inputs[i]))
            return false;
    return true;
}

/* The wanted columns first; in a continuous plan behind them the arrival watermarks by which whoever reads
   the rows may tell late ones: of column i arrivals[i], or −1. */
static LogicalNode *arrange_root(
    LogicalPlan *logical, LogicalNode *node, const int *columns, int count, int *arrivals) {
    int *all = ARENA_ARRAY(logical->arena, int, 2 * count + 1), total = count;
    for (int i = 0; i < count; i++) {
        all[i] = columns[i];
        arrivals[i] =
            logical->mode == PLAN_CONTINUOUS ? logical_carry_arrival(logical, node, columns[i]) : -1;
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
    LogicalPlan *logical, LogicalNode *node, const int *arrivals, int visible_count) {
    ColumnTraits *traits = ARENA_ARRAY(logical->arena, ColumnTraits, node->column_count + 1);
    const Properties *properties = logical_properties(logical, node);
    for (int i = 0; i < node->column_count; i++) {
        traits[i] = (ColumnTraits){
            .is_clock = set_has(&properties->clocks, node->columns[i]),
            .is_window_bound = set_has(&properties->window_bounds, node->columns[i]),
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

static Status make_plan(LogicalPlan *logical, BoundRoot *root, Plan *plan, Error *error) {
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
    LogicalPlan logical = start(context, mode);
    BoundRoot root;
    TRY(bind_root(&logical, query, &root, error));
    TRY(rules_close_windows(&logical, query->emit, &root, error));
    return make_plan(&logical, &root, plan, error);
}

Status plan_relation(PlannerContext *context, const CatalogRelation *relation, Plan *plan, Error *error) {
    LogicalPlan logical = start(context, PLAN_CONTINUOUS);
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

/* The root of a job over the plan's root: its parameters are the caller's to fill. */
static OperatorSpec *put_root(PlannerContext *context, Plan *plan, const OperatorType *type) {
    OperatorSpec *spec = spec_create(context->arena, type, 1), *input = plan->root;
    spec->inputs[0] = input;
    spec->output = input->output;
    spec->is_updating = input->is_updating;
    spec->has_watermark = input->has_watermark;
    spec->key_count = input->key_count;
    spec->key = input->key;
    spec->row_estimate = input->row_estimate;
    spec->cost_estimate = input->cost_estimate;
    plan->root = spec;
    return spec;
}

/* By the columns of the key, or by all: where a relation looks for its rows after a restart. */
static void put_exchange(PlannerContext *context, Plan *plan) {
    const OperatorSpec *input = plan->root;
    bool has_key = input->key_count > 0;
    int count = has_key ? input->key_count : input->output.count;
    int *keys = ARENA_ARRAY(context->arena, int, count + 1);
    for (int i = 0; i < count; i++)
        keys[i] = has_key ? input->key[i] : i;
    ExchangeParameters *parameters = put_root(context, plan, &exchange_operator)->parameters;
    parameters->mode = EXCHANGE_HASH;
    parameters->key_count = count;
    parameters->keys = keys;
}

void plan_add_materialize(PlannerContext *context, Plan *plan, uint32_t object_id) {
    if (!plan->is_distributed_by_key)
        put_exchange(context, plan);
    MaterializeParameters *parameters = put_root(context, plan, &materialize_operator)->parameters;
    parameters->object_id = (int)object_id;
    spec_number(plan->root);
}

/* Changes by key of which late ones are left out: that needs the rows by key before the relation has them. */
static void put_upsert(PlannerContext *context, Plan *plan, int time_column) {
    put_exchange(context, plan);
    UpsertParameters *parameters = put_root(context, plan, &upsert_operator)->parameters;
    parameters->key_count = plan->root->key_count;
    parameters->keys = plan->root->key;
    parameters->tells_late = true;
    parameters->time_column = time_column;
    parameters->arrival_column = plan->root->output.count - 1;
    plan->root->is_updating = plan->is_distributed_by_key = true;
}

OperatorSpec *plan_store(
    PlannerContext *context, OperatorSpec *leaf, int watermark_column, uint32_t object_id) {
    Plan plan = {.root = leaf};
    bool has_changes = leaf->key_count > 0, tells_late = has_changes && watermark_column >= 0;
    if (tells_late)
        put_upsert(context, &plan, watermark_column);
    plan_add_materialize(context, &plan, object_id);
    plan.root->is_updating = has_changes;
    ((MaterializeParameters *)plan.root->parameters)->is_upsert = has_changes && !tells_late;
    return plan.root;
}

/* A sink gets what the user asked for, without hidden columns. */
static void put_visible(PlannerContext *context, Plan *plan) {
    OperatorSpec *input = plan->root;
    int count = plan->visible_count;
    if (input->output.count == count)
        return;
    OperatorSpec *spec = put_root(context, plan, &project_operator);
    ProjectParameters *parameters = spec->parameters;
    parameters->expression_count = spec->output.count = count;
    parameters->expressions = ARENA_ARRAY(context->arena, Expression *, count + 1);
    for (int i = 0; i < count; i++)
        parameters->expressions[i] = expression_column(context->arena, i, input->output.types[i]);
    for (int i = 0; i < input->key_count; i++)
        if (input->key[i] >= count)
            spec->key_count = -1;
}

void plan_add_sink(PlannerContext *context, Plan *plan, uint32_t object_id, bool is_append_only) {
    put_visible(context, plan);
    /* A sink that is told of changes cancels what cancels out, and upserts by key: all changes of a row meet
       on one worker. */
    if (!is_append_only && !plan->is_distributed_by_key)
        put_exchange(context, plan);
    SinkOperatorParameters *parameters = put_root(context, plan, &sink_operator_operator)->parameters;
    parameters->object_id = (int)object_id;
    parameters->is_append_only = is_append_only;
    spec_number(plan->root);
}

Status plan_dml(PlannerContext *context, const SyntaxStatement *statement, DmlPlan *dml, Error *error) {
    LogicalPlan logical = start(context, PLAN_ONE_SHOT);
    BoundRoot root;
    *dml = (DmlPlan){0};
    TRY(bind_dml(&logical, statement, dml, &root, error));
    return make_plan(&logical, &root, &dml->plan, error);
}

Status plan_expression(PlannerContext *context, const char *text, const CatalogRelation *relation,
    Type target, Expression **expression, Error *error) {
    LogicalPlan logical = start(context, PLAN_ONE_SHOT);
    return bind_relation_expression(&logical, text, relation, target, expression, error);
}

Status plan_function(PlannerContext *context, const CatalogRelation *function, Error *error) {
    LogicalPlan logical = start(context, PLAN_ONE_SHOT);
    return bind_function_body(&logical, function, error);
}

Status plan_type(PlannerContext *context, const SyntaxType *name, Type *type, Error *error) {
    LogicalPlan logical = start(context, PLAN_ONE_SHOT);
    return bind_type_name(&logical, name, type, error);
}
