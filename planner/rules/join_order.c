/* Join order: the relations of adjoining inner joins are joined anew in the cheapest order: exhaustively by dynamic programming over sets of
   relations up to RELATIONS_MAX of them (bushy trees included), greedily above. Cost: rows of each intermediate result, and rows kept as state.
   A cross product is only taken when no condition connects the sets. The smaller side goes right: it is what a one-shot join builds. */
#include "planner/rules/rules.h"

#include <string.h>

enum { RELATIONS_MAX = 8 };

typedef struct Candidate {
    LogicalNode *node; /* NULL: not reached */
    double cost;
} Candidate;

typedef struct Order {
    RuleContext *context;
    LogicalPlan *plan;
    LogicalNode **relations;
    ColumnSet *columns;
    int count;
    Conjuncts conditions;
} Order;

/* The relations below a tree of inner joins. */
static void collect(Order *order, LogicalNode *node) {
    if (node->kind != LOGICAL_JOIN || node->join.type != JOIN_INNER) {
        ARENA_APPEND(order->context->arena, order->relations, order->count, node);
        return;
    }
    predicate_split_into(order->context->arena, node->join.condition, &order->conditions);
    collect(order, node->inputs[0]);
    collect(order, node->inputs[1]);
}

static ColumnSet columns_of(const Order *order, unsigned members) {
    ColumnSet set = {0};
    for (int i = 0; i < order->count; i++)
        if (members >> i & 1)
            set_add_all(order->context->arena, &set, &order->columns[i]);
    return set;
}

/* The conditions that can be decided first when these two sets meet. */
static Expression *condition_between(const Order *order, const ColumnSet *left, const ColumnSet *right) {
    Conjuncts found = {0};
    ColumnSet both = set_copy(order->context->arena, left);
    set_add_all(order->context->arena, &both, right);
    for (int i = 0; i < order->conditions.count; i++) {
        Expression *condition = order->conditions.items[i];
        if (expression_uses_only(order->plan, condition, &both) && !expression_uses_only(order->plan, condition, left) &&
            !expression_uses_only(order->plan, condition, right))
            ARENA_APPEND(order->context->arena, found.items, found.count, condition);
    }
    return predicate_join(order->context->arena, &found);
}

static double rows_of(const Order *order, LogicalNode *node) {
    return logical_properties(order->plan, node)->rows;
}

static Candidate join(const Order *order, const Candidate *a, const Candidate *b, Expression *condition) {
    bool is_swapped = rows_of(order, b->node) > rows_of(order, a->node);
    LogicalNode *left = is_swapped ? b->node : a->node, *right = is_swapped ? a->node : b->node;
    LogicalNode *node = logical_join(order->plan, JOIN_INNER, left, right, condition);
    return (Candidate){node, a->cost + b->cost + rows_of(order, node) + 0.5 * (rows_of(order, left) + rows_of(order, right))};
}

static LogicalNode *exhaustive(const Order *order) {
    unsigned all = (1u << order->count) - 1;
    Candidate *best = ARENA_ARRAY(order->context->arena, Candidate, all + 1);
    for (int i = 0; i < order->count; i++)
        best[1u << i] = (Candidate){order->relations[i], 0};
    for (unsigned members = 1; members <= all; members++) {
        if ((members & (members - 1)) == 0)
            continue;
        for (int connected = 1; connected >= 0 && best[members].node == NULL; connected--)
            for (unsigned part = (members - 1) & members; part > 0; part = (part - 1) & members) {
                unsigned rest = members ^ part;
                if (part < rest || best[part].node == NULL || best[rest].node == NULL)
                    continue;
                ColumnSet left = columns_of(order, part), right = columns_of(order, rest);
                Expression *condition = condition_between(order, &left, &right);
                if ((condition != NULL) != (connected == 1))
                    continue;
                Candidate candidate = join(order, &best[part], &best[rest], condition);
                if (best[members].node == NULL || candidate.cost < best[members].cost)
                    best[members] = candidate;
            }
    }
    return best[all].node;
}

/* Again and again the pair with the smallest result. */
static LogicalNode *greedy(const Order *order) {
    int count = order->count;
    Candidate *left_over = ARENA_ARRAY(order->context->arena, Candidate, count);
    for (int i = 0; i < count; i++)
        left_over[i] = (Candidate){order->relations[i], 0};
    while (count > 1) {
        int first = -1, second = -1;
        Candidate best = {0};
        for (int connected = 1; connected >= 0 && first < 0; connected--)
            for (int i = 0; i < count; i++)
                for (int j = i + 1; j < count; j++) {
                    ColumnSet left = logical_columns(order->plan, left_over[i].node), right = logical_columns(order->plan, left_over[j].node);
                    Expression *condition = condition_between(order, &left, &right);
                    if ((condition != NULL) != (connected == 1))
                        continue;
                    Candidate candidate = join(order, &left_over[i], &left_over[j], condition);
                    if (first < 0 || candidate.cost < best.cost) {
                        best = candidate;
                        first = i;
                        second = j;
                    }
                }
        left_over[first] = best;
        left_over[second] = left_over[--count];
    }
    return left_over[0].node;
}

static Status apply(RuleContext *context, LogicalNode **node);

static Status reorder(RuleContext *context, LogicalNode **node) {
    LogicalPlan *plan = context->plan;
    Order order = {.context = context, .plan = plan};
    collect(&order, *node);
    order.columns = ARENA_ARRAY(context->arena, ColumnSet, order.count);
    for (int i = 0; i < order.count; i++) {
        TRY(apply(context, &order.relations[i]));
        order.columns[i] = logical_columns(plan, order.relations[i]);
    }
    LogicalNode *best = order.count <= RELATIONS_MAX ? exhaustive(&order) : greedy(&order);
    /* Conditions on one relation were pushed down; what is left of such, or without columns, filters the result. */
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

static Status apply(RuleContext *context, LogicalNode **node) {
    if ((*node)->kind == LOGICAL_JOIN && (*node)->join.type == JOIN_INNER)
        return reorder(context, node);
    for (int i = 0; i < (*node)->input_count; i++)
        TRY(apply(context, &(*node)->inputs[i]));
    logical_refresh(context->plan, *node);
    return OK;
}

const Rule join_order_rule = {"join_order", apply};
