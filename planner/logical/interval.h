/* Interval: conditions that keep two time columns within a constant distance of each other. */
#ifndef LEAT_LOGICAL_INTERVAL_H
#define LEAT_LOGICAL_INTERVAL_H

#include "planner/logical/predicate.h"

/* low <= high + distance, for plan columns; a strict order says as much. */
typedef struct TimeOrder {
    int low, high;
    int64_t distance;
} TimeOrder;

/* What the conjunct says of two columns' order: how many of `orders` are filled (0; 1; an equality says 2).
 */
int time_orders(const Expression *conjunct, TimeOrder orders[2]);

#endif
