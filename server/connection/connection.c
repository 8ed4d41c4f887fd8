/* Connection: drives the conversation by what happens to its socket, and hands it to the query pool and back.
 */
#include "server/connection/connection.h"

#include <assert.h>
#include <event2/event.h>

#include "executor/base/memory.h"
#include "server/conversation/protocol.h"

enum { FIRST_BYTE_MS_MAX = 5000, CLOSING_MS_MAX = 10000, TLS_HANDSHAKE = 0x16 };

/* The first byte says which protocol is spoken. */

static const Protocol *const protocols[] = {
#define PROTOCOL(name) &name##_protocol,
#include "server/conversation/protocols.def"
#undef PROTOCOL
};

static Need choose_protocol(Conversation *conversation) {
    Connection *connection = conversation->connection;
    size_t present;
    const char *bytes = socket_input(&connection->socket, &present);
    if (present == 0)
        return NEED_INPUT;
    unsigned char first = (unsigned char)*bytes;
    if (first == TLS_HANDSHAKE && connection->socket.tls == NULL && host_has_tls(connection->host)) {
        connection->starts_tls = true; /* no protocol's first message begins so */
        return NEED_INPUT;
    }
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
        if (protocols[i]->claims(first)) {
            conversation->protocol = protocols[i];
            return NEED_NOTHING;
        }
    return NEED_CLOSE;
}

static const Protocol unknown_protocol = {.read = choose_protocol};

/* The end */

static void close_now(Connection *connection) {
    assert(!connection->is_handed_over);
    /* Once it is not found any more nobody cancels or stops it; once the session is closed nobody wakes it.
     */
    registry_remove(&connection->host->registry, &connection->entry);
    conversation_release(&connection->conversation);
    io_thread_withdraw(connection->socket.thread, &connection->mail);
    event_free(connection->timer);
    event_free(connection->wake_timer);
    socket_close(&connection->socket);
    memory_free(connection);
}

/* Timers */

