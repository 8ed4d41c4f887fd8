/* Grouping: GROUP BY, aggregates, HAVING, grouping sets. Group expressions and aggregates' arguments become
   columns below the Aggregate; the expressions above are rewritten over its output, and what is left of the
   input's columns is PostgreSQL's "must appear in the GROUP BY clause". */
#include <string.h>

#include "planner/bind/binder.h"

typedef struct GroupSets {
    int count;
    ColumnSet *sets; /* of indexes of group expressions */
} GroupSets;

typedef struct Groups {
    Binder *binder;
    const SyntaxSelect *select;
    LogicalNode *input;
    ColumnSet input_columns;
    Expression *const *targets;
    const char *const *names;
    int target_count;
    Expression **keys; /* group expressions, each once */
    int *key_columns;  /* in the aggregate's input and output */
    int key_count;
    GroupSets sets;
    AggregateCall **calls;
    int *call_columns;
    int *call_places; /* columns that stand for calls in subqueries until call_columns are known; −1: none */
    int call_count;
    AggregateCall **masks; /* GROUPING(…) */
    int *mask_columns;
    int mask_count;
    ColumnSet dependent; /* columns determined by the keys: added to them */
    ColumnSet used_dependent;
    bool is_final; /* second pass: aggregates have columns */
    Status status;
} Groups;

const char *scope_column_text(Binder *binder, int column) {
    for (int i = 0; i < binder->scope->item_count; i++) {
        const ScopeItem *item = binder->scope->items[i];
        for (int c = 0; c < item->column_count; c++)
            if (item->columns[c].expression->kind == EXPRESSION_COLUMN &&
                item->columns[c].expression->column == column)
                return item->alias == NULL
                           ? item->columns[c].name
                           : arena_printf(binder->arena, "%s.%s", item->alias, item->columns[c].name);
    }
    return binder->plan->columns[column].name == NULL ? "?column?" : binder->plan->columns[column].name;
}

/* Group expressions */

static int add_key(Groups *groups, Expression *expression) {
    for (int i = 0; i < groups->key_count; i++)
        if (expression_is_equal(groups->keys[i], expression))
            return i;
    ARENA_APPEND(groups->binder->arena, groups->keys, groups->key_count, expression);
    return groups->key_count - 1;
}

static Status check_key(Groups *groups, const Expression *expression, int position) {
    if (expression->kind == EXPRESSION_AGGREGATE)
        return bind_error(groups->binder, position, STATUS_GROUPING_ERROR,
            "aggregate functions are not allowed in GROUP BY");
    if (expression->kind == EXPRESSION_WINDOW)
        return bind_error(
            groups->binder, position, STATUS_WINDOWING_ERROR, "window functions are not allowed in GROUP BY");
    for (int i = 0; i < expression->argument_count; i++)
        TRY(check_key(groups, expression->arguments[i], position));
    return OK;
}

/* A column of FROM first, then an output column's name (the other way round than ORDER BY), a position, or an
   expression. */
static Status find_key(Groups *groups, const SyntaxExpression *syntax, int *index) {
    Binder *binder = groups->binder;
    Expression *expression = NULL;
    if (syntax->kind == SYNTAX_CONSTANT) {
        if (syntax->constant.kind != SYNTAX_CONSTANT_INTEGER)
            return bind_error(
                binder, syntax->position, STATUS_SYNTAX_ERROR, "non-integer constant in GROUP BY");
        if (syntax->constant.integer < 1 || syntax->constant.integer > groups->target_count)
            return bind_error(binder, syntax->position, STATUS_INVALID_COLUMN_REFERENCE,
                "GROUP BY position %d is not in select list", (int)syntax->constant.integer);
        expression = groups->targets[syntax->constant.integer - 1];
    } else if (syntax->kind == SYNTAX_COLUMN && syntax->column.name.part_count == 1 &&
               !syntax->column.is_star && scope_find(binder, NULL, syntax->column.name.parts[0]) == NULL) {
        for (int i = 0; i < groups->target_count; i++)
            if (strcmp(groups->names[i], syntax->column.name.parts[0]) == 0) {
                if (expression != NULL && !expression_is_equal(expression, groups->targets[i]))
                    return bind_error(binder, syntax->position, STATUS_AMBIGUOUS_COLUMN,
                        "GROUP BY \"%s\" is ambiguous", groups->names[i]);
                expression = groups->targets[i];
            }
    }
    if (expression == NULL) {
        binder->scope->clause = CLAUSE_GROUP_BY;
        TRY(bind_expression(binder, syntax, &expression));
        TRY(coerce_unknown(binder, expression, &expression));
    }
    TRY(check_key(groups, expression, syntax->position));
    TRY(check_equality(groups->binder, expression->type, syntax->position));
    *index = add_key(groups, expression);
    return OK;
}

