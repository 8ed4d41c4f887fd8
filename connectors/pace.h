/* Pace: lets a generator give its records at a rate of wall time, and wakes whoever waits for the next ones.
 */
#ifndef LEAT_CONNECTORS_PACE_H
#define LEAT_CONNECTORS_PACE_H

#include "executor/operators/leaf/source.h"

typedef struct Pace Pace;

/* `rate` records a second, from the moment of the first start. 0: as fast as possible. The reader is woken
   when more are due. */
Pace *pace_create(double rate, SourceReader *reader);
void pace_destroy(Pace *pace); /* NULL is fine */
/* Starts the clock at a record number; later calls change nothing. */
void pace_start(Pace *pace, int64_t first);
/* The first record number that is not due yet; INT64_MAX without a rate. Any thread. */
int64_t pace_due(Pace *pace);

#endif
