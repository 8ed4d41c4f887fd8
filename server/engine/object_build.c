/* ObjectBuild: from the plan to the catalog; the coordinator does the building. */
#include "server/engine/object_build.h"

#include "executor/base/memory.h"
#include "server/catalog/role.h"

/* One build: lives until its completion was called. */
typedef struct ObjectBuild {
    Instance *instance;
    ObjectBuildSpec spec;
    bool is_linked;
    Completion done;
} ObjectBuild;

static void build_free(ObjectBuild *build) {
    const CatalogRelation *relation = &build->spec.object->relation;
    if (!build->spec.is_again)
        catalog_unreserve(build->instance->catalog, relation->schema, relation->name);
    object_release(build->spec.object);
    memory_free(build);
}

/* The entry may have changed while it was built. */
static Status link_again(ObjectBuild *build) {
    CatalogSnapshot *newest = catalog_snapshot(build->instance->catalog);
    Object *now = catalog_find_id(newest, build->spec.object->relation.id);
    instance_forget_older(build->instance, build->spec.object->relation.id);
    if (now != NULL)
        instance_replace(build->instance, now);
    catalog_snapshot_release(newest);
    return OK;
}

/* Between two steps: the object is stored with the next commit. */
static Status on_linked(void *argument, Error *error) {
    ObjectBuild *build = argument;
    Instance *instance = build->instance;
    const Object *object = build->spec.object;
    Cut *cut = coordinator_stage(instance->coordinator);
    build->is_linked = build->spec.is_again;
    if (build->spec.is_again)
        return link_again(build);
    CatalogSnapshot *newest = catalog_snapshot(instance->catalog);
    bool is_there = catalog_schema_exists(newest, object->relation.schema);
    Role owner;
    bool is_owned = role_find_id(newest, object->owner_id, &owner);
    catalog_snapshot_release(newest);
    if (!is_there)
        return error_set(
            error, STATUS_INVALID_SCHEMA_NAME, "schema \"%s\" does not exist", object->relation.schema);
    if (!is_owned)
        return error_set(
            error, STATUS_UNDEFINED_OBJECT, "role %u was concurrently dropped", object->owner_id);
    build->is_linked = true;
    if (build->spec.replaced != 0) {
        TRY(instance_remove(instance, build->spec.replaced, error));
        catalog_remove(instance->catalog, build->spec.replaced, cut);
    }
    if (object->is_background)
        catalog_forget_build(object->relation.id, cut);
    catalog_stage(instance->catalog, object, cut);
    return OK;
}

/* A stop, or a write that failed, is not the build's end: it begins anew. */
static bool is_over(const ObjectBuild *build, const Error *error) {
    Error failure = {0};
    bool is_over = error->status != STATUS_ADMIN_SHUTDOWN &&
                   coordinator_may_change(build->instance->coordinator, &failure) == OK;
    error_clear(&failure);
    return is_over;
}

/* Only now may it be seen: readers of older epochs would find what stands of it half built. */
static void on_done(void *argument, const Error *error) {
    ObjectBuild *build = argument;
    Object *object = build->spec.object;
    if (error == NULL && !build->spec.is_again)
        catalog_show(build->instance->catalog, object_retain(object));
    else if (error != NULL && !build->is_linked) {
        if (object->is_background && is_over(build, error))
            catalog_forget_build(object->relation.id, coordinator_stage(build->instance->coordinator));
        instance_forget(build->instance, object->relation.id);
    }
    if (build->done.done != NULL)
        build->done.done(build->done.argument, error);
    build_free(build);
}

static Status begin(Instance *instance, const ObjectBuildSpec *spec, Completion done, Error *error) {
    ObjectBuild *build = NEW(ObjectBuild);
    *build = (ObjectBuild){.instance = instance, .spec = *spec, .done = done};
    Status status = instance_build(instance, spec->object, on_linked, (Completion){on_done, build}, error);
    if (status != OK)
        build_free(build);
    return status;
}

Status object_build_begin(Instance *instance, const ObjectBuildSpec *spec, Completion done, Error *error) {
    Object *object = object_retain(spec->object);
    Status status = begin(instance, spec, done, error);
    if (status == OK && object->is_background)
        catalog_stage_build(instance->catalog, object, coordinator_stage(instance->coordinator));
    object_release(object);
    return status;
}

typedef struct Stored {
    Object **objects;
    int count, capacity;
} Stored;

static Status take_stored(void *argument, const char *key, size_t key_length, const char *value,
    size_t value_length, Error *error) {
    Stored *stored = argument;
    Object *object;
    TRY(object_decode(value, value_length, &object, error));
    object->is_background = true;
    GROW(stored->objects, stored->capacity, stored->count + 1);
    stored->objects[stored->count++] = object;
    return OK;
}

static void resume(Instance *instance, Object *object) {
    Error error = {0};
    const CatalogRelation *relation = &object->relation;
    Status status = catalog_reserve(instance->catalog, relation->schema, relation->name, false, &error);
    if (status == OK)
        status =
            begin(instance, &(ObjectBuildSpec){.object = object_retain(object)}, (Completion){0}, &error);
    if (status != OK) {
        catalog_forget_build(relation->id, coordinator_stage(instance->coordinator));
        coordinator_keep_failure(instance->coordinator, relation->id,
            relation->kind == RELATION_SINK ? JOB_SINK : JOB_VIEW, relation->name, &error);
    }
    error_clear(&error);
}

Status object_builds_resume(Instance *instance, Error *error) {
    Stored stored = {0};
    Status status = coordinator_may_change(instance->coordinator, error);
    if (status == OK)
        status = catalog_builds(instance->store, take_stored, &stored, error);
    for (int i = 0; i < stored.count; i++) {
        if (status == OK)
            resume(instance, stored.objects[i]);
        object_release(stored.objects[i]);
    }
    memory_free(stored.objects);
    return status;
}