/* Sets of group expressions that one item of GROUP BY stands for. */
static Status item_sets(Groups *groups, const SyntaxGroup *group, GroupSets *out);

static void add_set(Groups *groups, GroupSets *sets, ColumnSet set) {
    ARENA_APPEND(groups->binder->arena, sets->sets, sets->count, set);
}

static Status expression_set(Groups *groups, const SyntaxExpression *expression, ColumnSet *set) {
    bool is_list = expression->kind == SYNTAX_ROW && !expression->list.is_explicit;
    int count = is_list ? expression->list.count : 1;
    for (int i = 0; i < count; i++) {
        int index = 0;
        TRY(find_key(groups, is_list ? expression->list.items[i] : expression, &index));
        set_add(groups->binder->arena, set, index);
    }
    return OK;
}

static Status rollup_sets(Groups *groups, const SyntaxGroup *group, GroupSets *out) {
    Arena *arena = groups->binder->arena;
    bool is_cube = group->kind == SYNTAX_GROUP_CUBE;
    if (is_cube && group->item_count > 12)
        return bind_error(
            groups->binder, group->position, STATUS_TOO_MANY_COLUMNS, "CUBE is limited to 12 elements");
    ColumnSet *parts = ARENA_ARRAY(arena, ColumnSet, group->item_count + 1);
    for (int i = 0; i < group->item_count; i++)
        TRY(expression_set(groups, group->items[i].expression, &parts[i]));
    for (int mask = (1 << group->item_count) - 1; is_cube && mask >= 0; mask--) {
        ColumnSet set = {0};
        for (int i = 0; i < group->item_count; i++)
            if (mask >> (group->item_count - 1 - i) & 1)
                set_add_all(arena, &set, &parts[i]);
        add_set(groups, out, set);
    }
    for (int length = group->item_count; !is_cube && length >= 0; length--) {
        ColumnSet set = {0};
        for (int i = 0; i < length; i++)
            set_add_all(arena, &set, &parts[i]);
        add_set(groups, out, set);
    }
    return OK;
}

static Status item_sets(Groups *groups, const SyntaxGroup *group, GroupSets *out) {
    ColumnSet set = {0};
    switch (group->kind) {
    case SYNTAX_GROUP_EXPRESSION:
        TRY(expression_set(groups, group->expression, &set));
        add_set(groups, out, set);
        return OK;
    case SYNTAX_GROUP_EMPTY:
        add_set(groups, out, set);
        return OK;
    case SYNTAX_GROUP_ROLLUP:
    case SYNTAX_GROUP_CUBE:
        return rollup_sets(groups, group, out);
    case SYNTAX_GROUP_SETS:
        for (int i = 0; i < group->item_count; i++)
            TRY(item_sets(groups, &group->items[i], out));
        return OK;
    }
    return OK;
}

/* GROUP BY DISTINCT. */
static void drop_repeated_sets(GroupSets *sets) {
    int count = 0;
    for (int i = 0; i < sets->count; i++) {
        bool is_repeated = false;
        for (int j = 0; j < count; j++)
            is_repeated |= set_is_subset(&sets->sets[i], &sets->sets[j]) &&
                           set_is_subset(&sets->sets[j], &sets->sets[i]);
        if (!is_repeated)
            sets->sets[count++] = sets->sets[i];
    }
    sets->count = count;
}

