/* A session's life: opened and closed by who serves its client. */
#include "executor/base/memory.h"
#include "server/session/session_internal.h"

Status session_open(const SessionOptions *options, Session **out, Error *error) {
    Session *session = NEW(Session);
    session->engine = options->engine;
    session->user = memory_strdup(options->user);
    session->database = memory_strdup(options->database);
    session->process_id = options->process_id;
    session->wake = options->wake;
    session->wake_context = options->wake_context;
    session->variables = variables_create();
    session->type_settings_version = UINT64_MAX;
    Status status = variables_set(
        session->variables, "session_authorization", options->user, VARIABLE_SERVER, NULL, error);
    if (status == OK)
        status = session->engine->session_open(session->engine->context, session, error);
    if (status != OK) {
        session->engine = NULL;
        session_close(session);
        return status;
    }
    *out = session;
    return OK;
}

void session_close(Session *session) {
    if (session == NULL)
        return;
    if (session->engine != NULL) {
        transaction_rollback(session);
        portals_drop_all(session);
        statements_drop_all(session);
        session_forget_shapes(session);
        session->engine->session_close(session->engine->context, session);
    }
    for (int i = session->notice_at; i < session->notice_count; i++)
        error_clear(&session->notices[i].error);
    memory_free(session->notices);
    memory_free(session->savepoints);
    variables_destroy(session->variables);
    memory_free(session->user);
    memory_free(session->database);
    memory_free(session);
}

Status session_set_start(Session *session, const char *name, const char *text, Error *error) {
    TRY(session_check_role(session, name, text, error));
    return variables_set(session->variables, name, text, VARIABLE_START, NULL, error);
}
