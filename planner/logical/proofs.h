/* Proofs: what is proven about a node's output, derived bottom-up on demand; each kind of node says it in its
   own file. A watermark is stated only with a proof (docs: event time); so is a key. */
#ifndef LEAT_LOGICAL_PROOFS_H
#define LEAT_LOGICAL_PROOFS_H

#include "planner/logical/logical.h"

typedef struct Key {
    int count; /* 0: at most one row */
    int *columns;
} Key;

struct Proofs {
    bool is_append_only; /* never a retraction */
    bool is_stream; /* reads a stream without end (source, append-only relation): state over it grows with
                       time */
    int key_count;
    Key *keys; /* unique keys; none implied by another listed */
    ColumnSet not_null;
    /* Columns proven to carry a watermark: those in neither of the next two sets have an arrival watermark by
       which their late rows are told. */
    ColumnSet watermarks;
    ColumnSet window_bounds; /* those of them below whose watermark none comes any more: a window's start or
                                end, a time whose late rows were left out */
    ColumnSet clocks;    /* those with a watermark that moves with the clock alone: processing time and its
                            windows' bounds */
    ColumnSet constants; /* columns with one value */
};

/* What holds for the node in a plan of this mode, whatever the plan is made for. */
const Proofs *logical_proofs_as(Planning *plan, PlanMode mode, const LogicalNode *node);
/* What holds in the plan itself. */
const Proofs *logical_proofs(Planning *plan, const LogicalNode *node);
/* Forgets proofs and estimates of the whole subtree, after it was changed in place. */
void logical_forget(LogicalNode *node);

bool proofs_are_single_row(const Proofs *proofs);
/* Whether the columns contain a unique key. */
bool proofs_are_unique(const Proofs *proofs, const ColumnSet *columns);
/* Whether rows with this column below its own watermark are not taken back any more. */
bool proofs_are_final_below(const Proofs *proofs, int column);
/* Whether no row with this column below its watermark comes any more: late ones have been left out, or the
   clock is never late. */
bool proofs_are_complete_below(const Proofs *proofs, int column);

/* For the nodes. All that a node says that passes rows on unchanged: all but keys, which proofs_add_keys adds
   once the constants are known. */
void proofs_pass_on(Planning *plan, Proofs *proofs, const Proofs *input);
/* Adds a key unless one that is already known is part of it; columns that have one value are left out. */
void proofs_add_key(Planning *plan, Proofs *proofs, const int *columns, int count);
void proofs_add_keys(Planning *plan, Proofs *proofs, const Proofs *from);
/* Of rows made of other rows: the watermarks of these columns alone are promised on, where no row comes below
   them; such rows have no arrival watermark of their own. */
void proofs_keep_watermarks(Planning *plan, Proofs *proofs, const int *columns, int count);
void proofs_keep_columns(Planning *plan, ColumnSet *set, const int *columns, int count);

/* Makes a time column's arrival watermarks come out of the node, as one more column of the time's type: those
   of the event time that it was computed from, through the same functions, in each branch of a union its own.
   Returns that column; −1: no row is late by this time. Proofs are those of the mode. */
int logical_carry_arrival(Planning *plan, PlanMode mode, LogicalNode *node, int time);
/* The same, in microseconds also for a date: by a projection put over the node. */
int logical_arrival_moments(Planning *plan, PlanMode mode, LogicalNode **place, int time);

#endif
