/* Coordinator: the thread that owns every continuous job: takes write sets, runs steps, cuts epochs, and
   changes the graph between steps.

   Everything here is called from any thread unless it says otherwise; nothing here blocks except
   coordinator_call and start/stop. */
#ifndef LEAT_ENGINE_COORDINATOR_H
#define LEAT_ENGINE_COORDINATOR_H

#include "executor/engine/epochs.h"
#include "executor/operators/environment.h"
#include "executor/operators/leaf/stream_source.h"
#include "executor/state/relation_index.h"

typedef struct Coordinator Coordinator;

typedef struct CoordinatorSpec {
    Store *store; /* NULL: nothing is durable (tests) */
    int worker_count;
    MemoryBudget *budget;             /* outlives the coordinator */
    int64_t (*clock)(void *argument); /* microseconds since 2000-01-01 UTC; NULL: the system's */
    void *clock_argument;
    int inline_rows;       /* steps of fewer rows run on the coordinator's thread; 0: the default, 2 000 */
    int round_rows;        /* rows a worker takes in a round; 0: the default, 65 536 */
    int64_t step_time_max; /* microseconds a step goes on taking rounds; 0: the default, 50 000 */
    int64_t
        freshness_max; /* microseconds a row may wait for its commit under load; 0: the default, 1 000 000 */
    size_t dirty_bytes_max; /* dirty state that forces a cut at the step's end; 0: the default, 256 MB */
    size_t memory_max; /* what a step may bring the budget's memory to before its largest job is suspended; 0:
                          no bound */
    size_t version_bytes_max; /* row versions kept for readers of old epochs, who get 55000 beyond; 0: half of
                                 the budget's limit, 64 MB at least */
    int64_t sink_stage_max; /* bytes that a sink may have staged and not delivered before sources stop; 0: the
                               default, 1 GB */
    int64_t event_rows_max; /* failed and late rows kept of each object; 0: the default, 100 000 */
    /* After a failed commit, on the coordinator's thread: adds every object as it was at the last commit
       (coordinator_add), since all jobs are gone, definitions included. NULL: a failed commit is final. */
    Status (*reload)(void *argument, Error *error);
    void *reload_argument;
    /* Once that is done and everything goes on; may be NULL. */
    void (*resumed)(void *argument);
    void *resumed_argument;
    uint64_t random_seed; /* != 0: rounds of random sizes from 1 row up, for tests */
} CoordinatorSpec;

/* Called once, on the committing thread, or on the coordinator's when it failed. error is NULL on success.
   Must be quick and take no lock that is held while calling into the coordinator. */
typedef struct Completion {
    void (*done)(void *argument, const Error *error);
    void *argument;
} Completion;

Status coordinator_start(const CoordinatorSpec *spec, Coordinator **coordinator, Error *error);
/* Finishes the running step and commit, then frees everything. What is not committed is as if it had not
   been. */
void coordinator_stop(Coordinator *coordinator);
/* Begins to step, after the catalog was restored, and waits for what that publishes: readers see the restored
   watermarks from the first. With a store that cannot be written (store_condition) it is open all the same.
 */
Status coordinator_open(Coordinator *coordinator, Error *error);
Epochs *coordinator_epochs(Coordinator *coordinator);

/* Runs function on the coordinator's thread between two steps and waits for it. */
Status coordinator_call(Coordinator *coordinator,
    Status (*function)(Coordinator *coordinator, void *argument, Error *error), void *argument, Error *error);
/* While held (counted), no step begins: write sets and records that come meanwhile enter the next step
   together. */
void coordinator_hold(Coordinator *coordinator);
void coordinator_release(Coordinator *coordinator);

/* Objects. Only from inside coordinator_call, or before coordinator_open. Specs, settings and names are
   borrowed until the object is removed. */
typedef enum JobKind { JOB_TABLE, JOB_SOURCE, JOB_VIEW, JOB_SINK } JobKind;

typedef struct JobDefinition {
    uint32_t object_id;
    JobKind kind;
    const char *name;
    const char *key_name;     /* TABLE: of its primary key */
    const OperatorSpec *spec; /* TABLE: a Table; SOURCE: a StreamSource; VIEW, stored SOURCE: a Materialize
                                 root; SINK: a Sink root */
    TypeSettings settings;    /* as frozen; now is set by each step */
    RelationSpec relation; /* TABLE, VIEW, stored SOURCE: part_count, store and budget are filled in here */
    SourceReader *reader;  /* SOURCE: taken over */
    const RelationIndexSpec *indexes; /* TABLE, VIEW, stored SOURCE: as it begins; borrowed until then */
    int index_count;
    int64_t *start_offsets; /* SOURCE: by partition, as resolved at CREATE; borrowed */
    int partition_count;
    int64_t idle_timeout, drift_max; /* SOURCE, microseconds */
    SinkWriter *writer;              /* SINK: taken over */
    /* A private reader of a source from its first record, for backfills and ad-hoc queries. */
    Status (*open_reader)(void *argument, SourceReader **reader, Error *error);
    void *open_argument;
    const Expression *watermark; /* TABLE with WATERMARK: over its visible columns; NULL: none */
    int watermark_column;
    int arrival_column;   /* TABLE: "$arrival", or −1 */
    bool is_transient;    /* of a subscription: nothing of it is durable */
    bool is_background;   /* nobody waits for its build: a failure is kept for coordinator_status */
    int dependency_count; /* objects that it reads */
    const uint32_t *dependencies;
} JobDefinition;

