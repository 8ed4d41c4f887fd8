/* Await: shared by the execution and the completion; whoever lets go last frees it. */
#include "server/engine/await.h"

#include <pthread.h>

#include "executor/base/memory.h"

struct Await {
    pthread_mutex_t lock;
    int reference_count;
    bool is_done;
    Error outcome;
    Execution *execution; /* NULL once detached */
};

Await *await_create(Execution *execution) {
    Await *await = NEW(Await);
    pthread_mutex_init(&await->lock, NULL);
    await->reference_count = 1;
    await->execution = execution;
    return await;
}

static void await_release(Await *await) {
    pthread_mutex_lock(&await->lock);
    bool is_last = --await->reference_count == 0;
    pthread_mutex_unlock(&await->lock);
    if (!is_last)
        return;
    pthread_mutex_destroy(&await->lock);
    error_clear(&await->outcome);
    memory_free(await);
}

static void await_complete(void *argument, const Error *error) {
    Await *await = argument;
    pthread_mutex_lock(&await->lock);
    await->is_done = true;
    if (error != NULL)
        error_copy(&await->outcome, error);
    if (await->execution != NULL && await->execution->wake != NULL)
        await->execution->wake(await->execution->wake_context);
    pthread_mutex_unlock(&await->lock);
    await_release(await);
}

Completion await_completion(Await *await) {
    pthread_mutex_lock(&await->lock);
    await->reference_count++;
    pthread_mutex_unlock(&await->lock);
    return (Completion){await_complete, await};
}

bool await_is_done(Await *await, Error *outcome) {
    pthread_mutex_lock(&await->lock);
    bool is_done = await->is_done;
    if (is_done && await->outcome.status != OK)
        error_copy(outcome, &await->outcome);
    pthread_mutex_unlock(&await->lock);
    return is_done;
}

void await_detach(Await *await) {
    if (await == NULL)
        return;
    pthread_mutex_lock(&await->lock);
    await->execution = NULL;
    pthread_mutex_unlock(&await->lock);
    await_release(await);
}
