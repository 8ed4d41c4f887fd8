/* WindowTime: rows that no window can take. */
#include "executor/operators/window/window_time.h"

void window_time_report(Operator *instance, const Batch *batch, int column) {
    OperatorContext *context = instance->context;
    const Column *times = batch->columns[column];
    int64_t unit = window_time_unit(instance, column);
    for (int i = 0; i < batch->selected_count; i++) {
        int row = batch_row(batch, i);
        if (column_is_null(times, row))
            context->row_failed(
                context, instance, batch, row, STATUS_NULL_VALUE_NOT_ALLOWED, "window time is null");
        else if (!window_time_is_usable(times, row, unit))
            context->row_failed(
                context, instance, batch, row, STATUS_DATETIME_FIELD_OVERFLOW, "window time is out of range");
    }
}
