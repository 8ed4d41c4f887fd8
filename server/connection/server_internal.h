/* PgServer's fields, for the files of this folder. */
#ifndef LEAT_CONNECTION_SERVER_INTERNAL_H
#define LEAT_CONNECTION_SERVER_INTERNAL_H

#include "server/auth/scram.h"
#include "server/network/io_thread.h"
#include "server/network/query_pool.h"
#include "server/network/registry.h"
#include "server/connection/server.h"

enum { LISTENERS_MAX = 2, STARTUP_MS_DEFAULT = 60000 };

struct PgServer {
    PgServerOptions options;
    int port;
    Registry registry;
    QueryPool *pool;
    IoThread **threads;
    int thread_count;
    int next_thread;
    IoMail listen_mail; /* starts and ends the listeners on the first I/O thread */
    int listen_fds[LISTENERS_MAX];
    struct event *listen_events[LISTENERS_MAX];
    int listener_count;
    bool is_listening;
    char scram_secret[SCRAM_KEY_SIZE];
    TlsContext *tls; /* NULL: none; under the lock */
    pthread_mutex_t lock;
    pthread_cond_t is_changed; /* is_listening */
};

bool pg_server_has_tls(PgServer *server);
bool pg_server_peer_is_loopback(int fd);
TlsContext *pg_server_tls(PgServer *server); /* a reference */

#endif
