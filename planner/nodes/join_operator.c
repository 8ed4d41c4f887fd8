/* HashJoin: equalities of columns become keys, the rest a residual; where watermarks prove that a side's rows
   can't match any more, it says so.

   Keys that match NULL with NULL (from decorrelation) and plain ones can't be mixed in one operator: then all
   are null-safe, and a plain one gets IS NOT NULL beside it. */
#include "executor/operators/join/join.h"

#include "planner/logical/interval.h"
#include "planner/nodes/join.h"

typedef struct JoinKeys {
    int *left, *right; /* plan columns */
    int count;
    bool is_null_safe;
    Conjuncts residual;
} JoinKeys;

static bool key_is_nullable(Physical *physical, const LogicalNode *node, int left, int right) {
    const Proofs *l = logical_proofs(physical->plan, node->inputs[0]),
                 *r = logical_proofs(physical->plan, node->inputs[1]);
    return !set_has(&l->not_null, left) || !set_has(&r->not_null, right);
}

static void add_key(Physical *physical, JoinKeys *keys, int left, int right) {
    for (int i = 0; i < keys->count; i++)
        if (keys->left[i] == left && keys->right[i] == right)
            return;
    int count = keys->count;
    ARENA_APPEND(physical->arena, keys->left, count, left);
    ARENA_APPEND(physical->arena, keys->right, keys->count, right);
}

static Expression *is_not_null(Physical *physical, int column) {
    Expression *argument = plan_column(physical->plan, column);
    return expression_of(physical->arena, EXPRESSION_IS_NOT_NULL, type_of(TYPE_BOOL), 1, &argument);
}

static JoinKeys find_keys(Physical *physical, LogicalNode *node) {
    Planning *plan = physical->plan;
    JoinKeys keys = {0};
    ColumnSet left = logical_columns(plan, node->inputs[0]), right = logical_columns(plan, node->inputs[1]);
    Conjuncts conjuncts = predicate_split(physical->arena, node->join.condition);
    bool *plain = ARENA_ARRAY(physical->arena, bool, conjuncts.count + 1);
    for (int i = 0; i < conjuncts.count; i++) {
        Expression *a, *b;
        bool is_null_safe;
        if (!predicate_is_equality(plan, conjuncts.items[i], &left, &right, &a, &b, &is_null_safe) ||
            a->kind != EXPRESSION_COLUMN || b->kind != EXPRESSION_COLUMN) {
            ARENA_APPEND(physical->arena, keys.residual.items, keys.residual.count, conjuncts.items[i]);
            continue;
        }
        int before = keys.count;
        add_key(physical, &keys, a->column, b->column);
        bool is_nullable = key_is_nullable(physical, node, a->column, b->column);
        if (keys.count > before)
            plain[before] = !is_null_safe && is_nullable;
        keys.is_null_safe |= is_null_safe && is_nullable;
    }
    for (int i = 0; i < keys.count && keys.is_null_safe; i++)
        if (plain[i])
            ARENA_APPEND(physical->arena, keys.residual.items, keys.residual.count,
                is_not_null(physical, keys.left[i]));
    return keys;
}

/* Both inputs where their rows meet. */
static void distribute(
    Physical *physical, const LogicalNode *node, const JoinKeys *keys, PhysicalNode inputs[2]) {
    const int *sides[] = {keys->left, keys->right};
    for (int s = 0; s < 2; s++) {
        if (keys->count == 0 || node->join.is_null_aware)
            physical_single(physical, &inputs[s]);
        else if (!distribution_is_hash(&inputs[s].distribution, sides[s], keys->count))
            physical_hash(physical, &inputs[s], sides[s], keys->count);
    }
}

/* Where the output's rows are: with the side that is kept; an inner join's keys are the same on both sides.
 */
static void output_distribution(Physical *physical, const LogicalNode *node, const JoinKeys *keys,
    const PhysicalNode inputs[2], PhysicalNode *out) {
    const Distribution *left = &inputs[0].distribution, *right = &inputs[1].distribution;
    if (node->join.type == JOIN_RIGHT) {
        out->distribution = *right;
    } else if (node->join.type == JOIN_FULL && left->kind != DISTRIBUTION_SINGLE) {
        out->distribution = (Distribution){0};
    } else if (node->join.type == JOIN_INNER && distribution_is_hash(left, keys->left, keys->count) &&
               distribution_is_hash(right, keys->right, keys->count)) {
        out->distribution =
            (Distribution){.kind = DISTRIBUTION_HASH, .count = left->count, .columns = left->columns};
        for (int i = 0; i < left->same_count; i++)
            ARENA_APPEND(
                physical->arena, out->distribution.same, out->distribution.same_count, left->same[i]);
        ARENA_APPEND(physical->arena, out->distribution.same, out->distribution.same_count, right->columns);
        for (int i = 0; i < right->same_count; i++)
            ARENA_APPEND(
                physical->arena, out->distribution.same, out->distribution.same_count, right->same[i]);
    }
    distribution_restrict(physical, out);
}

typedef struct Expiry {
    int column, watermark; /* plan columns */
    int64_t delay;
    bool is_found;
} Expiry;

/* From low <= high + distance, where low's side lets high's rows go: a row with high = h is free once low's
   watermark W has W > h + distance. */
