/* The exchange operator's link to its hub, made by the graph before open. */
#ifndef LEAT_DATAFLOW_EXCHANGE_H
#define LEAT_DATAFLOW_EXCHANGE_H

#include "executor/dataflow/graph.h"

void exchange_use_hub(Operator *instance, ExchangeHub *hub);
/* Whether it waits for room at a receiver before it can split what it was given. */
bool exchange_is_blocked(const Operator *instance);

#endif
