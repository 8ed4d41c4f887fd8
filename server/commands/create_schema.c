/* CREATE SCHEMA: a name for others to stand in. */
#include <string.h>

#include "server/commands/ddl.h"
#include "server/commands/role.h"

static Status create_run(SimpleExecution *execution, Error *error) {
    const Analysis *analysis = execution->analysis;
    const SyntaxCreateSchema *syntax = analysis->syntax->create_schema;
    Role owner = analysis_role(analysis), me = owner;
    if (syntax->owner != NULL)
        TRY(analysis_find_role(analysis, syntax->owner, &owner, error));
    const char *name = syntax->name != NULL ? syntax->name : owner.name;
    if (!me.spec.is_superuser)
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied for database %s",
            session_database(execution->session));
    if (strncmp(name, "pg_", 3) == 0) {
        error_set(error, STATUS_RESERVED_NAME, "unacceptable schema name \"%s\"", name);
        return error_detail(error, "The prefix \"pg_\" is reserved for system schemas.");
    }
    bool is_taken = catalog_schema_exists(analysis->snapshot, name);
    if (is_taken && syntax->if_not_exists) {
        session_notice(execution->session, SEVERITY_NOTICE, STATUS_DUPLICATE_SCHEMA,
            "schema \"%s\" already exists, skipping", name);
        return OK;
    }
    Status status = is_taken ? STATUS_DUPLICATE_TABLE : ddl_reserve_name(execution->session, "", name, error);
    if (status == STATUS_DUPLICATE_TABLE) {
        error_clear(error);
        return error_set(error, STATUS_DUPLICATE_SCHEMA, "schema \"%s\" already exists", name);
    }
    TRY(status);
    Object *object = object_create(catalog_next_id(analysis->instance->catalog), RELATION_SCHEMA, "", name);
    object_set_owner(object, &owner);
    status = ddl_add(execution->session, object, NULL, error);
    object_release(object);
    return status;
}

static Status create_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, create_run);
    return OK;
}

const Command create_schema_command = {.is_definition = true, .execute = create_execute};
