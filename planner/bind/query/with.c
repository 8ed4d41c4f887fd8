/* WITH: each reference binds its query anew, where it was defined; a query that refers to itself is a
   non-recursive term, and a recursive one that reads a working table. */
#include <string.h>

#include "planner/bind/binder.h"

Status bind_with(Binder *binder, const SyntaxWith *with, Scope *scope) {
    for (int i = 0; with != NULL && i < with->count; i++) {
        for (int j = 0; j < i; j++)
            if (strcmp(with->ctes[i].name, with->ctes[j].name) == 0)
                return bind_error(binder, with->ctes[i].position, STATUS_DUPLICATE_ALIAS,
                    "WITH query name \"%s\" specified more than once", with->ctes[i].name);
        Ctes *cte = ARENA_NEW(binder->arena, Ctes);
        Scope *definition = ARENA_NEW(binder->arena, Scope);
        *definition = *scope;
        *cte = (Ctes){.outer = scope->ctes,
            .cte = &with->ctes[i],
            .scope = definition,
            .is_recursive = with->is_recursive};
        if (with->ctes[i].query == NULL)
            TRY(bind_modifying(binder, cte));
        scope->ctes = cte;
    }
    return OK;
}

Ctes *find_cte(Binder *binder, const SyntaxName *name) {
    if (name->part_count != 1 || binder->scope == NULL)
        return NULL;
    for (Ctes *cte = binder->scope->ctes; cte != NULL; cte = cte->outer)
        if (strcmp(cte->cte->name, name->parts[0]) == 0)
            return cte;
    return NULL;
}

/* What a modifying statement in WITH has returned. */
static Status bind_given(Binder *binder, const Ctes *ctes, BoundQuery *query) {
    const CatalogRelation *relation = ctes->given;
    if (relation == NULL)
        return bind_error(binder, ctes->cte->position, STATUS_FEATURE_NOT_SUPPORTED,
            "WITH query \"%s\" does not have a RETURNING clause", ctes->cte->name);
    ScopeItem *item;
    query->node = scan_relation(binder, relation, ctes->cte->name, false, &item);
    query->count = relation->column_count;
    query->columns = query->node->columns;
    query->names = ARENA_ARRAY(binder->arena, const char *, query->count + 1);
    for (int i = 0; i < query->count; i++)
        query->names[i] = relation->columns[i].name;
    return OK;
}

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

static Status bind_recursive(Binder *binder, Ctes *ctes, BoundQuery *query) {
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

Status bind_cte_query(Binder *binder, Ctes *ctes, BoundQuery *query) {
    const SyntaxCte *cte = ctes->cte;
    ctes->is_used = true;
    Scope *scope = binder->scope;
    Scope definition = *ctes->scope;
    definition.ctes = ctes->is_recursive ? ctes : ctes->outer;
    definition.item_count = 0;
    binder->scope = &definition;
    ctes->is_being_bound = true;
    *query = (BoundQuery){0};
    if (cte->query == NULL)
        TRY(bind_given(binder, ctes, query));
    else if (ctes->is_recursive && cte->query->kind == SYNTAX_UNION)
        TRY(bind_recursive(binder, ctes, query));
    binder->scope = &definition;
    if (query->node == NULL)
        TRY(bind_query(binder, cte->query, (QueryRequest){0}, query));
    ctes->is_being_bound = false;
    binder->scope = scope;
    if (cte->column_count > query->count)
        return bind_error(binder, cte->position, STATUS_INVALID_COLUMN_REFERENCE,
            "WITH query \"%s\" has %d columns available but %d columns specified", cte->name, query->count,
            cte->column_count);
    for (int i = 0; i < cte->column_count; i++)
        query->names[i] = cte->columns[i];
    return OK;
}

/* What nothing refers to is not run, but has to mean something. */
Status bind_unused(Binder *binder, const SyntaxWith *with, Ctes *ctes) {
    for (int i = 0; with != NULL && i < with->count; i++, ctes = ctes->outer) {
        BoundQuery unused;
        if (!ctes->is_used && ctes->cte->query != NULL)
            TRY(bind_cte_query(binder, ctes, &unused));
    }
    return OK;
}

Status with_scope(Binder *binder, const SyntaxWith *with, Scope *scope) {
    TRY(bind_with(binder, with, scope));
    binder->scope = scope;
    return OK;
}
