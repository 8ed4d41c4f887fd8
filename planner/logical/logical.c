/* Logical nodes: making, visiting, copying and renumbering them. What each kind reads stands once, in its
   fields. */
#include "planner/logical/logical.h"

#include <string.h>

#include "planner/nodes/node.h"

int plan_column_add(Planning *plan, const char *name, Type type) {
    PlanColumn column = {.name = name, .type = type, .arrival = -1};
    ARENA_APPEND(plan->arena, plan->columns, plan->column_count, column);
    return plan->column_count - 1;
}

Expression *plan_column(Planning *plan, int column) {
    Expression *expression = expression_column(plan->arena, column, plan->columns[column].type);
    expression->position = -1;
    return expression;
}

void plan_add_dependency(Planning *plan, uint32_t object_id) {
    for (int i = 0; i < plan->depend_count; i++)
        if (plan->depends[i] == object_id)
            return;
    ARENA_APPEND(plan->arena, plan->depends, plan->depend_count, object_id);
}

int *columns_with(Planning *plan, const int *columns, int count, int added) {
    int *all = ARENA_ARRAY(plan->arena, int, count + 1);
    if (count > 0)
        memcpy(all, columns, sizeof *all * (size_t)count);
    all[count] = added;
    return all;
}

const int *logical_own(const LogicalNode *node) {
    return node->columns + (node->column_count - node->own_count);
}

bool logical_has_column(const LogicalNode *node, int column) {
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] == column)
            return true;
    return false;
}

int logical_append_column(Planning *plan, LogicalNode *node, int column) {
    node->columns = columns_with(plan, node->columns, node->column_count, column);
    node->column_count++;
    logical_forget_own(node);
    return column;
}

void logical_forget_own(LogicalNode *node) {
    node->proofs[PLAN_ONE_SHOT] = node->proofs[PLAN_CONTINUOUS] = NULL;
    node->estimates = NULL;
}

LogicalNode *logical_create(
    Planning *plan, const LogicalType *type, int input_count, LogicalNode *const *inputs) {
    LogicalNode *node = ARENA_NEW(plan->arena, LogicalNode);
    node->type = type;
    node->input_count = input_count;
    node->inputs = ARENA_ARRAY(plan->arena, LogicalNode *, input_count + 1);
    for (int i = 0; i < input_count; i++)
        node->inputs[i] = inputs[i];
    return node;
}

void logical_refresh(Planning *plan, LogicalNode *node) {
    if (node->type->output != NULL)
        node->type->output(plan, node);
    logical_forget_own(node);
}

