/* Filter; comparisons with the clock of a continuous query become a TemporalFilter, over a projection of the
   times at which they begin and cease to hold. */
#include "executor/operators/filter.h"

#include <string.h>

#include "executor/operators/project.h"
#include "executor/operators/window/temporal_filter.h"
#include "planner/logical/temporal.h"
#include "planner/physical/physical.h"

typedef struct Bounds {
    Expression **times; /* those from which on rows are shown, then those until which they are */
    int from_count, count;
} Bounds;

/* Takes the comparisons with the clock out; the rest of the predicate comes back. */
static Expression *take_bounds(Physical *physical, Expression *predicate, Bounds *bounds) {
    Conjuncts conjuncts = predicate_split(physical->arena, predicate), kept = {0};
    for (int is_until = 0; is_until < 2; is_until++)
        for (int i = 0; i < conjuncts.count; i++) {
            TemporalBound bound;
            if (!is_temporal(physical->plan, conjuncts.items[i])) {
                if (is_until)
                    ARENA_APPEND(physical->arena, kept.items, kept.count, conjuncts.items[i]);
            } else if (temporal_solve(physical->plan, conjuncts.items[i], &bound) &&
                       bound.is_until == is_until) {
                ARENA_APPEND(physical->arena, bounds->times, bounds->count, bound.time);
                bounds->from_count += !is_until;
            }
        }
    return predicate_join(physical->arena, &kept);
}

/* The input with the times behind its columns. */
static Status project_times(Physical *physical, const Bounds *bounds, PhysicalNode *node) {
    PhysicalNode input = *node;
    int count = input.column_count, all = count + bounds->count;
    physical_wrap(physical, &input, &project_operator, node);
    int *columns = ARENA_ARRAY(physical->arena, int, all);
    Schema output = {
        all, ARENA_ARRAY(physical->arena, const char *, all), ARENA_ARRAY(physical->arena, Type, all)};
    ProjectParameters *parameters = node->spec->parameters;
    parameters->expression_count = all;
    parameters->expressions = ARENA_ARRAY(physical->arena, Expression *, all);
    for (int i = 0; i < all; i++) {
        bool is_own = i < count;
        columns[i] = is_own ? input.columns[i]
                            : plan_column_add(physical->plan, "time", bounds->times[i - count]->type);
        output.names[i] = is_own ? input.spec->output.names[i] : "time";
        output.types[i] = is_own ? input.spec->output.types[i] : bounds->times[i - count]->type;
        parameters->expressions[i] = physical_expression(
            physical, is_own ? plan_column(physical->plan, columns[i]) : bounds->times[i - count], &input, 1);
    }
    node->spec->output = output;
    node->spec->has_watermark = NULL;
    node->columns = columns;
    node->column_count = all;
    return OK;
}

static Status put_temporal_filter(
    Physical *physical, LogicalNode *node, const Bounds *bounds, PhysicalNode *input, PhysicalNode *out) {
    int count = input->column_count;
    TRY(project_times(physical, bounds, input));
    TRY(physical_hash_rows(physical, input, count));
    physical_create(physical, node, &temporal_filter_operator, 1, input, out);
    TemporalFilterParameters *parameters = out->spec->parameters;
    parameters->from_count = bounds->from_count;
    parameters->until_count = bounds->count - bounds->from_count;
    parameters->key_count = input->distribution.count;
    parameters->keys =
        physical_positions(physical, input, input->distribution.columns, input->distribution.count);
    return OK;
}

Status physical_filter(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode input;
    TRY(physical_build(physical, node->inputs[0], &input));
    Bounds bounds = {0};
    Expression *predicate = is_temporal(physical->plan, node->filter.predicate)
                                ? take_bounds(physical, node->filter.predicate, &bounds)
                                : node->filter.predicate;
    if (bounds.count > 0 && predicate == NULL)
        return put_temporal_filter(physical, node, &bounds, &input, out);
    if (bounds.count > 0)
        physical_wrap(physical, &input, &filter_operator, out);
    else
        physical_create(physical, node, &filter_operator, 1, &input, out);
    FilterParameters *parameters = out->spec->parameters;
    parameters->predicate = physical_expression(physical, predicate, &input, 1);
    if (bounds.count == 0)
        return OK;
    PhysicalNode filtered = *out;
    return put_temporal_filter(physical, node, &bounds, &filtered, out);
}
