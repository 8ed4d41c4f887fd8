/* Pending: an array of entries, found by their keys' hashes. */
#include "executor/state/pending.h"

#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"
#include "executor/base/probe_table.h"

struct Pending {
    PendingEntry *entries;
    int count;
    int capacity;
    ProbeTable table; /* of their numbers */
    size_t bytes;
};

Pending *pending_create(void) {
    return NEW(Pending);
}

void pending_destroy(Pending *pending) {
    if (pending == NULL)
        return;
    for (int i = 0; i < pending->count; i++) {
        memory_free(pending->entries[i].key);
        memory_free(pending->entries[i].value);
    }
    memory_free(pending->entries);
    probe_table_free(&pending->table);
    memory_free(pending);
}

/* NULL leaves the walk where the key belongs. */
static PendingEntry *find(const Pending *pending, const char *key, size_t key_length, ProbeWalk *walk) {
    *walk = probe_table_walk(&pending->table, hash_bytes_64(key, key_length));
    while (probe_walk_next(walk)) {
        PendingEntry *entry = &pending->entries[walk->item];
        if (entry->key_length == key_length && memcmp(entry->key, key, key_length) == 0)
            return entry;
    }
    return NULL;
}

PendingEntry *pending_find(const Pending *pending, const char *key, size_t key_length) {
    if (pending == NULL || pending->count == 0)
        return NULL;
    ProbeWalk walk;
    PendingEntry *entry = find(pending, key, key_length, &walk);
    return entry == NULL || entry->is_gone ? NULL : entry;
}

PendingEntry *pending_add(Pending *pending, const char *key, size_t key_length) {
    ProbeWalk walk;
    PendingEntry *entry = find(pending, key, key_length, &walk);
    if (entry != NULL)
        return entry;
    probe_walk_add(&walk, &pending->table, (uint64_t)pending->count);
    GROW(pending->entries, pending->capacity, pending->count + 1);
    entry = &pending->entries[pending->count++];
    *entry = (PendingEntry){
        .key = memory_copy_text(key, key_length), .key_length = (uint32_t)key_length, .is_gone = true};
    pending->bytes += sizeof(PendingEntry) + key_length;
    return entry;
}

void pending_set(Pending *pending, PendingEntry *entry, const char *value, size_t value_length) {
    pending->bytes += value_length;
    pending->bytes -= entry->value_length;
    memory_free(entry->value);
    entry->value = value == NULL ? NULL : memory_copy_text(value, value_length);
    entry->value_length = (uint32_t)value_length;
    entry->is_gone = false;
}

void pending_forget(Pending *pending, PendingEntry *entry) {
    pending_set(pending, entry, NULL, 0);
    entry->is_gone = true;
}

int pending_count(const Pending *pending) {
    return pending->count;
}

PendingEntry *pending_entry(const Pending *pending, int i) {
    return &pending->entries[i];
}

size_t pending_bytes(const Pending *pending) {
    return pending->bytes;
}
