/* Status: what the coordinator tells of its jobs, gathered between two steps. */
#include <string.h>

#include "executor/base/memory.h"
#include "executor/engine/job.h"
#include "executor/operators/materialize.h"

Status coordinator_relation(Coordinator *coordinator, uint32_t object_id, Relation **out, Error *error) {
    Status status = OK;
    Relation *relation = NULL;
    pthread_mutex_lock(&coordinator->registry_lock);
    Job *job = job_find(coordinator, object_id);
    if (coordinator->kept_count > 0)
        relation = recovery_kept(coordinator, object_id);
    else if (object_id == OBJECT_ERRORS || object_id == OBJECT_LATE)
        relation = event_store_relation(object_id == OBJECT_ERRORS ? coordinator->errors : coordinator->late);
    else if (job != NULL && job->is_suspended) {
        status = error_set(
            error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "\"%s\" is suspended", job->definition.name);
        error_detail(error, "%s", job->trouble.message);
        if (job->is_rebuilt)
            error_hint(error, "It is being built again.");
        else if (job->definition.kind == JOB_VIEW && !job->definition.is_transient)
            error_hint(error, "ALTER MATERIALIZED VIEW ... RESUME builds it again.");
    } else if (job != NULL)
        relation = job->relation;
    *out = relation == NULL ? NULL : relation_retain(relation);
    pthread_mutex_unlock(&coordinator->registry_lock);
    return status;
}

bool coordinator_is_suspended(Coordinator *coordinator, uint32_t object_id) {
    const Job *job = job_find(coordinator, object_id);
    return job != NULL && job->is_suspended;
}

typedef struct StatusArgument {
    JobStatus *jobs;
    int count;
} StatusArgument;

static void add_node(void *argument, Node *node) {
    JobStatus *status = argument;
    status->state_bytes += node_state_bytes(node);
    status->repeated_changes += node_operator(node)->changes_repeated;
    status->unmatched_changes += node_operator(node)->changes_unmatched;
}

/* The workers' sums in one. */
static void describe_sums(Coordinator *coordinator, const Job *job, JobStatus *status) {
    const SinkType *type = job->output.writer->type;
    Text whole = {0};
    for (int w = 0; w < coordinator->spec.worker_count; w++)
        type->fold(&whole, text_string(&job->output.staged[w]), job->output.staged[w].length);
    SinkSum sum;
    int capacity = 0;
    while (type->sum(job->output.writer, text_string(&whole), whole.length, status->sum_count, &sum)) {
        GROW(status->sums, capacity, status->sum_count + 1);
        sum.column = memory_strdup(sum.column);
        status->sums[status->sum_count++] = sum;
    }
    text_free(&whole);
}

static void describe_full_sink(const Coordinator *coordinator, const Job *job, Text *out) {
    bool is_waiting = job->definition.kind == JOB_SOURCE && job->reader_count > 0;
    const Job *full = is_waiting || job->definition.kind == JOB_SINK ? jobs_full_sink(coordinator) : NULL;
    if (full != NULL && (is_waiting || job == full))
        text_printf(out, "%s%s sink \"%s\": %lld bytes of its output are not delivered",
            out->length > 0 ? "; " : "", is_waiting ? "waits for" : "sources wait for", full->definition.name,
            (long long)job_waiting_bytes(full));
}

/* A row from far in the future makes those behind it late. */
static void describe_future(const Coordinator *coordinator, const Job *job, Text *out) {
    const int64_t day = INT64_C(86400000000);
    int64_t greatest = job->definition.kind == JOB_TABLE ? job->watermark_value : WATERMARK_NONE;
    for (int p = 0; job->definition.kind == JOB_SOURCE && p < job->source.partition_count; p++) {
        int64_t own = job->source.partitions[p].watermark;
        greatest = own > greatest && own != WATERMARK_END ? own : greatest;
    }
    if (greatest < coordinator->time + day)
        return;
    text_add_string(out, out->length > 0 ? "; watermark " : "watermark ");
    datum_format(type_of(TYPE_TIMESTAMP), &greatest, &type_settings_default, out);
    text_add_string(out, " is ahead of the clock: earlier rows are late");
}

