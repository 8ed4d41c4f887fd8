/* Pgwire: what each message of the client begins, and how results are said in messages. */
#include <endian.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/connection/connection.h"
#include "server/conversation/portal_run.h"
#include "server/conversation/script_run.h"
#include "server/pgwire/pgwire.h"

typedef struct MessageKind {
    char type;
    bool is_large;     /* may hold more than a name */
    bool is_statement; /* begins one: restarts its clocks, forgets an old cancel */
    bool is_extended;
    Need (*handle)(Conversation *conversation, const Message *message);
} MessageKind;

static Need query(Conversation *conversation, const Message *message) {
    Error error = {0};
    WireReader reader = message_reader(message);
    const char *text = wire_read_string(&reader);
    if (wire_read_end(&reader, &error) != OK)
        return conversation_fail(conversation, &error);
    return script_run_begin(conversation, text);
}

static Need function_call(Conversation *conversation, const Message *message) {
    (void)message;
    Error error = {0};
    error_set(
        &error, STATUS_FEATURE_NOT_SUPPORTED, "function calls via the fast-path interface are not supported");
    return conversation_fail(conversation, &error);
}

static Need nothing(Conversation *conversation, const Message *message) {
    (void)conversation, (void)message;
    return NEED_NOTHING;
}

static Need terminate(Conversation *conversation, const Message *message) {
    (void)message;
    return conversation_end(conversation);
}

