/* Joins: their columns, conditions, and FOR SYSTEM_TIME AS OF. */
#include <string.h>

#include "planner/bind/binder.h"
#include "planner/logical/predicate.h"
#include "planner/logical/proofs.h"

typedef struct Side {
    const char *name; /* "left" */
    LogicalNode *node;
    int from, to;         /* its items in the scope */
    ScopeColumn *columns; /* visible ones */
    int count;
} Side;

static void collect_columns(Binder *binder, Side *side) {
    for (int i = side->from; i < side->to; i++) {
        const ScopeItem *item = binder->scope->items[i];
        for (int c = 0; c < item->column_count && item->are_columns_visible; c++)
            if (!item->columns[c].is_hidden)
                ARENA_APPEND(binder->arena, side->columns, side->count, item->columns[c]);
    }
}

/* A join while it is bound. */
typedef struct Join {
    const SyntaxTable *table;
    Side left, right;
    ScopeItem *item;       /* of what it makes */
    Expression *condition; /* NULL: none */
} Join;

static Status find_using(Binder *binder, const Side *side, const char *name, int *index) {
    *index = -1;
    for (int i = 0; i < side->count; i++)
        if (strcmp(side->columns[i].name, name) == 0) {
            if (*index >= 0)
                return bind_error(binder, -1, STATUS_AMBIGUOUS_COLUMN,
                    "common column name \"%s\" appears more than once in %s table", name, side->name);
            *index = i;
        }
    if (*index < 0)
        return bind_error(binder, -1, STATUS_UNDEFINED_COLUMN,
            "column \"%s\" specified in USING clause does not exist in %s table", name, side->name);
    return OK;
}

static void natural_columns(
    Binder *binder, const Side *left, const Side *right, const char ***names, int *count) {
    for (int i = 0; i < left->count; i++)
        for (int j = 0; j < right->count; j++)
            if (strcmp(left->columns[i].name, right->columns[j].name) == 0) {
                ARENA_APPEND(binder->arena, *names, *count, left->columns[i].name);
                break;
            }
}

/* The merged column: the side that has a value; of a full join whichever has. */
static Status merge_column(
    Binder *binder, SyntaxJoinKind kind, Expression *left, Expression *right, Expression **merged) {
    Expression *sides[] = {left, right};
    Type type;
    TRY(common_type(binder, sides, 2, "JOIN/USING", &type));
    for (int i = 0; i < 2; i++)
        TRY(coerce_common(binder, sides[i], type, "JOIN/USING", &sides[i]));
    *merged = kind == SYNTAX_JOIN_FULL ? expression_of(binder->arena, EXPRESSION_COALESCE, type, 2, sides)
                                       : sides[kind == SYNTAX_JOIN_RIGHT];
    return OK;
}

static Status bind_using(Binder *binder, Join *join) {
    const SyntaxJoin *syntax = &join->table->join;
    const Side *left = &join->left, *right = &join->right;
    ScopeItem *item = join->item;
    const char **names = syntax->using_columns;
    int count = syntax->using_count;
    if (syntax->is_natural)
        natural_columns(binder, left, right, &names, &count);
    bool *left_used = ARENA_ARRAY(binder->arena, bool, left->count + 1),
         *right_used = ARENA_ARRAY(binder->arena, bool, right->count + 1);
    item->columns = ARENA_ARRAY(binder->arena, ScopeColumn, left->count + right->count + 1);
    for (int i = 0; i < count; i++) {
        int l, r;
        TRY(find_using(binder, left, names[i], &l));
        TRY(find_using(binder, right, names[i], &r));
        Expression *equality, *merged;
        TRY(bind_operator(binder, "=", left->columns[l].expression, right->columns[r].expression,
            join->table->position, &equality));
        join->condition = predicate_and(binder->arena, join->condition, equality);
        TRY(merge_column(
            binder, syntax->kind, left->columns[l].expression, right->columns[r].expression, &merged));
        note_implicit(binder, &left->columns[l], syntax->is_natural);
        note_implicit(binder, &right->columns[r], syntax->is_natural);
        item->columns[item->column_count++] = (ScopeColumn){names[i], merged};
        left_used[l] = right_used[r] = true;
    }
    for (int i = 0; i < left->count; i++)
        if (!left_used[i])
            item->columns[item->column_count++] = left->columns[i];
    for (int i = 0; i < right->count; i++)
        if (!right_used[i])
            item->columns[item->column_count++] = right->columns[i];
    return OK;
}

