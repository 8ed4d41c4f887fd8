/* A source's job, beyond what all jobs do: it is read from outside. The coordinator's thread. */
#ifndef LEAT_ENGINE_JOB_SOURCE_H
#define LEAT_ENGINE_JOB_SOURCE_H

#include "executor/dataflow/source_state.h"
#include "executor/engine/job/job.h"

bool job_is_source(const Job *job);
/* Of any source's definition. */
SourceStateSpec source_state_spec(const JobDefinition *definition);
/* How far it was read; to be looked at, and limited by drift. */
SourceState *source_state(Job *job);
/* Another reader has read it this far while nobody else did: it goes on from there. */
Status source_take_position(Job *job, const SourceState *read, Error *error);
/* A stored source reads from now on, whether anybody reads it or not. Nothing for all else. */
void source_start_reading(Job *job);
/* Takes in the partitions that its reader has found since, and tries again when it failed. Between two
   steps. */
void source_grow(Job *job, int64_t now);
/* Its records stand still because nobody may take them: that is not to be idle. */
void source_rest(Job *job);

#endif
