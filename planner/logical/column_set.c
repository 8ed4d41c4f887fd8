/* ColumnSet: bits in arena words. */
#include "planner/logical/column_set.h"

#include <string.h>

static void grow(Arena *arena, ColumnSet *set, int word_count) {
    if (set->word_count >= word_count)
        return;
    uint64_t *words = ARENA_ARRAY(arena, uint64_t, word_count);
    if (set->word_count > 0)
        memcpy(words, set->words, sizeof *words * (size_t)set->word_count);
    set->words = words;
    set->word_count = word_count;
}

void set_add(Arena *arena, ColumnSet *set, int column) {
    grow(arena, set, column / 64 + 1);
    set->words[column / 64] |= UINT64_C(1) << (column % 64);
}

void set_add_all(Arena *arena, ColumnSet *set, const ColumnSet *other) {
    grow(arena, set, other->word_count);
    for (int i = 0; i < other->word_count; i++)
        set->words[i] |= other->words[i];
}

void set_add_list(Arena *arena, ColumnSet *set, const int *columns, int count) {
    for (int i = 0; i < count; i++)
        set_add(arena, set, columns[i]);
}

void set_remove_all(ColumnSet *set, const ColumnSet *other) {
    for (int i = 0; i < set->word_count && i < other->word_count; i++)
        set->words[i] &= ~other->words[i];
}

ColumnSet set_copy(Arena *arena, const ColumnSet *set) {
    ColumnSet copy = {0};
    set_add_all(arena, &copy, set);
    return copy;
}

bool set_has(const ColumnSet *set, int column) {
    return column >= 0 && column / 64 < set->word_count && (set->words[column / 64] >> (column % 64) & 1);
}

bool set_has_list(const ColumnSet *set, const int *columns, int count) {
    for (int i = 0; i < count; i++)
        if (!set_has(set, columns[i]))
            return false;
    return true;
}

bool set_is_empty(const ColumnSet *set) {
    return set_next(set, -1) < 0;
}

bool set_is_subset(const ColumnSet *part, const ColumnSet *whole) {
    for (int i = 0; i < part->word_count; i++)
        if (part->words[i] & ~(i < whole->word_count ? whole->words[i] : 0))
            return false;
    return true;
}

bool set_intersects(const ColumnSet *a, const ColumnSet *b) {
    for (int i = 0; i < a->word_count && i < b->word_count; i++)
        if (a->words[i] & b->words[i])
            return true;
    return false;
}

int set_count(const ColumnSet *set) {
    int count = 0;
    for (int i = 0; i < set->word_count; i++)
        count += __builtin_popcountll(set->words[i]);
    return count;
}

int set_next(const ColumnSet *set, int after) {
    for (int i = after + 1; i < set->word_count * 64; i++)
        if (set->words[i / 64] >> (i % 64) & 1)
            return i;
    return -1;
}
