/* Connection: one client. Two halves: the socket's half belongs to its I/O thread; the conversation's half
   runs on that thread or, while a long statement runs, on a thread of the query pool, never on both. For the
   files of this folder. */
#ifndef LEAT_CONNECTION_CONNECTION_H
#define LEAT_CONNECTION_CONNECTION_H

#include <stdatomic.h>

#include "executor/base/text.h"
#include "server/auth/scram.h"
#include "server/auth/tls.h"
#include "server/conversation/copy.h"
#include "server/network/io_thread.h"
#include "server/network/query_pool.h"
#include "server/network/registry.h"
#include "server/conversation/rows.h"
#include "server/session/client.h"

enum {
    OUTPUT_CHUNK = 128 << 10,       /* the conversation pauses when it has written as much */
    OUTPUT_LOW = 64 << 10,          /* and goes on once the socket has no more than this left */
    INPUT_READ = 64 << 10,          /* bytes of one read, and of input kept while a statement runs */
    BIG_MESSAGE = 32 << 10,         /* statements longer than this are parsed in the query pool */
    STARTUP_SIZE_MAX = 10000,       /* PostgreSQL's MAX_STARTUP_PACKET_LENGTH */
    SMALL_MESSAGE_MAX = 10000,      /* of messages that hold a name at most */
    LARGE_MESSAGE_MAX = 0x3fffffff, /* of all others */
    FIRST_BYTE_MS_MAX = 5000,
    TAG_SIZE = 80
};

struct event;
typedef struct Connection Connection;

typedef enum RunResult {
    RUN_AGAIN,  /* there may be more to do at once */
    RUN_INPUT,  /* nothing to do before the client sends more */
    RUN_OUTPUT, /* the client has to take its output first */
    RUN_WAIT,   /* the statement waits to be woken */
    RUN_POOL,   /* to go on in the query pool */
    RUN_CLOSE   /* nothing more to say */
} RunResult;

/* What the connection's one timer is set for. */
typedef enum TimerPurpose {
    TIMER_NONE,
    TIMER_FIRST_BYTE,
    TIMER_STARTUP,
    TIMER_STATEMENT,
    TIMER_IDLE_IN_TRANSACTION,
    TIMER_CLOSING
} TimerPurpose;

typedef enum Phase { PHASE_STARTUP, PHASE_AUTHENTICATION, PHASE_HTTP, PHASE_READY, PHASE_CLOSED } Phase;

typedef struct Message {
    char type;
    const char *body;
    size_t length;
} Message;

struct Connection {
    struct PgServer *server;
    IoThread *thread;
    RegistryEntry entry;

    /* The socket's half. */
    int fd;
    struct event *read_event;
    struct event *write_event;
    struct event *timer;
    Text input; /* from input_at on not yet taken */
    size_t input_at;
    size_t discard; /* bytes to come of a message that was too long */
    Text sending;   /* from sent on not yet written */
    size_t sent;
    TlsStream *tls;     /* NULL: what is sent and received is plain */
    bool starts_tls;    /* once what is to be sent now has been */
    bool ignores_input; /* what comes from now on is not looked at */
    bool is_end_of_input;
    bool is_closing; /* as soon as all is sent */
    bool is_broken;  /* nothing can be sent any more */
    bool is_on_pool;
    TimerPurpose timer_purpose;
    unsigned timer_serial;    /* the statement it was set for */
    struct event *wake_timer; /* of a statement that asked to be stepped again after a while */
    RunResult last_result;
    bool must_run; /* though it waits: it was cancelled */
    IoMail mail;   /* woken, cancelled, back from the pool, server stops */
    PoolTask task;
    atomic_bool is_pool_done;
    RunResult pool_result;
    atomic_bool is_woken;
    atomic_bool is_cancelled;
    atomic_bool is_stopping;
    bool is_set_up;

