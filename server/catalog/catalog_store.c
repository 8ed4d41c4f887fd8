/* CatalogStore: copy-on-write snapshots behind one lock. */
#include "server/catalog/catalog_store.h"

#include <pthread.h>
#include <string.h>

#include "executor/base/memory.h"
#include "executor/engine/coordinator.h"
#include "server/catalog/system/class_entries.h"
#include "server/catalog/role.h"
#include "server/catalog/search_path.h"
#include "server/catalog/system/system_catalog.h"
#include "server/catalog/made_types.h"

typedef struct Reserved {
    struct Reserved *next;
    char *schema, *name;
} Reserved;

struct CatalogStore {
    pthread_mutex_t lock;
    CatalogSnapshot *current;
    atomic_uint_fast64_t version; /* of the current one: asked for with every statement */
    uint32_t next_id;
    Reserved *reserved;
};

CatalogStore *catalog_store_create(void) {
    CatalogStore *store = NEW(CatalogStore);
    pthread_mutex_init(&store->lock, NULL);
    store->current = NEW(CatalogSnapshot);
    atomic_init(&store->current->reference_count, 1);
    store->next_id = OBJECT_FIRST_USER;
    return store;
}

void catalog_store_destroy(CatalogStore *store) {
    if (store == NULL)
        return;
    catalog_snapshot_release(store->current);
    while (store->reserved != NULL)
        catalog_unreserve(store, store->reserved->schema, store->reserved->name);
    pthread_mutex_destroy(&store->lock);
    memory_free(store);
}

CatalogSnapshot *catalog_snapshot_retain(CatalogSnapshot *snapshot) {
    atomic_fetch_add(&snapshot->reference_count, 1);
    return snapshot;
}

void catalog_snapshot_release(CatalogSnapshot *snapshot) {
    if (snapshot == NULL || atomic_fetch_sub(&snapshot->reference_count, 1) != 1)
        return;
    for (int i = 0; i < snapshot->count; i++)
        object_release(snapshot->objects[i]);
    memory_free(snapshot->objects);
    memory_free(snapshot);
}

CatalogSnapshot *catalog_snapshot(CatalogStore *store) {
    pthread_mutex_lock(&store->lock);
    CatalogSnapshot *snapshot = catalog_snapshot_retain(store->current);
    pthread_mutex_unlock(&store->lock);
    return snapshot;
}

uint64_t catalog_version(CatalogStore *store) {
    return atomic_load_explicit(&store->version, memory_order_acquire);
}

uint64_t catalog_changed_version(uint64_t base, uint64_t serial) {
    return 1ull << 63 | base << 24 | (serial & 0xffffff);
}

uint64_t catalog_snapshot_base(const CatalogSnapshot *snapshot) {
    return snapshot->version >> 63 == 0 ? snapshot->version : snapshot->version << 1 >> 25;
}

Object *catalog_find(const CatalogSnapshot *snapshot, const char *schema, const char *name) {
    if (schema == NULL)
        schema = "public";
    for (int i = 0; i < snapshot->count; i++) {
        const CatalogRelation *relation = &snapshot->objects[i]->relation;
        if (strcmp(relation->name, name) == 0 && strcmp(relation->schema, schema) == 0)
            return snapshot->objects[i];
    }
    return NULL;
}

Object *catalog_find_index(
    const CatalogSnapshot *snapshot, const char *schema, const char *name, int *index) {
    for (int i = 0; i < snapshot->count; i++) {
        const CatalogRelation *relation = &snapshot->objects[i]->relation;
        if (strcmp(relation->schema, schema) != 0)
            continue;
        bool is_primary = relation_has_key(relation) && strcmp(name, relation->key_name) == 0;
        *index = -1;
        for (int k = 0; k < relation->index_count && !is_primary && *index < 0; k++)
            if (strcmp(relation->indexes[k].name, name) == 0)
                *index = k;
        if (is_primary || *index >= 0)
            return snapshot->objects[i];
    }
    return NULL;
}

