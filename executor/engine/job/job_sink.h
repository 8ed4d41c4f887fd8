/* A sink's job, beyond what all jobs do: what its workers encode is staged with a commit, and delivered after
   it. The coordinator's thread, unless it says otherwise. */
#ifndef LEAT_ENGINE_JOB_SINK_H
#define LEAT_ENGINE_JOB_SINK_H

#include "executor/engine/job/job.h"

/* What its operators write to; NULL: it is no sink. */
SinkOutput *sink_output(Job *job);
/* Numbers what the workers have staged as the next batch, and forgets what is known to be delivered. */
void sink_cut(Job *job);
/* What is known to be delivered has moved since the last cut. */
bool sink_has_delivered(const Job *job);
uint64_t sink_undelivered(const Job *job); /* batches that are committed and not delivered; 0 for all else */
/* Bytes that wait to be delivered. */
int64_t sink_waiting_bytes(const Job *job);
/* One that has reached sink_stage_max: sources wait for it. NULL: none has. */
const Job *sink_that_is_full(const Home *home);
/* Lets a stopped sink go on: see coordinator_resume_sink. */
Status sink_resume(Job *job, uint64_t skip_to, Error *error);
/* Stops its delivery, and waits for what that is at. Nothing for all else. */
void sink_stop_delivery(Job *job);
/* A removed sink: goes with sinks_clean_up. */
void sink_leave(Job *job);
/* Ends what removed sinks have outside, which may wait for the other side: any thread but the
   coordinator's. */
Status sinks_clean_up(Jobs *jobs, Error *error);

#endif
