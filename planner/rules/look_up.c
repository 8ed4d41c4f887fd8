/* Lookup: equality with constants of a stored relation's whole key reads one row instead of all. One-shot only; in a continuous query changes come by themselves. */
#include <string.h>

#include "planner/rules/rules.h"

static Expression *key_value(const Conjuncts *conjuncts, int column, bool *used) {
    for (int i = 0; i < conjuncts->count; i++) {
        const Expression *conjunct = conjuncts->items[i];
        if (conjunct->kind != EXPRESSION_CALL || strcmp(conjunct->function->name, "=") != 0)
            continue;
        for (int side = 0; side < 2; side++) {
            Expression *value = conjunct->arguments[1 - side];
            bool is_column = conjunct->arguments[side]->kind == EXPRESSION_COLUMN && conjunct->arguments[side]->column == column;
            if (is_column && type_is_same(value->type, conjunct->arguments[side]->type) && expression_is_constant(value)) {
                used[i] = true;
                return value;
            }
        }
    }
    return NULL;
}

static void look_up(RuleContext *context, LogicalNode **node) {
    LogicalNode *scan = (*node)->inputs[0];
    const CatalogRelation *relation = scan->scan.relation;
    if ((relation->kind != RELATION_TABLE && relation->kind != RELATION_MATERIALIZED_VIEW) || relation->key_count <= 0 || scan->scan.key_count > 0)
        return;
    Conjuncts conjuncts = predicate_split(context->arena, (*node)->filter.predicate), kept = {0};
    bool *used = ARENA_ARRAY(context->arena, bool, conjuncts.count + 1);
    Expression **key = ARENA_ARRAY(context->arena, Expression *, relation->key_count);
    for (int k = 0; k < relation->key_count; k++)
        for (int i = 0; i < scan->column_count; i++)
            if (scan->scan.positions[i] == relation->key[k])
                key[k] = key_value(&conjuncts, scan->columns[i], used);
    for (int k = 0; k < relation->key_count; k++)
        if (key[k] == NULL)
            return;
    for (int i = 0; i < conjuncts.count; i++)
        if (!used[i])
            ARENA_APPEND(context->arena, kept.items, kept.count, conjuncts.items[i]);
    scan->scan.key = key;
    scan->scan.key_count = relation->key_count;
    *node = logical_filter(context->plan, scan, predicate_join(context->arena, &kept));
}

static Status apply(RuleContext *context, LogicalNode **node) {
    if (context->plan->mode != PLAN_ONE_SHOT)
        return OK;
    for (int i = 0; i < (*node)->input_count; i++)
        TRY(apply(context, &(*node)->inputs[i]));
    if ((*node)->kind == LOGICAL_FILTER && (*node)->inputs[0]->kind == LOGICAL_SCAN)
        look_up(context, node);
    return OK;
}

const Rule look_up_rule = {"look_up", apply};
