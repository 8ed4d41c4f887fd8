/* Build: a new view or sink catches up beside the running jobs, and joins them between two steps.

   It has graphs of its own, fed from snapshots of stored relations (at a pinned epoch, then the changes to
   later published epochs) and from private readers of sources (from their first record). The coordinator
   gives it a slice between live steps; each slice is one step of the build's graphs. The open epoch may still
   grow, so it is read once only, whole, in the last slice: when all relations were read to the newest
   published epoch and all sources to where the live job stands. Then everything stands where the live jobs
   stand now: the nodes move behind theirs, the leaves are connected to their ports, and the next commit makes
   it visible. Its state goes out with the live jobs' commits meanwhile, whenever enough of it is dirty; a
   fact remembers that it is nobody's yet. What is built anew under an id that had state before (a suspended
   view, a build in the background that a crash ended) begins once a commit has dropped that, and takes the
   suspended job's place at the end. */
#include "executor/engine/build.h"

#include <assert.h>
#include <string.h>

#include "executor/base/clock.h"
#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/engine/commit/facts.h"
#include "executor/engine/feed.h"
#include "executor/engine/suspension.h"
#include "executor/operators/join/join.h"
#include "executor/operators/leaf/scan.h"

enum {
    SLICE_ROWS = 262144,
    HOLD_ROWS = 1000000, /* less behind a source than this: live sources wait */
    HOLD_MICROSECONDS = 2000000,
    CUT_SHARE = 4 /* of dirty_bytes_max is what a build keeps until a commit takes it */
};

typedef struct Build {
    struct Build *next;
    Builds *builds;
    Job *job;
    Flow *flow;
    Feed *feeds;
    int feed_count;
    bool is_begun;
    bool is_cut;          /* some of its state is durable */
    uint64_t after_epoch; /* begins in a later one */
    BuildLinked linked;
    Completion done;
} Build;

struct Builds {
    Home *home;
    Sources *sources;
    Commit *commit;
    Build *first;
    BuildFailure failures[BUILD_FAILURES_MAX];
    int failure_count;
};

static Home *home_of(const Build *build) {
    return build->builds->home;
}

static void build_destroy(Build *build) {
    for (int i = 0; i < build->feed_count; i++)
        feed_close(&build->feeds[i]);
    flow_destroy(build->flow);
    memory_free(build->feeds);
    memory_free(build);
}

/* With its job. */
static void give_up(Build *build) {
    Job *job = build->job;
    build_destroy(build);
    if (job != NULL)
        jobs_retract(job_home(job)->jobs, job);
    job_destroy(job);
}

/* Those of that name, or (NULL) all. */
static bool forget_failure(Builds *builds, const char *name) {
    int kept = 0, count = builds->failure_count;
    for (int i = 0; i < count; i++) {
        BuildFailure *failure = &builds->failures[i];
        if (name != NULL && strcmp(failure->name, name) != 0) {
            builds->failures[kept++] = *failure;
            continue;
        }
        memory_free(failure->name);
        memory_free(failure->trouble);
    }
    builds->failure_count = kept;
    return kept < count;
}

void builds_keep_failure(
    Builds *builds, uint32_t object_id, JobKind kind, const char *name, const Error *error) {
    if (builds->failure_count == BUILD_FAILURES_MAX) {
        memory_free(builds->failures[0].name);
        memory_free(builds->failures[0].trouble);
        memmove(
            builds->failures, builds->failures + 1, sizeof(BuildFailure) * (size_t)--builds->failure_count);
    }
    builds->failures[builds->failure_count++] =
        (BuildFailure){object_id, kind, memory_strdup(name), memory_strdup(error->message)};
}

const BuildFailure *builds_failures(const Builds *builds, int *count) {
    *count = builds->failure_count;
    return builds->failures;
}

static bool is_asked_for(const Error *cause) {
    return cause->status == STATUS_QUERY_CANCELED || cause->status == STATUS_ADMIN_SHUTDOWN;
}

/* The suspended job whose place it is to take; NULL: none. */
static Job *suspended_job(const Build *build) {
    return jobs_find(home_of(build)->jobs, job_id(build->job));
}

