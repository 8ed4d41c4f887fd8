/* Wait: conditions whose deadlines follow the monotonic clock. */
#include "executor/base/wait.h"

#include <errno.h>
#include <time.h>

void condition_init(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline) {
    if (deadline == WAIT_FOREVER) {
        pthread_cond_wait(condition, lock);
        return true;
    }
    if (deadline < 0)
        deadline = 0;
    struct timespec until = {deadline / 1000000, deadline % 1000000 * 1000};
    return pthread_cond_timedwait(condition, lock, &until) != ETIMEDOUT;
}

void wait_init(Wait *wait) {
    pthread_mutex_init(&wait->lock, NULL);
    condition_init(&wait->changed);
    wait->is_woken = false;
}

void wait_destroy(Wait *wait) {
    pthread_mutex_destroy(&wait->lock);
    pthread_cond_destroy(&wait->changed);
}

void wait_lock(Wait *wait) {
    pthread_mutex_lock(&wait->lock);
}

void wait_unlock(Wait *wait) {
    pthread_mutex_unlock(&wait->lock);
}

void wait_wake_locked(Wait *wait) {
    wait->is_woken = true;
    pthread_cond_broadcast(&wait->changed);
}

void wait_wake(Wait *wait) {
    wait_lock(wait);
    wait_wake_locked(wait);
    wait_unlock(wait);
}

bool wait_for_change(Wait *wait, int64_t deadline) {
    return condition_wait(&wait->changed, &wait->lock, deadline);
}

bool wait_until_woken(Wait *wait, int64_t deadline) {
    while (!wait->is_woken)
        if (!wait_for_change(wait, deadline))
            break;
    bool is_woken = wait->is_woken;
    wait->is_woken = false;
    return is_woken;
}
