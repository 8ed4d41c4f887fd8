/* SHOW CREATE (settings are the session's own), DESCRIBE, FLUSH, and statements that ask for nothing we do.
 */
#include <stdlib.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/catalog/system/create_statement.h"
#include "server/commands/notify.h"
#include "server/commands/alter_sink.h"
#include "server/commands/alter_table.h"
#include "server/commands/alter_view.h"
#include "server/commands/command.h"
#include "server/commands/role.h"

static bool is_create(const SyntaxShow *show) {
    return show->word_count >= 2 && strcmp(show->words[0], "create") == 0 && show->name.part_count > 0;
}

static Status show_prepare(Analysis *analysis, Error *error) {
    const SyntaxShow *show = analysis->syntax->show;
    if (!is_create(show))
        return error_set(
            error, STATUS_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", show->words[0]);
    analysis_set_text_columns(analysis, 2, (const char *const[]){"Name", "Create Sql"});
    return OK;
}

/* SHOW CREATE TABLE | VIEW | … name. Lists of objects are queries over the catalogs
   (planner/parse/foreign_statement.c). */
static Status show_run(SimpleExecution *execution, Error *error) {
    Object *object;
    TRY(analysis_find(execution->analysis, &execution->analysis->syntax->show->name, &object, error));
    Text sql = {0};
    Naming naming = naming_of(execution->session, execution->analysis->snapshot);
    create_statement(&naming, object, &sql);
    simple_add_row(execution, 2, (const char *const[]){object->relation.name, text_string(&sql)});
    text_free(&sql);
    simple_tag(execution, "SHOW");
    return OK;
}

static void show_columns(SimpleExecution *execution, const CatalogRelation *relation) {
    for (int i = 0; i < relation->column_count; i++) {
        const CatalogColumn *column = &relation->columns[i];
        if (column->is_hidden)
            continue;
        Text type = {0};
        type_add_name(column->type, &type);
        simple_add_row(execution, 3,
            (const char *const[]){column->name, text_string(&type), column->is_not_null ? "false" : "true"});
        text_free(&type);
    }
}

static Status show_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, show_run);
    return OK;
}

const Command show_command = {.is_read_only = true, .prepare = show_prepare, .execute = show_execute};

static Status describe_prepare(Analysis *analysis, Error *error) {
    analysis_set_text_columns(analysis, 3, (const char *const[]){"Name", "Type", "Is Nullable"});
    return OK;
}

static Status describe_run(SimpleExecution *execution, Error *error) {
    Object *object;
    TRY(analysis_find(execution->analysis, execution->analysis->syntax->describe, &object, error));
    show_columns(execution, &object->relation);
    simple_tag(execution, "DESCRIBE");
    return OK;
}

static Status describe_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, describe_run);
    return OK;
}

const Command describe_command = {
    .is_read_only = true, .prepare = describe_prepare, .execute = describe_execute};

/* FLUSH: waits for a commit that holds everything accepted up to now. */
static Status flush_run(SimpleExecution *execution, Error *error) {
    execution->await = await_create(&execution->base);
    coordinator_wait_commit(execution->analysis->instance->coordinator, await_completion(execution->await));
    return OK;
}

static Status flush_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, flush_run);
    return OK;
}

const Command flush_command = {.is_read_only = true, .execute = flush_execute};

static bool is_about_notifications(const char *tag) {
    return strcmp(tag, "LISTEN") == 0 || strcmp(tag, "UNLISTEN") == 0 || strcmp(tag, "NOTIFY") == 0;
}

/* VACUUM, ANALYZE and REFRESH have nothing to do here: statistics, space and views are kept as data arrives.
 */
static Status other_prepare(Analysis *analysis, Error *error) {
    const char *tag = analysis->syntax->tag;
    if (is_about_notifications(tag) || strcmp(tag, "VACUUM") == 0 || strcmp(tag, "ANALYZE") == 0 ||
        strcmp(tag, "CHECKPOINT") == 0 || strcmp(tag, "REFRESH MATERIALIZED VIEW") == 0)
        return OK;
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "%s is not supported", tag);
}

static Status other_run(SimpleExecution *execution, Error *error) {
    return is_about_notifications(execution->analysis->syntax->tag) ? notify_run(execution, error) : OK;
}

static Status other_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, other_run);
    return OK;
}

const Command other_command = {.prepare = other_prepare, .execute = other_execute};

/* ALTER … SET PARALLELISM = n and its like. A rate of nothing stops another system's source: that is not
   tuning. */
static Status alter_knob_run(SimpleExecution *execution, Error *error) {
    const SyntaxAlter *syntax = execution->analysis->syntax->alter;
    Object *object;
    TRY(analysis_find(execution->analysis, &syntax->name, &object, error));
    const char *knob = syntax->actions[1].text, *value = syntax->actions[syntax->action_count - 1].text;
    if (strstr(knob, "rate_limit") != NULL && strcmp(value, "0") == 0)
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "pausing by a rate limit of 0 is not supported");
    session_notice(execution->session, SEVERITY_NOTICE, OK, "setting \"%s\" of \"%s\" has no effect", knob,
        object->relation.name);
    return OK;
}

/* ALTER SYSTEM HOLD STEPS | RELEASE STEPS: what comes meanwhile enters one step together. For tests; gone
   with the session. */
static Status alter_run(SimpleExecution *execution, Error *error) {
    const SyntaxAlter *syntax = execution->analysis->syntax->alter;
    if (syntax->is_knob)
        return alter_knob_run(execution, error);
    bool is_rename = syntax->action_count > 0 && strcmp(syntax->actions[0].text, "rename") == 0;
    if (strcmp(syntax->kind, "SINK") == 0 && !is_rename)
        return alter_sink_run(execution, error);
    if (strcmp(syntax->kind, "MATERIALIZED VIEW") == 0 && syntax->action_count > 0)
        return alter_view_resume(execution, error);
    if (strcmp(syntax->kind, "SCHEMA") == 0)
        return ddl_alter_schema(execution, error);
    if (strcmp(syntax->kind, "SYSTEM") != 0)
        return alter_table_run(execution, error);
    if (!analysis_role(execution->analysis).spec.is_superuser)
        return error_set(
            error, STATUS_INSUFFICIENT_PRIVILEGE, "must be superuser to execute ALTER SYSTEM command");
    SessionState *state = session_state(execution->session);
    const char *word = syntax->action_count == 2 && strcmp(syntax->actions[1].text, "steps") == 0
                           ? syntax->actions[0].text
                           : "";
    if (strcmp(word, "hold") == 0) {
        state->held++;
        coordinator_hold(state->instance->coordinator);
    } else if (strcmp(word, "release") == 0 && state->held > 0) {
        state->held--;
        coordinator_release(state->instance->coordinator);
    } else {
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "this form of ALTER SYSTEM is not supported");
    }
    return OK;
}

static Status alter_prepare(Analysis *analysis, Error *error) {
    static const char *const kinds[] = {
        "SYSTEM", "SCHEMA", "SINK", "SOURCE", "TABLE", "VIEW", "MATERIALIZED VIEW", "INDEX", "SEQUENCE"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(analysis->syntax->alter->kind, kinds[i]) == 0)
            return OK;
    return error_set(
        error, STATUS_FEATURE_NOT_SUPPORTED, "ALTER %s is not supported", analysis->syntax->alter->kind);
}

static Status alter_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, alter_run);
    return OK;
}

const Command alter_command = {.is_definition = true, .prepare = alter_prepare, .execute = alter_execute};
