/* UNION, INTERSECT, EXCEPT: types are unified column by column; UNION is UnionAll and a distinct. */
#include <string.h>

#include "planner/bind/binder.h"

/* The one constant behind an untyped column, where its projection or VALUES still can be changed. */
static Status retype_column(
    Binder *binder, LogicalNode *node, int column, Type type, CoercionContext context, bool *is_done) {
    *is_done = false;
    for (int i = 0; i < node->column_count; i++) {
        if (node->columns[i] != column)
            continue;
        if (node->type == &project_node && node->project.expressions[i]->kind != EXPRESSION_COLUMN) {
            TRY(coerce(binder, node->project.expressions[i], type, context, &node->project.expressions[i]));
            *is_done = true;
        } else if (node->type == &values_node) {
            for (int r = 0; r < node->values.row_count; r++)
                TRY(coerce(binder, node->values.expressions[r * node->column_count + i], type, context,
                    &node->values.expressions[r * node->column_count + i]));
            *is_done = true;
        } else if (node->type == &sort_node || node->type == &filter_node || node->type == &top_n_node ||
                   node->type == &project_node)
            TRY(retype_column(binder, node->inputs[0], column, type, context, is_done));
        if (*is_done)
            binder->plan->columns[column].type = type;
        return OK;
    }
    return OK;
}

Status coerce_query(
    Binder *binder, BoundQuery *query, const Type *types, int count, CoercionContext context) {
    Expression **expressions = ARENA_ARRAY(binder->arena, Expression *, query->count + 1);
    bool is_changed = false;
    for (int i = 0; i < query->count; i++) {
        int column = query->columns[i];
        Type from = binder->plan->columns[column].type;
        if (i < count && types[i].id != TYPE_UNKNOWN && from.id == TYPE_UNKNOWN) {
            bool is_done;
            TRY(retype_column(binder, query->node, column, types[i], context, &is_done));
        }
        expressions[i] = plan_column(binder->plan, column);
        if (i < count && types[i].id != TYPE_UNKNOWN) {
            expressions[i]->position = query->positions == NULL ? -1 : query->positions[i];
            TRY(coerce(binder, expressions[i], types[i], context, &expressions[i]));
        }
        is_changed |= expressions[i]->kind != EXPRESSION_COLUMN;
    }
    if (!is_changed)
        return OK;
    query->node = logical_project(binder->plan, query->node, query->count, expressions, query->names);
    query->columns = query->node->columns;
    query->order_count = 0;
    return OK;
}

static const char *operation_name(SyntaxSelectKind kind) {
    return kind == SYNTAX_UNION ? "UNION" : kind == SYNTAX_INTERSECT ? "INTERSECT" : "EXCEPT";
}

static Status unify(
    Binder *binder, const SyntaxSelect *select, BoundQuery *left, BoundQuery *right, bool keep_unknown) {
    Type *types = ARENA_ARRAY(binder->arena, Type, left->count + 1);
    for (int i = 0; i < left->count; i++) {
        Type pair[] = {
            binder->plan->columns[left->columns[i]].type, binder->plan->columns[right->columns[i]].type};
        int positions[] = {left->positions == NULL ? -1 : left->positions[i],
            right->positions == NULL ? -1 : right->positions[i]};
        if (keep_unknown && pair[0].id == TYPE_UNKNOWN && pair[1].id == TYPE_UNKNOWN)
            types[i] = type_of(TYPE_UNKNOWN);
        else
            TRY(common_type_of(binder, pair, positions, 2, operation_name(select->kind), &types[i]));
        if (select->kind != SYNTAX_UNION || !select->is_all)
            TRY(check_equality(binder, types[i], positions[0]));
    }
    for (int i = 0; i < 2 * left->count; i++) {
        const BoundQuery *side = i < left->count ? left : right;
        int c = i % left->count;
        Type from = binder->plan->columns[side->columns[c]].type;
        if (types[c].id != TYPE_UNKNOWN && !can_coerce(from, types[c], COERCE_IMPLICIT))
            return bind_error(binder, side->positions == NULL ? -1 : side->positions[c], STATUS_CANNOT_COERCE,
                "%s could not convert type %s to %s", operation_name(select->kind),
                type_text(binder->arena, from), type_text(binder->arena, types[c]));
    }
    TRY(coerce_query(binder, left, types, left->count, COERCE_IMPLICIT));
    return coerce_query(binder, right, types, left->count, COERCE_IMPLICIT);
}

