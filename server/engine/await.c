/* Await: shared by the execution and the completion; whoever lets go last frees it. */
#include "server/engine/await.h"

#include "executor/base/clock.h"
#include "executor/base/memory.h"
#include "executor/base/wait.h"
#include "server/session/client.h"

struct Await {
    Wait wait; /* its lock is that of all fields */
    int reference_count;
    bool is_done;
    Error outcome;
    Execution *execution; /* NULL once detached */
};

Await *await_create(Execution *execution) {
    Await *await = NEW(Await);
    wait_init(&await->wait);
    await->reference_count = 1;
    await->execution = execution;
    return await;
}

static void await_release(Await *await) {
    wait_lock(&await->wait);
    bool is_last = --await->reference_count == 0;
    wait_unlock(&await->wait);
    if (!is_last)
        return;
    wait_destroy(&await->wait);
    error_clear(&await->outcome);
    memory_free(await);
}

static void await_complete(void *argument, const Error *error) {
    Await *await = argument;
    wait_lock(&await->wait);
    await->is_done = true;
    wait_wake_locked(&await->wait);
    if (error != NULL)
        error_copy(&await->outcome, error);
    if (await->execution != NULL && await->execution->wake != NULL)
        await->execution->wake(await->execution->wake_context);
    wait_unlock(&await->wait);
    await_release(await);
}

Completion await_completion(Await *await) {
    wait_lock(&await->wait);
    await->reference_count++;
    wait_unlock(&await->wait);
    return (Completion){await_complete, await};
}

bool await_is_done(Await *await, Error *outcome) {
    wait_lock(&await->wait);
    bool is_done = await->is_done;
    if (is_done && await->outcome.status != OK)
        error_copy(outcome, &await->outcome);
    wait_unlock(&await->wait);
    return is_done;
}

Status await_block(Await *await, const Session *session, Error *error) {
    CancelReason reason = CANCEL_NONE;
    wait_lock(&await->wait);
    while (!await->is_done && (reason = session_cancel_reason(session)) == CANCEL_NONE)
        wait_for_change(&await->wait, clock_monotonic() + CANCEL_SEEN_US);
    Status status = await->is_done ? await->outcome.status : cancel_error(reason, error);
    if (await->is_done && status != OK)
        error_copy(error, &await->outcome);
    wait_unlock(&await->wait);
    return status;
}

void await_detach(Await *await) {
    if (await == NULL)
        return;
    wait_lock(&await->wait);
    await->execution = NULL;
    wait_unlock(&await->wait);
    await_release(await);
}
