/* Commit: one atomic write at a time of all that changed since the last. It knows neither jobs nor builds:
   whoever has something for a commit registers a part.

   The coordinator's thread, unless it says otherwise. */
#ifndef LEAT_ENGINE_COMMIT_H
#define LEAT_ENGINE_COMMIT_H

#include "executor/engine/commit/published.h"

typedef struct Commit Commit;

/* How much a part wants the next commit. */
typedef enum CommitWish {
    COMMIT_NOT,   /* nothing of it has changed */
    COMMIT_PACED, /* when one is due */
    COMMIT_NOW
} CommitWish;

typedef struct CommitCuts {
    Cut **workers;       /* by worker */
    Cut *facts;          /* the open epoch's: come last, and so undo what the workers' hold */
    int64_t nanoseconds; /* processor time that other threads spent on them: to be added to */
} CommitCuts;

/* Registered once, cut in order of registration. Functions may be NULL. */
typedef struct CommitPart {
    void *owner;
    CommitWish (*wants)(void *owner);
    void (*begin)(void *owner); /* a cut is about to be made */
    Status (*cut)(void *owner, CommitCuts *cuts, Error *error);
    void (*published)(
        void *owner); /* what was cut is durable and published, and the next cut has not begun */
} CommitPart;

Commit *commit_create(Home *home, Publisher *publisher);
void commit_destroy(Commit *commit); /* finishes the commit that is under way; NULL is fine */
void commit_add_part(Commit *commit, const CommitPart *part);

/* Begins a commit when one is due. */
void commit_advance(Commit *commit);
bool commit_is_busy(Commit *commit);     /* one is under way */
int64_t commit_deadline(Commit *commit); /* when one will be due; INT64_MAX: not */
/* Nothing steps any more until all is made again from the store: a commit failed, or a step that is
   nobody's. Those who wait hear of it. */
void commit_fail(Commit *commit, const Error *error);
/* Why; NULL: all is well. */
const Error *commit_failure(const Commit *commit);
/* After a failure: all was made again (NULL), or why it could not be. */
void commit_recover(Commit *commit, const Error *error);
/* Figures of commits, durations in microseconds; any thread. */
void commit_describe(Commit *commit, CommitStatus *status);

#endif
