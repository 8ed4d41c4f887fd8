/* Execution: the boundary between sessions and what analyses and runs their statements.
   The server gets one Engine; a statement becomes a Prepared, a Prepared with parameters becomes an
   Execution, and an Execution is stepped by whoever serves the client until it is done. Nothing here blocks:
   what must wait says so and wakes its session later. */
#ifndef LEAT_SESSION_EXECUTION_H
#define LEAT_SESSION_EXECUTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "executor/base/error.h"
#include "executor/batch/batch.h"
#include "server/session/script.h"

typedef struct Session Session;
typedef struct Prepared Prepared;
typedef struct Execution Execution;

typedef struct ResultColumn {
    const char *name;
    Type type;
    uint32_t relation_oid; /* 0 unless the column is a relation's own */
    int16_t column_number; /* in that relation, from 1 */
} ResultColumn;

typedef enum CopyDirection { COPY_NONE, COPY_OUT, COPY_IN } CopyDirection;
typedef enum CopyKind { COPY_TEXT, COPY_CSV, COPY_BINARY } CopyKind;

/* How COPY TO STDOUT / FROM STDIN lays out its rows; the connection encodes and decodes. */
typedef struct CopyFormat {
    CopyDirection direction;
    CopyKind kind;
    char delimiter;
    char quote;
    char escape;
    bool has_header;
    const char *null_text;     /* "\\N" for text, "" for CSV */
    const char *relation_name; /* for error contexts: COPY <name>, line 3 */
} CopyFormat;

/* One analysed statement of one session. Reference counted, used by one thread at a time. The engine embeds
   it as the first member. */
struct Prepared {
    int reference_count; /* 1 from prepare */
    const char *tag;     /* "SELECT", "INSERT", "CREATE TABLE" */
    int parameter_count;
    const Type *parameter_types; /* all resolved */
    bool returns_rows;
    int column_count; /* the result's columns; for COPY the columns copied */
    const ResultColumn *columns;
    CopyFormat copy;
    bool is_bounded; /* over in about 200 µs: steps may run on an I/O thread; else they run in the query pool
                      */
    bool is_read_only;          /* else refused (25006) in a read-only transaction */
    bool is_forbidden_in_block; /* 25001 in a transaction block; commits by itself at its end */
    bool ends_implicit_block;   /* DDL: among several statements of one message it commits what came before it
                                   and itself */
    bool is_endless;       /* never ends by itself (SUBSCRIBE): a holdable cursor keeps it running instead of
                              materialising it */
    bool ends_transaction; /* COMMIT, ROLLBACK: allowed in a failed transaction */
    bool is_binary; /* its rows go out in binary form unless the client says otherwise: FETCH from a BINARY
                       cursor */
    /* Set by the session on its own statements, never by an engine: runs them. */
    Status (*run_own)(
        Session *session, Prepared *prepared, const Value *parameters, Execution **out, Error *error);
    void (*destroy)(Prepared *prepared); /* at the last release */
};

static inline Prepared *prepared_retain(Prepared *prepared) {
    prepared->reference_count++;
    return prepared;
}
static inline void prepared_release(Prepared *prepared) {
    if (prepared != NULL && --prepared->reference_count == 0)
        prepared->destroy(prepared);
}

typedef enum ExecutionState {
    EXECUTION_ROWS, /* *batch holds a batch (never NULL, a reference for the caller); step again for more */
    EXECUTION_WAIT, /* nothing now: wake(wake_context) will be called, from any thread; step again then */
    EXECUTION_DONE  /* over; tag holds what to tell the client, or is empty: the Prepared's tag, with the
                       number of rows sent for SELECT, INSERT, COPY … */
} ExecutionState;

typedef struct ExecutionType {
    /* Goes on. row_max: how many rows the client still wants, 0 = all; a hint (surplus rows wait in the
       portal). Returns after at most one batch. Not to block; between batches of input it looks at
       execution_is_cancelled and then returns QUERY_CANCELED through execution_cancelled. A wake that comes
       before step has returned WAIT is not lost; a step may also come without a wake. After an error or DONE
       only close follows. */
    Status (*step)(Execution *execution, int row_max, Batch **batch, ExecutionState *state, Error *error);
    /* COPY FROM STDIN: takes decoded rows (borrowed); NULL = the input is complete, step then finishes. NULL
       function elsewhere. */
    Status (*copy_rows)(Execution *execution, Batch *batch, Error *error);
    /* Ends it, finished or not, and frees it. Unfinished: what it was building is given up (a commit in
       flight goes on). No wake comes, and none is under way, once close has returned. */
    void (*close)(Execution *execution);
} ExecutionType;

/* One running statement. The engine embeds it as the first member and sets type; the rest is set by the
   session after execute. */