static Status bind_on(Binder *binder, Join *join) {
    Scope *scope = binder->scope;
    int from = join->left.from;
    if (join->table->join.condition == NULL)
        return OK;
    /* Items of FROM that stand beside the join are not seen by its condition. */
    Clause clause = scope->clause;
    scope->clause = CLAUSE_JOIN;
    scope->items += from;
    scope->item_count -= from;
    scope->beside_count = from;
    TRY(bind_boolean(binder, join->table->join.condition, "JOIN/ON", &join->condition));
    scope->items -= from;
    scope->item_count += from;
    scope->beside_count = 0;
    scope->clause = clause;
    return OK;
}

/* A subquery in the condition of an outer join filters the side that is padded, seen from each row of the
   other. */
static Status make_join(Binder *binder, const Join *join, LogicalNode **node) {
    static const JoinType types[] = {JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL};
    SyntaxJoinKind kind = join->table->join.kind;
    LogicalNode *left = join->left.node, *right = join->right.node;
    Expression *condition = join->condition;
    if (!has_subquery(condition)) {
        *node = logical_join(binder->plan, types[kind], left, right, condition);
        return OK;
    }
    if (kind == SYNTAX_JOIN_FULL)
        return bind_error(binder, join->table->position, STATUS_FEATURE_NOT_SUPPORTED,
            "subqueries in the condition of a FULL JOIN are not supported");
    if (kind == SYNTAX_JOIN_INNER) {
        *node = logical_join(binder->plan, JOIN_INNER, left, right, NULL);
        return attach_filter(binder, node, condition);
    }
    LogicalNode *kept = kind == SYNTAX_JOIN_LEFT ? left : right,
                *padded = kind == SYNTAX_JOIN_LEFT ? right : left;
    TRY(attach_filter(binder, &padded, condition));
    *node = logical_join(binder->plan, JOIN_LEFT, kept, padded, NULL);
    return OK;
}

/* The right side's versions and keys are found later, when it is in a simpler form. */
static LogicalNode *make_temporal_join(Binder *binder, const LogicalNode *join, int time) {
    LogicalNode *node = logical_create(binder->plan, &temporal_join_node, 2, join->inputs);
    node->temporal_join.type = join->join.type;
    node->temporal_join.condition = join->join.condition;
    node->temporal_join.left_time = time;
    logical_refresh(binder->plan, node);
    return node;
}

/* FOR SYSTEM_TIME AS OF the clock, or a column of the left side that holds it: a lookup; of one that holds
   event time: a join with versions. */
static Status bind_as_of(Binder *binder, const SyntaxTable *table, const Side *left, LogicalNode **place) {
    int from = left->from;
    LogicalNode *node = *place;
    const SyntaxExpression *syntax =
        table->join.right->kind == SYNTAX_TABLE_RELATION ? table->join.right->relation.as_of : NULL;
    Scope *scope = binder->scope;
    if (syntax == NULL)
        return OK;
    if (node->type != &join_node || (node->join.type != JOIN_INNER && node->join.type != JOIN_LEFT))
        return bind_error(binder, table->position, STATUS_FEATURE_NOT_SUPPORTED,
            "FOR SYSTEM_TIME AS OF is supported in inner and left joins only");
    Expression *time;
    Clause clause = scope->clause;
    int count = scope->item_count;
    scope->clause = CLAUSE_JOIN;
    scope->items += from;
    scope->item_count = left->to - from;
    scope->beside_count = from;
    Status status = bind_expression(binder, syntax, &time);
    scope->items -= from;
    scope->item_count = count;
    scope->beside_count = 0;
    scope->clause = clause;
    TRY(status);
    const Proofs *input = logical_proofs(binder->plan, node->inputs[0]);
    node->join.is_lookup = expression_is_clock(time) ||
                           (time->kind == EXPRESSION_COLUMN && set_has(&input->clocks, time->column));
    if (node->join.is_lookup)
        return OK;
    if (time->kind != EXPRESSION_COLUMN || !set_has(&input->watermarks, time->column))
        return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED,
            "FOR SYSTEM_TIME AS OF is supported for PROCTIME() and for columns of the left side that hold "
            "it, or an event time with a WATERMARK");
    *place = make_temporal_join(binder, node, time->column);
    return OK;
}

