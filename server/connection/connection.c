/* Connection: the socket's half. Bytes come in up to a bound, the conversation runs, its output goes out; who
   is slow is waited for, never buffered. */
#include "server/connection/connection.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "executor/base/memory.h"
#include "server/http/http.h"
#include "server/pgwire/message.h"
#include "server/connection/server_internal.h"

enum { KEPT_CAPACITY_MAX = 256 << 10, CLOSING_MS_MAX = 10000, ENCRYPTED_READ = 32 << 10 };

static size_t backlog(const Connection *connection) {
    return connection->sending.length - connection->sent;
}

static void close_now(Connection *connection) {
    /* Once it is not found any more nobody cancels or stops it; once the session is closed nobody wakes it.
     */
    registry_remove(&connection->server->registry, &connection->entry);
    conversation_release(connection);
    io_thread_withdraw(connection->thread, &connection->mail);
    struct event *events[] = {
        connection->read_event, connection->write_event, connection->timer, connection->wake_timer};
    for (int i = 0; i < 4; i++)
        if (events[i] != NULL)
            event_free(events[i]);
    close(connection->fd);
    tls_stream_destroy(connection->tls);
    text_free(&connection->input);
    text_free(&connection->sending);
    memory_free(connection);
}

/* Output */

static void shrink(Text *text) {
    if (text->capacity > KEPT_CAPACITY_MAX)
        text_free(text);
    else
        text_reset(text);
}

static void take_output(Connection *connection) {
    if (connection->http != NULL)
        http_take_output(connection);
    if (connection->output.length == 0)
        return;
    if (connection->tls != NULL) {
        tls_send(connection->tls, connection->output.bytes, connection->output.length, &connection->sending);
    } else if (backlog(connection) == 0) {
        Text empty = connection->sending;
        connection->sending = connection->output;
        connection->output = empty;
        connection->sent = 0;
    } else {
        text_add(&connection->sending, connection->output.bytes, connection->output.length);
    }
    shrink(&connection->output);
}

static void send_output(Connection *connection) {
    while (backlog(connection) > 0 && !connection->is_broken) {
        ssize_t count = send(connection->fd, connection->sending.bytes + connection->sent,
            backlog(connection), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0)
            connection->sent += (size_t)count;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        else if (errno != EINTR)
            connection->is_broken = true;
    }
    connection->sent = 0;
    shrink(&connection->sending);
}

/* Input */

static void compact_input(Connection *connection) {
    Text *input = &connection->input;
    if (connection->input_at == input->length) {
        shrink(input);
        connection->input_at = 0;
    } else if (connection->input_at >= INPUT_READ) {
        input->length -= connection->input_at;
        memmove(input->bytes, input->bytes + connection->input_at, input->length);
        connection->input_at = 0;
    }
}

/* Bytes of a message that was too long are not kept. */
static void discard_input(Connection *connection) {
    size_t count = connection->input.length - connection->input_at;
    if (connection->ignores_input) {
        connection->input_at += count;
        return;
    }
    if (count > connection->discard)
        count = connection->discard;
    connection->input_at += count;
    connection->discard -= count;
}

/* The client's part of an encrypted connection. A client that breaks the rules still gets the alert that says
   so. */
static void decrypt(Connection *connection, const char *bytes, size_t length) {
    Error error = {0};
    bool is_end;
    if (tls_receive(
            connection->tls, bytes, length, &connection->input, &connection->sending, &is_end, &error) != OK)
        connection->is_closing = true;
    error_clear(&error);
    connection->is_end_of_input |= is_end;
}

/* What came already, of a client that began with TLS at once, was encrypted. */
static void start_tls(Connection *connection) {
    connection->starts_tls = false;
    TlsContext *context = pg_server_tls(connection->server);
    connection->tls = tls_stream_create(context);
    tls_context_release(context);
    Text early = connection->input;
    connection->input = (Text){0};
    decrypt(connection, early.bytes + connection->input_at, early.length - connection->input_at);
    connection->input_at = 0;
    text_free(&early);
}

static void read_encrypted(Connection *connection) {
    char bytes[ENCRYPTED_READ];
    ssize_t count = recv(connection->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count > 0)
        decrypt(connection, bytes, (size_t)count);
    else if (count == 0)
        connection->is_end_of_input = true;
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        connection->is_broken = true;
    discard_input(connection);
}

static void read_input(Connection *connection) {
    compact_input(connection);
    if (connection->tls != NULL) {
        read_encrypted(connection);
        return;
    }
    char *to = text_reserve(&connection->input, INPUT_READ);
    ssize_t count = recv(connection->fd, to, INPUT_READ, MSG_DONTWAIT);
    if (count > 0)
        connection->input.length += (size_t)count;
    else if (count == 0)
        connection->is_end_of_input = true;
    else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
        connection->is_broken = true;
    discard_input(connection);
}

