/* Step: one evaluation of the graph over the input taken for it.

   Rounds: each worker takes at most a round's rows from its partitions, and all run their operators until
   none has anything to do. When no more is at hand, or the step has gone on long enough, the step watermark
   of each source is fixed, and only then are the leaves sealed: W is a promise about all rows that were
   taken. Then the graphs run to their end. A step of few rows is run by the coordinator alone, over all
   workers' graphs in turn. */
#include "executor/engine/step.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/engine/job/job_sink.h"
#include "executor/engine/suspension.h"

enum { CLOCK_SLEEP_MAX = 60000000 };

struct Stepper {
    Home *home;
    Sources *sources;
    Publisher *publisher;
    atomic_llong steps, wide_steps;
};

/* Marks what has input or a watermark that moved; returns whether anything has. */
static bool activate(Stepper *stepper, bool with_sources) {
    Home *home = stepper->home;
    Jobs *jobs = home->jobs;
    const JobList *queued = jobs_list(jobs, LIST_QUEUED);
    const JobList *sources = jobs_list(jobs, LIST_SOURCES);
    int64_t now = clock_monotonic();
    flow_begin_step(home->flow);
    jobs_clear(jobs, LIST_STEPPING);
    for (int i = 0; i < queued->count; i++)
        if (job_takes_part(queued->jobs[i], now))
            jobs_enlist(jobs, LIST_STEPPING, queued->jobs[i]);
    jobs_clear(jobs, LIST_QUEUED);
    if (with_sources)
        sources_align(stepper->sources);
    for (int i = 0; i < sources->count && with_sources; i++)
        if (job_takes_part(sources->jobs[i], now))
            jobs_enlist(jobs, LIST_STEPPING, sources->jobs[i]);
    bool is_due = flow_activate_due(home->flow, open_epoch_time(home->open));
    return jobs_list(jobs, LIST_STEPPING)->count > 0 || is_due;
}

static Status feed_tables(const Home *home, int64_t *rows, Error *error) {
    const JobList *stepping = jobs_list(home->jobs, LIST_STEPPING);
    for (int i = 0; i < stepping->count; i++)
        TRY(job_feed(stepping->jobs[i], rows, error));
    return OK;
}

/* Lets every source that takes part read a round's rows; false when none has any. */
static bool grant_round(Stepper *stepper, int rows) {
    const JobList *stepping = jobs_list(stepper->home->jobs, LIST_STEPPING);
    bool is_any = false;
    sources_align(stepper->sources);
    for (int i = 0; i < stepping->count; i++)
        is_any |= job_grant(stepping->jobs[i], rows);
    return is_any;
}

/* Runs the live graphs to their end, or until they wait; jobs that fail meanwhile are suspended. */
static Status run_live(Home *home, bool to_end, bool is_inline, Error *error) {
    size_t memory_max = home->spec->memory_max;
    for (;;) {
        Error errors[home->spec->worker_count];
        memset(errors, 0, sizeof errors);
        FlowRun run = {to_end, is_inline, memory_max, errors};
        FlowEnd end = flow_run(home->flow, &run);
        if (end.is_over && !suspension_relieve(home))
            memory_max = 0;
        if (end.is_failed)
            TRY(suspension_fail_all(home, errors, error));
        else if (end.unfinished != 0)
            TRY(suspension_fail_unfinished(home, end.unfinished, error));
        else
            return OK;
    }
}

static int round_rows(const CoordinatorSpec *options, bool is_first) {
    if (options->rounds != NULL)
        return options->rounds->rows(options->rounds_argument);
    return is_first ? options->inline_rows : options->round_rows;
}

static Status take_rounds(Stepper *stepper, bool *is_small, Error *error) {
    const CoordinatorSpec *options = stepper->home->spec;
    const RoundPolicy *policy = options->rounds;
    int64_t begin = clock_monotonic();
    for (int round = 0; grant_round(stepper, round_rows(options, round == 0)); round++) {
        if (round > 0 && policy == NULL)
            *is_small = false;
        TRY(run_live(stepper->home, false, *is_small, error));
        if (clock_monotonic() - begin >= options->step_time_max ||
            (policy != NULL && policy->is_last(options->rounds_argument)))
            break;
    }
    return OK;
}

/* Fixes W and seals the leaves. */
static Status seal_leaves(const Home *home, Error *error) {
    const JobList *stepping = jobs_list(home->jobs, LIST_STEPPING);
    int64_t now = clock_monotonic();
    for (int i = 0; i < stepping->count; i++)
        TRY(job_seal(stepping->jobs[i], now, error));
    return OK;
}

