/* Time windows: TUMBLE, HOP, CUMULATE and SESSION as table functions, and TUMBLE, HOP, SESSION as group
   functions. */
#include <string.h>
#include <strings.h>

#include "planner/bind/binder.h"
#include "planner/logical/late.h"

static Status constant_interval(
    Binder *binder, const SyntaxExpression *syntax, const char *what, int64_t *microseconds) {
    Expression *expression;
    TRY(bind_expression(binder, syntax, &expression));
    if (!can_coerce(expression->type, type_of(TYPE_INTERVAL), COERCE_IMPLICIT))
        return bind_error(binder, syntax->position, STATUS_DATATYPE_MISMATCH,
            "%s of a window must be an interval, not type %s", what,
            type_text(binder->arena, expression->type));
    TRY(coerce(binder, expression, type_of(TYPE_INTERVAL), COERCE_IMPLICIT, &expression));
    if (!expression_is_constant(expression))
        return bind_error(
            binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED, "%s of a window must be constant", what);
    Value value;
    TRY(expression_evaluate_constant(expression, binder->context->settings, binder->context->session,
        binder->arena, &value, binder->error));
    if (value.is_null)
        return bind_error(
            binder, syntax->position, STATUS_NULL_VALUE_NOT_ALLOWED, "%s of a window must not be null", what);
    if (value.datum.interval.months != 0)
        return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED,
            "%s of a window must not contain months or years", what);
    *microseconds = value.datum.interval.days * INT64_C(86400000000) + value.datum.interval.microseconds;
    return OK;
}

static Status positive_interval(
    Binder *binder, const SyntaxExpression *syntax, const char *what, int64_t *microseconds) {
    TRY(constant_interval(binder, syntax, what, microseconds));
    if (*microseconds <= 0)
        return bind_error(binder, syntax->position, STATUS_INVALID_PARAMETER_VALUE,
            "%s of a window must be positive", what);
    return OK;
}

static Status check_sizes(Binder *binder, int kind, int64_t size, int64_t slide, int position) {
    if (kind == WINDOW_CUMULATE && size % slide != 0)
        return bind_error(binder, position, STATUS_INVALID_PARAMETER_VALUE,
            "the size of a CUMULATE window must be a multiple of its step");
    return OK;
}

static Status check_time(Binder *binder, const Expression *time) {
    TypeId type = (TypeId)time->type.id;
    if (time->type.is_array || (type != TYPE_TIMESTAMP && type != TYPE_TIMESTAMPTZ && type != TYPE_DATE))
        return bind_error(binder, time->position, STATUS_DATATYPE_MISMATCH,
            "the time column of a window must be a timestamp or date, not type %s",
            type_text(binder->arena, time->type));
    return OK;
}

/* window_start and window_end behind the input's columns. */
static void add_bounds(Binder *binder, LogicalNode *node, Type time) {
    Type bound = type_of(time.id == TYPE_TIMESTAMPTZ ? TYPE_TIMESTAMPTZ : TYPE_TIMESTAMP);
    node->columns = ARENA_ARRAY(binder->arena, int, 2);
    node->columns[0] = plan_column_add(binder->plan, "window_start", bound);
    node->columns[1] = plan_column_add(binder->plan, "window_end", bound);
    node->column_count = node->own_count = 2;
    logical_refresh(binder->plan, node);
}

/* The last moment within a window, as Flink counts: a millisecond before its end. */
static Status window_time(Binder *binder, int end, Expression **time) {
    Value step = {.type = type_of(TYPE_INTERVAL), .datum.interval.microseconds = 1000};
    return bind_operator(
        binder, "-", plan_column(binder->plan, end), expression_constant(binder->arena, &step), -1, time);
}

