/* An engine for tests: the statement's text says what happens.
     select generate(N)   N rows, the numbers from 0, in batches of 1000; in the pool when N > 100
     select wait(MS)      waits to be woken by another thread, then one row
     select hang()        waits for ever
     select forever()     rows without end
     select spin()        computes without end, without rows
     select fail(N)       N rows, then 22012
     select copies(N)     one row with diff N, then one more
     select wide(N)       one row of N bytes
     select notice()      a notice, then one row
     select echo($1, …)   one row: the parameters
     insert into t …      one row; commits asynchronously; into bad: the commit fails
     copy t to stdout     three rows; copy t from stdin: counts
     create materialized view, create table: done at once */
#ifndef LEAT_PGWIRE_SCRIPTED_ENGINE_H
#define LEAT_PGWIRE_SCRIPTED_ENGINE_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "executor/base/memory.h"
#include "server/session/session.h"

enum { SCRIPT_PARAMETERS_MAX = 8 };

typedef struct ScriptedPrepared {
    Prepared base;
    char verb[32];
    long argument;
    bool is_bad;
    Type types[SCRIPT_PARAMETERS_MAX];
    ResultColumn columns[SCRIPT_PARAMETERS_MAX];
} ScriptedPrepared;

typedef struct ScriptedExecution {
    Execution base;
    const ScriptedPrepared *prepared;
    Session *session;
    const Value *parameters;
    long given;
    bool is_woken;
    pthread_t waker;
    bool has_waker;
    long wake_ms;
    atomic_bool is_ripe;
    bool fails;
} ScriptedExecution;

/* What a session's transaction has done. */
typedef struct ScriptedSession {
    int inserted;
    bool is_bad;
} ScriptedSession;

typedef struct ScriptedEngine {
    atomic_int begun, committed, rolled_back, open_executions, open_sessions, rows_copied;
} ScriptedEngine;

static void scripted_destroy(Prepared *prepared) {
    memory_free(prepared);
}

static Status scripted_session_open(void *context, Session *session, Error *error) {
    (void)error;
    atomic_fetch_add(&((ScriptedEngine *)context)->open_sessions, 1);
    session_set_engine_state(session, NEW(ScriptedSession));
    return OK;
}

static void scripted_session_close(void *context, Session *session) {
    atomic_fetch_sub(&((ScriptedEngine *)context)->open_sessions, 1);
    memory_free(session_engine_state(session));
}

static void scripted_columns(ScriptedPrepared *prepared, int count, TypeId type) {
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    for (int i = 0; i < count; i++)
        prepared->columns[i] = (ResultColumn){.name = names[i], .type = type_of(type)};
    prepared->base.columns = prepared->columns;
    prepared->base.column_count = count;
}

static Status scripted_prepare_select(
    ScriptedPrepared *prepared, const char *text, const Type *types, int type_count, Error *error) {
    if (strchr(text, '(') == NULL ||
        sscanf(text, "select %31[a-z](%ld", prepared->verb, &prepared->argument) < 1)
        return error_set(error, STATUS_UNDEFINED_COLUMN, "column \"%s\" does not exist", text + 7);
    prepared->base.returns_rows = true;
    prepared->base.is_read_only = true;
    prepared->base.is_endless = strcmp(prepared->verb, "forever") == 0;
    bool is_long = prepared->base.is_endless || strcmp(prepared->verb, "spin") == 0 ||
                   strcmp(prepared->verb, "hang") == 0;
    prepared->base.is_bounded = !is_long && prepared->argument <= 100;
    if (strcmp(prepared->verb, "echo") != 0) {
        scripted_columns(prepared, 1, strcmp(prepared->verb, "wide") == 0 ? TYPE_TEXT : TYPE_INT8);
        return OK;
    }
    int count = 0;
    for (const char *c = text; *c != 0; c++)
        count += *c == '$';
    scripted_columns(prepared, count, TYPE_TEXT);
    for (int i = 0; i < count; i++) {
        prepared->types[i] = i < type_count && types[i].id != TYPE_UNKNOWN ? types[i] : type_of(TYPE_TEXT);
        prepared->columns[i].type = prepared->types[i];
    }
    prepared->base.parameter_types = prepared->types;
    prepared->base.parameter_count = count;
    return OK;
}

