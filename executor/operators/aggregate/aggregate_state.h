/* What the files of Aggregate share: groups, their members (one aggregate call each), and what a member keeps
   beside the group's cells. */
#ifndef LEAT_OPERATORS_AGGREGATE_STATE_H
#define LEAT_OPERATORS_AGGREGATE_STATE_H

#include "executor/operators/aggregate/aggregate.h"
#include "executor/operators/rows/expiry_queue.h"
#include "executor/operators/operator.h"
#include "executor/operators/rows/partitions.h"
#include "executor/operators/rows/slot_output.h"

/* State tables of the operator by number. */
enum { TABLE_GROUPS = 0, TABLE_IMAGES = 1, TABLE_DISTINCT = 16, TABLE_ORDERED = 128 };

typedef struct DistinctSet DistinctSet;

typedef struct Member {
    const AggregateSpec *spec;
    const Aggregate *aggregate;
    AggregateContext context;
    int argument_count;
    int arguments[4]; /* of the batch as projected */
    int filter;       /* likewise, or −1 */
    int cell_count;
    int first_cell;
    int offset; /* of its cells in a slot */
    int state_size;
    Type cells[AGGREGATE_CELLS_MAX];
    char *scratch;    /* a state for rows that do not count */
    bool is_distinct; /* folded by a DistinctSet */
    /* Values in order, for what cannot be folded: columns are the keys, the arguments, the columns of ORDER
       BY. */
    Partitions *ordered;
    int *ordered_columns; /* of the projected batch */
    int ordered_column_count;
} Member;

/* Groups first touched by one input batch: places [from, to) of the touched list. */
typedef struct GroupChunk {
    int from;
    int to;
    Batch *old;       /* output rows before the step of those that had one; NULL: none */
    int *old_places;  /* by row of old */
    RowErrors errors; /* of old */
} GroupChunk;

typedef struct AggregateOperator {
    Operator base;
    const AggregateParameters *parameters;
    int key_count; /* of the table: 1 constant key when there are no keys */
    bool is_global;
    bool is_home; /* this instance owns the row of a global aggregate */
    bool keeps_old;
    int used_count; /* columns of the input that are looked at, in this order, are the projected batch */
    int *used;
    int *keys; /* of the projected batch */
    Member *members;
    int member_count;
    StateSpace *local; /* PARTIAL: the state of this step */
    StateTable *groups;
    Type *cells;
    int cell_count;
    int count_cell;
    int count_offset;
    Slot global_slot; /* found in this step; SLOT_NONE: not yet */
    Batch *global_key;
    RowTable *images; /* the images of keys of types that have several */
    SlotOrder *image_order;
    DistinctSet **distinct;
    int distinct_count;
    TouchedSlots touched; /* old unused */
    GroupChunk *chunks;
    int chunk_count;
    int chunk_capacity;
    ExpiryQueue expiry;
    BatchQueue output;
    Arena *scratch;
    Arena *messages; /* of failed groups; lives through the step */
    bool is_folded;  /* this step's finalisation has begun */
    int next_chunk;
    bool is_finished; /* all is emitted; DONE follows the last batch of the queue */
    /* Of the batch at hand. */
    uint64_t *hashes,
        *shard_hashes; /* shard_hashes: of the leading keys, when groups lie by these; else NULL */
    Slot *slots;
    uint8_t *is_new;
    char **bases;  /* slot bytes by row */
    char **states; /* bases + a member's offset, or its scratch */
    int64_t *diffs;
} AggregateOperator;

/* aggregate_open.c: members and tables from parameters. */
Status aggregate_open_tables(AggregateOperator *aggregate, Error *error);
void aggregate_close_tables(AggregateOperator *aggregate);

/* aggregate_fold.c */
/* Folds a batch into the cells of its groups (bases). */
Status member_fold(AggregateOperator *aggregate, Member *member, const Batch *batch, Error *error);
/* Adds the cells of a batch from the first phase. */
Status member_merge(
    AggregateOperator *aggregate, Member *member, const Batch *batch, int first_column, Error *error);
/* update() over states that the caller has set; its errors are failures of the query. */
Status member_update(Member *member, int count, char *const *states, const Column *const *arguments,
    const int64_t *diffs, Error *error);
/* Empties the scratch state. */
void member_clear_scratch(AggregateOperator *aggregate, Member *member);
/* Whether the filter counts row i. */
static inline bool member_counts(const Member *member, const Batch *batch, int row) {
    if (member->filter < 0)
        return true;
    const Column *filter = batch->columns[member->filter];
    return *(const uint8_t *)column_at(filter, row) != 0; /* zero under NULL */
}

/* aggregate_distinct.c */
/* Members with the same arguments share one set of values. */
void distinct_open_all(AggregateOperator *aggregate);
Status distinct_apply(AggregateOperator *aggregate, DistinctSet *set, const Batch *batch, Error *error);
/* At finalisation: folds the values that appeared or vanished in the step. */
Status distinct_settle(AggregateOperator *aggregate, DistinctSet *set, Error *error);
/* Deletes the values of groups, given by a batch of their keys. */
Status distinct_free_groups(DistinctSet *set, const Batch *keys, Error *error);
void distinct_reset(DistinctSet *set);
void distinct_close(DistinctSet *set);

/* aggregate_ordered.c */
bool member_needs_order(const AggregateParameters *parameters, const AggregateSpec *spec, Type argument_type);
Status ordered_open(AggregateOperator *aggregate, Member *member, int number, const Type *projected_types,
    const int *order_columns, Error *error);
void ordered_close(Member *member);
Status ordered_apply(AggregateOperator *aggregate, Member *member, Batch *batch, Error *error);
/* Results of groups given by their keys. */
Status ordered_result(
    AggregateOperator *aggregate, Member *member, const Batch *keys, Column *result, Error *error);
Status ordered_free_groups(Member *member, const Batch *keys, Error *error);

/* aggregate_result.c */
/* Output rows (keys, results) of `count` groups; rows that failed are in errors. */
Status groups_result(
    AggregateOperator *aggregate, const Slot *slots, int count, Batch **out, RowErrors *errors, Error *error);
/* Puts what changed in a chunk into the output queue. */
Status chunk_emit(AggregateOperator *aggregate, GroupChunk *chunk, Error *error);
/* Emits (EMIT ON WINDOW CLOSE) and frees groups that the watermark has passed. */
Status groups_expire(AggregateOperator *aggregate, Error *error);
/* Keys of groups as a dense batch, as they stand in the table. */
Batch *groups_keys(AggregateOperator *aggregate, const Slot *slots, int count);
/* The time of a group for the expiry queue. */
bool group_time(void *aggregate, Slot slot, int64_t *time);

static inline int64_t *group_count(const AggregateOperator *aggregate, Slot slot) {
    return slot_cell(state_table_slot(aggregate->groups, slot), aggregate->count_offset);
}
static inline bool group_exists(const AggregateOperator *aggregate, Slot slot) {
    return aggregate->is_global || *group_count(aggregate, slot) != 0;
}

#endif
