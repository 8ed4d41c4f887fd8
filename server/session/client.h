/* What a connection does with its session: prepared statements, portals, transactions. */
#ifndef LEAT_SESSION_CLIENT_H
#define LEAT_SESSION_CLIENT_H

#include "server/session/session.h"

typedef struct SessionOptions {
    const Engine *engine;
    const char *user;
    const char *database;
    int process_id;
    void (*wake)(void *wake_context); /* see Execution */
    void *wake_context;
} SessionOptions;

Status session_open(const SessionOptions *options, Session **out, Error *error);
/* Rolls back, closes all portals. NULL is fine. */
void session_close(Session *session);
/* A setting of the connection's first message. */
Status session_set_start(Session *session, const char *name, const char *text, Error *error);
/* What ParameterStatus has still to tell. */
bool session_take_reported(Session *session, const char **name, const char **text);
/* The oldest notice, for the caller to clear; false when there is none. Those below client_min_messages never
   come. */
bool session_take_notice(Session *session, Severity *severity, Error *notice);
/* Between transactions: what NOTIFY has sent to the session; false when there is nothing. */
bool session_take_notification(Session *session, Notification *notification);
/* The milliseconds after which the waiting statement wants to be stepped again without a wake; -1 = it does
   not. */
int64_t session_take_wake(Session *session);
/* From any thread: ends the running statement. Of several reasons the gravest counts. */
void session_cancel(Session *session, CancelReason reason);
CancelReason session_cancel_reason(const Session *session);
/* A message that is part of a statement begins: sets its time, and forgets a cancel that was meant for the
   last one (not that the client or the server goes). */
void session_begin_statement(Session *session);

/* A prepared statement, named or not. */
typedef struct Statement {
    int reference_count;
    char *name;
    Script *script;
    const SyntaxStatement *syntax; /* NULL: an empty text */
    Type *types;                   /* as declared */
    int type_count;
    Prepared *prepared; /* NULL: an empty text */
    bool is_from_sql;   /* by PREPARE, not by Parse */
    int64_t created_at;
} Statement;

/* Analyses one statement of the script; 25P02 in a failed transaction. Not yet found by name. */
Status statement_create(Session *session, Script *script, const SyntaxStatement *syntax, const char *name,
    const Type *types, int type_count, Statement **out, Error *error);
/* 25P02 when the transaction has failed and the statement does not end it. */
Status statement_check(Session *session, const Statement *statement, Error *error);
bool statement_is_current(Session *session, const Statement *statement);
/* Analyses it again when catalogs or settings have changed; 0A000 when its result would have other columns.
 */
Status statement_refresh(Session *session, Statement *statement, Error *error);
Statement *statement_retain(Statement *statement);
void statement_release(Statement *statement); /* NULL is fine */

Statement *session_statement(Session *session, const char *name); /* borrowed; NULL: none */
/* Makes it found under its name, and keeps it. An unnamed one replaces the last; 42P05 if a named one exists.
 */
Status session_keep_statement(Session *session, Statement *statement, Error *error);
void session_drop_statement(Session *session, const char *name);
void session_visit_statements(Session *session, void (*visit)(void *context, void *statement), void *context);

/* A statement with its parameters, and, once started, its execution and what it has still to give. */
typedef struct Portal {
    Session *session;
    char *name;
    Arena *arena; /* parameters and formats */
    Statement *statement;
    Prepared *prepared; /* of the statement when the portal was made; NULL: empty */
    const Value *parameters;
    int16_t *formats;     /* a format code a result column, 1 = binary; NULL: all text */
    Execution *execution; /* NULL: not started, or over */
    Batch *batch; /* given by the execution, not yet asked for by the client; rows from batch_at on, of the
                     first only copies_left when > 0 */
    int batch_at;
    int64_t copies_left;
    int64_t position; /* rows given so far */
    bool is_started;
    bool is_done;
    bool is_active; /* its user is not done with it: not freed when its statement ends the transaction */
    bool is_cursor; /* by DECLARE */
    bool is_holdable;
    bool is_committed; /* a holdable cursor whose transaction has been committed: it outlives the next ones */
    bool is_binary;
    struct ScrollRows *scroll; /* of a SCROLL cursor: see scroll_rows.h */
    Batch **held;              /* the rest of a holdable cursor's rows, kept at commit; from held_at on */
    int held_count;
    int held_capacity;
    int held_at;
    size_t held_bytes;
    int savepoint_count; /* when it was made */
    int64_t created_at;
} Portal;

/* Found by name from now on; an unnamed one replaces the last, 42P03 if a named one exists. The portal has an
   empty arena for its parameters. */
Status portal_create(Session *session, const char *name, Statement *statement, Portal **out, Error *error);
Portal *session_portal(Session *session, const char *name); /* NULL: none */
/* Checks that the transaction allows the statement, begins one if none is, and starts the execution. */
Status portal_start(Portal *portal, Error *error);
/* Steps it: at most row_max rows (0 = all; a row with diff n is n rows; a row with a negative diff is an
   internal error). */
Status portal_next(Portal *portal, int64_t row_max, Batch **batch, ExecutionState *state, Error *error);
void portal_drop(Portal *portal);
void session_visit_portals(Session *session, void (*visit)(void *context, void *portal), void *context);

/* 'I', 'T' or 'E', as ReadyForQuery says it. */
char session_transaction_status(const Session *session);
/* Several statements arrived in one Query message: they are one transaction unless they say otherwise. */
void session_begin_implicit_block(Session *session);
/* A Query or Sync ends: *out is what to step until the implicit transaction is durable, or NULL when there is
   nothing to wait for. */
Execution *session_end_implicit(Session *session);
/* A statement failed: an implicit transaction is rolled back, a block is aborted. */
void session_fail(Session *session);

#endif
