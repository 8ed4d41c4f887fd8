/* BEGIN, COMMIT, ROLLBACK, SAVEPOINT, SET TRANSACTION: PostgreSQL's answers in each state of the session. */
#include <stdio.h>
#include <string.h>

#include "server/session/own_statement.h"

static Status describe(
    Session *session, OwnPrepared *prepared, const Type *types, int type_count, Error *error) {
    (void)session, (void)types, (void)type_count, (void)error;
    SyntaxTransactionKind kind = prepared->syntax->transaction->kind;
    prepared->base.ends_transaction = kind == SYNTAX_TRANSACTION_COMMIT ||
                                      kind == SYNTAX_TRANSACTION_ROLLBACK ||
                                      kind == SYNTAX_TRANSACTION_ROLLBACK_TO;
    return OK;
}

/* Isolation level and access mode, for the transaction or as defaults of the next ones. */
static Status set_modes(Session *session, const SyntaxTransaction *transaction, const char *prefix,
    VariableScope scope, Error *error) {
    const struct {
        const char *name;
        const char *text;
    } modes[] = {
        {"isolation", transaction->isolation},
        {"read_only", transaction->read_only < 0 ? NULL
                      : transaction->read_only   ? "on"
                                                 : "off"},
        {"deferrable", transaction->deferrable < 0 ? NULL
                       : transaction->deferrable   ? "on"
                                                   : "off"},
    };
    for (int i = 0; i < 3; i++) {
        if (modes[i].text == NULL)
            continue;
        char name[64];
        snprintf(name, sizeof name, "%stransaction_%s", prefix, modes[i].name);
        bool is_late = *prefix == 0 && session->is_engine_begun &&
                       strcmp(session_variable(session, name), modes[i].text) != 0;
        if (is_late && i == 0)
            return error_set(error, STATUS_ACTIVE_SQL_TRANSACTION,
                "SET TRANSACTION ISOLATION LEVEL must be called before any query");
        if (is_late && i == 1 && transaction->read_only == 0)
            return error_set(error, STATUS_ACTIVE_SQL_TRANSACTION,
                "transaction read-write mode must be set before any query");
        TRY(variables_set(session->variables, name, modes[i].text, scope, NULL, error));
    }
    return OK;
}

static Status run_begin(Session *session, const SyntaxTransaction *transaction, Error *error) {
    if (session->transaction == TRANSACTION_BLOCK) {
        session_notice(session, SEVERITY_WARNING, STATUS_ACTIVE_SQL_TRANSACTION,
            "there is already a transaction in progress");
    } else {
        transaction_begin_block(session);
    }
    return set_modes(session, transaction, "", VARIABLE_LOCAL, error);
}

static bool is_block(const Session *session) {
    return session->transaction == TRANSACTION_BLOCK || session->transaction == TRANSACTION_FAILED;
}

static Status need_block(const Session *session, const char *what, Error *error) {
    return is_block(session) ? OK
                             : error_set(error, STATUS_NO_ACTIVE_SQL_TRANSACTION,
                                   "%s can only be used in transaction blocks", what);
}

static void warn_no_transaction(Session *session) {
    session_notice(
        session, SEVERITY_WARNING, STATUS_NO_ACTIVE_SQL_TRANSACTION, "there is no transaction in progress");
}

/* After a rollback AND CHAIN: the same characteristics again. */
static void roll_back_and_chain(Session *session) {
    char isolation[32], read_only[8];
    snprintf(isolation, sizeof isolation, "%s", session_variable(session, "transaction_isolation"));
    snprintf(read_only, sizeof read_only, "%s", session_variable(session, "transaction_read_only"));
    transaction_rollback(session);
    transaction_begin_block(session);
    variables_restore(session->variables, "transaction_isolation", isolation);
    variables_restore(session->variables, "transaction_read_only", read_only);
}

static Status run_rollback(
    Session *session, const SyntaxTransaction *transaction, const char *what, Execution **out, Error *error) {
    if (transaction->is_chain)
        TRY(need_block(session, what, error));
    if (!is_block(session))
        warn_no_transaction(session);
    if (transaction->is_chain)
        roll_back_and_chain(session);
    else
        transaction_rollback(session);
    *out = own_execution(NULL, "ROLLBACK");
    return OK;
}

static Status run_commit(
    Session *session, const SyntaxTransaction *transaction, Execution **out, Error *error) {
    if (session->transaction == TRANSACTION_FAILED)
        return run_rollback(session, transaction, "COMMIT AND CHAIN", out, error);
    if (transaction->is_chain)
        TRY(need_block(session, "COMMIT AND CHAIN", error));
    if (!is_block(session))
        warn_no_transaction(session);
    *out = transaction_commit(session, "COMMIT", transaction->is_chain);
    return OK;
}

static Status run_set(Session *session, const SyntaxTransaction *transaction, Error *error) {
    if (!session_is_in_block(session))
        session_notice(session, SEVERITY_WARNING, STATUS_NO_ACTIVE_SQL_TRANSACTION,
            "SET TRANSACTION can only be used in transaction blocks");
    return set_modes(session, transaction, "", VARIABLE_LOCAL, error);
}

static Status run(
    Session *session, const OwnPrepared *prepared, const Value *parameters, Execution **out, Error *error) {
    (void)parameters;
    const SyntaxTransaction *transaction = prepared->syntax->transaction;
    switch (transaction->kind) {
    case SYNTAX_TRANSACTION_COMMIT:
        return run_commit(session, transaction, out, error);
    case SYNTAX_TRANSACTION_ROLLBACK:
        return run_rollback(session, transaction, "ROLLBACK AND CHAIN", out, error);
    case SYNTAX_TRANSACTION_SAVEPOINT:
        TRY(need_block(session, "SAVEPOINT", error));
        TRY(savepoint_set(session, transaction->savepoint, error));
        break;
    case SYNTAX_TRANSACTION_RELEASE:
        TRY(need_block(session, "RELEASE SAVEPOINT", error));
        TRY(savepoint_release(session, transaction->savepoint, error));
        break;
    case SYNTAX_TRANSACTION_ROLLBACK_TO:
        TRY(need_block(session, "ROLLBACK TO SAVEPOINT", error));
        TRY(savepoint_go_back(session, transaction->savepoint, error));
        break;
    case SYNTAX_TRANSACTION_BEGIN:
        TRY(run_begin(session, transaction, error));
        break;
    case SYNTAX_TRANSACTION_SET:
        TRY(run_set(session, transaction, error));
        break;
    case SYNTAX_TRANSACTION_SET_SESSION:
        TRY(set_modes(session, transaction, "default_", VARIABLE_SESSION, error));
        break;
    }
    *out = own_execution(NULL, "");
    return OK;
}

const OwnStatement own_transaction = {.describe = describe, .run = run};
