/* Conversation: takes one message after another and lets what it starts run to its end. */
#include <endian.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/http/http.h"
#include "server/connection/connection.h"
#include "server/pgwire/message.h"
#include "server/connection/server_internal.h"

/* Output that belongs to no statement */

void conversation_add_notices(Connection *connection) {
    Severity severity;
    Error notice = {0};
    while (session_take_notice(connection->session, &severity, &notice)) {
        message_notice(&connection->output, severity, &notice);
        error_clear(&notice);
    }
}

static void add_notifications(Connection *connection) {
    Notification notification;
    while (session_take_notification(connection->session, &notification)) {
        message_notification(&connection->output, &notification);
        memory_free(notification.channel);
        memory_free(notification.payload);
    }
}

void conversation_ready(Connection *connection) {
    const char *name, *text;
    while (session_take_reported(connection->session, &name, &text))
        message_parameter_status(&connection->output, name, text);
    add_notifications(connection);
    message_ready(&connection->output, session_transaction_status(connection->session));
}

/* Ends */

static void end_activity(Connection *connection) {
    row_writer_destroy(connection->rows);
    copy_writer_destroy(connection->copy_out);
    copy_reader_destroy(connection->copy_in);
    script_release(connection->script);
    if (connection->commit != NULL)
        connection->commit->type->close(connection->commit);
    connection->rows = NULL;
    connection->copy_out = NULL;
    connection->copy_in = NULL;
    connection->script = NULL;
    connection->commit = NULL;
    connection->portal = NULL;
    connection->activity = NULL;
    connection->has_tag = false;
}

RunResult conversation_fatal(Connection *connection, Error *error) {
    end_activity(connection);
    message_fatal(&connection->output, error);
    error_clear(error);
    connection->phase = PHASE_CLOSED;
    return RUN_CLOSE;
}

RunResult conversation_fail(Connection *connection, Error *error) {
    if (error->status == STATUS_ADMIN_SHUTDOWN)
        return conversation_fatal(connection, error);
    end_activity(connection);
    conversation_add_notices(connection);
    message_error(&connection->output, error);
    error_clear(error);
    session_fail(connection->session);
    if (connection->is_extended)
        connection->skips_to_sync = true;
    else
        conversation_ready(connection);
    return RUN_AGAIN;
}

void conversation_release(Connection *connection) {
    end_activity(connection);
    authentication_release(connection);
    http_release(connection);
    session_close(connection->session);
    connection->session = NULL;
    text_free(&connection->output);
    text_free(&connection->kept_message);
}

/* Messages */

typedef struct MessageKind {
    char type;
    bool is_large;     /* may hold more than a name */
    bool is_statement; /* begins one: restarts its clocks, forgets an old cancel */
    bool is_extended;
    RunResult (*handle)(Connection *connection, const Message *message);
} MessageKind;

static RunResult function_call(Connection *connection, const Message *message) {
    (void)message;
    Error error = {0};
    error_set(
        &error, STATUS_FEATURE_NOT_SUPPORTED, "function calls via the fast-path interface are not supported");
    return conversation_fail(connection, &error);
}

static RunResult nothing(Connection *connection, const Message *message) {
    (void)connection, (void)message;
    return RUN_AGAIN;
}

static RunResult terminate(Connection *connection, const Message *message) {
    (void)message;
    connection->phase = PHASE_CLOSED;
    return RUN_CLOSE;
}

static const MessageKind message_kinds[] = {
    {'Q', true, true, false, simple_query},
    {'P', true, true, true, extended_parse},
    {'B', true, true, true, extended_bind},
    {'D', false, false, true, extended_describe},
    {'E', false, true, true, extended_execute},
    {'C', false, false, true, extended_close},
    {'H', false, false, true, nothing}, /* Flush: output goes out whenever the conversation stops */
    {'S', false, false, true, extended_sync},
    {'F', true, false, false, function_call},
    {'X', false, false, false, terminate},
    /* What is left of a COPY that failed. */
    {'d', true, false, false, nothing},
    {'c', false, false, false, nothing},
    {'f', false, false, false, nothing},
};

static const MessageKind *find_kind(char type) {
    for (size_t i = 0; i < sizeof message_kinds / sizeof *message_kinds; i++)
        if (message_kinds[i].type == type)
            return &message_kinds[i];
    return NULL;
}

