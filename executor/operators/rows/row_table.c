/* RowTable: whole rows and their counts. */
#include "executor/operators/rows/row_table.h"

#include <assert.h>

#include "executor/base/fault.h"
#include "executor/base/memory.h"
#include "executor/base/random.h"

/* As many as a StateIndex takes. */
enum { KEYS_MAX = 64 };

Status row_table_open(RowTable *rows, StateSpace *space, const RowTableSpec *spec, Error *error) {
    if (spec->key_count > KEYS_MAX)
        return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
            "more than %d columns to partition, join or compare by are not supported", KEYS_MAX);
    *rows = (RowTable){.column_count = spec->column_count,
        .key_count = spec->key_count,
        .forgets_old = spec->forgets_old,
        .is_single = spec->is_single,
        .is_bag = spec->is_bag};
    assert(!spec->is_bag || (spec->key_count > 0 && !spec->is_unchained));
    int cell_max = spec->key_count + spec->column_count;
    rows->cell_columns = NEW_ARRAY(int, cell_max + 1);
    rows->column_cells = NEW_ARRAY(int, spec->column_count + 1);
    rows->types = NEW_ARRAY(Type, cell_max + 3 + spec->value_count);
    for (int i = 0; i < spec->column_count; i++)
        rows->column_cells[i] = -1;
    for (int i = 0; i < spec->key_count; i++) {
        rows->cell_columns[rows->cell_count] = spec->keys[i];
        rows->column_cells[spec->keys[i]] = rows->cell_count++;
    }
    for (int i = 0; i < spec->column_count; i++)
        if (rows->column_cells[i] < 0) {
            rows->cell_columns[rows->cell_count] = i;
            rows->column_cells[i] = rows->cell_count++;
        }
    for (int i = 0; i < rows->cell_count; i++)
        rows->types[i] = spec->types[rows->cell_columns[i]];
    rows->cell_columns[rows->cell_count] = spec->column_count;
    rows->count_cell = rows->cell_count + spec->is_bag;
    for (int i = rows->cell_count; i <= rows->count_cell + spec->value_count; i++)
        rows->types[i] = type_of(TYPE_INT8);
    /* Numbers go on where no earlier run of the server began, whatever of it is in the log. */
    if (spec->is_bag)
        TRY(random_secure(&rows->next_number, sizeof rows->next_number, error));
    rows->table = state_table_open(space, &(StateTableSpec){.number = spec->number,
                                              .relation = KEY_IDENTICAL,
                                              .key_count = rows->count_cell,
                                              .cell_count = rows->count_cell + 1 + spec->value_count,
                                              .cells = rows->types,
                                              .is_bag = spec->is_bag,
                                              .shard_key_count = spec->is_single ? 0 : spec->key_count});
    rows->count_offset = state_table_cell_offset(rows->table, rows->count_cell);
    rows->value_offset =
        spec->value_count > 0 ? state_table_cell_offset(rows->table, rows->count_cell + 1) : -1;
    if (spec->key_count > 0 && !spec->is_unchained) {
        int cells[spec->key_count];
        for (int i = 0; i < spec->key_count; i++)
            cells[i] = i;
        rows->index = state_table_index(rows->table, cells, spec->key_count);
    }
    rows->hashes = NEW_ARRAY(uint64_t, BATCH_ROWS_MAX);
    rows->key_hashes = NEW_ARRAY(uint64_t, BATCH_ROWS_MAX);
    rows->slots = NEW_ARRAY(Slot, BATCH_ROWS_MAX);
    rows->is_new = NEW_ARRAY(uint8_t, BATCH_ROWS_MAX);
    return OK;
}

void row_table_close(RowTable *rows) {
    memory_free(rows->cell_columns);
    memory_free(rows->column_cells);
    memory_free(rows->types);
    memory_free(rows->hashes);
    memory_free(rows->key_hashes);
    memory_free(rows->slots);
    memory_free(rows->is_new);
    touched_free(&rows->touched);
}