LogicalNode *logical_filter(Planning *plan, LogicalNode *input, Expression *predicate) {
    if (predicate == NULL)
        return input;
    LogicalNode *node = logical_create(plan, &filter_node, 1, &input);
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

LogicalNode *logical_project(
    Planning *plan, LogicalNode *input, int count, Expression *const *expressions, const char *const *names) {
    LogicalNode *node = logical_create(plan, &project_node, 1, &input);
    node->column_count = count;
    node->columns = ARENA_ARRAY(plan->arena, int, count + 1);
    node->project.expressions = ARENA_ARRAY(plan->arena, Expression *, count + 1);
    for (int i = 0; i < count; i++) {
        node->project.expressions[i] = expressions[i];
        /* An outer query's column gets a number of its own here. */
        bool is_passed = is_plain_column(expressions[i]) &&
                         !list_has(node->columns, i, expressions[i]->column) &&
                         logical_has_column(input, expressions[i]->column);
        node->columns[i] = is_passed
                               ? expressions[i]->column
                               : plan_column_add(plan, names == NULL ? NULL : names[i], expressions[i]->type);
    }
    return node;
}

LogicalNode *logical_extend(
    Planning *plan, LogicalNode *input, int count, Expression *const *expressions, int *columns) {
    int total = input->column_count;
    Expression **all = ARENA_ARRAY(plan->arena, Expression *, total + count + 1);
    int *place = ARENA_ARRAY(plan->arena, int, count + 1);
    for (int i = 0; i < total; i++)
        all[i] = plan_column(plan, input->columns[i]);
    for (int i = 0; i < count; i++) {
        place[i] = -1;
        if (is_plain_column(expressions[i]) && logical_has_column(input, expressions[i]->column))
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

LogicalNode *logical_pick(Planning *plan, LogicalNode *input, const int *columns, int count) {
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
    Planning *plan, JoinType type, LogicalNode *left, LogicalNode *right, Expression *condition) {
    LogicalNode *inputs[] = {left, right};
    LogicalNode *node = logical_create(plan, &join_node, 2, inputs);
    node->join.type = type;
    node->join.condition = condition;
    logical_refresh(plan, node);
    return node;
}

LogicalNode *logical_aggregate(Planning *plan, LogicalNode *input, const int *keys, int key_count,
    AggregateSpec *calls, int call_count) {
    LogicalNode *node = logical_create(plan, &aggregate_node, 1, &input);
    node->aggregate.keys = columns_with(plan, keys, key_count, -1);
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

LogicalNode *logical_distinct(Planning *plan, LogicalNode *input) {
    return logical_aggregate(plan, input, input->columns, input->column_count, NULL, 0);
}

LogicalNode *logical_empty(Planning *plan, const int *columns, int count) {
    LogicalNode *node = logical_create(plan, &values_node, 0, NULL);
    node->columns = columns_with(plan, columns, count, -1);
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

static void visit_aggregates(const LogicalVisitor *visitor, AggregateSpec *calls, int count) {
    for (int i = 0; i < count; i++) {
        visit_columns(visitor, calls[i].arguments, calls[i].argument_count);
        visit_columns(visitor, &calls[i].filter, 1);
        visit_keys(visitor, calls[i].order, calls[i].order_count);
    }
}

static void visit_over_calls(const LogicalVisitor *visitor, OverCall *calls, int count) {
    for (int i = 0; i < count; i++) {
        visit_columns(visitor, calls[i].arguments, calls[i].argument_count);
        visit_columns(visitor, &calls[i].filter, 1);
    }
}

#define MEMBER(type) (*(type *)(void *)((char *)node + field->offset))

static int count_of(const LogicalNode *node, const LogicalField *field) {
    if (field->kind == NODE_INPUT_COLUMNS)
        return node->input_count;
    int count = *(const int *)(const void *)((const char *)node + field->count_offset);
    return field->kind == NODE_ROWS ? count * node->column_count : count;
}

static void visit_field(LogicalNode *node, const LogicalField *field, const LogicalVisitor *visitor) {
    switch (field->kind) {
    case NODE_EXPRESSION:
        visit_expressions(visitor, &MEMBER(Expression *), 1);
        break;
    case NODE_EXPRESSIONS:
    case NODE_ROWS:
        visit_expressions(visitor, MEMBER(Expression **), count_of(node, field));
        break;
    case NODE_COLUMN:
        visit_columns(visitor, &MEMBER(int), 1);
        break;
    case NODE_COLUMNS:
        visit_columns(visitor, MEMBER(int *), count_of(node, field));
        break;
    case NODE_SORT_KEYS:
        visit_keys(visitor, MEMBER(SortKey *), count_of(node, field));
        break;
    case NODE_AGGREGATES:
        visit_aggregates(visitor, MEMBER(AggregateSpec *), count_of(node, field));
        break;
    case NODE_OVER_CALLS:
        visit_over_calls(visitor, MEMBER(OverCall *), count_of(node, field));
        break;
    case NODE_INPUT_COLUMNS:
        for (int i = 0; i < node->input_count; i++)
            visit_columns(visitor, MEMBER(int **)[i], node->column_count);
        break;
    case NODE_NUMBERS:
    case NODE_END:
        break;
    }
}

static const LogicalField no_fields[] = {{NODE_END}};

static const LogicalField *fields_of(const LogicalNode *node) {
    return node->type->fields == NULL ? no_fields : node->type->fields;
}

void logical_visit(LogicalNode *node, const LogicalVisitor *visitor) {
    for (const LogicalField *field = fields_of(node); field->kind != NODE_END; field++)
        visit_field(node, field, visitor);
}

ColumnSet logical_columns(Planning *plan, const LogicalNode *node) {
    ColumnSet set = {0};
    set_add_list(plan->arena, &set, node->columns, node->column_count);
    return set;
}

typedef struct UseCollector {
    Planning *plan;
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

ColumnSet logical_free_columns(Planning *plan, const LogicalNode *node) {
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
    Planning *plan = argument;
    *expression = expression_rewrite(plan->arena, *expression, NULL, NULL);
}

static void copy_field(Planning *plan, LogicalNode *node, const LogicalField *field) {
    switch (field->kind) {
    case NODE_EXPRESSIONS:
    case NODE_ROWS:
        DUPLICATE(MEMBER(Expression **), count_of(node, field));
        break;
    case NODE_COLUMNS:
    case NODE_NUMBERS:
        DUPLICATE(MEMBER(int *), count_of(node, field));
        break;
    case NODE_SORT_KEYS:
        DUPLICATE(MEMBER(SortKey *), count_of(node, field));
        break;
    case NODE_AGGREGATES:
        DUPLICATE(MEMBER(AggregateSpec *), count_of(node, field));
        for (int i = 0; i < count_of(node, field); i++) {
            AggregateSpec *call = &MEMBER(AggregateSpec *)[i];
            DUPLICATE(call->arguments, call->argument_count);
            DUPLICATE(call->order, call->order_count);
        }
        break;
    case NODE_OVER_CALLS:
        DUPLICATE(MEMBER(OverCall *), count_of(node, field));
        for (int i = 0; i < count_of(node, field); i++)
            DUPLICATE(MEMBER(OverCall *)[i].arguments, MEMBER(OverCall *)[i].argument_count);
        break;
    case NODE_INPUT_COLUMNS:
        DUPLICATE(MEMBER(int **), node->input_count);
        for (int i = 0; i < node->input_count; i++)
            DUPLICATE(MEMBER(int **)[i], node->column_count);
        break;
    case NODE_EXPRESSION:
    case NODE_COLUMN:
    case NODE_END:
        break;
    }
}

static LogicalNode *clone(Planning *plan, const LogicalNode *node) {
    LogicalNode *copy = duplicate(plan->arena, node, sizeof *node);
    logical_forget_own(copy);
    DUPLICATE(copy->columns, copy->column_count);
    DUPLICATE(copy->inputs, copy->input_count);
    for (const LogicalField *field = fields_of(copy); field->kind != NODE_END; field++)
        copy_field(plan, copy, field);
    logical_visit(copy, &(LogicalVisitor){.expression = copy_expression, .argument = plan});
    for (int i = 0; i < copy->input_count; i++)
        copy->inputs[i] = clone(plan, copy->inputs[i]);
    return copy;
}

static void map_outputs(Planning *plan, const LogicalNode *node, int *map, int count) {
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] < count && map[node->columns[i]] < 0) {
            PlanColumn column = plan->columns[node->columns[i]];
            map[node->columns[i]] = plan_column_add(plan, column.name, column.type);
        }
    for (int i = 0; i < node->input_count; i++)
        map_outputs(plan, node->inputs[i], map, count);
}

LogicalNode *logical_copy(Planning *plan, const LogicalNode *node, int **map) {
    int count = plan->column_count;
    *map = ARENA_ARRAY(plan->arena, int, count + 1);
    memset(*map, -1, sizeof **map * (size_t)count);
    map_outputs(plan, node, *map, count);
    LogicalNode *copy = clone(plan, node);
    logical_substitute(plan, copy, *map, count);
    return copy;
}

typedef struct Substitution {
    Planning *plan;
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

void logical_substitute(Planning *plan, LogicalNode *node, const int *map, int map_count) {
    Substitution substitution = {plan, map, map_count};
    for (int i = 0; i < node->input_count; i++)
        logical_substitute(plan, node->inputs[i], map, map_count);
    logical_visit(node, &(LogicalVisitor){substitute_expression, substitute_column, &substitution});
    DUPLICATE(node->columns, node->column_count);
    for (int i = 0; i < node->column_count; i++)
        substitute_column(&node->columns[i], &substitution);
    logical_refresh(plan, node);
}
