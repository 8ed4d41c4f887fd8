/* Pending: changes to COLD that no commit has made durable yet: values to come, and keys to go. */
#ifndef LEAT_STATE_PENDING_H
#define LEAT_STATE_PENDING_H

#include <stdbool.h>

#include "executor/base/text.h"

typedef struct PendingEntry {
    char *key;
    char *value; /* NULL: the key goes */
    uint32_t key_length;
    uint32_t value_length;
    bool is_gone;   /* neither: forgotten again */
    bool has_older; /* COLD holds a value, or will after the commit under way */
} PendingEntry;

typedef struct Pending Pending;

Pending *pending_create(void);
void pending_destroy(Pending *pending); /* NULL is fine */
/* NULL when there is none. */
PendingEntry *pending_find(const Pending *pending, const char *key, size_t key_length);
/* Finds or adds one that is_gone. */
PendingEntry *pending_add(Pending *pending, const char *key, size_t key_length);
/* Sets or (NULL) removes the value; copied. */
void pending_set(Pending *pending, PendingEntry *entry, const char *value, size_t value_length);
void pending_forget(Pending *pending, PendingEntry *entry);
/* Entries 0 … count − 1, those that are gone included. */
int pending_count(const Pending *pending);
PendingEntry *pending_entry(const Pending *pending, int i);
size_t pending_bytes(const Pending *pending);

#endif
