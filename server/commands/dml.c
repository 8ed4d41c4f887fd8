/* INSERT, UPDATE, DELETE, MERGE: a query over a snapshot gives the rows; they go to the transaction's write
   set, checked against the table's constraints. */
#include "server/commands/dml.h"

#include <stdio.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/commands/dml_rows.h"

enum { SHORT_TEXT = 4096 }; /* bytes of a statement whose VALUES are few */

static Status take_rows(Dml *dml, Batch *batch, Error *error) {
    Batch *dense = batch_dense(batch);
    Status status = OK;
    switch (dml->plan->kind) {
    case SYNTAX_STATEMENT_DELETE:
        dml_take_deleted(dml, dense);
        break;
    case SYNTAX_STATEMENT_UPDATE:
        status = dml_take_updated(dml, dense, error);
        break;
    case SYNTAX_STATEMENT_MERGE:
        status = dml_take_merged(dml, dense, error);
        break;
    default:
        status = dml_take_inserted(dml, dense, error);
        break;
    }
    batch_release(dense);
    return status;
}

/* Repeats rows whose count is above one: a plan's output is a multiset. */
static Status take_counted(void *argument, Batch *batch, Error *error) {
    Dml *dml = argument;
    int64_t most = 1;
    for (int i = 0; i < batch->selected_count; i++) {
        int64_t diff = batch_diff(batch, batch_row(batch, i));
        most = diff > most ? diff : most;
    }
    Status status = take_rows(dml, batch, error);
    for (int64_t copy = 2; copy <= most && status == OK; copy++) {
        uint16_t rows[BATCH_ROWS_MAX];
        int count = 0;
        for (int i = 0; i < batch->selected_count; i++)
            if (batch_diff(batch, batch_row(batch, i)) >= copy)
                rows[count++] = (uint16_t)batch_row(batch, i);
        Batch *again = batch_select(batch, rows, count);
        status = take_rows(dml, again, error);
        batch_release(again);
    }
    return status;
}

