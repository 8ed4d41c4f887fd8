/* Properties, bottom-up. A watermark is stated only with a proof (docs: event time); so is a key. */
#include "planner/logical/properties.h"

#include <string.h>

#include "planner/cost/cardinality.h"
#include "planner/cost/distinct.h"
#include "planner/logical/interval.h"
#include "planner/logical/predicate.h"
#include "planner/logical/temporal.h"

void logical_forget_properties(LogicalNode *node) {
    node->properties = NULL;
    for (int i = 0; i < node->input_count; i++)
        logical_forget_properties(node->inputs[i]);
}

bool properties_is_single_row(const Properties *properties) {
    for (int i = 0; i < properties->key_count; i++)
        if (properties->keys[i].count == 0)
            return true;
    return false;
}

bool properties_is_unique(const Properties *properties, const ColumnSet *columns) {
    for (int i = 0; i < properties->key_count; i++)
        if (set_has_list(columns, properties->keys[i].columns, properties->keys[i].count))
            return true;
    return false;
}

bool properties_is_final_below(const Properties *properties, int column) {
    return properties->is_append_only || set_has(&properties->window_bounds, column);
}

bool properties_is_complete_below(const Properties *properties, int column) {
    return set_has(&properties->watermarks, column) &&
           (set_has(&properties->window_bounds, column) ||
               (properties->is_append_only && set_has(&properties->clocks, column)));
}

double properties_distinct(const LogicalNode *node, const Properties *properties, int column) {
    for (int i = 0; i < node->column_count && properties->distinct != NULL; i++)
        if (node->columns[i] == column)
            return properties->distinct[i] > 0 ? properties->distinct[i] : 1;
    return properties->rows > 10 ? properties->rows / 10 : 1;
}

static bool list_has(const int *columns, int count, int column) {
    for (int i = 0; i < count; i++)
        if (columns[i] == column)
            return true;
    return false;
}

/* Adds a key unless one that is already known is part of it; columns that have one value are left out. */
static void add_key(LogicalPlan *plan, Properties *properties, const int *columns, int count) {
    enum { KEYS_MAX = 8 };
    Key key = {.columns = ARENA_ARRAY(plan->arena, int, count + 1)};
    for (int i = 0; i < count; i++)
        if (!set_has(&properties->constants, columns[i]) && !list_has(key.columns, key.count, columns[i]))
            key.columns[key.count++] = columns[i];
    ColumnSet set = {0};
    set_add_list(plan->arena, &set, key.columns, key.count);
    if (properties->key_count == KEYS_MAX || properties_is_unique(properties, &set))
        return;
    ARENA_APPEND(plan->arena, properties->keys, properties->key_count, key);
}

static void add_keys(LogicalPlan *plan, Properties *properties, const Properties *from) {
    for (int i = 0; i < from->key_count; i++)
        add_key(plan, properties, from->keys[i].columns, from->keys[i].count);
}

/* What a node that passes rows on unchanged says. */
static void pass_on(LogicalPlan *plan, Properties *properties, const Properties *input) {
    *properties = *input;
    properties->keys = NULL;
    properties->key_count = 0;
    properties->constants = set_copy(plan->arena, &input->constants);
    properties->not_null = set_copy(plan->arena, &input->not_null);
    properties->watermarks = set_copy(plan->arena, &input->watermarks);
    properties->window_bounds = set_copy(plan->arena, &input->window_bounds);
    properties->clocks = set_copy(plan->arena, &input->clocks);
}

/* Of an input's values those that are met in so many rows. */
static double distinct_passed_on(LogicalPlan *plan, LogicalNode *input, int column, double rows) {
    const Properties *properties = logical_properties(plan, input);
    return distinct_after_picking(properties_distinct(input, properties, column), properties->rows, rows);
}

static double *make_distinct(LogicalPlan *plan, const LogicalNode *node, double rows) {
    double *distinct = ARENA_ARRAY(plan->arena, double, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++) {
        distinct[i] = rows > 10 ? rows / 10 : 1;
        for (int in = 0; in < node->input_count; in++)
            if (list_has(node->inputs[in]->columns, node->inputs[in]->column_count, node->columns[i]))
                distinct[i] = distinct_passed_on(plan, node->inputs[in], node->columns[i], rows);
        distinct[i] = distinct[i] > rows && rows >= 1 ? rows : distinct[i];
    }
    return distinct;
}

