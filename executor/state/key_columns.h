/* KeyColumns: the key columns of a batch made ready to be compared with slots' cells, so that a comparison
   decides nothing a row that is the same for the batch. */
#ifndef LEAT_STATE_KEY_COLUMNS_H
#define LEAT_STATE_KEY_COLUMNS_H

#include "executor/state/state_table_internal.h"

enum { KEY_COLUMNS_FEW = 16 };

typedef struct KeyColumn {
    const char *values;
    const uint64_t *nulls; /* NULL: no row is */
    uint32_t stride;       /* 0: a constant */
    uint32_t offset;       /* of the cell in the slot */
    uint16_t cell;
    uint8_t form; /* CellForm */
    uint8_t width;
    Type type;
} KeyColumn;

struct KeyColumns {
    int count;
    uint8_t null_mask; /* of the cells, when they are among the first eight and no row has a NULL; else 0 */
    KeyColumn *columns;
    KeyColumn few[KEY_COLUMNS_FEW];
};

/* Compares batch->columns[columns[i]] with cells[i] (NULL: cell i) under the relation. */
void key_columns_init(KeyColumns *keys, const StateTable *table, KeyRelation relation, const int *cells,
    int count, const Batch *batch, const int *columns);
void key_columns_free(KeyColumns *keys);

static inline const char *key_element(const KeyColumn *key, int row) {
    return key->values + (size_t)key->stride * (size_t)row;
}

static inline bool key_is_null(const KeyColumn *key, int row) {
    if (key->nulls == NULL)
        return false;
    if (key->stride == 0)
        row = 0;
    return key->nulls[row >> 6] >> (row & 63) & 1;
}

static inline bool words_equal(const void *a, const void *b) {
    return memcmp(a, b, sizeof(uint64_t)) == 0;
}

static inline bool key_matches(const KeyColumn *key, const char *cell, const char *element) {
    switch ((CellForm)key->form) {
    case CELL_BYTES:
        return key->width == 8   ? words_equal(cell, element)
               : key->width == 4 ? memcmp(cell, element, 4) == 0
                                 : memcmp(cell, element, key->width) == 0;
    case CELL_VIEW:
        return view_is_identical((const View *)cell, (const View *)element);
    case CELL_IDENTICAL:
        return datum_is_identical(type_layout(key->type), cell, element);
    case CELL_COMPARE:
        return memcmp(cell, element, key->width) == 0 || datum_compare(key->type, cell, element) == 0;
    }
    return false;
}

/* NULLs equal NULLs. Zero bytes stand under each, so they are looked at only where the values are the same.
 */
static inline bool key_columns_match(const KeyColumns *keys, const StateTable *table, Slot slot, int row) {
    const char *bytes = table_slot(table, slot);
    for (int i = 0; i < keys->count; i++)
        if (!key_matches(
                &keys->columns[i], bytes + keys->columns[i].offset, key_element(&keys->columns[i], row)))
            return false;
    if (keys->null_mask != 0)
        return ((uint8_t)bytes[table->null_offset] & keys->null_mask) == 0;
    for (int i = 0; i < keys->count; i++)
        if (slot_is_null(table, bytes, keys->columns[i].cell) != key_is_null(&keys->columns[i], row))
            return false;
    return true;
}

#endif
