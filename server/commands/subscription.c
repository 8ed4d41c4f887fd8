/* SUBSCRIBE and SELECT … EMIT CHANGES: a relation's content at one epoch, then the changes of each epoch
   after it.

   A subscription's position is an epoch that it holds, not a queue: a slow reader costs the row versions of
   what changed since, nothing else, and beyond subscription_retention the hold is taken away. It moves on
   when all changes up to the next were given. Columns: epoch, diff, [progress], then the relation's. A query
   becomes a transient view of its own, gone with the statement. */
#include "server/commands/subscription.h"

#include <pthread.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/commands/ddl.h"

/* Epochs behind the newest from which a reader takes the sum of many at once. */
enum { EPOCHS_BEHIND_MAX = 64 };

typedef struct SubscriptionPlan {
    const CatalogRelation *relation; /* NULL: a query */
    const SyntaxSelect *query;
    bool has_snapshot, has_progress;
    int visible_count;
} SubscriptionPlan;

typedef struct Subscription {
    Execution base;
    Analysis *analysis;
    Session *session;
    const SubscriptionPlan *plan;
    Relation *relation;
    int *columns;
    EpochHold *hold;         /* where the changes begin that are being given, or come next */
    const Published *target; /* pinned: where those end that are being given; NULL: none are */
    uint64_t epoch;          /* the same */
    RelationScan *scan;
    EpochListener *listener;
    bool is_progress_due;
    /* Of a query: its transient view. */
    const Value *parameters;
    uint32_t transient_id;
    Await *await;
} Subscription;

static Status read_options(
    SubscriptionPlan *plan, const Analysis *analysis, const SyntaxOptions *options, Error *error) {
    plan->has_snapshot = true;
    for (int i = 0; options != NULL && i < options->count; i++) {
        const SyntaxOption *option = &options->items[i];
        bool value = option->value == NULL ||
                     (strcasecmp(option->value, "false") != 0 && strcasecmp(option->value, "off") != 0 &&
                         strcmp(option->value, "0") != 0);
        if (strcasecmp(option->name, "snapshot") == 0)
            plan->has_snapshot = value;
        else if (strcasecmp(option->name, "progress") == 0)
            plan->has_progress = value;
        else {
            error_set(error, STATUS_SYNTAX_ERROR, "unrecognized SUBSCRIBE option \"%s\"", option->name);
            error_hint(error, "Options are SNAPSHOT and PROGRESS.");
            return analysis_error_at(analysis, option->position, error);
        }
    }
    return OK;
}

static void set_columns(
    Analysis *analysis, const SubscriptionPlan *plan, const char *const *names, const Type *types) {
    int extra = plan->has_progress ? 3 : 2;
    const char *all_names[plan->visible_count + 3];
    Type all_types[plan->visible_count + 3];
    all_names[0] = "epoch";
    all_names[1] = "diff";
    all_names[2] = "progress";
    all_types[0] = all_types[1] = type_of(TYPE_INT8);
    all_types[2] = type_of(TYPE_BOOL);
    for (int i = 0; i < plan->visible_count; i++) {
        all_names[extra + i] = names[i];
        all_types[extra + i] = types[i];
    }
    Schema schema = {extra + plan->visible_count, all_names, all_types};
    analysis_set_columns(analysis, &schema, NULL, schema.count);
    analysis->prepared.is_endless = true;
}

static Status prepare_relation(
    Analysis *analysis, SubscriptionPlan *plan, const SyntaxName *name, Error *error) {
    const char *schema = name->part_count > 1 ? name->parts[name->part_count - 2] : NULL;
    const CatalogRelation *relation = analysis->view.catalog.relation_by_name(
        &analysis->view.catalog, schema, name->parts[name->part_count - 1], analysis->arena);
    if (relation == NULL) {
        error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist",
            name->parts[name->part_count - 1]);
        return analysis_error_at(analysis, name->position, error);
    }
    if (relation->kind != RELATION_TABLE && relation->kind != RELATION_MATERIALIZED_VIEW) {
        error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "cannot subscribe to %s \"%s\"",
            relation_kind_name(relation->kind), relation->name);
        error_hint(error, "Subscribe to a query over it: SUBSCRIBE TO (SELECT … FROM %s).", relation->name);
        return analysis_error_at(analysis, name->position, error);
    }
    TRY(analysis->view.catalog.check_access(&analysis->view.catalog, relation, PRIVILEGE_SELECT, error));
    const char *names[relation->column_count + 1];
    Type types[relation->column_count + 1];
    for (int i = 0; i < relation->column_count; i++)
        if (!relation->columns[i].is_hidden) {
            names[plan->visible_count] = relation->columns[i].name;
            types[plan->visible_count++] = relation->columns[i].type;
        }
    plan->relation = relation;
    set_columns(analysis, plan, names, types);
    return OK;
}

