/* Subqueries in expressions: bound as nodes, then attached below the operator that evaluates the expression,
   as joins whose right side refers to columns of the left. Every kind but the plain EXISTS and IN of a filter
   becomes a scalar: EXISTS is count(*) > 0, x op ANY (q) counts the rows for which the comparison is true and
   for which it is NULL, ARRAY(q) is array_agg. */
#include <string.h>

#include "planner/bind/binder.h"
#include "planner/logical/proofs.h"

Expression *subquery_rewrite(Binder *binder, const Expression *node,
    Expression *(*replace)(const Expression *node, void *argument), void *argument) {
    const LogicalSubquery *subquery = node->planner;
    if (node->kind != EXPRESSION_SUBQUERY || subquery->comparison == NULL)
        return NULL;
    LogicalSubquery *copy = ARENA_NEW(binder->arena, LogicalSubquery);
    *copy = *subquery;
    copy->comparison = expression_rewrite(binder->arena, subquery->comparison, replace, argument);
    Expression *result = ARENA_NEW(binder->arena, Expression);
    *result = *node;
    result->planner = copy;
    return result;
}

/* The test's side of a comparison with a subquery's columns: one expression, or a row's. */
static Status bind_comparisons(
    Binder *binder, const SyntaxExpression *syntax, const BoundQuery *query, LogicalSubquery *subquery) {
    const SyntaxSublink *sublink = &syntax->sublink;
    const char *name = sublink->operator_name.part_count == 0
                           ? "="
                           : sublink->operator_name.parts[sublink->operator_name.part_count - 1];
    bool is_row = sublink->test->kind == SYNTAX_ROW, is_unequal = strcmp(name, "<>") == 0;
    int count = is_row ? sublink->test->list.count : 1;
    if (query->count != count)
        return bind_error(binder, syntax->position, STATUS_SYNTAX_ERROR,
            query->count > count ? "subquery has too many columns" : "subquery has too few columns");
    if (count > 1 && strcmp(name, "=") != 0 && !is_unequal)
        return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED,
            "comparing rows with a subquery by %s is not supported", name);
    for (int i = 0; i < count; i++) {
        Expression *test, *one;
        TRY(bind_expression(binder, is_row ? sublink->test->list.items[i] : sublink->test, &test));
        if (has_set(test))
            return bind_error(binder, syntax->position, STATUS_DATATYPE_MISMATCH,
                "row comparison operator must not return a set");
        TRY(bind_operator(
            binder, name, test, plan_column(binder->plan, query->columns[i]), syntax->position, &one));
        if (!type_is_same(one->type, type_of(TYPE_BOOL)))
            return bind_error(binder, syntax->position, STATUS_DATATYPE_MISMATCH,
                "row comparison operator must yield type boolean, not type %s",
                type_text(binder->arena, one->type));
        subquery->comparison = subquery->comparison == NULL
                                   ? one
                                   : make_boolean(binder, is_unequal ? EXPRESSION_OR : EXPRESSION_AND,
                                         subquery->comparison, one);
    }
    subquery->is_equality = count == 1 && strcmp(name, "=") == 0;
    return OK;
}

