/* Late: rows below their arrival watermark are left out before a join that lets rows of its other input go by
   their time.

   SELECT … FROM l JOIN r ON l.ts <= r.ts + INTERVAL '5 seconds' becomes Late(l, ts) JOIN r: no accepted row
   of l can meet a row of r that was let go. Must not fire where no arrival watermark can be carried up to the
   join's input: the join then lets nothing go. It is decided as for a view, whatever the plan is for, and
   before joins are put in order: a view leaves out what its query leaves out. FOR SYSTEM_TIME AS OF an event
   time gets it on both sides. */
#include "planner/logical/interval.h"
#include "planner/logical/late.h"
#include "planner/rules/rules.h"

/* Where the rows come from whose column it is: below the inner joins. */
static LogicalNode **find_base(Planning *plan, LogicalNode **place, int column) {
    while ((*place)->type == &join_node && (*place)->join.type == JOIN_INNER && !(*place)->join.is_lookup) {
        ColumnSet left = logical_columns(plan, (*place)->inputs[0]);
        place = &(*place)->inputs[set_has(&left, column) ? 0 : 1];
    }
    return place;
}

static void refresh(Planning *plan, LogicalNode *node, const LogicalNode *down_to) {
    if (node == down_to)
        return;
    for (int i = 0; i < node->input_count; i++)
        refresh(plan, node->inputs[i], down_to);
    logical_refresh(plan, node);
}

static void apply_order(Planning *plan, LogicalNode *join, const TimeOrder *order, bool is_equality) {
    ColumnSet left = logical_columns(plan, join->inputs[0]), right = logical_columns(plan, join->inputs[1]);
    int side = set_has(&left, order->low) ? 0 : 1;
    if (!set_has(side == 0 ? &left : &right, order->low) || !set_has(side == 0 ? &right : &left, order->high))
        return;
    LogicalNode **low = find_base(plan, &join->inputs[side], order->low),
                **high = find_base(plan, &join->inputs[1 - side], order->high);
    const Proofs *other = logical_proofs_as(plan, PLAN_CONTINUOUS, *high);
    if (!proofs_are_final_below(other, order->high) ||
        (is_equality && !set_has(&other->watermarks, order->high)))
        return;
    if (logical_leave_out_late(plan, low, order->low))
        refresh(plan, join, *low);
}

/* Rows and versions that came in time are all there when the watermark passes. */
static void apply_times(Planning *plan, LogicalNode *join) {
    int times[] = {join->temporal_join.left_time, join->temporal_join.versions[0].column};
    for (int i = 0; i < 2; i++)
        logical_leave_out_late(plan, &join->inputs[i], times[i]);
    logical_refresh(plan, join);
}

static void visit(Planning *plan, LogicalNode *node) {
    for (int i = 0; i < node->input_count; i++)
        visit(plan, node->inputs[i]);
    logical_refresh(plan, node);
    if (node->type == &temporal_join_node)
        apply_times(plan, node);
    if (node->type != &join_node || node->join.is_null_aware || node->join.is_lookup)
        return;
    Conjuncts conjuncts = predicate_split(plan->arena, node->join.condition);
    for (int i = 0; i < conjuncts.count; i++) {
        TimeOrder orders[2];
        int count = time_orders(conjuncts.items[i], orders);
        for (int o = 0; o < count; o++)
            apply_order(plan, node, &orders[o], count == 2);
    }
}

static Status apply(RuleContext *context, LogicalNode **root) {
    visit(context->plan, *root);
    return OK;
}

const Rule late_rule = {apply};
