/* Completion: how somebody hears that what was asked for is durable, or failed. */
#ifndef LEAT_ENGINE_COMPLETION_H
#define LEAT_ENGINE_COMPLETION_H

#include "executor/base/error.h"

/* Called once, on the committing thread, or on the coordinator's when it failed. error is NULL on success.
   Must be quick and take no lock that is held while calling into the coordinator. */
typedef struct Completion {
    void (*done)(void *argument, const Error *error);
    void *argument;
} Completion;

/* Those that wait for the same commit. Zeroed is empty. */
typedef struct Waiters {
    Completion *items;
    int count, capacity;
} Waiters;

void waiters_add(Waiters *waiters, Completion completion);
/* Appends those of `from`, which is empty then. */
void waiters_move(Waiters *waiters, Waiters *from);
/* Tells all of them; none is left. */
void waiters_finish(Waiters *waiters, const Error *error);
void waiters_free(Waiters *waiters);

#endif
