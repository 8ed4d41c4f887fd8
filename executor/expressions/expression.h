/* Expression: a typed tree over the columns of one input row. Arena-allocated, immutable after binding. */
#ifndef LEAT_EXPRESSIONS_EXPRESSION_H
#define LEAT_EXPRESSIONS_EXPRESSION_H

#include "executor/batch/batch.h"
#include "executor/functions/function.h"

typedef enum ExpressionKind {
    EXPRESSION_COLUMN,    /* column: index into the input's columns */
    EXPRESSION_CONSTANT,  /* value */
    EXPRESSION_PARAMETER, /* column: n - 1 of $n; its value is in SessionContext */
    EXPRESSION_CALL,      /* function(arguments) */
    EXPRESSION_AND,       /* n arguments, SQL's three values; evaluated left to right under selection */
    EXPRESSION_OR,
    EXPRESSION_NOT,
    EXPRESSION_IS_NULL,
    EXPRESSION_IS_NOT_NULL,
    EXPRESSION_IS_TRUE, /* never NULL */
    EXPRESSION_IS_NOT_TRUE,
    EXPRESSION_IS_FALSE,
    EXPRESSION_IS_NOT_FALSE,
    EXPRESSION_CASE, /* when1, then1, when2, then2, …, else; whens are boolean; branches under selection */
    EXPRESSION_COALESCE, /* under selection */
    EXPRESSION_NULLIF,   /* arguments a, b and function: a = b */
    EXPRESSION_ANY,      /* arguments scalar, array; function: scalar op element */
    EXPRESSION_ALL,
    EXPRESSION_ARRAY, /* ARRAY[…] of the arguments */
    /* Only inside the planner; gone before an OperatorSpec is made. */
    EXPRESSION_OUTER,     /* column of the query `level` levels up: 1 = the next */
    EXPRESSION_SUBQUERY,  /* subquery: struct LogicalSubquery of planner/logical/logical.h */
    EXPRESSION_AGGREGATE, /* aggregate: struct AggregateCall of planner/logical/logical.h */
    EXPRESSION_WINDOW     /* window: struct WindowCall of planner/logical/logical.h */
} ExpressionKind;

typedef struct Expression Expression;
struct Expression {
    ExpressionKind kind;
    Type type;
    int column;               /* COLUMN, PARAMETER, OUTER */
    int level;                /* OUTER */
    const Function *function; /* CALL, NULLIF, ANY, ALL */
    Value value;              /* CONSTANT */
    int argument_count;
    Expression **arguments;
    void *planner; /* SUBQUERY, AGGREGATE, WINDOW */
    int position;  /* byte in the user's text, for errors while planning; -1 = none */
};

Expression *expression_column(Arena *arena, int column, Type type);
Expression *expression_constant(Arena *arena, const Value *value);
Expression *expression_call(
    Arena *arena, const Function *function, Type type, int argument_count, Expression *const *arguments);
Expression *expression_of(
    Arena *arena, ExpressionKind kind, Type type, int argument_count, Expression *const *arguments);
/* Deep copy with every COLUMN c replaced by columns[c] (NULL: kept). */
Expression *expression_copy(Arena *arena, const Expression *expression, Expression *const *columns);
bool expression_is_equal(const Expression *a, const Expression *b);
/* Calls visit for each node, children first. */
void expression_walk(Expression *expression, void (*visit)(Expression *node, void *argument), void *argument);
/* The union of the flags of all functions in it. */
int expression_flags(const Expression *expression);
/* The first call of a function with this flag; NULL: none. */
const Expression *expression_find(const Expression *expression, int flag);
/* SQL-like text; column names from `names` (NULL: $0, $1). For EXPLAIN. */
void expression_add_text(const Expression *expression, const char *const *names, Text *out);
/* Stored form and back; DATA_CORRUPTED, or 0A000 when this binary has no such function. */
void expression_encode(const Expression *expression, Text *out);
Status expression_decode(TextReader *reader, Arena *arena, Expression **out, Error *error);

/* Evaluation. An Evaluator belongs to one operator instance (one thread at a time) and keeps per-call caches.
 */
typedef struct Evaluator Evaluator;
Evaluator *evaluator_create(
    const Expression *expression, const TypeSettings *settings, const SessionContext *session);
void evaluator_destroy(Evaluator *evaluator); /* NULL is fine */
/* *out: a column of batch->selected_count rows in selection order (maybe constant, maybe the batch's own
   column retained). Rows that fail are added to errors (row = position in selection order); their values are
   undefined. errors NULL: the first failure is returned as error. */
Status evaluator_run(Evaluator *evaluator, const Batch *batch, RowErrors *errors, Column **out, Error *error);
/* Positions (in selection order) of the rows where a boolean expression is true. rows holds BATCH_ROWS_MAX.
 */
Status evaluator_filter(
    Evaluator *evaluator, const Batch *batch, RowErrors *errors, uint16_t *rows, int *count, Error *error);
/* The value of an expression without columns. */
Status expression_evaluate_constant(const Expression *expression, const TypeSettings *settings,
    const SessionContext *session, Arena *arena, Value *out, Error *error);

#endif
