/* Suspension: a job that fails leaves the run list with all that reads from it, and the others go on as if it
   had never been.

   Its state has taken in part of a step, and from now on misses what its inputs give: it is worth nothing and
   is dropped. A fact in the same commit says so, or a restart would let the job go on from a state that is
   older than its inputs. It comes back when it is built again (build.c). A stored source, whose input waits
   outside, keeps its state and position as of the last commit, and goes on from there after a restart. */
#include <string.h>

#include "executor/base/memory.h"
#include "executor/engine/job.h"

static void fact_key(uint32_t object_id, Text *key) {
    text_printf(key, "suspended/%08x", object_id);
}

static bool is_durable(const Job *job) {
    return job->coordinator->spec.store != NULL && !job->definition.is_transient;
}

static void put_fact(const Job *job) {
    if (!is_durable(job))
        return;
    Text key = {0}, value = {0};
    fact_key(job->definition.object_id, &key);
    text_add_string(&value, status_sqlstate(job->trouble.status));
    text_add_string(&value, job->trouble.message);
    cut_put(
        coordinator_stage(job->coordinator), FAMILY_FACTS, key.bytes, key.length, value.bytes, value.length);
    text_free(&key);
    text_free(&value);
}

void suspension_forget(const Job *job) {
    if (!is_durable(job))
        return;
    Text key = {0};
    fact_key(job->definition.object_id, &key);
    cut_delete(coordinator_stage(job->coordinator), FAMILY_FACTS, key.bytes, key.length);
    text_free(&key);
}

/* The same for what reads the job. */
static void follow(const Job *read, const Error *cause, Error *error) {
    error_set(error, cause->status, "\"%s\", which it reads, is %s: %s", read->definition.name,
        read->is_suspended ? "suspended" : "gone", cause->message);
}

static Status read_fact(const Coordinator *coordinator, uint32_t object_id, Error *trouble, Error *error) {
    enum { STATE_LENGTH = 5 };
    Text key = {0};
    char *value;
    size_t length;
    fact_key(object_id, &key);
    Status status =
        store_get(coordinator->spec.store, FAMILY_FACTS, key.bytes, key.length, &value, &length, error);
    text_free(&key);
    if (status != OK || value == NULL)
        return status;
    if (length < STATE_LENGTH) {
        memory_free(value);
        return error_set(
            error, STATUS_DATA_CORRUPTED, "the stored suspension of object %u is damaged", object_id);
    }
    char state[STATE_LENGTH + 1] = {0};
    memcpy(state, value, STATE_LENGTH);
    error_set(
        trouble, status_from_sqlstate(state), "%.*s", (int)(length - STATE_LENGTH), value + STATE_LENGTH);
    memory_free(value);
    return OK;
}

Status suspension_restore(
    Coordinator *coordinator, const JobDefinition *definition, Error *trouble, Error *error) {
    if (coordinator->spec.store == NULL || definition->kind == JOB_TABLE || definition->kind == JOB_SOURCE)
        return OK;
    TRY(read_fact(coordinator, definition->object_id, trouble, error));
    for (int i = 0; i < definition->dependency_count && trouble->status == OK; i++) {
        const Job *read = job_find(coordinator, definition->dependencies[i]);
        if (read != NULL && read->is_suspended)
            follow(read, &read->trouble, trouble);
    }
    return OK;
}

void suspension_explain(Job *job, const Error *cause) {
    pthread_mutex_lock(&job->coordinator->registry_lock);
    error_clear(&job->trouble);
    error_copy(&job->trouble, cause);
    pthread_mutex_unlock(&job->coordinator->registry_lock);
    put_fact(job);
}

/* In memory. A sink's batches that are staged durably are delivered all the same: they are right. */
static void drop_state(Job *job) {
    Coordinator *coordinator = job->coordinator;
    bool keeps_sums = job->definition.kind == JOB_SINK && job->output.writer->type->is_discarding;
    for (int w = 0; job->output.staged != NULL && !keeps_sums && w < coordinator->spec.worker_count; w++)
        text_reset(&job->output.staged[w]);
    job_list_remove(&coordinator->trimmed, job);
    job_list_remove(&coordinator->changed, job);
    job->is_trimmed = job->is_changed = false;
    pthread_mutex_lock(&coordinator->registry_lock);
    Relation *relation = job->relation;
    job->relation = NULL;
    pthread_mutex_unlock(&coordinator->registry_lock);
    if (relation != NULL)
        relation_release(relation);
}

void suspension_store(Job *job) {
    drop_state(job);
    if (job->definition.kind == JOB_SOURCE || !is_durable(job))
        return;
    state_drop_object(job->definition.object_id, coordinator_stage(job->coordinator));
    put_fact(job);
}

