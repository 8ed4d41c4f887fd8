/* SELECT: plans a query, and runs it over the newest published state. SELECT … EMIT CHANGES is a
   subscription. */
#include "executor/dataflow/query.h"
#include "server/commands/command.h"
#include "server/commands/dml.h"
#include "server/commands/subscription.h"

#include "executor/base/memory.h"

/* The plan made while analysing serves every execution, unless it has parameters whose values may lead to a
   better one. */
typedef struct SelectPlan {
    Plan plan;
    bool is_final;
} SelectPlan;

typedef struct SelectExecution {
    Execution base;
    Analysis *analysis;
    Session *session;
    const Value *parameters;
    Arena *arena;         /* of a plan for these parameters */
    SessionContext facts; /* with the statement's parameters */
    QueryContext *context;
    Query *query;
    bool is_done;
} SelectExecution;

/* The jobs behind what a plan reads: 55000 when one is suspended. */
static Status check_inputs(const Analysis *analysis, const Plan *plan, Error *error) {
    for (int i = 0; i < plan->depend_count; i++) {
        Relation *relation = NULL;
        TRY(coordinator_relation(analysis->instance->coordinator, plan->depends[i], &relation, error));
        if (relation != NULL)
            relation_release(relation);
    }
    return OK;
}

static Status make_plan(SelectExecution *self, Plan *plan, Error *error) {
    Analysis *analysis = self->analysis;
    const SelectPlan *prepared = analysis->plan;
    if (prepared->is_final) {
        *plan = prepared->plan;
        return OK;
    }
    PlannerContext context;
    self->arena = arena_create();
    analysis_context(analysis, self->session, self->parameters, &context);
    context.arena = self->arena;
    return plan_query(&context, analysis->syntax->select, PLAN_ONE_SHOT, plan, error);
}

static Status open_query(SelectExecution *self, Error *error) {
    Plan plan;
    TRY(make_plan(self, &plan, error));
    TRY(check_inputs(self->analysis, &plan, error));
    self->context = query_context_create(self->analysis, self->session);
    self->facts = session_state(self->session)->session_context;
    self->facts.parameters = self->parameters;
    const char *row_errors = variables_text(session_variables(self->session), VARIABLE_row_errors);
    TRY(dml_run_parts(
        self->analysis, self->session, self->parameters, &plan, self->context, &self->base, error));
    QuerySpec spec = {
        .root = plan.root,
        .settings = query_context_settings(self->context),
        .session = &self->facts,
        .environment = query_context_environment(self->context),
        .memory_max = (size_t)session_variable_int(self->session, VARIABLE_query_memory) * 1024,
        .skip_failed_rows = row_errors[0] == 's',
    };
    return query_open(&spec, &self->query, error);
}

static Status select_step(
    Execution *execution, int row_max, Batch **batch, ExecutionState *state, Error *error) {
    SelectExecution *self = (SelectExecution *)execution;
    if (self->query == NULL)
        TRY(open_query(self, error));
    *batch = NULL;
    while (!self->is_done && *batch == NULL) {
        if (execution_is_cancelled(execution))
            return execution_cancelled(execution, error);
        TRY(query_next(self->query, batch, &self->is_done, error));
    }
    if (*batch != NULL) {
        int visible = self->analysis->prepared.column_count;
        if ((*batch)->column_count > visible) {
            int columns[visible + 1];
            for (int i = 0; i < visible; i++)
                columns[i] = i;
            Batch *projected = batch_project(*batch, columns, visible);
            batch_release(*batch);
            *batch = projected;
        }
        *state = EXECUTION_ROWS;
    } else {
        *state = EXECUTION_DONE;
    }
    return OK;
}

static void select_close(Execution *execution) {
    SelectExecution *self = (SelectExecution *)execution;
    query_close(self->query);
    query_context_destroy(self->context);
    arena_destroy(self->arena);
    prepared_release(&self->analysis->prepared);
    memory_free(self);
}

static const ExecutionType select_type = {.step = select_step, .close = select_close};

static Status select_prepare(Analysis *analysis, Error *error) {
    const SyntaxSelect *select = analysis->syntax->select;
    if (select->emit == SYNTAX_EMIT_CHANGES)
        return subscription_prepare(
            analysis, NULL, select, analysis->syntax->start, analysis->syntax->length, NULL, error);
    PlannerContext context;
    SelectPlan *plan = ARENA_NEW(analysis->arena, SelectPlan);
    analysis_context(analysis, analysis->session, NULL, &context);
    TRY(plan_query(&context, select, PLAN_ONE_SHOT, &plan->plan, error));
    analysis->plan = plan;
    analysis_keep_parameters(analysis, &context);
    analysis_set_columns(analysis, &plan->plan.root->output, plan->plan.origins, plan->plan.visible_count);
    analysis->prepared.is_read_only = plan->plan.part_count == 0;
    analysis->prepared.is_bounded = plan->plan.is_read_bounded && plan->plan.part_count == 0;
    plan->is_final = analysis->parameter_count == 0 || analysis->prepared.is_bounded;
    return OK;
}

static Status select_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    if (analysis->syntax->select->emit == SYNTAX_EMIT_CHANGES)
        return subscription_execute(analysis, session, parameters, out, error);
    SelectExecution *self = NEW(SelectExecution);
    self->base.type = &select_type;
    self->analysis = analysis;
    self->session = session;
    self->parameters = parameters;
    prepared_retain(&analysis->prepared);
    *out = &self->base;
    return OK;
}

const Command select_command = {.is_read_only = true, .prepare = select_prepare, .execute = select_execute};