/* Who waits for nothing but the client's next message may read; else a bounded amount. */
static bool may_read(const Connection *connection) {
    if (connection->is_end_of_input || connection->is_closing || backlog(connection) > OUTPUT_LOW)
        return false;
    bool is_waiting_for_input = !connection->is_on_pool && connection->last_result == RUN_INPUT;
    return is_waiting_for_input || connection->input.length - connection->input_at < INPUT_READ;
}

/* Events */

static void set_timer(Connection *connection, TimerPurpose purpose, int64_t ms) {
    bool is_same_statement =
        purpose != TIMER_STATEMENT || connection->timer_serial == connection->statement_serial;
    if (connection->timer_purpose == purpose && is_same_statement)
        return;
    connection->timer_purpose = purpose;
    connection->timer_serial = connection->statement_serial;
    if (purpose == TIMER_NONE) {
        event_del(connection->timer);
        return;
    }
    struct timeval after = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    event_add(connection->timer, &after);
}

static bool is_idle(const Connection *connection) {
    return !connection->is_on_pool && connection->last_result == RUN_INPUT && connection->activity == NULL;
}

static void update_timer(Connection *connection) {
    if (connection->is_closing) {
        set_timer(connection, TIMER_CLOSING, CLOSING_MS_MAX);
    } else if (!is_idle(connection)) {
        if (connection->statement_timeout_ms > 0)
            set_timer(connection, TIMER_STATEMENT, connection->statement_timeout_ms);
        else if (connection->phase == PHASE_READY)
            set_timer(connection, TIMER_NONE, 0);
    } else if (connection->phase == PHASE_READY) {
        int64_t idle_ms =
            session_transaction_status(connection->session) == 'I'
                ? 0
                : session_variable_int(connection->session, VARIABLE_idle_in_transaction_session_timeout);
        set_timer(connection, idle_ms > 0 ? TIMER_IDLE_IN_TRANSACTION : TIMER_NONE, idle_ms);
    }
}

static void update_events(Connection *connection) {
    if (may_read(connection))
        event_add(connection->read_event, NULL);
    else
        event_del(connection->read_event);
    if (backlog(connection) > 0)
        event_add(connection->write_event, NULL);
    else
        event_del(connection->write_event);
    update_timer(connection);
}

/* Driving */

static void run_on_pool(void *context) {
    Connection *connection = context;
    connection->pool_result = conversation_run(connection);
    atomic_store(&connection->is_pool_done, true);
    io_thread_post(connection->thread, &connection->mail);
}

static void after_run(Connection *connection, RunResult result) {
    connection->last_result = result;
    take_output(connection);
    if (connection->starts_tls)
        start_tls(connection);
    bool is_over = result == RUN_CLOSE || (connection->http != NULL && http_is_over(connection));
    if (is_over || (result == RUN_INPUT && connection->is_end_of_input)) {
        connection->is_closing = true;
        if (connection->tls != NULL)
            tls_end(connection->tls, &connection->sending);
    }
    send_output(connection);
    int64_t wake_ms = result == RUN_WAIT ? session_take_wake(connection->session) : -1;
    if (wake_ms >= 0)
        event_add(connection->wake_timer,
            &(struct timeval){.tv_sec = wake_ms / 1000, .tv_usec = wake_ms % 1000 * 1000});
    if (result != RUN_POOL || connection->is_broken)
        return;
    connection->is_on_pool = true;
    query_pool_submit(connection->server->pool, &connection->task);
}

static bool may_run(Connection *connection) {
    if (connection->is_on_pool || connection->is_closing || connection->is_broken ||
        backlog(connection) > OUTPUT_LOW)
        return false;
    if (connection->last_result != RUN_WAIT)
        return true;
    /* To step what waits for no reason would cost a turn in the pool each time. */
    bool is_woken = atomic_exchange(&connection->is_woken, false);
    bool must_run = connection->must_run;
    connection->must_run = false;
    return is_woken || must_run;
}

/* Runs the conversation as far as it comes. May free the connection. */
static void drive(Connection *connection) {
    while (may_run(connection)) {
        RunResult result = conversation_run(connection);
        after_run(connection, result);
        if (result == RUN_INPUT)
            break;
    }
    bool is_over = connection->is_broken || (connection->is_closing && backlog(connection) == 0);
    if (!is_over)
        update_events(connection);
    else if (!connection->is_on_pool)
        close_now(connection);
    else if (connection->session != NULL)
        session_cancel(connection->session, CANCEL_DISCONNECT);
}

