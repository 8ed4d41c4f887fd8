/* Index: equality with constants of all columns of a secondary index reads the rows under that key instead of
   all: SELECT * FROM t WHERE b = 5, with an index on (b). The filter stays above. Not when the whole primary
   key is given, nor in a continuous query, to which changes come by themselves. Among several the one over
   most columns, unique ones first. */
#include "planner/rules/rules.h"

static Expression *constant_of(const Conjuncts *conjuncts, int column) {
    for (int i = 0; i < conjuncts->count; i++) {
        const Expression *conjunct = conjuncts->items[i];
        if (!expression_means(conjunct, MEANING_EQUAL))
            continue;
        for (int side = 0; side < 2; side++) {
            const Expression *from = conjunct->arguments[side];
            Expression *value = conjunct->arguments[1 - side];
            if (from->kind == EXPRESSION_COLUMN && from->column == column &&
                type_is_same(value->type, from->type) && expression_is_constant(value))
                return value;
        }
    }
    return NULL;
}

/* The constants of the index's columns, in order; false when one is missing. */
static bool find_key(
    const LogicalNode *scan, const CatalogIndex *index, const Conjuncts *conjuncts, Expression **key) {
    for (int k = 0; k < index->key_count; k++) {
        key[k] = NULL;
        for (int i = 0; i < scan->column_count && key[k] == NULL; i++)
            if (scan->scan.positions[i] == index->key[k])
                key[k] = constant_of(conjuncts, scan->columns[i]);
        if (key[k] == NULL)
            return false;
    }
    return true;
}

static bool is_better(const CatalogIndex *index, const CatalogIndex *than) {
    if (than == NULL || index->is_unique != than->is_unique)
        return than == NULL || index->is_unique;
    return index->key_count > than->key_count;
}

static void use_index(RuleContext *context, LogicalNode *filter) {
    LogicalNode *scan = filter->inputs[0];
    const CatalogRelation *relation = scan->scan.relation;
    Conjuncts conjuncts = predicate_split(context->arena, filter->filter.predicate);
    for (int i = 0; i < relation->index_count; i++) {
        const CatalogIndex *index = &relation->indexes[i];
        Expression **key = ARENA_ARRAY(context->arena, Expression *, index->key_count + 1);
        if (!is_better(index, scan->scan.index) || !find_key(scan, index, &conjuncts, key))
            continue;
        scan->scan.index = index;
        scan->scan.index_key = key;
        scan->scan.index_key_count = index->key_count;
    }
}

static Status apply(RuleContext *context, LogicalNode **node) {
    if (context->plan->mode != PLAN_ONE_SHOT)
        return OK;
    for (int i = 0; i < (*node)->input_count; i++)
        TRY(apply(context, &(*node)->inputs[i]));
    if ((*node)->type == &filter_node && (*node)->inputs[0]->type == &scan_node &&
        (*node)->inputs[0]->scan.key_count == 0)
        use_index(context, *node);
    return OK;
}

const Rule use_index_rule = {apply};