/* Adds an object as it was at the last commit (is_restored), or new and empty: tables, sources, and jobs
   restored at start. */
Status coordinator_add(
    Coordinator *coordinator, const JobDefinition *definition, bool is_restored, Error *error);
/* A stored source reads from now on, whether anybody reads it or not: a new one stands still until the
   transaction that makes it is committed. Nothing for all else. Coordinator's thread. */
void coordinator_start_reading(Coordinator *coordinator, uint32_t object_id);
/* Begins to build a new view or sink, or a suspended view anew, beside the running jobs. linked is called
   (coordinator's thread, between two steps) when it has caught up, is part of the running jobs and its first
   commit is about to be made: it adds catalog facts by coordinator_stage; it may not fail when a suspended
   view was built. done: that commit is published, or the build failed. */
Status coordinator_build(Coordinator *coordinator, const JobDefinition *definition,
    Status (*linked)(void *argument, Error *error), Completion done, Error *error);
/* A background build that could not begin: as one that failed. */
void coordinator_keep_failure(
    Coordinator *coordinator, uint32_t object_id, JobKind kind, const char *name, const Error *error);
/* Ends a build that has not been linked; false when it was (or is not known). */
bool coordinator_cancel_build(Coordinator *coordinator, uint32_t object_id);
/* Ends the background build of that name, or forgets that it failed; false when there was neither. */
bool coordinator_cancel_build_named(Coordinator *coordinator, const char *name);
/* The object's new name, and its key's, borrowed. Coordinator's thread. */
void coordinator_rename(Coordinator *coordinator, uint32_t object_id, const char *name, const char *key_name);
/* A table has more columns behind the others: definition's spec, names and relation.missing say which. What
   reads it goes on as it was. Coordinator's thread. */
void coordinator_widen(Coordinator *coordinator, const JobDefinition *definition);
/* Rows of the table that were checked against an older version of its definition are refused from now on
   (40001). Coordinator's thread. */
void coordinator_redefine(Coordinator *coordinator, uint32_t object_id, uint64_t version);
/* 40001 when rows of the table have been changed since the epoch. Coordinator's thread. */
Status coordinator_check_unchanged(
    Coordinator *coordinator, uint32_t object_id, uint64_t epoch, Error *error);
/* Whether objects may be added or removed: not after a commit has failed. */
Status coordinator_may_change(Coordinator *coordinator, Error *error);
/* Whether these objects may go together: 2BP01 when a job that is not among them reads one. */
Status coordinator_may_remove(Coordinator *coordinator, const uint32_t *ids, int count, Error *error);
/* Removes an object and its durable state; see coordinator_may_remove. Builds that read it fail. */
Status coordinator_remove(Coordinator *coordinator, uint32_t object_id, Error *error);
/* Ends what removed sinks have outside, which may wait for the other side: any thread but the coordinator's.
   An error tells what could not be cleaned up; the objects are gone all the same. */
Status coordinator_clean_up(Coordinator *coordinator, Error *error);
/* Adds an index (copied) to a table's or view's relation, or takes one out; a unique one over rows that are
   not: 23505. Coordinator's thread. */
Status coordinator_add_index(
    Coordinator *coordinator, uint32_t object_id, const RelationIndexSpec *index, Error *error);
void coordinator_drop_index(Coordinator *coordinator, uint32_t object_id, uint32_t index_id);
/* Facts that go with the next commit (appended to it). */
Cut *coordinator_stage(Coordinator *coordinator);
/* Calls back once a commit that holds everything up to now is published. Any thread. */
void coordinator_wait_commit(Coordinator *coordinator, Completion completion);

/* One table's part of a write set: the rows as stored, hidden columns included; $arrival is filled in on
   acceptance. */
typedef struct TableChange {
    uint32_t object_id;
    uint64_t defined_at; /* the version of the table's definition that its rows were checked against: see
                            coordinator_redefine */
    BatchList removed;   /* rows that must be there exactly so, else the write set is refused with 40001 */
    BatchList added;
} TableChange;

