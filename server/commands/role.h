/* What statements ask of roles. */
#ifndef LEAT_COMMANDS_ROLE_H
#define LEAT_COMMANDS_ROLE_H

#include "server/catalog/role.h"
#include "server/commands/command.h"

/* A copy of the role's object to change; of leat as it came, a new one. */
Object *role_object(const CatalogSnapshot *snapshot, const Role *role);
/* GRANT and REVOKE of roles (grant_role.c); and one membership, of an object not shared yet. */
Status grant_roles(SimpleExecution *execution, Error *error);
void role_add_membership(Object *object, uint32_t role, uint32_t grantor, bool is_admin);
/* Makes the member one of the role's. */
Status role_add_member(
    SimpleExecution *execution, const Role *role, const SyntaxRoleName *member, bool is_admin, Error *error);
#endif
