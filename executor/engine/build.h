/* Builds: new views and sinks, and suspended views anew, that catch up beside the running jobs. The
   coordinator's thread. */
#ifndef LEAT_ENGINE_BUILD_H
#define LEAT_ENGINE_BUILD_H

#include "executor/engine/commit/commit.h"
#include "executor/engine/job/job.h"
#include "executor/engine/job/sources.h"

typedef struct Builds Builds;

/* Called between two steps when it has caught up, is part of the running jobs and its first commit is about
   to be made. It may not fail when a suspended view was built. */
typedef Status (*BuildLinked)(void *argument, Error *error);

/* Registers the part of a commit: what builds have changed. */
Builds *builds_create(Home *home, Sources *sources, Commit *commit);
void builds_destroy(Builds *builds); /* none is left; NULL is fine */
/* At a start, before anything is restored: state that no catalog object owns goes with the next commit. */
Status builds_drop_unfinished(Home *home, Error *error);

/* Begins a build; what the definition says is taken over is, also on failure. linked and done share an
   argument; done: the commit that shows it is published, or it failed. */
Status builds_begin(
    Builds *builds, const JobDefinition *definition, BuildLinked linked, Completion done, Error *error);
/* Goes on with every build for a slice; *is_busy: more can be done at once. */
void builds_advance(Builds *builds, bool *is_busy);
/* Ends a build that has not been linked; false when it was (or is not known). */
bool builds_cancel(Builds *builds, uint32_t object_id);
/* Ends the background build of that name, or forgets that it failed; false when there was neither. */
bool builds_cancel_named(Builds *builds, const char *name);
void builds_fail_all(Builds *builds, const Error *error);
/* Of that object itself, and those that read it: it is about to go. */
void builds_fail_of(Builds *builds, uint32_t object_id, const Error *error);

/* A background build that failed: what became of it. The oldest are forgotten. */
typedef struct BuildFailure {
    uint32_t object_id;
    JobKind kind;
    char *name;
    char *trouble;
} BuildFailure;
enum { BUILD_FAILURES_MAX = 100 };
/* One that could not even begin is kept as one that failed. */
void builds_keep_failure(
    Builds *builds, uint32_t object_id, JobKind kind, const char *name, const Error *error);
const BuildFailure *builds_failures(const Builds *builds, int *count);

#endif