static void keep_failure(const Build *build, const Error *error) {
    const JobDefinition *definition = job_definition(build->job);
    if (definition->is_background && suspended_job(build) == NULL && !is_asked_for(error))
        builds_keep_failure(build->builds, definition->object_id, definition->kind, definition->name, error);
}

/* FACT_BUILDING is durable as long as a build's state may be that no catalog object owns. */
static void forget_fact(const Build *build) {
    fact_delete(open_epoch_stage(home_of(build)->open), FACT_BUILDING, job_id(build->job));
}

static void drop_state(const Build *build) {
    if (!build->is_cut)
        return;
    job_forget_state(build->job);
    forget_fact(build);
}

static size_t build_dirty_bytes(const Build *build) {
    const Relation *relation = job_relation(build->job);
    return (relation == NULL ? 0 : relation_dirty_bytes(relation)) + flow_dirty_bytes(build->flow);
}

/* A sink's output is staged whole. */
static bool wants_cut(const Build *build) {
    const Job *job = build->job;
    if (!job_is_durable(job) || !job_traits(job)->is_rebuildable)
        return false;
    return build_dirty_bytes(build) > home_of(build)->spec->dirty_bytes_max / CUT_SHARE ||
           relation_wants_cut(job_relation(job));
}

static void leave_suspended(const Build *build, const Error *cause) {
    Job *suspended = suspended_job(build);
    if (suspended == NULL)
        return;
    jobs_set_rebuilt(home_of(build)->jobs, suspended, false);
    if (!is_asked_for(cause))
        suspension_explain(suspended, cause);
}

static void take_place(const Build *build) {
    Job *suspended = suspended_job(build);
    if (suspended == NULL)
        return;
    assert(job_is_suspended(suspended));
    suspension_forget(suspended);
    job_withdraw(suspended);
    job_destroy(suspended);
}

static void take_out(Build *build) {
    Build **at = &build->builds->first;
    while (*at != build)
        at = &(*at)->next;
    *at = build->next;
}

static void build_fail(Build *build, const Error *error) {
    Home *home = home_of(build);
    Completion done = build->done;
    take_out(build);
    keep_failure(build, error);
    drop_state(build);
    leave_suspended(build, error);
    Error unused = {0};
    if (events_forget(home->events, job_id(build->job), &unused) != OK)
        error_clear(&unused); /* its error rows stay behind */
    give_up(build);
    done.done(done.argument, error);
}

/* The part of a commit. What builds have changed goes out with the live jobs' commits, a part at a time:
   nobody sees it before the object is linked, and a start drops what never was. */

static CommitWish want_cut(void *owner) {
    for (const Build *build = ((Builds *)owner)->first; build != NULL; build = build->next)
        if (wants_cut(build))
            return COMMIT_NOW;
    return COMMIT_NOT;
}

static Status cut_build(Build *build, const CommitCuts *cuts, Error *error) {
    uint64_t epoch = open_epoch_number(home_of(build)->open);
    Relation *relation = job_relation(build->job);
    for (int w = 0; w < flow_worker_count(build->flow); w++)
        TRY(graph_cut(flow_graph(build->flow, w), epoch, cuts->workers[w], error));
    for (int w = 0; w < flow_worker_count(build->flow) && relation_wants_cut(relation); w++)
        TRY(relation_cut(relation, w, epoch, cuts->workers[w], error));
    return OK;
}

/* One that can't be cut fails. */
static Status cut(void *owner, CommitCuts *cuts, Error *unused) {
    for (Build *build = ((Builds *)owner)->first, *next; build != NULL; build = next) {
        next = build->next;
        if (!wants_cut(build))
            continue;
        Error error = {0};
        Status status = cut_build(build, cuts, &error);
        FAILPOINT("build.cut");
        if (!build->is_cut)
            fact_put(cuts->facts, FACT_BUILDING, job_id(build->job), &(Text){0});
        build->is_cut = true;
        if (status != OK)
            build_fail(build, &error);
        error_clear(&error);
    }
    return OK;
}

static Status drop_unfinished(void *argument, uint32_t object_id, Error *error) {
    OpenEpoch *open = argument;
    state_drop_object(object_id, open_epoch_stage(open));
    fact_delete(open_epoch_stage(open), FACT_BUILDING, object_id);
    return OK;
}

