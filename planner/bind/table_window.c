/* Event-time windows: TUMBLE, HOP and CUMULATE as table functions, and TUMBLE, HOP as group functions. */
#include <string.h>
#include <strings.h>

#include "planner/bind/binder.h"

static Status constant_interval(Binder *binder, const SyntaxExpression *syntax, const char *what, int64_t *microseconds, Error *error) {
    Expression *expression;
    TRY(bind_expression(binder, syntax, &expression, error));
    if (!can_coerce(expression->type, type_of(TYPE_INTERVAL), COERCE_IMPLICIT))
        return bind_error(binder, syntax->position, STATUS_DATATYPE_MISMATCH, error, "%s of a window must be an interval, not type %s", what,
            type_text(binder->arena, expression->type));
    TRY(coerce(binder, expression, type_of(TYPE_INTERVAL), COERCE_IMPLICIT, &expression, error));
    if (!expression_is_constant(expression))
        return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED, error, "%s of a window must be constant", what);
    Value value;
    TRY(expression_evaluate_constant(expression, binder->context->settings, binder->context->session, binder->arena, &value, error));
    if (value.is_null)
        return bind_error(binder, syntax->position, STATUS_NULL_VALUE_NOT_ALLOWED, error, "%s of a window must not be null", what);
    if (value.datum.interval.months != 0)
        return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED, error, "%s of a window must not contain months or years", what);
    *microseconds = value.datum.interval.days * INT64_C(86400000000) + value.datum.interval.microseconds;
    return OK;
}

static Status positive_interval(Binder *binder, const SyntaxExpression *syntax, const char *what, int64_t *microseconds, Error *error) {
    TRY(constant_interval(binder, syntax, what, microseconds, error));
    if (*microseconds <= 0)
        return bind_error(binder, syntax->position, STATUS_INVALID_PARAMETER_VALUE, error, "%s of a window must be positive", what);
    return OK;
}

static Status check_sizes(Binder *binder, int kind, int64_t size, int64_t slide, int position, Error *error) {
    if (kind == WINDOW_CUMULATE && size % slide != 0)
        return bind_error(binder, position, STATUS_INVALID_PARAMETER_VALUE, error, "the size of a CUMULATE window must be a multiple of its step");
    return OK;
}

/* Puts a WINDOW node on *node; time must be a column of it. */
static Status make_window(
    Binder *binder, LogicalNode **node, int kind, Expression *time, int64_t size, int64_t slide, int64_t offset, int position, Error *error) {
    TypeId type = (TypeId)time->type.id;
    if (time->type.is_array || (type != TYPE_TIMESTAMP && type != TYPE_TIMESTAMPTZ && type != TYPE_DATE))
        return bind_error(binder, time->position, STATUS_DATATYPE_MISMATCH, error,
            "the time column of a window must be a timestamp or date, not type %s", type_text(binder->arena, time->type));
    TRY(check_sizes(binder, kind, size, slide, position, error));
    int column;
    *node = logical_extend(binder->plan, *node, 1, &time, &column);
    Type bound = type_of(type == TYPE_TIMESTAMPTZ ? TYPE_TIMESTAMPTZ : TYPE_TIMESTAMP);
    *node = logical_create(binder->plan, LOGICAL_WINDOW, 1, node);
    (*node)->window.kind = kind;
    (*node)->window.time_column = column;
    (*node)->window.size = size;
    (*node)->window.slide = slide;
    (*node)->window.offset = offset;
    (*node)->window.arrival = -1;
    (*node)->columns = ARENA_ARRAY(binder->arena, int, 2);
    (*node)->columns[0] = plan_column_add(binder->plan, "window_start", bound);
    (*node)->columns[1] = plan_column_add(binder->plan, "window_end", bound);
    (*node)->column_count = (*node)->own_count = 2;
    logical_refresh(binder->plan, *node);
    return OK;
}

