/* Coordinator: one thread that turns, as long as there is something to do, between the mailbox, a step, the
   builds and the commit. An empty mailbox, no ready source and no deadline leave it asleep. */
#include "executor/engine/coordinator.h"

#include <string.h>
#include <time.h>

#include "executor/base/memory.h"
#include "executor/engine/committer.h"
#include "executor/engine/job.h"

enum { INLINE_ROWS = 2000, ROUND_ROWS = 65536, STEP_TIME_MAX = 50000, FRESHNESS_MAX = 1000000 };
#define DIRTY_BYTES_MAX   ((size_t)256 << 20)
#define DIRTY_BYTES_MIN   ((size_t)4 << 20)
#define VERSION_BYTES_MIN ((size_t)64 << 20)

static int64_t system_clock(void *argument) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (time.tv_sec - 946684800LL) * 1000000LL + time.tv_nsec / 1000;
}

static Relation *environment_relation(Environment *environment, uint32_t object_id) {
    Coordinator *coordinator = environment->owner;
    if (object_id == OBJECT_ERRORS)
        return event_store_relation(coordinator->errors);
    if (object_id == OBJECT_LATE)
        return event_store_relation(coordinator->late);
    Job *job = job_find_any(coordinator, object_id);
    return job == NULL ? NULL : job->relation;
}

static SinkOutput *environment_sink(Environment *environment, uint32_t object_id) {
    Job *job = job_find_any(environment->owner, object_id);
    return job == NULL ? NULL : &job->output;
}

static Status no_private_source(
    Environment *environment, uint32_t object_id, SourceScan **scan, Error *error) {
    return error_set(error, STATUS_INTERNAL_ERROR, "a continuous job reads a source through its port");
}

static Status no_system_rows(Environment *environment, const char *relation, BatchList *rows, Error *error) {
    return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
        "a continuous query cannot read the system relation \"%s\"", relation);
}

static void take_mail(Coordinator *coordinator, Call **calls, Submission **submissions, Waiters *waiters) {
    *calls = coordinator->calls;
    coordinator->calls = NULL;
    coordinator->calls_tail = &coordinator->calls;
    *submissions = NULL;
    if (coordinator->holds == 0) {
        *submissions = coordinator->submissions;
        coordinator->submissions = NULL;
        coordinator->submissions_tail = &coordinator->submissions;
        *waiters = coordinator->arriving;
        coordinator->arriving = (Waiters){0};
    }
    coordinator->is_woken = false;
}

static void run_calls(Coordinator *coordinator, Call *call) {
    while (call != NULL) {
        Call *next = call->next;
        Error error = {0};
        Status status = call->function(coordinator, call->argument, &error);
        pthread_mutex_lock(&coordinator->lock);
        call->status = status;
        error_move(&call->error, &error);
        call->is_done = true;
        pthread_cond_broadcast(&coordinator->called);
        pthread_mutex_unlock(&coordinator->lock);
        call = next;
    }
}

static void run_submissions(Coordinator *coordinator, Submission *submission) {
    while (submission != NULL) {
        Submission *next = submission->next;
        write_set_take(coordinator, submission);
        submission = next;
    }
}

static void add_waiters(Coordinator *coordinator, Waiters *waiters) {
    for (int i = 0; i < waiters->count; i++) {
        GROW(coordinator->waiting.items, coordinator->waiting.capacity, coordinator->waiting.count + 1);
        coordinator->waiting.items[coordinator->waiting.count++] = waiters->items[i];
    }
    memory_free(waiters->items);
}

/* One turn; *is_busy: there is more to do at once. */
static void turn(Coordinator *coordinator, bool is_held, bool *is_busy) {
    *is_busy = false;
    if (coordinator->failure.status == OK && !is_held) {
        Error error = {0};
        bool did_step = false, builds_busy = false;
        if (step_run(coordinator, &did_step, &error) != OK)
            commit_take_failure(coordinator, &error);
        else
            builds_advance(coordinator, &builds_busy);
        error_clear(&error);
        *is_busy = did_step || builds_busy;
    }
    if (coordinator->failure.status == OK)
        commit_maybe(coordinator);
    if (coordinator->failure.status == OK)
        return;
    if (coordinator->builds != NULL)
        builds_fail_all(coordinator, &coordinator->failure);
    for (; coordinator->waiting.count > 0; coordinator->waiting.count--) {
        Completion *completion = &coordinator->waiting.items[coordinator->waiting.count - 1];
        completion->done(completion->argument, &coordinator->failure);
    }
    recovery_advance(coordinator);
    *is_busy = coordinator->failure.status == OK;
}

