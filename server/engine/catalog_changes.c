/* Catalog changes of an open transaction: what it defines, alters and drops stands over the newest catalog
   for itself alone until its commit.

   A new table runs at once, empty and in nobody else's catalog, so that the transaction can write and read
   it; a new index is filled and enforced at once, so that errors come with the statement. Everything else
   waits for the commit, which publishes all changes and the write set between the same two steps. */
#include "server/engine/catalog_changes.h"

#include <string.h>

#include "executor/base/memory.h"
#include "server/catalog/role.h"
#include "server/catalog/system/class_entries.h"

typedef struct CatalogChange {
    uint32_t id;
    Object *object;      /* what stands there now; NULL: nothing */
    Object *before;      /* what stood there before this change; NULL: nothing */
    bool is_running;     /* its job was begun by this change */
    uint32_t index_id;   /* an index that this change began; 0: none */
    char *schema, *name; /* reserved by this change; NULL: nothing */
    uint32_t guarded_id; /* a table whose rows were looked at; 0: none */
    uint64_t guarded_epoch;
} CatalogChange;

CatalogSnapshot *session_catalog(SessionState *state) {
    CatalogSnapshot *newest = catalog_snapshot(state->instance->catalog);
    if (state->change_count == 0)
        return newest;
    if (state->catalog == NULL || state->catalog_base != newest->version) {
        catalog_snapshot_release(state->catalog);
        state->catalog_base = newest->version;
        state->catalog =
            catalog_snapshot_copy(newest, catalog_changed_version(newest->version, state->change_serial));
        for (int i = 0; i < state->change_count; i++)
            if (state->changes[i].object != NULL)
                catalog_snapshot_put(state->catalog, object_retain(state->changes[i].object));
            else
                catalog_snapshot_take_out(state->catalog, state->changes[i].id);
    }
    catalog_snapshot_release(newest);
    return catalog_snapshot_retain(state->catalog);
}

static CatalogChange *add_change(SessionState *state, const CatalogChange *change) {
    GROW(state->changes, state->change_capacity, state->change_count + 1);
    state->changes[state->change_count] = *change;
    state->change_serial++;
    catalog_snapshot_release(state->catalog);
    state->catalog = NULL;
    state->change_count++;
    catalog_snapshot_release(state->system.snapshot);
    state->system.snapshot = session_catalog(state); /* for names in the rest of the statement */
    return &state->changes[state->change_count - 1];
}

static bool is_reserved(const SessionState *state, const char *schema, const char *name) {
    for (int i = 0; i < state->change_count; i++)
        if (state->changes[i].name != NULL && strcmp(state->changes[i].name, name) == 0 &&
            strcmp(state->changes[i].schema, schema) == 0)
            return true;
    return false;
}

Status ddl_reserve_name(Session *session, const char *schema, const char *name, Error *error) {
    SessionState *state = session_state(session);
    CatalogSnapshot *snapshot = session_catalog(state);
    int index;
    bool is_taken = catalog_find(snapshot, schema, name) != NULL ||
                    catalog_find_index(snapshot, schema, name, &index) != NULL;
    catalog_snapshot_release(snapshot);
    if (is_taken)
        return error_set(error, STATUS_DUPLICATE_TABLE, "relation \"%s\" already exists", name);
    if (is_reserved(state, schema, name))
        return OK;
    TRY(catalog_reserve(state->instance->catalog, schema, name, state->change_count > 0, error));
    add_change(state, &(CatalogChange){.schema = memory_strdup(schema), .name = memory_strdup(name)});
    return OK;
}

typedef struct Begin {
    Instance *instance;
    Object *object;
    SourceReader *reader;
    const CatalogIndex *index;
} Begin;

static Status begin_job(Coordinator *coordinator, void *argument, Error *error) {
    Begin *begin = argument;
    TRY(coordinator_may_change(coordinator, error));
    return instance_run(begin->instance, begin->object, begin->reader, error);
}

static Status begin_index(Coordinator *coordinator, void *argument, Error *error) {
    Begin *begin = argument;
    RelationIndexSpec spec = object_index_spec(begin->index);
    return coordinator_add_index(coordinator, begin->object->relation.id, &spec, error);
}

static bool has_job(const Object *object) {
    return object->relation.kind == RELATION_TABLE || object->relation.kind == RELATION_SOURCE;
}

/* What enters the catalog anew belongs to whom the session acts as; what takes another's place belongs to
   whom that belonged. */
