/* Recovery: after a commit that failed the store is opened anew, and everything that runs is made again from
   it, as at a start.

   Nothing is written again over a log whose last write failed, and operators are ahead of what is durable: so
   graphs and jobs go, and come back as of the last commit. Readers do not notice: they keep the relations and
   epochs that they have, and until the new relations are there others are given the old ones. What was
   written but not synced may be there after all: then that is the last commit. */
#include "executor/engine/recovery.h"

#include <assert.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "executor/engine/build.h"
#include "executor/engine/job/job_sink.h"

/* Microseconds between two attempts, and how often as long as the last one took. */
enum { PAUSE = 500000, PAUSE_FACTOR = 10 };

struct Recovery {
    Home *home;
    Publisher *publisher;
    Commit *commit;
    int64_t not_before; /* monotonic */
};

Recovery *recovery_create(Home *home, Publisher *publisher, Commit *commit) {
    Recovery *recovery = NEW(Recovery);
    *recovery = (Recovery){home, publisher, commit, 0};
    return recovery;
}

void recovery_destroy(Recovery *recovery) {
    memory_free(recovery);
}

Status recovery_open_home(Home *home, Error *error) {
    assert(home->flow == NULL && home->events == NULL);
    TRY(open_epoch_load(home->open, error));
    TRY(builds_drop_unfinished(home, error));
    TRY(events_open(home, &home->events, error));
    home->flow = home_create_flow(home);
    return OK;
}

/* Nodes go before what they belong to, readers before what they read. */
void recovery_close_home(Home *home) {
    JobList jobs = jobs_take_all(home->jobs);
    for (int i = 0; i < jobs.count; i++)
        sink_stop_delivery(jobs.jobs[i]);
    flow_destroy(home->flow);
    home->flow = NULL;
    for (int i = jobs.count - 1; i >= 0; i--)
        job_destroy(jobs.jobs[i]);
    memory_free(jobs.jobs);
    events_close(home->events);
    home->events = NULL;
    open_epoch_drop(home->open);
}

static Status restore_all(Recovery *recovery, Error *error) {
    Home *home = recovery->home;
    TRY(store_reopen(home->spec->store, error));
    recovery_close_home(home);
    publisher_forget(recovery->publisher);
    TRY(recovery_open_home(home, error));
    return home->spec->reload(home->spec->reload_argument, error);
}

static void go_on(Recovery *recovery) {
    Home *home = recovery->home;
    uint64_t committed = open_epoch_number(home->open) - 1;
    assert(committed >= epochs_published(home->epochs)); /* nobody has seen what is not durable */
    /* The failed commit may be the last one after all. */
    if (committed > epochs_published(home->epochs))
        publisher_publish(recovery->publisher, committed);
    jobs_drop_kept(home->jobs);
    commit_recover(recovery->commit, NULL);
    open_epoch_touch(home->open);
    if (home->spec->resumed != NULL)
        home->spec->resumed(home->spec->resumed_argument);
}

static bool is_possible(const Recovery *recovery) {
    return commit_failure(recovery->commit) != NULL && recovery->home->spec->reload != NULL &&
           !commit_is_busy(recovery->commit); /* its end wakes us */
}

void recovery_advance(Recovery *recovery) {
    int64_t begin = clock_monotonic();
    if (begin < recovery->not_before || !is_possible(recovery))
        return;
    Error error = {0};
    Status status = restore_all(recovery, &error);
    int64_t end = clock_monotonic();
    recovery->not_before = end + PAUSE + PAUSE_FACTOR * (end - begin);
    if (status == OK)
        go_on(recovery);
    else
        commit_recover(recovery->commit, &error);
    error_clear(&error);
}

int64_t recovery_deadline(const Recovery *recovery) {
    return is_possible(recovery) ? recovery->not_before : INT64_MAX;
}
