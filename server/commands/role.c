/* CREATE, ALTER and DROP ROLE. Passwords are kept as verifiers only, and no statement about them is kept at
   all. */
#include "server/commands/role.h"

#include <stdlib.h>
#include <string.h>

#include "server/auth/scram.h"
#include "server/catalog/system/class_entries.h"
#include "server/commands/ddl.h"

static Status check_name(const char *name, Error *error) {
    if (strcmp(name, "public") == 0 || strcmp(name, "none") == 0)
        return error_set(error, STATUS_RESERVED_NAME, "role name \"%s\" is reserved", name);
    if (strncmp(name, "pg_", 3) != 0)
        return OK;
    error_set(error, STATUS_RESERVED_NAME, "role name \"%s\" is reserved", name);
    return error_detail(error, "Role names starting with \"pg_\" are reserved.");
}

/* A verifier made elsewhere, as psql's \password does, is taken as it is. */
static Status set_password(SimpleExecution *execution, Object *object, const char *password, Error *error) {
    ScramVerifier made;
    object->role.verifier = NULL;
    if (password == NULL)
        return OK;
    if (*password == 0) {
        session_notice(execution->session, SEVERITY_NOTICE, OK,
            "empty string is not a valid password, clearing password");
        return OK;
    }
    if (strncmp(password, "md5", 3) == 0 && strlen(password) == 35)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "passwords hashed by MD5 are not supported");
    if (scram_parse_verifier(password, &made)) {
        object->role.verifier = arena_strdup(object->arena, password);
        return OK;
    }
    Text verifier = {0};
    TRY(scram_make_verifier(password, &verifier, error));
    object->role.verifier = arena_strdup(object->arena, text_string(&verifier));
    text_free(&verifier);
    return OK;
}

static Status set_valid_until(SimpleExecution *execution, Object *object, const char *text, Error *error) {
    Datum datum;
    if (text == NULL)
        return error_set(error, STATUS_SYNTAX_ERROR, "VALID UNTIL needs a time");
    TRY(datum_parse(type_of(TYPE_TIMESTAMPTZ), text, strlen(text), session_type_settings(execution->session),
        execution->analysis->arena, &datum, error));
    object->role.valid_until = datum.int8;
    return OK;
}

static bool *attribute_of(RoleSpec *role, const char *name) {
    struct {
        const char *name;
        bool *attribute;
    } attributes[] = {{"superuser", &role->is_superuser}, {"inherit", &role->inherits},
        {"createrole", &role->can_create_roles}, {"createdb", &role->can_create_databases},
        {"canlogin", &role->can_log_in}, {"isreplication", &role->can_replicate},
        {"bypassrls", &role->bypasses_row_security}};
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (strcmp(attributes[i].name, name) == 0)
            return attributes[i].attribute;
    return NULL;
}

static bool attribute_is_list(const char *name) {
    return strcmp(name, "addroleto") == 0 || strcmp(name, "rolemembers") == 0 ||
           strcmp(name, "adminmembers") == 0;
}

static Status set_option(
    SimpleExecution *execution, Object *object, const SyntaxOption *option, Error *error) {
    bool *attribute = attribute_of(&object->role, option->name);
    if (attribute != NULL) {
        *attribute = option->value != NULL && strcmp(option->value, "1") == 0;
        return OK;
    }
    if (strcmp(option->name, "password") == 0)
        return set_password(execution, object, option->value, error);
    if (strcmp(option->name, "validUntil") == 0)
        return set_valid_until(execution, object, option->value, error);
    if (strcmp(option->name, "rename") == 0) {
        TRY(check_name(option->value, error));
        object->relation.name = arena_strdup(object->arena, option->value);
        return OK;
    }
    if (attribute_is_list(option->name) && execution->analysis->syntax->role->action == SYNTAX_ROLE_CREATE)
        return OK; /* when the role is there */
    if (strcmp(option->name, "connectionlimit") == 0 && option->value != NULL &&
        strcmp(option->value, "-1") == 0)
        return OK;
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "%s of a role is not supported",
        strcmp(option->name, "connectionlimit") == 0 ? "CONNECTION LIMIT"
        : strcmp(option->name, "sysid") == 0         ? "SYSID"
                                                     : "membership");
}

static Status set_options(SimpleExecution *execution, Object *object, Error *error) {
    const SyntaxOptions *options = &execution->analysis->syntax->role->options;
    for (int i = 0; i < options->count; i++) {
        for (int k = 0; k < i; k++)
            if (strcmp(options->items[i].name, options->items[k].name) == 0)
                return error_set(error, STATUS_SYNTAX_ERROR, "conflicting or redundant options");
        TRY(set_option(execution, object, &options->items[i], error));
    }
    return OK;
}

