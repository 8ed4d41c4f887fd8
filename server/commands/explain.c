/* EXPLAIN [(ANALYZE, COSTS, VERBOSE, FORMAT JSON)] of a query, of DML, or of a running view or sink by
   EXPLAIN ANALYZE MATERIALIZED VIEW's query name. */
#include <string.h>

#include "executor/base/memory.h"
#include "executor/dataflow/query.h"
#include "executor/operators/operator.h"
#include "server/commands/command.h"

typedef struct ExplainOptions {
    bool analyze, verbose, costs, json, summary;
} ExplainOptions;

static bool option_bool(const SyntaxOption *option) {
    return option->value == NULL ||
           (strcasecmp(option->value, "false") != 0 && strcasecmp(option->value, "off") != 0 &&
               strcmp(option->value, "0") != 0);
}

static bool is_one_of(const char *name, const char *const *names) {
    while (*names != NULL && strcasecmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static Status read_options(
    const Analysis *analysis, const SyntaxOptions *options, ExplainOptions *out, Error *error) {
    *out = (ExplainOptions){.costs = true};
    for (int i = 0; i < options->count; i++) {
        const SyntaxOption *option = &options->items[i];
        if (strcasecmp(option->name, "analyze") == 0)
            out->analyze = option_bool(option);
        else if (strcasecmp(option->name, "verbose") == 0)
            out->verbose = option_bool(option);
        else if (strcasecmp(option->name, "costs") == 0)
            out->costs = option_bool(option);
        else if (is_one_of(option->name, (const char *const[]){"timing", "summary", "buffers", "settings",
                                             "wal", "trace", "logical", "physical", NULL}))
            continue; /* what they add is always, or never, there */
        else if (strcasecmp(option->name, "format") == 0 && option->value != NULL &&
                 strcasecmp(option->value, "json") == 0)
            out->json = true;
        else if (strcasecmp(option->name, "format") != 0 || option->value == NULL ||
                 strcasecmp(option->value, "text") != 0) {
            if (strcasecmp(option->name, "format") == 0)
                error_set(error, STATUS_INVALID_PARAMETER_VALUE,
                    "unrecognized value for EXPLAIN option \"%s\": \"%s\"", option->name,
                    option->value == NULL ? "" : option->value);
            else
                error_set(error, STATUS_SYNTAX_ERROR, "unrecognized EXPLAIN option \"%s\"", option->name);
            return analysis_error_at(analysis, option->position, error);
        }
    }
    return OK;
}

static void add_lines(SimpleExecution *execution, const Text *text) {
    const char *line = text_string(text);
    while (*line != 0) {
        const char *end = strchr(line, '\n');
        size_t length = end == NULL ? strlen(line) : (size_t)(end - line);
        char *copy = memory_copy_text(line, length);
        simple_add_row(execution, 1, (const char *const[]){copy});
        memory_free(copy);
        line += length + (end != NULL);
    }
}

static void add_one_shot(void *query, const OperatorSpec *spec, Text *out) {
    const Operator *instance = query_operator(query, spec);
    if (instance != NULL)
        text_printf(out, " (actual rows=%lld time=%.3f ms)", (long long)instance->rows_out,
            (double)instance->nanoseconds / 1e6);
}

typedef struct Running {
    OperatorStatus *operators;
    int count;
} Running;

static void add_running(void *argument, const OperatorSpec *spec, Text *out) {
    const Running *running = argument;
    bool is_found = false;
    for (int i = 0; i < running->count; i++) {
        const OperatorStatus *status = &running->operators[i];
        if (status->operator_id != spec->id)
            continue;
        is_found = true;
        text_printf(out, " (actual in=%lld out=%lld time=%.3f ms state=%zu bytes", (long long)status->rows_in,
            (long long)status->rows_out, (double)status->nanoseconds / 1e6, status->state_bytes);
        if (status->watermark != WATERMARK_NONE && status->watermark != WATERMARK_END) {
            text_add_string(out, " watermark=");
            datum_format(type_of(TYPE_TIMESTAMP), &status->watermark, &type_settings_default, out);
        }
        if (status->changes_repeated > 0 || status->changes_unmatched > 0)
            text_printf(out, " repeated=%lld unmatched=%lld", (long long)status->changes_repeated,
                (long long)status->changes_unmatched);
        text_add_char(out, ')');
    }
    if (!is_found)
        text_add_string(out, " (shared with an equal part of this plan)");
}

/* Runs the plan to its end and says what each operator did. */
static Status analyze_query(
    SimpleExecution *execution, const Plan *plan, const ExplainOptions *options, Text *out, Error *error) {
    QueryContext *context = query_context_create(execution->analysis, execution->session);
    QuerySpec spec = {
        .root = plan->root,
        .settings = query_context_settings(context),
        .session = &session_state(execution->session)->session_context,
        .environment = query_context_environment(context),
    };
    Query *query = NULL;
    Status status = query_open(&spec, &query, error);
    for (bool is_done = false; status == OK && !is_done;) {
        Batch *batch = NULL;
        status = execution_is_cancelled(&execution->base) ? execution_cancelled(&execution->base, error)
                                                          : query_next(query, &batch, &is_done, error);
        batch_release(batch);
    }
    if (status == OK)
        plan_explain(plan, options->costs, options->verbose, add_one_shot, query, out);
    query_close(query);
    query_context_destroy(context);
    return status;
}

/* The relation of a plain SELECT … FROM v, NULL for anything more. */
static const SyntaxName *plain_relation(const SyntaxSelect *select) {
    bool is_plain = select->kind == SYNTAX_SELECT && select->from_count == 1 &&
                    select->from[0]->kind == SYNTAX_TABLE_RELATION && select->where == NULL &&
                    select->group_count == 0 && !select->is_distinct && select->having == NULL &&
                    select->order_count == 0 && select->limit == NULL && select->with == NULL;
    return is_plain ? &select->from[0]->relation.name : NULL;
}

/* SELECT * FROM v of a view, a sink or a table with a connector: how its job runs. */
static const Object *running_object(const Analysis *analysis, const SyntaxSelect *select) {
    const SyntaxName *name = plain_relation(select);
    const Object *object = name == NULL ? NULL
                                        : search_path_find(&analysis->view.path, analysis->snapshot,
                                              name->part_count > 1 ? name->parts[name->part_count - 2] : NULL,
                                              name->parts[name->part_count - 1]);
    if (object == NULL)
        return NULL;
    RelationKind kind = object->relation.kind;
    return kind == RELATION_MATERIALIZED_VIEW || kind == RELATION_SINK || object->relation.has_connector
               ? object
               : NULL;
}

static Status explain_running(SimpleExecution *execution, const Object *object, const ExplainOptions *options,
    Text *out, Error *error) {
    OperatorSpec *root;
    Running running = {0};
    TRY(spec_decode(object->spec, object->spec_length, execution->analysis->arena, &root, error));
    TRY(coordinator_operators(execution->analysis->instance->coordinator, object->relation.id,
        &running.operators, &running.count, error));
    Plan plan = {.root = root, .visible_count = root->output.count};
    plan_explain(&plan, options->costs, options->verbose, add_running, &running, out);
    memory_free(running.operators);
    return OK;
}

static Status explain_select(SimpleExecution *execution, const SyntaxSelect *select,
    const ExplainOptions *options, Text *out, Error *error) {
    Analysis *analysis = execution->analysis;
    const Object *running = options->analyze ? running_object(analysis, select) : NULL;
    if (running != NULL)
        return explain_running(execution, running, options, out, error);
    PlannerContext planner;
    Plan plan;
    analysis_context(analysis, execution->session, execution->parameters, &planner);
    bool is_continuous = select->emit != SYNTAX_EMIT_DEFAULT;
    TRY(plan_query(&planner, select, is_continuous ? PLAN_CONTINUOUS : PLAN_ONE_SHOT, &plan, error));
    if (options->analyze)
        return analyze_query(execution, &plan, options, out, error);
    if (options->json)
        plan_explain_json(&plan, out);
    else
        plan_explain(&plan, options->costs, options->verbose, NULL, NULL, out);
    return OK;
}

static Status explain_statement(SimpleExecution *execution, const SyntaxStatement *explained,
    const ExplainOptions *options, Text *out, Error *error) {
    Analysis *analysis = execution->analysis;
    PlannerContext planner;
    analysis_context(analysis, execution->session, execution->parameters, &planner);
    Plan plan;
    switch (explained->kind) {
    case SYNTAX_STATEMENT_SELECT:
        return explain_select(execution, explained->select, options, out, error);
    case SYNTAX_STATEMENT_CREATE_VIEW:
        if (explained->create_view->execute != NULL)
            return error_set(
                error, STATUS_FEATURE_NOT_SUPPORTED, "EXPLAIN of CREATE TABLE AS EXECUTE is not supported");
        TRY(plan_query(&planner, explained->create_view->query, PLAN_CONTINUOUS, &plan, error));
        plan_add_materialize(&planner, &plan, 0);
        break;
    case SYNTAX_STATEMENT_CREATE_SINK:
        if (explained->create_sink->query == NULL)
            return error_set(
                error, STATUS_FEATURE_NOT_SUPPORTED, "EXPLAIN of CREATE SINK FROM a view is not supported");
        TRY(plan_query(&planner, explained->create_sink->query, PLAN_CONTINUOUS, &plan, error));
        break;
    case SYNTAX_STATEMENT_INSERT:
    case SYNTAX_STATEMENT_UPDATE:
    case SYNTAX_STATEMENT_DELETE:
    case SYNTAX_STATEMENT_MERGE: {
        DmlPlan dml;
        TRY(plan_dml(&planner, explained, &dml, error));
        plan = dml.plan;
        break;
    }
    default:
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "EXPLAIN of %s is not supported", explained->tag);
    }
    if (options->analyze)
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "EXPLAIN ANALYZE of %s is not supported", explained->tag);
    if (options->json)
        plan_explain_json(&plan, out);
    else
        plan_explain(&plan, options->costs, options->verbose, NULL, NULL, out);
    return OK;
}

static Status explain_run(SimpleExecution *execution, Error *error) {
    const SyntaxExplain *syntax = execution->analysis->syntax->explain;
    ExplainOptions options;
    Text text = {0};
    TRY(read_options(execution->analysis, &syntax->options, &options, error));
    Status status = explain_statement(execution, syntax->statement, &options, &text, error);
    if (status == OK && options.json)
        simple_add_row(execution, 1, (const char *const[]){text_string(&text)});
    else if (status == OK)
        add_lines(execution, &text);
    text_free(&text);
    simple_tag(execution, "EXPLAIN");
    return status;
}

static Status explain_prepare(Analysis *analysis, Error *error) {
    analysis_set_text_columns(analysis, 1, (const char *const[]){"QUERY PLAN"});
    return OK;
}

static Status explain_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, explain_run);
    return OK;
}

const Command explain_command = {
    .is_read_only = true, .prepare = explain_prepare, .execute = explain_execute};
