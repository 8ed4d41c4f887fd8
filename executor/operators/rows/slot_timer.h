/* SlotTimer: slots by the time at which they are to be looked at, each under one time at most. In memory
   only: rebuilt from the table. */
#ifndef LEAT_OPERATORS_SLOT_TIMER_H
#define LEAT_OPERATORS_SLOT_TIMER_H

#include "executor/state/state_table.h"

typedef struct SlotTime {
    int64_t time;
    Slot slot;
} SlotTime;

typedef struct SlotTimer {
    SlotTime *heap; /* the earliest first; what does not agree with `times` was set anew or cleared since */
    int count, capacity;
    int64_t *times; /* by slot; INT64_MAX: none */
    size_t time_capacity;
    int64_t evictions; /* of the table when it was last right; −1: never */
} SlotTimer;

void slot_timer_open(SlotTimer *timer);
/* INT64_MAX: not to be looked at. */
void slot_timer_set(SlotTimer *timer, Slot slot, int64_t time);
/* Takes the earliest slot whose time is not after `now`; false when there is none. */
bool slot_timer_take(SlotTimer *timer, int64_t now, Slot *slot);
/* The earliest time, or INT64_MAX. */
int64_t slot_timer_next(SlotTimer *timer);
/* After loading or eviction: the time of every row of the table. To be called before a step's first change.
 */
void slot_timer_refresh(
    SlotTimer *timer, StateTable *table, int64_t (*time_of)(void *argument, Slot slot), void *argument);
void slot_timer_clear(SlotTimer *timer);
void slot_timer_free(SlotTimer *timer);

#endif
