/* SELECT: FROM, WHERE, grouping, windows, targets, DISTINCT, ORDER BY and LIMIT, in this order. */
#include <string.h>

#include "planner/bind/binder.h"

/* Everything that the select list and ORDER BY compute: the targets first, then what only ORDER BY or
   DISTINCT ON need. */
typedef struct Targets {
    Expression **expressions;
    const char **names;
    int visible;    /* targets */
    int count;      /* with the rest */
    SortKey *order; /* columns are indexes into expressions until the projection exists */
    int order_count;
    int *distinct_on; /* indexes */
    int distinct_on_count;
} Targets;

static void add_target(Binder *binder, Targets *targets, Expression *expression, const char *name) {
    int name_count = targets->count;
    ARENA_APPEND(binder->arena, targets->names, name_count, name);
    ARENA_APPEND(binder->arena, targets->expressions, targets->count, expression);
}

static Status bind_targets(Binder *binder, const SyntaxSelect *select, bool keep_unknown, Targets *targets) {
    binder->scope->clause = CLAUSE_TARGETS;
    for (int i = 0; i < select->target_count; i++) {
        const SyntaxTarget *target = &select->targets[i];
        if (is_star(target->expression)) {
            Expression **expressions = NULL;
            const char **names = NULL;
            int count = 0;
            TRY(expand_star(binder, target->expression, &expressions, &names, &count));
            for (int c = 0; c < count; c++)
                add_target(binder, targets, expressions[c], names[c]);
            continue;
        }
        Expression *expression;
        TRY(bind_expression(binder, target->expression, &expression));
        note_result(binder, target);
        if (!keep_unknown)
            TRY(coerce_unknown(binder, expression, &expression));
        const char *name = target->name;
        if (name == NULL && target->expression->kind == SYNTAX_SUBLINK &&
            expression->kind == EXPRESSION_SUBQUERY &&
            ((const LogicalSubquery *)expression->planner)->kind == SUBQUERY_SCALAR)
            name = ((const LogicalSubquery *)expression->planner)->name;
        add_target(binder, targets, expression, name != NULL ? name : target_name(target->expression));
    }
    targets->visible = targets->count;
    return OK;
}

/* An output column's name, a position, or any expression (SQL92 and SQL99, as PostgreSQL's
   findTargetlistEntry). */
static Status find_target(
    Binder *binder, const SyntaxExpression *syntax, const char *clause, Targets *targets, int *index) {
    *index = -1;
    if (syntax->kind == SYNTAX_COLUMN && syntax->column.name.part_count == 1 && !syntax->column.is_star)
        for (int i = 0; i < targets->visible; i++)
            if (strcmp(targets->names[i], syntax->column.name.parts[0]) == 0) {
                if (*index >= 0 &&
                    !expression_is_equal(targets->expressions[*index], targets->expressions[i]))
                    return bind_error(binder, syntax->position, STATUS_AMBIGUOUS_COLUMN,
                        "%s \"%s\" is ambiguous", clause, targets->names[i]);
                *index = *index < 0 ? i : *index;
            }
    if (syntax->kind == SYNTAX_CONSTANT) {
        if (syntax->constant.kind != SYNTAX_CONSTANT_INTEGER)
            return bind_error(
                binder, syntax->position, STATUS_SYNTAX_ERROR, "non-integer constant in %s", clause);
        if (syntax->constant.integer < 1 || syntax->constant.integer > targets->visible)
            return bind_error(binder, syntax->position, STATUS_INVALID_COLUMN_REFERENCE,
                "%s position %d is not in select list", clause, (int)syntax->constant.integer);
        *index = (int)syntax->constant.integer - 1;
    }
    if (*index >= 0)
        return OK;
    Expression *expression;
    TRY(bind_expression(binder, syntax, &expression));
    TRY(coerce_unknown(binder, expression, &expression));
    for (int i = 0; i < targets->count; i++)
        if (expression_is_equal(targets->expressions[i], expression)) {
            *index = i;
            return OK;
        }
    *index = targets->count;
    add_target(binder, targets, expression, NULL);
    return OK;
}

static Status check_orderable(Binder *binder, const Expression *expression, const SyntaxSort *sort) {
    if (type_has_equality(expression->type))
        return OK;
    bind_error(binder, sort->expression->position, STATUS_UNDEFINED_FUNCTION,
        "could not identify an ordering operator for type %s", type_text(binder->arena, expression->type));
    return error_hint(binder->error, "Use an explicit ordering operator or modify the query.");
}

