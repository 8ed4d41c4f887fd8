/* Logical nodes: making, visiting, copying and renumbering them. What each kind reads stands once, in
   logical_visit. */
#include "planner/logical/logical.h"

#include <assert.h>
#include <string.h>

#include "planner/logical/predicate.h"

int plan_column_add(LogicalPlan *plan, const char *name, Type type) {
    PlanColumn column = {.name = name, .type = type, .arrival = -1};
    ARENA_APPEND(plan->arena, plan->columns, plan->column_count, column);
    return plan->column_count - 1;
}

Expression *plan_column(LogicalPlan *plan, int column) {
    Expression *expression = expression_column(plan->arena, column, plan->columns[column].type);
    expression->position = -1;
    return expression;
}

void plan_add_dependency(LogicalPlan *plan, uint32_t object_id) {
    for (int i = 0; i < plan->depend_count; i++)
        if (plan->depends[i] == object_id)
            return;
    ARENA_APPEND(plan->arena, plan->depends, plan->depend_count, object_id);
}

static int *concatenate(Arena *arena, const int *a, int a_count, const int *b, int b_count) {
    int *all = ARENA_ARRAY(arena, int, a_count + b_count + 1);
    if (a_count > 0)
        memcpy(all, a, sizeof *all * (size_t)a_count);
    if (b_count > 0)
        memcpy(all + a_count, b, sizeof *all * (size_t)b_count);
    return all;
}

LogicalNode *logical_create(
    LogicalPlan *plan, LogicalKind kind, int input_count, LogicalNode *const *inputs) {
    LogicalNode *node = ARENA_NEW(plan->arena, LogicalNode);
    node->kind = kind;
    node->input_count = input_count;
    node->inputs = ARENA_ARRAY(plan->arena, LogicalNode *, input_count + 1);
    for (int i = 0; i < input_count; i++)
        node->inputs[i] = inputs[i];
    return node;
}

void logical_refresh(LogicalPlan *plan, LogicalNode *node) {
    const LogicalNode *input = node->input_count > 0 ? node->inputs[0] : NULL;
    const int *own = node->columns + (node->column_count - node->own_count);
    switch (node->kind) {
    case LOGICAL_FILTER:
    case LOGICAL_SORT:
    case LOGICAL_SINGLE_ROW:
    case LOGICAL_WINDOW_CLOSE:
    case LOGICAL_LATE:
        node->columns = input->columns;
        node->column_count = input->column_count;
        break;
    case LOGICAL_WINDOW:
    case LOGICAL_OVER:
    case LOGICAL_TOP_N:
    case LOGICAL_SESSION:
        node->columns = concatenate(plan->arena, input->columns, input->column_count, own, node->own_count);
        node->column_count = input->column_count + node->own_count;
        break;
    case LOGICAL_TABLE_FUNCTION: {
        int count = input == NULL ? 0 : input->column_count;
        node->columns =
            concatenate(plan->arena, input == NULL ? NULL : input->columns, count, own, node->own_count);
        node->column_count = count + node->own_count;
        break;
    }
    case LOGICAL_AGGREGATE:
        node->columns =
            concatenate(plan->arena, node->aggregate.keys, node->aggregate.key_count, own, node->own_count);
        node->column_count = node->aggregate.key_count + node->own_count;
        break;
    case LOGICAL_JOIN: {
        bool left_only = node->join.type == JOIN_SEMI || node->join.type == JOIN_ANTI;
        const LogicalNode *right = node->inputs[1];
        node->columns = concatenate(plan->arena, input->columns, input->column_count, right->columns,
            left_only ? 0 : right->column_count);
        node->column_count = input->column_count + (left_only ? 0 : right->column_count);
        break;
    }
    case LOGICAL_TEMPORAL_JOIN:
        node->columns = concatenate(plan->arena, input->columns, input->column_count,
            node->inputs[1]->columns, node->inputs[1]->column_count);
        node->column_count = input->column_count + node->inputs[1]->column_count;
        break;
    case LOGICAL_SCAN:
    case LOGICAL_VALUES:
    case LOGICAL_PROJECT:
    case LOGICAL_UNION_ALL:
    case LOGICAL_SET_OPERATION:
    case LOGICAL_RECURSION:
    case LOGICAL_WORKING_TABLE:
    case LOGICAL_KIND_COUNT:
        break;
    }
    node->properties = NULL;
}

