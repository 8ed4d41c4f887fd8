/* SlotIndex: from the low 32 bits of a hash to slots; who asks compares the keys. One owner, one thread. */
#ifndef LEAT_STATE_SLOT_INDEX_H
#define LEAT_STATE_SLOT_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "executor/state/state_table.h"

typedef struct SlotEntry {
    uint32_t tag;
    Slot slot; /* SLOT_NONE: empty; the tag is then SLOT_OVERFLOWED or SLOT_LAST */
} SlotEntry;
enum { SLOT_OVERFLOWED = 0 /* more of the segment's entries lie in the overflow */ };
#define SLOT_LAST UINT32_MAX

typedef struct SlotSegment {
    uint32_t count;
    uint16_t depth; /* leading tag bits that all its entries share */
    bool is_overflowed;
    SlotEntry entries[];
} SlotSegment;

typedef struct SlotIndex {
    SlotSegment **directory; /* 1 << depth, by leading tag bits */
    uint32_t depth;
    uint32_t mask; /* entries a segment − 1, the same for all */
    int segment_count;
    SlotEntry *overflow; /* of segments that are full and that splitting would not help: many equal tags */
    int overflow_count;
    int overflow_capacity;
} SlotIndex;

void slot_index_init(SlotIndex *index);
void slot_index_destroy(SlotIndex *index);
void slot_index_insert(SlotIndex *index, uint32_t tag, Slot slot);
void slot_index_remove(SlotIndex *index, uint32_t tag, Slot slot);
/* The entry that holds `slot` holds `other` from now on. */
void slot_index_replace(SlotIndex *index, uint32_t tag, Slot slot, Slot other);
/* Removes all entries whose slot's bit is set. Walks the whole index, which costs less than removing a large
   part of it entry by entry. */
void slot_index_sweep(SlotIndex *index, const uint64_t *dropped);
/* Places for entries, used or not. */
static inline size_t slot_index_capacity(const SlotIndex *index) {
    return (size_t)index->segment_count * (index->mask + 1);
}
size_t slot_index_bytes(const SlotIndex *index);

static inline SlotSegment *slot_index_segment(const SlotIndex *index, uint32_t tag) {
    return index->directory[(uint64_t)tag >> (32 - index->depth)];
}

/* Walks the slots of a tag:  for (SlotProbe p = slot_probe(index, tag); slot_probe_next(&p);) … p.slot … */
typedef struct SlotProbe {
    const SlotIndex *index;
    const SlotEntry *entries;
    uint32_t mask;
    uint32_t at;
    uint32_t tag;
    Slot slot;
    int overflow_at;
} SlotProbe;
bool slot_probe_overflow(SlotProbe *probe);

static inline SlotProbe slot_probe(const SlotIndex *index, uint32_t tag) {
    return (SlotProbe){.index = index,
        .entries = slot_index_segment(index, tag)->entries,
        .mask = index->mask,
        .at = tag,
        .tag = tag};
}
static inline bool slot_probe_next(SlotProbe *probe) {
    for (;;) {
        SlotEntry entry = probe->entries[probe->at++ & probe->mask];
        if (entry.slot == SLOT_NONE)
            return __builtin_expect(entry.tag == SLOT_OVERFLOWED, 0) ? slot_probe_overflow(probe) : false;
        if (entry.tag == probe->tag) {
            probe->slot = entry.slot;
            return true;
        }
    }
}
static inline void slot_index_prefetch(const SlotIndex *index, uint32_t tag) {
    __builtin_prefetch(&slot_index_segment(index, tag)->entries[tag & index->mask]);
}

#endif