static void set_owner(Session *session, Object *object, const Object *before) {
    if (object->owner_id != 0)
        return;
    if (before != NULL) {
        object->owner_id = before->owner_id;
        object->has_acl = before->has_acl;
        object->acl_count = before->acl_count;
        object->acl = (AclEntry *)(void *)arena_copy(
            object->arena, (const char *)before->acl, sizeof *before->acl * (size_t)before->acl_count);
        return;
    }
    CatalogSnapshot *snapshot = session_catalog(session_state(session));
    Role role = role_current(session, snapshot);
    object_set_owner(object, &role);
    catalog_snapshot_release(snapshot);
}

Status ddl_add(Session *session, Object *object, SourceReader *reader, Error *error) {
    SessionState *state = session_state(session);
    Begin begin = {.instance = state->instance, .object = object, .reader = reader};
    set_owner(session, object, NULL);
    Status status =
        has_job(object) ? coordinator_call(state->instance->coordinator, begin_job, &begin, error) : OK;
    if (status == OK)
        add_change(state,
            &(CatalogChange){
                .id = object->relation.id, .object = object_retain(object), .is_running = has_job(object)});
    return status;
}

void ddl_guard_rows(Session *session, uint32_t id) {
    SessionState *state = session_state(session);
    uint64_t epoch = state->pinned != NULL
                         ? state->pinned->epoch
                         : epochs_published(coordinator_epochs(state->instance->coordinator));
    add_change(state, &(CatalogChange){.guarded_id = id, .guarded_epoch = epoch});
}

static Object *current_object(SessionState *state, uint32_t id) {
    CatalogSnapshot *snapshot = session_catalog(state);
    Object *object = catalog_find_id(snapshot, id);
    if (object != NULL)
        object_retain(object);
    catalog_snapshot_release(snapshot);
    return object;
}

Status ddl_replace(Session *session, Object *object, const CatalogIndex *new_index, Error *error) {
    SessionState *state = session_state(session);
    Begin begin = {.instance = state->instance, .object = object, .index = new_index};
    if (new_index != NULL)
        TRY(coordinator_call(state->instance->coordinator, begin_index, &begin, error));
    Object *before = current_object(state, object->relation.id);
    set_owner(session, object, before);
    add_change(state, &(CatalogChange){.id = object->relation.id,
                          .object = object_retain(object),
                          .before = before,
                          .index_id = new_index == NULL ? 0 : new_index->id});
    return OK;
}

void ddl_remove(Session *session, uint32_t id) {
    SessionState *state = session_state(session);
    add_change(state, &(CatalogChange){.id = id, .before = current_object(state, id)});
}

/* Going back. */

typedef struct Undo {
    Instance *instance;
    const CatalogChange *change;
} Undo;

static Status undo_change(Coordinator *coordinator, void *argument, Error *error) {
    const Undo *undo = argument;
    if (undo->change->index_id != 0)
        coordinator_drop_index(coordinator, undo->change->id, undo->change->index_id);
    return undo->change->is_running ? instance_remove(undo->instance, undo->change->id, error) : OK;
}

static void free_change(SessionState *state, CatalogChange *change) {
    if (change->name != NULL)
        catalog_unreserve(state->instance->catalog, change->schema, change->name);
    memory_free(change->schema);
    memory_free(change->name);
    object_release(change->object);
    object_release(change->before);
}

void ddl_go_back(SessionState *state, int count) {
    while (state->change_count > count) {
        CatalogChange *change = &state->changes[--state->change_count];
        Undo undo = {state->instance, change};
        Error error = {0};
        if (change->index_id != 0 || change->is_running)
            (void)coordinator_call(state->instance->coordinator, undo_change, &undo, &error);
        error_clear(&error);
        free_change(state, change);
        state->change_serial++;
        catalog_snapshot_release(state->catalog);
        state->catalog = NULL;
    }
}

/* Publishing. */

typedef struct Publication {
    SessionState *state;
    TableChange *writes;
    int write_count;
    bool are_writes_taken;
    Error trouble;      /* what a sink could not clean up outside */
    uint64_t discarded; /* batches of sinks that were not delivered */
} Publication;

static bool is_first(const SessionState *state, int number) {
    for (int i = 0; i < number; i++)
        if (state->changes[i].id == state->changes[number].id)
            return false;
    return true;
}

static bool is_last(const SessionState *state, int number) {
    for (int i = number + 1; i < state->change_count; i++)
        if (state->changes[i].id == state->changes[number].id)
            return false;
    return true;
}

