/* COPY FROM STDIN: decodes CopyData into batches for the execution; nothing else but Flush and Sync may come
   before CopyDone. */
#include "server/conversation/portal_run.h"
#include "server/pgwire/pgwire.h"

/* Hands all whole batches on; at the end also the last. */
static Status hand_on(Conversation *conversation, bool is_end, Error *error) {
    Execution *execution = conversation->run.portal->execution;
    for (;;) {
        Batch *batch;
        TRY(copy_reader_next(conversation->run.copy_in, is_end, &batch, error));
        if (batch == NULL)
            return OK;
        conversation->run.row_count += batch->row_count;
        Status status = execution->type->copy_rows(execution, batch, error);
        batch_release(batch);
        TRY(status);
    }
}

static Need finish(Conversation *conversation) {
    Error error = {0};
    Execution *execution = conversation->run.portal->execution;
    if (hand_on(conversation, true, &error) != OK ||
        execution->type->copy_rows(execution, NULL, &error) != OK)
        return conversation_fail(conversation, &error);
    conversation->activity = portal_run;
    return NEED_NOTHING;
}

Need pgwire_copy_in(Conversation *conversation, const Message *message) {
    Error error = {0};
    switch (message->type) {
    case 'd':
        copy_reader_add(conversation->run.copy_in, message->body, message->length);
        return hand_on(conversation, false, &error) == OK ? NEED_NOTHING
                                                          : conversation_fail(conversation, &error);
    case 'c':
        return finish(conversation);
    case 'f': {
        WireReader reader = message_reader(message);
        error_set(&error, STATUS_QUERY_CANCELED, "COPY from stdin failed: %s", wire_read_string(&reader));
        return conversation_fail(conversation, &error);
    }
    case 'H':
    case 'S':
        return NEED_NOTHING;
    }
    error_set(&error, STATUS_PROTOCOL_VIOLATION, "unexpected message type 0x%02X during COPY from stdin",
        (unsigned char)message->type);
    return conversation_fail(conversation, &error);
}