LogicalNode *logical_filter(LogicalPlan *plan, LogicalNode *input, Expression *predicate) {
    if (predicate == NULL)
        return input;
    LogicalNode *node = logical_create(plan, LOGICAL_FILTER, 1, &input);
    node->filter.predicate = predicate;
    logical_refresh(plan, node);
    return node;
}

static bool is_plain_column(const Expression *expression) {
    return expression->kind == EXPRESSION_COLUMN;
}

static bool list_has(const int *columns, int count, int column) {
    for (int i = 0; i < count; i++)
        if (columns[i] == column)
            return true;
    return false;
}

LogicalNode *logical_project(LogicalPlan *plan, LogicalNode *input, int count, Expression *const *expressions,
    const char *const *names) {
    LogicalNode *node = logical_create(plan, LOGICAL_PROJECT, 1, &input);
    node->column_count = count;
    node->columns = ARENA_ARRAY(plan->arena, int, count + 1);
    node->project.expressions = ARENA_ARRAY(plan->arena, Expression *, count + 1);
    for (int i = 0; i < count; i++) {
        node->project.expressions[i] = expressions[i];
        /* An outer query's column gets a number of its own here. */
        bool is_passed = is_plain_column(expressions[i]) &&
                         !list_has(node->columns, i, expressions[i]->column) &&
                         list_has(input->columns, input->column_count, expressions[i]->column);
        node->columns[i] = is_passed
                               ? expressions[i]->column
                               : plan_column_add(plan, names == NULL ? NULL : names[i], expressions[i]->type);
    }
    return node;
}

LogicalNode *logical_extend(
    LogicalPlan *plan, LogicalNode *input, int count, Expression *const *expressions, int *columns) {
    int total = input->column_count;
    Expression **all = ARENA_ARRAY(plan->arena, Expression *, total + count + 1);
    int *place = ARENA_ARRAY(plan->arena, int, count + 1);
    for (int i = 0; i < total; i++)
        all[i] = plan_column(plan, input->columns[i]);
    for (int i = 0; i < count; i++) {
        place[i] = -1;
        if (is_plain_column(expressions[i]) &&
            list_has(input->columns, input->column_count, expressions[i]->column))
            continue;
        for (int j = input->column_count; j < total && place[i] < 0; j++)
            if (expression_is_equal(all[j], expressions[i]) &&
                !(expression_flags(expressions[i]) & FUNCTION_VOLATILE))
                place[i] = j;
        if (place[i] < 0) {
            place[i] = total;
            all[total++] = expressions[i];
        }
    }
    LogicalNode *node = total == input->column_count ? input : logical_project(plan, input, total, all, NULL);
    for (int i = 0; i < count; i++)
        columns[i] = place[i] < 0 ? expressions[i]->column : node->columns[place[i]];
    return node;
}

LogicalNode *logical_pick(LogicalPlan *plan, LogicalNode *input, const int *columns, int count) {
    bool is_same = count == input->column_count;
    for (int i = 0; i < count && is_same; i++)
        is_same = columns[i] == input->columns[i];
    if (is_same)
        return input;
    Expression **expressions = ARENA_ARRAY(plan->arena, Expression *, count + 1);
    for (int i = 0; i < count; i++)
        expressions[i] = plan_column(plan, columns[i]);
    return logical_project(plan, input, count, expressions, NULL);
}

