/* Startup: what a client says before it has a session: encryption requests, a cancel request, or its user,
   database and settings. */
#include <ctype.h>
#include <endian.h>
#include <string.h>
#include <strings.h>

#include "executor/base/memory.h"
#include "server/connection/connection.h"
#include "server/pgwire/message.h"
#include "server/connection/server_internal.h"

enum {
    PROTOCOL_MAJOR = 3,
    CODE_CANCEL = 80877102,
    CODE_SSL = 80877103,
    CODE_GSS = 80877104,
    TLS_HANDSHAKE = 0x16,
    OPTIONS_MAX = STARTUP_SIZE_MAX / 2
};

typedef struct Startup {
    int minor;
    const char *user;
    const char *database;
    const char *options;
    const char *names[OPTIONS_MAX]; /* settings */
    const char *texts[OPTIONS_MAX];
    int setting_count;
    const char *unknown[OPTIONS_MAX]; /* _pq_. options */
    int unknown_count;
} Startup;

static RunResult say_goodbye(Connection *connection) {
    connection->phase = PHASE_CLOSED;
    return RUN_CLOSE;
}

/* SSLRequest and GSSENCRequest: the first is granted where there is a certificate. */
static RunResult answer_encryption(Connection *connection, bool *has_asked, bool is_granted) {
    Error error = {0};
    if (*has_asked) {
        error_set(&error, STATUS_PROTOCOL_VIOLATION, "encryption was requested twice");
        return conversation_fatal(connection, &error);
    }
    *has_asked = true;
    text_add_char(&connection->output, is_granted ? 'S' : 'N');
    connection->starts_tls = is_granted;
    if (connection->input_at == connection->input.length)
        return is_granted ? RUN_INPUT : RUN_AGAIN;
    connection->starts_tls = false;
    error_set(&error, STATUS_PROTOCOL_VIOLATION, "received unencrypted data after SSL request");
    error_detail(&error,
        "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.");
    return conversation_fatal(connection, &error);
}

static RunResult cancel_request(Connection *connection, WireReader *reader) {
    int process_id = wire_read_int32(reader);
    uint32_t key = (uint32_t)wire_read_int32(reader);
    if (!reader->is_bad)
        registry_cancel(&connection->server->registry, process_id, &key, connection_cancel);
    return say_goodbye(connection);
}

static Status read_startup(WireReader *reader, int minor, Startup *startup, Error *error) {
    startup->minor = minor;
    for (;;) {
        const char *name = wire_read_string(reader);
        if (reader->is_bad || (*name == 0 && reader->cursor != reader->end))
            return error_set(error, STATUS_PROTOCOL_VIOLATION,
                "invalid startup packet layout: expected terminator as last byte");
        if (*name == 0)
            break;
        const char *text = wire_read_string(reader);
        if (reader->is_bad)
            return error_set(error, STATUS_PROTOCOL_VIOLATION,
                "invalid startup packet layout: expected terminator as last byte");
        if (strcmp(name, "user") == 0) {
            startup->user = text;
        } else if (strcmp(name, "database") == 0) {
            startup->database = text;
        } else if (strcmp(name, "options") == 0) {
            startup->options = text;
        } else if (strncmp(name, "_pq_.", 5) == 0) {
            startup->unknown[startup->unknown_count++] = name;
        } else {
            startup->names[startup->setting_count] = name;
            startup->texts[startup->setting_count++] = text;
        }
    }
    if (startup->user == NULL || *startup->user == 0)
        return error_set(error, STATUS_INVALID_AUTHORIZATION_SPECIFICATION,
            "no PostgreSQL user name specified in startup packet");
    return OK;
}

/* There is one database. A client that names none asks for its user's name: it gets that one too. */
static Status check_database(const Startup *startup, Error *error) {
    const char *name = startup->database;
    if (name == NULL || *name == 0 || strcmp(name, "leat") == 0 || strcmp(name, "postgres") == 0 ||
        strcmp(name, startup->user) == 0)
        return OK;
    return error_set(error, STATUS_INVALID_CATALOG_NAME, "database \"%s\" does not exist", name);
}

