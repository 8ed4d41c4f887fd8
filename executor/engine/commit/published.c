/* Publisher: states share what did not move between them: a job's place, or the whole set. */
#include "executor/engine/commit/published.h"

#include <assert.h>

#include "executor/base/memory.h"
#include "executor/engine/job/job.h"

struct Publisher {
    Home *home;
    PublishedSet *set; /* NULL: some job of it has moved */
    uint64_t version;  /* of all jobs that the set is of: else some have come or gone */
    bool has_scattered;
};

Publisher *publisher_create(Home *home) {
    Publisher *publisher = NEW(Publisher);
    publisher->home = home;
    return publisher;
}

void publisher_destroy(Publisher *publisher) {
    if (publisher == NULL)
        return;
    published_set_release(publisher->set);
    memory_free(publisher);
}

static void drop_set(Publisher *publisher) {
    published_set_release(publisher->set);
    publisher->set = NULL;
}

void publisher_note(Publisher *publisher, Job *job) {
    if (job_moved(job))
        drop_set(publisher);
}

void publisher_forget(Publisher *publisher) {
    drop_set(publisher);
    publisher->has_scattered = false;
}

/* Those that moved get a new place; when none did, the last set serves again. */
static PublishedSet *current_set(Publisher *publisher) {
    const Jobs *jobs = publisher->home->jobs;
    if (publisher->version != jobs_version(jobs))
        drop_set(publisher);
    if (publisher->set != NULL)
        return publisher->set;
    const JobList *shown = jobs_list(jobs, LIST_PUBLISHED);
    publisher->set = published_set_create(shown->count);
    publisher->version = jobs_version(jobs);
    for (int i = 0; i < shown->count; i++) {
        PublishedObject *object = job_published(shown->jobs[i]);
        if (object != NULL)
            published_set_add(publisher->set, object);
    }
    return publisher->set;
}

Published *publisher_make(Publisher *publisher) {
    const OpenEpoch *open = publisher->home->open;
    return published_create(open_epoch_number(open), open_epoch_time(open), current_set(publisher));
}

void publisher_publish(Publisher *publisher, uint64_t epoch) {
    const Home *home = publisher->home;
    drop_set(publisher);
    epochs_publish(
        home->epochs, published_create(epoch, open_epoch_time(home->open), current_set(publisher)));
}

/* Row versions that readers of `epoch` need, and those of the newest published epoch do not. */
static size_t held_since(void *argument, uint64_t epoch) {
    const Home *home = argument;
    const JobList *trimmed = jobs_list(home->jobs, LIST_TRIMMED);
    size_t bytes = 0;
    for (int i = 0; i < trimmed->count; i++)
        bytes +=
            relation_ended_bytes(job_relation(trimmed->jobs[i]), epoch, open_epoch_number(home->open) - 1);
    return bytes;
}

typedef struct Trim {
    int part_count;
    uint64_t oldest;
} Trim;

static void trim_relation(const Trim *trim, Relation *relation) {
    for (int part = 0; part < trim->part_count; part++)
        relation_trim(relation, part, trim->oldest);
}

/* Whether the job's relation has ended rows left. */
static bool trim_job(void *argument, Job *job) {
    trim_relation(argument, job_relation(job));
    return relation_ended_rows(job_relation(job)) > 0;
}

void publisher_trim(Publisher *publisher) {
    Home *home = publisher->home;
    epochs_break_holds(home->epochs, held_since, home);
    epochs_expire(home->epochs, home->spec->version_bytes_max, held_since, home);
    Trim trim = {home->spec->worker_count, epochs_oldest_kept(home->epochs)};
    assert(trim.oldest < open_epoch_number(home->open));
    jobs_filter(home->jobs, LIST_TRIMMED, trim_job, &trim);
    trim_relation(&trim, events_relation(home->events, false));
    trim_relation(&trim, events_relation(home->events, true));
}

static void evict(Publisher *publisher, Relation *relation, uint64_t oldest) {
    const Home *home = publisher->home;
    for (int w = 0; w < home->spec->worker_count; w++)
        relation_evict(relation, w, oldest, open_epoch_number(home->open), budget_excess(home->spec->budget));
    publisher->has_scattered |= relation_wants_cut(relation);
}

void publisher_evict(Publisher *publisher) {
    const Home *home = publisher->home;
    MemoryBudget *budget = home->spec->budget;
    if (home->spec->store == NULL || budget_excess(budget) == 0)
        return;
    uint64_t oldest = epochs_oldest(home->epochs);
    const JobList *jobs = jobs_all(home->jobs), *builds = jobs_announced(home->jobs);
    for (int i = 0; i < jobs->count && budget_excess(budget) > 0; i++)
        if (job_relation(jobs->jobs[i]) != NULL)
            evict(publisher, job_relation(jobs->jobs[i]), oldest);
    for (int i = 0; i < builds->count; i++)
        if (job_relation(builds->jobs[i]) != NULL && job_is_durable(builds->jobs[i]))
            evict(publisher, job_relation(builds->jobs[i]), oldest);
    evict(publisher, events_relation(home->events, false), oldest);
    evict(publisher, events_relation(home->events, true), oldest);
}

bool publisher_has_scattered(const Publisher *publisher) {
    return publisher->has_scattered;
}

static Status cut_job(const Home *home, const Job *job, Error *error) {
    Relation *relation = job_relation(job);
    for (int w = 0; w < home->spec->worker_count && relation != NULL && relation_wants_cut(relation); w++)
        TRY(relation_cut(relation, w, open_epoch_number(home->open), open_epoch_stage(home->open), error));
    return OK;
}

Status publisher_cut_scattered(Publisher *publisher, Error *error) {
    const JobList *jobs = jobs_all(publisher->home->jobs);
    for (int i = 0; publisher->has_scattered && i < jobs->count; i++)
        TRY(cut_job(publisher->home, jobs->jobs[i], error));
    publisher->has_scattered = false;
    return OK;
}