LogicalNode *logical_join(
    LogicalPlan *plan, JoinType type, LogicalNode *left, LogicalNode *right, Expression *condition) {
    LogicalNode *inputs[] = {left, right};
    LogicalNode *node = logical_create(plan, LOGICAL_JOIN, 2, inputs);
    node->join.type = type;
    node->join.condition = condition;
    logical_refresh(plan, node);
    return node;
}

LogicalNode *logical_aggregate(LogicalPlan *plan, LogicalNode *input, const int *keys, int key_count,
    AggregateSpec *calls, int call_count) {
    LogicalNode *node = logical_create(plan, LOGICAL_AGGREGATE, 1, &input);
    node->aggregate.keys = concatenate(plan->arena, keys, key_count, NULL, 0);
    node->aggregate.key_count = key_count;
    node->aggregate.calls = calls;
    node->aggregate.call_count = call_count;
    int *results = ARENA_ARRAY(plan->arena, int, call_count + 1);
    for (int i = 0; i < call_count; i++)
        results[i] =
            plan_column_add(plan, aggregate_function(calls[i].aggregate)->name, calls[i].result_type);
    node->columns = results;
    node->column_count = node->own_count = call_count;
    logical_refresh(plan, node);
    return node;
}

LogicalNode *logical_distinct(LogicalPlan *plan, LogicalNode *input) {
    return logical_aggregate(plan, input, input->columns, input->column_count, NULL, 0);
}

LogicalNode *logical_empty(LogicalPlan *plan, const int *columns, int count) {
    LogicalNode *node = logical_create(plan, LOGICAL_VALUES, 0, NULL);
    node->columns = concatenate(plan->arena, columns, count, NULL, 0);
    node->column_count = count;
    return node;
}

/* Visiting */

static void visit_expressions(const LogicalVisitor *visitor, Expression **expressions, int count) {
    for (int i = 0; i < count && visitor->expression != NULL; i++)
        if (expressions[i] != NULL)
            visitor->expression(&expressions[i], visitor->argument);
}

static void visit_columns(const LogicalVisitor *visitor, int *columns, int count) {
    for (int i = 0; i < count && visitor->column != NULL; i++)
        if (columns[i] >= 0)
            visitor->column(&columns[i], visitor->argument);
}

static void visit_keys(const LogicalVisitor *visitor, SortKey *keys, int count) {
    for (int i = 0; i < count; i++)
        visit_columns(visitor, &keys[i].column, 1);
}

