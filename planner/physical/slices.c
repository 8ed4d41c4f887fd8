/* Slices: an aggregate over HOP or CUMULATE whose first phase folds each row once, by its slice; the second
   folds those by window:

     Aggregate by window                                Aggregate (final) by window
       Project                                            Window HOP (of slices)
         Window HOP (each row once a window)    ==>         Aggregate (partial) by slice
           …                                                  Project
                                                                Window HOP (slices: each row once)
                                                                  …

   Not when something between the window function and the aggregate's keys reads the windows: a filter, an
   expression, a call. */
#include <string.h>

#include "executor/operators/window/window.h"
#include "planner/physical/physical.h"

static bool is_bound(const LogicalNode *window, int column) {
    return column == window->columns[window->column_count - 2] ||
           column == window->columns[window->column_count - 1];
}

/* Whether the projection hands the bounds on under their numbers, and does nothing else with them. */
static bool passes_bounds(Planning *plan, const LogicalNode *project, const LogicalNode *window) {
    for (int i = 0; i < project->column_count; i++) {
        const Expression *expression = project->project.expressions[i];
        if (expression->kind == EXPRESSION_COLUMN && expression->column == project->columns[i])
            continue;
        ColumnSet used = {0};
        expression_add_columns(plan, expression, &used);
        for (int c = window->column_count - 2; c < window->column_count; c++)
            if (set_has(&used, window->columns[c]))
                return false;
    }
    return true;
}

static bool reads_bounds(const AggregateSpec *call, const LogicalNode *window) {
    bool reads = call->filter >= 0 && is_bound(window, call->filter);
    for (int i = 0; i < call->argument_count; i++)
        reads |= is_bound(window, call->arguments[i]);
    for (int i = 0; i < call->order_count; i++)
        reads |= is_bound(window, call->order[i].column);
    return reads;
}

static const LogicalNode *find_window(Planning *plan, const LogicalNode *aggregate) {
    const LogicalNode *window = aggregate->inputs[0];
    while (window->type == &project_node)
        window = window->inputs[0];
    if (window->type != &window_node || logical_window_copies(window) <= 1)
        return NULL;
    for (const LogicalNode *node = aggregate->inputs[0]; node != window; node = node->inputs[0])
        if (!passes_bounds(plan, node, window))
            return NULL;
    for (int i = 0; i < aggregate->aggregate.call_count; i++)
        if (reads_bounds(&aggregate->aggregate.calls[i], window))
            return NULL;
    for (int i = 0; i < aggregate->aggregate.key_count; i++)
        if (is_bound(window, aggregate->aggregate.keys[i]))
            return window;
    return NULL;
}

/* The aggregate's input once more, with slices for windows. */
static LogicalNode *copy_input(Physical *physical, const LogicalNode *node, const Slices *slices) {
    LogicalNode *copy = ARENA_NEW(physical->arena, LogicalNode);
    *copy = *node;
    logical_forget_own(copy);
    copy->columns = ARENA_ARRAY(physical->arena, int, node->column_count + 2);
    int count = node->column_count - 2;
    if (node->type == &window_node) {
        copy->window.is_sliced = true;
        memcpy(copy->columns, node->columns, sizeof *copy->columns * (size_t)count);
    } else {
        copy->inputs = ARENA_NEW(physical->arena, LogicalNode *);
        copy->inputs[0] = copy_input(physical, node->inputs[0], slices);
        copy->project.expressions = ARENA_ARRAY(physical->arena, Expression *, node->column_count + 2);
        count = 0;
        for (int i = 0; i < node->column_count; i++)
            if (!is_bound(slices->window, node->columns[i])) {
                copy->columns[count] = node->columns[i];
                copy->project.expressions[count++] = node->project.expressions[i];
            }
        copy->project.expressions[count] = plan_column(physical->plan, slices->start);
        copy->project.expressions[count + 1] = plan_column(physical->plan, slices->end);
    }
    copy->columns[count] = slices->start;
    copy->columns[count + 1] = slices->end;
    copy->column_count = count + 2;
    return copy;
}

