/* Session: the rows of a partition meet on one worker; closed sessions go where the time column has a
   watermark and late rows were left out. */
#include "executor/operators/window/session.h"

#include "planner/physical/physical.h"

Status physical_session(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    int count = node->session.partition_count;
    if (count == 0)
        TRY(physical_single(physical, &input));
    else if (!distribution_is_hash(&input.distribution, node->session.partition, count))
        TRY(physical_hash(physical, &input, node->session.partition, count));
    physical_create(physical, node, &session_operator, 1, &input, out);
    const Properties *properties = logical_properties(physical->plan, node->inputs[0]);
    SessionParameters *parameters = out->spec->parameters;
    parameters->partition_count = count;
    parameters->partition = physical_positions(physical, &input, node->session.partition, count);
    parameters->time_column = physical_position(&input, node->session.time_column);
    parameters->gap = node->session.gap;
    parameters->closes = properties_is_complete_below(properties, node->session.time_column);
    parameters->follows_clock = set_has(&properties->clocks, node->session.time_column);
    physical_add_cost(out, 30);
    if (properties->is_stream && !parameters->closes)
        physical_note_unbounded(physical, "Session",
            "A time column with a WATERMARK, whose rows only pass filters and projections, bounds it.");
    return OK;
}
