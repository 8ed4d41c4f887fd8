/* Conversation: what one client wants and gets: its session, the activity that goes on, and the output that
   it writes. It reads and writes no socket and knows no bytes of a protocol: see protocol.h.

   One thread owns it at a time: the connection's I/O thread or, while a long statement runs, a thread of the
   query pool. The owner alone touches its fields, but for those that say otherwise; `session` is set and
   cleared on the I/O thread while it owns the conversation, so that this thread may always read it. */
#ifndef LEAT_CONVERSATION_CONVERSATION_H
#define LEAT_CONVERSATION_CONVERSATION_H

#include <pthread.h>
#include <stdatomic.h>

#include "executor/base/text.h"
#include "server/conversation/copy.h"
#include "server/conversation/rows.h"
#include "server/session/client.h"

enum {
    OUTPUT_CHUNK = 128 << 10, /* a conversation pauses when it has written as much */
    BIG_STATEMENT = 32 << 10, /* statements longer than this are parsed in the query pool */
    TAG_SIZE = 80
};

typedef struct Conversation Conversation;

/* What a conversation needs to go on. */
typedef enum Need {
    NEED_NOTHING, /* there may be more to do at once */
    NEED_INPUT,   /* nothing to do before the client sends more */
    NEED_ROOM,    /* the client, or the I/O thread, has to take its output first */
    NEED_WAKE,    /* its statement waits for something */
    NEED_POOL,    /* a thread of the query pool */
    NEED_CLOSE    /* nothing: it is over */
} Need;

/* What goes on: does some of it, and says what it needs for more. It is the owner's to replace. */
typedef Need (*Activity)(Conversation *conversation);

/* A portal that gives its rows: see portal_run.h. */
typedef struct PortalRun {
    Portal *portal;                                                /* NULL: none is run */
    int64_t row_max;                                               /* 0: all */
    bool is_described;                                             /* columns are said before the rows */
    Need (*done)(Conversation *conversation, Portal *portal);      /* it is through, its tag kept */
    Need (*suspended)(Conversation *conversation, Portal *portal); /* row_max rows are sent */
    int64_t row_count;                                             /* sent so far */
    RowWriter *rows;                                               /* of a batch begun */
    CopyWriter *copy_out;                                          /* COPY TO STDOUT */
    CopyReader *copy_in;                                           /* COPY FROM STDIN */
} PortalRun;

struct Conversation {
    _Atomic(pthread_t) owner; /* 0: under way from one thread to the other */
    bool is_on_pool;
    const struct Protocol *protocol;
    void *protocol_state;          /* the protocol's own */
    struct Connection *connection; /* for the protocol, to read from, on the I/O thread */
    Session *session;              /* NULL: not open yet */
    Text output;
    Activity activity; /* NULL: what the client says next decides */
    bool is_over;
    Script *script; /* whose statements are run, from script_at on */
    int script_at;
    PortalRun run;
    Execution *commit; /* being stepped */
    Activity after_commit;
    char tag[TAG_SIZE]; /* to be said once the commit is through, or with the next message that commits
                           nothing */
    bool has_tag;
};

/* Takes it, from nobody, or lets go of it. */
void conversation_take(Conversation *conversation, bool is_on_pool);
void conversation_let_go(Conversation *conversation);
bool conversation_is_mine(const Conversation *conversation);

/* Runs as far as it comes. */
Need conversation_run(Conversation *conversation);
/* Reports the error (cleared) and ends the activity; the transaction fails. */
Need conversation_fail(Conversation *conversation, Error *error);
/* The same, and ends the conversation. */
Need conversation_fatal(Conversation *conversation, Error *error);
/* Nothing more is to be said. */
Need conversation_end(Conversation *conversation);
/* Says the notices that have gathered. */
void conversation_add_notices(Conversation *conversation);
/* Says the kept tag, if there is one. */
void conversation_complete(Conversation *conversation);
/* Closes its session and frees what it holds. */
void conversation_release(Conversation *conversation);

#endif
