/* Deparse, expressions: see deparse.h. Everything composite stands in parentheses, so precedence never
   matters. */
#include "planner/parse/deparse.h"

#include <string.h>

#include "planner/dialect/token.h"
#include "planner/parse/deparse_internal.h"

void deparse_identifier(const char *name, Text *text) {
    if (is_plain_identifier(name)) {
        text_add_string(text, name);
        return;
    }
    text_add_char(text, '"');
    for (const char *c = name; *c != 0; c++) {
        if (*c == '"')
            text_add_char(text, '"');
        text_add_char(text, *c);
    }
    text_add_char(text, '"');
}

void deparse_name(const SyntaxName *name, Text *text) {
    for (int i = 0; i < name->part_count; i++) {
        if (i > 0)
            text_add_char(text, '.');
        deparse_identifier(name->parts[i], text);
    }
}

void deparse_string(const char *value, Text *text) {
    text_add_char(text, '\'');
    for (const char *c = value; *c != 0; c++) {
        if (*c == '\'')
            text_add_char(text, '\'');
        text_add_char(text, *c);
    }
    text_add_char(text, '\'');
}

Status deparse_list(SyntaxExpression *const *items, int count, Text *text, Error *error) {
    for (int i = 0; i < count; i++) {
        if (i > 0)
            text_add_string(text, ", ");
        TRY(deparse_expression(items[i], text, error));
    }
    return OK;
}

Status deparse_type(const SyntaxType *type, Text *text, Error *error) {
    if (type->is_set)
        text_add_string(text, "SETOF ");
    if (type->structured != NULL)
        text_add_string(text, type->structured);
    else
        deparse_name(&type->name, text);
    if (type->modifier_count > 0) {
        text_add_char(text, '(');
        TRY(deparse_list(type->modifiers, type->modifier_count, text, error));
        text_add_char(text, ')');
    }
    for (int i = 0; i < type->array_dimensions; i++)
        text_add_string(text, "[]");
    return OK;
}

static void deparse_constant(const SyntaxExpression *expression, Text *text) {
    switch (expression->constant.kind) {
    case SYNTAX_CONSTANT_NULL:
        text_add_string(text, "NULL");
        break;
    case SYNTAX_CONSTANT_BOOLEAN:
        text_add_string(text, expression->constant.integer ? "true" : "false");
        break;
    case SYNTAX_CONSTANT_INTEGER:
        text_printf(text, "%lld", (long long)expression->constant.integer);
        break;
    case SYNTAX_CONSTANT_FLOAT:
        text_add_string(text, expression->constant.text);
        break;
    case SYNTAX_CONSTANT_STRING:
        deparse_string(expression->constant.text, text);
        break;
    case SYNTAX_CONSTANT_BIT:
        text_add_char(text, expression->constant.text[0]);
        deparse_string(expression->constant.text + 1, text);
        break;
    }
}

Status deparse_sorts(const SyntaxSort *sorts, int count, Text *text, Error *error) {
    static const char *const directions[] = {"", " ASC", " DESC", ""};
    static const char *const nulls[] = {"", " NULLS FIRST", " NULLS LAST"};
    for (int i = 0; i < count; i++) {
        text_add_string(text, i > 0 ? ", " : "");
        TRY(deparse_expression(sorts[i].expression, text, error));
        if (sorts[i].direction == SYNTAX_SORT_USING)
            text_printf(text, " USING %s", sorts[i].operator_name);
        text_add_string(text, directions[sorts[i].direction]);
        text_add_string(text, nulls[sorts[i].nulls]);
    }
    return OK;
}

static Status deparse_bound(SyntaxBound bound, const SyntaxExpression *offset, Text *text, Error *error) {
    static const char *const words[] = {
        "UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW", " FOLLOWING", "UNBOUNDED FOLLOWING"};
    if (offset != NULL)
        TRY(deparse_expression(offset, text, error));
    text_add_string(text, words[bound]);
    return OK;
}