static void keep_columns(LogicalPlan *plan, ColumnSet *set, const int *columns, int count) {
    ColumnSet kept = {0};
    for (int i = 0; i < count; i++)
        if (set_has(set, columns[i]))
            set_add(plan->arena, &kept, columns[i]);
    *set = kept;
}

/* Of rows made of other rows: the watermarks of these columns alone are promised on, where no row comes below
   them; such rows have no arrival watermark of their own. */
static void keep_watermarks(LogicalPlan *plan, Properties *properties, const int *columns, int count) {
    keep_columns(plan, &properties->window_bounds, columns, count);
    keep_columns(plan, &properties->clocks, columns, count);
    properties->watermarks = set_copy(plan->arena, &properties->window_bounds);
    set_add_all(plan->arena, &properties->watermarks, &properties->clocks);
}

/* One function a node kind */

static void derive_scan(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const CatalogRelation *relation = node->scan.relation;
    int *by_position = ARENA_ARRAY(plan->arena, int, relation->column_count + 1);
    memset(by_position, -1, sizeof(int) * (size_t)(relation->column_count + 1));
    bool is_raw = node->scan.is_raw;
    properties->is_append_only = plan->mode == PLAN_ONE_SHOT || relation->is_append_only || is_raw;
    properties->is_stream = relation->is_append_only || is_raw;
    properties->rows = cardinality_of_scan(plan, relation);
    properties->distinct = ARENA_ARRAY(plan->arena, double, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++) {
        int position = node->scan.positions[i];
        const CatalogColumn *column = &relation->columns[position];
        by_position[position] = node->columns[i];
        properties->distinct[i] = cardinality_of_column(relation, position, properties->rows);
        if (column->is_not_null ||
            list_has(relation->key, relation->key_count < 0 ? 0 : relation->key_count, position))
            set_add(plan->arena, &properties->not_null, node->columns[i]);
        if (column->has_watermark)
            set_add(plan->arena, &properties->watermarks, node->columns[i]);
        if (column->has_watermark && column->is_window_bound && !is_raw)
            set_add(plan->arena, &properties->window_bounds, node->columns[i]);
        if (column->has_watermark && column->is_clock)
            set_add(plan->arena, &properties->clocks, node->columns[i]);
        if (column->is_hidden && strcmp(column->name, "$row_id") == 0)
            add_key(plan, properties, &node->columns[i], 1);
    }
    if (node->scan.key_count > 0) {
        add_key(plan, properties, NULL, 0);
        properties->rows = 1;
        properties->distinct = make_distinct(plan, node, 1);
    }
    if (relation->kind == RELATION_SYSTEM || relation->key_count < 0 || is_raw)
        return;
    int *key = ARENA_ARRAY(plan->arena, int, relation->key_count + 1);
    for (int i = 0; i < relation->key_count; i++) {
        key[i] = by_position[relation->key[i]];
        if (key[i] < 0)
            return;
    }
    add_key(plan, properties, key, relation->key_count);
}

static void derive_values(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    properties->is_append_only = true;
    properties->rows = node->values.row_count;
    properties->distinct = make_distinct(plan, node, properties->rows);
    for (int i = 0; i < node->column_count; i++)
        properties->distinct[i] = properties->rows;
    if (node->values.row_count <= 1)
        add_key(plan, properties, NULL, 0);
}

/* column = constant fixes the column (an outer query's column is constant here); a strict comparison excludes
   NULL. */
static void learn_from_predicate(
    LogicalPlan *plan, const LogicalNode *input, Expression *predicate, Properties *properties) {
    Conjuncts conjuncts = predicate_split(plan->arena, predicate);
    ColumnSet own = logical_columns(plan, input);
    for (int i = 0; i < conjuncts.count; i++) {
        const Expression *conjunct = conjuncts.items[i];
        if (expression_means(conjunct, MEANING_EQUAL))
            for (int side = 0; side < 2; side++) {
                ColumnSet used = {0};
                expression_add_columns(plan, conjunct->arguments[1 - side], &used);
                if (conjunct->arguments[side]->kind == EXPRESSION_COLUMN && !set_intersects(&used, &own) &&
                    !(expression_flags(conjunct->arguments[1 - side]) & FUNCTION_VOLATILE))
                    set_add(plan->arena, &properties->constants, conjunct->arguments[side]->column);
            }
        for (int c = 0; c < input->column_count; c++) {
            ColumnSet one = {0};
            set_add(plan->arena, &one, input->columns[c]);
            if (predicate_rejects_null(plan, conjunct, &one))
                set_add(plan->arena, &properties->not_null, input->columns[c]);
        }
    }
}

