/* What catalog functions ask, answered from the session and the newest catalog. */
#include "server/catalog/functions/session_facts.h"

#include <string.h>

#include "executor/base/memory.h"
#include "executor/engine/coordinator.h"
#include "planner/parse/deparse.h"
#include "server/catalog/system/class_entries.h"
#include "server/catalog/role.h"
#include "server/catalog/search_path.h"
#include "server/session/session.h"

static const char *setting(void *owner, const char *name) {
    return session_variable(((SystemFacts *)owner)->session, name);
}

static Status set(void *owner, const char *name, const char *text, bool is_local, Error *error) {
    return session_set_variable(((SystemFacts *)owner)->session, name, text, is_local, error);
}

static int64_t transaction_id(void *owner) {
    Epochs *epochs = coordinator_epochs(((SystemFacts *)owner)->coordinator);
    const Published *published = epochs_pin(epochs);
    int64_t epoch = (int64_t)published->epoch;
    epochs_unpin(epochs, published);
    return epoch;
}

static const char *user(void *owner, bool is_session) {
    const Session *session = ((SystemFacts *)owner)->session;
    return is_session ? session_user(session) : session_role(session);
}

static const char *role_name(void *owner, uint32_t oid) {
    return system_role_name(owner, oid);
}

static bool schema_exists(void *owner, const char *name) {
    const SystemFacts *facts = owner;
    Role role = role_current(facts->session, facts->snapshot);
    return catalog_schema_exists(facts->snapshot, name) &&
           role_check_schema(&role, facts->snapshot, name, PRIVILEGE_USAGE, NULL) == OK;
}

/* The role that a question is about; one that there is not, by oid, may do what everyone may. */
static Status role_asked(
    const SystemFacts *facts, const PrivilegeQuestion *question, Role *role, Error *error) {
    *role = (Role){.name = "", .id = question->role_oid};
    if (!question->has_role) {
        *role = role_current(facts->session, facts->snapshot);
        return OK;
    }
    const char *name = question->role != NULL ? question->role : system_role_name(facts, question->role_oid);
    if (name == NULL || strcmp(name, "public") == 0)
        return OK;
    if (role_find(facts->snapshot, name, role))
        return OK;
    if (session_is_guest(facts->session) && strcmp(name, session_login(facts->session)) == 0) {
        role_find_id(facts->snapshot, ROLE_OWNER, role);
        return OK;
    }
    return error_set(error, STATUS_UNDEFINED_OBJECT, "role \"%s\" does not exist", name);
}

static Status on_relation(const SystemFacts *facts, const PrivilegeQuestion *question, const Role *role,
    uint32_t *held, uint32_t *grantable, bool *exists, Error *error) {
    ClassEntry entry;
    int64_t oid = question->oid;
    TypeNames names = system_type_names((SystemFacts *)facts);
    if (question->name != NULL)
        TRY(names.oid_of(names.catalog, TYPE_REGCLASS, question->name, strlen(question->name), &oid, error));
    *exists = class_find(facts->snapshot, (uint32_t)oid, &entry);
    if (!*exists)
        return OK;
    if (entry.object != NULL)
        *held = role_privileges(role, entry.object, grantable);
    else if (role->spec.is_superuser)
        *held = *grantable = PRIVILEGES_OF_RELATION;
    else
        *held = system_relation_is_open(role, entry.relation) ? PRIVILEGE_SELECT : 0;
    return OK;
}

static Status on_schema(const SystemFacts *facts, const PrivilegeQuestion *question, const Role *role,
    uint32_t *held, uint32_t *grantable, bool *exists, Error *error) {
    const char *name = question->name;
    int next = 0;
    for (const char *schema; name == NULL && (schema = schema_next(facts->snapshot, &next)) != NULL;)
        if (schema_oid(facts->snapshot, schema) == question->oid)
            name = schema;
    *exists = name != NULL;
    if (name != NULL && !catalog_schema_exists(facts->snapshot, name))
        return error_set(error, STATUS_INVALID_SCHEMA_NAME, "schema \"%s\" does not exist", name);
    if (name != NULL)
        *held = role_schema_privileges(role, facts->snapshot, name, grantable);
    return OK;
}