/* JOIN … USING (…) AS name: the merged columns by that name. */
static ScopeItem *using_item(Binder *binder, const SyntaxJoin *join, const ScopeItem *joined) {
    if (join->using_alias == NULL)
        return NULL;
    ScopeItem *item = ARENA_NEW(binder->arena, ScopeItem);
    *item = (ScopeItem){.alias = join->using_alias,
        .column_count = join->using_count,
        .columns = joined->columns,
        .is_relation_visible = true,
        .is_lateral_ok = true};
    return item;
}

/* What a LATERAL item on the right sees of the left side. */
static void set_lateral(Scope *scope, const Side *side, bool is_only, bool is_ok) {
    for (int i = side->from; i < side->to; i++) {
        scope->items[i]->is_lateral_only = is_only;
        scope->items[i]->is_lateral_ok = is_ok;
    }
}

static Status bind_sides(Binder *binder, Join *join) {
    const SyntaxJoin *syntax = &join->table->join;
    Scope *scope = binder->scope;
    Side *left = &join->left, *right = &join->right;
    *left = (Side){.name = "left", .from = scope->item_count};
    TRY(bind_table(binder, syntax->left, &left->node));
    left->to = scope->item_count;
    set_lateral(scope, left, true, syntax->kind == SYNTAX_JOIN_INNER || syntax->kind == SYNTAX_JOIN_LEFT);
    *right = (Side){.name = "right", .from = left->to};
    TRY(bind_item(binder, syntax->right, &right->node));
    right->to = scope->item_count;
    set_lateral(scope, left, false, true);
    set_lateral(scope, right, false, true);
    for (int i = right->from; i < right->to; i++)
        TRY(scope_check_alias(binder, scope->items + left->from, left->to - left->from, scope->items[i],
            join->table->position));
    collect_columns(binder, left);
    collect_columns(binder, right);
    return OK;
}

/* The join's item stands for the columns of its sides from here on. */
static void hide_sides(Scope *scope, const Join *join) {
    SyntaxJoinKind kind = join->table->join.kind;
    for (int i = join->left.from; i < join->right.to; i++) {
        bool is_left = i < join->left.to;
        scope->items[i]->is_nullable |=
            kind == SYNTAX_JOIN_FULL || kind == (is_left ? SYNTAX_JOIN_RIGHT : SYNTAX_JOIN_LEFT);
        scope->items[i]->are_columns_visible = false;
        if (join->table->alias != NULL)
            scope->items[i]->is_relation_visible = false;
    }
}

Status bind_join(Binder *binder, const SyntaxTable *table, LogicalNode **node) {
    Scope *scope = binder->scope;
    Join join = {.table = table, .item = ARENA_NEW(binder->arena, ScopeItem)};
    TRY(bind_sides(binder, &join));
    *join.item = (ScopeItem){.alias = table->alias == NULL ? NULL : table->alias->name,
        .is_relation_visible = true,
        .are_columns_visible = true,
        .is_lateral_ok = true};
    TRY(bind_using(binder, &join));
    TRY(bind_on(binder, &join));
    TRY(rename_columns(binder, join.item, table->alias, table->position));
    ScopeItem *merged = using_item(binder, &table->join, join.item);
    hide_sides(scope, &join);
    scope_add(binder, join.item);
    if (merged != NULL) {
        TRY(scope_check_alias(
            binder, scope->items + join.left.from, join.right.to - join.left.from, merged, table->position));
        scope_add(binder, merged);
    }
    TRY(make_join(binder, &join, node));
    return bind_as_of(binder, table, &join.left, node);
}
