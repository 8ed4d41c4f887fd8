/* Portals: an execution, and the rows that it gave beyond what the client asked for. */
#include <limits.h>
#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "server/session/scroll_rows.h"
#include "server/session/session_internal.h"

enum { HELD_BYTES_MAX = 256 << 20 }; /* of a holdable cursor's rows */

Portal *session_portal(Session *session, const char *name) {
    return name_table_find(&session->portals, name);
}

Status portal_create(Session *session, const char *name, Statement *statement, Portal **out, Error *error) {
    Portal *previous = session_portal(session, name);
    if (previous != NULL) {
        if (*name != 0)
            return error_set(error, STATUS_DUPLICATE_CURSOR, "cursor \"%s\" already exists", name);
        portal_drop(previous);
    }
    Portal *portal = NEW(Portal);
    *portal = (Portal){
        .session = session,
        .name = memory_strdup(name),
        .arena = arena_create(),
        .statement = statement_retain(statement),
        .prepared = statement->prepared == NULL ? NULL : prepared_retain(statement->prepared),
        .savepoint_count = session->savepoint_count,
        .created_at = clock_wall(),
    };
    name_table_add(&session->portals, name, portal);
    *out = portal;
    return OK;
}

Status portal_start(Portal *portal, Error *error) {
    portal->is_started = true;
    TRY(transaction_enter(portal->session, portal->prepared, error));
    portal->is_active = true;
    Status status =
        session_execute(portal->session, portal->prepared, portal->parameters, &portal->execution, error);
    portal->is_active = false;
    return status;
}

static void end_execution(Portal *portal) {
    if (portal->execution != NULL)
        portal->execution->type->close(portal->execution);
    portal->execution = NULL;
}

/* How many rows the client sees for a batch's rows from batch_at on. */
static int64_t copies_of(const Portal *portal, int at) {
    if (portal->copies_left > 0 && at == portal->batch_at)
        return portal->copies_left;
    return batch_diff(portal->batch, batch_row(portal->batch, at));
}

static Status check_counts(const Batch *batch, Error *error) {
    if (batch->diffs == NULL)
        return OK;
    for (int i = 0; i < batch->selected_count; i++)
        if (batch_diff(batch, batch_row(batch, i)) < 0)
            return error_set(error, STATUS_INTERNAL_ERROR, "a result row has a negative count");
    return OK;
}

/* Cuts from the surplus batch what fits into row_max rows. A row of which only some copies fit goes alone. */
static Batch *cut_surplus(Portal *portal, int64_t row_max) {
    Batch *batch = portal->batch;
    uint16_t rows[BATCH_ROWS_MAX];
    int count = 0, at = portal->batch_at;
    int64_t copies = 0;
    for (; at < batch->selected_count && copies < row_max; at++) {
        int64_t more = copies_of(portal, at);
        bool is_partial = more > row_max - copies || (portal->copies_left > 0 && at == portal->batch_at);
        if (is_partial && count > 0)
            break;
        if (is_partial) {
            int64_t taken = more < row_max ? more : row_max;
            rows[0] = (uint16_t)batch_row(batch, at);
            Batch *one = batch_select(batch, rows, 1);
            Type types[batch->column_count + 1];
            for (int i = 0; i < batch->column_count; i++)
                types[i] = batch->columns[i]->type;
            Batch *part = batch_builder(types, batch->column_count, 1);
            batch_append_row(part, one, rows[0], taken);
            batch_release(one);
            portal->copies_left = more - taken;
            portal->batch_at = at + (portal->copies_left == 0);
            portal->position += taken;
            return part;
        }
        rows[count++] = (uint16_t)batch_row(batch, at);
        copies += more;
    }
    portal->batch_at = at;
    portal->position += copies;
    return batch_select(batch, rows, count);
}

static int64_t surplus_count(const Portal *portal) {
    int64_t count = 0;
    for (int i = portal->batch_at; i < portal->batch->selected_count; i++)
        count += copies_of(portal, i);
    return count;
}

static Batch *take_surplus(Portal *portal, int64_t row_max) {
    Batch *taken;
    int64_t count = portal->batch->diffs == NULL ? portal->batch->selected_count - portal->batch_at
                                                 : surplus_count(portal);
    if (portal->batch_at == 0 && portal->copies_left == 0 && (row_max == 0 || count <= row_max)) {
        portal->position += count;
        taken = portal->batch;
        portal->batch = NULL;
        return taken;
    }
    taken = cut_surplus(portal, row_max == 0 ? INT64_MAX : row_max);
    if (portal->batch_at >= portal->batch->selected_count) {
        batch_release(portal->batch);
        portal->batch = NULL;
    }
    return taken;
}

static void set_surplus(Portal *portal, Batch *batch) {
    portal->batch = batch;
    portal->batch_at = 0;
    portal->copies_left = 0;
}

