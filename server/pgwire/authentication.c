/* Authentication: SASL between the startup packet and the session; the client chooses SCRAM-SHA-256, bound to
   the TLS connection where there is one. */
#include <endian.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/connection/connection.h"
#include "server/pgwire/message.h"
#include "server/connection/server_internal.h"

/* PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH is more; nobody needs it before he is known. */
enum { TOKEN_MAX = 16384 };

static const char *binding(const Connection *connection, size_t *length) {
    *length = 0;
    return connection->tls == NULL ? NULL : tls_context_binding(tls_stream_context(connection->tls), length);
}

RunResult authentication_begin(Connection *connection) {
    size_t length;
    const char *const mechanisms[] = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"};
    bool is_bound_possible = binding(connection, &length) != NULL;
    connection->phase = PHASE_AUTHENTICATION;
    message_authentication_sasl(&connection->output, mechanisms + !is_bound_possible, 1 + is_bound_possible);
    return RUN_AGAIN;
}

void authentication_release(Connection *connection) {
    scram_destroy(connection->scram);
    connection->scram = NULL;
    text_free(&connection->verifier);
    text_free(&connection->startup);
}

/* The user's name in the packet, which was read once without fault. */
static const char *startup_user(const Connection *connection) {
    const char *at = connection->startup.bytes + 8, *user = "";
    while (*at != 0) {
        const char *value = at + strlen(at) + 1;
        if (strcmp(at, "user") == 0)
            user = value;
        at = value + strlen(value) + 1;
    }
    return user;
}

/* SASLInitialResponse: the mechanism, then its first message with a length. */
static Status choose(Connection *connection, WireReader *reader, Error *error) {
    const char *mechanism = wire_read_string(reader);
    int32_t length = wire_read_int32(reader);
    if (reader->is_bad || length != reader->end - reader->cursor)
        return error_set(error, STATUS_PROTOCOL_VIOLATION, "invalid SASLInitialResponse message");
    ScramOptions options = {
        .user = startup_user(connection),
        .verifier = connection->verifier.length == 0 ? NULL : text_string(&connection->verifier),
        .secret = connection->server->scram_secret,
    };
    options.binding = binding(connection, &options.binding_length);
    options.is_bound_possible = options.binding != NULL;
    return scram_begin(&options, mechanism, &connection->scram, error);
}

static RunResult take_response(Connection *connection, const char *body, size_t length) {
    WireReader reader = {.cursor = body, .end = body + length};
    Error error = {0};
    Text answer = {0};
    bool is_over = false;
    Status status = connection->scram == NULL ? choose(connection, &reader, &error) : OK;
    if (status == OK)
        status = scram_step(connection->scram, reader.cursor, (size_t)(reader.end - reader.cursor), &answer,
            &is_over, &error);
    if (status == OK)
        message_authentication_sasl_data(&connection->output, is_over, answer.bytes, answer.length);
    text_free(&answer);
    if (status != OK)
        return conversation_fatal(connection, &error);
    return is_over ? startup_finish(connection) : RUN_AGAIN;
}

RunResult authentication_run(Connection *connection) {
    const char *bytes = connection->input.bytes + connection->input_at;
    size_t present = connection->input.length - connection->input_at;
    Error error = {0};
    uint32_t length;
    if (present == 0)
        return RUN_INPUT;
    if (*bytes != 'p') {
        error_set(&error, STATUS_PROTOCOL_VIOLATION, "expected SASL response, got message type %d",
            (unsigned char)*bytes);
        return conversation_fatal(connection, &error);
    }
    if (present < 5)
        return RUN_INPUT;
    memcpy(&length, bytes + 1, sizeof length);
    length = be32toh(length);
    if (length < 4 || length > TOKEN_MAX) {
        error_set(&error, STATUS_PROTOCOL_VIOLATION, "invalid message length");
        return conversation_fatal(connection, &error);
    }
    if (present < (size_t)length + 1)
        return RUN_INPUT;
    connection->input_at += (size_t)length + 1;
    return take_response(connection, bytes + 5, length - 4);
}
