/* CREATE SAVEPOINT, DROP SAVEPOINT: named copies of the server's whole state. */
#include "server/catalog/checkpoint.h"

#include "server/commands/command.h"
#include "server/commands/role.h"

/* Everything accepted before the statement is committed: now the store holds it. */
static Status create_now(SimpleExecution *execution, const Error *outcome, Error *error) {
    const Analysis *analysis = execution->analysis;
    if (outcome != NULL) {
        error_copy(error, outcome);
        return error->status;
    }
    return checkpoint_create(analysis->instance->options.data_directory, analysis->instance->store,
        analysis->syntax->savepoint->name, error);
}

static Status savepoint_run(SimpleExecution *execution, Error *error) {
    const Analysis *analysis = execution->analysis;
    const SyntaxSavepoint *syntax = analysis->syntax->savepoint;
    const char *data = analysis->instance->options.data_directory;
    if (!analysis_role(analysis).spec.is_superuser)
        return error_set(
            error, STATUS_INSUFFICIENT_PRIVILEGE, "must be superuser to execute %s", analysis->syntax->tag);
    bool is_there = checkpoint_exists(data, syntax->name);
    if (session_is_in_block(execution->session))
        return error_set(error, STATUS_ACTIVE_SQL_TRANSACTION, "%s cannot run inside a transaction block",
            analysis->syntax->tag);
    if (syntax->is_conditional && is_there != syntax->is_drop) {
        session_notice(execution->session, SEVERITY_NOTICE, OK, "savepoint \"%s\" %s, skipping", syntax->name,
            is_there ? "already exists" : "does not exist");
        return OK;
    }
    if (syntax->is_drop)
        return checkpoint_drop(data, syntax->name, error);
    TRY(coordinator_note_deliveries(analysis->instance->coordinator, error));
    execution->finish = create_now;
    execution->await = await_create(&execution->base);
    coordinator_wait_commit(analysis->instance->coordinator, await_completion(execution->await));
    return OK;
}

static Status savepoint_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, savepoint_run);
    return OK;
}

const Command savepoint_command = {.execute = savepoint_execute};
