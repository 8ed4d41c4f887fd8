/* Drift: sources that meet in a job keep together in event time.

   Rows wait in joins and windows until every input's watermark has passed them. Were each source read as fast
   as it comes, the rows of a rarer one, or of one that is replayed from nearer by, would run hours ahead and
   all of them would wait there. So no partition is read whose watermark is more than the source's drift_max
   ahead of the slowest partition of its group that is behind: that has records now, or has them on their way.
   Who stands at its end holds nobody up, nor does one whose records have not come for a while: a lost broker
   stops its own source. (Flink calls this watermark alignment.) */
#include "executor/dataflow/job.h"

enum { PATIENCE = 1000000 };

static bool has_event_time(const SourceState *source) {
    return ((const StreamSourceParameters *)source->spec->parameters)->watermark != NULL;
}

static bool is_behind(const SourceState *source, int partition, int64_t now) {
    SourcePartition *at = &source->partitions[partition];
    bool is_ready = !source->is_stopped && source->reader->type->is_ready(source->reader, partition);
    bool is_waiting = !is_ready && !at->is_at_end && !at->is_finished;
    at->waiting_since = !is_waiting ? 0 : at->waiting_since != 0 ? at->waiting_since : now;
    if (at->is_finished || at->offset >= at->end)
        return false;
    return is_ready || (is_waiting && now - at->waiting_since < PATIENCE);
}

int64_t source_slowest(const SourceState *source, int64_t now) {
    int64_t slowest = WATERMARK_END;
    for (int p = 0; p < source->partition_count && has_event_time(source); p++) {
        const SourcePartition *at = &source->partitions[p];
        if (!is_behind(source, p, now))
            continue;
        int64_t own = at->is_idle && source->watermark > at->watermark ? source->watermark : at->watermark;
        slowest = own < slowest ? own : slowest;
    }
    return slowest;
}

void source_limit(SourceState *source, int64_t slowest) {
    bool is_held = has_event_time(source) && source->drift_max != INT64_MAX && slowest != WATERMARK_END;
    if (!is_held || __builtin_add_overflow(slowest, source->drift_max, &source->reach))
        source->reach = INT64_MAX;
    else if (slowest == WATERMARK_NONE)
        source->reach = WATERMARK_NONE;
    for (int p = 0; p < source->partition_count && source->reach != INT64_MAX; p++)
        if (source->partitions[p].watermark > source->reach &&
            source->reader->type->is_ready(source->reader, p)) {
            source->partitions[p].is_at_end = false; /* to be held up is not to be idle */
            source->partitions[p].at_end_since = 0;
        }
}

static Job *group_of(Job *job) {
    while (job->group != job)
        job = job->group = job->group->group;
    return job;
}

/* Tables connect nobody: they hold what they have whoever reads them. */
static void group_sources(Coordinator *coordinator) {
    for (int i = 0; i < coordinator->job_count; i++)
        coordinator->jobs[i]->group = coordinator->jobs[i];
    for (int i = 0; i < coordinator->job_count; i++) {
        Job *job = coordinator->jobs[i];
        for (int d = 0; d < job->definition.dependency_count && !job->is_suspended; d++) {
            Job *input = job_find(coordinator, job->definition.dependencies[d]);
            if (input != NULL && input->definition.kind != JOB_TABLE)
                group_of(input)->group = group_of(job);
        }
    }
    coordinator->are_sources_grouped = true;
}

void sources_align(Coordinator *coordinator) {
    int64_t now = monotonic_now();
    if (!coordinator->are_sources_grouped)
        group_sources(coordinator);
    for (int i = 0; i < coordinator->sources.count; i++)
        group_of(coordinator->sources.jobs[i])->slowest = WATERMARK_END;
    for (int i = 0; i < coordinator->sources.count; i++) {
        Job *job = coordinator->sources.jobs[i], *group = group_of(job);
        if (!job_is_read(job))
            continue;
        int64_t own = source_slowest(&job->source, now);
        group->slowest = own < group->slowest ? own : group->slowest;
    }
    for (int i = 0; i < coordinator->sources.count; i++)
        source_limit(&coordinator->sources.jobs[i]->source, group_of(coordinator->sources.jobs[i])->slowest);
}

int64_t source_patience_end(const SourceState *source, int64_t now) {
    int64_t end = INT64_MAX;
    for (int p = 0; p < source->partition_count && source->reach != INT64_MAX; p++) {
        int64_t since = source->partitions[p].waiting_since;
        if (since != 0 && since + PATIENCE > now && since + PATIENCE < end)
            end = since + PATIENCE;
    }
    return end;
}