static struct timeval milliseconds(int64_t ms) {
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

static void set_timer(Connection *connection, TimerPurpose purpose, int64_t ms) {
    bool is_same_statement =
        purpose != TIMER_STATEMENT || connection->timer_serial == connection->statement_serial;
    if (connection->timer_purpose == purpose && is_same_statement)
        return;
    connection->timer_purpose = purpose;
    connection->timer_serial = connection->statement_serial;
    struct timeval after = milliseconds(ms);
    if (purpose == TIMER_NONE)
        event_del(connection->timer);
    else
        event_add(connection->timer, &after);
}

static bool is_idle(const Connection *connection) {
    return !connection->is_handed_over && connection->need == NEED_INPUT &&
           connection->conversation.activity == NULL;
}

static void update_timer(Connection *connection) {
    Session *session = connection->conversation.session;
    if (connection->socket.is_closing) {
        set_timer(connection, TIMER_CLOSING, CLOSING_MS_MAX);
    } else if (session == NULL) {
        return; /* the startup's time runs on */
    } else if (!is_idle(connection)) {
        bool is_limited = connection->statement_timeout_ms > 0;
        set_timer(connection, is_limited ? TIMER_STATEMENT : TIMER_NONE, connection->statement_timeout_ms);
    } else {
        int64_t idle_ms = session_transaction_status(session) == 'I'
                              ? 0
                              : session_variable_int(session, VARIABLE_idle_in_transaction_session_timeout);
        set_timer(connection, idle_ms > 0 ? TIMER_IDLE_IN_TRANSACTION : TIMER_NONE, idle_ms);
    }
}

/* The hand-over: the conversation goes to a thread of the query pool, which runs it until it needs something
   else than the pool, and comes back by mail. In between the I/O thread only cancels it. */

static void run_on_pool(void *context) {
    Connection *connection = context;
    conversation_take(&connection->conversation, true);
    connection->pool_need = conversation_run(&connection->conversation);
    conversation_let_go(&connection->conversation);
    atomic_store(&connection->is_given_back, true);
    io_thread_post(connection->socket.thread, &connection->mail);
}

static void hand_over(Connection *connection) {
    assert(!connection->is_handed_over && conversation_is_mine(&connection->conversation));
    conversation_let_go(&connection->conversation);
    connection->is_handed_over = true;
    query_pool_submit(connection->host->pool, &connection->task);
}

static Need take_back(Connection *connection) {
    assert(connection->is_handed_over);
    connection->is_handed_over = false;
    conversation_take(&connection->conversation, false);
    return connection->pool_need;
}

/* Driving */

static void start_tls(Connection *connection) {
    connection->starts_tls = false;
    TlsContext *context = host_tls(connection->host);
    socket_start_tls(&connection->socket, context);
    tls_context_release(context);
}

/* What the conversation wrote goes out; what it needs is seen to. */
static void after_run(Connection *connection, Need need) {
    Conversation *conversation = &connection->conversation;
    Socket *socket = &connection->socket;
    connection->need = need;
    socket_add(socket, &conversation->output);
    if (connection->starts_tls)
        start_tls(connection);
    if (need == NEED_CLOSE || (need == NEED_INPUT && socket->is_end_of_input))
        socket_end(socket);
    socket_send(socket);
    int64_t wake_ms = need == NEED_WAKE ? session_take_wake(conversation->session) : -1;
    struct timeval after = milliseconds(wake_ms);
    if (wake_ms >= 0)
        event_add(connection->wake_timer, &after);
    if (need == NEED_POOL && !socket->is_broken)
        hand_over(connection);
}

static bool may_run(Connection *connection) {
    const Socket *socket = &connection->socket;
    if (connection->is_handed_over || socket->is_closing || socket->is_broken || !socket_has_room(socket))
        return false;
    if (connection->need != NEED_WAKE)
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
        Need need = conversation_run(&connection->conversation);
        after_run(connection, need);
        if (need == NEED_INPUT)
            break;
    }
    if (!socket_is_over(&connection->socket)) {
        socket_watch(&connection->socket, !connection->is_handed_over && connection->need == NEED_INPUT);
        update_timer(connection);
    } else if (!connection->is_handed_over) {
        close_now(connection);
    } else if (connection->conversation.session != NULL) {
        session_cancel(connection->conversation.session, CANCEL_DISCONNECT);
    }
}

static void cancel(Connection *connection, CancelReason reason) {
    session_cancel(connection->conversation.session, reason);
    connection->must_run = true;
}

/* Events */

static void on_read(void *context) {
    Connection *connection = context;
    if (connection->timer_purpose == TIMER_FIRST_BYTE)
        set_timer(connection, TIMER_STARTUP, connection->host->options.startup_ms_max);
    /* A client that only closed its sending side still takes output; one whose statement runs or waits is
       taken for gone. */
    if (connection->socket.is_end_of_input && connection->conversation.session != NULL &&
        (connection->is_handed_over || connection->need == NEED_WAKE))
        cancel(connection, CANCEL_DISCONNECT);
    drive(connection);
}

static void on_written(void *context) {
    drive(context);
}

