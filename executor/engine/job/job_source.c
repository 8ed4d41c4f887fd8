/* A source: its partitions' progress, durable with each commit. One that is stored keeps what it reads, as a
   table does. */
#include "executor/engine/job/job_source.h"

#include <assert.h>

#include "executor/base/clock.h"
#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/engine/job/job_type.h"
#include "executor/operators/materialize.h"

typedef struct SourceJob {
    Job base;
    SourceState state;
    bool is_reading; /* see source_start_reading */
} SourceJob;

bool job_is_source(const Job *job) {
    return job->type == &source_job;
}

static SourceJob *source_of(Job *job) {
    assert(job_is_source(job));
    return (SourceJob *)job;
}

SourceState *source_state(Job *job) {
    return &source_of(job)->state;
}

static const SourceState *state_view(const Job *job) {
    assert(job_is_source(job));
    return &((const SourceJob *)job)->state;
}

SourceStateSpec source_state_spec(const JobDefinition *definition) {
    return (SourceStateSpec){
        .object_id = definition->object_id,
        .plan = definition->spec,
        .start_offsets = definition->source.start_offsets,
        .partition_count = definition->source.partition_count,
        .idle_timeout = definition->source.idle_timeout,
        .drift_max = definition->source.drift_max,
    };
}

static void source_open(Job *job) {
    SourceState *state = source_state(job);
    SourceStateSpec spec = source_state_spec(&job->definition);
    source_state_open(state, &spec, job->definition.source.reader);
    state->record_failed = events_record_failed;
    state->argument = job->home->events;
    state->reader->wake = mailbox_wake;
    state->reader->wake_argument = job->home->mailbox;
}

static void source_close(Job *job) {
    source_state_close(source_state(job));
}

static void source_restore(Job *job, TextReader *fact) {
    SourceState *state = source_state(job);
    state->watermark = (int64_t)text_read_u64(fact);
    source_state_grow(state, (int)text_read_u32(fact), WATERMARK_NONE);
    for (int p = 0; p < state->partition_count && !fact->is_bad; p++) {
        SourcePartition *at = &state->partitions[p];
        at->offset = (int64_t)text_read_u64(fact);
        at->watermark = (int64_t)text_read_u64(fact);
        at->is_finished = text_read_u8(fact);
    }
    for (int p = 0; p < state->partition_count && fact->cursor < fact->end; p++)
        state->partitions[p].first_watermark = (int64_t)text_read_u64(fact);
}

static void source_use_leaf(Job *job, Node *leaf) {
    stream_source_use(node_operator(leaf), source_state(job));
}

static Status assign(SourceState *state, int partition, Error *error) {
    int64_t offset = state->partitions[partition].offset;
    return state->reader->type->assign(state->reader, partition, offset, INT64_MAX, error);
}

static Status source_start(Job *job, Error *error) {
    SourceState *state = source_state(job);
    for (int p = 0; p < state->partition_count; p++)
        TRY(assign(state, p, error));
    return OK;
}

/* A stored one is read whole: its own table has all columns. */
static void source_read_changed(Job *job) {
    if (job->relation != NULL)
        return;
    job_changed(job);
    source_state_want(source_state(job), flow_graph(job->home->flow, 0));
}

static bool source_takes_part(Job *job, int64_t now) {
    SourceState *state = source_state(job);
    if (!job_is_read(job))
        return false;
    return source_advance_watermark(state, now) > job->sealed_watermark || source_is_ready(state);
}

static bool source_grant(Job *job, int rows) {
    if (!source_is_ready(source_state(job)))
        return false;
    for (int w = 0; w < job->home->spec->worker_count; w++) {
        stream_source_grant(node_operator(job->leaves[w]), rows);
        graph_wake(flow_graph(job->home->flow, w), job->leaves[w]);
    }
    return true;
}

static int64_t source_fix_watermark(Job *job, int64_t now, int *column) {
    const OperatorSpec *leaf = source_state(job)->spec;
    *column = ((const StreamSourceParameters *)leaf->parameters)->watermark_column;
    return source_advance_watermark(source_state(job), now);
}

static int64_t source_rows_taken(const Job *job) {
    return state_view(job)->rows_read;
}

static Status source_cut(Job *job, Cut *facts, Error *error) {
    const SourceState *state = source_state(job);
    if (job->is_suspended)
        return OK; /* it stays where it was committed last */
    Text value = {0};
    text_add_u64(&value, (uint64_t)state->watermark);
    text_add_u32(&value, (uint32_t)state->partition_count);
    for (int p = 0; p < state->partition_count; p++) {
        const SourcePartition *at = &state->partitions[p];
        text_add_u64(&value, (uint64_t)(at->offset + (MUTANT("offset-one-ahead") ? 1 : 0)));
        text_add_u64(&value, (uint64_t)at->watermark);
        text_add_u8(&value, at->is_finished);
    }
    for (int p = 0; p < state->partition_count; p++)
        text_add_u64(&value, (uint64_t)state->partitions[p].first_watermark);
    fact_put(facts, FACT_SOURCE, job_id(job), &value);
    text_free(&value);
    return OK;
}

