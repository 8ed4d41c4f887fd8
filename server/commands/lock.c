/* LOCK TABLE: nobody waits for anybody. Modes in which others may not write mean that the commit answers
   40001 when somebody has. */
#include "server/commands/ddl.h"
#include "server/commands/role.h"

enum { LOCK_SHARE = 5 };

static Status lock_run(SimpleExecution *execution, Error *error) {
    const Analysis *analysis = execution->analysis;
    const SyntaxLock *syntax = analysis->syntax->lock;
    if (!session_is_in_block(execution->session))
        return error_set(
            error, STATUS_NO_ACTIVE_SQL_TRANSACTION, "LOCK TABLE can only be used in transaction blocks");
    for (int i = 0; i < syntax->count; i++) {
        Object *object;
        TRY(analysis_find(analysis, &syntax->names[i], &object, error));
        const CatalogRelation *relation = &object->relation;
        if (relation->kind == RELATION_SEQUENCE || relation->kind == RELATION_SINK ||
            relation->kind == RELATION_FUNCTION) {
            error_set(error, STATUS_WRONG_OBJECT_TYPE, "cannot lock relation \"%s\"", relation->name);
            return error_detail(
                error, "This operation is not supported for %ss.", relation_kind_name(relation->kind));
        }
        TRY(analysis_check_may(
            analysis, object, syntax->mode >= LOCK_SHARE ? PRIVILEGE_UPDATE : PRIVILEGE_SELECT, error));
        if (syntax->mode >= LOCK_SHARE && relation->kind == RELATION_TABLE)
            ddl_guard_rows(execution->session, relation->id);
    }
    return OK;
}

static Status lock_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, lock_run);
    return OK;
}

const Command lock_command = {.is_read_only = true, .execute = lock_execute};
