/* NameTable: a session's named things: prepared statements, portals. */
#ifndef LEAT_SESSION_NAME_TABLE_H
#define LEAT_SESSION_NAME_TABLE_H

#include <stddef.h>

enum { NAME_TABLE_BUCKETS = 64 };

typedef struct NameEntry {
    struct NameEntry *next; /* of the bucket */
    struct NameEntry *older, *newer;
    void *value;
    char name[];
} NameEntry;

/* Zero bytes are an empty table. Values are not owned. */
typedef struct NameTable {
    NameEntry *buckets[NAME_TABLE_BUCKETS];
    NameEntry *newest;
} NameTable;

void *name_table_find(const NameTable *table, const char *name); /* NULL: none */
/* The name must not be there yet. */
void name_table_add(NameTable *table, const char *name, void *value);
void *name_table_remove(NameTable *table, const char *name); /* what it was, or NULL */
/* Calls visit for every value; it may remove the one it is given. */
void name_table_visit(NameTable *table, void (*visit)(void *context, void *value), void *context);

#endif
