/* ColumnSet: a set of plan columns, as bits. Lives in an arena; a copy of the struct shares the words, so
   sets that are changed are copied first. */
#ifndef LEAT_LOGICAL_COLUMN_SET_H
#define LEAT_LOGICAL_COLUMN_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "executor/base/arena.h"

typedef struct ColumnSet {
    uint64_t *words;
    int word_count;
} ColumnSet;

void set_add(Arena *arena, ColumnSet *set, int column);
void set_add_all(Arena *arena, ColumnSet *set, const ColumnSet *other);
void set_add_list(Arena *arena, ColumnSet *set, const int *columns, int count);
void set_remove_all(ColumnSet *set, const ColumnSet *other);
ColumnSet set_copy(Arena *arena, const ColumnSet *set);
bool set_has(const ColumnSet *set, int column);
bool set_has_list(const ColumnSet *set, const int *columns, int count); /* all of them */
bool set_is_empty(const ColumnSet *set);
bool set_is_subset(const ColumnSet *part, const ColumnSet *whole);
bool set_intersects(const ColumnSet *a, const ColumnSet *b);
int set_count(const ColumnSet *set);
/* The least member above `after` (start with −1), or −1. */
int set_next(const ColumnSet *set, int after);

#endif
