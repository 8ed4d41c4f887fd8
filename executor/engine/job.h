/* Job: one running object, and the coordinator's own state: shared by the files of the coordinator alone. */
#ifndef LEAT_ENGINE_JOB_H
#define LEAT_ENGINE_JOB_H

#include <pthread.h>

#include "executor/engine/coordinator.h"
#include "executor/engine/event_store.h"
#include "executor/dataflow/flow.h"
#include "executor/dataflow/source_state.h"

typedef struct Job Job;
typedef struct Build Build;
typedef struct Delivery Delivery;

typedef struct JobList {
    Job **jobs;
    int count, capacity;
} JobList;

typedef struct JobHub {
    const OperatorSpec *spec;
    ExchangeHub *hub;
} JobHub;

struct Job {
    Coordinator *coordinator;
    Job *next_leaving;
    JobDefinition definition;
    TypeSettings settings;
    bool is_building;
    bool is_suspended; /* it has neither nodes nor a relation */
    bool is_rebuilt;   /* suspended, and a build for its place is under way; under the registry's lock */
    Error trouble;
    Relation *relation; /* TABLE, VIEW, stored SOURCE */
    Node **roots;       /* by worker; the port that others read */
    Node **leaves;      /* TABLE, SOURCE: by worker; what is fed, or reads: the root too, unless the source is
                           stored */
    JobHub *hubs;
    int hub_count, hub_capacity;
    SourceState source;         /* SOURCE */
    BatchList *queue;           /* TABLE: accepted changes, by worker */
    uint64_t written_at;        /* TABLE: the last epoch in which rows were accepted */
    uint64_t defined_at;        /* TABLE: see coordinator_redefine */
    bool is_queued;             /* on the list of tables with something to step */
    bool is_changed;            /* on the list of those that took part since the last cut */
    bool is_trimmed;            /* on the list of those whose relation may hold ended rows */
    PublishedObject *published; /* as last made; NULL: to be made, if it is published at all */
    Evaluator *watermark;       /* TABLE */
    int64_t watermark_value;    /* TABLE: running; SOURCE: see source */
    int64_t sealed_watermark;   /* as last sealed: a step is due when it moved */
    int64_t rows_fed;           /* TABLE: into steps, since the start */
    int64_t rows_stepped;       /* TABLE, SOURCE: rows taken up to the last step */
    bool is_reading;            /* stored SOURCE: see coordinator_start_reading */
    int reader_count;  /* continuous leaves that read it, and a stored source itself; a source without any is
                          not read */
    Job *group;        /* towards one of those whose sources meet: see drift.c */
    int64_t slowest;   /* SOURCE: of its group, while limits are set */
    SinkOutput output; /* SINK */
    uint64_t staged, delivered;
    int64_t staged_bytes; /* of all batches since the start, and of those that were waiting then */
    int part_count;       /* the greatest number of workers that any of its staged batches may be of */
    Delivery *delivery;
    int64_t errors, late_rows; /* atomic adds */
};

/* Rows for the errors and late relations, collected by one worker in a step. */
typedef struct Events {
    Coordinator *coordinator;
    int worker;
    BatchList errors, late;
} Events;

typedef struct Call {
    struct Call *next;
    Status (*function)(Coordinator *coordinator, void *argument, Error *error);
    void *argument;
    Status status;
    Error error;
    bool is_done;
} Call;

typedef struct Submission {
    struct Submission *next;
    TableChange *changes;
    int count;
    Completion done;
} Submission;

/* A background build that failed: what became of it. The oldest are forgotten. */
typedef struct BuildFailure {
    uint32_t object_id;
    JobKind kind;
    char *name;
    char *trouble;
} BuildFailure;
enum { BUILD_FAILURES_MAX = 100 };

typedef struct Waiters {
    Completion *items;
    int count, capacity;
} Waiters;

typedef struct KeptRelation {
    uint32_t object_id;
    Relation *relation;
} KeptRelation;

struct Coordinator {
    CoordinatorSpec spec;
    Workers *workers;
    Flow *flow;
    Events *events; /* by worker */
    Environment environment;
    Epochs *epochs;
    pthread_mutex_t registry_lock; /* held by the coordinator while it changes, by others while they read:
                                      jobs, and whether one is suspended */
    Job **jobs;                    /* in order of creation: whoever reads comes after what it reads */
    int job_count, job_capacity;
    Job **by_id; /* the same, ascending */
    /* Idle jobs stand on none of these but `published`, so that they cost nothing. */
    JobList sources, sinks, queued, stepping, changed, trimmed, published;
    PublishedSet *published_set; /* NULL: some of `published` has moved, or come, or gone */
    Build *builds;
    BuildFailure failures[BUILD_FAILURES_MAX];
    int failure_count;
    Job *opening; /* its nodes are being added */
    EventStore *errors, *late;
    uint64_t open_epoch;
    int64_t time;                   /* P */
    atomic_llong steps, wide_steps; /* wide: two or more inputs had rows */
    uint64_t random;
    int64_t hold_sources_until; /* monotonic: a build is about to link */
    bool are_sources_grouped;   /* as the jobs are now */

