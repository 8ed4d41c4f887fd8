/* Simple query: the statements of one Query message, one after the other, in one implicit transaction. */
#include <string.h>

#include "server/connection/connection.h"
#include "server/pgwire/message.h"
#include "server/session/shape.h"

static Status start_statement(Connection *connection, Error *error) {
    Session *session = connection->session;
    const SyntaxStatement *syntax = connection->script->statements[connection->script_at++];
    if (connection->script->count > 1)
        session_begin_implicit_block(session);
    Statement *statement;
    TRY(statement_create(session, connection->script, syntax, "", NULL, 0, &statement, error));
    Portal *portal = NULL;
    Status status = OK;
    if (statement->prepared->parameter_count > 0)
        status = error_set(error, STATUS_UNDEFINED_PARAMETER, "there is no parameter $1");
    if (status == OK)
        status = portal_create(session, "", statement, &portal, error);
    statement_release(statement);
    TRY(status);
    portal->is_binary = portal->prepared->is_binary;
    TRY(portal_start(portal, error));
    connection->portal = portal;
    return OK;
}

/* Runs the statement of the text's shape with the text's literals; false: a literal is none of its
   parameter's type, which parsing will say better. */
static bool run_shaped(Connection *connection, Statement *statement, const Shape *shape, RunResult *result) {
    Error error = {0};
    Portal *portal;
    bool is_fit = portal_create(connection->session, "", statement, &portal, &error) == OK;
    if (is_fit && shape_parameters(shape, connection->session, portal->prepared, portal->arena,
                      &portal->parameters, &error) != OK) {
        portal_drop(portal);
        is_fit = false;
    }
    error_clear(&error);
    if (!is_fit)
        return false;
    connection->script = script_retain(statement->script);
    connection->script_at = connection->script->count;
    connection->portal = portal;
    *result = portal_start(portal, &error) == OK ? portal_run_begin(connection, portal, 0)
                                                 : conversation_fail(connection, &error);
    return true;
}

static bool make_shaped(Connection *connection, const Shape *shape, const char *text, RunResult *result) {
    Script *script;
    Error ignored = {0};
    if (script_parse(text, strlen(text), &script, &ignored) != OK) {
        error_clear(&ignored);
        return false;
    }
    Statement *statement = session_make_shaped(connection->session, shape, script);
    script_release(script);
    return statement != NULL && run_shaped(connection, statement, shape, result);
}

/* Runs the text if it can go the short way. */
static bool try_shape(Connection *connection, const char *text, RunResult *result) {
    Shape shape;
    if ((*text != 'S' && *text != 's') || !shape_read(text, strlen(text), &shape))
        return false;
    bool may_make;
    Statement *statement = session_shaped(connection->session, &shape, &may_make);
    if (statement != NULL)
        return run_shaped(connection, statement, &shape, result);
    return may_make && make_shaped(connection, &shape, text, result);
}

static RunResult run_next(Connection *connection) {
    Error error = {0};
    if (session_is_cancelled(connection->session) &&
        cancel_error(session_cancel_reason(connection->session), &error) != OK)
        return conversation_fail(connection, &error);
    if (start_statement(connection, &error) != OK)
        return conversation_fail(connection, &error);
    return portal_run_begin(connection, connection->portal, 0);
}

static RunResult end_query(Connection *connection) {
    script_release(connection->script);
    connection->script = NULL;
    connection->activity = NULL;
    conversation_ready(connection);
    return RUN_AGAIN;
}

/* After a commit, or at once: the next statement, or the end. */
static RunResult go_on(Connection *connection) {
    if (connection->script_at == connection->script->count)
        return end_query(connection);
    return run_next(connection);
}

RunResult simple_statement_done(Connection *connection) {
    const Prepared *prepared = connection->portal->prepared;
    bool is_committing = connection->script_at == connection->script->count ||
                         prepared->is_forbidden_in_block || prepared->ends_implicit_block;
    portal_drop(connection->portal);
    connection->portal = NULL;
    if (is_committing) {
        commit_run_begin(connection);
        connection->after_commit = go_on;
        return RUN_AGAIN;
    }
    complete_statement(connection);
    connection->activity = run_next;
    return RUN_AGAIN;
}

RunResult simple_query(Connection *connection, const Message *message) {
    Error error = {0};
    WireReader reader = {.cursor = message->body, .end = message->body + message->length};
    const char *text = wire_read_string(&reader);
    if (wire_read_end(&reader, &error) != OK)
        return conversation_fail(connection, &error);
    session_drop_statement(connection->session, "");
    RunResult result;
    if (try_shape(connection, text, &result))
        return result;
    if (script_parse(text, strlen(text), &connection->script, &error) != OK)
        return conversation_fail(connection, &error);
    connection->script_at = 0;
    if (connection->script->count == 0) {
        message_plain(&connection->output, 'I');
        commit_run_begin(connection);
        connection->after_commit = go_on;
        return RUN_AGAIN;
    }
    connection->activity = run_next;
    return RUN_AGAIN;
}
