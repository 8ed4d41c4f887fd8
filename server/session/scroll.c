/* Scroll: the rows of a SCROLL cursor are kept, batch by batch, as far as any FETCH has needed them;
   positions are counted over these. */
#include "server/session/scroll.h"

#include <inttypes.h>
#include <stdio.h>

#include "executor/base/memory.h"
#include "server/session/scroll_rows.h"

typedef struct ScrollFetch {
    Execution base;
    Session *session;
    char *cursor;
    SyntaxFetchDirection direction;
    int64_t count; /* INT64_MAX: ALL */
    bool is_move;
    bool is_planned;
    int64_t at; /* the next row to give, of `left` */
    int step;
    int64_t left;
    int64_t given;
} ScrollFetch;

/* The greatest position that has to be known; INT64_MAX: all. */
static int64_t needed(const ScrollFetch *fetch, int64_t position) {
    int64_t count = fetch->count;
    bool is_absolute = fetch->direction == SYNTAX_FETCH_ABSOLUTE;
    if (fetch->direction == SYNTAX_FETCH_BACKWARD)
        return position;
    if (is_absolute && count < 0)
        return INT64_MAX;
    int64_t from = is_absolute ? 0 : position;
    return count > INT64_MAX - from ? INT64_MAX : from + count;
}

static void plan_run(ScrollFetch *fetch, ScrollRows *rows, int64_t count, int step) {
    int64_t there = step > 0 ? rows->total - rows->position : rows->position - 1;
    there = there < 0 ? 0 : there;
    fetch->at = rows->position + step;
    fetch->step = step;
    fetch->left = count < there ? count : there;
    rows->position = count <= there ? rows->position + step * count : step > 0 ? rows->total + 1 : 0;
}

static void plan_row(ScrollFetch *fetch, ScrollRows *rows, int64_t position) {
    bool is_there = position >= 1 && position <= rows->total;
    fetch->at = position;
    fetch->step = 1;
    fetch->left = is_there;
    rows->position = is_there ? position : position < 1 ? 0 : rows->total + 1;
}

static void plan(ScrollFetch *fetch, ScrollRows *rows) {
    bool is_forward = fetch->direction == SYNTAX_FETCH_FORWARD,
         is_backward = fetch->direction == SYNTAX_FETCH_BACKWARD;
    fetch->is_planned = true;
    if ((is_forward || is_backward) && fetch->count != 0)
        plan_run(fetch, rows, fetch->count, is_forward ? 1 : -1);
    else if (fetch->direction == SYNTAX_FETCH_ABSOLUTE)
        plan_row(fetch, rows, fetch->count >= 0 ? fetch->count : rows->total + 1 + fetch->count);
    else
        plan_row(fetch, rows, rows->position + fetch->count);
}

static Batch *give(ScrollFetch *fetch, const ScrollRows *rows) {
    int count = fetch->left < BATCH_ROWS_MAX ? (int)fetch->left : BATCH_ROWS_MAX;
    Batch *out = scroll_rows_copy(rows, fetch->at, fetch->step, count);
    fetch->at += (int64_t)fetch->step * count;
    fetch->left -= count;
    fetch->given += count;
    return out;
}

static Status read_on(ScrollFetch *fetch, Portal *portal, ExecutionState *state, Error *error) {
    ScrollRows *rows = portal->scroll;
    int64_t goal = needed(fetch, rows->position);
    while (!rows->is_complete && rows->total < goal) {
        if (execution_is_cancelled(&fetch->base))
            return execution_cancelled(&fetch->base, error);
        Batch *batch = NULL;
        *state = EXECUTION_DONE;
        if (!portal->is_done || portal->batch != NULL)
            TRY(portal_next(portal, 0, &batch, state, error));
        if (*state == EXECUTION_WAIT)
            return OK;
        rows->is_complete = *state == EXECUTION_DONE;
        if (*state != EXECUTION_ROWS)
            continue;
        Status status = scroll_rows_keep(rows, batch, fetch->cursor, error);
        batch_release(batch);
        TRY(status);
    }
    *state = EXECUTION_ROWS;
    return OK;
}

static Status step(Execution *execution, int row_max, Batch **batch, ExecutionState *state, Error *error) {
    (void)row_max;
    ScrollFetch *fetch = (ScrollFetch *)execution;
    Portal *portal = session_portal(fetch->session, fetch->cursor);
    if (portal == NULL || portal->scroll == NULL)
        return error_set(error, STATUS_INVALID_CURSOR_NAME, "cursor \"%s\" does not exist", fetch->cursor);
    if (!fetch->is_planned) {
        TRY(read_on(fetch, portal, state, error));
        if (*state == EXECUTION_WAIT)
            return OK;
        plan(fetch, portal->scroll);
    }
    if (fetch->left > 0 && !fetch->is_move) {
        *batch = give(fetch, portal->scroll);
        *state = EXECUTION_ROWS;
        return OK;
    }
    *state = EXECUTION_DONE;
    snprintf(execution->tag, sizeof execution->tag, "%s %" PRId64, fetch->is_move ? "MOVE" : "FETCH",
        fetch->is_move ? fetch->left : fetch->given);
    return OK;
}

static void close(Execution *execution) {
    memory_free(((ScrollFetch *)execution)->cursor);
    memory_free(execution);
}

static const ExecutionType scroll_type = {.step = step, .close = close};

Execution *scroll_fetch(Session *session, const SyntaxFetch *fetch) {
    bool is_run = fetch->direction == SYNTAX_FETCH_FORWARD || fetch->direction == SYNTAX_FETCH_BACKWARD,
         is_turned = is_run && fetch->count < 0;
    SyntaxFetchDirection turned =
        fetch->direction == SYNTAX_FETCH_FORWARD ? SYNTAX_FETCH_BACKWARD : SYNTAX_FETCH_FORWARD;
    ScrollFetch *execution = NEW(ScrollFetch);
    *execution = (ScrollFetch){
        .base = {.type = &scroll_type,
            .wake = session->wake,
            .wake_context = session->wake_context,
            .cancel_reason = &session->cancel_reason,
            .is_bounded = session_portal(session, fetch->cursor)->prepared->is_bounded},
        .session = session,
        .cursor = memory_strdup(fetch->cursor),
        .direction = is_turned ? turned : fetch->direction,
        .count = is_turned ? -fetch->count : fetch->count,
        .is_move = fetch->is_move,
    };
    return &execution->base;
}
