/* Session: one client's settings, prepared statements, portals and transaction. Used by one thread at a time.
 */
#ifndef LEAT_SESSION_SESSION_H
#define LEAT_SESSION_SESSION_H

#include "server/session/execution.h"
#include "server/session/variables.h"

typedef enum Severity {
    SEVERITY_NOTICE,
    SEVERITY_WARNING,
    SEVERITY_INFO,
    SEVERITY_LOG,
    SEVERITY_DEBUG
} Severity;
const char *severity_name(Severity severity); /* "NOTICE" */

/* What an engine may ask of a session. */

void *session_engine_state(const Session *session);
void session_set_engine_state(Session *session, void *state);
const char *session_login(const Session *session); /* who connected */
const char *session_user(const Session *session);  /* that, or whom SET SESSION AUTHORIZATION named */
const char *session_role(const Session *session);  /* that, or whom SET ROLE named: whose rights count */
/* Its login is no role of the catalog: let in while nobody has a password. */
void session_set_guest(Session *session);
bool session_is_guest(const Session *session);
const char *session_database(const Session *session);
int session_process_id(const Session *session);
/* From any thread, while the session is open: it looks for what has come for it. */
void session_wake(const Session *session);

/* A variable's text as SHOW prints it; NULL when there is none of this name (any case). */
const char *session_variable(const Session *session, const char *name);
bool session_variable_bool(const Session *session, VariableId id);
int64_t session_variable_int(
    const Session *session, VariableId id); /* time and memory in its setting's base unit */
/* As SET does; SET LOCAL when is_local. */
Status session_set_variable(
    Session *session, const char *name, const char *text, bool is_local, Error *error);
/* All variables, for SHOW ALL and pg_settings: variables_view. */
const Variables *session_variables(const Session *session);
/* Formatting and parsing as this session has it. Valid until the next SET. */
const TypeSettings *session_type_settings(Session *session);

/* Sends the client a notice with what the running statement sends next. */
void session_notice(Session *session, Severity severity, Status status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void session_notice_full(
    Session *session, Severity severity, const Error *notice); /* with detail and hint; copied */

bool session_is_cancelled(const Session *session);
/* In BEGIN … COMMIT, or in a Query message of several statements. */
bool session_is_in_block(const Session *session);
bool session_transaction_is_read_only(const Session *session);
typedef enum Isolation { READ_COMMITTED, REPEATABLE_READ, SERIALIZABLE } Isolation;
Isolation session_isolation(const Session *session);
/* When the transaction and the statement began: microseconds since 2000-01-01 UTC. */
int64_t session_transaction_time(const Session *session);
int64_t session_statement_time(const Session *session);

#endif
