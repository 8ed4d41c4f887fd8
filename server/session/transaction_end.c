/* The end of transactions, whole or back to a savepoint: portals go, settings go back, the engine commits. */
#include <stdio.h>
#include <string.h>

#include "executor/base/memory.h"
#include "server/session/session_internal.h"

/* Savepoints */

static void forget_savepoints(Session *session, int kept) {
    while (session->savepoint_count > kept) {
        Savepoint *last = &session->savepoints[--session->savepoint_count];
        memory_free(last->name);
        variables_mark_destroy(last->variables);
    }
}

static Status find_savepoint(Session *session, const char *name, int *index, Error *error) {
    *index = session->savepoint_count - 1;
    while (*index >= 0 && strcmp(session->savepoints[*index].name, name) != 0)
        --*index;
    return *index >= 0 ? OK
                       : error_set(error, STATUS_INVALID_SAVEPOINT_SPECIFICATION,
                             "savepoint \"%s\" does not exist", name);
}

Status savepoint_set(Session *session, const char *name, Error *error) {
    if (session->engine->savepoint == NULL)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "savepoints are not supported");
    TRY(transaction_need_engine(session, error));
    EngineMark mark = {0};
    TRY(session->engine->savepoint(session->engine->context, session, &mark, error));
    GROW(session->savepoints, session->savepoint_capacity, session->savepoint_count + 1);
    session->savepoints[session->savepoint_count++] = (Savepoint){
        .name = memory_strdup(name), .engine_mark = mark, .variables = variables_mark(session->variables)};
    return OK;
}

Status savepoint_release(Session *session, const char *name, Error *error) {
    int index;
    TRY(find_savepoint(session, name, &index, error));
    forget_savepoints(session, index);
    portals_release(session, index);
    return OK;
}

Status savepoint_go_back(Session *session, const char *name, Error *error) {
    int index;
    TRY(find_savepoint(session, name, &index, error));
    portals_drop_since(session, index + 1);
    TRY(session->engine->rollback_to(
        session->engine->context, session, &session->savepoints[index].engine_mark, error));
    variables_go_back(session->variables, session->savepoints[index].variables);
    forget_savepoints(session, index + 1);
    session->transaction = TRANSACTION_BLOCK;
    return OK;
}

static void roll_back(Session *session, TransactionState next) {
    portals_end_transaction(session, false);
    if (session->is_engine_begun)
        session->engine->transaction_rollback(session->engine->context, session);
    session->is_engine_begun = false;
    forget_savepoints(session, 0);
    variables_rollback(session->variables);
    session->transaction = next;
}

void transaction_rollback(Session *session) {
    roll_back(session, TRANSACTION_NONE);
}

void session_fail(Session *session) {
    if (session->transaction == TRANSACTION_NONE || session->transaction == TRANSACTION_FAILED)
        return;
    int savepoints = session->savepoint_count;
    if (session->transaction == TRANSACTION_BLOCK && savepoints > 0) {
        /* The client may go back to a savepoint: what is older stays. */
        portals_drop_since(session, savepoints);
        variables_go_back(session->variables, session->savepoints[savepoints - 1].variables);
        session->transaction = TRANSACTION_FAILED;
        return;
    }
    roll_back(session, session->transaction == TRANSACTION_BLOCK ? TRANSACTION_FAILED : TRANSACTION_NONE);
}

/* Commit: holdable cursors keep their rows, then the engine commits, then the session's own state follows. It
   steps the engine's part, an EngineCommit or whatever the engine gave. */
typedef struct SessionCommit {
    Execution base;
    Session *session;
    Execution *engine_commit;
    bool is_begun;
    bool is_chain;
    const char *tag;
} SessionCommit;

typedef struct HoldSearch {
    Portal *unfinished;
} HoldSearch;

static void find_unfinished(void *context, void *value) {
    HoldSearch *search = context;
    Portal *portal = value;
    bool is_endless = portal->prepared != NULL && portal->prepared->is_endless;
    if (portal->is_holdable && !is_endless && portal->execution != NULL)
        search->unfinished = portal;
}

/* A holdable cursor whose rows are not all kept yet; NULL: none. */
static Portal *unfinished_holdable(Session *session) {
    HoldSearch search = {0};
    session_visit_portals(session, find_unfinished, &search);
    return search.unfinished;
}

