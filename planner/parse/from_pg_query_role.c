/* Roles and privileges out of protobuf. */
#include <string.h>

#include "planner/parse/from_pg_query.h"

SyntaxRoleName convert_role(Conversion *conversion, const PgQuery__RoleSpec *from) {
    switch ((int)from->roletype) {
    case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_CURRENT_ROLE:
    case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_CURRENT_USER:
        return (SyntaxRoleName){.kind = SYNTAX_ROLE_CURRENT};
    case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_SESSION_USER:
        return (SyntaxRoleName){.kind = SYNTAX_ROLE_SESSION};
    case PG_QUERY__ROLE_SPEC_TYPE__ROLESPEC_PUBLIC:
        return (SyntaxRoleName){.kind = SYNTAX_ROLE_PUBLIC};
    default:
        return (SyntaxRoleName){
            .kind = SYNTAX_ROLE_NAMED, .name = arena_strdup(conversion->arena, from->rolename)};
    }
}

static void convert_roles(Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count,
    SyntaxRoleName **names, int *count) {
    for (size_t i = 0; i < node_count; i++) {
        SyntaxRoleName name = convert_role(conversion, nodes[i]->role_spec);
        ARENA_APPEND(conversion->arena, *names, *count, name);
    }
}

/* password and validUntil are texts, connectionlimit a number, the words that begin with NO 0. What names
   other roles keeps no value. */
static void convert_role_options(
    Conversion *conversion, PgQuery__Node *const *nodes, size_t node_count, SyntaxOptions *options) {
    Arena *arena = conversion->arena;
    for (size_t i = 0; i < node_count; i++) {
        const PgQuery__DefElem *from = nodes[i]->def_elem;
        SyntaxOption option = {.name = arena_strdup(arena, from->defname),
            .position = convert_position(conversion, from->location),
            .value_position = -1};
        if (from->arg != NULL && from->arg->node_case == NODE(STRING))
            option.value = arena_strdup(arena, from->arg->string->sval);
        else if (from->arg != NULL && from->arg->node_case == NODE(BOOLEAN))
            option.value = from->arg->boolean->boolval ? "1" : "0";
        else if (from->arg != NULL && from->arg->node_case == NODE(INTEGER))
            option.value = arena_printf(arena, "%d", from->arg->integer->ival);
        ARENA_APPEND(arena, options->items, options->count, option);
    }
}

static SyntaxRole *new_role(
    Conversion *conversion, SyntaxRoleAction action, const char *tag, SyntaxStatement **statement) {
    SyntaxRole *role = ARENA_NEW(conversion->arena, SyntaxRole);
    role->action = action;
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_ROLE, tag);
    (*statement)->role = role;
    return role;
}

static void add_role(Conversion *conversion, SyntaxRole *role, SyntaxRoleName name) {
    ARENA_APPEND(conversion->arena, role->names, role->count, name);
}

static void convert_members(Conversion *conversion, const PgQuery__CreateRoleStmt *from, const char *option,
    SyntaxRoleName **names, int *count) {
    for (size_t i = 0; i < from->n_options; i++) {
        const PgQuery__DefElem *element = from->options[i]->def_elem;
        if (strcmp(element->defname, option) == 0 && element->arg != NULL &&
            element->arg->node_case == NODE(LIST))
            convert_roles(conversion, element->arg->list->items, element->arg->list->n_items, names, count);
    }
}

static void convert_create_role(
    Conversion *conversion, const PgQuery__CreateRoleStmt *from, SyntaxStatement **statement) {
    SyntaxRole *role = new_role(conversion, SYNTAX_ROLE_CREATE, "CREATE ROLE", statement);
    role->is_user = from->stmt_type == PG_QUERY__ROLE_STMT_TYPE__ROLESTMT_USER;
    add_role(conversion, role, (SyntaxRoleName){.name = arena_strdup(conversion->arena, from->role)});
    convert_role_options(conversion, from->options, from->n_options, &role->options);
    convert_members(conversion, from, "addroleto", &role->in, &role->in_count);
    convert_members(conversion, from, "rolemembers", &role->members, &role->member_count);
    role->first_admin = role->member_count;
    convert_members(conversion, from, "adminmembers", &role->members, &role->member_count);
}

