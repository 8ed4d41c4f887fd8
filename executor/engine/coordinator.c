/* Coordinator: one thread that turns, as long as there is something to do, between the mailbox, a step, the
   builds and the commit. An empty mailbox, no ready source and no deadline leave it asleep. */
#include "executor/engine/coordinator.h"

#include <assert.h>

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "executor/base/wait.h"
#include "executor/engine/acceptance.h"
#include "executor/engine/coordinator_state.h"
#include "executor/engine/job/job_sink.h"

enum { INLINE_ROWS = 2000, ROUND_ROWS = 65536, STEP_TIME_MAX = 50000, FRESHNESS_MAX = 1000000 };
#define DIRTY_BYTES_MAX   ((size_t)256 << 20)
#define DIRTY_BYTES_MIN   ((size_t)4 << 20)
#define VERSION_BYTES_MIN ((size_t)64 << 20)
#define SINK_STAGE_MAX    (INT64_C(1) << 30)

static int64_t system_clock(void *argument) {
    return clock_wall();
}

/* What was submitted enters the next step, and is answered with its commit, or at once. */
static void accept(Coordinator *coordinator, Submission *submission) {
    for (Submission *next; submission != NULL; submission = next) {
        next = submission->next;
        Error error = {0};
        Status status = coordinator_may_change(coordinator, &error);
        if (status == OK)
            status = acceptance_take(&coordinator->home, submission->changes, submission->count, &error);
        if (status == OK) {
            open_epoch_touch(coordinator->home.open);
            open_epoch_wait(coordinator->home.open, submission->done);
        } else
            submission->done.done(submission->done.argument, &error);
        error_clear(&error);
        submission_free(submission);
    }
}

/* Whether all is well; a failure ends what waits, and is recovered from now and then. */
static bool recover(Coordinator *coordinator) {
    const Error *failure = commit_failure(coordinator->commit);
    if (failure == NULL)
        return true;
    builds_fail_all(coordinator->builds, failure);
    open_epoch_answer(coordinator->home.open, failure);
    recovery_advance(coordinator->recovery);
    return commit_failure(coordinator->commit) == NULL;
}

/* One turn; returns whether there is more to do at once. */
static bool turn(Coordinator *coordinator, bool is_held) {
    bool did_step = false, are_builds_busy = false;
    if (commit_failure(coordinator->commit) == NULL && !is_held) {
        Error error = {0};
        if (step_run(coordinator->stepper, &did_step, &error) != OK)
            commit_fail(coordinator->commit, &error);
        else
            builds_advance(coordinator->builds, &are_builds_busy);
        error_clear(&error);
    }
    if (commit_failure(coordinator->commit) == NULL)
        commit_advance(coordinator->commit);
    if (commit_failure(coordinator->commit) == NULL)
        return did_step || are_builds_busy;
    return recover(coordinator);
}

static int64_t next_deadline(Coordinator *coordinator, const MailboxState *state) {
    if (commit_failure(coordinator->commit) != NULL)
        return recovery_deadline(coordinator->recovery);
    int64_t commit = state->is_open ? commit_deadline(coordinator->commit) : INT64_MAX;
    int64_t step = state->is_open && !state->is_held ? step_deadline(coordinator->stepper) : INT64_MAX;
    return step < commit ? step : commit;
}

static void *coordinator_main(void *argument) {
    Coordinator *coordinator = argument;
    Home *home = &coordinator->home;
    Mail mail;
    for (bool is_busy = false;;) {
        MailboxState state = mailbox_look(home->mailbox);
        int64_t deadline = is_busy || state.has_news ? 0 : next_deadline(coordinator, &state);
        if (!mailbox_take(home->mailbox, deadline, &mail))
            return NULL;
        mailbox_run_calls(home->mailbox, mail.calls, coordinator);
        if (mail.is_open) /* until then it belongs to whoever restores */
            open_epoch_take_time(home->open);
        accept(coordinator, mail.submissions);
        open_epoch_wait_all(home->open, &mail.waiters);
        is_busy = mail.is_open && turn(coordinator, mail.is_held);
    }
}