Status builds_drop_unfinished(Home *home, Error *error) {
    if (home->spec->store == NULL)
        return OK;
    return fact_objects(home->spec->store, FACT_BUILDING, drop_unfinished, home->open, error);
}

Builds *builds_create(Home *home, Sources *sources, Commit *commit) {
    Builds *builds = NEW(Builds);
    builds->home = home;
    builds->sources = sources;
    builds->commit = commit;
    commit_add_part(commit, &(CommitPart){.owner = builds, .wants = want_cut, .cut = cut});
    return builds;
}

void builds_destroy(Builds *builds) {
    if (builds == NULL)
        return;
    assert(builds->first == NULL);
    forget_failure(builds, NULL);
    memory_free(builds);
}

/* Whether a lookup reads the object: it is fed first, so that the rows that look it up find all of it. */
static bool is_looked_up(const OperatorSpec *spec, uint32_t object_id, bool is_below) {
    if (spec->type == &scan_operator)
        return is_below && (uint32_t)((const ScanParameters *)spec->parameters)->object_id == object_id;
    bool is_lookup = spec->type == &join_operator && ((const JoinParameters *)spec->parameters)->is_lookup;
    for (int i = 0; i < spec->input_count; i++)
        if (is_looked_up(spec->inputs[i], object_id, is_below || (is_lookup && i == 1)))
            return true;
    return false;
}

/* What rows look up is fed before them. */
static Status open_feeds(Build *build, Error *error) {
    const JobDefinition *definition = job_definition(build->job);
    build->feeds = NEW_ARRAY(Feed, definition->dependency_count + 1);
    for (int is_later = 0; is_later < 2; is_later++)
        for (int i = 0; i < definition->dependency_count; i++)
            if (is_looked_up(definition->spec, definition->dependencies[i], false) == !is_later)
                TRY(feed_open(&build->feeds[build->feed_count++], home_of(build), build->flow,
                    definition->dependencies[i], error));
    return OK;
}

static Status may_build(const Builds *builds, const JobDefinition *definition, Error *error) {
    const Job *old = jobs_find(builds->home->jobs, definition->object_id);
    if (old == NULL)
        return OK;
    if (!job_is_suspended(old))
        return error_set(
            error, STATUS_OBJECT_NOT_IN_PREREQUISITE_STATE, "\"%s\" is not suspended", definition->name);
    if (job_is_rebuilt(old))
        return error_set(
            error, STATUS_OBJECT_IN_USE, "\"%s\" is being built again already", definition->name);
    return OK;
}

/* What was kept under its id before goes with the commit that comes. */
static Status forget_earlier(Build *build, Error *error) {
    Job *suspended = suspended_job(build);
    Home *home = home_of(build);
    if (suspended == NULL && !job_definition(build->job)->is_background)
        return OK;
    build->after_epoch = open_epoch_number(home->open);
    open_epoch_touch(home->open);
    TRY(events_forget(home->events, job_id(build->job), error));
    if (suspended != NULL)
        jobs_set_rebuilt(home->jobs, suspended, true);
    return OK;
}

static Status begin(Build *build, const JobDefinition *definition, Error *error) {
    Home *home = home_of(build);
    TRY(job_create(home, definition, false, NULL, &build->job, error));
    forget_failure(build->builds, definition->name);
    build->flow = home_create_flow(home);
    jobs_announce(home->jobs, build->job); /* its relation is found while its nodes open */
    TRY(job_add_nodes(build->job, build->flow, false, false, error));
    TRY(open_feeds(build, error));
    return forget_earlier(build, error);
}

Status builds_begin(
    Builds *builds, const JobDefinition *definition, BuildLinked linked, Completion done, Error *error) {
    Status status = may_build(builds, definition, error);
    if (status != OK) {
        if (definition->writer != NULL)
            definition->writer->type->close(definition->writer);
        return status;
    }
    Build *build = NEW(Build);
    *build = (Build){.builds = builds, .linked = linked, .done = done};
    status = begin(build, definition, error);
    if (status != OK) {
        give_up(build);
        return status;
    }
    build->next = builds->first;
    builds->first = build;
    return OK;
}