Status coordinator_may_change(Coordinator *coordinator, Error *error) {
    if (coordinator->failure.status == OK)
        return OK;
    error_copy(error, &coordinator->failure);
    return error->status;
}

static void sleep_until(Coordinator *coordinator, int64_t deadline) {
    if (deadline == INT64_MAX) {
        pthread_cond_wait(&coordinator->arrived, &coordinator->lock);
        return;
    }
    int64_t left = deadline - monotonic_now();
    if (left <= 0)
        return;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += left / 1000000;
    until.tv_nsec += left % 1000000 * 1000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&coordinator->arrived, &coordinator->lock, &until);
}

static void *coordinator_main(void *argument) {
    Coordinator *coordinator = argument;
    bool is_busy = false;
    pthread_mutex_lock(&coordinator->lock);
    for (;;) {
        bool has_mail = coordinator->calls != NULL ||
                        (coordinator->holds == 0 &&
                            (coordinator->submissions != NULL || coordinator->arriving.count > 0));
        if (coordinator->is_stopping)
            break;
        if (!coordinator->is_woken && !has_mail && !is_busy) {
            bool may_commit = coordinator->is_open, may_step = may_commit && coordinator->holds == 0;
            pthread_mutex_unlock(&coordinator->lock);
            may_step &= coordinator->failure.status == OK;
            int64_t deadline = may_commit ? commit_deadline(coordinator) : INT64_MAX;
            int64_t step = may_step ? step_deadline(coordinator) : INT64_MAX;
            int64_t recovery = recovery_deadline(coordinator);
            deadline = step < deadline ? step : deadline;
            deadline = recovery < deadline ? recovery : deadline;
            pthread_mutex_lock(&coordinator->lock);
            if (!coordinator->is_woken && !coordinator->is_stopping && coordinator->calls == NULL &&
                (coordinator->holds > 0 ||
                    (coordinator->submissions == NULL && coordinator->arriving.count == 0)))
                sleep_until(coordinator, deadline);
        }
        Call *calls;
        Submission *submissions;
        Waiters waiters = {0};
        bool is_held = coordinator->holds > 0, is_open = coordinator->is_open;
        take_mail(coordinator, &calls, &submissions, &waiters);
        pthread_mutex_unlock(&coordinator->lock);
        run_calls(coordinator, calls);
        if (is_open) /* until then it belongs to whoever restores */
            step_take_time(coordinator);
        run_submissions(coordinator, submissions);
        add_waiters(coordinator, &waiters);
        is_busy = false;
        if (is_open)
            turn(coordinator, is_held, &is_busy);
        pthread_mutex_lock(&coordinator->lock);
    }
    pthread_mutex_unlock(&coordinator->lock);
    return NULL;
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
    if (spec->sink_stage_max == 0)
        spec->sink_stage_max = INT64_C(1) << 30;
    if (spec->dirty_bytes_max == 0)
        spec->dirty_bytes_max = DIRTY_BYTES_MAX;
    /* What is dirty cannot be evicted. */
    if (spec->budget != NULL && spec->dirty_bytes_max > spec->budget->limit / 4)
        spec->dirty_bytes_max = spec->budget->limit / 4 + DIRTY_BYTES_MIN;
    if (spec->version_bytes_max == 0)
        spec->version_bytes_max = spec->budget == NULL || spec->budget->limit / 2 > VERSION_BYTES_MIN
                                      ? (spec->budget == NULL ? SIZE_MAX : spec->budget->limit / 2)
                                      : VERSION_BYTES_MIN;
    if (spec->worker_count < 1)
        spec->worker_count = 1;
}

Flow *coordinator_create_flow(Coordinator *coordinator) {
    GraphEvents events[coordinator->spec.worker_count];
    for (int w = 0; w < coordinator->spec.worker_count; w++)
        events[w] = events_of(&coordinator->events[w]);
    return flow_create(&(FlowSpec){
        .workers = coordinator->workers,
        .worker_count = coordinator->spec.worker_count,
        .store = coordinator->spec.store,
        .budget = coordinator->spec.budget,
        .events = events,
    });
}

