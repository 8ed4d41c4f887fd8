/* Job: one running object: a table, source, view or sink, of which each kind has a file (job_table.c …). A
   job is a definition, its nodes in the graphs, and its relation, if it stores rows.

   The coordinator's thread, unless it says otherwise. */
#ifndef LEAT_ENGINE_JOB_H
#define LEAT_ENGINE_JOB_H

#include "executor/engine/job/home.h"

/* How kinds differ for those who do not care which it is. */
typedef struct JobTraits {
    bool is_vital;     /* cannot be suspended: what fails it fails all */
    bool is_resumable; /* suspended, it keeps what is durable, for its input waits outside: after a restart it
                          goes on from there */
    bool is_rebuildable; /* what it holds can be made again of what it reads */
} JobTraits;
const JobTraits *job_kind_traits(JobKind kind);

/* Makes it, and reads what was last committed (is_restored) of its relation and of its own facts. trouble: it
   comes suspended; NULL: not. What the definition says is taken over is, also on failure. */
Status job_create(Home *home, const JobDefinition *definition, bool is_restored, const Error *trouble,
    Job **job, Error *error);
void job_destroy(Job *job); /* NULL is fine */
/* Its nodes, into the live graphs (with_ports), or into those of a build. */
Status job_add_nodes(Job *job, Flow *flow, bool is_restored, bool with_ports, Error *error);
/* Its nodes go from a build's graphs into the live ones. */
void job_adopt_nodes(Job *job, Flow *from);
/* Its nodes stand: begins to read, or to deliver. */
Status job_start(Job *job, Error *error);
void job_register(Job *job);
/* Takes a registered job's nodes out of the graphs and forgets it, without destroying it. */
void job_withdraw(Job *job);

Home *job_home(const Job *job);
uint32_t job_id(const Job *job);
const JobDefinition *job_definition(const Job *job);
Relation *job_relation(const Job *job);               /* borrowed; NULL: it stores nothing, or is suspended */
const TypeSettings *job_settings(const Job *job);     /* as its operators see them */
const Operator *job_root(const Job *job, int worker); /* what others read */
bool job_is_suspended(const Job *job);                /* it has neither nodes nor a relation */
bool job_is_rebuilt(const Job *job);                  /* suspended, and a build for its place is under way */
const Error *job_trouble(const Job *job);
bool job_reads(const Job *job, uint32_t object_id);
/* By running jobs, and it is not suspended. */
bool job_is_read(const Job *job);
bool job_is_durable(const Job *job);
const JobTraits *job_traits(const Job *job);
/* Bytes of its state and of its relation that cannot be evicted before a commit. */
size_t job_pinned_bytes(const Job *job, const Flow *flow);

/* A step begins, in which its operators see P. */
void job_set_time(Job *job);
/* It takes part in a step since the last cut. */
void job_changed(Job *job);
/* Tables and sources, in a step: whether it takes part now; its rows that wait go to the leaves, and are
   added to *rows; it may read `rows` more (false: nothing is at hand, or it never does); its leaves are
   sealed; and whether it took rows since the last call. */
bool job_takes_part(Job *job, int64_t now);
Status job_feed(Job *job, int64_t *rows, Error *error);
bool job_grant(Job *job, int rows);
Status job_seal(Job *job, int64_t now, Error *error);
bool job_took_rows(Job *job);
int64_t job_sealed_watermark(const Job *job);

/* A cut: what its kind has to store, by the staged facts. */
Status job_cut(Job *job, Error *error);
/* Where it stands, as the next state that is published says; NULL: readers see nothing of it. Borrowed. */
PublishedObject *job_published(Job *job);
bool job_moved(Job *job); /* since it was last published; false: readers see nothing of it */

/* It is suspended: what its kind holds in memory goes, and it reads nothing any more. */
void job_drop_state(Job *job);
/* Everything durable, with the next commit: of its state alone, or of its kind, too. */
void job_forget_state(const Job *job);
void job_forget(const Job *job);

/* A row failed (is_late: came late), or such a row was withdrawn. Any worker. */
void job_count_event(Job *job, bool is_late, int64_t diff);
/* All that is known of it but its failed rows; free texts with text_free. */
void job_describe(Job *job, JobStatus *status);
Status job_suspended_error(const Job *job, Error *error); /* 55000 with its trouble as detail */

#endif
