/* PgServer: listeners on the first I/O thread, connections dealt out to all of them in turn. */
#include "server/connection/server.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "executor/base/memory.h"
#include "executor/base/random.h"
#include "server/connection/connection.h"
#include "server/network/address.h"
#include "server/pgwire/message.h"

enum {
    LISTEN_BACKLOG = 128,
    LISTENERS_MAX = 2,
    CONNECTIONS_DEFAULT = 200,
    QUERY_SIZE_DEFAULT = 8 << 20,
    STARTUP_MS_DEFAULT = 60000
};

struct PgServer {
    Host host;
    int port;
    IoThread **threads;
    int thread_count;
    int next_thread;
    IoMail listen_mail; /* starts and ends the listeners on the first I/O thread */
    int listen_fds[LISTENERS_MAX];
    struct event *listen_events[LISTENERS_MAX];
    int listener_count;
    bool is_listening;         /* under the host's lock */
    pthread_cond_t is_changed; /* is_listening */
};

/* Listening */

static Status open_listener(PgServer *server, Address *address, socklen_t length, Error *error) {
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_set(error, STATUS_SYSTEM_ERROR, "could not create a socket: %m");
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, &address->any, length) != 0 || listen(fd, LISTEN_BACKLOG) != 0 ||
        getsockname(fd, &address->any, &length) != 0) {
        error_set(error, STATUS_SYSTEM_ERROR, "could not listen on port %d: %m", address_port(address));
        close(fd);
        return STATUS_SYSTEM_ERROR;
    }
    server->port = address_port(address);
    server->listen_fds[server->listener_count++] = fd;
    return OK;
}

/* Without authentication who can reach the port may do anything: then only this machine may. */
static Status open_listeners(PgServer *server, Error *error) {
    const char *name = server->host.options.address == NULL ? "localhost" : server->host.options.address;
    bool is_localhost = strcmp(name, "localhost") == 0, is_everywhere = strcmp(name, "*") == 0;
    const char *names[LISTENERS_MAX] = {name};
    if (is_localhost || is_everywhere) {
        names[0] = is_localhost ? "127.0.0.1" : "0.0.0.0";
        names[1] = is_localhost ? "::1" : "::";
    }
    int port = server->host.options.port;
    for (int i = 0; i < LISTENERS_MAX && names[i] != NULL; i++) {
        Address address;
        socklen_t length;
        if (!address_read(names[i], port, &address, &length))
            return error_set(
                error, STATUS_INVALID_PARAMETER_VALUE, "invalid address to listen on: \"%s\"", name);
        if (!server->host.options.is_authenticated && !address_is_loopback(&address))
            return error_set(error, STATUS_INVALID_PARAMETER_VALUE,
                "cannot listen on \"%s\" without authentication: start with --auth scram, or listen on "
                "127.0.0.1, ::1 or localhost",
                name);
        Status status = open_listener(server, &address, length, error);
        /* Many containers have no IPv6: then there is only the other one. */
        if (status != OK && i > 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
            error_clear(error);
            continue;
        }
        TRY(status);
        port = server->port;
    }
    return OK;
}