static void convert_alter_role(
    Conversion *conversion, const PgQuery__AlterRoleStmt *from, SyntaxStatement **statement) {
    SyntaxRole *role = new_role(conversion, SYNTAX_ROLE_ALTER, "ALTER ROLE", statement);
    add_role(conversion, role, convert_role(conversion, from->role));
    convert_role_options(conversion, from->options, from->n_options, &role->options);
}

static void convert_rename_role(
    Conversion *conversion, const PgQuery__RenameStmt *from, SyntaxStatement **statement) {
    SyntaxRole *role = new_role(conversion, SYNTAX_ROLE_ALTER, "ALTER ROLE", statement);
    SyntaxOption option = {.name = "rename",
        .value = arena_strdup(conversion->arena, from->newname),
        .position = -1,
        .value_position = -1};
    add_role(conversion, role, (SyntaxRoleName){.name = arena_strdup(conversion->arena, from->subname)});
    ARENA_APPEND(conversion->arena, role->options.items, role->options.count, option);
}

static void convert_drop_role(
    Conversion *conversion, const PgQuery__DropRoleStmt *from, SyntaxStatement **statement) {
    SyntaxRole *role = new_role(conversion, SYNTAX_ROLE_DROP, "DROP ROLE", statement);
    role->if_exists = from->missing_ok;
    convert_roles(conversion, from->roles, from->n_roles, &role->names, &role->count);
}

static const char *object_word(PgQuery__ObjectType type) {
    static const char *const words[] = {
        [PG_QUERY__OBJECT_TYPE__OBJECT_TABLE] = "TABLE",
        [PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE] = "SEQUENCE",
        [PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA] = "SCHEMA",
        [PG_QUERY__OBJECT_TYPE__OBJECT_DATABASE] = "DATABASE",
        [PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION] = "FUNCTION",
        [PG_QUERY__OBJECT_TYPE__OBJECT_ROUTINE] = "ROUTINE",
        [PG_QUERY__OBJECT_TYPE__OBJECT_PROCEDURE] = "PROCEDURE",
        [PG_QUERY__OBJECT_TYPE__OBJECT_LANGUAGE] = "LANGUAGE",
        [PG_QUERY__OBJECT_TYPE__OBJECT_TYPE] = "TYPE",
        [PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN] = "DOMAIN",
        [PG_QUERY__OBJECT_TYPE__OBJECT_TABLESPACE] = "TABLESPACE",
        [PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_SERVER] = "FOREIGN SERVER",
        [PG_QUERY__OBJECT_TYPE__OBJECT_FDW] = "FOREIGN DATA WRAPPER",
        [PG_QUERY__OBJECT_TYPE__OBJECT_LARGEOBJECT] = "LARGE OBJECT",
        [PG_QUERY__OBJECT_TYPE__OBJECT_PARAMETER_ACL] = "PARAMETER",
    };
    return (size_t)type < sizeof words / sizeof *words && words[type] != NULL ? words[type]
                                                                              : "this kind of object";
}

static void convert_objects(Conversion *conversion, const PgQuery__GrantStmt *from, SyntaxGrant *grant) {
    for (size_t i = 0; i < from->n_objects; i++) {
        const PgQuery__Node *object = from->objects[i];
        if (object->node_case != NODE(RANGE_VAR) && object->node_case != NODE(STRING))
            continue; /* kinds without privileges of their own: only counted */
        SyntaxName name = object->node_case == NODE(RANGE_VAR)
                              ? convert_relation_name(conversion, object->range_var)
                              : convert_name(conversion, &from->objects[i], 1, -1);
        ARENA_APPEND(conversion->arena, grant->names, grant->count, name);
    }
}

