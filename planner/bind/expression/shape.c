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

/* PostgreSQL's FigureColname: how good the name is decides between a cast's type and what is inside. */
static int name_quality(const SyntaxExpression *expression, const char **name) {
    switch (expression->kind) {
    case SYNTAX_COLUMN:
        if (expression->column.is_star)
            return 0;
        *name = expression->column.name.parts[expression->column.name.part_count - 1];
        return 2;
    case SYNTAX_FUNCTION:
        *name = expression->function.name.parts[expression->function.name.part_count - 1];
        return 2;
    case SYNTAX_CAST: {
        int quality = name_quality(expression->cast.argument, name);
        if (quality <= 1) {
            const SyntaxName *type = &expression->cast.type->name;
            *name = type->parts[type->part_count - 1];
            return 1;
        }
        return quality;
    }
    case SYNTAX_COLLATE:
        return name_quality(expression->collate.argument, name);
    case SYNTAX_INDIRECTION:
        for (int i = expression->indirection.count - 1; i >= 0; i--)
            if (expression->indirection.steps[i].field != NULL) {
                *name = expression->indirection.steps[i].field;
                return 2;
            }
        return name_quality(expression->indirection.argument, name);
    case SYNTAX_OPERATOR:
        if (expression->operation.kind == SYNTAX_OPERATOR_NULLIF) {
            *name = "nullif";
            return 2;
        }
        return 0;
    case SYNTAX_CASE: {
        int quality =
            expression->choice.otherwise == NULL ? 0 : name_quality(expression->choice.otherwise, name);
        if (quality <= 1) {
            *name = "case";
            return 1;
        }
        return quality;
    }
    case SYNTAX_COALESCE:
        *name = "coalesce";
        return 2;
    case SYNTAX_GREATEST:
        *name = "greatest";
        return 2;
    case SYNTAX_LEAST:
        *name = "least";
        return 2;
    case SYNTAX_ARRAY:
        *name = "array";
        return 2;
    case SYNTAX_ROW:
        *name = "row";
        return 2;
    case SYNTAX_GROUPING:
        *name = "grouping";
        return 2;
    case SYNTAX_SUBLINK:
        if (expression->sublink.kind == SYNTAX_SUBLINK_EXISTS ||
            expression->sublink.kind == SYNTAX_SUBLINK_ARRAY) {
            *name = expression->sublink.kind == SYNTAX_SUBLINK_EXISTS ? "exists" : "array";
            return 2;
        }
        if (expression->sublink.kind == SYNTAX_SUBLINK_SCALAR &&
            expression->sublink.query->kind == SYNTAX_SELECT && expression->sublink.query->target_count > 0) {
            const SyntaxTarget *target = &expression->sublink.query->targets[0];
            if (target->name != NULL) {
                *name = target->name;
                return 2;
            }
            return name_quality(target->expression, name);
        }
        return 0;
    case SYNTAX_SQL_VALUE: {
        static const char *const names[] = {"current_date", "current_time", "current_timestamp", "localtime",
            "localtimestamp", "current_role", "current_user", "user", "session_user", "current_catalog",
            "current_schema"};
        *name = names[expression->sql_value.kind];
        return 2;
    }
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
