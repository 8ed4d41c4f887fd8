/* pg_catalog: the server and its session: databases, roles, settings, prepared statements, cursors. */
#include <limits.h>
#include <string.h>

#include "server/catalog/system/class_entries.h"
#include "server/catalog/role.h"
#include "server/catalog/system/system_rows.h"
#include "server/session/client.h"

static Status give_database(SystemRows *rows, Error *error) {
    row_int(rows, DATABASE_OID);
    row_text(rows, session_database(rows->facts->session));
    row_fields(rows, "10|6|c|f|t|-1|0|0|1663");
    row_text(rows, session_variable(rows->facts->session, "lc_collate"));
    row_text(rows, session_variable(rows->facts->session, "lc_ctype"));
    row_nulls(rows, 3);
    return OK;
}

const SystemRelation pg_database_relation = {1262, "pg_catalog", "pg_database",
    "oid oid!, datname name!, datdba oid!, encoding int4!, datlocprovider char!, datistemplate bool!, "
    "datallowconn bool!, "
    "datconnlimit int4!, datfrozenxid xid!, datminmxid xid!, dattablespace oid!, datcollate text!, datctype "
    "text!, "
    "daticulocale text, datcollversion text, datacl aclitem[]",
    give_database};

/* All roles, and the guest who asks. */
static bool next_role(const SystemRows *rows, int *next, Role *role) {
    const SystemFacts *facts = rows->facts;
    if (role_next(facts->snapshot, next, role))
        return true;
    Role guest = role_of_session(facts->session, facts->snapshot);
    if (*next == INT_MAX || guest.id != ROLE_SESSION)
        return false;
    *next = INT_MAX;
    *role = guest;
    return true;
}

static void row_bools(SystemRows *rows, const bool *values, int count) {
    for (int i = 0; i < count; i++)
        row_bool(rows, values[i]);
}

/* For ever is NULL, as in PostgreSQL without VALID UNTIL. */
static void row_valid_until(SystemRows *rows, const Role *role) {
    if (role->spec.valid_until == INT64_MAX)
        row_null(rows);
    else
        row_int(rows, role->spec.valid_until);
}

static Status give_authid(SystemRows *rows, Error *error) {
    Role role;
    for (int next = 0; next_role(rows, &next, &role);) {
        const RoleSpec *spec = &role.spec;
        row_int(rows, role.id);
        row_text(rows, role.name);
        row_bools(rows,
            (const bool[]){spec->is_superuser, spec->inherits, spec->can_create_roles,
                spec->can_create_databases, spec->can_log_in, spec->can_replicate,
                spec->bypasses_row_security},
            7);
        row_int(rows, spec->connection_limit);
        row_text(rows, spec->verifier);
        row_valid_until(rows, &role);
    }
    return OK;
}

const SystemRelation pg_authid_relation = {1260, "pg_catalog", "pg_authid",
    "oid oid!, rolname name!, rolsuper bool!, rolinherit bool!, rolcreaterole bool!, rolcreatedb bool!, "
    "rolcanlogin bool!, "
    "rolreplication bool!, rolbypassrls bool!, rolconnlimit int4!, rolpassword text, rolvaliduntil "
    "timestamptz",
    give_authid};

static Status give_roles(SystemRows *rows, Error *error) {
    Role role;
    for (int next = 0; next_role(rows, &next, &role);) {
        const RoleSpec *spec = &role.spec;
        row_text(rows, role.name);
        row_bools(rows,
            (const bool[]){spec->is_superuser, spec->inherits, spec->can_create_roles,
                spec->can_create_databases, spec->can_log_in, spec->can_replicate},
            6);
        row_int(rows, spec->connection_limit);
        row_text(rows, "********");
        row_valid_until(rows, &role);
        row_bool(rows, spec->bypasses_row_security);
        row_null(rows);
        row_int(rows, role.id);
    }
    return OK;
}

const SystemRelation pg_roles_relation = {12000, "pg_catalog", "pg_roles",
    "rolname name, rolsuper bool, rolinherit bool, rolcreaterole bool, rolcreatedb bool, rolcanlogin bool, "
    "rolreplication bool, rolconnlimit int4, rolpassword text, rolvaliduntil timestamptz, rolbypassrls bool, "
    "rolconfig text[], "
    "oid oid",
    give_roles};

static Status give_members(SystemRows *rows, Error *error) {
    Role role, group;
    for (int next = 0; role_next(rows->facts->snapshot, &next, &role);)
        for (int i = 0; i < role.spec.membership_count; i++) {
            const Membership *membership = &role.spec.memberships[i];
            if (!role_find_id(rows->facts->snapshot, membership->role, &group))
                continue;
            row_int(rows, membership->role);
            row_int(rows, role.id);
            row_int(rows, membership->grantor);
            row_bool(rows, membership->is_admin);
        }
    return OK;
}

const SystemRelation pg_auth_members_relation = {1261, "pg_catalog", "pg_auth_members",
    "roleid oid!, member oid!, grantor oid!, admin_option bool!", give_members};

/* Roles that may log in. */
static void give_users(SystemRows *rows, bool with_password) {
    Role role;
    for (int next = 0; next_role(rows, &next, &role);) {
        const RoleSpec *spec = &role.spec;
        if (!spec->can_log_in)
            continue;
        row_text(rows, role.name);
        row_int(rows, role.id);
        row_bools(rows,
            (const bool[]){spec->can_create_databases, spec->is_superuser, spec->can_replicate,
                spec->bypasses_row_security},
            4);
        row_text(rows, with_password ? spec->verifier : "********");
        row_valid_until(rows, &role);
        row_null(rows);
    }
}