static Status bind_order(Binder *binder, const SyntaxSelect *select, Targets *targets) {
    binder->scope->clause = CLAUSE_ORDER_BY;
    for (int i = 0; i < select->order_count; i++) {
        int index;
        TRY(find_target(binder, select->order_by[i].expression, "ORDER BY", targets, &index));
        TRY(check_orderable(binder, targets->expressions[index], &select->order_by[i]));
        if (select->is_distinct && select->distinct_on_count == 0 && index >= targets->visible)
            return bind_error(binder, select->order_by[i].expression->position,
                STATUS_INVALID_COLUMN_REFERENCE,
                "for SELECT DISTINCT, ORDER BY expressions must appear in select list");
        SortKey key = {.column = index};
        TRY(bind_sort_flags(binder, &select->order_by[i], &key));
        ARENA_APPEND(binder->arena, targets->order, targets->order_count, key);
    }
    return OK;
}

static bool list_has(const int *list, int count, int value) {
    for (int i = 0; i < count; i++)
        if (list[i] == value)
            return true;
    return false;
}

static Status check_distinct(Binder *binder, const SyntaxSelect *select, const Targets *targets) {
    for (int i = 0; select->is_distinct && select->distinct_on_count == 0 && i < targets->visible; i++)
        TRY(check_equality(
            binder, targets->expressions[i]->type, expression_location(targets->expressions[i], -1)));
    return OK;
}

static Status bind_distinct_on(Binder *binder, const SyntaxSelect *select, Targets *targets) {
    binder->scope->clause = CLAUSE_DISTINCT_ON;
    targets->distinct_on = ARENA_ARRAY(binder->arena, int, select->distinct_on_count + 1);
    for (int i = 0; i < select->distinct_on_count; i++) {
        int index;
        TRY(find_target(binder, select->distinct_on[i], "DISTINCT ON", targets, &index));
        TRY(check_equality(binder, targets->expressions[index]->type, select->distinct_on[i]->position));
        if (!list_has(targets->distinct_on, targets->distinct_on_count, index))
            targets->distinct_on[targets->distinct_on_count++] = index;
    }
    for (int i = 0; i < targets->order_count && i < targets->distinct_on_count; i++)
        if (!list_has(targets->distinct_on, targets->distinct_on_count, targets->order[i].column))
            return bind_error(binder, select->distinct_on[0]->position, STATUS_INVALID_COLUMN_REFERENCE,
                "SELECT DISTINCT ON expressions must match initial ORDER BY expressions");
    return OK;
}

static Status bind_where(Binder *binder, const SyntaxSelect *select, LogicalNode **node) {
    if (select->where == NULL)
        return OK;
    Expression *predicate;
    binder->scope->clause = CLAUSE_WHERE;
    TRY(bind_boolean(binder, select->where, "WHERE", &predicate));
    return attach_filter(binder, node, predicate);
}

static Status bind_group_windows(Binder *binder, const SyntaxSelect *select, LogicalNode **node) {
    binder->scope->clause = CLAUSE_GROUP_BY;
    for (int i = 0; i < select->group_count; i++)
        if (select->group_by[i].kind == SYNTAX_GROUP_EXPRESSION &&
            is_group_window(select->group_by[i].expression))
            TRY(bind_group_window(binder, select, select->group_by[i].expression, node));
    return OK;
}

static Status group_targets(
    Binder *binder, const SyntaxSelect *select, LogicalNode **node, Targets *targets) {
    Expression *having = NULL;
    if (select->having != NULL) {
        binder->scope->clause = CLAUSE_HAVING;
        TRY(bind_boolean(binder, select->having, "HAVING", &having));
    }
    if (select->group_count == 0 && !binder->scope->has_aggregates && having == NULL)
        return OK;
    Grouped grouped = {.expressions = targets->expressions,
        .count = targets->count,
        .names = targets->names,
        .target_count = targets->visible,
        .having = having};
    return bind_grouping(binder, select, &grouped, node);
}

/* One more target, which finish_qualify takes off again. */
static Status bind_qualify(Binder *binder, const SyntaxSelect *select, Targets *targets) {
    Expression *condition;
    if (select->qualify == NULL)
        return OK;
    binder->scope->clause = CLAUSE_ORDER_BY;
    TRY(bind_boolean(binder, select->qualify, "QUALIFY", &condition));
    add_target(binder, targets, condition, NULL);
    return OK;
}

/* Keeps the rows for which it holds; only now do its window functions have values. */
static Status finish_qualify(
    Binder *binder, const SyntaxSelect *select, LogicalNode **node, Targets *targets) {
    return select->qualify == NULL ? OK : attach_filter(binder, node, targets->expressions[--targets->count]);
}

/* The first row of each group of DISTINCT ON, in the order of ORDER BY. */
static LogicalNode *distinct_on(
    Binder *binder, LogicalNode *node, const Targets *targets, const int *columns, const SortKey *keys) {
    node = logical_create(binder->plan, &top_n_node, 1, &node);
    node->top_n.partition = ARENA_ARRAY(binder->arena, int, targets->distinct_on_count + 1);
    node->top_n.partition_count = targets->distinct_on_count;
    for (int i = 0; i < targets->distinct_on_count; i++)
        node->top_n.partition[i] = columns[targets->distinct_on[i]];
    node->top_n.keys = ARENA_ARRAY(binder->arena, SortKey, targets->order_count + 1);
    memcpy(node->top_n.keys, keys, sizeof *keys * (size_t)targets->order_count);
    node->top_n.key_count = targets->order_count;
    node->top_n.limit = 1;
    logical_refresh(binder->plan, node);
    return node;
}