/* Several items multiply: each set of one with each of the others. */
static Status bind_sets(Groups *groups) {
    Arena *arena = groups->binder->arena;
    add_set(groups, &groups->sets, (ColumnSet){0});
    for (int g = 0; g < groups->select->group_count; g++) {
        const SyntaxGroup *item = &groups->select->group_by[g];
        GroupSets own = {0}, product = {0};
        if (item->kind == SYNTAX_GROUP_EXPRESSION && is_group_window(item->expression)) {
            const GroupWindow *window = NULL;
            for (int i = 0; i < groups->binder->scope->group_window_count; i++)
                if (groups->binder->scope->group_windows[i].function == &item->expression->function)
                    window = &groups->binder->scope->group_windows[i];
            ColumnSet set = {0};
            set_add(arena, &set, add_key(groups, plan_column(groups->binder->plan, window->start)));
            set_add(arena, &set, add_key(groups, plan_column(groups->binder->plan, window->end)));
            add_set(groups, &own, set);
        } else
            TRY(item_sets(groups, item, &own));
        for (int a = 0; a < groups->sets.count; a++)
            for (int b = 0; b < own.count; b++) {
                ColumnSet both = set_copy(arena, &groups->sets.sets[a]);
                set_add_all(arena, &both, &own.sets[b]);
                add_set(groups, &product, both);
            }
        groups->sets = product;
    }
    if (groups->select->is_group_distinct)
        drop_repeated_sets(&groups->sets);
    return OK;
}

/* Aggregates */

static bool expressions_are_equal(Expression *const *a, Expression *const *b, int count) {
    for (int i = 0; i < count; i++)
        if (!expression_is_equal(a[i], b[i]))
            return false;
    return true;
}

static bool call_is_equal(const AggregateCall *a, const AggregateCall *b) {
    if (a->spec.aggregate != b->spec.aggregate || a->scope != b->scope ||
        a->spec.argument_count != b->spec.argument_count || a->spec.is_distinct != b->spec.is_distinct ||
        a->spec.order_count != b->spec.order_count)
        return false;
    if ((a->filter == NULL) != (b->filter == NULL) ||
        (a->filter != NULL && !expression_is_equal(a->filter, b->filter)))
        return false;
    for (int i = 0; i < a->spec.order_count; i++)
        if (memcmp(&a->spec.order[i], &b->spec.order[i], sizeof a->spec.order[i]) != 0)
            return false;
    return expressions_are_equal(a->arguments, b->arguments, a->spec.argument_count) &&
           expressions_are_equal(a->order, b->order, a->spec.order_count);
}

static int find_call(const Groups *groups, const AggregateCall *call) {
    for (int i = 0; i < groups->call_count; i++)
        if (groups->calls[i] == call || call_is_equal(groups->calls[i], call))
            return i;
    return -1;
}

/* A window call over aggregates or group columns has expressions of its own. */
static Expression *rewrite_window(
    Groups *groups, const Expression *node, Expression *(*replace)(const Expression *, void *)) {
    Arena *arena = groups->binder->arena;
    const WindowCall *call = node->planner;
    WindowCall *copy = ARENA_NEW(arena, WindowCall);
    *copy = *call;
    Expression **lists[] = {call->arguments, call->partition, call->order, call->bounds};
    int counts[] = {call->spec.argument_count, call->partition_count, call->order_count, call->bound_count};
    for (int l = 0; l < 4; l++) {
        Expression **list = ARENA_ARRAY(arena, Expression *, counts[l] + 1);
        for (int i = 0; i < counts[l]; i++)
            list[i] = expression_rewrite(arena, lists[l][i], replace, groups);
        *(l == 0     ? &copy->arguments
            : l == 1 ? &copy->partition
            : l == 2 ? &copy->order
                     : &copy->bounds) = list;
    }
    if (call->filter != NULL)
        copy->filter = expression_rewrite(arena, call->filter, replace, groups);
    Expression *result = ARENA_NEW(arena, Expression);
    *result = *node;
    result->planner = copy;
    return result;
}