static Status scripted_prepare_other(
    ScriptedPrepared *prepared, const SyntaxStatement *statement, const char *text, Error *error) {
    prepared->base.is_bounded = true;
    prepared->is_bad = strstr(text, "bad") != NULL;
    switch ((int)statement->kind) {
    case SYNTAX_STATEMENT_INSERT:
        snprintf(prepared->verb, sizeof prepared->verb, "insert");
        return OK;
    case SYNTAX_STATEMENT_COPY:
        snprintf(prepared->verb, sizeof prepared->verb, "copy");
        scripted_columns(prepared, 2, TYPE_TEXT);
        prepared->columns[0].type = type_of(TYPE_INT8);
        prepared->base.copy = (CopyFormat){
            .direction = statement->copy->is_from ? COPY_IN : COPY_OUT,
            .kind = strstr(text, "csv") != NULL      ? COPY_CSV
                    : strstr(text, "binary") != NULL ? COPY_BINARY
                                                     : COPY_TEXT,
            .delimiter = strstr(text, "csv") != NULL ? ',' : '\t',
            .quote = '"',
            .escape = '"',
            .has_header = strstr(text, "header") != NULL,
            .null_text = strstr(text, "csv") != NULL ? "" : "\\N",
            .relation_name = "t",
        };
        return OK;
    case SYNTAX_STATEMENT_CREATE_VIEW:
        prepared->base.is_forbidden_in_block = true;
        return OK;
    case SYNTAX_STATEMENT_CREATE_TABLE:
        return OK;
    }
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "%s is not supported", statement->tag);
}

static Status scripted_prepare(void *context, Session *session, Script *script,
    const SyntaxStatement *statement, const Type *types, int type_count, Prepared **out, Error *error) {
    (void)context, (void)session;
    char text[256];
    snprintf(text, sizeof text, "%.*s", statement->length, script->text + statement->start);
    ScriptedPrepared *prepared = NEW(ScriptedPrepared);
    prepared->base = (Prepared){.reference_count = 1, .tag = statement->tag, .destroy = scripted_destroy};
    Status status = statement->kind == SYNTAX_STATEMENT_SELECT
                        ? scripted_prepare_select(prepared, text, types, type_count, error)
                        : scripted_prepare_other(prepared, statement, text, error);
    if (status != OK)
        memory_free(prepared);
    else
        *out = &prepared->base;
    return status;
}

static bool scripted_is_current(void *context, Session *session, const Prepared *prepared) {
    (void)context, (void)session, (void)prepared;
    return true;
}

/* Executions */

static void *scripted_wake_later(void *argument) {
    ScriptedExecution *execution = argument;
    usleep((useconds_t)execution->wake_ms * 1000);
    atomic_store(&execution->is_ripe, true);
    execution->base.wake(execution->base.wake_context);
    return NULL;
}

/* True once another thread has woken it. */
static bool scripted_wait(ScriptedExecution *execution, long ms) {
    if (!execution->has_waker) {
        execution->wake_ms = ms;
        execution->has_waker = true;
        pthread_create(&execution->waker, NULL, scripted_wake_later, execution);
    }
    return atomic_load(&execution->is_ripe);
}

static Batch *scripted_rows(long from, int count) {
    Batch *batch = batch_builder(&(Type){.id = TYPE_INT8, .modifier = -1}, 1, count);
    for (int i = 0; i < count; i++)
        ((int64_t *)batch->columns[0]->values)[i] = from + i;
    batch->row_count = batch->selected_count = count;
    return batch;
}

static Batch *scripted_text(const char *text, size_t length) {
    Batch *batch = batch_builder(&(Type){.id = TYPE_TEXT, .modifier = -1}, 1, 1);
    column_set_bytes(batch->columns[0], 0, text, (uint32_t)length);
    batch->row_count = batch->selected_count = 1;
    return batch;
}

