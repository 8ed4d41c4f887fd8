/* Own statements: those that a session runs by itself (settings, transactions, cursors, prepared statements).
 */
#ifndef LEAT_SESSION_OWN_STATEMENT_H
#define LEAT_SESSION_OWN_STATEMENT_H

#include "server/session/session_internal.h"

bool own_statement_claims(const Session *session, const SyntaxStatement *syntax);
Status own_statement_prepare(Session *session, Script *script, const SyntaxStatement *syntax,
    const Type *types, int type_count, Prepared **out, Error *error);

/* For the files that run them. */

typedef struct OwnPrepared {
    Prepared base;
    Arena *arena;
    Script *script; /* the statement that keeps this Prepared keeps it too */
    const SyntaxStatement *syntax;
    const struct OwnStatement *own;
} OwnPrepared;

/* One kind of statement. */
typedef struct OwnStatement {
    /* Whether it is the session's after all; NULL: always. */
    bool (*claims)(const Session *session, const SyntaxStatement *syntax);
    /* Fills in parameters, result columns and flags; NULL: none. */
    Status (*describe)(
        Session *session, OwnPrepared *prepared, const Type *types, int type_count, Error *error);
    Status (*run)(Session *session, const OwnPrepared *prepared, const Value *parameters, Execution **out,
        Error *error);
} OwnStatement;

extern const OwnStatement own_set, own_show, own_discard;           /* setting_statements.c */
extern const OwnStatement own_transaction;                          /* transaction_statement.c */
extern const OwnStatement own_declare, own_fetch, own_close;        /* cursor_statements.c */
extern const OwnStatement own_prepare, own_execute, own_deallocate; /* prepare_statements.c */

/* An execution that gives one batch (taken over; NULL = none) and then `tag`, or the Prepared's when it is
   "". */
Execution *own_execution(Batch *batch, const char *tag);
/* The Prepared's columns, all of type text. */
void own_text_columns(OwnPrepared *prepared, int count, const char *const *names);
/* The same columns as another's. */
void own_copy_columns(OwnPrepared *prepared, const Prepared *other);

#endif
