/* Statistics: scans of stored rows and streams learn what is known of their rows, before anything is decided
   by cost. Not a scan whose whole key is given: it reads one row whatever the others are, and such plans must
   be made in no time. */
#include "planner/passes/passes.h"

static bool is_given(Planning *plan, const Conjuncts *conjuncts, int column) {
    for (int i = 0; i < conjuncts->count; i++) {
        const Expression *conjunct = conjuncts->items[i];
        if (!expression_means(conjunct, MEANING_EQUAL))
            continue;
        for (int side = 0; side < 2; side++) {
            ColumnSet used = {0};
            expression_add_columns(plan, conjunct->arguments[1 - side], &used);
            if (conjunct->arguments[side]->kind == EXPRESSION_COLUMN &&
                conjunct->arguments[side]->column == column && set_is_empty(&used))
                return true;
        }
    }
    return false;
}

static bool is_lookup(Planning *plan, const LogicalNode *filter) {
    const LogicalNode *scan = filter->inputs[0];
    const CatalogRelation *relation = scan->scan.relation;
    Conjuncts conjuncts = predicate_split(plan->arena, filter->filter.predicate);
    int given = 0;
    for (int k = 0; k < relation->key_count; k++)
        for (int i = 0; i < scan->column_count; i++)
            given +=
                scan->scan.positions[i] == relation->key[k] && is_given(plan, &conjuncts, scan->columns[i]);
    return given > 0 && given == relation->key_count;
}

static Status apply(RuleContext *context, LogicalNode **root) {
    LogicalNode *node = *root;
    Catalog *catalog = context->plan->context->catalog;
    if (catalog->with_statistics == NULL)
        return OK;
    if (node->type == &scan_node && node->scan.key_count == 0)
        node->scan.relation = catalog->with_statistics(catalog, node->scan.relation, context->arena);
    if (node->type == &filter_node && node->inputs[0]->type == &scan_node &&
        context->plan->mode == PLAN_ONE_SHOT && is_lookup(context->plan, node))
        return OK;
    for (int i = 0; i < node->input_count; i++)
        TRY(apply(context, &node->inputs[i]));
    return OK;
}

const Pass statistics_pass = {apply};
