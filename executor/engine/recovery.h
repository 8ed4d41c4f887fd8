/* Recovery: after a failed commit everything is made again from the store. The coordinator's thread. */
#ifndef LEAT_ENGINE_RECOVERY_H
#define LEAT_ENGINE_RECOVERY_H

#include "executor/engine/commit/commit.h"

typedef struct Recovery Recovery;

Recovery *recovery_create(Home *home, Publisher *publisher, Commit *commit);
void recovery_destroy(Recovery *recovery); /* NULL is fine */
/* While commit_failure says so: tries to go on, now and then. No build is under way. */
void recovery_advance(Recovery *recovery);
int64_t recovery_deadline(const Recovery *recovery); /* when it will try; INT64_MAX: not */

/* What jobs are made in, at a start and again: events as they were last committed, and graphs. */
Status recovery_open_home(Home *home, Error *error);
/* Ends all jobs and what they were in; readers keep what they have. */
void recovery_close_home(Home *home);

#endif