Status bind_sublink(Binder *binder, const SyntaxExpression *syntax, Expression **out) {
    static const SubqueryKind kinds[] = {
        SUBQUERY_SCALAR, SUBQUERY_EXISTS, SUBQUERY_ANY, SUBQUERY_ALL, SUBQUERY_ARRAY};
    const SyntaxSublink *sublink = &syntax->sublink;
    Clause clause = binder->scope->clause;
    if (clause == CLAUSE_EXPRESSION || clause == CLAUSE_DEFAULT || clause == CLAUSE_CHECK)
        return bind_error(binder, syntax->position, STATUS_FEATURE_NOT_SUPPORTED, "cannot use subquery in %s",
            clause == CLAUSE_DEFAULT ? "DEFAULT expression"
            : clause == CLAUSE_CHECK ? "check constraint"
                                     : "column generation expression");
    LogicalSubquery *subquery = ARENA_NEW(binder->arena, LogicalSubquery);
    subquery->kind = kinds[sublink->kind];
    BoundQuery query;
    bool is_lateral_active = binder->scope->is_lateral_active;
    TRY(bind_query(binder, sublink->query, (QueryRequest){0}, &query));
    binder->scope->is_lateral_active = is_lateral_active;
    *subquery = (LogicalSubquery){.kind = subquery->kind,
        .plan = query.node,
        .column_count = query.count,
        .columns = query.columns,
        .name = query.count > 0 ? query.names[0] : NULL,
        .order_count = query.order_count,
        .order = query.order};
    Type type = type_of(TYPE_BOOL);
    bool is_value = subquery->kind == SUBQUERY_SCALAR || subquery->kind == SUBQUERY_ARRAY;
    if (is_value && query.count != 1)
        return bind_error(binder, syntax->position, STATUS_SYNTAX_ERROR,
            query.count == 0 ? "subquery must return a column" : "subquery must return only one column");
    if (is_value)
        type = binder->plan->columns[query.columns[0]].type;
    if (subquery->kind == SUBQUERY_ARRAY)
        type = type_array(type);
    if (subquery->kind == SUBQUERY_ANY || subquery->kind == SUBQUERY_ALL)
        TRY(bind_comparisons(binder, syntax, &query, subquery));
    *out = expression_of(binder->arena, EXPRESSION_SUBQUERY, type, 0, NULL);
    (*out)->planner = subquery;
    (*out)->position = syntax->position;
    return OK;
}

Status bind_row_sublink(
    Binder *binder, const SyntaxExpression *syntax, int count, bool is_assigned, Expression ***items) {
    BoundQuery query;
    bool is_lateral_active = binder->scope->is_lateral_active;
    TRY(bind_query(binder, syntax->sublink.query, (QueryRequest){0}, &query));
    binder->scope->is_lateral_active = is_lateral_active;
    if (query.count != count)
        return bind_error(binder, syntax->position, STATUS_SYNTAX_ERROR,
            is_assigned           ? "number of columns does not match number of values"
            : query.count > count ? "subquery has too many columns"
                                  : "subquery has too few columns");
    LogicalSubquery *subquery = ARENA_NEW(binder->arena, LogicalSubquery);
    *subquery = (LogicalSubquery){
        .kind = SUBQUERY_SCALAR, .plan = query.node, .column_count = count, .columns = query.columns};
    *items = ARENA_ARRAY(binder->arena, Expression *, count + 1);
    for (int i = 0; i < count; i++) {
        (*items)[i] = expression_of(
            binder->arena, EXPRESSION_SUBQUERY, binder->plan->columns[query.columns[i]].type, 0, NULL);
        (*items)[i]->planner = subquery;
        (*items)[i]->column = i;
        (*items)[i]->position = syntax->position;
    }
    return OK;
}

static bool is_correlated(Binder *binder, const LogicalNode *node) {
    ColumnSet free = logical_free_columns(binder->plan, node);
    return !set_is_empty(&free);
}

static Expression *int8_constant(Binder *binder, int64_t number) {
    Value value = {.type = type_of(TYPE_INT8), .datum.int8 = number};
    Expression *constant = expression_constant(binder->arena, &value);
    constant->position = -1;
    return constant;
}

/* Joins a global aggregate: one row for each row of *node, whether or not it is correlated (see the
   decorrelation rule). */
static void join_aggregate(Binder *binder, LogicalNode **node, LogicalNode *aggregate) {
    *node = logical_join(binder->plan, JOIN_INNER, *node, aggregate, NULL);
}

static bool is_global_aggregate(const LogicalNode *node) {
    return node->type == &aggregate_node && node->aggregate.key_count == 0;
}

/* Only rows for which the guard holds ask for the subquery's value: the guard becomes a column of theirs, by
   which its rows are filtered. */
static LogicalNode *ask_if(Binder *binder, LogicalNode **node, LogicalNode *plan, Expression *guard) {
    int column;
    *node = logical_extend(binder->plan, *node, 1, &guard, &column);
    return logical_filter(binder->plan, plan, plan_column(binder->plan, column));
}

