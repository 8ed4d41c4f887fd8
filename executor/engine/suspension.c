/* Suspension: a job that fails leaves the run list with all that reads from it, and the others go on as if it
   had never been.

   Its state has taken in part of a step, and from now on misses what its inputs give: it is worth nothing and
   is dropped. A fact in the same commit says so, or a restart would let the job go on from a state that is
   older than its inputs. It comes back when it is built again (build.c). A stored source, whose input waits
   outside, keeps its state and position as of the last commit, and goes on from there after a restart.
   A build that reads what was suspended finds that out at its next slice. */
#include "executor/engine/suspension.h"

#include <assert.h>
#include <string.h>

#include "executor/base/log.h"
#include "executor/base/memory.h"
#include "executor/engine/commit/facts.h"

enum {
    STATE_LENGTH = 5, /* of an SQLSTATE */
    LARGE_SHARE = 8   /* of memory_max is what a job must hold to be to blame */
};

static void put_fact(const Home *home, const Job *job) {
    if (!job_is_durable(job))
        return;
    Text value = {0};
    text_add_string(&value, status_sqlstate(job_trouble(job)->status));
    text_add_string(&value, job_trouble(job)->message);
    fact_put(open_epoch_stage(home->open), FACT_SUSPENDED, job_id(job), &value);
    text_free(&value);
}

void suspension_forget(const Job *job) {
    if (job_is_durable(job))
        fact_delete(open_epoch_stage(job_home(job)->open), FACT_SUSPENDED, job_id(job));
}

/* The same for what reads the job. */
static void follow(const Job *read, const Error *cause, Error *error) {
    error_set(error, cause->status, "\"%s\", which it reads, is %s: %s", job_definition(read)->name,
        job_is_suspended(read) ? "suspended" : "gone", cause->message);
}

static Status read_fact(const Home *home, uint32_t object_id, Error *trouble, Error *error) {
    char *value;
    size_t length;
    TRY(fact_get(home->spec->store, FACT_SUSPENDED, object_id, &value, &length, error));
    if (value == NULL)
        return OK;
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

Status suspension_restore(Home *home, const JobDefinition *definition, Error *trouble, Error *error) {
    const JobTraits *traits = job_kind_traits(definition->kind);
    if (home->spec->store == NULL || traits->is_vital || traits->is_resumable)
        return OK;
    TRY(read_fact(home, definition->object_id, trouble, error));
    for (int i = 0; i < definition->dependency_count && trouble->status == OK; i++) {
        const Job *read = jobs_find(home->jobs, definition->dependencies[i]);
        if (read != NULL && job_is_suspended(read))
            follow(read, job_trouble(read), trouble);
    }
    return OK;
}

void suspension_explain(Job *job, const Error *cause) {
    jobs_explain(job_home(job)->jobs, job, cause);
    put_fact(job_home(job), job);
}

void suspension_store(Job *job) {
    job_drop_state(job);
    if (job_traits(job)->is_resumable)
        return;
    job_forget_state(job);
    put_fact(job_home(job), job);
}

static void suspend(Job *job, const Error *cause) {
    Home *home = job_home(job);
    if (job_is_suspended(job))
        return;
    log_error("\"%s\" is suspended: %s", job_definition(job)->name, cause->message);
    jobs_suspend(home->jobs, job, cause);
    open_epoch_touch(home->open); /* the next publication wakes who subscribes to it */
    suspension_of_readers(job, cause);
    flow_remove(home->flow, job_id(job));
    jobs_count_reads(home->jobs, job, -1);
    suspension_store(job);
}

void suspension_of_readers(Job *job, const Error *cause) {
    const JobList *all = jobs_all(job_home(job)->jobs);
    Error own = {0};
    follow(job, cause, &own);
    for (int i = 0; i < all->count; i++)
        if (job_reads(all->jobs[i], job_id(job)))
            suspend(all->jobs[i], &own);
    error_clear(&own);
}

/* What is wrong with the store is wrong for all. */
static bool is_of_store(Status status) {
    return status == STATUS_IO_ERROR || status == STATUS_DISK_FULL || status == STATUS_SYSTEM_ERROR;
}

static Status fail(Home *home, uint32_t object_id, const Error *cause, Error *error) {
    assert(cause->status != OK);
    Job *job = jobs_find(home->jobs, object_id);
    bool is_suspendable = job != NULL && !job_is_suspended(job) && !job_traits(job)->is_vital;
    if (!is_suspendable || is_of_store(cause->status)) {
        error_copy(error, cause);
        return error->status;
    }
    suspend(job, cause);
    return OK;
}

Status suspension_fail_unfinished(Home *home, uint32_t object_id, Error *error) {
    Error cause = {0};
    error_set(&cause, STATUS_INTERNAL_ERROR, "a step has come to a standstill before its end");
    Status status = fail(home, object_id, &cause, error);
    error_clear(&cause);
    return status;
}

Status suspension_fail_all(Home *home, Error *errors, Error *error) {
    Status status = OK;
    int failures = 0, found = 0;
    for (int w = 0; w < flow_worker_count(home->flow); w++) {
        const Graph *graph = flow_graph(home->flow, w);
        failures += errors[w].status != OK;
        /* Of a job that failed on several workers, the first has taken all nodes out. */
        for (uint32_t id; errors[w].status != OK && status == OK && (id = graph_failed_object(graph)) != 0;
             found++)
            status = fail(home, id, &errors[w], error);
        error_clear(&errors[w]);
    }
    return failures > 0 && found == 0
               ? error_set(error, STATUS_INTERNAL_ERROR, "a step failed at no operator")
               : status;
}

bool suspension_is_much(const Home *home, size_t bytes) {
    return bytes >= home->spec->memory_max / LARGE_SHARE;
}

void suspension_memory_error(const Home *home, size_t bytes, Error *error) {
    error_set(error, STATUS_OUT_OF_MEMORY,
        "out of memory: a step made %zu MB that are not committed yet, and the server may use %zu MB "
        "(--memory-max)",
        bytes >> 20, home->spec->memory_max >> 20);
}

bool suspension_relieve(Home *home) {
    const JobList *all = jobs_all(home->jobs);
    Job *largest = NULL;
    size_t most = 0;
    for (int i = 0; i < all->count; i++) {
        Job *job = all->jobs[i];
        bool is_asked = !job_is_suspended(job) && !job_traits(job)->is_vital;
        size_t bytes = is_asked ? job_pinned_bytes(job, home->flow) : 0;
        largest = bytes > most ? job : largest;
        most = bytes > most ? bytes : most;
    }
    if (largest == NULL || !suspension_is_much(home, most))
        return false;
    Error cause = {0};
    suspension_memory_error(home, most, &cause);
    suspend(largest, &cause);
    error_clear(&cause);
    return true;
}
