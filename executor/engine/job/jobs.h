/* Jobs: the jobs that run, by id and in order, who reads whom, and the lists of those that something is to
   be done with. Changed by the coordinator's thread alone; what other threads may ask says so. */
#ifndef LEAT_ENGINE_JOBS_H
#define LEAT_ENGINE_JOBS_H

#include "executor/engine/job/definition.h"

typedef struct Job Job;
typedef struct Jobs Jobs;

typedef struct JobList {
    Job **jobs;
    int count, capacity;
} JobList;

/* A job stands on each at most once. Idle ones stand on the first three alone, so that they cost nothing. */
typedef enum JobListName {
    LIST_SOURCES,
    LIST_SINKS,
    LIST_PUBLISHED, /* readers see how far they are */
    LIST_QUEUED,    /* a step is due */
    LIST_STEPPING,  /* take part in the step, as tables and sources */
    LIST_CHANGED,   /* since the last cut */
    LIST_TRIMMED,   /* their relations may hold ended rows */
    LIST_COUNT
} JobListName;

Jobs *jobs_create(void);
void jobs_destroy(Jobs *jobs); /* empty */

/* Among the running and the suspended. */
Job *jobs_find(const Jobs *jobs, uint32_t object_id);
/* One that is being made or built, too: it comes before a suspended one of the same id. In a step also the
   workers. */
Job *jobs_find_any(const Jobs *jobs, uint32_t object_id);
/* Its place among all, by ascending id; until one comes or goes. */
int jobs_place(const Jobs *jobs, const Job *job);
/* In order of creation: whoever reads comes after what it reads. */
const JobList *jobs_all(const Jobs *jobs);

/* Its nodes are about to be made: jobs_find_any finds it until it is added, or retracted. */
void jobs_announce(Jobs *jobs, Job *job);
void jobs_retract(Jobs *jobs, Job *job);
const JobList *jobs_announced(const Jobs *jobs);
void jobs_add(Jobs *jobs, Job *job);
/* It stands on no list any more. */
void jobs_remove(Jobs *jobs, Job *job);
/* Moves with every job that comes, goes, is suspended or reads less: whoever derives something from all jobs
   derives it anew. */
uint64_t jobs_version(const Jobs *jobs);

const JobList *jobs_list(const Jobs *jobs, JobListName list);
void jobs_enlist(Jobs *jobs, JobListName list, Job *job);
void jobs_delist(Jobs *jobs, JobListName list, Job *job);
void jobs_clear(Jobs *jobs, JobListName list);
/* Takes out those that are not to be kept. */
void jobs_filter(Jobs *jobs, JobListName list, bool (*keeps)(void *argument, Job *job), void *argument);

/* What it reads is read by one more or (by −1) one fewer: as long as it is registered and not suspended. */
void jobs_count_reads(Jobs *jobs, Job *job, int by);

/* What other threads see of a job. Whoever suspends one takes its nodes out, then its reads, too. */
void jobs_suspend(Jobs *jobs, Job *job, const Error *cause);
void jobs_explain(Jobs *jobs, Job *job, const Error *cause); /* suspended for another reason */
void jobs_set_rebuilt(Jobs *jobs, Job *job, bool is_rebuilt);
void jobs_rename(Jobs *jobs, uint32_t object_id, const char *name, const char *key_name);
/* Its spec and relation have more columns. */
void jobs_redefine(Jobs *jobs, Job *job, const JobDefinition *definition);
void jobs_drop_relation(Jobs *jobs, Job *job);
/* A relation that is no job's; NULL takes it away. */
void jobs_set_relation(Jobs *jobs, uint32_t object_id, Relation *relation);

/* For readers, any thread: the relation (retained; NULL: none), or 55000 with the cause when the job is
   suspended. */
Status jobs_relation(Jobs *jobs, uint32_t object_id, Relation **relation, Error *error);
/* For operators that are being opened, borrowed; NULL: none. */
Relation *jobs_open_relation(const Jobs *jobs, uint32_t object_id);

/* Recovery: takes all jobs out, in order. Until jobs_drop_kept others find the relations that stood when
   it was first called. */
JobList jobs_take_all(Jobs *jobs);
void jobs_drop_kept(Jobs *jobs);

/* Sinks that were removed and have yet to tell the other side. Any thread. */
void jobs_leave(Jobs *jobs, Job *job);
JobList jobs_take_leaving(Jobs *jobs);

#endif
