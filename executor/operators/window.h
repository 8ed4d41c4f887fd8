/* Window: TUMBLE, HOP, CUMULATE: each row once a window it belongs to, with window_start and window_end appended. A row whose window_end is not above its arrival watermark is late: recorded, not emitted. */
#ifndef LEAT_OPERATORS_WINDOW_H
#define LEAT_OPERATORS_WINDOW_H

#include "executor/operators/spec.h"

typedef enum WindowKind { WINDOW_TUMBLE, WINDOW_HOP, WINDOW_CUMULATE } WindowKind;

typedef struct WindowParameters {
    int kind; /* WindowKind */
    int time_column;
    int64_t size; /* microseconds; date columns count days as 86 400 000 000 */
    int64_t slide;
    int64_t offset;
    bool follows_clock; /* processing time: its watermark moves with the clock alone, and windows close by it */
    int arrival_column; /* int8 column with the row's arrival watermark, −1: no row is late */
} WindowParameters;

#endif
