/* Filter pushdown: each conjunct is evaluated as low as its columns are known and its meaning stays.

   A conjunct that is never true for the padded side makes an outer join an inner one:
       SELECT … FROM t LEFT JOIN u ON … WHERE u.d > 3   →   t JOIN u
   Not through: the padded side of an outer join, an aggregate's results, a TopN or OVER but for its partition
   columns, a LIMIT, volatile expressions. */
#include "planner/logical/temporal.h"
#include "planner/rules/rules.h"

static LogicalNode *push(RuleContext *context, LogicalNode *node, Conjuncts conjuncts);

static void add(RuleContext *context, Conjuncts *to, Expression *conjunct) {
    for (int i = 0; i < to->count; i++)
        if (expression_is_equal(to->items[i], conjunct))
            return;
    ARENA_APPEND(context->arena, to->items, to->count, conjunct);
}

static LogicalNode *keep(RuleContext *context, LogicalNode *node, const Conjuncts *conjuncts) {
    return logical_filter(context->plan, node, predicate_join(context->arena, conjuncts));
}

/* Those that use only the listed columns go below, the others stay above: all of them without such columns,
   where a row comes of none. */
static LogicalNode *push_by_columns(
    RuleContext *context, LogicalNode *node, Conjuncts conjuncts, const int *columns, int count) {
    ColumnSet allowed = {0};
    Conjuncts below = {0}, above = {0};
    set_add_list(context->arena, &allowed, columns, count);
    /* Fewer rows come out of an aggregate, a window, … than go in: their times are kept above it. */
    for (int i = 0; i < conjuncts.count; i++) {
        bool is_allowed = count > 0 && expression_uses_only(context->plan, conjuncts.items[i], &allowed) &&
                          !is_temporal(context->plan, conjuncts.items[i]);
        add(context, is_allowed ? &below : &above, conjuncts.items[i]);
    }
    node->inputs[0] = push(context, node->inputs[0], below);
    logical_refresh(context->plan, node);
    return keep(context, node, &above);
}

/* A projection keeps the time at which a row entered, a condition looks at the time as it passes: they don't
   mix. */
static bool has_clock(const LogicalNode *project) {
    bool is_found = false;
    for (int i = 0; i < project->column_count; i++)
        is_found |= (expression_flags(project->project.expressions[i]) & FUNCTION_CLOCK) != 0;
    return is_found;
}

static LogicalNode *push_project(RuleContext *context, LogicalNode *node, Conjuncts conjuncts) {
    Conjuncts below = {0}, above = {0};
    bool is_clock = has_clock(node);
    for (int i = 0; i < conjuncts.count; i++) {
        Expression *moved = expression_replace_columns(
            context->arena, conjuncts.items[i], node->columns, node->project.expressions, node->column_count);
        if (expression_flags(moved) & FUNCTION_VOLATILE || (is_clock && is_temporal(context->plan, moved)))
            add(context, &above, conjuncts.items[i]);
        else
            add(context, &below, moved);
    }
    node->inputs[0] = push(context, node->inputs[0], below);
    node->properties = NULL;
    return keep(context, node, &above);
}

static LogicalNode *push_set(RuleContext *context, LogicalNode *node, Conjuncts conjuncts) {
    for (int in = 0; in < node->input_count; in++) {
        Conjuncts own = {0};
        Expression **columns = ARENA_ARRAY(context->arena, Expression *, node->column_count + 1);
        for (int i = 0; i < node->column_count; i++)
            columns[i] = plan_column(context->plan, node->set.input_columns[in][i]);
        for (int i = 0; i < conjuncts.count; i++)
            add(context, &own,
                expression_replace_columns(
                    context->arena, conjuncts.items[i], node->columns, columns, node->column_count));
        node->inputs[in] = push(context, node->inputs[in], own);
    }
    node->properties = NULL;
    return node;
}

/* Joins */

typedef struct JoinParts {
    ColumnSet left, right;
    Conjuncts to_left, to_right, condition, above;
} JoinParts;

/* Filters above an outer join that no padded row passes. */
static void strengthen(
    RuleContext *context, LogicalNode *node, const Conjuncts *conjuncts, const JoinParts *parts) {
    bool rejects_left = false, rejects_right = false;
    for (int i = 0; i < conjuncts->count; i++) {
        rejects_left |= predicate_rejects_null(context->plan, conjuncts->items[i], &parts->left);
        rejects_right |= predicate_rejects_null(context->plan, conjuncts->items[i], &parts->right);
    }
    JoinType *type = &node->join.type;
    if (*type == JOIN_FULL && rejects_left)
        *type = JOIN_LEFT;
    if (*type == JOIN_FULL && rejects_right)
        *type = JOIN_RIGHT;
    if ((*type == JOIN_LEFT && rejects_right) || (*type == JOIN_RIGHT && rejects_left))
        *type = JOIN_INNER;
}

static void place_filter(RuleContext *context, JoinType type, JoinParts *parts, Expression *conjunct) {
    bool left_only = expression_uses_only(context->plan, conjunct, &parts->left),
         right_only = expression_uses_only(context->plan, conjunct, &parts->right);
    bool left_is_kept = type == JOIN_INNER || type == JOIN_LEFT || type == JOIN_SEMI || type == JOIN_ANTI;
    bool right_is_kept = type == JOIN_INNER || type == JOIN_RIGHT;
    if (left_only && left_is_kept)
        add(context, &parts->to_left, conjunct);
    else if (right_only && right_is_kept)
        add(context, &parts->to_right, conjunct);
    else
        add(context, type == JOIN_INNER ? &parts->condition : &parts->above, conjunct);
}