/* Puts a SESSION node on *node. */
static Status make_session(Binder *binder, LogicalNode **node, Expression *const *partition, int count,
    Expression *time, int64_t gap) {
    TRY(check_time(binder, time));
    int *columns = ARENA_ARRAY(binder->arena, int, count + 1), column;
    *node = logical_extend(binder->plan, *node, 1, &time, &column);
    *node = logical_extend(binder->plan, *node, count, partition, columns);
    logical_leave_out_late(binder->plan, node, column);
    *node = logical_create(binder->plan, &session_node, 1, node);
    (*node)->session.partition_count = count;
    (*node)->session.partition = columns;
    (*node)->session.time_column = column;
    (*node)->session.gap = gap;
    add_bounds(binder, *node, time->type);
    return OK;
}

/* Puts a WINDOW node on *node; time must be a column of it. */
typedef struct Sizes {
    int kind; /* WINDOW_… */
    int64_t size, slide, offset;
} Sizes;

static Status make_window(
    Binder *binder, LogicalNode **node, Expression *time, const Sizes *sizes, int position) {
    TRY(check_time(binder, time));
    TRY(check_sizes(binder, sizes->kind, sizes->size, sizes->slide, position));
    int column;
    *node = logical_extend(binder->plan, *node, 1, &time, &column);
    *node = logical_create(binder->plan, &window_node, 1, node);
    (*node)->window.kind = sizes->kind;
    (*node)->window.time_column = column;
    (*node)->window.size = sizes->size;
    (*node)->window.slide = sizes->slide;
    (*node)->window.offset = sizes->offset;
    (*node)->window.arrival = -1;
    add_bounds(binder, *node, time->type);
    return OK;
}

static Status bind_table_session(
    Binder *binder, const SyntaxTableWindow *window, LogicalNode **node, Expression *time) {
    Expression **partition = ARENA_ARRAY(binder->arena, Expression *, window->partition_count + 1);
    int64_t gap;
    for (int i = 0; i < window->partition_count; i++)
        TRY(bind_expression(binder, window->partition_by[i], &partition[i]));
    TRY(positive_interval(binder, window->gap, "the gap", &gap));
    return make_session(binder, node, partition, window->partition_count, time, gap);
}

/* TUMBLE, HOP, CUMULATE. */
static Status bind_table_sizes(Binder *binder, const SyntaxTable *table, const SyntaxTableWindow *window,
    LogicalNode **node, Expression *time) {
    static const int kinds[] = {WINDOW_TUMBLE, WINDOW_HOP, WINDOW_CUMULATE, 0};
    Sizes sizes = {.kind = kinds[window->kind]};
    TRY(positive_interval(binder, window->size, "the size", &sizes.size));
    sizes.slide = sizes.size;
    if (window->slide != NULL)
        TRY(positive_interval(
            binder, window->slide, window->kind == SYNTAX_HOP ? "the slide" : "the step", &sizes.slide));
    if (window->offset != NULL)
        TRY(constant_interval(binder, window->offset, "the offset", &sizes.offset));
    return make_window(binder, node, time, &sizes, table->position);
}

