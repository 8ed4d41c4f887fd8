/* Join order: the relations of adjoining inner joins are joined anew in the cheapest order: exhaustively by
   dynamic programming over sets of relations up to RELATIONS_MAX of them (bushy trees included), greedily
   above. A set has the same rows whatever order it is joined in: the product of its relations' rows and of
   its pairs' selectivities, so that no tree is made but the chosen one. A cross product is only taken when no
   condition connects the sets. The smaller side goes right: it is what a one-shot join builds; for that outer
   joins turn round, too. */
#include "planner/rules/rules.h"

#include <math.h>
#include <string.h>

#include "planner/cost/cardinality.h"
#include "planner/cost/cost.h"

enum { RELATIONS_MAX = 8 };
/* Of a condition over three or more relations. */
#define MANY_SELECTIVITY 0.1

typedef struct Order {
    RuleContext *context;
    Planning *plan;
    LogicalNode **relations;
    ColumnSet *columns;
    int count;
    Conjuncts conditions;
    /* By pair of relations (while greedy: of trees): the share of pairs that meet, and whether a condition
       says so. */
    double *selectivity;
    bool *is_connected;
} Order;

/* The relations below a tree of inner joins. */
static void collect(Order *order, LogicalNode *node) {
    if (node->type != &join_node || node->join.type != JOIN_INNER || node->join.is_lookup) {
        ARENA_APPEND(order->context->arena, order->relations, order->count, node);
        return;
    }
    predicate_split_into(order->context->arena, node->join.condition, &order->conditions);
    collect(order, node->inputs[0]);
    collect(order, node->inputs[1]);
}

/* The conditions that can be decided first when these two sets meet. */
static Expression *condition_between(const Order *order, const ColumnSet *left, const ColumnSet *right) {
    Conjuncts found = {0};
    ColumnSet both = set_copy(order->context->arena, left);
    set_add_all(order->context->arena, &both, right);
    for (int i = 0; i < order->conditions.count; i++) {
        Expression *condition = order->conditions.items[i];
        if (expression_uses_only(order->plan, condition, &both) &&
            !expression_uses_only(order->plan, condition, left) &&
            !expression_uses_only(order->plan, condition, right))
            ARENA_APPEND(order->context->arena, found.items, found.count, condition);
    }
    return predicate_join(order->context->arena, &found);
}

static double rows_of(const Order *order, LogicalNode *node) {
    return fmax(1e-3, logical_rows(order->plan, node));
}

static double width_of(const Order *order, const LogicalNode *node) {
    double width = 0;
    for (int i = 0; i < node->column_count; i++)
        width += cardinality_width(order->plan, node, node->columns[i]);
    return width;
}

static void connect(Order *order, int a, int b, double selectivity) {
    order->selectivity[a * order->count + b] *= selectivity;
    order->selectivity[b * order->count + a] = order->selectivity[a * order->count + b];
    order->is_connected[a * order->count + b] = order->is_connected[b * order->count + a] = true;
}

/* Selectivities of all pairs; a condition over more relations counts for the first two of them. */
static void measure_pairs(Order *order) {
    int count = order->count;
    order->selectivity = ARENA_ARRAY(order->context->arena, double, count *count);
    order->is_connected = ARENA_ARRAY(order->context->arena, bool, count *count);
    for (int i = 0; i < count * count; i++)
        order->selectivity[i] = 1;
    for (int a = 0; a < count; a++)
        for (int b = a + 1; b < count; b++) {
            Expression *condition = condition_between(order, &order->columns[a], &order->columns[b]);
            LogicalNode *left = order->relations[a], *right = order->relations[b];
            if (condition != NULL)
                connect(order, a, b,
                    cardinality_of_join(order->plan, left, right, JOIN_INNER, condition) /
                        (fmax(1, rows_of(order, left)) * fmax(1, rows_of(order, right))));
        }
    for (int i = 0; i < order->conditions.count; i++) {
        ColumnSet used = {0};
        int members[3], found = 0;
        expression_add_columns(order->plan, order->conditions.items[i], &used);
        for (int r = 0; r < count && found < 3; r++)
            if (set_intersects(&used, &order->columns[r]))
                members[found++] = r;
        if (found == 3)
            connect(order, members[0], members[1], MANY_SELECTIVITY);
    }
}