/* A part of the join's own condition. */
static void place_condition(RuleContext *context, JoinType type, JoinParts *parts, Expression *conjunct) {
    bool left_only = expression_uses_only(context->plan, conjunct, &parts->left),
         right_only = expression_uses_only(context->plan, conjunct, &parts->right);
    bool may_left = type == JOIN_INNER || type == JOIN_RIGHT || type == JOIN_SEMI,
         may_right = type == JOIN_INNER || type == JOIN_LEFT || type == JOIN_SEMI || type == JOIN_ANTI;
    if (left_only && may_left)
        add(context, &parts->to_left, conjunct);
    else if (right_only && may_right)
        add(context, &parts->to_right, conjunct);
    else
        add(context, &parts->condition, conjunct);
}

/* a = b and a = constant: b = constant too. */
static void spread_constants(RuleContext *context, JoinType type, JoinParts *parts) {
    bool may_left = type == JOIN_INNER || type == JOIN_RIGHT || type == JOIN_SEMI,
         may_right = type == JOIN_INNER || type == JOIN_LEFT || type == JOIN_SEMI || type == JOIN_ANTI;
    for (int i = 0; i < parts->condition.count; i++) {
        Expression *sides[2];
        bool is_null_safe;
        if (!predicate_is_equality(context->plan, parts->condition.items[i], &parts->left, &parts->right,
                &sides[0], &sides[1], &is_null_safe) ||
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
                add(context, s == 0 ? &parts->to_right : &parts->to_left,
                    expression_call(context->arena, conjunct->function, conjunct->type, 2, arguments));
            }
        }
    }
}

static LogicalNode *push_join(RuleContext *context, LogicalNode *node, Conjuncts conjuncts) {
    JoinParts parts = {.left = logical_columns(context->plan, node->inputs[0]),
        .right = logical_columns(context->plan, node->inputs[1])};
    strengthen(context, node, &conjuncts, &parts);
    JoinType type = node->join.type;
    for (int i = 0; i < conjuncts.count; i++)
        place_filter(context, type, &parts, conjuncts.items[i]);
    Conjuncts own = predicate_split(context->arena, node->join.condition);
    for (int i = 0; i < own.count; i++)
        if (node->join.is_null_aware)
            add(context, &parts.condition, own.items[i]);
        else
            place_condition(context, type, &parts, own.items[i]);
    if (!node->join.is_null_aware)
        spread_constants(context, type, &parts);
    node->inputs[0] = push(context, node->inputs[0], parts.to_left);
    node->inputs[1] = push(context, node->inputs[1], parts.to_right);
    node->join.condition = predicate_join(context->arena, &parts.condition);
    logical_refresh(context->plan, node);
    return keep(context, node, &parts.above);
}

static LogicalNode *push(RuleContext *context, LogicalNode *node, Conjuncts conjuncts) {
    switch (node->kind) {
    case LOGICAL_FILTER: {
        Conjuncts all = {0};
        for (int i = 0; i < conjuncts.count; i++)
            add(context, &all, conjuncts.items[i]);
        Conjuncts own = predicate_split(context->arena, node->filter.predicate);
        for (int i = 0; i < own.count; i++)
            add(context, &all, own.items[i]);
        return push(context, node->inputs[0], all);
    }
    case LOGICAL_PROJECT:
        return push_project(context, node, conjuncts);
    case LOGICAL_JOIN:
        return push_join(context, node, conjuncts);
    case LOGICAL_UNION_ALL:
    case LOGICAL_SET_OPERATION:
        return push_set(context, node, conjuncts);
    case LOGICAL_AGGREGATE:
        return push_by_columns(context, node, conjuncts, node->aggregate.keys,
            node->aggregate.key_count > 0 ? node->aggregate.key_count : 0);
    case LOGICAL_WINDOW:
    case LOGICAL_LATE:
    case LOGICAL_TABLE_FUNCTION:
        if (node->input_count == 0)
            return keep(context, node, &conjuncts);
        return push_by_columns(
            context, node, conjuncts, node->inputs[0]->columns, node->inputs[0]->column_count);
    case LOGICAL_OVER:
        return push_by_columns(context, node, conjuncts, node->over.partition, node->over.partition_count);
    case LOGICAL_SESSION:
        return push_by_columns(
            context, node, conjuncts, node->session.partition, node->session.partition_count);
    case LOGICAL_TOP_N:
        return push_by_columns(context, node, conjuncts, node->top_n.partition, node->top_n.partition_count);
    case LOGICAL_SINGLE_ROW:
        return push_by_columns(context, node, conjuncts, node->single_row.keys, node->single_row.key_count);
    case LOGICAL_SORT:
        if (node->sort.limit == NULL && node->sort.offset == NULL)
            return push_by_columns(context, node, conjuncts, node->columns, node->column_count);
        return push_by_columns(context, node, conjuncts, NULL, 0);
    case LOGICAL_WINDOW_CLOSE:
        return push_by_columns(context, node, conjuncts, NULL, 0);
    case LOGICAL_TEMPORAL_JOIN: /* a version that is not wanted is valid all the same */
        node->inputs[1] = push(context, node->inputs[1], (Conjuncts){0});
        return push_by_columns(
            context, node, conjuncts, node->inputs[0]->columns, node->inputs[0]->column_count);
    case LOGICAL_RECURSION:
        for (int i = 0; i < node->input_count; i++)
            node->inputs[i] = push(context, node->inputs[i], (Conjuncts){0});
        break;
    case LOGICAL_SCAN:
    case LOGICAL_VALUES:
    case LOGICAL_WORKING_TABLE:
    case LOGICAL_KIND_COUNT:
        break;
    }
    return keep(context, node, &conjuncts);
}

static Status apply(RuleContext *context, LogicalNode **root) {
    *root = push(context, *root, (Conjuncts){0});
    return OK;
}

const Rule push_filters_rule = {"push_filters", apply};
