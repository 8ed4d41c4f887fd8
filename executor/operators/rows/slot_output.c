/* SlotOutput: how finalisation turns slots into batches. */
#include "executor/operators/rows/slot_output.h"

#include "executor/base/memory.h"

Column *column_of_nulls(Type type, int count) {
    Column *column = column_create(type, count > 0 ? count : 1);
    column_need_nulls(column);
    memset(column->nulls, 0xff, ((size_t)column->capacity + 63) / 64 * sizeof *column->nulls);
    return column;
}

void slot_output_flush(SlotOutput *output) {
    int count = output->count;
    if (count == 0)
        return;
    Column *columns[output->null_before + output->cell_count + output->with_number + output->null_after + 1];
    int column_count = 0;
    for (int i = 0; i < output->null_before; i++, column_count++)
        columns[column_count] = column_of_nulls(output->types[column_count], count);
    for (int i = 0; i < output->cell_count; i++)
        columns[column_count++] = state_table_gather(output->table, output->cells[i], output->slots, count);
    if (output->with_number) {
        Column *numbers = column_create(type_of(TYPE_INT8), count);
        memcpy(numbers->values, output->numbers, (size_t)count * sizeof(int64_t));
        columns[column_count++] = numbers;
    }
    for (int i = 0; i < output->null_after; i++, column_count++)
        columns[column_count] = column_of_nulls(output->types[column_count], count);
    Batch *batch = batch_create(count, column_count, columns);
    bool is_plain = true;
    for (int i = 0; i < count && is_plain; i++)
        is_plain = output->diffs[i] == 1;
    if (!is_plain) {
        batch_need_diffs(batch, count);
        memcpy(batch->diffs, output->diffs, (size_t)count * sizeof(int64_t));
    }
    output->count = 0;
    queue_push(output->queue, batch);
}
