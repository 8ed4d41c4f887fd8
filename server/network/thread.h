/* Thread: a thread with a 64 MB stack, because parsing and planning a deeply nested statement recurses. */
#ifndef LEAT_NETWORK_THREAD_H
#define LEAT_NETWORK_THREAD_H

#include "executor/base/error.h"

typedef struct Thread Thread;

/* Starts run(argument) with all signals blocked. The name is cut at 15 characters. */
Status thread_start(
    const char *name, void (*run)(void *argument), void *argument, Thread **out, Error *error);
/* Waits for its end and frees it; NULL is fine. */
void thread_join(Thread *thread);

#endif