    /* The conversation's half. */
    Phase phase;
    bool has_asked_ssl, has_asked_gss;
    struct HttpExchange *http; /* NULL: PostgreSQL is spoken */
    Text startup;              /* the packet, while the client proves who it is */
    ScramExchange *scram;      /* NULL: it has not chosen a mechanism yet */
    Text verifier;             /* of its password; empty: nothing is right */
    Text output;
    Text kept_message; /* a copy of a big message, to parse in the pool */
    char kept_type;
    Session *session;
    unsigned statement_serial;
    int statement_timeout_ms;                      /* of the running activity; 0 = none */
    RunResult (*activity)(Connection *connection); /* what is going on; NULL: the next message decides */
    bool is_extended;                              /* the activity belongs to Execute or Sync, not to Query */
    bool skips_to_sync;
    Script *script; /* of a Query message, from script_at on still to run */
    int script_at;
    Portal *portal; /* being run */
    int64_t row_max;
    int64_t row_count; /* rows sent by this Execute */
    RowWriter *rows;   /* of a batch begun */
    CopyWriter *copy_out;
    CopyReader *copy_in;
    Execution *commit;
    RunResult (*after_commit)(Connection *connection);
    char tag[TAG_SIZE]; /* to be sent once the commit is through, or with the next message that doesn't commit
                         */
    bool has_tag;
};

/* connection.c */
Status connection_open(struct PgServer *server, IoThread *thread, int fd, Error *error);
/* Asks it to end; from any thread, with the registry locked. */
void connection_stop(void *connection);
/* A CancelRequest with the right key came; likewise. */
void connection_cancel(void *connection);
void connection_wake(void *connection);

/* conversation.c */
RunResult conversation_run(Connection *connection);
/* The next whole message; RUN_INPUT when there is none yet, RUN_CLOSE when the framing is broken. On the I/O
   thread only. */
RunResult conversation_take_message(Connection *connection, Message *message);
/* Reports the error (cleared), ends the activity and, in extended protocol, skips to the next Sync. */
RunResult conversation_fail(Connection *connection, Error *error);
/* The same, and ends the connection. */
RunResult conversation_fatal(Connection *connection, Error *error);
void conversation_ready(Connection *connection);
void conversation_add_notices(Connection *connection);
void conversation_release(Connection *connection); /* frees the conversation's half */

/* startup.c */
RunResult startup_run(Connection *connection);
/* The client has proved who it is: opens the session. */
RunResult startup_finish(Connection *connection);
/* A session without settings of its own. */
Status startup_open_session(Connection *connection, const char *user, Error *error);

/* authentication.c */
/* Begins to ask for a password, or goes on with what the client answers. */
RunResult authentication_begin(Connection *connection);
RunResult authentication_run(Connection *connection);
void authentication_release(Connection *connection);

/* simple.c */
RunResult simple_query(Connection *connection, const Message *message);
/* The portal being run is done; the tag is complete. */
RunResult simple_statement_done(Connection *connection);

/* extended.c */
RunResult extended_parse(Connection *connection, const Message *message);
RunResult extended_bind(Connection *connection, const Message *message);
RunResult extended_describe(Connection *connection, const Message *message);
RunResult extended_execute(Connection *connection, const Message *message);
RunResult extended_close(Connection *connection, const Message *message);
RunResult extended_sync(Connection *connection, const Message *message);

/* portal_run.c */
/* The tag of a statement whose execution gave none: with the number of rows for those that PostgreSQL counts.
 */
void complete_tag(const Prepared *prepared, int64_t row_count, char *tag);
/* Sends the kept tag, if there is one. */
void complete_statement(Connection *connection);
/* Sends the portal's rows until it is done, suspended, or something has to be waited for. */
RunResult portal_run(Connection *connection);
/* Sets the portal up as the activity; announces COPY. */
RunResult portal_run_begin(Connection *connection, Portal *portal, int64_t row_max);
/* Makes the activity: commit the implicit transaction, if there is one; complete the statement whose tag is
   kept, if one is; after_commit. */
void commit_run_begin(Connection *connection);

/* copy_in.c: takes CopyData until the client ends it; then the portal runs on. */
RunResult copy_in_run(Connection *connection);

#endif