static const CatalogChange *first_of(const SessionState *state, uint32_t id) {
    for (int i = 0;; i++)
        if (state->changes[i].id == id)
            return &state->changes[i];
}

static bool is_gone(const SessionState *state, uint32_t id) {
    for (int i = state->change_count - 1; i >= 0; i--)
        if (state->changes[i].id == id)
            return state->changes[i].object == NULL;
    return false;
}

/* What is new stands in a schema that is still there, and a schema that goes is empty. */
static Status check_schemas(
    const SessionState *state, const CatalogSnapshot *newest, const CatalogChange *change, Error *error) {
    if (change->object != NULL) {
        const char *schema = change->object->relation.schema;
        bool is_there = *schema == 0 || change->object->relation.kind == RELATION_ROLE ||
                        catalog_schema_exists(newest, schema);
        for (int i = 0; i < state->change_count && !is_there; i++) {
            const Object *object = state->changes[i].object;
            is_there = object != NULL && object->relation.kind == RELATION_SCHEMA &&
                       strcmp(object->relation.name, schema) == 0;
        }
        return is_there
                   ? OK
                   : error_set(error, STATUS_INVALID_SCHEMA_NAME, "schema \"%s\" does not exist", schema);
    }
    if (change->before == NULL || change->before->relation.kind != RELATION_SCHEMA)
        return OK;
    const char *name = change->before->relation.name;
    for (int i = 0; i < newest->count; i++)
        if (strcmp(newest->objects[i]->relation.schema, name) == 0 &&
            !is_gone(state, newest->objects[i]->relation.id))
            return error_set(error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST,
                "cannot drop schema %s because other objects depend on it", name);
    return OK;
}

static bool is_changed(const SessionState *state, uint32_t id) {
    for (int i = 0; i < state->change_count; i++)
        if (state->changes[i].id == id)
            return true;
    return false;
}

/* Whoever owns it, or may do something with it, is still there; a role that goes owns nothing and may do
   nothing. */
static Status check_roles(
    const SessionState *state, const CatalogSnapshot *newest, const CatalogChange *change, Error *error) {
    for (int i = 0; change->object != NULL && i < object_role_count(change->object); i++) {
        uint32_t role = object_role(change->object, i);
        bool is_there =
            role == 0 || role == ROLE_OWNER ||
            (is_changed(state, role) ? !is_gone(state, role) : catalog_find_id(newest, role) != NULL);
        if (!is_there)
            return error_set(error, STATUS_UNDEFINED_OBJECT, "role %u was concurrently dropped", role);
    }
    bool is_dropped =
        change->object == NULL && change->before != NULL && change->before->relation.kind == RELATION_ROLE;
    for (int i = 0; is_dropped && i < newest->count; i++)
        for (int k = 0;
             !is_changed(state, newest->objects[i]->relation.id) && k < object_role_count(newest->objects[i]);
             k++)
            if (object_role(newest->objects[i], k) == change->id)
                return error_set(error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST,
                    "role \"%s\" cannot be dropped because some objects depend on it",
                    change->before->relation.name);
    return OK;
}

/* Nobody else has changed the same objects meanwhile, and nobody reads those that go. */
static Status check_changes(Coordinator *coordinator, const SessionState *state, Error *error) {
    CatalogSnapshot *newest = catalog_snapshot(state->instance->catalog);
    uint32_t *ids = NEW_ARRAY(uint32_t, state->change_count + 1);
    int count = 0;
    Status status = coordinator_may_change(coordinator, error);
    for (int i = 0; i < state->change_count && status == OK; i++) {
        const CatalogChange *change = &state->changes[i];
        if (change->guarded_id != 0)
            status =
                coordinator_check_unchanged(coordinator, change->guarded_id, change->guarded_epoch, error);
        if (change->id == 0)
            continue;
        if (is_first(state, i) && catalog_find_id(newest, change->id) != change->before)
            status = error_set(
                error, STATUS_SERIALIZATION_FAILURE, "could not serialize access due to concurrent update");
        if (is_last(state, i) && change->object == NULL)
            ids[count++] = change->id;
        if (is_last(state, i) && status == OK)
            status = check_schemas(state, newest, change, error);
        if (is_last(state, i) && status == OK)
            status = check_roles(state, newest, change, error);
    }
    catalog_snapshot_release(newest);
    if (status == OK && count > 0)
        status = coordinator_may_remove(coordinator, ids, count, error);
    memory_free(ids);
    return status;
}

