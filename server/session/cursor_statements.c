/* DECLARE, FETCH, MOVE, CLOSE. A cursor is a portal; FETCH is an execution that draws from it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "server/session/own_statement.h"
#include "server/session/scroll.h"
#include "server/session/scroll_rows.h"

/* DECLARE */

/* The statement behind the cursor. */
static const SyntaxStatement *cursor_syntax(const OwnPrepared *prepared) {
    const SyntaxDeclare *declare = prepared->syntax->declare;
    SyntaxStatement *inner = ARENA_NEW(prepared->script->arena, SyntaxStatement);
    *inner = (SyntaxStatement){.start = declare->query_start, .length = declare->query_length};
    if (declare->query != NULL) {
        inner->kind = SYNTAX_STATEMENT_SELECT;
        inner->tag = "SELECT";
        inner->select = declare->query;
    } else {
        inner->kind = SYNTAX_STATEMENT_SUBSCRIBE;
        inner->tag = "SUBSCRIBE";
        inner->subscribe = declare->subscribe;
    }
    return inner;
}

/* Analyses the query already, so that its errors and parameters are known at Parse. */
static Status describe_declare(
    Session *session, OwnPrepared *prepared, const Type *types, int type_count, Error *error) {
    if (prepared->syntax->declare->is_scroll && prepared->syntax->declare->query == NULL)
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "scrollable cursors over SUBSCRIBE are not supported");
    Prepared *inner;
    TRY(session_prepare(
        session, prepared->script, cursor_syntax(prepared), types, type_count, &inner, error));
    prepared->base.parameter_count = inner->parameter_count;
    Type *copies = ARENA_ARRAY(prepared->arena, Type, inner->parameter_count + 1);
    for (int i = 0; i < inner->parameter_count; i++)
        copies[i] = inner->parameter_types[i];
    prepared->base.parameter_types = copies;
    prepared_release(inner);
    return OK;
}

static Status open_cursor(Session *session, const SyntaxDeclare *declare, Statement *statement,
    const Value *parameters, Error *error) {
    Portal *portal;
    TRY(portal_create(session, declare->name, statement, &portal, error));
    portal->is_cursor = true;
    portal->is_holdable = declare->is_hold;
    portal->is_binary = declare->is_binary;
    portal->scroll = declare->is_scroll ? scroll_rows_create() : NULL;
    Value *copies = ARENA_ARRAY(portal->arena, Value, statement->prepared->parameter_count + 1);
    for (int i = 0; i < statement->prepared->parameter_count; i++)
        copies[i] = value_copy(&parameters[i], portal->arena);
    portal->parameters = copies;
    Status status = portal_start(portal, error);
    if (status != OK)
        portal_drop(portal);
    return status;
}

static Status run_declare(
    Session *session, const OwnPrepared *prepared, const Value *parameters, Execution **out, Error *error) {
    const SyntaxDeclare *declare = prepared->syntax->declare;
    if (!declare->is_hold && !session_is_in_block(session))
        return error_set(
            error, STATUS_NO_ACTIVE_SQL_TRANSACTION, "DECLARE CURSOR can only be used in transaction blocks");
    if (*declare->name == 0)
        return error_set(error, STATUS_INVALID_CURSOR_NAME, "invalid cursor name: must not be empty");
    Statement *statement;
    TRY(statement_create(session, prepared->script, cursor_syntax(prepared), "",
        prepared->base.parameter_types, prepared->base.parameter_count, &statement, error));
    Status status = open_cursor(session, declare, statement, parameters, error);
    statement_release(statement);
    TRY(status);
    *out = own_execution(NULL, "DECLARE CURSOR");
    return OK;
}

const OwnStatement own_declare = {.describe = describe_declare, .run = run_declare};

/* FETCH, MOVE */

