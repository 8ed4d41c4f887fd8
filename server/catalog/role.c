/* Role: found among the objects; privileges are those of the owner, of what was granted, and of everyone. */
#include "server/catalog/role.h"

#include <stdio.h>
#include <string.h>

#include "server/catalog/system/class_entries.h"
#include "server/catalog/search_path.h"
#include "server/catalog/system/system_catalog.h"
#include "server/session/session.h"

/* leat before anyone altered it, and guests. */
static const RoleSpec master = {
    .is_superuser = true,
    .inherits = true,
    .can_create_roles = true,
    .can_create_databases = true,
    .can_log_in = true,
    .can_replicate = true,
    .bypasses_row_security = true,
    .connection_limit = -1,
    .valid_until = INT64_MAX,
};

static bool is_among(uint32_t id, const uint32_t *ids, int count) {
    for (int i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

/* The roles that this one is a member of, each once, one generation after the other; only_inherited: no
   further than each of them inherits. */
static int add_groups(
    const CatalogSnapshot *snapshot, const RoleSpec *spec, bool only_inherited, uint32_t *groups, int count) {
    for (int i = 0;
         i < spec->membership_count && count < ROLE_GROUPS_MAX && (spec->inherits || !only_inherited); i++) {
        const Object *group = catalog_find_id(snapshot, spec->memberships[i].role);
        bool is_role = spec->memberships[i].role == ROLE_OWNER ||
                       (group != NULL && group->relation.kind == RELATION_ROLE);
        if (!is_role || is_among(spec->memberships[i].role, groups, count))
            continue;
        groups[count++] = spec->memberships[i].role;
        if (group != NULL)
            count = add_groups(snapshot, &group->role, only_inherited, groups, count);
    }
    return count;
}

static Role role_of_object(const CatalogSnapshot *snapshot, const Object *object) {
    Role role = {.id = object->relation.id, .name = object->relation.name, .spec = object->role};
    role.group_count = add_groups(snapshot, &role.spec, true, role.groups, 0);
    return role;
}

bool role_is_member(const Role *role, const CatalogSnapshot *snapshot, uint32_t id) {
    uint32_t groups[ROLE_GROUPS_MAX];
    return role->spec.is_superuser || role->id == id ||
           is_among(id, groups, add_groups(snapshot, &role->spec, false, groups, 0));
}

bool role_has_rights_of(const Role *role, uint32_t id) {
    return role->spec.is_superuser ||
           (role->id != 0 && (role->id == id || is_among(id, role->groups, role->group_count)));
}

bool role_find(const CatalogSnapshot *snapshot, const char *name, Role *role) {
    const Object *object = catalog_find(snapshot, ROLE_SCHEMA, name);
    if (object != NULL)
        *role = role_of_object(snapshot, object);
    else if (strcmp(name, ROLE_OWNER_NAME) == 0 && catalog_find_id(snapshot, ROLE_OWNER) == NULL)
        *role = (Role){.id = ROLE_OWNER, .name = ROLE_OWNER_NAME, .spec = master};
    else
        return false;
    return true;
}

bool role_find_id(const CatalogSnapshot *snapshot, uint32_t id, Role *role) {
    const Object *object = catalog_find_id(snapshot, id);
    if (object != NULL && object->relation.kind == RELATION_ROLE)
        *role = role_of_object(snapshot, object);
    else if (object == NULL && id == ROLE_OWNER)
        *role = (Role){.id = ROLE_OWNER, .name = ROLE_OWNER_NAME, .spec = master};
    else
        return false;
    return true;
}

bool role_next(const CatalogSnapshot *snapshot, int *next, Role *role) {
    if (*next == 0) {
        *next = 1;
        if (catalog_find_id(snapshot, ROLE_OWNER) == NULL)
            return role_find_id(snapshot, ROLE_OWNER, role);
    }
    while (*next <= snapshot->count) {
        const Object *object = snapshot->objects[(*next)++ - 1];
        if (object->relation.kind != RELATION_ROLE)
            continue;
        *role = role_of_object(snapshot, object);
        return true;
    }
    return false;
}

bool roles_have_password(const CatalogSnapshot *snapshot) {
    for (int i = 0; i < snapshot->count; i++)
        if (snapshot->objects[i]->relation.kind == RELATION_ROLE &&
            snapshot->objects[i]->role.verifier != NULL)
            return true;
    return false;
}

static Role role_named(const Session *session, const CatalogSnapshot *snapshot, const char *name) {
    Role role = {.name = name};
    if (!role_find(snapshot, name, &role) && session_is_guest(session) &&
        strcmp(name, session_login(session)) == 0)
        role = (Role){.id = ROLE_SESSION, .name = name, .spec = master};
    return role;
}

Role role_current(const Session *session, const CatalogSnapshot *snapshot) {
    return role_named(session, snapshot, session_role(session));
}

Role role_of_session(const Session *session, const CatalogSnapshot *snapshot) {
    return role_named(session, snapshot, session_user(session));
}

uint32_t role_as_owner(const Role *role) {
    return role->id == ROLE_SESSION ? ROLE_OWNER : role->id;
}

const char *role_name_of(const CatalogSnapshot *snapshot, uint32_t id, char room[16]) {
    Role role;
    if (role_find_id(snapshot, id, &role))
        return role.name;
    snprintf(room, 16, "%u", id);
    return room;
}

bool role_owns(const Role *role, const Object *object) {
    return role_has_rights_of(role, object->owner_id);
}

uint32_t privileges_of_kind(RelationKind kind) {
    switch (kind) {
    case RELATION_TABLE:
    case RELATION_SOURCE:
    case RELATION_VIEW:
    case RELATION_MATERIALIZED_VIEW:
    case RELATION_SINK:
    case RELATION_SYSTEM:
        return PRIVILEGES_OF_RELATION;
    case RELATION_SEQUENCE:
        return PRIVILEGES_OF_SEQUENCE;
    case RELATION_SCHEMA:
        return PRIVILEGES_OF_SCHEMA;
    case RELATION_FUNCTION:
        return PRIVILEGE_EXECUTE;
    case RELATION_INDEX:
    case RELATION_ROLE:
    case RELATION_TYPE:
        break;
    }
    return 0;
}

uint32_t role_privileges(const Role *role, const Object *object, uint32_t *grantable) {
    uint32_t all = privileges_of_kind(object->relation.kind), granted = 0, options = 0;
    bool is_owner = role_owns(role, object);
    if (role->spec.is_superuser || (is_owner && !object->has_acl))
        granted = all;
    else if (object->relation.kind == RELATION_FUNCTION && !object->has_acl)
        granted = PRIVILEGE_EXECUTE;
    for (int i = 0; i < object->acl_count && role->id != 0; i++) {
        bool is_meant =
            object->acl[i].grantee == ROLE_PUBLIC || role_has_rights_of(role, object->acl[i].grantee);
        granted |= is_meant ? object->acl[i].privileges : 0;
        options |= is_meant ? object->acl[i].options : 0;
    }
    if (grantable != NULL)
        *grantable = is_owner ? all : options;
    return granted;
}

uint32_t role_schema_privileges(
    const Role *role, const CatalogSnapshot *snapshot, const char *schema, uint32_t *grantable) {
    const Object *object = catalog_find(snapshot, "", schema);
    if (schema_is_temporary(schema)) { /* nobody but its session finds it, whoever that acts as */
        if (grantable != NULL)
            *grantable = 0;
        return PRIVILEGES_OF_SCHEMA;
    }
    if (object != NULL)
        return role_privileges(role, object, grantable);
    bool is_owner = role_has_rights_of(role, ROLE_OWNER);
    if (grantable != NULL)
        *grantable = is_owner ? PRIVILEGES_OF_SCHEMA : 0;
    return is_owner ? PRIVILEGES_OF_SCHEMA : PRIVILEGE_USAGE;
}

Status role_check(const Role *role, const Object *object, uint32_t privileges, Error *error) {
    if ((role_privileges(role, object, NULL) & privileges) == privileges)
        return OK;
    return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied for %s %s",
        relation_kind_name(object->relation.kind), object->relation.name);
}

Status role_check_schema(const Role *role, const CatalogSnapshot *snapshot, const char *schema,
    uint32_t privileges, Error *error) {
    if (role->spec.is_superuser ||
        (role_schema_privileges(role, snapshot, schema, NULL) & privileges) == privileges)
        return OK;
    return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied for schema %s", schema);
}

Status role_check_owner(const Role *role, const Object *object, Error *error) {
    const CatalogRelation *relation = &object->relation;
    if (role_owns(role, object))
        return OK;
    return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "must be owner of %s %s",
        relation_kind_name(relation->kind),
        relation->kind == RELATION_FUNCTION ? relation->function.name : relation->name);
}

