/* COPY FROM STDIN: decodes CopyData into batches for the execution; nothing else but Flush and Sync may come
   before CopyDone. */
#include <string.h>

#include "server/connection/connection.h"
#include "server/pgwire/message.h"

/* Hands all whole batches on; at the end also the last. */
static Status hand_on(Connection *connection, bool is_end, Error *error) {
    Execution *execution = connection->portal->execution;
    for (;;) {
        Batch *batch;
        TRY(copy_reader_next(connection->copy_in, is_end, &batch, error));
        if (batch == NULL)
            return OK;
        connection->row_count += batch->row_count;
        Status status = execution->type->copy_rows(execution, batch, error);
        batch_release(batch);
        TRY(status);
    }
}

static RunResult finish(Connection *connection) {
    Error error = {0};
    Execution *execution = connection->portal->execution;
    if (hand_on(connection, true, &error) != OK || execution->type->copy_rows(execution, NULL, &error) != OK)
        return conversation_fail(connection, &error);
    connection->activity = portal_run;
    return RUN_AGAIN;
}

static RunResult take_message(Connection *connection, const Message *message) {
    Error error = {0};
    switch (message->type) {
    case 'd':
        copy_reader_add(connection->copy_in, message->body, message->length);
        return hand_on(connection, false, &error) == OK ? RUN_AGAIN : conversation_fail(connection, &error);
    case 'c':
        return finish(connection);
    case 'f': {
        WireReader reader = {.cursor = message->body, .end = message->body + message->length};
        error_set(&error, STATUS_QUERY_CANCELED, "COPY from stdin failed: %s", wire_read_string(&reader));
        return conversation_fail(connection, &error);
    }
    case 'H':
    case 'S':
        return RUN_AGAIN;
    }
    error_set(&error, STATUS_PROTOCOL_VIOLATION, "unexpected message type 0x%02X during COPY from stdin",
        (unsigned char)message->type);
    return conversation_fail(connection, &error);
}

RunResult copy_in_run(Connection *connection) {
    if (connection->is_on_pool)
        return RUN_OUTPUT;
    if (session_is_cancelled(connection->session)) {
        Error error = {0};
        cancel_error(session_cancel_reason(connection->session), &error);
        return conversation_fail(connection, &error);
    }
    Message message = {0};
    RunResult result = conversation_take_message(connection, &message);
    return result != RUN_AGAIN || message.type == 0 ? result : take_message(connection, &message);
}
