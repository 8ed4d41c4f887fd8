/* VALUES lists: columns take the common type of their rows. */
#include "planner/bind/binder.h"

static bool are_constant(Binder *binder, Expression *const *all, int count) {
    ColumnSet used = {0};
    bool has_subqueries = false;
    for (int i = 0; i < count; i++) {
        expression_add_columns(binder->plan, all[i], &used);
        has_subqueries |= has_subquery(all[i]);
    }
    return !has_subqueries && set_is_empty(&used);
}

Status make_rows(Binder *binder, Expression **all, int row_count, BoundQuery *shape) {
    int width = shape->count;
    LogicalNode *node;
    if (are_constant(binder, all, row_count * width)) {
        node = logical_create(binder->plan, &values_node, 0, NULL);
        node->values.row_count = row_count;
        node->values.expressions = all;
    } else {
        LogicalNode **rows = ARENA_ARRAY(binder->arena, LogicalNode *, row_count);
        int **maps = ARENA_ARRAY(binder->arena, int *, row_count);
        for (int r = 0; r < row_count; r++) {
            Expression **row = all + r * width;
            rows[r] = single_empty_row(binder);
            TRY(attach_expressions(binder, &rows[r], row, width));
            rows[r] = logical_project(binder->plan, rows[r], width, row, shape->names);
            maps[r] = rows[r]->columns;
        }
        node = logical_create(binder->plan, &union_all_node, row_count, rows);
        node->set.input_columns = maps;
        node->set.is_all = true;
    }
    node->columns = shape->columns;
    node->column_count = width;
    shape->node = node;
    return OK;
}

Status bind_values(Binder *binder, const SyntaxSelect *select, QueryRequest request, BoundQuery *query) {
    int rows = select->row_count, width = select->rows[0].count;
    binder->scope->clause = CLAUSE_VALUES;
    Expression **all = ARENA_ARRAY(binder->arena, Expression *, rows * width + 1),
               **column = ARENA_ARRAY(binder->arena, Expression *, rows);
    for (int r = 0; r < rows; r++) {
        if (select->rows[r].count != width)
            return bind_error(binder, select->rows[r].items[0]->position, STATUS_SYNTAX_ERROR,
                "VALUES lists must all be the same length");
        for (int c = 0; c < width; c++)
            TRY(bind_expression(binder, select->rows[r].items[c], &all[r * width + c]));
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
    return make_rows(binder, all, rows, query);
}
