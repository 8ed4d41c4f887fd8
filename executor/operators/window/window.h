/* Window: TUMBLE, HOP, CUMULATE: each row once a window it belongs to, with window_start and window_end
   appended. A row whose window_end is not above its arrival watermark is late: recorded, not emitted.

   Where an aggregate reads the windows, a row need not be copied into each: it comes once, with its slice,
   which is what its windows (but the late ones) have in common. A slice tells the windows that contain it, so
   that rows are folded by slice, and only the folded rows are copied. */
#ifndef LEAT_OPERATORS_WINDOW_H
#define LEAT_OPERATORS_WINDOW_H

#include "executor/operators/spec.h"

typedef enum WindowKind { WINDOW_TUMBLE, WINDOW_HOP, WINDOW_CUMULATE } WindowKind;

typedef enum WindowPart {
    WINDOW_WHOLE,
    WINDOW_SLICE, /* each row once: start and end of its slice are appended */
    WINDOW_EXPAND /* input: rows with slices; output: each once a window, in whose place as the slice stood */
} WindowPart;

typedef struct WindowParameters {
    int kind;        /* WindowKind */
    int part;        /* WindowPart */
    int time_column; /* EXPAND: the start of the slice */
    int end_column;  /* EXPAND: the end of the slice */
    int64_t size;    /* microseconds; date columns count days as 86 400 000 000 */
    int64_t slide;
    int64_t offset;
    bool follows_clock; /* processing time: its watermark moves with the clock alone, and windows close by it
                         */
    int arrival_column; /* int8 column with the row's arrival watermark, −1: no row is late */
} WindowParameters;

#endif
