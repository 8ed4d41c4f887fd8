/* Suspension: what becomes of a job that fails. Registered jobs alone; the coordinator's thread. */
#ifndef LEAT_ENGINE_SUSPENSION_H
#define LEAT_ENGINE_SUSPENSION_H

#include "executor/engine/job/job.h"

/* All jobs whose nodes failed in the live graphs are suspended, with their errors (by worker), which are
   cleared, and OK comes back; the error itself when that would not help: of a table, or the store's. */
Status suspension_fail_all(Home *home, Error *errors, Error *error);
/* The same for one that did not come to the end of a step. */
Status suspension_fail_unfinished(Home *home, uint32_t object_id, Error *error);
/* Takes all that read from a job out of the graphs, and drops their state, durably. */
void suspension_of_readers(Job *job, const Error *cause);

/* trouble is set when the object was suspended at the last commit, or something that it reads is. */
Status suspension_restore(Home *home, const JobDefinition *definition, Error *trouble, Error *error);
void suspension_store(Job *job);        /* state that can't be read is dropped; with the next commit */
void suspension_forget(const Job *job); /* with the next commit */
void suspension_explain(Job *job, const Error *cause); /* the job is suspended for another reason now */

/* Memory. What a step makes cannot be evicted before it is committed. */

/* Suspends the job that holds most of that; false: nobody holds much of it. */
bool suspension_relieve(Home *home);
/* Whether so many bytes of it are much; the error that says so (53200). */
bool suspension_is_much(const Home *home, size_t bytes);
void suspension_memory_error(const Home *home, size_t bytes, Error *error);

#endif