static Status finish(Binder *binder, const SyntaxSelect *select, LogicalNode *node, const Targets *targets,
    bool is_top, BoundQuery *query) {
    node = logical_project(binder->plan, node, targets->count, targets->expressions, targets->names);
    *query = (BoundQuery){
        .node = node, .count = targets->visible, .columns = node->columns, .names = targets->names};
    query->positions = ARENA_ARRAY(binder->arena, int, targets->visible + 1);
    for (int i = 0; i < targets->visible; i++)
        query->positions[i] = expression_location(targets->expressions[i], -1);
    SortKey *keys = ARENA_ARRAY(binder->arena, SortKey, targets->order_count + 1);
    for (int i = 0; i < targets->order_count; i++) {
        keys[i] = targets->order[i];
        keys[i].column = node->columns[targets->order[i].column];
    }
    if (select->is_distinct && select->distinct_on_count == 0)
        query->node = logical_distinct(binder->plan, node);
    else if (select->is_distinct)
        query->node = distinct_on(binder, node, targets, node->columns, keys);
    TRY(bind_limit(binder, select, keys, targets->order_count, is_top, query));
    return OK;
}

Status bind_select(Binder *binder, const SyntaxSelect *select, QueryRequest request, BoundQuery *query) {
    LogicalNode *node;
    Targets targets = {0};
    if (select->has_row_locks)
        return bind_error(binder, select->position, STATUS_FEATURE_NOT_SUPPORTED,
            "FOR UPDATE and FOR SHARE are not supported");
    binder->scope->windows = select->windows;
    binder->scope->window_count = select->window_count;
    binder->scope->clause = CLAUSE_FROM;
    TRY(bind_from(binder, select->from, select->from_count, &node));
    TRY(bind_where(binder, select, &node));
    TRY(bind_group_windows(binder, select, &node));
    TRY(bind_targets(binder, select, request.keep_unknown && !select->is_distinct, &targets));
    TRY(bind_order(binder, select, &targets));
    TRY(check_distinct(binder, select, &targets));
    TRY(bind_distinct_on(binder, select, &targets));
    TRY(bind_qualify(binder, select, &targets));
    TRY(group_targets(binder, select, &node, &targets));
    TRY(attach_windows(binder, &node, targets.expressions, targets.count));
    TRY(attach_expressions(binder, &node, targets.expressions, targets.count));
    TRY(finish_qualify(binder, select, &node, &targets));
    if (binder->scope->has_sets)
        TRY(attach_sets(binder, &node, targets.expressions, targets.count));
    return finish(binder, select, node, &targets, request.is_top, query);
}

Status bind_query(Binder *binder, const SyntaxSelect *select, QueryRequest request, BoundQuery *query) {
    Scope *outer = binder->scope, scope = {.outer = outer, .ctes = outer == NULL ? NULL : outer->ctes};
    if (++binder->depth > BIND_DEPTH_MAX)
        return bind_error(binder, -1, STATUS_STATEMENT_TOO_COMPLEX, "stack depth limit exceeded");
    TRY(bind_with(binder, select->with, &scope));
    Scope *kept = ARENA_NEW(binder->arena, Scope);
    *kept = scope;
    binder->scope = kept;
    if (select->kind == SYNTAX_SELECT)
        TRY(bind_select(binder, select, request, query));
    else if (select->kind == SYNTAX_VALUES) {
        TRY(bind_values(binder, select, request, query));
        if (select->order_count > 0 || select->limit != NULL || select->offset != NULL) {
            SyntaxSelect all = {.kind = SYNTAX_SELECT,
                .position = select->position,
                .order_by = select->order_by,
                .order_count = select->order_count,
                .limit = select->limit,
                .offset = select->offset,
                .is_limit_with_ties = select->is_limit_with_ties};
            Targets targets = {.visible = query->count};
            for (int i = 0; i < query->count; i++)
                add_target(binder, &targets, plan_column(binder->plan, query->columns[i]), query->names[i]);
            scope_add(binder, scope_item_of(binder, "*VALUES*", query->node, query->names, query->count));
            TRY(bind_order(binder, &all, &targets));
            TRY(finish(binder, &all, query->node, &targets, request.is_top, query));
        }
    } else
        TRY(bind_set_operation(binder, select, request, query));
    TRY(bind_unused(binder, select->with, scope.ctes));
    binder->scope = outer;
    binder->depth--;
    return OK;
}