static LogicalNode *join(const Order *order, LogicalNode *a, LogicalNode *b, bool is_swapped) {
    LogicalNode *left = is_swapped ? b : a, *right = is_swapped ? a : b;
    ColumnSet left_columns = logical_columns(order->plan, left),
              right_columns = logical_columns(order->plan, right);
    return logical_join(
        order->plan, JOIN_INNER, left, right, condition_between(order, &left_columns, &right_columns));
}

/* Dynamic programming */

typedef struct Candidate {
    CostRows size;
    double cost;   /* INFINITY: not reached */
    unsigned part; /* joined with the rest of the set, which goes right; 0: a relation */
} Candidate;

static bool are_connected(const Order *order, unsigned left, unsigned right) {
    for (int a = 0; a < order->count; a++)
        for (int b = 0; left >> a & 1 && b < order->count; b++)
            if (right >> b & 1 && order->is_connected[a * order->count + b])
                return true;
    return false;
}

static CostRows size_of(const Order *order, const Candidate *best, unsigned members) {
    int first = __builtin_ctz(members);
    const CostRows *rest = &best[members & (members - 1)].size, *one = &best[1u << first].size;
    double rows = rest->rows * one->rows;
    for (int i = first + 1; i < order->count; i++)
        if (members >> i & 1)
            rows *= order->selectivity[first * order->count + i];
    return (CostRows){fmax(1, rows), rest->width + one->width};
}

static LogicalNode *build(const Order *order, const Candidate *best, unsigned members) {
    unsigned part = best[members].part;
    if (part == 0)
        return order->relations[__builtin_ctz(members)];
    return join(order, build(order, best, part), build(order, best, members ^ part), false);
}

static void find_split(const Order *order, Candidate *best, unsigned members) {
    Candidate *found = &best[members];
    *found = (Candidate){size_of(order, best, members), INFINITY, 0};
    for (int connected = 1; connected >= 0 && found->part == 0; connected--)
        for (unsigned part = (members - 1) & members; part > 0; part = (part - 1) & members) {
            unsigned rest = members ^ part;
            bool is_tie = best[part].size.rows == best[rest].size.rows;
            if (best[part].size.rows < best[rest].size.rows || (is_tie && part < rest) ||
                are_connected(order, part, rest) != (connected == 1))
                continue;
            double cost = best[part].cost + best[rest].cost +
                          cost_of_join(order->plan->mode, best[part].size, best[rest].size, found->size.rows);
            if (cost < found->cost) {
                found->cost = cost;
                found->part = part;
            }
        }
}

static LogicalNode *exhaustive(const Order *order) {
    unsigned all = (1u << order->count) - 1;
    Candidate *best = ARENA_ARRAY(order->context->arena, Candidate, all + 1);
    for (unsigned members = 1; members <= all; members++)
        if ((members & (members - 1)) == 0) {
            LogicalNode *relation = order->relations[__builtin_ctz(members)];
            best[members].size = (CostRows){rows_of(order, relation), width_of(order, relation)};
        } else {
            find_split(order, best, members);
        }
    return build(order, best, all);
}

/* Greedy */

/* One of the trees that are left, with a row of the pairs' arrays. */
typedef struct Tree {
    LogicalNode *node;
    CostRows size;
    int row;
} Tree;

static void merge_pairs(Order *order, int into, int from) {
    int count = order->count;
    for (int i = 0; i < count; i++) {
        order->selectivity[into * count + i] *= order->selectivity[from * count + i];
        order->selectivity[i * count + into] = order->selectivity[into * count + i];
        order->is_connected[into * count + i] |= order->is_connected[from * count + i];
        order->is_connected[i * count + into] = order->is_connected[into * count + i];
    }
}

static double rows_together(const Order *order, const Tree *a, const Tree *b) {
    return fmax(1, a->size.rows * b->size.rows * order->selectivity[a->row * order->count + b->row]);
}

static double cost_together(const Order *order, const Tree *a, const Tree *b) {
    bool is_swapped = b->size.rows > a->size.rows;
    return cost_of_join(order->plan->mode, (is_swapped ? b : a)->size, (is_swapped ? a : b)->size,
               rows_together(order, a, b)) +
           cost_of_rows(rows_together(order, a, b), 100);
}