/* A statement longer than query_size_max: its bytes are dropped as they come. */
static RunResult refuse_long_query(Connection *connection, const MessageKind *kind, size_t length) {
    size_t present = connection->input.length - connection->input_at;
    size_t dropped = length + 1 < present ? length + 1 : present;
    connection->input_at += dropped;
    connection->discard = length + 1 - dropped;
    connection->is_extended = kind->is_extended;
    complete_statement(connection);
    Error error = {0};
    error_set(&error, STATUS_PROGRAM_LIMIT_EXCEEDED, "statement is too long: %zu bytes", length - 4);
    error_detail(&error, "The limit is %zu bytes.", connection->server->options.query_size_max);
    return connection->skips_to_sync ? (error_clear(&error), RUN_AGAIN)
                                     : conversation_fail(connection, &error);
}

static RunResult protocol_violation(Connection *connection, const char *format, int value) {
    Error error = {0};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    error_set(&error, STATUS_PROTOCOL_VIOLATION, format, value);
#pragma GCC diagnostic pop
    return conversation_fatal(connection, &error);
}

RunResult conversation_take_message(Connection *connection, Message *message) {
    const char *bytes = connection->input.bytes + connection->input_at;
    size_t present = connection->input.length - connection->input_at;
    if (present == 0)
        return RUN_INPUT;
    const MessageKind *kind = find_kind(*bytes);
    if (kind == NULL)
        return protocol_violation(connection, "invalid frontend message type %d", (unsigned char)*bytes);
    if (present < 5)
        return RUN_INPUT;
    uint32_t length;
    memcpy(&length, bytes + 1, sizeof length);
    length = be32toh(length);
    if (length < 4 || length > (kind->is_large ? LARGE_MESSAGE_MAX : SMALL_MESSAGE_MAX))
        return protocol_violation(connection, "invalid message length", 0);
    if ((*bytes == 'Q' || *bytes == 'P') && length - 4 > connection->server->options.query_size_max)
        return refuse_long_query(connection, kind, length);
    if (present < (size_t)length + 1)
        return RUN_INPUT;
    *message = (Message){.type = *bytes, .body = bytes + 5, .length = length - 4};
    connection->input_at += (size_t)length + 1;
    return RUN_AGAIN;
}

/* In the pool: the copy of a big message. */
static RunResult handle_kept(Connection *connection) {
    if (!connection->is_on_pool)
        return RUN_POOL;
    connection->activity = NULL;
    Message message = {.type = connection->kept_type,
        .body = connection->kept_message.bytes,
        .length = connection->kept_message.length};
    return find_kind(message.type)->handle(connection, &message);
}

static void begin_statement(Connection *connection) {
    session_begin_statement(connection->session);
    connection->statement_serial++;
    connection->statement_timeout_ms =
        (int)session_variable_int(connection->session, VARIABLE_statement_timeout);
}

static RunResult next_message(Connection *connection) {
    Message message = {0};
    RunResult result = conversation_take_message(connection, &message);
    if (result != RUN_AGAIN || message.type == 0)
        return result;
    const MessageKind *kind = find_kind(message.type);
    if (connection->skips_to_sync && message.type != 'S' && message.type != 'X')
        return RUN_AGAIN;
    connection->is_extended = kind->is_extended;
    if (message.type != 'S')
        complete_statement(connection);
    if (kind->is_statement)
        begin_statement(connection);
    if ((message.type == 'Q' || message.type == 'P') && message.length > BIG_MESSAGE) {
        text_reset(&connection->kept_message);
        text_add(&connection->kept_message, message.body, message.length);
        connection->kept_type = message.type;
        connection->activity = handle_kept;
        return RUN_AGAIN;
    }
    return kind->handle(connection, &message);
}

static RunResult run_once(Connection *connection) {
    if (connection->phase == PHASE_STARTUP)
        return startup_run(connection);
    if (connection->phase == PHASE_HTTP)
        return http_run(connection);
    if (connection->phase == PHASE_AUTHENTICATION)
        return authentication_run(connection);
    if (connection->phase == PHASE_CLOSED)
        return RUN_CLOSE;
    if (connection->output.length >= OUTPUT_CHUNK)
        return RUN_OUTPUT;
    if (connection->activity != NULL)
        return connection->activity(connection);
    if (session_cancel_reason(connection->session) == CANCEL_SHUTDOWN) {
        Error error = {0};
        cancel_error(CANCEL_SHUTDOWN, &error);
        return conversation_fatal(connection, &error);
    }
    if (!connection->skips_to_sync && !connection->has_tag)
        add_notifications(connection);
    return connection->is_on_pool ? RUN_OUTPUT : next_message(connection);
}

RunResult conversation_run(Connection *connection) {
    RunResult result;
    do
        result = run_once(connection);
    while (result == RUN_AGAIN);
    return result;
}
