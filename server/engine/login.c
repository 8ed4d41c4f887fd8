/* Login: which client has to prove what, and whom a session may act as. */
#include "server/engine/login.h"

#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "server/catalog/role.h"
#include "server/catalog/system/class_entries.h"
#include "server/engine/catalog_changes.h"

Status engine_login(
    void *context, const char *user, bool is_loopback, bool *needs_password, Text *verifier, Error *error) {
    const Instance *instance = context;
    CatalogSnapshot *snapshot = catalog_snapshot(instance->catalog);
    Role role;
    bool is_role = role_find(snapshot, user, &role);
    bool has_password = is_role && role.spec.verifier != NULL;
    bool is_trusted = is_loopback && instance->options.authentication != AUTHENTICATION_SCRAM;
    bool is_open = is_loopback && instance->options.authentication == AUTHENTICATION_OPEN;
    *needs_password =
        !is_open && (!is_trusted || has_password || (!is_role && roles_have_password(snapshot)));
    if (has_password && role.spec.valid_until > clock_wall())
        text_add_string(verifier, role.spec.verifier);
    catalog_snapshot_release(snapshot);
    return OK;
}

Status login_check(Session *session, Instance *instance, Error *error) {
    CatalogSnapshot *snapshot = catalog_snapshot(instance->catalog);
    const char *name = session_login(session);
    Role role;
    Status status = OK;
    Authentication mode = instance->options.authentication;
    bool takes_guests =
        mode == AUTHENTICATION_OPEN || (mode == AUTHENTICATION_TRUST && !roles_have_password(snapshot));
    if (!role_find(snapshot, name, &role) && takes_guests)
        session_set_guest(session);
    else if (!role_find(snapshot, name, &role))
        status =
            error_set(error, STATUS_INVALID_AUTHORIZATION_SPECIFICATION, "role \"%s\" does not exist", name);
    else if (!role.spec.can_log_in)
        status = error_set(error, STATUS_INVALID_AUTHORIZATION_SPECIFICATION,
            "role \"%s\" is not permitted to log in", name);
    catalog_snapshot_release(snapshot);
    return status;
}

Status engine_check_role(
    void *context, Session *session, const char *name, bool is_authorization, Error *error) {
    CatalogSnapshot *snapshot = session_catalog(session_state(session));
    Role role, me = role_of_session(session, snapshot), login;
    bool is_login_found = role_find(snapshot, session_login(session), &login);
    bool is_superuser = is_authorization
                            ? (is_login_found ? login.spec.is_superuser : session_is_guest(session))
                            : me.spec.is_superuser;
    const char *own = is_authorization ? session_login(session) : session_user(session);
    Status status = OK;
    if (strcmp(name, own) != 0 && !role_find(snapshot, name, &role))
        status = error_set(error, STATUS_INVALID_PARAMETER_VALUE, "role \"%s\" does not exist", name);
    else if (strcmp(name, own) != 0 && !is_superuser &&
             (is_authorization || !role_is_member(&me, snapshot, role.id)))
        status = error_set(error, STATUS_INSUFFICIENT_PRIVILEGE,
            is_authorization ? "permission denied to set session authorization"
                             : "permission denied to set role \"%s\"",
            name);
    catalog_snapshot_release(snapshot);
    return status;
}

bool engine_is_superuser(void *context, Session *session) {
    CatalogSnapshot *snapshot = session_catalog(session_state(session));
    bool is_superuser = role_current(session, snapshot).spec.is_superuser;
    catalog_snapshot_release(snapshot);
    return is_superuser;
}
