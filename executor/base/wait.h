/* Wait: how a thread waits for others. Deadlines are of clock_monotonic: a time that is set while somebody
   waits neither wakes him nor lets him oversleep. */
#ifndef LEAT_BASE_WAIT_H
#define LEAT_BASE_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* A deadline that never comes. */
#define WAIT_FOREVER INT64_MAX

/* One thread's bell, with the lock of what it looks at: a ring that comes while it works is not lost. */
typedef struct Wait {
    pthread_mutex_t lock; /* may guard its owner's fields, too */
    pthread_cond_t changed;
    bool is_woken; /* rung, and not looked at since */
} Wait;

void wait_init(Wait *wait);
void wait_destroy(Wait *wait);
void wait_lock(Wait *wait);
void wait_unlock(Wait *wait);
/* Rings. Any thread that does not hold the lock. */
void wait_wake(Wait *wait);
/* With the lock held: rings, and wakes whoever waits for a field. */
void wait_wake_locked(Wait *wait);
/* With the lock held, which it gives back while it sleeps: returns true after a ring, which it takes away;
   false once the deadline has passed without one. */
bool wait_until_woken(Wait *wait, int64_t deadline);
/* With the lock held: sleeps until a field may have changed; false once the deadline has passed. Wakes for
   nothing now and then, so it stands in a loop. Does not touch is_woken. */
bool wait_for_change(Wait *wait, int64_t deadline);

/* For whoever has several conditions of one lock: a condition with monotonic deadlines, freed by
   pthread_cond_destroy; and one sleep as in wait_for_change. */
void condition_init(pthread_cond_t *condition);
bool condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline);

#endif
