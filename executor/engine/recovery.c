/* Recovery: after a commit that failed the store is opened anew, and everything that runs is made again from
   it, as at a start.

   Nothing is written again over a log whose last write failed, and operators are ahead of what is durable: so
   graphs and jobs go, and come back as of the last commit. Readers do not notice: they keep the relations and
   epochs that they have, and until the new relations are there others are given the old ones. What was
   written but not synced may be there after all: then that is the last commit. */
#include <string.h>

#include "executor/base/memory.h"
#include "executor/engine/committer.h"
#include "executor/engine/job.h"

/* Microseconds between two attempts, and how often as long as the last one took. */
enum { PAUSE = 500000, PAUSE_FACTOR = 10 };

static void keep_relation(Coordinator *coordinator, uint32_t object_id, Relation *relation) {
    GROW(coordinator->kept, coordinator->kept_capacity, coordinator->kept_count + 1);
    coordinator->kept[coordinator->kept_count++] = (KeptRelation){object_id, relation_retain(relation)};
}

Relation *recovery_kept(const Coordinator *coordinator, uint32_t object_id) {
    for (int i = 0; i < coordinator->kept_count; i++)
        if (coordinator->kept[i].object_id == object_id)
            return coordinator->kept[i].relation;
    return NULL;
}

void recovery_drop_kept(Coordinator *coordinator) {
    pthread_mutex_lock(&coordinator->registry_lock);
    for (int i = 0; i < coordinator->kept_count; i++)
        relation_release(coordinator->kept[i].relation);
    coordinator->kept_count = 0;
    pthread_mutex_unlock(&coordinator->registry_lock);
}

/* From here on others find the kept relations, of which the first attempt's are those that stood when the
   commit failed. */
static int take_jobs(Coordinator *coordinator, Job ***jobs, EventStore **errors, EventStore **late) {
    pthread_mutex_lock(&coordinator->registry_lock);
    int count = coordinator->job_count;
    bool is_first = coordinator->kept_count == 0;
    *jobs = NEW_ARRAY(Job *, count + 1);
    memcpy(*jobs, coordinator->jobs, sizeof(Job *) * (size_t)count);
    for (int i = 0; i < count && is_first; i++)
        if ((*jobs)[i]->relation != NULL && !(*jobs)[i]->is_suspended)
            keep_relation(coordinator, (*jobs)[i]->definition.object_id, (*jobs)[i]->relation);
    *errors = coordinator->errors;
    *late = coordinator->late;
    if (is_first && *errors != NULL)
        keep_relation(coordinator, OBJECT_ERRORS, event_store_relation(*errors));
    if (is_first && *late != NULL)
        keep_relation(coordinator, OBJECT_LATE, event_store_relation(*late));
    coordinator->job_count = 0;
    coordinator->errors = coordinator->late = NULL;
    pthread_mutex_unlock(&coordinator->registry_lock);
    return count;
}

static void destroy_all(Coordinator *coordinator) {
    Job **jobs;
    EventStore *errors, *late;
    int count = take_jobs(coordinator, &jobs, &errors, &late);
    for (int i = 0; i < count; i++) {
        delivery_stop(jobs[i]->delivery);
        jobs[i]->delivery = NULL;
    }
    flow_destroy(coordinator->flow);
    coordinator->flow = NULL;
    for (int i = count - 1; i >= 0; i--)
        job_destroy(jobs[i]);
    memory_free(jobs);
    events_close(coordinator);
    event_store_close(errors);
    event_store_close(late);
    coordinator->events = NULL;
    JobList *lists[] = {&coordinator->sources, &coordinator->sinks, &coordinator->queued,
        &coordinator->stepping, &coordinator->changed, &coordinator->trimmed, &coordinator->published};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        lists[i]->count = 0;
    published_set_release(coordinator->published_set);
    coordinator->published_set = NULL;
    coordinator->has_scattered = false;
    cut_free(&coordinator->staged);
    coordinator->staged = (Cut){0};
}

static Status restore_all(Coordinator *coordinator, Error *error) {
    TRY(store_reopen(coordinator->spec.store, error));
    destroy_all(coordinator);
    TRY(committer_restart(coordinator, error));
    coordinator->environment.epoch = coordinator->open_epoch;
    TRY(events_open(coordinator, error));
    coordinator->flow = coordinator_create_flow(coordinator);
    return coordinator->spec.reload(coordinator->spec.reload_argument, error);
}

static void go_on(Coordinator *coordinator) {
    /* The failed commit may be the last one after all. */
    if (coordinator->open_epoch - 1 > epochs_published(coordinator->epochs))
        committer_publish(coordinator, coordinator->open_epoch - 1);
    recovery_drop_kept(coordinator);
    error_clear(&coordinator->failure);
    coordinator->is_commit_failed = false;
    coordinator->is_dirty = true;
    if (coordinator->spec.resumed != NULL)
        coordinator->spec.resumed(coordinator->spec.resumed_argument);
}

void recovery_advance(Coordinator *coordinator) {
    int64_t begin = monotonic_now();
    if (!coordinator->is_commit_failed || coordinator->spec.reload == NULL || begin < coordinator->recover_at)
        return;
    if (commit_is_busy(coordinator)) /* its end wakes us */
        return;
    Error error = {0};
    Status status = restore_all(coordinator, &error);
    int64_t end = monotonic_now();
    coordinator->recover_at = end + PAUSE + PAUSE_FACTOR * (end - begin);
    if (status == OK) {
        go_on(coordinator);
        return;
    }
    error_clear(&coordinator->failure);
    error_copy(&coordinator->failure, &error);
    error_clear(&error);
}

int64_t recovery_deadline(const Coordinator *coordinator) {
    return coordinator->is_commit_failed && coordinator->spec.reload != NULL && !commit_is_busy(coordinator)
               ? coordinator->recover_at
               : INT64_MAX;
}
