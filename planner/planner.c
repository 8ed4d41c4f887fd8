/* Planner: syntax → bound logical tree → rules → operators. */
#include "planner/planner.h"

#include "executor/operators/exchange.h"
#include "executor/operators/materialize.h"
#include "executor/operators/operator.h"
#include "executor/operators/project.h"
#include "executor/operators/sink_operator.h"
#include "planner/bind/bind.h"
#include "planner/logical/properties.h"
#include "planner/physical/physical.h"
#include "planner/rules/rules.h"

static LogicalPlan start(PlannerContext *context, PlanMode mode) {
    return (LogicalPlan){.context = context, .arena = context->arena, .mode = mode};
}

/* Lookups, constants and catalog queries end soon. */
static bool is_bounded(const LogicalNode *node) {
    if (node->kind == LOGICAL_SCAN)
        return node->scan.relation->kind == RELATION_SYSTEM || node->scan.key_count > 0;
    if (node->kind == LOGICAL_TABLE_FUNCTION || node->kind == LOGICAL_RECURSION)
        return false;
    for (int i = 0; i < node->input_count; i++)
        if (!is_bounded(node->inputs[i]))
            return false;
    return true;
}

/* Of the columns the one by which whoever reads them may tell late rows, and its arrival watermark; −1: none. */
static int choose_event_time(LogicalPlan *logical, LogicalNode **node, const int *columns, int count, int *arrival) {
    int event_time = logical_properties(logical, *node)->event_time;
    bool is_wanted = false;
    for (int i = 0; i < count; i++)
        is_wanted |= columns[i] == event_time;
    *arrival = logical_carry_arrival(logical, *node);
    for (int i = 0; i < count && !is_wanted && *arrival >= 0; i++) {
        const Properties *properties = logical_properties(logical, *node);
        if (!set_has(&properties->watermarks, columns[i]) || set_has(&properties->clocks, columns[i]))
            continue;
        int found = logical_arrival_of(logical, node, columns[i]);
        if (found < 0)
            continue;
        *arrival = found;
        return columns[i];
    }
    return event_time;
}

/* The wanted columns first; in a continuous plan the arrival watermark behind them, where it can be carried up. */
static LogicalNode *arrange_root(LogicalPlan *logical, LogicalNode *node, const int *columns, int count, int *event_time) {
    int arrival = -1;
    *event_time = logical->mode == PLAN_CONTINUOUS ? choose_event_time(logical, &node, columns, count, &arrival) : -1;
    int *all = ARENA_ARRAY(logical->arena, int, count + 1);
    for (int i = 0; i < count; i++) {
        all[i] = columns[i];
        if (columns[i] == arrival)
            arrival = -1;
    }
    if (arrival >= 0)
        all[count] = arrival;
    return logical_pick(logical, node, all, count + (arrival >= 0));
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
            return error_set(error, STATUS_INDETERMINATE_DATATYPE, "could not determine data type of parameter $%d", i + 1);
    return OK;
}

static Status make_plan(LogicalPlan *logical, BoundRoot *root, Plan *plan, Error *error) {
    TRY(check_parameters(logical->context, error));
    ColumnOrigin *origins = ARENA_ARRAY(logical->arena, ColumnOrigin, root->count + 1);
    for (int i = 0; i < root->count; i++)
        origins[i] = logical->columns[root->columns[i]].origin;
    TRY(rules_apply(logical, root, error));
    int event_time;
    LogicalNode *node = arrange_root(logical, root->node, root->columns, root->count, &event_time);
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
    for (int i = 0; i < plan->root->output.count; i++)
        if (plan->root->output.types[i].id == TYPE_RECORD)
            plan->root->output.types[i].modifier = -1; /* means something to the binder only */
    ColumnTraits *traits = ARENA_ARRAY(logical->arena, ColumnTraits, node->column_count + 1);
    const Properties *properties = logical_properties(logical, node);
    for (int i = 0; i < node->column_count; i++)
        traits[i] = (ColumnTraits){
            .is_clock = set_has(&properties->clocks, node->columns[i]),
            .is_window_bound = set_has(&properties->window_bounds, node->columns[i]) && set_has(&properties->watermarks, node->columns[i]),
            .is_event_time = event_time == node->columns[i],
        };
    plan->traits = traits;
    plan->is_distributed_by_key = is_distributed_by_key(&physical);
    spec_number(plan->root);
    return OK;
}

Status plan_query(PlannerContext *context, const SyntaxSelect *query, PlanMode mode, Plan *plan, Error *error) {
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
    parameters->mode = count == 0 ? EXCHANGE_SINGLE : EXCHANGE_HASH;
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
    /* A sink that is told of changes cancels what cancels out, and upserts by key: all changes of a row meet on one worker. */
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

Status plan_expression(
    PlannerContext *context, const char *text, const CatalogRelation *relation, Type target, Expression **expression, Error *error) {
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
