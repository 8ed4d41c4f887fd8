/* Rules: rewrites of the logical tree, one a file; rules.def lists them in the order in which they run. */
#ifndef LEAT_RULES_RULES_H
#define LEAT_RULES_RULES_H

#include "planner/bind/bind.h"
#include "planner/logical/estimates.h"
#include "planner/logical/predicate.h"
#include "planner/logical/proofs.h"

/* What a rule works on. It may change *root's subtree in place; proofs and estimates are forgotten after it.
 */
typedef struct RuleContext {
    Planning *plan;
    Arena *arena;
    ColumnSet wanted; /* the root's columns that somebody reads */
    Error *error;
} RuleContext;

typedef struct Rule {
    Status (*apply)(RuleContext *context, LogicalNode **root);
} Rule;

#define RULE(name) extern const Rule name##_rule;
#include "planner/rules/rules.def"
#undef RULE

/* The expression, which has no columns, as a constant; itself when it fails. */
Expression *rule_evaluate(RuleContext *context, Expression *expression);
/* All rules in order, and the passes between them. */
Status rules_apply(Planning *plan, BoundRoot *root, Error *error);

#endif