static void attach_scalar(Binder *binder, LogicalNode **node, const LogicalSubquery *subquery,
    Expression *guard, Expression **out) {
    LogicalNode *plan = subquery->plan, *inner = plan;
    /* SELECT avg(x) * 2 FROM …: the expression moves above the join. */
    for (int i = 0; i < subquery->column_count; i++)
        out[i] = plan_column(binder->plan, subquery->columns[i]);
    while (inner->type == &project_node) {
        Expression **to = inner->project.expressions;
        for (int i = 0; i < subquery->column_count; i++)
            out[i] =
                expression_replace_columns(binder->arena, out[i], inner->columns, to, inner->column_count);
        inner = inner->inputs[0];
    }
    if (is_global_aggregate(inner)) {
        join_aggregate(binder, node, inner);
        return;
    }
    LogicalNode *picked = logical_pick(binder->plan, plan, subquery->columns, subquery->column_count);
    for (int i = 0; i < subquery->column_count; i++)
        out[i] = plan_column(binder->plan, picked->columns[i]);
    bool is_single_row = proofs_are_single_row(logical_proofs(binder->plan, picked));
    if (!is_single_row && guard != NULL)
        picked = ask_if(binder, node, picked, guard);
    bool correlated = is_correlated(binder, picked);
    if (!is_single_row || !correlated) {
        picked = logical_create(binder->plan, &single_row_node, 1, &picked);
        logical_refresh(binder->plan, picked);
    }
    *node = logical_join(binder->plan, correlated ? JOIN_LEFT : JOIN_INNER, *node, picked, NULL);
}

static AggregateSpec count_call(int filter) {
    return (AggregateSpec){.aggregate = aggregate_by_signature("count() -> int8"),
        .filter = filter,
        .result_type = type_of(TYPE_INT8)};
}

static Status attach_exists(
    Binder *binder, LogicalNode **node, const LogicalSubquery *subquery, Expression **out) {
    AggregateSpec *call = ARENA_NEW(binder->arena, AggregateSpec);
    *call = count_call(-1);
    LogicalNode *aggregate = logical_aggregate(binder->plan, subquery->plan, NULL, 0, call, 1);
    join_aggregate(binder, node, aggregate);
    return bind_operator(
        binder, ">", plan_column(binder->plan, aggregate->columns[0]), int8_constant(binder, 0), -1, out);
}

static Expression *boolean_constant(Binder *binder, bool value, bool is_null) {
    Value constant = {.type = type_of(TYPE_BOOL), .is_null = is_null, .datum.boolean = !is_null && value};
    return expression_constant(binder->arena, &constant);
}

/* ANY: true when one comparison is, else NULL when one is, else false. ALL: the other way round. */
static Status attach_any(
    Binder *binder, LogicalNode **node, const LogicalSubquery *subquery, Expression **out) {
    LogicalNode *plan = subquery->plan;
    Expression *comparison = subquery->comparison;
    TRY(attach_expressions(binder, &plan, &comparison, 1));
    bool is_any = subquery->kind == SUBQUERY_ANY;
    Expression *deciding[] = {
        make_boolean(binder, is_any ? EXPRESSION_IS_TRUE : EXPRESSION_IS_FALSE, comparison, NULL),
        make_boolean(binder, EXPRESSION_IS_NULL, comparison, NULL)};
    int columns[2];
    plan = logical_extend(binder->plan, plan, 2, deciding, columns);
    AggregateSpec *calls = ARENA_ARRAY(binder->arena, AggregateSpec, 2);
    for (int i = 0; i < 2; i++)
        calls[i] = count_call(columns[i]);
    LogicalNode *aggregate = logical_aggregate(binder->plan, plan, NULL, 0, calls, 2);
    Expression *tests[2];
    for (int i = 0; i < 2; i++)
        TRY(bind_operator(binder, ">", plan_column(binder->plan, aggregate->columns[i]),
            int8_constant(binder, 0), -1, &tests[i]));
    Expression *arguments[] = {tests[0], boolean_constant(binder, is_any, false), tests[1],
        boolean_constant(binder, false, true), boolean_constant(binder, !is_any, false)};
    join_aggregate(binder, node, aggregate);
    *out = expression_of(binder->arena, EXPRESSION_CASE, type_of(TYPE_BOOL), 5, arguments);
    return OK;
}

