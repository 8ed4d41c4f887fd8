/* PgServer: listens for PostgreSQL clients and serves each a session of the engine. */
#ifndef LEAT_CONNECTION_SERVER_H
#define LEAT_CONNECTION_SERVER_H

#include "server/auth/tls.h"
#include "server/session/execution.h"

typedef struct PgServer PgServer;

typedef struct PgServerOptions {
    const char *address;   /* an IPv4 or IPv6 address, localhost (both of its addresses) or * (all) */
    bool is_authenticated; /* every client proves who it is: without it only addresses of the loopback are
                              listened on */
    TlsContext *tls;       /* NULL: no client can encrypt; a reference is kept */
    bool is_tls_required;
    int startup_ms_max; /* from the first byte to the session, the handshake included */
    int port;           /* 0: any free one */
    int io_thread_count;
    int query_thread_count;
    int connection_count_max;
    size_t query_size_max; /* bytes of a Query or Parse message */
    const Engine *engine;
} PgServerOptions;

/* Zero fields but the engine mean their defaults: localhost, half of the cores, all of them, 200, 8 MB, a
   minute. */
Status pg_server_start(const PgServerOptions *options, PgServer **out, Error *error);
/* Another certificate, for connections to come; a server that had none keeps to that. */
void pg_server_set_tls(PgServer *server, TlsContext *tls);
int pg_server_port(const PgServer *server);
int pg_server_connection_count(PgServer *server);
/* pg_cancel_backend and pg_terminate_backend, from any thread; false: no such client. */
bool pg_server_cancel(PgServer *server, int process_id, bool is_terminating);
/* Tells the clients (57P01), ends all statements, joins all threads, frees. NULL is fine. */
void pg_server_stop(PgServer *server);

#endif
