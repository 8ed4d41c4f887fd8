/* TouchedSlots: a list, and a mark by slot number beside the table, so that a step's bookkeeping is never
   part of what is stored. */
#include "executor/operators/rows/touched.h"

#include "executor/base/memory.h"

void touched_grow_marks(TouchedSlots *touched, Slot slot) {
    size_t capacity = touched->mark_capacity < 64 ? 64 : touched->mark_capacity;
    while (capacity <= slot)
        capacity *= 2;
    touched->marks = memory_resize(touched->marks, capacity * sizeof *touched->marks);
    memset(touched->marks + touched->mark_capacity, 0,
        (capacity - touched->mark_capacity) * sizeof *touched->marks);
    touched->mark_capacity = capacity;
}

void touched_grow(TouchedSlots *touched) {
    int capacity = touched->capacity;
    GROW(touched->slots, touched->capacity, touched->count + 1);
    GROW(touched->old, capacity, touched->count + 1);
}

void touched_remove(TouchedSlots *touched, Slot slot) {
    int place = touched_place(touched, slot), last = --touched->count;
    touched->slots[place] = touched->slots[last];
    touched->old[place] = touched->old[last];
    touched->marks[touched->slots[place]] = (uint32_t)place + 1;
    touched->marks[slot] = 0;
}

void touched_clear(TouchedSlots *touched) {
    for (int i = 0; i < touched->count; i++)
        touched->marks[touched->slots[i]] = 0;
    touched->count = 0;
}

void touched_free(TouchedSlots *touched) {
    memory_free(touched->marks);
    memory_free(touched->slots);
    memory_free(touched->old);
    *touched = (TouchedSlots){0};
}