/* Rows that come and go with the clock, each at its own time: no watermark holds for them. What goes leaves
   no state behind it. */
static void derive_temporal(LogicalPlan *plan, const LogicalNode *node, Properties *properties) {
    Conjuncts conjuncts = predicate_split(plan->arena, node->filter.predicate);
    TemporalBound bound;
    for (int i = 0; i < conjuncts.count; i++)
        if (is_temporal(plan, conjuncts.items[i]) &&
            (!temporal_solve(plan, conjuncts.items[i], &bound) || bound.is_until))
            properties->is_append_only = properties->is_stream = false;
    keep_watermarks(plan, properties, NULL, 0);
}

static void derive_filter(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *input = logical_properties(plan, node->inputs[0]);
    pass_on(plan, properties, input);
    if (is_temporal(plan, node->filter.predicate))
        derive_temporal(plan, node, properties);
    learn_from_predicate(plan, node->inputs[0], node->filter.predicate, properties);
    add_keys(plan, properties, input);
    properties->rows = input->rows * selectivity_of(plan, node->inputs[0], node->filter.predicate);
    properties->distinct = make_distinct(plan, node, properties->rows);
    for (int i = 0; i < node->column_count; i++) {
        double most =
            cardinality_after_filter(plan, node->inputs[0], node->filter.predicate, node->columns[i]);
        properties->distinct[i] = most < properties->distinct[i] ? most : properties->distinct[i];
    }
}

static bool is_short(const Expression *call) {
    for (int i = 0; i < call->argument_count; i++) {
        const Expression *argument = call->arguments[i];
        if (argument->type.id != TYPE_INTERVAL)
            continue;
        bool is_zoned = false;
        for (int j = 0; j < call->argument_count; j++)
            is_zoned |= call->arguments[j]->type.id == TYPE_TIMESTAMPTZ;
        if (argument->kind != EXPRESSION_CONSTANT || argument->value.is_null ||
            argument->value.datum.interval.months != 0 ||
            (is_zoned && argument->value.datum.interval.days != 0))
            return false;
    }
    return true;
}

/* Whether the expression never decreases while its one column, which has a watermark, does not; the clock
   never does. */
static bool is_monotone(const Expression *expression, const ColumnSet *watermarks) {
    if (expression->kind == EXPRESSION_COLUMN)
        return set_has(watermarks, expression->column);
    if (expression_is_clock(expression))
        return true;
    if (expression->kind != EXPRESSION_CALL)
        return false;
    int flags = expression->function->flags;
    int place = flags & FUNCTION_MONOTONE ? 0 : flags & FUNCTION_MONOTONE_SECOND ? 1 : -1;
    if (place < 0 || place >= expression->argument_count ||
        ((flags & FUNCTION_MONOTONE_SHORT) && !is_short(expression)))
        return false;
    for (int i = 0; i < expression->argument_count; i++)
        if (i != place && (!expression_is_constant(expression->arguments[i]) ||
                              expression_flags(expression->arguments[i]) & FUNCTION_CLOCK))
            return false;
    return is_monotone(expression->arguments[place], watermarks);
}

static void derive_project(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *input = logical_properties(plan, node->inputs[0]);
    *properties = (Properties){
        .is_append_only = input->is_append_only, .is_stream = input->is_stream, .rows = input->rows};
    properties->distinct = ARENA_ARRAY(plan->arena, double, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++) {
        const Expression *expression = node->project.expressions[i];
        int column = node->columns[i];
        properties->distinct[i] = expression->kind == EXPRESSION_COLUMN
                                      ? properties_distinct(node->inputs[0], input, expression->column)
                                      : cardinality_of_expression(plan, node->inputs[0], expression);
        if (expression->kind == EXPRESSION_CONSTANT) {
            properties->distinct[i] = 1;
            set_add(plan->arena, &properties->constants, column);
            if (!expression->value.is_null)
                set_add(plan->arena, &properties->not_null, column);
        }
        if (is_monotone(expression, &input->watermarks))
            set_add(plan->arena, &properties->watermarks, column);
        if (is_monotone(expression, &input->clocks))
            set_add(plan->arena, &properties->clocks, column);
        if (is_monotone(expression, &input->window_bounds) &&
            !(expression_flags(expression) & FUNCTION_CLOCK))
            set_add(plan->arena, &properties->window_bounds, column);
        if (expression->kind != EXPRESSION_COLUMN)
            continue;
        if (set_has(&input->not_null, expression->column))
            set_add(plan->arena, &properties->not_null, column);
        if (set_has(&input->constants, expression->column))
            set_add(plan->arena, &properties->constants, column);
    }
    for (int k = 0; k < input->key_count; k++) {
        int *key = ARENA_ARRAY(plan->arena, int, input->keys[k].count + 1), found = 0;
        for (int c = 0; c < input->keys[k].count; c++)
            for (int i = 0; i < node->column_count; i++)
                if (node->project.expressions[i]->kind == EXPRESSION_COLUMN &&
                    node->project.expressions[i]->column == input->keys[k].columns[c]) {
                    key[found++] = node->columns[i];
                    break;
                }
        if (found == input->keys[k].count)
            add_key(plan, properties, key, found);
    }
}

