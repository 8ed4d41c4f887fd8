/* Role: who a session acts as, and what that role may do with an object.

   The first role, leat, is there without having been made: it becomes an object of the catalog when it is
   altered. As long as no role has a password, a client may connect under any name: a guest, which may do
   everything. */
#ifndef LEAT_CATALOG_ROLE_H
#define LEAT_CATALOG_ROLE_H

#include "server/catalog/catalog_store.h"
#include "server/catalog/privilege.h"

struct Session;

/* Where roles stand among the objects: a schema that nobody can make. */
#define ROLE_SCHEMA "pg_authid"
enum { ROLE_PUBLIC = 0 /* everyone, as a grantee */, ROLE_GROUPS_MAX = 64 };

typedef struct Role {
    uint32_t id; /* 0: there is no such role any more */
    const char *name;
    RoleSpec spec; /* its texts belong to the snapshot */
    int group_count;
    uint32_t groups[ROLE_GROUPS_MAX]; /* whose rights it has, besides its own: of those it is a member of, as
                                         far as it inherits */
} Role;

bool role_find(const CatalogSnapshot *snapshot, const char *name, Role *role);
bool role_find_id(const CatalogSnapshot *snapshot, uint32_t id, Role *role);
/* One after the other, from *next = 0 on; false at the end. */
bool role_next(const CatalogSnapshot *snapshot, int *next, Role *role);
bool roles_have_password(const CatalogSnapshot *snapshot);
/* Whom the session acts as (SET ROLE), and whom it may go back to (SET SESSION AUTHORIZATION): without any
   right when the role has gone. */
Role role_current(const struct Session *session, const CatalogSnapshot *snapshot);
Role role_of_session(const struct Session *session, const CatalogSnapshot *snapshot);
/* Who owns what the role makes: guests act for leat. */
uint32_t role_as_owner(const Role *role);
/* The name, or a number for a role that has gone, in `room`. */
const char *role_name_of(const CatalogSnapshot *snapshot, uint32_t id, char room[16]);

/* What the role may do with the object; those that it may grant to others too, when `grantable` is not NULL.
 */
uint32_t role_privileges(const Role *role, const Object *object, uint32_t *grantable);
/* The same of a schema by name, also those that are no objects. */
uint32_t role_schema_privileges(
    const Role *role, const CatalogSnapshot *snapshot, const char *schema, uint32_t *grantable);
/* It is that role, a member of it, directly or not, or a superuser. */
bool role_is_member(const Role *role, const CatalogSnapshot *snapshot, uint32_t id);
/* Those rights it has without becoming it (SET ROLE). */
bool role_has_rights_of(const Role *role, uint32_t id);
bool role_owns(const Role *role, const Object *object);
/* The rights of its owner's kind: all that there are for such an object. */
uint32_t privileges_of_kind(RelationKind kind);
/* 42501 "permission denied for table t", unless the role has all of the privileges. */
Status role_check(const Role *role, const Object *object, uint32_t privileges, Error *error);
Status role_check_schema(
    const Role *role, const CatalogSnapshot *snapshot, const char *schema, uint32_t privileges, Error *error);
/* 42501 "must be owner of table t". */
Status role_check_owner(const Role *role, const Object *object, Error *error);
/* System relations that show what not everyone may see. */
bool system_relation_is_open(const Role *role, const CatalogRelation *relation);

/* The roles that an object names: its owner, grantees and grantors (0: everyone). */
int object_role_count(const Object *object);
uint32_t object_role(const Object *object, int number);

/* The object's privileges as aclitem[] has them; false when nobody has changed them. */
bool object_acl_text(const CatalogSnapshot *snapshot, const Object *object, Text *out);
/* The schema public and others that are no objects. */
bool schema_acl_text(const CatalogSnapshot *snapshot, const char *schema, Text *out);
uint32_t schema_owner(const CatalogSnapshot *snapshot, const char *schema);

/* The new object's owner; the schema public gets what everyone may do with it. */
void object_set_owner(Object *object, const Role *role);

#endif
