/* Join: what is known of both sides' rows together, and where conditions on them go. Output: left's columns,
   then right's; semi and anti: left's. Its operator is built in join_operator.c. */
#include <string.h>

#include "planner/cost/cardinality.h"
#include "planner/logical/interval.h"
#include "planner/nodes/join.h"
#include "planner/nodes/node.h"

static void output(Planning *plan, LogicalNode *node) {
    if (node->join.type == JOIN_SEMI || node->join.type == JOIN_ANTI)
        node_set_output(plan, node, node->inputs[0]->columns, node->inputs[0]->column_count, NULL, 0);
    else
        node_output_both(plan, node);
}

/* The columns of plain equalities between both sides. */
typedef struct EquiColumns {
    int *left, *right;
    int count;
    ColumnSet left_set, right_set;
} EquiColumns;

static EquiColumns equi_columns(Planning *plan, const LogicalNode *node) {
    EquiColumns equi = {0};
    ColumnSet left = logical_columns(plan, node->inputs[0]), right = logical_columns(plan, node->inputs[1]);
    Conjuncts conjuncts = predicate_split(plan->arena, node->join.condition);
    for (int i = 0; i < conjuncts.count; i++) {
        Expression *a, *b;
        bool is_null_safe;
        if (!predicate_is_equality(plan, conjuncts.items[i], &left, &right, &a, &b, &is_null_safe) ||
            a->kind != EXPRESSION_COLUMN || b->kind != EXPRESSION_COLUMN)
            continue;
        int count = equi.count;
        ARENA_APPEND(plan->arena, equi.left, count, a->column);
        ARENA_APPEND(plan->arena, equi.right, equi.count, b->column);
        set_add(plan->arena, &equi.left_set, a->column);
        set_add(plan->arena, &equi.right_set, b->column);
    }
    return equi;
}

static void prove_keys(Planning *plan, const LogicalNode *node, const Proofs *left, const Proofs *right,
    const EquiColumns *equi, Proofs *proofs) {
    JoinType type = node->join.type;
    if (type == JOIN_SEMI || type == JOIN_ANTI) {
        proofs_add_keys(plan, proofs, left);
        return;
    }
    bool right_is_unique = proofs_are_unique(right, &equi->right_set),
         left_is_unique = proofs_are_unique(left, &equi->left_set);
    if (right_is_unique && (type == JOIN_INNER || type == JOIN_LEFT))
        proofs_add_keys(plan, proofs, left);
    if (left_is_unique && (type == JOIN_INNER || type == JOIN_RIGHT))
        proofs_add_keys(plan, proofs, right);
    for (int l = 0; l < left->key_count; l++)
        for (int r = 0; r < right->key_count; r++) {
            int count = left->keys[l].count + right->keys[r].count;
            int *both = ARENA_ARRAY(plan->arena, int, count + 1);
            memcpy(both, left->keys[l].columns, sizeof *both * (size_t)left->keys[l].count);
            memcpy(both + left->keys[l].count, right->keys[r].columns,
                sizeof *both * (size_t)right->keys[r].count);
            /* Padding could make a key column NULL in several rows only when a side has an empty key. */
            if (count > 0 || type == JOIN_INNER)
                proofs_add_key(plan, proofs, both, count);
        }
}

/* f(left's column): the rule decorrelate gives the function the left side as its input. */
static bool is_lateral_function(Planning *plan, const LogicalNode *node) {
    const LogicalNode *right = node->inputs[1];
    while (right->type == &project_node && node->join.type == JOIN_INNER)
        right = right->inputs[0];
    if (right->type != &table_function_node || right->input_count > 0 ||
        (node->join.type != JOIN_INNER && node->join.type != JOIN_LEFT))
        return false;
    ColumnSet free = logical_free_columns(plan, right), left = logical_columns(plan, node->inputs[0]);
    return set_intersects(&free, &left);
}

/* Whether the rule late leaves out, at the latest, what comes below the watermark of a column that equals one
   of the other side's. */
static bool becomes_complete(const Proofs *proofs, int column) {
    return set_has(&proofs->watermarks, column) && proofs_are_final_below(proofs, column);
}