/* Verifiers of passwords; and rows of objects that the role may have no right to read. */
bool system_relation_is_open(const Role *role, const CatalogRelation *relation) {
    static const char *const closed[] = {"pg_authid", "pg_shadow", "errors", "late_rows"};
    bool is_closed = false;
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        is_closed |= strcmp(relation->name, closed[i]) == 0;
    return !is_closed || role->spec.is_superuser;
}

int object_role_count(const Object *object) {
    return 1 + 2 * object->acl_count;
}

uint32_t object_role(const Object *object, int number) {
    if (number == 0)
        return object->owner_id;
    const AclEntry *entry = &object->acl[(number - 1) / 2];
    return number % 2 == 1 ? entry->grantee : entry->grantor;
}

/* Texts */

/* A role's name as aclitem writes it: quoted unless it is plain. */
static void add_role_name(const char *name, Text *out) {
    bool is_plain = *name != 0;
    for (const char *c = name; *c != 0; c++)
        is_plain &= (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
                    *c == '_' || (*c & 0x80) != 0;
    text_add_string(out, is_plain ? "" : "\\\"");
    for (const char *c = name; *c != 0; c++)
        text_add_string(out, *c == '"' ? "\\\"\\\"" : *c == '\\' ? "\\\\" : (const char[]){*c, 0});
    text_add_string(out, is_plain ? "" : "\\\"");
}

static void add_item(const CatalogSnapshot *snapshot, const AclEntry *entry, Text *out) {
    char room[16];
    text_add_string(out, out->length > 1 ? ",\"" : "\"");
    if (entry->grantee != ROLE_PUBLIC)
        add_role_name(role_name_of(snapshot, entry->grantee, room), out);
    text_add_char(out, '=');
    privileges_add_letters(entry->privileges, entry->options, out);
    text_add_char(out, '/');
    add_role_name(role_name_of(snapshot, entry->grantor, room), out);
    text_add_char(out, '"');
}

bool object_acl_text(const CatalogSnapshot *snapshot, const Object *object, Text *out) {
    if (!object->has_acl)
        return false;
    text_add_char(out, '{');
    for (int i = 0; i < object->acl_count; i++)
        add_item(snapshot, &object->acl[i], out);
    text_add_char(out, '}');
    return true;
}

bool schema_acl_text(const CatalogSnapshot *snapshot, const char *schema, Text *out) {
    const Object *object = catalog_find(snapshot, "", schema);
    if (object != NULL)
        return object_acl_text(snapshot, object, out);
    const AclEntry items[] = {
        {ROLE_OWNER, ROLE_OWNER, PRIVILEGES_OF_SCHEMA, 0}, {ROLE_PUBLIC, ROLE_OWNER, PRIVILEGE_USAGE, 0}};
    text_add_char(out, '{');
    for (int i = 0; i < 2; i++)
        add_item(snapshot, &items[i], out);
    text_add_char(out, '}');
    return true;
}

uint32_t schema_owner(const CatalogSnapshot *snapshot, const char *schema) {
    const Object *object = catalog_find(snapshot, "", schema);
    return object == NULL ? ROLE_OWNER : object->owner_id;
}

void object_set_owner(Object *object, const Role *role) {
    bool is_public = object->relation.kind == RELATION_SCHEMA && strcmp(object->relation.name, "public") == 0;
    object->owner_id = is_public || object->relation.kind == RELATION_ROLE ? ROLE_OWNER : role_as_owner(role);
    if (!is_public)
        return;
    object->has_acl = true;
    object->acl_count = 2;
    object->acl = ARENA_ARRAY(object->arena, AclEntry, 2);
    object->acl[0] = (AclEntry){ROLE_OWNER, ROLE_OWNER, PRIVILEGES_OF_SCHEMA, 0};
    object->acl[1] = (AclEntry){ROLE_PUBLIC, ROLE_OWNER, PRIVILEGE_USAGE, 0};
}
