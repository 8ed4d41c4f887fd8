/* Deparse, queries: see deparse.h. */
#include "planner/parse/deparse_internal.h"

static void deparse_names(const char *const *names, int count, Text *text) {
    for (int i = 0; i < count; i++) {
        text_add_string(text, i > 0 ? ", " : "");
        deparse_identifier(names[i], text);
    }
}

static void deparse_columns(const char *const *names, int count, Text *text) {
    if (count == 0)
        return;
    text_add_char(text, '(');
    deparse_names(names, count, text);
    text_add_char(text, ')');
}

static void deparse_alias(const SyntaxAlias *alias, Text *text) {
    if (alias == NULL)
        return;
    text_add_string(text, " AS ");
    deparse_identifier(alias->name, text);
    deparse_columns(alias->columns, alias->column_count, text);
}

static Status deparse_table(const SyntaxTable *table, Text *text, Error *error);

static Status deparse_relation(const SyntaxTable *table, Text *text, Error *error) {
    text_add_string(text, table->relation.is_only ? "ONLY " : "");
    deparse_name(&table->relation.name, text);
    if (table->relation.as_of == NULL)
        return OK;
    text_add_string(text, " FOR SYSTEM_TIME AS OF ");
    return deparse_expression(table->relation.as_of, text, error);
}

static Status deparse_table_function(const SyntaxTable *table, Text *text, Error *error) {
    const SyntaxTableFunction *function = &table->function;
    text_add_string(text, function->function_count > 1 ? "ROWS FROM (" : "");
    TRY(deparse_list(function->functions, function->function_count, text, error));
    text_add_string(text, function->function_count > 1 ? ")" : "");
    text_add_string(text, function->has_ordinality ? " WITH ORDINALITY" : "");
    deparse_alias(table->alias, text);
    if (function->column_count == 0)
        return OK;
    text_add_string(text, table->alias == NULL ? " AS (" : "(");
    for (int i = 0; i < function->column_count; i++) {
        text_add_string(text, i > 0 ? ", " : "");
        deparse_identifier(function->columns[i].name, text);
        text_add_char(text, ' ');
        TRY(deparse_type(function->columns[i].type, text, error));
    }
    text_add_char(text, ')');
    return OK;
}

static Status deparse_table_window(const SyntaxTableWindow *window, Text *text, Error *error) {
    static const char *const names[] = {"TUMBLE(", "HOP(", "CUMULATE(", "SESSION("};
    const SyntaxExpression *const arguments[] = {
        window->time, window->slide, window->size, window->gap, window->offset};
    text_add_string(text, names[window->kind]);
    TRY(deparse_table(window->input, text, error));
    if (window->partition_count > 0) {
        text_add_string(text, " PARTITION BY (");
        TRY(deparse_list(window->partition_by, window->partition_count, text, error));
        text_add_char(text, ')');
    }
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++)
        if (arguments[i] != NULL) {
            text_add_string(text, ", ");
            TRY(deparse_expression(arguments[i], text, error));
        }
    text_add_char(text, ')');
    return OK;
}

static Status deparse_join(const SyntaxJoin *join, Text *text, Error *error) {
    static const char *const words[] = {"JOIN ", "LEFT JOIN ", "RIGHT JOIN ", "FULL JOIN "};
    bool is_cross = join->condition == NULL && join->using_count == 0 && !join->is_natural;
    text_add_char(text, '(');
    TRY(deparse_table(join->left, text, error));
    text_add_string(text, is_cross ? " CROSS " : join->is_natural ? " NATURAL " : " ");
    text_add_string(text, words[join->kind]);
    TRY(deparse_table(join->right, text, error));
    if (join->using_count > 0) {
        text_add_string(text, " USING ");
        deparse_columns(join->using_columns, join->using_count, text);
        if (join->using_alias != NULL) {
            text_add_string(text, " AS ");
            deparse_identifier(join->using_alias, text);
        }
    }
    if (join->condition != NULL) {
        text_add_string(text, " ON ");
        TRY(deparse_expression(join->condition, text, error));
    }
    text_add_char(text, ')');
    return OK;
}

static Status deparse_table(const SyntaxTable *table, Text *text, Error *error) {
    text_add_string(text, table->is_lateral ? "LATERAL " : "");
    switch (table->kind) {
    case SYNTAX_TABLE_RELATION:
        TRY(deparse_relation(table, text, error));
        break;
    case SYNTAX_TABLE_SUBSELECT:
        text_add_char(text, '(');
        TRY(deparse_select(table->subselect, text, error));
        text_add_char(text, ')');
        break;
    case SYNTAX_TABLE_FUNCTION:
        return deparse_table_function(table, text, error);
    case SYNTAX_TABLE_JOIN:
        TRY(deparse_join(&table->join, text, error));
        break;
    case SYNTAX_TABLE_WINDOW:
        TRY(deparse_table_window(&table->window, text, error));
        break;
    }
    deparse_alias(table->alias, text);
    return OK;
}

static Status deparse_groups(const SyntaxGroup *groups, int count, Text *text, Error *error) {
    static const char *const words[] = {"", "()", "ROLLUP (", "CUBE (", "GROUPING SETS ("};
    for (int i = 0; i < count; i++) {
        text_add_string(text, i > 0 ? ", " : "");
        text_add_string(text, words[groups[i].kind]);
        if (groups[i].kind == SYNTAX_GROUP_EXPRESSION)
            TRY(deparse_expression(groups[i].expression, text, error));
        else if (groups[i].kind != SYNTAX_GROUP_EMPTY) {
            TRY(deparse_groups(groups[i].items, groups[i].item_count, text, error));
            text_add_char(text, ')');
        }
    }
    return OK;
}

