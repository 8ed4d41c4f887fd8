/* Authentication: SASL between the startup packet and the session; the client chooses SCRAM-SHA-256, bound to
   the TLS connection where there is one. */
#include <endian.h>
#include <string.h>

#include "server/connection/connection.h"
#include "server/pgwire/pgwire.h"

/* PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH is more; nobody needs it before he is known. */
enum { TOKEN_MAX = 16384 };

static const char *binding(const Conversation *conversation, size_t *length) {
    const TlsStream *tls = conversation->connection->socket.tls;
    *length = 0;
    return tls == NULL ? NULL : tls_context_binding(tls_stream_context(tls), length);
}

Need pgwire_authentication_begin(Conversation *conversation) {
    size_t length;
    const char *const mechanisms[] = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"};
    bool is_bound_possible = binding(conversation, &length) != NULL;
    pgwire(conversation)->phase = PGWIRE_AUTHENTICATION;
    message_authentication_sasl(
        &conversation->output, mechanisms + !is_bound_possible, 1 + is_bound_possible);
    return NEED_NOTHING;
}

/* The user's name in the packet, which was read once without fault. */
static const char *startup_user(const Conversation *conversation) {
    const char *at = pgwire(conversation)->startup.bytes + 8, *user = "";
    while (*at != 0) {
        const char *value = at + strlen(at) + 1;
        if (strcmp(at, "user") == 0)
            user = value;
        at = value + strlen(value) + 1;
    }
    return user;
}

/* SASLInitialResponse: the mechanism, then its first message with a length. */
static Status choose(Conversation *conversation, WireReader *reader, Error *error) {
    PgWire *wire = pgwire(conversation);
    const char *mechanism = wire_read_string(reader);
    int32_t length = wire_read_int32(reader);
    if (reader->is_bad || length != reader->end - reader->cursor)
        return error_set(error, STATUS_PROTOCOL_VIOLATION, "invalid SASLInitialResponse message");
    ScramOptions options = {
        .user = startup_user(conversation),
        .verifier = wire->verifier.length == 0 ? NULL : text_string(&wire->verifier),
        .secret = conversation->connection->host->scram_secret,
    };
    options.binding = binding(conversation, &options.binding_length);
    options.is_bound_possible = options.binding != NULL;
    return scram_begin(&options, mechanism, &wire->scram, error);
}

static Need take_response(Conversation *conversation, const char *body, size_t length) {
    PgWire *wire = pgwire(conversation);
    WireReader reader = {.cursor = body, .end = body + length};
    Error error = {0};
    Text answer = {0};
    bool is_over = false;
    Status status = wire->scram == NULL ? choose(conversation, &reader, &error) : OK;
    if (status == OK)
        status = scram_step(
            wire->scram, reader.cursor, (size_t)(reader.end - reader.cursor), &answer, &is_over, &error);
    if (status == OK)
        message_authentication_sasl_data(&conversation->output, is_over, answer.bytes, answer.length);
    text_free(&answer);
    if (status != OK)
        return conversation_fatal(conversation, &error);
    return is_over ? pgwire_session_start(conversation) : NEED_NOTHING;
}

Need pgwire_authentication(Conversation *conversation) {
    Socket *socket = &conversation->connection->socket;
    size_t present;
    const char *bytes = socket_input(socket, &present);
    Error error = {0};
    uint32_t length;
    if (present == 0)
        return NEED_INPUT;
    if (*bytes != 'p') {
        error_set(&error, STATUS_PROTOCOL_VIOLATION, "expected SASL response, got message type %d",
            (unsigned char)*bytes);
        return conversation_fatal(conversation, &error);
    }
    if (present < 5)
        return NEED_INPUT;
    memcpy(&length, bytes + 1, sizeof length);
    length = be32toh(length);
    if (length < 4 || length > TOKEN_MAX) {
        error_set(&error, STATUS_PROTOCOL_VIOLATION, "invalid message length");
        return conversation_fatal(conversation, &error);
    }
    if (present < (size_t)length + 1)
        return NEED_INPUT;
    socket_take(socket, (size_t)length + 1);
    return take_response(conversation, bytes + 5, length - 4);
}
