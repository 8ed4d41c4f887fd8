/* The exchange operator's link to its hub, made by the graph before open. */
#ifndef LEAT_DATAFLOW_EXCHANGE_H
#define LEAT_DATAFLOW_EXCHANGE_H

#include "executor/dataflow/graph.h"

void exchange_use_hub(Operator *operator, ExchangeHub * hub);

#endif
