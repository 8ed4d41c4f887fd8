/* Running: draws batches from a portal and sends them, without ever holding more than a chunk of output; then
   the commit that a statement ends with. */
#include <stdio.h>
#include <string.h>

#include "server/connection/connection.h"
#include "server/pgwire/message.h"

static RunResult after_extended_commit(Connection *connection) {
    connection->activity = NULL;
    return RUN_AGAIN;
}

static RunResult extended_statement_done(Connection *connection) {
    bool is_committing = connection->portal->prepared->is_forbidden_in_block ||
                         connection->portal->prepared->ends_implicit_block;
    connection->portal = NULL;
    connection->activity = NULL;
    if (is_committing) {
        commit_run_begin(connection);
        connection->after_commit = after_extended_commit;
    }
    /* Else the tag is kept for the next message: a Sync commits first, which may evaluate the statement
       again. */
    return RUN_AGAIN;
}

void complete_statement(Connection *connection) {
    if (!connection->has_tag)
        return;
    conversation_add_notices(connection);
    message_command_complete(&connection->output, connection->tag);
    connection->has_tag = false;
}

/* Each statement's end comes through here: snprintf would be a tenth of a short one's cost. */
static void add_count(char *tag, int64_t count) {
    char digits[24], *at = digits + sizeof digits;
    *--at = 0;
    do {
        *--at = (char)('0' + count % 10);
        count /= 10;
    } while (count > 0);
    *--at = ' ';
    strcat(tag, at);
}

void complete_tag(const Prepared *prepared, int64_t row_count, char *tag) {
    static const char *const counted[] = {"SELECT", "INSERT 0", "FETCH", "MOVE", "COPY", "UPDATE", "DELETE"};
    const char *text = strcmp(prepared->tag, "INSERT") == 0 ? "INSERT 0" : prepared->tag;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        if (strcmp(text, counted[i]) == 0) {
            add_count(strcpy(tag, text), row_count);
            return;
        }
    snprintf(tag, TAG_SIZE, "%s", text);
}

static RunResult portal_done(Connection *connection) {
    Portal *portal = connection->portal;
    const char *tag = portal->execution == NULL ? "" : portal->execution->tag;
    const Prepared *prepared = portal->prepared;
    if (*tag != 0)
        snprintf(connection->tag, sizeof connection->tag, "%s", tag);
    else
        complete_tag(prepared, connection->row_count, connection->tag);
    connection->has_tag = true;
    if (connection->copy_out != NULL) {
        copy_writer_end(connection->copy_out, &connection->output);
        copy_writer_destroy(connection->copy_out);
        connection->copy_out = NULL;
        message_plain(&connection->output, 'c');
    }
    copy_reader_destroy(connection->copy_in);
    connection->copy_in = NULL;
    return connection->is_extended ? extended_statement_done(connection) : simple_statement_done(connection);
}

static RunResult suspend(Connection *connection) {
    connection->portal = NULL;
    connection->activity = NULL;
    conversation_add_notices(connection);
    message_plain(&connection->output, 's');
    return RUN_AGAIN;
}

static int64_t count_rows(const Batch *batch) {
    if (batch->diffs == NULL)
        return batch->selected_count;
    int64_t count = 0;
    for (int i = 0; i < batch->selected_count; i++)
        count += batch_diff(batch, batch_row(batch, i));
    return count;
}

static void take_batch(Connection *connection, Batch *batch) {
    const Portal *portal = connection->portal;
    connection->row_count += count_rows(batch);
    if (!portal->prepared->returns_rows && connection->copy_out == NULL)
        batch_release(batch);
    else if (connection->copy_out != NULL)
        copy_writer_take(connection->copy_out, batch);
    else
        connection->rows =
            row_writer_create(batch, portal->formats, session_type_settings(connection->session));
}

/* What a batch already drawn has still to give; false when the output is full first. */
static bool send_rows(Connection *connection) {
    if (connection->copy_out != NULL)
        return copy_writer_add(connection->copy_out, &connection->output, OUTPUT_CHUNK);
    if (connection->rows == NULL)
        return true;
    if (!row_writer_add(connection->rows, &connection->output, OUTPUT_CHUNK))
        return false;
    row_writer_destroy(connection->rows);
    connection->rows = NULL;
    return true;
}