/* The columns of plain equalities between both sides. */
typedef struct EquiColumns {
    int *left, *right;
    int count;
    ColumnSet left_set, right_set;
} EquiColumns;

static EquiColumns equi_columns(LogicalPlan *plan, const LogicalNode *node) {
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

static void join_keys(LogicalPlan *plan, const LogicalNode *node, const Properties *left,
    const Properties *right, const EquiColumns *equi, Properties *properties) {
    JoinType type = node->join.type;
    if (type == JOIN_SEMI || type == JOIN_ANTI) {
        add_keys(plan, properties, left);
        return;
    }
    bool right_is_unique = properties_is_unique(right, &equi->right_set),
         left_is_unique = properties_is_unique(left, &equi->left_set);
    if (right_is_unique && (type == JOIN_INNER || type == JOIN_LEFT))
        add_keys(plan, properties, left);
    if (left_is_unique && (type == JOIN_INNER || type == JOIN_RIGHT))
        add_keys(plan, properties, right);
    for (int l = 0; l < left->key_count; l++)
        for (int r = 0; r < right->key_count; r++) {
            int count = left->keys[l].count + right->keys[r].count;
            int *both = ARENA_ARRAY(plan->arena, int, count + 1);
            memcpy(both, left->keys[l].columns, sizeof *both * (size_t)left->keys[l].count);
            memcpy(both + left->keys[l].count, right->keys[r].columns,
                sizeof *both * (size_t)right->keys[r].count);
            /* Padding could make a key column NULL in several rows only when a side has an empty key. */
            if (count > 0 || type == JOIN_INNER)
                add_key(plan, properties, both, count);
        }
}

/* Equal columns have the values that both sides have. */
static void share_distinct(const LogicalNode *node, Properties *properties, int left, int right) {
    double l = properties_distinct(node, properties, left), r = properties_distinct(node, properties, right);
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] == left || node->columns[i] == right)
            properties->distinct[i] = l < r ? l : r;
}

/* f(left's column): the rule decorrelate gives the function the left side as its input. */
static bool is_lateral_function(LogicalPlan *plan, const LogicalNode *node) {
    const LogicalNode *right = node->inputs[1];
    while (right->kind == LOGICAL_PROJECT && node->join.type == JOIN_INNER)
        right = right->inputs[0];
    if (right->kind != LOGICAL_TABLE_FUNCTION || right->input_count > 0 ||
        (node->join.type != JOIN_INNER && node->join.type != JOIN_LEFT))
        return false;
    ColumnSet free = logical_free_columns(plan, right), left = logical_columns(plan, node->inputs[0]);
    return set_intersects(&free, &left);
}

/* Whether the rule late leaves out, at the latest, what comes below the watermark of a column that equals one
   of the other side's. */
static bool becomes_complete(const Properties *properties, int column) {
    return set_has(&properties->watermarks, column) && properties_is_final_below(properties, column);
}

/* Conditions like l.ts <= r.ts + c between the two sides of a join. */
typedef struct CrossOrder {
    int low, high;
    const Properties *low_side, *high_side;
    bool high_is_left;
} CrossOrder;

static int cross_orders(LogicalPlan *plan, const LogicalNode *node, CrossOrder **orders) {
    const Properties *sides[] = {
        logical_properties(plan, node->inputs[1]), logical_properties(plan, node->inputs[0])};
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
        if (low_is_left != high_is_left && properties_is_final_below(cross.high_side, cross.high))
            ARENA_APPEND(plan->arena, *orders, count, cross);
    }
    return count;
}

/* Whether late rows of the column are left out, or the rule late will see to it: where it is the lower one of
   an order. */