Status deparse_window(const SyntaxWindow *window, Text *text, Error *error) {
    static const char *const modes[] = {"RANGE", "ROWS", "GROUPS"};
    static const char *const excludes[] = {"", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP", " EXCLUDE TIES"};
    const char *separator = "";
    text_add_char(text, '(');
    if (window->reference != NULL) {
        deparse_identifier(window->reference, text);
        separator = " ";
    }
    if (window->partition_count > 0) {
        text_printf(text, "%sPARTITION BY ", separator);
        TRY(deparse_list(window->partition_by, window->partition_count, text, error));
        separator = " ";
    }
    if (window->order_count > 0) {
        text_printf(text, "%sORDER BY ", separator);
        TRY(deparse_sorts(window->order_by, window->order_count, text, error));
        separator = " ";
    }
    if (window->has_frame) {
        text_printf(text, "%s%s BETWEEN ", separator, modes[window->mode]);
        TRY(deparse_bound(window->start, window->start_offset, text, error));
        text_add_string(text, " AND ");
        TRY(deparse_bound(window->end, window->end_offset, text, error));
        text_add_string(text, excludes[window->exclude]);
    }
    text_add_char(text, ')');
    return OK;
}

static void deparse_operator_name(const SyntaxName *name, Text *text) {
    if (name->part_count == 1) {
        text_add_string(text, name->parts[0]);
        return;
    }
    text_add_string(text, "OPERATOR(");
    for (int i = 0; i < name->part_count; i++) {
        if (i + 1 < name->part_count) {
            deparse_identifier(name->parts[i], text);
            text_add_char(text, '.');
        } else
            text_add_string(text, name->parts[i]);
    }
    text_add_char(text, ')');
}

static Status deparse_similar(const SyntaxOperator *operation, Text *text, Error *error) {
    const SyntaxFunction *pattern = &operation->right->function; /* similar_to_escape(pattern [, escape]) */
    text_add_string(text, operation->name.parts[0][0] == '!' ? " NOT SIMILAR TO " : " SIMILAR TO ");
    TRY(deparse_expression(pattern->arguments[0].expression, text, error));
    if (pattern->argument_count == 1)
        return OK;
    text_add_string(text, " ESCAPE ");
    return deparse_expression(pattern->arguments[1].expression, text, error);
}

static Status deparse_between(const SyntaxOperator *operation, const char *words, Text *text, Error *error) {
    text_add_string(text, words);
    TRY(deparse_expression(operation->list[0], text, error));
    text_add_string(text, " AND ");
    return deparse_expression(operation->list[1], text, error);
}

/* What follows the left operand. */
static Status deparse_operation(const SyntaxOperator *operation, Text *text, Error *error) {
    bool is_negated = operation->name.part_count > 0 && operation->name.parts[0][0] == '!';
    switch (operation->kind) {
    case SYNTAX_OPERATOR_PLAIN:
        text_add_string(text, operation->left != NULL ? " " : "");
        deparse_operator_name(&operation->name, text);
        text_add_char(text, ' ');
        break;
    case SYNTAX_OPERATOR_ANY:
    case SYNTAX_OPERATOR_ALL:
        text_add_char(text, ' ');
        deparse_operator_name(&operation->name, text);
        text_add_string(text, operation->kind == SYNTAX_OPERATOR_ANY ? " ANY (" : " ALL (");
        TRY(deparse_expression(operation->right, text, error));
        text_add_char(text, ')');
        return OK;
    case SYNTAX_OPERATOR_DISTINCT:
        text_add_string(text, " IS DISTINCT FROM ");
        break;
    case SYNTAX_OPERATOR_NOT_DISTINCT:
        text_add_string(text, " IS NOT DISTINCT FROM ");
        break;
    case SYNTAX_OPERATOR_NULLIF:
        text_add_string(text, ", ");
        break;
    case SYNTAX_OPERATOR_IN:
        text_add_string(text, operation->name.parts[0][0] == '=' ? " IN (" : " NOT IN (");
        TRY(deparse_list(operation->list, operation->list_count, text, error));
        text_add_char(text, ')');
        return OK;
    case SYNTAX_OPERATOR_LIKE:
        text_add_string(text, is_negated ? " NOT LIKE " : " LIKE ");
        break;
    case SYNTAX_OPERATOR_ILIKE:
        text_add_string(text, is_negated ? " NOT ILIKE " : " ILIKE ");
        break;
    case SYNTAX_OPERATOR_SIMILAR:
        return deparse_similar(operation, text, error);
    case SYNTAX_OPERATOR_BETWEEN:
        return deparse_between(operation, " BETWEEN ", text, error);
    case SYNTAX_OPERATOR_NOT_BETWEEN:
        return deparse_between(operation, " NOT BETWEEN ", text, error);
    case SYNTAX_OPERATOR_BETWEEN_SYMMETRIC:
        return deparse_between(operation, " BETWEEN SYMMETRIC ", text, error);
    case SYNTAX_OPERATOR_NOT_BETWEEN_SYMMETRIC:
        return deparse_between(operation, " NOT BETWEEN SYMMETRIC ", text, error);
    }
    return deparse_expression(operation->right, text, error);
}

static Status deparse_operator(const SyntaxOperator *operation, Text *text, Error *error) {
    text_add_string(text, operation->kind == SYNTAX_OPERATOR_NULLIF ? "NULLIF(" : "(");
    if (operation->left != NULL)
        TRY(deparse_expression(operation->left, text, error));
    TRY(deparse_operation(operation, text, error));
    text_add_char(text, ')');
    return OK;
}

static Status deparse_arguments(const SyntaxFunction *function, Text *text, Error *error) {
    text_add_string(text, function->is_distinct ? "(DISTINCT " : "(");
    if (function->is_star)
        text_add_char(text, '*');
    for (int i = 0; i < function->argument_count; i++) {
        text_add_string(text, i > 0 ? ", " : "");
        if (function->is_variadic && i + 1 == function->argument_count)
            text_add_string(text, "VARIADIC ");
        if (function->arguments[i].name != NULL) {
            deparse_identifier(function->arguments[i].name, text);
            text_add_string(text, " => ");
        }
        TRY(deparse_expression(function->arguments[i].expression, text, error));
    }
    if (function->order_count > 0) {
        text_add_string(text, function->is_within_group ? ") WITHIN GROUP (ORDER BY " : " ORDER BY ");
        TRY(deparse_sorts(function->order_by, function->order_count, text, error));
    }
    text_add_char(text, ')');
    return OK;
}

static Status deparse_function(const SyntaxFunction *function, Text *text, Error *error) {
    deparse_name(&function->name, text);
    TRY(deparse_arguments(function, text, error));
    if (function->filter != NULL) {
        text_add_string(text, " FILTER (WHERE ");
        TRY(deparse_expression(function->filter, text, error));
        text_add_char(text, ')');
    }
    if (function->over == NULL)
        return OK;
    text_add_string(text, " OVER ");
    if (function->over->name == NULL)
        return deparse_window(function->over, text, error);
    deparse_identifier(function->over->name, text);
    return OK;
}

static Status deparse_boolean(const SyntaxExpression *expression, Text *text, Error *error) {
    text_add_string(text, expression->boolean.kind == SYNTAX_NOT ? "(NOT " : "(");
    for (int i = 0; i < expression->boolean.count; i++) {
        if (i > 0)
            text_add_string(text, expression->boolean.kind == SYNTAX_AND ? " AND " : " OR ");
        TRY(deparse_expression(expression->boolean.arguments[i], text, error));
    }
    text_add_char(text, ')');
    return OK;
}

static Status deparse_case(const SyntaxCase *choice, Text *text, Error *error) {
    text_add_string(text, "CASE");
    if (choice->argument != NULL) {
        text_add_char(text, ' ');
        TRY(deparse_expression(choice->argument, text, error));
    }
    for (int i = 0; i < choice->when_count; i++) {
        text_add_string(text, " WHEN ");
        TRY(deparse_expression(choice->whens[i].condition, text, error));
        text_add_string(text, " THEN ");
        TRY(deparse_expression(choice->whens[i].result, text, error));
    }
    if (choice->otherwise != NULL) {
        text_add_string(text, " ELSE ");
        TRY(deparse_expression(choice->otherwise, text, error));
    }
    text_add_string(text, " END");
    return OK;
}

static Status deparse_steps(const SyntaxStep *steps, int count, Text *text, Error *error) {
    for (int i = 0; i < count; i++) {
        const SyntaxStep *step = &steps[i];
        if (step->is_star)
            text_add_string(text, ".*");
        else if (step->field != NULL) {
            text_add_char(text, '.');
            deparse_identifier(step->field, text);
        } else {
            text_add_char(text, '[');
            if (step->lower != NULL)
                TRY(deparse_expression(step->lower, text, error));
            text_add_string(text, step->is_slice ? ":" : "");
            if (step->upper != NULL)
                TRY(deparse_expression(step->upper, text, error));
            text_add_char(text, ']');
        }
    }
    return OK;
}

static Status deparse_sublink(const SyntaxSublink *sublink, Text *text, Error *error) {
    bool has_test = sublink->test != NULL;
    if (has_test) {
        text_add_char(text, '(');
        TRY(deparse_expression(sublink->test, text, error));
        text_add_char(text, ' ');
        if (sublink->operator_name.part_count == 0)
            text_add_string(text, "IN ");
        else {
            deparse_operator_name(&sublink->operator_name, text);
            text_add_string(text, sublink->kind == SYNTAX_SUBLINK_ANY ? " ANY " : " ALL ");
        }
    } else if (sublink->kind == SYNTAX_SUBLINK_EXISTS)
        text_add_string(text, "EXISTS ");
    else if (sublink->kind == SYNTAX_SUBLINK_ARRAY)
        text_add_string(text, "ARRAY");
    text_add_char(text, '(');
    TRY(deparse_select(sublink->query, text, error));
    text_add_string(text, has_test ? "))" : ")");
    return OK;
}

static void deparse_sql_value(const SyntaxExpression *expression, Text *text) {
    static const char *const words[] = {"current_date", "current_time", "current_timestamp", "localtime",
        "localtimestamp", "current_role", "current_user", "user", "session_user", "current_catalog",
        "current_schema"};
    text_add_string(text, words[expression->sql_value.kind]);
    if (expression->sql_value.precision >= 0)
        text_printf(text, "(%d)", expression->sql_value.precision);
}

static Status deparse_enclosed(
    const char *open, const SyntaxExpression *expression, const char *close, Text *text, Error *error) {
    text_add_string(text, open);
    TRY(deparse_list(expression->list.items, expression->list.count, text, error));
    text_add_string(text, close);
    return OK;
}

static Status deparse_test(const SyntaxExpression *expression, Text *text, Error *error) {
    static const char *const tests[] = {" IS NULL)", " IS NOT NULL)", " IS TRUE)", " IS NOT TRUE)",
        " IS FALSE)", " IS NOT FALSE)", " IS UNKNOWN)", " IS NOT UNKNOWN)"};
    text_add_char(text, '(');
    TRY(deparse_expression(expression->test.argument, text, error));
    text_add_string(text, tests[expression->test.kind]);
    return OK;
}

static void deparse_column(const SyntaxExpression *expression, Text *text) {
    deparse_name(&expression->column.name, text);
    if (expression->column.is_star)
        text_add_string(text, expression->column.name.part_count > 0 ? ".*" : "*");
    const SyntaxExpression *except = expression->column.except;
    if (except == NULL)
        return;
    bool is_list = except->kind == SYNTAX_ROW;
    for (int i = 0; i < (is_list ? except->list.count : 1); i++) {
        text_add_string(text, i > 0 ? ", " : " EXCEPT (");
        deparse_name(is_list ? &except->list.items[i]->column.name : &except->column.name, text);
    }
    text_add_char(text, ')');
}

Status deparse_expression(const SyntaxExpression *expression, Text *text, Error *error) {
    switch (expression->kind) {
    case SYNTAX_COLUMN:
        deparse_column(expression, text);
        return OK;
    case SYNTAX_CONSTANT:
        deparse_constant(expression, text);
        return OK;
    case SYNTAX_PARAMETER:
        text_printf(text, "$%d", expression->parameter);
        return OK;
    case SYNTAX_CAST:
        text_add_string(text, expression->cast.is_try ? "TRY_CAST(" : "CAST(");
        TRY(deparse_expression(expression->cast.argument, text, error));
        text_add_string(text, " AS ");
        TRY(deparse_type(expression->cast.type, text, error));
        text_add_char(text, ')');
        return OK;
    case SYNTAX_OPERATOR:
        return deparse_operator(&expression->operation, text, error);
    case SYNTAX_FUNCTION:
        return deparse_function(&expression->function, text, error);
    case SYNTAX_BOOLEAN:
        return deparse_boolean(expression, text, error);
    case SYNTAX_CASE:
        return deparse_case(&expression->choice, text, error);
    case SYNTAX_COALESCE:
        return deparse_enclosed("COALESCE(", expression, ")", text, error);
    case SYNTAX_GREATEST:
        return deparse_enclosed("GREATEST(", expression, ")", text, error);
    case SYNTAX_LEAST:
        return deparse_enclosed("LEAST(", expression, ")", text, error);
    case SYNTAX_TEST:
        return deparse_test(expression, text, error);
    case SYNTAX_ARRAY:
        return deparse_enclosed("ARRAY[", expression, "]", text, error);
    case SYNTAX_ROW:
        return deparse_enclosed(expression->list.is_explicit ? "ROW(" : "(", expression, ")", text, error);
    case SYNTAX_INDIRECTION:
        text_add_char(text, '(');
        TRY(deparse_expression(expression->indirection.argument, text, error));
        text_add_char(text, ')');
        return deparse_steps(expression->indirection.steps, expression->indirection.count, text, error);
    case SYNTAX_SUBLINK:
        return deparse_sublink(&expression->sublink, text, error);
    case SYNTAX_SQL_VALUE:
        deparse_sql_value(expression, text);
        return OK;
    case SYNTAX_COLLATE:
        text_add_char(text, '(');
        TRY(deparse_expression(expression->collate.argument, text, error));
        text_add_string(text, " COLLATE ");
        deparse_name(&expression->collate.name, text);
        text_add_char(text, ')');
        return OK;
    case SYNTAX_GROUPING:
        return deparse_enclosed("GROUPING(", expression, ")", text, error);
    case SYNTAX_DEFAULT:
        text_add_string(text, "DEFAULT");
        return OK;
    case SYNTAX_MULTI_ASSIGN:
        return deparse_expression(expression->multi_assign.source, text, error);
    case SYNTAX_EXPRESSION_KIND_COUNT:
        break;
    }
    return error_set(error, STATUS_INTERNAL_ERROR, "unknown kind of expression: %d", (int)expression->kind);
}