void logical_visit(LogicalNode *node, const LogicalVisitor *visitor) {
    switch (node->kind) {
    case LOGICAL_SCAN:
        visit_expressions(visitor, node->scan.key, node->scan.key_count);
        visit_expressions(
            visitor, node->scan.index_key, node->scan.index == NULL ? 0 : node->scan.index->key_count);
        break;
    case LOGICAL_VALUES:
        visit_expressions(visitor, node->values.expressions, node->values.row_count * node->column_count);
        break;
    case LOGICAL_FILTER:
        visit_expressions(visitor, &node->filter.predicate, 1);
        break;
    case LOGICAL_PROJECT:
        visit_expressions(visitor, node->project.expressions, node->column_count);
        break;
    case LOGICAL_JOIN:
        visit_expressions(visitor, &node->join.condition, 1);
        break;
    case LOGICAL_AGGREGATE:
        visit_columns(visitor, node->aggregate.keys, node->aggregate.key_count);
        for (int i = 0; i < node->aggregate.call_count; i++) {
            AggregateSpec *call = &node->aggregate.calls[i];
            visit_columns(visitor, call->arguments, call->argument_count);
            visit_columns(visitor, &call->filter, 1);
            visit_keys(visitor, call->order, call->order_count);
        }
        break;
    case LOGICAL_WINDOW:
        visit_columns(visitor, &node->window.time_column, 1);
        visit_columns(visitor, &node->window.arrival, 1);
        break;
    case LOGICAL_OVER:
        visit_columns(visitor, node->over.partition, node->over.partition_count);
        visit_keys(visitor, node->over.keys, node->over.key_count);
        visit_columns(visitor, node->over.bounds, node->over.bound_count);
        for (int i = 0; i < node->over.call_count; i++) {
            visit_columns(visitor, node->over.calls[i].arguments, node->over.calls[i].argument_count);
            visit_columns(visitor, &node->over.calls[i].filter, 1);
        }
        break;
    case LOGICAL_TOP_N:
        visit_columns(visitor, node->top_n.partition, node->top_n.partition_count);
        visit_keys(visitor, node->top_n.keys, node->top_n.key_count);
        break;
    case LOGICAL_SORT:
        visit_keys(visitor, node->sort.keys, node->sort.key_count);
        visit_expressions(visitor, &node->sort.limit, 1);
        visit_expressions(visitor, &node->sort.offset, 1);
        break;
    case LOGICAL_UNION_ALL:
    case LOGICAL_SET_OPERATION:
    case LOGICAL_RECURSION:
        for (int i = 0; i < node->input_count; i++)
            visit_columns(visitor, node->set.input_columns[i], node->column_count);
        break;
    case LOGICAL_SINGLE_ROW:
        visit_columns(visitor, node->single_row.keys, node->single_row.key_count);
        break;
    case LOGICAL_TABLE_FUNCTION:
        visit_expressions(visitor, node->table_function.arguments, node->table_function.argument_count);
        break;
    case LOGICAL_WINDOW_CLOSE:
        visit_columns(visitor, &node->window_close.end_column, 1);
        break;
    case LOGICAL_SESSION:
        visit_columns(visitor, node->session.partition, node->session.partition_count);
        visit_columns(visitor, &node->session.time_column, 1);
        break;
    case LOGICAL_TEMPORAL_JOIN:
        visit_expressions(visitor, &node->temporal_join.condition, 1);
        visit_columns(visitor, &node->temporal_join.left_time, 1);
        visit_columns(visitor, node->temporal_join.left_keys, node->temporal_join.key_count);
        visit_columns(visitor, node->temporal_join.right_keys, node->temporal_join.key_count);
        visit_keys(visitor, node->temporal_join.versions, node->temporal_join.version_count);
        break;
    case LOGICAL_LATE:
        visit_columns(visitor, &node->late.time_column, 1);
        visit_columns(visitor, &node->late.arrival, 1);
        break;
    case LOGICAL_WORKING_TABLE:
    case LOGICAL_KIND_COUNT:
        break;
    }
}

ColumnSet logical_columns(LogicalPlan *plan, const LogicalNode *node) {
    ColumnSet set = {0};
    set_add_list(plan->arena, &set, node->columns, node->column_count);
    return set;
}

typedef struct UseCollector {
    LogicalPlan *plan;
    ColumnSet used;
    ColumnSet produced;
} UseCollector;

static void collect_expression(Expression **expression, void *argument) {
    UseCollector *collector = argument;
    expression_add_columns(collector->plan, *expression, &collector->used);
}

static void collect_column(int *column, void *argument) {
    UseCollector *collector = argument;
    set_add(collector->plan->arena, &collector->used, *column);
}

static void collect_uses(const LogicalNode *node, const LogicalVisitor *visitor) {
    UseCollector *collector = visitor->argument;
    logical_visit((LogicalNode *)node, visitor);
    set_add_list(collector->plan->arena, &collector->produced, node->columns, node->column_count);
    for (int i = 0; i < node->input_count; i++)
        collect_uses(node->inputs[i], visitor);
}

ColumnSet logical_free_columns(LogicalPlan *plan, const LogicalNode *node) {
    UseCollector collector = {.plan = plan};
    LogicalVisitor visitor = {collect_expression, collect_column, &collector};
    collect_uses(node, &visitor);
    set_remove_all(&collector.used, &collector.produced);
    return collector.used;
}

