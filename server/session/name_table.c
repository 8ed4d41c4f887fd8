/* NameTable: hash buckets, and a list for visits; drivers keep some hundred prepared statements a connection.
 */
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
    entry->next = entry->newer = NULL;
    entry->older = table->newest;
    if (entry->older != NULL)
        entry->older->newer = entry;
    table->newest = entry;
    *place_of(table, name) = entry;
}

void *name_table_remove(NameTable *table, const char *name) {
    NameEntry **place = place_of(table, name);
    NameEntry *entry = *place;
    if (entry == NULL)
        return NULL;
    void *value = entry->value;
    *place = entry->next;
    if (entry->older != NULL)
        entry->older->newer = entry->newer;
    *(entry->newer != NULL ? &entry->newer->older : &table->newest) = entry->older;
    memory_free(entry);
    return value;
}

void name_table_visit(NameTable *table, void (*visit)(void *context, void *value), void *context) {
    for (NameEntry *entry = table->newest, *older; entry != NULL; entry = older) {
        older = entry->older;
        visit(context, entry->value);
    }
}