Status coordinator_start(const CoordinatorSpec *spec, Coordinator **out, Error *error) {
    Coordinator *coordinator = NEW(Coordinator);
    coordinator->spec = *spec;
    set_defaults(&coordinator->spec);
    coordinator->random = spec->random_seed;
    coordinator->environment = (Environment){
        .owner = coordinator,
        .relation = environment_relation,
        .sink = environment_sink,
        .open_source = no_private_source,
        .system_rows = no_system_rows,
    };
    pthread_mutex_init(&coordinator->lock, NULL);
    pthread_mutex_init(&coordinator->registry_lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&coordinator->arrived, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_cond_init(&coordinator->called, NULL);
    coordinator->calls_tail = &coordinator->calls;
    coordinator->submissions_tail = &coordinator->submissions;
    coordinator->workers = workers_create(coordinator->spec.worker_count);
    Status status = committer_start(coordinator, error);
    coordinator->epochs = epochs_create(coordinator->open_epoch - 1);
    if (status == OK)
        status = events_open(coordinator, error);
    if (status != OK) {
        coordinator_stop(coordinator);
        return status;
    }
    coordinator->environment.epoch = coordinator->open_epoch;
    coordinator->flow = coordinator_create_flow(coordinator);
    pthread_create(&coordinator->thread, NULL, coordinator_main, coordinator);
    *out = coordinator;
    return OK;
}

typedef struct Opening {
    Coordinator *coordinator;
    bool is_done;
    Error error;
} Opening;

static void finish_opening(void *argument, const Error *error) {
    Opening *opening = argument;
    pthread_mutex_lock(&opening->coordinator->lock);
    opening->is_done = true;
    if (error != NULL)
        error_copy(&opening->error, error);
    pthread_cond_broadcast(&opening->coordinator->called);
    pthread_mutex_unlock(&opening->coordinator->lock);
}

static Status publish_restored(Coordinator *coordinator, void *argument, Error *error) {
    if (coordinator->is_commit_failed)
        committer_publish(coordinator, epochs_published(coordinator->epochs));
    return OK;
}

Status coordinator_open(Coordinator *coordinator, Error *error) {
    Opening opening = {.coordinator = coordinator};
    coordinator_wait_commit(coordinator, (Completion){finish_opening, &opening});
    pthread_mutex_lock(&coordinator->lock);
    coordinator->is_open = coordinator->is_woken = true;
    pthread_cond_signal(&coordinator->arrived);
    while (!opening.is_done)
        pthread_cond_wait(&coordinator->called, &coordinator->lock);
    pthread_mutex_unlock(&coordinator->lock);
    Status status = opening.error.status;
    if (status != OK)
        error_move(error, &opening.error);
    if (status == OK || coordinator->spec.reload == NULL || store_condition(coordinator->spec.store) == OK)
        return status;
    error_clear(error);
    return coordinator_call(coordinator, publish_restored, NULL, error);
}

/* Nobody adds mail any more: is_stopping is set. */
static void refuse_mail(Coordinator *coordinator, const Error *error) {
    pthread_mutex_lock(&coordinator->lock);
    for (Call *call = coordinator->calls; call != NULL; call = call->next) {
        call->status = error->status;
        error_copy(&call->error, error);
        call->is_done = true;
    }
    coordinator->calls = NULL;
    pthread_cond_broadcast(&coordinator->called);
    pthread_mutex_unlock(&coordinator->lock);
    for (Submission *submission = coordinator->submissions, *next; submission != NULL; submission = next) {
        next = submission->next;
        submission->done.done(submission->done.argument, error);
        submission_free(submission);
    }
    Waiters *lists[] = {&coordinator->arriving, &coordinator->waiting};
    for (int l = 0; l < 2; l++) {
        for (int i = 0; i < lists[l]->count; i++)
            lists[l]->items[i].done(lists[l]->items[i].argument, error);
        memory_free(lists[l]->items);
    }
}

void coordinator_stop(Coordinator *coordinator) {
    if (coordinator->thread != 0) {
        pthread_mutex_lock(&coordinator->lock);
        coordinator->is_stopping = true;
        pthread_cond_signal(&coordinator->arrived);
        pthread_mutex_unlock(&coordinator->lock);
        pthread_join(coordinator->thread, NULL);
    }
    Error stopping = {0}, left = {0};
    if (coordinator_clean_up(coordinator, &left) != OK)
        error_clear(&left); /* whoever removed it has gone */
    error_set(&stopping, STATUS_ADMIN_SHUTDOWN, "terminating connection due to administrator command");
    builds_fail_all(coordinator, &stopping);
    committer_stop(coordinator);
    refuse_mail(coordinator, &stopping);
    error_clear(&stopping);
    for (int i = 0; i < coordinator->job_count; i++)
        if (coordinator->jobs[i]->delivery != NULL) {
            delivery_stop(coordinator->jobs[i]->delivery);
            coordinator->jobs[i]->delivery = NULL;
        }
    build_failures_forget(coordinator, NULL);
    flow_destroy(coordinator->flow);
    for (int i = coordinator->job_count - 1; i >= 0; i--)
        job_destroy(coordinator->jobs[i]);
    events_close(coordinator);
    workers_destroy(coordinator->workers);
    epochs_destroy(coordinator->epochs);
    cut_free(&coordinator->staged);
    recovery_drop_kept(coordinator);
    pthread_mutex_destroy(&coordinator->lock);
    pthread_mutex_destroy(&coordinator->registry_lock);
    pthread_cond_destroy(&coordinator->arrived);
    pthread_cond_destroy(&coordinator->called);
    error_clear(&coordinator->failure);
    memory_free(coordinator->kept);
    JobList *lists[] = {&coordinator->sources, &coordinator->sinks, &coordinator->queued,
        &coordinator->stepping, &coordinator->changed, &coordinator->trimmed, &coordinator->published};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        memory_free(lists[i]->jobs);
    published_set_release(coordinator->published_set);
    memory_free(coordinator->jobs);
    memory_free(coordinator->by_id);
    memory_free(coordinator);
}

Epochs *coordinator_epochs(Coordinator *coordinator) {
    return coordinator->epochs;
}

Cut *coordinator_stage(Coordinator *coordinator) {
    return &coordinator->staged;
}

Status coordinator_call(Coordinator *coordinator,
    Status (*function)(Coordinator *coordinator, void *argument, Error *error), void *argument,
    Error *error) {
    Call call = {.function = function, .argument = argument};
    pthread_mutex_lock(&coordinator->lock);
    if (coordinator->is_stopping) {
        pthread_mutex_unlock(&coordinator->lock);
        return error_set(error, STATUS_ADMIN_SHUTDOWN, "terminating connection due to administrator command");
    }
    *coordinator->calls_tail = &call;
    coordinator->calls_tail = &call.next;
    pthread_cond_signal(&coordinator->arrived);
    while (!call.is_done)
        pthread_cond_wait(&coordinator->called, &coordinator->lock);
    pthread_mutex_unlock(&coordinator->lock);
    if (call.status != OK && error != NULL)
        error_move(error, &call.error);
    error_clear(&call.error);
    return call.status;
}

void coordinator_hold(Coordinator *coordinator) {
    pthread_mutex_lock(&coordinator->lock);
    coordinator->holds++;
    pthread_mutex_unlock(&coordinator->lock);
}

void coordinator_release(Coordinator *coordinator) {
    pthread_mutex_lock(&coordinator->lock);
    if (coordinator->holds > 0)
        coordinator->holds--;
    coordinator->is_woken = true;
    pthread_cond_signal(&coordinator->arrived);
    pthread_mutex_unlock(&coordinator->lock);
}

/* Under the lock, which is released when it answers true. */
static bool refuse_when_stopping(Coordinator *coordinator, Completion completion) {
    if (!coordinator->is_stopping)
        return false;
    pthread_mutex_unlock(&coordinator->lock);
    Error error = {0};
    error_set(&error, STATUS_ADMIN_SHUTDOWN, "terminating connection due to administrator command");
    completion.done(completion.argument, &error);
    error_clear(&error);
    return true;
}

void coordinator_wait_commit(Coordinator *coordinator, Completion completion) {
    pthread_mutex_lock(&coordinator->lock);
    if (refuse_when_stopping(coordinator, completion))
        return;
    GROW(coordinator->arriving.items, coordinator->arriving.capacity, coordinator->arriving.count + 1);
    coordinator->arriving.items[coordinator->arriving.count++] = completion;
    pthread_cond_signal(&coordinator->arrived);
    pthread_mutex_unlock(&coordinator->lock);
}

void coordinator_submit(Coordinator *coordinator, TableChange *changes, int count, Completion done) {
    Submission *submission = NEW(Submission);
    *submission = (Submission){.changes = changes, .count = count, .done = done};
    pthread_mutex_lock(&coordinator->lock);
    if (refuse_when_stopping(coordinator, done)) {
        submission_free(submission);
        return;
    }
    *coordinator->submissions_tail = submission;
    coordinator->submissions_tail = &submission->next;
    pthread_cond_signal(&coordinator->arrived);
    pthread_mutex_unlock(&coordinator->lock);
}