/* Copying */

static void *duplicate(Arena *arena, const void *bytes, size_t size) {
    void *copy = arena_allocate(arena, size + 1);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

#define DUPLICATE(array, count) ((array) = duplicate(plan->arena, (array), sizeof *(array) * (size_t)(count)))

static void copy_expression(Expression **expression, void *argument) {
    LogicalPlan *plan = argument;
    *expression = expression_rewrite(plan->arena, *expression, NULL, NULL);
}

static void copy_payload(LogicalPlan *plan, LogicalNode *node) {
    switch (node->kind) {
    case LOGICAL_SCAN:
        DUPLICATE(node->scan.key, node->scan.key_count);
        if (node->scan.index != NULL)
            DUPLICATE(node->scan.index_key, node->scan.index->key_count);
        DUPLICATE(node->scan.positions, node->column_count);
        break;
    case LOGICAL_VALUES:
        DUPLICATE(node->values.expressions, node->values.row_count * node->column_count);
        break;
    case LOGICAL_PROJECT:
        DUPLICATE(node->project.expressions, node->column_count);
        break;
    case LOGICAL_AGGREGATE:
        DUPLICATE(node->aggregate.keys, node->aggregate.key_count);
        DUPLICATE(node->aggregate.calls, node->aggregate.call_count);
        for (int i = 0; i < node->aggregate.call_count; i++) {
            DUPLICATE(node->aggregate.calls[i].arguments, node->aggregate.calls[i].argument_count);
            DUPLICATE(node->aggregate.calls[i].order, node->aggregate.calls[i].order_count);
        }
        break;
    case LOGICAL_OVER:
        DUPLICATE(node->over.partition, node->over.partition_count);
        DUPLICATE(node->over.keys, node->over.key_count);
        DUPLICATE(node->over.bounds, node->over.bound_count);
        DUPLICATE(node->over.calls, node->over.call_count);
        for (int i = 0; i < node->over.call_count; i++)
            DUPLICATE(node->over.calls[i].arguments, node->over.calls[i].argument_count);
        break;
    case LOGICAL_SESSION:
        DUPLICATE(node->session.partition, node->session.partition_count);
        break;
    case LOGICAL_TOP_N:
        DUPLICATE(node->top_n.partition, node->top_n.partition_count);
        DUPLICATE(node->top_n.keys, node->top_n.key_count);
        break;
    case LOGICAL_SORT:
        DUPLICATE(node->sort.keys, node->sort.key_count);
        break;
    case LOGICAL_UNION_ALL:
    case LOGICAL_SET_OPERATION:
    case LOGICAL_RECURSION:
        DUPLICATE(node->set.input_columns, node->input_count);
        for (int i = 0; i < node->input_count; i++)
            DUPLICATE(node->set.input_columns[i], node->column_count);
        break;
    case LOGICAL_SINGLE_ROW:
        DUPLICATE(node->single_row.keys, node->single_row.key_count);
        break;
    case LOGICAL_TABLE_FUNCTION:
        DUPLICATE(node->table_function.arguments, node->table_function.argument_count);
        break;
    case LOGICAL_TEMPORAL_JOIN:
        DUPLICATE(node->temporal_join.left_keys, node->temporal_join.key_count);
        DUPLICATE(node->temporal_join.right_keys, node->temporal_join.key_count);
        DUPLICATE(node->temporal_join.versions, node->temporal_join.version_count);
        break;
    case LOGICAL_FILTER:
    case LOGICAL_JOIN:
    case LOGICAL_WINDOW:
    case LOGICAL_WINDOW_CLOSE:
    case LOGICAL_LATE:
    case LOGICAL_WORKING_TABLE:
    case LOGICAL_KIND_COUNT:
        break;
    }
}

static LogicalNode *clone(LogicalPlan *plan, const LogicalNode *node) {
    LogicalNode *copy = duplicate(plan->arena, node, sizeof *node);
    copy->properties = NULL;
    DUPLICATE(copy->columns, copy->column_count);
    DUPLICATE(copy->inputs, copy->input_count);
    copy_payload(plan, copy);
    logical_visit(copy, &(LogicalVisitor){.expression = copy_expression, .argument = plan});
    for (int i = 0; i < copy->input_count; i++)
        copy->inputs[i] = clone(plan, copy->inputs[i]);
    return copy;
}

static void map_outputs(LogicalPlan *plan, const LogicalNode *node, int *map, int count) {
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] < count && map[node->columns[i]] < 0) {
            PlanColumn column = plan->columns[node->columns[i]];
            map[node->columns[i]] = plan_column_add(plan, column.name, column.type);
        }
    for (int i = 0; i < node->input_count; i++)
        map_outputs(plan, node->inputs[i], map, count);
}

