/* Runs the rules. */
#include "planner/rules/rules.h"

static const Rule *const rules[] = {
#define RULE(name) &name##_rule,
#include "planner/rules/rules.def"
#undef RULE
    NULL,
};

Status rules_apply(LogicalPlan *plan, BoundRoot *root, Error *error) {
    RuleContext context = {.plan = plan, .arena = plan->arena, .error = error};
    set_add_list(plan->arena, &context.wanted, root->columns, root->count);
    for (int i = 0; rules[i] != NULL; i++) {
        TRY(rules[i]->apply(&context, &root->node));
        logical_forget(root->node);
    }
    return OK;
}
