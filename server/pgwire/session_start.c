/* Session start: what the startup packet says of user, database and settings, and the session opened by it.
 */
#include <ctype.h>
#include <endian.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/connection/connection.h"
#include "server/pgwire/pgwire.h"

typedef struct Startup {
    const char *user;
    const char *database;
    const char *options;
    const char *names[STARTUP_OPTIONS_MAX]; /* settings */
    const char *texts[STARTUP_OPTIONS_MAX];
    int setting_count;
    const char *unknown[STARTUP_OPTIONS_MAX]; /* _pq_. options */
    int unknown_count;
} Startup;

static Status read_startup(WireReader *reader, Startup *startup, Error *error) {
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

/* The packet stays where it is until the session is open: what it says is only believed then. */
static Status take_packet(const Conversation *conversation, Startup *startup, Error *error) {
    const Text *packet = &pgwire(conversation)->startup;
    WireReader reader = {.cursor = packet->bytes + 8, .end = packet->bytes + packet->length};
    return read_startup(&reader, startup, error);
}

Status pgwire_read_startup(const Conversation *conversation, const char **user, const char **unknown,
    int *unknown_count, Error *error) {
    Startup *startup = NEW(Startup);
    Status status = take_packet(conversation, startup, error);
    *user = startup->user;
    *unknown_count = startup->unknown_count;
    memcpy(unknown, startup->unknown, sizeof *unknown * (size_t)startup->unknown_count);
    memory_free(startup);
    return status;
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

static Status open_session(Conversation *conversation, const Startup *startup, Error *error) {
    TRY(check_database(startup, error));
    TRY(connection_open_session(conversation->connection, startup->user, error));
    Session *session = conversation->session;
    if (startup->options != NULL) {
        char *copy = memory_strdup(startup->options);
        Status status = set_options(session, copy, error);
        memory_free(copy);
        TRY(status);
    }
    for (int i = 0; i < startup->setting_count; i++) {
        if (strcmp(startup->names[i], "replication") == 0)
            return error_set(
                error, STATUS_FEATURE_NOT_SUPPORTED, "replication connections are not supported");
        TRY(session_set_start(session, startup->names[i], startup->texts[i], error));
    }
    return OK;
}

/* Nothing of the proof is needed any more. */
static void forget_proof(PgWire *wire) {
    scram_destroy(wire->scram);
    wire->scram = NULL;
    text_free(&wire->verifier);
    text_free(&wire->startup);
}

void pgwire_add_parameter_status(Conversation *conversation) {
    const char *name, *text;
    while (session_take_reported(conversation->session, &name, &text))
        message_parameter_status(&conversation->output, name, text);
}

Need pgwire_session_start(Conversation *conversation) {
    Startup *startup = NEW(Startup);
    Error error = {0};
    Status status = take_packet(conversation, startup, &error);
    if (status == OK)
        status = open_session(conversation, startup, &error);
    memory_free(startup);
    forget_proof(pgwire(conversation));
    if (status != OK)
        return conversation_fatal(conversation, &error);
    pgwire(conversation)->phase = PGWIRE_READY;
    const RegistryEntry *entry = &conversation->connection->entry;
    message_authentication_ok(&conversation->output);
    pgwire_add_parameter_status(conversation);
    message_backend_key(&conversation->output, entry->process_id, entry->cancel_key);
    conversation_add_notices(conversation);
    conversation->protocol->ready(conversation);
    return NEED_NOTHING;
}