static bool order_has_complete(const CrossOrder *orders, int count, const Properties *side, int column) {
    bool is_low = false;
    for (int i = 0; i < count; i++)
        is_low |= orders[i].low == column;
    return set_has(&side->window_bounds, column) || (is_low && becomes_complete(side, column));
}

/* No pair comes, or goes, whose higher time lies so far below both watermarks that neither side's rows can
   make it any more. The first order of each side says how far, as in the operator. */
static void derive_intervals(
    LogicalPlan *plan, const LogicalNode *node, const bool keeps[2], Properties *properties) {
    CrossOrder *orders;
    int count = cross_orders(plan, node, &orders);
    bool is_found[2] = {false, false};
    for (int i = 0; i < count; i++) {
        const CrossOrder *at = &orders[i];
        int side = at->high_is_left ? 0 : 1;
        if (is_found[side] || !order_has_complete(orders, count, at->low_side, at->low))
            continue;
        is_found[side] = true;
        if (!keeps[side] || !order_has_complete(orders, count, at->high_side, at->high))
            continue;
        set_add(plan->arena, &properties->watermarks, at->high);
        if (set_has(&at->low_side->window_bounds, at->low) &&
            set_has(&at->high_side->window_bounds, at->high))
            set_add(plan->arena, &properties->window_bounds, at->high);
    }
}

static void derive_join(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *left = logical_properties(plan, node->inputs[0]),
                     *right = logical_properties(plan, node->inputs[1]);
    JoinType type = node->join.type;
    EquiColumns equi = equi_columns(plan, node);
    bool keeps_left = type != JOIN_RIGHT && type != JOIN_FULL,
         keeps_right = type == JOIN_INNER || type == JOIN_RIGHT;
    bool is_monotone_type = type == JOIN_INNER || type == JOIN_SEMI;
    *properties = (Properties){0};
    properties->is_append_only =
        plan->mode == PLAN_ONE_SHOT || (is_monotone_type && left->is_append_only && right->is_append_only);
    properties->is_stream = left->is_stream || right->is_stream;
    if (keeps_left) {
        set_add_all(plan->arena, &properties->not_null, &left->not_null);
        set_add_all(plan->arena, &properties->constants, &left->constants);
    }
    if (keeps_right) {
        set_add_all(plan->arena, &properties->not_null, &right->not_null);
        set_add_all(plan->arena, &properties->constants, &right->constants);
    }
    bool follows_left = node->join.is_lookup || is_lateral_function(plan, node);
    if (node->join.is_lookup) {
        properties->is_append_only = true;
        properties->is_stream = left->is_stream;
    }
    if (follows_left) {
        set_add_all(plan->arena, &properties->watermarks, &left->watermarks);
        set_add_all(plan->arena, &properties->window_bounds, &left->window_bounds);
        set_add_all(plan->arena, &properties->clocks, &left->clocks);
    }
    for (int i = 0; i < equi.count && !follows_left; i++) {
        if (!becomes_complete(left, equi.left[i]) || !becomes_complete(right, equi.right[i]))
            continue;
        bool are_bounds =
            set_has(&left->window_bounds, equi.left[i]) && set_has(&right->window_bounds, equi.right[i]);
        int kept[] = {keeps_left ? equi.left[i] : -1, keeps_right ? equi.right[i] : -1};
        for (int side = 0; side < 2; side++) {
            if (kept[side] >= 0)
                set_add(plan->arena, &properties->watermarks, kept[side]);
            if (kept[side] >= 0 && are_bounds)
                set_add(plan->arena, &properties->window_bounds, kept[side]);
        }
    }
    if (!follows_left && !node->join.is_null_aware && set_is_empty(&properties->watermarks))
        derive_intervals(plan, node, (const bool[]){keeps_left, keeps_right}, properties);
    join_keys(plan, node, left, right, &equi, properties);
    keep_columns(plan, &properties->not_null, node->columns, node->column_count);
    properties->rows =
        cardinality_of_join(plan, node->inputs[0], node->inputs[1], type, node->join.condition);
    properties->distinct = make_distinct(plan, node, properties->rows);
    for (int k = 0; k < equi.count && type == JOIN_INNER; k++)
        share_distinct(node, properties, equi.left[k], equi.right[k]);
}

