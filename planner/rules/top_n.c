/* TopN: a bound on a row number makes it a TopN, which keeps no more than it shows.

   SELECT … FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) AS n FROM t) WHERE n <= 3; also
   RANK(). Not for several window calls, nor for a number without an upper bound. */
#include "planner/rules/rules.h"

/* n <= c, n < c, n = c and turned round: the greatest n. */
static bool upper_bound(const Expression *conjunct, int column, int64_t *bound, bool *is_exact) {
    if (conjunct->kind != EXPRESSION_CALL || conjunct->argument_count != 2)
        return false;
    FunctionMeaning meaning = conjunct->function->meaning;
    const Expression *number = conjunct->arguments[0], *constant = conjunct->arguments[1];
    bool is_swapped = number->kind == EXPRESSION_CONSTANT;
    if (is_swapped) {
        number = conjunct->arguments[1];
        constant = conjunct->arguments[0];
    }
    if (number->kind != EXPRESSION_COLUMN || number->column != column ||
        constant->kind != EXPRESSION_CONSTANT || constant->value.is_null)
        return false;
    if (constant->type.id == TYPE_INT8)
        *bound = constant->value.datum.int8;
    else if (constant->type.id == TYPE_INT4)
        *bound = constant->value.datum.int4;
    else
        return false;
    bool is_equal = meaning == MEANING_EQUAL,
         is_less = meaning == (is_swapped ? MEANING_GREATER : MEANING_LESS);
    if (!is_equal && !is_less && meaning != (is_swapped ? MEANING_GREATER_OR_EQUAL : MEANING_LESS_OR_EQUAL))
        return false;
    *bound -= is_less;
    *is_exact = !is_equal || *bound == 1; /* the bound says all that the conjunct does */
    return true;
}

static OverNumbers numbers_of(const OverCall *call) {
    return call->function == NULL ? NUMBERS_NONE : call->function->numbers;
}

static LogicalNode *make_top_n(Planning *plan, const LogicalNode *over, int64_t limit, bool is_rank) {
    LogicalNode *top = logical_create(plan, &top_n_node, 1, over->inputs);
    top->top_n.partition = over->over.partition;
    top->top_n.partition_count = over->over.partition_count;
    top->top_n.keys = over->over.keys;
    top->top_n.key_count = over->over.key_count;
    top->top_n.limit = limit < 0 ? 0 : limit;
    top->top_n.with_rank = true;
    top->top_n.with_ties_rank = is_rank;
    top->columns = over->columns;
    top->column_count = over->column_count;
    top->own_count = 1;
    return top;
}

static Status apply(RuleContext *context, LogicalNode **node) {
    for (int i = 0; i < (*node)->input_count; i++)
        TRY(apply(context, &(*node)->inputs[i]));
    logical_refresh(context->plan, *node);
    if ((*node)->type != &filter_node || (*node)->inputs[0]->type != &over_node)
        return OK;
    const LogicalNode *over = (*node)->inputs[0];
    OverNumbers numbers = over->over.call_count == 1 ? numbers_of(&over->over.calls[0]) : NUMBERS_NONE;
    if (numbers == NUMBERS_NONE)
        return OK;
    int column = over->columns[over->column_count - 1];
    Conjuncts conjuncts = predicate_split(context->arena, (*node)->filter.predicate), kept = {0};
    int64_t limit = INT64_MAX;
    for (int i = 0; i < conjuncts.count; i++) {
        int64_t bound;
        bool is_exact, is_bound = upper_bound(conjuncts.items[i], column, &bound, &is_exact);
        if (is_bound && bound < limit)
            limit = bound;
        if (!is_bound || !is_exact)
            ARENA_APPEND(context->arena, kept.items, kept.count, conjuncts.items[i]);
    }
    if (limit != INT64_MAX)
        *node =
            logical_filter(context->plan, make_top_n(context->plan, over, limit, numbers == NUMBERS_RANKS),
                predicate_join(context->arena, &kept));
    return OK;
}

const Rule top_n_rule = {apply};
