/* Modifying statements as queries over a snapshot. */
#include "planner/bind/modify/dml.h"

Status bind_dml(
    Planning *plan, const SyntaxStatement *statement, DmlPlan *dml, BoundRoot *root, Error *error) {
    Binder binder = binder_of(plan, error);
    return bind_dml_statement(&binder, statement, dml, root);
}

Status bind_dml_statement(Binder *binder, const SyntaxStatement *statement, DmlPlan *dml, BoundRoot *root) {
    dml->kind = statement->kind;
    switch (statement->kind) {
    case SYNTAX_STATEMENT_INSERT:
        return bind_insert(binder, statement->insert, dml, root);
    case SYNTAX_STATEMENT_UPDATE:
        return bind_update(binder, statement->update, dml, root);
    case SYNTAX_STATEMENT_DELETE:
        return bind_delete(binder, statement->delete_, dml, root);
    case SYNTAX_STATEMENT_MERGE:
        return bind_merge(binder, statement->merge, dml, root);
    default:
        return error_set(
            binder->error, STATUS_INTERNAL_ERROR, "statement is not INSERT, UPDATE, DELETE or MERGE");
    }
}