static void source_publish(const Job *job, PublishedObject *object) {
    const SourceState *state = state_view(job);
    object->partition_count = state->partition_count;
    object->offsets = NEW_ARRAY(int64_t, state->partition_count + 1);
    object->first_watermarks = NEW_ARRAY(int64_t, state->partition_count + 1);
    for (int p = 0; p < state->partition_count; p++) {
        object->offsets[p] = state->partitions[p].offset;
        object->first_watermarks[p] = state->partitions[p].first_watermark;
    }
}

static void describe_reader(const SourceState *state, JobStatus *status) {
    SourceReader *reader = state->reader;
    if (state->is_stopped)
        text_add_string(&status->trouble, state->trouble.message);
    else if (reader->type->status != NULL)
        reader->type->status(reader, &status->trouble);
    if (state->is_stopped || reader->type->lag == NULL)
        return;
    status->lags = NEW_ARRAY(int64_t, state->partition_count + 1);
    for (int p = 0; p < state->partition_count; p++)
        status->lags[p] = reader->type->lag(reader, p);
}

static void source_describe(Job *job, JobStatus *status) {
    const SourceState *state = source_state(job);
    int64_t greatest = WATERMARK_NONE;
    status->is_stopped = state->is_stopped;
    status->watermark = state->watermark;
    status->is_stored = job->definition.spec->type == &materialize_operator;
    status->rows = status->is_stored ? status->rows : state->rows_read;
    status->partition_count = state->partition_count;
    status->partitions = NEW_ARRAY(SourcePartition, state->partition_count + 1);
    for (int p = 0; p < state->partition_count; p++) {
        int64_t own = state->partitions[p].watermark;
        status->partitions[p] = state->partitions[p];
        greatest = own > greatest && own != WATERMARK_END ? own : greatest;
    }
    describe_reader(state, status);
    job_describe_future(job, greatest, &status->trouble);
}

void source_start_reading(Job *job) {
    if (!job_is_source(job) || job->relation == NULL || source_of(job)->is_reading)
        return;
    source_of(job)->is_reading = true;
    job->reader_count++;
    job_changed(job);
}

Status source_take_position(Job *job, const SourceState *read, Error *error) {
    SourceState *state = source_state(job);
    assert(!job_is_read(job) && read->partition_count == state->partition_count);
    for (int p = 0; p < state->partition_count; p++) {
        assert(read->partitions[p].offset >= state->partitions[p].offset);
        state->partitions[p] = read->partitions[p];
        state->partitions[p].end = INT64_MAX;
        TRY(assign(state, p, error));
    }
    state->watermark = read->watermark;
    state->rows_read += read->rows_read;
    job_changed(job);
    return OK;
}

/* New partitions are read from their beginning, whatever the source's start was: they came after it. */
static Status take_new_partitions(Job *job, Error *error) {
    SourceState *state = source_state(job);
    int known = state->reader->type->known_partitions(state->reader), had = state->partition_count;
    if (known <= had)
        return OK;
    source_state_grow(state, known, state->watermark);
    job_changed(job);
    open_epoch_touch(job->home->open);
    for (int p = had; p < known; p++)
        TRY(assign(state, p, error));
    return OK;
}

void source_grow(Job *job, int64_t now) {
    SourceState *state = source_state(job);
    Error error = {0};
    if (job->is_suspended)
        return;
    if (state->reader->type->known_partitions != NULL && !state->is_stopped &&
        take_new_partitions(job, &error) != OK)
        source_stop(state, &error);
    source_retry(state, now);
}

void source_rest(Job *job) {
    SourceState *state = source_state(job);
    for (int p = 0; p < state->partition_count; p++)
        state->partitions[p].at_end_since = 0;
}

const JobType source_job = {
    .size = sizeof(SourceJob),
    .traits = {.is_resumable = true},
    .has_rows = true,
    .has_leaves = true,
    .list = LIST_SOURCES,
    .fact = FACT_SOURCE,
    .open = source_open,
    .close = source_close,
    .restore = source_restore,
    .use_leaf = source_use_leaf,
    .start = source_start,
    .read_changed = source_read_changed,
    .takes_part = source_takes_part,
    .grant = source_grant,
    .fix_watermark = source_fix_watermark,
    .rows_taken = source_rows_taken,
    .cut = source_cut,
    .publish = source_publish,
    .describe = source_describe,
};
