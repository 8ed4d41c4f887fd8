/* VALUES lists: columns take the common type of their rows. */
#include "planner/bind/binder.h"

Status bind_values(Binder *binder, const SyntaxSelect *select, QueryRequest request, BoundQuery *query) {
    int rows = select->row_count, width = select->rows[0].count;
    binder->scope->clause = CLAUSE_VALUES;
    Expression **all = ARENA_ARRAY(binder->arena, Expression *, rows * width + 1),
               **column = ARENA_ARRAY(binder->arena, Expression *, rows);
    LogicalNode *input = single_empty_row(binder);
    bool has_subqueries = false;
    for (int r = 0; r < rows; r++) {
        if (select->rows[r].count != width)
            return bind_error(binder, select->rows[r].items[0]->position, STATUS_SYNTAX_ERROR,
                "VALUES lists must all be the same length");
        for (int c = 0; c < width; c++) {
            TRY(bind_expression(binder, select->rows[r].items[c], &all[r * width + c]));
            has_subqueries |= has_subquery(all[r * width + c]);
        }
    }
    *query = (BoundQuery){.count = width};
    query->columns = ARENA_ARRAY(binder->arena, int, width + 1);
    query->names = ARENA_ARRAY(binder->arena, const char *, width + 1);
    for (int c = 0; c < width; c++) {
        for (int r = 0; r < rows; r++)
            column[r] = all[r * width + c];
        bool all_unknown = true;
        for (int r = 0; r < rows; r++)
            all_unknown &= column[r]->type.id == TYPE_UNKNOWN;
        Type type = type_of(TYPE_UNKNOWN);
        if (!(request.keep_unknown && all_unknown))
            TRY(common_type(binder, column, rows, "VALUES", &type));
        for (int r = 0; r < rows && type.id != TYPE_UNKNOWN; r++)
            TRY(coerce_common(binder, column[r], type, "VALUES", &all[r * width + c]));
        query->names[c] = arena_printf(binder->arena, "column%d", c + 1);
        query->columns[c] = plan_column_add(binder->plan, query->names[c], type);
    }
    ColumnSet used = {0};
    for (int i = 0; i < rows * width; i++)
        expression_add_columns(binder->plan, all[i], &used);
    if (!has_subqueries && set_is_empty(&used)) {
        query->node = logical_create(binder->plan, &values_node, 0, NULL);
        query->node->columns = query->columns;
        query->node->column_count = width;
        query->node->values.row_count = rows;
        query->node->values.expressions = all;
        return OK;
    }
    /* Rows that are more than constants: a union of one-row queries. */
    LogicalNode **inputs = ARENA_ARRAY(binder->arena, LogicalNode *, rows);
    int **maps = ARENA_ARRAY(binder->arena, int *, rows);
    for (int r = 0; r < rows; r++) {
        input = single_empty_row(binder);
        TRY(attach_expressions(binder, &input, all + r * width, width));
        inputs[r] = logical_project(binder->plan, input, width, all + r * width, query->names);
        maps[r] = inputs[r]->columns;
    }
    query->node = logical_create(binder->plan, &union_all_node, rows, inputs);
    query->node->columns = query->columns;
    query->node->column_count = width;
    query->node->set.input_columns = maps;
    query->node->set.is_all = true;
    return OK;
}
