/* Evaluator internals, shared by the evaluate*.c files. Private to executor/expressions.

   A frame is the set of rows that a node is evaluated for. The root's frame holds all selected rows; a branch
   that only some rows reach gets a frame of its own, into which the columns it reads are gathered. Columns
   that come out of a frame are dense: element i belongs to the frame's row i. */
#ifndef LEAT_EXPRESSIONS_EVALUATOR_H
#define LEAT_EXPRESSIONS_EVALUATOR_H

#include <string.h>

#include "executor/expressions/expression.h"

enum { BATCH_WORDS = BATCH_ROWS_MAX / 64 };

typedef struct Node Node;
struct Node {
    const Expression *expression;
    Node **arguments;
    Column *constant; /* what the node folded to, or NULL */
    void *cache;      /* KernelContext.cache */
    void (*cache_free)(void *cache);
    struct Probe *probe; /* = ANY over a long constant array */
    bool is_volatile;
    bool is_light;      /* cheap enough to evaluate for rows that do not need it */
    int calls, columns; /* in the subtree */
};

struct Evaluator {
    const TypeSettings *settings;
    const SessionContext *session;
    Arena *arena;   /* the nodes */
    Arena *scratch; /* one run */
    Node *root;
    /* Of the current run. Rows here are positions in the run's selection order. */
    RowErrors *errors;
    uint64_t failed[BATCH_WORDS]; /* rows that have their error already */
};

typedef struct Frame {
    const Batch *batch;
    const uint16_t *rows;      /* physical rows; NULL: all, in order */
    const uint16_t *positions; /* positions in the run's selection order; NULL: the same */
    int count;
    Column **gathered; /* by column; filled as they are asked for */
} Frame;

/* The node's values for the frame's rows; a new reference. Rows that fail are NULL and recorded. */
Column *node_evaluate(Evaluator *evaluator, Node *node, Frame *frame);
/* Whether a node that only `count` of the frame's rows need is better evaluated for all of them than for
   gathered ones. */
bool node_prefers_whole(const Node *node, const Frame *frame, int count);
/* Evaluates for all rows of the frame and forgets the failures of those that `list` does not list; it is
   asked only when there are any. */
Column *node_evaluate_muted(Evaluator *evaluator, Node *node, Frame *frame,
    int (*list)(const void *argument, uint16_t *rows), const void *argument);
/* The node's values for `count` of the frame's rows. *is_whole: element i belongs to the frame's row i, else
   to rows[i]. */
Column *node_evaluate_some(
    Evaluator *evaluator, Node *node, Frame *frame, const uint16_t *rows, int count, bool *is_whole);
/* Applies the node's function to argument columns. */
Column *node_apply(Evaluator *evaluator, Node *node, Type result_type, Column *const *arguments,
    int argument_count, Frame *frame);
/* Moves the failures of a call (rows of its result) to the run's, and makes the failed rows NULL so that what
   is computed from them is harmless. */
void node_take_failures(Evaluator *evaluator, const Frame *frame, const RowErrors *local, Column *result);
/* Records the same failure for every row of the frame; gives a column of NULLs. */
Column *node_fail(Evaluator *evaluator, Node *node, Frame *frame, Status status, const char *message);

/* What AND or OR came to so far: bytes with zero under NULL, and null bits. */
typedef struct Junction {
    bool is_and;
    bool has_nulls;
    int count;
    uint8_t *values;
    uint64_t nulls[BATCH_WORDS];
} Junction;

/* Rows that are not decided yet (all but false for AND, all but true for OR), listed or counted. `argument`
   is the Junction. */
int junction_open_rows(const void *argument, uint16_t *rows);
int junction_open_count(const Junction *junction);
/* Takes one more operand: its values for the listed rows, all of them open; is_whole: element i of the column
   belongs to row i, else to rows[i]. */
void junction_fold(Junction *junction, const Column *column, const uint16_t *rows, int count, bool is_whole);
/* Takes one more operand that has a value for every row. */
void junction_fold_whole(Junction *junction, const Column *column);
/* Gives the result's column its null bits. */
void junction_finish(const Junction *junction, Column *result);

Column *node_evaluate_junction(Evaluator *evaluator, Node *node, Frame *frame);
Column *node_evaluate_case(Evaluator *evaluator, Node *node, Frame *frame);
Column *node_evaluate_coalesce(Evaluator *evaluator, Node *node, Frame *frame);
Column *node_evaluate_nullif(Evaluator *evaluator, Node *node, Frame *frame);
Column *node_evaluate_quantified(Evaluator *evaluator, Node *node, Frame *frame);
Column *node_evaluate_array(Evaluator *evaluator, Node *node, Frame *frame);

/* Clears the values under the null bits among the first `count` rows. */
void column_clear_nulls(Column *column, int count);
uint16_t *scratch_rows(Evaluator *evaluator);

static inline bool bit_is_set(const uint64_t *words, int i) {
    return words[i >> 6] >> (i & 63) & 1;
}
static inline void bit_set(uint64_t *words, int i) {
    words[i >> 6] |= (uint64_t)1 << (i & 63);
}

/* Up to 64 bytes of 0 and 1 as bits. */
static inline uint64_t pack_bytes(const uint8_t *bytes, int count) {
    uint64_t bits = 0;
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t eight;
        memcpy(&eight, bytes + i, 8);
        bits |= (eight * 0x0102040810204080u >> 56) << i;
    }
    for (; i < count; i++)
        bits |= (uint64_t)bytes[i] << i;
    return bits;
}

#endif