/* Conditions like l.ts <= r.ts + c between the two sides of a join. */
typedef struct CrossOrder {
    int low, high;
    const Proofs *low_side, *high_side;
    bool high_is_left;
} CrossOrder;

static int cross_orders(Planning *plan, PlanMode mode, const LogicalNode *node, CrossOrder **orders) {
    const Proofs *sides[] = {
        logical_proofs_as(plan, mode, node->inputs[1]), logical_proofs_as(plan, mode, node->inputs[0])};
    ColumnSet left = logical_columns(plan, node->inputs[0]);
    Conjuncts conjuncts = predicate_split(plan->arena, node->join.condition);
    int count = 0;
    *orders = NULL;
    for (int i = 0; i < conjuncts.count; i++) {
        TimeOrder order[2];
        if (time_orders(conjuncts.items[i], order) != 1)
            continue;
        bool low_is_left = set_has(&left, order->low), high_is_left = set_has(&left, order->high);
        CrossOrder cross = {order->low, order->high, sides[low_is_left], sides[high_is_left], high_is_left};
        if (low_is_left != high_is_left && proofs_are_final_below(cross.high_side, cross.high))
            ARENA_APPEND(plan->arena, *orders, count, cross);
    }
    return count;
}

/* Whether late rows of the column are left out, or the rule late will see to it: where it is the lower one of
   an order. */
static bool order_has_complete(const CrossOrder *orders, int count, const Proofs *side, int column) {
    bool is_low = false;
    for (int i = 0; i < count; i++)
        is_low |= orders[i].low == column;
    return set_has(&side->window_bounds, column) || (is_low && becomes_complete(side, column));
}

/* No pair comes, or goes, whose higher time lies so far below both watermarks that neither side's rows can
   make it any more. The first order of each side says how far, as in the operator. */
static void prove_intervals(
    Planning *plan, PlanMode mode, const LogicalNode *node, const bool keeps[2], Proofs *proofs) {
    CrossOrder *orders;
    int count = cross_orders(plan, mode, node, &orders);
    bool is_found[2] = {false, false};
    for (int i = 0; i < count; i++) {
        const CrossOrder *at = &orders[i];
        int side = at->high_is_left ? 0 : 1;
        if (is_found[side] || !order_has_complete(orders, count, at->low_side, at->low))
            continue;
        is_found[side] = true;
        if (!keeps[side] || !order_has_complete(orders, count, at->high_side, at->high))
            continue;
        set_add(plan->arena, &proofs->watermarks, at->high);
        if (set_has(&at->low_side->window_bounds, at->low) &&
            set_has(&at->high_side->window_bounds, at->high))
            set_add(plan->arena, &proofs->window_bounds, at->high);
    }
}

static void prove(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs) {
    const Proofs *left = logical_proofs_as(plan, mode, node->inputs[0]),
                 *right = logical_proofs_as(plan, mode, node->inputs[1]);
    JoinType type = node->join.type;
    EquiColumns equi = equi_columns(plan, node);
    bool keeps_left = type != JOIN_RIGHT && type != JOIN_FULL,
         keeps_right = type == JOIN_INNER || type == JOIN_RIGHT;
    bool is_monotone_type = type == JOIN_INNER || type == JOIN_SEMI;
    proofs->is_append_only =
        mode == PLAN_ONE_SHOT || (is_monotone_type && left->is_append_only && right->is_append_only);
    proofs->is_stream = left->is_stream || right->is_stream;
    if (keeps_left) {
        set_add_all(plan->arena, &proofs->not_null, &left->not_null);
        set_add_all(plan->arena, &proofs->constants, &left->constants);
    }
    if (keeps_right) {
        set_add_all(plan->arena, &proofs->not_null, &right->not_null);
        set_add_all(plan->arena, &proofs->constants, &right->constants);
    }
    bool follows_left = node->join.is_lookup || is_lateral_function(plan, node);
    if (node->join.is_lookup) {
        proofs->is_append_only = true;
        proofs->is_stream = left->is_stream;
    }
    if (follows_left) {
        set_add_all(plan->arena, &proofs->watermarks, &left->watermarks);
        set_add_all(plan->arena, &proofs->window_bounds, &left->window_bounds);
        set_add_all(plan->arena, &proofs->clocks, &left->clocks);
    }
    for (int i = 0; i < equi.count && !follows_left; i++) {
        if (!becomes_complete(left, equi.left[i]) || !becomes_complete(right, equi.right[i]))
            continue;
        bool are_bounds =
            set_has(&left->window_bounds, equi.left[i]) && set_has(&right->window_bounds, equi.right[i]);
        int kept[] = {keeps_left ? equi.left[i] : -1, keeps_right ? equi.right[i] : -1};
        for (int side = 0; side < 2; side++) {
            if (kept[side] >= 0)
                set_add(plan->arena, &proofs->watermarks, kept[side]);
            if (kept[side] >= 0 && are_bounds)
                set_add(plan->arena, &proofs->window_bounds, kept[side]);
        }
    }
    if (!follows_left && !node->join.is_null_aware && set_is_empty(&proofs->watermarks))
        prove_intervals(plan, mode, node, (const bool[]){keeps_left, keeps_right}, proofs);
    prove_keys(plan, node, left, right, &equi, proofs);
    proofs_keep_columns(plan, &proofs->not_null, node->columns, node->column_count);
}