static void describe(Coordinator *coordinator, Job *job, JobStatus *status) {
    *status = (JobStatus){
        .object_id = job->definition.object_id,
        .kind = job->definition.kind,
        .name = memory_strdup(job->definition.name),
        .is_building = job->is_building,
        .is_suspended = job->is_suspended,
        .is_stopped = job->source.is_stopped,
        .errors = job->errors,
        .late_rows = job->late_rows,
        .rows_discarded = event_store_discarded(coordinator->errors, job->definition.object_id) +
                          event_store_discarded(coordinator->late, job->definition.object_id),
        .watermark = job->definition.kind == JOB_SOURCE ? job->source.watermark : job->watermark_value,
        .staged = job->staged,
        .delivered = job->delivery == NULL ? job->delivered : delivery_confirmed(job->delivery),
    };
    flow_visit(coordinator->flow, job->definition.object_id, add_node, status);
    if (job->relation != NULL) {
        status->rows = relation_row_count(job->relation);
        status->state_bytes += relation_bytes(job->relation);
    }
    if (job->is_suspended)
        text_add_string(&status->trouble, job->trouble.message);
    if (job->definition.kind == JOB_SOURCE) {
        status->is_stored = job->definition.spec->type == &materialize_operator;
        status->rows = status->is_stored ? status->rows : job->source.rows_read;
        status->partition_count = job->source.partition_count;
        status->partitions = NEW_ARRAY(SourcePartition, status->partition_count + 1);
        memcpy(status->partitions, job->source.partitions,
            sizeof(SourcePartition) * (size_t)status->partition_count);
        if (job->source.is_stopped)
            text_add_string(&status->trouble, job->source.trouble.message);
        else if (job->source.reader->type->status != NULL)
            job->source.reader->type->status(job->source.reader, &status->trouble);
        if (!job->source.is_stopped && job->source.reader->type->lag != NULL) {
            status->lags = NEW_ARRAY(int64_t, status->partition_count + 1);
            for (int p = 0; p < status->partition_count; p++)
                status->lags[p] = job->source.reader->type->lag(job->source.reader, p);
        }
    }
    describe_future(coordinator, job, &status->trouble);
    if (job->delivery != NULL)
        delivery_trouble(job->delivery, &status->trouble);
    if (job->definition.kind == JOB_SINK && job->output.writer->type->status != NULL)
        job->output.writer->type->status(job->output.writer, &status->trouble);
    if (job->definition.kind == JOB_SINK && job->output.writer->type->is_discarding)
        describe_sums(coordinator, job, status);
    describe_full_sink(coordinator, job, &status->trouble);
}

static Status gather_status(Coordinator *coordinator, void *argument, Error *error) {
    StatusArgument *status = argument;
    int builds = 0;
    for (Build *build = coordinator->builds; build != NULL; build = build_next(build))
        builds++;
    status->jobs = NEW_ARRAY(JobStatus, coordinator->job_count + builds + coordinator->failure_count + 1);
    for (int i = 0; i < coordinator->job_count; i++)
        if (!coordinator->jobs[i]->is_rebuilt)
            describe(coordinator, coordinator->jobs[i], &status->jobs[status->count++]);
    for (Build *build = coordinator->builds; build != NULL; build = build_next(build))
        describe(coordinator, build_job(build), &status->jobs[status->count++]);
    for (int i = 0; i < coordinator->failure_count; i++) {
        const BuildFailure *failure = &coordinator->failures[i];
        JobStatus *failed = &status->jobs[status->count++];
        *failed = (JobStatus){.object_id = failure->object_id,
            .kind = failure->kind,
            .name = memory_strdup(failure->name),
            .is_failed = true,
            .watermark = WATERMARK_NONE};
        text_add_string(&failed->trouble, failure->trouble);
    }
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
    Job *job = job_find(coordinator, object_id);
    if (job != NULL && job->is_suspended) {
        error_set(
            error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "\"%s\" is suspended", job->definition.name);
        error_detail(error, "%s", job->trouble.message);
        return error_hint(error, "Its state is gone: ALTER SINK ... RESUME FROM SNAPSHOT begins anew.");
    }
    if (job == NULL || job->delivery == NULL)
        return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "the sink delivers nothing");
    TRY(delivery_resume(job->delivery, skip_to, error));
    commit_forget_pause(job, coordinator_stage(coordinator));
    coordinator->is_dirty = true;
    return OK;
}

static Status note_deliveries(Coordinator *coordinator, void *argument, Error *error) {
    for (int i = 0; i < coordinator->sinks.count; i++) {
        const Job *job = coordinator->sinks.jobs[i];
        coordinator->is_dirty |= job->delivery != NULL && delivery_confirmed(job->delivery) != job->delivered;
    }
    return OK;
}

Status coordinator_note_deliveries(Coordinator *coordinator, Error *error) {
    return coordinator_call(coordinator, note_deliveries, NULL, error);
}

uint64_t coordinator_undelivered(Coordinator *coordinator, uint32_t object_id) {
    const Job *job = job_find(coordinator, object_id);
    if (job == NULL || job->definition.kind != JOB_SINK)
        return 0;
    uint64_t delivered = job->delivery == NULL ? job->delivered : delivery_confirmed(job->delivery);
    return job->staged > delivered ? job->staged - delivered : 0;
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
    if (job_find(coordinator, wanted->object_id) == NULL)
        return error_set(error, STATUS_UNDEFINED_TABLE, "the job does not run");
    flow_visit(coordinator->flow, wanted->object_id, add_operator, wanted);
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