    pthread_t thread;
    pthread_mutex_t lock; /* the mailbox: everything down to is_stopping */
    pthread_cond_t arrived, called;
    Call *calls, **calls_tail;
    Submission *submissions, **submissions_tail;
    Waiters arriving; /* wait for the next commit */
    bool is_woken, is_open, is_stopping;
    int holds;

    atomic_llong next_row_id, row_id_limit;

    /* The commit. */
    Waiters waiting;    /* go with the next cut */
    Cut staged;         /* catalog facts for the next cut */
    bool is_dirty;      /* a step, or facts, since the last cut */
    bool has_scattered; /* relations have rows to be written together, to be evicted then */
    int64_t cut_at;     /* monotonic */
    struct Committer *committer;
    Error failure; /* of a commit, or of a step that is nobody's: the store is opened anew, and everything
                      goes on */
    bool is_commit_failed;
    int64_t recover_at; /* monotonic: not before */
    Job *leaving; /* sinks that were removed and have yet to tell the other side; under the registry's lock */
    struct KeptRelation
        *kept; /* what readers are given while the jobs are made again; under the registry's lock */
    int kept_count, kept_capacity;
};

/* job.c */
Job *job_find(Coordinator *coordinator, uint32_t object_id);     /* among the registered */
Job *job_find_any(Coordinator *coordinator, uint32_t object_id); /* those being built or opened too */
/* trouble: it comes suspended; NULL: not. */
Status job_create(Coordinator *coordinator, const JobDefinition *definition, bool is_restored,
    const Error *trouble, Job **job, Error *error);
void job_destroy(Job *job);
void job_leave(Job *job); /* SINK, withdrawn: goes with coordinator_clean_up */
Status job_add_nodes(Job *job, Flow *flow, bool is_restored, bool with_ports, Error *error);
void job_register(Job *job);
void job_list_add(JobList *list, Job *job);
void job_list_remove(JobList *list, const Job *job);
void job_count_reads(Job *job, int by); /* of what it reads */
void job_forget_published(Coordinator *coordinator);
void job_changed(Job *job); /* since the last cut */
void job_queue(Job *job);   /* TABLE: a step is due */
/* Takes a registered job's nodes out of the graphs and forgets it, without destroying it. */
void job_withdraw(Job *job);
/* Takes in the partitions that readers have found since, and tries those again that failed. Between two
   steps. */
void sources_grow(Coordinator *coordinator);
bool job_reads(const Job *job, uint32_t object_id);
bool job_is_read(const Job *job); /* by running jobs, and is not suspended */
void job_job_spec(Job *job, JobSpec *spec, bool is_restored, bool with_ports);

/* suspension.c */
/* A job whose nodes failed is suspended, and OK comes back; `cause` itself when that would not help: of a
   build, a table, or the store's. */
Status job_fail(Coordinator *coordinator, uint32_t object_id, const Error *cause, Error *error);
/* The same for all jobs whose nodes failed in the live graphs, with their errors (by worker), which are
   cleared. */
Status jobs_fail(Coordinator *coordinator, Error *errors, Error *error);
/* And for one that did not come to the end of a step. */
Status job_fail_unfinished(Coordinator *coordinator, uint32_t object_id, Error *error);
/* Takes a job, and all that read from it, out of the graphs, and drops its state, durably. */
void job_suspend(Job *job, const Error *cause);
void job_suspend_readers(Job *job, const Error *cause);
/* Suspends the job that holds most of what cannot be evicted; false: nobody holds much of it. */
bool memory_relieve(Coordinator *coordinator);
/* What a job's step has made that cannot be evicted; whether that is much; the error that says so. */
size_t job_pinned_bytes(const Job *job, const Flow *flow);
bool memory_is_much(const Coordinator *coordinator, size_t bytes);
void memory_error(const Coordinator *coordinator, size_t bytes, Error *error);
/* trouble is set when the object was suspended at the last commit, or something that it reads is. */
Status suspension_restore(
    Coordinator *coordinator, const JobDefinition *definition, Error *trouble, Error *error);
void suspension_store(Job *job);        /* state that can't be read is dropped; with the next commit */
void suspension_forget(const Job *job); /* with the next commit */
void suspension_explain(Job *job, const Error *cause); /* the job is suspended for another reason now */

