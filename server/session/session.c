/* Session: what a client's statements share. */
#include "server/session/session_internal.h"

#include <string.h>
#include <strings.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"

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

Status session_check_role(Session *session, const char *name, const char *text, Error *error) {
    bool is_role = strcasecmp(name, "role") == 0;
    if (!is_role && strcasecmp(name, "session_authorization") != 0)
        return OK;
    if (is_role && strcmp(text, "none") == 0)
        return OK;
    if (session->engine->check_role != NULL)
        return session->engine->check_role(session->engine->context, session, text, !is_role, error);
    if (strcmp(text, session_login(session)) == 0)
        return OK;
    return error_set(error, STATUS_INVALID_PARAMETER_VALUE, "role \"%s\" does not exist", text);
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

/* The transaction, as others ask of it */

char session_transaction_status(const Session *session) {
    switch (session->transaction) {
    case TRANSACTION_NONE:
    case TRANSACTION_IMPLICIT:
    case TRANSACTION_IMPLICIT_BLOCK:
        return 'I';
    case TRANSACTION_BLOCK:
        return 'T';
    case TRANSACTION_FAILED:
        return 'E';
    }
    return 'I';
}

bool session_is_in_block(const Session *session) {
    return session->transaction != TRANSACTION_NONE && session->transaction != TRANSACTION_IMPLICIT;
}

bool session_transaction_is_read_only(const Session *session) {
    return variables_bool(session->variables, VARIABLE_transaction_read_only);
}

Isolation session_isolation(const Session *session) {
    const char *level = variables_text(session->variables, VARIABLE_transaction_isolation);
    return strcmp(level, "serializable") == 0      ? SERIALIZABLE
           : strcmp(level, "repeatable read") == 0 ? REPEATABLE_READ
                                                   : READ_COMMITTED;
}

int64_t session_transaction_time(const Session *session) {
    return session->transaction == TRANSACTION_NONE ? session->statement_time : session->transaction_time;
}

int64_t session_statement_time(const Session *session) {
    return session->statement_time;
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