static Status attach_array(
    Binder *binder, LogicalNode **node, const LogicalSubquery *subquery, int position, Expression **out) {
    Type element = binder->plan->columns[subquery->columns[0]].type;
    Resolution resolution;
    const Aggregate *aggregate = NULL;
    if (resolve_function(binder, &(Wanted){"array_agg", &element, 1}, &resolution) == RESOLVE_FOUND)
        aggregate = aggregate_by_signature(resolution.function->signature);
    if (aggregate == NULL)
        return bind_error(binder, position, STATUS_FEATURE_NOT_SUPPORTED, "ARRAY of type %s is not supported",
            type_text(binder->arena, element));
    AggregateSpec *call = ARENA_NEW(binder->arena, AggregateSpec);
    *call = (AggregateSpec){.aggregate = aggregate,
        .argument_count = 1,
        .arguments = ARENA_NEW(binder->arena, int),
        .filter = -1,
        .order_count = subquery->order_count,
        .order = subquery->order,
        .result_type = type_array(element)};
    call->arguments[0] = subquery->columns[0];
    LogicalNode *global = logical_aggregate(binder->plan, subquery->plan, NULL, 0, call, 1);
    Value empty = {.type = call->result_type};
    TRY(datum_parse(
        empty.type, "{}", 2, binder->context->settings, binder->arena, &empty.datum, binder->error));
    Expression *arguments[] = {
        plan_column(binder->plan, global->columns[0]), expression_constant(binder->arena, &empty)};
    join_aggregate(binder, node, global);
    *out = expression_of(binder->arena, EXPRESSION_COALESCE, call->result_type, 2, arguments);
    return OK;
}

/* out: a result for each column. */
static Status attach_one(
    Binder *binder, LogicalNode **node, const Expression *expression, Expression *guard, Expression **out) {
    const LogicalSubquery *subquery = expression->planner;
    switch (subquery->kind) {
    case SUBQUERY_SCALAR:
        attach_scalar(binder, node, subquery, guard, out);
        return OK;
    case SUBQUERY_EXISTS:
        return attach_exists(binder, node, subquery, out);
    case SUBQUERY_ANY:
    case SUBQUERY_ALL:
        return attach_any(binder, node, subquery, out);
    case SUBQUERY_ARRAY:
        return attach_array(binder, node, subquery, expression->position, out);
    }
    return OK;
}

typedef struct Attached {
    const void *subquery;
    const Expression *guard;
    Expression **results; /* by column */
} Attached;

typedef struct Attachment {
    Binder *binder;
    LogicalNode **node;
    Expression *guard; /* the condition for the part being rewritten to be evaluated; NULL: always */
    Attached *done;    /* subqueries joined already: an expression may stand in several places */
    int count;
    Status status;
} Attachment;

static Expression *replace_subquery(const Expression *expression, void *argument);

static void add_guard(Attachment *attachment, ExpressionKind test, Expression *tested) {
    Binder *binder = attachment->binder;
    Expression *condition = make_boolean(binder, test, tested, NULL);
    attachment->guard = attachment->guard == NULL
                            ? condition
                            : make_boolean(binder, EXPRESSION_AND, attachment->guard, condition);
}

/* CASE, COALESCE, AND and OR evaluate an argument only when those before it let them. */
static Expression *replace_in_branches(Attachment *attachment, const Expression *branches) {
    Arena *arena = attachment->binder->arena;
    Expression *copy = ARENA_NEW(arena, Expression), *guard = attachment->guard;
    *copy = *branches;
    copy->arguments = ARENA_ARRAY(arena, Expression *, branches->argument_count + 1);
    for (int i = 0; i < branches->argument_count; i++) {
        bool is_result = branches->kind == EXPRESSION_CASE && i % 2 == 1;
        Expression *otherwise = attachment->guard;
        if (is_result)
            add_guard(attachment, EXPRESSION_IS_TRUE, copy->arguments[i - 1]);
        copy->arguments[i] = expression_rewrite(arena, branches->arguments[i], replace_subquery, attachment);
        if (is_result) {
            attachment->guard = otherwise;
            add_guard(attachment, EXPRESSION_IS_NOT_TRUE, copy->arguments[i - 1]);
        } else if (branches->kind == EXPRESSION_COALESCE)
            add_guard(attachment, EXPRESSION_IS_NULL, copy->arguments[i]);
        else if (branches->kind != EXPRESSION_CASE)
            add_guard(attachment,
                branches->kind == EXPRESSION_AND ? EXPRESSION_IS_NOT_FALSE : EXPRESSION_IS_NOT_TRUE,
                copy->arguments[i]);
    }
    attachment->guard = guard;
    return copy;
}

