/* FlowSpecs: the operator trees of the objects that a FlowBed runs. */
#ifndef LEAT_ENGINE_FLOW_SPECS_H
#define LEAT_ENGINE_FLOW_SPECS_H

#include "executor/engine/test/flow_bed.h"

/* All live in the arena. */
OperatorSpec *flow_table_spec(Arena *arena, uint32_t id);
OperatorSpec *flow_source_spec(Arena *arena);
OperatorSpec *flow_stored_spec(Arena *arena);
OperatorSpec *flow_view_spec(Arena *arena, BedView view);

#endif
