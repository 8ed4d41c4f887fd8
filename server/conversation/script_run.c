/* ScriptRun: statements analysed one by one, each seeing what those before it did. */
#include "server/conversation/script_run.h"

#include <assert.h>
#include <string.h>

#include "server/conversation/portal_run.h"
#include "server/conversation/protocol.h"
#include "server/session/shape.h"

static Need run_next(Conversation *conversation);

/* After a commit, or at once: the next statement, or the end. */
static Need go_on(Conversation *conversation) {
    if (conversation->script != NULL && conversation->script_at < conversation->script->count)
        return run_next(conversation);
    script_release(conversation->script);
    conversation->script = NULL;
    conversation->activity = NULL;
    conversation->protocol->ready(conversation);
    return NEED_NOTHING;
}

static Need statement_done(Conversation *conversation, Portal *portal) {
    const Prepared *prepared = portal->prepared;
    bool is_committing = conversation->script_at == conversation->script->count ||
                         prepared->is_forbidden_in_block || prepared->ends_implicit_block;
    portal_drop(portal);
    if (is_committing)
        return commit_run_begin(conversation, go_on);
    conversation_complete(conversation);
    conversation->activity = run_next;
    return NEED_NOTHING;
}

static Need start(Conversation *conversation, Portal *portal) {
    Error error = {0};
    if (portal_start(portal, &error) != OK)
        return conversation_fail(conversation, &error);
    return portal_run_begin(
        conversation, &(PortalRun){.portal = portal, .is_described = true, .done = statement_done});
}

static Status make_portal(Conversation *conversation, Portal **out, Error *error) {
    Session *session = conversation->session;
    Script *script = conversation->script;
    const SyntaxStatement *syntax = script->statements[conversation->script_at++];
    if (script->count > 1)
        session_begin_implicit_block(session);
    Statement *statement;
    TRY(statement_create(session, script, syntax, "", NULL, 0, &statement, error));
    Status status = OK;
    if (statement->prepared->parameter_count > 0)
        status = error_set(error, STATUS_UNDEFINED_PARAMETER, "there is no parameter $1");
    if (status == OK)
        status = portal_create(session, "", statement, out, error);
    statement_release(statement);
    TRY(status);
    (*out)->is_binary = (*out)->prepared->is_binary;
    return OK;
}

static Need run_next(Conversation *conversation) {
    assert(conversation->script_at < conversation->script->count);
    Error error = {0};
    Portal *portal = NULL;
    if (session_is_cancelled(conversation->session) &&
        cancel_error(session_cancel_reason(conversation->session), &error) != OK)
        return conversation_fail(conversation, &error);
    if (make_portal(conversation, &portal, &error) != OK)
        return conversation_fail(conversation, &error);
    return start(conversation, portal);
}

/* Runs the statement of the text's shape with the text's literals; false: a literal is none of its
   parameter's type, which parsing will say better. */
static bool run_shaped(Conversation *conversation, Statement *statement, const Shape *shape, Need *need) {
    Error error = {0};
    Portal *portal;
    bool is_fit = portal_create(conversation->session, "", statement, &portal, &error) == OK;
    if (is_fit && shape_parameters(shape, conversation->session, portal->prepared, portal->arena,
                      &portal->parameters, &error) != OK) {
        portal_drop(portal);
        is_fit = false;
    }
    error_clear(&error);
    if (!is_fit)
        return false;
    conversation->script = script_retain(statement->script);
    conversation->script_at = conversation->script->count;
    *need = start(conversation, portal);
    return true;
}

static bool make_shaped(Conversation *conversation, const Shape *shape, const char *text, Need *need) {
    Script *script;
    Error ignored = {0};
    if (script_parse(text, strlen(text), &script, &ignored) != OK) {
        error_clear(&ignored);
        return false;
    }
    Statement *statement = session_make_shaped(conversation->session, shape, script);
    script_release(script);
    return statement != NULL && run_shaped(conversation, statement, shape, need);
}

/* Runs the text if it can go the short way. */
static bool try_shape(Conversation *conversation, const char *text, Need *need) {
    Shape shape;
    if ((*text != 'S' && *text != 's') || !shape_read(text, strlen(text), &shape))
        return false;
    bool may_make;
    Statement *statement = session_shaped(conversation->session, &shape, &may_make);
    if (statement != NULL)
        return run_shaped(conversation, statement, &shape, need);
    return may_make && make_shaped(conversation, &shape, text, need);
}

Need script_run_begin(Conversation *conversation, const char *text) {
    assert(conversation->script == NULL && conversation->run.portal == NULL);
    Error error = {0};
    Need need;
    session_drop_statement(conversation->session, "");
    if (try_shape(conversation, text, &need))
        return need;
    if (script_parse(text, strlen(text), &conversation->script, &error) != OK)
        return conversation_fail(conversation, &error);
    conversation->script_at = 0;
    if (conversation->script->count == 0) {
        conversation->protocol->empty(conversation);
        return commit_run_begin(conversation, go_on);
    }
    conversation->activity = run_next;
    return NEED_NOTHING;
}
