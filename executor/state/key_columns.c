/* KeyColumns: what the batch says of each key column. */
#include "executor/state/key_columns.h"

#include <assert.h>

#include "executor/base/memory.h"

void key_columns_init(KeyColumns *keys, const StateTable *table, KeyRelation relation, const int *cells,
    int count, const Batch *batch, const int *columns) {
    keys->count = count;
    uint32_t mask = 0;
    bool is_masked = true;
    keys->columns =
        count <= KEY_COLUMNS_FEW ? keys->few : memory_allocate((size_t)count * sizeof *keys->columns);
    for (int i = 0; i < count; i++) {
        const Column *column = batch->columns[columns[i]];
        int cell = cells == NULL ? i : cells[i];
        const CellInfo *info = &table->cells[cell];
        assert(column->layout == info->layout);
        keys->columns[i] = (KeyColumn){.values = column->values,
            .nulls = column->nulls,
            .stride = column->is_constant ? 0 : info->width,
            .offset = info->offset,
            .cell = (uint16_t)cell,
            .form = relation == table->spec.relation ? info->form : (uint8_t)cell_form(relation, info->type),
            .width = info->width,
            .type = info->type};
        is_masked = is_masked && cell < 8 && column->nulls == NULL;
        mask |= is_masked ? 1U << cell : 0;
    }
    keys->null_mask = is_masked ? (uint8_t)mask : 0;
}

void key_columns_free(KeyColumns *keys) {
    if (keys->columns != keys->few)
        memory_free(keys->columns);
}