static Expression *ungrouped(Groups *groups, int column, int position, bool in_subquery) {
    if (groups->status != OK)
        return NULL;
    if (in_subquery)
        groups->status = bind_error(groups->binder, position, STATUS_GROUPING_ERROR,
            "subquery uses ungrouped column \"%s\" from outer query",
            scope_column_text(groups->binder, column));
    else
        groups->status = bind_error(groups->binder, position, STATUS_GROUPING_ERROR,
            "column \"%s\" must appear in the GROUP BY clause or be used in an aggregate function",
            scope_column_text(groups->binder, column));
    return NULL;
}

static bool is_key_column(const Groups *groups, int column) {
    for (int i = 0; i < groups->key_count; i++)
        if (groups->keys[i]->kind == EXPRESSION_COLUMN && groups->keys[i]->column == column)
            return true;
    return false;
}

/* A column may be used when it is a key, or depends on keys; those get into the keys. */
static bool admit_column(Groups *groups, int column) {
    if (!set_has(&groups->input_columns, column) || is_key_column(groups, column))
        return true;
    if (!set_has(&groups->dependent, column))
        return false;
    set_add(groups->binder->arena, &groups->used_dependent, column);
    return true;
}

static Expression *replace_call(Groups *groups, const Expression *node) {
    const AggregateCall *own = node->planner;
    int call = find_call(groups, own);
    if (own->scope != groups->binder->scope)
        return (Expression *)node;
    if (call < 0) {
        int count = groups->call_count;
        ARENA_APPEND(groups->binder->arena, groups->call_places, count, -1);
        ARENA_APPEND(groups->binder->arena, groups->calls, groups->call_count, node->planner);
    }
    return groups->is_final ? plan_column(groups->binder->plan, groups->call_columns[call])
                            : (Expression *)node;
}

/* Where grouping sets are put together, a key is another column than below. */
static void replace_key_column(int *column, void *argument) {
    const Groups *groups = argument;
    for (int i = 0; i < groups->key_count && groups->is_final && groups->sets.count > 1; i++)
        if (groups->keys[i]->kind == EXPRESSION_COLUMN && groups->keys[i]->column == *column) {
            *column = groups->key_columns[i];
            return;
        }
}

static Expression *replace_inner_call(const Expression *node, void *argument) {
    Groups *groups = argument;
    const AggregateCall *call = node->planner;
    for (int i = 0; i < groups->call_count && node->kind == EXPRESSION_COLUMN && groups->is_final; i++)
        if (groups->call_places[i] == node->column)
            return plan_column(groups->binder->plan, groups->call_columns[i]);
    if (node->kind == EXPRESSION_COLUMN) {
        int column = node->column;
        replace_key_column(&column, groups);
        return column == node->column ? NULL : plan_column(groups->binder->plan, column);
    }
    if (node->kind != EXPRESSION_AGGREGATE || call->spec.aggregate == NULL ||
        call->scope != groups->binder->scope)
        return NULL;
    replace_call(groups, node);
    int *place = &groups->call_places[find_call(groups, call)];
    if (*place < 0)
        *place = plan_column_add(groups->binder->plan, NULL, node->type);
    return plan_column(groups->binder->plan, *place);
}

static void replace_inner_calls(Expression **expression, void *argument) {
    Groups *groups = argument;
    if (*expression != NULL)
        *expression = expression_rewrite(groups->binder->arena, *expression, replace_inner_call, groups);
}

/* Aggregates and keys of this query that stand in a subquery's plan. */
static void rewrite_plan(Groups *groups, LogicalNode *node) {
    for (int i = 0; i < node->input_count; i++)
        rewrite_plan(groups, node->inputs[i]);
    logical_visit(node, &(LogicalVisitor){replace_inner_calls, replace_key_column, groups});
    logical_forget_own(node);
}