Status bind_table_window(Binder *binder, const SyntaxTable *table, LogicalNode **node) {
    const SyntaxTableWindow *window = &table->window;
    if (window->partition_count > 0 && window->kind != SYNTAX_SESSION)
        return bind_error(binder, table->position, STATUS_FEATURE_NOT_SUPPORTED,
            "PARTITION BY in a window table function is not supported");
    int from = binder->scope->item_count;
    TRY(bind_table(binder, window->input, node));
    note_window_input(binder, table);
    ScopeItem *input = binder->scope->items[from];
    /* The time column is one of the input's, whatever stands beside it in FROM. */
    Scope *scope = binder->scope, inner = {.ctes = scope->ctes, .clause = CLAUSE_FROM};
    binder->scope = &inner;
    scope_add(binder, input);
    Expression *time;
    TRY(bind_expression(binder, window->time, &time));
    if (window->kind == SYNTAX_SESSION)
        TRY(bind_table_session(binder, window, node, time));
    else
        TRY(bind_table_sizes(binder, table, window, node, time));
    binder->scope = scope;
    int count = input->column_count;
    ScopeItem *item = ARENA_NEW(binder->arena, ScopeItem);
    *item = *input;
    item->columns = ARENA_ARRAY(binder->arena, ScopeColumn, count + 3);
    /* Hidden columns stay last. */
    int at = 0;
    for (int i = 0; i < count; i++)
        if (!input->columns[i].is_hidden)
            item->columns[at++] = input->columns[i];
    item->columns[at++] =
        (ScopeColumn){"window_start", plan_column(binder->plan, (*node)->columns[(*node)->column_count - 2])};
    item->columns[at++] =
        (ScopeColumn){"window_end", plan_column(binder->plan, (*node)->columns[(*node)->column_count - 1])};
    for (int i = 0; i < count; i++)
        if (input->columns[i].is_hidden)
            item->columns[at++] = input->columns[i];
    int visible = at;
    Expression *last;
    TRY(window_time(binder, (*node)->columns[(*node)->column_count - 1], &last));
    item->columns[at++] = (ScopeColumn){"window_time", last, .is_hidden = true};
    item->column_count = at;
    if (table->alias != NULL) {
        item->alias = table->alias->name;
        item->schema = NULL;
        if (table->alias->column_count > visible)
            return bind_error(binder, table->position, STATUS_INVALID_COLUMN_REFERENCE,
                "table \"%s\" has %d columns available but %d columns specified", item->alias, visible,
                table->alias->column_count);
        for (int i = 0; i < table->alias->column_count; i++) {
            note_implicit(binder, &item->columns[i], false);
            item->columns[i].is_own_name = false;
            item->columns[i].name = table->alias->columns[i];
        }
    }
    binder->scope->items[from] = item;
    return OK;
}

/* Group functions */

static const struct {
    const char *name;
    int kind; /* −1: SESSION */
} group_windows[] = {{"tumble", WINDOW_TUMBLE}, {"hop", WINDOW_HOP}, {"session", -1}};

static int group_window_index(const SyntaxExpression *expression) {
    if (expression == NULL || expression->kind != SYNTAX_FUNCTION ||
        expression->function.name.part_count != 1 || expression->function.over != NULL)
        return -1;
    for (size_t i = 0; i < sizeof group_windows / sizeof *group_windows; i++)
        if (strcasecmp(expression->function.name.parts[0], group_windows[i].name) == 0 &&
            expression->function.argument_count >= 2)
            return (int)i;
    return -1;
}

bool is_group_window(const SyntaxExpression *expression) {
    return group_window_index(expression) >= 0;
}

/* What an item of GROUP BY names: an output column by its position, or by its name where FROM has none of it,
   stands for its expression. */
static const SyntaxExpression *group_expression(
    Binder *binder, const SyntaxSelect *select, const SyntaxExpression *item) {
    bool is_position = item->kind == SYNTAX_CONSTANT && item->constant.kind == SYNTAX_CONSTANT_INTEGER;
    if (is_position && item->constant.integer >= 1 && item->constant.integer <= select->target_count)
        return select->targets[item->constant.integer - 1].expression;
    if (item->kind != SYNTAX_COLUMN || item->column.is_star || item->column.name.part_count != 1 ||
        scope_find(binder, NULL, item->column.name.parts[0]) != NULL)
        return item;
    for (int i = 0; i < select->target_count; i++)
        if (select->targets[i].name != NULL &&
            strcmp(select->targets[i].name, item->column.name.parts[0]) == 0)
            return select->targets[i].expression;
    return item;
}

/* SESSION_START and SESSION_END among the output columns are no part of what a session is kept by. */
static bool is_bound_of(const SyntaxExpression *expression, const SyntaxFunction *function) {
    if (expression->kind != SYNTAX_FUNCTION || expression->function.name.part_count != 1)
        return false;
    size_t length = strlen(function->name.parts[0]);
    return strncasecmp(expression->function.name.parts[0], function->name.parts[0], length) == 0;
}

