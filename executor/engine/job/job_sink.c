/* A sink: batches are numbered from 1 without holes, staged with the commit that numbers them, delivered by
   their numbers, and forgotten once a commit knows that they were. */
#include "executor/engine/job/job_sink.h"

#include <assert.h>

#include "executor/base/memory.h"
#include "executor/engine/job/delivery.h"
#include "executor/engine/job/job_type.h"

typedef struct SinkJob {
    Job base;
    SinkOutput output;
    uint64_t staged,
        delivered;        /* the last batch that is committed, and that was known to be delivered then */
    int64_t staged_bytes; /* of all batches since the start, and of those that were waiting then */
    int part_count;       /* the greatest number of workers that any of its staged batches may be of */
    Delivery *delivery;   /* NULL: it delivers nothing, or has ended */
} SinkJob;

static bool is_sink(const Job *job) {
    return job->type == &sink_job;
}

static SinkJob *sink_of(Job *job) {
    assert(is_sink(job));
    return (SinkJob *)job;
}

static const SinkJob *sink_view(const Job *job) {
    assert(is_sink(job));
    return (const SinkJob *)job;
}

SinkOutput *sink_output(Job *job) {
    return is_sink(job) ? &sink_of(job)->output : NULL;
}

static bool is_discarding(const SinkJob *sink) {
    return sink->output.writer->type->is_discarding;
}

static uint64_t confirmed(const SinkJob *sink) {
    return sink->delivery == NULL ? sink->delivered : delivery_confirmed(sink->delivery);
}

static void sink_open(Job *job) {
    SinkJob *sink = sink_of(job);
    sink->output.writer = job->definition.writer;
    sink->part_count = job->home->spec->worker_count;
    sink->output.staged = NEW_ARRAY(Text, job->home->spec->worker_count);
}

static void sink_close(Job *job) {
    SinkJob *sink = sink_of(job);
    sink_stop_delivery(job);
    for (int w = 0; w < job->home->spec->worker_count; w++)
        text_free(&sink->output.staged[w]);
    memory_free(sink->output.staged);
    sink->output.writer->type->close(sink->output.writer);
}

static void sink_restore(Job *job, TextReader *fact) {
    SinkJob *sink = sink_of(job);
    sink->staged = text_read_u64(fact);
    sink->delivered = text_read_u64(fact);
    int parts = (int)text_read_u32(fact);
    sink->part_count = parts > sink->part_count ? parts : sink->part_count;
    sink->staged_bytes = fact->cursor < fact->end ? (int64_t)text_read_u64(fact) : 0;
    fact->is_bad |= sink->delivered > sink->staged;
}

/* The sums of workers that are no more go to the first, in the same commit that forgets them. */
static Status restore_sum(void *argument, int worker, const char *sum, size_t length, Error *error) {
    Job *job = argument;
    SinkJob *sink = sink_of(job);
    bool is_ours = worker < job->home->spec->worker_count;
    sink->output.writer->type->fold(&sink->output.staged[is_ours ? worker : 0], sum, length);
    if (is_ours)
        return OK;
    Text key = {0};
    discard_key(job_id(job), worker, &key);
    cut_delete(open_epoch_stage(job->home->open), FAMILY_FACTS, key.bytes, key.length);
    text_free(&key);
    return OK;
}

static Status sink_restore_sums(Job *job, Error *error) {
    if (!is_discarding(sink_of(job)))
        return OK;
    return discard_sums(job->home->spec->store, job_id(job), restore_sum, job, error);
}

/* What the outside holds is another server's, or was: nothing is delivered before somebody says how to go
   on. */
static Status read_pause(const Job *job, Error *pause, Error *error) {
    char *savepoint;
    size_t length;
    TRY(fact_get(job->home->spec->store, FACT_PAUSED, job_id(job), &savepoint, &length, error));
    if (savepoint == NULL)
        return OK;
    const char *name = job->definition.name;
    error_set(pause, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE,
        "sink \"%s\" is paused: this server was restored from \"%.*s\"; ALTER SINK %s SKIP TO %llu "
        "delivers what came since, ALTER SINK %s "
        "RESUME FROM SNAPSHOT "
        "everything",
        name, (int)length, savepoint, name, (unsigned long long)sink_view(job)->delivered + 1, name);
    memory_free(savepoint);
    return OK;
}