bool slices_find(Physical *physical, LogicalNode *aggregate, Slices *slices) {
    Planning *plan = physical->plan;
    const LogicalNode *window = find_window(plan, aggregate);
    if (window == NULL)
        return false;
    int start = window->columns[window->column_count - 2], end = window->columns[window->column_count - 1];
    Type type = plan->columns[start].type;
    *slices = (Slices){.window = window, .copies = logical_window_copies(window)};
    slices->start = plan_column_add(plan, "slice_start", type);
    slices->end = plan_column_add(plan, "slice_end", type);
    slices->input = copy_input(physical, aggregate->inputs[0], slices);
    slices->keys = ARENA_ARRAY(physical->arena, int, aggregate->aggregate.key_count + 2);
    bool has_start = false, has_end = false;
    for (int i = 0; i < aggregate->aggregate.key_count; i++) {
        int key = aggregate->aggregate.keys[i];
        has_start |= key == start;
        has_end |= key == end;
        slices->keys[slices->key_count++] = key == start ? slices->start : key == end ? slices->end : key;
    }
    if (!has_start)
        slices->keys[slices->key_count++] = slices->start;
    if (!has_end)
        slices->keys[slices->key_count++] = slices->end;
    return true;
}

/* The first phase's columns with windows for slices. */
static LogicalNode *make_expand(Physical *physical, LogicalNode *partial, const Slices *slices) {
    LogicalNode *expand = logical_create(physical->plan, &window_node, 1, &partial);
    int count = partial->column_count, bound = slices->window->column_count - 2;
    expand->columns = ARENA_ARRAY(physical->arena, int, count + 1);
    expand->column_count = count;
    Proofs *proofs = ARENA_NEW(physical->arena, Proofs);
    *proofs = *logical_proofs(physical->plan, partial);
    Estimates *estimates = ARENA_NEW(physical->arena, Estimates);
    *estimates = *logical_estimates(physical->plan, partial);
    estimates->rows *= slices->copies;
    proofs->watermarks = set_copy(physical->arena, &proofs->watermarks);
    for (int i = 0; i < count; i++) {
        int column = partial->columns[i];
        expand->columns[i] = column == slices->start ? slices->window->columns[bound]
                             : column == slices->end ? slices->window->columns[bound + 1]
                                                     : column;
        if (set_has(&proofs->watermarks, column))
            set_add(physical->arena, &proofs->watermarks, expand->columns[i]);
    }
    expand->proofs[physical->plan->mode] = proofs;
    expand->estimates = estimates;
    return expand;
}

void slices_expand(Physical *physical, const LogicalNode *aggregate, LogicalNode *partial,
    const Slices *slices, PhysicalNode *node) {
    PhysicalNode input = *node;
    const LogicalNode *window = slices->window;
    LogicalNode *expand = make_expand(physical, partial, slices);
    physical_create(physical, expand, &window_operator, 1, &input, node);
    *(WindowParameters *)node->spec->parameters = (WindowParameters){.kind = window->window.kind,
        .part = WINDOW_EXPAND,
        .time_column = physical_position(&input, slices->start),
        .end_column = physical_position(&input, slices->end),
        .size = window->window.size,
        .slide = window->window.slide,
        .offset = window->window.offset,
        .arrival_column = -1};
    int count = aggregate->aggregate.key_count, kept = 0,
        *columns = ARENA_ARRAY(physical->arena, int, expand->column_count + 1);
    if (count == slices->key_count)
        return;
    /* A bound that is not grouped by made the slices known, and goes. */
    for (int i = 0; i < expand->column_count; i++)
        if (i < count || i >= slices->key_count)
            columns[kept++] = expand->columns[i];
    input = *node;
    physical_project_over(physical, logical_pick(physical->plan, expand, columns, kept), &input, node);
}
