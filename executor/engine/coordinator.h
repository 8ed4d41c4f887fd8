/* Coordinator: the thread that owns every continuous job: takes write sets, runs steps, cuts epochs, and
   changes the graph between steps.

   Everything here is called from any thread unless it says otherwise; nothing here blocks except
   coordinator_call and start/stop. */
#ifndef LEAT_ENGINE_COORDINATOR_H
#define LEAT_ENGINE_COORDINATOR_H

#include "executor/engine/job/definition.h"
#include "executor/engine/commit/epochs.h"
#include "executor/engine/options.h"
#include "executor/engine/submission.h"

typedef struct Coordinator Coordinator;

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
/* All objects; the array (and texts) is the caller's: memory_free. */
void coordinator_status(Coordinator *coordinator, JobStatus **jobs, int *count);
/* Lets a stopped sink go on, with the batch skip_to, or (0) behind what stands outside; what that comes to is
   then in its status. 55000 when it is not stopped. Coordinator's thread. */
Status coordinator_resume_sink(Coordinator *coordinator, uint32_t object_id, uint64_t skip_to, Error *error);
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
void coordinator_commit_status(Coordinator *coordinator, CommitStatus *status);

#endif