/* Equal columns have the values that both sides have. */
static void share_distinct(const LogicalNode *node, Estimates *estimates, int left, int right) {
    double l = estimates_distinct(node, estimates, left), r = estimates_distinct(node, estimates, right);
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] == left || node->columns[i] == right)
            estimates->distinct[i] = l < r ? l : r;
}

static void estimate(Planning *plan, const LogicalNode *node, Estimates *estimates) {
    JoinType type = node->join.type;
    double rows = cardinality_of_join(plan, node->inputs[0], node->inputs[1], type, node->join.condition);
    estimates_of_rows(plan, node, rows, estimates);
    EquiColumns equi = equi_columns(plan, node);
    for (int k = 0; k < equi.count && type == JOIN_INNER; k++)
        share_distinct(node, estimates, equi.left[k], equi.right[k]);
}

typedef struct JoinParts {
    ColumnSet left, right;
    Conjuncts to_left, to_right, condition, above;
} JoinParts;

/* Filters above an outer join that no padded row passes. */
static void strengthen(
    Planning *plan, LogicalNode *node, const Conjuncts *conjuncts, const JoinParts *parts) {
    bool rejects_left = false, rejects_right = false;
    for (int i = 0; i < conjuncts->count; i++) {
        rejects_left |= predicate_rejects_null(plan, conjuncts->items[i], &parts->left);
        rejects_right |= predicate_rejects_null(plan, conjuncts->items[i], &parts->right);
    }
    JoinType *type = &node->join.type;
    if (*type == JOIN_FULL && rejects_left)
        *type = JOIN_LEFT;
    if (*type == JOIN_FULL && rejects_right)
        *type = JOIN_RIGHT;
    if ((*type == JOIN_LEFT && rejects_right) || (*type == JOIN_RIGHT && rejects_left))
        *type = JOIN_INNER;
}

static void place_filter(Planning *plan, JoinType type, JoinParts *parts, Expression *conjunct) {
    bool left_only = expression_uses_only(plan, conjunct, &parts->left),
         right_only = expression_uses_only(plan, conjunct, &parts->right);
    bool left_is_kept = type == JOIN_INNER || type == JOIN_LEFT || type == JOIN_SEMI || type == JOIN_ANTI;
    bool right_is_kept = type == JOIN_INNER || type == JOIN_RIGHT;
    if (left_only && left_is_kept)
        node_add_conjunct(plan, &parts->to_left, conjunct);
    else if (right_only && right_is_kept)
        node_add_conjunct(plan, &parts->to_right, conjunct);
    else
        node_add_conjunct(plan, type == JOIN_INNER ? &parts->condition : &parts->above, conjunct);
}