/* Hands over a transaction's changes (all memory too). They enter one step together, or none does: 40001 a
   row changed meanwhile, 23505 a key is taken already (constraint named <table>_pkey, or as the unique index;
   detail as PostgreSQL's). done: durable and visible. */
void coordinator_submit(Coordinator *coordinator, TableChange *changes, int count, Completion done);
/* The same at once, on the coordinator's thread: applied when it returns OK, durable and visible with the
   next commit. */
Status coordinator_take(Coordinator *coordinator, TableChange *changes, int count, Error *error);
/* A fresh row id, never given twice. */
int64_t coordinator_next_row_id(Coordinator *coordinator, int count);

/* Whether the object is suspended. Coordinator's thread. */
bool coordinator_is_suspended(Coordinator *coordinator, uint32_t object_id);
/* For readers: the relation (retained; NULL: none), or 55000 with the cause when the job is suspended. */
Status coordinator_relation(Coordinator *coordinator, uint32_t object_id, Relation **relation, Error *error);
/* Errors, late rows: relations with reserved object ids, readable like views.
   errors: object int8, operator text, partition int4, record_offset int8, sqlstate text, message text, input
   text (count = diff) late:   object int8, operator text, window_start timestamp, window_end timestamp,
   arrival timestamp, input text */
enum { OBJECT_ERRORS = 1, OBJECT_LATE = 2, OBJECT_FIRST_USER = 16384 };

/* Status of one object, for system views. Copies; free texts with text_free. */
typedef struct JobStatus {
    uint32_t object_id;
    JobKind kind;
    const char *name;
    bool is_building, is_suspended, is_failed; /* is_failed: a background build */
    bool is_stored;  /* SOURCE: `rows` are those that it holds, else those that it has read */
    bool is_stopped; /* a source whose reader failed, and is tried again now and then */
    Text trouble;
    int64_t rows, errors, late_rows,
        rows_discarded; /* rows_discarded: of its failed and late rows, since this start */
    int64_t repeated_changes,
        unmatched_changes; /* of changes by key: those that changed nothing, since this start */
    size_t state_bytes;
    int64_t watermark;
    int partition_count;
    SourcePartition *partitions;
    int64_t
        *lags; /* by partition: rows that wait, as far as is known; −1: not known. NULL: nobody can know */
    uint64_t staged, delivered;
    SinkSum *sums; /* of a sink that discards; columns' names are the status's own */
    int sum_count;
} JobStatus;
/* All objects; the array (and texts) is the caller's: memory_free. */
void coordinator_status(Coordinator *coordinator, JobStatus **jobs, int *count);
/* Lets a stopped sink go on, with the batch skip_to, or (0) behind what stands outside; what that comes to is
   then in its status. 55000 when it is not stopped. Coordinator's thread. */
Status coordinator_resume_sink(Coordinator *coordinator, uint32_t object_id, uint64_t skip_to, Error *error);
/* The fact that a sink is paused, since a savepoint was restored: its value says from which. It goes when the
   sink is resumed, or dropped. */
void coordinator_pause_key(uint32_t object_id, Text *key);
/* What sinks have delivered by now is part of the next commit. Any thread. */
Status coordinator_note_deliveries(Coordinator *coordinator, Error *error);
/* Batches that a sink has committed and not delivered; 0 for all else. Coordinator's thread. */
uint64_t coordinator_undelivered(Coordinator *coordinator, uint32_t object_id);
/* Actual figures of each operator of a running job, in spec preorder. */
typedef struct OperatorStatus {
    uint32_t operator_id;
    int64_t rows_in, rows_out, nanoseconds;
    size_t state_bytes;
    int64_t watermark; /* the least of its columns that have one, WATERMARK_NONE when none has */
    int64_t changes_repeated,
        changes_unmatched; /* of changes by key: those that changed nothing, since the start */
} OperatorStatus;
Status coordinator_operators(
    Coordinator *coordinator, uint32_t object_id, OperatorStatus **operators, int *count, Error *error);
typedef struct CommitStatus {
    uint64_t epoch;
    bool is_failed;                                    /* a commit could not be written, and nothing steps */
    int64_t commits, steps, wide_steps, bytes_written; /* wide: two or more tables or sources had rows */
    int64_t held_write_sets;                           /* that wait because steps are held */
    int64_t last_microseconds, p50_microseconds, p95_microseconds,
        max_microseconds; /* of a commit's write and publication; shares to an eighth */
    int64_t rows_written; /* rows of state, tables and views in the blocks that were written */
    int64_t
        cpu_microseconds; /* of making and writing commits, without what RocksDB does in its own threads */
} CommitStatus;
void coordinator_commit_status(Coordinator *coordinator, CommitStatus *status);

#endif
