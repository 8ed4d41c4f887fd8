/* Late: rows whose time lies below their arrival watermark are recorded as late and left out; rows without a
   time stay. */
#ifndef LEAT_OPERATORS_LATE_H
#define LEAT_OPERATORS_LATE_H

#include "executor/operators/spec.h"

typedef struct LateParameters {
    int time_column;
    int arrival_column; /* int8 */
} LateParameters;

#endif
