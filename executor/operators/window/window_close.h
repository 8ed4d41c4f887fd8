/* WindowClose: EMIT ON WINDOW CLOSE for what is not an aggregate: holds each row until the watermark has
   passed its window_end, then emits the final content once. */
#ifndef LEAT_OPERATORS_WINDOW_CLOSE_H
#define LEAT_OPERATORS_WINDOW_CLOSE_H

#include "executor/operators/spec.h"

typedef struct WindowCloseParameters {
    int end_column;
    int key_count; /* columns that the exchange in front hashed */
    int *keys;
} WindowCloseParameters;

#endif