static LogicalNode *combine(
    Binder *binder, const SyntaxSelect *select, const BoundQuery *left, const BoundQuery *right) {
    Planning *plan = binder->plan;
    LogicalNode *inputs[] = {left->node, right->node};
    LogicalNode *node =
        logical_create(plan, select->kind == SYNTAX_UNION ? &union_all_node : &set_operation_node, 2, inputs);
    node->column_count = left->count;
    node->columns = ARENA_ARRAY(binder->arena, int, left->count + 1);
    for (int i = 0; i < left->count; i++)
        node->columns[i] = plan_column_add(plan, left->names[i], plan->columns[left->columns[i]].type);
    node->set.input_columns = ARENA_ARRAY(binder->arena, int *, 2);
    node->set.input_columns[0] = left->columns;
    node->set.input_columns[1] = right->columns;
    node->set.kind = select->kind == SYNTAX_INTERSECT ? SET_INTERSECT : SET_EXCEPT;
    node->set.is_all = select->is_all;
    return select->kind == SYNTAX_UNION && !select->is_all ? logical_distinct(plan, node) : node;
}

/* ORDER BY of a set operation knows its result columns only. */
static Status set_order(Binder *binder, const SyntaxSelect *select, const BoundQuery *query, SortKey *keys) {
    for (int i = 0; i < select->order_count; i++) {
        const SyntaxExpression *expression = select->order_by[i].expression;
        int found = -1;
        if (expression->kind == SYNTAX_CONSTANT && expression->constant.kind == SYNTAX_CONSTANT_INTEGER) {
            if (expression->constant.integer < 1 || expression->constant.integer > query->count)
                return bind_error(binder, expression->position, STATUS_INVALID_COLUMN_REFERENCE,
                    "ORDER BY position %d is not in select list", (int)expression->constant.integer);
            found = (int)expression->constant.integer - 1;
        } else if (expression->kind == SYNTAX_COLUMN && expression->column.name.part_count == 1 &&
                   !expression->column.is_star) {
            for (int c = 0; c < query->count && found < 0; c++)
                if (strcmp(query->names[c], expression->column.name.parts[0]) == 0)
                    found = c;
            if (found < 0)
                return bind_error(binder, expression->position, STATUS_UNDEFINED_COLUMN,
                    "column \"%s\" does not exist", expression->column.name.parts[0]);
        }
        if (found < 0) {
            bind_error(binder, expression->position, STATUS_FEATURE_NOT_SUPPORTED,
                "invalid UNION/INTERSECT/EXCEPT ORDER BY clause");
            error_detail(
                binder->error, "Only result column names can be used, not expressions or functions.");
            return error_hint(binder->error,
                "Add the expression/function to every SELECT, or move the UNION into a FROM clause.");
        }
        TRY(bind_sort_flags(binder, &select->order_by[i], &keys[i]));
        keys[i].column = query->columns[found];
    }
    return OK;
}

Status bind_set_operation(
    Binder *binder, const SyntaxSelect *select, QueryRequest request, BoundQuery *query) {
    QueryRequest side = {.keep_unknown = true};
    BoundQuery left, right;
    Scope *scope = binder->scope;
    TRY(bind_query(binder, select->left, side, &left));
    binder->scope = scope;
    TRY(bind_query(binder, select->right, side, &right));
    binder->scope = scope;
    if (left.count != right.count)
        return bind_error(binder,
            right.positions != NULL && right.count > 0 ? right.positions[0] : select->right->position,
            STATUS_SYNTAX_ERROR, "each %s query must have the same number of columns",
            operation_name(select->kind));
    TRY(unify(binder, select, &left, &right, request.keep_unknown));
    *query = (BoundQuery){.count = left.count, .names = left.names, .positions = left.positions};
    query->node = combine(binder, select, &left, &right);
    query->columns = query->node->columns;
    SortKey *keys = ARENA_ARRAY(binder->arena, SortKey, select->order_count + 1);
    TRY(set_order(binder, select, query, keys));
    return bind_limit(binder, select, keys, select->order_count, true, query);
}
