/* Jobs: the leaves and roots of what runs for an object of the catalog. */
#include "executor/operators/exchange.h"
#include "executor/operators/leaf/stream_source.h"
#include "executor/operators/leaf/table.h"
#include "executor/operators/materialize.h"
#include "executor/operators/operator.h"
#include "executor/operators/project.h"
#include "executor/operators/sink_operator.h"
#include "executor/operators/upsert.h"
#include "planner/planner.h"

/* Roots */

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

/* The root that stores what a source's leaf reads: by the leaf's key, the newest row of each, or else all
   rows. watermark_column: the leaf's, or −1. */
static OperatorSpec *put_store(
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

void plan_add_sink(PlannerContext *context, Plan *plan, uint32_t object_id) {
    bool is_append_only = !plan->root->is_updating;
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

/* Leaves */

/* A leaf of all the relation's columns, hidden ones included. */
static OperatorSpec *create_leaf(Arena *arena, const OperatorType *type, const CatalogRelation *relation) {
    OperatorSpec *spec = spec_create(arena, type, 0);
    int count = relation->column_count;
    spec->output =
        (Schema){count, ARENA_ARRAY(arena, const char *, count + 1), ARENA_ARRAY(arena, Type, count + 1)};
    for (int i = 0; i < count; i++) {
        spec->output.names[i] = relation->columns[i].name;
        spec->output.types[i] = relation->columns[i].type;
    }
    spec->has_watermark = ARENA_ARRAY(arena, bool, count + 1);
    if (relation->watermark_column >= 0)
        spec->has_watermark[relation->watermark_column] = true;
    spec->key_count = -1;
    return spec;
}

OperatorSpec *plan_table(Arena *arena, const CatalogRelation *relation) {
    OperatorSpec *spec = create_leaf(arena, &table_operator, relation);
    ((TableParameters *)spec->parameters)->object_id = (int)relation->id;
    spec->is_updating = !relation->is_append_only;
    spec->key_count = relation->key_count;
    spec->key = (int *)relation->key;
    spec_number(spec);
    return spec;
}

/* What the connector brings of the columns, by their numbers; NULL: nothing. */
static Expression **physical_columns(Arena *arena, const CatalogRelation *relation) {
    Expression **physical = ARENA_ARRAY(arena, Expression *, relation->column_count + 1);
    int next = 0;
    for (int i = 0; i < relation->column_count; i++) {
        const CatalogColumn *column = &relation->columns[i];
        if (!column->is_hidden && column->computed == NULL)
            physical[i] = expression_column(arena, next++, column->type);
    }
    return physical;
}

static Status source_column(PlannerContext *context, const CatalogRelation *relation, int number,
    Expression **physical, Expression **out, Error *error) {
    const CatalogColumn *column = &relation->columns[number];
    *out = physical[number];
    if (column->is_clock) {
        Value none = value_null(column->type); /* its readers make it */
        *out = expression_constant(context->arena, &none);
    } else if (column->computed != NULL) {
        TRY(plan_expression(context, column->computed, relation, column->type, out, error));
        *out = expression_copy(context->arena, *out, physical);
    }
    return OK;
}

Status plan_source(PlannerContext *context, const CatalogRelation *relation, const Schema *physical,
    OperatorSpec **out, Error *error) {
    OperatorSpec *spec = create_leaf(context->arena, &stream_source_operator, relation);
    StreamSourceParameters *parameters = spec->parameters;
    Expression **columns = physical_columns(context->arena, relation);
    parameters->object_id = (int)relation->id;
    parameters->physical = *physical;
    parameters->expressions = ARENA_ARRAY(context->arena, Expression *, relation->column_count + 1);
    for (int i = 0; i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden)
            TRY(source_column(context, relation, i, columns,
                &parameters->expressions[parameters->expression_count++], error));
    parameters->watermark_column = relation->watermark_column;
    if (relation->watermark != NULL)
        TRY(plan_expression(context, relation->watermark, relation,
            relation->columns[relation->watermark_column].type, &parameters->watermark, error));
    if (relation->kind == RELATION_TABLE) {
        spec->key_count = relation->key_count;
        spec->key = (int *)relation->key;
        spec = put_store(context, spec, relation->watermark_column, relation->id);
    }
    spec_number(spec);
    *out = spec;
    return OK;
}
