/* GRANT and REVOKE on relations, sequences and schemas. A grant is an entry of one grantor for one grantee; a
   superuser grants for the owner. */
#include <string.h>

#include "executor/base/memory.h"
#include "server/catalog/system/class_entries.h"
#include "server/commands/ddl.h"
#include "server/commands/role.h"

/* What one statement does to each of its objects. */
typedef struct Change {
    SimpleExecution *execution;
    const SyntaxGrant *syntax;
    Role me;
    uint32_t privileges;
} Change;

/* The list of privileges that one object has, while it changes. */
typedef struct AclList {
    AclEntry *items;
    int count, capacity;
} AclList;

static AclEntry *find_entry(AclList *list, uint32_t grantee, uint32_t grantor) {
    for (int i = 0; i < list->count; i++)
        if (list->items[i].grantee == grantee && list->items[i].grantor == grantor)
            return &list->items[i];
    return NULL;
}

static void add(AclList *list, uint32_t grantee, uint32_t grantor, uint32_t privileges, uint32_t options) {
    AclEntry *entry = find_entry(list, grantee, grantor);
    if (entry == NULL) {
        GROW(list->items, list->capacity, list->count + 1);
        entry = &list->items[list->count++];
        *entry = (AclEntry){.grantee = grantee, .grantor = grantor};
    }
    entry->privileges |= privileges;
    entry->options |= options;
}

static uint32_t options_of(const AclList *list, uint32_t role) {
    uint32_t options = 0;
    for (int i = 0; i < list->count; i++)
        options |= list->items[i].grantee == role ? list->items[i].options : 0;
    return options;
}

/* Takes privileges, or only the right to grant them on, away; what the grantee has granted by that right goes
   too, or is in the way. */
static Status take(AclList *list, uint32_t owner, uint32_t grantee, uint32_t grantor, uint32_t privileges,
    bool is_option, bool is_cascade, Error *error) {
    AclEntry *entry = find_entry(list, grantee, grantor);
    if (entry == NULL)
        return OK;
    uint32_t before = options_of(list, grantee);
    entry->privileges &= is_option ? ~0u : ~privileges;
    entry->options &= ~privileges;
    uint32_t lost = grantee == owner ? 0 : before & ~options_of(list, grantee);
    for (int i = 0; i < list->count && lost != 0; i++) {
        AclEntry dependent = list->items[i];
        if (dependent.grantor != grantee || (dependent.privileges & lost) == 0)
            continue;
        if (!is_cascade) {
            error_set(error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST, "dependent privileges exist");
            return error_hint(error, "Use CASCADE to revoke them too.");
        }
        TRY(take(list, owner, dependent.grantee, grantee, lost, false, true, error));
    }
    return OK;
}

static void add_defaults(AclList *list, const Object *object) {
    if (object->relation.kind == RELATION_FUNCTION)
        add(list, ROLE_PUBLIC, object->owner_id, PRIVILEGE_EXECUTE, 0);
    add(list, object->owner_id, object->owner_id, privileges_of_kind(object->relation.kind), 0);
}

static void store_list(AclList *list, Object *object) {
    object->acl = ARENA_ARRAY(object->arena, AclEntry, list->count + 1);
    object->acl_count = 0;
    object->has_acl = true;
    for (int i = 0; i < list->count; i++)
        if (list->items[i].privileges != 0)
            object->acl[object->acl_count++] = list->items[i];
    memory_free(list->items);
}

static Status change_list(
    const Change *change, Object *object, uint32_t grantor, uint32_t privileges, Error *error) {
    const SyntaxGrant *syntax = change->syntax;
    AclList list = {0};
    Status status = OK;
    for (int i = 0; i < object->acl_count; i++)
        add(&list, object->acl[i].grantee, object->acl[i].grantor, object->acl[i].privileges,
            object->acl[i].options);
    if (!object->has_acl)
        add_defaults(&list, object);
    for (int i = 0; i < syntax->grantee_count && status == OK; i++) {
        Role grantee;
        status = analysis_find_role(change->execution->analysis, &syntax->grantees[i], &grantee, error);
        bool is_role = syntax->grantees[i].kind != SYNTAX_ROLE_PUBLIC;
        uint32_t id = is_role ? role_as_owner(&grantee) : ROLE_PUBLIC;
        if (status == OK && syntax->is_grant && syntax->has_option && !is_role)
            status = error_set(
                error, STATUS_INVALID_GRANT_OPERATION, "grant options can only be granted to roles");
        if (status == OK && syntax->is_grant)
            add(&list, id, grantor, privileges,
                syntax->has_option && id != object->owner_id ? privileges : 0);
        else if (status == OK)
            status = take(&list, object->owner_id, id, grantor, privileges, syntax->has_option,
                syntax->is_cascade, error);
    }
    store_list(&list, object);
    return status;
}