/* events.c */
GraphEvents events_of(Events *events);
Status events_open(Coordinator *coordinator, Error *error);
void events_record_failed(
    void *argument, int worker, const SourceState *source, int partition, const SourceError *failure);
Status events_apply(Coordinator *coordinator, Error *error);
Status events_forget(Coordinator *coordinator, uint32_t object_id, Error *error);
void events_close(Coordinator *coordinator);

/* SINK: bytes that wait to be delivered. */
int64_t job_waiting_bytes(const Job *job);
/* The sink that has reached sink_stage_max: sources wait for it. NULL: none has. */
const Job *jobs_full_sink(const Coordinator *coordinator);

/* step.c */
/* Evaluates the graphs over what is at hand; *did_step false when nothing was. */
Status step_run(Coordinator *coordinator, bool *did_step, Error *error);
int64_t step_deadline(Coordinator *coordinator);
void step_take_time(Coordinator *coordinator);

/* write_set.c */
/* Validates and applies a submission; on refusal its completion has been called. */
void write_set_take(Coordinator *coordinator, Submission *submission);
void submission_free(Submission *submission);

/* committer.c */
Status committer_start(Coordinator *coordinator, Error *error);
void committer_stop(Coordinator *coordinator);
/* Begins a commit when one is due. */
void commit_maybe(Coordinator *coordinator);
bool commit_is_busy(const Coordinator *coordinator); /* one is under way */
int64_t commit_deadline(Coordinator *coordinator);   /* when one will be due; INT64_MAX: not */
/* Nothing steps any more until all is made again from the store. */
void commit_take_failure(Coordinator *coordinator, const Error *error);
Status commit_restore_job(Job *job, Error *error);
void commit_forget_sink(const Job *job, Cut *cut);
void commit_forget_pause(const Job *job, Cut *cut);
/* The savepoint that it was restored from and paused, freed by the caller; NULL: it is not. */
Status commit_read_pause(const Job *job, char **savepoint, size_t *length, Error *error);

/* As at a start: the epoch after the last committed one. */
Status committer_restart(Coordinator *coordinator, Error *error);
/* Publishes an epoch that is committed, with the watermarks as the jobs have them. */
void committer_publish(Coordinator *coordinator, uint64_t epoch);

/* recovery.c */
/* After a failed commit: tries to go on, now and then. */
void recovery_advance(Coordinator *coordinator);
int64_t recovery_deadline(const Coordinator *coordinator); /* when it will try; INT64_MAX: not */
/* Under the registry's lock: NULL when none is kept. */
Relation *recovery_kept(const Coordinator *coordinator, uint32_t object_id);
void recovery_drop_kept(Coordinator *coordinator);

/* coordinator.c */
Flow *coordinator_create_flow(Coordinator *coordinator); /* without nodes */

/* delivery.c */
Status delivery_start(Job *job, Error *error);
/* Begins nothing more; delivery_stop then waits for what it is at. */
void delivery_ask_to_stop(Delivery *delivery);
void delivery_stop(Delivery *delivery); /* NULL is fine */
void delivery_wake(Delivery *delivery);
Status delivery_resume(Delivery *delivery, uint64_t skip_to, Error *error);
uint64_t delivery_confirmed(Delivery *delivery);
int64_t delivery_bytes(Delivery *delivery); /* of the batches delivered since the start */
void delivery_trouble(Delivery *delivery, Text *out);
void delivery_key(uint32_t object_id, uint64_t number, int part, Text *key);

/* build.c */
/* Goes on with every build for a slice; *is_busy: more can be done at once. */
void builds_advance(Coordinator *coordinator, bool *is_busy);
void builds_fail_all(Coordinator *coordinator, const Error *error);
/* A source has more partitions now. */
void builds_grow(const Job *source);
/* An input has gone. */
void builds_fail_reading(Coordinator *coordinator, uint32_t object_id, const Error *error);
void builds_fail_of(
    Coordinator *coordinator, uint32_t object_id, const Error *error); /* of that object itself */
/* What builds have changed goes out with the live jobs' commits, a part at a time: nobody sees it before the
   object is linked, and a start drops what never was. */
bool builds_want_cut(Coordinator *coordinator);
void builds_cut(Coordinator *coordinator, Cut *const *cuts, Cut *facts); /* a build that can't be cut fails */
Status builds_drop_unfinished(Coordinator *coordinator, Error *error);
void build_failures_forget(Coordinator *coordinator, const char *name); /* NULL: all */
Job *build_job(const Build *build);
Build *build_next(const Build *build);

SourceStateSpec job_source_spec(const JobDefinition *definition);

#endif
