/* Statements: a script's trees, analysed, under a name. */
#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "server/session/session_internal.h"

static bool ends_transaction(const SyntaxStatement *syntax) {
    if (syntax->kind != SYNTAX_STATEMENT_TRANSACTION)
        return false;
    SyntaxTransactionKind kind = syntax->transaction->kind;
    return kind == SYNTAX_TRANSACTION_COMMIT || kind == SYNTAX_TRANSACTION_ROLLBACK ||
           kind == SYNTAX_TRANSACTION_ROLLBACK_TO;
}

Status statement_create(Session *session, Script *script, const SyntaxStatement *syntax, const char *name,
    const Type *types, int type_count, Statement **out, Error *error) {
    Prepared *prepared = NULL;
    if (syntax != NULL) {
        TRY(transaction_check(session, ends_transaction(syntax), error));
        TRY(session_prepare(session, script, syntax, types, type_count, &prepared, error));
    }
    Statement *statement = NEW(Statement);
    *statement = (Statement){
        .reference_count = 1,
        .name = memory_strdup(name),
        .script = script_retain(script),
        .syntax = syntax,
        .types = NEW_ARRAY(Type, type_count + 1),
        .type_count = type_count,
        .prepared = prepared,
        .created_at = clock_wall(),
    };
    if (type_count > 0)
        memcpy(statement->types, types, sizeof(Type) * (size_t)type_count);
    *out = statement;
    return OK;
}

static bool has_same_columns(const Prepared *a, const Prepared *b) {
    if (a->returns_rows != b->returns_rows || a->column_count != b->column_count)
        return false;
    for (int i = 0; i < a->column_count; i++)
        if (!type_is_same(a->columns[i].type, b->columns[i].type))
            return false;
    return true;
}

bool statement_is_current(Session *session, const Statement *statement) {
    const Prepared *prepared = statement->prepared;
    if (prepared->run_own != NULL)
        return !prepared->returns_rows; /* what FETCH, EXECUTE and SHOW give depends on what there is under
                                           that name by now */
    return session->engine->is_current(session->engine->context, session, prepared);
}

Status statement_check(Session *session, const Statement *statement, Error *error) {
    return transaction_check(
        session, statement->syntax != NULL && ends_transaction(statement->syntax), error);
}

Status statement_refresh(Session *session, Statement *statement, Error *error) {
    if (statement->prepared == NULL || statement_is_current(session, statement))
        return OK;
    Prepared *fresh;
    TRY(session_prepare(session, statement->script, statement->syntax, statement->types,
        statement->type_count, &fresh, error));
    bool is_same = statement->prepared->run_own != NULL || has_same_columns(fresh, statement->prepared);
    if (!is_same) {
        prepared_release(fresh);
        error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "cached plan must not change result type");
        /* By this name drivers know that preparing anew helps. */
        return error_name(error, ERROR_ROUTINE, "RevalidateCachedQuery");
    }
    prepared_release(statement->prepared);
    statement->prepared = fresh;
    return OK;
}

Statement *statement_retain(Statement *statement) {
    statement->reference_count++;
    return statement;
}

void statement_release(Statement *statement) {
    if (statement == NULL || --statement->reference_count > 0)
        return;
    prepared_release(statement->prepared);
    script_release(statement->script);
    memory_free(statement->types);
    memory_free(statement->name);
    memory_free(statement);
}

Statement *session_statement(Session *session, const char *name) {
    return name_table_find(&session->statements, name);
}

Status session_keep_statement(Session *session, Statement *statement, Error *error) {
    if (*statement->name == 0)
        session_drop_statement(session, "");
    else if (session_statement(session, statement->name) != NULL)
        return error_set(error, STATUS_DUPLICATE_PREPARED_STATEMENT,
            "prepared statement \"%s\" already exists", statement->name);
    name_table_add(&session->statements, statement->name, statement_retain(statement));
    return OK;
}

void session_drop_statement(Session *session, const char *name) {
    statement_release(name_table_remove(&session->statements, name));
}

void session_visit_statements(
    Session *session, void (*visit)(void *context, void *statement), void *context) {
    name_table_visit(&session->statements, visit, context);
}

static void drop_statement(void *session, void *statement) {
    session_drop_statement(session, ((Statement *)statement)->name);
}

void statements_drop_all(Session *session) {
    session_visit_statements(session, drop_statement, session);
}