static void set_sizes(CoordinatorSpec *spec) {
    size_t limit = spec->budget == NULL ? SIZE_MAX : spec->budget->limit;
    if (spec->dirty_bytes_max == 0)
        spec->dirty_bytes_max = DIRTY_BYTES_MAX;
    /* What is dirty cannot be evicted. */
    if (spec->dirty_bytes_max > limit / 4)
        spec->dirty_bytes_max = limit / 4 + DIRTY_BYTES_MIN;
    if (spec->version_bytes_max == 0 && spec->budget == NULL)
        spec->version_bytes_max = SIZE_MAX;
    if (spec->version_bytes_max == 0)
        spec->version_bytes_max = limit / 2 > VERSION_BYTES_MIN ? limit / 2 : VERSION_BYTES_MIN;
    if (spec->sink_stage_max == 0)
        spec->sink_stage_max = SINK_STAGE_MAX;
}

static void set_defaults(CoordinatorSpec *spec) {
    if (spec->clock == NULL)
        spec->clock = system_clock;
    if (spec->inline_rows == 0)
        spec->inline_rows = INLINE_ROWS;
    if (spec->round_rows == 0)
        spec->round_rows = ROUND_ROWS;
    if (spec->step_time_max == 0)
        spec->step_time_max = STEP_TIME_MAX;
    if (spec->freshness_max == 0)
        spec->freshness_max = FRESHNESS_MAX;
    if (spec->worker_count < 1)
        spec->worker_count = 1;
    set_sizes(spec);
}

/* What jobs live in, without anything that needs the store. */
static void furnish(Coordinator *coordinator) {
    CoordinatorSpec *spec = &coordinator->spec;
    Home *home = &coordinator->home;
    home->spec = spec;
    home_furnish(home);
    home->mailbox = mailbox_create();
    home->jobs = jobs_create();
    home->workers = workers_create(spec->worker_count);
    home->open = open_epoch_create(
        &(OpenEpochSpec){spec->store, spec->clock, spec->clock_argument, &home->environment.epoch});
    coordinator->publisher = publisher_create(home);
    coordinator->commit = commit_create(home, coordinator->publisher);
    coordinator->sources = sources_create(home);
    coordinator->stepper =
        stepper_create(home, coordinator->sources, coordinator->publisher, coordinator->commit);
    coordinator->builds = builds_create(home, coordinator->sources, coordinator->commit);
    coordinator->recovery = recovery_create(home, coordinator->publisher, coordinator->commit);
}

Status coordinator_start(const CoordinatorSpec *spec, Coordinator **out, Error *error) {
    Coordinator *coordinator = NEW(Coordinator);
    coordinator->spec = *spec;
    set_defaults(&coordinator->spec);
    furnish(coordinator);
    Status status = recovery_open_home(&coordinator->home, error);
    if (status != OK) {
        coordinator_stop(coordinator);
        return status;
    }
    coordinator->home.epochs = epochs_create(open_epoch_number(coordinator->home.open) - 1);
    coordinator->is_started = true;
    pthread_create(&coordinator->thread, NULL, coordinator_main, coordinator);
    *out = coordinator;
    return OK;
}

typedef struct Opening {
    Wait wait;
    Error error;
    bool is_done;
} Opening;

static void finish_opening(void *argument, const Error *error) {
    Opening *opening = argument;
    wait_lock(&opening->wait);
    opening->is_done = true;
    if (error != NULL)
        error_copy(&opening->error, error);
    wait_wake_locked(&opening->wait);
    wait_unlock(&opening->wait);
}

static Status publish_restored(Coordinator *coordinator, void *argument, Error *error) {
    if (commit_failure(coordinator->commit) != NULL)
        publisher_publish(coordinator->publisher, epochs_published(coordinator->home.epochs));
    return OK;
}