/* GRANT ON TABLE takes sequences too: what neither of both has is wrong for relations. */
static const char *kind_in_message(RelationKind kind, uint32_t privilege) {
    bool is_of_any = (privilege & (PRIVILEGES_OF_RELATION | PRIVILEGES_OF_SEQUENCE)) != 0;
    return kind == RELATION_SCHEMA     ? "schema"
           : !is_of_any                ? "relation"
           : kind == RELATION_SEQUENCE ? "sequence"
                                       : "table";
}

/* What of the wanted privileges the role may hand on: all of an owner's. It is told when that is not
   everything. */
static Status find_grantable(const Change *change, const Object *object, uint32_t *privileges, Error *error) {
    uint32_t grantable, held = role_privileges(&change->me, object, &grantable);
    uint32_t wanted = change->privileges & privileges_of_kind(object->relation.kind);
    const char *verb = change->syntax->is_grant ? "granted" : "revoked", *name = object->relation.name;
    *privileges = wanted & grantable;
    if (*privileges == 0 && held == 0)
        return role_check(&change->me, object, PRIVILEGES_OF_RELATION | PRIVILEGES_OF_SCHEMA, error);
    if (*privileges == 0)
        session_notice(
            change->execution->session, SEVERITY_WARNING, OK, "no privileges were %s for \"%s\"", verb, name);
    else if (*privileges != wanted && change->syntax->privilege_count > 0)
        session_notice(change->execution->session, SEVERITY_WARNING, OK,
            "not all privileges were %s for \"%s\"", verb, name);
    return OK;
}

/* The object, a copy of its own. */
static Status change_object(const Change *change, Object *object, Error *error) {
    uint32_t privileges;
    uint32_t invalid = change->privileges & ~privileges_of_kind(object->relation.kind);
    if (change->syntax->privilege_count > 0 && invalid != 0)
        return error_set(error, STATUS_INVALID_GRANT_OPERATION, "invalid privilege type %s for %s",
            privilege_word(invalid & -invalid), kind_in_message(object->relation.kind, invalid & -invalid));
    TRY(find_grantable(change, object, &privileges, error));
    uint32_t grantor = role_owns(&change->me, object) ? object->owner_id : change->me.id;
    TRY(change_list(change, object, grantor, privileges, error));
    return ddl_replace(change->execution->session, object, NULL, error);
}

static Status change_copy(const Change *change, const Object *object, Error *error) {
    Object *copy = object_copy(object);
    Status status = change_object(change, copy, error);
    object_release(copy);
    return status;
}

/* public becomes an object when its privileges change. */
static Status change_schema(const Change *change, const char *name, Error *error) {
    const Analysis *analysis = change->execution->analysis;
    const Object *object = catalog_find(analysis->snapshot, "", name);
    if (object != NULL)
        return change_copy(change, object, error);
    if (system_schema_exists(name))
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied for schema %s", name);
    if (strcmp(name, "public") != 0)
        return error_set(error, STATUS_INVALID_SCHEMA_NAME, "schema \"%s\" does not exist", name);
    Object *made = object_create(catalog_next_id(analysis->instance->catalog), RELATION_SCHEMA, "", name);
    object_set_owner(made, &change->me);
    Status status = change_object(change, made, error);
    object_release(made);
    return status;
}

static Status change_all_in(const Change *change, const char *schema, Error *error) {
    const CatalogSnapshot *snapshot = change->execution->analysis->snapshot;
    bool is_sequence = strcmp(change->syntax->kind, "SEQUENCE") == 0;
    if (!catalog_schema_exists(snapshot, schema))
        return error_set(error, STATUS_INVALID_SCHEMA_NAME, "schema \"%s\" does not exist", schema);
    for (int i = 0; i < snapshot->count; i++) {
        const CatalogRelation *relation = &snapshot->objects[i]->relation;
        bool is_meant = is_sequence ? relation->kind == RELATION_SEQUENCE
                                    : privileges_of_kind(relation->kind) == PRIVILEGES_OF_RELATION;
        if (is_meant && strcmp(relation->schema, schema) == 0)
            TRY(change_copy(change, snapshot->objects[i], error));
    }
    return OK;
}