/* Again and again the pair that costs least, with what its rows will cost above. */
static LogicalNode *greedy(Order *order) {
    int left_over = order->count;
    Tree *trees = ARENA_ARRAY(order->context->arena, Tree, left_over);
    for (int i = 0; i < left_over; i++)
        trees[i] = (Tree){order->relations[i],
            {rows_of(order, order->relations[i]), width_of(order, order->relations[i])}, i};
    while (left_over > 1) {
        int first = -1, second = -1;
        double best = INFINITY;
        for (int connected = 1; connected >= 0 && first < 0; connected--)
            for (int i = 0; i < left_over; i++)
                for (int j = i + 1; j < left_over; j++) {
                    bool is_connected = order->is_connected[trees[i].row * order->count + trees[j].row];
                    double cost = is_connected == (connected == 1)
                                      ? cost_together(order, &trees[i], &trees[j])
                                      : INFINITY;
                    if (cost < best) {
                        best = cost;
                        first = i;
                        second = j;
                    }
                }
        Tree *a = &trees[first], *b = &trees[second];
        double rows = rows_together(order, a, b);
        a->node = join(order, a->node, b->node, b->size.rows > a->size.rows);
        a->size = (CostRows){rows, a->size.width + b->size.width};
        merge_pairs(order, a->row, b->row);
        *b = trees[--left_over];
    }
    return trees[0].node;
}

static Status apply(RuleContext *context, LogicalNode **node);

static Status reorder(RuleContext *context, LogicalNode **node) {
    Planning *plan = context->plan;
    Order order = {.context = context, .plan = plan};
    collect(&order, *node);
    order.columns = ARENA_ARRAY(context->arena, ColumnSet, order.count);
    for (int i = 0; i < order.count; i++) {
        TRY(apply(context, &order.relations[i]));
        order.columns[i] = logical_columns(plan, order.relations[i]);
    }
    measure_pairs(&order);
    LogicalNode *best = order.count <= RELATIONS_MAX ? exhaustive(&order) : greedy(&order);
    /* Conditions on one relation were pushed down; what is left of such, or without columns, filters the
       result. */
    Conjuncts rest = {0};
    for (int i = 0; i < order.conditions.count; i++) {
        bool is_single = false;
        for (int r = 0; r < order.count; r++)
            is_single |= expression_uses_only(plan, order.conditions.items[i], &order.columns[r]);
        if (is_single)
            ARENA_APPEND(context->arena, rest.items, rest.count, order.conditions.items[i]);
    }
    best = logical_filter(plan, best, predicate_join(context->arena, &rest));
    *node = logical_pick(plan, best, (*node)->columns, (*node)->column_count);
    return OK;
}

/* The side that is looked up should be much smaller before an outer join's are exchanged: marking what was
   met costs something, too. */
static void turn_round(RuleContext *context, LogicalNode **node) {
    enum { RATIO_MIN = 2 };
    Planning *plan = context->plan;
    LogicalNode *join = *node;
    bool is_outer = join->join.type == JOIN_LEFT || join->join.type == JOIN_RIGHT;
    if (plan->mode != PLAN_ONE_SHOT || !is_outer ||
        logical_rows(plan, join->inputs[0]) * RATIO_MIN > logical_rows(plan, join->inputs[1]))
        return;
    LogicalNode *turned = logical_join(plan, join->join.type == JOIN_LEFT ? JOIN_RIGHT : JOIN_LEFT,
        join->inputs[1], join->inputs[0], join->join.condition);
    *node = logical_pick(plan, turned, join->columns, join->column_count);
}

static Status apply(RuleContext *context, LogicalNode **node) {
    if ((*node)->type == &join_node && (*node)->join.type == JOIN_INNER && !(*node)->join.is_lookup)
        return reorder(context, node);
    for (int i = 0; i < (*node)->input_count; i++)
        TRY(apply(context, &(*node)->inputs[i]));
    logical_refresh(context->plan, *node);
    if ((*node)->type == &join_node && !(*node)->join.is_lookup)
        turn_round(context, node);
    return OK;
}

const Rule join_order_rule = {apply};