static bool is_given(const SyntaxRole *syntax, const char *option, const char *value) {
    for (int i = 0; i < syntax->options.count; i++)
        if (strcmp(syntax->options.items[i].name, option) == 0)
            return value == NULL || (syntax->options.items[i].value != NULL &&
                                        strcmp(syntax->options.items[i].value, value) == 0);
    return false;
}

/* Only superusers make superusers and what comes near to them. */
static Status check_attributes(const SyntaxRole *syntax, const Role *role, const char *verb, Error *error) {
    static const struct {
        const char *option, *what;
    } closed[] = {{"superuser", "superusers"}, {"isreplication", "replication users"},
        {"bypassrls", "bypassrls users"}};
    for (size_t i = 0; i < sizeof closed / sizeof *closed && !role->spec.is_superuser; i++)
        if (is_given(syntax, closed[i].option, strcmp(verb, "create") == 0 ? "1" : NULL))
            return error_set(
                error, STATUS_INSUFFICIENT_PRIVILEGE, "must be superuser to %s %s", verb, closed[i].what);
    return OK;
}

static Status check_may_add_member(const Role *me, const Role *role, Error *error) {
    if (role->spec.is_superuser && !me->spec.is_superuser)
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "must be superuser to alter superusers");
    return OK; /* who makes roles may make them members */
}

static Status create_role(SimpleExecution *execution, Error *error) {
    const Analysis *analysis = execution->analysis;
    const SyntaxRole *syntax = analysis->syntax->role;
    const char *name = syntax->names[0].name;
    Role me = analysis_role(analysis), other;
    TRY(check_attributes(syntax, &me, "create", error));
    if (!me.spec.is_superuser && !me.spec.can_create_roles)
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied to create role");
    TRY(check_name(name, error));
    Status status = role_find(analysis->snapshot, name, &other)
                        ? STATUS_DUPLICATE_TABLE
                        : ddl_reserve_name(execution->session, ROLE_SCHEMA, name, error);
    if (status == STATUS_DUPLICATE_TABLE) {
        error_clear(error);
        return error_set(error, STATUS_DUPLICATE_OBJECT, "role \"%s\" already exists", name);
    }
    TRY(status);
    Object *object =
        object_create(catalog_next_id(analysis->instance->catalog), RELATION_ROLE, ROLE_SCHEMA, name);
    object->role = (RoleSpec){
        .inherits = true, .can_log_in = syntax->is_user, .connection_limit = -1, .valid_until = INT64_MAX};
    status = set_options(execution, object, error);
    for (int i = 0; i < syntax->in_count && status == OK; i++) {
        status = analysis_find_role(analysis, &syntax->in[i], &other, error);
        if (status == OK)
            status = check_may_add_member(&me, &other, error);
        if (status == OK)
            role_add_membership(object, other.id, role_as_owner(&me), false);
    }
    if (status == OK)
        status = ddl_add(execution->session, object, NULL, error);
    const Role made = {.id = object->relation.id, .name = name, .spec = object->role};
    for (int i = 0; i < syntax->member_count && status == OK; i++)
        status = role_add_member(execution, &made, &syntax->members[i], i >= syntax->first_admin, error);
    object_release(object);
    return status;
}

/* Everyone may change the own password. */
static Status check_may_alter(const SyntaxRole *syntax, const Role *me, const Role *role, Error *error) {
    bool is_own_password =
        me->id == role->id && syntax->options.count == 1 && is_given(syntax, "password", NULL);
    if (role->spec.is_superuser && !me->spec.is_superuser && !is_own_password)
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE,
            "must be superuser to alter superuser roles or change superuser attribute");
    if (is_given(syntax, "superuser", NULL) && !me->spec.is_superuser)
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE,
            "must be superuser to alter superuser roles or change superuser attribute");
    TRY(check_attributes(syntax, me, "alter", error));
    if (me->spec.is_superuser || me->spec.can_create_roles || is_own_password)
        return OK;
    return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE,
        is_given(syntax, "rename", NULL) ? "permission denied to rename role" : "permission denied");
}