static void remove_object(Publication *publication, Coordinator *coordinator, const CatalogChange *change) {
    Instance *instance = publication->state->instance;
    Error trouble = {0};
    publication->discarded += coordinator_undelivered(coordinator, change->id);
    if (instance_remove(instance, change->id, &trouble) != OK && publication->trouble.status == OK)
        error_copy(&publication->trouble, &trouble);
    error_clear(&trouble);
    if (first_of(publication->state, change->id)->before != NULL &&
        first_of(publication->state, change->id)->before->relation.kind == RELATION_SEQUENCE)
        sequence_forget(instance->sequences, change->id);
    if (first_of(publication->state, change->id)->before != NULL)
        catalog_remove(instance->catalog, change->id, coordinator_stage(coordinator));
}

static bool has_index(const Object *object, uint32_t id) {
    for (int i = 0; i < object->relation.index_count; i++)
        if (object->relation.indexes[i].id == id)
            return true;
    return false;
}

static void drop_lost_indexes(
    const SessionState *state, Coordinator *coordinator, const CatalogChange *change) {
    for (int i = 0; i < state->change_count; i++)
        for (int k = 0; state->changes[i].id == change->id && state->changes[i].before != NULL &&
                        k < state->changes[i].before->relation.index_count;
             k++)
            if (!has_index(change->object, state->changes[i].before->relation.indexes[k].id))
                coordinator_drop_index(
                    coordinator, change->id, state->changes[i].before->relation.indexes[k].id);
}

/* Whether rows that were right before may be wrong now. */
static bool is_stricter(const Object *before, const Object *object) {
    const CatalogRelation *old = &before->relation, *new = &object->relation;
    bool is_stricter = new->check_count > old->check_count;
    for (int i = 0; i < old->column_count && i < new->column_count; i++)
        is_stricter |= new->columns[i].is_not_null && !old->columns[i].is_not_null;
    return is_stricter;
}

/* On the coordinator's thread, between two steps. */
static Status publish(Coordinator *coordinator, void *argument, Error *error) {
    Publication *publication = argument;
    SessionState *state = publication->state;
    TRY(check_changes(coordinator, state, error));
    publication->are_writes_taken = true;
    TRY(coordinator_take(coordinator, publication->writes, publication->write_count, error));
    for (int i = 0; i < state->change_count; i++) {
        const CatalogChange *change = &state->changes[i];
        if (change->id == 0 || !is_last(state, i))
            continue;
        if (change->object == NULL) {
            remove_object(publication, coordinator, change);
            continue;
        }
        drop_lost_indexes(state, coordinator, change);
        instance_replace(state->instance, change->object);
        coordinator_start_reading(coordinator, change->id);
        const Object *before = first_of(state, change->id)->before;
        if (before != NULL && is_stricter(before, change->object))
            coordinator_redefine(coordinator, change->id, catalog_version(state->instance->catalog) + 1);
        catalog_add(state->instance->catalog, object_retain(change->object), coordinator_stage(coordinator));
    }
    return OK;
}

static void free_writes(TableChange *writes, int count) {
    for (int i = 0; i < count; i++) {
        batch_list_clear(&writes[i].removed);
        batch_list_clear(&writes[i].added);
    }
    memory_free(writes);
}

Status ddl_publish(Session *session, Error *error) {
    SessionState *state = session_state(session);
    Publication publication = {.state = state};
    if (state->writes != NULL)
        write_set_take_changes(state->writes, &publication.writes, &publication.write_count);
    Status status = coordinator_call(state->instance->coordinator, publish, &publication, error);
    if (!publication.are_writes_taken)
        free_writes(publication.writes, publication.write_count);
    if (publication.discarded > 0)
        session_notice(session, SEVERITY_NOTICE, OK,
            "%llu staged batch%s that had not been delivered %s discarded",
            (unsigned long long)publication.discarded, publication.discarded == 1 ? "" : "es",
            publication.discarded == 1 ? "was" : "were");
    Error left = {0};
    if (coordinator_clean_up(state->instance->coordinator, &left) != OK)
        session_notice_full(session, SEVERITY_WARNING, &left);
    error_clear(&left);
    if (publication.trouble.status != OK)
        session_notice_full(session, SEVERITY_WARNING, &publication.trouble);
    error_clear(&publication.trouble);
    if (status != OK)
        return status;
    for (int i = 0; i < state->change_count; i++)
        free_change(state, &state->changes[i]);
    state->change_count = 0;
    catalog_snapshot_release(state->catalog);
    state->catalog = NULL;
    return OK;
}
