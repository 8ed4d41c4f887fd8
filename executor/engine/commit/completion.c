/* Completion: lists of those that wait. */
#include "executor/engine/commit/completion.h"

#include <assert.h>

#include "executor/base/memory.h"

void waiters_add(Waiters *waiters, Completion completion) {
    assert(completion.done != NULL);
    GROW(waiters->items, waiters->capacity, waiters->count + 1);
    waiters->items[waiters->count++] = completion;
}

void waiters_move(Waiters *waiters, Waiters *from) {
    for (int i = 0; i < from->count; i++)
        waiters_add(waiters, from->items[i]);
    from->count = 0;
}

void waiters_finish(Waiters *waiters, const Error *error) {
    for (int i = 0; i < waiters->count; i++)
        waiters->items[i].done(waiters->items[i].argument, error);
    waiters->count = 0;
}

void waiters_free(Waiters *waiters) {
    assert(waiters->count == 0); /* nobody waits for ever */
    memory_free(waiters->items);
    *waiters = (Waiters){0};
}