static void derive_aggregate(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *input = logical_properties(plan, node->inputs[0]);
    pass_on(plan, properties, input);
    const int *keys = node->aggregate.keys;
    int count = node->aggregate.key_count;
    properties->is_append_only = plan->mode == PLAN_ONE_SHOT || node->aggregate.emit_on_close ||
                                 (node->aggregate.call_count == 0 && count > 0 && input->is_append_only);
    properties->is_stream = input->is_stream && count > 0;
    keep_columns(plan, &properties->not_null, keys, count);
    keep_watermarks(plan, properties, keys, count);
    keep_columns(plan, &properties->constants, keys, count);
    if (count == 0) {
        add_key(plan, properties, NULL, 0);
    } else {
        /* What determines the row determines the group. */
        for (int k = 0; k < input->key_count; k++) {
            bool is_grouped = true;
            for (int c = 0; c < input->keys[k].count; c++)
                is_grouped &= list_has(keys, count, input->keys[k].columns[c]);
            if (is_grouped)
                add_key(plan, properties, input->keys[k].columns, input->keys[k].count);
        }
        ColumnSet saved = properties->constants;
        properties->constants = (ColumnSet){0};
        add_key(plan, properties, keys, count);
        properties->constants = saved;
    }
    properties->rows = count == 0 ? 1 : cardinality_of_groups(plan, node->inputs[0], keys, count);
    properties->distinct = make_distinct(plan, node, properties->rows);
    for (int i = 0; i < count; i++) {
        double among_input = properties_distinct(node->inputs[0], input, keys[i]);
        properties->distinct[i] =
            count == 1 || among_input > properties->rows ? properties->rows : among_input;
    }
    for (int i = 0; i < node->aggregate.call_count; i++)
        if (node->aggregate.calls[i].aggregate->is_count)
            set_add(plan->arena, &properties->not_null, node->columns[count + i]);
}

double logical_window_copies(const LogicalNode *node) {
    return node->window.kind == WINDOW_TUMBLE || node->window.is_sliced
               ? 1
               : (double)node->window.size / (double)node->window.slide;
}

static void derive_window(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *input = logical_properties(plan, node->inputs[0]);
    pass_on(plan, properties, input);
    int start = node->columns[node->column_count - 2], end = node->columns[node->column_count - 1];
    for (int k = 0; k < input->key_count; k++) {
        int *key = ARENA_ARRAY(plan->arena, int, input->keys[k].count + 1);
        memcpy(key, input->keys[k].columns, sizeof *key * (size_t)input->keys[k].count);
        key[input->keys[k].count] = node->window.kind == WINDOW_CUMULATE ? end : start;
        add_key(plan, properties, key, input->keys[k].count + (node->window.kind != WINDOW_TUMBLE));
    }
    set_add(plan->arena, &properties->not_null, start);
    set_add(plan->arena, &properties->not_null, end);
    if (set_has(&input->watermarks, node->window.time_column)) {
        set_add(plan->arena, &properties->watermarks, start);
        set_add(plan->arena, &properties->watermarks, end);
        set_add(plan->arena, &properties->window_bounds, start);
        set_add(plan->arena, &properties->window_bounds, end);
    }
    if (set_has(&input->clocks, node->window.time_column)) {
        set_add(plan->arena, &properties->clocks, start);
        set_add(plan->arena, &properties->clocks, end);
    }
    double copies = logical_window_copies(node);
    properties->rows = input->rows * copies;
    properties->distinct = make_distinct(plan, node, properties->rows);
    /* So many windows begin in the time in which as many rows come. */
    double span = cardinality_span(node->inputs[0], node->window.time_column);
    double windows = input->is_stream ? 2
                     : span > 0       ? span / (double)node->window.size + 1
                                      : properties->rows / 10 + 1;
    properties->distinct[node->column_count - 2] = properties->distinct[node->column_count - 1] =
        windows * copies;
}

static void derive_over(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *input = logical_properties(plan, node->inputs[0]);
    pass_on(plan, properties, input);
    add_keys(plan, properties, input);
    properties->is_append_only = plan->mode == PLAN_ONE_SHOT;
    keep_watermarks(plan, properties, node->over.partition, node->over.partition_count);
    for (int i = 0; i < node->over.call_count; i++)
        if (node->over.calls[i].function != NULL && node->over.calls[i].function->numbers == NUMBERS_ROWS) {
            int count = node->over.partition_count, *key = ARENA_ARRAY(plan->arena, int, count + 1);
            memcpy(key, node->over.partition, sizeof *key * (size_t)count);
            key[count] = node->columns[node->column_count - node->own_count + i];
            add_key(plan, properties, key, count + 1);
        }
    properties->distinct = make_distinct(plan, node, properties->rows);
}

