/* SlotIndex: extendible hashing over segments of open addressing.

   A segment that fills up splits in two, and nothing else moves: growth costs at most one segment's entries
   an insert, whatever the table's size, and there is never an old table beside a new one to look into. The
   tag's leading bits choose the segment, its trailing bits the place in it, so that a split needs no slot. A
   table begins with one small segment.

   Hashes are not secret: someone may choose keys whose tags are equal. No split parts those, so what does not
   fit into their segment goes to one list beside all segments, which only probes that end in such a segment
   look through. */
#include "executor/state/slot_index.h"

#include <assert.h>
#include <string.h>

#include "executor/base/memory.h"

enum { SEGMENT_FIRST = 16, SEGMENT_FULL = 2048, DEPTH_MAX = 24, DIRECTORY_SPREAD = 16 };

static SlotSegment *create_segment(uint32_t size, uint32_t depth) {
    SlotSegment *segment = memory_allocate(sizeof *segment + size * sizeof(SlotEntry));
    memset(segment, 0xff, sizeof *segment + size * sizeof(SlotEntry));
    segment->count = 0;
    segment->depth = (uint16_t)depth;
    segment->is_overflowed = false;
    return segment;
}

static void put_entry(SlotSegment *segment, uint32_t mask, SlotEntry entry) {
    uint32_t at = entry.tag & mask;
    while (segment->entries[at].slot != SLOT_NONE)
        at = (at + 1) & mask;
    segment->entries[at] = entry;
    segment->count++;
}

void slot_index_init(SlotIndex *index) {
    *index =
        (SlotIndex){.directory = NEW_ARRAY(SlotSegment *, 1), .mask = SEGMENT_FIRST - 1, .segment_count = 1};
    index->directory[0] = create_segment(SEGMENT_FIRST, 0);
}

void slot_index_destroy(SlotIndex *index) {
    for (uint32_t i = 0; index->directory != NULL && i < (uint32_t)1 << index->depth;) {
        SlotSegment *segment = index->directory[i];
        i += (uint32_t)1 << (index->depth - segment->depth);
        memory_free(segment);
    }
    memory_free(index->directory);
    memory_free(index->overflow);
    memset(index, 0, sizeof *index);
}

static void grow_first_segment(SlotIndex *index) {
    SlotSegment *old = index->directory[0];
    uint32_t size = index->mask + 1;
    SlotSegment *grown = create_segment(size * 2, 0);
    index->mask = size * 2 - 1;
    for (uint32_t i = 0; i < size; i++)
        if (old->entries[i].slot != SLOT_NONE)
            put_entry(grown, index->mask, old->entries[i]);
    assert(grown->count == old->count);
    index->directory[0] = grown;
    memory_free(old);
}

static void double_directory(SlotIndex *index) {
    assert(index->depth < DEPTH_MAX);
    uint32_t size = (uint32_t)1 << index->depth;
    SlotSegment **directory = memory_allocate(sizeof *directory * size * 2);
    for (uint32_t i = 0; i < size; i++)
        directory[2 * i] = directory[2 * i + 1] = index->directory[i];
    memory_free(index->directory);
    index->directory = directory;
    index->depth++;
}

static void split_segment(SlotIndex *index, uint32_t tag) {
    SlotSegment *old = slot_index_segment(index, tag);
    if (old->depth == index->depth)
        double_directory(index);
    uint32_t depth = old->depth + 1;
    SlotSegment *halves[2] = {create_segment(SEGMENT_FULL, depth), create_segment(SEGMENT_FULL, depth)};
    for (uint32_t i = 0; i < SEGMENT_FULL; i++)
        if (old->entries[i].slot != SLOT_NONE)
            put_entry(halves[old->entries[i].tag >> (32 - depth) & 1], index->mask, old->entries[i]);
    assert(halves[0]->count + halves[1]->count == old->count);
    uint32_t span = (uint32_t)1 << (index->depth - depth);
    uint32_t first = (uint32_t)((uint64_t)tag >> (32 - old->depth) << (index->depth - old->depth));
    for (uint32_t i = 0; i < 2 * span; i++)
        index->directory[first + i] = halves[i >= span];
    memory_free(old);
    index->segment_count++;
}

/* Even tags need a directory little larger than the number of segments; one that would grow far beyond is
   driven by equal ones. */
static bool may_split(const SlotIndex *index, const SlotSegment *segment) {
    return !segment->is_overflowed &&
           (segment->depth < index->depth ||
               (index->depth < DEPTH_MAX &&
                   (uint64_t)1 << index->depth < (uint64_t)index->segment_count * DIRECTORY_SPREAD));
}

static void mark_overflowed(SlotSegment *segment, uint32_t mask) {
    segment->is_overflowed = true;
    for (uint32_t i = 0; i <= mask; i++)
        if (segment->entries[i].slot == SLOT_NONE)
            segment->entries[i].tag = SLOT_OVERFLOWED;
}