static Expression *rewrite_subquery(
    Groups *groups, const Expression *node, Expression *(*replace)(const Expression *, void *)) {
    const LogicalSubquery *subquery = node->planner;
    rewrite_plan(groups, subquery->plan);
    ColumnSet free = logical_free_columns(groups->binder->plan, subquery->plan);
    for (int column = set_next(&free, -1); column >= 0; column = set_next(&free, column))
        if (!admit_column(groups, column))
            return ungrouped(groups, column, node->position, true);
    Expression *result = subquery_rewrite(groups->binder, node, replace, groups);
    return result == NULL ? (Expression *)node : result;
}

static int find_group_key(const Groups *groups, const Expression *expression) {
    for (int i = 0; i < groups->key_count; i++)
        if (expression_is_equal(groups->keys[i], expression))
            return i;
    return -1;
}

/* A bit an argument, the last the lowest: set when the row's grouping set doesn't have it. */
static Expression *mask_value(Groups *groups, const AggregateCall *mask, const ColumnSet *set) {
    Value value = {.type = type_of(TYPE_INT4)};
    for (int i = 0; i < mask->spec.argument_count; i++)
        value.datum.int4 = value.datum.int4 << 1 | !set_has(set, find_group_key(groups, mask->arguments[i]));
    return expression_constant(groups->binder->arena, &value);
}

static Expression *replace_mask(Groups *groups, const Expression *node) {
    AggregateCall *mask = node->planner;
    int known = -1;
    for (int i = 0; i < groups->mask_count; i++)
        if (groups->masks[i] == mask)
            known = i;
    if (groups->is_final)
        return groups->sets.count > 1 ? plan_column(groups->binder->plan, groups->mask_columns[known])
                                      : mask_value(groups, mask, &groups->sets.sets[0]);
    for (int i = 0; i < mask->spec.argument_count && groups->status == OK; i++)
        if (find_group_key(groups, mask->arguments[i]) < 0)
            groups->status = bind_error(groups->binder,
                expression_location(mask->arguments[i], node->position), STATUS_GROUPING_ERROR,
                "arguments to GROUPING must be grouping expressions of the associated query level");
    if (known < 0)
        ARENA_APPEND(groups->binder->arena, groups->masks, groups->mask_count, mask);
    return (Expression *)node;
}

/* First pass: collects aggregates and checks columns. Second pass: puts their columns. */
static Expression *replace_grouped(const Expression *node, void *argument) {
    Groups *groups = argument;
    for (int i = 0; i < groups->key_count; i++)
        if (expression_is_equal(groups->keys[i], node)) {
            if (!groups->is_final)
                return (Expression *)node;
            Expression *column = plan_column(groups->binder->plan, groups->key_columns[i]);
            column->position = node->position;
            return column;
        }
    if (node->kind == EXPRESSION_AGGREGATE && ((const AggregateCall *)node->planner)->spec.aggregate == NULL)
        return replace_mask(groups, node);
    if (node->kind == EXPRESSION_AGGREGATE)
        return replace_call(groups, node);
    if (node->kind == EXPRESSION_WINDOW)
        return rewrite_window(groups, node, replace_grouped);
    if (node->kind == EXPRESSION_SUBQUERY)
        return rewrite_subquery(groups, node, replace_grouped);
    if (node->kind == EXPRESSION_COLUMN && !admit_column(groups, node->column))
        return ungrouped(groups, node->column, node->position, false);
    return NULL;
}

/* Columns of a relation whose whole primary key is grouped. */
static void find_dependent(Groups *groups) {
    Binder *binder = groups->binder;
    for (int i = 0; i < binder->scope->item_count && groups->sets.count == 1; i++) {
        const ScopeItem *item = binder->scope->items[i];
        bool is_determined = item->relation != NULL && item->relation->key_count > 0;
        for (int k = 0; is_determined && k < item->relation->key_count; k++)
            is_determined = is_key_column(groups, item->columns[item->relation->key[k]].expression->column);
        for (int c = 0; is_determined && c < item->column_count; c++)
            set_add(binder->arena, &groups->dependent, item->columns[c].expression->column);
    }
}