RunResult portal_run(Connection *connection) {
    Portal *portal = connection->portal;
    Error error = {0};
    if (!send_rows(connection))
        return RUN_OUTPUT;
    if (connection->row_max > 0 && connection->row_count >= connection->row_max)
        return suspend(connection);
    /* A commit under way can't be taken back. */
    if (session_is_cancelled(connection->session) && !portal->prepared->ends_transaction) {
        cancel_error(session_cancel_reason(connection->session), &error);
        return conversation_fail(connection, &error);
    }
    if (portal->execution != NULL && !portal->execution->is_bounded && !connection->is_on_pool)
        return RUN_POOL;
    Batch *batch = NULL;
    ExecutionState state;
    int64_t wanted = connection->row_max == 0 ? 0 : connection->row_max - connection->row_count;
    if (portal_next(portal, wanted, &batch, &state, &error) != OK)
        return conversation_fail(connection, &error);
    conversation_add_notices(connection);
    switch (state) {
    case EXECUTION_ROWS:
        take_batch(connection, batch);
        return RUN_AGAIN;
    case EXECUTION_WAIT:
        return RUN_WAIT;
    case EXECUTION_DONE:
        return portal_done(connection);
    }
    return RUN_AGAIN;
}

/* Binary for all columns of a portal whose client said nothing about formats. */
static void choose_formats(Portal *portal) {
    if (portal->formats != NULL || !portal->is_binary)
        return;
    int count = portal->prepared->column_count;
    portal->formats = ARENA_ARRAY(portal->arena, int16_t, count + 1);
    for (int i = 0; i < count; i++)
        portal->formats[i] = 1;
}

RunResult portal_run_begin(Connection *connection, Portal *portal, int64_t row_max) {
    const Prepared *prepared = portal->prepared;
    connection->portal = portal;
    connection->row_max = row_max;
    connection->row_count = 0;
    connection->activity = portal_run;
    choose_formats(portal);
    conversation_add_notices(connection);
    const TypeSettings *settings = session_type_settings(connection->session);
    switch (prepared->copy.direction) {
    case COPY_NONE:
        if (prepared->returns_rows && !connection->is_extended)
            message_row_description(
                &connection->output, prepared->columns, prepared->column_count, portal->formats);
        break;
    case COPY_OUT:
        message_copy_response(
            &connection->output, 'H', prepared->copy.kind == COPY_BINARY, prepared->column_count);
        connection->copy_out = copy_writer_create(prepared, settings);
        copy_writer_begin(connection->copy_out, &connection->output);
        break;
    case COPY_IN:
        message_copy_response(
            &connection->output, 'G', prepared->copy.kind == COPY_BINARY, prepared->column_count);
        connection->copy_in = copy_reader_create(prepared, settings);
        connection->activity = copy_in_run;
        break;
    }
    return RUN_AGAIN;
}

/* Commit */

static RunResult commit_done(Connection *connection) {
    if (connection->commit != NULL) {
        if (connection->commit->tag[0] != 0)
            snprintf(connection->tag, sizeof connection->tag, "%s", connection->commit->tag);
        connection->commit->type->close(connection->commit);
    }
    connection->commit = NULL;
    conversation_add_notices(connection);
    complete_statement(connection);
    return connection->after_commit(connection);
}

static RunResult commit_run(Connection *connection) {
    if (connection->commit == NULL)
        return commit_done(connection);
    if (!connection->commit->is_bounded && !connection->is_on_pool)
        return RUN_POOL;
    Error error = {0};
    Batch *none = NULL;
    ExecutionState state;
    if (connection->commit->type->step(connection->commit, 0, &none, &state, &error) != OK)
        return conversation_fail(connection, &error);
    return state == EXECUTION_WAIT ? RUN_WAIT : commit_done(connection);
}

void commit_run_begin(Connection *connection) {
    connection->commit = session_end_implicit(connection->session);
    connection->activity = commit_run;
}