static void align_feeds(Build *build) {
    int64_t now = clock_monotonic(), slowest = WATERMARK_END;
    for (int i = 0; i < build->feed_count; i++) {
        int64_t own = feed_slowest(&build->feeds[i], now);
        slowest = own < slowest ? own : slowest;
    }
    for (int i = 0; i < build->feed_count; i++)
        if (build->feeds[i].is_source)
            source_limit(&build->feeds[i].state, slowest);
}

static Status feed_sources(Build *build, int *budget, Error *error) {
    for (bool is_any = true; is_any && *budget > 0;) {
        is_any = false;
        align_feeds(build);
        for (int i = 0; i < build->feed_count; i++)
            if (build->feeds[i].is_source)
                TRY(feed_source(&build->feeds[i], budget, &is_any, error));
    }
    return OK;
}

static bool is_near(const Build *build) {
    for (int i = 0; i < build->feed_count; i++)
        if (!feed_is_near(&build->feeds[i]))
            return false;
    return true;
}

/* What fails, or holds too much, ends the build. */
static Status run_flow(Build *build, bool is_inline, Error *error) {
    const Home *home = home_of(build);
    int workers = flow_worker_count(build->flow);
    size_t memory_max = home->spec->memory_max;
    for (;;) {
        Error errors[workers];
        memset(errors, 0, sizeof errors);
        FlowEnd end = flow_run(build->flow, &(FlowRun){true, is_inline, memory_max, errors});
        Status status = OK;
        for (int w = 0; w < workers; w++) {
            if (status == OK && (status = errors[w].status) != OK)
                error_move(error, &errors[w]);
            error_clear(&errors[w]);
        }
        TRY(status);
        if (end.unfinished != 0)
            return error_set(error, STATUS_INTERNAL_ERROR, "a step has come to a standstill before its end");
        if (!end.is_over)
            return OK;
        size_t bytes = job_pinned_bytes(build->job, build->flow);
        if (suspension_is_much(home, bytes)) {
            suspension_memory_error(home, bytes, error);
            return error->status;
        }
        memory_max = 0;
    }
}

/* *is_last: the build stands where the live jobs stand. */
static Status run_slice(Build *build, bool *is_last, Error *error) {
    const Home *home = home_of(build);
    flow_begin_step(build->flow);
    for (int w = 0; w < flow_worker_count(build->flow); w++)
        graph_activate_leaves(flow_graph(build->flow, w), !build->is_begun);
    build->is_begun = true;
    int budget = SLICE_ROWS;
    for (int i = 0; i < build->feed_count; i++) {
        Feed *feed = &build->feeds[i];
        TRY(feed_extend(feed, error));
        if (!feed->is_source)
            TRY(feed_relation(feed, &budget, error));
    }
    TRY(feed_sources(build, &budget, error));
    *is_last = is_near(build);
    for (int i = 0; i < build->feed_count && *is_last; i++)
        TRY(feed_rest(&build->feeds[i], error));
    for (int i = 0; i < build->feed_count; i++)
        TRY(feed_seal(&build->feeds[i], error));
    bool is_small = SLICE_ROWS - budget < home->spec->inline_rows;
    TRY(run_flow(build, is_small, error));
    flow_end_step(build->flow);
    return events_apply(home->events, error);
}

static Status link_build(Build *build, Error *error) {
    Home *home = home_of(build);
    Job *job = build->job;
    for (int i = 0; i < build->feed_count; i++)
        TRY(feed_link(&build->feeds[i], error));
    take_place(build);
    job_adopt_nodes(job, build->flow);
    jobs_retract(home->jobs, job);
    job_register(job);
    FAILPOINT("build.link");
    Status status = job_start(job, error);
    if (status == OK && build->linked != NULL)
        status = build->linked(build->done.argument, error);
    if (status == OK && build->is_cut)
        forget_fact(build);
    if (status != OK) {
        job_withdraw(job);
        jobs_announce(home->jobs, job);
    }
    return status;
}

