/* Session's fields, for the files of this folder only. */
#ifndef LEAT_SESSION_SESSION_INTERNAL_H
#define LEAT_SESSION_SESSION_INTERNAL_H

#include "server/session/client.h"
#include "server/session/name_table.h"
#include "server/session/shape.h"

typedef enum TransactionState {
    TRANSACTION_NONE,
    TRANSACTION_IMPLICIT,       /* a statement, or a pipeline up to its Sync */
    TRANSACTION_IMPLICIT_BLOCK, /* a Query message of several statements */
    TRANSACTION_BLOCK,          /* BEGIN was said */
    TRANSACTION_FAILED          /* a block after an error: rolled back, waits for the client to end it */
} TransactionState;

typedef struct Notice {
    Severity severity;
    Error error;
} Notice;

typedef struct Savepoint {
    char *name;
    EngineMark engine_mark;
    VariablesMark *variables;
} Savepoint;

struct Session {
    const Engine *engine;
    void *engine_state;
    char *user;
    bool is_guest;
    char *database;
    uint64_t role_version; /* of the variables when is_superuser was last asked for */
    int process_id;
    void (*wake)(void *wake_context);
    void *wake_context;
    atomic_int cancel_reason;
    bool has_wake_ms; /* see session_take_wake */
    int64_t wake_ms;

    Variables *variables;
    TypeSettings type_settings;
    uint64_t type_settings_version;

    Notice *notices;
    int notice_count, notice_capacity, notice_at;

    TransactionState transaction;
    bool is_engine_begun;
    Savepoint *savepoints; /* the oldest first */
    int savepoint_count, savepoint_capacity;
    int64_t transaction_time;
    int64_t statement_time;

    NameTable statements;
    NameTable portals;
    ShapeTable shapes;
};

/* Analysis of any statement: the session's own or the engine's. */
Status session_prepare(Session *session, Script *script, const SyntaxStatement *syntax, const Type *types,
    int type_count, Prepared **out, Error *error);
/* Starts any Prepared, within the transaction as it stands. */
Status session_execute(
    Session *session, Prepared *prepared, const Value *parameters, Execution **out, Error *error);

/* What only some roles may be set to. */
Status session_check_role(Session *session, const char *name, const char *text, Error *error);

/* transaction.c, transaction_end.c */
/* 25P02 in a failed transaction, unless the statement ends it. */
Status transaction_check(Session *session, bool ends_transaction, Error *error);
/* May this statement run now? Begins an implicit transaction if there is none. */
Status transaction_enter(Session *session, const Prepared *prepared, Error *error);
/* Tells the engine of the transaction, once: before the first statement that is not the session's own. */
Status transaction_need_engine(Session *session, Error *error);
/* What ends the transaction by a commit when it is stepped, rolling back if that fails; `tag` is what it then
   says. */
Execution *transaction_commit(Session *session, const char *tag, bool is_chain);
/* At once; no state of the transaction is left. */
void transaction_rollback(Session *session);
/* Savepoints; the caller has checked that there is a block. */
Status savepoint_set(Session *session, const char *name, Error *error);
Status savepoint_release(Session *session, const char *name, Error *error);
Status savepoint_go_back(Session *session, const char *name, Error *error);
/* BEGIN: makes what there is a block, or starts one. */
void transaction_begin_block(Session *session);

/* portal.c */
void portals_drop_all(Session *session);
/* Those made since the savepoint_count-th savepoint was set. */
void portals_drop_since(Session *session, int savepoint_count);
/* A savepoint is released: what was made since belongs to the one before. */
void portals_release(Session *session, int savepoint_count);
/* CLOSE ALL: all but the active one. */
void portals_drop_cursors(Session *session);
/* Moves one more batch of a holdable cursor's rows into the portal itself; ROWS: call again while an
   execution is left. */
Status portal_keep_batch(Portal *portal, ExecutionState *state, Error *error);
/* Ends those that a transaction's end ends; the active one is left to its user. */
void portals_end_transaction(Session *session, bool is_commit);
void statements_drop_all(Session *session);

#endif
