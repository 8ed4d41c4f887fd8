/* Sources: those that meet in a job, however far downstream, are a group, and keep together. */
#include "executor/engine/job/sources.h"

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "executor/engine/job/job_source.h"
#include "executor/engine/job/job_table.h"

struct Sources {
    Home *home;
    uint64_t version; /* of all jobs that the groups are of */
    int *groups;      /* by source, as listed: the place of the job that stands for the group */
    int64_t *slowest; /* by group, while limits are set */
    int64_t held_until;
};

Sources *sources_create(Home *home) {
    Sources *sources = NEW(Sources);
    sources->home = home;
    sources->version = UINT64_MAX;
    return sources;
}

void sources_destroy(Sources *sources) {
    if (sources == NULL)
        return;
    memory_free(sources->groups);
    memory_free(sources->slowest);
    memory_free(sources);
}

static const JobList *all_of(const Sources *sources) {
    return jobs_list(sources->home->jobs, LIST_SOURCES);
}

void sources_grow(Sources *sources) {
    const JobList *jobs = all_of(sources);
    int64_t now = clock_monotonic();
    for (int i = 0; i < jobs->count; i++)
        source_grow(jobs->jobs[i], now);
}

/* Towards the one that stands for the group. */
static int group_of(int *to, int job) {
    while (to[job] != job)
        job = to[job] = to[to[job]];
    return job;
}

/* Tables connect nobody: they hold what they have whoever reads them. */
static void join_groups(const Sources *sources, int *to) {
    const Jobs *jobs = sources->home->jobs;
    const JobList *all = jobs_all(jobs);
    for (int i = 0; i < all->count; i++) {
        const JobDefinition *definition = job_definition(all->jobs[i]);
        for (int d = 0; d < definition->dependency_count && !job_is_suspended(all->jobs[i]); d++) {
            const Job *input = jobs_find(jobs, definition->dependencies[d]);
            if (input != NULL && !job_is_table(input))
                to[group_of(to, jobs_place(jobs, input))] = group_of(to, jobs_place(jobs, all->jobs[i]));
        }
    }
}

static void group_sources(Sources *sources) {
    const JobList *all = jobs_all(sources->home->jobs), *jobs = all_of(sources);
    int *to = NEW_ARRAY(int, all->count + 1);
    for (int i = 0; i < all->count; i++)
        to[i] = i;
    join_groups(sources, to);
    sources->groups = memory_resize(sources->groups, sizeof(int) * (size_t)(jobs->count + 1));
    sources->slowest = memory_resize(sources->slowest, sizeof(int64_t) * (size_t)(all->count + 1));
    for (int i = 0; i < jobs->count; i++)
        sources->groups[i] = group_of(to, jobs_place(sources->home->jobs, jobs->jobs[i]));
    memory_free(to);
    sources->version = jobs_version(sources->home->jobs);
}

void sources_align(Sources *sources) {
    const JobList *jobs = all_of(sources);
    int64_t now = clock_monotonic();
    if (sources->version != jobs_version(sources->home->jobs))
        group_sources(sources);
    for (int i = 0; i < jobs->count; i++)
        sources->slowest[sources->groups[i]] = WATERMARK_END;
    for (int i = 0; i < jobs->count; i++) {
        int64_t *slowest = &sources->slowest[sources->groups[i]];
        if (!job_is_read(jobs->jobs[i]))
            continue;
        int64_t own = source_slowest(source_state(jobs->jobs[i]), now);
        *slowest = own < *slowest ? own : *slowest;
    }
    for (int i = 0; i < jobs->count; i++)
        source_limit(source_state(jobs->jobs[i]), sources->slowest[sources->groups[i]]);
}

void sources_rest(Sources *sources) {
    const JobList *jobs = all_of(sources);
    for (int i = 0; i < jobs->count; i++)
        source_rest(jobs->jobs[i]);
}

void sources_hold(Sources *sources, int64_t until) {
    sources->held_until = until;
}

int64_t sources_held_until(const Sources *sources) {
    return sources->held_until;
}

int64_t sources_deadline(const Sources *sources) {
    const JobList *jobs = all_of(sources);
    int64_t deadline = INT64_MAX, now = clock_monotonic();
    for (int i = 0; i < jobs->count; i++) {
        if (!job_is_read(jobs->jobs[i]))
            continue;
        const SourceState *state = source_state(jobs->jobs[i]);
        int64_t idle = source_deadline(state), patience = source_patience_end(state, now);
        deadline = idle < deadline ? idle : deadline;
        deadline = patience < deadline ? patience : deadline;
    }
    if (sources->held_until > now && sources->held_until < deadline)
        deadline = sources->held_until;
    return deadline;
}