Status coordinator_open(Coordinator *coordinator, Error *error) {
    Opening opening = {0};
    wait_init(&opening.wait);
    coordinator_wait_commit(coordinator, (Completion){finish_opening, &opening});
    mailbox_open(coordinator->home.mailbox);
    wait_lock(&opening.wait);
    while (!opening.is_done)
        wait_for_change(&opening.wait, WAIT_FOREVER);
    wait_unlock(&opening.wait);
    wait_destroy(&opening.wait);
    Status status = opening.error.status;
    if (status != OK)
        error_move(error, &opening.error);
    if (status == OK || coordinator->spec.reload == NULL || store_condition(coordinator->spec.store) == OK)
        return status;
    error_clear(error);
    return coordinator_call(coordinator, publish_restored, NULL, error);
}

/* Ends the threads, and answers all that wait: nobody adds mail any more. */
static void stop_threads(Coordinator *coordinator) {
    Home *home = &coordinator->home;
    Error stopping = {0}, left = {0};
    mailbox_stop(home->mailbox);
    if (coordinator->is_started)
        pthread_join(coordinator->thread, NULL);
    if (sinks_clean_up(home->jobs, &left) != OK)
        error_clear(&left); /* whoever removed it has gone */
    error_set(&stopping, STATUS_ADMIN_SHUTDOWN, "terminating connection due to administrator command");
    builds_fail_all(coordinator->builds, &stopping);
    commit_destroy(coordinator->commit);
    mailbox_refuse(home->mailbox, &stopping);
    open_epoch_answer(home->open, &stopping);
    error_clear(&stopping);
}

void coordinator_stop(Coordinator *coordinator) {
    Home *home = &coordinator->home;
    stop_threads(coordinator);
    recovery_close_home(home);
    jobs_drop_kept(home->jobs);
    recovery_destroy(coordinator->recovery);
    builds_destroy(coordinator->builds);
    stepper_destroy(coordinator->stepper);
    sources_destroy(coordinator->sources);
    publisher_destroy(coordinator->publisher);
    workers_destroy(home->workers);
    if (home->epochs != NULL)
        epochs_destroy(home->epochs);
    open_epoch_destroy(home->open);
    jobs_destroy(home->jobs);
    mailbox_destroy(home->mailbox);
    memory_free(coordinator);
}

Epochs *coordinator_epochs(Coordinator *coordinator) {
    return coordinator->home.epochs;
}

Cut *coordinator_stage(Coordinator *coordinator) {
    return open_epoch_stage(coordinator->home.open);
}

Status coordinator_may_change(Coordinator *coordinator, Error *error) {
    const Error *failure = commit_failure(coordinator->commit);
    if (failure == NULL)
        return OK;
    error_copy(error, failure);
    return error->status;
}

Status coordinator_call(
    Coordinator *coordinator, CoordinatorFunction function, void *argument, Error *error) {
    return mailbox_call(coordinator->home.mailbox, function, argument, error);
}

void coordinator_hold(Coordinator *coordinator) {
    mailbox_hold(coordinator->home.mailbox);
}

void coordinator_release(Coordinator *coordinator) {
    mailbox_release(coordinator->home.mailbox);
}

void coordinator_wait_commit(Coordinator *coordinator, Completion completion) {
    mailbox_wait_commit(coordinator->home.mailbox, completion);
}

void coordinator_submit(Coordinator *coordinator, TableChange *changes, int count, Completion done) {
    mailbox_submit(coordinator->home.mailbox, submission_create(changes, count, done));
}

Status coordinator_take(Coordinator *coordinator, TableChange *changes, int count, Error *error) {
    Submission *submission = submission_create(changes, count, (Completion){0});
    Status status = coordinator_may_change(coordinator, error);
    if (status == OK)
        status = acceptance_take(&coordinator->home, changes, count, error);
    if (status == OK)
        open_epoch_touch(coordinator->home.open);
    submission_free(submission);
    return status;
}

int64_t coordinator_next_row_id(Coordinator *coordinator, int count) {
    return open_epoch_next_row_id(coordinator->home.open, count);
}