static void derive_top_n(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *input = logical_properties(plan, node->inputs[0]);
    pass_on(plan, properties, input);
    add_keys(plan, properties, input);
    int count = node->top_n.partition_count;
    properties->is_append_only = plan->mode == PLAN_ONE_SHOT;
    properties->is_stream = input->is_stream && count > 0;
    keep_watermarks(plan, properties, node->top_n.partition, count);
    if (node->top_n.limit == 1 && !node->top_n.with_ties_rank)
        add_key(plan, properties, node->top_n.partition, count);
    if (node->top_n.with_rank && !node->top_n.with_ties_rank) {
        int *key = ARENA_ARRAY(plan->arena, int, count + 1);
        memcpy(key, node->top_n.partition, sizeof *key * (size_t)count);
        key[count] = node->columns[node->column_count - 1];
        add_key(plan, properties, key, count + 1);
    }
    double partitions =
        count == 0 ? 1 : cardinality_of_groups(plan, node->inputs[0], node->top_n.partition, count);
    if (node->top_n.limit >= 0 && partitions * (double)node->top_n.limit < properties->rows)
        properties->rows = partitions * (double)node->top_n.limit;
    properties->distinct = make_distinct(plan, node, properties->rows);
}

static void derive_sort(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *input = logical_properties(plan, node->inputs[0]);
    pass_on(plan, properties, input);
    add_keys(plan, properties, input);
    const Expression *limit = node->sort.limit;
    const Expression *offset = node->sort.offset;
    /* Which rows are among the first changes with each row that comes. */
    if (limit != NULL || offset != NULL)
        keep_watermarks(plan, properties, NULL, 0);
    if (offset != NULL && offset->kind == EXPRESSION_CONSTANT && !offset->value.is_null)
        properties->rows = properties->rows > (double)offset->value.datum.int8
                               ? properties->rows - (double)offset->value.datum.int8
                               : 0;
    if (limit != NULL && limit->kind == EXPRESSION_CONSTANT && !limit->value.is_null &&
        (double)limit->value.datum.int8 < properties->rows)
        properties->rows = (double)limit->value.datum.int8;
    properties->distinct = make_distinct(plan, node, properties->rows);
}

static void derive_union_all(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    *properties = (Properties){.is_append_only = true};
    for (int in = 0; in < node->input_count; in++) {
        const Properties *input = logical_properties(plan, node->inputs[in]);
        properties->is_append_only &= input->is_append_only;
        properties->is_stream |= input->is_stream;
        properties->rows += input->rows;
    }
    for (int i = 0; i < node->column_count; i++) {
        bool has_watermark = true, is_not_null = true, is_end = true, is_clock = true;
        for (int in = 0; in < node->input_count; in++) {
            const Properties *input = logical_properties(plan, node->inputs[in]);
            int column = node->set.input_columns[in][i];
            has_watermark &= set_has(&input->watermarks, column);
            is_end &= set_has(&input->window_bounds, column);
            is_clock &= set_has(&input->clocks, column);
            is_not_null &= set_has(&input->not_null, column);
        }
        if (has_watermark)
            set_add(plan->arena, &properties->watermarks, node->columns[i]);
        if (is_end)
            set_add(plan->arena, &properties->window_bounds, node->columns[i]);
        if (is_clock)
            set_add(plan->arena, &properties->clocks, node->columns[i]);
        if (is_not_null)
            set_add(plan->arena, &properties->not_null, node->columns[i]);
    }
    properties->distinct = make_distinct(plan, node, properties->rows);
    for (int i = 0; i < node->column_count; i++) {
        double together = 0;
        for (int in = 0; in < node->input_count; in++) {
            double own = properties_distinct(
                node->inputs[in], logical_properties(plan, node->inputs[in]), node->set.input_columns[in][i]);
            together = own > together ? own : together;
        }
        properties->distinct[i] = together;
    }
}

static void derive_set_operation(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *left = logical_properties(plan, node->inputs[0]),
                     *right = logical_properties(plan, node->inputs[1]);
    *properties = (Properties){
        .is_append_only = plan->mode == PLAN_ONE_SHOT, .is_stream = left->is_stream || right->is_stream};
    properties->rows = cardinality_of_set_operation(plan, node);
    if (!node->set.is_all)
        add_key(plan, properties, node->columns, node->column_count);
    properties->distinct = make_distinct(plan, node, properties->rows);
}

