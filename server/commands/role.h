/* What statements ask of roles. */
#ifndef LEAT_COMMANDS_ROLE_H
#define LEAT_COMMANDS_ROLE_H

#include "server/catalog/role.h"
#include "server/commands/command.h"

/* Whom the statement's session acts as. */
Role analysis_role(const Analysis *analysis);
/* 42704 when there is none; PUBLIC has the id ROLE_PUBLIC. */
Status analysis_find_role(const Analysis *analysis, const SyntaxRoleName *name, Role *role, Error *error);
/* 42501 unless the statement's role owns the object. */
Status analysis_check_owner(const Analysis *analysis, const Object *object, Error *error);
/* 42501 unless it has the privileges. */
Status analysis_check_may(const Analysis *analysis, const Object *object, uint32_t privileges, Error *error);
/* A copy of the role's object to change; of leat as it came, a new one. */
Object *role_object(const CatalogSnapshot *snapshot, const Role *role);
/* GRANT and REVOKE of roles (grant_role.c); and one membership, of an object not shared yet. */
Status grant_roles(SimpleExecution *execution, Error *error);
void role_add_membership(Object *object, uint32_t role, uint32_t grantor, bool is_admin);
/* Makes the member one of the role's. */
Status role_add_member(
    SimpleExecution *execution, const Role *role, const SyntaxRoleName *member, bool is_admin, Error *error);
/* The new object's owner; the schema public gets what everyone may do with it. */
void object_set_owner(Object *object, const Role *role);

/* The engine's part of sessions (login.c). */
Status engine_login(
    void *context, const char *user, bool is_loopback, bool *needs_password, Text *verifier, Error *error);
Status engine_check_role(
    void *context, Session *session, const char *name, bool is_authorization, Error *error);
bool engine_is_superuser(void *context, Session *session);
/* 28000 when the login is no role that may log in. */
Status login_check(Session *session, Instance *instance, Error *error);

#endif
