/* Node: what a kind of logical node is: the record at the foot of its file, which nodes.def lists. From its
   fields visiting, copying and renumbering derive; the rest is what the passes over the whole tree ask of
   each node. Beside them stands what several kinds share. */
#ifndef LEAT_NODES_NODE_H
#define LEAT_NODES_NODE_H

#include "planner/logical/estimates.h"
#include "planner/logical/predicate.h"
#include "planner/logical/proofs.h"
#include "planner/physical/physical.h"

typedef enum LogicalFieldKind {
    NODE_END,
    NODE_EXPRESSION,    /* Expression *, may be NULL */
    NODE_EXPRESSIONS,   /* Expression **; one may be NULL */
    NODE_ROWS,          /* Expression **: count rows of the output's columns */
    NODE_COLUMN,        /* int, a plan column that it reads, or −1 */
    NODE_COLUMNS,       /* int *, likewise */
    NODE_NUMBERS,       /* int *, no plan columns */
    NODE_SORT_KEYS,     /* SortKey * */
    NODE_AGGREGATES,    /* AggregateSpec * */
    NODE_OVER_CALLS,    /* OverCall * */
    NODE_INPUT_COLUMNS, /* int **: by input, the plan column that becomes each of the output's */
} LogicalFieldKind;

/* A member of the node. Where a list's count is is the int at count_offset. */
typedef struct LogicalField {
    LogicalFieldKind kind;
    size_t offset, count_offset;
} LogicalField;

#define NODE_FIELD(kind, member) \
    { NODE_##kind, offsetof(LogicalNode, member), 0 }
#define NODE_LIST(kind, member, count) \
    { NODE_##kind, offsetof(LogicalNode, member), offsetof(LogicalNode, count) }

struct LogicalType {
    const LogicalField *fields; /* ends with {NODE_END}; NULL: none */
    /* The list of columns by whose values it takes rows together, whatever the other rows are. kind NODE_END:
       there is none. */
    LogicalField partition;
    /* Sets the output columns by the inputs and the payload, its own ones last. NULL: who makes the node says
       them. */
    void (*output)(Planning *plan, LogicalNode *node);
    /* Fills the proofs, which are empty, from those of the inputs in the same mode. */
    void (*prove)(Planning *plan, PlanMode mode, const LogicalNode *node, Proofs *proofs);
    /* Fills the estimates from those of the inputs. */
    void (*estimate)(Planning *plan, const LogicalNode *node, Estimates *estimates);
    /* The rule prune: leaves out what nobody wants of it, and narrows its inputs to what it then reads; the
       node that takes its place comes back. */
    LogicalNode *(*narrow)(Planning *plan, LogicalNode *node, const ColumnSet *wanted);
    /* The rule push_filters: takes conditions on its rows in, or below; those that must stay become a filter
       over it. Its inputs are asked too, without conditions. */
    LogicalNode *(*push)(Planning *plan, LogicalNode *node, Conjuncts conjuncts);
    /* logical_carry_arrival through it. NULL: it makes rows of its own, which no arrival tells late. */
    int (*carry_arrival)(Planning *plan, PlanMode mode, LogicalNode *node, int time);
    /* Its operator over those of its inputs. */
    Status (*build)(Physical *physical, LogicalNode *node, PhysicalNode *out);
    bool passes_wanted; /* build looks at physical->wanted, and sets what is wanted of its input */
};

/* The output: the input's columns, if it has an input, then its own. */
void node_output_through(Planning *plan, LogicalNode *node);
/* The left input's columns, then the right's. */
void node_output_both(Planning *plan, LogicalNode *node);
void node_set_output(Planning *plan, LogicalNode *node, const int *first, int first_count, const int *second,
    int second_count);

/* The node or what takes its place, without what is not among the wanted columns. */
LogicalNode *logical_narrow(Planning *plan, LogicalNode *node, const ColumnSet *wanted);
/* Adds the columns that the node itself reads. */
void node_add_reads(Planning *plan, const LogicalNode *node, ColumnSet *set);
/* An input narrowed to exactly what is needed, by a projection if it must be: state and exchanges hold whole
   rows. */
LogicalNode *node_narrow_exactly(Planning *plan, LogicalNode *input, const ColumnSet *needed);
/* Nodes that pass rows on, perhaps with columns more; with state: an input gets exactly what is needed. */
LogicalNode *node_narrow_through(Planning *plan, LogicalNode *node, const ColumnSet *wanted);
LogicalNode *node_narrow_state(Planning *plan, LogicalNode *node, const ColumnSet *wanted);
/* Every input to what the output's columns come from: all rows of it are compared. */
LogicalNode *node_narrow_all(Planning *plan, LogicalNode *node, const ColumnSet *wanted);

/* The node, or what takes its place, with these conditions on its rows. */
LogicalNode *logical_push(Planning *plan, LogicalNode *node, Conjuncts conjuncts);
/* Adds a condition that is not there yet. */
void node_add_conjunct(Planning *plan, Conjuncts *to, Expression *conjunct);
/* A filter over the node; the node itself without conditions. Also for leaves. */
LogicalNode *node_keep(Planning *plan, LogicalNode *node, Conjuncts conjuncts);
/* Those that use only the listed columns go below, the others stay above: all of them without such columns,
   where a row comes of none. Conditions on the clock stay above. */
LogicalNode *node_push_by(
    Planning *plan, LogicalNode *node, Conjuncts conjuncts, const int *columns, int count);
/* By all columns of the first input. */
LogicalNode *node_push_through(Planning *plan, LogicalNode *node, Conjuncts conjuncts);
/* Nothing goes below. */
LogicalNode *node_push_above(Planning *plan, LogicalNode *node, Conjuncts conjuncts);

/* By the node's partition. */
LogicalNode *node_push_by_partition(Planning *plan, LogicalNode *node, Conjuncts conjuncts);

/* A list that a field describes. */
int **node_columns(LogicalNode *node, const LogicalField *field);
int *node_count(LogicalNode *node, const LogicalField *field);

int node_carry_through(Planning *plan, PlanMode mode, LogicalNode *node, int time);

/* Of an input with rows a partition on one worker each: by the columns, all on one without any. */
Status node_build_partitioned(
    Physical *physical, LogicalNode *input, const int *columns, int count, PhysicalNode *out);

/* Nodes whose output's columns come from each input's: UNION ALL, INTERSECT, EXCEPT, recursion. */
LogicalNode *node_push_into_inputs(Planning *plan, LogicalNode *node, Conjuncts conjuncts);
/* An input in the output's column order. */
Status node_build_input(Physical *physical, LogicalNode *node, int index, PhysicalNode *out);

#endif