static void derive_recursion(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *start = logical_properties(plan, node->inputs[0]),
                     *term = logical_properties(plan, node->inputs[1]);
    *properties = (Properties){.is_append_only = true, .rows = 10 * (start->rows + term->rows)};
    if (!node->set.is_all)
        add_key(plan, properties, node->columns, node->column_count);
    properties->distinct = make_distinct(plan, node, properties->rows);
}

static void derive_working_table(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    *properties = (Properties){.is_append_only = true, .rows = 10};
    properties->distinct = make_distinct(plan, node, properties->rows);
}

static void derive_single_row(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *input = logical_properties(plan, node->inputs[0]);
    pass_on(plan, properties, input);
    properties->is_append_only = plan->mode == PLAN_ONE_SHOT;
    properties->is_stream = input->is_stream && node->single_row.key_count > 0;
    if (node->single_row.key_count == 0) {
        properties->not_null = (ColumnSet){0};
        properties->rows = 1;
    }
    keep_watermarks(plan, properties, node->single_row.keys, node->single_row.key_count);
    add_key(plan, properties, node->single_row.keys, node->single_row.key_count);
    properties->distinct = make_distinct(plan, node, properties->rows);
}

static void derive_table_function(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    *properties = (Properties){.is_append_only = true, .rows = 1};
    if (node->input_count > 0) {
        const Properties *input = logical_properties(plan, node->inputs[0]);
        pass_on(plan, properties, input);
    }
    properties->rows *= cardinality_of_function(
        node->table_function.function, node->table_function.arguments, node->table_function.argument_count);
    properties->distinct = make_distinct(plan, node, properties->rows);
}

static void derive_window_close(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *input = logical_properties(plan, node->inputs[0]);
    pass_on(plan, properties, input);
    add_keys(plan, properties, input);
    properties->is_append_only = true;
    keep_watermarks(plan, properties, &node->window_close.end_column, 1);
    properties->distinct = make_distinct(plan, node, properties->rows);
}

static void derive_session(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *input = logical_properties(plan, node->inputs[0]);
    int start = node->columns[node->column_count - 2], end = node->columns[node->column_count - 1];
    pass_on(plan, properties, input);
    add_keys(plan, properties, input);
    /* Rows of open sessions get other bounds. */
    properties->is_append_only = plan->mode == PLAN_ONE_SHOT;
    set_add(plan->arena, &properties->not_null, start);
    set_add(plan->arena, &properties->not_null, end);
    keep_watermarks(plan, properties, node->session.partition, node->session.partition_count);
    if (properties_is_complete_below(input, node->session.time_column)) {
        set_add(plan->arena, &properties->watermarks, end);
        set_add(plan->arena, &properties->window_bounds, end);
        if (set_has(&input->clocks, node->session.time_column))
            set_add(plan->arena, &properties->clocks, end);
    }
    properties->distinct = make_distinct(plan, node, properties->rows);
}

/* Each left row once, when both watermarks have passed its time: below that none comes any more. */
static void derive_temporal_join(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *left = logical_properties(plan, node->inputs[0]),
                     *right = logical_properties(plan, node->inputs[1]);
    pass_on(plan, properties, left);
    add_keys(plan, properties, left);
    keep_watermarks(plan, properties, NULL, 0);
    properties->is_append_only = true;
    properties->is_stream = left->is_stream || right->is_stream;
    set_add(plan->arena, &properties->watermarks, node->temporal_join.left_time);
    set_add(plan->arena, &properties->window_bounds, node->temporal_join.left_time);
    if (node->temporal_join.type == JOIN_INNER)
        set_add_all(plan->arena, &properties->not_null, &right->not_null);
    properties->distinct = make_distinct(plan, node, properties->rows);
}

static void derive_late(LogicalPlan *plan, LogicalNode *node, Properties *properties) {
    const Properties *input = logical_properties(plan, node->inputs[0]);
    pass_on(plan, properties, input);
    add_keys(plan, properties, input);
    set_add(plan->arena, &properties->window_bounds, node->late.time_column);
    properties->distinct = make_distinct(plan, node, properties->rows);
}

const Properties *logical_properties(LogicalPlan *plan, LogicalNode *node) {
    static void (*const derive[])(LogicalPlan * plan, LogicalNode * node, Properties * properties) = {
#define NODE(id, name) derive_##name,
#include "planner/logical/nodes.def"
#undef NODE
    };
    if (node->properties == NULL) {
        Properties *properties = ARENA_NEW(plan->arena, Properties);
        derive[node->kind](plan, node, properties);
        node->properties = properties;
    }
    return node->properties;
}
