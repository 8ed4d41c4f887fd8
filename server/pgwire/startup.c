/* Startup: what a client says before it has a session: encryption requests, a cancel request, or who it is.
 */
#include <endian.h>
#include <string.h>

#include "server/connection/connection.h"
#include "server/pgwire/pgwire.h"

enum { PROTOCOL_MAJOR = 3, CODE_CANCEL = 80877102, CODE_SSL = 80877103, CODE_GSS = 80877104 };

/* SSLRequest and GSSENCRequest: the first is granted where there is a certificate. */
static Need answer_encryption(Conversation *conversation, bool *has_asked, bool is_granted) {
    Connection *connection = conversation->connection;
    Error error = {0};
    size_t present;
    if (*has_asked) {
        error_set(&error, STATUS_PROTOCOL_VIOLATION, "encryption was requested twice");
        return conversation_fatal(conversation, &error);
    }
    *has_asked = true;
    text_add_char(&conversation->output, is_granted ? 'S' : 'N');
    socket_input(&connection->socket, &present);
    connection->starts_tls = is_granted && present == 0;
    if (present == 0)
        return is_granted ? NEED_INPUT : NEED_NOTHING;
    error_set(&error, STATUS_PROTOCOL_VIOLATION, "received unencrypted data after SSL request");
    error_detail(&error,
        "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.");
    return conversation_fatal(conversation, &error);
}

static Need cancel_request(Conversation *conversation, WireReader *reader) {
    int process_id = wire_read_int32(reader);
    uint32_t key = (uint32_t)wire_read_int32(reader);
    if (!reader->is_bad)
        registry_cancel(&conversation->connection->host->registry, process_id, &key, connection_cancel);
    return conversation_end(conversation);
}

static Status check_login(Conversation *conversation, const char *user, bool *needs_password, Error *error) {
    const Connection *connection = conversation->connection;
    const PgServerOptions *options = &connection->host->options;
    *needs_password = false;
    if (options->is_tls_required && connection->socket.tls == NULL)
        return error_set(error, STATUS_INVALID_AUTHORIZATION_SPECIFICATION,
            "connections without TLS are not allowed (user \"%s\", no encryption)", user);
    if (options->engine->login == NULL)
        return OK;
    return options->engine->login(options->engine->context, user,
        socket_peer_is_loopback(&connection->socket), needs_password, &pgwire(conversation)->verifier, error);
}

static Need begin_session(Conversation *conversation, int minor) {
    Error error = {0};
    bool needs_password = false;
    const char *user, *unknown[STARTUP_OPTIONS_MAX];
    int unknown_count;
    Status status = pgwire_read_startup(conversation, &user, unknown, &unknown_count, &error);
    if (status == OK)
        status = check_login(conversation, user, &needs_password, &error);
    if (status == OK && (minor > 0 || unknown_count > 0))
        message_negotiate_version(&conversation->output, PROTOCOL_MAJOR << 16, unknown, unknown_count);
    if (status != OK)
        return conversation_fatal(conversation, &error);
    return needs_password ? pgwire_authentication_begin(conversation) : pgwire_session_start(conversation);
}

/* packet: its length and code included. */
static Need handle_packet(Conversation *conversation, const char *packet, size_t length) {
    PgWire *wire = pgwire(conversation);
    const Connection *connection = conversation->connection;
    WireReader reader = {.cursor = packet + 4, .end = packet + length};
    uint32_t code = (uint32_t)wire_read_int32(&reader);
    switch (code) {
    case CODE_SSL:
        return answer_encryption(conversation, &wire->has_asked_ssl,
            connection->socket.tls == NULL && host_has_tls(connection->host));
    case CODE_GSS:
        return answer_encryption(conversation, &wire->has_asked_gss, false);
    case CODE_CANCEL:
        return cancel_request(conversation, &reader);
    }
    if (code >> 16 == PROTOCOL_MAJOR) {
        text_add(&wire->startup, packet, length);
        return begin_session(conversation, (int)(code & 0xffff));
    }
    Error error = {0};
    error_set(&error, STATUS_FEATURE_NOT_SUPPORTED,
        "unsupported frontend protocol %u.%u: server supports 3.0 to 3.0", code >> 16, code & 0xffff);
    return conversation_fatal(conversation, &error);
}

Need pgwire_startup(Conversation *conversation) {
    Socket *socket = &conversation->connection->socket;
    size_t present;
    const char *bytes = socket_input(socket, &present);
    uint32_t length;
    if (present < sizeof length)
        return NEED_INPUT;
    memcpy(&length, bytes, sizeof length);
    length = be32toh(length);
    if (length < 8 || length > STARTUP_SIZE_MAX) {
        Error error = {0};
        error_set(&error, STATUS_PROTOCOL_VIOLATION, "invalid length of startup packet");
        return conversation_fatal(conversation, &error);
    }
    if (present < length)
        return NEED_INPUT;
    socket_take(socket, length);
    return handle_packet(conversation, bytes, length);
}
