/* ProbeTable: finds items by hash, in one array without chains (open addressing, linear probing: Knuth, The
   Art of Computer Programming 3, 6.4, algorithm L). Items are numbers: places in the owner's own array, or
   whatever it packs into 64 bits. The table knows their hashes and nothing else, so the owner compares keys.
   Zero bytes are a valid, empty table. Not for use by two threads at once. */
#ifndef LEAT_BASE_PROBE_TABLE_H
#define LEAT_BASE_PROBE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ProbePlace {
    uint64_t hash;
    uint64_t item; /* 1 + the number; 0: nobody's place */
} ProbePlace;

typedef struct ProbeTable {
    ProbePlace *places; /* at most half of them are taken */
    uint64_t mask;
    uint64_t count;
} ProbeTable;

/* Adds an item, at most UINT64_MAX − 1, which need not be the first of its hash. */
void probe_table_add(ProbeTable *table, uint64_t hash, uint64_t item);
/* Makes room for so many items in all, so that no adding moves the others. */
void probe_table_reserve(ProbeTable *table, uint64_t count);
/* Forgets all items and keeps the memory. */
void probe_table_clear(ProbeTable *table);
void probe_table_free(ProbeTable *table);
size_t probe_table_bytes(const ProbeTable *table);

/* The items of one hash: for (ProbeWalk walk = probe_table_walk(&table, hash); probe_walk_next(&walk);) looks
   at each walk.item. Nothing may be added meanwhile. */
typedef struct ProbeWalk {
    const ProbePlace *places;
    uint64_t mask, hash, at;
    uint64_t item;
} ProbeWalk;

static inline ProbeWalk probe_table_walk(const ProbeTable *table, uint64_t hash) {
    static const ProbePlace nobody;
    return (ProbeWalk){table->places != NULL ? table->places : &nobody, table->mask, hash, hash, 0};
}

static inline bool probe_walk_next(ProbeWalk *walk) {
    for (;; walk->at++) {
        const ProbePlace *place = &walk->places[walk->at & walk->mask];
        if (place->item == 0)
            return false;
        if (place->hash == walk->hash) {
            walk->item = place->item - 1;
            walk->at++;
            return true;
        }
    }
}

/* After a walk to its end that met nobody who fits: adds an item of its hash at the place where it ended. */
static inline void probe_walk_add(const ProbeWalk *walk, ProbeTable *table, uint64_t item) {
    if (table->count * 2 >= table->mask) {
        probe_table_add(table, walk->hash, item);
        return;
    }
    table->places[walk->at & walk->mask] = (ProbePlace){walk->hash, item + 1};
    table->count++;
}

#endif
