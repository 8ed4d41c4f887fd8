/* Passes: what is done with the tree between the rules that is no rewrite: finding out, filling in, checking.
   passes.def says where each runs. */
#ifndef LEAT_PASSES_PASSES_H
#define LEAT_PASSES_PASSES_H

#include "planner/rules/rules.h"

typedef struct Pass {
    Status (*apply)(RuleContext *context, LogicalNode **root);
} Pass;

#define PASS(name, rule) extern const Pass name##_pass;
#include "planner/passes/passes.def"
#undef PASS

/* EMIT ON WINDOW CLOSE, before all rules: the topmost aggregate emits on close, or a WindowClose does. 42P10
   without a window's end among the columns. */
Status pass_close_windows(Planning *plan, SyntaxEmit emit, BoundRoot *root, Error *error);

#endif