static Status dml_begin(Analysis *analysis, Session *session, const Value *parameters,
    const CatalogRelation *table, Dml *dml, Error *error) {
    SessionState *state = session_state(session);
    if (state->writes == NULL)
        state->writes = write_set_create();
    dml->analysis = analysis;
    dml->session = session;
    dml->facts = state->session_context;
    dml->facts.parameters = parameters;
    dml->writes = state->writes;
    dml->row_id_column = dml_hidden_column(table, "$row_id");
    dml->arrival_column = dml_hidden_column(table, "$arrival");
    dml->key = dml->row_id_column >= 0 ? &dml->row_id_column : table->key;
    dml->key_count = dml->row_id_column >= 0 ? 1 : table->key_count;
    dml->may_conflict = dml->row_id_column < 0 || table->index_count > 0;
    if (!write_set_has_width(state->writes, table->id, table->column_count))
        return error_set(
            error, STATUS_SERIALIZATION_FAILURE, "could not serialize access due to concurrent update");
    write_set_note_definition(
        state->writes, table->id, dml->key, dml->key_count, catalog_snapshot_base(analysis->snapshot));
    TRY(coordinator_relation(analysis->instance->coordinator, table->id, &dml->relation, error));
    return dml->relation != NULL
               ? OK
               : error_set(error, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", table->name);
}

/* The plan of the analysis, unless the parameters' values may lead to a better one. */
static Status make_plan(Analysis *analysis, Session *session, const Value *parameters, Arena *arena,
    DmlPlan *plan, Error *error) {
    const DmlPlan *prepared = analysis->plan;
    if (analysis->parameter_count == 0 ||
        (prepared->plan.is_read_bounded && prepared->plan.part_count == 0)) {
        *plan = *prepared;
        return OK;
    }
    PlannerContext planner;
    analysis_context(analysis, session, parameters, &planner);
    planner.arena = arena;
    return plan_dml(&planner, analysis->syntax, plan, error);
}

/* RETURNING of INSERT by a plan of its own. */
static Status return_planned(Dml *dml, Error *error) {
    if (dml->plan->returning_plan == NULL || dml->returned == NULL)
        return OK;
    query_context_give(dml->context, "$with.inserted", &dml->inserted);
    return query_context_run(
        dml->context, dml->plan->returning_plan->root, &dml->facts, NULL, dml_collect, dml->returned, error);
}

static Status run(Analysis *analysis, Session *session, const Value *parameters, const DmlPlan *plan,
    QueryContext *context, const Execution *execution, int64_t *row_count, BatchList *returned,
    Error *error) {
    Arena *arena = arena_create();
    Dml dml = {.plan = plan, .context = context, .returned = returned};
    Status status = dml_begin(analysis, session, parameters, plan->table, &dml, error);
    if (status == OK)
        status = dml_open(&dml, arena, error);
    dml.epoch = query_context_environment(context)->epoch;
    if (status == OK)
        status =
            query_context_run(context, plan->plan.root, &dml.facts, execution, take_counted, &dml, error);
    if (status == OK && plan->kind == SYNTAX_STATEMENT_UPDATE)
        status = dml_apply_updates(&dml, error);
    if (status == OK && plan->kind == SYNTAX_STATEMENT_MERGE)
        status = dml_apply_merged(&dml, error);
    if (status == OK)
        status = return_planned(&dml, error);
    *row_count = dml.count;
    dml_close(&dml);
    arena_destroy(arena);
    return status;
}

Status dml_run_parts(Analysis *analysis, Session *session, const Value *parameters, const Plan *plan,
    QueryContext *context, const Execution *execution, Error *error) {
    if (plan->part_count > 0)
        query_context_freeze(context);
    for (int i = 0; i < plan->part_count; i++) {
        BatchList rows = {0};
        int64_t count;
        Status status =
            run(analysis, session, parameters, plan->parts[i].plan, context, execution, &count, &rows, error);
        if (status == OK)
            query_context_give(context, plan->parts[i].relation, &rows);
        batch_list_clear(&rows);
        TRY(status);
    }
    return OK;
}

Status dml_evaluate(Analysis *analysis, Session *session, const Value *parameters, const Execution *execution,
    int64_t *row_count, BatchList *returning, Error *error) {
    Arena *arena = arena_create();
    DmlPlan plan = {0};
    *row_count = 0;
    Status status = make_plan(analysis, session, parameters, arena, &plan, error);
    if (status == OK) {
        QueryContext *context = query_context_create(analysis, session);
        if (plan.returning_plan != NULL || plan.conflict_plan != NULL)
            query_context_freeze(context);
        status = dml_run_parts(analysis, session, parameters, &plan.plan, context, execution, error);
        if (status == OK)
            status =
                run(analysis, session, parameters, &plan, context, execution, row_count, returning, error);
        query_context_destroy(context);
    }
    arena_destroy(arena);
    return status;
}

Status dml_insert_batch(
    Analysis *analysis, Session *session, const CatalogRelation *table, Batch *rows, Error *error) {
    Arena *arena = arena_create();
    DmlPlan plan = {.kind = SYNTAX_STATEMENT_INSERT, .table = table, .conflict_index = NO_CONFLICT};
    Dml dml = {.plan = &plan};
    Status status = dml_begin(analysis, session, NULL, table, &dml, error);
    if (status == OK)
        status = dml_open(&dml, arena, error);
    if (status == OK) {
        dml.epoch = epochs_published(coordinator_epochs(analysis->instance->coordinator));
        status = dml_take_inserted(&dml, rows, error);
    }
    dml_close(&dml);
    arena_destroy(arena);
    return status;
}

static Status remove_batch(Dml *dml, Batch *batch, int64_t sign) {
    Batch *dense = batch_dense(batch);
    for (int row = 0; row < dense->row_count; row++)
        if (batch_diff(dense, row) * sign > 0)
            dml_remove_row(dml, dense, row);
    batch_release(dense);
    return OK;
}

Status dml_delete_all(Analysis *analysis, Session *session, const CatalogRelation *table, Error *error) {
    DmlPlan plan = {.table = table};
    Dml dml = {.plan = &plan};
    TRY(dml_begin(analysis, session, NULL, table, &dml, error));
    QueryContext *context = query_context_create(analysis, session);
    RelationScan *scan = relation_scan_open(dml.relation, query_context_environment(context)->epoch, NULL, 0);
    BatchList own = {0};
    write_set_rows(dml.writes, table->id, &own);
    Status status = OK;
    for (Batch *batch;
         status == OK && (status = relation_scan_next(scan, &batch, error)) == OK && batch != NULL;
         batch_release(batch))
        status = remove_batch(&dml, batch, 1);
    /* Rows that the transaction added itself; stored ones that it had replaced or removed stay removed. */
    for (int i = 0; i < own.count && status == OK; i++)
        status = remove_batch(&dml, own.batches[i], 1);
    batch_list_clear(&own);
    relation_scan_close(scan);
    query_context_destroy(context);
    dml_close(&dml);
    return status;
}

/* The commands. */

static Status dml_prepare(Analysis *analysis, Error *error) {
    PlannerContext context;
    DmlPlan *plan = ARENA_NEW(analysis->arena, DmlPlan);
    analysis_context(analysis, analysis->session, NULL, &context);
    TRY(plan_dml(&context, analysis->syntax, plan, error));
    analysis->plan = plan;
    analysis->prepared.is_bounded =
        plan->plan.is_read_bounded && plan->plan.part_count == 0 && analysis->syntax->length <= SHORT_TEXT;
    analysis_keep_parameters(analysis, &context);
    if (plan->returning_count > 0)
        analysis_set_columns(analysis, &plan->returning_schema, NULL, plan->returning_count);
    return OK;
}

/* Alone in its transaction, it may be evaluated again when a row that it read has changed meanwhile. */
static void remember_for_retry(Analysis *analysis, Session *session, const Value *parameters) {
    SessionState *state = session_state(session);
    state->is_retriable = write_set_is_empty(state->writes) && !session_is_in_block(session) &&
                          !analysis->prepared.returns_rows;
    if (!state->is_retriable)
        return;
    Arena *arena = state->retry_arena = arena_create();
    state->retry = prepared_retain(&analysis->prepared);
    state->retry_parameters = ARENA_ARRAY(arena, Value, analysis->parameter_count + 1);
    for (int i = 0; i < analysis->parameter_count; i++)
        state->retry_parameters[i] = value_copy(&parameters[i], arena);
}

void dml_tag(const Analysis *analysis, int64_t row_count, Execution *execution) {
    bool is_insert = strcmp(analysis->prepared.tag, "INSERT") == 0; /* COPY (INSERT …) has COPY's */
    snprintf(execution->tag, sizeof execution->tag, is_insert ? "%s 0 %lld" : "%s %lld",
        analysis->prepared.tag, (long long)row_count);
}

static Status dml_run(SimpleExecution *execution, Error *error) {
    Analysis *analysis = execution->analysis;
    SessionState *state = session_state(execution->session);
    if (state->retry != NULL)
        state->is_retriable = false;
    else
        remember_for_retry(analysis, execution->session, execution->parameters);
    int64_t count;
    TRY(dml_evaluate(analysis, execution->session, execution->parameters, &execution->base, &count,
        &execution->rows, error));
    dml_tag(analysis, count, &execution->base);
    return OK;
}

static Status dml_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, dml_run);
    return OK;
}

const Command insert_command = {.prepare = dml_prepare, .execute = dml_execute};
const Command update_command = {.prepare = dml_prepare, .execute = dml_execute};
const Command merge_command = {.prepare = dml_prepare, .execute = dml_execute};
const Command delete_command = {.prepare = dml_prepare, .execute = dml_execute};
