/* Physical: logical nodes become OperatorSpecs: columns become positions, exchanges are placed, state is
   bounded. Each kind of node builds its own, in planner/nodes; here is what they share. */
#ifndef LEAT_PHYSICAL_PHYSICAL_H
#define LEAT_PHYSICAL_PHYSICAL_H

#include "executor/operators/operator.h"
#include "planner/cost/cost.h"
#include "planner/logical/predicate.h"
#include "planner/logical/estimates.h"
#include "planner/logical/proofs.h"

/* Which worker has a row. */
typedef enum DistributionKind {
    DISTRIBUTION_ANY,    /* nothing known */
    DISTRIBUTION_HASH,   /* equal values of the columns are on one worker */
    DISTRIBUTION_SINGLE, /* all rows are on one */
} DistributionKind;

typedef struct Distribution {
    DistributionKind kind;
    int count;
    int *columns; /* plan columns, in the order they are hashed */
    int same_count;
    int **same; /* other lists of columns with the same values: a join's other keys */
} Distribution;

/* An operator with what its output positions are. */
typedef struct PhysicalNode {
    OperatorSpec *spec;
    int column_count;
    const int *columns; /* plan columns by position */
    Distribution distribution;
} PhysicalNode;

typedef struct Physical {
    Planning *plan;
    Arena *arena;
    Error *error;
    int missing; /* a column that no input had, + 1: a fault of the planner */
    /* Keys by which what is built next will be joined: an aggregate may be distributed by those of its keys.
     */
    const int *wanted;
    int wanted_count;
} Physical;

Status physical_plan(Planning *plan, LogicalNode *root, PhysicalNode *out, Error *error);
Status physical_build(Physical *physical, LogicalNode *node, PhysicalNode *out);

/* A spec of the operator over the inputs, whose output and proofs are the node's. */
void physical_create(Physical *physical, LogicalNode *node, const OperatorType *type, int input_count,
    const PhysicalNode *inputs, PhysicalNode *out);
/* As created, for a node without a logical counterpart: the input's columns and proofs. */
void physical_wrap(
    Physical *physical, const PhysicalNode *input, const OperatorType *type, PhysicalNode *out);
int physical_position(const PhysicalNode *node, int column);
int *physical_positions(Physical *physical, const PhysicalNode *node, const int *columns, int count);
SortKey *physical_sort_keys(Physical *physical, const PhysicalNode *node, const SortKey *keys, int count);
/* The expression over the positions of one or two inputs, one behind the other. */
Expression *physical_expression(
    Physical *physical, const Expression *expression, const PhysicalNode *inputs, int input_count);
/* Adds to the operator's own cost: `weight` nanoseconds a row of all inputs. */
void physical_add_cost(PhysicalNode *node, double weight);
/* An operator's output as the cost functions take it. */
CostRows physical_size(const PhysicalNode *node);

/* exchange.c: what of a distribution can be said in terms of columns that `translate` gives for those that
   there were (-1: none). */
void distribution_translate(Physical *physical, Distribution *distribution,
    int (*translate)(const void *argument, int column), const void *argument);
/* In terms of the node's own columns. */
void distribution_restrict(Physical *physical, PhysicalNode *node);
/* Rows go where they are needed, unless they are there; a one-shot plan has one worker and no exchanges. */
void physical_hash(Physical *physical, PhysicalNode *node, const int *columns, int count);
/* Rows and their retractions meet: by what they are distributed by already, by their key, or by the leading
   `count` columns, all they are. */
void physical_hash_rows(Physical *physical, PhysicalNode *node, int count);
void physical_single(Physical *physical, PhysicalNode *node);
/* By exactly these columns in this order. State lies by the hash of an operator's keys, and so must its rows:
   on the worker of some of the keys, or all on one, a restart would look for the state elsewhere. */
bool distribution_is_hash(const Distribution *distribution, const int *columns, int count);

/* nodes/project.c: a PROJECT node whose input is built already. */
void physical_project_over(
    Physical *physical, LogicalNode *node, const PhysicalNode *input, PhysicalNode *out);

/* slices.c: an aggregate over HOP or CUMULATE windows in two phases, the first by slice
   (executor/operators/window/window.h). */
typedef struct Slices {
    const LogicalNode *window;
    LogicalNode *input; /* the aggregate's, with `start` and `end` of slices in place of the windows' */
    int start, end;
    int key_count; /* of the first phase: the aggregate's keys, then what they lack of a slice */
    int *keys;
    double copies; /* windows a row, on average */
} Slices;
/* False when the aggregate does not read such windows, or not only by its keys. Whether its calls can be
   computed in two phases is not looked at. */
bool slices_find(Physical *physical, LogicalNode *aggregate, Slices *slices);
/* Puts windows for slices into the first phase's rows, which `node` is. */
void slices_expand(Physical *physical, const LogicalNode *aggregate, LogicalNode *partial,
    const Slices *slices, PhysicalNode *node);

/* A notice about state that grows without bound; hint may be NULL. */
void physical_note_unbounded(Physical *physical, const char *operator_name, const char *hint);

#endif
