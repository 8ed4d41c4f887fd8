/* WITH RECURSIVE: a query that refers to itself is a non-recursive term, and a recursive one that reads a
   working table. */
#include "planner/bind/binder.h"

static Status malformed(Binder *binder, const Ctes *ctes, int position, const char *why) {
    return bind_error(binder, position, STATUS_INVALID_RECURSION, why, ctes->cte->name);
}

Status bind_working_table(Binder *binder, Ctes *ctes, int position, BoundQuery *query) {
    if (ctes->working == NULL && ctes->cte->query->kind == SYNTAX_UNION)
        return malformed(binder, ctes, position,
            "recursive reference to query \"%s\" must not appear within its non-recursive term");
    if (ctes->working == NULL)
        return malformed(binder, ctes, position,
            "recursive query \"%s\" does not have the form non-recursive-term UNION [ALL] recursive-term");
    if (ctes->reference_count++ > 0)
        return malformed(
            binder, ctes, position, "recursive reference to query \"%s\" must not appear more than once");
    const BoundQuery *start = ctes->working;
    LogicalNode *node = logical_create(binder->plan, &working_table_node, 0, NULL);
    node->working_table.number = ctes->number;
    node->column_count = start->count;
    node->columns = ARENA_ARRAY(binder->arena, int, start->count + 1);
    for (int i = 0; i < start->count; i++)
        node->columns[i] =
            plan_column_add(binder->plan, start->names[i], binder->plan->columns[start->columns[i]].type);
    *query =
        (BoundQuery){.node = node, .count = start->count, .columns = node->columns, .names = start->names};
    return OK;
}

/* Whether an aggregate stands over the working table. */
static bool aggregates_working(const LogicalNode *node, bool is_below, int number) {
    if (node->type == &working_table_node && node->working_table.number == number)
        return is_below;
    is_below |= node->type == &aggregate_node && node->aggregate.call_count > 0;
    for (int i = 0; i < node->input_count; i++)
        if (aggregates_working(node->inputs[i], is_below, number))
            return true;
    return false;
}

static Status coerce_term(Binder *binder, const Ctes *ctes, const BoundQuery *start, BoundQuery *term) {
    Type *types = ARENA_ARRAY(binder->arena, Type, start->count + 1);
    for (int i = 0; i < start->count; i++) {
        Type pair[] = {
            binder->plan->columns[start->columns[i]].type, binder->plan->columns[term->columns[i]].type};
        int positions[] = {start->positions == NULL ? -1 : start->positions[i],
            term->positions == NULL ? -1 : term->positions[i]};
        TRY(common_type_of(binder, pair, positions, 2, "UNION", &types[i]));
        if (!type_is_same(types[i], pair[0])) {
            bind_error(binder, positions[0], STATUS_DATATYPE_MISMATCH,
                "recursive query \"%s\" column %d has type %s in non-recursive term but type %s overall",
                ctes->cte->name, i + 1, type_text(binder->arena, pair[0]),
                type_text(binder->arena, types[i]));
            return error_hint(
                binder->error, "Cast the output of the non-recursive term to the correct type.");
        }
        types[i] = pair[0];
    }
    return coerce_query(binder, term, types, start->count, COERCE_IMPLICIT);
}

static Status check_clauses(Binder *binder, const SyntaxSelect *select) {
    const char *clause = select->order_count > 0  ? "ORDER BY"
                         : select->offset != NULL ? "OFFSET"
                         : select->limit != NULL  ? "LIMIT"
                                                  : NULL;
    if (clause != NULL)
        return bind_error(
            binder, -1, STATUS_FEATURE_NOT_SUPPORTED, "%s in a recursive query is not implemented", clause);
    if (binder->plan->mode == PLAN_CONTINUOUS)
        return bind_error(binder, select->position, STATUS_FEATURE_NOT_SUPPORTED,
            "WITH RECURSIVE is not supported in a continuous query");
    return OK;
}

static LogicalNode *make_recursion(
    Binder *binder, const Ctes *ctes, const BoundQuery *start, const BoundQuery *term) {
    LogicalNode *inputs[] = {start->node, term->node};
    LogicalNode *node = logical_create(binder->plan, &recursion_node, 2, inputs);
    node->column_count = start->count;
    node->columns = ARENA_ARRAY(binder->arena, int, start->count + 1);
    for (int i = 0; i < start->count; i++)
        node->columns[i] =
            plan_column_add(binder->plan, start->names[i], binder->plan->columns[start->columns[i]].type);
    node->set.input_columns = ARENA_ARRAY(binder->arena, int *, 2);
    node->set.input_columns[0] = start->columns;
    node->set.input_columns[1] = term->columns;
    node->set.kind = ctes->number;
    node->set.is_all = ctes->cte->query->is_all;
    return node;
}

Status bind_recursive(Binder *binder, Ctes *ctes, BoundQuery *query) {
    const SyntaxSelect *select = ctes->cte->query;
    Scope *scope = binder->scope, within = *scope;
    BoundQuery start, term;
    TRY(bind_with(binder, select->with, &within));
    binder->scope = &within;
    TRY(bind_query(binder, select->left, (QueryRequest){0}, &start));
    binder->scope = &within;
    for (int i = 0; i < ctes->cte->column_count && i < start.count; i++)
        start.names[i] = ctes->cte->columns[i];
    ctes->working = &start;
    ctes->reference_count = 0;
    ctes->number = binder->plan->recursion_count++;
    TRY(bind_query(binder, select->right, (QueryRequest){.keep_unknown = true}, &term));
    binder->scope = scope;
    ctes->working = NULL;
    if (ctes->reference_count == 0) {
        *query = (BoundQuery){0};
        return OK;
    }
    TRY(check_clauses(binder, select));
    if (start.count != term.count)
        return bind_error(binder,
            term.positions != NULL && term.count > 0 ? term.positions[0] : select->right->position,
            STATUS_SYNTAX_ERROR, "each UNION query must have the same number of columns");
    if (aggregates_working(term.node, false, ctes->number))
        return bind_error(binder, term.positions == NULL ? -1 : term.positions[0], STATUS_INVALID_RECURSION,
            "aggregate functions are not allowed in a recursive query's recursive term");
    TRY(coerce_term(binder, ctes, &start, &term));
    LogicalNode *node = make_recursion(binder, ctes, &start, &term);
    *query = (BoundQuery){.node = node, .count = start.count, .columns = node->columns, .names = start.names};
    return OK;
}
