/* Host: the certificate, which may change while connections come. */
#include "server/connection/host.h"

bool host_has_tls(const Host *host) {
    return host->options.tls != NULL;
}

TlsContext *host_tls(Host *host) {
    pthread_mutex_lock(&host->lock);
    TlsContext *tls = tls_context_retain(host->tls);
    pthread_mutex_unlock(&host->lock);
    return tls;
}

void host_set_tls(Host *host, TlsContext *tls) {
    pthread_mutex_lock(&host->lock);
    TlsContext *before = host->tls;
    host->tls = tls_context_retain(tls);
    pthread_mutex_unlock(&host->lock);
    tls_context_release(before);
}
