/* Windows: the window calls of the select list become OVER nodes, one a partition, order and frame. */
#include <string.h>

#include "planner/bind/binder.h"

typedef struct Windows {
    Binder *binder;
    WindowCall **calls;
    int *columns; /* results */
    int count;
} Windows;

static Expression *collect_call(const Expression *node, void *argument) {
    Windows *windows = argument;
    if (node->kind != EXPRESSION_WINDOW)
        return subquery_rewrite(windows->binder, node, collect_call, windows);
    for (int i = 0; i < windows->count; i++)
        if (windows->calls[i] == node->planner)
            return (Expression *)node;
    ARENA_APPEND(windows->binder->arena, windows->calls, windows->count, node->planner);
    return (Expression *)node;
}

static Expression *replace_call(const Expression *node, void *argument) {
    Windows *windows = argument;
    if (node->kind != EXPRESSION_WINDOW)
        return subquery_rewrite(windows->binder, node, replace_call, windows);
    for (int i = 0; i < windows->count; i++)
        if (windows->calls[i] == node->planner)
            return plan_column(windows->binder->plan, windows->columns[i]);
    return NULL;
}

static bool window_is_same(const WindowCall *a, const WindowCall *b) {
    if (a->partition_count != b->partition_count || a->order_count != b->order_count ||
        a->frame_mode != b->frame_mode || a->start != b->start || a->end != b->end ||
        a->start_offset != b->start_offset || a->end_offset != b->end_offset ||
        a->bound_count != b->bound_count || a->exclude != b->exclude)
        return false;
    for (int i = 0; i < a->bound_count; i++)
        if (!expression_is_equal(a->bounds[i], b->bounds[i]))
            return false;
    for (int i = 0; i < a->partition_count; i++)
        if (!expression_is_equal(a->partition[i], b->partition[i]))
            return false;
    for (int i = 0; i < a->order_count; i++)
        if (!expression_is_equal(a->order[i], b->order[i]) ||
            memcmp(&a->sort_keys[i], &b->sort_keys[i], sizeof a->sort_keys[i]) != 0)
            return false;
    return true;
}

/* One OVER node for the calls [members]; their columns are noted. */
static Status make_over(Windows *windows, LogicalNode **node, const int *members, int member_count) {
    Binder *binder = windows->binder;
    Arena *arena = binder->arena;
    const WindowCall *first = windows->calls[members[0]];
    Expression **needed = NULL;
    int count = 0;
    for (int i = 0; i < first->partition_count; i++)
        ARENA_APPEND(arena, needed, count, first->partition[i]);
    for (int i = 0; i < first->order_count; i++)
        ARENA_APPEND(arena, needed, count, first->order[i]);
    for (int i = 0; i < first->bound_count; i++)
        ARENA_APPEND(arena, needed, count, first->bounds[i]);
    for (int m = 0; m < member_count; m++) {
        const WindowCall *call = windows->calls[members[m]];
        for (int i = 0; i < call->spec.argument_count; i++)
            ARENA_APPEND(arena, needed, count, call->arguments[i]);
        if (call->filter != NULL)
            ARENA_APPEND(arena, needed, count, call->filter);
    }
    int *columns = ARENA_ARRAY(arena, int, count + 1), *next = columns;
    TRY(attach_expressions(binder, node, needed, count));
    *node = logical_extend(binder->plan, *node, count, needed, columns);
    LogicalNode *over = logical_create(binder->plan, &over_node, 1, node);
    over->over.partition = next;
    over->over.partition_count = first->partition_count;
    next += first->partition_count;
    over->over.keys = ARENA_ARRAY(arena, SortKey, first->order_count + 1);
    over->over.key_count = first->order_count;
    for (int i = 0; i < first->order_count; i++) {
        over->over.keys[i] = first->sort_keys[i];
        over->over.keys[i].column = *next++;
    }
    over->over.bounds = next;
    over->over.bound_count = first->bound_count;
    next += first->bound_count;
    over->over.exclude = first->exclude;
    over->over.frame_mode = first->frame_mode;
    over->over.start = first->start;
    over->over.end = first->end;
    over->over.start_offset = first->start_offset;
    over->over.end_offset = first->end_offset;
    over->over.calls = ARENA_ARRAY(arena, OverCall, member_count);
    over->over.call_count = over->own_count = over->column_count = member_count;
    over->columns = ARENA_ARRAY(arena, int, member_count);
    for (int m = 0; m < member_count; m++) {
        const WindowCall *call = windows->calls[members[m]];
        over->over.calls[m] = call->spec;
        over->over.calls[m].arguments = next;
        over->over.calls[m].filter = -1;
        next += call->spec.argument_count;
        if (call->filter != NULL)
            over->over.calls[m].filter = *next++;
        windows->columns[members[m]] = over->columns[m] = plan_column_add(
            binder->plan, over_call_name(call->spec.function, call->spec.aggregate), call->spec.result_type);
    }
    logical_refresh(binder->plan, over);
    *node = over;
    return OK;
}

Status attach_windows(Binder *binder, LogicalNode **node, Expression **expressions, int count) {
    Windows windows = {.binder = binder};
    for (int i = 0; i < count; i++)
        expression_rewrite(binder->arena, expressions[i], collect_call, &windows);
    if (windows.count == 0)
        return OK;
    windows.columns = ARENA_ARRAY(binder->arena, int, windows.count);
    bool *is_done = ARENA_ARRAY(binder->arena, bool, windows.count);
    int *members = ARENA_ARRAY(binder->arena, int, windows.count);
    for (int i = 0; i < windows.count; i++) {
        int member_count = 0;
        for (int j = i; j < windows.count && !is_done[i]; j++)
            if (!is_done[j] && window_is_same(windows.calls[i], windows.calls[j]))
                members[member_count++] = j;
        for (int m = 0; m < member_count; m++)
            is_done[members[m]] = true;
        if (member_count > 0)
            TRY(make_over(&windows, node, members, member_count));
    }
    for (int i = 0; i < count; i++)
        expressions[i] = expression_rewrite(binder->arena, expressions[i], replace_call, &windows);
    return OK;
}