static Status describe_fetch(
    Session *session, OwnPrepared *prepared, const Type *types, int type_count, Error *error) {
    (void)types, (void)type_count, (void)error;
    const SyntaxFetch *fetch = prepared->syntax->fetch;
    const Portal *portal = session_portal(session, fetch->cursor);
    /* No such cursor is an error when it runs, not before. */
    if (portal != NULL && portal->prepared != NULL && !fetch->is_move)
        own_copy_columns(prepared, portal->prepared);
    prepared->base.is_binary = portal != NULL && portal->is_binary;
    return OK;
}

typedef struct FetchExecution {
    Execution base;
    Session *session;
    char *cursor;
    bool is_move;
    bool is_all;
    int64_t skip; /* rows to pass over first */
    int64_t wanted;
    int64_t given;
    int64_t deadline; /* of WITH (timeout = …), by clock_monotonic: gives what there is by then; 0 = none */
} FetchExecution;

static Status cursor_of(const FetchExecution *fetch, Portal **out, Error *error) {
    *out = session_portal(fetch->session, fetch->cursor);
    return *out != NULL
               ? OK
               : error_set(error, STATUS_INVALID_CURSOR_NAME, "cursor \"%s\" does not exist", fetch->cursor);
}

static int64_t rows_of(const Batch *batch) {
    if (batch->diffs == NULL)
        return batch->selected_count;
    int64_t count = 0;
    for (int i = 0; i < batch->selected_count; i++)
        count += batch_diff(batch, batch_row(batch, i));
    return count;
}

static void finish_fetch(FetchExecution *fetch, ExecutionState *state) {
    *state = EXECUTION_DONE;
    snprintf(fetch->base.tag, sizeof fetch->base.tag, "%s %" PRId64, fetch->is_move ? "MOVE" : "FETCH",
        fetch->given);
}

static Status fetch_step(
    Execution *execution, int row_max, Batch **batch, ExecutionState *state, Error *error) {
    (void)row_max;
    FetchExecution *fetch = (FetchExecution *)execution;
    Portal *portal;
    TRY(cursor_of(fetch, &portal, error));
    while (fetch->skip > 0 || fetch->is_all || fetch->given < fetch->wanted) {
        if (execution_is_cancelled(execution))
            return execution_cancelled(execution, error);
        int64_t most = fetch->skip > 0 ? fetch->skip : fetch->is_all ? 0 : fetch->wanted - fetch->given;
        Batch *next = NULL;
        *state = EXECUTION_DONE;
        if (!portal->is_done || portal->batch != NULL)
            TRY(portal_next(portal, most, &next, state, error));
        /* What never ends gives what it has. */
        if (*state == EXECUTION_WAIT && portal->prepared->is_endless && fetch->given > 0)
            break;
        if (*state == EXECUTION_WAIT && fetch->deadline > 0) {
            int64_t left = fetch->deadline - clock_monotonic();
            if (left <= 0)
                break;
            fetch->session->has_wake_ms = true;
            fetch->session->wake_ms = left / 1000 + 1;
        }
        if (*state == EXECUTION_WAIT)
            return OK;
        if (*state == EXECUTION_DONE)
            break;
        bool is_skipped = fetch->skip > 0;
        *(is_skipped ? &fetch->skip : &fetch->given) += is_skipped ? -rows_of(next) : rows_of(next);
        if (!is_skipped && !fetch->is_move) {
            *batch = next;
            return OK;
        }
        batch_release(next);
    }
    finish_fetch(fetch, state);
    return OK;
}

static void fetch_close(Execution *execution) {
    memory_free(((FetchExecution *)execution)->cursor);
    memory_free(execution);
}

static const ExecutionType fetch_type = {.step = fetch_step, .close = fetch_close};

static Status backwards(Error *error) {
    error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "cursor can only scan forward");
    return error_hint(error, "Declare it with SCROLL option to enable backward scan.");
}

