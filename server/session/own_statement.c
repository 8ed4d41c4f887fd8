/* Own statements: which kinds there are, and what they share. */
#include "server/session/own_statement.h"

#include <stdio.h>
#include <string.h>

#include "executor/base/memory.h"

static const OwnStatement *const own_statements[SYNTAX_STATEMENT_KIND_COUNT] = {
    [SYNTAX_STATEMENT_SET] = &own_set,
    [SYNTAX_STATEMENT_SHOW] = &own_show,
    [SYNTAX_STATEMENT_DISCARD] = &own_discard,
    [SYNTAX_STATEMENT_TRANSACTION] = &own_transaction,
    [SYNTAX_STATEMENT_DECLARE] = &own_declare,
    [SYNTAX_STATEMENT_FETCH] = &own_fetch,
    [SYNTAX_STATEMENT_CLOSE] = &own_close,
    [SYNTAX_STATEMENT_PREPARE] = &own_prepare,
    [SYNTAX_STATEMENT_EXECUTE] = &own_execute,
    [SYNTAX_STATEMENT_DEALLOCATE] = &own_deallocate,
};

bool own_statement_claims(const Session *session, const SyntaxStatement *syntax) {
    const OwnStatement *own = own_statements[syntax->kind];
    return own != NULL && (own->claims == NULL || own->claims(session, syntax));
}

static Status run_own(
    Session *session, Prepared *prepared, const Value *parameters, Execution **out, Error *error) {
    const OwnPrepared *own = (const OwnPrepared *)prepared;
    return own->own->run(session, own, parameters, out, error);
}

static void destroy(Prepared *prepared) {
    arena_destroy(((OwnPrepared *)prepared)->arena);
}

Status own_statement_prepare(Session *session, Script *script, const SyntaxStatement *syntax,
    const Type *types, int type_count, Prepared **out, Error *error) {
    Arena *arena = arena_create();
    OwnPrepared *prepared = ARENA_NEW(arena, OwnPrepared);
    *prepared = (OwnPrepared){
        .base = {.reference_count = 1,
            .tag = syntax->tag,
            .is_bounded = true,
            .is_read_only = true,
            .run_own = run_own,
            .destroy = destroy},
        .arena = arena,
        .script = script,
        .syntax = syntax,
        .own = own_statements[syntax->kind],
    };
    Status status = prepared->own->describe == NULL
                        ? OK
                        : prepared->own->describe(session, prepared, types, type_count, error);
    if (status != OK)
        arena_destroy(arena);
    else
        *out = &prepared->base;
    return status;
}

void own_text_columns(OwnPrepared *prepared, int count, const char *const *names) {
    ResultColumn *columns = ARENA_ARRAY(prepared->arena, ResultColumn, count);
    for (int i = 0; i < count; i++)
        columns[i] = (ResultColumn){.name = names[i], .type = type_of(TYPE_TEXT)};
    prepared->base.returns_rows = true;
    prepared->base.columns = columns;
    prepared->base.column_count = count;
}

void own_copy_columns(OwnPrepared *prepared, const Prepared *other) {
    ResultColumn *columns = ARENA_ARRAY(prepared->arena, ResultColumn, other->column_count + 1);
    for (int i = 0; i < other->column_count; i++) {
        columns[i] = other->columns[i];
        columns[i].name = arena_strdup(prepared->arena, other->columns[i].name);
    }
    prepared->base.returns_rows = other->returns_rows;
    prepared->base.columns = columns;
    prepared->base.column_count = other->column_count;
}

typedef struct OwnExecution {
    Execution base;
    Batch *batch;
} OwnExecution;

static Status own_step(
    Execution *execution, int row_max, Batch **batch, ExecutionState *state, Error *error) {
    (void)row_max, (void)error;
    OwnExecution *own = (OwnExecution *)execution;
    *state = own->batch != NULL ? EXECUTION_ROWS : EXECUTION_DONE;
    *batch = own->batch;
    own->batch = NULL;
    return OK;
}

static void own_close_execution(Execution *execution) {
    batch_release(((OwnExecution *)execution)->batch);
    memory_free(execution);
}

static const ExecutionType own_execution_type = {.step = own_step, .close = own_close_execution};

Execution *own_execution(Batch *batch, const char *tag) {
    OwnExecution *own = NEW(OwnExecution);
    *own = (OwnExecution){.base = {.type = &own_execution_type, .is_bounded = true}, .batch = batch};
    snprintf(own->base.tag, sizeof own->base.tag, "%s", tag);
    return &own->base;
}

/* Statements, the session's own and the engine's */

Status session_prepare(Session *session, Script *script, const SyntaxStatement *syntax, const Type *types,
    int type_count, Prepared **out, Error *error) {
    if (own_statement_claims(session, syntax))
        return own_statement_prepare(session, script, syntax, types, type_count, out, error);
    return session->engine->prepare(
        session->engine->context, session, script, syntax, types, type_count, out, error);
}

Status session_execute(
    Session *session, Prepared *prepared, const Value *parameters, Execution **out, Error *error) {
    if (prepared->run_own != NULL)
        return prepared->run_own(session, prepared, parameters, out, error);
    TRY(transaction_need_engine(session, error));
    TRY(session->engine->execute(session->engine->context, session, prepared, parameters, out, error));
    Execution *execution = *out;
    execution->wake = session->wake;
    execution->wake_context = session->wake_context;
    execution->cancel_reason = &session->cancel_reason;
    execution->is_bounded = prepared->is_bounded;
    return OK;
}
