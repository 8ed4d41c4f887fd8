/* Connection: a socket and a conversation, joined: bytes that came let the conversation run, what it writes
   goes out, timers and cancels reach it, and a statement that takes long runs in the query pool.

   Everything but what is atomic belongs to the I/O thread, the conversation while it is not handed over. */
#ifndef LEAT_CONNECTION_CONNECTION_H
#define LEAT_CONNECTION_CONNECTION_H

#include "server/connection/host.h"
#include "server/conversation/conversation.h"
#include "server/network/io_thread.h"
#include "server/network/socket.h"

typedef struct Connection Connection;

/* What the connection's one timer is set for. */
typedef enum TimerPurpose {
    TIMER_NONE,
    TIMER_FIRST_BYTE,
    TIMER_STARTUP,
    TIMER_STATEMENT,
    TIMER_IDLE_IN_TRANSACTION,
    TIMER_CLOSING
} TimerPurpose;

struct Connection {
    Host *host;
    RegistryEntry entry;
    Socket socket;
    Conversation conversation;
    Need need;       /* as the conversation said it last */
    bool must_run;   /* though it waits: it was cancelled */
    bool starts_tls; /* once what is to be sent now has been */

    struct event *timer;
    TimerPurpose timer_purpose;
    unsigned timer_serial;    /* the statement it was set for */
    struct event *wake_timer; /* of a statement that asked to be stepped again after a while */
    unsigned statement_serial;
    int statement_timeout_ms; /* of the running statement; 0 = none */

    IoMail mail; /* woken, cancelled, given back, server stops */
    atomic_bool is_woken;
    atomic_bool is_cancelled;
    atomic_bool is_stopping;
    bool is_handed_over; /* to the query pool */
    PoolTask task;
    Need pool_need;            /* of the pool thread, until it has given back */
    atomic_bool is_given_back; /* it has */
};

/* Takes fd over, on a thread of its own choice, which is `thread`. */
Status connection_open(Host *host, IoThread *thread, int fd, Error *error);
/* Asks it to end; from any thread, with the registry locked. */
void connection_stop(void *connection);
/* A CancelRequest with the right key came; likewise. */
void connection_cancel(void *connection);

/* For protocols, on the I/O thread. */

/* Makes it a client (53300 when there are too many) and opens its session. */
Status connection_open_session(Connection *connection, const char *user, Error *error);
/* A message that is part of a statement came: its clocks begin, an old cancel is forgotten. */
void connection_begin_statement(Connection *connection);
/* 54000 for a statement of more bytes than one may have. */
Status connection_check_size(const Connection *connection, size_t length, Error *error);

#endif
