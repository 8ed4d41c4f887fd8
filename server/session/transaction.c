/* Transactions as they begin: PostgreSQL's states of a session, implicit transactions included. */
#include <string.h>

#include "server/session/session_internal.h"

/* A new transaction takes its characteristics from the defaults. */
static void take_default(Session *session, const char *name, VariableId id, VariableId default_id) {
    const char *text = variables_text(session->variables, default_id);
    if (strcmp(text, variables_text(session->variables, id)) != 0)
        variables_restore(session->variables, name, text);
}

static void start(Session *session, TransactionState state) {
    session->transaction = state;
    session->transaction_time = session->statement_time;
    take_default(session, "transaction_isolation", VARIABLE_transaction_isolation,
        VARIABLE_default_transaction_isolation);
    take_default(session, "transaction_read_only", VARIABLE_transaction_read_only,
        VARIABLE_default_transaction_read_only);
    take_default(session, "transaction_deferrable", VARIABLE_transaction_deferrable,
        VARIABLE_default_transaction_deferrable);
}

Status transaction_check(Session *session, bool ends_transaction, Error *error) {
    if (session->transaction == TRANSACTION_FAILED && !ends_transaction)
        return error_set(error, STATUS_IN_FAILED_SQL_TRANSACTION,
            "current transaction is aborted, commands ignored until end of transaction block");
    return OK;
}

Status transaction_enter(Session *session, const Prepared *prepared, Error *error) {
    TRY(transaction_check(session, prepared->ends_transaction, error));
    if (session->transaction == TRANSACTION_NONE)
        start(session, TRANSACTION_IMPLICIT);
    /* Among several statements of one message it ends the implicit transaction: scripts that create and fill
       tables come so. */
    if (prepared->is_forbidden_in_block && session->transaction == TRANSACTION_BLOCK)
        return error_set(
            error, STATUS_ACTIVE_SQL_TRANSACTION, "%s cannot run inside a transaction block", prepared->tag);
    if (!prepared->is_read_only && prepared->run_own == NULL && session_transaction_is_read_only(session))
        return error_set(error, STATUS_READ_ONLY_SQL_TRANSACTION,
            "cannot execute %s in a read-only transaction", prepared->tag);
    return OK;
}

Status transaction_need_engine(Session *session, Error *error) {
    if (session->is_engine_begun)
        return OK;
    TRY(session->engine->transaction_begin(session->engine->context, session, error));
    session->is_engine_begun = true;
    return OK;
}

void session_begin_implicit_block(Session *session) {
    if (session->transaction != TRANSACTION_NONE && session->transaction != TRANSACTION_IMPLICIT)
        return;
    if (session->transaction == TRANSACTION_NONE)
        start(session, TRANSACTION_IMPLICIT_BLOCK);
    else
        session->transaction = TRANSACTION_IMPLICIT_BLOCK;
}

void transaction_begin_block(Session *session) {
    if (session->transaction == TRANSACTION_NONE)
        start(session, TRANSACTION_BLOCK);
    else
        session->transaction = TRANSACTION_BLOCK;
}