static Batch *scripted_echo(const ScriptedExecution *execution) {
    int count = execution->prepared->base.parameter_count;
    Batch *batch = batch_builder(execution->prepared->types, count, 1);
    for (int i = 0; i < count; i++)
        column_set_value(batch->columns[i], 0, &execution->parameters[i]);
    batch->row_count = batch->selected_count = 1;
    return batch;
}

static Batch *scripted_copy_rows(void) {
    Batch *batch = batch_from_text("int8 text\n+1 1 a\n+1 2 NULL\n+1 3 \"x,y\tz\"\n");
    return batch;
}

static bool is_verb(const ScriptedExecution *execution, const char *verb) {
    return strcmp(execution->prepared->verb, verb) == 0;
}

static Status scripted_one_batch(ScriptedExecution *execution, Batch **batch, ExecutionState *state) {
    *state = execution->given++ == 0 ? EXECUTION_ROWS : EXECUTION_DONE;
    if (*state == EXECUTION_DONE)
        return OK;
    if (is_verb(execution, "echo")) {
        *batch = scripted_echo(execution);
    } else if (is_verb(execution, "copy")) {
        *batch = scripted_copy_rows();
    } else if (is_verb(execution, "wide")) {
        char *text = memory_allocate((size_t)execution->prepared->argument + 1);
        memset(text, 'x', (size_t)execution->prepared->argument);
        *batch = scripted_text(text, (size_t)execution->prepared->argument);
        memory_free(text);
    } else {
        *batch = scripted_rows(0, is_verb(execution, "copies") ? 2 : 1);
        if (is_verb(execution, "copies")) {
            batch_need_diffs(*batch, 2);
            (*batch)->diffs[0] = execution->prepared->argument;
        }
    }
    return OK;
}

static Status scripted_many(ScriptedExecution *execution, long count, Batch **batch, ExecutionState *state) {
    long left = count - execution->given;
    *state = left == 0 ? EXECUTION_DONE : EXECUTION_ROWS;
    if (left == 0)
        return OK;
    int size = left < 1000 ? (int)left : 1000;
    *batch = scripted_rows(execution->given, size);
    execution->given += size;
    return OK;
}

static Status scripted_step(
    Execution *base, int row_max, Batch **batch, ExecutionState *state, Error *error) {
    (void)row_max;
    ScriptedExecution *execution = (ScriptedExecution *)base;
    long argument = execution->prepared->argument;
    if (is_verb(execution, "generate"))
        return scripted_many(execution, argument, batch, state);
    if (is_verb(execution, "forever"))
        return scripted_many(execution, 1L << 60, batch, state);
    if (is_verb(execution, "fail") && execution->given == argument)
        return error_set(error, STATUS_DIVISION_BY_ZERO, "division by zero");
    if (is_verb(execution, "fail"))
        return scripted_many(execution, argument, batch, state);
    if (is_verb(execution, "spin")) {
        while (!execution_is_cancelled(base))
            usleep(200);
        return execution_cancelled(base, error);
    }
    *state = EXECUTION_WAIT;
    if (is_verb(execution, "hang") || (is_verb(execution, "wait") && !scripted_wait(execution, argument)))
        return OK;
    if (is_verb(execution, "notice") && execution->given == 0)
        session_notice(execution->session, SEVERITY_NOTICE, STATUS_SUCCESSFUL_COMPLETION, "look");
    if (execution->prepared->base.returns_rows || execution->prepared->base.copy.direction == COPY_OUT)
        return scripted_one_batch(execution, batch, state);
    *state = EXECUTION_DONE;
    if (is_verb(execution, "insert")) {
        ScriptedSession *own = session_engine_state(execution->session);
        own->inserted++;
        own->is_bad |= execution->prepared->is_bad;
        snprintf(base->tag, sizeof base->tag, "INSERT 0 1");
    }
    return OK;
}

static ScriptedEngine *scripted_engine_of_close; /* tests run one engine at a time */

