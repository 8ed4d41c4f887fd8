/* Session: each row with the bounds of its session: rows of a partition lie in one session as long as the
   next comes less than a gap behind the one before. Output: the input's columns, then window_start (the first
   row's time) and window_end (the last row's time and the gap). */
#ifndef LEAT_OPERATORS_SESSION_H
#define LEAT_OPERATORS_SESSION_H

#include "executor/operators/spec.h"

typedef struct SessionParameters {
    int partition_count;
    int *partition;
    int time_column;
    int64_t gap; /* microseconds */
    bool closes; /* no row below the time column's watermark comes any more: sessions that end there go, and
                    their output stays */
    bool follows_clock; /* processing time */
} SessionParameters;

#endif