/* The aggregate's input with a column for each key, argument, filter and sort key. */
static Status make_input(Groups *groups, AggregateSpec **calls) {
    Binder *binder = groups->binder;
    Expression **needed = NULL;
    int count = 0;
    for (int i = 0; i < groups->key_count; i++)
        ARENA_APPEND(binder->arena, needed, count, groups->keys[i]);
    for (int c = 0; c < groups->call_count; c++) {
        const AggregateCall *call = groups->calls[c];
        for (int i = 0; i < call->spec.argument_count; i++)
            ARENA_APPEND(binder->arena, needed, count, call->arguments[i]);
        for (int i = 0; i < call->spec.order_count; i++)
            ARENA_APPEND(binder->arena, needed, count, call->order[i]);
        if (call->filter != NULL)
            ARENA_APPEND(binder->arena, needed, count, call->filter);
    }
    int *columns = ARENA_ARRAY(binder->arena, int, count + 1);
    TRY(attach_expressions(binder, &groups->input, needed, count));
    if (binder->scope->has_sets)
        TRY(attach_sets(binder, &groups->input, needed, groups->key_count));
    groups->input = logical_extend(binder->plan, groups->input, count, needed, columns);
    groups->key_columns = columns;
    int *next = columns + groups->key_count;
    *calls = ARENA_ARRAY(binder->arena, AggregateSpec, groups->call_count + 1);
    for (int c = 0; c < groups->call_count; c++) {
        const AggregateCall *call = groups->calls[c];
        AggregateSpec *made = &(*calls)[c];
        *made = call->spec;
        made->arguments = next;
        made->filter = -1;
        next += call->spec.argument_count;
        made->order = ARENA_ARRAY(binder->arena, SortKey, call->spec.order_count + 1);
        for (int i = 0; i < call->spec.order_count; i++) {
            made->order[i] = call->spec.order[i];
            made->order[i].column = *next++;
        }
        if (call->filter != NULL)
            made->filter = *next++;
    }
    return OK;
}

static LogicalNode *aggregate_once(
    Groups *groups, LogicalNode *input, const ColumnSet *set, AggregateSpec *calls) {
    int *keys = ARENA_ARRAY(
            groups->binder->arena, int, groups->key_count + set_count(&groups->used_dependent) + 1),
        count = 0;
    for (int i = 0; i < groups->key_count; i++) {
        bool is_known = !set_has(set, i);
        for (int j = 0; j < count && !is_known; j++)
            is_known = keys[j] == groups->key_columns[i];
        if (!is_known)
            keys[count++] = groups->key_columns[i];
    }
    for (int column = set_next(&groups->used_dependent, -1); column >= 0;
         column = set_next(&groups->used_dependent, column))
        keys[count++] = column;
    return logical_aggregate(groups->binder->plan, input, keys, count, calls, groups->call_count);
}

static int mapped(const int *map, int map_count, int column) {
    return column >= 0 && column < map_count && map[column] >= 0 ? map[column] : column;
}

static AggregateSpec *map_calls(Groups *groups, const AggregateSpec *calls, const int *map, int map_count) {
    Arena *arena = groups->binder->arena;
    AggregateSpec *copies = ARENA_ARRAY(arena, AggregateSpec, groups->call_count + 1);
    for (int c = 0; c < groups->call_count; c++) {
        copies[c] = calls[c];
        copies[c].arguments = ARENA_ARRAY(arena, int, calls[c].argument_count + 1);
        copies[c].order = ARENA_ARRAY(arena, SortKey, calls[c].order_count + 1);
        copies[c].filter = mapped(map, map_count, calls[c].filter);
        for (int i = 0; i < calls[c].argument_count; i++)
            copies[c].arguments[i] = mapped(map, map_count, calls[c].arguments[i]);
        for (int i = 0; i < calls[c].order_count; i++) {
            copies[c].order[i] = calls[c].order[i];
            copies[c].order[i].column = mapped(map, map_count, calls[c].order[i].column);
        }
    }
    return copies;
}

