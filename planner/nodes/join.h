/* Join: what join.c has of join_operator.c. */
#ifndef LEAT_NODES_JOIN_H
#define LEAT_NODES_JOIN_H

#include "planner/nodes/node.h"

/* As LogicalType.build. */
Status join_build(Physical *physical, LogicalNode *node, PhysicalNode *out);

#endif