static Status change_named(const Change *change, const SyntaxName *name, Error *error) {
    Object *object;
    const char *last = name->parts[name->part_count - 1];
    if (change->syntax->is_all_in)
        return change_all_in(change, last, error);
    if (strcmp(change->syntax->kind, "SCHEMA") == 0)
        return change_schema(change, last, error);
    TRY(analysis_find(change->execution->analysis, name, &object, error));
    if (strcmp(change->syntax->kind, "SEQUENCE") == 0 && object->relation.kind != RELATION_SEQUENCE)
        return error_set(error, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a sequence", last);
    return change_copy(change, object, error);
}

static Status read_privileges(const SyntaxGrant *syntax, uint32_t *privileges, Error *error) {
    *privileges = syntax->privilege_count == 0 ? ~0u : 0;
    for (int i = 0; i < syntax->privilege_count; i++) {
        uint32_t privilege = privilege_by_word(syntax->privileges[i]);
        if (privilege == 0)
            return error_set(
                error, STATUS_SYNTAX_ERROR, "unrecognized privilege type \"%s\"", syntax->privileges[i]);
        *privileges |= privilege;
    }
    return OK;
}

static bool has_privileges(const char *kind) {
    return strcmp(kind, "TABLE") == 0 || strcmp(kind, "SEQUENCE") == 0 || strcmp(kind, "SCHEMA") == 0;
}

static Status grant_run(SimpleExecution *execution, Error *error) {
    const SyntaxGrant *syntax = execution->analysis->syntax->grant;
    Change change = {.execution = execution, .syntax = syntax, .me = analysis_role(execution->analysis)};
    if (syntax->role_count > 0)
        return grant_roles(execution, error);
    if (!has_privileges(syntax->kind)) {
        session_notice(execution->session, SEVERITY_WARNING, OK,
            "%s on %s has no effect: there are no privileges of that kind",
            syntax->is_grant ? "GRANT" : "REVOKE", syntax->kind);
        return OK;
    }
    if (syntax->has_columns)
        return error_set(
            error, STATUS_FEATURE_NOT_SUPPORTED, "privileges of single columns are not supported");
    TRY(read_privileges(syntax, &change.privileges, error));
    for (int i = 0; i < syntax->count; i++)
        TRY(change_named(&change, &syntax->names[i], error));
    return OK;
}

static Status grant_execute(
    Analysis *analysis, Session *session, const Value *parameters, Execution **out, Error *error) {
    *out = simple_execution(analysis, session, parameters, grant_run);
    return OK;
}

const Command grant_command = {.is_definition = true, .execute = grant_execute};

/* OWNER TO: what the owner before had or had granted is the new one's. */
Status ddl_change_owner(
    SimpleExecution *execution, Object *object, const SyntaxRoleName *name, Error *error) {
    const Analysis *analysis = execution->analysis;
    Role me = analysis_role(analysis), owner;
    uint32_t before = object->owner_id;
    TRY(analysis_find_role(analysis, name, &owner, error));
    TRY(role_check_owner(&me, object, error));
    if (!role_is_member(&me, analysis->snapshot, owner.id))
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "must be member of role \"%s\"", owner.name);
    if (!me.spec.is_superuser && *object->relation.schema != 0)
        TRY(role_check_schema(&owner, analysis->snapshot, object->relation.schema, PRIVILEGE_CREATE, error));
    AclList list = {0};
    object->owner_id = role_as_owner(&owner);
    for (int i = 0; i < object->acl_count; i++) {
        const AclEntry *entry = &object->acl[i];
        add(&list, entry->grantee == before ? object->owner_id : entry->grantee,
            entry->grantor == before ? object->owner_id : entry->grantor, entry->privileges, entry->options);
    }
    if (object->has_acl)
        store_list(&list, object);
    return OK;
}

Status ddl_alter_schema(SimpleExecution *execution, Error *error) {
    const Analysis *analysis = execution->analysis;
    const SyntaxAlter *syntax = analysis->syntax->alter;
    const char *name = syntax->name.parts[syntax->name.part_count - 1];
    Role me = analysis_role(analysis);
    const Object *before = catalog_find(analysis->snapshot, "", name);
    if (syntax->step_count != 1 || syntax->steps[0].kind != SYNTAX_ALTER_OWNER)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED, "this form of ALTER SCHEMA is not supported");
    if (system_schema_exists(name))
        return error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "must be owner of schema %s", name);
    if (before == NULL && strcmp(name, "public") != 0)
        return error_set(error, STATUS_INVALID_SCHEMA_NAME, "schema \"%s\" does not exist", name);
    Object *object = before != NULL ? object_copy(before)
                                    : object_create(catalog_next_id(analysis->instance->catalog),
                                          RELATION_SCHEMA, "", name);
    if (before == NULL)
        object_set_owner(object, &me);
    Status status = ddl_change_owner(execution, object, &syntax->steps[0].owner, error);
    if (status == OK)
        status = ddl_replace(execution->session, object, NULL, error);
    object_release(object);
    return status;
}

Status ddl_check_connector(const Analysis *analysis, const Object *object, Error *error) {
    if (object->connector == NULL || analysis_role(analysis).spec.is_superuser)
        return OK;
    error_set(
        error, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied to use connector \"%s\"", object->connector);
    return error_hint(error, "Connectors reach files and other servers with the rights of this one: only "
                             "superusers may use them.");
}