static const MessageKind message_kinds[] = {
    {'Q', true, true, false, query},
    {'P', true, true, true, pgwire_parse},
    {'B', true, true, true, pgwire_bind},
    {'D', false, false, true, pgwire_describe},
    {'E', false, true, true, pgwire_execute},
    {'C', false, false, true, pgwire_close_named},
    {'H', false, false, true, nothing}, /* Flush: output goes out whenever the conversation stops */
    {'S', false, false, true, pgwire_sync},
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
static Need refuse_long_query(Conversation *conversation, const MessageKind *kind, size_t length) {
    PgWire *wire = pgwire(conversation);
    socket_discard(&conversation->connection->socket, length + 1);
    wire->is_extended = kind->is_extended;
    conversation_complete(conversation);
    if (wire->skips_to_sync)
        return NEED_NOTHING;
    Error error = {0};
    (void)!connection_check_size(conversation->connection, length - 4, &error);
    return conversation_fail(conversation, &error);
}

/* Takes the next whole message; NEED_NOTHING with a type of 0: one was passed over. */
static Need take_message(Conversation *conversation, Message *message) {
    Socket *socket = &conversation->connection->socket;
    Error error = {0};
    size_t present;
    const char *bytes = socket_input(socket, &present);
    *message = (Message){0};
    if (present == 0)
        return NEED_INPUT;
    const MessageKind *kind = find_kind(*bytes);
    if (kind == NULL) {
        error_set(
            &error, STATUS_PROTOCOL_VIOLATION, "invalid frontend message type %d", (unsigned char)*bytes);
        return conversation_fatal(conversation, &error);
    }
    if (present < 5)
        return NEED_INPUT;
    uint32_t length;
    memcpy(&length, bytes + 1, sizeof length);
    length = be32toh(length);
    if (length < 4 || length > (kind->is_large ? LARGE_MESSAGE_MAX : SMALL_MESSAGE_MAX)) {
        error_set(&error, STATUS_PROTOCOL_VIOLATION, "invalid message length");
        return conversation_fatal(conversation, &error);
    }
    if ((*bytes == 'Q' || *bytes == 'P') &&
        length - 4 > conversation->connection->host->options.query_size_max)
        return refuse_long_query(conversation, kind, length);
    if (present < (size_t)length + 1)
        return NEED_INPUT;
    *message = (Message){.type = *bytes, .body = bytes + 5, .length = length - 4};
    socket_take(socket, (size_t)length + 1);
    return NEED_NOTHING;
}

/* In the pool: the copy of a big message. */
static Need handle_kept(Conversation *conversation) {
    PgWire *wire = pgwire(conversation);
    if (!conversation->is_on_pool)
        return NEED_POOL;
    conversation->activity = NULL;
    Message message = {
        .type = wire->kept_type, .body = wire->kept_message.bytes, .length = wire->kept_message.length};
    return find_kind(message.type)->handle(conversation, &message);
}

static Need keep_message(Conversation *conversation, const Message *message) {
    PgWire *wire = pgwire(conversation);
    text_reset(&wire->kept_message);
    text_add(&wire->kept_message, message->body, message->length);
    wire->kept_type = message->type;
    conversation->activity = handle_kept;
    return NEED_NOTHING;
}

static void add_notifications(Conversation *conversation) {
    Notification notification;
    while (session_take_notification(conversation->session, &notification)) {
        message_notification(&conversation->output, &notification);
        memory_free(notification.channel);
        memory_free(notification.payload);
    }
}

static Need next_message(Conversation *conversation) {
    PgWire *wire = pgwire(conversation);
    Message message;
    if (!wire->skips_to_sync && !conversation->has_tag)
        add_notifications(conversation);
    Need need = take_message(conversation, &message);
    if (need != NEED_NOTHING || message.type == 0)
        return need;
    const MessageKind *kind = find_kind(message.type);
    if (wire->skips_to_sync && message.type != 'S' && message.type != 'X')
        return NEED_NOTHING;
    wire->is_extended = kind->is_extended;
    if (message.type != 'S')
        conversation_complete(conversation);
    if (kind->is_statement)
        connection_begin_statement(conversation->connection);
    if ((message.type == 'Q' || message.type == 'P') && message.length > BIG_STATEMENT)
        return keep_message(conversation, &message);
    return kind->handle(conversation, &message);
}

/* The record's functions */

static bool claims(unsigned char first) {
    (void)first;
    return true;
}

static Need read_input(Conversation *conversation) {
    if (conversation->protocol_state == NULL)
        conversation->protocol_state = NEW(PgWire);
    switch (pgwire(conversation)->phase) {
    case PGWIRE_STARTUP:
        return pgwire_startup(conversation);
    case PGWIRE_AUTHENTICATION:
        return pgwire_authentication(conversation);
    case PGWIRE_READY:
        return next_message(conversation);
    }
    return NEED_CLOSE;
}

static void close_state(Conversation *conversation) {
    PgWire *wire = pgwire(conversation);
    if (wire == NULL)
        return;
    scram_destroy(wire->scram);
    text_free(&wire->startup);
    text_free(&wire->verifier);
    text_free(&wire->kept_message);
    memory_free(wire);
    conversation->protocol_state = NULL;
}

static void row_description(Conversation *conversation, const Prepared *prepared, const int16_t *formats) {
    message_row_description(&conversation->output, prepared->columns, prepared->column_count, formats);
}

static void add_row(RowWriter *writer, int row, Text *out) {
    size_t start = message_begin(out, 'D');
    wire_add_int16(out, writer->column_count);
    for (int i = 0; i < writer->column_count; i++) {
        const RowColumn *column = &writer->columns[i];
        if (row_column_is_null(column, row)) {
            wire_add_int32(out, -1);
            continue;
        }
        size_t value_start = out->length;
        wire_add_int32(out, 0);
        row_column_add(column, row, out);
        wire_set_length(out, value_start);
    }
    message_end(out, start);
}

static void copy_out_begin(Conversation *conversation, const Prepared *prepared) {
    message_copy_response(
        &conversation->output, 'H', prepared->copy.kind == COPY_BINARY, prepared->column_count);
}

static size_t begin_copy_data(Text *out) {
    return message_begin(out, 'd');
}

static void copy_out_end(Conversation *conversation) {
    message_plain(&conversation->output, 'c');
}

static Need take_copy_data(Conversation *conversation) {
    if (conversation->is_on_pool)
        return NEED_ROOM;
    if (session_is_cancelled(conversation->session)) {
        Error error = {0};
        cancel_error(session_cancel_reason(conversation->session), &error);
        return conversation_fail(conversation, &error);
    }
    Message message;
    Need need = take_message(conversation, &message);
    return need != NEED_NOTHING || message.type == 0 ? need : pgwire_copy_in(conversation, &message);
}

static void copy_in_begin(Conversation *conversation, const Prepared *prepared) {
    message_copy_response(
        &conversation->output, 'G', prepared->copy.kind == COPY_BINARY, prepared->column_count);
    conversation->activity = take_copy_data;
}

static void complete(Conversation *conversation, const char *tag) {
    message_command_complete(&conversation->output, tag);
}

static void empty(Conversation *conversation) {
    message_plain(&conversation->output, 'I');
}

static void report_error(Conversation *conversation, const Error *error, bool is_fatal) {
    (is_fatal ? message_fatal : message_error)(&conversation->output, error);
}

static void notice(Conversation *conversation, Severity severity, const Error *notice) {
    message_notice(&conversation->output, severity, notice);
}

static void ready(Conversation *conversation) {
    pgwire_add_parameter_status(conversation);
    add_notifications(conversation);
    message_ready(&conversation->output, session_transaction_status(conversation->session));
}

static void recover(Conversation *conversation) {
    if (pgwire(conversation)->is_extended)
        pgwire(conversation)->skips_to_sync = true;
    else
        ready(conversation);
}

const Protocol pgwire_protocol = {
    .name = "PostgreSQL's protocol",
    .claims = claims,
    .read = read_input,
    .close = close_state,
    .row_description = row_description,
    .add_row = add_row,
    .copy_out_begin = copy_out_begin,
    .copy_frame = {begin_copy_data, message_end},
    .copy_out_end = copy_out_end,
    .copy_in_begin = copy_in_begin,
    .complete = complete,
    .empty = empty,
    .error = report_error,
    .notice = notice,
    .recover = recover,
    .ready = ready,
};