static void on_timer(evutil_socket_t fd, short what, void *context) {
    (void)fd, (void)what;
    Connection *connection = context;
    switch (connection->timer_purpose) {
    case TIMER_NONE:
        return;
    case TIMER_FIRST_BYTE:
    case TIMER_STARTUP:
    case TIMER_CLOSING:
        connection->socket.is_broken = true;
        break;
    case TIMER_STATEMENT:
        /* Not again for this statement: the purpose stays. */
        cancel(connection, CANCEL_TIMEOUT);
        break;
    case TIMER_IDLE_IN_TRANSACTION: {
        Error error = {0};
        error_set(&error, STATUS_IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            "terminating connection due to idle-in-transaction timeout");
        after_run(connection, conversation_fatal(&connection->conversation, &error));
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

/* The first mail, from the listener. */
static void set_up(Connection *connection) {
    struct event_base *base = io_thread_base(connection->socket.thread);
    conversation_take(&connection->conversation, false);
    socket_start(&connection->socket);
    connection->timer = event_new(base, -1, 0, on_timer, connection);
    connection->wake_timer = event_new(base, -1, 0, on_wake_timer, connection);
    set_timer(connection, TIMER_FIRST_BYTE, FIRST_BYTE_MS_MAX);
}

static void on_mail(void *context) {
    Connection *connection = context;
    if (connection->timer == NULL)
        set_up(connection);
    bool has_session = connection->conversation.session != NULL;
    if (has_session && atomic_exchange(&connection->is_cancelled, false))
        cancel(connection, CANCEL_REQUEST);
    if (atomic_exchange(&connection->is_stopping, false)) {
        if (has_session)
            cancel(connection, CANCEL_SHUTDOWN);
        else
            connection->socket.is_closing = true;
    }
    if (atomic_exchange(&connection->is_given_back, false))
        after_run(connection, take_back(connection));
    drive(connection);
}

/* From other threads */

static void post(Connection *connection, atomic_bool *news) {
    atomic_store(news, true);
    io_thread_post(connection->socket.thread, &connection->mail);
}

static void wake(void *context) {
    Connection *connection = context;
    post(connection, &connection->is_woken);
}

void connection_cancel(void *context) {
    Connection *connection = context;
    post(connection, &connection->is_cancelled);
}

void connection_stop(void *context) {
    Connection *connection = context;
    post(connection, &connection->is_stopping);
}

Status connection_open(Host *host, IoThread *thread, int fd, Error *error) {
    Connection *connection = NEW(Connection);
    connection->host = host;
    connection->need = NEED_INPUT;
    connection->conversation.protocol = &unknown_protocol;
    connection->conversation.connection = connection;
    connection->socket =
        (Socket){.thread = thread, .on_read = on_read, .on_written = on_written, .owner = connection};
    connection->mail = (IoMail){.handle = on_mail, .context = connection};
    connection->task = (PoolTask){.run = run_on_pool, .context = connection};
    if (!registry_add(&host->registry, &connection->entry, connection)) {
        memory_free(connection);
        return error_set(error, STATUS_TOO_MANY_CONNECTIONS, "sorry, too many clients already");
    }
    socket_open(&connection->socket, fd);
    io_thread_post(thread, &connection->mail);
    return OK;
}

/* For protocols */

Status connection_open_session(Connection *connection, const char *user, Error *error) {
    Conversation *conversation = &connection->conversation;
    assert(conversation->session == NULL && !conversation->is_on_pool);
    if (!registry_admit(&connection->host->registry, &connection->entry))
        return error_set(error, STATUS_TOO_MANY_CONNECTIONS, "sorry, too many clients already");
    const SessionOptions options = {
        .engine = connection->host->options.engine,
        .user = user,
        .database = "leat",
        .process_id = connection->entry.process_id,
        .wake = wake,
        .wake_context = connection,
    };
    return session_open(&options, &conversation->session, error);
}

void connection_begin_statement(Connection *connection) {
    Session *session = connection->conversation.session;
    assert(conversation_is_mine(&connection->conversation) && !connection->is_handed_over);
    session_begin_statement(session);
    connection->statement_serial++;
    connection->statement_timeout_ms = (int)session_variable_int(session, VARIABLE_statement_timeout);
}

Status connection_check_size(const Connection *connection, size_t length, Error *error) {
    size_t max = connection->host->options.query_size_max;
    if (length <= max)
        return OK;
    error_set(error, STATUS_PROGRAM_LIMIT_EXCEEDED, "statement is too long: %zu bytes", length);
    return error_detail(error, "The limit is %zu bytes.", max);
}
