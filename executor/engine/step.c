/* Step: one evaluation of the graph over the input taken for it.

   Rounds: each worker takes at most a round's rows from its partitions, and all run their operators until
   none has anything to do. When no more is at hand, or the step has gone on long enough, the step watermark
   of each source is fixed, and only then are the leaves sealed: W is a promise about all rows that were
   taken. Then the graphs run to their end. A step of few rows is run by the coordinator alone, over all
   workers' graphs in turn: the same loop, without waking anybody. */
#include <string.h>

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/engine/job.h"

enum { CLOCK_SLEEP_MAX = 60000000 };

void step_take_time(Coordinator *coordinator) {
    int64_t now = coordinator->spec.clock(coordinator->spec.clock_argument);
    if (now > coordinator->time)
        coordinator->time = now;
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

static void sources_align(Coordinator *coordinator) {
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

static bool source_takes_part(Job *job) {
    if (job->definition.kind != JOB_SOURCE || !job_is_read(job))
        return false;
    if (source_advance_watermark(&job->source, monotonic_now()) > job->sealed_watermark)
        return true;
    return source_is_ready(&job->source);
}

static void take_part(Coordinator *coordinator, Job *job) {
    job_list_add(&coordinator->stepping, job);
    flow_activate(coordinator->flow, job->leaves);
}

/* Marks what has input or a watermark that moved; returns whether anything has. */
static bool activate(Coordinator *coordinator, bool with_sources) {
    flow_begin_step(coordinator->flow);
    coordinator->stepping.count = 0;
    for (int i = 0; i < coordinator->queued.count; i++) {
        Job *job = coordinator->queued.jobs[i];
        job->is_queued = false;
        if (!job->is_suspended)
            take_part(coordinator, job);
    }
    coordinator->queued.count = 0;
    if (with_sources)
        sources_align(coordinator);
    for (int i = 0; i < coordinator->sources.count && with_sources; i++)
        if (source_takes_part(coordinator->sources.jobs[i]))
            take_part(coordinator, coordinator->sources.jobs[i]);
    bool is_due = flow_activate_due(coordinator->flow, coordinator->time);
    return coordinator->stepping.count > 0 || is_due;
}

static Status feed_tables(Coordinator *coordinator, int64_t *rows, Error *error) {
    for (int i = 0; i < coordinator->stepping.count; i++) {
        Job *job = coordinator->stepping.jobs[i];
        for (int w = 0; w < coordinator->spec.worker_count && job->definition.kind == JOB_TABLE; w++) {
            BatchList *queue = &job->queue[w];
            for (int b = 0; b < queue->count; b++) {
                *rows += queue->batches[b]->selected_count;
                job->rows_fed += queue->batches[b]->selected_count;
                TRY(graph_feed(flow_graph(coordinator->flow, w), job->leaves[w],
                    batch_retain(queue->batches[b]), error));
            }
            batch_list_clear(queue);
        }
    }
    return OK;
}

static int round_size(Coordinator *coordinator, bool is_first) {
    if (coordinator->spec.random_seed != 0) {
        coordinator->random = coordinator->random * 6364136223846793005ULL + 1442695040888963407ULL;
        int exponent = (int)(coordinator->random >> 60);
        return 1 + (int)((coordinator->random >> 33) % (1ULL << exponent));
    }
    return is_first ? coordinator->spec.inline_rows : coordinator->spec.round_rows;
}

/* Lets every source that takes part read a round's rows; false when none has any. */
static bool grant_round(Coordinator *coordinator, int rows) {
    bool is_any = false;
    sources_align(coordinator);
    for (int i = 0; i < coordinator->stepping.count; i++) {
        Job *job = coordinator->stepping.jobs[i];
        if (job->definition.kind != JOB_SOURCE || job->is_suspended || !source_is_ready(&job->source))
            continue;
        is_any = true;
        for (int w = 0; w < coordinator->spec.worker_count; w++) {
            stream_source_grant(node_operator(job->leaves[w]), rows);
            graph_wake(flow_graph(coordinator->flow, w), job->leaves[w]);
        }
    }
    return is_any;
}

/* Runs the live graphs to their end, or until they wait; jobs that fail meanwhile are suspended. */
static Status run_live(Coordinator *coordinator, bool to_end, bool is_inline, Error *error) {
    int workers = coordinator->spec.worker_count;
    size_t memory_max = coordinator->spec.memory_max;
    for (;;) {
        Error errors[workers];
        memset(errors, 0, sizeof errors);
        FlowRun run = {to_end, is_inline, memory_max, errors};
        FlowEnd end = flow_run(coordinator->flow, &run);
        if (end.is_over && !memory_relieve(coordinator))
            memory_max = 0;
        if (end.is_failed)
            TRY(jobs_fail(coordinator, errors, error));
        else if (end.unfinished != 0)
            TRY(job_fail_unfinished(coordinator, end.unfinished, error));
        else
            return OK;
    }
}

static Status take_rounds(Coordinator *coordinator, bool *is_small, Error *error) {
    int64_t begin = monotonic_now();
    for (int round = 0; grant_round(coordinator, round_size(coordinator, round == 0)); round++) {
        if (round > 0 && coordinator->spec.random_seed == 0)
            *is_small = false;
        TRY(run_live(coordinator, false, *is_small, error));
        if (monotonic_now() - begin >= coordinator->spec.step_time_max ||
            (coordinator->spec.random_seed != 0 && round_size(coordinator, false) % 3 != 0))
            break;
    }
    return OK;
}

/* The tables and sources that this step took rows of. */
static int count_inputs(Coordinator *coordinator) {
    int count = 0;
    for (int i = 0; i < coordinator->stepping.count; i++) {
        Job *job = coordinator->stepping.jobs[i];
        int64_t rows = job->definition.kind == JOB_SOURCE ? job->source.rows_read : job->rows_fed;
        count += rows != job->rows_stepped;
        job->rows_stepped = rows;
    }
    return count;
}

/* Fixes W and seals the leaves. */
static Status seal_leaves(Coordinator *coordinator, Error *error) {
    for (int i = 0; i < coordinator->stepping.count; i++) {
        Job *job = coordinator->stepping.jobs[i];
        bool is_source = job->definition.kind == JOB_SOURCE;
        if (job->is_suspended)
            continue;
        int64_t watermark =
            is_source ? source_advance_watermark(&job->source, monotonic_now()) : job->watermark_value;
        if (MUTANT("watermark-high") && watermark != WATERMARK_NONE && watermark != WATERMARK_END)
            watermark++;
        job->sealed_watermark = watermark;
        const OperatorSpec *spec = node_operator(job->leaves[0])->spec;
        int column = is_source ? ((const StreamSourceParameters *)spec->parameters)->watermark_column
                               : job->definition.watermark_column;
        int64_t watermarks[spec->output.count + 1];
        for (int c = 0; c < spec->output.count; c++)
            watermarks[c] = c == column ? watermark : WATERMARK_NONE;
        for (int w = 0; w < coordinator->spec.worker_count; w++)
            TRY(graph_seal(flow_graph(coordinator->flow, w), job->leaves[w], watermarks, error));
    }
    return OK;
}

/* A sink has too much to deliver. To stand still because nobody reads is not to be idle. */
static void rest_sources(Coordinator *coordinator) {
    for (int i = 0; i < coordinator->sources.count; i++) {
        SourceState *source = &coordinator->sources.jobs[i]->source;
        for (int p = 0; p < source->partition_count; p++)
            source->partitions[p].at_end_since = 0;
    }
}

Status step_run(Coordinator *coordinator, bool *did_step, Error *error) {
    step_take_time(coordinator);
    sources_grow(coordinator);
    bool is_full = jobs_full_sink(coordinator) != NULL;
    if (is_full)
        rest_sources(coordinator);
    *did_step = activate(coordinator, !is_full && monotonic_now() >= coordinator->hold_sources_until);
    if (!*did_step)
        return OK;
    coordinator->environment.epoch = coordinator->open_epoch;
    int64_t rows = 0;
    TRY(feed_tables(coordinator, &rows, error));
    bool is_small = rows < coordinator->spec.inline_rows;
    TRY(run_live(coordinator, false, is_small, error));
    TRY(take_rounds(coordinator, &is_small, error));
    FAILPOINT("step.before-seal");
    TRY(seal_leaves(coordinator, error));
    TRY(run_live(coordinator, true, is_small, error));
    flow_end_step(coordinator->flow);
    coordinator->steps++;
    coordinator->wide_steps += count_inputs(coordinator) > 1;
    coordinator->is_dirty = true;
    FAILPOINT("step.end");
    return events_apply(coordinator, error);
}

/* The earliest deadline of an operator, as monotonic time. The clock may be set while we sleep, so that long
   sleeps are broken. */
static int64_t clock_deadline(Coordinator *coordinator) {
    int64_t due = flow_deadline(coordinator->flow);
    if (due == INT64_MAX)
        return due;
    int64_t now = coordinator->spec.clock(coordinator->spec.clock_argument), left = due > now ? due - now : 0;
    return monotonic_now() + (left < CLOCK_SLEEP_MAX ? left : CLOCK_SLEEP_MAX);
}

int64_t step_deadline(Coordinator *coordinator) {
    int64_t deadline = clock_deadline(coordinator), now = monotonic_now();
    for (int i = 0; i < coordinator->sources.count; i++) {
        const Job *job = coordinator->sources.jobs[i];
        if (!job_is_read(job))
            continue;
        int64_t own = source_deadline(&job->source);
        deadline = own < deadline ? own : deadline;
        own = source_patience_end(&job->source, now);
        deadline = own < deadline ? own : deadline;
    }
    if (coordinator->hold_sources_until > now && coordinator->hold_sources_until < deadline)
        deadline = coordinator->hold_sources_until;
    return deadline;
}