static void finish_build(Build *build) {
    sources_hold(build->builds->sources, 0);
    open_epoch_touch(home_of(build)->open);
    open_epoch_wait(home_of(build)->open, build->done);
    take_out(build);
    build_destroy(build);
}

/* Sources that are nearly caught up wait a little, so that the gap closes however fast they run. */
static void maybe_hold(Build *build) {
    Sources *sources = build->builds->sources;
    int64_t behind = 0;
    for (int i = 0; i < build->feed_count; i++)
        behind += feed_rows_behind(&build->feeds[i]);
    int64_t now = clock_monotonic();
    if (behind > 0 && behind < HOLD_ROWS && now > sources_held_until(sources) + HOLD_MICROSECONDS)
        sources_hold(sources, now + HOLD_MICROSECONDS);
}

/* Or nothing to wait for. */
static bool has_rows(Build *build) {
    bool is_level = true;
    align_feeds(build);
    for (int i = 0; i < build->feed_count; i++) {
        const Feed *feed = &build->feeds[i];
        if (feed_has_rows(feed))
            return true;
        is_level &= !feed->is_source || feed_is_level(feed);
    }
    return is_level;
}

/* What has become of its inputs since its last slice. */
static Status follow_inputs(Build *build, Error *error) {
    for (int i = 0; i < build->feed_count; i++)
        TRY(feed_follow(&build->feeds[i], error));
    return OK;
}

/* Whether a slice may be run now. */
static bool is_ready(Build *build) {
    if (build->is_begun && !has_rows(build))
        return false; /* records are on their way: the reader wakes us */
    if (wants_cut(build) && commit_is_busy(build->builds->commit))
        return false; /* its end wakes us */
    return open_epoch_number(home_of(build)->open) > build->after_epoch;
}

/* A slice, and the end, if that was the last. */
static Status advance(Build *build, bool *is_linked, Error *error) {
    bool is_last;
    *is_linked = false;
    job_set_time(build->job);
    TRY(run_slice(build, &is_last, error));
    if (!is_last)
        return OK;
    TRY(link_build(build, error));
    *is_linked = true;
    return OK;
}

/* First all look at their inputs: what is linked may take the place of a job that others still read. */
static void follow_all(Builds *builds) {
    for (Build *build = builds->first, *next; build != NULL; build = next) {
        Error error = {0};
        next = build->next;
        if (follow_inputs(build, &error) != OK)
            build_fail(build, &error);
        error_clear(&error);
    }
}

void builds_advance(Builds *builds, bool *is_busy) {
    *is_busy = false;
    follow_all(builds);
    for (Build *build = builds->first, *next; build != NULL; build = next) {
        next = build->next;
        if (!is_ready(build))
            continue;
        Error error = {0};
        bool is_linked;
        if (advance(build, &is_linked, &error) != OK)
            build_fail(build, &error);
        else if (is_linked)
            finish_build(build);
        else {
            maybe_hold(build);
            *is_busy = true;
        }
        error_clear(&error);
    }
}

static void cancel_build(Build *build) {
    Error error = {0};
    error_set(&error, STATUS_QUERY_CANCELED, "canceling statement due to user request");
    build_fail(build, &error);
    error_clear(&error);
}

bool builds_cancel(Builds *builds, uint32_t object_id) {
    for (Build *build = builds->first; build != NULL; build = build->next)
        if (job_id(build->job) == object_id) {
            cancel_build(build);
            return true;
        }
    return false;
}

bool builds_cancel_named(Builds *builds, const char *name) {
    for (Build *build = builds->first; build != NULL; build = build->next) {
        const JobDefinition *definition = job_definition(build->job);
        if (definition->is_background && strcmp(definition->name, name) == 0) {
            cancel_build(build);
            return true;
        }
    }
    return forget_failure(builds, name);
}

void builds_fail_all(Builds *builds, const Error *error) {
    while (builds->first != NULL)
        build_fail(builds->first, error);
}

void builds_fail_of(Builds *builds, uint32_t object_id, const Error *error) {
    for (Build *build = builds->first, *next; build != NULL; build = next) {
        next = build->next;
        if (job_id(build->job) == object_id || job_reads(build->job, object_id))
            build_fail(build, error);
    }
}