Status bind_table_window(Binder *binder, const SyntaxTable *table, LogicalNode **node, Error *error) {
    static const int kinds[] = {WINDOW_TUMBLE, WINDOW_HOP, WINDOW_CUMULATE, 0};
    const SyntaxTableWindow *window = &table->window;
    if (window->kind == SYNTAX_SESSION)
        return bind_error(binder, table->position, STATUS_FEATURE_NOT_SUPPORTED, error, "SESSION windows are not supported");
    if (window->partition_count > 0)
        return bind_error(binder, table->position, STATUS_FEATURE_NOT_SUPPORTED, error, "PARTITION BY in a window table function is not supported");
    int from = binder->scope->item_count;
    TRY(bind_table(binder, window->input, node, error));
    ScopeItem *input = binder->scope->items[from];
    /* The time column is one of the input's, whatever stands beside it in FROM. */
    Scope *scope = binder->scope, inner = {.ctes = scope->ctes, .clause = CLAUSE_FROM};
    binder->scope = &inner;
    scope_add(binder, input);
    Expression *time;
    int64_t size = 0, slide = 0, offset = 0;
    TRY(bind_expression(binder, window->time, &time, error));
    TRY(positive_interval(binder, window->size, "the size", &size, error));
    if (window->slide != NULL)
        TRY(positive_interval(binder, window->slide, window->kind == SYNTAX_HOP ? "the slide" : "the step", &slide, error));
    if (window->offset != NULL)
        TRY(constant_interval(binder, window->offset, "the offset", &offset, error));
    binder->scope = scope;
    TRY(make_window(binder, node, kinds[window->kind], time, size, slide == 0 ? size : slide, offset, table->position, error));
    int count = input->column_count;
    ScopeItem *item = ARENA_NEW(binder->arena, ScopeItem);
    *item = *input;
    item->columns = ARENA_ARRAY(binder->arena, ScopeColumn, count + 2);
    /* Hidden columns stay last. */
    int at = 0;
    for (int i = 0; i < count; i++)
        if (!input->columns[i].is_hidden)
            item->columns[at++] = input->columns[i];
    item->columns[at++] = (ScopeColumn){"window_start", plan_column(binder->plan, (*node)->columns[(*node)->column_count - 2]), false};
    item->columns[at++] = (ScopeColumn){"window_end", plan_column(binder->plan, (*node)->columns[(*node)->column_count - 1]), false};
    for (int i = 0; i < count; i++)
        if (input->columns[i].is_hidden)
            item->columns[at++] = input->columns[i];
    item->column_count = at;
    if (table->alias != NULL) {
        item->alias = table->alias->name;
        item->schema = NULL;
        if (table->alias->column_count > at)
            return bind_error(binder, table->position, STATUS_INVALID_COLUMN_REFERENCE, error,
                "table \"%s\" has %d columns available but %d columns specified", item->alias, at, table->alias->column_count);
        for (int i = 0; i < table->alias->column_count; i++)
            item->columns[i].name = table->alias->columns[i];
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
    if (expression == NULL || expression->kind != SYNTAX_FUNCTION || expression->function.name.part_count != 1 || expression->function.over != NULL)
        return -1;
    for (size_t i = 0; i < sizeof group_windows / sizeof *group_windows; i++)
        if (strcasecmp(expression->function.name.parts[0], group_windows[i].name) == 0 && expression->function.argument_count >= 2)
            return (int)i;
    return -1;
}

bool is_group_window(const SyntaxExpression *expression) {
    return group_window_index(expression) >= 0;
}

Status bind_group_window(Binder *binder, const SyntaxExpression *expression, LogicalNode **node, Error *error) {
    const SyntaxFunction *function = &expression->function;
    int kind = group_windows[group_window_index(expression)].kind;
    if (kind < 0)
        return bind_error(binder, expression->position, STATUS_FEATURE_NOT_SUPPORTED, error, "SESSION windows are not supported");
    Expression *time;
    int64_t size, slide, offset = 0;
    int sizes = kind == WINDOW_HOP ? 2 : 1;
    if (function->argument_count < 1 + sizes || function->argument_count > 2 + sizes)
        return bind_error(binder, expression->position, STATUS_UNDEFINED_FUNCTION, error, "wrong number of arguments of %s", function->name.parts[0]);
    TRY(bind_expression(binder, function->arguments[0].expression, &time, error));
    TRY(positive_interval(binder, function->arguments[1].expression, kind == WINDOW_HOP ? "the slide" : "the size", &slide, error));
    size = slide;
    if (kind == WINDOW_HOP)
        TRY(positive_interval(binder, function->arguments[2].expression, "the size", &size, error));
    if (function->argument_count > 1 + sizes)
        TRY(constant_interval(binder, function->arguments[1 + sizes].expression, "the offset", &offset, error));
    TRY(make_window(binder, node, kind, time, size, slide, offset, expression->position, error));
    GroupWindow window = {function, (*node)->columns[(*node)->column_count - 2], (*node)->columns[(*node)->column_count - 1]};
    ARENA_APPEND(binder->arena, binder->scope->group_windows, binder->scope->group_window_count, window);
    return OK;
}

/* TUMBLE_START(ts, …) refers to the TUMBLE(ts, …) of GROUP BY; with several of a kind, to the first. */
Expression *find_group_window(Binder *binder, const SyntaxFunction *function) {
    if (binder->scope == NULL || function->name.part_count != 1)
        return NULL;
    const char *name = function->name.parts[0];
    for (int i = 0; i < binder->scope->group_window_count; i++) {
        const GroupWindow *window = &binder->scope->group_windows[i];
        const char *kind = window->function->name.parts[0];
        size_t length = strlen(kind);
        if (strncasecmp(name, kind, length) != 0)
            continue;
        if (strcasecmp(name + length, "_start") == 0 || name[length] == 0)
            return plan_column(binder->plan, window->start);
        if (strcasecmp(name + length, "_end") == 0)
            return plan_column(binder->plan, window->end);
    }
    return NULL;
}
