/* WindowTime: how windows read the time of a row. */
#ifndef LEAT_OPERATORS_WINDOW_TIME_H
#define LEAT_OPERATORS_WINDOW_TIME_H

#include "executor/operators/operator.h"

#define DAY_MICROSECONDS INT64_C(86400000000)

/* Microseconds of a column's unit: a date counts days. */
static inline int64_t window_time_unit(const Operator *instance, int column) {
    return instance->spec->inputs[0]->output.types[column].id == TYPE_DATE ? DAY_MICROSECONDS : 1;
}

static inline int64_t window_time(const Column *column, int row, int64_t unit) {
    if (column->layout == LAYOUT_INT4)
        return *(const int32_t *)column_at(column, row) * unit;
    return column_int8(column, row);
}

/* Whether the row can be in a window. */
static inline bool window_time_is_usable(const Column *column, int row, int64_t unit) {
    if (column_is_null(column, row))
        return false;
    int64_t time = window_time(column, row, unit);
    return time >= -EVENT_TIME_MAX && time <= EVENT_TIME_MAX;
}

/* Records the batch's rows without a usable time as failed. */
void window_time_report(Operator *instance, const Batch *batch, int column);

#endif
