/* Host: what all connections of one server share. */
#ifndef LEAT_CONNECTION_HOST_H
#define LEAT_CONNECTION_HOST_H

#include "server/auth/scram.h"
#include "server/connection/server.h"
#include "server/network/query_pool.h"
#include "server/network/registry.h"

typedef struct Host {
    PgServerOptions options; /* defaults filled in */
    Registry registry;
    QueryPool *pool;
    char scram_secret[SCRAM_KEY_SIZE];
    TlsContext *tls; /* NULL: none; under the lock */
    pthread_mutex_t lock;
} Host;

bool host_has_tls(const Host *host);
TlsContext *host_tls(Host *host); /* a reference; from any thread */
void host_set_tls(Host *host, TlsContext *tls);

#endif