static Status give_user(SystemRows *rows, Error *error) {
    give_users(rows, false);
    return OK;
}

const SystemRelation pg_user_relation = {12014, "pg_catalog", "pg_user",
    "usename name, usesysid oid, usecreatedb bool, usesuper bool, userepl bool, usebypassrls bool, passwd "
    "text, "
    "valuntil timestamptz, useconfig text[]",
    give_user};

static Status give_shadow(SystemRows *rows, Error *error) {
    give_users(rows, true);
    return OK;
}

const SystemRelation pg_shadow_relation = {12005, "pg_catalog", "pg_shadow",
    "usename name, usesysid oid, usecreatedb bool, usesuper bool, userepl bool, usebypassrls bool, passwd "
    "text, "
    "valuntil timestamptz, useconfig text[]",
    give_shadow};

static Status give_tablespace(SystemRows *rows, Error *error) {
    row_fields(rows, "1663|pg_default|10|NULL|NULL");
    row_fields(rows, "1664|pg_global|10|NULL|NULL");
    return OK;
}

const SystemRelation pg_tablespace_relation = {1213, "pg_catalog", "pg_tablespace",
    "oid oid!, spcname name!, spcowner oid!, spcacl aclitem[], spcoptions text[]", give_tablespace};

/* "a|b" as an array's text. */
static void row_words(SystemRows *rows, const char *words) {
    if (words == NULL) {
        row_null(rows);
        return;
    }
    Text text = {0};
    text_add_string(&text, "{\"");
    for (const char *c = words; *c != 0; c++)
        text_add_string(&text, *c == '|' ? "\",\"" : (const char[]){*c, 0});
    text_add_string(&text, "\"}");
    row_parse(rows, text_string(&text));
    text_free(&text);
}

static Status give_settings(SystemRows *rows, Error *error) {
    VariableView view;
    for (int i = 0; variables_view(session_variables(rows->facts->session), i, &view); i++) {
        row_text(rows, view.name);
        row_text(rows, view.text);
        row_text(rows, view.unit);
        row_text(rows, view.context[0] == 'i' ? "Preset Options" : "Client Connection Defaults");
        row_text(rows, view.description);
        row_null(rows);
        row_text(rows, view.context);
        row_text(rows, view.type);
        row_text(rows, strcmp(view.text, view.default_text) == 0 ? "default" : "session");
        row_nulls(rows, 2);
        row_words(rows, view.enum_words);
        row_text(rows, view.default_text);
        row_text(rows, view.default_text);
        row_nulls(rows, 2);
        row_bool(rows, false);
    }
    return OK;
}

const SystemRelation pg_settings_relation = {12104, "pg_catalog", "pg_settings",
    "name text, setting text, unit text, category text, short_desc text, extra_desc text, context text, "
    "vartype text, "
    "source text, min_val text, max_val text, enumvals text[], boot_val text, reset_val text, sourcefile "
    "text, "
    "sourceline int4, pending_restart bool",
    give_settings};

static void give_cursor(void *context, void *item) {
    SystemRows *rows = context;
    const Portal *portal = item;
    if (portal->statement == NULL || (portal->name[0] == 0 && !portal->is_cursor))
        return;
    row_text(rows, portal->name);
    row_text(rows, portal->statement->script->text);
    row_bool(rows, portal->is_holdable);
    row_bool(rows, portal->is_binary);
    row_bool(rows, portal->scroll != NULL);
    row_int(rows, portal->created_at);
}

static Status give_cursors(SystemRows *rows, Error *error) {
    session_visit_portals(rows->facts->session, give_cursor, rows);
    return OK;
}

const SystemRelation pg_cursors_relation = {12077, "pg_catalog", "pg_cursors",
    "name text, statement text, is_holdable bool, is_binary bool, is_scrollable bool, creation_time "
    "timestamptz",
    give_cursors};

static void give_prepared(void *context, void *item) {
    SystemRows *rows = context;
    const Statement *statement = item;
    if (statement->name == NULL || statement->name[0] == 0)
        return;
    row_text(rows, statement->name);
    row_text(rows, statement->script->text);
    row_int(rows, statement->created_at);
    Text types = {0};
    text_add_char(&types, '{');
    for (int i = 0; statement->prepared != NULL && i < statement->prepared->parameter_count; i++)
        text_printf(&types, "%s%u", i == 0 ? "" : ",", type_oid(statement->prepared->parameter_types[i]));
    text_add_char(&types, '}');
    row_parse(rows, text_string(&types));
    text_free(&types);
    row_bool(rows, statement->is_from_sql);
    row_nulls(rows, 2);
}

static Status give_prepared_statements(SystemRows *rows, Error *error) {
    session_visit_statements(rows->facts->session, give_prepared, rows);
    return OK;
}

const SystemRelation pg_prepared_statements_relation = {12095, "pg_catalog", "pg_prepared_statements",
    "name text, statement text, prepare_time timestamptz, parameter_types regtype[], from_sql bool, "
    "generic_plans int8, "
    "custom_plans int8",
    give_prepared_statements};
