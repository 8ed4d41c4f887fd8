/* Commit: cuts between steps, one synced write at a time, then publication, then answers: in this order.

   One atomic write holds all that changed since the last: operator state, view and table rows, positions and
   watermarks of sources, P, staged sink output, catalog facts, the epoch's number. Recovery is: open, read
   the epoch, seek the sources. After a failed write nothing steps any more, and readers go on, until
   everything was made again from the store (recovery.c).

   What is under way belongs to its thread, from commit_advance until it is no longer busy. */
#include "executor/engine/commit/commit.h"

#include <assert.h>

#include "executor/base/clock.h"
#include "executor/base/fault.h"
#include "executor/base/log.h"
#include "executor/base/memory.h"
#include "executor/base/wait.h"

/* A commit starts when the last has ended and this many times its duration has passed. */
enum { PACE = 10, SPARE_MAX = 64 << 20, PARTS_MAX = 8, DURATION_BUCKETS = 8 * 64 };
#define SPARE_MICROSECONDS INT64_C(5000000)

typedef struct Figures {
    int64_t commits, bytes, rows, nanoseconds; /* nanoseconds: of cutting and writing, on processors */
    int64_t duration, duration_max;
    int64_t durations[DURATION_BUCKETS]; /* commits by duration: eight buckets an octave */
} Figures;

struct Commit {
    Home *home;
    Publisher *publisher;
    CommitPart parts[PARTS_MAX];
    int part_count;
    int64_t cut_at;    /* monotonic */
    int64_t announced; /* commits that parts have heard of */
    Error failure;
    pthread_t thread;
    Wait wait; /* its lock guards what follows, except what is under way while busy */
    bool is_busy, is_stopping, is_failed;
    /* Under way. */
    Cut **cuts; /* by worker, then the facts */
    int cut_count;
    Published *published;
    Waiters waiters;
    Error error;
    Text *spare; /* by worker: memory of the last cut, for the next; let go after a while without commits */
    int64_t ended_at;
    Figures figures;
};

static int duration_bucket(int64_t microseconds) {
    if (microseconds < 8)
        return microseconds < 0 ? 0 : (int)microseconds;
    int octave = 63 - __builtin_clzll((unsigned long long)microseconds);
    return octave * 8 + (int)(microseconds >> (octave - 3) & 7);
}

/* The duration that this share of the commits did not exceed, rounded up to its bucket's end. */
static int64_t duration_of_share(const Figures *figures, double share) {
    int64_t seen = 0;
    for (int i = 0; i < DURATION_BUCKETS; i++) {
        seen += figures->durations[i];
        if (seen == 0 || (double)seen < share * (double)figures->commits)
            continue;
        int64_t end = i < 8 ? i : (((int64_t)(i % 8) + 9) << (i / 8 - 3)) - 1;
        return end < figures->duration_max ? end : figures->duration_max;
    }
    return 0;
}

static int worker_count(const Commit *commit) {
    return commit->home->spec->worker_count;
}

/* The thread. */

static void free_spare(Commit *commit) {
    for (int w = 0; w < worker_count(commit); w++)
        text_free(&commit->spare[w]);
}

/* A worker's next cut will be about as large. Its memory is kept: getting it anew from the system page by
   page cost more than writing to it. */
static void free_cuts(Commit *commit) {
    for (int i = 0; i < commit->cut_count; i++) {
        Text *bytes = &commit->cuts[i]->bytes;
        if (i < worker_count(commit) && bytes->capacity <= SPARE_MAX) {
            text_reset(bytes);
            commit->spare[i] = *bytes;
            *bytes = (Text){0};
        }
        cut_free(commit->cuts[i]);
        memory_free(commit->cuts[i]);
    }
    memory_free(commit->cuts);
    commit->cuts = NULL;
    commit->cut_count = 0;
}

static void measure(const Commit *commit, Figures *figures) {
    for (int i = 0; i < commit->cut_count; i++) {
        figures->bytes += (int64_t)commit->cuts[i]->bytes.length;
        figures->rows += commit->cuts[i]->rows;
    }
}

static Status write_commit(Commit *commit) {
    const Home *home = commit->home;
    if (MUTANT("answer-before-the-write"))
        waiters_finish(&commit->waiters, NULL);
    FAILPOINT("commit.before-write");
    Status status = OK;
    if (home->spec->store != NULL)
        status = store_commit(home->spec->store, commit->cuts,
            commit->cut_count - (MUTANT("cut-without-facts") && commit->cut_count > 1), &commit->error);
    FAILPOINT("commit.after-write");
    if (status == OK) {
        epochs_publish(home->epochs, commit->published);
        FAILPOINT("commit.after-publish");
        waiters_finish(&commit->waiters, NULL);
    } else {
        published_destroy(commit->published);
        waiters_finish(&commit->waiters, &commit->error);
    }
    commit->published = NULL;
    free_cuts(commit);
    return status;
}