static void scripted_close(Execution *base) {
    ScriptedExecution *execution = (ScriptedExecution *)base;
    if (execution->has_waker)
        pthread_join(execution->waker, NULL);
    atomic_fetch_sub(&scripted_engine_of_close->open_executions, 1);
    memory_free(execution);
}

static Status scripted_copy_in(Execution *base, Batch *batch, Error *error) {
    (void)base, (void)error;
    if (batch != NULL)
        atomic_fetch_add(&scripted_engine_of_close->rows_copied, batch->row_count);
    return OK;
}

static const ExecutionType scripted_type = {
    .step = scripted_step, .copy_rows = scripted_copy_in, .close = scripted_close};

static Status scripted_execute(void *context, Session *session, Prepared *prepared, const Value *parameters,
    Execution **out, Error *error) {
    (void)error;
    ScriptedExecution *execution = NEW(ScriptedExecution);
    atomic_fetch_add(&((ScriptedEngine *)context)->open_executions, 1);
    *execution = (ScriptedExecution){.base.type = &scripted_type,
        .prepared = (ScriptedPrepared *)prepared,
        .session = session,
        .parameters = parameters};
    *out = &execution->base;
    return OK;
}

/* Transactions */

static Status scripted_begin(void *context, Session *session, Error *error) {
    (void)session, (void)error;
    atomic_fetch_add(&((ScriptedEngine *)context)->begun, 1);
    return OK;
}

static Status scripted_commit_step(
    Execution *base, int row_max, Batch **batch, ExecutionState *state, Error *error) {
    (void)row_max, (void)batch;
    ScriptedExecution *execution = (ScriptedExecution *)base;
    *state = EXECUTION_WAIT;
    if (!scripted_wait(execution, 5))
        return OK;
    *state = EXECUTION_DONE;
    return execution->fails ? error_set(error, STATUS_SERIALIZATION_FAILURE,
                                  "could not serialize access due to concurrent update")
                            : OK;
}

static const ExecutionType scripted_commit_type = {.step = scripted_commit_step, .close = scripted_close};

static Status scripted_commit(void *context, Session *session, Execution **out, Error *error) {
    (void)error;
    ScriptedSession *own = session_engine_state(session);
    *out = NULL;
    atomic_fetch_add(&((ScriptedEngine *)context)->committed, 1);
    if (own->inserted > 0) {
        ScriptedExecution *execution = NEW(ScriptedExecution);
        atomic_fetch_add(&((ScriptedEngine *)context)->open_executions, 1);
        execution->base.type = &scripted_commit_type;
        execution->fails = own->is_bad;
        *out = &execution->base;
    }
    *own = (ScriptedSession){0};
    return OK;
}

static void scripted_rollback(void *context, Session *session) {
    atomic_fetch_add(&((ScriptedEngine *)context)->rolled_back, 1);
    *(ScriptedSession *)session_engine_state(session) = (ScriptedSession){0};
}

static Status scripted_savepoint(void *context, Session *session, EngineMark *mark, Error *error) {
    (void)context, (void)error;
    mark->row_changes = ((ScriptedSession *)session_engine_state(session))->inserted;
    return OK;
}

static Status scripted_rollback_to(void *context, Session *session, const EngineMark *mark, Error *error) {
    (void)context, (void)error;
    *(ScriptedSession *)session_engine_state(session) = (ScriptedSession){.inserted = (int)mark->row_changes};
    return OK;
}

static Engine scripted_engine(ScriptedEngine *state) {
    scripted_engine_of_close = state;
    return (Engine){
        .context = state,
        .session_open = scripted_session_open,
        .session_close = scripted_session_close,
        .prepare = scripted_prepare,
        .is_current = scripted_is_current,
        .execute = scripted_execute,
        .transaction_begin = scripted_begin,
        .transaction_commit = scripted_commit,
        .transaction_rollback = scripted_rollback,
        .savepoint = scripted_savepoint,
        .rollback_to = scripted_rollback_to,
    };
}

#endif