static Status prepare_query(Analysis *analysis, SubscriptionPlan *plan, Error *error) {
    PlannerContext planner;
    Plan query;
    analysis_context(analysis, analysis->session, NULL, &planner);
    TRY(plan_query(&planner, plan->query, PLAN_CONTINUOUS, &query, error));
    analysis_keep_parameters(analysis, &planner);
    plan->visible_count = query.visible_count;
    set_columns(analysis, plan, query.root->output.names, query.root->output.types);
    return OK;
}

Status subscription_prepare(Analysis *analysis, const SyntaxName *name, const SyntaxSelect *query, int start,
    int length, const SyntaxOptions *options, Error *error) {
    SubscriptionPlan *plan = ARENA_NEW(analysis->arena, SubscriptionPlan);
    analysis->plan = plan;
    plan->query = query;
    TRY(read_options(plan, analysis, options, error));
    return name != NULL ? prepare_relation(analysis, plan, name, error)
                        : prepare_query(analysis, plan, error);
}

static Epochs *epochs_of(const Subscription *self) {
    return coordinator_epochs(self->analysis->instance->coordinator);
}

static void on_publish(void *argument) {
    Subscription *self = argument;
    if (self->base.wake != NULL)
        self->base.wake(self->base.wake_context);
}

/* The transient view of a query. */

typedef struct TransientBuild {
    Subscription *self;
    Object *object;
} TransientBuild;

static Status begin_transient(Coordinator *coordinator, void *argument, Error *error) {
    TransientBuild *build = argument;
    return instance_build(
        build->self->analysis->instance, build->object, NULL, await_completion(build->self->await), error);
}

static Status build_query(Subscription *self, const Value *parameters, Error *error) {
    Analysis *analysis = self->analysis;
    Object *object = object_create(catalog_next_id(analysis->instance->catalog), RELATION_MATERIALIZED_VIEW,
        "leat_transient", "subscription");
    ddl_freeze_settings(object, self->session);
    object->is_transient = true;
    PlannerContext planner;
    Plan plan;
    analysis_context(analysis, self->session, parameters, &planner);
    planner.arena = object->arena;
    Status status = plan_query(&planner, self->plan->query, PLAN_CONTINUOUS, &plan, error);
    if (status == OK) {
        plan_add_materialize(&planner, &plan, object->relation.id);
        status = ddl_set_plan(object, &plan, NULL, 0, error);
    }
    if (status == OK) {
        self->transient_id = object->relation.id;
        self->await = await_create(&self->base);
        TransientBuild build = {self, object};
        status = coordinator_call(analysis->instance->coordinator, begin_transient, &build, error);
        if (status != OK) {
            await_detach(self->await);
            self->await = NULL;
            self->transient_id = 0;
        }
    }
    object_release(object);
    return status;
}

typedef struct RemoveArgument {
    Instance *instance;
    uint32_t object_id;
} RemoveArgument;

static Status remove_transient(Coordinator *coordinator, void *argument, Error *error) {
    RemoveArgument *remove = argument;
    if (coordinator_cancel_build(coordinator, remove->object_id)) {
        instance_forget(remove->instance, remove->object_id);
        return OK;
    }
    return instance_remove(remove->instance, remove->object_id, error);
}

/* Attaching: the newest published epoch; its content is the snapshot. */
static Status attach(Subscription *self, Error *error) {
    uint32_t id = self->transient_id != 0 ? self->transient_id : self->plan->relation->id;
    TRY(coordinator_relation(self->analysis->instance->coordinator, id, &self->relation, error));
    if (self->relation == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "the relation was dropped meanwhile");
    self->listener = epochs_listen(epochs_of(self), on_publish, self);
    const Published *newest = epochs_pin(epochs_of(self));
    self->epoch = newest->epoch;
    if (self->plan->has_snapshot)
        self->scan =
            relation_scan_open(self->relation, newest->epoch, self->columns, self->plan->visible_count);
    self->hold = epochs_hold(epochs_of(self), newest,
        (size_t)session_variable_int(self->session, VARIABLE_subscription_retention) * 1024);
    return OK;
}