void state_table_delete_all(StateTable *table) {
    int64_t count = state_table_count(table), found = 0;
    Slot *slots = NEW_ARRAY(Slot, count + BATCH_ROWS_MAX);
    uint64_t cursor = 0;
    for (int given; (given = state_table_scan(table, &cursor, slots + found, BATCH_ROWS_MAX)) > 0;)
        found += given;
    for (int64_t from = 0; from < found; from += BATCH_ROWS_MAX)
        state_table_delete_many(
            table, slots + from, found - from < BATCH_ROWS_MAX ? (int)(found - from) : BATCH_ROWS_MAX);
    memory_free(slots);
}

void row_table_reset(RowTable *rows) {
    touched_clear(&rows->touched);
    rows->is_hashed = false;
    state_table_delete_all(rows->table);
}

Status row_table_load(RowTable *rows, const Batch *dense, Error *error) {
    if (rows->index == NULL) {
        state_table_hash(rows->table, dense, rows->cell_columns, rows->hashes);
        return state_table_load(rows->table, dense, rows->cell_columns, rows->hashes, error);
    }
    if (!rows->is_hashed)
        state_index_hash(rows->index, dense, rows->cell_columns, rows->key_hashes);
    rows->is_hashed = true;
    return state_index_load(rows->index, dense, rows->cell_columns, rows->key_hashes, error);
}

/* The rows with their numbers behind them. */
static Batch *number_rows(RowTable *rows, const Batch *dense) {
    int count = dense->column_count;
    Column *columns[count + 1];
    for (int i = 0; i < count; i++)
        columns[i] = column_retain(dense->columns[i]);
    columns[count] = column_create_raw(type_of(TYPE_INT8), dense->row_count);
    for (int i = 0; i < dense->row_count; i++)
        ((uint64_t *)columns[count]->values)[i] = MUTANT("row-numbers-repeat") ? 0 : rows->next_number++;
    return batch_create(dense->row_count, count + 1, columns);
}

void row_table_apply(RowTable *rows, const Batch *dense) {
    if (rows->is_bag) {
        Batch *numbered = number_rows(rows, dense);
        const uint64_t *key_hashes = rows->is_hashed && !rows->is_single ? rows->key_hashes : NULL;
        state_table_insert_keyed(
            rows->table, numbered, rows->cell_columns, NULL, key_hashes, rows->slots, rows->is_new);
        batch_release(numbered);
    } else if (rows->is_hashed && !rows->is_single) {
        state_table_hash_keyed(rows->table, dense, rows->cell_columns, rows->key_hashes, rows->hashes);
        state_table_insert_keyed(rows->table, dense, rows->cell_columns, rows->hashes, rows->key_hashes,
            rows->slots, rows->is_new);
    } else {
        state_table_hash(rows->table, dense, rows->cell_columns, rows->hashes);
        state_table_insert(rows->table, dense, rows->cell_columns, rows->hashes, rows->slots, rows->is_new);
    }
    rows->is_hashed = false;
    for (int i = 0; i < dense->row_count; i++) {
        Slot slot = rows->slots[i];
        int64_t *count = row_table_count(rows, slot);
        int64_t old = *count;
        *count += batch_diff(dense, i);
        if (!rows->forgets_old || *count <= 0)
            touched_add(&rows->touched, slot, old);
    }
    state_table_touch_many(rows->table, rows->slots, dense->row_count);
}

Status row_table_check(const RowTable *rows, Error *error) {
    for (int i = 0; i < rows->touched.count; i++)
        if (*row_table_count(rows, rows->touched.slots[i]) < 0)
            return error_set(error, STATUS_INTERNAL_ERROR, "a row was taken away that was not there");
    return OK;
}

Status row_table_settle(RowTable *rows, Error *error) {
    TRY(row_table_check(rows, error));
    Slot *gone = memory_allocate(sizeof *gone * (size_t)(rows->touched.count + 1));
    int count = 0;
    for (int i = 0; i < rows->touched.count; i++)
        if (*row_table_count(rows, rows->touched.slots[i]) == 0)
            gone[count++] = rows->touched.slots[i];
    state_table_delete_many(rows->table, gone, count);
    memory_free(gone);
    touched_clear(&rows->touched);
    return OK;
}

int64_t cell_integer(Type type, const void *cell) {
    switch (type_layout(type)) {
    case LAYOUT_INT2:
        return *(const int16_t *)cell;
    case LAYOUT_INT4:
        return *(const int32_t *)cell;
    default:
        return *(const int64_t *)cell;
    }
}
