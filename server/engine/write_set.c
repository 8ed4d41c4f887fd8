/* WriteSet: per table a hash from key to (stored row, own row). */
#include "server/engine/write_set.h"

#include <string.h>

#include "executor/base/memory.h"
#include "executor/base/probe_table.h"

typedef struct Entry {
    Batch *old, *new;
    int old_row, new_row;
} Entry;

typedef struct TableWrites {
    uint32_t object_id;
    const int *key;
    int key_count;
    uint64_t defined_at; /* of the first statement that wrote to it */
    Entry *entries;
    int count, capacity;
    ProbeTable found; /* entries by key */
} TableWrites;

/* What an entry was before a change; kept once somebody may go back. */
typedef struct Undo {
    int table, entry;
    Batch *old, *new;
    int old_row, new_row;
} Undo;

struct WriteSet {
    TableWrites *tables;
    int count, capacity;
    Text scratch;
    bool is_marked;
    Undo *undo;
    int64_t undo_count;
    int undo_capacity;
};

WriteSet *write_set_create(void) {
    return NEW(WriteSet);
}

void write_set_destroy(WriteSet *set) {
    if (set == NULL)
        return;
    for (int t = 0; t < set->count; t++) {
        TableWrites *table = &set->tables[t];
        for (int i = 0; i < table->count; i++) {
            batch_release(table->entries[i].old);
            batch_release(table->entries[i].new);
        }
        memory_free(table->entries);
        probe_table_free(&table->found);
        memory_free((void *)table->key);
    }
    for (int64_t i = 0; i < set->undo_count; i++) {
        batch_release(set->undo[i].old);
        batch_release(set->undo[i].new);
    }
    memory_free(set->undo);
    text_free(&set->scratch);
    memory_free(set->tables);
    memory_free(set);
}

static TableWrites *find_table(const WriteSet *set, uint32_t object_id) {
    for (int t = 0; t < set->count; t++)
        if (set->tables[t].object_id == object_id)
            return &set->tables[t];
    return NULL;
}

static TableWrites *need_table(WriteSet *set, uint32_t object_id, const int *key, int key_count) {
    TableWrites *table = find_table(set, object_id);
    if (table != NULL)
        return table;
    GROW(set->tables, set->capacity, set->count + 1);
    int *copy = memory_allocate(sizeof(int) * (size_t)(key_count + 1));
    memcpy(copy, key, sizeof(int) * (size_t)key_count);
    set->tables[set->count] = (TableWrites){.object_id = object_id, .key = copy, .key_count = key_count};
    return &set->tables[set->count++];
}

void write_set_note_definition(
    WriteSet *set, uint32_t object_id, const int *key, int key_count, uint64_t version) {
    TableWrites *table = need_table(set, object_id, key, key_count);
    if (table->count == 0)
        table->defined_at = version;
}

bool write_set_has_width(const WriteSet *set, uint32_t object_id, int column_count) {
    const TableWrites *table = set == NULL ? NULL : find_table(set, object_id);
    for (int i = table == NULL ? 0 : table->count; i > 0; i--) {
        const Entry *entry = &table->entries[i - 1];
        if (entry->new != NULL || entry->old != NULL)
            return (entry->new != NULL ? entry->new : entry->old)->column_count == column_count;
    }
    return true;
}

bool write_set_is_empty(const WriteSet *set) {
    for (int t = 0; set != NULL && t < set->count; t++)
        for (int i = 0; i < set->tables[t].count; i++)
            if (set->tables[t].entries[i].old != NULL || set->tables[t].entries[i].new != NULL)
                return false;
    return true;
}

int write_set_count(const WriteSet *set) {
    return set == NULL ? 0 : set->count;
}

uint32_t write_set_object(const WriteSet *set, int number) {
    return set->tables[number].object_id;
}

void write_set_forget(WriteSet *set, uint32_t object_id) {
    TableWrites *table = find_table(set, object_id);
    for (int i = 0; table != NULL && i < table->count; i++) {
        batch_release(table->entries[i].old);
        batch_release(table->entries[i].new);
        table->entries[i].old = table->entries[i].new = NULL;
    }
}

static bool matches(const TableWrites *table, const Entry *entry, const Batch *batch, int row) {
    const Batch *kept = entry->new != NULL ? entry->new : entry->old;
    int kept_row = entry->new != NULL ? entry->new_row : entry->old_row;
    return kept != NULL &&
           batch_keys_equal(kept, table->key, kept_row, batch, table->key, row, table->key_count);
}

static Entry *find_entry(const TableWrites *table, const Batch *batch, int row, uint64_t hash) {
    for (ProbeWalk walk = probe_table_walk(&table->found, hash); probe_walk_next(&walk);)
        if (matches(table, &table->entries[walk.item], batch, row))
            return &table->entries[walk.item];
    return NULL;
}

static Entry *add_entry(TableWrites *table, uint64_t hash) {
    probe_table_add(&table->found, hash, (uint64_t)table->count);
    GROW(table->entries, table->capacity, table->count + 1);
    table->entries[table->count] = (Entry){0};
    return &table->entries[table->count++];
}

