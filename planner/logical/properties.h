/* Properties: what is proven about a node's output; derived bottom-up, one function a node kind. */
#ifndef LEAT_LOGICAL_PROPERTIES_H
#define LEAT_LOGICAL_PROPERTIES_H

#include "planner/logical/logical.h"

typedef struct Key {
    int count; /* 0: at most one row */
    int *columns;
} Key;

struct Properties {
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
    double rows;         /* rows per second for streams, else rows */
    double *distinct;    /* by output column: estimated distinct values */
};

/* The node's properties, derived when they were not yet. */
const Properties *logical_properties(LogicalPlan *plan, LogicalNode *node);
/* Forgets those of the whole subtree, after it was changed in place. */
void logical_forget_properties(LogicalNode *node);

bool properties_is_single_row(const Properties *properties);
/* Whether the columns contain a unique key. */
bool properties_is_unique(const Properties *properties, const ColumnSet *columns);
/* Whether rows with this column below its own watermark are not taken back any more. */
bool properties_is_final_below(const Properties *properties, int column);
/* Whether no row with this column below its watermark comes any more: late ones have been left out, or the
   clock is never late. */
bool properties_is_complete_below(const Properties *properties, int column);
/* Rows that a WINDOW node makes of one, on average. */
double logical_window_copies(const LogicalNode *node);
double properties_distinct(const LogicalNode *node, const Properties *properties, int column);
/* Makes a time column's arrival watermarks come out of the node, as one more column of the time's type: those
   of the event time that it was computed from, through the same functions, in each branch of a union its own.
   Returns that column; −1: no row is late by this time. */
int logical_carry_arrival(LogicalPlan *plan, LogicalNode *node, int time);
/* The same, in microseconds also for a date: by a projection put over the node. */
int logical_arrival_moments(LogicalPlan *plan, LogicalNode **place, int time);

#endif