bool catalog_schema_exists(const CatalogSnapshot *snapshot, const char *schema) {
    return strcmp(schema, "public") == 0 || system_schema_exists(schema) ||
           catalog_find(snapshot, "", schema) != NULL;
}

Object *catalog_find_id(const CatalogSnapshot *snapshot, uint32_t id) {
    int low = 0, high = snapshot->count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (snapshot->objects[middle]->relation.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < snapshot->count && snapshot->objects[low]->relation.id == id ? snapshot->objects[low] : NULL;
}

Object *catalog_find_owned(const CatalogSnapshot *snapshot, uint32_t table_id, const char *column) {
    for (int i = 0; i < snapshot->count; i++) {
        const Object *object = snapshot->objects[i];
        if (object->relation.kind == RELATION_SEQUENCE && object->sequence.owner_id == table_id &&
            strcmp(object->sequence.owner_column, column) == 0)
            return snapshot->objects[i];
    }
    return NULL;
}

bool sequence_is_internal(const CatalogSnapshot *snapshot, const Object *sequence) {
    const Object *table =
        sequence->sequence.owner_id == 0 ? NULL : catalog_find_id(snapshot, sequence->sequence.owner_id);
    for (int i = 0; table != NULL && i < table->relation.column_count; i++)
        if (strcmp(table->relation.columns[i].name, sequence->sequence.owner_column) == 0)
            return table->relation.columns[i].identity != 0;
    return false;
}

int catalog_dependents(const CatalogSnapshot *snapshot, uint32_t id, uint32_t *ids) {
    int count = 0;
    const Object *read = catalog_find_id(snapshot, id);
    bool is_schema = read != NULL && read->relation.kind == RELATION_SCHEMA;
    for (int i = 0; i < snapshot->count; i++) {
        const Object *object = snapshot->objects[i];
        if (is_schema && strcmp(object->relation.schema, read->relation.name) == 0)
            ids[count++] = object->relation.id;
        for (int d = 0; d < object->dependency_count; d++)
            if (object->dependencies[d] == id) {
                ids[count++] = object->relation.id;
                break;
            }
        bool is_new = count == 0 || ids[count - 1] != object->relation.id;
        bool is_named = definition_names(object->relation.definition, id) ||
                        (read != NULL && read->relation.kind == RELATION_TYPE && object_names(object, id));
        bool is_used =
            read != NULL && object != read && object_has_type(read) && object_uses_type(object, id);
        if (is_new && (is_named || is_used))
            ids[count++] = object->relation.id;
    }
    return count;
}

CatalogSnapshot *catalog_snapshot_copy(const CatalogSnapshot *old, uint64_t version) {
    CatalogSnapshot *snapshot = NEW(CatalogSnapshot);
    atomic_init(&snapshot->reference_count, 1);
    snapshot->version = version;
    snapshot->objects = NEW_ARRAY(Object *, old->count + 1);
    for (int i = 0; i < old->count; i++)
        snapshot->objects[snapshot->count++] = object_retain(old->objects[i]);
    return snapshot;
}

void catalog_snapshot_take_out(CatalogSnapshot *snapshot, uint32_t id) {
    int kept = 0;
    for (int i = 0; i < snapshot->count; i++)
        if (snapshot->objects[i]->relation.id == id)
            object_release(snapshot->objects[i]);
        else
            snapshot->objects[kept++] = snapshot->objects[i];
    snapshot->count = kept;
}

/* A copy of the current snapshot without object `id` and with room for one more. Under the lock. */
static CatalogSnapshot *copy_without(const CatalogStore *store, uint32_t id) {
    const CatalogSnapshot *old = store->current;
    CatalogSnapshot *snapshot = NEW(CatalogSnapshot);
    atomic_init(&snapshot->reference_count, 1);
    snapshot->version = old->version + 1;
    snapshot->objects = NEW_ARRAY(Object *, old->count + 1);
    for (int i = 0; i < old->count; i++)
        if (old->objects[i]->relation.id != id)
            snapshot->objects[snapshot->count++] = object_retain(old->objects[i]);
    return snapshot;
}

static void object_key(Text *key, uint32_t id) {
    text_printf(key, "catalog/%08x", id);
}

static void replace_current(CatalogStore *store, CatalogSnapshot *snapshot) {
    CatalogSnapshot *old = store->current;
    store->current = snapshot;
    atomic_store_explicit(&store->version, snapshot->version, memory_order_release);
    catalog_snapshot_release(old);
}

static void insert_sorted(CatalogSnapshot *snapshot, Object *object) {
    int at = snapshot->count++;
    for (; at > 0 && snapshot->objects[at - 1]->relation.id > object->relation.id; at--)
        snapshot->objects[at] = snapshot->objects[at - 1];
    snapshot->objects[at] = object;
}

void catalog_snapshot_put(CatalogSnapshot *snapshot, Object *object) {
    catalog_snapshot_take_out(snapshot, object->relation.id);
    snapshot->objects =
        memory_resize(snapshot->objects, (size_t)(snapshot->count + 1) * sizeof *snapshot->objects);
    insert_sorted(snapshot, object);
}

/* With every cut that adds an object: ids are never given twice. */
static void stage_next_id(CatalogStore *store, Cut *cut) {
    Text value = {0};
    pthread_mutex_lock(&store->lock);
    text_add_u32(&value, store->next_id);
    pthread_mutex_unlock(&store->lock);
    cut_put(cut, FAMILY_FACTS, "next-id", 7, value.bytes, value.length);
    text_free(&value);
}

void catalog_stage(CatalogStore *store, const Object *object, Cut *cut) {
    Text key = {0}, value = {0};
    object_key(&key, object->relation.id);
    object_encode(object, &value);
    cut_put(cut, FAMILY_FACTS, key.bytes, key.length, value.bytes, value.length);
    text_free(&key);
    text_free(&value);
    stage_next_id(store, cut);
}

static void build_key(uint32_t id, Text *key) {
    text_printf(key, "background/%08x", id);
}

void catalog_stage_build(CatalogStore *store, const Object *object, Cut *cut) {
    Text key = {0}, value = {0};
    build_key(object->relation.id, &key);
    object_encode(object, &value);
    cut_put(cut, FAMILY_FACTS, key.bytes, key.length, value.bytes, value.length);
    text_free(&key);
    text_free(&value);
    stage_next_id(store, cut);
}

void catalog_forget_build(uint32_t id, Cut *cut) {
    Text key = {0};
    build_key(id, &key);
    cut_delete(cut, FAMILY_FACTS, key.bytes, key.length);
    text_free(&key);
}

Status catalog_builds(Store *durable,
    Status (*take)(void *argument, const char *key, size_t key_length, const char *value, size_t value_length,
        Error *error),
    void *argument, Error *error) {
    return store_scan(durable, FAMILY_FACTS, "background/", 11, take, argument, error);
}

void catalog_show(CatalogStore *store, Object *object) {
    pthread_mutex_lock(&store->lock);
    CatalogSnapshot *snapshot = copy_without(store, object->relation.id);
    insert_sorted(snapshot, object);
    replace_current(store, snapshot);
    pthread_mutex_unlock(&store->lock);
}

void catalog_add(CatalogStore *store, Object *object, Cut *cut) {
    catalog_stage(store, object, cut);
    catalog_show(store, object);
}

void catalog_remove(CatalogStore *store, uint32_t id, Cut *cut) {
    Text key = {0};
    object_key(&key, id);
    cut_delete(cut, FAMILY_FACTS, key.bytes, key.length);
    text_free(&key);
    pthread_mutex_lock(&store->lock);
    replace_current(store, copy_without(store, id));
    pthread_mutex_unlock(&store->lock);
}

static Status load_object(void *argument, const char *key, size_t key_length, const char *value,
    size_t value_length, Error *error) {
    CatalogStore *store = argument;
    Object *object;
    TRY(object_decode(value, value_length, &object, error));
    CatalogSnapshot *snapshot = copy_without(store, object->relation.id);
    insert_sorted(snapshot, object);
    replace_current(store, snapshot);
    return OK;
}

static Status load_next_id(CatalogStore *store, Store *durable, Error *error) {
    char *value;
    size_t length;
    TRY(store_get(durable, FAMILY_FACTS, "next-id", 7, &value, &length, error));
    if (value != NULL) {
        TextReader reader = {value, value + length, 0};
        store->next_id = text_read_u32(&reader);
        memory_free(value);
    }
    return OK;
}

Status catalog_store_load(CatalogStore *store, Store *durable, Error *error) {
    TRY(load_next_id(store, durable, error));
    return store_scan(durable, FAMILY_FACTS, "catalog/", 8, load_object, store, error);
}

Status catalog_store_reload(CatalogStore *store, Store *durable, Error *error) {
    CatalogStore *fresh = catalog_store_create();
    Status status = catalog_store_load(fresh, durable, error);
    if (status == OK) {
        pthread_mutex_lock(&store->lock);
        CatalogSnapshot *snapshot = catalog_snapshot_retain(fresh->current);
        snapshot->version = store->current->version + 1;
        replace_current(store, snapshot);
        store->next_id = fresh->next_id > store->next_id ? fresh->next_id : store->next_id;
        pthread_mutex_unlock(&store->lock);
    }
    catalog_store_destroy(fresh);
    return status;
}

uint32_t catalog_next_id(CatalogStore *store) {
    pthread_mutex_lock(&store->lock);
    uint32_t id = store->next_id++;
    pthread_mutex_unlock(&store->lock);
    return id;
}

Status catalog_reserve(
    CatalogStore *store, const char *schema, const char *name, bool is_free, Error *error) {
    pthread_mutex_lock(&store->lock);
    int index;
    bool is_taken = !is_free && (catalog_find(store->current, schema, name) != NULL ||
                                    catalog_find_index(store->current, schema, name, &index) != NULL);
    for (Reserved *reserved = store->reserved; reserved != NULL && !is_taken; reserved = reserved->next)
        is_taken = strcmp(reserved->name, name) == 0 && strcmp(reserved->schema, schema) == 0;
    if (!is_taken) {
        Reserved *reserved = NEW(Reserved);
        *reserved = (Reserved){store->reserved, memory_strdup(schema), memory_strdup(name)};
        store->reserved = reserved;
    }
    pthread_mutex_unlock(&store->lock);
    return is_taken ? error_set(error, STATUS_DUPLICATE_TABLE, "relation \"%s\" already exists", name) : OK;
}

void catalog_unreserve(CatalogStore *store, const char *schema, const char *name) {
    pthread_mutex_lock(&store->lock);
    for (Reserved **at = &store->reserved; *at != NULL; at = &(*at)->next)
        if (strcmp((*at)->name, name) == 0 && strcmp((*at)->schema, schema) == 0) {
            Reserved *reserved = *at;
            *at = reserved->next;
            memory_free(reserved->schema);
            memory_free(reserved->name);
            memory_free(reserved);
            break;
        }
    pthread_mutex_unlock(&store->lock);
}

/* The planner's view. */

static const CatalogRelation *relation_by_name(
    Catalog *catalog, const char *schema, const char *name, Arena *arena) {
    CatalogView *view = catalog->owner;
    const CatalogRelation *relation = system_relation_by_name(schema, name);
    const Object *object =
        relation != NULL ? NULL : search_path_find(&view->path, view->snapshot, schema, name);
    for (int i = 0; i < view->path.count && relation == NULL && object == NULL && schema == NULL; i++)
        relation = system_relation_by_name(view->path.schemas[i], name);
    if (relation != NULL)
        return relation;
    return object == NULL ? system_view_by_name(schema, name) : &object->relation;
}

static const CatalogRelation *relation_by_id(Catalog *catalog, uint32_t id, Arena *arena) {
    const CatalogView *view = catalog->owner;
    const Object *object = catalog_find_id(view->snapshot, id);
    if (object != NULL)
        return &object->relation;
    const CatalogRelation *relation = system_relation_by_id(id);
    return relation != NULL ? relation : system_view_by_id(id);
}

static bool schema_exists(Catalog *catalog, const char *schema) {
    return catalog_schema_exists(((CatalogView *)catalog->owner)->snapshot, schema);
}

/* In a view's text its owner's rights count, in a function's those of who calls it; a view's names were found
   when it was made. */
static Status check_access(
    Catalog *catalog, const CatalogRelation *relation, uint32_t privileges, Error *error) {
    const CatalogView *view = catalog->owner;
    const Object *object = catalog_find_id(view->snapshot, relation->id);
    const Object *inside = catalog->view == NULL ? NULL : catalog_find_id(view->snapshot, catalog->view->id);
    bool is_in_view = inside != NULL && inside->relation.kind == RELATION_VIEW;
    Role role;
    if (view->role == NULL)
        return OK;
    if (!is_in_view)
        role = *view->role;
    else if (!role_find_id(view->snapshot, inside->owner_id, &role))
        role = (Role){.name = ""};
    if (role.spec.is_superuser)
        return OK;
    if (relation->kind == RELATION_SYSTEM)
        return system_relation_is_open(&role, relation)
                   ? OK
                   : error_set(error, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied for %s %s",
                         relation->id < 12000 && strncmp(relation->schema, "pg_", 3) == 0 ? "table" : "view",
                         relation->name);
    if (!is_in_view)
        TRY(role_check_schema(&role, view->snapshot, relation->schema, PRIVILEGE_USAGE, error));
    return object == NULL ? OK : role_check(&role, object, privileges, error);
}

static const CatalogRelation **functions_by_name(
    Catalog *catalog, const char *schema, const char *name, Arena *arena, int *count) {
    const CatalogView *view = catalog->owner;
    const CatalogRelation **found = NULL;
    *count = 0;
    for (int i = 0; i < view->snapshot->count; i++) {
        const CatalogRelation *relation = &view->snapshot->objects[i]->relation;
        bool is_seen = schema != NULL && strcmp(relation->schema, schema) == 0;
        for (int p = 0; p < view->path.count && schema == NULL; p++)
            is_seen |= strcmp(relation->schema, view->path.schemas[p]) == 0;
        if (is_seen && relation->kind == RELATION_FUNCTION && strcmp(relation->function.name, name) == 0)
            ARENA_APPEND(arena, found, *count, relation);
    }
    return found;
}

static bool is_held(const CatalogView *view, const ObjectStatistics *object) {
    for (int i = 0; i < view->held_count; i++)
        if (view->held[i] == object)
            return true;
    return false;
}

static const CatalogRelation *with_statistics(
    Catalog *catalog, const CatalogRelation *relation, Arena *arena) {
    CatalogView *view = catalog->owner;
    const Object *described = catalog_find_id(view->snapshot, relation->id);
    double row_count, read_count;
    ObjectStatistics *object = view->statistics == NULL || described == NULL
                                   ? NULL
                                   : statistics_of(view->statistics, described, &row_count, &read_count);
    if (object == NULL)
        return relation;
    CatalogRelation *known = ARENA_NEW(arena, CatalogRelation);
    *known = *relation;
    known->row_count = row_count;
    known->read_count = read_count;
    known->statistics = object->columns;
    known->sample = object->sample;
    known->is_sample_whole = object->is_whole;
    if (is_held(view, object)) {
        object_statistics_release(object);
        return known;
    }
    GROW(view->held, view->held_capacity, view->held_count + 1);
    view->held[view->held_count++] = object;
    return known;
}

void catalog_for_planner(CatalogView *view, CatalogSnapshot *snapshot, Statistics *statistics) {
    *view = (CatalogView){.catalog = {view, NULL, relation_by_name, relation_by_id, schema_exists,
                              check_access, functions_by_name, with_statistics},
        .snapshot = snapshot,
        .path = {.count = 1, .schemas = {"public"}},
        .statistics = statistics};
}

void catalog_view_renew(CatalogView *view) {
    view->catalog.view = NULL;
    for (int i = 0; i < view->held_count; i++)
        object_statistics_release(view->held[i]);
    view->held_count = 0;
}

void catalog_view_clear(CatalogView *view) {
    catalog_view_renew(view);
    memory_free(view->held);
    *view = (CatalogView){0};
}