LogicalNode *logical_copy(LogicalPlan *plan, const LogicalNode *node, int **map) {
    int count = plan->column_count;
    *map = ARENA_ARRAY(plan->arena, int, count + 1);
    memset(*map, -1, sizeof **map * (size_t)count);
    map_outputs(plan, node, *map, count);
    LogicalNode *copy = clone(plan, node);
    logical_substitute(plan, copy, *map, count);
    return copy;
}

typedef struct Substitution {
    LogicalPlan *plan;
    const int *map;
    int count;
} Substitution;

static Expression *substitute_node(const Expression *node, void *argument) {
    Substitution *substitution = argument;
    if (node->kind != EXPRESSION_COLUMN || node->column >= substitution->count ||
        substitution->map[node->column] < 0)
        return NULL;
    Expression *column = plan_column(substitution->plan, substitution->map[node->column]);
    column->position = node->position;
    return column;
}

static void substitute_expression(Expression **expression, void *argument) {
    Substitution *substitution = argument;
    *expression = expression_rewrite(substitution->plan->arena, *expression, substitute_node, argument);
}

static void substitute_column(int *column, void *argument) {
    Substitution *substitution = argument;
    if (*column < substitution->count && substitution->map[*column] >= 0)
        *column = substitution->map[*column];
}

void logical_substitute(LogicalPlan *plan, LogicalNode *node, const int *map, int map_count) {
    Substitution substitution = {plan, map, map_count};
    for (int i = 0; i < node->input_count; i++)
        logical_substitute(plan, node->inputs[i], map, map_count);
    logical_visit(node, &(LogicalVisitor){substitute_expression, substitute_column, &substitution});
    DUPLICATE(node->columns, node->column_count);
    for (int i = 0; i < node->column_count; i++)
        substitute_column(&node->columns[i], &substitution);
    logical_refresh(plan, node);
}

void logical_add_text(const LogicalPlan *plan, const LogicalNode *node, int indent, Text *out) {
    static const char *const names[] = {
#define NODE(id, name) #name,
#include "planner/logical/nodes.def"
#undef NODE
    };
    text_printf(out, "%*s%s [", indent * 2, "", names[node->kind]);
    for (int i = 0; i < node->column_count; i++)
        text_printf(out, "%s%d:%s", i ? " " : "", node->columns[i],
            plan->columns[node->columns[i]].name ? plan->columns[node->columns[i]].name : "");
    text_add_string(out, "]");
    if (node->kind == LOGICAL_SCAN)
        text_printf(out, " %s", node->scan.relation->name);
    if (node->kind == LOGICAL_FILTER || (node->kind == LOGICAL_JOIN && node->join.condition != NULL)) {
        text_add_char(out, ' ');
        expression_add_text(
            node->kind == LOGICAL_FILTER ? node->filter.predicate : node->join.condition, NULL, out);
    }
    text_add_char(out, '\n');
    for (int i = 0; i < node->input_count; i++)
        logical_add_text(plan, node->inputs[i], indent + 1, out);
}
