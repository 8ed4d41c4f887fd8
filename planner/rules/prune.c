/* Pruning: columns that nobody reads are not computed, not carried and not kept in state; projections upon
   projections become one. */
#include <string.h>

#include "planner/rules/rules.h"

static LogicalNode *prune(RuleContext *context, LogicalNode *node, const ColumnSet *wanted);

typedef struct Reader {
    RuleContext *context;
    ColumnSet *set;
} Reader;

static void read_expression(Expression **expression, void *argument) {
    Reader *reader = argument;
    expression_add_columns(reader->context->plan, *expression, reader->set);
}

static void read_column(int *column, void *argument) {
    Reader *reader = argument;
    set_add(reader->context->arena, reader->set, *column);
}

/* What the node itself reads. */
static void add_own(RuleContext *context, LogicalNode *node, ColumnSet *set) {
    Reader reader = {context, set};
    logical_visit(node, &(LogicalVisitor){read_expression, read_column, &reader});
}

/* State and exchanges hold whole rows: they get exactly what is needed. */
static LogicalNode *exactly(RuleContext *context, LogicalNode *node, const ColumnSet *needed) {
    int *columns = ARENA_ARRAY(context->arena, int, node->column_count + 1), count = 0;
    for (int i = 0; i < node->column_count; i++)
        if (set_has(needed, node->columns[i]))
            columns[count++] = node->columns[i];
    return count == 0 ? node : logical_pick(context->plan, node, columns, count);
}

/* Changes by key are made rows behind the scan, by the key; late ones are told by their times. */
static bool is_of_changes(const CatalogRelation *relation, int position) {
    if (relation->kind != RELATION_SOURCE || relation->key_count <= 0)
        return false;
    for (int k = 0; k < relation->key_count; k++)
        if (relation->key[k] == position)
            return true;
    return relation->watermark_column >= 0 &&
           (position == relation->watermark_column || relation->columns[position].is_hidden);
}

static void prune_scan(LogicalNode *node, const ColumnSet *wanted) {
    int kept = 0, narrowest = 0;
    for (int i = 0; i < node->column_count; i++) {
        if (set_has(wanted, node->columns[i]) ||
            is_of_changes(node->scan.relation, node->scan.positions[i])) {
            node->columns[kept] = node->columns[i];
            node->scan.positions[kept++] = node->scan.positions[i];
        } else if (kept == 0 && !type_has_heap(node->scan.relation->columns[node->scan.positions[i]].type))
            narrowest = i;
    }
    /* Rows without any column still count; one column carries them. */
    if (kept == 0 && node->column_count > 0) {
        node->columns[0] = node->columns[narrowest];
        node->scan.positions[0] = node->scan.positions[narrowest];
        kept = 1;
    }
    node->column_count = kept;
}

static void prune_values(RuleContext *context, LogicalNode *node, const ColumnSet *wanted) {
    int kept = 0, count = node->column_count, rows = node->values.row_count;
    int *places = ARENA_ARRAY(context->arena, int, count + 1),
        *columns = ARENA_ARRAY(context->arena, int, count + 1);
    for (int i = 0; i < count; i++)
        if (set_has(wanted, node->columns[i])) {
            places[kept] = i;
            columns[kept++] = node->columns[i];
        }
    Expression **expressions = ARENA_ARRAY(context->arena, Expression *, rows * kept + 1);
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < kept; i++)
            expressions[r * kept + i] = node->values.expressions[r * count + places[i]];
    node->columns = columns;
    node->column_count = kept;
    node->values.expressions = expressions;
}

/* A projection's expressions with those of the one below put in, when no work is doubled. */
static bool can_merge(RuleContext *context, const LogicalNode *above, const LogicalNode *below) {
    for (int b = 0; b < below->column_count; b++) {
        const Expression *inner = below->project.expressions[b];
        if (inner->kind == EXPRESSION_COLUMN || inner->kind == EXPRESSION_CONSTANT)
            continue;
        if (expression_flags(inner) & FUNCTION_VOLATILE)
            return false;
        int uses = 0;
        for (int a = 0; a < above->column_count; a++) {
            ColumnSet used = {0};
            expression_add_columns(context->plan, above->project.expressions[a], &used);
            uses += set_has(&used, below->columns[b]);
            if (set_has(&used, below->columns[b]) && above->project.expressions[a]->kind != EXPRESSION_COLUMN)
                uses++;
        }
        if (uses > 1)
            return false;
    }
    return true;
}

