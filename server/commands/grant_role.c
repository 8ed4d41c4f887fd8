/* GRANT and REVOKE of roles: a member has the rights of what it is a member of, at once if it inherits, else
   after SET ROLE. */
#include <string.h>

#include "executor/base/memory.h"
#include "server/commands/ddl.h"
#include "server/commands/role.h"

Object *role_object(const CatalogSnapshot *snapshot, const Role *role) {
    const Object *stored = catalog_find_id(snapshot, role->id);
    if (stored != NULL)
        return object_copy(stored);
    Object *object = object_create(role->id, RELATION_ROLE, ROLE_SCHEMA, role->name);
    object->role = role->spec;
    return object;
}

static Membership *find_membership(const RoleSpec *spec, uint32_t role) {
    for (int i = 0; i < spec->membership_count; i++)
        if (spec->memberships[i].role == role)
            return &spec->memberships[i];
    return NULL;
}

void role_add_membership(Object *object, uint32_t role, uint32_t grantor, bool is_admin) {
    RoleSpec *spec = &object->role;
    Membership *found = find_membership(spec, role);
    if (found != NULL) {
        found->is_admin |= is_admin;
        return;
    }
    Membership *memberships = ARENA_ARRAY(object->arena, Membership, spec->membership_count + 1);
    for (int i = 0; i < spec->membership_count; i++)
        memberships[i] = spec->memberships[i];
    memberships[spec->membership_count++] = (Membership){role, grantor, is_admin};
    spec->memberships = memberships;
}

static void remove_membership(Object *object, uint32_t role, bool is_option) {
    RoleSpec *spec = &object->role;
    int kept = 0;
    for (int i = 0; i < spec->membership_count; i++) {
        bool is_meant = spec->memberships[i].role == role;
        if (is_meant && is_option)
            spec->memberships[i].is_admin = false;
        if (!is_meant || is_option)
            spec->memberships[kept++] = spec->memberships[i];
    }
    spec->membership_count = kept;
}

/* As the transaction sees it by now. */
static Status find_member(SimpleExecution *execution, const SyntaxRoleName *name, CatalogSnapshot *snapshot,
    Role *member, Error *error) {
    TRY(analysis_find_role(execution->analysis, name, member, error));
    if (member->id == ROLE_PUBLIC)
        return error_set(error, STATUS_UNDEFINED_OBJECT, "role \"public\" does not exist");
    return role_find_id(snapshot, member->id, member)
               ? OK
               : error_set(error, STATUS_UNDEFINED_OBJECT, "role \"%s\" does not exist", member->name);
}

static Status change_member(SimpleExecution *execution, const Role *role, const SyntaxRoleName *name,
    CatalogSnapshot *snapshot, bool is_grant, bool is_option, Error *error) {
    Role member, me = analysis_role(execution->analysis);
    TRY(find_member(execution, name, snapshot, &member, error));
    const Membership *found = find_membership(&member.spec, role->id);
    Role plain = *role; /* a superuser is no member of everything here */
    plain.spec.is_superuser = false;
    if (is_grant && role_is_member(&plain, snapshot, member.id))
        return error_set(error, STATUS_INVALID_GRANT_OPERATION, "role \"%s\" is a member of role \"%s\"",
            role->name, member.name);
    if (is_grant && found != NULL && (found->is_admin || !is_option)) {
        session_notice(execution->session, SEVERITY_NOTICE, OK,
            "role \"%s\" is already a member of role \"%s\"", member.name, role->name);
        return OK;
    }
    if (!is_grant && found == NULL) {
        session_notice(execution->session, SEVERITY_WARNING, OK, "role \"%s\" is not a member of role \"%s\"",
            member.name, role->name);
        return OK;
    }
    Object *object = role_object(snapshot, &member);
    if (is_grant)
        role_add_membership(object, role->id, role_as_owner(&me), is_option);
    else
        remove_membership(object, role->id, is_option);
    Status status = ddl_replace(execution->session, object, NULL, error);
    object_release(object);
    return status;
}

Status role_add_member(
    SimpleExecution *execution, const Role *role, const SyntaxRoleName *member, bool is_admin, Error *error) {
    CatalogSnapshot *snapshot = session_catalog(session_state(execution->session));
    Status status = change_member(execution, role, member, snapshot, true, is_admin, error);
    catalog_snapshot_release(snapshot);
    return status;
}

/* Superusers, those who make roles, and members that may make others. */
static Status check_may_grant(const Role *me, const Role *role, Error *error) {
    if (role->spec.is_superuser && !me->spec.is_superuser)
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "must be superuser to alter superusers");
    const Membership *own = find_membership(&me->spec, role->id);
    if (me->spec.is_superuser || me->spec.can_create_roles || (own != NULL && own->is_admin))
        return OK;
    return error_set(
        error, STATUS_INSUFFICIENT_PRIVILEGE, "must have admin option on role \"%s\"", role->name);
}

Status grant_roles(SimpleExecution *execution, Error *error) {
    const SyntaxGrant *syntax = execution->analysis->syntax->grant;
    Role me = analysis_role(execution->analysis), role;
    for (int i = 0; i < syntax->role_count; i++) {
        TRY(analysis_find_role(execution->analysis, &syntax->roles[i], &role, error));
        TRY(check_may_grant(&me, &role, error));
        for (int g = 0; g < syntax->grantee_count; g++) {
            CatalogSnapshot *snapshot = session_catalog(session_state(execution->session));
            Status status = change_member(execution, &role, &syntax->grantees[g], snapshot, syntax->is_grant,
                syntax->has_option, error);
            catalog_snapshot_release(snapshot);
            TRY(status);
        }
    }
    return OK;
}
