/* ProbeTable: growing. It doubles when half full, so a walk meets few strangers. */
#include "executor/base/probe_table.h"

#include <assert.h>
#include <string.h>

#include "executor/base/memory.h"

enum { PLACES_MIN = 16 };

static void put(ProbeTable *table, ProbePlace place) {
    uint64_t at = place.hash;
    while (table->places[at & table->mask].item != 0)
        at++;
    table->places[at & table->mask] = place;
}

void probe_table_reserve(ProbeTable *table, uint64_t count) {
    uint64_t old_size = table->places == NULL ? 0 : table->mask + 1;
    uint64_t size = old_size == 0 ? PLACES_MIN : old_size;
    while (size < count * 2)
        size *= 2;
    if (size == old_size)
        return;
    ProbePlace *old = table->places;
    table->places = NEW_ARRAY(ProbePlace, size);
    table->mask = size - 1;
    for (uint64_t i = 0; i < old_size; i++)
        if (old[i].item != 0)
            put(table, old[i]);
    memory_free(old);
}

void probe_table_add(ProbeTable *table, uint64_t hash, uint64_t item) {
    assert(item != UINT64_MAX);
    if (table->places == NULL || table->count * 2 > table->mask)
        probe_table_reserve(table, table->count + 1);
    put(table, (ProbePlace){hash, item + 1});
    table->count++;
}

void probe_table_clear(ProbeTable *table) {
    if (table->count > 0)
        memset(table->places, 0, probe_table_bytes(table));
    table->count = 0;
}

void probe_table_free(ProbeTable *table) {
    memory_free(table->places);
    *table = (ProbeTable){0};
}

size_t probe_table_bytes(const ProbeTable *table) {
    return table->places == NULL ? 0 : (table->mask + 1) * sizeof *table->places;
}