static void count_step(Stepper *stepper) {
    const JobList *stepping = jobs_list(stepper->home->jobs, LIST_STEPPING);
    int inputs = 0;
    for (int i = 0; i < stepping->count; i++)
        inputs += job_took_rows(stepping->jobs[i]);
    stepper->steps++;
    stepper->wide_steps += inputs > 1;
}

Status step_run(Stepper *stepper, bool *did_step, Error *error) {
    Home *home = stepper->home;
    open_epoch_take_time(home->open);
    sources_grow(stepper->sources);
    bool is_full = sink_that_is_full(home) != NULL; /* it has too much to deliver */
    if (is_full)
        sources_rest(stepper->sources);
    *did_step = activate(stepper, !is_full && clock_monotonic() >= sources_held_until(stepper->sources));
    if (!*did_step)
        return OK;
    int64_t rows = 0;
    TRY(feed_tables(home, &rows, error));
    bool is_small = rows < home->spec->inline_rows;
    TRY(run_live(home, false, is_small, error));
    TRY(take_rounds(stepper, &is_small, error));
    FAILPOINT("step.before-seal");
    TRY(seal_leaves(home, error));
    TRY(run_live(home, true, is_small, error));
    flow_end_step(home->flow);
    count_step(stepper);
    open_epoch_touch(home->open);
    FAILPOINT("step.end");
    return events_apply(home->events, error);
}

/* The earliest deadline of an operator, as monotonic time. The clock may be set while we sleep, so that long
   sleeps are broken. */
static int64_t clock_deadline(const Home *home) {
    int64_t due = flow_deadline(home->flow);
    if (due == INT64_MAX)
        return due;
    int64_t now = open_epoch_clock(home->open), left = due > now ? due - now : 0;
    return clock_monotonic() + (left < CLOCK_SLEEP_MAX ? left : CLOCK_SLEEP_MAX);
}

int64_t step_deadline(const Stepper *stepper) {
    int64_t clock = clock_deadline(stepper->home), sources = sources_deadline(stepper->sources);
    return clock < sources ? clock : sources;
}

void step_counts(const Stepper *stepper, int64_t *steps, int64_t *wide_steps) {
    *steps = atomic_load(&stepper->steps);
    *wide_steps = atomic_load(&stepper->wide_steps);
}

/* The part of a commit. */

static CommitWish wants(void *owner) {
    const Home *home = ((Stepper *)owner)->home;
    const JobList *sinks = jobs_list(home->jobs, LIST_SINKS);
    if (flow_dirty_bytes(home->flow) > home->spec->dirty_bytes_max)
        return COMMIT_NOW;
    for (int i = 0; i < sinks->count; i++)
        if (sink_has_delivered(sinks->jobs[i]))
            return COMMIT_PACED;
    return publisher_has_scattered(((Stepper *)owner)->publisher) ? COMMIT_PACED : COMMIT_NOT;
}

/* What failed jobs have cut is dropped by the facts, which come last. */
static Status cut_graphs(const Home *home, CommitCuts *cuts, Error *error) {
    Error errors[home->spec->worker_count];
    memset(errors, 0, sizeof errors);
    cuts->nanoseconds += flow_cut(home->flow, open_epoch_number(home->open), cuts->workers, errors);
    return suspension_fail_all((Home *)home, errors, error);
}

static Status cut(void *owner, CommitCuts *cuts, Error *error) {
    const Stepper *stepper = owner;
    const Home *home = stepper->home;
    TRY(cut_graphs(home, cuts, error));
    const JobList *changed = jobs_list(home->jobs, LIST_CHANGED);
    for (int i = 0; i < changed->count; i++) {
        publisher_note(stepper->publisher, changed->jobs[i]);
        TRY(job_cut(changed->jobs[i], error));
    }
    jobs_clear(home->jobs, LIST_CHANGED);
    const JobList *sinks = jobs_list(home->jobs, LIST_SINKS);
    for (int i = 0; i < sinks->count; i++) /* deliveries move without steps */
        sink_cut(sinks->jobs[i]);
    TRY(events_cut(home->events, cuts->facts, error));
    return publisher_cut_scattered(stepper->publisher, error);
}

static void trim(void *owner) {
    publisher_trim(((Stepper *)owner)->publisher);
}

static void evict(void *owner) {
    publisher_evict(((Stepper *)owner)->publisher);
}

Stepper *stepper_create(Home *home, Sources *sources, Publisher *publisher, Commit *commit) {
    Stepper *stepper = NEW(Stepper);
    stepper->home = home;
    stepper->sources = sources;
    stepper->publisher = publisher;
    commit_add_part(commit, &(CommitPart){stepper, wants, trim, cut, evict});
    return stepper;
}

void stepper_destroy(Stepper *stepper) {
    memory_free(stepper);
}