static Status sink_start(Job *job, Error *error) {
    SinkJob *sink = sink_of(job);
    Home *home = job->home;
    if (is_discarding(sink) || home->spec->store == NULL)
        return OK;
    Error pause = {0};
    TRY(read_pause(job, &pause, error));
    assert(sink->delivery == NULL);
    sink->delivery = delivery_start(&(DeliverySpec){
        .object_id = job_id(job),
        .writer = sink->output.writer,
        .store = home->spec->store,
        .epochs = home->epochs,
        .wake = mailbox_wake,
        .wake_argument = home->mailbox,
        .part_count = sink->part_count,
        .delivered = sink->delivered,
        .staged = sink->staged,
        .paused = pause.status == OK ? NULL : &pause,
    });
    error_clear(&pause);
    return OK;
}

static void sink_end(Job *job) {
    if (sink_of(job)->delivery != NULL)
        delivery_ask_to_stop(sink_of(job)->delivery);
}

/* A discarding sink's sums are kept and stored anew each time. */
static void cut_sums(SinkJob *sink, Cut *facts) {
    Text key = {0};
    for (int w = 0; w < sink->base.home->spec->worker_count; w++) {
        const Text *sum = &sink->output.staged[w];
        text_reset(&key);
        discard_key(job_id(&sink->base), w, &key);
        if (sum->length > 0)
            cut_put(facts, FAMILY_FACTS, key.bytes, key.length, sum->bytes, sum->length);
    }
    text_free(&key);
}

/* Every worker's part of the next batch; whether there was any. */
static bool cut_batch(SinkJob *sink, Cut *facts) {
    Text key = {0};
    bool is_any = false;
    for (int w = 0; w < sink->base.home->spec->worker_count; w++) {
        Text *staged = &sink->output.staged[w];
        if (staged->length == 0)
            continue;
        text_reset(&key);
        stage_key(job_id(&sink->base), sink->staged + 1, w, &key);
        cut_put(facts, FAMILY_LOG, key.bytes, key.length, staged->bytes, staged->length);
        sink->staged_bytes += (int64_t)staged->length;
        text_reset(staged);
        is_any = true;
    }
    sink->staged += is_any;
    text_free(&key);
    return is_any;
}

static void forget_delivered(const SinkJob *sink, uint64_t delivered, Cut *facts) {
    Text key = {0};
    for (uint64_t number = sink->delivered + 1; number <= delivered; number++)
        for (int part = 0; part < sink->part_count; part++) {
            text_reset(&key);
            stage_key(job_id(&sink->base), number, part, &key);
            cut_delete(facts, FAMILY_LOG, key.bytes, key.length);
        }
    text_free(&key);
}

static void put_progress(const SinkJob *sink, Cut *facts) {
    Text value = {0};
    text_add_u64(&value, sink->staged);
    text_add_u64(&value, sink->delivered);
    text_add_u32(&value, (uint32_t)sink->part_count);
    text_add_u64(&value, (uint64_t)sink_waiting_bytes(&sink->base));
    fact_put(facts, FACT_SINK, job_id(&sink->base), &value);
    text_free(&value);
}

void sink_cut(Job *job) {
    SinkJob *sink = sink_of(job);
    Cut *facts = open_epoch_stage(job->home->open);
    if (is_discarding(sink)) {
        cut_sums(sink, facts);
        return;
    }
    uint64_t delivered = confirmed(sink);
    if (sink->delivery != NULL && delivered >= sink->staged)
        sink->staged_bytes = delivery_bytes(sink->delivery);
    /* Resumed behind what stands outside: new batches are numbered after it. */
    sink->staged = sink->staged > delivered ? sink->staged : delivered;
    bool is_any = cut_batch(sink, facts);
    forget_delivered(sink, delivered, facts);
    if (!is_any && delivered == sink->delivered)
        return;
    sink->delivered = delivered;
    assert(sink->delivered <= sink->staged);
    put_progress(sink, facts);
}

bool sink_has_delivered(const Job *job) {
    return confirmed(sink_view(job)) != sink_view(job)->delivered;
}

uint64_t sink_undelivered(const Job *job) {
    if (!is_sink(job))
        return 0;
    uint64_t delivered = confirmed(sink_view(job)), staged = sink_view(job)->staged;
    return staged > delivered ? staged - delivered : 0;
}