/* USAGE: its rights are there at once; MEMBER, asked for as CONNECT: SET ROLE is allowed. */
static Status on_role(const SystemFacts *facts, const PrivilegeQuestion *question, const Role *role,
    uint32_t *held, Error *error) {
    const char *name = question->name != NULL ? question->name : system_role_name(facts, question->oid);
    Role other = {.id = question->oid};
    bool is_found = name != NULL && role_find(facts->snapshot, name, &other);
    bool is_own = name != NULL && strcmp(name, role->name) == 0;
    if (question->name != NULL && !is_found && !is_own)
        return error_set(error, STATUS_UNDEFINED_OBJECT, "role \"%s\" does not exist", name);
    *held = (is_own || role_has_rights_of(role, other.id) ? PRIVILEGE_USAGE : 0) |
            (is_own || role_is_member(role, facts->snapshot, other.id) ? PRIVILEGE_CONNECT : 0);
    return OK;
}

static Status privileges(void *owner, const PrivilegeQuestion *question, uint32_t *held, uint32_t *grantable,
    bool *exists, Error *error) {
    const SystemFacts *facts = owner;
    Role role;
    TRY(role_asked(facts, question, &role, error));
    switch (question->subject) {
    case PRIVILEGES_ON_RELATION:
        return on_relation(facts, question, &role, held, grantable, exists, error);
    case PRIVILEGES_ON_SCHEMA:
        return on_schema(facts, question, &role, held, grantable, exists, error);
    case PRIVILEGES_ON_ROLE:
        return on_role(facts, question, &role, held, error);
    case PRIVILEGES_ON_OTHERS:
        break;
    }
    *held = role.spec.is_superuser
                ? ~0u
                : PRIVILEGE_EXECUTE | PRIVILEGE_USAGE | PRIVILEGE_CONNECT | PRIVILEGE_TEMPORARY;
    *grantable = role.spec.is_superuser ? ~0u : 0;
    return OK;
}

static const char *temporary_schema(void *owner, uint32_t *oid) {
    const SystemFacts *facts = owner;
    char name[SCHEMA_NAME_SIZE];
    schema_name_temporary(facts->session, name);
    const Object *schema = catalog_find(facts->snapshot, "", name);
    *oid = schema == NULL ? 0 : schema->relation.id;
    return schema == NULL ? NULL : schema->relation.name;
}

static bool is_temporary_schema(void *owner, uint32_t oid) {
    const Object *schema = catalog_find_id(((SystemFacts *)owner)->snapshot, oid);
    return schema != NULL && schema->relation.kind == RELATION_SCHEMA &&
           schema_is_temporary(schema->relation.name);
}

static Visibility visibility(void *owner, uint32_t relation) {
    ClassEntry entry;
    if (!class_find(((SystemFacts *)owner)->snapshot, relation, &entry))
        return VISIBILITY_NONE;
    const SystemFacts *facts = owner;
    SearchPath path;
    search_path_read(&path, facts->session, facts->snapshot);
    return search_path_shows(&path, facts->snapshot, entry.relation->schema, entry.name)
               ? VISIBILITY_VISIBLE
               : VISIBILITY_QUALIFIED;
}

static const Object *made_function(const CatalogSnapshot *snapshot, uint32_t oid) {
    const Object *object = catalog_find_id(snapshot, oid);
    return object != NULL && object->relation.kind == RELATION_FUNCTION ? object : NULL;
}

static void add_columns(const CatalogRelation *relation, int from, int to, bool with_defaults, Text *out) {
    for (int i = from; i < to; i++) {
        text_printf(out, "%s%s%s", i > from ? ", " : "", relation->columns[i].name,
            relation->columns[i].name[0] != 0 ? " " : "");
        type_add_name(relation->columns[i].type, out);
        if (relation->columns[i].default_value != NULL && with_defaults)
            text_printf(out, " DEFAULT %s", relation->columns[i].default_value->text);
    }
}