/* With the lock held. */
static void note_end(Commit *commit, Figures *own, bool is_failed) {
    Figures *figures = &commit->figures;
    commit->ended_at = clock_monotonic();
    figures->bytes += own->bytes;
    figures->rows += own->rows;
    figures->nanoseconds += own->nanoseconds;
    figures->duration = own->duration;
    figures->duration_max = own->duration > figures->duration_max ? own->duration : figures->duration_max;
    figures->durations[duration_bucket(own->duration)]++;
    figures->commits++;
    commit->is_failed = is_failed;
    commit->is_busy = false;
}

static bool has_spare(const Commit *commit) {
    for (int w = 0; w < worker_count(commit); w++)
        if (commit->spare[w].bytes != NULL)
            return true;
    return false;
}

/* With the lock held. What is spare goes when nothing has come for a while. */
static void wait_for_commit(Commit *commit) {
    while (!commit->is_busy && !commit->is_stopping)
        if (!wait_until_woken(
                &commit->wait, has_spare(commit) ? clock_monotonic() + SPARE_MICROSECONDS : WAIT_FOREVER))
            free_spare(commit);
}

static void *commit_main(void *argument) {
    Commit *commit = argument;
    wait_lock(&commit->wait);
    for (;;) {
        wait_for_commit(commit);
        if (!commit->is_busy)
            break;
        wait_unlock(&commit->wait);
        Figures own = {0};
        int64_t begin = clock_monotonic(), cpu = clock_thread_ns();
        measure(commit, &own);
        Status status = write_commit(commit);
        own.duration = clock_monotonic() - begin;
        own.nanoseconds = clock_thread_ns() - cpu;
        wait_lock(&commit->wait);
        note_end(commit, &own, status != OK);
        wait_unlock(&commit->wait);
        mailbox_wake(commit->home->mailbox);
        wait_lock(&commit->wait);
    }
    wait_unlock(&commit->wait);
    return NULL;
}

Commit *commit_create(Home *home, Publisher *publisher) {
    Commit *commit = NEW(Commit);
    commit->home = home;
    commit->publisher = publisher;
    commit->spare = NEW_ARRAY(Text, home->spec->worker_count);
    wait_init(&commit->wait);
    pthread_create(&commit->thread, NULL, commit_main, commit);
    return commit;
}

void commit_destroy(Commit *commit) {
    if (commit == NULL)
        return;
    wait_lock(&commit->wait);
    commit->is_stopping = true;
    wait_wake_locked(&commit->wait);
    wait_unlock(&commit->wait);
    pthread_join(commit->thread, NULL);
    assert(!commit->is_busy && commit->cut_count == 0);
    wait_destroy(&commit->wait);
    free_spare(commit);
    memory_free(commit->spare);
    waiters_free(&commit->waiters);
    error_clear(&commit->error);
    error_clear(&commit->failure);
    memory_free(commit);
}

void commit_add_part(Commit *commit, const CommitPart *part) {
    assert(commit->part_count < PARTS_MAX);
    commit->parts[commit->part_count++] = *part;
}

/* The coordinator's side. */

static CommitWish greatest_wish(const Commit *commit) {
    CommitWish greatest = COMMIT_NOT;
    for (int i = 0; i < commit->part_count; i++) {
        const CommitPart *part = &commit->parts[i];
        CommitWish wish = part->wants == NULL ? COMMIT_NOT : part->wants(part->owner);
        greatest = wish > greatest ? wish : greatest;
    }
    return greatest;
}

static bool is_dirty(const Commit *commit) {
    return open_epoch_is_touched(commit->home->open) || greatest_wish(commit) != COMMIT_NOT;
}

/* When the next commit may start, given that something is dirty. Not while one is under way. */
static int64_t due_at(const Commit *commit) {
    const CoordinatorSpec *options = commit->home->spec;
    if (open_epoch_is_awaited(commit->home->open) || greatest_wish(commit) == COMMIT_NOW ||
        budget_excess(options->budget) > 0)
        return 0;
    int64_t paced = commit->ended_at + PACE * commit->figures.duration;
    int64_t latest = commit->cut_at + options->freshness_max;
    return paced < latest ? paced : latest;
}

static void open_cuts(Commit *commit, CommitCuts *cuts) {
    int workers = worker_count(commit);
    assert(commit->cuts == NULL);
    commit->cut_count = workers + 1;
    commit->cuts = NEW_ARRAY(Cut *, workers + 1);
    for (int i = 0; i <= workers; i++)
        commit->cuts[i] = NEW(Cut);
    wait_lock(&commit->wait);
    for (int w = 0; w < workers; w++) {
        commit->cuts[w]->bytes = commit->spare[w];
        commit->spare[w] = (Text){0};
    }
    wait_unlock(&commit->wait);
    *cuts = (CommitCuts){commit->cuts, open_epoch_stage(commit->home->open), 0};
}