void slot_index_insert(SlotIndex *index, uint32_t tag, Slot slot) {
    SlotSegment *segment;
    while ((segment = slot_index_segment(index, tag))->count >= (index->mask + 1) / 4 * 3) {
        if (index->mask + 1 < SEGMENT_FULL) {
            grow_first_segment(index);
        } else if (may_split(index, segment)) {
            split_segment(index, tag);
        } else {
            if (!segment->is_overflowed)
                mark_overflowed(segment, index->mask);
            GROW(index->overflow, index->overflow_capacity, index->overflow_count + 1);
            index->overflow[index->overflow_count++] = (SlotEntry){tag, slot};
            return;
        }
    }
    put_entry(segment, index->mask, (SlotEntry){tag, slot});
}

/* Stays at the empty place where the probe ended, so that the next call comes here again. */
bool slot_probe_overflow(SlotProbe *probe) {
    probe->at--;
    while (probe->overflow_at < probe->index->overflow_count) {
        SlotEntry entry = probe->index->overflow[probe->overflow_at++];
        if (entry.tag == probe->tag) {
            probe->slot = entry.slot;
            return true;
        }
    }
    return false;
}

/* NULL: it lies in the overflow. */
static SlotEntry *segment_entry(SlotSegment *segment, uint32_t mask, uint32_t tag, Slot slot) {
    uint32_t at = tag & mask;
    while (segment->entries[at].slot != slot) {
        if (segment->entries[at].slot == SLOT_NONE)
            return NULL;
        at = (at + 1) & mask;
    }
    return &segment->entries[at];
}

static SlotEntry *overflow_entry(const SlotIndex *index, Slot slot) {
    int at = 0;
    while (at < index->overflow_count && index->overflow[at].slot != slot)
        at++;
    assert(at < index->overflow_count);
    return &index->overflow[at];
}

/* Moves later entries of the run back into the gap, so that a lookup may stop at the first empty place. */
void slot_index_remove(SlotIndex *index, uint32_t tag, Slot slot) {
    SlotSegment *segment = slot_index_segment(index, tag);
    SlotEntry *entry = segment_entry(segment, index->mask, tag, slot);
    if (entry == NULL) {
        *overflow_entry(index, slot) = index->overflow[index->overflow_count - 1];
        index->overflow_count--;
        return;
    }
    uint32_t mask = index->mask, gap = (uint32_t)(entry - segment->entries);
    for (uint32_t at = (gap + 1) & mask; segment->entries[at].slot != SLOT_NONE; at = (at + 1) & mask) {
        uint32_t home = segment->entries[at].tag & mask;
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            segment->entries[gap] = segment->entries[at];
            gap = at;
        }
    }
    segment->entries[gap] = (SlotEntry){segment->is_overflowed ? SLOT_OVERFLOWED : SLOT_LAST, SLOT_NONE};
    segment->count--;
}

static inline bool is_dropped(const uint64_t *dropped, Slot slot) {
    return dropped[slot >> 6] >> (slot & 63) & 1;
}

static void sweep_segment(SlotSegment *segment, uint32_t mask, const uint64_t *dropped) {
    SlotEntry kept[SEGMENT_FULL];
    uint32_t count = 0;
    for (uint32_t i = 0; i <= mask; i++)
        if (segment->entries[i].slot != SLOT_NONE && !is_dropped(dropped, segment->entries[i].slot))
            kept[count++] = segment->entries[i];
    if (count == segment->count)
        return;
    memset(segment->entries, 0xff, (mask + 1) * sizeof *kept);
    segment->count = 0;
    if (segment->is_overflowed)
        mark_overflowed(segment, mask);
    for (uint32_t i = 0; i < count; i++)
        put_entry(segment, mask, kept[i]);
}

void slot_index_sweep(SlotIndex *index, const uint64_t *dropped) {
    for (uint32_t i = 0; i < (uint32_t)1 << index->depth;) {
        SlotSegment *segment = index->directory[i];
        i += (uint32_t)1 << (index->depth - segment->depth);
        sweep_segment(segment, index->mask, dropped);
    }
    int count = 0;
    for (int i = 0; i < index->overflow_count; i++)
        if (!is_dropped(dropped, index->overflow[i].slot))
            index->overflow[count++] = index->overflow[i];
    index->overflow_count = count;
}

void slot_index_replace(SlotIndex *index, uint32_t tag, Slot slot, Slot other) {
    SlotEntry *entry = segment_entry(slot_index_segment(index, tag), index->mask, tag, slot);
    if (entry == NULL)
        entry = overflow_entry(index, slot);
    entry->slot = other;
}

size_t slot_index_bytes(const SlotIndex *index) {
    return ((size_t)1 << index->depth) * sizeof(SlotSegment *) +
           (size_t)index->segment_count * (sizeof(SlotSegment) + (index->mask + 1) * sizeof(SlotEntry)) +
           (size_t)index->overflow_capacity * sizeof(SlotEntry);
}
