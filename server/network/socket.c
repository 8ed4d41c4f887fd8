/* Socket: recv, send and the TLS stream between them. */
#include "server/network/socket.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "server/network/address.h"

enum { KEPT_CAPACITY_MAX = 256 << 10, ENCRYPTED_READ = 32 << 10 };

static size_t backlog(const Socket *socket) {
    return socket->sending.length - socket->sent;
}

static size_t present(const Socket *socket) {
    return socket->input.length - socket->input_at;
}

static void shrink(Text *text) {
    if (text->capacity > KEPT_CAPACITY_MAX)
        text_free(text);
    else
        text_reset(text);
}

/* Output */

bool socket_has_room(const Socket *socket) {
    return backlog(socket) <= SOCKET_OUTPUT_LOW;
}

bool socket_is_over(const Socket *socket) {
    return socket->is_broken || (socket->is_closing && backlog(socket) == 0);
}

void socket_add(Socket *socket, Text *output) {
    assert(io_thread_is_current(socket->thread));
    if (output->length == 0)
        return;
    if (socket->tls != NULL) {
        tls_send(socket->tls, output->bytes, output->length, &socket->sending);
    } else if (backlog(socket) == 0) {
        Text empty = socket->sending;
        socket->sending = *output;
        *output = empty;
        socket->sent = 0;
    } else {
        text_add(&socket->sending, output->bytes, output->length);
    }
    shrink(output);
}

void socket_send(Socket *socket) {
    assert(io_thread_is_current(socket->thread));
    while (backlog(socket) > 0 && !socket->is_broken) {
        ssize_t count = send(
            socket->fd, socket->sending.bytes + socket->sent, backlog(socket), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0)
            socket->sent += (size_t)count;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        else if (errno != EINTR)
            socket->is_broken = true;
    }
    socket->sent = 0;
    shrink(&socket->sending);
}

void socket_end(Socket *socket) {
    if (!socket->is_closing && socket->tls != NULL)
        tls_end(socket->tls, &socket->sending);
    socket->is_closing = true;
}

/* Input */

const char *socket_input(const Socket *socket, size_t *length) {
    assert(io_thread_is_current(socket->thread));
    *length = present(socket);
    return socket->input.bytes + socket->input_at;
}

void socket_take(Socket *socket, size_t count) {
    assert(count <= present(socket));
    socket->input_at += count;
}

/* Bytes that nobody wants are not kept. */
static void drop_input(Socket *socket) {
    size_t count = present(socket);
    if (!socket->ignores_input && count > socket->discard)
        count = socket->discard;
    socket->input_at += count;
    if (!socket->ignores_input)
        socket->discard -= count;
}

void socket_discard(Socket *socket, size_t count) {
    socket->discard += count;
    drop_input(socket);
}

void socket_ignore_input(Socket *socket) {
    socket->ignores_input = true;
    drop_input(socket);
}

static void compact_input(Socket *socket) {
    Text *input = &socket->input;
    if (socket->input_at == input->length) {
        shrink(input);
        socket->input_at = 0;
    } else if (socket->input_at >= SOCKET_INPUT_READ) {
        input->length -= socket->input_at;
        memmove(input->bytes, input->bytes + socket->input_at, input->length);
        socket->input_at = 0;
    }
}

/* The client's part of an encrypted connection. A client that breaks the rules still gets the alert that says
   so. */
static void decrypt(Socket *socket, const char *bytes, size_t length) {
    Error error = {0};
    bool is_end;
    if (tls_receive(socket->tls, bytes, length, &socket->input, &socket->sending, &is_end, &error) != OK)
        socket->is_closing = true;
    error_clear(&error);
    socket->is_end_of_input |= is_end;
}

void socket_start_tls(Socket *socket, TlsContext *context) {
    assert(io_thread_is_current(socket->thread) && socket->tls == NULL);
    socket->tls = tls_stream_create(context);
    Text early = socket->input;
    socket->input = (Text){0};
    decrypt(socket, early.bytes + socket->input_at, early.length - socket->input_at);
    socket->input_at = 0;
    text_free(&early);
}

static void receive(Socket *socket) {
    char encrypted[ENCRYPTED_READ];
    bool is_plain = socket->tls == NULL;
    size_t size = is_plain ? SOCKET_INPUT_READ : sizeof encrypted;
    char *to = is_plain ? text_reserve(&socket->input, size) : encrypted;
    ssize_t count = recv(socket->fd, to, size, MSG_DONTWAIT);
    if (count > 0 && is_plain)
        socket->input.length += (size_t)count;
    else if (count > 0)
        decrypt(socket, encrypted, (size_t)count);
    else if (count == 0)
        socket->is_end_of_input = true;
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        socket->is_broken = true;
}

/* Events */

static void on_readable(evutil_socket_t fd, short what, void *context) {
    (void)fd, (void)what;
    Socket *socket = context;
    compact_input(socket);
    receive(socket);
    drop_input(socket);
    socket->on_read(socket->owner);
}

static void on_writable(evutil_socket_t fd, short what, void *context) {
    (void)fd, (void)what;
    Socket *socket = context;
    socket_send(socket);
    socket->on_written(socket->owner);
}

void socket_watch(Socket *socket, bool is_input_wanted) {
    assert(io_thread_is_current(socket->thread));
    bool may_read = !socket->is_end_of_input && !socket->is_closing && socket_has_room(socket) &&
                    (is_input_wanted || present(socket) < SOCKET_INPUT_READ);
    if (may_read)
        event_add(socket->read_event, NULL);
    else
        event_del(socket->read_event);
    if (backlog(socket) > 0)
        event_add(socket->write_event, NULL);
    else
        event_del(socket->write_event);
}

void socket_open(Socket *socket, int fd) {
    socket->fd = fd;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

void socket_start(Socket *socket) {
    struct event_base *base = io_thread_base(socket->thread);
    socket->read_event = event_new(base, socket->fd, EV_READ | EV_PERSIST, on_readable, socket);
    socket->write_event = event_new(base, socket->fd, EV_WRITE | EV_PERSIST, on_writable, socket);
}

void socket_close(Socket *socket) {
    assert(io_thread_is_current(socket->thread));
    event_free(socket->read_event);
    event_free(socket->write_event);
    close(socket->fd);
    tls_stream_destroy(socket->tls);
    text_free(&socket->input);
    text_free(&socket->sending);
}

bool socket_peer_is_loopback(const Socket *socket) {
    Address address = {0};
    socklen_t length = sizeof address;
    return getpeername(socket->fd, &address.any, &length) == 0 && address_is_loopback(&address);
}