int64_t sink_waiting_bytes(const Job *job) {
    const SinkJob *sink = sink_view(job);
    if (sink->delivery == NULL || delivery_confirmed(sink->delivery) >= sink->staged)
        return 0;
    int64_t waiting = sink->staged_bytes - delivery_bytes(sink->delivery);
    return waiting > 0 ? waiting : 0;
}

const Job *sink_that_is_full(const Home *home) {
    const JobList *sinks = jobs_list(home->jobs, LIST_SINKS);
    for (int i = 0; i < sinks->count; i++)
        if (!sinks->jobs[i]->is_suspended && sink_waiting_bytes(sinks->jobs[i]) >= home->spec->sink_stage_max)
            return sinks->jobs[i];
    return NULL;
}

Status sink_resume(Job *job, uint64_t skip_to, Error *error) {
    Delivery *delivery = is_sink(job) ? sink_of(job)->delivery : NULL;
    if (delivery == NULL)
        return error_set(error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "the sink delivers nothing");
    TRY(delivery_resume(delivery, skip_to, job->definition.name, error));
    fact_delete(open_epoch_stage(job->home->open), FACT_PAUSED, job_id(job));
    open_epoch_touch(job->home->open);
    return OK;
}

void sink_stop_delivery(Job *job) {
    if (!is_sink(job))
        return;
    delivery_stop(sink_of(job)->delivery);
    sink_of(job)->delivery = NULL;
}

/* Batches that are staged durably are delivered all the same: they are right. */
static void sink_drop(Job *job) {
    SinkJob *sink = sink_of(job);
    for (int w = 0; w < job->home->spec->worker_count && !is_discarding(sink); w++)
        text_reset(&sink->output.staged[w]);
}

static void sink_forget(const Job *job, Cut *facts) {
    output_delete(facts, job_id(job));
    fact_delete(facts, FACT_SINK, job_id(job));
    fact_delete(facts, FACT_PAUSED, job_id(job));
}

/* The workers' sums in one. */
static void describe_sums(const SinkJob *sink, JobStatus *status) {
    const SinkType *type = sink->output.writer->type;
    Text whole = {0};
    for (int w = 0; w < sink->base.home->spec->worker_count; w++)
        type->fold(&whole, text_string(&sink->output.staged[w]), sink->output.staged[w].length);
    SinkSum sum;
    int capacity = 0;
    while (type->sum(sink->output.writer, text_string(&whole), whole.length, status->sum_count, &sum)) {
        GROW(status->sums, capacity, status->sum_count + 1);
        sum.column = memory_strdup(sum.column);
        status->sums[status->sum_count++] = sum;
    }
    text_free(&whole);
}

static void sink_describe(Job *job, JobStatus *status) {
    const SinkJob *sink = sink_of(job);
    status->staged = sink->staged;
    status->delivered = confirmed(sink);
    if (sink->delivery != NULL)
        delivery_trouble(sink->delivery, &status->trouble);
    if (sink->output.writer->type->status != NULL)
        sink->output.writer->type->status(sink->output.writer, &status->trouble);
    if (is_discarding(sink))
        describe_sums(sink, status);
}

void sink_leave(Job *job) {
    assert(is_sink(job));
    jobs_leave(job->home->jobs, job);
}

static Status clean_up(Job *job, Error *error) {
    SinkWriter *writer = sink_of(job)->output.writer;
    sink_stop_delivery(job);
    Status status = writer->type->drop == NULL ? OK : writer->type->drop(writer, error);
    job_destroy(job);
    return status;
}

Status sinks_clean_up(Jobs *jobs, Error *error) {
    Status status = OK;
    JobList leaving = jobs_take_leaving(jobs);
    for (int i = 0; i < leaving.count; i++) {
        Error own = {0};
        Status left = clean_up(leaving.jobs[i], &own);
        if (status == OK && (status = left) != OK)
            error_move(error, &own);
        error_clear(&own);
    }
    memory_free(leaving.jobs);
    return status;
}

const JobType sink_job = {
    .size = sizeof(SinkJob),
    .list = LIST_SINKS,
    .fact = FACT_SINK,
    .open = sink_open,
    .close = sink_close,
    .restore = sink_restore,
    .restore_more = sink_restore_sums,
    .start = sink_start,
    .end = sink_end,
    .drop = sink_drop,
    .forget = sink_forget,
    .describe = sink_describe,
};