int write_set_find(WriteSet *set, uint32_t object_id, const int *key, int key_count, const Batch *batch,
    int row, const Batch **found, int *found_row) {
    const TableWrites *table = set == NULL ? NULL : find_table(set, object_id);
    if (table == NULL)
        return 0;
    const Entry *entry = find_entry(
        table, batch, row, batch_hash_key(batch, table->key, table->key_count, row, &set->scratch));
    if (entry == NULL)
        return 0;
    *found = entry->new;
    *found_row = entry->new_row;
    return entry->new != NULL ? 1 : entry->old != NULL ? -1 : 0;
}

/* Before the entry changes. */
static void note_undo(WriteSet *set, const TableWrites *table, const Entry *entry) {
    if (!set->is_marked)
        return;
    GROW(set->undo, set->undo_capacity, set->undo_count + 1);
    set->undo[set->undo_count++] = (Undo){
        .table = (int)(table - set->tables),
        .entry = (int)(entry - table->entries),
        .old = entry->old == NULL ? NULL : batch_retain(entry->old),
        .new = entry->new == NULL ? NULL : batch_retain(entry->new),
        .old_row = entry->old_row,
        .new_row = entry->new_row,
    };
}

int64_t write_set_mark(WriteSet *set) {
    set->is_marked = true;
    return set->undo_count;
}

void write_set_go_back(WriteSet *set, int64_t mark) {
    while (set->undo_count > mark) {
        const Undo *undo = &set->undo[--set->undo_count];
        Entry *entry = &set->tables[undo->table].entries[undo->entry];
        batch_release(entry->old);
        batch_release(entry->new);
        *entry = (Entry){undo->old, undo->new, undo->old_row, undo->new_row};
    }
}

void write_set_remove(
    WriteSet *set, uint32_t object_id, const int *key, int key_count, Batch *batch, int row) {
    TableWrites *table = need_table(set, object_id, key, key_count);
    uint64_t hash = batch_hash_key(batch, table->key, table->key_count, row, &set->scratch);
    Entry *entry = find_entry(table, batch, row, hash);
    if (entry == NULL) {
        entry = add_entry(table, hash);
        note_undo(set, table, entry);
        entry->old = batch_retain(batch);
        entry->old_row = row;
        return;
    }
    note_undo(set, table, entry);
    batch_release(entry->new);
    entry->new = NULL;
}

bool write_set_add(WriteSet *set, uint32_t object_id, const int *key, int key_count, Batch *batch, int row) {
    TableWrites *table = need_table(set, object_id, key, key_count);
    uint64_t hash = batch_hash_key(batch, table->key, table->key_count, row, &set->scratch);
    Entry *entry = find_entry(table, batch, row, hash);
    if (entry != NULL && entry->new != NULL)
        return false;
    if (entry == NULL)
        entry = add_entry(table, hash);
    note_undo(set, table, entry);
    entry->new = batch_retain(batch);
    entry->new_row = row;
    return true;
}

/* Appends one row to the builder at the list's end. */
static void add_row(BatchList *list, const Batch *batch, int row, int64_t diff) {
    if (list->count == 0 || list->batches[list->count - 1]->row_count == BATCH_ROWS_MAX) {
        Type types[batch->column_count + 1];
        for (int c = 0; c < batch->column_count; c++)
            types[c] = batch->columns[c]->type;
        Batch *builder = batch_builder(types, batch->column_count, BATCH_ROWS_MAX);
        batch_need_diffs(builder, BATCH_ROWS_MAX);
        batch_list_add(list, builder);
    }
    batch_append_row(list->batches[list->count - 1], batch, row, diff);
}

void write_set_rows(const WriteSet *set, uint32_t object_id, BatchList *rows) {
    const TableWrites *table = set == NULL ? NULL : find_table(set, object_id);
    for (int i = 0; table != NULL && i < table->count; i++) {
        const Entry *entry = &table->entries[i];
        if (entry->old != NULL)
            add_row(rows, entry->old, entry->old_row, -1);
        if (entry->new != NULL)
            add_row(rows, entry->new, entry->new_row, 1);
    }
}

void write_set_take_changes(const WriteSet *set, TableChange **changes, int *count) {
    *changes = NEW_ARRAY(TableChange, set->count + 1);
    *count = 0;
    for (int t = 0; t < set->count; t++) {
        if (set->tables[t].object_id >> 31 != 0)
            continue;
        TableChange *change = &(*changes)[(*count)++];
        change->object_id = set->tables[t].object_id;
        change->defined_at = set->tables[t].defined_at;
        for (int i = 0; i < set->tables[t].count; i++) {
            const Entry *entry = &set->tables[t].entries[i];
            if (entry->old != NULL)
                add_row(&change->removed, entry->old, entry->old_row, 1);
            if (entry->new != NULL)
                add_row(&change->added, entry->new, entry->new_row, 1);
        }
        /* Everything taken back: the table may even be gone, with the savepoint behind which it was made. */
        if (change->removed.count == 0 && change->added.count == 0)
            (*count)--;
    }
}
