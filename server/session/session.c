/* Session: what a client's statements share. */
#include "executor/base/clock.h"
#include "server/session/session_internal.h"

#include <string.h>

#include "executor/base/memory.h"
#include "server/session/own_statement.h"

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

void *session_engine_state(const Session *session) {
    return session->engine_state;
}

void session_set_engine_state(Session *session, void *state) {
    session->engine_state = state;
}

const char *session_login(const Session *session) {
    return session->user;
}

const char *session_user(const Session *session) {
    return variables_text(session->variables, VARIABLE_session_authorization);
}

const char *session_role(const Session *session) {
    const char *role = variables_text(session->variables, VARIABLE_role);
    return strcmp(role, "none") == 0 ? session_user(session) : role;
}

void session_set_guest(Session *session) {
    session->is_guest = true;
}

bool session_is_guest(const Session *session) {
    return session->is_guest;
}

const char *session_database(const Session *session) {
    return session->database;
}

int session_process_id(const Session *session) {
    return session->process_id;
}

/* Settings */

const char *session_variable(const Session *session, const char *name) {
    return variables_find(session->variables, name);
}

bool session_variable_bool(const Session *session, VariableId id) {
    return variables_bool(session->variables, id);
}

int64_t session_variable_int(const Session *session, VariableId id) {
    return variables_integer(session->variables, id);
}

const Variables *session_variables(const Session *session) {
    return session->variables;
}

Status session_set_start(Session *session, const char *name, const char *text, Error *error) {
    TRY(session_check_role(session, name, text, error));
    return variables_set(session->variables, name, text, VARIABLE_START, NULL, error);
}

/* is_superuser is a setting that follows others. */
static void refresh_superuser(Session *session) {
    const Engine *engine = session->engine;
    uint64_t version = variables_version(session->variables);
    if (engine->is_superuser == NULL || session->role_version == version)
        return;
    const char *text = engine->is_superuser(engine->context, session) ? "on" : "off";
    Error error = {0};
    if (strcmp(variables_text(session->variables, VARIABLE_is_superuser), text) != 0)
        (void)!variables_set(session->variables, "is_superuser", text, VARIABLE_SERVER, NULL, &error);
    error_clear(&error);
    session->role_version = variables_version(session->variables);
}

bool session_take_reported(Session *session, const char **name, const char **text) {
    refresh_superuser(session);
    return variables_take_reported(session->variables, name, text);
}

const TypeSettings *session_type_settings(Session *session) {
    TypeSettings *settings = &session->type_settings;
    uint64_t version = variables_version(session->variables);
    if (session->type_settings_version != version) {
        session->type_settings_version = version;
        settings->time_zone = variables_text(session->variables, VARIABLE_TimeZone);
        settings->date_style = variables_text(session->variables, VARIABLE_DateStyle);
        settings->interval_style = variables_text(session->variables, VARIABLE_IntervalStyle);
        settings->bytea_output = variables_text(session->variables, VARIABLE_bytea_output);
        settings->extra_float_digits =
            (int)variables_integer(session->variables, VARIABLE_extra_float_digits);
    }
    settings->now = session_transaction_time(session);
    settings->names = session->engine->type_names == NULL
                          ? NULL
                          : session->engine->type_names(session->engine->context, session);
    return settings;
}

/* Notices */

const char *severity_name(Severity severity) {
    static const char *const names[] = {[SEVERITY_NOTICE] = "NOTICE",
        [SEVERITY_WARNING] = "WARNING",
        [SEVERITY_INFO] = "INFO",
        [SEVERITY_LOG] = "LOG",
        [SEVERITY_DEBUG] = "DEBUG"};
    return names[severity];
}

static int notice_rank(const Session *session) {
    /* client_min_messages: what is below isn't sent. */
    const char *level = variables_text(session->variables, VARIABLE_client_min_messages);
    static const char *const levels[] = {"debug", "log", "notice", "warning", "error"};
    for (int i = 0; i < 5; i++)
        if (strncmp(level, levels[i], strlen(levels[i])) == 0)
            return i;
    return 0;
}