static Status refill(Portal *portal, int64_t row_max, ExecutionState *state, Error *error) {
    if (portal->held_at < portal->held_count) {
        set_surplus(portal, portal->held[portal->held_at++]);
        *state = EXECUTION_ROWS;
        return OK;
    }
    if (portal->execution == NULL) {
        portal->is_done = true;
        *state = EXECUTION_DONE;
        return OK;
    }
    Batch *batch = NULL;
    int hint = row_max > INT_MAX ? 0 : (int)row_max;
    portal->is_active = true;
    Status status = portal->execution->type->step(portal->execution, hint, &batch, state, error);
    portal->is_active = false;
    TRY(status);
    if (*state == EXECUTION_DONE)
        portal->is_done = true;
    if (*state == EXECUTION_ROWS) {
        set_surplus(portal, batch);
        TRY(check_counts(batch, error));
    }
    return OK;
}

Status portal_next(Portal *portal, int64_t row_max, Batch **batch, ExecutionState *state, Error *error) {
    *state = EXECUTION_ROWS;
    if (portal->batch == NULL)
        TRY(refill(portal, row_max, state, error));
    if (*state == EXECUTION_ROWS)
        *batch = take_surplus(portal, row_max);
    return OK;
}

Status portal_keep_batch(Portal *portal, ExecutionState *state, Error *error) {
    Batch *batch = portal->batch;
    portal->batch = NULL;
    if (batch != NULL && (portal->batch_at > 0 || portal->copies_left > 0)) {
        /* The rest of a batch that was begun. */
        portal->batch = batch;
        int64_t position = portal->position;
        batch = take_surplus(portal, 0);
        portal->position = position;
    }
    *state = portal->is_done ? EXECUTION_DONE : EXECUTION_ROWS;
    if (batch == NULL && !portal->is_done)
        TRY(portal->execution->type->step(portal->execution, 0, &batch, state, error));
    if (*state == EXECUTION_ROWS) {
        GROW(portal->held, portal->held_capacity, portal->held_count + 1);
        portal->held[portal->held_count++] = batch;
        portal->held_bytes += batch_size(batch);
        TRY(check_counts(batch, error));
        if (portal->held_bytes > HELD_BYTES_MAX)
            return error_set(error, STATUS_OUT_OF_MEMORY,
                "rows of the holdable cursor \"%s\" need more than %d MB", portal->name,
                HELD_BYTES_MAX >> 20);
    } else if (*state == EXECUTION_DONE) {
        end_execution(portal);
        *state = EXECUTION_ROWS; /* another portal may have more */
    }
    return OK;
}

void portal_drop(Portal *portal) {
    name_table_remove(&portal->session->portals, portal->name);
    end_execution(portal);
    batch_release(portal->batch);
    for (int i = portal->held_at; i < portal->held_count; i++)
        batch_release(portal->held[i]);
    memory_free(portal->held);
    scroll_rows_destroy(portal->scroll);
    prepared_release(portal->prepared);
    statement_release(portal->statement);
    arena_destroy(portal->arena);
    memory_free(portal->name);
    memory_free(portal);
}

void session_visit_portals(Session *session, void (*visit)(void *context, void *portal), void *context) {
    name_table_visit(&session->portals, visit, context);
}

static void drop(void *context, void *portal) {
    (void)context;
    portal_drop(portal);
}

void portals_drop_all(Session *session) {
    session_visit_portals(session, drop, NULL);
}

static void drop_inactive(void *context, void *portal) {
    (void)context;
    if (!((Portal *)portal)->is_active)
        portal_drop(portal);
}

void portals_drop_cursors(Session *session) {
    session_visit_portals(session, drop_inactive, NULL);
}

typedef struct PortalSince {
    int savepoint_count;
} PortalSince;

static void drop_since(void *context, void *value) {
    Portal *portal = value;
    if (!portal->is_active && !portal->is_committed &&
        portal->savepoint_count >= ((PortalSince *)context)->savepoint_count)
        portal_drop(portal);
}

void portals_drop_since(Session *session, int savepoint_count) {
    session_visit_portals(session, drop_since, &(PortalSince){savepoint_count});
}

static void lower(void *context, void *value) {
    int count = ((PortalSince *)context)->savepoint_count;
    Portal *portal = value;
    portal->savepoint_count = portal->savepoint_count < count ? portal->savepoint_count : count;
}

void portals_release(Session *session, int savepoint_count) {
    session_visit_portals(session, lower, &(PortalSince){savepoint_count});
}

static void drop_after_commit(void *context, void *value) {
    (void)context;
    Portal *portal = value;
    if (portal->is_active)
        return;
    if (portal->is_holdable)
        portal->is_committed = true;
    else
        portal_drop(portal);
}

static void drop_after_rollback(void *context, void *value) {
    (void)context;
    Portal *portal = value;
    if (!portal->is_active && !portal->is_committed)
        portal_drop(portal);
}

void portals_end_transaction(Session *session, bool is_commit) {
    session_visit_portals(session, is_commit ? drop_after_commit : drop_after_rollback, NULL);
}