/* The epoch after `position`, or the newest one when the reader is far behind. */
static const Published *next_target(Subscription *self, const Published *position) {
    if (epochs_published(epochs_of(self)) - position->epoch > EPOCHS_BEHIND_MAX)
        return epochs_pin(epochs_of(self));
    return epochs_pin_next(epochs_of(self), position);
}

/* What the query reads was dropped, or failed: the detail says. */
static Status lost_input(const Subscription *self, Error *error) {
    Error ended = {0};
    error_set(&ended, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "the subscription ended at epoch %llu",
        (unsigned long long)self->epoch);
    error_detail(&ended, "%s", error->detail);
    error_move(error, &ended);
    return error->status;
}

/* Whether the relation is still there; after a failed commit another may stand in its place. */
static Status check_relation(Subscription *self, Error *error) {
    uint32_t id = self->transient_id != 0 ? self->transient_id : self->plan->relation->id;
    Relation *relation = NULL;
    Status status = coordinator_relation(self->analysis->instance->coordinator, id, &relation, error);
    if (status != OK && self->transient_id != 0)
        return lost_input(self, error);
    TRY(status);
    if (relation == NULL && self->transient_id != 0) {
        error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "the subscription ended at epoch %llu: the server went back to its last commit",
            (unsigned long long)self->epoch);
        error_detail(error, "A write to the disk had failed; tables and views were read again, and the query "
                            "of a subscription is not stored.");
        return error_hint(error, "Subscribe again, or subscribe to a materialized view of the query.");
    }
    if (relation == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE,
            "the relation was dropped, its changes are known up to epoch %llu",
            (unsigned long long)self->epoch);
    relation_release(self->relation);
    self->relation = relation;
    return OK;
}

static Status too_slow(const Subscription *self, Error *error) {
    error_clear(error);
    error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
        "the subscription ended at epoch %llu: its client is too slow", (unsigned long long)self->epoch);
    error_detail(error, "More than subscription_retention (%s) of row versions were kept for it.",
        session_variable(self->session, "subscription_retention"));
    return error_hint(error, "Subscribe again, or SET subscription_retention to a larger value.");
}

/* Opens the scan of the next changes, if there are newer ones. */
static Status open_changes(Subscription *self, Error *error) {
    const Published *position = epochs_hold_pin(self->hold);
    if (position == NULL)
        return too_slow(self, error);
    const Published *target = next_target(self, position);
    Status status = target == NULL ? OK : check_relation(self, error);
    if (target != NULL && status == OK) {
        self->scan = relation_changes_open(
            self->relation, position->epoch, target->epoch, self->columns, self->plan->visible_count);
        self->target = target;
    } else {
        epochs_unpin(epochs_of(self), target);
    }
    epochs_unpin(epochs_of(self), position);
    return status;
}

/* epoch and diff (and progress) in front of the rows; the diff column is the batch's diffs, which the wire
   must not repeat rows by. */
static Batch *with_position(const Subscription *self, Batch *rows, uint64_t epoch) {
    Batch *dense = batch_dense(rows);
    int extra = self->plan->has_progress ? 3 : 2;
    Column *columns[extra + dense->column_count];
    Value epoch_value = {.type = type_of(TYPE_INT8), .datum.int8 = (int64_t)epoch};
    Value no_progress = {.type = type_of(TYPE_BOOL)};
    columns[0] = column_constant(&epoch_value);
    columns[1] = column_create(type_of(TYPE_INT8), dense->row_count);
    for (int i = 0; i < dense->row_count; i++)
        ((int64_t *)columns[1]->values)[i] = batch_diff(dense, i);
    if (self->plan->has_progress)
        columns[2] = column_constant(&no_progress);
    for (int c = 0; c < dense->column_count; c++)
        columns[extra + c] = column_retain(dense->columns[c]);
    Batch *out = batch_create(dense->row_count, extra + dense->column_count, columns);
    batch_release(dense);
    return out;
}