void job_suspend_readers(Job *job, const Error *cause) {
    Coordinator *coordinator = job->coordinator;
    Error own = {0};
    follow(job, cause, &own);
    for (int i = 0; i < coordinator->job_count; i++)
        if (job_reads(coordinator->jobs[i], job->definition.object_id))
            job_suspend(coordinator->jobs[i], &own);
    error_clear(&own);
}

void job_suspend(Job *job, const Error *cause) {
    Coordinator *coordinator = job->coordinator;
    if (job->is_suspended)
        return;
    pthread_mutex_lock(&coordinator->registry_lock);
    job->is_suspended = true;
    error_copy(&job->trouble, cause);
    pthread_mutex_unlock(&coordinator->registry_lock);
    job_list_remove(&coordinator->published, job);
    job_forget_published(coordinator);
    coordinator->is_dirty = true; /* the next publication wakes who subscribes to it */
    job_suspend_readers(job, cause);
    Error reading = {0};
    error_set(&reading, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "\"%s\" is suspended: %s",
        job->definition.name, cause->message);
    builds_fail_reading(coordinator, job->definition.object_id, &reading);
    error_clear(&reading);
    flow_remove(coordinator->flow, job->definition.object_id);
    for (int i = 0; i < job->hub_count; i++)
        exchange_hub_reset(job->hubs[i].hub);
    job_count_reads(job, -1);
    suspension_store(job);
}

/* What is wrong with the store is wrong for all. */
static bool is_of_store(Status status) {
    return status == STATUS_IO_ERROR || status == STATUS_DISK_FULL || status == STATUS_SYSTEM_ERROR;
}

Status job_fail(Coordinator *coordinator, uint32_t object_id, const Error *cause, Error *error) {
    Job *job = job_find(coordinator, object_id);
    bool is_suspendable = job != NULL && !job->is_suspended && job->definition.kind != JOB_TABLE;
    if (!is_suspendable || is_of_store(cause->status)) {
        error_copy(error, cause);
        return error->status;
    }
    job_suspend(job, cause);
    return OK;
}

Status job_fail_unfinished(Coordinator *coordinator, uint32_t object_id, Error *error) {
    Error cause = {0};
    error_set(&cause, STATUS_INTERNAL_ERROR, "a step has come to a standstill before its end");
    Status status = job_fail(coordinator, object_id, &cause, error);
    error_clear(&cause);
    return status;
}

Status jobs_fail(Coordinator *coordinator, Error *errors, Error *error) {
    Status status = OK;
    int failures = 0, found = 0;
    for (int w = 0; w < coordinator->spec.worker_count; w++) {
        const Graph *graph = flow_graph(coordinator->flow, w);
        failures += errors[w].status != OK;
        /* Of a job that failed on several workers, the first has taken all nodes out. */
        for (uint32_t id; errors[w].status != OK && status == OK && (id = graph_failed_object(graph)) != 0;
             found++)
            status = job_fail(coordinator, id, &errors[w], error);
        error_clear(&errors[w]);
    }
    return failures > 0 && found == 0
               ? error_set(error, STATUS_INTERNAL_ERROR, "a step failed at no operator")
               : status;
}

/* Memory. What a step makes cannot be evicted before it is committed. */

enum { LARGE_SHARE = 8 }; /* of memory_max is what a job must hold to be to blame */

static void add_pinned(void *argument, Node *node) {
    *(size_t *)argument += node_pinned_bytes(node);
}

size_t job_pinned_bytes(const Job *job, const Flow *flow) {
    size_t bytes = job->relation == NULL ? 0 : relation_dirty_bytes(job->relation);
    flow_visit(flow, job->definition.object_id, add_pinned, &bytes);
    return bytes;
}

bool memory_is_much(const Coordinator *coordinator, size_t bytes) {
    return bytes >= coordinator->spec.memory_max / LARGE_SHARE;
}

void memory_error(const Coordinator *coordinator, size_t bytes, Error *error) {
    error_set(error, STATUS_OUT_OF_MEMORY,
        "out of memory: a step made %zu MB that are not committed yet, and the server may use %zu MB "
        "(--memory-max)",
        bytes >> 20, coordinator->spec.memory_max >> 20);
}

bool memory_relieve(Coordinator *coordinator) {
    Job *largest = NULL;
    size_t most = 0;
    for (int i = 0; i < coordinator->job_count; i++) {
        Job *job = coordinator->jobs[i];
        bool is_asked = !job->is_suspended && job->definition.kind != JOB_TABLE;
        size_t bytes = is_asked ? job_pinned_bytes(job, coordinator->flow) : 0;
        largest = bytes > most ? job : largest;
        most = bytes > most ? bytes : most;
    }
    if (largest == NULL || !memory_is_much(coordinator, most))
        return false;
    Error cause = {0};
    memory_error(coordinator, most, &cause);
    job_suspend(largest, &cause);
    error_clear(&cause);
    return true;
}