static bool is_identity(const LogicalNode *node) {
    const LogicalNode *input = node->inputs[0];
    if (node->column_count != input->column_count)
        return false;
    for (int i = 0; i < node->column_count; i++)
        if (node->columns[i] != input->columns[i] ||
            node->project.expressions[i]->kind != EXPRESSION_COLUMN ||
            node->project.expressions[i]->column != node->columns[i])
            return false;
    return true;
}

static LogicalNode *prune_project(RuleContext *context, LogicalNode *node, const ColumnSet *wanted) {
    int *columns = ARENA_ARRAY(context->arena, int, node->column_count + 1), kept = 0;
    Expression **expressions = ARENA_ARRAY(context->arena, Expression *, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++)
        if (set_has(wanted, node->columns[i])) {
            columns[kept] = node->columns[i];
            expressions[kept++] = node->project.expressions[i];
        }
    node->columns = columns;
    node->project.expressions = expressions;
    node->column_count = kept;
    while (node->inputs[0]->kind == LOGICAL_PROJECT && can_merge(context, node, node->inputs[0])) {
        const LogicalNode *below = node->inputs[0];
        for (int i = 0; i < kept; i++)
            expressions[i] = expression_replace_columns(context->arena, expressions[i], below->columns,
                below->project.expressions, below->column_count);
        node->inputs[0] = below->inputs[0];
    }
    ColumnSet needed = {0};
    add_own(context, node, &needed);
    node->inputs[0] = prune(context, node->inputs[0], &needed);
    node->properties = NULL;
    return kept == 0 || is_identity(node) ? node->inputs[0] : node;
}

static LogicalNode *prune_aggregate(RuleContext *context, LogicalNode *node, const ColumnSet *wanted) {
    int kept = 0, keys = node->aggregate.key_count;
    int *results = ARENA_ARRAY(context->arena, int, node->aggregate.call_count + 1);
    for (int i = 0; i < node->aggregate.call_count; i++)
        if (set_has(wanted, node->columns[keys + i])) {
            results[kept] = node->columns[keys + i];
            node->aggregate.calls[kept++] = node->aggregate.calls[i];
        }
    /* A global aggregate without results is still one row. */
    if (kept == 0 && keys == 0 && node->aggregate.call_count > 0) {
        results[0] = node->columns[0];
        kept = 1;
    }
    node->aggregate.call_count = node->own_count = node->column_count = kept;
    node->columns = results;
    ColumnSet needed = {0};
    add_own(context, node, &needed);
    node->inputs[0] = exactly(context, prune(context, node->inputs[0], &needed), &needed);
    logical_refresh(context->plan, node);
    return node;
}

static LogicalNode *prune_join(RuleContext *context, LogicalNode *node, const ColumnSet *wanted) {
    ColumnSet needed = set_copy(context->arena, wanted);
    add_own(context, node, &needed);
    for (int i = 0; i < 2; i++)
        node->inputs[i] = exactly(context, prune(context, node->inputs[i], &needed), &needed);
    logical_refresh(context->plan, node);
    return node;
}

static LogicalNode *prune_over(RuleContext *context, LogicalNode *node, const ColumnSet *wanted) {
    int kept = 0, first = node->column_count - node->own_count;
    int *results = ARENA_ARRAY(context->arena, int, node->own_count + 1);
    for (int i = 0; i < node->own_count; i++)
        if (set_has(wanted, node->columns[first + i])) {
            results[kept] = node->columns[first + i];
            node->over.calls[kept++] = node->over.calls[i];
        }
    if (kept == 0)
        return prune(context, node->inputs[0], wanted);
    node->over.call_count = node->own_count = node->column_count = kept;
    node->columns = results;
    ColumnSet needed = set_copy(context->arena, wanted);
    add_own(context, node, &needed);
    node->inputs[0] = exactly(context, prune(context, node->inputs[0], &needed), &needed);
    logical_refresh(context->plan, node);
    return node;
}

