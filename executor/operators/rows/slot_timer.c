/* SlotTimer: a binary heap. A time that does not hold any more stays in it until it comes up. */
#include "executor/operators/rows/slot_timer.h"

#include "executor/base/memory.h"

void slot_timer_open(SlotTimer *timer) {
    *timer = (SlotTimer){.evictions = -1};
}

static void need_slot(SlotTimer *timer, Slot slot) {
    if (slot < timer->time_capacity)
        return;
    size_t capacity = timer->time_capacity < 64 ? 64 : timer->time_capacity;
    while (capacity <= slot)
        capacity *= 2;
    timer->times = memory_resize(timer->times, capacity * sizeof *timer->times);
    for (size_t i = timer->time_capacity; i < capacity; i++)
        timer->times[i] = INT64_MAX;
    timer->time_capacity = capacity;
}

void slot_timer_set(SlotTimer *timer, Slot slot, int64_t time) {
    need_slot(timer, slot);
    if (timer->times[slot] == time)
        return;
    timer->times[slot] = time;
    if (time == INT64_MAX)
        return;
    GROW(timer->heap, timer->capacity, timer->count + 1);
    int at = timer->count++;
    for (int above; at > 0 && timer->heap[above = (at - 1) / 2].time > time; at = above)
        timer->heap[at] = timer->heap[above];
    timer->heap[at] = (SlotTime){time, slot};
}

static void drop_first(SlotTimer *timer) {
    SlotTime last = timer->heap[--timer->count];
    int at = 0;
    for (int below = 1; below < timer->count; below = at * 2 + 1) {
        below += below + 1 < timer->count && timer->heap[below + 1].time < timer->heap[below].time;
        if (timer->heap[below].time >= last.time)
            break;
        timer->heap[at] = timer->heap[below];
        at = below;
    }
    timer->heap[at] = last;
}

int64_t slot_timer_next(SlotTimer *timer) {
    while (timer->count > 0 && timer->times[timer->heap[0].slot] != timer->heap[0].time)
        drop_first(timer);
    return timer->count == 0 ? INT64_MAX : timer->heap[0].time;
}

bool slot_timer_take(SlotTimer *timer, int64_t now, Slot *slot) {
    if (slot_timer_next(timer) > now || timer->count == 0)
        return false;
    *slot = timer->heap[0].slot;
    timer->times[*slot] = INT64_MAX;
    drop_first(timer);
    return true;
}

void slot_timer_refresh(
    SlotTimer *timer, StateTable *table, int64_t (*time_of)(void *argument, Slot slot), void *argument) {
    if (timer->evictions == (int64_t)state_table_evictions(table))
        return;
    slot_timer_clear(timer);
    Slot slots[256];
    uint64_t cursor = 0;
    for (int count; (count = state_table_scan(table, &cursor, slots, 256)) > 0;)
        for (int i = 0; i < count; i++)
            slot_timer_set(timer, slots[i], time_of(argument, slots[i]));
    timer->evictions = (int64_t)state_table_evictions(table);
}

void slot_timer_clear(SlotTimer *timer) {
    for (size_t i = 0; i < timer->time_capacity; i++)
        timer->times[i] = INT64_MAX;
    timer->count = 0;
}

void slot_timer_free(SlotTimer *timer) {
    memory_free(timer->heap);
    memory_free(timer->times);
    slot_timer_open(timer);
}