/* A row that says: everything up to this epoch was given. */
static Batch *progress_row(const Subscription *self, uint64_t epoch) {
    int count = self->analysis->prepared.column_count;
    Type types[count];
    for (int i = 0; i < count; i++)
        types[i] = self->analysis->prepared.columns[i].type;
    Batch *batch = batch_builder(types, count, 1);
    ((int64_t *)batch->columns[0]->values)[0] = (int64_t)epoch;
    ((uint8_t *)batch->columns[2]->values)[0] = 1;
    for (int i = 1; i < count; i++)
        if (i != 2)
            column_set_null(batch->columns[i], 0);
    batch->row_count = batch->selected_count = 1;
    return batch;
}

static Status next_rows(Subscription *self, Batch **batch, Error *error) {
    *batch = NULL;
    if (self->is_progress_due) {
        self->is_progress_due = false;
        *batch = progress_row(self, self->epoch);
        return OK;
    }
    if (self->scan == NULL)
        TRY(open_changes(self, error));
    if (self->scan == NULL)
        return OK;
    Batch *rows;
    Status status = relation_scan_next(self->scan, &rows, error);
    if (status != OK) {
        const Published *position = epochs_hold_pin(self->hold);
        epochs_unpin(epochs_of(self), position);
        return position == NULL ? too_slow(self, error) : status;
    }
    if (rows != NULL) {
        *batch = with_position(self, rows, self->target == NULL ? self->epoch : self->target->epoch);
        batch_release(rows);
        return OK;
    }
    relation_scan_close(self->scan);
    self->scan = NULL;
    if (self->target != NULL) {
        self->epoch = self->target->epoch;
        epochs_hold_move(self->hold, self->target);
        self->target = NULL;
    }
    self->is_progress_due = self->plan->has_progress;
    return next_rows(self, batch, error);
}

static Status subscription_step(
    Execution *execution, int row_max, Batch **batch, ExecutionState *state, Error *error) {
    Subscription *self = (Subscription *)execution;
    if (execution_is_cancelled(execution))
        return execution_cancelled(execution, error);
    *state = EXECUTION_WAIT;
    if (self->plan->relation == NULL && self->transient_id == 0)
        TRY(build_query(self, self->parameters, error));
    if (self->await != NULL) {
        Error outcome = {0};
        if (!await_is_done(self->await, &outcome))
            return OK;
        await_detach(self->await);
        self->await = NULL;
        if (outcome.status != OK) {
            Status status = outcome.status;
            error_move(error, &outcome);
            return status;
        }
    }
    if (self->relation == NULL)
        TRY(attach(self, error));
    TRY(next_rows(self, batch, error));
    if (*batch != NULL)
        *state = EXECUTION_ROWS;
    return OK;
}

static void subscription_close(Execution *execution) {
    Subscription *self = (Subscription *)execution;
    epochs_unlisten(epochs_of(self), self->listener);
    await_detach(self->await);
    if (self->scan != NULL)
        relation_scan_close(self->scan);
    epochs_unpin(epochs_of(self), self->target);
    epochs_hold_release(self->hold);
    if (self->relation != NULL)
        relation_release(self->relation);
    if (self->transient_id != 0) {
        RemoveArgument remove = {self->analysis->instance, self->transient_id};
        Error error = {0};
        (void)coordinator_call(remove.instance->coordinator, remove_transient, &remove, &error);
        error_clear(&error);
    }
    memory_free(self->columns);
    prepared_release(&self->analysis->prepared);
    memory_free(self);
}

static const ExecutionType subscription_type = {.step = subscription_step, .close = subscription_close};

Status subscription_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    Subscription *self = NEW(Subscription);
    self->base.type = &subscription_type;
    self->analysis = analysis;
    self->session = session;
    self->plan = analysis->plan;
    prepared_retain(&analysis->prepared);
    self->columns = NEW_ARRAY(int, self->plan->visible_count + 1);
    for (int i = 0; i < self->plan->visible_count; i++)
        self->columns[i] = i;
    self->parameters = parameters;
    *out = &self->base;
    return OK;
}

static Status subscribe_prepare(Analysis *analysis, Error *error) {
    const SyntaxSubscribe *syntax = analysis->syntax->subscribe;
    return subscription_prepare(analysis, syntax->query == NULL ? &syntax->name : NULL, syntax->query,
        syntax->query_start, syntax->query_length, &syntax->options, error);
}

const Command subscribe_command = {
    .is_read_only = true, .prepare = subscribe_prepare, .execute = subscription_execute};