/* One aggregate a grouping set, each over its own copy of the input, put together with NULL for the keys it
   doesn't have. */
static LogicalNode *aggregate_sets(Groups *groups, AggregateSpec *calls) {
    Binder *binder = groups->binder;
    Planning *plan = binder->plan;
    int width = groups->key_count + groups->mask_count + groups->call_count;
    LogicalNode **inputs = ARENA_ARRAY(binder->arena, LogicalNode *, groups->sets.count);
    int **columns = ARENA_ARRAY(binder->arena, int *, groups->sets.count);
    for (int s = 0; s < groups->sets.count; s++) {
        int *map, map_count = plan->column_count;
        LogicalNode *copy = logical_copy(plan, groups->input, &map);
        Groups one = *groups;
        one.key_columns = ARENA_ARRAY(binder->arena, int, groups->key_count + 1);
        for (int i = 0; i < groups->key_count; i++)
            one.key_columns[i] = mapped(map, map_count, groups->key_columns[i]);
        LogicalNode *node =
            aggregate_once(&one, copy, &groups->sets.sets[s], map_calls(groups, calls, map, map_count));
        Expression **expressions = ARENA_ARRAY(binder->arena, Expression *, width + 1);
        for (int i = 0; i < groups->key_count; i++) {
            Value null = value_null(plan->columns[groups->key_columns[i]].type);
            expressions[i] = set_has(&groups->sets.sets[s], i) ? plan_column(plan, one.key_columns[i])
                                                               : expression_constant(binder->arena, &null);
        }
        for (int i = 0; i < groups->mask_count; i++)
            expressions[groups->key_count + i] = mask_value(groups, groups->masks[i], &groups->sets.sets[s]);
        for (int i = 0; i < groups->call_count; i++)
            expressions[groups->key_count + groups->mask_count + i] =
                plan_column(plan, node->columns[node->aggregate.key_count + i]);
        inputs[s] = logical_project(plan, node, width, expressions, NULL);
        columns[s] = inputs[s]->columns;
    }
    LogicalNode *node = logical_create(plan, &union_all_node, groups->sets.count, inputs);
    node->set.input_columns = columns;
    node->set.is_all = true;
    node->columns = ARENA_ARRAY(binder->arena, int, width + 1);
    for (int i = 0; i < width; i++)
        node->columns[i] =
            plan_column_add(plan, plan->columns[columns[0][i]].name, plan->columns[columns[0][i]].type);
    node->column_count = width;
    groups->key_columns = node->columns;
    groups->mask_columns = node->columns + groups->key_count;
    return node;
}

Status bind_grouping(Binder *binder, const SyntaxSelect *select, const Grouped *grouped, LogicalNode **node) {
    Expression **expressions = grouped->expressions, *having = grouped->having;
    int count = grouped->count;
    Groups groups = {.binder = binder,
        .select = select,
        .input = *node,
        .input_columns = logical_columns(binder->plan, *node),
        .targets = expressions,
        .names = grouped->names,
        .target_count = grouped->target_count};
    TRY(bind_sets(&groups));
    find_dependent(&groups);
    for (int i = 0; i <= count && groups.status == OK; i++)
        if (i < count || having != NULL)
            expression_rewrite(binder->arena, i < count ? expressions[i] : having, replace_grouped, &groups);
    TRY(groups.status);
    AggregateSpec *calls;
    TRY(make_input(&groups, &calls));
    LogicalNode *result = groups.sets.count == 1
                              ? aggregate_once(&groups, groups.input, &groups.sets.sets[0], calls)
                              : aggregate_sets(&groups, calls);
    groups.call_columns = result->columns + (result->column_count - groups.call_count);
    groups.is_final = true;
    for (int i = 0; i < count; i++)
        expressions[i] = expression_rewrite(binder->arena, expressions[i], replace_grouped, &groups);
    if (having != NULL)
        TRY(attach_filter(
            binder, &result, expression_rewrite(binder->arena, having, replace_grouped, &groups)));
    *node = result;
    return groups.status;
}