static void on_accept(evutil_socket_t listen_fd, short what, void *context) {
    (void)what;
    PgServer *server = context;
    for (int fd; (fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        IoThread *thread = server->threads[server->next_thread++ % server->thread_count];
        Error error = {0};
        if (connection_open(&server->host, thread, fd, &error) == OK)
            continue;
        Text answer = {0};
        message_fatal(&answer, &error);
        send(fd, answer.bytes, answer.length, MSG_NOSIGNAL | MSG_DONTWAIT);
        close(fd);
        text_free(&answer);
        error_clear(&error);
    }
}

/* On the first I/O thread: starts the listeners, or ends them. */
static void toggle_listening(void *context) {
    PgServer *server = context;
    for (int i = 0; i < server->listener_count; i++) {
        if (server->is_listening) {
            event_free(server->listen_events[i]);
        } else {
            server->listen_events[i] = event_new(io_thread_base(server->threads[0]), server->listen_fds[i],
                EV_READ | EV_PERSIST, on_accept, server);
            event_add(server->listen_events[i], NULL);
        }
    }
    pthread_mutex_lock(&server->host.lock);
    server->is_listening = !server->is_listening;
    pthread_cond_broadcast(&server->is_changed);
    pthread_mutex_unlock(&server->host.lock);
}

static void set_listening(PgServer *server, bool is_listening) {
    io_thread_post(server->threads[0], &server->listen_mail);
    pthread_mutex_lock(&server->host.lock);
    while (server->is_listening != is_listening)
        pthread_cond_wait(&server->is_changed, &server->host.lock);
    pthread_mutex_unlock(&server->host.lock);
}

/* Start and stop */

static void set_defaults(PgServerOptions *options) {
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (options->io_thread_count <= 0)
        options->io_thread_count = cores < 1 ? 1 : cores;
    if (options->query_thread_count <= 0)
        options->query_thread_count = cores < 2 ? 2 : cores;
    if (options->connection_count_max <= 0)
        options->connection_count_max = CONNECTIONS_DEFAULT;
    if (options->query_size_max == 0)
        options->query_size_max = QUERY_SIZE_DEFAULT;
    if (options->startup_ms_max == 0)
        options->startup_ms_max = STARTUP_MS_DEFAULT;
}

static Status start(PgServer *server, Error *error) {
    TRY(random_secure(server->host.scram_secret, sizeof server->host.scram_secret, error));
    TRY(open_listeners(server, error));
    TRY(query_pool_start(server->host.options.query_thread_count, &server->host.pool, error));
    server->threads = NEW_ARRAY(IoThread *, server->host.options.io_thread_count);
    for (int i = 0; i < server->host.options.io_thread_count; i++) {
        char name[32];
        snprintf(name, sizeof name, "pgwire %d", i);
        TRY(io_thread_start(name, &server->threads[i], error));
        server->thread_count++;
    }
    set_listening(server, true);
    return OK;
}

Status pg_server_start(const PgServerOptions *options, PgServer **out, Error *error) {
    PgServer *server = NEW(PgServer);
    server->host.options = *options;
    set_defaults(&server->host.options);
    server->listen_mail = (IoMail){.handle = toggle_listening, .context = server};
    registry_init(&server->host.registry, server->host.options.connection_count_max);
    pthread_mutex_init(&server->host.lock, NULL);
    pthread_cond_init(&server->is_changed, NULL);
    server->host.tls = options->tls == NULL ? NULL : tls_context_retain(options->tls);
    Status status = start(server, error);
    if (status != OK)
        pg_server_stop(server);
    else
        *out = server;
    return status;
}

void pg_server_set_tls(PgServer *server, TlsContext *tls) {
    if (host_has_tls(&server->host))
        host_set_tls(&server->host, tls);
}

int pg_server_port(const PgServer *server) {
    return server->port;
}

int pg_server_connection_count(PgServer *server) {
    return registry_count(&server->host.registry);
}

bool pg_server_cancel(PgServer *server, int process_id, bool is_terminating) {
    return registry_cancel(
        &server->host.registry, process_id, NULL, is_terminating ? connection_stop : connection_cancel);
}

void pg_server_stop(PgServer *server) {
    if (server == NULL)
        return;
    if (server->is_listening)
        set_listening(server, false);
    for (int i = 0; i < server->listener_count; i++)
        close(server->listen_fds[i]);
    registry_visit(&server->host.registry, connection_stop);
    registry_wait_empty(&server->host.registry);
    /* The pool first: its threads may still be about to wake an event loop that has already seen their mail.
     */
    query_pool_stop(server->host.pool);
    for (int i = 0; i < server->thread_count; i++)
        io_thread_stop(server->threads[i]);
    registry_destroy(&server->host.registry);
    pthread_cond_destroy(&server->is_changed);
    pthread_mutex_destroy(&server->host.lock);
    tls_context_release(server->host.tls);
    memory_free(server->threads);
    memory_free(server);
}