static void define_made_function(const Object *object, DefinitionKind kind, Text *out) {
    const CatalogRelation *relation = &object->relation;
    int count = relation->function.argument_count;
    if (kind == DEFINITION_FUNCTION) {
        text_add_string(out, "CREATE OR REPLACE FUNCTION ");
        deparse_identifier(relation->schema, out);
        text_add_char(out, '.');
        deparse_identifier(relation->function.name, out);
        text_add_char(out, '(');
        define_made_function(object, DEFINITION_FUNCTION_ARGUMENTS, out);
        text_add_string(out, ")\n RETURNS ");
        define_made_function(object, DEFINITION_FUNCTION_RESULT, out);
        text_add_string(out, "\n LANGUAGE sql\n");
        const char *volatility = relation->function.volatility == 'i'   ? " IMMUTABLE"
                                 : relation->function.volatility == 's' ? " STABLE"
                                                                        : "";
        const char *strict = relation->function.is_strict ? " STRICT" : "";
        if (*volatility != 0 || *strict != 0)
            text_printf(out, "%s%s\n", volatility, strict);
        text_printf(out, "AS $function$%s$function$\n", relation->definition->text);
    } else if (kind == DEFINITION_FUNCTION_ARGUMENTS || kind == DEFINITION_FUNCTION_IDENTITY)
        add_columns(relation, 0, count, kind == DEFINITION_FUNCTION_ARGUMENTS, out);
    else if (relation->function.row_type != NULL)
        text_printf(out, "SETOF %s", relation->function.row_type);
    else if (relation->function.is_table) {
        text_add_string(out, "TABLE(");
        add_columns(relation, count, relation->column_count, true, out);
        text_add_string(out, ")");
    } else {
        text_add_string(out, relation->function.is_set ? "SETOF " : "");
        type_add_name(relation->columns[count].type, out);
    }
}

static bool add_comment(const CatalogSnapshot *snapshot, const DefinitionRequest *definition, Text *out) {
    const CatalogRelation *catalog =
        definition->catalog == NULL ? NULL : system_relation_by_name("pg_catalog", definition->catalog);
    if (definition->catalog != NULL && catalog == NULL)
        return false;
    const char *text =
        comment_text(snapshot, catalog == NULL ? 0 : catalog->id, definition->oid, definition->column);
    text_add_string(out, text == NULL ? "" : text);
    return text != NULL;
}

static bool define(void *owner, const DefinitionRequest *definition, Text *out) {
    const CatalogSnapshot *snapshot = ((SystemFacts *)owner)->snapshot;
    const Function *function = function_of_oid(definition->oid);
    const Object *made = function == NULL ? made_function(snapshot, definition->oid) : NULL;
    Naming naming;
    ClassEntry entry;
    if (made != NULL && definition->kind >= DEFINITION_FUNCTION &&
        definition->kind <= DEFINITION_FUNCTION_RESULT) {
        define_made_function(made, definition->kind, out);
        return true;
    }
    switch (definition->kind) {
    case DEFINITION_VIEW:
        naming = naming_of(((SystemFacts *)owner)->session, snapshot);
        return class_find(snapshot, definition->oid, &entry) && view_define(&naming, &entry, out);
    case DEFINITION_INDEX:
        return class_find(snapshot, definition->oid, &entry) &&
               index_define(&entry, definition->column, definition->is_pretty, out);
    case DEFINITION_CONSTRAINT:
        naming = naming_of(((SystemFacts *)owner)->session, snapshot);
        return constraint_define(&naming, definition->oid, definition->is_pretty, out);
    case DEFINITION_FUNCTION:
        return function_define(definition->oid, out);
    case DEFINITION_FUNCTION_ARGUMENTS:
    case DEFINITION_FUNCTION_IDENTITY:
        if (function != NULL)
            function_add_arguments(function, out);
        return function != NULL;
    case DEFINITION_FUNCTION_RESULT:
        if (function != NULL)
            function_add_result(function, out);
        return function != NULL;
    case DEFINITION_COMMENT:
        return add_comment(snapshot, definition, out);
    }
    return false;
}

static int64_t size(void *owner, uint32_t relation) {
    const SystemFacts *facts = owner;
    ClassEntry entry;
    if (relation != 0 && !class_find(facts->snapshot, relation, &entry))
        return -1;
    JobStatus *jobs;
    int count;
    int64_t bytes = 0;
    coordinator_status(facts->coordinator, &jobs, &count);
    for (int i = 0; i < count; i++) {
        if (relation == 0 || jobs[i].object_id == relation)
            bytes += (int64_t)jobs[i].state_bytes;
    }
    job_status_free(jobs, count);
    return bytes;
}

static bool is_cancelled(void *owner) {
    return session_is_cancelled(((const SystemFacts *)owner)->session);
}

SessionFacts system_session_facts(SystemFacts *facts, int64_t server_start) {
    return (SessionFacts){
        .owner = facts,
        .user = user,
        .privileges = privileges,
        .database = session_database(facts->session),
        .process_id = session_process_id(facts->session),
        .server_start = server_start,
        .setting = setting,
        .set = set,
        .transaction_id = transaction_id,
        .is_cancelled = is_cancelled,
        .role_name = role_name,
        .schema_exists = schema_exists,
        .temporary_schema = temporary_schema,
        .is_temporary_schema = is_temporary_schema,
        .visibility = visibility,
        .define = define,
        .size = size,
    };
}