static Status cut_parts(Commit *commit, CommitCuts *cuts, Error *error) {
    for (int i = 0; i < commit->part_count; i++)
        if (commit->parts[i].begin != NULL)
            commit->parts[i].begin(commit->parts[i].owner);
    for (int i = 0; i < commit->part_count; i++)
        if (commit->parts[i].cut != NULL)
            TRY(commit->parts[i].cut(commit->parts[i].owner, cuts, error));
    return OK;
}

/* Everything that changed since the last cut, into the thread's hands. */
static Status cut_everything(Commit *commit, Error *error) {
    CommitCuts cuts;
    int64_t begin = clock_thread_ns();
    open_cuts(commit, &cuts);
    FAILPOINT("cut.begin");
    Status status = cut_parts(commit, &cuts, error);
    if (status != OK) {
        wait_lock(&commit->wait);
        free_cuts(commit);
        wait_unlock(&commit->wait);
        return status;
    }
    assert(open_epoch_number(commit->home->open) > epochs_published(commit->home->epochs));
    commit->published = publisher_make(commit->publisher);
    open_epoch_close(commit->home->open, commit->cuts[commit->cut_count - 1], &commit->waiters);
    FAILPOINT("cut.end");
    commit->cut_at = clock_monotonic();
    wait_lock(&commit->wait);
    commit->figures.nanoseconds += cuts.nanoseconds + clock_thread_ns() - begin;
    wait_unlock(&commit->wait);
    return OK;
}

static void hand_over(Commit *commit) {
    wait_lock(&commit->wait);
    assert(!commit->is_busy && !commit->is_failed); /* one at a time, and none after one that failed */
    commit->is_busy = true;
    wait_wake_locked(&commit->wait);
    wait_unlock(&commit->wait);
}

/* Between two commits. */
static void announce(Commit *commit) {
    if (commit->announced == commit->figures.commits)
        return;
    commit->announced = commit->figures.commits;
    for (int i = 0; i < commit->part_count; i++)
        if (commit->parts[i].published != NULL)
            commit->parts[i].published(commit->parts[i].owner);
}

void commit_advance(Commit *commit) {
    assert(commit_failure(commit) == NULL);
    if (commit_is_busy(commit))
        return;
    if (commit->is_failed) {
        commit_fail(commit, &commit->error);
        return;
    }
    announce(commit);
    if (!is_dirty(commit)) {
        open_epoch_answer(commit->home->open, NULL);
        return;
    }
    if (due_at(commit) > clock_monotonic())
        return;
    Error error = {0};
    if (cut_everything(commit, &error) == OK)
        hand_over(commit);
    else
        commit_fail(commit, &error);
    error_clear(&error);
}

bool commit_is_busy(Commit *commit) {
    wait_lock(&commit->wait);
    bool is_busy = commit->is_busy;
    wait_unlock(&commit->wait);
    return is_busy;
}

int64_t commit_deadline(Commit *commit) {
    if (commit_is_busy(commit) || (!is_dirty(commit) && !open_epoch_is_awaited(commit->home->open)))
        return INT64_MAX;
    return due_at(commit);
}

void commit_fail(Commit *commit, const Error *error) {
    assert(error->status != OK);
    if (commit->failure.status == OK) {
        log_error("nothing is written until the store is well again: %s", error->message);
        error_copy(&commit->failure, error);
    }
    open_epoch_answer(commit->home->open, &commit->failure);
}

const Error *commit_failure(const Commit *commit) {
    return commit->failure.status == OK ? NULL : &commit->failure;
}

void commit_recover(Commit *commit, const Error *error) {
    assert(commit->failure.status != OK && !commit_is_busy(commit));
    error_clear(&commit->failure);
    if (error != NULL) {
        error_copy(&commit->failure, error);
        return;
    }
    wait_lock(&commit->wait);
    commit->is_failed = false;
    error_clear(&commit->error);
    wait_unlock(&commit->wait);
}

void commit_describe(Commit *commit, CommitStatus *status) {
    wait_lock(&commit->wait);
    const Figures *figures = &commit->figures;
    *status = (CommitStatus){
        .epoch = epochs_published(commit->home->epochs),
        .is_failed = commit->is_failed,
        .commits = figures->commits,
        .bytes_written = figures->bytes,
        .last_microseconds = figures->duration,
        .p50_microseconds = duration_of_share(figures, 0.5),
        .p95_microseconds = duration_of_share(figures, 0.95),
        .max_microseconds = figures->duration_max,
        .rows_written = figures->rows,
        .cpu_microseconds = figures->nanoseconds / 1000,
    };
    wait_unlock(&commit->wait);
}