/* Draws one more batch of some holdable cursor; *is_done when none has any left. */
static Status keep_held_rows(Session *session, ExecutionState *state, bool *is_done, Error *error) {
    Portal *unfinished = unfinished_holdable(session);
    *is_done = unfinished == NULL;
    if (*is_done)
        return OK;
    if (session_is_cancelled(session))
        return cancel_error(session_cancel_reason(session), error);
    return portal_keep_batch(unfinished, state, error);
}

/* The next block begins at once, with the last one's characteristics. */
static void chain(Session *session) {
    char isolation[32], read_only[8];
    snprintf(isolation, sizeof isolation, "%s",
        variables_text(session->variables, VARIABLE_transaction_isolation));
    snprintf(read_only, sizeof read_only, "%s",
        variables_text(session->variables, VARIABLE_transaction_read_only));
    variables_commit(session->variables);
    session->transaction = TRANSACTION_NONE;
    transaction_begin_block(session);
    variables_restore(session->variables, "transaction_isolation", isolation);
    variables_restore(session->variables, "transaction_read_only", read_only);
}

static void finish_commit(SessionCommit *commit) {
    Session *session = commit->session;
    portals_end_transaction(session, true);
    forget_savepoints(session, 0);
    session->is_engine_begun = false;
    if (commit->is_chain) {
        chain(session);
        return;
    }
    variables_commit(session->variables);
    session->transaction = TRANSACTION_NONE;
}

static Status begin_engine_commit(SessionCommit *commit, Error *error) {
    Session *session = commit->session;
    commit->is_begun = true;
    if (!session->is_engine_begun)
        return OK;
    session->is_engine_begun = false; /* it is rolled back if this fails */
    TRY(session->engine->transaction_commit(
        session->engine->context, session, &commit->engine_commit, error));
    if (commit->engine_commit != NULL) {
        commit->engine_commit->wake = session->wake;
        commit->engine_commit->wake_context = session->wake_context;
    }
    return OK;
}

static Status try_commit(SessionCommit *commit, ExecutionState *state, Error *error) {
    if (!commit->is_begun) {
        bool is_kept = false;
        TRY(keep_held_rows(commit->session, state, &is_kept, error));
        if (!is_kept)
            return OK;
        TRY(begin_engine_commit(commit, error));
    }
    *state = EXECUTION_DONE;
    if (commit->engine_commit != NULL) {
        Batch *none = NULL;
        TRY(commit->engine_commit->type->step(commit->engine_commit, 0, &none, state, error));
    }
    return OK;
}

static Status commit_step(
    Execution *execution, int row_max, Batch **batch, ExecutionState *state, Error *error) {
    (void)row_max, (void)batch;
    SessionCommit *commit = (SessionCommit *)execution;
    do {
        Status status = try_commit(commit, state, error);
        if (status != OK) {
            transaction_rollback(commit->session);
            return status;
        }
    } while (*state == EXECUTION_ROWS);
    if (*state == EXECUTION_DONE) {
        finish_commit(commit);
        const char *changed = commit->engine_commit == NULL ? "" : commit->engine_commit->tag;
        const char *tag = *changed != 0 ? changed : commit->tag;
        if (*tag != 0)
            snprintf(execution->tag, sizeof execution->tag, "%s", tag);
    }
    return OK;
}

static void commit_close(Execution *execution) {
    SessionCommit *commit = (SessionCommit *)execution;
    if (commit->engine_commit != NULL)
        commit->engine_commit->type->close(commit->engine_commit);
    memory_free(commit);
}

static const ExecutionType commit_type = {.step = commit_step, .close = commit_close};

Execution *transaction_commit(Session *session, const char *tag, bool is_chain) {
    const Portal *unfinished = unfinished_holdable(session);
    SessionCommit *commit = NEW(SessionCommit);
    *commit =
        (SessionCommit){.base = {.type = &commit_type}, .session = session, .tag = tag, .is_chain = is_chain};
    commit->base.is_bounded = unfinished == NULL || unfinished->prepared->is_bounded;
    return &commit->base;
}

Execution *session_end_implicit(Session *session) {
    if (session->transaction != TRANSACTION_IMPLICIT && session->transaction != TRANSACTION_IMPLICIT_BLOCK)
        return NULL;
    return transaction_commit(session, "", false);
}