static void cancel(Connection *connection, CancelReason reason) {
    session_cancel(connection->session, reason);
    connection->must_run = true;
}

static void on_read(evutil_socket_t fd, short what, void *context) {
    (void)fd, (void)what;
    Connection *connection = context;
    if (connection->timer_purpose == TIMER_FIRST_BYTE)
        set_timer(connection, TIMER_STARTUP, connection->server->options.startup_ms_max);
    read_input(connection);
    /* A client that only closed its sending side still takes output; one whose statement runs or waits is
       taken for gone. */
    if (connection->is_end_of_input && connection->session != NULL &&
        (connection->is_on_pool || connection->last_result == RUN_WAIT))
        cancel(connection, CANCEL_DISCONNECT);
    drive(connection);
}

static void on_write(evutil_socket_t fd, short what, void *context) {
    (void)fd, (void)what;
    Connection *connection = context;
    send_output(connection);
    drive(connection);
}

static void on_timer(evutil_socket_t fd, short what, void *context) {
    (void)fd, (void)what;
    Connection *connection = context;
    TimerPurpose purpose = connection->timer_purpose;
    switch (purpose) {
    case TIMER_NONE:
        return;
    case TIMER_FIRST_BYTE:
    case TIMER_STARTUP:
    case TIMER_CLOSING:
        connection->is_broken = true;
        break;
    case TIMER_STATEMENT:
        /* Not again for this statement: the purpose stays. */
        cancel(connection, CANCEL_TIMEOUT);
        break;
    case TIMER_IDLE_IN_TRANSACTION: {
        Error error = {0};
        error_set(&error, STATUS_IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            "terminating connection due to idle-in-transaction timeout");
        after_run(connection, conversation_fatal(connection, &error));
        break;
    }
    }
    drive(connection);
}

static void on_wake_timer(evutil_socket_t fd, short what, void *context) {
    (void)fd, (void)what;
    Connection *connection = context;
    connection->must_run = true;
    drive(connection);
}

static void set_up(Connection *connection) {
    struct event_base *base = io_thread_base(connection->thread);
    connection->read_event = event_new(base, connection->fd, EV_READ | EV_PERSIST, on_read, connection);
    connection->write_event = event_new(base, connection->fd, EV_WRITE | EV_PERSIST, on_write, connection);
    connection->timer = event_new(base, -1, 0, on_timer, connection);
    connection->wake_timer = event_new(base, -1, 0, on_wake_timer, connection);
    connection->is_set_up = true;
    set_timer(connection, TIMER_FIRST_BYTE, FIRST_BYTE_MS_MAX);
}

static void on_mail(void *context) {
    Connection *connection = context;
    if (!connection->is_set_up)
        set_up(connection);
    if (connection->session != NULL && atomic_exchange(&connection->is_cancelled, false))
        cancel(connection, CANCEL_REQUEST);
    if (atomic_exchange(&connection->is_stopping, false)) {
        if (connection->session != NULL)
            cancel(connection, CANCEL_SHUTDOWN);
        else
            connection->is_closing = true;
    }
    if (atomic_exchange(&connection->is_pool_done, false)) {
        connection->is_on_pool = false;
        after_run(connection, connection->pool_result);
    }
    drive(connection);
}

/* From other threads */

void connection_wake(void *context) {
    Connection *connection = context;
    atomic_store(&connection->is_woken, true);
    io_thread_post(connection->thread, &connection->mail);
}

void connection_cancel(void *context) {
    Connection *connection = context;
    atomic_store(&connection->is_cancelled, true);
    io_thread_post(connection->thread, &connection->mail);
}

void connection_stop(void *context) {
    Connection *connection = context;
    atomic_store(&connection->is_stopping, true);
    io_thread_post(connection->thread, &connection->mail);
}

Status connection_open(struct PgServer *server, IoThread *thread, int fd, Error *error) {
    Connection *connection = NEW(Connection);
    connection->server = server;
    connection->thread = thread;
    connection->fd = fd;
    connection->last_result = RUN_INPUT;
    connection->mail = (IoMail){.handle = on_mail, .context = connection};
    connection->task = (PoolTask){.run = run_on_pool, .context = connection};
    if (!registry_add(&server->registry, &connection->entry, connection)) {
        memory_free(connection);
        return error_set(error, STATUS_TOO_MANY_CONNECTIONS, "sorry, too many clients already");
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    io_thread_post(thread, &connection->mail);
    return OK;
}