static void expiry_of_order(const TimeOrder *order, const ColumnSet *left, const Proofs *l, const Proofs *r,
    Expiry *left_expiry, Expiry *right_expiry) {
    bool high_is_left = set_has(left, order->high), low_is_left = set_has(left, order->low);
    const Proofs *low_side = low_is_left ? l : r, *high_side = low_is_left ? r : l;
    if (high_is_left == low_is_left || !proofs_are_complete_below(low_side, order->low) ||
        !proofs_are_final_below(high_side, order->high))
        return;
    Expiry *expiry = high_is_left ? left_expiry : right_expiry;
    if (!expiry->is_found)
        *expiry = (Expiry){order->high, order->low, order->distance, true};
}

/* Equal keys with watermarks on both sides; the last such key, a window's end, is passed first. */
static bool expiry_of_keys(
    const JoinKeys *keys, const Proofs *l, const Proofs *r, Expiry *left_expiry, Expiry *right_expiry) {
    for (int i = 0; i < keys->count; i++) {
        bool are_complete =
            proofs_are_complete_below(l, keys->left[i]) && proofs_are_complete_below(r, keys->right[i]);
        bool are_bounds =
            set_has(&l->window_bounds, keys->left[i]) && set_has(&r->window_bounds, keys->right[i]);
        if (!are_complete || (left_expiry->is_found && !are_bounds))
            continue;
        *left_expiry = (Expiry){keys->left[i], keys->right[i], 0, true};
        *right_expiry = (Expiry){keys->right[i], keys->left[i], 0, true};
    }
    return left_expiry->is_found;
}

static void find_expiry(
    Physical *physical, LogicalNode *node, const JoinKeys *keys, Expiry *left_expiry, Expiry *right_expiry) {
    const Proofs *l = logical_proofs(physical->plan, node->inputs[0]),
                 *r = logical_proofs(physical->plan, node->inputs[1]);
    ColumnSet left = logical_columns(physical->plan, node->inputs[0]);
    if (expiry_of_keys(keys, l, r, left_expiry, right_expiry))
        return;
    for (int i = 0; i < keys->residual.count; i++) {
        TimeOrder orders[2];
        int count = time_orders(keys->residual.items[i], orders);
        for (int o = 0; o < count; o++)
            expiry_of_order(&orders[o], &left, l, r, left_expiry, right_expiry);
    }
}

static void set_expiry(Physical *physical, LogicalNode *node, const JoinKeys *keys,
    const PhysicalNode inputs[2], JoinParameters *parameters) {
    Expiry left = {0}, right = {0};
    parameters->left_expiry_column = parameters->left_expiry_watermark = parameters->right_expiry_column =
        parameters->right_expiry_watermark = -1;
    if (node->join.is_lookup)
        return;
    find_expiry(physical, node, keys, &left, &right);
    if (left.is_found) {
        parameters->left_expiry_column = physical_position(&inputs[0], left.column);
        parameters->left_expiry_watermark = physical_position(&inputs[1], left.watermark);
        parameters->left_expiry_delay = left.delay;
    }
    if (right.is_found) {
        parameters->right_expiry_column = physical_position(&inputs[1], right.column);
        parameters->right_expiry_watermark = physical_position(&inputs[0], right.watermark);
        parameters->right_expiry_delay = right.delay;
    }
    const Proofs *l = logical_proofs(physical->plan, node->inputs[0]),
                 *r = logical_proofs(physical->plan, node->inputs[1]);
    if (physical->plan->mode == PLAN_CONTINUOUS &&
        ((l->is_stream && !left.is_found) || (r->is_stream && !right.is_found)))
        physical_note_unbounded(physical, "HashJoin",
            "Joining on the window_end of window functions, or on time columns with watermarks within an "
            "interval of each other, bounds it.");
}

Status join_build(Physical *physical, LogicalNode *node, PhysicalNode *out) {
    PhysicalNode inputs[2];
    if (node->join.is_lookup && !logical_proofs(physical->plan, node->inputs[0])->is_append_only) {
        error_set(physical->error, STATUS_FEATURE_NOT_SUPPORTED,
            "FOR SYSTEM_TIME AS OF processing time is not supported for rows that change");
        return error_hint(
            physical->error, "The rows on the left must be append-only: each is joined once, when it comes.");
    }
    JoinKeys keys = find_keys(physical, node);
    for (int i = 0; i < 2; i++) {
        physical->wanted = i == 0 ? keys.left : keys.right;
        physical->wanted_count = node->join.is_null_aware ? 0 : keys.count;
        TRY(physical_build(physical, node->inputs[i], &inputs[i]));
    }
    physical->wanted_count = 0;
    distribute(physical, node, &keys, inputs);
    physical_create(physical, node, &join_operator, 2, inputs, out);
    JoinParameters *parameters = out->spec->parameters;
    parameters->type = node->join.type;
    parameters->key_count = parameters->right_key_count = keys.count;
    parameters->left_keys = physical_positions(physical, &inputs[0], keys.left, keys.count);
    parameters->right_keys = physical_positions(physical, &inputs[1], keys.right, keys.count);
    parameters->is_null_aware = node->join.is_null_aware;
    parameters->is_null_safe = keys.is_null_safe;
    parameters->is_lookup = node->join.is_lookup && physical->plan->mode == PLAN_CONTINUOUS;
    parameters->residual =
        physical_expression(physical, predicate_join(physical->arena, &keys.residual), inputs, 2);
    set_expiry(physical, node, &keys, inputs, parameters);
    output_distribution(physical, node, &keys, inputs, out);
    out->spec->cost_estimate += cost_of_join(
        physical->plan->mode, physical_size(&inputs[0]), physical_size(&inputs[1]), out->spec->row_estimate);
    return OK;
}
