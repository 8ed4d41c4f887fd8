/* PortalRun: draws batches from a portal and sends them, without ever holding more than a chunk of output. */
#include "server/conversation/portal_run.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "server/conversation/protocol.h"

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

void portal_tag(const Prepared *prepared, int64_t row_count, char *tag) {
    static const char *const counted[] = {"SELECT", "INSERT 0", "FETCH", "MOVE", "COPY", "UPDATE", "DELETE"};
    const char *text = strcmp(prepared->tag, "INSERT") == 0 ? "INSERT 0" : prepared->tag;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        if (strcmp(text, counted[i]) == 0) {
            add_count(strcpy(tag, text), row_count);
            return;
        }
    snprintf(tag, TAG_SIZE, "%s", text);
}

/* The end: what comes next is for whoever began the run to say. */
static Need leave(Conversation *conversation, Need (*next)(Conversation *conversation, Portal *portal)) {
    Portal *portal = conversation->run.portal;
    assert(conversation->run.rows == NULL);
    conversation->run = (PortalRun){0};
    conversation->activity = NULL;
    return next(conversation, portal);
}

static Need portal_done(Conversation *conversation) {
    PortalRun *run = &conversation->run;
    const char *tag = run->portal->execution == NULL ? "" : run->portal->execution->tag;
    if (*tag != 0)
        snprintf(conversation->tag, sizeof conversation->tag, "%s", tag);
    else
        portal_tag(run->portal->prepared, run->row_count, conversation->tag);
    conversation->has_tag = true;
    if (run->copy_out != NULL) {
        copy_writer_end(run->copy_out, &conversation->output);
        copy_writer_destroy(run->copy_out);
        if (conversation->protocol->copy_out_end != NULL)
            conversation->protocol->copy_out_end(conversation);
    }
    copy_reader_destroy(run->copy_in);
    return leave(conversation, run->done);
}

static int64_t count_rows(const Batch *batch) {
    if (batch->diffs == NULL)
        return batch->selected_count;
    int64_t count = 0;
    for (int i = 0; i < batch->selected_count; i++)
        count += batch_diff(batch, batch_row(batch, i));
    return count;
}

static void take_batch(Conversation *conversation, Batch *batch) {
    PortalRun *run = &conversation->run;
    run->row_count += count_rows(batch);
    if (!run->portal->prepared->returns_rows && run->copy_out == NULL)
        batch_release(batch);
    else if (run->copy_out != NULL)
        copy_writer_take(run->copy_out, batch);
    else
        run->rows = row_writer_create(batch, run->portal->formats,
            session_type_settings(conversation->session), conversation->protocol->add_row);
}

/* What a batch already drawn has still to give; false when the output is full first. */
static bool send_rows(Conversation *conversation) {
    PortalRun *run = &conversation->run;
    if (run->copy_out != NULL)
        return copy_writer_add(run->copy_out, &conversation->output, OUTPUT_CHUNK);
    if (run->rows == NULL)
        return true;
    if (!row_writer_add(run->rows, &conversation->output, OUTPUT_CHUNK))
        return false;
    row_writer_destroy(run->rows);
    run->rows = NULL;
    return true;
}

Need portal_run(Conversation *conversation) {
    PortalRun *run = &conversation->run;
    Portal *portal = run->portal;
    Error error = {0};
    assert(portal != NULL && conversation_is_mine(conversation));
    if (!send_rows(conversation))
        return NEED_ROOM;
    if (run->row_max > 0 && run->row_count >= run->row_max)
        return leave(conversation, run->suspended);
    /* A commit under way can't be taken back. */
    if (session_is_cancelled(conversation->session) && !portal->prepared->ends_transaction) {
        cancel_error(session_cancel_reason(conversation->session), &error);
        return conversation_fail(conversation, &error);
    }
    if (portal->execution != NULL && !portal->execution->is_bounded && !conversation->is_on_pool)
        return NEED_POOL;
    Batch *batch = NULL;
    ExecutionState state;
    int64_t wanted = run->row_max == 0 ? 0 : run->row_max - run->row_count;
    if (portal_next(portal, wanted, &batch, &state, &error) != OK)
        return conversation_fail(conversation, &error);
    conversation_add_notices(conversation);
    switch (state) {
    case EXECUTION_ROWS:
        take_batch(conversation, batch);
        return NEED_NOTHING;
    case EXECUTION_WAIT:
        return NEED_WAKE;
    case EXECUTION_DONE:
        return portal_done(conversation);
    }
    return NEED_NOTHING;
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

static Need begin_copy_in(Conversation *conversation, const Prepared *prepared) {
    if (conversation->protocol->copy_in_begin == NULL) {
        Error error = {0};
        error_set(&error, STATUS_FEATURE_NOT_SUPPORTED, "COPY FROM STDIN is not supported over %s",
            conversation->protocol->name);
        return conversation_fail(conversation, &error);
    }
    conversation->run.copy_in = copy_reader_create(prepared, session_type_settings(conversation->session));
    conversation->protocol->copy_in_begin(conversation, prepared);
    return NEED_NOTHING;
}

Need portal_run_begin(Conversation *conversation, const PortalRun *run) {
    const Protocol *protocol = conversation->protocol;
    const Prepared *prepared = run->portal->prepared;
    assert(conversation->run.portal == NULL && run->rows == NULL && (run->row_max == 0 || run->suspended));
    conversation->run = *run;
    if (prepared->copy.direction != COPY_NONE)
        conversation->run.row_max = 0;
    conversation->activity = portal_run;
    if (!protocol->is_text_only)
        choose_formats(run->portal);
    conversation_add_notices(conversation);
    switch (prepared->copy.direction) {
    case COPY_NONE:
        if (prepared->returns_rows && run->is_described)
            protocol->row_description(conversation, prepared, run->portal->formats);
        break;
    case COPY_OUT:
        if (protocol->copy_out_begin != NULL)
            protocol->copy_out_begin(conversation, prepared);
        conversation->run.copy_out =
            copy_writer_create(prepared, session_type_settings(conversation->session), &protocol->copy_frame);
        copy_writer_begin(conversation->run.copy_out, &conversation->output);
        break;
    case COPY_IN:
        return begin_copy_in(conversation, prepared);
    }
    return NEED_NOTHING;
}

/* Commit */

static Need commit_done(Conversation *conversation) {
    if (conversation->commit != NULL) {
        if (conversation->commit->tag[0] != 0)
            snprintf(conversation->tag, sizeof conversation->tag, "%s", conversation->commit->tag);
        conversation->commit->type->close(conversation->commit);
    }
    conversation->commit = NULL;
    conversation->activity = NULL;
    conversation_add_notices(conversation);
    conversation_complete(conversation);
    return conversation->after_commit(conversation);
}

static Need commit_run(Conversation *conversation) {
    if (conversation->commit == NULL)
        return commit_done(conversation);
    if (!conversation->commit->is_bounded && !conversation->is_on_pool)
        return NEED_POOL;
    Error error = {0};
    Batch *none = NULL;
    ExecutionState state;
    if (conversation->commit->type->step(conversation->commit, 0, &none, &state, &error) != OK)
        return conversation_fail(conversation, &error);
    return state == EXECUTION_WAIT ? NEED_WAKE : commit_done(conversation);
}

Need commit_run_begin(Conversation *conversation, Activity after) {
    assert(conversation->commit == NULL && conversation->activity == NULL);
    conversation->commit = session_end_implicit(conversation->session);
    conversation->after_commit = after;
    conversation->activity = commit_run;
    return NEED_NOTHING;
}
