/* Predicates: boolean expressions over plan columns, as lists of conjuncts. */
#ifndef LEAT_LOGICAL_PREDICATE_H
#define LEAT_LOGICAL_PREDICATE_H

#include "planner/logical/logical.h"

typedef struct Conjuncts {
    Expression **items;
    int count;
} Conjuncts;

/* The parts of nested ANDs (none for NULL). */
Conjuncts predicate_split(Arena *arena, Expression *predicate);
void predicate_split_into(Arena *arena, Expression *predicate, Conjuncts *into);
/* NULL for none. */
Expression *predicate_join(Arena *arena, const Conjuncts *conjuncts);
Expression *predicate_and(Arena *arena, Expression *a, Expression *b); /* either may be NULL */
Expression *predicate_not(Arena *arena, Expression *a);
Expression *predicate_true(Arena *arena);
bool predicate_is_constant(const Expression *predicate, bool value); /* the constant true, or false/NULL */

/* Columns an expression uses, subqueries' free columns included. */
void expression_add_columns(Planning *plan, const Expression *expression, ColumnSet *set);
bool expression_uses_only(Planning *plan, const Expression *expression, const ColumnSet *set);
/* A copy in which replace() was asked for every node, parents first: NULL goes on into the children, else its
   answer stands. */
Expression *expression_rewrite(Arena *arena, const Expression *expression,
    Expression *(*replace)(const Expression *node, void *argument), void *argument);
/* A copy with columns replaced: from[i] by to[i]. */
Expression *expression_replace_columns(
    Arena *arena, const Expression *expression, const int *from, Expression *const *to, int count);
/* A constant, or calls of immutable functions on such. */
bool expression_is_constant(
    const Expression *expression); /* no column, subquery, parameter or volatile call */
bool expression_is_fixed(
    const Expression *expression); /* the same but for parameters: one value an execution */
/* A call of a function that says this. */
bool expression_means(const Expression *expression, FunctionMeaning meaning);
/* The clock itself, now() by any of its names: in a continuous query the step's time. */
bool expression_is_clock(const Expression *expression);
/* a = b with one side from each set: sets the two sides (left first). is_null_safe tells IS NOT DISTINCT
   FROM. */
bool predicate_is_equality(Planning *plan, const Expression *predicate, const ColumnSet *left,
    const ColumnSet *right, Expression **a, Expression **b, bool *is_null_safe);
/* Casts the narrower of two values that are compared to the other's type: the equality of that type, or NULL
   when neither becomes the other by itself. */
const Function *predicate_unify(Arena *arena, Expression *sides[2]);
/* a IS NOT DISTINCT FROM b as made by predicate_not_distinct. */
Expression *predicate_not_distinct(Arena *arena, const Function *equal, Expression *a, Expression *b);
bool predicate_is_not_distinct(
    const Expression *predicate, Expression **a, Expression **b, const Function **equal);
/* Whether the predicate is never true when all of the columns are NULL. */
bool predicate_rejects_null(Planning *plan, const Expression *predicate, const ColumnSet *columns);
/* The = of two values of this type. */
const Function *function_equality(Type type);

#endif