static Expression *replace_subquery(const Expression *expression, void *argument) {
    Attachment *attachment = argument;
    bool has_branches = expression->kind == EXPRESSION_CASE || expression->kind == EXPRESSION_COALESCE ||
                        expression->kind == EXPRESSION_AND || expression->kind == EXPRESSION_OR;
    if (has_branches && has_subquery(expression))
        return replace_in_branches(attachment, expression);
    if (expression->kind != EXPRESSION_SUBQUERY || attachment->status != OK)
        return NULL;
    for (int i = 0; i < attachment->count; i++)
        if (attachment->done[i].subquery == expression->planner &&
            (attachment->done[i].guard == NULL || attachment->done[i].guard == attachment->guard))
            return attachment->done[i].results[expression->column];
    const LogicalSubquery *subquery = expression->planner;
    Expression **results = ARENA_ARRAY(attachment->binder->arena, Expression *, subquery->column_count + 1);
    attachment->status =
        attach_one(attachment->binder, attachment->node, expression, attachment->guard, results);
    if (attachment->status != OK)
        return NULL;
    Attached attached = {expression->planner, attachment->guard, results};
    ARENA_APPEND(attachment->binder->arena, attachment->done, attachment->count, attached);
    return results[expression->column];
}

Status attach_expressions(Binder *binder, LogicalNode **node, Expression **expressions, int count) {
    Attachment attachment = {.binder = binder, .node = node};
    for (int i = 0; i < count; i++)
        if (has_subquery(expressions[i]))
            expressions[i] = expression_rewrite(binder->arena, expressions[i], replace_subquery, &attachment);
    return attachment.status;
}

/* EXISTS, NOT EXISTS, IN, op ANY, NOT IN standing alone: semi and anti joins. */
static bool attach_semi(Binder *binder, LogicalNode **node, const Expression *conjunct) {
    bool is_not = conjunct->kind == EXPRESSION_NOT;
    const Expression *inner = is_not ? conjunct->arguments[0] : conjunct;
    if (inner->kind != EXPRESSION_SUBQUERY)
        return false;
    const LogicalSubquery *subquery = inner->planner;
    if (subquery->kind == SUBQUERY_EXISTS) {
        *node = logical_join(binder->plan, is_not ? JOIN_ANTI : JOIN_SEMI, *node, subquery->plan, NULL);
        return true;
    }
    if (subquery->kind != SUBQUERY_ANY || has_subquery(subquery->comparison))
        return false;
    if (is_not && (!subquery->is_equality || is_correlated(binder, subquery->plan)))
        return false;
    LogicalNode *right =
        logical_pick(binder->plan, subquery->plan, subquery->columns, subquery->column_count);
    *node = logical_join(binder->plan, is_not ? JOIN_ANTI : JOIN_SEMI, *node, right, subquery->comparison);
    (*node)->join.is_null_aware = is_not;
    return true;
}

Status attach_filter(Binder *binder, LogicalNode **node, Expression *predicate) {
    Conjuncts conjuncts = predicate_split(binder->arena, predicate), plain = {0}, rest = {0};
    for (int i = 0; i < conjuncts.count; i++)
        if (!has_subquery(conjuncts.items[i]))
            ARENA_APPEND(binder->arena, plain.items, plain.count, conjuncts.items[i]);
    *node = logical_filter(binder->plan, *node, predicate_join(binder->arena, &plain));
    for (int i = 0; i < conjuncts.count; i++)
        if (has_subquery(conjuncts.items[i]) && !attach_semi(binder, node, conjuncts.items[i]))
            ARENA_APPEND(binder->arena, rest.items, rest.count, conjuncts.items[i]);
    /* One by one: a subquery is not evaluated for rows that the condition before it has dropped. */
    int *columns = (*node)->columns, count = (*node)->column_count;
    Attachment attachment = {.binder = binder, .node = node};
    for (int i = 0; i < rest.count && attachment.status == OK; i++)
        *node = logical_filter(binder->plan, *node,
            expression_rewrite(binder->arena, rest.items[i], replace_subquery, &attachment));
    TRY(attachment.status);
    *node = logical_pick(binder->plan, *node, columns, count);
    return OK;
}
