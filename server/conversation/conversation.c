/* Conversation: one activity after the other, what the client says next between them, and how they end. */
#include "server/conversation/conversation.h"

#include <assert.h>

#include "server/conversation/protocol.h"

/* Who runs it */

bool conversation_is_mine(const Conversation *conversation) {
    return pthread_equal(atomic_load_explicit(&conversation->owner, memory_order_relaxed), pthread_self());
}

/* The queues between the threads order what they do; the owner is only there to be asserted. */
void conversation_take(Conversation *conversation, bool is_on_pool) {
    assert(atomic_load(&conversation->owner) == 0);
    atomic_store(&conversation->owner, pthread_self());
    conversation->is_on_pool = is_on_pool;
}

void conversation_let_go(Conversation *conversation) {
    assert(conversation_is_mine(conversation));
    atomic_store(&conversation->owner, 0);
}

/* Output that belongs to no statement */

void conversation_add_notices(Conversation *conversation) {
    Severity severity;
    Error notice = {0};
    while (session_take_notice(conversation->session, &severity, &notice)) {
        conversation->protocol->notice(conversation, severity, &notice);
        error_clear(&notice);
    }
}

void conversation_complete(Conversation *conversation) {
    if (!conversation->has_tag)
        return;
    conversation_add_notices(conversation);
    conversation->protocol->complete(conversation, conversation->tag);
    conversation->has_tag = false;
}

/* Ends */

static void end_activity(Conversation *conversation) {
    row_writer_destroy(conversation->run.rows);
    copy_writer_destroy(conversation->run.copy_out);
    copy_reader_destroy(conversation->run.copy_in);
    conversation->run = (PortalRun){0};
    script_release(conversation->script);
    conversation->script = NULL;
    if (conversation->commit != NULL)
        conversation->commit->type->close(conversation->commit);
    conversation->commit = NULL;
    conversation->activity = NULL;
    conversation->has_tag = false;
}

Need conversation_end(Conversation *conversation) {
    conversation->is_over = true;
    return NEED_CLOSE;
}

Need conversation_fatal(Conversation *conversation, Error *error) {
    assert(conversation_is_mine(conversation));
    end_activity(conversation);
    conversation->protocol->error(conversation, error, true);
    error_clear(error);
    return conversation_end(conversation);
}

Need conversation_fail(Conversation *conversation, Error *error) {
    assert(conversation_is_mine(conversation));
    if (error->status == STATUS_ADMIN_SHUTDOWN)
        return conversation_fatal(conversation, error);
    end_activity(conversation);
    conversation_add_notices(conversation);
    conversation->protocol->error(conversation, error, false);
    error_clear(error);
    session_fail(conversation->session);
    conversation->protocol->recover(conversation);
    return NEED_NOTHING;
}

void conversation_release(Conversation *conversation) {
    assert(conversation_is_mine(conversation));
    end_activity(conversation);
    if (conversation->protocol->close != NULL)
        conversation->protocol->close(conversation);
    session_close(conversation->session);
    conversation->session = NULL;
    text_free(&conversation->output);
}

/* Running */

static Need run_once(Conversation *conversation) {
    if (conversation->is_over)
        return NEED_CLOSE;
    if (conversation->output.length >= OUTPUT_CHUNK)
        return NEED_ROOM;
    if (conversation->activity != NULL)
        return conversation->activity(conversation);
    if (conversation->session != NULL && session_cancel_reason(conversation->session) == CANCEL_SHUTDOWN) {
        Error error = {0};
        cancel_error(CANCEL_SHUTDOWN, &error);
        return conversation_fatal(conversation, &error);
    }
    /* Input lies on the I/O thread. */
    return conversation->is_on_pool ? NEED_ROOM : conversation->protocol->read(conversation);
}

Need conversation_run(Conversation *conversation) {
    assert(conversation_is_mine(conversation));
    Need need;
    do
        need = run_once(conversation);
    while (need == NEED_NOTHING);
    return need;
}
