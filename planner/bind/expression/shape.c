/* What a syntax tree shows before it is bound. */
#include <string.h>

#include "planner/bind/binder.h"

bool is_star(const SyntaxExpression *syntax) {
    bool has_steps = syntax->kind == SYNTAX_INDIRECTION && syntax->indirection.count > 0;
    return (syntax->kind == SYNTAX_COLUMN && syntax->column.is_star) ||
           (has_steps && syntax->indirection.steps[syntax->indirection.count - 1].is_star);
}

const char *name_text(Binder *binder, const SyntaxName *name) {
    const char *text = name->parts[0];
    for (int i = 1; i < name->part_count; i++)
        text = arena_printf(binder->arena, "%s.%s", text, name->parts[i]);
    return text;
}

static int name_quality(const SyntaxExpression *expression, const char **name);

static int good(const char **name, const char *found) {
    *name = found;
    return 2;
}

/* The name of what is inside, or, when that is no better, this one. */
static int at_least(const SyntaxExpression *inside, const char *otherwise, const char **name) {
    int quality = inside == NULL ? 0 : name_quality(inside, name);
    if (quality > 1)
        return quality;
    *name = otherwise;
    return 1;
}

static int sublink_quality(const SyntaxExpression *expression, const char **name) {
    const SyntaxSelect *query = expression->sublink.query;
    switch (expression->sublink.kind) {
    case SYNTAX_SUBLINK_EXISTS:
        return good(name, "exists");
    case SYNTAX_SUBLINK_ARRAY:
        return good(name, "array");
    case SYNTAX_SUBLINK_SCALAR:
        if (query->kind != SYNTAX_SELECT || query->target_count == 0)
            return 0;
        return query->targets[0].name != NULL ? good(name, query->targets[0].name)
                                              : name_quality(query->targets[0].expression, name);
    default:
        return 0;
    }
}

static int indirection_quality(const SyntaxExpression *expression, const char **name) {
    for (int i = expression->indirection.count - 1; i >= 0; i--)
        if (expression->indirection.steps[i].field != NULL)
            return good(name, expression->indirection.steps[i].field);
    return name_quality(expression->indirection.argument, name);
}

static const char *last_part(const SyntaxName *name) {
    return name->parts[name->part_count - 1];
}

/* PostgreSQL's FigureColname: how good the name is decides between a cast's type and what is inside. */
static int name_quality(const SyntaxExpression *expression, const char **name) {
    static const char *const values[] = {"current_date", "current_time", "current_timestamp", "localtime",
        "localtimestamp", "current_role", "current_user", "user", "session_user", "current_catalog",
        "current_schema"};
    switch (expression->kind) {
    case SYNTAX_COLUMN:
        return expression->column.is_star ? 0 : good(name, last_part(&expression->column.name));
    case SYNTAX_FUNCTION:
        return good(name, last_part(&expression->function.name));
    case SYNTAX_CAST:
        return at_least(expression->cast.argument, last_part(&expression->cast.type->name), name);
    case SYNTAX_COLLATE:
        return name_quality(expression->collate.argument, name);
    case SYNTAX_INDIRECTION:
        return indirection_quality(expression, name);
    case SYNTAX_OPERATOR:
        return expression->operation.kind == SYNTAX_OPERATOR_NULLIF ? good(name, "nullif") : 0;
    case SYNTAX_CASE:
        return at_least(expression->choice.otherwise, "case", name);
    case SYNTAX_COALESCE:
        return good(name, "coalesce");
    case SYNTAX_GREATEST:
        return good(name, "greatest");
    case SYNTAX_LEAST:
        return good(name, "least");
    case SYNTAX_ARRAY:
        return good(name, "array");
    case SYNTAX_ROW:
        return good(name, "row");
    case SYNTAX_GROUPING:
        return good(name, "grouping");
    case SYNTAX_SUBLINK:
        return sublink_quality(expression, name);
    case SYNTAX_SQL_VALUE:
        return good(name, values[expression->sql_value.kind]);
    default:
        return 0;
    }
}

const char *target_name(const SyntaxExpression *expression) {
    const char *name = NULL;
    return name_quality(expression, &name) > 0 ? name : "?column?";
}

Status bind_sort_flags(Binder *binder, const SyntaxSort *sort, SortKey *key) {
    key->is_descending = sort->direction == SYNTAX_SORT_DESCENDING;
    if (sort->direction == SYNTAX_SORT_USING) {
        if (strcmp(sort->operator_name, "<") != 0 && strcmp(sort->operator_name, ">") != 0) {
            bind_error(binder, sort->position, STATUS_WRONG_OBJECT_TYPE,
                "operator %s is not a valid ordering operator", sort->operator_name);
            return error_hint(binder->error,
                "Ordering operators must be \"<\" or \">\" members of btree operator families.");
        }
        key->is_descending = sort->operator_name[0] == '>';
    }
    key->is_nulls_first =
        sort->nulls == SYNTAX_NULLS_FIRST || (sort->nulls == SYNTAX_NULLS_DEFAULT && key->is_descending);
    return OK;
}