/* One name=value of the options field; dashes in the name mean underscores. */
static Status set_option(Session *session, char *assignment, Error *error) {
    char *equals = strchr(assignment, '=');
    if (equals == NULL)
        return error_set(error, STATUS_SYNTAX_ERROR, "-c %s requires a value", assignment);
    *equals = 0;
    for (char *c = assignment; *c != 0; c++)
        if (*c == '-')
            *c = '_';
    return session_set_start(session, assignment, equals + 1, error);
}

/* The next word of the options field, backslashes taken away, in place; NULL at the end. */
static char *next_word(char **cursor) {
    char *from = *cursor + strspn(*cursor, " \t\n");
    if (*from == 0)
        return NULL;
    char *word = from, *to = from;
    for (; *from != 0 && !isspace((unsigned char)*from); from++) {
        if (*from == '\\' && from[1] != 0)
            from++;
        *to++ = *from;
    }
    *cursor = *from == 0 ? from : from + 1;
    *to = 0;
    return word;
}

static Status set_options(Session *session, char *options, Error *error) {
    for (char *word; (word = next_word(&options)) != NULL;) {
        char *assignment = word + 2;
        if (strcmp(word, "-c") == 0)
            assignment = next_word(&options);
        else if (strncmp(word, "-c", 2) != 0 && strncmp(word, "--", 2) != 0)
            return error_set(
                error, STATUS_SYNTAX_ERROR, "invalid command-line argument for server process: %s", word);
        if (assignment == NULL)
            return error_set(error, STATUS_SYNTAX_ERROR, "option -c requires a value");
        TRY(set_option(session, assignment, error));
    }
    return OK;
}

static Status open_session(Connection *connection, const Startup *startup, Error *error) {
    TRY(check_database(startup, error));
    if (!registry_admit(&connection->server->registry, &connection->entry))
        return error_set(error, STATUS_TOO_MANY_CONNECTIONS, "sorry, too many clients already");
    const SessionOptions options = {
        .engine = connection->server->options.engine,
        .user = startup->user,
        .database = "leat",
        .process_id = connection->entry.process_id,
        .wake = connection_wake,
        .wake_context = connection,
    };
    TRY(session_open(&options, &connection->session, error));
    if (startup->options != NULL) {
        char *copy = memory_strdup(startup->options);
        Status status = set_options(connection->session, copy, error);
        memory_free(copy);
        TRY(status);
    }
    for (int i = 0; i < startup->setting_count; i++) {
        if (strcmp(startup->names[i], "replication") == 0)
            return error_set(
                error, STATUS_FEATURE_NOT_SUPPORTED, "replication connections are not supported");
        TRY(session_set_start(connection->session, startup->names[i], startup->texts[i], error));
    }
    return OK;
}

Status startup_open_session(Connection *connection, const char *user, Error *error) {
    Startup *startup = NEW(Startup);
    startup->user = user;
    Status status = open_session(connection, startup, error);
    memory_free(startup);
    return status;
}

/* The packet stays where it is until the session is open: what it says is only believed then. */
static Status take_packet(Connection *connection, Startup *startup, Error *error) {
    WireReader reader = {.cursor = connection->startup.bytes + 8,
        .end = connection->startup.bytes + connection->startup.length};
    uint32_t code;
    memcpy(&code, connection->startup.bytes + 4, sizeof code);
    return read_startup(&reader, (int)(be32toh(code) & 0xffff), startup, error);
}

