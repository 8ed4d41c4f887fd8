/* Partitions: rows kept by partition, each partition's in an order: what TopN, Over, SingleRow and the
   aggregates that need all values stand on.

   Rows are a RowTable. The order of a partition is in memory only: built from the chain of its rows when the
   partition is first met, and again after rows were evicted. Rows whose count fell to 0 stay in it until
   partitions_settle, so that a walk sees the step's old and new content side by side. */
#ifndef LEAT_OPERATORS_PARTITIONS_H
#define LEAT_OPERATORS_PARTITIONS_H

#include "executor/operators/rows/row_table.h"
#include "executor/operators/rows/slot_list.h"
#include "executor/state/state_space.h"

typedef struct Partition {
    SlotList list;
    Slot slot;       /* in the map */
    bool is_touched; /* listed in touched: rows of it changed in this step, or it was first met */
    Slot bound;      /* the operator's own; SLOT_NONE at first */
    uint64_t bound_prefix;
} Partition;

typedef struct Partitions {
    RowTable rows;
    SlotOrder *order;
    StateSpace *space; /* private, never stored: partition key -> Partition */
    StateTable *map;
    int pointer_offset;
    uint64_t evictions; /* of the rows when the lists were last right */
    bool has_unlisted;  /* the table may hold rows of partitions that have no list yet: it was loaded, or rows
                           were evicted */
    Partition *single;  /* without partition columns */
    Partition **touched;
    int touched_count;
    int touched_capacity;
    Partition **owners; /* by place in rows.touched */
    int owner_capacity;
    Partition **found; /* by row of the batch last located */
    Slot *slots;
    uint8_t *is_new;
} Partitions;

/* `sort` by input column; the order ends in all columns. */
Status partitions_open(Partitions *partitions, StateSpace *space, const RowTableSpec *spec,
    const SortKey *sort, int sort_count, Error *error);
void partitions_close(Partitions *partitions);
void partitions_reset(Partitions *partitions);
/* found[i] for each row of a dense batch with the input's columns, its rows in memory and its list right. */
Status partitions_locate(Partitions *partitions, const Batch *dense, Error *error);
/* The same, by the key columns given (any batch with comparable columns). */
Status partitions_locate_keys(Partitions *partitions, const Batch *dense, const int *keys, Error *error);
/* Counts the rows of a dense batch, whose partitions are in found. Touched partitions are listed. */
void partitions_count(Partitions *partitions, const Batch *dense);
/* Locates and counts. */
Status partitions_apply(Partitions *partitions, const Batch *dense, Error *error);
/* Lists the partition as touched, so that partitions_settle looks at it. */
void partitions_touch(Partitions *partitions, Partition *partition);
/* Lets partitions_settle delete a row that the operator will never need again, whatever its count. */
void partitions_forget_row(Partitions *partitions, Partition *partition, Slot slot);
/* Deletes a row at once, as if it had never come; it must not have been there before the step. Not during a
   walk of its list. */
void partitions_remove_row(Partitions *partitions, Partition *partition, Slot slot);
/* Ends the step: no count is negative, rows without a count and empty partitions go. */
Status partitions_settle(Partitions *partitions, Error *error);

#endif
