/* Runs the rules, and the passes behind each. */
#include "planner/passes/passes.h"

static const Rule *const rules[] = {
#define RULE(name) &name##_rule,
#include "planner/rules/rules.def"
#undef RULE
    NULL,
};

static const struct {
    const Pass *pass;
    const Rule *behind;
} passes[] = {
#define PASS(name, rule) {&name##_pass, &rule##_rule},
#include "planner/passes/passes.def"
#undef PASS
};

Status rules_apply(Planning *plan, BoundRoot *root, Error *error) {
    RuleContext context = {.plan = plan, .arena = plan->arena, .error = error};
    set_add_list(plan->arena, &context.wanted, root->columns, root->count);
    for (int i = 0; rules[i] != NULL; i++) {
        TRY(rules[i]->apply(&context, &root->node));
        logical_forget(root->node);
        for (size_t p = 0; p < sizeof passes / sizeof *passes; p++)
            if (passes[p].behind == rules[i]) {
                TRY(passes[p].pass->apply(&context, &root->node));
                logical_forget(root->node);
            }
    }
    return OK;
}