void session_notice_full(Session *session, Severity severity, const Error *notice) {
    static const int ranks[] = {[SEVERITY_DEBUG] = 0,
        [SEVERITY_LOG] = 1,
        [SEVERITY_NOTICE] = 2,
        [SEVERITY_WARNING] = 3,
        [SEVERITY_INFO] = 5};
    if (ranks[severity] < notice_rank(session))
        return;
    GROW(session->notices, session->notice_capacity, session->notice_count + 1);
    Notice *added = &session->notices[session->notice_count++];
    *added = (Notice){.severity = severity};
    error_copy(&added->error, notice);
}

void session_notice(Session *session, Severity severity, Status status, const char *format, ...) {
    Error notice = {0};
    va_list arguments;
    va_start(arguments, format);
    error_set_va(&notice, status, format, arguments);
    va_end(arguments);
    session_notice_full(session, severity, &notice);
    error_clear(&notice);
}

bool session_take_notice(Session *session, Severity *severity, Error *notice) {
    if (session->notice_at == session->notice_count)
        return false;
    *severity = session->notices[session->notice_at].severity;
    error_move(notice, &session->notices[session->notice_at].error);
    if (++session->notice_at == session->notice_count)
        session->notice_at = session->notice_count = 0;
    return true;
}

bool session_take_notification(Session *session, Notification *notification) {
    const Engine *engine = session->engine;
    return engine->take_notification != NULL && session_transaction_status(session) == 'I' &&
           engine->take_notification(engine->context, session, notification);
}

void session_wake(const Session *session) {
    if (session->wake != NULL)
        session->wake(session->wake_context);
}

static void clear_cancel(Session *session) {
    int current = atomic_load(&session->cancel_reason);
    while (current != CANCEL_NONE && current < CANCEL_DISCONNECT &&
           !atomic_compare_exchange_weak(&session->cancel_reason, &current, CANCEL_NONE))
        ;
}

void session_begin_statement(Session *session) {
    session->statement_time = clock_wall();
    clear_cancel(session);
}

int64_t session_take_wake(Session *session) {
    int64_t ms = session->has_wake_ms ? session->wake_ms : -1;
    session->has_wake_ms = false;
    return ms;
}

/* Cancelling */

void session_cancel(Session *session, CancelReason reason) {
    /* The graver reason wins. */
    int current = atomic_load(&session->cancel_reason);
    while (current < (int)reason &&
           !atomic_compare_exchange_weak(&session->cancel_reason, &current, (int)reason))
        ;
}

CancelReason session_cancel_reason(const Session *session) {
    return (CancelReason)atomic_load(&session->cancel_reason);
}

bool session_is_cancelled(const Session *session) {
    return session_cancel_reason(session) != CANCEL_NONE;
}

unsigned cancel_error(CancelReason reason, Error *error) {
    switch (reason) {
    case CANCEL_NONE:
    case CANCEL_REQUEST:
        return error_set(error, STATUS_QUERY_CANCELED, "canceling statement due to user request");
    case CANCEL_TIMEOUT:
        return error_set(error, STATUS_QUERY_CANCELED, "canceling statement due to statement timeout");
    case CANCEL_DISCONNECT:
        return error_set(error, STATUS_CONNECTION_FAILURE, "connection to client lost");
    case CANCEL_SHUTDOWN:
        return error_set(error, STATUS_ADMIN_SHUTDOWN, "terminating connection due to administrator command");
    }
    return error_set(error, STATUS_INTERNAL_ERROR, "unknown reason to cancel");
}

/* Statements, the session's own and the engine's */

Status session_prepare(Session *session, Script *script, const SyntaxStatement *syntax, const Type *types,
    int type_count, Prepared **out, Error *error) {
    if (own_statement_claims(session, syntax))
        return own_statement_prepare(session, script, syntax, types, type_count, out, error);
    return session->engine->prepare(
        session->engine->context, session, script, syntax, types, type_count, out, error);
}

Status session_execute(
    Session *session, Prepared *prepared, const Value *parameters, Execution **out, Error *error) {
    if (prepared->run_own != NULL)
        return prepared->run_own(session, prepared, parameters, out, error);
    TRY(transaction_need_engine(session, error));
    TRY(session->engine->execute(session->engine->context, session, prepared, parameters, out, error));
    Execution *execution = *out;
    execution->wake = session->wake;
    execution->wake_context = session->wake_context;
    execution->cancel_reason = &session->cancel_reason;
    execution->is_bounded = prepared->is_bounded;
    return OK;
}