static LogicalNode *prune_union(RuleContext *context, LogicalNode *node, const ColumnSet *wanted) {
    int kept = 0, count = node->column_count;
    int *columns = ARENA_ARRAY(context->arena, int, count + 1),
        **maps = ARENA_ARRAY(context->arena, int *, node->input_count);
    bool keeps_all = node->kind == LOGICAL_SET_OPERATION;
    for (int in = 0; in < node->input_count; in++)
        maps[in] = ARENA_ARRAY(context->arena, int, count + 1);
    for (int i = 0; i < count; i++) {
        bool is_last = i == count - 1 && kept == 0;
        if (!keeps_all && !is_last && !set_has(wanted, node->columns[i]))
            continue;
        for (int in = 0; in < node->input_count; in++)
            maps[in][kept] = node->set.input_columns[in][i];
        columns[kept++] = node->columns[i];
    }
    node->columns = columns;
    node->column_count = kept;
    node->set.input_columns = maps;
    for (int in = 0; in < node->input_count; in++) {
        ColumnSet needed = {0};
        set_add_list(context->arena, &needed, maps[in], kept);
        node->inputs[in] = prune(context, node->inputs[in], &needed);
    }
    node->properties = NULL;
    return node;
}

/* Nodes that pass rows on, perhaps with a column more; those with state get exactly what is needed. */
static LogicalNode *prune_through(RuleContext *context, LogicalNode *node, const ColumnSet *wanted) {
    bool has_state = node->kind == LOGICAL_TOP_N || node->kind == LOGICAL_SINGLE_ROW ||
                     node->kind == LOGICAL_SORT || node->kind == LOGICAL_SESSION ||
                     node->kind == LOGICAL_WINDOW_CLOSE;
    ColumnSet needed = set_copy(context->arena, wanted);
    add_own(context, node, &needed);
    if (node->kind == LOGICAL_TOP_N && node->top_n.with_rank && !node->top_n.with_ties_rank &&
        !set_has(wanted, node->columns[node->column_count - 1])) {
        node->top_n.with_rank = false;
        node->own_count = 0;
    }
    if (node->input_count > 0) {
        node->inputs[0] = prune(context, node->inputs[0], &needed);
        if (has_state)
            node->inputs[0] = exactly(context, node->inputs[0], &needed);
    }
    logical_refresh(context->plan, node);
    return node;
}

static LogicalNode *prune(RuleContext *context, LogicalNode *node, const ColumnSet *wanted) {
    switch (node->kind) {
    case LOGICAL_SCAN:
        prune_scan(node, wanted);
        node->properties = NULL;
        return node;
    case LOGICAL_VALUES:
        prune_values(context, node, wanted);
        node->properties = NULL;
        return node;
    case LOGICAL_PROJECT:
        return prune_project(context, node, wanted);
    case LOGICAL_AGGREGATE:
        return prune_aggregate(context, node, wanted);
    case LOGICAL_JOIN:
    case LOGICAL_TEMPORAL_JOIN:
        return prune_join(context, node, wanted);
    case LOGICAL_OVER:
        return prune_over(context, node, wanted);
    case LOGICAL_UNION_ALL:
    case LOGICAL_SET_OPERATION:
        return prune_union(context, node, wanted);
    case LOGICAL_RECURSION:
        for (int i = 0; i < node->input_count; i++) {
            ColumnSet all = {0};
            set_add_list(context->arena, &all, node->set.input_columns[i], node->column_count);
            node->inputs[i] = prune(context, node->inputs[i], &all);
        }
        node->properties = NULL;
        return node;
    case LOGICAL_WORKING_TABLE:
        return node;
    case LOGICAL_FILTER:
    case LOGICAL_WINDOW:
    case LOGICAL_TOP_N:
    case LOGICAL_SORT:
    case LOGICAL_SINGLE_ROW:
    case LOGICAL_TABLE_FUNCTION:
    case LOGICAL_WINDOW_CLOSE:
    case LOGICAL_LATE:
    case LOGICAL_SESSION:
    case LOGICAL_KIND_COUNT:
        break;
    }
    return prune_through(context, node, wanted);
}

static Status apply(RuleContext *context, LogicalNode **root) {
    *root = prune(context, *root, &context->wanted);
    return OK;
}

const Rule prune_rule = {"prune", apply};