/* A part of the join's own condition. */
static void place_condition(Planning *plan, JoinType type, JoinParts *parts, Expression *conjunct) {
    bool left_only = expression_uses_only(plan, conjunct, &parts->left),
         right_only = expression_uses_only(plan, conjunct, &parts->right);
    bool may_left = type == JOIN_INNER || type == JOIN_RIGHT || type == JOIN_SEMI,
         may_right = type == JOIN_INNER || type == JOIN_LEFT || type == JOIN_SEMI || type == JOIN_ANTI;
    if (left_only && may_left)
        node_add_conjunct(plan, &parts->to_left, conjunct);
    else if (right_only && may_right)
        node_add_conjunct(plan, &parts->to_right, conjunct);
    else
        node_add_conjunct(plan, &parts->condition, conjunct);
}

/* a = b and a = constant: b = constant too. */
static void spread_constants(Planning *plan, JoinType type, JoinParts *parts) {
    bool may_left = type == JOIN_INNER || type == JOIN_RIGHT || type == JOIN_SEMI,
         may_right = type == JOIN_INNER || type == JOIN_LEFT || type == JOIN_SEMI || type == JOIN_ANTI;
    for (int i = 0; i < parts->condition.count; i++) {
        Expression *sides[2];
        bool is_null_safe;
        if (!predicate_is_equality(plan, parts->condition.items[i], &parts->left, &parts->right, &sides[0],
                &sides[1], &is_null_safe) ||
            !type_is_same(sides[0]->type, sides[1]->type))
            continue;
        for (int s = 0; s < 2; s++) {
            const Conjuncts *known = s == 0 ? &parts->to_left : &parts->to_right;
            if (!(s == 0 ? may_right : may_left) || sides[1 - s]->kind != EXPRESSION_COLUMN)
                continue;
            for (int k = 0; k < known->count; k++) {
                const Expression *conjunct = known->items[k];
                if (!expression_means(conjunct, MEANING_EQUAL) ||
                    !expression_is_equal(conjunct->arguments[0], sides[s]) ||
                    conjunct->arguments[1]->kind != EXPRESSION_CONSTANT)
                    continue;
                Expression *arguments[] = {sides[1 - s], conjunct->arguments[1]};
                node_add_conjunct(plan, s == 0 ? &parts->to_right : &parts->to_left,
                    expression_call(plan->arena, conjunct->function, conjunct->type, 2, arguments));
            }
        }
    }
}

static LogicalNode *push(Planning *plan, LogicalNode *node, Conjuncts conjuncts) {
    JoinParts parts = {
        .left = logical_columns(plan, node->inputs[0]), .right = logical_columns(plan, node->inputs[1])};
    strengthen(plan, node, &conjuncts, &parts);
    JoinType type = node->join.type;
    for (int i = 0; i < conjuncts.count; i++)
        place_filter(plan, type, &parts, conjuncts.items[i]);
    Conjuncts own = predicate_split(plan->arena, node->join.condition);
    for (int i = 0; i < own.count; i++)
        if (node->join.is_null_aware)
            node_add_conjunct(plan, &parts.condition, own.items[i]);
        else
            place_condition(plan, type, &parts, own.items[i]);
    if (!node->join.is_null_aware)
        spread_constants(plan, type, &parts);
    node->inputs[0] = logical_push(plan, node->inputs[0], parts.to_left);
    node->inputs[1] = logical_push(plan, node->inputs[1], parts.to_right);
    node->join.condition = predicate_join(plan->arena, &parts.condition);
    logical_refresh(plan, node);
    return node_keep(plan, node, parts.above);
}

/* A lookup passes its left side's rows on. */
static int carry_arrival(Planning *plan, PlanMode mode, LogicalNode *node, int time) {
    return node->join.is_lookup ? node_carry_through(plan, mode, node, time) : -1;
}

static const LogicalField fields[] = {
    NODE_FIELD(EXPRESSION, join.condition),
    {NODE_END},
};

const LogicalType join_node = {
    .fields = fields,
    .output = output,
    .prove = prove,
    .estimate = estimate,
    .narrow = node_narrow_state,
    .push = push,
    .carry_arrival = carry_arrival,
    .build = join_build,
};