struct Execution {
    const ExecutionType *type;
    void (*wake)(void *wake_context);
    void *wake_context;
    const atomic_int *cancel_reason; /* CancelReason; nonzero = end soon */
    bool is_bounded;                 /* the Prepared's */
    char tag[64];                    /* written by step before DONE */
};

typedef enum CancelReason {
    CANCEL_NONE,
    CANCEL_REQUEST,
    CANCEL_TIMEOUT,
    CANCEL_DISCONNECT,
    CANCEL_SHUTDOWN
} CancelReason;

static inline bool execution_is_cancelled(const Execution *execution) {
    return execution->cancel_reason != NULL &&
           atomic_load_explicit(execution->cancel_reason, memory_order_relaxed) != CANCEL_NONE;
}
/* 57014 or 57P01 with PostgreSQL's words for the reason. */
unsigned cancel_error(CancelReason reason, Error *error);
static inline Status execution_cancelled(const Execution *execution, Error *error) {
    return cancel_error((CancelReason)atomic_load(execution->cancel_reason), error);
}

/* What leads the engine back to a moment of its transaction: how much it had changed by then. */
typedef struct EngineMark {
    int64_t row_changes;
    int catalog_changes;
} EngineMark;

/* What NOTIFY sends; both texts are the receiver's to free (memory_free). */
typedef struct Notification {
    int process_id;
    char *channel, *payload;
} Notification;

/* What runs statements. All functions are called on the thread that serves the session at that moment,
   several sessions at once. */
typedef struct Engine {
    void *context;
    /* What a client that calls itself so has to prove: *needs_password, with the verifier of its password
       added to `verifier` unless it has none (then nothing is right). NULL function: nothing. */
    Status (*login)(void *context, const char *user, bool is_loopback, bool *needs_password, Text *verifier,
        Error *error);
    /* May the session act as this role (SET ROLE), or be this one's (SET SESSION AUTHORIZATION)? 22023,
       42501. NULL function: as its login only. */
    Status (*check_role)(
        void *context, Session *session, const char *name, bool is_authorization, Error *error);
    /* Whether whom it acts as is a superuser. NULL function: yes. */
    bool (*is_superuser)(void *context, Session *session);
    /* What the port says over HTTP. NULL functions: nothing, and well. Any thread. */
    void (*add_metrics)(void *context, Text *out);
    bool (*is_healthy)(void *context);
    /* A client connected, or left. The engine keeps its own state of the session by session_set_engine_state.
     */
    Status (*session_open)(void *context, Session *session, Error *error);
    void (*session_close)(void *context, Session *session);
    /* Analyses a statement that is not the session's own. Its positions refer to the script's text, and the
       Prepared keeps the script; a statement that lies elsewhere has to outlive the Prepared. types are those
       the client declared, by parameter number (UNKNOWN: not declared; there may be more parameters than
       types). */
    Status (*prepare)(void *context, Session *session, Script *script, const SyntaxStatement *statement,
        const Type *types, int type_count, Prepared **out, Error *error);
    /* False when catalogs or settings have changed so that it must be prepared again. */
    bool (*is_current)(void *context, Session *session, const Prepared *prepared);
    /* Starts it. Parameters are borrowed until close. A transaction has been begun. */
    Status (*execute)(void *context, Session *session, Prepared *prepared, const Value *parameters,
        Execution **out, Error *error);
    /* Called before the first statement of each transaction, implicit or not; to be cheap. */
    Status (*transaction_begin)(void *context, Session *session, Error *error);
    /* Ends the transaction; *out = what to step until the commit is durable (it sends no rows), or NULL: it
       is already. An error means rolled back. A tag that it leaves replaces the last statement's: the
       statement was evaluated again and has changed another number of rows. */
    Status (*transaction_commit)(void *context, Session *session, Execution **out, Error *error);
    void (*transaction_rollback)(void *context, Session *session);
    /* SAVEPOINT and ROLLBACK TO, in a begun transaction: the mark may be gone back to several times, and
       after a failed statement too (transaction_rollback then has not been called). NULL functions: 0A000. */
    Status (*savepoint)(void *context, Session *session, EngineMark *mark, Error *error);
    Status (*rollback_to)(void *context, Session *session, const EngineMark *mark, Error *error);
    /* For reg* types in results and parameters; the pointer stays good until the statement ends. NULL
       function: none. */
    const TypeNames *(*type_names)(void *context, Session *session);
    /* DISCARD TEMP: the session's temporary objects go, in a transaction block with its commit; is_all: it
       listens to nothing any more. NULL function: there is nothing. */
    void (*discard)(void *context, Session *session, bool is_all);
    /* The oldest notification that has come for the session; false when there is none. NULL function: there
       are none. */
    bool (*take_notification)(void *context, Session *session, Notification *notification);
} Engine;

#endif