static Status convert_grant(
    Conversion *conversion, const PgQuery__GrantStmt *from, SyntaxStatement **statement) {
    SyntaxGrant *grant = ARENA_NEW(conversion->arena, SyntaxGrant);
    if (from->grantor != NULL)
        return convert_unsupported(conversion, from->grantor->location, "GRANTED BY");
    grant->is_grant = from->is_grant;
    grant->has_option = from->grant_option;
    grant->is_all_in = from->targtype == PG_QUERY__GRANT_TARGET_TYPE__ACL_TARGET_ALL_IN_SCHEMA;
    grant->is_cascade = from->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
    grant->kind = object_word(from->objtype);
    for (size_t i = 0; i < from->n_privileges; i++) {
        const PgQuery__AccessPriv *privilege = from->privileges[i]->access_priv;
        const char *word = arena_strdup(conversion->arena, privilege->priv_name);
        grant->has_columns |= privilege->n_cols > 0;
        ARENA_APPEND(conversion->arena, grant->privileges, grant->privilege_count, word);
    }
    convert_objects(conversion, from, grant);
    convert_roles(conversion, from->grantees, from->n_grantees, &grant->grantees, &grant->grantee_count);
    *statement =
        convert_new_statement(conversion, SYNTAX_STATEMENT_GRANT, from->is_grant ? "GRANT" : "REVOKE");
    (*statement)->grant = grant;
    return OK;
}

/* The granted roles come as privileges. */
static Status convert_grant_role(
    Conversion *conversion, const PgQuery__GrantRoleStmt *from, SyntaxStatement **statement) {
    SyntaxGrant *grant = ARENA_NEW(conversion->arena, SyntaxGrant);
    if (from->grantor != NULL)
        return convert_unsupported(conversion, from->grantor->location, "GRANTED BY");
    grant->is_grant = from->is_grant;
    grant->has_option = from->admin_opt;
    grant->kind = "ROLE";
    for (size_t i = 0; i < from->n_granted_roles; i++) {
        SyntaxRoleName role = {
            .name = arena_strdup(conversion->arena, from->granted_roles[i]->access_priv->priv_name)};
        ARENA_APPEND(conversion->arena, grant->roles, grant->role_count, role);
    }
    convert_roles(
        conversion, from->grantee_roles, from->n_grantee_roles, &grant->grantees, &grant->grantee_count);
    *statement = convert_new_statement(
        conversion, SYNTAX_STATEMENT_GRANT, from->is_grant ? "GRANT ROLE" : "REVOKE ROLE");
    (*statement)->grant = grant;
    return OK;
}

/* ALTER SCHEMA s OWNER TO r; that of relations is a form of ALTER TABLE. */
static void convert_owner(
    Conversion *conversion, const PgQuery__AlterOwnerStmt *from, SyntaxStatement **statement) {
    if (from->object_type != PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA)
        return;
    SyntaxAlter *alter = ARENA_NEW(conversion->arena, SyntaxAlter);
    alter->kind = "SCHEMA";
    alter->name = convert_name(conversion, (PgQuery__Node *const[]){from->object}, 1, -1);
    SyntaxAlterAction step = {.kind = SYNTAX_ALTER_OWNER, .owner = convert_role(conversion, from->newowner)};
    ARENA_APPEND(conversion->arena, alter->steps, alter->step_count, step);
    *statement = convert_new_statement(conversion, SYNTAX_STATEMENT_ALTER, "ALTER SCHEMA");
    (*statement)->alter = alter;
}

Status convert_privileges(Conversion *conversion, const PgQuery__Node *node, SyntaxStatement **statement) {
    *statement = NULL;
    switch (node->node_case) {
    case NODE(CREATE_ROLE_STMT):
        convert_create_role(conversion, node->create_role_stmt, statement);
        return OK;
    case NODE(ALTER_ROLE_STMT):
        convert_alter_role(conversion, node->alter_role_stmt, statement);
        return OK;
    case NODE(DROP_ROLE_STMT):
        convert_drop_role(conversion, node->drop_role_stmt, statement);
        return OK;
    case NODE(RENAME_STMT):
        if (node->rename_stmt->rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_ROLE)
            convert_rename_role(conversion, node->rename_stmt, statement);
        return OK;
    case NODE(GRANT_STMT):
        return convert_grant(conversion, node->grant_stmt, statement);
    case NODE(GRANT_ROLE_STMT):
        return convert_grant_role(conversion, node->grant_role_stmt, statement);
    case NODE(ALTER_OWNER_STMT):
        convert_owner(conversion, node->alter_owner_stmt, statement);
        return OK;
    default:
        return OK;
    }
}