static Status deparse_with(const SyntaxWith *with, Text *text, Error *error) {
    static const char *const materialized[] = {"", "MATERIALIZED ", "NOT MATERIALIZED "};
    text_add_string(text, with->is_recursive ? "WITH RECURSIVE " : "WITH ");
    for (int i = 0; i < with->count; i++) {
        const SyntaxCte *cte = &with->ctes[i];
        if (cte->query == NULL)
            return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
                "printing a data-modifying statement in WITH is not supported");
        text_add_string(text, i > 0 ? ", " : "");
        deparse_identifier(cte->name, text);
        deparse_columns(cte->columns, cte->column_count, text);
        text_printf(text, " AS %s(", materialized[cte->materialized]);
        TRY(deparse_select(cte->query, text, error));
        text_add_char(text, ')');
    }
    text_add_char(text, ' ');
    return OK;
}

static Status deparse_targets(const SyntaxSelect *select, Text *text, Error *error) {
    text_add_string(text, "SELECT");
    if (select->is_distinct)
        text_add_string(text, " DISTINCT");
    if (select->distinct_on_count > 0) {
        text_add_string(text, " ON (");
        TRY(deparse_list(select->distinct_on, select->distinct_on_count, text, error));
        text_add_char(text, ')');
    }
    for (int i = 0; i < select->target_count; i++) {
        text_add_string(text, i > 0 ? ", " : " ");
        TRY(deparse_expression(select->targets[i].expression, text, error));
        if (select->targets[i].name != NULL) {
            text_add_string(text, " AS ");
            deparse_identifier(select->targets[i].name, text);
        }
    }
    return OK;
}

static Status deparse_core(const SyntaxSelect *select, Text *text, Error *error) {
    TRY(deparse_targets(select, text, error));
    for (int i = 0; i < select->from_count; i++) {
        text_add_string(text, i > 0 ? ", " : " FROM ");
        TRY(deparse_table(select->from[i], text, error));
    }
    if (select->where != NULL) {
        text_add_string(text, " WHERE ");
        TRY(deparse_expression(select->where, text, error));
    }
    if (select->group_count > 0) {
        text_add_string(text, select->is_group_distinct ? " GROUP BY DISTINCT " : " GROUP BY ");
        TRY(deparse_groups(select->group_by, select->group_count, text, error));
    }
    if (select->having != NULL) {
        text_add_string(text, " HAVING ");
        TRY(deparse_expression(select->having, text, error));
    }
    if (select->qualify != NULL) {
        text_add_string(text, " QUALIFY ");
        TRY(deparse_expression(select->qualify, text, error));
    }
    for (int i = 0; i < select->window_count; i++) {
        text_add_string(text, i > 0 ? ", " : " WINDOW ");
        deparse_identifier(select->windows[i].name, text);
        text_add_string(text, " AS ");
        TRY(deparse_window(&select->windows[i], text, error));
    }
    return OK;
}

static Status deparse_values(const SyntaxSelect *select, Text *text, Error *error) {
    for (int i = 0; i < select->row_count; i++) {
        text_add_string(text, i > 0 ? ", (" : "VALUES (");
        TRY(deparse_list(select->rows[i].items, select->rows[i].count, text, error));
        text_add_char(text, ')');
    }
    return OK;
}

static Status deparse_set_operation(const SyntaxSelect *select, Text *text, Error *error) {
    text_add_char(text, '(');
    TRY(deparse_select(select->left, text, error));
    text_add_string(text, select->kind == SYNTAX_UNION       ? ") UNION "
                          : select->kind == SYNTAX_INTERSECT ? ") INTERSECT "
                                                             : ") EXCEPT ");
    text_add_string(text, select->is_all ? "ALL (" : "(");
    TRY(deparse_select(select->right, text, error));
    text_add_char(text, ')');
    return OK;
}

static Status deparse_tail(const SyntaxSelect *select, Text *text, Error *error) {
    static const char *const emits[] = {"", " EMIT ON WINDOW CLOSE", " EMIT CHANGES"};
    if (select->order_count > 0) {
        text_add_string(text, " ORDER BY ");
        TRY(deparse_sorts(select->order_by, select->order_count, text, error));
    }
    if (select->offset != NULL) {
        text_add_string(text, " OFFSET ");
        TRY(deparse_expression(select->offset, text, error));
    }
    if (select->limit != NULL) {
        text_add_string(text, select->is_limit_with_ties ? " FETCH FIRST (" : " LIMIT ");
        TRY(deparse_expression(select->limit, text, error));
        text_add_string(text, select->is_limit_with_ties ? ") ROWS WITH TIES" : "");
    }
    text_add_string(text, select->has_row_locks ? " FOR UPDATE" : "");
    text_add_string(text, emits[select->emit]);
    return OK;
}

Status deparse_select(const SyntaxSelect *select, Text *text, Error *error) {
    if (select->with != NULL)
        TRY(deparse_with(select->with, text, error));
    switch (select->kind) {
    case SYNTAX_SELECT:
        TRY(deparse_core(select, text, error));
        break;
    case SYNTAX_VALUES:
        TRY(deparse_values(select, text, error));
        break;
    case SYNTAX_UNION:
    case SYNTAX_INTERSECT:
    case SYNTAX_EXCEPT:
        TRY(deparse_set_operation(select, text, error));
        break;
    }
    return deparse_tail(select, text, error);
}
