/* Objects: jobs come, change and go. */
#include <assert.h>

#include "executor/engine/acceptance.h"
#include "executor/engine/coordinator_state.h"
#include "executor/engine/job/job_sink.h"
#include "executor/engine/job/job_source.h"
#include "executor/engine/job/job_table.h"
#include "executor/engine/suspension.h"

/* Whoever restores, until it is open, then the coordinator's thread alone. */
static void assert_ours(const Coordinator *coordinator) {
    assert(!mailbox_look(coordinator->home.mailbox).is_open ||
           pthread_equal(pthread_self(), coordinator->thread));
}

static Job *find(const Coordinator *coordinator, uint32_t object_id) {
    return jobs_find(coordinator->home.jobs, object_id);
}

static Status run_job(Home *home, Job *job, bool is_restored, Error *error) {
    jobs_announce(home->jobs, job); /* its relation is found while its nodes open */
    Status status = job_is_suspended(job) ? OK : job_add_nodes(job, home->flow, is_restored, true, error);
    if (status == OK)
        status = job_start(job, error);
    jobs_retract(home->jobs, job);
    if (status != OK) {
        flow_remove(home->flow, job_id(job));
        return status;
    }
    job_register(job);
    return OK;
}

static Status add(
    Home *home, const JobDefinition *definition, bool is_restored, const Error *trouble, Error *error) {
    Job *job;
    TRY(job_create(home, definition, is_restored, trouble, &job, error));
    Status status = run_job(home, job, is_restored, error);
    if (status != OK)
        job_destroy(job);
    else if (is_restored)
        source_start_reading(job);
    return status;
}

Status coordinator_add(
    Coordinator *coordinator, const JobDefinition *definition, bool is_restored, Error *error) {
    Home *home = &coordinator->home;
    Error trouble = {0};
    assert_ours(coordinator);
    if (is_restored)
        TRY(suspension_restore(home, definition, &trouble, error));
    Status status = add(home, definition, is_restored, trouble.status == OK ? NULL : &trouble, error);
    if (status == STATUS_DATA_CORRUPTED && is_restored && job_kind_traits(definition->kind)->is_rebuildable) {
        error_move(&trouble, error);
        status = add(home, definition, true, &trouble, error);
        if (status == OK)
            suspension_store(find(coordinator, definition->object_id));
    }
    error_clear(&trouble);
    return status;
}

void coordinator_start_reading(Coordinator *coordinator, uint32_t object_id) {
    Job *job = find(coordinator, object_id);
    if (job != NULL)
        source_start_reading(job);
}

static bool is_among(uint32_t object_id, const uint32_t *ids, int count) {
    for (int i = 0; i < count; i++)
        if (ids[i] == object_id)
            return true;
    return false;
}

Status coordinator_may_remove(Coordinator *coordinator, const uint32_t *ids, int count, Error *error) {
    TRY(coordinator_may_change(coordinator, error));
    const JobList *all = jobs_all(coordinator->home.jobs);
    for (int i = 0; i < all->count; i++) {
        const JobDefinition *definition = job_definition(all->jobs[i]);
        if (definition->is_transient || is_among(definition->object_id, ids, count))
            continue;
        for (int d = 0; d < definition->dependency_count; d++)
            if (is_among(definition->dependencies[d], ids, count))
                return error_set(error, STATUS_DEPENDENT_OBJECTS_STILL_EXIST,
                    "cannot drop it because \"%s\", just created, depends on it", definition->name);
    }
    return OK;
}

Status coordinator_remove(Coordinator *coordinator, uint32_t object_id, Error *error) {
    Job *job = find(coordinator, object_id);
    assert_ours(coordinator);
    if (job == NULL)
        return OK;
    Error dropped = {0};
    error_set(&dropped, STATUS_UNDEFINED_TABLE, "\"%s\" was dropped meanwhile", job_definition(job)->name);
    builds_fail_of(coordinator->builds, object_id, &dropped);
    /* Only subscriptions' transient views may still read it: they end with the reason. */
    suspension_of_readers(job, &dropped);
    error_clear(&dropped);
    job_withdraw(job);
    job_forget(job);
    if (job_is_suspended(job))
        suspension_forget(job);
    Status status = events_forget(coordinator->home.events, object_id, error);
    if (sink_output(job) != NULL)
        sink_leave(job);
    else
        job_destroy(job);
    return status;
}

Status coordinator_clean_up(Coordinator *coordinator, Error *error) {
    return sinks_clean_up(coordinator->home.jobs, error);
}

void coordinator_rename(
    Coordinator *coordinator, uint32_t object_id, const char *name, const char *key_name) {
    jobs_rename(coordinator->home.jobs, object_id, name, key_name);
}

void coordinator_widen(Coordinator *coordinator, const JobDefinition *definition) {
    assert_ours(coordinator);
    Job *job = find(coordinator, definition->object_id);
    if (job != NULL)
        table_widen(job, definition);
}

void coordinator_redefine(Coordinator *coordinator, uint32_t object_id, uint64_t version) {
    Job *job = find(coordinator, object_id);
    if (job != NULL && job_is_table(job))
        table_redefine(job, version);
}

Status coordinator_check_unchanged(
    Coordinator *coordinator, uint32_t object_id, uint64_t epoch, Error *error) {
    const Job *job = find(coordinator, object_id);
    if (job == NULL || !job_is_table(job) || table_written_at(job) <= epoch)
        return OK;
    return error_set(
        error, STATUS_SERIALIZATION_FAILURE, "could not serialize access due to concurrent update");
}

Status coordinator_add_index(
    Coordinator *coordinator, uint32_t object_id, const RelationIndexSpec *index, Error *error) {
    Job *job = find(coordinator, object_id);
    if (job != NULL && job_is_suspended(job))
        return job_suspended_error(job, error);
    if (job == NULL || job_relation(job) == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "the relation was dropped meanwhile");
    TRY(relation_add_index(job_relation(job), index, error));
    Status status = index->is_unique ? acceptance_check_unique_index(job, index, error) : OK;
    if (status != OK)
        relation_drop_index(job_relation(job), index->id);
    return status;
}

void coordinator_drop_index(Coordinator *coordinator, uint32_t object_id, uint32_t index_id) {
    Job *job = find(coordinator, object_id);
    if (job != NULL && job_relation(job) != NULL)
        relation_drop_index(job_relation(job), index_id);
}

Status coordinator_build(Coordinator *coordinator, const JobDefinition *definition, BuildLinked linked,
    Completion done, Error *error) {
    Status status = coordinator_may_change(coordinator, error);
    assert_ours(coordinator);
    if (status == OK)
        return builds_begin(coordinator->builds, definition, linked, done, error);
    if (definition->writer != NULL)
        definition->writer->type->close(definition->writer);
    return status;
}

void coordinator_keep_failure(
    Coordinator *coordinator, uint32_t object_id, JobKind kind, const char *name, const Error *error) {
    builds_keep_failure(coordinator->builds, object_id, kind, name, error);
}

bool coordinator_cancel_build(Coordinator *coordinator, uint32_t object_id) {
    return builds_cancel(coordinator->builds, object_id);
}

bool coordinator_cancel_build_named(Coordinator *coordinator, const char *name) {
    return builds_cancel_named(coordinator->builds, name);
}
