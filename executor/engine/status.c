/* Status: what the coordinator tells of its jobs, gathered between two steps. */
#include "executor/base/memory.h"
#include "executor/engine/coordinator_state.h"
#include "executor/engine/job/job_sink.h"
#include "executor/engine/job/job_source.h"

Status coordinator_relation(Coordinator *coordinator, uint32_t object_id, Relation **out, Error *error) {
    return jobs_relation(coordinator->home.jobs, object_id, out, error);
}

bool coordinator_is_suspended(Coordinator *coordinator, uint32_t object_id) {
    const Job *job = jobs_find(coordinator->home.jobs, object_id);
    return job != NULL && job_is_suspended(job);
}

static void describe_full_sink(const Home *home, const Job *job, Text *out) {
    const Job *full = sink_that_is_full(home);
    bool is_waiting = job_is_source(job) && job_is_read(job);
    if (full != NULL && (is_waiting || job == full))
        text_printf(out, "%s%s sink \"%s\": %lld bytes of its output are not delivered",
            out->length > 0 ? "; " : "", is_waiting ? "waits for" : "sources wait for",
            job_definition(full)->name, (long long)sink_waiting_bytes(full));
}

static void describe(const Home *home, Job *job, JobStatus *status) {
    job_describe(job, status);
    status->rows_discarded = events_discarded(home->events, job_id(job));
    describe_full_sink(home, job, &status->trouble);
}

static void describe_failure(const BuildFailure *failure, JobStatus *status) {
    *status = (JobStatus){.object_id = failure->object_id,
        .kind = failure->kind,
        .name = memory_strdup(failure->name),
        .is_failed = true,
        .watermark = WATERMARK_NONE};
    text_add_string(&status->trouble, failure->trouble);
}

typedef struct StatusArgument {
    JobStatus *jobs;
    int count;
} StatusArgument;

static Status gather_status(Coordinator *coordinator, void *argument, Error *error) {
    const Home *home = &coordinator->home;
    StatusArgument *status = argument;
    int failure_count;
    const JobList *all = jobs_all(home->jobs), *builds = jobs_announced(home->jobs);
    const BuildFailure *failures = builds_failures(coordinator->builds, &failure_count);
    status->jobs = NEW_ARRAY(JobStatus, all->count + builds->count + failure_count + 1);
    for (int i = 0; i < all->count; i++)
        if (!job_is_rebuilt(all->jobs[i]))
            describe(home, all->jobs[i], &status->jobs[status->count++]);
    for (int i = 0; i < builds->count; i++)
        describe(home, builds->jobs[i], &status->jobs[status->count++]);
    for (int i = 0; i < failure_count; i++)
        describe_failure(&failures[i], &status->jobs[status->count++]);
    return OK;
}

void coordinator_status(Coordinator *coordinator, JobStatus **jobs, int *count) {
    StatusArgument argument = {0};
    Error error = {0};
    (void)coordinator_call(coordinator, gather_status, &argument, &error);
    error_clear(&error);
    *jobs = argument.jobs;
    *count = argument.count;
}

Status coordinator_resume_sink(Coordinator *coordinator, uint32_t object_id, uint64_t skip_to, Error *error) {
    Job *job = jobs_find(coordinator->home.jobs, object_id);
    if (job != NULL && job_is_suspended(job)) {
        (void)job_suspended_error(job, error);
        return error_hint(error, "Its state is gone: ALTER SINK ... RESUME FROM SNAPSHOT begins anew.");
    }
    if (job == NULL)
        return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "the sink delivers nothing");
    return sink_resume(job, skip_to, error);
}

static Status note_deliveries(Coordinator *coordinator, void *argument, Error *error) {
    const JobList *sinks = jobs_list(coordinator->home.jobs, LIST_SINKS);
    for (int i = 0; i < sinks->count; i++)
        if (sink_has_delivered(sinks->jobs[i]))
            open_epoch_touch(coordinator->home.open);
    return OK;
}

Status coordinator_note_deliveries(Coordinator *coordinator, Error *error) {
    return coordinator_call(coordinator, note_deliveries, NULL, error);
}

uint64_t coordinator_undelivered(Coordinator *coordinator, uint32_t object_id) {
    const Job *job = jobs_find(coordinator->home.jobs, object_id);
    return job == NULL ? 0 : sink_undelivered(job);
}

typedef struct OperatorsArgument {
    uint32_t object_id;
    OperatorStatus *operators;
    int count, capacity;
} OperatorsArgument;

static OperatorStatus *status_of(OperatorsArgument *all, uint32_t operator_id) {
    for (int i = 0; i < all->count; i++)
        if (all->operators[i].operator_id == operator_id)
            return &all->operators[i];
    GROW(all->operators, all->capacity, all->count + 1);
    all->operators[all->count] = (OperatorStatus){.operator_id = operator_id, .watermark = WATERMARK_NONE};
    return &all->operators[all->count++];
}

static void add_operator(void *argument, Node *node) {
    const Operator *instance = node_operator(node);
    OperatorStatus *status = status_of(argument, instance->spec->id);
    status->rows_in += instance->rows_in;
    status->rows_out += instance->rows_out;
    status->nanoseconds += instance->nanoseconds;
    status->changes_repeated += instance->changes_repeated;
    status->changes_unmatched += instance->changes_unmatched;
    status->state_bytes += node_state_bytes(node);
    for (int c = 0; c < instance->spec->output.count; c++)
        if (instance->spec->has_watermark != NULL && instance->spec->has_watermark[c] &&
            (status->watermark == WATERMARK_NONE || instance->watermarks[c] < status->watermark))
            status->watermark = instance->watermarks[c];
}

static Status gather_operators(Coordinator *coordinator, void *argument, Error *error) {
    OperatorsArgument *wanted = argument;
    if (jobs_find(coordinator->home.jobs, wanted->object_id) == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "the job does not run");
    flow_visit(coordinator->home.flow, wanted->object_id, add_operator, wanted);
    return OK;
}

Status coordinator_operators(
    Coordinator *coordinator, uint32_t object_id, OperatorStatus **operators, int *count, Error *error) {
    OperatorsArgument argument = {.object_id = object_id};
    Status status = coordinator_call(coordinator, gather_operators, &argument, error);
    *operators = argument.operators;
    *count = argument.count;
    return status;
}

void coordinator_commit_status(Coordinator *coordinator, CommitStatus *status) {
    commit_describe(coordinator->commit, status);
    step_counts(coordinator->stepper, &status->steps, &status->wide_steps);
    status->held_write_sets = mailbox_held_count(coordinator->home.mailbox);
}