/* Turns the direction into rows to skip and rows to give. */
static Status plan_fetch(
    FetchExecution *execution, const SyntaxFetch *fetch, const Portal *portal, Error *error) {
    int64_t count = fetch->count;
    switch (fetch->direction) {
    case SYNTAX_FETCH_FORWARD:
        if (count < 0 || (count == 0 && portal->position > 0))
            return backwards(error);
        execution->is_all = count == INT64_MAX;
        execution->wanted = count;
        return OK;
    case SYNTAX_FETCH_BACKWARD:
        return count == 0 && portal->position == 0 ? OK : backwards(error);
    case SYNTAX_FETCH_ABSOLUTE:
        count -= portal->position;
        break;
    case SYNTAX_FETCH_RELATIVE:
        break;
    }
    if (count < 1)
        return backwards(error);
    execution->skip = count - 1;
    execution->wanted = 1;
    return OK;
}

/* WITH (timeout = '1s'): a bare number is seconds. */
static Status read_options(Session *session, const SyntaxOptions *options, int64_t *deadline, Error *error) {
    for (int i = 0; i < options->count; i++) {
        const SyntaxOption *option = &options->items[i];
        if (strcmp(option->name, "timeout") != 0)
            return error_set(error, STATUS_SYNTAX_ERROR, "unrecognized FETCH option \"%s\"", option->name);
        if (option->value == NULL)
            return error_set(error, STATUS_SYNTAX_ERROR, "FETCH option \"timeout\" requires a value");
        Arena *arena = arena_create();
        Datum timeout;
        Status status = datum_parse(type_of(TYPE_INTERVAL), option->value, strlen(option->value),
            session_type_settings(session), arena, &timeout, error);
        arena_destroy(arena);
        TRY(status);
        if (timeout.interval.microseconds < 0 || timeout.interval.months != 0 || timeout.interval.days < 0)
            return error_set(
                error, STATUS_INVALID_PARAMETER_VALUE, "invalid FETCH timeout: \"%s\"", option->value);
        *deadline = clock_monotonic() + timeout.interval.microseconds + timeout.interval.days * 86400000000LL;
    }
    return OK;
}

static Status run_fetch(
    Session *session, const OwnPrepared *prepared, const Value *parameters, Execution **out, Error *error) {
    (void)parameters;
    const SyntaxFetch *fetch = prepared->syntax->fetch;
    FetchExecution plan = {.base = {.type = &fetch_type}, .session = session, .is_move = fetch->is_move};
    TRY(read_options(session, &fetch->options, &plan.deadline, error));
    plan.cursor = (char *)fetch->cursor;
    Portal *portal;
    TRY(cursor_of(&plan, &portal, error));
    if (portal->is_active)
        return error_set(error, STATUS_OBJECT_IN_USE, "cursor \"%s\" is in use", fetch->cursor);
    if (portal->scroll == NULL)
        TRY(plan_fetch(&plan, fetch, portal, error));
    if (!portal->is_started)
        TRY(portal_start(portal, error));
    if (portal->scroll != NULL) {
        *out = scroll_fetch(session, fetch);
        return OK;
    }
    plan.base.wake = session->wake;
    plan.base.wake_context = session->wake_context;
    plan.base.cancel_reason = &session->cancel_reason;
    plan.base.is_bounded = portal->prepared->is_bounded;
    plan.cursor = memory_strdup(fetch->cursor);
    FetchExecution *execution = NEW(FetchExecution);
    *execution = plan;
    *out = &execution->base;
    return OK;
}

const OwnStatement own_fetch = {.describe = describe_fetch, .run = run_fetch};

/* CLOSE */

static Status run_close(
    Session *session, const OwnPrepared *prepared, const Value *parameters, Execution **out, Error *error) {
    (void)parameters;
    const char *name = prepared->syntax->close;
    if (name == NULL) {
        portals_drop_cursors(session);
        *out = own_execution(NULL, "CLOSE CURSOR ALL");
        return OK;
    }
    Portal *portal = session_portal(session, name);
    if (portal == NULL)
        return error_set(error, STATUS_INVALID_CURSOR_NAME, "cursor \"%s\" does not exist", name);
    if (!portal->is_active)
        portal_drop(portal);
    *out = own_execution(NULL, "CLOSE CURSOR");
    return OK;
}

const OwnStatement own_close = {.run = run_close};