static Status check_new_name(
    SimpleExecution *execution, const Object *object, const char *before, Error *error) {
    const char *name = object->relation.name;
    Role other;
    if (strcmp(name, before) == 0)
        return OK;
    if (strcmp(before, session_user(execution->session)) == 0)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "session user cannot be renamed");
    if (strcmp(before, session_role(execution->session)) == 0)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "current user cannot be renamed");
    if (role_find(execution->analysis->snapshot, name, &other))
        return error_set(error, STATUS_DUPLICATE_OBJECT, "role \"%s\" already exists", name);
    return ddl_reserve_name(execution->session, ROLE_SCHEMA, name, error);
}

static Status alter_role(SimpleExecution *execution, Error *error) {
    const Analysis *analysis = execution->analysis;
    const SyntaxRole *syntax = analysis->syntax->role;
    Role me = analysis_role(analysis), role;
    TRY(analysis_find_role(analysis, &syntax->names[0], &role, error));
    if (role.id == ROLE_SESSION)
        return error_set(error, STATUS_UNDEFINED_OBJECT, "role \"%s\" does not exist", role.name);
    TRY(check_may_alter(syntax, &me, &role, error));
    Object *object = role_object(analysis->snapshot, &role);
    Status status = set_options(execution, object, error);
    if (status == OK)
        status = check_new_name(execution, object, role.name, error);
    if (status == OK)
        status = ddl_replace(execution->session, object, NULL, error);
    object_release(object);
    return status;
}

/* What would lose its owner, or keep privileges of nobody: "owner of table t" lines. */
static int add_dependents(const CatalogSnapshot *snapshot, uint32_t role, Text *out) {
    int count = 0;
    for (int i = 0; i < snapshot->count; i++) {
        const Object *object = snapshot->objects[i];
        bool is_owner = object->owner_id == role, is_granted = false;
        for (int k = 1; k < object_role_count(object); k++)
            is_granted |= object_role(object, k) == role;
        if (!is_owner && !is_granted)
            continue;
        text_printf(out, "%s%s %s %s", count++ > 0 ? "\n" : "", is_owner ? "owner of" : "privileges for",
            relation_kind_name(object->relation.kind), object->relation.name);
    }
    return count;
}

static Status drop_one(SimpleExecution *execution, const Role *me, const SyntaxRoleName *name, Error *error) {
    const Analysis *analysis = execution->analysis;
    Role role;
    if (name->kind != SYNTAX_ROLE_NAMED)
        return error_set(
            error, STATUS_INVALID_PARAMETER_VALUE, "cannot use special role specifier in DROP ROLE");
    if (!role_find(analysis->snapshot, name->name, &role)) {
        if (!analysis->syntax->role->if_exists)
            return error_set(error, STATUS_UNDEFINED_OBJECT, "role \"%s\" does not exist", name->name);
        session_notice(
            execution->session, SEVERITY_NOTICE, OK, "role \"%s\" does not exist, skipping", name->name);
        return OK;
    }
    if (strcmp(role.name, session_role(execution->session)) == 0)
        return error_set(error, STATUS_OBJECT_IN_USE, "current user cannot be dropped");
    if (strcmp(role.name, session_user(execution->session)) == 0)
        return error_set(error, STATUS_OBJECT_IN_USE, "session user cannot be dropped");
    if (role.spec.is_superuser && !me->spec.is_superuser)
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "must be superuser to drop superusers");
    if (role.id == ROLE_OWNER)
        return error_set(error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST,
            "cannot drop role %s because it is required by the database system", role.name);
    Text dependents = {0};
    Status status = OK;
    if (add_dependents(analysis->snapshot, role.id, &dependents) > 0) {
        error_set(error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST,
            "role \"%s\" cannot be dropped because some objects depend on it", role.name);
        status = error_detail(error, "%s", text_string(&dependents));
    }
    text_free(&dependents);
    if (status == OK)
        ddl_remove(execution->session, role.id);
    return status;
}

static Status drop_roles(SimpleExecution *execution, Error *error) {
    const SyntaxRole *syntax = execution->analysis->syntax->role;
    Role me = analysis_role(execution->analysis);
    if (!me.spec.is_superuser && !me.spec.can_create_roles)
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied to drop role");
    for (int i = 0; i < syntax->count; i++)
        TRY(drop_one(execution, &me, &syntax->names[i], error));
    return OK;
}

static Status role_run(SimpleExecution *execution, Error *error) {
    switch (execution->analysis->syntax->role->action) {
    case SYNTAX_ROLE_CREATE:
        return create_role(execution, error);
    case SYNTAX_ROLE_ALTER:
        return alter_role(execution, error);
    case SYNTAX_ROLE_DROP:
        break;
    }
    return drop_roles(execution, error);
}

static Status role_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, role_run);
    return OK;
}

const Command role_command = {.is_definition = true, .execute = role_execute};