/* A session is kept by the other items of GROUP BY. */
static Status bind_group_session(
    Binder *binder, const SyntaxSelect *select, const SyntaxExpression *expression, LogicalNode **node) {
    const SyntaxFunction *function = &expression->function;
    Expression **partition = ARENA_ARRAY(binder->arena, Expression *, select->group_count + 1), *time;
    int64_t gap;
    int count = 0;
    if (function->argument_count != 2)
        return bind_error(binder, expression->position, STATUS_UNDEFINED_FUNCTION,
            "wrong number of arguments of %s", function->name.parts[0]);
    for (int i = 0; i < select->group_count; i++) {
        const SyntaxGroup *item = &select->group_by[i];
        if (item->kind != SYNTAX_GROUP_EXPRESSION || item->expression->kind == SYNTAX_ROW)
            return bind_error(binder, expression->position, STATUS_FEATURE_NOT_SUPPORTED,
                "SESSION beside grouping sets is not supported");
        const SyntaxExpression *by = group_expression(binder, select, item->expression);
        if (!is_group_window(by) && !is_bound_of(by, function))
            TRY(bind_expression(binder, by, &partition[count++]));
    }
    TRY(bind_expression(binder, function->arguments[0].expression, &time));
    TRY(positive_interval(binder, function->arguments[1].expression, "the gap", &gap));
    return make_session(binder, node, partition, count, time, gap);
}

static Status bind_group_sizes(
    Binder *binder, const SyntaxExpression *expression, int kind, LogicalNode **node) {
    const SyntaxFunction *function = &expression->function;
    Expression *time;
    int64_t size, slide, offset = 0;
    int sizes = kind == WINDOW_HOP ? 2 : 1;
    if (function->argument_count < 1 + sizes || function->argument_count > 2 + sizes)
        return bind_error(binder, expression->position, STATUS_UNDEFINED_FUNCTION,
            "wrong number of arguments of %s", function->name.parts[0]);
    TRY(bind_expression(binder, function->arguments[0].expression, &time));
    TRY(positive_interval(
        binder, function->arguments[1].expression, kind == WINDOW_HOP ? "the slide" : "the size", &slide));
    size = slide;
    if (kind == WINDOW_HOP)
        TRY(positive_interval(binder, function->arguments[2].expression, "the size", &size));
    if (function->argument_count > 1 + sizes)
        TRY(constant_interval(binder, function->arguments[1 + sizes].expression, "the offset", &offset));
    return make_window(binder, node, time, &(Sizes){kind, size, slide, offset}, expression->position);
}

Status bind_group_window(
    Binder *binder, const SyntaxSelect *select, const SyntaxExpression *expression, LogicalNode **node) {
    int kind = group_windows[group_window_index(expression)].kind;
    if (kind < 0)
        TRY(bind_group_session(binder, select, expression, node));
    else
        TRY(bind_group_sizes(binder, expression, kind, node));
    GroupWindow window = {&expression->function, (*node)->columns[(*node)->column_count - 2],
        (*node)->columns[(*node)->column_count - 1]};
    ARENA_APPEND(binder->arena, binder->scope->group_windows, binder->scope->group_window_count, window);
    return OK;
}

/* TUMBLE_START(ts, …) refers to the TUMBLE(ts, …) of GROUP BY; with several of a kind, to the first. */
Status find_group_window(Binder *binder, const SyntaxFunction *function, Expression **out) {
    *out = NULL;
    if (binder->scope == NULL || function->name.part_count != 1)
        return OK;
    const char *name = function->name.parts[0];
    for (int i = 0; i < binder->scope->group_window_count; i++) {
        const GroupWindow *window = &binder->scope->group_windows[i];
        const char *kind = window->function->name.parts[0];
        size_t length = strlen(kind);
        if (strncasecmp(name, kind, length) != 0)
            continue;
        if (strcasecmp(name + length, "_start") == 0 || name[length] == 0)
            *out = plan_column(binder->plan, window->start);
        else if (strcasecmp(name + length, "_end") == 0)
            *out = plan_column(binder->plan, window->end);
        else if (strcasecmp(name + length, "_rowtime") == 0 || strcasecmp(name + length, "_proctime") == 0)
            TRY(window_time(binder, window->end, out));
        if (*out != NULL)
            return OK;
    }
    return OK;
}
