/* Join keys: what a join's equality computes becomes a column of its input, since HashJoin's keys are
   columns; both sides get one type, so that keys are compared as bytes.

   t JOIN u ON lower(t.x) = u.y   →   (t with lower(x)) JOIN u ON that column = u.y
   t JOIN u ON t.int4 = u.int8    →   (t with int4::int8) JOIN u ON that column = u.int8 */
#include "planner/rules/rules.h"

static Status apply(RuleContext *context, LogicalNode **node) {
    Planning *plan = context->plan;
    for (int i = 0; i < (*node)->input_count; i++)
        TRY(apply(context, &(*node)->inputs[i]));
    logical_refresh(plan, *node);
    LogicalNode *join = *node;
    if (join->type != &join_node || join->join.condition == NULL)
        return OK;
    ColumnSet left = logical_columns(plan, join->inputs[0]), right = logical_columns(plan, join->inputs[1]);
    Conjuncts conjuncts = predicate_split(context->arena, join->join.condition), made = {0};
    bool is_changed = false;
    for (int i = 0; i < conjuncts.count; i++) {
        Expression *sides[2], *conjunct = conjuncts.items[i];
        bool is_null_safe;
        if (predicate_is_equality(plan, conjunct, &left, &right, &sides[0], &sides[1], &is_null_safe) &&
            (sides[0]->kind != EXPRESSION_COLUMN || sides[1]->kind != EXPRESSION_COLUMN ||
                !type_is_same(sides[0]->type, sides[1]->type))) {
            int columns[2];
            const Function *equal = conjunct->kind == EXPRESSION_CALL
                                        ? conjunct->function
                                        : conjunct->arguments[0]->arguments[0]->function;
            bool is_swapped = !expression_is_equal(sides[0],
                conjunct->kind == EXPRESSION_CALL ? conjunct->arguments[0]
                                                  : conjunct->arguments[0]->arguments[0]->arguments[0]);
            const Function *common =
                type_is_same(sides[0]->type, sides[1]->type) ? NULL : predicate_unify(context->arena, sides);
            if (common != NULL)
                equal = common;
            for (int s = 0; s < 2; s++) {
                join->inputs[s] = logical_extend(plan, join->inputs[s], 1, &sides[s], &columns[s]);
                sides[s] = plan_column(plan, columns[s]);
            }
            Expression *arguments[] = {sides[is_swapped], sides[!is_swapped]};
            conjunct = is_null_safe
                           ? predicate_not_distinct(context->arena, equal, arguments[0], arguments[1])
                           : expression_call(context->arena, equal, type_of(TYPE_BOOL), 2, arguments);
            is_changed = true;
        }
        ARENA_APPEND(context->arena, made.items, made.count, conjunct);
    }
    if (!is_changed)
        return OK;
    int *columns = join->columns, count = join->column_count;
    join->join.condition = predicate_join(context->arena, &made);
    logical_refresh(plan, join);
    *node = logical_pick(plan, join, columns, count);
    return OK;
}

const Rule join_keys_rule = {apply};