RunResult startup_finish(Connection *connection) {
    Startup *startup = NEW(Startup);
    Error error = {0};
    Status status = take_packet(connection, startup, &error);
    if (status == OK)
        status = open_session(connection, startup, &error);
    memory_free(startup);
    authentication_release(connection);
    if (status != OK)
        return conversation_fatal(connection, &error);
    connection->phase = PHASE_READY;
    message_authentication_ok(&connection->output);
    const char *name, *text;
    while (session_take_reported(connection->session, &name, &text))
        message_parameter_status(&connection->output, name, text);
    message_backend_key(&connection->output, connection->entry.process_id, connection->entry.cancel_key);
    conversation_add_notices(connection);
    conversation_ready(connection);
    return RUN_AGAIN;
}

static Status check_login(Connection *connection, const char *user, bool *needs_password, Error *error) {
    const PgServer *server = connection->server;
    const Engine *engine = server->options.engine;
    *needs_password = false;
    if (server->options.is_tls_required && connection->tls == NULL)
        return error_set(error, STATUS_INVALID_AUTHORIZATION_SPECIFICATION,
            "connections without TLS are not allowed (user \"%s\", no encryption)", user);
    if (engine->login == NULL)
        return OK;
    return engine->login(engine->context, user, pg_server_peer_is_loopback(connection->fd), needs_password,
        &connection->verifier, error);
}

static RunResult begin_session(Connection *connection, const char *packet, size_t length, int minor) {
    Startup *startup = NEW(Startup);
    Error error = {0};
    bool needs_password = false;
    text_add(&connection->startup, packet, length);
    Status status = take_packet(connection, startup, &error);
    if (status == OK)
        status = check_login(connection, startup->user, &needs_password, &error);
    if (status == OK && (minor > 0 || startup->unknown_count > 0))
        message_negotiate_version(
            &connection->output, PROTOCOL_MAJOR << 16, startup->unknown, startup->unknown_count);
    memory_free(startup);
    if (status != OK)
        return conversation_fatal(connection, &error);
    return needs_password ? authentication_begin(connection) : startup_finish(connection);
}

static RunResult handle_packet(Connection *connection, WireReader *reader) {
    uint32_t code = (uint32_t)wire_read_int32(reader);
    switch (code) {
    case CODE_SSL:
        return answer_encryption(connection, &connection->has_asked_ssl,
            connection->tls == NULL && pg_server_has_tls(connection->server));
    case CODE_GSS:
        return answer_encryption(connection, &connection->has_asked_gss, false);
    case CODE_CANCEL:
        return cancel_request(connection, reader);
    }
    if (code >> 16 == PROTOCOL_MAJOR)
        return begin_session(
            connection, reader->cursor - 8, (size_t)(reader->end - reader->cursor) + 8, (int)(code & 0xffff));
    Error error = {0};
    error_set(&error, STATUS_FEATURE_NOT_SUPPORTED,
        "unsupported frontend protocol %u.%u: server supports 3.0 to 3.0", code >> 16, code & 0xffff);
    return conversation_fatal(connection, &error);
}

RunResult startup_run(Connection *connection) {
    const char *bytes = connection->input.bytes + connection->input_at;
    size_t present = connection->input.length - connection->input_at;
    if (present == 0)
        return RUN_INPUT;
    if (*bytes == TLS_HANDSHAKE && connection->tls == NULL && pg_server_has_tls(connection->server)) {
        connection->starts_tls = true; /* no startup packet is so long that it begins so */
        return RUN_INPUT;
    }
    if (isalpha((unsigned char)*bytes)) {
        connection->phase = PHASE_HTTP;
        return RUN_AGAIN;
    }
    if (present < 4)
        return RUN_INPUT;
    uint32_t length;
    memcpy(&length, bytes, sizeof length);
    length = be32toh(length);
    if (length < 8 || length > STARTUP_SIZE_MAX) {
        Error error = {0};
        error_set(&error, STATUS_PROTOCOL_VIOLATION, "invalid length of startup packet");
        return conversation_fatal(connection, &error);
    }
    if (present < length)
        return RUN_INPUT;
    connection->input_at += length;
    WireReader reader = {.cursor = bytes + 4, .end = bytes + length};
    return handle_packet(connection, &reader);
}
