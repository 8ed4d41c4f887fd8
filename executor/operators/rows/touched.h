/* TouchedSlots: which slots of a table changed in this step, each with what it was before the first touch. */
#ifndef LEAT_OPERATORS_TOUCHED_H
#define LEAT_OPERATORS_TOUCHED_H

#include "executor/state/state_table.h"

typedef struct TouchedSlots {
    uint32_t *marks; /* by slot: 1 + its place in slots, 0 = untouched */
    size_t mark_capacity;
    Slot *slots;
    int64_t *old; /* what the caller keeps beside each: its count before the step */
    int count;
    int capacity;
} TouchedSlots;

void touched_grow_marks(TouchedSlots *touched, Slot slot);
void touched_grow(TouchedSlots *touched);
/* Takes out a slot that is in; the last one moves to its place. */
void touched_remove(TouchedSlots *touched, Slot slot);
/* Forgets all; memory is kept. */
void touched_clear(TouchedSlots *touched);
void touched_free(TouchedSlots *touched);

/* The slot's place, or −1. */
static inline int touched_place(const TouchedSlots *touched, Slot slot) {
    return slot < touched->mark_capacity ? (int)touched->marks[slot] - 1 : -1;
}

/* Adds the slot unless it is there; true when it was added. */
static inline bool touched_add(TouchedSlots *touched, Slot slot, int64_t old) {
    if (__builtin_expect(slot >= touched->mark_capacity, 0))
        touched_grow_marks(touched, slot);
    if (touched->marks[slot] != 0)
        return false;
    if (__builtin_expect(touched->count == touched->capacity, 0))
        touched_grow(touched);
    touched->slots[touched->count] = slot;
    touched->old[touched->count] = old;
    touched->marks[slot] = (uint32_t)++touched->count;
    return true;
}

/* What the slot was before the step, given what it is now. */
static inline int64_t touched_old(const TouchedSlots *touched, Slot slot, int64_t now) {
    int place = touched_place(touched, slot);
    return place < 0 ? now : touched->old[place];
}

#endif
