/* NameTable: hash buckets; drivers keep some hundred prepared statements a connection. */
#include "server/session/name_table.h"

#include <string.h>

#include "executor/base/hash.h"
#include "executor/base/memory.h"

static NameEntry **place_of(const NameTable *table, const char *name) {
    uint64_t hash = hash_bytes_64(name, strlen(name));
    NameEntry **place = (NameEntry **)&table->buckets[hash % NAME_TABLE_BUCKETS];
    while (*place != NULL && strcmp((*place)->name, name) != 0)
        place = &(*place)->next;
    return place;
}

void *name_table_find(const NameTable *table, const char *name) {
    const NameEntry *entry = *place_of(table, name);
    return entry == NULL ? NULL : entry->value;
}

void name_table_add(NameTable *table, const char *name, void *value) {
    size_t size = strlen(name) + 1;
    NameEntry *entry = memory_allocate(sizeof(NameEntry) + size);
    memcpy(entry->name, name, size);
    entry->value = value;
    entry->next = NULL;
    *place_of(table, name) = entry;
    table->count++;
}

void *name_table_remove(NameTable *table, const char *name) {
    NameEntry **place = place_of(table, name);
    NameEntry *entry = *place;
    if (entry == NULL)
        return NULL;
    void *value = entry->value;
    *place = entry->next;
    memory_free(entry);
    table->count--;
    return value;
}

void name_table_visit(NameTable *table, void (*visit)(void *context, void *value), void *context) {
    for (int i = 0; i < NAME_TABLE_BUCKETS; i++)
        for (NameEntry *entry = table->buckets[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            visit(context, entry->value);
        }
}
