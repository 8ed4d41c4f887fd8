/* Pending: an array of entries with an open-addressing index by key. */
#include "executor/state/pending.h"

#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"

struct Pending {
    PendingEntry *entries;
    int count;
    int capacity;
    uint32_t *places; /* entry number + 1; 0: empty */
    uint32_t mask;
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
    memory_free(pending->places);
    memory_free(pending);
}

/* The place of the key, or the empty one where it belongs. */
static uint32_t *place_of(const Pending *pending, const char *key, size_t key_length, uint32_t hash) {
    for (uint32_t at = hash & pending->mask;; at = (at + 1) & pending->mask) {
        uint32_t *place = &pending->places[at];
        if (*place == 0)
            return place;
        const PendingEntry *entry = &pending->entries[*place - 1];
        if (entry->hash == hash && entry->key_length == key_length &&
            memcmp(entry->key, key, key_length) == 0)
            return place;
    }
}

PendingEntry *pending_find(const Pending *pending, const char *key, size_t key_length) {
    if (pending == NULL || pending->count == 0)
        return NULL;
    uint32_t place = *place_of(pending, key, key_length, (uint32_t)hash_bytes_64(key, key_length));
    return place == 0 || pending->entries[place - 1].is_gone ? NULL : &pending->entries[place - 1];
}

static void grow(Pending *pending) {
    uint32_t size = pending->mask == 0 ? 64 : (pending->mask + 1) * 2;
    memory_free(pending->places);
    pending->places = NEW_ARRAY(uint32_t, size);
    pending->mask = size - 1;
    for (int i = 0; i < pending->count; i++) {
        const PendingEntry *entry = &pending->entries[i];
        *place_of(pending, entry->key, entry->key_length, entry->hash) = (uint32_t)i + 1;
    }
}

PendingEntry *pending_add(Pending *pending, const char *key, size_t key_length) {
    if ((uint32_t)pending->count >= pending->mask / 2)
        grow(pending);
    uint32_t hash = (uint32_t)hash_bytes_64(key, key_length);
    uint32_t *place = place_of(pending, key, key_length, hash);
    if (*place == 0) {
        GROW(pending->entries, pending->capacity, pending->count + 1);
        pending->entries[pending->count++] = (PendingEntry){.key = memory_copy_text(key, key_length),
            .key_length = (uint32_t)key_length,
            .hash = hash,
            .is_gone = true};
        pending->bytes += sizeof(PendingEntry) + key_length;
        *place = (uint32_t)pending->count;
    }
    return &pending->entries[*place - 1];
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
